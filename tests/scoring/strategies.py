"""Random rubrics and items for the property tests, as the plain data that the reference reads."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from scoring.engine import Adjustment, ItemInputs, Rating, Signal
from scoring.rubrics import CERTAINTY, PILLARS, QUEUES

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
KINDS = ("support_ticket", "affected_users", "incident", "nobody_asked")
LEVELS = [f"Level {level}." for level in range(6)]

unit = st.floats(0, 1, allow_nan=False) | st.sampled_from([0.0, 0.5, 1.0])


def days(low: float, high: float) -> st.SearchStrategy[timedelta]:
    """Whole microseconds, often a round number of days."""
    micro = 86_400_000_000
    exact = st.integers(int(low * micro), int(high * micro)).map(
        lambda count: timedelta(microseconds=count)
    )
    return exact | st.integers(int(low), int(high)).map(lambda count: timedelta(days=count))


@st.composite
def evidence_rules(draw: st.DrawFn) -> dict:
    return {
        "kinds": draw(st.lists(st.sampled_from(KINDS[:3]), min_size=1, max_size=2, unique=True)),
        "saturation": draw(st.floats(0.01, 10_000)),
        "half_life_days": draw(st.floats(0.5, 400)),
        "share": draw(unit),
    }


@st.composite
def rubrics(draw: st.DrawFn) -> dict:
    pillars = draw(st.lists(st.sampled_from(PILLARS), min_size=1, max_size=6))
    criteria = [
        {
            "key": f"c{position}",
            "label": f"Criterion {position}",
            "question": "",
            "pillar": pillar,
            "weight": draw(st.floats(0.05, 9) | st.sampled_from([1.0, 2.0, 3.0])),
            "levels": LEVELS,
            "evidence": draw(st.none() | evidence_rules()),
        }
        for position, pillar in enumerate(pillars)
    ]
    return {
        "max_adjustment": draw(st.sampled_from([0.0, 5.0, 15.0, 100.0])),
        "rating_grace_days": draw(st.sampled_from([0.0, 30.0])),
        "rating_half_life_days": draw(st.floats(1, 400)),
        "segment_share": draw(unit),
        "criteria": criteria,
        "profiles": {queue: draw(profiles(set(pillars))) for queue in QUEUES},
    }


@st.composite
def profiles(draw: st.DrawFn, pillars: set[str]) -> dict:
    """Weights of 0 come often, and are forced where no criterion belongs to the pillar."""
    raw = [draw(st.integers(0, 4)) if pillar in pillars else 0 for pillar in PILLARS]
    if not sum(raw):
        raw = [int(pillar in pillars) for pillar in PILLARS]
    lower, higher = sorted(draw(st.lists(st.floats(0, 100), min_size=2, max_size=2, unique=True)))
    return {
        "weights": {p: share / sum(raw) for p, share in zip(PILLARS, raw, strict=True)},
        "risk_polarity": draw(st.sampled_from(["exposure", "delivery"])),
        "effort_exponent": draw(unit),
        "default_effort": draw(st.floats(0.5, 40)),
        "urgency_gain": draw(st.floats(0, 4)),
        "urgency_days": draw(st.floats(0.5, 200)),
        "confidence_floor": draw(st.floats(0.05, 1)),
        "act_now": higher,
        "next": lower,
    }


@st.composite
def items(draw: st.DrawFn, rubric: dict, segments: int = 0) -> dict:
    """``segments``: at most so many of them with signals of their own."""
    keys = [criterion["key"] for criterion in rubric["criteria"]]
    rating = st.tuples(
        st.sampled_from([0, 1, 2, 2.5, 3, 4, 5]),
        st.sampled_from(sorted(CERTAINTY)),
        days(-3, 500).map(lambda age: AT - age),
    )
    signal = st.tuples(
        st.sampled_from(KINDS),
        st.floats(0, 500) | st.sampled_from([0.0, 1.0]),
        days(-3, 500).map(lambda age: AT - age),
    )
    adjustment = st.tuples(
        st.integers(-2000, 2000).map(lambda hundredths: hundredths / 100),
        st.none() | st.sampled_from([AT, AT - timedelta(days=1), AT + timedelta(days=1)]),
    )
    return {
        "queue": draw(st.sampled_from(QUEUES)),
        "ratings": draw(st.dictionaries(st.sampled_from([*keys, "dropped"]), rating)),
        "signals": draw(st.lists(signal, max_size=5)),
        "segments": draw(st.lists(st.lists(signal, max_size=3), max_size=segments)),
        "effort": draw(st.none() | st.sampled_from([0, 1, 8]) | st.floats(0, 100)),
        "due_at": draw(st.none() | days(-20, 300).map(lambda left: AT + left)),
        "adjustments": draw(st.lists(adjustment, max_size=2)),
        "severity": draw(st.integers(0, 3)),
    }


@st.composite
def cases(draw: st.DrawFn, most: int = 3, segments: int = 0) -> tuple[dict, list[dict]]:
    """A rubric and some items of its product."""
    rubric = draw(rubrics())
    return rubric, draw(st.lists(items(rubric, segments), min_size=1, max_size=most))


def engine_item(item: dict) -> ItemInputs:
    """The same item for the engine."""
    return ItemInputs(
        queue=item["queue"],
        ratings={key: Rating(*rating) for key, rating in item["ratings"].items()},
        signals=[Signal(*signal) for signal in item["signals"]],
        segments=[[Signal(*signal) for signal in own] for own in item.get("segments", ())],
        effort=item["effort"],
        due_at=item["due_at"],
        adjustments=[Adjustment(*adjustment) for adjustment in item["adjustments"]],
        severity=item["severity"],
    )
