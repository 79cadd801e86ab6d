"""gunicorn with two sync workers, for ours and for the floors."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from bench.load import Broken
from bench.world import ROOT, World

WORKERS = 2


class Server:
    """One gunicorn, until ``stop``. Its log lies in the run's folder."""

    def __init__(
        self, world: World, name: str, database: str, *, settings: str, application: str
    ) -> None:
        self.port = free_port()
        self.log: Path = world.folder / f"{name}.log"
        command = [
            *(sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{self.port}"),
            *(
                "--workers",
                str(WORKERS),
                "--worker-class",
                "sync",
                "--timeout",
                "120",
                "--keep-alive",
                "5",
            ),
        ]
        if Path("/dev/shm").is_dir():
            command += ["--worker-tmp-dir", "/dev/shm"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                env=world.environment(world.database_url(database), settings),
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise Broken(f"gunicorn ended: {self.log.read_text()[-2000:]}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise Broken("gunicorn did not start within a minute.")

    def processor_seconds(self) -> float:
        """User and system time of the workers so far."""
        total = 0.0
        for pid in self._workers():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return total

    def _workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()] if children.exists() else []

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ours(world: World, database: str) -> Server:
    """Ballast with its production settings."""
    return Server(
        world,
        f"ours-{database}",
        database,
        settings="config.settings.production",
        application="config.wsgi",
    )


def bare(world: World, database: str) -> Server:
    """The floors: a fresh project on the same database."""
    return Server(
        world,
        f"bare-{database}",
        database,
        settings="bench.bare.settings",
        application="bench.bare.wsgi",
    )
