"""Groups of signals against a slow reference; what people would group is grouped; real incidents."""

from __future__ import annotations

import csv
import math
import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from scoring import grouping
from scoring.grouping import Group, Loose, groups
from tests.shared_data import shared

AT = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def loose(notes: list[str], kind: str = "support_ticket", segment: str = "") -> list[Loose]:
    start = AT - len(notes) * DAY
    return [
        Loose(place, kind, segment, note, 1.0, start + place * DAY)
        for place, note in enumerate(notes)
    ]


def slow(signals: list[Loose], threshold: float) -> list[set[int]]:
    """Leader clustering by dictionaries: every pair is compared, in plain Python."""
    rows = [
        {name: weight for name, (weight, _) in grouping._terms(each).items()} for each in signals
    ]
    holders = Counter(name for row in rows for name in row)
    if len(rows) >= 20:
        rows = [
            {n: w for n, w in row.items() if ":" in n or holders[n] <= 0.6 * len(rows)}
            for row in rows
        ]
    vectors = []
    for row in rows:
        weighed = {
            name: weight * (math.log((1 + len(rows)) / (1 + holders[name])) + 1)
            for name, weight in row.items()
        }
        length = math.sqrt(math.fsum(each**2 for each in weighed.values()))
        vectors.append({name: each / length for name, each in weighed.items()})
    leaders: dict[int, set[int]] = {}
    for place, vector in enumerate(vectors):
        alike = {
            leader: math.fsum(
                vector[n] * vectors[leader][n] for n in vector.keys() & vectors[leader].keys()
            )
            for leader in leaders
        }
        best = max(alike.values(), default=0.0)
        if best >= threshold - 1e-9:
            first = next(leader for leader, each in alike.items() if each >= best - 1e-9)
            leaders[first].add(place)
        else:
            leaders[place] = {place}
    return list(leaders.values())


def as_sets(found: list[Group]) -> set[frozenset[int]]:
    return {frozenset(group.members) for group in found}


@pytest.mark.parametrize("seed", range(12))
def test_the_groups_are_those_of_the_slow_way(seed: int) -> None:
    dice = random.Random(seed)
    words = [
        f"{a}{b}"
        for a in "export player caption quiz login invoice".split()
        for b in ("", "s", " 7", "ing")
    ]
    signals = [
        Loose(
            place,
            dice.choice(["support_ticket", "incident"]),
            dice.choice(["", "Schools"]),
            " ".join(dice.choices(words, k=dice.randrange(6))),
            dice.random(),
            AT - dice.randrange(90) * DAY,
        )
        for place in range(dice.choice([3, 15, 120]))
    ]
    for threshold in (0.2, grouping.THRESHOLD, 0.8):
        wanted = {frozenset(each) for each in slow(signals, threshold)}
        assert as_sets(groups(signals, AT, threshold=threshold)) == wanted
    assert groups(signals, AT) == groups(signals, AT)


PAINS = [
    "Export of a large course freezes at 80 percent",
    "Player forgets where I stopped after a break",
    "The export freezes on a big course",
    "Captions are too small on phones",
    "Exporting courses: it hangs, freezes at 80%",
    "After a break the player starts at zero again",
    "Captions unreadable on a phone",
    "Invoice has the wrong VAT number",
    "Cannot read captions on my phone",
]


def test_what_says_the_same_is_together_and_named() -> None:
    found = groups(loose(PAINS), AT)
    assert [sorted(group.members) for group in found] == [[3, 6, 8], [0, 2, 4], [1, 5], [7]]
    assert found[0].label.startswith("captions, phone")
    assert "export" in found[1].label
    assert found[0].sums == {"support_ticket": 3.0}
    assert found[0].example in found[0].members
    assert (found[0].first_seen, found[0].last_seen) == (AT - 6 * DAY, AT - DAY)


def test_growth_is_the_last_month_against_the_one_before() -> None:
    days = [70, 55, 40, 29, 10, 3, 1]
    signals = [
        Loose(n, "incident", "", "The same", 2, AT - day * DAY) for n, day in enumerate(days)
    ]
    (group,) = groups(signals, AT)
    assert (group.recent, group.earlier, group.growth) == (4, 2, 2)
    assert group.sums == {"incident": 14}


def test_without_words_kind_and_segment_group() -> None:
    signals = [
        *loose(["", ""], "affected_users", "Schools"),
        *loose(["", ""], "affected_users", "Ports"),
        *loose([""], "incident", "Schools"),
    ]
    found = groups(signals, AT)
    assert sorted(len(group) for group in found) == [1, 2, 2]
    assert {group.label for group in found} >= {"affected users, Schools", "affected users, Ports"}


def test_other_scripts_group_too() -> None:
    notes = [
        "導出課程時凍結",
        "課程導出凍結了",
        "字幕太小",
        "Экспорт курса зависает",
        "Зависает экспорт курсов",
    ]
    found = groups(loose(notes), AT)
    assert {0, 1} in [set(group.members) for group in found]
    assert {3, 4} in [set(group.members) for group in found]


def test_nothing_gives_nothing() -> None:
    assert groups([], AT) == []


def test_real_incidents_group_by_what_broke() -> None:
    """445 incidents of a service desk: nearly all of a group share a category."""
    path = shared("evidence", "service_desk_incident_event_log.csv")
    with path.open(encoding="utf-8") as lines:
        rows = {row["number"]: row for row in reversed(list(csv.DictReader(lines)))}
    signals = [
        Loose(
            place,
            "incident",
            "",
            f"{row['category']}, {row['subcategory']}, {row['u_symptom']}",
            1,
            AT,
        )
        for place, row in enumerate(rows.values())
    ]
    found = groups(signals, AT)
    assert as_sets(found) == {frozenset(each) for each in slow(signals, grouping.THRESHOLD)}
    categories = [row["category"] for row in rows.values()]
    large = [group for group in found if len(group) >= 10]
    assert len(large) >= 10
    same = sum(
        Counter(categories[at] for at in group.members).most_common(1)[0][1] for group in large
    )
    assert same / sum(len(group) for group in large) > 0.8


@pytest.mark.slow
def test_ten_thousand_in_three_seconds() -> None:
    """The worst case: words drawn so that hardly two signals are alike, and nearly each leads."""
    dice = random.Random(1)
    words = ["".join(dice.choices("abcdefghijklmnop", k=dice.randint(4, 9))) for _ in range(3000)]
    weights = [1 / (place + 3) for place in range(3000)]
    signals = [
        Loose(
            n, "incident", "", " ".join(dice.choices(words, weights, k=dice.randint(4, 20))), 1, AT
        )
        for n in range(10_000)
    ]
    began = time.process_time()
    groups(signals, AT)
    assert time.process_time() - began < 3
