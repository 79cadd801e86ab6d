"""A real conversation with mail servers that refuse, hang or hang up (F10)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from pytest_django import Settings

from backlog.services import items
from insights.jobs import digests
from insights.jobs.delivery import Tally
from insights.models import Digest
from insights.services import preferences
from tests.insights.scene import NOW, Scene

DUE = NOW + timedelta(hours=23)


class Server:
    """A mail server on a port of its own. ``says``: receiver's local part -> what happens to their mail.

    A number is answered to RCPT; ``data 554`` to the body; ``silent`` and ``drop`` come right behind the body, which
    was taken; ``bye`` hangs up between two mails.
    """

    def __init__(self) -> None:
        self.says: dict[str, str] = {}
        self.taken: list[str] = []
        self.banner = True
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            if not self.banner:
                lines.readline()
                return
            connection.sendall(b"220 ready\r\n")
            receiver = ""
            while line := lines.readline():
                answer = b"250 fine"
                if line.upper().startswith(b"RCPT"):
                    receiver = line.split(b"<")[1].split(b"@")[0].decode()
                    said = self.says.get(receiver, "")
                    answer = f"{said} no".encode() if said.isdigit() else answer
                elif line.upper().startswith(b"DATA"):
                    connection.sendall(b"354 go on\r\n")
                    while lines.readline() != b".\r\n":
                        pass
                    said = self.says.get(receiver, "")
                    if said.startswith("data"):
                        answer = f"{said[5:]} no".encode()
                    else:
                        self.taken.append(receiver)
                    if said == "drop":
                        return
                    if said == "silent":
                        lines.readline()
                        return
                elif line.upper().startswith(b"QUIT"):
                    connection.sendall(b"221 bye\r\n")
                    return
                connection.sendall(answer + b"\r\n")
                if (
                    self.says.get(receiver) == "bye"
                    and answer == b"250 fine"
                    and self.taken[-1:] == [receiver]
                ):
                    return


@pytest.fixture
def server(settings: Settings) -> Iterator[Server]:
    found = Server()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", found.port
    settings.EMAIL_TIMEOUT = 0.5
    yield found
    found.socket.close()


@pytest.fixture
def readers(scene: Scene) -> list[str]:
    names = ["viewer", "contributor", "reviewer", "owner"]
    for name in names:
        preferences.set_preference(
            actor=scene.cast.actor(name),
            product=scene.product,
            cadence="daily",
            hour=8,
            weekday=0,
            now=NOW,
        )
    items.create_item(
        actor=scene.actor,
        product=scene.product,
        draft=items.Draft(title="Alpha"),
        now=NOW + timedelta(hours=1),
    )
    return names


def states(names: list[str]) -> dict[str, str]:
    rows = Digest.objects.values_list("user__email", "state")
    return {email.split("@")[0]: state for email, state in rows if email.split("@")[0] in names}


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("550", "failed"),
        ("421", "pending"),
        ("451", "pending"),
        ("data 554", "failed"),
        ("data 452", "pending"),
        ("drop", "in_doubt"),
        ("silent", "in_doubt"),
        ("bye", "sent"),
    ],
)
def test_one_bad_answer_reaches_one_reader_only(
    server: Server, readers: list[str], said: str, state: str
) -> None:
    server.says["contributor"] = said
    digests.sweep(now=DUE)
    assert states(readers) == {**dict.fromkeys(readers, "sent"), "contributor": state}
    expected = (
        readers
        if state in ("sent", "in_doubt")
        else [each for each in readers if each != "contributor"]
    )
    assert sorted(server.taken) == sorted(expected)
    server.says.clear()
    digests.sweep(now=DUE + timedelta(minutes=5))
    counts = {name: server.taken.count(name) for name in readers}
    assert counts == {**dict.fromkeys(readers, 1), "contributor": 0 if state == "failed" else 1}


def test_a_server_without_a_word_and_one_that_is_not_there_hold_everything_back(
    server: Server, readers: list[str]
) -> None:
    server.banner = False
    assert digests.sweep(now=DUE) == Tally()
    server.socket.close()
    assert digests.sweep(now=DUE) == Tally()
    assert not Digest.objects.exists()
