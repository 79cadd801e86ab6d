"""The proposal: by hand-worked examples, and held on random products against rules written down a second time."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from scoring.portfolio import (
    BEYOND,
    HOTFIX,
    LEFT_OVER,
    Candidate,
    Inputs,
    Proposal,
    Terms,
    account,
    propose,
)
from scoring.rubrics import QUEUES

ORDER = ("enhancement", "stability", "strategic_bet")
SHARES = {"hotfix": 0.15, "stability": 0.20, "enhancement": 0.40, "strategic_bet": 0.25}


def terms(**more: Mapping[str, object]) -> list[Terms]:
    return [
        replace(Terms(name, share, share / 2), **more.get(name, {}))  # type: ignore[arg-type]
        for name, share in SHARES.items()
    ]


def item(key: str, queue: str, points: float, *blockers: str, **rest: object) -> Candidate:
    return Candidate(key, queue, points, blockers=blockers, **rest)  # type: ignore[arg-type]


def inputs(
    *ranked: Candidate,
    capacity: float = 40,
    kept: Sequence[Candidate] = (),
    **more: Mapping[str, object],
) -> Inputs:
    by_queue = {name: [each for each in ranked if each.queue == name] for name in QUEUES}
    return Inputs(capacity, terms(**more), ORDER, by_queue, kept)


def keys(found: Proposal) -> list[str]:
    return [each.item.key for each in found.chosen]


def charged(found: Proposal) -> dict[str, dict[str, float]]:
    rows = zip(found.chosen, found.account.charged, strict=True)
    return {row.item.key: dict(charge) for row, charge in rows}


def reasons(found: Proposal) -> dict[str, str]:
    return {each.item.key: each.code for each in found.skipped}


# --- Examples ------------------------------------------------------------------------------------


def test_every_queue_fills_its_share_in_rank_order_with_what_fits() -> None:
    found = propose(
        inputs(
            item("E1", "enhancement", 8),
            item("E2", "enhancement", 13),
            item("E3", "enhancement", 8),
            item("S1", "stability", 5),
            item("B1", "strategic_bet", 10),
        )
    )
    assert keys(found) == ["S1", "E1", "E3", "B1"]
    assert reasons(found) == {"E2": "share_used"}
    assert found.account.free == 9


def test_urgent_work_borrows_in_order_and_stops_at_floors() -> None:
    urgent = [item(f"H{n}", HOTFIX, 5, act_now=True) for n in range(1, 8)]
    planned = [item("E1", "enhancement", 9), item("E2", "enhancement", 8)]
    others = [item("S1", "stability", 4), item("B1", "strategic_bet", 8)]
    found = propose(inputs(*urgent, *planned, *others))
    # 6 of its own, 8 of enhancement, 4 of stability, 5 of bets: 23 points, so four of five points each
    assert keys(found)[:4] == ["H1", "H2", "H3", "H4"]
    assert charged(found)["H2"] == {"hotfix": 1, "enhancement": 4}
    assert charged(found)["H3"] == {"enhancement": 4, "stability": 1}
    assert charged(found)["H4"] == {"stability": 3, "strategic_bet": 2}
    assert found.account.queue("enhancement").lent == 8
    assert keys(found)[4:] == ["S1", "E2", "B1"]  # in the 4, 8 and 8 points of room that are left
    assert reasons(found)["H5"] == "floor"
    below = next(each.below for each in found.skipped if each.item.key == "H5")
    assert below == {"enhancement": 2}


def test_a_decision_lets_urgent_work_go_below_a_floor() -> None:
    urgent = [item(f"H{n}", HOTFIX, 5, act_now=True) for n in range(1, 6)]
    given = propose(inputs(*urgent, enhancement={"below_floor": 2.0}))
    assert "H5" in keys(given)
    broken = given.account.queue("enhancement")
    assert (broken.broken, broken.undecided, broken.lent) == (2, 0, 10)
    assert broken.blamed == ("H2", "H3", "H4")


def test_urgent_work_takes_what_others_cannot_use_before_anybody_decides_about_floors() -> None:
    found = propose(inputs(*(item(f"H{n}", HOTFIX, 8, act_now=True) for n in range(5))))
    assert len(keys(found)) == 5
    assert not any(each.broken for each in found.account.queues)
    assert found.account.free == 0


def test_a_blocker_enters_before_what_it_blocks_also_from_another_queue() -> None:
    found = propose(
        inputs(
            item("S1", "stability", 3, "E1"),
            item("E2", "enhancement", 3, "E3"),
            item("E1", "enhancement", 3),
            item("E3", "enhancement", 3),
            item("E4", "enhancement", 1, "X9"),
        )
    )
    order = keys(found)
    assert order.index("E1") < order.index("S1")
    assert order.index("E3") < order.index("E2")
    assert reasons(found) == {"E4": "blocked"}
    assert found.skipped[0].by == ("X9",)


def test_what_is_left_goes_to_the_largest_debt_and_says_what_it_repays() -> None:
    found = propose(
        inputs(
            item("S1", "stability", 8),
            item("S2", "stability", 6),
            item("B1", "strategic_bet", 10),
            item("B2", "strategic_bet", 13),
            item("B3", "strategic_bet", 4),
            strategic_bet={"debt": 16.0},
            stability={"debt": 4.0},
        )
    )
    by_key = {each.item.key: each for each in found.chosen}
    assert by_key["B2"].step == "left_over"
    assert by_key["B2"].repays == 13
    assert charged(found)["B2"] == {LEFT_OVER: 13}
    # 3 points of debt are left to bets, 4 to stability, whose 6 points fit the 9 that are left
    assert by_key["S2"].repays == 4
    assert reasons(found) == {"B3": "share_used"}
    assert found.repaid["strategic_bet"] == 13


def test_limits_of_work_in_progress_hold_up_planned_work_and_not_urgent_work() -> None:
    found = propose(
        inputs(
            item("H1", HOTFIX, 1, act_now=True),
            item("H2", HOTFIX, 1, act_now=True),
            item("S1", "stability", 1),
            item("S2", "stability", 1),
            hotfix={"limit": 1},
            stability={"limit": 1},
        )
    )
    assert keys(found) == ["H1", "H2", "S1"]
    assert reasons(found) == {"S2": "limit"}


def test_unscored_items_wait_and_urgent_ones_by_policy_do_not() -> None:
    found = propose(
        inputs(
            item("H1", HOTFIX, 2, act_now=True, barred="unscored"),
            item("S1", "stability", 1, barred="unscored"),
        )
    )
    assert keys(found) == ["H1"]
    assert reasons(found) == {"S1": "unscored"}


def test_what_people_put_in_is_kept_and_its_floor_is_named() -> None:
    kept = [item("E1", "enhancement", 30)]
    found = propose(
        inputs(item("B1", "strategic_bet", 5), item("B2", "strategic_bet", 5), kept=kept)
    )
    assert keys(found) == ["E1", "B1", "B2"]
    assert found.account.queue("strategic_bet").broken == 0
    kept = [item("E1", "enhancement", 38)]
    broken = propose(inputs(item("B1", "strategic_bet", 5), kept=kept))
    assert keys(broken) == ["E1"]
    # bets wait with 5 points that fit their floor
    assert broken.account.queue("strategic_bet").undecided == 5


def test_taking_the_bets_out_breaks_their_floor_though_nobody_took_it() -> None:
    waiting = {"strategic_bet": [item("B1", "strategic_bet", 5)]}
    found = account(40, terms(), ORDER, [item("S1", "stability", 5)], waiting)
    assert found.queue("strategic_bet").broken == 5
    nothing_ready = account(40, terms(), ORDER, [item("S1", "stability", 5)], {})
    assert nothing_ready.queue("strategic_bet").broken == 0


def test_what_exceeds_the_capacity_is_nobodys() -> None:
    found = account(10, terms(), ORDER, [item("S1", "stability", 25)], {})
    assert found.charged[0] == {"stability": 2, LEFT_OVER: 8, BEYOND: 15}


def test_half_points_add_up() -> None:
    found = propose(inputs(*(item(f"S{n}", "stability", 0.1) for n in range(100)), capacity=4))
    assert found.account.queue("stability").planned == pytest.approx(4)
    assert found.account.planned <= 4 + 1e-9


# --- Random products against the rules -----------------------------------------------------------


def random_inputs(rng: random.Random) -> Inputs:
    capacity = rng.choice([0, 5, 13, 20, 40, 40, 80.5])
    weights = [rng.choice([0, 1, 2, 4]) + rng.random() for _ in QUEUES]
    whole = rng.choice([1.0, 1.0, 0.8])
    made = []
    for name, weight in zip(QUEUES, weights, strict=True):
        share = whole * weight / sum(weights)
        made.append(
            Terms(
                name,
                share,
                share * rng.choice([0, 0.5, 0.5, 1]),
                rng.choice([None, None, 1, 3]),
                rng.choice([0, 0, rng.random() * 20]),
                rng.choice([0, 0, 0, rng.random() * 5]),
            )
        )
    everything: list[Candidate] = []
    for number in range(rng.randint(0, 30)):
        earlier = [each.key for each in everything]
        blockers = rng.sample(earlier, min(len(earlier), rng.choice([0, 0, 0, 1, 2])))
        if rng.random() < 0.03:
            blockers = [*blockers, "X-1"]
        everything.append(
            Candidate(
                f"K-{number}",
                rng.choice(QUEUES),
                rng.choice([0, 0.5, 1, 2, 3, 3, 5, 8, 13]),
                rng.random() < 0.4,
                tuple(blockers),
                rng.choice(["", "", "", "", "unscored", "elsewhere"]),
            )
        )
    rng.shuffle(everything)
    kept = [
        each for each in everything if rng.random() < 0.1 and not each.barred and not each.blockers
    ]
    if rng.random() < 0.6:
        kept = []
    ranked = {
        name: [each for each in everything if each.queue == name and each not in kept]
        for name in QUEUES
    }
    order = [name for name in QUEUES if name != HOTFIX]
    rng.shuffle(order)
    return Inputs(capacity, made, order[: rng.randint(0, 3)], ranked, kept)


def broken_rules(asked: Inputs, found: Proposal) -> list[str]:
    """What of scoring.md 6 the proposal breaks; written without looking at the engine's way."""
    wrong = []
    by_name = {each.queue: each for each in asked.terms}
    fixed = sum(each.points for each in asked.kept)
    rows = [each.item for each in found.chosen]
    total = sum(each.points for each in rows)
    if total > max(asked.capacity, fixed) + 1e-6:
        wrong.append("over the capacity")
    inside: set[str] = {each.key for each in asked.kept}
    for each in found.chosen:
        if each.step != "kept" and not set(each.item.blockers) <= inside:
            wrong.append(f"{each.item.key} is blocked")
        inside.add(each.item.key)
    everything = {each.key for name in QUEUES for each in asked.ranked.get(name, ())}
    everything |= {each.key for each in asked.kept}
    if sorted([*inside, *(each.item.key for each in found.skipped)]) != sorted(everything):
        wrong.append("an item is missing or there twice")
    if any(each.item.barred and not each.item.urgent for each in found.chosen):
        wrong.append("something barred is in")
    lent = dict.fromkeys(QUEUES, 0.0)
    for row, charge in zip(rows, found.account.charged, strict=True):
        if abs(sum(charge.values()) - row.points) > 1e-6 or min(charge.values(), default=0) < 0:
            wrong.append(f"{row.key} is not charged in full")
        for source, part in charge.items():
            if source in QUEUES and source != row.queue:
                lent[source] += part
    if not asked.kept:
        for name, part in lent.items():
            term = by_name[name]
            may = (term.share - term.floor) * asked.capacity + term.below_floor
            if part > max(0.0, may) + 1e-6:
                wrong.append(f"the floor of {name} is broken without a decision")
        if any(each.undecided for each in found.account.queues):
            wrong.append("the account says that a floor is broken")
    wrong += unfilled(asked, found)
    if min(found.repaid.values()) < 0 or any(
        found.repaid[name] > by_name[name].debt + 1e-6 for name in QUEUES
    ):
        wrong.append("more is repaid than was owed")
    return wrong


def unfilled(asked: Inputs, found: Proposal) -> list[str]:
    """Greed: nothing that could still enter is left out, and nothing entered a share while a better one fitted."""
    wrong = []
    by_name = {each.queue: each for each in asked.terms}
    inside: set[str] = set()
    count = dict.fromkeys(QUEUES, 0)
    total = 0.0
    rank = {
        each.key: place for name in QUEUES for place, each in enumerate(asked.ranked.get(name, ()))
    }
    left = {name: list(asked.ranked.get(name, ())) for name in QUEUES}

    def could(each: Candidate, room: float) -> bool:
        limit = by_name[each.queue].limit
        return (
            not each.barred
            and set(each.blockers) <= inside
            and (limit is None or count[each.queue] < limit)
            and each.points <= room + 1e-12
        )

    for chosen in found.chosen:
        each = chosen.item
        if chosen.step in ("share", "left_over"):
            better = [
                other
                for other in left[each.queue]
                if rank[other.key] < rank[each.key] and could(other, each.points)
            ]
            if better:
                wrong.append(f"{better[0].key} stands above {each.key} and fitted as well")
        if chosen.step != "kept":
            left[each.queue].remove(each)
        inside.add(each.key)
        count[each.queue] += 1
        total += each.points
    free = asked.capacity - total
    wrong += [
        f"{each.key} could enter what is left"
        for name in QUEUES
        for each in left[name]
        if could(each, free - 1e-6) and free > 1e-6
    ]
    return wrong


def check_products(seeds: range) -> None:
    for seed in seeds:
        asked = random_inputs(random.Random(seed))
        found = propose(asked)
        assert not broken_rules(asked, found), (seed, broken_rules(asked, found))
        assert propose(asked) == found


def test_random_products_keep_every_rule() -> None:
    check_products(range(300))


@pytest.mark.slow
def test_ten_thousand_random_products_keep_every_rule() -> None:
    check_products(range(10_000))


def test_the_checker_sees_a_broken_rule() -> None:
    asked = inputs(item("B1", "strategic_bet", 5), item("E1", "enhancement", 5, "B1"))
    found = propose(asked)
    assert not broken_rules(asked, found)
    assert broken_rules(replace(asked, capacity=4), found)
    backwards = replace(found, chosen=list(reversed(found.chosen)))
    assert any("blocked" in each for each in broken_rules(asked, backwards))
    lazy = replace(found, chosen=[], account=replace(found.account, charged=[]))
    assert broken_rules(asked, lazy)
