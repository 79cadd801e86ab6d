"""Two at once, on PostgreSQL: numbers without gaps, and nobody signs what they did not read."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Max

from backlog.models import Brief, BriefLine, Increment
from backlog.services import brief_lines, brief_signing
from core.errors import Conflict, Stale
from tests.backlog.making import accepted
from tests.backlog.test_increment_rules import add, complete_brief
from tests.cast import Cast, build
from tests.together import together

pytestmark = pytest.mark.services

ROUNDS = 25


@pytest.fixture
def race_cast(transactional_db: None) -> Cast:
    return build()


def test_numbers_of_lines_and_increments_have_no_gaps(race_cast: Cast) -> None:
    cast = race_cast
    item = accepted(cast)
    brief = complete_brief(cast, item)

    def write(name: str) -> None:
        for n in range(5):
            brief_lines.add_line(
                actor=cast.actor(name), brief=brief, kind="brand", statement=f"{name} {n}"
            )
            add(cast, item, title=f"{name} {n}")

    names = ("owner", "contributor", "reviewer", "leadership")
    assert together([partial(write, name) for name in names]) == [None] * 4
    lines = BriefLine.objects.filter(brief=brief).order_by("number")
    assert list(lines.values_list("number", flat=True)) == list(range(1, 24))
    rows = Increment.objects.filter(item=item).order_by("number")
    assert list(rows.values_list("number", flat=True)) == list(range(1, 21))


def test_the_next_number_without_the_lock_is_given_twice(race_cast: Cast) -> None:
    """The control: who counts without holding the brief's row collides."""
    cast = race_cast
    brief = complete_brief(cast)
    counted = threading.Barrier(2)

    def naive() -> None:
        with transaction.atomic():
            last = brief.lines.aggregate(last=Max("number"))["last"]
            counted.wait(10)
            BriefLine.objects.create(
                product=cast.a, brief=brief, number=last + 1, kind="brand", text="T", position=1
            )

    ended = together([naive, naive])
    assert sum(isinstance(each, IntegrityError) for each in ended) == 1


def test_nobody_signs_words_that_they_did_not_read(race_cast: Cast) -> None:
    cast = race_cast
    brief = complete_brief(cast)
    signed = refused = 0
    for turn in range(ROUNDS):
        line = BriefLine.objects.select_related("brief").get(brief=brief, number=1)
        line.brief.product = cast.a
        brief_lines.reword_line(actor=cast.actor("owner"), line=line, statement=f"Read {turn}")
        read = Brief.objects.get(pk=brief.pk)
        line.refresh_from_db()
        line.brief.product = cast.a

        def sign(read: Brief = read, turn: int = turn) -> Any:
            read.product = cast.a
            return brief_signing.sign_off(
                actor=cast.actor("owner"), brief=read, reason=f"R{turn}", version=read.version
            )

        def reword(line: BriefLine = line, turn: int = turn) -> Any:
            return brief_lines.reword_line(
                actor=cast.actor("contributor"), line=line, statement=f"Unread {turn}"
            )

        first, second = together([sign, reword] if turn % 2 else [reword, sign])
        result = first if turn % 2 else second
        if isinstance(result, Stale):
            refused += 1
            continue
        assert not isinstance(result, Conflict | Exception), result
        signed += 1
        words = {each["number"]: each["text"] for each in result.content["lines"]}
        assert words[1] == f"Read {turn}"
    assert signed + refused == ROUNDS
