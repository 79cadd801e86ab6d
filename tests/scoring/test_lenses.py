"""The other methods give the figures that were published with them."""

from __future__ import annotations

import csv
import json
from typing import Any

import numpy as np
import pytest

from scoring import lenses
from scoring.correlation import mean_ranks, spearman
from scoring.engine import ItemInputs, Rating, inputs_from_items, score
from scoring.lenses import COMPONENTS, LENSES, figures, ice, places, pulls, readings, rice, why
from scoring.rubrics import DEFAULT_RUBRIC
from tests.scoring.test_rescore import NOW
from tests.shared_data import shared

WORDS = {
    "RICE": ("reach", "impact", "confidence", "effort"),
    "WSJF": ("user_business_value", "time_criticality", "risk_reduction", "job_size"),
    "ICE": ("impact", "confidence", "ease"),
}
FORMULAS = {"RICE": rice, "WSJF": lenses.wsjf, "ICE": ice}


def rows(name: str) -> list[dict[str, Any]]:
    with shared("scoring", name).open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_published_examples() -> None:
    seen = []
    for row in rows("worked_examples.csv"):
        if row["method"] not in FORMULAS:
            continue  # Little's law belongs to the flow figures
        given = json.loads(row["inputs_json"])
        found = FORMULAS[row["method"]](*(float(given[name]) for name in WORDS[row["method"]]))
        assert found == pytest.approx(float(row["exact_result"]), rel=1e-12), row["case"]
        seen.append(row["method"])
    assert sorted(seen) == ["ICE", "RICE", "RICE", "RICE", "WSJF", "WSJF", "WSJF", "WSJF"]


def test_the_published_exercise_with_value_classes() -> None:
    table = rows("wsjf_value_class_8_features.csv")
    found = [
        lenses.value_class(float(row["value_class"].split(" ")[0]), float(row["size"]))
        for row in table
    ]
    assert found == pytest.approx([float(row["published_weight"]) for row in table], rel=1e-12)
    order = places(np.array(found)).astype(int).tolist()
    assert order == [int(row["published_order"]) for row in table]


def test_the_published_exercise_with_money() -> None:
    """Cost of delay a day is a thirtieth of the month's. What hangs on a feature is added to its own: all that hangs
    there to the cost, but only the next level to the published weight."""
    table = rows("wsjf_money_value_8_features.csv")
    daily = {row["id"]: float(row["value"]) / 30 for row in table}
    size = {row["id"]: float(row["size"]) for row in table}
    own = {pk: lenses.wsjf(daily[pk], 0.0, 0.0, size[pk]) for pk in daily}
    below: dict[str, list[str]] = {pk: [] for pk in daily}
    for row in table:
        if row["parent_id"]:
            below[row["parent_id"]].append(row["id"])

    def cost_with_all_below(pk: str) -> float:
        return daily[pk] + sum(cost_with_all_below(child) for child in below[pk])

    for row in table:
        pk = row["id"]
        assert daily[pk] == pytest.approx(float(row["published_value_per_day"]))
        assert daily[pk] == pytest.approx(float(row["published_cod_per_day_own"]))
        assert own[pk] == pytest.approx(float(row["published_wsjf_own"]))
        assert cost_with_all_below(pk) == pytest.approx(
            float(row["published_cod_per_day_incl_children"])
        )
        weight = own[pk] + sum(own[child] for child in below[pk])
        assert weight == pytest.approx(float(row["published_wsjf_incl_children"]))
    assert below["1"] == ["2", "3", "4", "5"]
    assert below["2"] == ["7"]
    weights = np.array([own[row["id"]] + sum(own[c] for c in below[row["id"]]) for row in table])
    order = places(weights).astype(int).tolist()
    assert order == [int(row["published_order"]) for row in table]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (rice(5000, 2, 0.8, 2), 4000),
        (rice(10, 3, 1, 6), 5),
        (lenses.wsjf(7, 9, 5, 2), 10.5),
        (lenses.wsjf(8, 3, 4, 8), 1.875),
        (ice(8, 6, 3), 144),
        (lenses.value_class(4, 5), 4.2),
    ],
)
def test_by_hand(found: float, expected: float) -> None:
    assert found == pytest.approx(expected)


def scored(queue: str, **more: Any) -> ItemInputs:
    levels = {"business_value": 4, "customer_pain": 2, "technical_risk": 3} | more.pop("levels", {})
    ratings = {
        key: Rating(level, more.get("sure", "certain"), NOW) for key, level in levels.items()
    }
    more.pop("sure", None)
    return ItemInputs(queue=queue, ratings=ratings, **more)


def read_of(*items: ItemInputs) -> tuple[Any, Any]:
    inputs = inputs_from_items(DEFAULT_RUBRIC, items, NOW)
    scores = score(DEFAULT_RUBRIC, inputs)
    return readings(DEFAULT_RUBRIC, inputs, scores), scores


def test_what_the_words_are_read_from() -> None:
    read, _ = read_of(
        scored("stability", effort=8.0),
        scored("enhancement", levels={"users_affected": 5}),
    )
    value, criticality, reduction, size = figures(LENSES["wsjf"], read)
    assert value.tolist() == pytest.approx([10 * (0.8 + 0.4) / 2, 10 * (0.8 + 0.64) / 2])
    assert criticality.tolist() == [0, 0]
    assert reduction.tolist() == pytest.approx([6, 0])  # the danger of doing it reduces nothing
    assert size.tolist() == [8, 5]  # nobody estimated the second: the queue's default
    reach, impact, _, effort = figures(LENSES["rice"], read)
    assert reach.tolist() == pytest.approx([400, 1000])  # the first: nobody counted people
    assert impact.tolist() == pytest.approx([1.8, 3 * 0.72])
    assert effort.tolist() == [8, 5]
    assert figures(LENSES["value_class"], read)[0].tolist() == [4, 4]


def test_the_sentence_names_what_the_method_cannot_see() -> None:
    items = [scored("enhancement", levels={"technical_risk": 2}) for _ in range(6)]
    items.append(scored("enhancement", levels={"technical_risk": 5}))
    read, scores = read_of(*items)
    pull = pulls(LENSES["rice"], read, scores)
    assert COMPONENTS[int(np.argmax(pull[-1]))] == "risk"
    assert (
        why(LENSES["rice"], 6, pull[-1])
        == "RICE puts it 6 places higher: it has no notion of risk, which holds this item back here."
    )
    assert why(LENSES["wsjf"], 0, pull[0]) == "WSJF puts it at the same place."


def test_every_sentence_can_be_said() -> None:
    for lens in LENSES.values():
        for at in range(len(COMPONENTS)):
            for difference in (3, -3, 1):
                pull = np.zeros(len(COMPONENTS))
                pull[at] = difference
                if COMPONENTS[at] == "adjustment" and "adjustment" not in lens.blind:
                    continue
                said = why(lens, difference, pull)
                assert "{}" not in said
                assert said.endswith(".")


def test_rank_correlation_takes_ties_at_their_mean() -> None:
    assert mean_ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1, 3.5, 2]
    assert spearman(np.array([1.0, 2, 3]), np.array([2.0, 4, 9])) == pytest.approx(1)
    assert spearman(np.array([1.0, 2, 3]), np.array([9.0, 4, 2])) == pytest.approx(-1)
    assert spearman(np.array([1.0, 1]), np.array([1.0, 2])) is None
    # textbook: d² = 4, n = 5: 1 − 6·4/(5·24)
    assert spearman(np.array([1.0, 2, 3, 4, 5]), np.array([2.0, 1, 4, 3, 5])) == pytest.approx(0.8)
