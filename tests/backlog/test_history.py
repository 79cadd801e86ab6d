"""Histories in words: what a row of the change log says to people."""

from __future__ import annotations

from typing import Any

import pytest

from backlog.history import entry, sentence
from backlog.models import Change


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        (
            "customer_pain",
            {"level": 3.0, "certainty": "guess"},
            {"level": 4.5, "certainty": "certain"},
            "customer pain 3 (guess) → 4.5 (certain)",
        ),
        (
            "trust",
            None,
            {"level": 4.0, "certainty": "informed"},
            "trust 4 (informed)",
        ),
        ("sha256", None, "0123456789abcdef" * 4, "sha256 0123456789ab…"),
        ("review", "open", "changes_requested", "review open → changes requested"),
        ("effort", 3.0, 5.5, "effort 3 → 5.5"),
        (
            "link",
            None,
            {"kind": "part_of", "source": {"label": "A-1"}, "target": {"label": "A-2"}},
            "A-1 is part of A-2",
        ),
    ],
)
def test_a_change_is_said_in_words(name: str, before: Any, after: Any, said: str) -> None:
    assert sentence(name, before, after) == said


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("next", "act_now", "moved it up from Next to Act now"),
        ("act_now", "later", "moved it down from Act now to Later"),
        ("", "next", "put it into Next"),
        ("next", "", "took it out of Next: it has no priority any more"),
    ],
)
def test_a_change_of_band_is_said_in_a_sentence(before: str, after: str, said: str) -> None:
    change = Change(
        verb="band.changed", fields={"band": [before, after]}, actor_name="Ballast", channel="task"
    )
    assert entry(change)["text"] == said
