"""The lines of briefs that hold for an item or an increment: what it must satisfy, wherever somebody works on it.

The lines in force are those of the signed version (R12): a draft that is being reworked binds nobody. Where nothing is
signed yet the draft's lines are shown, marked so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q, QuerySet

from accounts.models import Product
from backlog.models import (
    Brief,
    BriefItem,
    BriefLine,
    BriefVersion,
    Confirmation,
    Increment,
    Item,
    LineReference,
)
from backlog.vocabulary import BriefState, ConfirmationState, LineKind

#: Lines in the order of the document.
ORDER = {kind: place for place, kind in enumerate(LineKind.values)}

#: An item, or one of its increments: their ids.
Work = tuple[int, int | None]


@dataclass(frozen=True)
class LineInForce:
    """One line as it binds. ``line_id`` is the row of :class:`backlog.models.BriefLine`; ``number`` stays for ever.

    ``signed``: from a version that was signed off; else from a draft. ``pointed``: the item or the increment asked for
    points at this very line. ``waiting``: it changed, and what was asked for has not been confirmed since.
    """

    brief: Brief
    line_id: int
    number: int
    kind: str
    text: str
    checked_how: str
    signed: bool
    pointed: bool = False
    waiting: bool = False

    @property
    def key(self) -> str:
        """``BR-3.7``."""
        return f"{self.brief.key}.{self.number}"

    @property
    def kind_label(self) -> str:
        return str(LineKind(self.kind).label)


def lines_for(
    item: Item, increment: Increment | None = None, *, briefs: Sequence[Brief] | None = None
) -> list[LineInForce]:
    """What holds for an item, or for one of its increments: first the lines that it points at, then the others.

    ``briefs``: what ``governing`` gave, where somebody has asked already. At most five queries, whatever the number of
    briefs and lines.
    """
    briefs = governing(item) if briefs is None else briefs
    work = (item.pk, increment.pk if increment else None)
    return _lines_for(item.product_id, {work: briefs})[work]


def lines_for_many(product: Product, work: Iterable[Work]) -> dict[Work, list[LineInForce]]:
    """``lines_for`` for much work of one product at once. At most five queries, whatever there is of it."""
    work = set(work)
    rows = BriefItem.objects.filter(product=product, item__in={item for item, _increment in work})
    briefs: dict[int, list[Brief]] = {}
    for row in rows.exclude(brief__state=BriefState.RETIRED).select_related("brief"):
        briefs.setdefault(row.item_id, []).append(row.brief)
    return _lines_for(product.pk, {each: briefs.get(each[0], []) for each in work})


def _lines_for(
    product_id: int, work: Mapping[Work, Sequence[Brief]]
) -> dict[Work, list[LineInForce]]:
    briefs = {brief.pk: brief for found in work.values() for brief in found}
    if not briefs:
        return {each: [] for each in work}
    references = LineReference.objects.filter(product_id=product_id)
    confirmations = Confirmation.objects.filter(
        product_id=product_id, state=ConfirmationState.WAITING
    )
    pointed, waiting = _lines_named(references, work), _lines_named(confirmations, work)
    lines = {brief.pk: lines for brief, lines in _in_force(briefs.values())}
    found = {
        each: [
            LineInForce(
                brief=brief,
                line_id=line["id"],
                number=line["number"],
                kind=line["kind"],
                text=line["text"],
                checked_how=line["checked_how"],
                signed=brief.signed_version is not None,
                pointed=line["id"] in pointed[each],
                waiting=line["id"] in waiting[each],
            )
            for brief in held
            for line in lines[brief.pk]
        ]
        for each, held in work.items()
    }
    for of_one in found.values():
        of_one.sort(key=lambda line: (not line.pointed, line.brief.number, ORDER[line.kind]))
    return found


def _lines_named(
    rows: QuerySet[LineReference] | QuerySet[Confirmation], work: Iterable[Work]
) -> dict[Work, set[int | None]]:
    """The lines that these rows name for each item, or for the increment where there is one. One query."""
    items = {item for item, increment in work if increment is None}
    increments = {increment: item for item, increment in work if increment is not None}
    found: dict[Work, set[int | None]] = {each: set() for each in work}
    asked = rows.filter(Q(increment=None, item__in=items) | Q(increment__in=increments))
    for line, item, increment in asked.values_list("line_id", "item_id", "increment_id"):
        found[increments[increment] if increment else item, increment].add(line)
    return found


def boundaries(item: Item) -> set[str]:
    """The kinds of line (``LineKind`` values) that some brief in force holds for an item. At most three queries."""
    return {line["kind"] for _brief, lines in _in_force(governing(item)) for line in lines}


def governing(item: Item) -> list[Brief]:
    """The briefs that govern an item and are not retired, by number. One query."""
    rows = Brief.objects.filter(governed__item=item).exclude(state=BriefState.RETIRED)
    return list(rows.order_by("number"))


def versions_in_force(item: Item) -> list[BriefVersion]:
    """The signed versions, with their briefs, that hold for an item now, by the briefs' numbers. One query."""
    rows = BriefVersion.objects.filter(
        brief__governed__item=item, number=F("brief__signed_version")
    ).exclude(brief__state=BriefState.RETIRED)
    return list(rows.select_related("brief").order_by("brief__number"))


def lines_of_versions(versions: Iterable[BriefVersion]) -> list[LineInForce]:
    """What these versions demand, in the order of the document, whatever holds today. Needs ``brief`` loaded."""
    return [
        LineInForce(
            brief=version.brief,
            line_id=line["id"],
            number=line["number"],
            kind=line["kind"],
            text=line["text"],
            checked_how=line["checked_how"],
            signed=True,
        )
        for version in versions
        for line in version.content["lines"]
    ]


def _in_force(briefs: Iterable[Brief]) -> list[tuple[Brief, list[dict[str, Any]]]]:
    """Each brief with its lines as plain data. Two queries."""
    briefs = list(briefs)
    signed = {brief.pk: brief.signed_version for brief in briefs if brief.signed_version}
    lines: dict[int, list[dict[str, Any]]] = {brief.pk: [] for brief in briefs}
    if signed:
        rows = BriefVersion.objects.filter(brief__in=signed).exclude(signed_at=None)
        for brief_id, number, content in rows.values_list("brief_id", "number", "content__lines"):
            if signed[brief_id] == number:
                lines[brief_id] = content
    drafts = [brief.pk for brief in briefs if brief.pk not in signed]
    if drafts:
        standing = BriefLine.objects.filter(brief__in=drafts, removed_at=None)
        for row in standing.order_by("position", "pk").values(
            "brief_id", "id", "number", "kind", "text", "checked_how"
        ):
            lines[row["brief_id"]].append(dict(row))
    return [(brief, lines[brief.pk]) for brief in briefs]
