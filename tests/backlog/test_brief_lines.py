"""Which lines of briefs hold for an item, and in which order."""

from __future__ import annotations

from backlog.brief_lines import boundaries, lines_for
from backlog.models import Brief, BriefLine
from backlog.services import brief_lines, briefs
from tests.backlog.making import accepted
from tests.cast import Cast


def brief_of(cast: Cast, *items: object, title: str = "The tour") -> Brief:
    return briefs.create_brief(
        actor=cast.actor("contributor"),
        product=cast.a,
        title=title,
        items=list(items),  # type: ignore[arg-type]
    )


def line(
    cast: Cast, brief: Brief, kind: str = "accuracy", words: str = "Prices are net"
) -> BriefLine:
    return brief_lines.add_line(
        actor=cast.actor("contributor"), brief=brief, kind=kind, statement=words
    )


def test_the_lines_of_a_draft_are_shown_and_marked(cast: Cast) -> None:
    item = accepted(cast)
    brief = brief_of(cast, item)
    line(cast, brief, "success", "Nine in ten finish")
    line(cast, brief, "regulatory", "No promise of returns")
    found = lines_for(item)
    assert [(each.key, each.kind, each.signed) for each in found] == [
        ("BR-1.2", "regulatory", False),
        ("BR-1.1", "success", False),
    ]
    assert boundaries(item) == {"regulatory", "success"}
    assert lines_for(accepted(cast)) == []


def test_what_is_pointed_at_comes_first(cast: Cast) -> None:
    item = accepted(cast)
    brief = brief_of(cast, item)
    line(cast, brief, "accuracy", "One")
    second = line(cast, brief, "accuracy", "Two")
    brief_lines.point(actor=cast.actor("contributor"), line=second, item=item)
    assert [(each.text, each.pointed) for each in lines_for(item)] == [
        ("Two", True),
        ("One", False),
    ]


def test_numbers_stay_when_lines_go_and_come_back(cast: Cast) -> None:
    brief = brief_of(cast)
    actor = cast.actor("contributor")
    first, second = line(cast, brief, words="One"), line(cast, brief, words="Two")
    brief_lines.remove_line(actor=actor, line=first)
    assert line(cast, brief, words="Three").number == 3
    brief_lines.restore_line(actor=actor, line=first)
    brief_lines.move_line(actor=actor, line=second, before=first)
    numbers = brief.lines.filter(removed_at=None).order_by("position", "pk")
    assert [each.number for each in numbers] == [2, 1, 3]
