"""Differences of texts, against a slow reference; segments and claims that are followed by them."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from assets.texts import claims, differences, segments

few = st.lists(st.sampled_from("abcd"), max_size=14)


def common(old: list[str], new: list[str]) -> int:
    """Length of the longest common subsequence, by the table of Wagner and Fischer."""
    table = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, one in enumerate(old):
        for j, other in enumerate(new):
            table[i + 1][j + 1] = (
                table[i][j] + 1 if one == other else max(table[i][j + 1], table[i + 1][j])
            )
    return table[-1][-1]


def covers(old: list[str], new: list[str], found: list[differences.Stretch]) -> None:
    assert [line for each in found for line in old[each.a : each.b]] == old
    assert [line for each in found for line in new[each.c : each.d]] == new
    assert all(old[each.a : each.b] == new[each.c : each.d] for each in found if each.same)


@given(few, few)
def test_no_shorter_difference_exists(old: list[str], new: list[str]) -> None:
    found = differences.stretches(old, new)
    covers(old, new, found)
    assert sum(each.b - each.a for each in found if each.same) == common(old, new)


@given(few, few)
def test_beyond_the_bounds_it_is_still_right(old: list[str], new: list[str]) -> None:
    covers(old, new, differences.stretches(old, new, most=1))


@given(st.text(alphabet="ab c.\n", max_size=40), st.text(alphabet="ab c.\n", max_size=40))
def test_rows_hold_both_texts(old: str, new: str) -> None:
    before, after = old.split("\n"), new.split("\n")
    rows = differences.rows(before, after)
    assert ["".join(p.text for p in row.old) for row in rows if row.old_number] == before
    assert ["".join(p.text for p in row.new) for row in rows if row.new_number] == after
    assert [row.old_number for row in rows if row.old_number] == list(range(1, len(before) + 1))
    assert [row.new_number for row in rows if row.new_number] == list(range(1, len(after) + 1))
    for row in rows:
        if row.kind == "same":
            assert row.old == row.new


def test_words_that_changed_are_marked() -> None:
    old, new = differences.words("It took an hour, always.", "It takes nine minutes, always.")
    assert [(each.text, each.changed) for each in new] == [
        ("It ", False),
        ("takes nine minutes", True),
        (", always.", False),
    ]
    assert "".join(each.text for each in old) == "It took an hour, always."


def test_a_line_stands_beside_what_it_became() -> None:
    rows = differences.rows(
        ["one", "Mara reads the label twice.", "end"],
        ["one", "Something new.", "Mara reads the label once.", "end"],
    )
    assert [(row.kind, row.old_number, row.new_number) for row in rows] == [
        ("same", 1, 1),
        ("added", None, 2),
        ("changed", 2, 3),
        ("same", 3, 4),
    ]


def test_five_thousand_lines_take_a_bounded_number_of_steps() -> None:
    """Of whatever kind: the steps are counted, not the time."""
    rng = random.Random(5)
    lines = [f"line {at} of the script" for at in range(5000)]
    for old, new in (
        (["a", "b"] * 2500, ["b", "a", "a"] * 1666),
        ([rng.choice("ab") for _ in lines], [rng.choice("ab") for _ in lines]),
        (lines, rng.sample(lines, len(lines))),
        (lines, [f"other {line}" for line in lines]),
        (lines, [f"{line}!" if at % 3 else line for at, line in enumerate(lines)]),
    ):
        budget = [differences.MOST_STEPS]
        list(
            differences._matches(old, new, 0, len(old), 0, len(new), differences.MOST_EDITS, budget)
        )
        assert budget[0] > -3 * differences.MOST_EDITS
        covers(old, new, differences.stretches(old, new))


def test_what_did_not_change_is_folded() -> None:
    lines = [str(at) for at in range(40)]
    found = differences.hunks(differences.rows(lines, [*lines[:20], "new", *lines[20:]]))
    assert [(each.folded, len(each.rows), each.folded_from) for each in found] == [
        (17, 7, 0),
        (17, 0, 24),
    ]
    assert differences.hunks(differences.rows(lines, lines)) == [differences.Hunk(40, (), 0)]


SCRIPT = (
    "INT. QUAY - NIGHT\n\nRain.\n\nINT. OFFICE - DAY\n\nMara counts.\n\nEXT. GATE - DAY\n\nA horn."
)


def keys(versions: list[str]) -> list[list[int]]:
    """The keys of the segments of each version, as they would be written."""
    found: list[list[int]] = []
    known: list[segments.Known] = []
    highest = 0
    for text in versions:
        now = segments.split(text, "text/fountain")
        mine = segments.aligned(known, now, highest + 1)
        highest = max([highest, *mine])
        known = [
            segments.Known(key, each.label, each.text, each.sha256)
            for key, each in zip(mine, now, strict=True)
        ]
        found.append(mine)
    return found


def test_segments_keep_their_keys() -> None:
    moved = "\n\n".join(SCRIPT.split("\n\nEXT. ")[::-1]).replace("GATE", "EXT. GATE", 1)
    assert keys(
        [
            SCRIPT,
            SCRIPT.replace("Rain.", "Snow, at last."),  # its heading tells
            moved,
            SCRIPT.replace("INT. OFFICE - DAY", "INT. COUNTER - DAY"),  # its words tell
            SCRIPT.replace("EXT. GATE", "EXT. ROOF - DUSK\n\nNobody at all here.\n\nEXT. GATE"),
            "INT. QUAY - NIGHT\n\nRain.\n\nINT. CELLAR - NIGHT\n\nDust everywhere.",
        ]
    ) == [[1, 2, 3], [1, 2, 3], [3, 1, 2], [1, 2, 3], [1, 2, 4, 3], [1, 5]]


@given(st.text(alphabet="# aB.\n", max_size=60))
def test_segments_cover_every_line(text: str) -> None:
    for media_type in ("text/fountain", "text/markdown", "text/plain"):
        found = segments.split(text, media_type)
        lines = text.split("\n") if text else []
        assert [n for each in found for n in range(each.first, each.last + 1)] == list(
            range(1, len(lines) + 1)
        )


OLD = "Title\n\nIt takes nine minutes to clear the ward. Nobody waits.\nRain falls. The lamp holds 40 hours."


def follow(words: str, new: str) -> tuple[str, bool]:
    line = OLD.count("\n", 0, OLD.index(words)) + 1
    found = claims.Follower(OLD, new).follow(words, line)
    return (found.place.text if found.place else "", found.same)


def test_claims_are_found_again() -> None:
    words = "It takes nine minutes to clear the ward."
    assert follow(words, "New first line\n" + OLD) == (words, True)
    assert follow(words, OLD.replace("nine", "twelve")) == (words.replace("nine", "twelve"), False)
    assert follow(words, OLD.replace(words, "Clearing is quick.")) == ("", False)
    assert follow(
        "nine minutes", OLD.replace("nine minutes to", "nine minutes, not an hour, to")
    ) == (
        "nine minutes",
        True,
    )
    assert follow("The lamp holds 40 hours.", OLD.replace("40", "4")) == (
        "The lamp holds 4 hours.",
        False,
    )
    assert follow("Nobody waits.", OLD.replace("Nobody waits", "Our guests say nobody waits"))[
        0
    ] in (
        "",
        "Our guests say nobody waits.",
    )
    # of two places with the same words, the one that it stood at
    twice = OLD.replace("Rain falls.", "Rain falls. Nobody waits.") + "\nNobody waits."
    found = claims.Follower(OLD, twice).follow("Nobody waits.", 3)
    assert found.place is not None
    assert found.place.first_line == 3
    # not within a longer word
    assert follow("Rain", OLD.replace("Rain falls", "Rainfall"))[1] is False


@given(st.text(alphabet="ab .\n", min_size=1, max_size=50), st.data())
def test_a_place_is_where_its_words_are(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(0, len(text)))
    try:
        place = claims.at(text, start, end)
    except ValueError:
        assert not text[start:end].strip()
        return
    assert text[place.start : place.end] == place.text == text[start:end].strip()
    assert text.split("\n")[place.first_line - 1 : place.last_line]
    assert text.count("\n", 0, place.start) == place.first_line - 1
