"""Each filter against a plain predicate, on API and page; saved views; the board."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from django.utils import timezone

from backlog.filters import ItemFilter
from backlog.models import (
    Channel,
    Cycle,
    Item,
    ItemLink,
    ItemSummary,
    Program,
    Queue,
    SavedView,
    Segment,
)
from backlog.services import items, saved_views, words
from backlog.views.listing import BOARD_COLUMN
from backlog.vocabulary import (
    ACCEPTED_STATES,
    OPEN_STATES,
    Horizon,
    Kind,
    LinkKind,
    QueueKind,
    State,
)
from core.days import day_of
from tests.backlog.making import accepted, ask, in_state, label, many
from tests.cast import Cast

NOW = timezone.now().replace(microsecond=0)
DAY = timedelta(days=1)


def furnish(cast: Cast, count: int = 90) -> list[Item]:
    rng = random.Random(5)
    queues = {each.kind: each for each in Queue.objects.filter(product=cast.a)}
    labels = [label(cast.a, name) for name in ("red", "green light", "none really")]

    def word(model: Any, *names: str) -> list[Any]:
        return list(words.named(model, product=cast.a, names=names).values())

    segments, programs = word(Segment, "Schools", "Clubs"), word(Program, "Training", "Launch")
    channels, cycles = word(Channel, "Web"), word(Cycle, "S1", "S2")
    drafts = []
    for _ in range(count):
        state = rng.choice(State.values)
        kind = rng.choice(QueueKind.values)
        drafts.append(
            items.Draft(
                title=rng.choice(["Alpha one", "Beta two", "Gamma three"]),
                description=rng.choice(["", "see alpha", "nothing"]),
                queue=queues[kind] if state in ACCEPTED_STATES or rng.random() < 0.5 else None,
                state=state,
                kind=rng.choice(Kind.values),
                horizon=rng.choice([*Horizon.values, ""]),
                owner=rng.choice([None, cast.owner, cast.reviewer, cast.viewer]),
                effort=rng.choice([None, 0.0, 1, 8]),
                due_at=rng.choice([None, NOW - 2 * DAY, NOW, NOW + 3 * DAY]),
                severity=rng.choice([None, 1, 2, 3, 4]),
                labels=rng.sample(labels, rng.randint(0, 2)),
                segments=rng.sample(segments, rng.randint(0, 2)),
                program=rng.choice([None, *programs]),
                channel=rng.choice([None, *channels]),
                cycle=rng.choice([None, *cycles]),
                created_at=NOW - rng.choice([0, 1, 5, 50]) * DAY,
                updated_at=NOW - rng.choice([0, 1, 5]) * DAY,
                finished_at=NOW - rng.choice([1, 5]) * DAY
                if state in ("done", "declined")
                else None,
                parked_until=(NOW + rng.choice([1, 9]) * DAY).date() if state == "parked" else None,
            )
        )
    made = items.create_items(
        actor=cast.actor("owner"), product=cast.a, drafts=drafts, right="item.create"
    )
    for item in made:
        if item.queue_id and rng.random() < 0.6:
            priority = rng.choice([0.0, 10.0, 30.0, 45.0, 80.0])
            band = rng.choice(["act_now", "next", "later"])
            ItemSummary.objects.filter(pk=item.pk).update(
                priority=priority, order_score=-priority, band=band
            )
    for source, target in zip(made, made[1:], strict=False):
        if rng.random() < 0.5:
            kind = rng.choice([LinkKind.BLOCKS, LinkKind.BLOCKS, LinkKind.RELATES])
            ItemLink.objects.create(product=cast.a, source=source, target=target, kind=kind)
    many(cast.b, 5)
    return made


def is_blocked(item: Item) -> bool:
    return any(
        link.kind == "blocks" and link.source.state not in ("done", "declined")
        for link in item.links_in.all()
    )


def names(rows: Any) -> set[str]:
    return {row.name for row in rows.all()}


def iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


Predicate = Callable[[Item], bool]


def cases(cast: Cast) -> list[tuple[dict[str, str], Predicate]]:
    def kind_of(item: Item) -> str:
        return item.queue.kind if item.queue else ""

    me = cast.viewer
    return [
        ({"queue": "hotfix"}, lambda i: kind_of(i) == "hotfix"),
        ({"queue": "hotfix,stability"}, lambda i: kind_of(i) in ("hotfix", "stability")),
        ({"queue": "none"}, lambda i: kind_of(i) == ""),
        ({"queue": "none,strategic_bet"}, lambda i: kind_of(i) in ("", "strategic_bet")),
        ({"state": "triage"}, lambda i: i.state == "triage"),
        ({"state": "done,declined"}, lambda i: i.state in ("done", "declined")),
        ({"open": "true"}, lambda i: i.state in OPEN_STATES),
        ({"open": "false"}, lambda i: i.state not in OPEN_STATES),
        ({"open": "TRUE"}, lambda i: i.state in OPEN_STATES),
        ({"kind": "fix,feature"}, lambda i: i.kind in ("fix", "feature")),
        ({"band": "act_now"}, lambda i: i.summary.band == "act_now"),
        ({"horizon": "sprint,none"}, lambda i: i.horizon in ("sprint", "")),
        ({"severity": "1,4"}, lambda i: i.severity in (1, 4)),
        ({"owner": "me"}, lambda i: i.owner == me),
        ({"owner": "none"}, lambda i: i.owner is None),
        (
            {"owner": "Owner@example.org, reviewer@example.org"},
            lambda i: i.owner in (cast.owner, cast.reviewer),
        ),
        ({"owner": "outsider@example.org"}, lambda i: False),
        ({"label": "red"}, lambda i: "red" in names(i.labels)),
        ({"label": "red,green light"}, lambda i: bool({"red", "green light"} & names(i.labels))),
        ({"label": "none"}, lambda i: not names(i.labels)),
        ({"label": "none, red"}, lambda i: not names(i.labels) or "red" in names(i.labels)),
        ({"label": "absent"}, lambda i: False),
        ({"segment": "Schools"}, lambda i: "Schools" in names(i.segments)),
        ({"segment": "none"}, lambda i: not names(i.segments)),
        ({"program": "Launch,none"}, lambda i: i.program is None or i.program.name == "Launch"),
        ({"channel": "Web"}, lambda i: i.channel is not None),
        ({"cycle": "S1"}, lambda i: i.cycle is not None and i.cycle.name == "S1"),
        ({"cycle": "none"}, lambda i: i.cycle is None),
        ({"unscored": "true"}, lambda i: i.summary.priority is None),
        ({"unscored": "false"}, lambda i: i.summary.priority is not None),
        ({"unestimated": "true"}, lambda i: i.effort is None),
        (
            {"overdue": "true"},
            lambda i: i.due_at is not None and i.due_at < timezone.now() and i.state in OPEN_STATES,
        ),
        (
            {"overdue": "false"},
            lambda i: (
                not (i.due_at is not None and i.due_at < timezone.now() and i.state in OPEN_STATES)
            ),
        ),
        ({"blocked": "true"}, is_blocked),
        ({"blocked": "false"}, lambda i: not is_blocked(i)),
        ({"stale_ratings": "true"}, lambda i: _past(i.summary.ratings_stale_day)),
        ({"stale_ratings": "false"}, lambda i: not _past(i.summary.ratings_stale_day)),
        ({"stale_evidence": "true"}, lambda i: _past(i.summary.evidence_stale_day)),
        (
            {"parked_before": (NOW + 5 * DAY).date().isoformat()},
            lambda i: i.parked_until is not None and i.parked_until < (NOW + 5 * DAY).date(),
        ),
        ({"due_before": iso(NOW)}, lambda i: i.due_at is not None and i.due_at < NOW),
        ({"due_after": iso(NOW)}, lambda i: i.due_at is not None and i.due_at >= NOW),
        ({"created_before": iso(NOW - DAY)}, lambda i: i.created_at < NOW - DAY),
        ({"created_after": iso(NOW - DAY)}, lambda i: i.created_at >= NOW - DAY),
        ({"updated_before": iso(NOW - DAY)}, lambda i: i.updated_at < NOW - DAY),
        ({"updated_after": iso(NOW - DAY)}, lambda i: i.updated_at >= NOW - DAY),
        (
            {"finished_before": iso(NOW - 2 * DAY)},
            lambda i: i.finished_at is not None and i.finished_at < NOW - 2 * DAY,
        ),
        (
            {"finished_after": iso(NOW - 2 * DAY)},
            lambda i: i.finished_at is not None and i.finished_at >= NOW - 2 * DAY,
        ),
        (
            {"priority_min": "30"},
            lambda i: i.summary.priority is not None and i.summary.priority >= 30,
        ),
        (
            {"priority_max": "30"},
            lambda i: i.summary.priority is not None and i.summary.priority <= 30,
        ),
        ({"priority_min": "1e40"}, lambda i: False),
        ({"q": "alpha"}, lambda i: "alpha" in f"{i.title} {i.description}".lower()),
        (
            {"q": "alpha", "open": "true", "severity": "1,2", "label": "none"},
            lambda i: (
                "alpha" in f"{i.title} {i.description}".lower()
                and i.state in OPEN_STATES
                and i.severity in (1, 2)
                and not names(i.labels)
            ),
        ),
    ]


def _past(day: float | None) -> bool:
    return day is not None and day <= day_of(timezone.now())


def listed(cast: Cast, query: dict[str, str], ordering: str) -> set[str]:
    path = f"items/?product=ATLAS&limit=200&ordering={ordering}&{urlencode(query)}"
    answer = ask(cast, "viewer", "GET", path)
    assert answer.status_code == 200, (query, answer.content)
    assert answer.json()["next"] is None
    rows = [row["key"] for row in answer.json()["results"]]
    assert len(rows) == len(set(rows)), query
    return set(rows)


def test_each_filter_finds_what_it_says(cast: Cast) -> None:
    furnish(cast)
    rows = list(
        Item.objects.filter(product=cast.a)
        .select_related("summary", "queue", "owner", "program", "channel", "cycle")
        .prefetch_related("labels", "segments", "links_in__source")
    )
    some = 0
    for query, says in cases(cast):
        wanted = {f"ATLAS-{item.number}" for item in rows if says(item)}
        assert listed(cast, query, "rank") == wanted, query
        if some % 6 == 0:
            assert listed(cast, query, "-updated") == wanted, query
        some += bool(wanted) and len(wanted) < len(rows)
    assert some > 38, "most cases tell some items from others"


def test_every_filter_has_a_case(cast: Cast) -> None:
    asked = {name for query, _ in cases(cast) for name in query}
    assert set(ItemFilter.base_filters) <= asked


WRONG = [
    ("queue", "nonsense"),
    ("queue", "hotfix,nonsense"),
    ("state", "open"),
    ("open", "maybe"),
    ("open", "1"),
    ("kind", "x"),
    ("band", "now"),
    ("horizon", "x"),
    ("severity", "5"),
    ("severity", "x"),
    ("unscored", "x"),
    ("overdue", "2"),
    ("parked_before", "x"),
    ("due_before", "x"),
    ("due_before", "0001-01-01T00:00:00+14:00"),
    ("due_after", "9999-12-31T23:59:59-14:00"),
    ("created_after", "2026-02-30"),
    ("priority_min", "x"),
    ("priority_max", "nan"),
    ("priority_max", "1e999"),
    ("q", "\x00"),
    ("owner", "\x00"),
    ("label", "\x00"),
]


def test_values_that_a_filter_cannot_use_are_named(cast: Cast) -> None:
    for name, value in WRONG:
        answer = ask(cast, "viewer", "GET", f"items/?product=ATLAS&{name}={quote(value)}")
        assert answer.status_code == 400, (name, value)
        assert answer.json()["code"] == "bad_filter"
        assert list(answer.json()["fields"]) == [name]
        page = cast.client("viewer").get("/p/ATLAS/backlog/", {name: value})
        assert page.status_code == 422, (name, value)


def test_the_page_filters_like_the_api(cast: Cast) -> None:
    furnish(cast, 60)
    for query, _ in cases(cast)[::4]:
        page = cast.client("viewer").get("/p/ATLAS/backlog/", {"open": "all", **query})
        html = page.content.decode()
        shown = {part.split('"')[0] for part in html.split('<tr data-row id="row-')[1:]}
        wanted = listed(cast, query, "rank")
        assert shown <= wanted
        assert len(shown) == min(50, len(wanted)), query


# --- Saved views --------------------------------------------------------------------------------


def test_a_view_brings_its_filters_back(cast: Cast) -> None:
    for kind in QueueKind.values:
        accepted(cast, kind)
    in_state(cast, "done")
    client = cast.client("contributor")
    for query in (
        "queue=stability&open=true",
        "open=all",
        "state=done",
        "q=item&owner=none&open=true",
    ):
        seen = client.get(f"/p/ATLAS/backlog/?{query}").content.decode()
        posted = (
            seen.split('<dialog id="save-view"')[1].split('name="query" value="')[1].split('"')[0]
        )
        answer = client.post(
            "/p/ATLAS/views/", {"name": f"View {query}", "query": posted.replace("&amp;", "&")}
        )
        assert answer.status_code == 302
        again = client.get(answer["Location"]).content.decode()
        assert again.count("data-row ") == seen.count("data-row "), query
        tab = again.split(f"View {query}".replace("&", "&amp;"))[0].rpartition("<a ")[2]
        assert 'aria-current="page"' in tab, query


def test_a_shared_view_is_seen_by_all_and_a_private_one_by_its_owner(cast: Cast) -> None:
    mine = saved_views.save_view(
        actor=cast.actor("contributor"), product=cast.a, name="Mine", query="", shared=False
    )
    ours = saved_views.save_view(
        actor=cast.actor("contributor"),
        product=cast.a,
        name="Ours",
        query="queue=hotfix",
        shared=True,
    )
    page = cast.client("viewer").get("/p/ATLAS/backlog/").content.decode()
    assert ">Ours" in page
    assert ">Mine" not in page
    client = cast.client("viewer")
    assert client.post(f"/p/ATLAS/views/{mine.pk}/remove/").status_code == 404
    assert client.post(f"/p/ATLAS/views/{ours.pk}/remove/").status_code == 403
    assert client.post("/p/ATLAS/views/999999999999999999999/remove/").status_code == 404
    assert client.post("/p/ATLAS/views/", {"name": "x", "shared": "on"}).status_code == 403
    assert client.post("/p/ATLAS/views/", {"name": "x"}).status_code == 302
    assert cast.client("contributor").post(f"/p/ATLAS/views/{ours.pk}/remove/").status_code == 302
    assert SavedView.objects.count() == 2


def test_the_same_name_replaces_a_view(cast: Cast) -> None:
    for query in ("queue=hotfix&open=true", "queue=stability&open=true"):
        cast.client("owner").post("/p/ATLAS/views/", {"name": " Ours ", "query": query})
    view = SavedView.objects.get()
    assert (view.name, view.query) == ("Ours", "queue=stability&open=true")


def test_what_is_no_view(cast: Cast) -> None:
    client = cast.client("owner")
    for data in ({"name": ""}, {"name": "x" * 61}, {"name": "x", "query": "colour=red"}, {}):
        assert client.post("/p/ATLAS/views/", data).status_code == 422, data
    assert not SavedView.objects.exists()


# --- The board ----------------------------------------------------------------------------------


def test_the_board_shows_each_state_bounded(cast: Cast) -> None:
    many(cast.a, 40, kind="stability", state="accepted")
    in_state(cast, "in_progress")
    in_state(cast, "done")
    for address in ("/p/ATLAS/board/", "/p/ATLAS/board/?by=queue", "/p/ATLAS/board/?owner=me"):
        answer = cast.client("viewer").get(address)
        assert answer.status_code == 200
    html = cast.client("viewer").get("/p/ATLAS/board/").content.decode()
    assert html.count("<article") == BOARD_COLUMN + 2
    assert "?state=accepted" in html
    assert cast.client("viewer").get("/p/ATLAS/board/?owner=%00").status_code == 422
    many(cast.a, 3, kind="stability", state="accepted", owner=cast.viewer)
    for by in ("state", "queue"):
        html = cast.client("viewer").get(f"/p/ATLAS/board/?by={by}&owner=me").content.decode()
        totals = [int(part.split("<")[0]) for part in html.split('<span class="wip">')[1:]]
        assert sum(totals) == 3, "counts are of what is shown"


def test_what_was_done_last_is_first_and_what_bears_no_date_is_last(cast: Cast) -> None:
    for day, title in ((1, "Early"), (None, "Undated"), (9, "Late")):
        done = Item.objects.filter(pk=in_state(cast, "done").pk)
        done.update(title=title, finished_at=NOW + day * DAY if day else None)
    html = cast.client("viewer").get("/p/ATLAS/board/").content.decode()
    places = [html.index(title) for title in ("Late", "Early", "Undated")]
    assert places == sorted(places)


def test_a_card_moves_by_form_and_by_script(cast: Cast) -> None:
    item = accepted(cast)
    client = cast.client("contributor")
    plain = client.post("/p/ATLAS/board/move/", {"item": item.key, "to": "in_progress"})
    assert (plain.status_code, plain["Location"]) == (302, "/p/ATLAS/board/")
    menu = client.get("/p/ATLAS/board/").content.decode()
    assert f'form="board-move" name="move" value="{item.key} accepted"' in menu
    assert client.post("/p/ATLAS/board/move/", {"move": f"{item.key} accepted"}).status_code == 302
    item.refresh_from_db()
    assert item.state == "accepted"
    script = client.post(
        "/p/ATLAS/board/move/",
        {"item": item.key, "to": "in_review"},
        headers={"HX-Request": "true"},
    )
    assert script.status_code == 204
    assert "/undo/" in script["HX-Trigger"]
    for data, status in (
        ({"item": item.key, "to": "triage"}, 409),
        ({"move": f"{item.key} triage"}, 409),
        ({"move": f"{item.key} "}, 422),
        ({"move": "BRAVO-1 done"}, 422),
        ({"item": item.key, "to": "declined"}, 403),
        ({"item": item.key, "to": ""}, 422),
        ({"item": "BRAVO-1", "to": "done"}, 422),
        ({}, 422),
    ):
        assert client.post("/p/ATLAS/board/move/", data).status_code == status, data
