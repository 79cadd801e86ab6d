"""Writing the change log: the only place that makes :class:`backlog.models.Change` rows."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.utils import timezone

from accounts.actors import Actor
from accounts.models import Product
from backlog import events
from backlog.models import Change, Item
from core import text
from core.inserting import insert


@dataclass
class Entry:
    """What one row of the log will say. ``fields``: field -> (before, after) as Python values."""

    verb: str
    subject: models.Model
    item: Item | None = None
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    reason: str = ""
    right: str = ""


def plain(value: Any) -> Any:
    """A value as JSON: instants in ISO form and UTC, rows as ``{"id", "label"}``, many rows as a list sorted by id."""
    if isinstance(value, models.Model):
        return {"id": value.pk, "label": str(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, list | tuple | set | models.QuerySet):
        rows = [plain(each) for each in value]
        return (
            sorted(rows, key=lambda row: row["id"]) if rows and isinstance(rows[0], dict) else rows
        )
    return value


def record(
    *,
    actor: Actor,
    product: Product,
    entries: Iterable[Entry],
    now: datetime | None = None,
    batch: uuid.UUID | None = None,
    undoes: uuid.UUID | None = None,
) -> list[Change]:
    """Append ``entries`` to the log inside the caller's transaction, and announce them. One insert."""
    now = now or timezone.now()
    rows = [
        Change(
            product=product,
            at=now,
            actor=actor.user,
            actor_name=str(actor.user)[:120] if actor.user else "Ballast",
            channel=actor.channel,
            verb=entry.verb,
            subject_type=entry.subject._meta.model_name or "",
            subject_id=entry.subject.pk,
            item_id=entry.item.pk if entry.item else None,
            item_version=entry.item.version if entry.item else None,
            fields={name: [plain(old), plain(new)] for name, (old, new) in entry.fields.items()},
            reason=text.tidy(entry.reason),
            right=entry.right,
            request_id=actor.request_id[:64],
            batch=batch,
            undoes=undoes,
        )
        for entry in entries
    ]
    made = list(insert(rows))
    if made:
        events.publish("changes.recorded", product_id=product.pk, changes=made)
    return made


def since_version(item: Item, version: int) -> dict[str, list[Any]]:
    """What was changed on ``item`` after ``version``: field -> [before, after]. One query."""
    merged: dict[str, list[Any]] = {}
    rows = Change.objects.filter(item_id=item.pk, item_version__gt=version).order_by("id")
    for fields in rows.values_list("fields", flat=True):
        for name, (before, after) in fields.items():
            merged.setdefault(name, [before, after])[1] = after
    return merged


def of_batch(*, product: Product, batch: uuid.UUID, subject_ids: Iterable[int]) -> list[Change]:
    """What one batch did to these subjects, in its order. One query."""
    rows = Change.objects.filter(product=product, batch=batch, subject_id__in=list(subject_ids))
    return list(rows.order_by("id"))


def told_since(told: Sequence[Change], *, verbs: Iterable[str]) -> set[int]:
    """The subjects of ``told`` (all of one kind) to which one of ``verbs`` was done afterwards. One query."""
    last = {change.subject_id: change.pk for change in told}
    if not last:
        return set()
    rows = Change.objects.filter(
        product_id=told[0].product_id,
        subject_type=told[0].subject_type,
        subject_id__in=last,
        verb__in=list(verbs),
        pk__gt=min(last.values()),
    )
    return {subject for pk, subject in rows.values_list("pk", "subject_id") if pk > last[subject]}
