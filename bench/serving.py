"""Answers over HTTP: lists, details, pages, writes, search."""

from __future__ import annotations

import itertools
import json
from typing import Any
from urllib.parse import quote

from bench.load import Request, once, play
from bench.report import Row
from bench.run import Run, short

QUEUE = "enhancement"
BACKLOG = f"/p/BENCH/backlog/?queue={QUEUE}"
LIST = f"/api/v1/items/?product=BENCH&queue={QUEUE}&open=true"


def _drf_list(run: Run, size: int) -> list[Request]:
    return [run.floor(size, f"/drf/items/?product={run.visitor(size)['product']}&queue={QUEUE}")]


def api_list(run: Run) -> None:
    """The ranked list by API against drf and raw, first page, deep page, growth."""
    medians: dict[int, float] = {}
    for size in run.options.sizes:
        ours = (run.ours(size), [run.api(size, LIST)])
        pair = run.pair(ours, (run.bare(size), _drf_list(run, size)))
        here, floor = pair.rates
        a, b = pair.sizes
        run.add(
            Row(
                f"API list, {short(size)} items",
                f"{here:.0f}/s",
                f"drf {floor:.0f}/s",
                pair.rate_ratio,
                "≥ 1.3 × drf",
                pair.rate_ratio >= 1.3,
                f"{pair.processor}; {a} / {b} bytes",
            )
        )
        medians[size] = pair.p50s[0]
        raw = [run.floor(size, f"/raw/?product={run.visitor(size)['product']}&queue={QUEUE}")]
        pair = run.pair(ours, (run.bare(size), raw))
        run.add(
            Row(
                f"API list, {short(size)} items, against raw",
                f"{pair.rates[0]:.0f}/s",
                f"raw {pair.rates[1]:.0f}/s",
                pair.rate_ratio,
                note=pair.processor,
            )
        )
        _deep_page(run, size)
    small = run.options.sizes[0]
    for size in (*run.options.sizes[1:], *run.options.larger):
        pair = run.pair(
            (run.ours(size), [run.api(size, LIST)]), (run.ours(small), [run.api(small, LIST)])
        )
        run.add(
            Row(
                f"API list, {short(small)} → {short(size)}",
                f"p50 {pair.p50s[0]:.1f} ms",
                f"{pair.p50s[1]:.1f} ms",
                pair.time_ratio,
                "≤ 1.25 ×",
                pair.time_ratio <= 1.25,
            )
        )


def _deep_page(run: Run, size: int) -> None:
    """A page from the middle of the queue, by cursor, against the first."""
    path = LIST
    pages = 20 if size <= 10_000 else 200
    for _ in range(pages):
        answer = json.loads(once(run.ours(size), run.api(size, path)).body)
        if answer["next"] is None:
            break
        deep, path = path, f"{LIST}&cursor={answer['next']}"
    pair = run.pair(
        (run.ours(size), [run.api(size, deep)]), (run.ours(size), [run.api(size, LIST)])
    )
    run.add(
        Row(
            f"API list, page {pages} by cursor, {short(size)}",
            f"p50 {pair.p50s[0]:.1f} ms",
            f"first page {pair.p50s[1]:.1f} ms",
            pair.time_ratio,
            "≤ 1.2 ×",
            pair.time_ratio <= 1.2,
        )
    )


def plan(run: Run) -> None:
    """How the database answers the list."""
    size = run.size
    url = run.world.database_url(run.database(size))
    found = json.loads(run.world.run(["-m", "bench.plans", LIST, run.visitor(size)["token"]], url))
    run.add(
        Row(
            f"queries of the API list, {short(size)}",
            str(found["queries"]),
            bar="≤ 5",
            met=found["queries"] <= 5,
            note="; ".join(found["kinds"]),
        )
    )
    read, returned = found["read"], found["returned"]
    sound = (
        not found["sorts"] and not found["scans"] and not found["counts"] and read <= 1.5 * returned
    )
    run.add(
        Row(
            f"query plan of the API list, {short(size)}",
            f"{read} rows read",
            f"{returned} returned",
            read / returned,
            "≤ 1.5 ×, no sort, no scan, no count",
            sound,
            f"index: {', '.join(found['indexes'])}; sorts {found['sorts'] or 'none'}; scans {found['scans'] or 'none'}",
        )
    )


def pages(run: Run) -> None:
    """Pages that people wait for. Time of one connection, so that it is the server's."""
    size = run.size
    drf = (run.bare(size), _drf_list(run, size))
    backlog = (run.ours(size), [run.page(size, BACKLOG)])
    pair = run.pair(backlog, drf, connections=1)
    run.add(_page_row("backlog page", pair, 2.5, size))
    board = (run.ours(size), [run.page(size, "/p/BENCH/board/")])
    pair = run.pair(board, backlog, connections=1)
    row = _page_row("board page", pair, 3.0, size, "backlog page")
    row.bar += ", ≤ 150 KB"
    row.met = bool(row.met) and pair.sizes[0] <= 150_000
    run.add(row)
    item = (
        run.ours(size),
        [run.page(size, f"/items/BENCH-{n}/") for n in run.visitor(size)["busy"]],
    )
    pair = run.pair(item, drf, connections=1)
    run.add(_page_row("item page, 200 history rows", pair, 4.0, size))


def _page_row(name: str, pair: Any, bar: float, size: int, floor: str = "drf") -> Row:
    ours, there = pair.p50s
    return Row(
        f"{name}, {short(size)}",
        f"p50 {ours:.1f} ms",
        f"{floor} {there:.1f} ms",
        pair.time_ratio,
        f"≤ {bar:g} × {floor}",
        pair.time_ratio <= bar,
        f"{pair.processor}; {pair.sizes[0] / 1000:.0f} KB",
    )


def detail(run: Run) -> None:
    """One item by API against a bare DRF detail with the same fields."""
    size = run.size
    visitor = run.visitor(size)
    numbers = visitor["busy"]
    for name, chosen in (
        ("item", [n for n in range(1000, 1050) if n not in numbers]),
        ("busy item", numbers),
    ):
        ours = [run.api(size, f"/api/v1/items/BENCH-{n}/") for n in chosen]
        path = f"/drf/items/{{}}/?product={visitor['product']}&pad="
        want = sum(len(once(run.ours(size), each).body) for each in ours[:8]) / 8
        have = (
            sum(
                len(once(run.bare(size), run.floor(size, path.format(n) + "0")).body)
                for n in chosen[:8]
            )
            / 8
        )
        pad = max(0, int(want - have))
        floor = [run.floor(size, f"{path.format(n)}{pad}") for n in chosen]
        pair = run.pair((run.ours(size), ours), (run.bare(size), floor), connections=1)
        run.add(
            Row(
                f"API detail, {name}, {short(size)}",
                f"p50 {pair.p50s[0]:.1f} ms",
                f"drf {pair.p50s[1]:.1f} ms",
                pair.time_ratio,
                "≤ 1.5 × drf",
                pair.time_ratio <= 1.5,
                f"{pair.processor}; about {want:.0f} bytes both",
            )
        )


def create(run: Run) -> None:
    """Making an item: rights, number, words, change log, summary, score; against a bare insert."""
    size = run.size
    body = {
        "title": "The captions of lesson three come late",
        "description": "From the second minute on, captions follow the voice by about two seconds.\n"
        * 4,
        "kind": "fix",
        "effort": 3,
        "severity": 3,
        "horizon": "release",
        "due_at": "2027-03-01T12:00:00Z",
        "labels": ["label-1", "label-2"],
    }
    ours = [run.api(size, "/api/v1/items/", {"product": "BENCH", **body}, 201)]
    floor = [run.floor(size, f"/drf/new/?product={run.visitor(size)['product']}", body, 201)]
    pair = run.pair((run.ours(size), ours), (run.bare(size), floor), connections=1)
    with run.world.connect(run.database(size)) as connection, connection.cursor() as cursor:
        # bare rows without all that belongs to an item would trouble what is measured later
        for table in ("labels", "segments"):
            cursor.execute(
                f"DELETE FROM backlog_item_{table} t USING backlog_item i"
                " WHERE t.item_id = i.id AND i.number >= 500000000"
            )
        cursor.execute("DELETE FROM backlog_item WHERE number >= 500000000")
    run.add(
        Row(
            f"API create, {short(size)}",
            f"p50 {pair.p50s[0]:.1f} ms",
            f"drf {pair.p50s[1]:.1f} ms",
            pair.time_ratio,
            "≤ 3 × drf",
            pair.time_ratio <= 3,
            pair.processor,
        )
    )


def triage(run: Run) -> None:
    """One decision: the write, its change row, and the next item on the screen."""
    size = run.size
    waiting = iter(run.visitor(size)["waiting"])
    number = 120 if run.options.rounds > 2 else 40
    decisions = [
        run.page(
            size, "/p/BENCH/triage/decide/", f"item=BENCH-{n}&decision={decision}", fragment=True
        )
        for n, decision in zip(
            waiting, itertools.cycle(("stability", "enhancement", "strategic_bet")), strict=False
        )
    ][:number]
    port = run.ours(size)
    once(port, run.page(size, "/p/BENCH/triage/"))
    played = play(port, decisions, seconds=0, connections=1, at_least=number)
    run.add(
        Row(
            f"triage decision, {short(size)}",
            f"p50 {played.p50:.1f} ms",
            bar="≤ 40 ms",
            met=played.p50 <= 40,
            note=f"{len(played.times)} decisions, one after the other",
        )
    )


def search(run: Run) -> None:
    """Two words, 20 results, on PostgreSQL."""
    size = run.size
    searches = run.visitor(size)["searches"]
    asked = [
        run.api(size, f"/api/v1/items/?product=BENCH&limit=20&q={quote(words)}")
        for words in searches
    ]
    port = run.ours(size)
    sample = [len(json.loads(once(port, each).body)["results"]) for each in asked[:10]]
    played = play(port, asked, seconds=run.options.seconds, connections=1, at_least=len(asked))
    run.add(
        Row(
            f"full-text search, API, {short(size)}, PostgreSQL",
            f"p50 {played.p50:.1f} ms",
            bar="≤ 50 ms",
            met=played.p50 <= 50,
            note=f"{len(played.times)} searches of two words; finds of the first ten: {sample}",
        )
    )
    asked = [run.page(size, f"/p/BENCH/search/?q={quote(words)}") for words in searches]
    played = play(port, asked, seconds=run.options.seconds, connections=1, at_least=len(asked))
    run.add(
        Row(
            f"full-text search, page, {short(size)}, PostgreSQL",
            f"p50 {played.p50:.1f} ms",
            bar="≤ 50 ms",
            met=played.p50 <= 50,
        )
    )
