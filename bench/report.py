"""Rows of the table, the page `bench/results.md`, the history."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.world import ROOT

RESULTS = ROOT / "bench" / "results.md"
HISTORY = ROOT / "bench" / "history.jsonl"


@dataclass
class Row:
    """One figure. ``ratio``: ours to the floor, as the bar says it; ``met`` None: not judged, the note says why."""

    name: str
    ours: str = ""
    floor: str = ""
    ratio: float | None = None
    bar: str = ""
    met: bool | None = None
    note: str = ""

    def cells(self) -> list[str]:
        met = {True: "yes", False: "**no**", None: "–"}[self.met]
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return [self.name, self.ours, self.floor, ratio, self.bar, met, self.note]


HEADINGS = ["what", "ours", "floor", "ratio", "bar", "met", "remark"]


def table(rows: list[Row]) -> str:
    """The rows as a table that reads well as text and as Markdown."""
    cells = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
    widths[-1] = 6
    lines = [
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in cells
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


@dataclass
class Machine:
    """Where and when."""

    at: str
    commit: str
    processor: str
    cores: int
    memory_gb: float
    python: str
    postgres: str
    load: str

    @classmethod
    def look(cls, postgres: str) -> Machine:
        commit = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        return cls(
            at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            commit=commit.stdout.strip(),
            processor=_processor(),
            cores=os.cpu_count() or 0,
            memory_gb=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
            python=platform.python_version(),
            postgres=postgres,
            load=" ".join(f"{each:.1f}" for each in os.getloadavg()),
        )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


PAGE = """\
# Measured speed

Written by `make bench` on {at}, commit {commit}. What is measured and why: [README](README.md).
Ratios are between two things measured in one run, alternating; absolute times depend on the machine: {cores} cores
({processor}), {memory_gb} GB, Python {python}, PostgreSQL {postgres}; load average before and after the run: {load}
and {load_after}.

{table}

{judged} figures have a bar: {met} meet it, {missed} do not.
"""


def write(rows: list[Row], machine: Machine) -> None:
    """Write the page and append to the history."""
    load_after = " ".join(f"{each:.1f}" for each in os.getloadavg())
    judged = [row for row in rows if row.met is not None]
    met = sum(1 for row in judged if row.met)
    RESULTS.write_text(
        PAGE.format(
            **asdict(machine),
            load_after=load_after,
            table=table(rows),
            judged=len(judged),
            met=met,
            missed=len(judged) - met,
        )
    )
    line = {**asdict(machine), "rows": [asdict(row) for row in rows]}
    with HISTORY.open("a") as history:
        history.write(json.dumps(line, ensure_ascii=False) + "\n")
