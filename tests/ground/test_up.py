"""`manage.py up` as a person runs it: real programs, a temporary data folder, a free port."""

import fcntl
import http.client
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.management.commands.up import socket_path
from core.supervisor import GaveUp, Program, Supervisor, pause_before_restart
from tests.ground.processes import (
    ROOT,
    clean_environment,
    free_port,
    processes_with,
    running,
    wait_until,
)

UP = [sys.executable, "manage.py", "up", "--port"]
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def get_json(port: int, path: str) -> dict[str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return dict(json.loads(connection.getresponse().read()))
    finally:
        connection.close()


@on_linux
@pytest.mark.slow
def test_it_starts_restarts_what_dies_and_leaves_nothing(tmp_path: Path) -> None:
    port, var, log = free_port(), tmp_path / "var", tmp_path / "up.log"
    environment = clean_environment(BALLAST_VAR=str(var), BALLAST_DEMO="0")

    def says(text: str) -> bool:
        return text in log.read_text()

    with running([*UP, str(port)], environment, log) as process:
        wait_until(lambda: says("Ballast is ready"), seconds=60, what="the ready line")
        assert get_json(port, "/readyz") == {"status": "ok", "database": "ok", "redis": "ok"}
        wait_until(lambda: says("beat: Starting"), seconds=20, what="beat in the worker")

        # A second start on the same data says where the first one is.
        second = subprocess.run(
            [*UP, str(free_port())],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=20,
        )
        assert second.returncode == 1
        assert f"already runs on this data: http://127.0.0.1:{port}/" in second.stderr

        # The broker dies; the site stays and the broker comes back with what it had.
        (broker,) = [
            int(folder.name)
            for folder in Path("/proc").iterdir()
            if folder.name.isdigit()
            and b"valkey-server" in (folder / "cmdline").read_bytes()
            and str(var).encode() in (folder / "cmdline").read_bytes()
        ]
        os.kill(broker, signal.SIGKILL)
        wait_until(lambda: says("valkey | ended with -9"), seconds=10, what="the broker's restart")
        wait_until(
            lambda: get_json(port, "/readyz")["redis"] == "ok",
            seconds=10,
            what="Redis back in /readyz",
        )

        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0
        assert "Stopped." in log.read_text()
        assert processes_with(str(var)) == []


@on_linux
@pytest.mark.slow
def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    port, var, log = free_port(), tmp_path / "var", tmp_path / "up.log"
    environment = clean_environment(BALLAST_VAR=str(var), BALLAST_DEMO="0")
    with running([*UP, str(port)], environment, log) as process:
        wait_until(lambda: "Ballast is ready" in log.read_text(), seconds=60, what="the ready line")
        process.kill()
        process.wait()
        wait_until(lambda: processes_with(str(var)) == [], seconds=30, what="no process left")


def refused(*arguments: str, **environment: str) -> str:
    """What `up` says on stderr when it does not start."""
    result = subprocess.run(
        [sys.executable, "manage.py", "up", *arguments],
        env=clean_environment(**environment),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert result.returncode == 1, result.stdout
    return result.stderr


def test_a_taken_port_is_named_with_a_way_out(tmp_path: Path) -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        message = refused("--port", str(port), BALLAST_VAR=str(tmp_path))
    assert f"Port {port} on 127.0.0.1 cannot be used" in message
    assert f"PORT={port + 1} make run" in message


def test_a_folder_in_use_is_named_before_anything_starts(tmp_path: Path) -> None:
    with (tmp_path / "up.lock").open("w") as lock:
        lock.write("http://127.0.0.1:7/ (process 1)\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        message = refused("--port", str(free_port()), BALLAST_VAR=str(tmp_path))
    assert "already runs on this data: http://127.0.0.1:7/" in message
    assert not (tmp_path / "valkey").exists()


def test_a_long_folder_gets_a_short_private_socket(tmp_path: Path) -> None:
    short = tmp_path / "v"
    if len(str(short)) < 80:
        assert socket_path(short) == short / "valkey.sock"
    deep = tmp_path / ("d" * 90)
    path = socket_path(deep)
    try:
        assert len(os.fsencode(path)) <= 100
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert path == socket_path(deep)
    finally:
        path.parent.rmdir()


# --- The supervisor with small programs ---------------------------------------------------------


def supervised(*code: str) -> tuple[Supervisor, list[str], list[Program]]:
    said: list[str] = []
    supervisor = Supervisor(write=said.append)
    programs = [
        supervisor.add(
            f"p{number}",
            [sys.executable, "-c", text],
            environment=clean_environment(),
            directory=ROOT,
        )
        for number, text in enumerate(code)
    ]
    return supervisor, said, programs


SLEEPER = "import time; print('up', flush=True); time.sleep(60)"


def test_a_program_that_ends_is_started_again() -> None:
    supervisor, said, (program,) = supervised(SLEEPER)
    try:
        wait_until(lambda: "p0     | up" in said, seconds=10, what="its first line")
        assert program.process is not None
        first = program.process.pid
        program.process.kill()
        program.process.wait()

        def again() -> bool:
            supervisor.pass_time(0.01)
            return program.process is not None and program.process.pid != first

        wait_until(again, seconds=10, what="a new process")
        assert any("ended with -9; starting again" in line for line in said)
    finally:
        supervisor.stop()


@pytest.mark.slow
def test_a_program_that_ends_at_once_again_and_again_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core.supervisor.LONGEST_PAUSE_SECONDS", 0.01)
    supervisor, said, _ = supervised("print('broken'); raise SystemExit(3)")
    try:
        with pytest.raises(GaveUp, match="p0 ended 6 times in a row"):
            supervisor.wait()
        assert sum("ended with 3" in line for line in said) == 5
    finally:
        supervisor.stop()


def test_the_others_are_looked_after_while_one_runs_to_its_end() -> None:
    supervisor, _, (program,) = supervised(SLEEPER)
    try:
        code = supervisor.run_once(
            "once",
            [sys.executable, "-c", "raise SystemExit(4)"],
            environment=clean_environment(),
            directory=ROOT,
        )
        assert code == 4
        assert program.process is not None
        assert program.process.poll() is None
    finally:
        supervisor.stop()


def test_stopping_goes_backwards_and_kills_what_does_not_listen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("core.supervisor.GRACE_SECONDS", 0.3)
    deaf = "import signal, time; signal.signal(15, lambda *a: print('no', flush=True));" + (
        "print('up', flush=True); [time.sleep(9) for _ in range(9)]"
    )
    supervisor, said, programs = supervised(SLEEPER, deaf)
    for name in ("p0", "p1"):
        wait_until(lambda n=name: f"{n:<7}| up" in said, seconds=10, what=f"{name} up")
    supervisor.stop()
    codes = [program.process.returncode for program in programs if program.process]
    assert codes == [-signal.SIGTERM, -signal.SIGKILL]


def test_the_pause_doubles_up_to_five_seconds() -> None:
    assert [pause_before_restart(n) for n in (1, 2, 3, 6, 9)] == [0.2, 0.4, 0.8, 5.0, 5.0]
