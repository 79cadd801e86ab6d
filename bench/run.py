"""What the measurements share: databases, servers, visitors, rounds."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench import servers
from bench.load import Request, Round, once, play
from bench.report import Row
from bench.world import PREFIX, World


@dataclass
class Options:
    """``sizes``: items per database; ``larger``: more of them, for the growth of the list alone.

    ``rounds`` of ``seconds`` each, ours and floor in turn.
    """

    sizes: tuple[int, ...] = (10_000, 100_000)
    larger: tuple[int, ...] = ()
    rounds: int = 5
    seconds: float = 4.0
    only: tuple[str, ...] = ()


@dataclass
class Pair:
    """Rounds of two things, measured in turn."""

    ours: list[Round]
    floor: list[Round]
    ours_processor: float
    floor_processor: float

    @property
    def rates(self) -> tuple[float, float]:
        """Median requests a second: ours, floor."""
        return _median(r.rate for r in self.ours), _median(r.rate for r in self.floor)

    @property
    def p50s(self) -> tuple[float, float]:
        """Median of the rounds' medians in milliseconds: ours, floor."""
        return _median(r.p50 for r in self.ours), _median(r.p50 for r in self.floor)

    @property
    def rate_ratio(self) -> float:
        return _median(a.rate / b.rate for a, b in zip(self.ours, self.floor, strict=True))

    @property
    def time_ratio(self) -> float:
        return _median(a.p50 / b.p50 for a, b in zip(self.ours, self.floor, strict=True))

    @property
    def processor(self) -> str:
        """Processor milliseconds a request: less noisy than time on a busy machine."""
        return f"processor {self.ours_processor:.1f} / {self.floor_processor:.1f} ms a request"

    @property
    def sizes(self) -> tuple[int, int]:
        return self.ours[-1].size, self.floor[-1].size


def short(size: int) -> str:
    """10k, 1M."""
    return f"{size // 1000}k" if size < 1_000_000 else f"{size // 1_000_000}M"


def _median(values: Any) -> float:
    return float(statistics.median(values))


class Run:
    """One run of the benchmark. Databases are filled and servers started when first asked for."""

    def __init__(self, world: World, options: Options) -> None:
        self.world = world
        self.options = options
        self.rows: list[Row] = []
        self._servers: dict[tuple[str, int], servers.Server] = {}
        self._visitors: dict[int, dict[str, Any]] = {}
        #: What imports gave, by kind of database; see ``bench.jobs.imported``.
        self.imported: dict[str, tuple[str, Any, Any]] = {}
        self._others: list[str] = []

    @property
    def size(self) -> int:
        """The largest database of the run."""
        return self.options.sizes[-1]

    def add(self, row: Row) -> None:
        """Note a figure and say it."""
        self.rows.append(row)
        print("  " + " | ".join(cell for cell in row.cells() if cell), flush=True)

    # --- databases ---

    def template(self) -> str:
        """An empty, migrated database to copy from."""
        name = f"{PREFIX}_template"
        if not self.world.has_database(name) or not self.world.keep:
            self.world.create_database(name)
            self.migrate(self.world.database_url(name))
        return name

    def migrate(self, url: str) -> None:
        self.world.run(["manage.py", "migrate", "-v0"], url)
        self.world.run(["manage.py", "migrate", "-v0"], url, "bench.bare.settings")

    def database(self, size: int) -> str:
        """The database with ``size`` items, filled if it is not there."""
        name = f"{PREFIX}_{size}"
        if size not in self._visitors:
            if not (self.world.keep and self.world.has_database(name)):
                print(f"filling {name} …", flush=True)
                self.copy_template(name)
                said = self.world.run(
                    ["-m", "bench.data", str(size)], self.world.database_url(name)
                )
                print(f"  {said.strip()}", flush=True)
            self._visitors[size] = self._somebody(name, "BENCH")
        return name

    def copy_template(self, name: str) -> None:
        self._copy(self.template(), name)

    def empty(self, what: str) -> str:
        """A migrated database without rows, until the end of the run; its name."""
        name = f"{PREFIX}_{what}"
        self._others.append(name)
        self.copy_template(name)
        return name

    def copy(self, size: int) -> str:
        """A copy of the database of this size, that may be changed, until the end of the run; its name."""
        name = f"{PREFIX}_copy"
        self._others.append(name)
        source = self.database(size)
        self.stop_servers()
        self._copy(source, name)
        return name

    def _copy(self, source: str, name: str) -> None:
        self.world.drop_database(name)
        self.world.administer(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')

    def _somebody(self, name: str, key: str) -> dict[str, Any]:
        url = self.world.database_url(name)
        return json.loads(self.world.run(["-m", "bench.visitor", key], url))

    def visitor(self, size: int) -> dict[str, Any]:
        self.database(size)
        return self._visitors[size]

    # --- servers ---

    def ours(self, size: int) -> int:
        """Port of Ballast on the database of this size."""
        return self._server("ours", size)

    def bare(self, size: int) -> int:
        """Port of the floors on the database of this size."""
        return self._server("bare", size)

    def imported_page(self, path: str) -> tuple[int, Request]:
        """Port of Ballast on the database of imports, and the request of a signed-in browser to it."""
        name = f"{PREFIX}_imported"
        if ("imported", 0) not in self._servers:
            self._visitors[0] = self._somebody(name, "BIG")
            self._servers["imported", 0] = servers.ours(self.world, name)
        return self._servers["imported", 0].port, self.page(0, path)

    def _server(self, kind: str, size: int) -> int:
        if (kind, size) not in self._servers:
            start = servers.ours if kind == "ours" else servers.bare
            self._servers[kind, size] = start(self.world, self.database(size))
        return self._servers[kind, size].port

    def stop_servers(self) -> None:
        for server in self._servers.values():
            server.stop()
        self._servers.clear()

    def close(self) -> None:
        self.stop_servers()
        for name in self._others:
            self.world.drop_database(name)
        if not self.world.keep:
            for name in (
                *(f"{PREFIX}_{size}" for size in (*self.options.sizes, *self.options.larger)),
                f"{PREFIX}_template",
            ):
                self.world.drop_database(name)

    # --- requests ---

    def api(self, size: int, path: str, body: Any = None, status: int = 200) -> Request:
        """A request of a program with its token to ours."""
        headers = {
            "Authorization": f"Bearer {self.visitor(size)['token']}",
            "Accept": "application/json",
        }
        if body is None:
            return Request.of("GET", path, headers, status=status)
        headers["Content-Type"] = "application/json"
        return Request.of("POST", path, headers, json.dumps(body).encode(), status=status)

    def floor(self, size: int, path: str, body: Any = None, status: int = 200) -> Request:
        """A request to the floors, with a token of DRF."""
        headers = {
            "Authorization": f"Token {self.visitor(size)['bare_token']}",
            "Accept": "application/json",
        }
        if body is None:
            return Request.of("GET", path, headers, status=status)
        headers["Content-Type"] = "application/json"
        return Request.of("POST", path, headers, json.dumps(body).encode(), status=status)

    def page(
        self, size: int, path: str, form: str | None = None, fragment: bool = False
    ) -> Request:
        """A request of a signed-in browser."""
        headers = {
            "Cookie": self.visitor(size)["cookie"],
            "Accept": "text/html",
            "Accept-Language": "en",
        }
        if fragment:
            headers["HX-Request"] = "true"
        if form is None:
            return Request.of("GET", path, headers)
        headers["X-CSRFToken"] = self.visitor(size)["csrf"]
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return Request.of("POST", path, headers, form.encode())

    def pair(
        self,
        ours: tuple[int, Sequence[Request]],
        floor: tuple[int, Sequence[Request]],
        *,
        connections: int = 4,
        seconds: float | None = None,
        at_least: int = 8,
    ) -> Pair:
        """Warm both up, then measure them in turn."""
        seconds = seconds or self.options.seconds
        for port, requests in (ours, floor):
            for request in requests[:2]:
                once(port, request)
            play(port, requests, seconds=min(1.0, seconds), connections=connections)
        found = Pair([], [], 0.0, 0.0)
        used = [0.0, 0.0]
        for _ in range(self.options.rounds):
            for place, (target, (port, requests)) in enumerate(
                ((found.ours, ours), (found.floor, floor))
            ):
                server = next(each for each in self._servers.values() if each.port == port)
                before = server.processor_seconds()
                target.append(
                    play(
                        port, requests, seconds=seconds, connections=connections, at_least=at_least
                    )
                )
                used[place] += server.processor_seconds() - before
        found.ours_processor = 1000 * used[0] / sum(len(r.times) for r in found.ours)
        found.floor_processor = 1000 * used[1] / sum(len(r.times) for r in found.floor)
        return found
