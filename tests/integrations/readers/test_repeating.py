"""What was chosen for one file, chosen again for the next."""

from typing import Any

import pytest

from integrations.readers.repeating import changed_again

BEFORE: dict[str, Any] = {
    "states": {"To Do": "triage", "Deploy": "in_review"},
    "queues": {"default": "enhancement", "by_type": {"Bug": "stability"}},
    "ratings": {"pain": {"default": 2}},
    "as_of": "2025-01-01",
}


@pytest.mark.parametrize(
    ("chosen", "proposed", "found"),
    [
        # left as it was proposed: follows the new file
        ({}, {"states": {"To Do": "accepted"}}, {"states": {"To Do": "accepted"}}),
        # changed: again
        (
            {"states": {"To Do": "triage", "Deploy": "done"}},
            {"states": {"To Do": "accepted", "Deploy": "in_review"}},
            {"states": {"To Do": "accepted", "Deploy": "done"}},
        ),
        # taken away: again; for a word that this file lacks: kept
        (
            {"states": {"To Do": "triage", "Closed": "done"}},
            {"states": {"Deploy": "in_review", "New": "triage"}},
            {"states": {"New": "triage", "Closed": "done"}},
        ),
        ({"ratings": None}, {"ratings": {"pain": {"default": 3}}}, {"ratings": None}),
        # of one file alone
        ({"as_of": "2025-02-02"}, {"as_of": "2025-03-03"}, {"as_of": "2025-03-03"}),
    ],
)
def test_differences_are_made_again(
    chosen: dict[str, Any], proposed: dict[str, Any], found: dict[str, Any]
) -> None:
    again = changed_again(BEFORE | proposed, BEFORE, BEFORE | chosen)
    assert again == BEFORE | found


def test_nothing_chosen_changes_nothing() -> None:
    assert changed_again(BEFORE, BEFORE, BEFORE) == BEFORE
