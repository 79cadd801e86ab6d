"""The leadership page: every number is what its link leads to; what is not known is said."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backlog.access import queue_of
from backlog.models import ItemSummary
from backlog.services import items, links, queues, states
from backlog.vocabulary import LinkKind
from scoring.models import Rating
from scoring.services import signals
from tests.cast import Cast
from tests.insights.scene import NOW, Scene, ago

PAGE = "/p/ATLAS/insights/"


def answers(cast: Cast) -> dict[str, dict[str, Any]]:
    """Read anew: a scene writes its changes with dates of the past, so the newest one need not be the last."""
    cache.clear()
    answer = cast.api("viewer").get("/api/v1/products/ATLAS/answers/")
    assert answer.status_code == 200
    return {row["key"]: row for row in answer.json()}


def behind(cast: Cast, url: str) -> int:
    """How many items the backlog shows at this address (``open`` is on unless a state is named, as the list does)."""
    query = dict(parse_qsl(urlsplit(html.unescape(url)).query))
    if "state" not in query:
        query.setdefault("open", "true")
    answer = cast.api("viewer").get(
        "/api/v1/items/", {"product": "ATLAS", "limit": 200, "ordering": "key", **query}
    )
    assert answer.status_code == 200, answer.json()
    assert answer.json()["next"] is None
    page = cast.client("viewer").get(
        "/p/ATLAS/backlog/", dict(parse_qsl(urlsplit(html.unescape(url)).query))
    )
    assert page.status_code == 200
    return len(answer.json()["results"])


def furnish(scene: Scene) -> None:
    """A little of everything that the answers count."""
    scene.item(queue="stability", created=40, started=30, done=20, due=21, effort=3)  # a day late
    scene.item(queue="stability", created=40, started=30, done=20, due=19, effort=5)
    scene.item(queue="enhancement", created=40, started=12, done=5, due=4, effort=8)
    scene.item(queue="strategic_bet", created=60, started=50, done=9, effort=13)
    scene.item(queue="hotfix", created=30, accepted=30, started=29.9, done=29.5, effort=2)
    scene.item(queue="hotfix", created=8, accepted=8, started=7.9, done=6, effort=1)
    scene.item(queue="enhancement", created=200, started=150, done=120, due=130)  # too long ago
    scene.item(queue="enhancement", created=50, declined=10, due=9)  # no promise
    scene.item(queue="stability", created=20, due=2)  # overdue
    scene.item(queue="hotfix", created=3, accepted=3, severity=1)
    scene.item(queue="hotfix", created=2, accepted=2, severity=1, level=4)
    scene.item(queue="enhancement", created=120, level=3, effort=2, started=100)
    for days in (0.5, 1.9, 2.1, 9):
        scene.item(created=days)
    for days in (3, 40):
        item = scene.item(created=5)
        states.park_item(
            actor=scene.actor, item=item, until=(NOW + timedelta(days=days)).date(), now=ago(1)
        )
    ownerless = scene.item(queue="stability", created=4, severity=1, level=5, effort=1)
    links.link_items(actor=scene.actor, source=item, target=ownerless, kind=LinkKind.BLOCKS)
    assert ownerless.summary.band == "act_now"


# --- Every number leads to what it counts ---------------------------------------------------------


def test_every_number_of_an_answer_is_the_length_of_the_list_behind_it(scene: Scene) -> None:
    furnish(scene)
    found = answers(scene.cast)
    counted = {
        (key, link["text"]): behind(scene.cast, link["url"])
        for key, row in found.items()
        for link in row["links"]
        if "/backlog/" in link["url"]
    }
    assert counted.pop(("strategy", "41%")) == 1
    assert counted.pop(("strategy", "9%")) == 2
    numbers = {words: int(re.findall(r"\d+", words[1])[-1]) for words in counted}
    assert counted == numbers
    assert ("promises", "3 of 5") in counted
    assert ("promises", "3 items") in counted
    assert ("trust", "2 hotfixes") in counted
    assert {words for key, words in counted if key == "decisions"} >= {"2 items", "1 item"}


def test_every_tile_shows_the_length_of_the_list_behind_it(scene: Scene) -> None:
    furnish(scene)
    page = scene.cast.client("viewer").get(PAGE).content.decode()
    tiles = re.findall(r'<a href="([^"]+)" class="tile"><span>([^<]+)</span><b>([\d,]+)</b>', page)
    assert len(tiles) == 7
    shown = {label: int(value) for _, label, value in tiles}
    assert {label: behind(scene.cast, url) for url, label, _ in tiles} == shown
    assert shown == {
        "Open items": 9,
        "In progress or review": 1,
        "Not touched for 90 days": 1,
        "Without a score": 2,
        "Without an owner": 3,
        "Without an estimate": 3,
        "Blocked": 1,
    }


# --- The five answers ------------------------------------------------------------------------------


def test_an_empty_product_says_what_is_not_known_and_what_would_tell(cast: Cast) -> None:
    found = answers(cast)
    assert list(found) == ["promises", "strategy", "trust", "outcome", "decisions"]
    assert "Not known" in found["promises"]["answer"]
    assert "Due dates on accepted items would tell" in found["promises"]["answer"]
    assert "no effort to share out" in found["strategy"]["answer"]
    assert "no hotfix was finished" in found["trust"]["answer"]
    assert "Not known" in found["outcome"]["answer"]
    assert found["decisions"]["answer"] == "Nothing waits for a decision."
    assert [row["known"] for row in found.values()] == [False, False, False, False, True]
    page = cast.client("viewer").get(PAGE)
    assert page.status_code == 200
    assert "Nothing to count yet" in page.content.decode()


def test_promises_count_what_was_due_and_say_when_dates_were_put_off(scene: Scene) -> None:
    scene.item(queue="stability", created=40, started=30, done=20, due=25)
    late = scene.item(queue="stability", created=40, started=30, due=15)
    late = items.edit_item(
        actor=scene.actor, item=late, values={"due_at": ago(9)}, version=late.version, now=ago(16)
    )
    states.set_state(actor=scene.actor, item=late, state="done", now=ago(10))
    found = answers(scene.cast)["promises"]
    assert found["answer"].startswith(
        "1 of 2 items with a due date were finished by it in the last 90 days (50%)."
        " 1 of them had it moved later first. Nothing is overdue now."
    )
    assert found["known"]
    weeks = [value for value in found["trend"] if value is not None]
    assert weeks == [0.0, 1.0]


@pytest.mark.parametrize(
    ("points", "verdict"),
    [
        ({"strategic_bet": 25, "hotfix": 15, "enhancement": 60}, "No. "),
        ({"strategic_bet": 5, "hotfix": 60, "enhancement": 35}, "Yes. "),
        ({"strategic_bet": 5, "hotfix": 15, "enhancement": 80}, "Bets fell short, but not because"),
        ({"strategic_bet": 24, "hotfix": 40, "enhancement": 36}, "No. "),  # within the tolerance
    ],
)
def test_the_strategy_share_is_held_against_the_promise(
    scene: Scene, points: dict[str, float], verdict: str
) -> None:
    for queue, effort in points.items():
        scene.item(queue=queue, created=30, started=20, done=10, effort=effort)
    scene.item(queue="hotfix", created=90, started=80, done=43, effort=500)  # before the six weeks
    found = answers(scene.cast)["strategy"]["answer"]
    assert found.startswith(verdict)
    assert f"Strategic bets got {points['strategic_bet']}%" in found
    assert "no estimate" not in found


def test_a_promised_share_that_was_changed_is_the_one_that_counts(scene: Scene) -> None:
    scene.item(queue="strategic_bet", created=30, started=20, done=10, effort=5)
    scene.item(queue="enhancement", created=30, started=20, done=10)
    for kind, share in (("enhancement", 0.05), ("strategic_bet", 0.6)):
        queue = queue_of(scene.product, kind)
        queues.define_queue(
            actor=scene.actor,
            queue=queue,
            definition=queue.definition,
            share=share,
            in_progress_limit=None,
            deadline_hours={},
        )
    found = answers(scene.cast)["strategy"]["answer"]
    assert (
        "Strategic bets got 62% of the effort finished in the last six weeks (60% promised)"
        in found
    )
    assert "1 of the 2 items had no estimate and count as three points each." in found


def add_evidence(scene: Scene, item: Any, kind: str, *when: tuple[float, float]) -> None:
    drafts = [
        signals.Draft(kind, magnitude, ago(days), "desk", f"{item.pk}-{kind}-{days}", item=item)
        for days, magnitude in when
    ]
    signals.add_signals(actor=scene.actor, product=scene.product, drafts=drafts)


def test_trust_holds_evidence_after_a_fix_against_the_time_before(scene: Scene) -> None:
    fix = scene.item(queue="hotfix", created=30, accepted=30, started=30, done=20)
    recent = scene.item(queue="hotfix", created=3, accepted=3, started=3, done=2)
    add_evidence(
        scene, fix, "support_ticket", (35, 100), (33, 7), (21, 5), (19.9, 2), (6.1, 1), (5.9, 100)
    )
    add_evidence(scene, recent, "support_ticket", (2.5, 1000))
    found = answers(scene.cast)["trust"]
    assert "2 hotfixes were finished in the last 90 days" in found["answer"]
    assert "support tickets went from 12 to 3" in found["answer"]
    assert "Trust itself is not measured" in found["answer"]
    assert not found["known"]
    add_evidence(scene, fix, "satisfaction_drop", (22, 4), (18, 1))
    found = answers(scene.cast)["trust"]
    assert (
        "drops in satisfaction went from 4 to 1 and support tickets went from 12 to 3"
        in found["answer"]
    )
    assert found["known"]


def test_trust_is_not_known_before_time_has_passed_or_without_evidence(scene: Scene) -> None:
    scene.item(queue="hotfix", created=3, accepted=3, started=3, done=2)
    assert "14 days have to pass behind a fix" in answers(scene.cast)["trust"]["answer"]
    scene.item(queue="hotfix", created=30, accepted=30, started=30, done=20)
    assert "no evidence came in round these fixes" in answers(scene.cast)["trust"]["answer"]


def test_outcomes_count_verified_criteria_and_say_what_is_missing(scene: Scene) -> None:
    first = scene.item(queue="enhancement", created=30, started=20, done=10)
    scene.item(queue="strategic_bet", created=30, started=20, done=10)
    found = answers(scene.cast)["outcome"]["answer"]
    assert found.startswith("Not known: none of the 2 enhancements and bets finished")
    scene.criterion(first, verified=9)
    scene.criterion(first)
    unfinished = scene.item(queue="enhancement", created=30)
    scene.criterion(unfinished, verified=9)
    row = answers(scene.cast)["outcome"]
    assert row["answer"].startswith(
        "1 of 2 success criteria were met and verified (50%), on 1 of 2 enhancements"
    )
    assert "a measured baseline, target and result" in row["answer"]
    assert sum(value or 0 for value in row["trend"]) == 1


# --- The figures below -----------------------------------------------------------------------------


def flow(cast: Cast, **query: Any) -> dict[str, Any]:
    cache.clear()
    answer = cast.api("viewer").get("/api/v1/products/ATLAS/flow/", query)
    assert answer.status_code == 200, answer.json()
    return answer.json()


def test_the_week_table_is_read_from_the_log_where_it_reaches(scene: Scene) -> None:
    item = scene.item(queue="enhancement", created=30, accepted=22)
    states.move_item(
        actor=scene.actor,
        item=item,
        queue=queue_of(scene.product, "stability"),
        reason="Upkeep.",
        now=ago(15),
    )
    weeks = {row["week"]: row for row in flow(scene.cast)["weekly"]}
    assert list(weeks)[-1] == "2026-W12"
    assert len(weeks) == 26
    stood = {
        week: next((queue for queue, count in row["open_by_queue"].items() if count), "")
        for week, row in weeks.items()
    }
    assert [stood[f"2026-W{n:02}"] for n in range(6, 13)] == [
        "",
        "none",  # created on the 14th of February, a Saturday
        "enhancement",  # accepted on the 22nd
        "stability",  # moved on the 1st of March, a Sunday
        "stability",
        "stability",
        "stability",
    ]
    assert weeks["2026-W07"]["arrivals"] == 1


def test_before_the_log_begins_the_dates_tell(scene: Scene) -> None:
    """An import of today knows when an item was created, started and finished."""
    drafts = [
        items.Draft(
            title="From elsewhere",
            queue=queue_of(scene.product, "stability"),
            state="done",
            created_at=ago(60),
            started_at=ago(40),
            finished_at=ago(20),
        ),
        items.Draft(title="Still open", created_at=ago(60)),
    ]
    items.create_items(
        actor=scene.actor,
        product=scene.product,
        drafts=drafts,
        right="import.run",
        verb="item.imported",
        now=NOW,
    )
    found = flow(scene.cast)
    weeks = {row["week"]: row for row in found["weekly"]}
    assert {week: _standing(weeks[week]) for week in ("2026-W03", "2026-W06", "2026-W09")} == {
        "2026-W03": {"triage": 1, "accepted": 1},
        "2026-W06": {"triage": 1, "in_progress": 1},
        "2026-W09": {"triage": 1, "done": 1},
    }
    assert [weeks[f"2026-W{n:02}"]["open"] for n in (1, 2, 3, 8, 9, 12)] == [0, 0, 2, 2, 1, 1]
    assert found["lead_time_days"]["linear"]["p50"] == 40
    assert found["cycle_time_days"]["linear"]["p50"] == 20
    stability = next(row for row in found["queues"] if row["queue"] == "stability")
    assert stability["lead_time_days"]["count"] == 1


def _standing(week: dict[str, Any]) -> dict[str, int]:
    return {state: count for state, count in week["by_state"].items() if count}


def test_each_chart_has_a_table_that_says_the_same(scene: Scene) -> None:
    furnish(scene)
    page = scene.cast.client("viewer").get(PAGE)
    charts = {chart["id"]: chart for chart in page.context["charts"]}
    assert set(charts) == {"promised", "open", "throughput", "cycle", "states"}
    body = page.content.decode()
    for chart in charts.values():
        figure = body[body.index(f'id="chart-{chart["id"]}"') :]
        table = figure[figure.index("<tbody>") : figure.index("</tbody>")]
        assert table.count("<tr>") == len(chart["rows"])
    for name in ("open", "throughput", "states"):
        columns = list(zip(*(row[1:] for row in charts[name]["rows"]), strict=True))
        for series, column in zip(charts[name]["data"]["series"], columns, strict=False):
            assert series["values"] == list(column)
    points = {(point[2], point[1]) for point in charts["cycle"]["data"]["points"]}
    assert points == {(row[0], float(row[2])) for row in charts["cycle"]["rows"]}


def test_value_and_risk_are_undone_from_their_parts(scene: Scene) -> None:
    """Rated alike on every criterion, an item stands on the diagonal, whichever way its risk counts."""
    for level in (0, 1, 2.6, 5):
        for queue in ("stability", "enhancement"):
            scene.item(queue=queue, created=5, level=level, owner="owner")
    tables = scene.cast.client("viewer").get(PAGE).context["heats"]
    for table in tables:
        cells = [[cell["count"] for cell in row["cells"]] for row in reversed(table["rows"])]
        diagonal = [cells[n][n] for n in range(5)]
        assert diagonal == [1, 1, 1, 0, 1]
        assert sum(map(sum, cells)) == 4
        assert table["left_out"] == 0


def test_guesses_of_an_import_are_counted_among_the_ratings(scene: Scene) -> None:
    item = scene.item(queue="stability", created=5, level=3)
    rating = Rating.objects.filter(item=item).order_by("pk").first()
    Rating.objects.filter(pk=rating.pk if rating else 0).update(source=Rating.Source.IMPORT)
    count = Rating.objects.filter(item=item).count()
    tile = scene.cast.client("viewer").get(PAGE).context["tiles"][-1]
    assert tile["value"] == f"{100 / count:.0f}%"
    assert tile["note"] == f"of {count} ratings on open items"


# --- Who, how often, how quick ----------------------------------------------------------------------


def test_every_role_reads_the_same_and_a_stranger_nothing(scene: Scene) -> None:
    furnish(scene)
    pages = [
        scene.cast.client(name).get(PAGE).content.decode()
        for name in ("viewer", "leadership", "administrator")
    ]
    assert len({page[page.index('class="answers"') : page.index("</main>")] for page in pages}) == 1
    assert scene.cast.client("outsider").get(PAGE).status_code == 404
    assert scene.cast.api("outsider").get("/api/v1/products/ATLAS/flow/").status_code == 404


def test_another_product_is_not_counted(scene: Scene) -> None:
    scene.item(product=scene.cast.b, queue="hotfix", created=30, accepted=30, started=30, done=20)
    assert flow(scene.cast)["lead_time_days"]["count"] == 0


def test_queries_do_not_grow_with_the_items(scene: Scene) -> None:
    def queries(minutes: int) -> int:
        """When the figures that were kept are too old."""
        later = NOW + timedelta(minutes=minutes)
        with time_machine.travel(later, tick=False), CaptureQueriesContext(connection) as seen:
            assert scene.cast.client("viewer").get(PAGE).status_code == 200
        return len(seen)

    furnish(scene)
    queries(2)  # the first request of a session writes to it
    few = queries(4)
    assert few > 15, "worked out anew"
    furnish(scene)
    furnish(scene)
    assert queries(6) == few


def test_the_figures_are_kept_for_a_minute_and_until_something_changes(scene: Scene) -> None:
    client = scene.cast.client("viewer")

    def reads() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get(PAGE)
        return sum("backlog_item" in query["sql"] for query in seen)

    furnish(scene)
    client.get(PAGE)
    kept = reads()
    shown = client.get(PAGE).context["tiles"][0]["value"]
    scene.item(created=0)
    assert reads() > kept
    assert int(client.get(PAGE).context["tiles"][0]["value"]) == int(shown) + 1
    assert reads() == kept
    with time_machine.travel(NOW + timedelta(seconds=61), tick=False):
        assert reads() > kept


def test_an_item_that_nobody_scored_yet_counts_as_unscored(scene: Scene) -> None:
    item = scene.item(queue="stability", created=5, level=3)
    assert ItemSummary.objects.get(pk=item.pk).priority is not None
    scene.item(queue="stability", created=5)
    assert "1 item past triage has no score" in answers(scene.cast)["decisions"]["answer"]


@pytest.mark.parametrize(
    "query",
    [
        {"weeks": "0"},
        {"weeks": "105"},
        {"weeks": "x"},
        {"until": "2026-03-17"},
        {"until": "x"},
        {"week": "3"},
    ],
)
def test_the_flow_refuses_what_it_cannot_show(cast: Cast, query: dict[str, str]) -> None:
    answer = cast.api("viewer").get("/api/v1/products/ATLAS/flow/", query)
    assert answer.status_code == 400
    assert list(query)[0] in answer.json()["fields"]


def test_the_flow_can_be_asked_up_to_a_day_that_is_past(scene: Scene) -> None:
    scene.item(queue="stability", created=60, started=40, done=30)
    scene.item(queue="stability", created=20, started=10, done=5)
    found = flow(scene.cast, until="2026-02-20", weeks=2)
    assert [row["week"] for row in found["weekly"]] == ["2026-W07", "2026-W08"]
    assert found["lead_time_days"]["count"] == 1
    assert [row["open"] for row in found["weekly"]] == [0, 0]
    assert found["definitions"]["lead_time"]
