"""What moved and why, told item by item; nothing is left out or told twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.news import FOLDED, TOLD, Happening, Told, kinds, tell
from insights.words import plain

NAMES = {n: (f"ATLAS-{n}", f"Item {n}") for n in range(1, 60)}


def happened(pk: int, verb: str, item: int | None = 1, **fields: Any) -> Happening:
    reason, who = fields.pop("reason", ""), fields.pop("who", "Mara")
    return Happening(pk, verb, item, who, fields, reason)


def told(*happenings: Happening, limit: int = 20, moved: Mapping[int, str] | None = None) -> Told:
    """``moved`` as of the items that were asked about, and no others."""
    known = moved or {}

    def moves(ids: Sequence[int]) -> dict[int, str]:
        return {pk: known[pk] for pk in ids if pk in known}

    return tell(happenings, NAMES, limit=limit, everything="/all/", moves=moves)


def lines(found: Told) -> list[str]:
    return [
        plain(story.parts) + (f" Why: {story.why}" if story.why else "") for story in found.stories
    ]


def test_an_item_is_told_from_its_first_value_to_its_last() -> None:
    found = told(
        happened(
            1,
            "item.accepted",
            state=["triage", "accepted"],
            queue=[None, {"id": 2, "label": "Stability"}],
        ),
        happened(
            2,
            "item.started",
            state=["accepted", "in_progress"],
            started_at=[None, "2026-03-16T09:00:00+00:00"],
            who="Jo",
        ),
        happened(
            3,
            "item.moved",
            queue=[{"id": 2, "label": "Stability"}, {"id": 1, "label": "Hotfix"}],
            reason="It got worse.",
        ),
    )
    assert lines(found) == [
        "ATLAS-1 Item 1: queue Hotfix; state Triage → In progress (Mara and Jo). Why: It got worse"
    ]
    assert found.stories[0].changes == (1, 2, 3)
    assert found.stories[0].parts[0].url == "/items/ATLAS-1/"


def test_which_version_is_in_force_is_told() -> None:
    def put(pk: int, verb: str, version: int, before: int | None, now: int | None) -> Happening:
        fields = {"asset": [None, "Tour, script"], "version": [None, version]}
        return happened(pk, verb, pk, **fields, in_force=[before, now])

    found = told(
        put(1, "version.published", 1, None, 1),
        put(2, "version.published", 3, 2, 3),
        put(3, "version.unpublished", 3, 3, 2),
        put(4, "version.unpublished", 3, 3, None),
        put(5, "version.retired", 2, 3, 3),
        put(6, "version.unretired", 2, 3, 3),
        happened(7, "version.uploaded", 7, number=[None, 4]),
    )
    assert sorted(lines(found)) == [
        "ATLAS-1 Item 1: “Tour, script”: version 1 is in force (Mara).",
        "ATLAS-2 Item 2: “Tour, script”: version 3 is in force, in place of version 2 (Mara).",
        "ATLAS-3 Item 3: “Tour, script”: version 3 was taken back, version 2 is in force again (Mara).",
        "ATLAS-4 Item 4: “Tour, script”: version 3 was taken back, none is in force (Mara).",
        "ATLAS-5 Item 5: “Tour, script”: version 2 is retired (Mara).",
        "ATLAS-6 Item 6: “Tour, script”: version 2 may be used again (Mara).",
    ]
    assert found.folded_says == "Also 1 upload."


def test_there_and_back_is_said_as_such() -> None:
    found = told(
        happened(1, "item.edited", effort=[2.0, 5.0]),
        happened(2, "item.edited", effort=[5.0, 2.0]),
        happened(3, "item.edited", 2, description=["a", "b"]),
    )
    assert lines(found) == [
        "ATLAS-2 Item 2: description rewritten (Mara).",
        "ATLAS-1 Item 1: effort changed and changed back (Mara).",
    ]


@pytest.mark.parametrize(
    ("verb", "fields", "reason", "why"),
    [
        ("band.changed", {"band": ["next", "act_now"]}, "", "it rose"),
        ("item.edited", {"effort": [3.0, 8.0]}, "It is larger.", "It is larger; it rose"),
        ("adjustment.made", {"points": [None, 4.0]}, "Overheard", "Overheard; it rose"),
        (
            "item.edited",
            {"owner": [None, {"id": 1, "label": "Jo"}]},
            "She knows it",
            "She knows it",
        ),
    ],
)
def test_why_is_the_reason_and_how_the_priority_moved(
    verb: str, fields: dict[str, Any], reason: str, why: str
) -> None:
    found = told(happened(1, verb, reason=reason, **fields), moved={1: "it rose"})
    assert found.stories[0].why == why


def test_only_the_lines_that_are_told_are_asked_how_they_moved() -> None:
    rows = [happened(n, "band.changed", n, band=["later", "next"]) for n in range(1, 6)]
    moved = dict.fromkeys(range(1, 6), "it rose")
    assert [story.why for story in told(*rows, limit=2, moved=moved).stories] == ["it rose"] * 2


def test_words_for_what_is_no_field() -> None:
    found = told(
        happened(1, "criterion.added", criterion=[None, "Nine of ten finish"]),
        happened(
            2,
            "criterion.verified",
            2,
            criterion=[None, "Nine of ten finish"],
            met=[False, True],
            reason="Tested.",
        ),
        happened(3, "criterion.removed", 3, criterion=["Old one", None]),
        happened(
            4,
            "review.decided",
            4,
            stage=[None, "subject_matter"],
            verdict=[None, "approve"],
            review=["open", "approved"],
        ),
        happened(5, "adjustment.made", 5, points=[None, -4.0], reason="Overrated"),
        happened(6, "adjustment.ended", 6, points=[5.0, None]),
    )
    assert sorted(lines(found)) == [
        "ATLAS-1 Item 1: criterion added: “Nine of ten finish” (Mara).",
        "ATLAS-2 Item 2: criterion met: “Nine of ten finish” (Mara). Why: Tested",
        "ATLAS-3 Item 3: criterion removed: “Old one” (Mara).",
        "ATLAS-4 Item 4: review: approve in subject matter, approved in all stages (Mara).",
        "ATLAS-5 Item 5: -4 points by judgement (Mara). Why: Overrated",
        "ATLAS-6 Item 6: adjustment ended (Mara).",
    ]


def test_arrivals_are_one_line_and_what_became_of_them_another() -> None:
    rows = [happened(n, "item.created", n) for n in range(1, 6)]
    found = told(*rows, happened(9, "item.started", 2, state=["accepted", "in_progress"]))
    assert lines(found) == [
        "ATLAS-2 Item 2: new; state Accepted → In progress (Mara).",
        "5 items came in: ATLAS-5 Item 5, ATLAS-4 Item 4, ATLAS-3 Item 3 and 2 more.",
    ]
    imported = told(happened(1, "item.imported", 1))
    assert lines(imported) == ["1 item was brought in by an import: ATLAS-1 Item 1."]


def test_the_most_telling_comes_first_and_the_rest_is_counted_with_a_link() -> None:
    rows = [
        happened(1, "item.edited", 1, title=["a", "b"]),
        happened(2, "item.moved", 2, queue=[None, {"id": 1, "label": "Hotfix"}]),
        happened(3, "band.changed", 3, band=["later", "next"]),
        happened(4, "item.edited", 4, title=["a", "b"]),
        happened(5, "item.edited", 4, title=["b", "c"]),
    ]
    found = told(*rows, limit=2)
    assert [line.split(":")[0] for line in lines(found)] == ["ATLAS-3 Item 3", "ATLAS-2 Item 2"]
    assert found.rest
    assert plain(found.rest.parts) == "2 more items moved, in 3 changes."
    assert found.rest.parts[0].url == "/all/"
    assert found.changes == [1, 2, 3, 4, 5]


def test_talk_and_labels_are_folded_and_counted() -> None:
    found = told(
        happened(1, "comment.added"),
        happened(2, "comment.edited"),
        happened(3, "item.edited", labels=[[], [{"id": 1, "label": "player"}]]),
        happened(4, "version.uploaded"),
        happened(5, "rating.entered", reach=[None, {"level": 2}]),
        happened(6, "member.joined", None),
        happened(7, "item.edited", 999, title=["a", "b"]),
    )
    assert lines(found) == []
    assert found.folded_says == (
        "Also 1 rating or piece of evidence, 2 comments and notes, 1 change of labels or segments, 1 upload,"
        " 1 change on an item that is gone and 1 change to members, words or settings."
    )
    assert found.changes == list(range(1, 8))


def test_a_change_to_the_product_itself_is_told() -> None:
    found = told(
        happened(
            1,
            "queue.defined",
            None,
            share=[0.2, 0.25],
            definition=["a", "b"],
            reason="More upkeep.",
        )
    )
    assert lines(found) == ["Queue defined: share 0.2 → 0.25 (Mara). Why: More upkeep"]


VERBS = [
    ("item.created", {}),
    ("item.imported", {}),
    ("item.edited", {"title": ["a", "b"]}),
    ("item.edited", {"labels": [[], []]}),
    ("item.moved", {"queue": [None, {"id": 1, "label": "Hotfix"}]}),
    ("item.undone", {"state": ["done", "accepted"]}),
    ("item.merged", {"merged_into": [None, {"id": 4, "label": "x"}]}),
    ("band.changed", {"band": ["next", "later"]}),
    ("rating.entered", {"reach": [None, {"level": 1}]}),
    ("comment.added", {}),
    ("review.noted", {}),
    ("review.started", {}),
    ("version.published", {"version": [None, 2], "in_force": [1, 2]}),
    ("something.new", {"x": [1, 2]}),
]


@given(
    st.lists(
        st.tuples(st.sampled_from(VERBS), st.integers(1, 70) | st.none()),
        max_size=80,
    ),
    st.integers(0, 8),
)
def test_every_change_is_in_exactly_one_place(
    rows: list[tuple[tuple[str, Any], int | None]], limit: int
) -> None:
    happenings = [
        Happening(pk, verb, item, "Mara", fields, "")
        for pk, ((verb, fields), item) in enumerate(rows, 1)
    ]
    found = told(*happenings, limit=limit)
    assert found.changes == [each.id for each in happenings]
    items = [story for story in found.stories if story.parts[0].url.startswith("/items/")]
    assert len(items) <= limit
    assert all(set(kinds(each)) <= {*TOLD, *FOLDED, "arrival"} for each in happenings)
