"""Work in the background: rescoring, imports, digests. Each runs in processes of its own, floors and ours in turn."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.report import Row
from bench.run import Run, short
from bench.servers import free_port
from bench.world import ROOT

#: A real tracker's export where the shared data lies beside the repository; else one is made of the same shape.
EXPORT = ROOT.parent / "shared" / "data" / "titanium" / "timob_flow.csv"


def rescore(run: Run) -> None:
    """Every item from nine ratings and its evidence, against one UPDATE; each time on tidied tables."""
    size = run.size
    name = run.copy(size)
    url = run.world.database_url(name)

    def measured(mode: str) -> Any:
        return json.loads(run.world.run(["-m", "bench.rescoring", mode], url))

    label = f"rescore, {short(size)} items"
    modes = {
        "all": ("all changed", 1.5),
        "tenth": ("all read, one tenth changed", 0.5),
        "none": ("all read, nothing changed", 0.3),
        "marked": ("one tenth marked", 0.5),
        "published": ("a rubric published", 2),
    }
    found: dict[str, list[tuple[Any, Any]]] = {mode: [] for mode in modes}
    for _ in range(min(3, run.options.rounds)):
        for mode in modes:
            floor = measured("floor")
            found[mode].append((measured(mode), floor))
    for mode, (words, bar) in modes.items():
        ratio, processor = (
            _middle(_against(ours, floor, what) for ours, floor in found[mode])
            for what in ("seconds", "processor")
        )
        memory = max(ours["rss_mb"] for ours, _ in found[mode])
        kept = _middle(ours["kept"] for ours, _ in found[mode])
        then = f"; the history of each after that {kept:.2f} s" if mode == "published" else ""
        run.add(
            Row(
                f"{label}: {words}",
                f"{_middle(ours['seconds'] for ours, _ in found[mode]):.2f} s",
                f"UPDATE {_middle(floor['seconds'] for _, floor in found[mode]):.2f} s",
                ratio,
                f"≤ {bar:g} ×, < 300 MB",
                ratio <= bar and memory < 300,
                f"wrote {found[mode][0][0]['written']}; processor {processor:.2f} ×; peak {memory:.0f} MB{then}",
            )
        )
    one = measured("one")
    run.add(
        Row(
            f"rescore, one item after a rating, {short(size)}",
            f"p50 {one['p50_ms']:.1f} ms",
            bar="≤ 5 ms beyond the write",
            met=one["p50_ms"] <= 5,
            note=f"the rating with its log alone {one['write_ms']:.1f} ms",
        )
    )
    looked = measured("preview")
    run.add(
        Row(
            f"publish-preview of a rubric, {short(size)}",
            f"{looked['seconds']:.2f} s",
            bar="≤ 3 s, < 500 MB",
            met=looked["seconds"] <= 3 and looked["rss_mb"] < 500,
            note=f"{looked['items']} open items; peak {looked['rss_mb']:.0f} MB",
        )
    )
    run.world.drop_database(name)


def _against(ours: Any, floor: Any, what: str) -> float:
    """Ours in floors, of the same rows: a new rubric scores open items only, the floor writes all."""
    rows = floor["written"] / ours["written"] if ours["published"] else 1
    return float(ours[what] / floor[what] * rows)


def _middle(values: Any) -> float:
    return float(statistics.median(values))


# --- Imports --------------------------------------------------------------------------------------


def imports(run: Run) -> None:
    """16,206 rows into an empty product, and the same file again."""
    for kind in ("SQLite", "PostgreSQL"):
        url, first, second = imported(run, kind)
        source = str(_export(run))
        floor = json.loads(run.world.run(["-m", "bench.importing", "floor", source], url))
        ratio = floor["full_seconds"] / first["seconds"]
        run.add(
            Row(
                f"import, {floor['rows']:,} rows, {kind}",
                f"{first['seconds']:.1f} s",
                f"checks + bulk_create {floor['full_seconds']:.1f} s",
                ratio,
                "≤ 20 s, rows/s ≥ 2 ×, < 300 MB",
                first["seconds"] <= 20 and ratio >= 2 and first["rss_mb"] < 300,
                f"then scored in {first['scored_seconds']:.1f} s; peak {first['rss_mb']:.0f} MB; the floor without"
                f" looking into the database {floor['quick_seconds']:.1f} s; {Path(source).name}",
            )
        )
        run.add(
            Row(
                f"import, the same file again, {kind}",
                f"{second['seconds']:.1f} s",
                bar="≤ 8 s",
                met=second["seconds"] <= 8,
                note=f"{second['counts']['unchanged']:,} unchanged",
            )
        )


def imported(run: Run, kind: str) -> tuple[str, Any, Any]:
    """A database with 16,206 imported items: its address, and what the first import and the second gave. Made once."""
    if kind not in run.imported:
        if kind == "SQLite":
            for old in run.world.folder.glob("imported.sqlite3*"):
                old.unlink()
            url = f"sqlite:///{run.world.folder / 'imported.sqlite3'}"
            run.world.run(["manage.py", "migrate", "-v0"], url)
        else:
            url = run.world.database_url(run.empty("imported"))
        run.world.run(["-m", "bench.importing", "products"], url)
        bring = ["-m", "bench.importing", "bring", str(_export(run))]
        first, second = (json.loads(run.world.run(bring, url)) for _ in range(2))
        run.imported[kind] = (url, first, second)
    return run.imported[kind]


def _export(run: Run) -> Path:
    if EXPORT.exists():
        return EXPORT
    made = run.world.folder / "export.csv"
    if not made.exists():
        url = run.world.database_url("postgres")
        run.world.run(["-m", "bench.importing", "make", str(made)], url)
    return made


# --- Digests --------------------------------------------------------------------------------------


def digests(run: Run) -> None:
    """Readers of 16,206 items, over SMTP to a server that takes everything: two workers, on SQLite one."""
    readers = 10_000 if run.size > 10_000 else 1_000
    for kind, workers, people in (("PostgreSQL", 2, readers), ("SQLite", 1, readers // 10)):
        url, _, _ = imported(run, kind)
        run.world.run(["-m", "bench.digesting", "people", str(people)], url)
        seconds, sent, taken = _deliver(run, url, workers)
        allowed = 300 * people / 10_000
        run.add(
            Row(
                f"{people:,} digests, {kind}, {workers} worker{'s' if workers > 1 else ''}",
                f"{seconds:.0f} s",
                bar=f"≤ {allowed:.0f} s" if kind == "PostgreSQL" else "",
                met=seconds <= allowed and sent == taken == people
                if kind == "PostgreSQL"
                else None,
                note=f"{people / seconds:.0f}/s; {sent:,} sent, {taken:,} mails taken",
            )
        )


def _deliver(run: Run, url: str, workers: int) -> tuple[float, int, int]:
    """Until nothing is due: seconds, digests that are told to be sent, mails that arrived."""
    port = free_port()
    post = subprocess.Popen(
        [sys.executable, "-m", "bench.digesting", "post", str(port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert post.stdout is not None
    post.stdout.readline()
    environment = {**run.world.environment(url), "EMAIL_URL": f"smtp://127.0.0.1:{port}"}
    began = time.perf_counter()
    sweeps = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.digesting", "sweep"],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for _ in range(workers)
    ]
    said = [json.loads(sweep.communicate()[0].splitlines()[-1]) for sweep in sweeps]
    seconds = time.perf_counter() - began
    post.terminate()
    taken = json.loads(post.communicate()[0].splitlines()[-1])["taken"]
    return seconds, sum(each["sent"] for each in said), taken
