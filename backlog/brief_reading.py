"""Reads of briefs: their content as data, the list, one page of a brief, versions, what waits for whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.actors import Actor
from accounts.models import Product, User
from backlog.brief_content import FIELD_NAMES, Content, digest
from backlog.brief_lines import ORDER
from backlog.models import (
    Brief,
    BriefInput,
    BriefItem,
    BriefLine,
    BriefVersion,
    Confirmation,
    Increment,
    Item,
    LineReference,
)
from backlog.search import words_of
from backlog.vocabulary import BriefState, ConfirmationState, InputState
from core import keyset


def content_of(brief: Brief) -> dict[str, Any]:
    """The brief as it stands now, as plain data in the shape that ``backlog.brief_content`` describes. Five queries."""
    signals = brief.signals.order_by("position", "pk")
    inputs = brief.inputs.select_related("person").order_by("pk")
    return {
        "title": brief.title,
        **{name: getattr(brief, name) for name in FIELD_NAMES},
        "owner": _person(brief.owner),
        "items": [
            {"id": row.item_id, "label": f"{brief.product.key}-{row.item.number}"}
            for row in brief.governed.select_related("item").order_by("item__number")
        ],
        "lines": [
            {
                "id": line.pk,
                "number": line.number,
                "kind": line.kind,
                "text": line.text,
                "checked_how": line.checked_how,
            }
            for line in lines_of(brief)
        ],
        "inputs": [
            {
                "id": each.pk,
                "function": each.function,
                "person": _person(each.person),
                "what": each.what,
                "due_on": each.due_on.isoformat() if each.due_on else None,
                "state": each.state,
                "answer": each.answer,
            }
            for each in inputs
        ],
        "signals": [
            {
                "metric": each.metric,
                "name": each.name,
                "unit": each.unit,
                "baseline": None if each.baseline is None else repr(each.baseline),
                "target": repr(each.target),
                "higher_is_better": each.higher_is_better,
                "source": each.source,
            }
            for each in signals
        ],
    }


def _person(user: User | None) -> dict[str, Any] | None:
    return {"id": user.pk, "label": str(user)} if user else None


def lines_of(brief: Brief) -> list[BriefLine]:
    """The lines that stand, kind by kind, in the order people gave them. One query."""
    rows = brief.lines.filter(removed_at=None).order_by("position", "pk")
    found = sorted(rows, key=lambda line: ORDER[line.kind])
    for line in found:
        line.brief = brief
    return found


def version_of(brief: Brief, number: int) -> BriefVersion | None:
    return brief.versions.select_related("made_by", "signed_by").filter(number=number).first()


def signed_content(brief: Brief) -> Content | None:
    """The content of the version that holds; None before the first sign-off. One query."""
    if brief.signed_version is None:
        return None
    found = brief.versions.filter(number=brief.signed_version).values_list("content", flat=True)
    content: Content = found.get()
    return content


@dataclass
class BriefRow:
    """A brief in the list. ``outstanding``: inputs that have not come; ``waiting``: confirmations."""

    brief: Brief
    outstanding: int
    governed: int
    waiting: int


def brief_page(
    rows: QuerySet[Brief], *, cursor: str | None, size: int = 50
) -> tuple[list[BriefRow], str | None]:
    """Briefs, the latest change first, with their counts, and the cursor of what follows. Four queries.

    Raises Invalid for a cursor that is not ours.
    """
    rows = rows.order_by("-updated_at", "-pk")
    if cursor:
        columns = ["backlog_brief.updated_at", "backlog_brief.id"]
        rows = keyset.before(rows, columns, keyset.instant_and_id(cursor))
    found = list(rows[: size + 1])
    last = found[size - 1] if len(found) > size else None
    found = found[:size]
    ids = [brief.pk for brief in found]
    outstanding = _counted(BriefInput.objects.filter(brief__in=ids, state=InputState.OUTSTANDING))
    governed = _counted(BriefItem.objects.filter(brief__in=ids))
    waiting = _counted(Confirmation.objects.filter(brief__in=ids, state=ConfirmationState.WAITING))
    listed = [
        BriefRow(
            brief, outstanding.get(brief.pk, 0), governed.get(brief.pk, 0), waiting.get(brief.pk, 0)
        )
        for brief in found
    ]
    return listed, keyset.encode([last.updated_at, last.pk]) if last is not None else None


def _counted(rows: QuerySet[Any]) -> dict[int, int]:
    counted = rows.order_by().values("brief").annotate(n=Count("pk"))
    return {row["brief"]: row["n"] for row in counted}


def matching(rows: QuerySet[Brief], query: str) -> QuerySet[Brief]:
    """Briefs whose title, a field or a standing line holds every word of ``query``, or whose key it is."""
    bare = query.strip().upper().removeprefix("BR-")
    if bare.isdecimal() and len(bare) < 10 and query.strip().upper().startswith("BR-"):
        return rows.filter(number=int(bare))
    for word in words_of(query):
        somewhere = Q(title__icontains=word)
        for name in FIELD_NAMES:
            somewhere |= Q(**{f"{name}__icontains": word})
        line = BriefLine.objects.filter(brief=OuterRef("pk"), removed_at=None, text__icontains=word)
        rows = rows.filter(somewhere | Exists(line))
    return rows if words_of(query) or not query.strip() else rows.none()


@dataclass
class Pointers:
    """What points at a line: items and increments."""

    items: list[Item] = field(default_factory=list)
    increments: list[Increment] = field(default_factory=list)


def pointers_of(lines: Iterable[BriefLine]) -> dict[int, Pointers]:
    """By line id, what rests on it. One query."""
    found: dict[int, Pointers] = defaultdict(Pointers)
    rows = LineReference.objects.filter(line__in=list(lines)).select_related(
        "item__product", "increment__item__product"
    )
    for row in rows.order_by("pk"):
        if row.item is not None:
            found[row.line_id].items.append(row.item)
        elif row.increment is not None:
            found[row.line_id].increments.append(row.increment)
    return found


def waiting_confirmations(rows: QuerySet[Confirmation], size: int = 100) -> list[Confirmation]:
    """Of ``rows``, what waits, the oldest first, with what a line of a list shows. One query."""
    rows = rows.filter(state=ConfirmationState.WAITING)
    rows = rows.select_related("product", "brief", "line", "item", "increment")
    found = list(rows.order_by("raised_at", "pk")[:size])
    for each in found:
        each.item.product = each.product
        if each.increment is not None:
            each.increment.item = each.item
    return found


def settled_confirmations(brief: Brief, size: int = 50) -> list[Confirmation]:
    """What was confirmed or sent back for work, the newest first. One query."""
    rows = brief.confirmations.exclude(state=ConfirmationState.WAITING)
    rows = rows.select_related("line", "item__product", "increment__item__product", "settled_by")
    return list(rows.order_by("-settled_at", "-pk")[:size])


def inputs_asked_of(actor: Actor, product: Product, size: int = 50) -> list[BriefInput]:
    """What this person has still to supply, the first due first. One query."""
    if actor.user is None:
        return []
    rows = BriefInput.objects.filter(
        person=actor.user, product=product, state=InputState.OUTSTANDING
    ).exclude(brief__state=BriefState.RETIRED)
    dated = list(rows.select_related("brief", "asked_by").order_by("due_on", "pk")[: size + 1])
    return sorted(dated, key=lambda each: (each.due_on is None, each.due_on, each.pk))[:size]


def confirmations_of(actor: Actor, product: Product, size: int = 50) -> list[Confirmation]:
    """What waits on items and increments that this person owns, the oldest first. One query."""
    if actor.user is None:
        return []
    mine = Q(increment__owner=actor.user) | Q(item__owner=actor.user)
    return waiting_confirmations(Confirmation.objects.filter(mine, product=product), size)


def versions_of(brief: Brief) -> Sequence[BriefVersion]:
    """All frozen versions without their content, the newest first. One query."""
    rows = brief.versions.select_related("made_by", "signed_by").defer("content")
    return list(rows.order_by("-number"))


def digest_of(content: Content) -> str:
    """The digest that a version frozen now would have."""
    return digest(content)


def counted_inputs(inputs: Iterable[BriefInput]) -> Mapping[str, int]:
    """How many inputs are outstanding, received and waived."""
    found = dict.fromkeys(InputState.values, 0)
    for each in inputs:
        found[each.state] += 1
    return found
