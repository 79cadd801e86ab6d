"""The ranked list against a plain sort of all rows in Python."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from backlog import selectors
from backlog.models import Item, ItemSummary, Queue
from backlog.services import items
from backlog.vocabulary import OPEN_STATES, QueueKind, State
from core import keyset
from core.errors import Invalid
from tests.backlog.making import again, ask, queue
from tests.cast import Cast

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PRIORITIES = [None, 0.0, 0.0, 12.5, 12.5, 12.5, 30.0, 44.9999999, 45.0, 99.99]


def population(cast: Cast, count: int = 160, seed: int = 1) -> None:
    """Items in every queue and state with many ties; scores are written as the summary holds them."""
    rng = random.Random(seed)
    kinds = {each.kind: each for each in Queue.objects.filter(product=cast.a)}
    drafts = []
    for number in range(count):
        state = rng.choices(State.values, [4, 8, 4, 2, 3, 1, 1])[0]
        kind = rng.choice([*QueueKind.values, None]) if state in ("triage", "parked") else None
        kind = kind or (
            None if state in ("triage", "parked", "declined") else rng.choice(QueueKind.values)
        )
        drafts.append(
            items.Draft(
                title=f"Item {number}",
                queue=kinds[kind] if kind else None,
                state=state,
                severity=rng.choice([None, 1, 2, 3, 4]),
                due_at=rng.choice([None, NOW, NOW + timedelta(days=1), NOW - timedelta(days=400)]),
                created_at=NOW - timedelta(days=rng.choice([0, 0, 1, 2])),
            )
        )
    made = items.create_items(
        actor=cast.actor("owner"), product=cast.a, drafts=drafts, right="item.create", now=NOW
    )
    for item in made:
        priority = rng.choice(PRIORITIES) if item.queue_id else None
        band = "" if priority is None else "act_now" if priority >= 45 else "next"
        ItemSummary.objects.filter(pk=item.pk).update(
            priority=priority,
            order_score=-priority if priority is not None else float(item.severity or 9),
            band=band,
        )


def place(item: Item) -> tuple[Any, ...]:
    """The order of scoring.md: priority descending, unscored after by severity, then due, then age, then id."""
    priority = item.summary.priority
    first = (0, -priority) if priority is not None else (1, item.severity or 9)
    due = (0, item.due_at) if item.due_at else (1, NOW)
    return (*first, *due, item.created_at, item.pk)


def expected(cast: Cast, kind: str, states: Sequence[str] = OPEN_STATES) -> list[Item]:
    rows = Item.objects.filter(product=cast.a, state__in=states).select_related("summary", "queue")
    wanted = [row for row in rows if (row.queue.kind if row.queue else "") == kind]
    return sorted(wanted, key=place)


def walk(cast: Cast, path: str, size: int = 7) -> list[dict[str, Any]]:
    """Every row of a list, page by page."""
    rows: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(1000):
        glue = "&" if "?" in path else "?"
        page = ask(cast, "viewer", "GET", f"{path}{glue}limit={size}{cursor}").json()
        assert len(page["results"]) <= size
        rows += page["results"]
        if page["next"] is None:
            return rows
        assert len(page["results"]) == size
        cursor = f"&cursor={quote(page['next'])}"
    raise AssertionError("the list does not end")


def keys(rows: Sequence[Item]) -> list[str]:
    return [f"ATLAS-{item.number}" for item in rows]


def test_each_queue_is_in_order_and_ranks_are_places(cast: Cast) -> None:
    population(cast)
    for kind in QueueKind.values:
        wanted = expected(cast, kind)
        assert len(wanted) > 10
        for path in (
            f"items/?product=ATLAS&queue={kind}&open=true",
            f"items/?product=ATLAS&queue={kind}&open=true&ordering=rank",
        ):
            rows = walk(cast, path)
            assert [row["key"] for row in rows] == keys(wanted)
            assert [row["rank"] for row in rows] == list(range(1, len(wanted) + 1))
        for position, item in enumerate(wanted, start=1):
            if position % 9 == 0:
                assert selectors.rank_of(again(item)) == position
    assert selectors.ranks_of(cast.a, [again(item) for item in wanted]) == {
        item.pk: position for position, item in enumerate(wanted, start=1)
    }
    unqueued = walk(cast, "items/?product=ATLAS&queue=none&open=true")
    assert [row["key"] for row in unqueued] == keys(expected(cast, ""))
    assert {row["rank"] for row in unqueued} == {None}


def dealt(cast: Cast, streams: dict[str, list[Item]], shares: dict[str, float]) -> list[Item]:
    """The order over several queues, told another way: hotfixes to act on now first; then each place goes to the
    queue that is furthest behind its share, counting what it got already."""
    left = {kind: list(rows) for kind, rows in streams.items()}
    got = dict.fromkeys(streams, 0)
    result: list[Item] = []
    while any(left.values()):
        hotfixes = left.get("hotfix", [])
        if hotfixes and hotfixes[0].summary.band == "act_now":
            kind = "hotfix"
        else:
            queued = [each for each in QueueKind.values if left.get(each)]
            waits = {each: (got[each] + 1) / max(shares[each], 1e-6) for each in queued}
            kind = min(queued, key=lambda each: waits[each]) if queued else ""
        result.append(left[kind].pop(0))
        got[kind] += 1
    return result


@pytest.mark.parametrize(
    "shares",
    [
        {"hotfix": 0.15, "stability": 0.2, "enhancement": 0.4, "strategic_bet": 0.25},
        {"hotfix": 0.0, "stability": 0.0, "enhancement": 1.0, "strategic_bet": 0.0},
        {"hotfix": 0.25, "stability": 0.25, "enhancement": 0.25, "strategic_bet": 0.25},
    ],
)
def test_the_list_over_all_deals_by_shares(cast: Cast, shares: dict[str, float]) -> None:
    population(cast, 110)
    for kind, share in shares.items():
        Queue.objects.filter(product=cast.a, kind=kind).update(share=share)
    streams = {kind: expected(cast, kind) for kind in selectors.STREAMS}
    wanted = keys(dealt(cast, streams, shares))
    for size in (3, 50):
        rows = walk(cast, "items/?product=ATLAS&open=true", size)
        assert [row["key"] for row in rows] == wanted, size
    ranks = {
        key: place for kind in QueueKind.values for place, key in enumerate(keys(streams[kind]), 1)
    }
    for row in rows:
        assert row["rank"] == ranks.get(row["key"])
    some = {kind: streams[kind] for kind in ("stability", "hotfix")}
    rows = walk(cast, "items/?product=ATLAS&open=true&queue=stability,hotfix")
    assert [row["key"] for row in rows] == keys(dealt(cast, some, shares))


def test_a_filtered_list_keeps_the_order_and_tells_the_place_among_all(cast: Cast) -> None:
    population(cast)
    streams = {kind: expected(cast, kind) for kind in QueueKind.values}
    ranks = {key: place for rows in streams.values() for place, key in enumerate(keys(rows), 1)}
    rows = walk(cast, "items/?product=ATLAS&open=true&queue=enhancement&severity=1,2")
    wanted = [item for item in streams["enhancement"] if item.severity in (1, 2)]
    assert [row["key"] for row in rows] == keys(wanted)
    assert [row["rank"] for row in rows] == [ranks[key] for key in keys(wanted)]
    closed = walk(cast, "items/?product=ATLAS&open=false&queue=enhancement")
    assert [row["key"] for row in closed] == keys(
        expected(cast, "enhancement", ("done", "parked", "declined"))
    )
    assert {row["rank"] for row in closed} == {None}


def test_the_page_shows_the_same_order(cast: Cast) -> None:
    population(cast, 140)
    rows = [row["key"] for row in walk(cast, "items/?product=ATLAS&open=true", 50)]
    shown: list[str] = []
    path = "/p/ATLAS/backlog/"
    while path:
        html = cast.client("viewer").get(path).content.decode()
        shown += [part.split('"')[0] for part in html.split('<tr data-row id="row-')[1:]]
        marker = 'data-key="n"'
        path = ""
        if marker in html:
            path = html.split(marker)[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
    assert shown == rows


def test_rows_that_come_meanwhile_do_not_repeat_or_hide_others(cast: Cast) -> None:
    """Between pages, items arrive in front, behind and in between; those that were there are each seen once."""
    population(cast, 100)
    for path in (
        "items/?product=ATLAS&open=true",
        "items/?product=ATLAS&queue=stability&open=true",
        "items/?product=ATLAS&ordering=-created&open=true",
    ):
        before = {row["key"]: row["queue"] for row in walk(cast, path, 50)}
        seen: list[str] = []
        cursor = ""
        step = 0
        while True:
            glue = f"{path}&limit=6{cursor}"
            page = ask(cast, "viewer", "GET", glue).json()
            seen += [row["key"] for row in page["results"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={quote(page['next'])}"
            for priority in (100.0, 20.0 + step, 0.0):
                (made,) = items.create_items(
                    actor=cast.actor("owner"),
                    product=cast.a,
                    drafts=[
                        items.Draft(title="New", queue=queue(cast.a, "stability"), state="accepted")
                    ],
                    right="item.create",
                )
                ItemSummary.objects.filter(pk=made.pk).update(
                    priority=priority, order_score=-priority
                )
            step += 1
        assert len(seen) == len(set(seen)), "no row twice"
        for kind in set(before.values()):  # how queues interleave may change, each keeps its order
            assert [key for key in seen if before.get(key, "gone") == kind] == [
                key for key in before if before[key] == kind
            ], "no row lost, same order"
        Item.objects.filter(title="New").delete()


def test_a_row_that_vanishes_under_the_cursor(cast: Cast) -> None:
    population(cast, 80)
    rows = walk(cast, "items/?product=ATLAS&queue=enhancement&open=true", 50)
    page = ask(
        cast, "viewer", "GET", "items/?product=ATLAS&queue=enhancement&open=true&limit=5"
    ).json()
    Item.objects.get(number=int(rows[4]["key"][6:])).delete()
    after = ask(
        cast,
        "viewer",
        "GET",
        f"items/?product=ATLAS&queue=enhancement&open=true&limit=5&cursor={quote(page['next'])}",
    ).json()["results"]
    assert [row["key"] for row in after] == [row["key"] for row in rows[5:10]]


@pytest.mark.parametrize(
    ("ordering", "key", "reverse"),
    [
        ("key", lambda row: int(row["key"][6:]), False),
        ("created", lambda row: (row["created_at"], int(row["key"][6:])), False),
        ("-created", lambda row: (row["created_at"], int(row["key"][6:])), True),
        ("updated", lambda row: (row["updated_at"], int(row["key"][6:])), False),
        ("-updated", lambda row: (row["updated_at"], int(row["key"][6:])), True),
    ],
)
def test_other_orderings_page_by_cursor(cast: Cast, ordering: str, key: Any, reverse: bool) -> None:
    population(cast, 60)
    rows = walk(cast, f"items/?product=ATLAS&ordering={ordering}", 7)
    assert len(rows) == 60
    assert rows == sorted(rows, key=key, reverse=reverse)
    ranked = {row["key"]: row["rank"] for row in walk(cast, "items/?product=ATLAS", 50)}
    assert {row["key"]: row["rank"] for row in rows} == ranked


def test_all_products_of_a_person_in_one_list(cast: Cast) -> None:
    population(cast, 9)
    items.create_items(
        actor=cast.actor("outsider"),
        product=cast.b,
        drafts=[items.Draft(title="Foreign")],
        right="item.create",
    )
    rows = walk(cast, "items/?ordering=key", 4)
    assert {row["key"].split("-")[0] for row in rows} == {"ATLAS"}
    assert len(rows) == 9


def test_cursors_that_are_not_ours(cast: Cast) -> None:
    population(cast, 30)
    at = NOW.isoformat()
    wrong: list[Any] = [
        1,
        "x",
        None,
        [["hotfix"]],
        {"hotfix": 1},
        {"hotfix": [None]},
        {"hotfix": [[1, at, at], 1]},
        {"hotfix": [["x", at, at, 1], 1]},
        {"hotfix": [[1, "x", at, 1], 1]},
        {"hotfix": [[1, at, at, "1"], 1]},
        {"hotfix": [[1, at, at, 2**63], 1]},
        {"hotfix": [[10**400, at, at, 1], 1]},
        {"hotfix": [[1, "0001-01-01T00:00:00+14:00", at, 1], 1]},
        {"hotfix": [[True, at, at, 1], 1]},
        {"hotfix": [{"a": 1}, 1]},
        {"hotfix": [[1, at, at, 1], "x"]},
    ]
    for value in wrong:
        for path in ("items/?product=ATLAS", "items/?ordering=key", "items/?ordering=-updated"):
            answer = ask(cast, "viewer", "GET", f"{path}&cursor={keyset.encode(value)}")
            assert answer.status_code == 400, (path, value)
            assert answer.json()["code"] == "bad_cursor"
    for text in ("x", "%00", "%ff", "é", "a" * 3000):
        answer = ask(cast, "viewer", "GET", f"items/?product=ATLAS&cursor={text}")
        assert answer.status_code == 400, text
        page = cast.client("viewer").get(f"/p/ATLAS/backlog/?cursor={text}")
        assert page.status_code == 422
    with pytest.raises(Invalid):
        selectors.ranked_page(Item.objects.all(), product=cast.a, cursor="x")


def test_limits(cast: Cast) -> None:
    population(cast, 60)
    for limit, count in (("1", 1), ("50", 50), ("200", 60), ("", None), ("0", None), ("201", None)):
        answer = ask(cast, "viewer", "GET", f"items/?product=ATLAS&limit={limit}")
        if count is None:
            assert answer.status_code == 400, limit
        else:
            assert len(answer.json()["results"]) == count
    for wrong in ("-1", "x", "1e3", "9" * 30, "1.5"):
        assert ask(cast, "viewer", "GET", f"items/?product=ATLAS&limit={wrong}").status_code == 400
    assert len(ask(cast, "viewer", "GET", "items/?product=ATLAS").json()["results"]) == 50


def test_unknown_parameters_are_refused(cast: Cast) -> None:
    for path in (
        "items/?product=ATLAS&colour=red",
        "items/?owner__password__startswith=a",
        "items/?_connector=OR",
        "items/?page=2",
        "items/?ordering=password",
        "items/?ordering=summary__priority",
        "products/?x=1",
    ):
        answer = ask(cast, "viewer", "GET", path)
        assert answer.status_code == 400, path
        assert answer["Content-Type"] == "application/problem+json"
    assert cast.client("viewer").get("/p/ATLAS/backlog/?colour=red").status_code == 422


def test_neighbours_walk_the_queue(cast: Cast) -> None:
    population(cast, 120)
    wanted = expected(cast, "enhancement")
    for position in (0, 1, len(wanted) // 2, len(wanted) - 1):
        found = selectors.neighbours(again(wanted[position]))
        before = wanted[position - 1] if position else None
        behind = wanted[position + 1] if position + 1 < len(wanted) else None
        assert found == {"before": before, "behind": behind}
        keys = selectors.neighbour_keys(again(wanted[position]))
        assert keys == {side: item.key if item else "" for side, item in found.items()}


def test_counts(cast: Cast) -> None:
    population(cast)
    rows = list(Item.objects.select_related("queue"))
    states = selectors.state_counts(cast.a)
    queues = selectors.queue_counts(cast.a)
    for state in State.values:
        assert states[state] == sum(item.state == state for item in rows)
    for kind in selectors.STREAMS:
        assert queues[kind] == sum(
            item.state in OPEN_STATES and (item.queue.kind if item.queue else "") == kind
            for item in rows
        )
