"""How long verdicts take, against sums done by hand and a slow reference."""

import random
import statistics
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from reviews import velocity
from reviews.velocity import Taken
from tests.cast import Cast

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def verdict(hours: float, person: int = 1, layer: str = "legal", day: int = 0) -> Taken:
    opened = MONDAY + timedelta(days=day)
    return Taken(person, layer, 1, opened, opened, opened + timedelta(hours=hours))


def test_quantiles_are_those_of_the_library() -> None:
    numbers = random.Random(7)
    for size in (2, 3, 10, 101):
        values = [numbers.random() * 90 for _ in range(size)]
        hundred = statistics.quantiles(values, n=100, method="inclusive")
        assert velocity.quantile(values, 0.85) == pytest.approx(hundred[84])
        assert velocity.quantile(values, 0.5) == pytest.approx(statistics.median(values))
    assert velocity.quantile([4.0], 0.85) == 4.0


def test_only_time_in_which_a_verdict_was_possible_counts() -> None:
    asked_later = Taken(
        1, "legal", 2, MONDAY, MONDAY + timedelta(hours=5), MONDAY + timedelta(hours=8)
    )
    asked_early = Taken(
        1, "legal", 1, MONDAY, MONDAY - timedelta(days=9), MONDAY + timedelta(hours=8)
    )
    assert (asked_later.hours, asked_early.hours) == (3, 8)
    assert velocity.times([asked_later, asked_early]).median == 5.5
    assert velocity.times([]) == velocity.Times(0, None, None)


def test_months_are_those_of_the_zone() -> None:
    row = Taken(1, "legal", 1, MONDAY, MONDAY, datetime(2026, 3, 31, 23, tzinfo=UTC))
    months = dict(velocity.trend([row], date(2026, 4, 10), ZoneInfo("Europe/Berlin")))
    assert len(months) == 12
    assert (months[date(2026, 4, 1)].n, months[date(2026, 3, 1)].n) == (1, 0)
    assert date(2025, 5, 1) in months


def test_a_prediction_falls_back_and_grows_with_the_load() -> None:
    own = [verdict(10, day=day) for day in range(5)]
    others = [verdict(40, person=2, layer="brand", day=day) for day in range(5)]
    rows = own + others
    alone = velocity.Past(rows).predict(person=1, layer="legal", open_load=0)
    assert (alone.source, alone.n, alone.median, alone.factor) == ("person", 5, 10, 1)
    loaded = velocity.Past(rows).predict(person=1, layer="legal", open_load=5)
    assert (loaded.median, loaded.factor) == (20, 2)  # a week's work waits already
    assert (
        velocity.Past(rows).predict(person=1, layer="legal", open_load=900).factor == velocity.MOST
    )
    assert velocity.Past(rows).predict(person=3, layer="brand", open_load=0).source == "layer"
    assert velocity.Past(rows).predict(person=3, layer="safety", open_load=0).source == "product"
    none = velocity.Past(rows[:4]).predict(person=1, layer="legal", open_load=3)
    assert (none.source, none.median) == ("none", None)


def test_a_round_takes_as_long_as_its_steps() -> None:
    """Step one waits for two of three (4 h, 10 h), step two for its slower stage: the sum is 10 + 30 hours."""

    def those(*hours: float | None) -> list[velocity.Prediction]:
        return [
            velocity.Prediction("person", 9, each, None if each is None else each * 2, 1.0)
            for each in hours
        ]

    first = velocity.Asked(0, 2, those(90, 4, 10))
    second = velocity.Asked(1, 1, those(30)), velocity.Asked(1, 1, those(8, 2))
    assert velocity.expected([first, *second]) == (40, 80)
    assert velocity.expected([first, velocity.Asked(1, 1, those(30, None))]) is None
    assert velocity.expected([velocity.Asked(0, 1, [])]) is None
    assert velocity.expected([]) is None


def test_what_waits_and_how_long_it_will_take(cast: Cast) -> None:
    from reviews import planning, speed
    from tests.reviews.rounds import approve, new_version, start

    for number in range(5):
        approve(cast, start(cast, new_version(cast, f"text {number}")), "reviewer")
    start(cast, new_version(cast, "one more"))
    rows = speed.taken(cast.a)
    assert [(row.person, row.layer) for row in rows] == [(cast.reviewer.pk, "subject_matter")] * 5
    assert speed.taken(cast.b) == []
    load = {row.person: row.open for row in speed.loads(cast.a)}
    assert load == {cast.leadership: 5, cast.reviewer: 1}
    asset = new_version(cast, "next").asset
    outlook = speed.outlook(asset, planning.proposal(asset), [cast.reviewer, cast.leadership])
    found = outlook.layers["subject_matter"].predictions
    assert found[cast.reviewer.pk].source == "person"
    assert found[cast.leadership.pk].source == "layer"
    assert found[cast.leadership.pk].factor == velocity.MOST
    assert outlook.people == {
        cast.reviewer.pk: speed.Waiting(1, 0),
        cast.leadership.pk: speed.Waiting(5, 1),
    }
    box = speed.load_box(cast.a)["load"]
    assert sum(count for row in box["layers"] for _head, count in row["counts"]) == 6


def test_the_months_are_a_chart_and_its_table(cast: Cast) -> None:
    from reviews.models import Decision
    from tests.reviews.rounds import approve, start

    decision = approve(cast, start(cast), "reviewer")
    opened = decision.decided_at - timedelta(hours=6, minutes=30)
    decision.stage.assignments.update(assigned_at=opened)
    type(decision.stage).objects.filter(pk=decision.stage_id).update(opened_at=opened)
    earlier = approve(cast, start(cast), "reviewer")
    before = earlier.decided_at - timedelta(days=70)
    Decision.objects.filter(pk=earlier.pk).update(decided_at=before)
    type(earlier.stage).objects.filter(pk=earlier.stage_id).update(opened_at=before)
    earlier.stage.assignments.update(assigned_at=before)
    chart = cast.client("viewer").get("/p/ATLAS/reviews/velocity/").context["chart"]
    median, most = (each["values"] for each in chart["data"]["series"])
    assert (median[0], median[1], median[-1]) == (0.0, None, 6.5), (
        "months without verdicts are gaps"
    )
    assert median == most
    assert [row[1] for row in chart["rows"]] == ["0.0", *["–"] * (len(median) - 2), "6.5"]
    assert [row[0] for row in chart["rows"]] == chart["data"]["x"]
    assert [row[3] for row in chart["rows"]] == [1, *[0] * (len(median) - 2), 1]


def test_changes_asked_for_in_increments(cast: Cast) -> None:
    from backlog.late_change import ChangeRequest
    from backlog.models import Increment, IncrementKind
    from reviews.late import change_requests
    from reviews.models import Decision, Note
    from tests.reviews.rounds import CHANGES, decide_as, new_version, start

    free = start(cast, new_version(cast, "free"))
    decide_as(cast, "reviewer", free, **CHANGES)
    assert change_requests(cast.a) == []
    cycle = start(cast, new_version(cast, "planned"))
    kind = IncrementKind.objects.filter(product=cast.a).exclude(stage=1).earliest("pk")
    increment = Increment.objects.create(
        product=cast.a, item=cycle.asset.item, number=1, kind=kind, title="Cut", position=1
    )
    type(cycle.asset).objects.filter(pk=cycle.asset_id).update(increment=increment)
    decide_as(cast, "reviewer", cycle, **CHANGES | {"weight": "structural"})
    said = {"product": cast.a, "version": cycle.version, "author": cast.people["reviewer"]}
    must = Note.objects.create(**said, body="Shorter.", must=True)
    Note.objects.create(**said, body="Yes.", parent=must, must=True)
    Note.objects.create(**said, body="Nice.")
    at = Decision.objects.get(stage__cycle=cycle).decided_at
    assert change_requests(cast.a) == [
        ChangeRequest(at, increment.pk, kind.stage, True),
        ChangeRequest(must.created_at, increment.pk, kind.stage, False),
    ]
    assert change_requests(cast.b) == []
    assert change_requests(cast.a, cycle.asset.item) == change_requests(cast.a)
    assert change_requests(cast.a, free.asset.item) == []


def test_an_alarm_of_late_change_stands_where_people_look(cast: Cast) -> None:
    from django.core.cache import cache

    from backlog.models import Increment, IncrementKind
    from reviews.models import Note
    from tests.reviews.rounds import new_version

    version = new_version(cast, "film")
    asset = version.asset
    kind = IncrementKind.objects.filter(product=cast.a, stage=5).earliest("pk")
    asset.increment = Increment.objects.create(
        product=cast.a, item=asset.item, number=1, kind=kind, title="Cut", position=1
    )
    asset.save()

    def pages() -> list[str]:
        cache.clear()
        client = cast.client("viewer")
        paths = ["/p/ATLAS/insights/", f"/items/{asset.item.key}/", "/p/ATLAS/increments/"]
        return [client.get(path).content.decode() for path in paths]

    assert not any("structural changes of the last" in page for page in pages())
    said = {"product": cast.a, "version": version, "author": cast.people["reviewer"]}
    for number in range(8):
        Note.objects.create(**said, body=f"{number}", must=True, weight="structural")
    first, second, third = pages()
    for page in (first, second, third):
        assert "8 of 8 structural changes of the last 3 months came late" in page
    assert 'href="/p/ATLAS/increments/#late-change"' in first
    assert 'href="/p/ATLAS/increments/#late-change"' in second
    assert "8 late requests" in third
