"""Rank ranges from the job to list, page and API."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from accounts.actors import Actor
from backlog.models import ItemSummary, RankRange
from backlog.services import states
from backlog.vocabulary import QueueKind, State
from core.errors import Invalid, NotAllowed
from scoring import tasks
from scoring.current import rubric_in_force
from scoring.cutline import cut_lines
from scoring.engine import inputs_from_items, score
from scoring.jobs import rescore
from scoring.jobs import robustness as jobs
from scoring.robustness import Standing, rank_ranges
from scoring.services import robustness
from tests.backlog.making import accepted, again, ask, many, rate
from tests.cast import Cast
from tests.scoring.test_rescore import NOW, by_hand, furnished


def kept(cast: Cast) -> dict[int, tuple[int, int, float]]:
    rows = RankRange.objects.filter(product=cast.a).order_by("item_id")
    return {row.item_id: (row.rank_low, row.rank_high, row.top_chance) for row in rows}


def test_what_is_kept_is_what_the_engine_draws_from_the_items_as_they_are(cast: Cast) -> None:
    items = furnished(cast.a, 60)
    rescore.rescore_items(product_id=cast.a.pk, item_ids=[item.pk for item in items], now=NOW)
    _, rubric = rubric_in_force(cast.a.pk)
    scored = ItemSummary.objects.filter(product=cast.a, priority__isnull=False, is_open=True)
    drawn = jobs.draw(product_id=cast.a.pk, seed=9, now=NOW)
    assert drawn == scored.count() == len(kept(cast)) > 10
    for kind in QueueKind.values:
        own = scored.filter(queue_kind=kind).order_by("due_order", "created_at", "item_id")
        ids = list(own.values_list("item_id", flat=True))
        by_id = {item.pk: item for item in items}
        given = [by_id[pk] for pk in ids]
        scores = score(rubric, inputs_from_items(rubric, by_hand(given), NOW))
        found = rank_ranges(
            rubric,
            kind,
            Standing(
                np.array([item.number for item in given], dtype=np.int64),
                scores.x,
                scores.k,
                scores.effort_factor * scores.urgency_factor,
                scores.parts[:, 6],
            ),
            top=cut_lines(cast.a, NOW.date())[kind],
            seed=9,
        )
        told = zip(found.low.tolist(), found.high.tolist(), found.top_chance.tolist(), strict=True)
        assert {pk: row for pk, row in kept(cast).items() if pk in ids} == dict(
            zip(ids, told, strict=True)
        )


def test_the_same_seed_at_the_same_instant_gives_the_same(cast: Cast) -> None:
    furnished(cast.a, 40)
    rescore.rescore_stale(now=NOW)
    jobs.draw(product_id=cast.a.pk, now=NOW)
    first = kept(cast)
    jobs.draw(product_id=cast.a.pk, now=NOW)
    assert kept(cast) == first
    jobs.draw(product_id=cast.a.pk, seed=2, now=NOW)
    assert kept(cast) != first


def test_what_left_the_queue_loses_its_range(cast: Cast) -> None:
    first, second = accepted(cast), accepted(cast)
    for item in (first, second):
        rate(cast, item)
    jobs.draw(product_id=cast.a.pk)
    assert len(kept(cast)) == 2
    states.decline_item(actor=cast.actor("owner"), item=first, reason="No.")
    jobs.draw(product_id=cast.a.pk)
    assert list(kept(cast)) == [second.pk]


def test_by_the_hour_only_small_products_that_moved_are_drawn(cast: Cast) -> None:
    rate(cast, accepted(cast))
    assert jobs.draw_moved() == 1
    assert jobs.draw_moved() == 0
    rate(cast, accepted(cast))
    assert jobs.draw_moved() == 2
    tasks.hourly()
    RankRange.objects.all().delete()
    tasks.nightly()
    assert len(kept(cast)) == 2


def test_drawing_for_a_person(cast: Cast) -> None:
    rate(cast, accepted(cast))
    assert robustness.redraw(actor=cast.actor("contributor"), product=cast.a, seed=5) == 1
    assert RankRange.objects.get().seed == 5
    with pytest.raises(NotAllowed):
        robustness.redraw(actor=cast.actor("viewer"), product=cast.a)
    with pytest.raises(Invalid):
        robustness.redraw(actor=cast.actor("owner"), product=cast.a, seed=-1)


def test_a_large_product_is_drawn_in_the_background(cast: Cast) -> None:
    rate(cast, accepted(cast))
    many(cast.a, robustness.AT_ONCE, kind="stability", state=State.ACCEPTED)
    answer = ask(cast, "owner", "POST", f"products/{cast.a.key}/robustness/", {"seed": 3})
    assert (answer.status_code, answer.json()) == (202, {"drawn": None, "seed": 3})
    assert RankRange.objects.get().seed == 3  # in tests a task runs at once, after the commit


def test_list_item_and_api_say_it(cast: Cast) -> None:
    items = [accepted(cast, title=f"Item {n}") for n in range(4)]
    for number, item in enumerate(items):
        rate(cast, item, (2 + number / 2, 3, 2))
    url = f"products/{cast.a.key}/robustness/"
    assert ask(cast, "owner", "POST", url).json() == {"drawn": 4, "seed": 1}
    row = RankRange.objects.get(item=items[0])
    listed = ask(cast, "viewer", "GET", f"items/?product={cast.a.key}&open=true").json()["results"]
    mine = next(each for each in listed if each["key"] == items[0].key)
    assert mine["rank_range"] == {
        "low": row.rank_low,
        "high": row.rank_high,
        "top_chance": row.top_chance,
    }
    found = ask(cast, "viewer", "GET", url + "?queue=enhancement").json()
    assert [each["item"] for each in found["results"]] == [item.key for item in items]
    assert found["next"] is None
    assert found["results"][0]["rubric_version"] == 1
    detail = ask(cast, "viewer", "GET", f"items/{items[0].key}/").json()
    assert detail["scoring"]["rank_range"]["seed"] == 1
    assert detail["rank_range"] == mine["rank_range"]
    page = cast.client("viewer").get(f"/p/{cast.a.key}/backlog/").content.decode()
    assert page.count('class="whisker"') == 4
    assert "in 8 of 10 draws; in the next cycle in" in page
    hidden = cast.client("viewer").get(f"/p/{cast.a.key}/backlog/?columns=state&columns=due")
    assert 'data-hide="queue band priority range effort owner labels"' in hidden.content.decode()
    item_page = cast.client("viewer").get(f"/items/{items[0].key}/").content.decode()
    assert "8 of 10 draws; in the next cycle, which holds" in item_page
    assert "Draw again" not in item_page
    assert (
        "Draw again" in cast.client("contributor").get(f"/items/{items[0].key}/").content.decode()
    )


def test_a_range_of_another_queue_is_not_shown(cast: Cast) -> None:
    item = accepted(cast)
    rate(cast, item)
    jobs.draw(product_id=cast.a.pk)
    to = cast.a.queues.get(kind="stability")
    states.move_item(
        actor=cast.actor("owner"), item=again(item), queue=to, reason="Broken after all."
    )
    listed = ask(cast, "viewer", "GET", f"items/?product={cast.a.key}&open=true").json()["results"]
    assert [each["rank_range"] for each in listed] == [None]
    assert "whisker" not in cast.client("viewer").get(f"/p/{cast.a.key}/backlog/").content.decode()
    assert ask(cast, "viewer", "GET", f"products/{cast.a.key}/robustness/").json()["results"] == []


def test_an_item_alone_is_said_to_be_first(cast: Cast) -> None:
    item = accepted(cast, "strategic_bet", effort=500.0)
    rate(cast, item)
    jobs.draw(product_id=cast.a.pk)
    page = cast.client("viewer").get(f"/items/{item.key}/").content.decode()
    assert (
        "At place 1 of its queue in 8 of 10 draws; in the next cycle, which holds 1, in 100%"
        in page
    )


def test_the_pages_of_ranges(cast: Cast) -> None:
    url = f"products/{cast.a.key}/robustness/"
    assert ask(cast, "viewer", "GET", url + "?cursor=nonsense").status_code == 400
    assert ask(cast, "viewer", "GET", url + "?queue=beds").status_code == 400
    assert ask(cast, "owner", "POST", url, {"seed": -4}).status_code == 400


@pytest.mark.slow
def test_five_thousand_others_change_no_score_by_one_bit_and_no_draw(cast: Cast) -> None:
    """N2: through services, on what is stored."""
    items = furnished(cast.a, 80)
    ids = [item.pk for item in items]
    rescore.rescore_items(product_id=cast.a.pk, item_ids=ids, now=NOW)
    names = [
        each.name
        for each in ItemSummary._meta.concrete_fields
        if each.name.endswith("_part") or each.name in ("priority", "confidence", "order_score")
    ]

    def stored() -> bytes:
        rows = ItemSummary.objects.filter(item_id__in=ids).order_by("item_id").values_list(*names)
        return np.array(list(rows), dtype=np.float64).tobytes()

    before = stored()
    others = many(cast.a, 5000, kind="stability", state=State.ACCEPTED, now=NOW)
    rescore.rescore_stale(now=NOW)
    rescore.rescore_open(now=NOW)
    assert stored() == before
    for start in range(0, 5000, 1000):
        chunk = [other.pk for other in others[start : start + 1000]]
        cast.a.items.filter(pk__in=chunk).delete()
    rescore.rescore_open(now=NOW)
    assert stored() == before


def test_other_items_change_no_score_by_one_bit(cast: Cast) -> None:
    """The same with few, in every run; the instant stays, so that nothing ages."""
    item = accepted(cast)
    rate(cast, item)
    at = timezone.now() + timedelta(hours=1)
    rescore.rescore_items(product_id=cast.a.pk, item_ids=[item.pk], now=at)
    before = again(item).summary.priority
    others = [accepted(cast) for _ in range(20)]
    for other in others:
        rate(cast, other, (5, 5, 0))
    rescore.rescore_open(now=at)
    assert again(item).summary.priority == before
    states.decline_item(actor=Actor.system(), item=others[0], reason="No.")
    rescore.rescore_open(now=at)
    assert again(item).summary.priority == before
