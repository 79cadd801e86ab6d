"""What a browser gets: the leadership page, the weight of scripts, the first paint."""

from __future__ import annotations

import gzip
import re
import shutil
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.jobs import imported
from bench.load import once, play
from bench.report import Row
from bench.run import Run, short
from bench.serving import BACKLOG

#: What each page is held against, in bytes of gzip.
USUAL, CHARTED = 120_000, 500_000
_SCRIPT = re.compile(rb'<script[^>]*\ssrc="/static/([^"]+)"')
_PRELOADED = re.compile(rb'<link[^>]*rel="modulepreload"[^>]*href="/static/([^"]+)"')
_IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"']+)["']""")


def leadership(run: Run) -> None:
    """Cold: nothing kept of the page's facts. Warm: again within the minute."""
    imported(run, "PostgreSQL")
    port, page = run.imported_page("/p/BIG/insights/")
    play(port, [page], seconds=0, connections=1, at_least=4)
    times = []
    for _ in range(5):
        run.world.forget("insights.leadership")
        times.append(play(port, [page], seconds=0, connections=1, at_least=1).p50)
    cold = statistics.median(times)
    warm = play(port, [page], seconds=run.options.seconds, connections=1, at_least=20)
    run.add(
        Row(
            "leadership page, 16,206 items, nothing kept",
            f"p50 {cold:.0f} ms",
            bar="≤ 1 s",
            met=cold <= 1000,
            note=f"{warm.size / 1000:.0f} KB",
        )
    )
    run.add(
        Row(
            "leadership page, 16,206 items, again",
            f"p50 {warm.p50:.0f} ms",
            bar="≤ 100 ms",
            met=warm.p50 <= 100,
        )
    )


def scripts(run: Run) -> None:
    """Every script that a page names and whatever those import, as gzip would send it."""
    size = run.options.sizes[0]
    number = run.visitor(size)["busy"][0]
    pages = {
        "backlog": BACKLOG,
        "board": "/p/BENCH/board/",
        "triage": "/p/BENCH/triage/",
        "item": f"/items/BENCH-{number}/",
        "new item": "/p/BENCH/items/new/",
        "leadership": "/p/BENCH/insights/",
    }
    for name, path in pages.items():
        html = once(run.ours(size), run.page(size, path)).body
        first = [found.decode() for found in (*_SCRIPT.findall(html), *_PRELOADED.findall(html))]
        files = dict(_with_imports(run.world.folder / "static", first))
        total = sum(files.values())
        bar = CHARTED if name == "leadership" else USUAL
        heaviest = sorted(files, key=lambda each: -files[each])[:3]
        run.add(
            Row(
                f"scripts of the {name} page",
                f"{total / 1000:.0f} KB gzip",
                bar=f"≤ {bar / 1000:.0f} KB",
                met=0 < total <= bar,
                note=f"{len(files)} files; "
                + ", ".join(f"{Path(each).name} {files[each] / 1000:.0f}" for each in heaviest),
            )
        )


def _with_imports(root: Path, first: list[str]) -> Iterator[tuple[str, int]]:
    waiting, seen = list(first), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        content = (root / name).read_bytes()
        yield name, len(gzip.compress(content, 6))
        for other in _IMPORT.findall(content.decode()):
            waiting.append(
                str((root / name).parent.joinpath(other).resolve().relative_to(root.resolve()))
            )


def paint(run: Run) -> None:
    """First contentful paint of the backlog page in Chromium: the server warm, the browser's cache empty."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    name = f"first contentful paint, backlog page, {short(run.size)}"
    if chromium is None:
        run.add(Row(name, "not measured", bar="≤ 400 ms", note="no Chromium here"))
        return
    from playwright.sync_api import sync_playwright

    size = run.size
    port = run.ours(size)
    play(port, [run.page(size, BACKLOG)], seconds=0, connections=1, at_least=6)
    times: list[float] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        for _ in range(9):
            times.append(
                _paint(browser, run.visitor(size)["cookie"], f"http://127.0.0.1:{port}{BACKLOG}")
            )
        browser.close()
    middle = statistics.median(times[1:])
    run.add(
        Row(
            name,
            f"p50 {middle:.0f} ms",
            bar="≤ 400 ms",
            met=middle <= 400,
            note=f"from {min(times[1:]):.0f} to {max(times[1:]):.0f} ms",
        )
    )


def _paint(browser: Any, cookie: str, address: str) -> float:
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, extra_http_headers={"Cookie": cookie}
    )
    page = context.new_page()
    page.goto(address, wait_until="load")
    said = page.evaluate(
        """() => new Promise(done => new PerformanceObserver(list => {
            for (const each of list.getEntriesByName('first-contentful-paint')) done(each.startTime);
        }).observe({type: 'paint', buffered: true}))"""
    )
    if page.locator("tbody tr").count() < 50:
        raise RuntimeError("The backlog page did not show its 50 rows.")
    context.close()
    return float(said)
