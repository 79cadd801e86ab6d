"""A closed loop of a few connections: each sends its next request when its last answer is complete.

One thread and a selector, so that the client costs the servers' two cores as little as can be. Connections are kept
alive where the server allows it (gunicorn's sync workers close after each answer; floors and ours alike).
"""

from __future__ import annotations

import itertools
import selectors
import socket
import statistics
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass
class Request:
    """A request as bytes, and the status that it must be answered with."""

    data: bytes
    status: int = 200

    @classmethod
    def of(
        cls,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        status: int = 200,
    ) -> Request:
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: keep-alive"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if body or method != "GET":
            lines.append(f"Content-Length: {len(body)}")
        return cls("\r\n".join([*lines, "", ""]).encode() + body, status)


@dataclass
class Answer:
    """An answer, read to its end."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Round:
    """What one round of load gave. Times in seconds."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    size: int = 0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.times) / self.seconds

    @property
    def p50(self) -> float:
        """Median of the times, in milliseconds."""
        return statistics.median(self.times) * 1000


class Broken(Exception):
    """An answer was not what it had to be."""


class _Connection:
    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None
        self.received = bytearray()
        self.started = 0.0
        self.request: Request | None = None

    def send(self, request: Request) -> socket.socket:
        self.request = request
        self.received.clear()
        self.started = time.perf_counter()
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=60)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(request.data)
        return self.socket

    def receive(self) -> Answer | None:
        """What has come; the answer when it is complete."""
        assert self.socket is not None
        data = self.socket.recv(1 << 18)
        self.received += data
        head, found, body = bytes(self.received).partition(b"\r\n\r\n")
        if not found:
            if not data:
                raise Broken("The server closed before it answered.")
            return None
        lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:])
        }
        length = headers.get("content-length")
        if data and (length is None or len(body) < int(length)):
            return None
        if not data or headers.get("connection") == "close":
            self.close()
        return Answer(int(lines[0].split()[1]), headers, body)

    def close(self) -> None:
        if self.socket is not None:
            self.socket.close()
            self.socket = None


def _expect(request: Request, answer: Answer) -> None:
    if answer.status != request.status:
        line = request.data.partition(b"\r\n")[0].decode()
        raise Broken(
            f"{line} answered {answer.status}, not {request.status}: {answer.body[:600]!r}"
        )


def once(port: int, request: Request) -> Answer:
    """One request; its answer, of the expected status. Raises Broken."""
    connection = _Connection(port)
    connection.send(request)
    while (answer := connection.receive()) is None:
        pass
    connection.close()
    _expect(request, answer)
    return answer


def play(
    port: int,
    requests: Iterable[Request],
    *,
    seconds: float,
    connections: int = 4,
    at_least: int = 8,
) -> Round:
    """Requests in turn (again from the start when they are used up) for so long. Raises Broken."""
    source: Iterator[Request] = itertools.cycle(requests)
    found = Round()
    watch = selectors.DefaultSelector()
    busy = [_Connection(port) for _ in range(connections)]
    began = time.perf_counter()
    for each in busy:
        watch.register(each.send(next(source)), selectors.EVENT_READ, each)
    waiting = len(busy)
    while waiting:
        for key, _ in watch.select(timeout=60):
            each: _Connection = key.data
            before = each.socket
            answer = each.receive()
            if answer is None:
                continue
            now = time.perf_counter()
            assert each.request is not None
            _expect(each.request, answer)
            found.times.append(now - each.started)
            found.size = len(answer.body)
            watch.unregister(before)
            if now - began < seconds or len(found.times) + waiting <= at_least:
                watch.register(each.send(next(source)), selectors.EVENT_READ, each)
            else:
                waiting -= 1
                each.close()
    found.seconds = time.perf_counter() - began
    watch.close()
    return found
