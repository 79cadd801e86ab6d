"""The lines of a brief: checkable statements with numbers that never change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from backlog import positions
from backlog.models import Brief, BriefLine, Increment, Item, LineReference
from backlog.services import briefs, changes
from backlog.vocabulary import LineKind
from core import text
from core.errors import Conflict, Invalid, NotFound, Stale
from core.updating import update

MOST_LINES = 500


@transaction.atomic
def add_line(
    *,
    actor: Actor,
    brief: Brief,
    kind: str,
    statement: str,
    checked_how: str = "",
    now: datetime | None = None,
) -> BriefLine:
    """Add a checkable statement behind the others. Its number is the next one and stays its own for ever."""
    right = rights.require(actor, "brief.edit", brief.product)
    statement, checked_how = _words(statement, checked_how)
    if kind not in LineKind.values:
        raise Invalid("There is no such kind.", fields={"kind": ["Choose what it constrains."]})
    brief = briefs.locked(brief)
    last = brief.lines.order_by("-position").values_list("position", flat=True).first()
    if brief.lines_count >= MOST_LINES:
        raise Conflict(f"A brief holds at most {MOST_LINES} lines.", code="too_many_lines")
    brief.lines_count += 1
    line = BriefLine.objects.create(
        product=brief.product,
        brief=brief,
        number=brief.lines_count,
        kind=kind,
        text=statement,
        checked_how=checked_how,
        position=positions.between(last, None) or 0.0,
    )
    briefs.touch(brief, now, ["lines_count"])
    fields = {"line": (None, f"{line.key} {statement}")}
    _log(actor, brief, "brief.line_added", fields, right, now)
    return line


@transaction.atomic
def reword_line(
    *,
    actor: Actor,
    line: BriefLine,
    statement: str,
    checked_how: str = "",
    kind: str | None = None,
    revision: int | None = None,
    now: datetime | None = None,
) -> BriefLine:
    """Give a line other words. ``revision``: refuse when it was reworded since. Raises Stale, Invalid, Conflict."""
    right = rights.require(actor, "brief.edit", line.brief.product)
    statement, checked_how = _words(statement, checked_how)
    kind = kind or line.kind
    if kind not in LineKind.values:
        raise Invalid("There is no such kind.", fields={"kind": ["Choose what it constrains."]})
    brief = briefs.locked(line.brief)
    line = _standing(line, brief)
    if revision is not None and revision != line.revision:
        raise Stale(
            f"Somebody has reworded {line.key} meanwhile: it says “{line.text}” now. Nothing of yours was saved yet:"
            " look at it, then save again.",
            extra={"changed": {"text": {"is": line.text, "yours": statement}}},
        )
    old = (line.text, line.checked_how, line.kind)
    if old == (statement, checked_how, kind):
        return line
    line.text, line.checked_how, line.kind = statement, checked_how, kind
    line.revision += 1
    line.save(update_fields=["text", "checked_how", "kind", "revision"])
    briefs.touch(brief, now)
    fields = {"line": (f"{line.key} {old[0]}", f"{line.key} {statement}")}
    _log(actor, brief, "brief.line_reworded", fields, right, now)
    return line


@transaction.atomic
def move_line(
    *, actor: Actor, line: BriefLine, before: BriefLine | None, now: datetime | None = None
) -> BriefLine:
    """Put a line ahead of ``before``, or at the end of its kind. One row is written."""
    right = rights.require(actor, "brief.edit", line.brief.product)
    brief = briefs.locked(line.brief)
    line = _standing(line, brief)
    others = list(
        brief.lines.filter(removed_at=None, kind=line.kind)
        .exclude(pk=line.pk)
        .order_by("position", "pk")
    )
    place = next((at for at, each in enumerate(others) if before and each.pk == before.pk), None)
    if before is not None and place is None:
        raise Invalid("Choose a line of the same kind.", fields={"before": ["Not of this kind."]})
    place = len(others) if place is None else place
    position = positions.between(
        others[place - 1].position if place else None,
        others[place].position if place < len(others) else None,
    )
    if position is None:
        others.insert(place, line)
        for each, fresh in zip(others, positions.spread(len(others)), strict=True):
            each.position = fresh
        update(others, ["position"])
    else:
        line.position = position
        line.save(update_fields=["position"])
    briefs.touch(brief, now)
    fields = {"line": (None, f"{line.key} {line.text}")}
    _log(actor, brief, "brief.line_moved", fields, right, now)
    return line


@transaction.atomic
def remove_line(*, actor: Actor, line: BriefLine, now: datetime | None = None) -> BriefLine:
    """Take a line out. Its row and number stay: what pointed at it is confirmed again at the next sign-off."""
    right = rights.require(actor, "brief.edit", line.brief.product)
    brief = briefs.locked(line.brief)
    line = _standing(line, brief)
    line.removed_at = now or timezone.now()
    line.save(update_fields=["removed_at"])
    briefs.touch(brief, now)
    fields = {"line": (f"{line.key} {line.text}", None)}
    _log(actor, brief, "brief.line_removed", fields, right, now)
    return line


@transaction.atomic
def restore_line(*, actor: Actor, line: BriefLine, now: datetime | None = None) -> BriefLine:
    """Bring a removed line back under its number."""
    right = rights.require(actor, "brief.edit", line.brief.product)
    brief = briefs.locked(line.brief)
    if not brief.lines.filter(pk=line.pk, removed_at__isnull=False).update(removed_at=None):
        raise Conflict(f"{line.key} stands already.", code="not_removed")
    line.removed_at, line.brief = None, brief
    briefs.touch(brief, now)
    fields = {"line": (None, f"{line.key} {line.text}")}
    _log(actor, brief, "brief.line_restored", fields, right, now)
    return line


@transaction.atomic
def point(
    *,
    actor: Actor,
    line: BriefLine,
    item: Item | None = None,
    increment: Increment | None = None,
    now: datetime | None = None,
) -> LineReference:
    """Say that an item or an increment rests on a line of a brief that governs it. Twice is as once.

    Raises Invalid where the brief does not govern it, Conflict for a removed line, NotAllowed.
    """
    product = line.brief.product
    right = rights.require(actor, "increment.edit" if increment else "item.edit", product)
    target = increment.item if increment is not None else item
    if target is None or not target.governed_by.filter(brief=line.brief).exists():
        raise Invalid(
            f"{line.brief.key} does not govern this. Attach it to the brief first.",
            fields={"line": ["Choose a line of a brief that governs this."]},
        )
    if line.removed_at is not None:
        raise Conflict(f"{line.key} was removed from the brief.", code="line_removed")
    row, made = LineReference.objects.get_or_create(
        line=line,
        item=None if increment is not None else item,
        increment=increment,
        defaults={"product": product, "added_by": actor.user, "added_at": now or timezone.now()},
    )
    if made:
        subject = increment or target
        fields = {"rests_on": (None, line.key)}
        entry = changes.Entry("line.pointed", subject, target, fields, right=right)
        changes.record(actor=actor, product=product, entries=[entry], now=now)
    return row


@transaction.atomic
def unpoint(
    *,
    actor: Actor,
    line: BriefLine,
    item: Item | None = None,
    increment: Increment | None = None,
    now: datetime | None = None,
) -> None:
    """Take a pointer away. Raises NotFound when there is none."""
    product = line.brief.product
    right = rights.require(actor, "increment.edit" if increment else "item.edit", product)
    target = increment.item if increment is not None else item
    rows = LineReference.objects.filter(line=line, increment=increment)
    gone, _ = rows.filter(item=None if increment is not None else item).delete()
    if not gone or target is None:
        raise NotFound("It does not rest on this line.")
    fields = {"rests_on": (line.key, None)}
    entry = changes.Entry("line.unpointed", increment or target, target, fields, right=right)
    changes.record(actor=actor, product=product, entries=[entry], now=now)


def _words(statement: str, checked_how: str) -> tuple[str, str]:
    statement, checked_how = text.one_line(statement), text.one_line(checked_how)
    problems: dict[str, list[str]] = {}
    if not statement:
        problems["text"] = ["Write one statement that can be checked."]
    if len(statement) > 500:
        problems["text"] = [f"Use at most 500 characters; this has {len(statement)}."]
    if len(checked_how) > 300:
        problems["checked_how"] = [f"Use at most 300 characters; this has {len(checked_how)}."]
    if problems:
        raise Invalid("The line was not saved.", fields=problems)
    return statement, checked_how


def _standing(line: BriefLine, brief: Brief) -> BriefLine:
    found = brief.lines.filter(pk=line.pk, removed_at=None).first()
    if found is None:
        raise Conflict(
            f"{line.key} was removed meanwhile. Nothing of yours was saved: bring it back first.",
            code="line_removed",
        )
    found.brief = brief
    return found


def _log(
    actor: Actor,
    brief: Brief,
    verb: str,
    fields: Mapping[str, tuple[Any, Any]],
    right: str,
    now: datetime | None,
) -> None:
    entry = changes.Entry(verb, brief, fields=fields, right=right)
    changes.record(actor=actor, product=brief.product, entries=[entry], now=now)
