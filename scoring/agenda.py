"""What a refinement session should talk about: the worth of discussing an item, and what fits the time box.

    worth = 100 · D · K · S · E          each factor in its range, so that no single zero hides an item

    disagreement  D = 0.2 + 0.8·d    d = levels apart / 5, where two people have rated the same criterion;
                                     else (1 − mean certainty) / 2: nobody has contradicted, but nobody was sure;
                                     never rated: 0.5
    closeness     K = 0.1 + 0.9·2^(−g/4)    g = points between the priority and the queue's cut line;
                                     no priority: 0.55 (it could stand anywhere); everything fits: 0.1
    staleness     S = 0.2 + 0.8·(1 − 2^(−days/90))    days since a person rated it; never: 1
    new evidence  E = 0.4 + 0.6·(1 − 2^(−n/4))    n = signals since then

Every item gets the same minutes, so the greedy choice by worth a minute is the choice by worth: the first
floor(box / minutes each). Equal worths (to nine decimals) are put in an order drawn with the seed, whatever order the
facts came in. Published in docs/playbook/refinement.md. Pure: no Django, no clock, no unseeded randomness.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

FLOORS = {"disagreement": 0.2, "closeness": 0.1, "staleness": 0.2, "evidence": 0.4}
"""The least that each factor can be; the most is 1."""

HALF_GAP_POINTS = 4.0
HALF_STALE_DAYS = 90.0
HALF_SIGNALS = 4.0
NEVER_RATED = 0.5
NO_PRIORITY = 0.55


@dataclass(frozen=True)
class Facts:
    """What is known of an item, before it is known what people said of it.

    `gap`: |priority − cut line| in points; None without a priority. `fits_all`: the next cycle can hold the queue.
    `stale_days`: since a person rated it; None = never.
    """

    item_id: int
    gap: float | None
    fits_all: bool
    stale_days: float | None


@dataclass(frozen=True)
class Sayings:
    """What people and evidence said of an item.

    `apart`: the widest difference in levels (0 … 5) between two people on one criterion; None where none has two.
    `apart_on`: its label. `people`: how many rated that one. `certainty`: mean over the rated criteria in (0, 1];
    None = none is rated. `signals`: kind → how many since the last rating.
    """

    apart: float | None = None
    apart_on: str = ""
    people: int = 0
    certainty: float | None = None
    signals: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Pick:
    """An item that is worth discussing: factors, and the sentence's parts that say why."""

    item_id: int
    worth: float
    factors: dict[str, float]
    reasons: tuple[str, ...]


def _raised(name: str, share: float) -> float:
    floor = FLOORS[name]
    return floor + (1.0 - floor) * min(1.0, max(0.0, share))


def disagreement(said: Sayings) -> float:
    """D."""
    if said.apart is not None:
        return _raised("disagreement", said.apart / 5.0)
    if said.certainty is None:
        return _raised("disagreement", NEVER_RATED)
    return _raised("disagreement", (1.0 - said.certainty) / 2.0)


def closeness(facts: Facts) -> float:
    """K."""
    if facts.gap is None:
        return NO_PRIORITY
    if facts.fits_all:
        return FLOORS["closeness"]
    return _raised("closeness", 2.0 ** (-facts.gap / HALF_GAP_POINTS))


def staleness(facts: Facts) -> float:
    """S."""
    if facts.stale_days is None:
        return 1.0
    return _raised("staleness", 1.0 - 2.0 ** (-max(0.0, facts.stale_days) / HALF_STALE_DAYS))


def evidence(said: Sayings) -> float:
    """E."""
    return _raised("evidence", 1.0 - 2.0 ** (-sum(said.signals.values()) / HALF_SIGNALS))


def ceiling(facts: Facts) -> float:
    """The most that an item can be worth, whatever was said of it."""
    return 100.0 * closeness(facts) * staleness(facts)


def weigh(facts: Facts, said: Sayings) -> Pick:
    """The worth of discussing one item, and why."""
    factors = {
        "disagreement": disagreement(said),
        "closeness": closeness(facts),
        "staleness": staleness(facts),
        "evidence": evidence(said),
    }
    worth = (
        100.0
        * factors["disagreement"]
        * factors["closeness"]
        * factors["staleness"]
        * factors["evidence"]
    )
    return Pick(facts.item_id, worth, factors, reasons(facts, said))


def build(
    candidates: Iterable[Facts],
    said: Callable[[Sequence[int]], Mapping[int, Sayings]],
    *,
    seed: int,
    room: int,
    step: int = 200,
) -> list[Pick]:
    """The `room` items most worth discussing, the best first.

    `said` answers for some item ids at a time and is asked only as far down as an item could still get in: candidates
    are taken by their ceiling, and the search ends where the next ceiling lies below the last worth that is in. The
    answer is the same as if everything had been weighed.
    """
    if room <= 0:
        return []
    drawn = sorted(candidates, key=lambda facts: facts.item_id)
    random.Random(seed).shuffle(drawn)  # noqa: S311  repeatable on purpose
    lot = {facts.item_id: place for place, facts in enumerate(drawn)}
    waiting = sorted(drawn, key=lambda facts: (-ceiling(facts), facts.item_id))
    best: list[Pick] = []
    for start in range(0, len(waiting), step):
        some = waiting[start : start + step]
        if len(best) >= room and round(ceiling(some[0]), 9) < round(best[room - 1].worth, 9):
            break
        known = said([facts.item_id for facts in some])
        best += [weigh(facts, known.get(facts.item_id, Sayings())) for facts in some]
        best.sort(key=lambda pick: (-round(pick.worth, 9), lot[pick.item_id]))
        del best[room:]
    return best


def room_for(box_minutes: int, minutes_each: int) -> int:
    """How many items fit the time box; at least one."""
    return max(1, box_minutes // max(1, minutes_each))


def cut_line(last_in: float | None, first_out: float | None) -> float | None:
    """The priority of a queue's cut: half-way between the last item that the next cycle holds and the first that it
    does not (that one's priority where it holds none); None where it holds all of them."""
    if first_out is None or last_in is None:
        return first_out
    return (last_in + first_out) / 2.0


def reasons(facts: Facts, said: Sayings) -> tuple[str, ...]:
    """Why an item is on the agenda, in words: "two scorers 3 levels apart on customer pain", "9 tickets since"."""
    found: list[str] = []
    if said.apart is not None and said.apart > 0:
        who = {2: "two scorers"}.get(said.people, f"{said.people} scorers")
        levels = f"{said.apart:g} level{'' if said.apart == 1 else 's'}"
        found.append(f"{who} {levels} apart on {said.apart_on.lower()}")
    elif said.apart is not None:
        found.append("scorers agree")
    elif said.certainty is not None:
        found.append(f"certainty {round(100 * said.certainty)}%, no second opinion")
    if facts.gap is None:
        found.append("it cannot be ranked yet")
    elif facts.fits_all:
        found.append("the next cycle holds its whole queue")
    else:
        found.append(f"{facts.gap:.1f} points from the cut line")
    if facts.stale_days is None:
        found.append("never rated by a person")
    elif facts.stale_days < 1:
        found.append("last rated today")
    else:
        days = int(facts.stale_days)
        found.append(f"last rated {days} day{'' if days == 1 else 's'} ago")
    total = sum(said.signals.values())
    if total:
        kind, most = max(said.signals.items(), key=lambda pair: (pair[1], pair[0]))
        word = kind.replace("_", " ") if most == total else "signal"
        since = " since" if facts.stale_days is not None else ""
        found.append(f"{total} {word}{'' if total == 1 else 's'}{since}")
    return tuple(found)


def sentence(parts: Iterable[str]) -> str:
    """The reasons as one sentence."""
    joined = "; ".join(parts)
    return f"{joined[:1].upper()}{joined[1:]}." if joined else ""
