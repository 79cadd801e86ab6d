"""The worked example of the playbook page: its sums are right, and the engine agrees with it."""

import math
import re
from datetime import timedelta
from pathlib import Path

import pytest

from scoring.engine import Adjustment, ItemInputs, ItemScore, Rating, Signal, score_one
from scoring.rubrics import DEFAULT_RUBRIC, QUEUES
from tests.scoring.strategies import AT

PAGE = Path(__file__).parents[2] / "docs" / "playbook" / "scoring.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLE = TEXT.split("## One item worked through")[1].split("\n## ")[0]
SUMS = [
    tuple(part.strip() for part in line.split(" = "))
    for block in re.findall(r"```calc\n(.*?)```", EXAMPLE, re.DOTALL)
    for line in block.strip().splitlines()
]
FIGURES = {label: float(result.replace("−", "-")) for label, _, result in SUMS}


def table(text: str, first_heading: str) -> list[list[str]]:
    """The rows of the table whose first column is called so."""
    start = text.index(f"| {first_heading} |")
    lines = text[start:].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def pocket_calculator(sum_: str) -> float:
    allowed = re.compile(r"(?:ln\(|[\d.()+−×÷^ ])+")
    assert allowed.fullmatch(sum_), sum_
    for shown, meant in (("×", "*"), ("÷", "/"), ("−", "-"), ("^", "**"), ("ln(", "math.log(")):
        sum_ = sum_.replace(shown, meant)
    return eval(sum_, {"math": math})


def the_item() -> ItemInputs:
    keys = {criterion.label: criterion.key for criterion in DEFAULT_RUBRIC.criteria}
    ratings = {
        keys[label]: Rating(int(level), certainty, AT - timedelta(days=int(days)))
        for label, _, level, certainty, days in table(EXAMPLE, "criterion")
        if level != "none"
    }
    signals = [
        Signal(kind, float(size), AT - timedelta(days=int(days)))
        for kind, size, days in table(EXAMPLE, "signal")
    ]
    found = re.search(
        r"Effort: (\d+) points\. Due in (\d+) days\. Adjustments: (\d+) points\.", EXAMPLE
    )
    assert found is not None
    effort, due, adjustment = map(int, found.groups())
    return ItemInputs(
        queue="enhancement",
        ratings=ratings,
        signals=signals,
        effort=effort,
        due_at=AT + timedelta(days=due),
        adjustments=[Adjustment(adjustment)],
    )


@pytest.fixture(scope="module")
def engine_says() -> ItemScore:
    return score_one(DEFAULT_RUBRIC, the_item(), AT)


@pytest.mark.parametrize(("label", "sum_", "result"), SUMS, ids=[label for label, *_ in SUMS])
def test_each_sum_is_right_to_its_last_digit(label, sum_, result):
    places = len(result.partition(".")[2])
    assert pocket_calculator(sum_) == pytest.approx(FIGURES[label], abs=0.5000001 * 10**-places)


def test_the_engine_agrees_with_the_page(engine_says):
    by_letter = {
        "V": engine_says.value,
        "I": engine_says.impact,
        "R": engine_says.risk,
        "R*": engine_says.risk_counted,
        "B": engine_says.merit,
        "κ": engine_says.kappa,
        "C": engine_says.confidence,
        "E": engine_says.effort_factor,
        "U": engine_says.urgency_factor,
    }
    for letter, number in by_letter.items():
        assert number == pytest.approx(FIGURES[letter], abs=1e-4), letter
    for part in ("value", "impact", "risk", "confidence", "effort", "urgency"):
        assert engine_says.parts[part] == pytest.approx(FIGURES[part], abs=1e-2), part
    assert engine_says.priority == pytest.approx(FIGURES["P"], abs=1e-2)
    pain = engine_says.criteria[3]
    assert (pain.e, pain.x, pain.k) == (
        pytest.approx(FIGURES["e"], abs=1e-4),
        pytest.approx(FIGURES["x of customer pain"], abs=1e-4),
        pytest.approx(FIGURES["k of customer pain"], abs=1e-4),
    )
    assert engine_says.criteria[4].k == pytest.approx(FIGURES["k of users affected"])
    assert f"the band is **{engine_says.band_name}**" in EXAMPLE


def test_the_weights_in_the_example_are_those_of_the_rubric():
    shown = {row[0]: float(row[1]) for row in table(EXAMPLE, "criterion")}
    assert shown == {criterion.label: criterion.weight for criterion in DEFAULT_RUBRIC.criteria}


def test_the_table_of_queues_is_that_of_the_rubric():
    meant = {"leaving it": "exposure", "doing it": "delivery"}
    rows = table(TEXT, "queue")
    assert [row[0].replace(" ", "_") for row in rows] == list(QUEUES)
    for row, profile in zip(rows, DEFAULT_RUBRIC.profiles, strict=True):
        assert meant[row[4]] == profile.risk_polarity
        numbers = [float(cell.removesuffix(" days")) for cell in row[1:4] + row[5:]]
        assert numbers == [
            *profile.weights,
            profile.effort_exponent,
            profile.default_effort,
            profile.urgency_gain,
            profile.urgency_days,
            profile.confidence_floor,
            profile.act_now,
            profile.next,
        ]
