"""Predictions against outcomes: the arithmetic where the answer is known, and the way from services to page and API."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product as every

import numpy as np
import pytest
from django.utils import timezone

from accounts.models import Product
from backlog.models import Change, Item
from backlog.services import states
from backlog.vocabulary import State
from core.errors import Invalid, NotAllowed
from scoring.calibration import ENOUGH, fit, propose, shares
from scoring.engine import score
from scoring.kept import inputs_from_states
from scoring.models import Outcome, RubricDraft, RubricVersion, Snapshot
from scoring.predictions import calibrate, predictions
from scoring.rubrics import DEFAULT_RUBRIC, PILLARS, parse_rubric, rubric_data
from scoring.services.outcomes import Draft, record_outcomes
from tests.backlog.making import accepted, ask, rate
from tests.cast import Cast

DICE = np.random.default_rng(4)


# --- arithmetic ------------------------------------------------------------------------------------


def test_bias_error_and_correlation_by_hand() -> None:
    predicted = np.array([0.2, 0.4, 0.6, 0.8, 0.2, 0.4, 0.6, 0.8])
    found = fit(predicted, predicted - 0.1)
    assert found.bias is not None
    assert found.error is not None
    assert found.correlation is not None
    assert found.bias.value == pytest.approx(0.1)
    assert (found.bias.low, found.bias.high) == pytest.approx((0.1, 0.1))
    assert found.bias.clear
    assert found.error.value == pytest.approx(0.1)
    assert found.correlation.value == pytest.approx(1)


def test_below_eight_nothing_is_said() -> None:
    found = fit(np.full(ENOUGH - 1, 0.5), np.full(ENOUGH - 1, 0.2))
    assert (found.items, found.bias, found.error, found.correlation) == (7, None, None, None)
    profile = DEFAULT_RUBRIC.profile("hotfix")
    assert propose(profile, np.full((7, 3), 0.5), np.full((7, 3), 0.5)).proposed is None


def test_where_nothing_varies_there_is_no_correlation() -> None:
    found = fit(np.full(9, 0.5), DICE.random(9))
    assert found.correlation is None
    assert found.bias is not None


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    held = 0
    for _ in range(120):
        noise = DICE.normal(0.05, 0.1, 40)
        found = fit(0.5 + noise, np.full(40, 0.5))
        assert found.bias is not None
        held += found.bias.low <= 0.05 <= found.bias.high
    assert 0.8 < held / 120 < 0.97  # nine of ten, and a little less for so few


def test_the_same_pairs_give_the_same_interval() -> None:
    x, y = DICE.random(20), DICE.random(20)
    assert fit(x, y) == fit(x, y)
    assert fit(x, y) != fit(x, y, seed=2)


@pytest.mark.parametrize("queue", ["hotfix", "enhancement"])
def test_predictions_that_come_true_leave_the_weights_alone(queue: str) -> None:
    profile = DEFAULT_RUBRIC.profile(queue)
    x = DICE.random((30, 3))
    found = propose(profile, x, x)
    assert found.proposed is not None
    values = [found.proposed[name].value for name in PILLARS]
    assert values == pytest.approx(list(profile.weights), abs=1e-9)
    assert found.rounded == dict(zip(PILLARS, profile.weights, strict=True))
    assert not any(differs for *_, differs in found.rows if _[2].high - _[2].low > 1e-6)


def test_a_pillar_whose_predictions_say_nothing_loses_weight() -> None:
    profile = DEFAULT_RUBRIC.profile("hotfix")
    realized = DICE.random((200, 3))
    predicted = realized.copy()
    predicted[:, 1] = DICE.random(200)
    found = propose(profile, predicted, realized)
    assert found.proposed is not None
    assert found.proposed["impact"].value < profile.impact_weight
    assert sum(each.value for each in found.proposed.values()) == pytest.approx(1)


def test_a_pillar_without_weight_gets_none() -> None:
    profile = replace(
        DEFAULT_RUBRIC.profile("hotfix"), value_weight=0.0, impact_weight=0.6, risk_weight=0.4
    )
    x = DICE.random((30, 3))
    found = propose(profile, x, x)
    assert found.proposed is not None
    assert found.proposed["value"].value == 0


def test_least_squares_without_negative_parts_against_a_grid() -> None:
    for _ in range(10):
        x = DICE.random((25, 3))
        total = x @ DICE.normal(0.2, 0.5, 3) + DICE.normal(0, 0.05, 25)
        found = shares(x, total)
        steps = np.linspace(0, 1.6, 41)
        grid = np.array(list(every(steps, repeat=3)))
        best = grid[((total[:, None] - x @ grid.T) ** 2).sum(axis=0).argmin()]
        if best.sum() == 0:
            continue
        assert found is not None
        assert found == pytest.approx(best / best.sum(), abs=0.12)


def test_nothing_achieved_at_all_has_no_shares() -> None:
    assert shares(DICE.random((9, 3)), -np.ones(9)) is None


# --- from services to page and API -----------------------------------------------------------------


def finished(cast: Cast, levels: tuple[float, ...] = (4, 3, 2), kind: str = "stability") -> Item:
    """Rated when accepted, then worked on, rated otherwise meanwhile, done."""
    actor = cast.actor("administrator")
    item = accepted(cast, kind)
    rate(cast, item, levels)
    item = states.set_state(actor=actor, item=item, state=State.IN_PROGRESS)
    rate(cast, item, (0, 0, 0), by="administrator")
    for state in (State.IN_REVIEW, State.DONE):
        item = states.set_state(actor=actor, item=item, state=state)
    return item


def achieved(item: Item, value: float = 0.5, pillar: str = "value", **more: object) -> Draft:
    return Draft(item=item, pillar=pillar, realized=value, measured_at=timezone.now(), **more)  # type: ignore[arg-type]


def record(cast: Cast, *drafts: Draft, by: str = "owner") -> tuple[int, int]:
    found = record_outcomes(actor=cast.actor(by), product=cast.a, drafts=drafts)
    return found.added, found.known


def test_the_prediction_is_what_was_known_when_work_began(cast: Cast) -> None:
    item = finished(cast)
    record(cast, achieved(item), achieved(item, 0.1, "risk"))
    (row,) = predictions(cast.a)
    assert row.item_id == item.pk
    assert row.predicted == pytest.approx({"value": 0.8, "impact": 0.6, "risk": 0.4})
    assert row.realized == {"value": 0.5, "impact": None, "risk": 0.1}
    assert row.scorers["value"] == {cast.owner.pk}  # not who rated it later


def test_the_newest_outcome_of_a_pillar_counts(cast: Cast) -> None:
    item = finished(cast)
    early = replace(achieved(item, 0.9), measured_at=timezone.now() - timedelta(days=2))
    record(cast, achieved(item, 0.3))
    record(cast, early)
    assert predictions(cast.a)[0].realized["value"] == 0.3


def test_kept_inputs_give_the_kept_score_again(cast: Cast) -> None:
    finished(cast)
    kept = list(Snapshot.objects.filter(product=cast.a, priority__isnull=False))
    scores = score(DEFAULT_RUBRIC, inputs_from_states(DEFAULT_RUBRIC, [row.state for row in kept]))
    assert scores.priority.tolist() == pytest.approx([row.priority for row in kept], abs=1e-12)


def test_a_known_outcome_is_left_as_it_is(cast: Cast) -> None:
    item = finished(cast)
    first = achieved(item, 0.3, source="watch time", external_id="w-1")
    assert record(cast, first) == (1, 0)
    assert record(cast, replace(first, realized=0.9), replace(first, external_id="w-2")) == (1, 1)
    assert record(cast, replace(first, external_id="w-3"), replace(first, external_id="w-3")) == (
        1,
        1,
    )
    assert Outcome.objects.get(external_id="w-1").realized == 0.3
    assert Change.objects.filter(verb="outcome.recorded", item_id=item.pk).count() == 3


def test_what_cannot_be_is_refused_and_nothing_is_stored(cast: Cast) -> None:
    item, open_item = finished(cast), accepted(cast)
    wrong = [
        achieved(open_item),
        achieved(item, 1.5),
        achieved(item, float("nan")),
        achieved(item, pillar="beauty"),
        achieved(item, source=""),
        replace(achieved(item), measured_at=timezone.now() + timedelta(days=3)),
        replace(achieved(item), measured_at=timezone.now().replace(year=1950)),
    ]
    with pytest.raises(Invalid) as refused:
        record(cast, achieved(item), *wrong)
    assert sorted(refused.value.fields or {}) == [str(row) for row in range(1, 8)]
    with pytest.raises(Invalid):
        record(cast, *[achieved(item)] * 1001)
    with pytest.raises(NotAllowed):
        record(cast, achieved(item), by="contributor")
    assert not Outcome.objects.exists()


def many_finished(cast: Cast, count: int) -> None:
    for number in range(count):
        item = finished(cast, (number % 6, 5 - number % 4, number % 3))
        record(cast, *(achieved(item, (number % 6) / 6, pillar) for pillar in PILLARS))


def test_the_whole_of_it_on_the_page_and_in_the_api(cast: Cast) -> None:
    empty = cast.client("viewer").get(f"/p/{cast.a.key}/calibration/").content.decode()
    assert "No outcome has been recorded yet" in empty
    many_finished(cast, 7)
    few = cast.client("viewer").get(f"/p/{cast.a.key}/calibration/").content.decode()
    assert "not enough data" in few
    many_finished(cast, 3)
    page = cast.client("viewer").get(f"/p/{cast.a.key}/calibration/").content.decode()
    assert "10 finished items have an outcome" in page
    answer = ask(cast, "viewer", "GET", f"products/{cast.a.key}/calibration/").json()
    found = calibrate(cast.a)
    value = next(row for row in answer["fits"] if row["pillar"] == "value" and not row["queue"])
    assert found.pillars["value"].bias is not None
    assert value["bias"]["value"] == found.pillars["value"].bias.value
    assert value["pairs"] == 10
    scorer = next(row for row in answer["fits"] if row["scorer"] and row["pillar"] == "risk")
    assert scorer["scorer"] == cast.owner.email
    weights = {row["queue"]: row for row in answer["weights"]}
    assert weights["hotfix"]["proposed"] is None
    assert set(weights["stability"]["proposed"]) == set(PILLARS)


def test_by_hand_on_the_item_and_over_the_api(cast: Cast) -> None:
    item = finished(cast)
    page = cast.client("owner").get(f"/items/{item.key}/").content.decode()
    assert "Record an outcome" in page
    assert (
        "Record an outcome" not in cast.client("viewer").get(f"/items/{item.key}/").content.decode()
    )
    url = f"/items/{item.key}/outcomes/"
    form = {
        "pillar": "impact",
        "level": "2.5",
        "measured_on": timezone.localdate(),
        "note": "Watched",
    }
    assert cast.client("owner").post(url, form).status_code == 302
    row = Outcome.objects.get()
    assert (row.pillar, row.realized, row.source, row.note) == ("impact", 0.5, "by hand", "Watched")
    assert "Watched" in cast.client("viewer").get(f"/items/{item.key}/").content.decode()
    for wrong in (
        {**form, "level": "7"},
        {**form, "measured_on": "2999-01-01"},
        {**form, "pillar": "x"},
    ):
        assert cast.client("owner").post(url, wrong).status_code in (400, 422)
    assert Outcome.objects.count() == 1
    body = {
        "pillar": "value",
        "realized": 0.25,
        "measured_at": "2026-01-05T10:00:00Z",
        "source": "s",
        "external_id": "e",
    }
    made = ask(cast, "owner", "POST", f"items/{item.key}/outcomes/", body)
    assert (made.status_code, made.json()) == (201, {"added": 1, "known": 0})
    bulk = {
        "outcomes": [{**body, "item": item.key}, {**body, "item": item.key, "external_id": "f"}]
    }
    assert ask(cast, "owner", "POST", f"products/{cast.a.key}/outcomes/", bulk).json() == {
        "added": 1,
        "known": 1,
    }
    listed = ask(cast, "viewer", "GET", f"items/{item.key}/outcomes/").json()
    assert [each["pillar"] for each in listed] == ["impact", "value", "value"]


def test_the_proposal_becomes_a_draft_and_nothing_else(cast: Cast) -> None:
    url = f"/p/{cast.a.key}/calibration/draft/"
    assert cast.client("owner").post(url).status_code in (400, 422)
    many_finished(cast, 9)
    assert (
        "Put the proposal into a draft"
        in cast.client("owner").get(url.replace("draft/", "")).content.decode()
    )
    assert cast.client("viewer").post(url).status_code == 403
    assert cast.client("owner").post(url).status_code == 302
    draft = RubricDraft.objects.get()
    wanted = calibrate(cast.a).weights["stability"].rounded
    assert wanted is not None
    assert draft.data["profiles"]["stability"]["weights"] == wanted
    assert sum(wanted.values()) == pytest.approx(1)
    assert draft.data["profiles"]["hotfix"] == rubric_data(DEFAULT_RUBRIC)["profiles"]["hotfix"]
    parse_rubric(draft.data)
    assert RubricVersion.objects.filter(product=cast.a).count() == 1


def test_other_products_stay_out(cast: Cast) -> None:
    many_finished(cast, 2)
    assert calibrate(Product.objects.get(pk=cast.b.pk)).items == 0
