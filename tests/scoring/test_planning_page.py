"""The worked example of the playbook page on planning: the engine comes to the same."""

from __future__ import annotations

import re
from pathlib import Path

from scoring.portfolio import Candidate, Inputs, Terms, propose
from scoring.rubrics import QUEUES
from tests.scoring.test_playbook_page import pocket_calculator, table

PAGE = Path(__file__).parents[2] / "docs" / "playbook" / "planning.md"
EXAMPLE = PAGE.read_text(encoding="utf-8").split("## One product worked through")[1]


def asked() -> Inputs:
    terms = []
    for queue, share, promised, floor, debt in table(EXAMPLE, "queue"):
        assert float(share) * 40 == float(promised)
        terms.append(Terms(queue, float(share), float(floor) / 40, None, float(debt)))
    ranked: dict[str, list[Candidate]] = {name: [] for name in QUEUES}
    for _rank, key, queue, points, blocker in table(EXAMPLE, "rank"):
        name = queue.split(",")[0]
        ranked[name].append(
            Candidate(key, name, float(points), "act now" in queue, (blocker,) if blocker else ())
        )
    return Inputs(40, terms, ("enhancement", "stability", "strategic_bet"), ranked)


def test_the_engine_agrees_with_the_page() -> None:
    found = propose(asked())
    assert [(each.item.key, each.step) for each in found.chosen] == [
        ("H1", "urgent"),
        ("H2", "urgent"),
        ("S2", "share"),
        ("E1", "share"),
        ("E3", "share"),
        ("B1", "share"),
        ("S1", "share"),
        ("B2", "left_over"),
    ]
    charged = dict(
        zip((each.item.key for each in found.chosen), found.account.charged, strict=True)
    )
    assert charged["H2"] == {"hotfix": 1, "enhancement": 3}
    assert charged["B2"] == {"strategic_bet": 2, "left_over": 3}
    assert found.repaid["strategic_bet"] == 3
    assert found.account.free == 1
    [skipped] = found.skipped
    assert (skipped.item.key, skipped.code) == ("E2", "too_large")
    assert found.account.queue("enhancement").room == 13


def test_the_sums_of_the_page_are_right() -> None:
    for block in re.findall(r"```calc\n(.*?)```", EXAMPLE, re.DOTALL):
        for line in block.strip().splitlines():
            _label, sum_, result = (part.strip() for part in line.split(" = "))
            assert pocket_calculator(sum_) == float(result), line
