"""What the jobs read is what the engine is given by hand, to the bit; what they write is what it says."""

from __future__ import annotations

import dataclasses
import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from accounts.actors import Actor
from accounts.models import Product
from backlog.models import Change, Item, ItemSummary
from backlog.services import summaries
from backlog.services.items import Draft, create_items
from backlog.vocabulary import QueueKind, State
from core import columns
from scoring import engine
from scoring.current import rubric_in_force
from scoring.jobs import rescore
from scoring.jobs.inputs import read
from scoring.models import Adjustment, Rating, RubricVersion, Signal, Snapshot
from scoring.rubrics import CERTAINTY
from tests.cast import Cast

NOW = datetime(2026, 6, 1, 9, 30, 0, 123_457, tzinfo=UTC)


def furnished(product: Product, count: int) -> list[Item]:
    """Items with ratings, evidence and adjustments of every sort, some with none; every third left out in the ids."""
    dice = random.Random(7)
    _, rubric = rubric_in_force(product.pk)
    queues = {queue.kind: queue for queue in product.queues.all()}

    def ago(days: float) -> datetime:
        return NOW - timedelta(days=dice.random() * days, microseconds=dice.randrange(1_000_000))

    drafts = [
        Draft(
            title=f"Item {number}",
            queue=queues[dice.choice(QueueKind.values)] if number % 11 else None,
            state=State.TRIAGE,
            effort=dice.choice([None, 0.0, 0.5, 3.0, 13.0]),
            due_at=None if number % 3 else ago(40) + timedelta(days=20),
            severity=dice.choice([None, 1, 2, 3, 4]),
        )
        for number in range(count)
    ]
    items = create_items(
        actor=Actor.system(), product=product, drafts=drafts, right="item.create", now=NOW
    )
    ratings, signals, adjustments = [], [], []
    for item in items:
        if dice.random() < 0.1:
            continue
        names = [*rubric.criterion_index, "a_criterion_of_long_ago"]
        for name in dice.sample(names, dice.randrange(len(names) + 1)):
            sure = dice.choice(list(CERTAINTY))
            level = dice.choice([0, 1, 2.5, 3, 5])
            ratings.append(
                Rating(
                    product=product,
                    item=item,
                    criterion=name,
                    level=level,
                    certainty=sure,
                    rated_at=ago(400),
                )
            )
        for _ in range(dice.randrange(4)):
            kind = dice.choice([*rubric.signal_kinds, "a_kind_of_long_ago"])
            size = dice.random() * 50
            signals.append(
                Signal(
                    product=product,
                    item=item,
                    kind=kind,
                    magnitude=size,
                    occurred_at=ago(200),
                    source="test",
                )
            )
        for _ in range(dice.randrange(4)):
            until, ended = dice.choice(
                [(NOW, None), (NOW + timedelta(days=1), None), (NOW + timedelta(1), NOW)]
            )
            adjustments.append(
                Adjustment(
                    product=product,
                    item=item,
                    points=dice.choice([0.1, 0.2, 0.7, -3.3]),
                    claim="So it is",
                    expires_at=until,
                    ended_at=ended,
                )
            )
    Rating.objects.bulk_create(ratings)
    Signal.objects.bulk_create(signals)
    Adjustment.objects.bulk_create(adjustments)
    return items


def by_hand(items: list[Item]) -> list[engine.ItemInputs]:
    """The same through the ORM, as plain values."""
    return [
        engine.ItemInputs(
            queue=item.queue.kind,
            ratings={
                row.criterion: engine.Rating(row.level, row.certainty, row.rated_at)
                for row in Rating.objects.filter(item=item)
            },
            signals=[
                engine.Signal(row.kind, row.magnitude, row.occurred_at)
                for row in Signal.objects.filter(item=item)
            ],
            effort=item.effort,
            due_at=item.due_at,
            adjustments=[
                engine.Adjustment(row.points, row.expires_at)
                for row in Adjustment.objects.filter(item=item, ended_at=None)
            ],
            severity=item.severity or 0,
        )
        for item in items
        if item.queue is not None
    ]


@pytest.mark.parametrize("take", [slice(None), slice(None, None, 5)], ids=["all", "some far apart"])
def test_what_is_read_equals_what_is_given_by_hand_to_the_bit(cast: Cast, take: slice) -> None:
    items = furnished(cast.a, 60)[take]
    _, rubric = rubric_in_force(cast.a.pk)
    batch = read(rubric, cast.a.pk, [item.pk for item in reversed(items)], NOW)
    assert batch is not None
    assert batch.item_ids.tolist() == [item.pk for item in items if item.queue is not None]
    wanted = engine.inputs_from_items(rubric, by_hand(items), NOW)
    for name in (
        "queue",
        "levels",
        "rated_age_days",
        "effort",
        "due_in_days",
        "adjustment",
        "severity",
    ):
        np.testing.assert_array_equal(
            getattr(batch.inputs, name), getattr(wanted, name), err_msg=name
        )
    rated = ~np.isnan(wanted.levels)
    np.testing.assert_array_equal(batch.inputs.certainty[rated], wanted.certainty[rated])
    assert batch.inputs.evidence is not None
    assert wanted.evidence is not None
    for field in dataclasses.fields(wanted.evidence):
        np.testing.assert_array_equal(
            getattr(batch.inputs.evidence, field.name), getattr(wanted.evidence, field.name)
        )


def test_items_of_another_product_between_ours_are_left_alone(cast: Cast) -> None:
    first = furnished(cast.a, 3)
    others = furnished(cast.b, 3)
    last = furnished(cast.a, 3)
    ours = [item for item in (*first, *last) if item.queue]
    _, rubric = rubric_in_force(cast.a.pk)
    batch = read(rubric, cast.a.pk, [item.pk for item in (*first, *others, *last)], NOW)
    assert batch is not None
    assert batch.item_ids.tolist() == [item.pk for item in ours]


@pytest.mark.parametrize("few", [1000, 2], ids=["few", "many"])
def test_what_is_written_is_what_the_engine_says(
    cast: Cast, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summaries, "FEW", few)
    items = furnished(cast.a, 40)
    number, rubric = rubric_in_force(cast.a.pk)
    rescore.rescore_items(product_id=cast.a.pk, item_ids=[item.pk for item in items], now=NOW)
    scored = [item for item in items if item.queue is not None]
    scores = engine.score(rubric, engine.inputs_from_items(rubric, by_hand(scored), NOW))
    for row, item in enumerate(scored):
        said = scores.item(rubric, row)
        summary = ItemSummary.objects.get(pk=item.pk)
        assert summary.priority == said.priority
        assert summary.order_score == (-said.priority if said.scored else float(item.severity or 9))
        parts = [getattr(summary, name) for name in summaries.PARTS]
        assert parts == (list(said.parts.values()) if said.parts else [None] * 8)
        assert summary.confidence == said.confidence
        assert summary.band == engine.BANDS[said.band]
        assert summary.band_by_policy == said.by_policy
        assert summary.effort_assumed == said.effort_assumed
        assert summary.missing == ",".join(said.missing)
        assert (summary.rubric_version, summary.scored_at) == (number, NOW)
        assert summary.stale_since is None
    assert (
        not ItemSummary.objects.filter(item__queue=None)
        .exclude(scored_at=None, stale_since=None)
        .exists()
    )


@pytest.mark.parametrize("few", [1000, 2], ids=["few", "many"])
def test_what_changed_since_the_inputs_were_read_is_left_alone(
    cast: Cast, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first item was marked again, the second was scored by somebody else, the others are as they were read."""
    monkeypatch.setattr(summaries, "FEW", few)
    items = [item for item in furnished(cast.a, 8) if item.queue]
    ids = sorted(item.pk for item in items)
    summaries.mark_stale(ids, NOW)
    before = list(ItemSummary.objects.filter(pk__in=ids).order_by("pk"))
    rows = np.zeros(len(ids), dtype=summaries.SCORE_ROW)
    rows["item_id"], rows["priority"] = ids, 12.5
    rows["seen"] = _microseconds(NOW)
    rows["seen_scored_at"] = [_microseconds(each.scored_at) for each in before]
    rows["seen"][0] -= 1
    rows["seen_scored_at"][1] -= 1
    later = NOW + timedelta(seconds=1)
    written = summaries.write_scores(rows, rubric_version=1, scored_at=later)
    assert sorted(written.tolist()) == ids[2:]
    after = ItemSummary.objects.filter(pk__in=ids).order_by("pk")
    assert list(after.values_list("priority", "stale_since")) == [
        *((each.priority, NOW) for each in before[:2]),
        *[(12.5, None)] * (len(ids) - 2),
    ]


def _microseconds(instant: datetime | None) -> int:
    if instant is None:
        return columns.NEVER
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def test_the_same_again_writes_nothing_and_a_step_is_kept(cast: Cast) -> None:
    ids = [item.pk for item in furnished(cast.a, 30)]
    rescore.rescore_items(product_id=cast.a.pk, item_ids=ids, now=NOW)
    kept = Snapshot.objects.count()
    assert rescore.rescore_items(product_id=cast.a.pk, item_ids=ids, now=NOW) == 0
    assert Snapshot.objects.count() == kept
    # a moment later every score has moved a little; nothing worth keeping
    later = NOW + timedelta(minutes=5)
    assert rescore.rescore_items(product_id=cast.a.pk, item_ids=ids, now=later) > 0
    assert Snapshot.objects.count() == kept
    data = RubricVersion.objects.get(product=cast.a).data
    RubricVersion.objects.create(product=cast.a, number=2, data=data)
    scored = ItemSummary.objects.filter(pk__in=ids).exclude(queue_kind="").count()
    assert rescore.rescore_items(product_id=cast.a.pk, item_ids=ids, now=later) == scored
    assert Snapshot.objects.filter(at=later, rubric_version=2).count() == scored


def test_a_kept_score_can_be_made_again_from_what_was_kept(cast: Cast) -> None:
    items = [item for item in furnished(cast.a, 30) if item.queue]
    rescore.rescore_items(product_id=cast.a.pk, item_ids=[item.pk for item in items], now=NOW)
    _, rubric = rubric_in_force(cast.a.pk)
    wanted = engine.inputs_from_items(rubric, by_hand(items), NOW)
    kept = {row.item_id: row.state for row in Snapshot.objects.filter(at=NOW)}
    assert set(kept) == {item.pk for item in items}
    for row, item in enumerate(items):
        state = kept[item.pk]
        assert state["levels"] == [
            None if each != each else each for each in wanted.levels[row].tolist()
        ]
        assert state["severity"] == (item.severity or 0)
        assert state["effort"] == item.effort
        assert wanted.evidence is not None
        if "decayed_sum" in state:
            assert state["decayed_sum"] == wanted.evidence.decayed_sum[row].tolist()
        else:
            assert np.isnan(wanted.evidence.newest_age_days[row]).all()


def test_a_band_that_changes_is_in_the_log(cast: Cast) -> None:
    items = [item for item in furnished(cast.a, 30) if item.queue]
    ids = [item.pk for item in items]
    rescore.rescore_items(product_id=cast.a.pk, item_ids=ids, now=NOW)
    before = dict(ItemSummary.objects.filter(pk__in=ids).values_list("pk", "band"))
    Rating.objects.filter(item_id__in=ids).update(level=0)
    later = NOW + timedelta(hours=1)
    rescore.rescore_items(product_id=cast.a.pk, item_ids=ids, now=later)
    after = dict(ItemSummary.objects.filter(pk__in=ids).values_list("pk", "band"))
    crossed = {pk: [before[pk], after[pk]] for pk in ids if before[pk] and before[pk] != after[pk]}
    assert crossed
    logged = Change.objects.filter(verb="band.changed", at=later)
    assert {change.item_id: change.fields["band"] for change in logged} == crossed
