"""Taking back one act: the fields return to what they were, unless somebody has changed them since."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import models, transaction

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog import events
from backlog.models import Change, Item, ItemLink
from backlog.services import changes, criteria, editing
from core.errors import Conflict, NotFound

UNDOABLE = frozenset(
    {
        "item.accepted",
        "item.moved",
        "item.parked",
        "item.declined",
        "item.merged",
        "item.edited",
        "item.started",
        "item.progressed",
        "item.finished",
        "item.returned",
        "item.reopened",
    }
)
#: An act of its own kind: it changes a criterion, and no column of the item.
REWORDED = "criterion.edited"


def last_act(actor: Actor, product: Product, verbs: frozenset[str] = UNDOABLE) -> uuid.UUID | None:
    """The newest act of this person that can still be undone. Two queries."""
    if actor.user is None:
        return None
    undone = Change.objects.filter(product=product, undoes=models.OuterRef("batch"))
    return (
        Change.objects.filter(
            product=product, actor=actor.user, verb__in=verbs, batch__isnull=False
        )
        .filter(undoes__isnull=True)
        .exclude(models.Exists(undone))
        .order_by("-id")
        .values_list("batch", flat=True)
        .first()
    )


@transaction.atomic
def undo(
    *, actor: Actor, product: Product, batch: uuid.UUID, now: datetime | None = None
) -> list[Item]:
    """Take back every change of ``batch``, all or nothing.

    Raises NotFound (no such act in the product, or somebody else's), Conflict (already undone, or a field was changed
    since: the sentence names item and field).
    """
    rows = list(Change.objects.filter(product=product, batch=batch).order_by("-id"))
    rows = [row for row in rows if row.verb in UNDOABLE or row.verb == REWORDED]
    if not rows or (actor.user is not None and any(row.actor_id != actor.user.pk for row in rows)):
        raise NotFound
    for right in sorted({row.right or "item.edit" for row in rows}):
        rights.require(actor, right, product)
    Product.objects.select_for_update(no_key=True).get(
        pk=product.pk
    )  # two undos of one act meet here
    if Change.objects.filter(product=product, undoes=batch).exists():
        raise Conflict("This was undone already.", code="undone_already")
    if rows[0].verb == REWORDED:
        return [criteria.unedit_criterion(actor=actor, change=row, undoes=batch) for row in rows]
    items = editing.load_for_update(product, [row.item_id for row in rows if row.item_id])
    edits = []
    known = rows_named(rows)
    for row in rows:
        item = items.get(row.item_id or 0)
        if item is None:
            raise Conflict("The item is not there any more, so this cannot be undone.")
        values = _earlier_values(row, item, known)
        edits.append(
            editing.Edit(
                item.pk,
                values,
                verb="item.undone",
                reason=f"Undo of “{row.verb.split('.')[1]}”.",
                right=row.right,
            )
        )
        _undo_link(row, item, now)
    return editing.apply(
        actor=actor, product=product, edits=edits, batch=uuid.uuid4(), undoes=batch, now=now
    )


Known = Mapping[str, Mapping[int, models.Model]]


def rows_named(changes_made: Sequence[Change]) -> Known:
    """The rows that the values before these changes speak of: field -> id -> row. One query a field."""
    ids: dict[str, set[int]] = {}
    for change in changes_made:
        for name, (before, _) in change.fields.items():
            for each in before if isinstance(before, list) else [before]:
                if isinstance(each, dict) and name in (*editing.COLUMNS, *editing.MANY):
                    ids.setdefault(name, set()).add(each["id"])
    return {
        name: Item._meta.get_field(name).related_model.objects.in_bulk(wanted)  # type: ignore[union-attr]
        for name, wanted in ids.items()
    }


def _earlier_values(row: Change, item: Item, known: Known) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, (before, after) in row.fields.items():
        if name not in editing.COLUMNS and name not in editing.MANY:
            continue
        now = getattr(item, name)
        current = changes.plain(now.all() if name in editing.MANY else now)
        if _identity(current) != _identity(after):
            raise Conflict(
                f"{item.key}: {name.replace('_', ' ')} was changed since, so undoing would overwrite that. Nothing was"
                " undone.",
                code="changed_since",
            )
        values[name] = revive(name, before, known.get(name, {}))
    return values


def _identity(value: Any) -> Any:
    if isinstance(value, dict):
        return value.get("id")
    if isinstance(value, list):
        return [_identity(each) for each in value]
    return value


def revive(name: str, value: Any, known: Mapping[int, models.Model]) -> Any:
    """A logged value as the model's own: rows by id (None when they are gone), instants and dates from ISO text."""
    field = Item._meta.get_field(name)
    if name in editing.MANY:
        return [known[each["id"]] for each in value or [] if each["id"] in known]
    if value is None:
        return None
    if isinstance(value, dict):
        return known.get(value["id"])
    if isinstance(field, models.DateTimeField):
        return datetime.fromisoformat(value)
    if isinstance(field, models.DateField):
        return date.fromisoformat(value)
    return value


def _undo_link(row: Change, item: Item, now: datetime | None) -> None:
    words = row.fields.get("link", [None, None])[1]
    if words:
        ItemLink.objects.filter(
            source=item, target_id=words["target"]["id"], kind=words["kind"]
        ).delete()
    merged = row.fields.get("merged_into", [None, None])[1]
    if merged:
        events.publish("item.unmerged", source_id=item.pk, target_id=merged["id"], now=now)
