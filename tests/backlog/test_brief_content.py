"""A brief as data: its digest, what is missing, and differences word by word."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from backlog.brief_content import FIELD_NAMES, differences, digest, missing, words_between

LINE = {"id": 1, "number": 1, "kind": "accuracy", "text": "Prices are net", "checked_how": ""}
WHOLE: dict[str, Any] = {
    "title": "The tour",
    **dict.fromkeys(FIELD_NAMES, "Something"),
    "owner": {"id": 1, "label": "Amara"},
    "items": [],
    "lines": [
        LINE,
        {**LINE, "id": 2, "number": 2, "kind": "brand"},
        {**LINE, "id": 3, "number": 3, "kind": "success"},
    ],
    "inputs": [
        {
            "id": 1,
            "function": "Legal",
            "person": None,
            "what": "The disclaimer",
            "due_on": None,
            "state": "received",
            "answer": "Here",
        }
    ],
    "signals": [
        {
            "metric": "completion",
            "name": "Completion",
            "unit": "%",
            "baseline": "61.0",
            "target": "80.0",
            "higher_is_better": True,
            "source": "Platform",
        }
    ],
}


def changed(**values: Any) -> dict[str, Any]:
    return {**deepcopy(WHOLE), **values}


def test_a_whole_brief_lacks_nothing_and_each_part_is_missed() -> None:
    assert missing(WHOLE) == []
    for name in FIELD_NAMES:
        assert len(missing(changed(**{name: "  "}))) == 1
    assert missing(changed(owner=None)) == ["Owner"]
    assert missing(changed(signals=[])) == ["A measurement signal"]
    unknown = changed(signals=[{**WHOLE["signals"][0], "baseline": None}])
    assert missing(unknown) == ["Baseline of Completion"]
    waiting = changed(inputs=[{**WHOLE["inputs"][0], "state": "outstanding"}])
    assert missing(waiting) == ["Input from Legal: The disclaimer"]
    assert len(missing(changed(lines=[], inputs=[]))) == 4


def test_the_digest_is_of_the_words_and_not_of_their_order_in_storage() -> None:
    assert digest(dict(reversed(list(WHOLE.items())))) == digest(WHOLE)
    assert digest(changed(title="The Tour")) != digest(WHOLE)
    assert digest(changed(lines=WHOLE["lines"][::-1])) != digest(WHOLE)


def test_a_line_is_known_by_its_number() -> None:
    after = changed(
        lines=[
            {**LINE, "text": "Prices are gross"},
            {**LINE, "id": 4, "number": 4, "text": "New"},
            WHOLE["lines"][2],
        ],
        audience="Somebody",
    )
    found = [(each.name, each.number, each.change) for each in differences(WHOLE, after)]
    assert found == [
        ("audience", None, "changed"),
        ("line", 1, "changed"),
        ("line", 2, "removed"),
        ("line", 4, "added"),
    ]
    assert differences(WHOLE, WHOLE) == []


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_pieces_spell_both_texts(before: str, after: str) -> None:
    pieces = words_between(before, after)
    assert "".join(each.text for each in pieces if each.mark != "new") == before
    assert "".join(each.text for each in pieces if each.mark != "gone") == after
