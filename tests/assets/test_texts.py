"""Texts taken apart: what each line is, and the parts that a review can hold to."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.texts import inline, parts, reading

FOUNTAIN = """Title: Ready in 9 minutes
Author: Mara

# Act one

INT. CONTROL ROOM - NIGHT

Rows of screens. [[cut?]]
MARA
(quietly)
It took *an hour*.

MARA
(quietly)
It took *an hour*.
\x20\x20
Now nine minutes. https://example.org/source

@McCoy
Aye.

> CUT TO:

.FLASHBACK

= Synopsis

~Sing along

The end is
> centred <
/* cut
all of this */
===
"""

MARKDOWN = """---
title: Module
---
# Learning goals

See [the guide](https://example.org/guide "Guide") and ![a picture](img/one.png).

Second
------

> Objectives

* one
1. two

~~~ {.bash}
$ git status # not a heading
~~~

| a | b |

[ref]: https://example.org/ref
"""


def kinds(text: str, media_type: str) -> list[tuple[str, str]]:
    lines = reading.lines(text.removesuffix("\n"))
    return list(zip(reading.kinds(lines, media_type), lines, strict=True))


def test_fountain_by_its_syntax() -> None:
    found = [kind for kind, line in kinds(FOUNTAIN, reading.FOUNTAIN) if line.strip()]
    assert found == [
        *("front", "front", "section", "scene", "action", "action", "action", "action"),
        *("character", "parenthetical", "dialogue", "dialogue"),
        *("character", "dialogue", "transition", "scene", "synopsis", "lyric"),
        *("action", "centred", "boneyard", "boneyard", "page"),
    ]


def test_markdown_by_its_blocks() -> None:
    found = [kind for kind, line in kinds(MARKDOWN, reading.MARKDOWN) if line.strip()]
    assert found == [
        *("front", "front", "front", "heading", "text", "heading", "heading", "quote"),
        *("item", "item", "code", "code", "code", "table", "reference"),
    ]


def test_a_title_page_that_is_indented_and_a_story_that_begins_with_a_colon() -> None:
    assert kinds("    Title: A\n    Author: B\n\nGo.", reading.FOUNTAIN)[0][0] == "front"
    assert kinds("She said: no\nand left.", reading.FOUNTAIN)[0][0] == "action"


def test_parts_hold_what_their_names_say() -> None:
    found = parts.split(MARKDOWN, reading.MARKDOWN)
    assert found["front"] == "---\ntitle: Module\n---\n"
    assert "# Learning goals" in found["headings"]
    assert "See [the guide] and ." in found["prose"]
    assert '(https://example.org/guide "Guide")' in found["links"]
    assert "![a picture](img/one.png)" in found["links"]
    assert "# not a heading" in found["prose"]
    script = parts.split(FOUNTAIN, reading.FOUNTAIN)
    assert "Aye." in script["dialogue"]
    assert "Rows of screens." in script["prose"]
    assert "https://example.org/source" in script["links"]


@pytest.mark.parametrize(
    ("text", "media_type"), [(FOUNTAIN, reading.FOUNTAIN), (MARKDOWN, reading.MARKDOWN)]
)
def test_a_letter_belongs_to_one_part(text: str, media_type: str) -> None:
    """Every letter but those that make a line what it is: one part changes with it, and no other."""
    before = parts.digests(text, media_type)
    seen = set()
    for at, letter in enumerate(text):
        if (
            letter not in "abdefgijklmnopqrsuvxyz"
        ):  # http, cut to, white space and marks make structure
            continue
        changed = parts.digests(text[:at] + "é" + text[at + 1 :], media_type)
        different = {name for name in before if before[name] != changed[name]}
        if len(different) != 1 and reading.kinds(reading.lines(text), media_type) == reading.kinds(
            reading.lines(text[:at] + "é" + text[at + 1 :]), media_type
        ):
            assert "links" in different, (text[at - 10 : at + 10], different)
            continue
        seen |= different
    assert seen == {"front", "headings", "dialogue", "prose", "links"} - (
        {"dialogue"} if media_type == reading.MARKDOWN else set()
    )


def test_line_ends_and_marks_belong_to_the_container() -> None:
    plain = FOUNTAIN.encode()
    for other in (
        b"\xef\xbb\xbf" + plain,
        plain.replace(b"\n", b"\r\n"),
        plain.replace(b"\n", b"\r"),
        plain.removesuffix(b"\n"),
    ):
        assert parts.digests(reading.decoded(other), reading.FOUNTAIN) == parts.digests(
            reading.decoded(plain), reading.FOUNTAIN
        )


@given(
    st.lists(
        st.sampled_from(
            "INT. A\nMARA\n\n(x)\n# B\nhttps://a.b/c\n> x TO:\n/*\n*/\n`\n[[\n---".split("\n")
        )
    )
)
def test_no_character_is_lost(lines: list[str]) -> None:
    text = "\n".join(lines)
    for media_type in (reading.FOUNTAIN, reading.MARKDOWN, reading.PLAIN):
        assert len(reading.kinds(lines, media_type)) == len(lines)
        assert set(reading.kinds(lines, media_type)) <= reading.KINDS
        kept = "".join(parts.split(text, media_type).values())
        assert sorted(kept.replace(" ", "").replace("\n", "")) == sorted(
            text.replace(" ", "").replace("\n", "")
        )
        for line, kind in zip(lines, reading.kinds(lines, media_type), strict=True):
            spans = inline.spans(line, kind, media_type, [(1, 3, "claim")])
            assert "".join(span.text for span in spans) == line


def test_a_hundred_thousand_marks_in_one_line_take_no_time() -> None:
    rng = random.Random(1)
    for mark in ("*", "_", "[", "(", "`", "![](", "<http://", "[["):
        line = "".join(mark + rng.choice("a *_") for _ in range(20_000))
        for media_type in (reading.FOUNTAIN, reading.MARKDOWN):
            inline.spans(line, "text", media_type)
            parts.split(line, media_type)


def test_one_more_speech_changes_what_is_said_and_nothing_else() -> None:
    """The blank line behind it is its own, not the prose's."""
    before = parts.digests("Rain.\n\nMARA\nYes.\n\nHe goes.", reading.FOUNTAIN)
    after = parts.digests("Rain.\n\nMARA\nYes.\n\nNURSE\nNo.\n\nHe goes.", reading.FOUNTAIN)
    assert {name for name in before if before[name] != after[name]} == {"dialogue"}
