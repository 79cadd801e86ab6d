"""Readings of placed versions, targets, and what breaks and mends with them (R129–R139)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assets.models import Breach, Metric, Placement, Reading
from assets.services import placements, readings, targets
from assets.services.readings import Draft
from assets.stood import Stand, stood
from backlog.models import Brief, Change, Item
from backlog.services import brief_inputs, brief_signing, items
from backlog.vocabulary import State
from core.errors import Conflict, Invalid, NotAllowed
from scoring.models import Signal
from tests.assets.placed import an_asset, place, publish
from tests.backlog.test_increment_rules import complete_brief
from tests.cast import Cast

NOW = timezone.now()


def day(ago: float) -> datetime:
    return NOW - timedelta(days=ago)


def metric(cast: Cast, slug: str = "completion") -> Metric:
    return Metric.objects.get(product=cast.a, slug=slug)


def enter(cast: Cast, where: Placement, hits: int, n: int = 100, **values: Any) -> readings.Outcome:
    rest = {"starts_at": day(8), "ends_at": day(1), "metric": metric(cast), **values}
    return readings.enter(
        actor=cast.actor("contributor"),
        product=cast.a,
        drafts=[Draft(placement=where, hits=hits, n=n, **rest)],
    )


@pytest.fixture
def where(cast: Cast) -> Placement:
    """A placement where version 1 has stood for 30 days."""
    (one,) = an_asset(cast)
    publish(cast, one)
    found = place(cast, one.asset, one)
    found.deployments.update(deployed_at=day(30))
    return found


# --- What stood there ---------------------------------------------------------------------------


def test_what_stood_there_in_a_period() -> None:
    history = [Stand(day(30), 1), Stand(day(20), 2), Stand(day(10), 1), Stand(day(5), 3)]
    assert stood(history, day(29), day(21)) == [1]
    assert stood(history, day(25), day(15)) == [1, 2]
    assert stood(history, day(30), day(0)) == [1, 2, 3]
    assert stood(history, day(20), day(10)) == [2]  # the period ends before the next one comes
    assert stood(history, day(40), day(35)) == []
    assert stood(history, day(5), day(5)) == [3]
    assert stood([Stand(day(5), 1), Stand(day(5), 2)], day(4), day(1)) == [2]


def test_a_reading_belongs_to_the_version_that_stood_there(cast: Cast) -> None:
    one, two, _ = an_asset(cast, 3)
    publish(cast, two)
    found = place(cast, one.asset, one)
    found.deployments.update(deployed_at=day(30))
    placements.deploy(actor=cast.actor("contributor"), placement=found, version=two, at=day(10))
    assert enter(cast, found, 50).rows[0].version == two
    assert enter(cast, found, 50, starts_at=day(25), ends_at=day(12)).rows[0].version == one
    with pytest.raises(Invalid) as refused:
        enter(cast, found, 50, starts_at=day(15))
    assert "versions 1, 2" in refused.value.fields["0"][0]
    assert enter(cast, found, 50, starts_at=day(15), version=1).rows[0].version == one
    with pytest.raises(Invalid, match="Nothing was stored"):
        enter(cast, found, 50, starts_at=day(15), version=3)
    with pytest.raises(Invalid):  # before anything was recorded
        enter(cast, found, 50, starts_at=day(60), ends_at=day(50))


# --- Coming in ----------------------------------------------------------------------------------


def test_the_same_reading_twice_is_one_and_another_content_corrects_it(
    cast: Cast, where: Placement
) -> None:
    name = {"source": "LMS", "external_id": "w47"}
    assert enter(cast, where, 62, **name).added == 1
    again = enter(cast, where, 62, **name)
    assert (again.added, again.corrected, again.unchanged) == (0, 0, 1)
    assert enter(cast, where, 64, **name).corrected == 1
    row = Reading.objects.get()
    assert (row.hits, row.value) == (64, 0.64)
    change = Change.objects.get(verb="reading.corrected")
    assert change.fields["hits"] == [62, 64]
    with pytest.raises(NotAllowed):
        readings.enter(actor=cast.actor("viewer"), product=cast.a, drafts=[])


@pytest.mark.parametrize(
    ("slug", "values", "named"),
    [
        ("completion", {"hits": 101, "n": 100}, "hits"),
        ("completion", {"value": 0.5}, "hits"),
        ("engagement", {"value": None}, "value"),
        ("engagement", {"value": float("nan")}, "value"),
        ("errors", {"value": 2.5}, "value"),
        ("errors", {"value": -1}, "value"),
        ("errors", {"value": 1, "ends_at": day(9)}, "ends_at"),
        ("errors", {"value": 1, "ends_at": day(-3)}, "ends_at"),
        ("errors", {"value": 1, "source": " "}, "source"),
        ("engagement", {"value": 1, "n": 0}, "n"),
    ],
)
def test_a_bulk_names_each_row_that_cannot_be_used(
    cast: Cast, where: Placement, slug: str, values: dict[str, Any], named: str
) -> None:
    rest = {"starts_at": day(8), "ends_at": day(1)}
    good = Draft(placement=where, metric=metric(cast), hits=1, n=2, **rest)  # type: ignore[arg-type]
    bad = Draft(**{"placement": where, "metric": metric(cast, slug), **rest, **values})
    with pytest.raises(Invalid) as refused:
        readings.enter(actor=cast.actor("contributor"), product=cast.a, drafts=[good, bad])
    assert list(refused.value.fields) == ["1"]
    assert refused.value.fields["1"][0].startswith(named)
    assert not Reading.objects.exists()


def test_a_hundred_take_as_many_queries_as_ten(cast: Cast, where: Placement) -> None:
    counts = []
    targets.set_target(actor=cast.actor("owner"), asset=where.asset, metric=metric(cast), limit=0.1)
    for count in (60, 120):
        drafts = [
            Draft(
                placement=where,
                metric=metric(cast),
                starts_at=day(8),
                ends_at=day(1),
                hits=40,
                n=50,
                source="LMS",
                external_id=f"{count} {number}",
            )
            for number in range(count)
        ]
        with CaptureQueriesContext(connection) as seen:
            readings.enter(actor=cast.actor("contributor"), product=cast.a, drafts=drafts)
        counts.append(len(seen))
    assert counts[0] == counts[1]


# --- Targets ------------------------------------------------------------------------------------


def breaches() -> list[tuple[int, bool]]:
    return [(row.reading_id, row.mended_at is None) for row in Breach.objects.order_by("pk")]


def counting() -> list[Signal]:
    return list(Signal.objects.filter(source="reading", withdrawn_at=None).order_by("pk"))


def test_what_is_signed_and_in_force_is_offered_as_a_target(cast: Cast, where: Placement) -> None:
    owner, asset = cast.actor("owner"), where.asset
    brief = complete_brief(cast, asset.item)
    signal = brief.signals.get()
    assert targets.offered(asset) == []
    with pytest.raises(Conflict, match="No signed brief"):
        targets.from_brief(actor=owner, asset=asset)
    brief_signing.sign_off(actor=owner, brief=brief)
    brief.signals.update(target=95)  # a draft of the next version
    (offer,) = targets.offered(asset)
    assert (offer.brief, offer.name, offer.promised, offer.limit) == (brief, "Completion", 80, 0.8)
    Brief.objects.update(state="retired")
    assert targets.offered(asset) == []
    Brief.objects.update(state="signed")
    page = cast.client("owner").get(f"/p/ATLAS/assets/{asset.pk}/readings/").content.decode()
    assert "The signed brief names these signals" in page
    (made,) = targets.from_brief(actor=owner, asset=asset)
    assert (made.limit, made.signal) == (0.8, signal)
    assert targets.offered(asset) == []


def test_a_brief_that_wants_less_makes_a_limit_that_is_a_most(cast: Cast, where: Placement) -> None:
    """Of the metric more is better, and the brief that is signed wants at most so much: the brief's word counts."""
    owner, asset = cast.actor("owner"), where.asset
    brief = complete_brief(cast, asset.item)
    brief_inputs.save_signal(
        actor=owner,
        brief=brief,
        signal=brief.signals.get(),
        name="Completion",
        baseline=61,
        target=50,
        higher_is_better=False,
        source="The platform",
    )
    brief_signing.sign_off(actor=owner, brief=brief)
    assert not targets.offered(asset)[0].higher_is_better
    targets.from_brief(actor=owner, asset=asset)
    enter(cast, where, 20)
    assert breaches() == []
    bad = enter(cast, where, 90, ends_at=day(0.9)).rows[0]
    assert breaches() == [(bad.pk, True)]
    client, address = cast.client("owner"), f"/p/ATLAS/assets/{asset.pk}/"
    assert "at most 50%" in client.get(f"{address}readings/").content.decode()
    by_hand = {"metric": metric(cast).pk, "limit": "50", "least_n": "30"}
    client.post(f"{address}targets/", by_hand)  # as the metric says
    assert breaches() == [(bad.pk, False)]
    client.post(f"{address}targets/", {**by_hand, "higher_is_better": "no"})
    assert breaches() == [(bad.pk, False), (bad.pk, True)]


def test_a_broken_target_opens_one_item_with_evidence_and_holds_again(
    cast: Cast, where: Placement
) -> None:
    targets.set_target(actor=cast.actor("owner"), asset=where.asset, metric=metric(cast), limit=0.6)
    enter(cast, where, 58)  # below the target, and not beyond doubt
    assert breaches() == []
    bad = enter(cast, where, 41, ends_at=day(0.9)).rows[0]
    assert breaches() == [(bad.pk, True)]
    item = Item.objects.get(title__startswith="Completion of welcome misses")
    assert (item.queue.kind if item.queue else "", item.state) == ("enhancement", State.ACCEPTED)
    assert f"/p/ATLAS/readings/{bad.pk}/" in item.description
    (signal,) = counting()
    assert (signal.item, signal.kind, signal.magnitude) == (item, "satisfaction_drop", 19.0)
    assert "version 1" in signal.note
    enter(cast, where, 38, ends_at=day(0.8))  # belongs to the breach that is open
    assert breaches() == [(bad.pk, True)]
    assert len(counting()) == 1
    enter(cast, where, 66, ends_at=day(0.7))
    assert breaches() == [(bad.pk, False)]
    assert counting() == []


def test_taking_the_reading_back_takes_back_what_it_did(cast: Cast, where: Placement) -> None:
    owner, worker = cast.actor("owner"), cast.actor("contributor")
    item = items.create_item(actor=owner, product=cast.a, draft=items.Draft(title="Retell it"))
    targets.set_target(actor=owner, asset=where.asset, metric=metric(cast), limit=0.6, item=item)
    bad = enter(cast, where, 41, source="LMS", external_id="1").rows[0]
    assert [each.item for each in counting()] == [item]
    assert Breach.objects.get().opened_item is False
    enter(cast, where, 35, source="LMS", external_id="1")  # corrected: still broken, by more
    assert [each.magnitude for each in counting()] == [25.0]
    bad = readings.withdraw(actor=worker, reading=bad, reason="Counted twice.")
    assert counting() == []
    assert breaches() == [(bad.pk, False)]
    with pytest.raises(Conflict):
        readings.withdraw(actor=worker, reading=bad, reason="Again.")
    readings.restore(actor=worker, reading=bad)
    assert breaches() == [(bad.pk, False), (bad.pk, True)]
    enter(cast, where, 80, source="LMS", external_id="1")  # corrected: it holds
    assert breaches() == [(bad.pk, False), (bad.pk, False)]
    # a target that is raised is held against the readings there are
    targets.set_target(actor=owner, asset=where.asset, metric=metric(cast), limit=0.95, item=item)
    assert len(counting()) == 1
    targets.drop_target(actor=owner, target=Breach.objects.latest("pk").target)
    assert counting() == []


def test_errors_of_systems_are_incidents_in_stability(cast: Cast, where: Placement) -> None:
    errors = metric(cast, "errors")
    targets.set_target(actor=cast.actor("owner"), asset=where.asset, metric=errors, limit=5)
    drafts = [Draft(placement=where, metric=errors, starts_at=day(8), ends_at=day(1), value=12)]
    readings.enter(actor=cast.actor("contributor"), product=cast.a, drafts=drafts)
    (signal,) = counting()
    assert (signal.kind, signal.magnitude) == ("incident", 7.0)
    assert signal.item is not None
    assert signal.item.queue is not None
    assert signal.item.queue.kind == "stability"
