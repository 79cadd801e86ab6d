"""Starts a few programs, restarts the one that dies, stops them together.

No threads of its own decide anything: one loop looks at the children about three times a second.
Reader threads only copy output.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

POLL_SECONDS = 0.3
GRACE_SECONDS = 20.0
# More exits in a row than this, each this soon after its start, and the program is left alone.
MAX_QUICK_EXITS = 5
QUICK_SECONDS = 10.0
LONGEST_PAUSE_SECONDS = 5.0


class GaveUp(Exception):
    """A program ended again and again right after its start."""


def pause_before_restart(quick_exits: int) -> float:
    """Seconds to wait after the n-th quick exit in a row: 0.2, 0.4, 0.8 … at most five."""
    return float(min(0.1 * 2**quick_exits, LONGEST_PAUSE_SECONDS))


# Looked up here: between fork and exec of a process with threads as little as possible may happen.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """Runs in the child before its program. Without it a killed supervisor leaves its programs."""
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Program:
    """One program under supervision; `command` is an argument list, never a shell line."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    write: Callable[[str], None]
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0
    not_before: float = 0.0
    quick_exits: int = 0
    readers: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        self.process = subprocess.Popen(
            list(self.command),
            env=dict(self.environment),
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C in a terminal reaches the supervisor only
            preexec_fn=_die_with_parent,
        )
        self.started_at = time.monotonic()
        reader = threading.Thread(target=self._copy_output, args=(self.process,), daemon=True)
        reader.start()
        self.readers = [reader]

    def _copy_output(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.write(f"{self.name:<7}| {line.rstrip()}")

    def look(self) -> None:
        """Restart the program when it has ended and its pause is over. Raises GaveUp."""
        now = time.monotonic()
        if self.process is not None:
            code = self.process.poll()
            if code is None:
                return
            self.quick_exits = self.quick_exits + 1 if now - self.started_at < QUICK_SECONDS else 1
            if self.quick_exits > MAX_QUICK_EXITS:
                raise GaveUp(f"{self.name} ended {self.quick_exits} times in a row right away")
            pause = pause_before_restart(self.quick_exits)
            self.write(f"{self.name:<7}| ended with {code}; starting again in {pause:.1f} s")
            self.process = None
            self.not_before = now + pause
        if now >= self.not_before:
            self.start()

    def signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)

    def kill_group(self) -> None:
        """End the program and whatever it started, at once."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Supervisor:
    """Programs in the order of their start; they stop in the reverse order."""

    def __init__(self, *, write: Callable[[str], None]) -> None:
        self.write = write
        self.programs: list[Program] = []
        self._stop = threading.Event()

    def catch_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self._stop.set())

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def add(
        self, name: str, command: Sequence[str], *, environment: Mapping[str, str], directory: Path
    ) -> Program:
        """Start a program and keep it running from now on."""
        program = Program(name, command, environment, directory, self.write)
        program.start()
        self.programs.append(program)
        return program

    def run_once(
        self, name: str, command: Sequence[str], *, environment: Mapping[str, str], directory: Path
    ) -> int:
        """Run a program to its end while the others are kept running; its exit code."""
        program = Program(name, command, environment, directory, self.write)
        program.start()
        assert program.process is not None
        while (code := program.process.poll()) is None:
            if self.stopping:
                program.signal(signal.SIGTERM)
            self.pass_time()
        for reader in program.readers:
            reader.join(timeout=2)
        return code

    def pass_time(self, seconds: float = POLL_SECONDS) -> None:
        """One turn of the loop: wait, then look after every program. Raises GaveUp."""
        if not self._stop.wait(seconds):
            for program in self.programs:
                program.look()
        else:
            time.sleep(0.05)

    def wait(self) -> None:
        """Keep everything running until a signal comes. Raises GaveUp."""
        while not self.stopping:
            self.pass_time()

    def stop(self) -> None:
        """End all programs, last started first; after the grace period without asking."""
        self._stop.set()
        for program in reversed(self.programs):
            program.signal(signal.SIGTERM)
            if program.process is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    program.process.wait(timeout=GRACE_SECONDS)
            program.kill_group()
            for reader in program.readers:
                reader.join(timeout=1)
