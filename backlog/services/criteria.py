"""Success criteria: what must be true, how it is verified, and by whom it was."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from backlog.models import Change, Item, SuccessCriterion
from backlog.services import changes
from core import text
from core.errors import Conflict, Invalid, NotFound, Stale


@transaction.atomic
def add_criterion(
    *,
    actor: Actor,
    item: Item,
    statement: str,
    verification: str = "",
    now: datetime | None = None,
) -> SuccessCriterion:
    """Add a checkable statement."""
    right = rights.require(actor, "item.edit", item.product)
    statement = _line(statement, "text")
    last = item.criteria.order_by("-position").values_list("position", flat=True).first()
    criterion = SuccessCriterion.objects.create(
        item=item,
        position=0 if last is None else last + 1,
        text=statement,
        verification=text.one_line(verification)[:500],
    )
    _record(actor, criterion, "criterion.added", {"criterion": (None, statement)}, right, now=now)
    return criterion


@transaction.atomic
def edit_criterion(
    *,
    actor: Actor,
    criterion: SuccessCriterion,
    statement: str,
    verification: str,
    seen: tuple[str, str] | None = None,
    batch: uuid.UUID | None = None,
    now: datetime | None = None,
) -> SuccessCriterion:
    """Reword a criterion, or how it is verified; a verification by the old words no longer counts.

    ``seen``: text and verification that the person had before them. Raises Stale when it says something else now,
    NotFound when it is gone, Invalid, NotAllowed. ``batch`` names the act for its undo.
    """
    right = rights.require(actor, "item.edit", criterion.item.product)
    new = {"criterion": _line(statement, "text"), "verification": text.one_line(verification)[:500]}
    criterion = _locked(criterion)
    old = {"criterion": criterion.text, "verification": criterion.verification}
    if seen is not None and seen != (criterion.text, criterion.verification):
        raise Stale(
            f"Somebody has reworded this criterion meanwhile: it says “{criterion.text}” now. Nothing of yours was"
            " saved yet: look at it, then save again.",
            extra={
                "changed": {
                    name: {"was": before, "is": old[name], "yours": new[name]}
                    for name, before in zip(old, seen, strict=True)
                    if old[name] != before
                }
            },
        )
    fields: dict[str, tuple[object, object]] = {
        name: (old[name], value) for name, value in new.items() if old[name] != value
    }
    if not fields:
        return criterion
    if criterion.verified_at is not None:
        fields |= {
            "verified_by": (criterion.verified_by, None),
            "verified_at": (criterion.verified_at, None),
            "verification_note": (criterion.verification_note, ""),
        }
    criterion.text, criterion.verification = new["criterion"], new["verification"]
    criterion.verified_by, criterion.verified_at, criterion.verification_note = None, None, ""
    criterion.save()
    _record(actor, criterion, "criterion.edited", fields, right, now=now, batch=batch)
    return criterion


def unedit_criterion(*, actor: Actor, change: Change, undoes: uuid.UUID) -> Item:
    """Give a reworded criterion its earlier words back, and who had verified it by them; part of an undo.

    Raises Conflict when it was reworded or checked again since, or is gone.
    """
    found = SuccessCriterion.objects.select_for_update(of=("self",)).filter(pk=change.subject_id)
    criterion = found.select_related("item__product").first()
    after = {name: values[1] for name, values in change.fields.items()}
    if criterion is None or criterion.verified_at is not None or not _says(criterion, after):
        raise Conflict(
            "The criterion was changed since, so undoing would overwrite that. Nothing was undone.",
            code="changed_since",
        )
    before = {name: values[0] for name, values in change.fields.items()}
    fields = {name: (new, old) for name, (old, new) in change.fields.items()}
    criterion.text = before.get("criterion", criterion.text)
    criterion.verification = before.get("verification", criterion.verification)
    if before.get("verified_at"):
        person = before["verified_by"]
        criterion.verified_by_id = person["id"] if person else None
        criterion.verified_at = datetime.fromisoformat(before["verified_at"])
        criterion.verification_note = before["verification_note"]
    criterion.save()
    _record(
        actor,
        criterion,
        "criterion.edited",
        fields,
        change.right,
        "Undo of “reworded”.",
        batch=uuid.uuid4(),
        undoes=undoes,
    )
    return criterion.item


def _says(criterion: SuccessCriterion, words: Mapping[str, Any]) -> bool:
    now = {"criterion": criterion.text, "verification": criterion.verification}
    return all(words.get(name, value) == value for name, value in now.items())


def _locked(criterion: SuccessCriterion) -> SuccessCriterion:
    """As it stands now, held until the transaction ends. Raises NotFound when it is gone."""
    found = SuccessCriterion.objects.select_for_update(of=("self",)).filter(pk=criterion.pk)
    now = found.select_related("verified_by").first()
    if now is None:
        raise NotFound("This criterion was removed meanwhile.")
    now.item = criterion.item
    return now


@transaction.atomic
def remove_criterion(*, actor: Actor, criterion: SuccessCriterion) -> None:
    """Take a criterion away."""
    right = rights.require(actor, "item.edit", criterion.item.product)
    _record(actor, criterion, "criterion.removed", {"criterion": (criterion.text, None)}, right)
    criterion.delete()


@transaction.atomic
def verify_criterion(
    *,
    actor: Actor,
    criterion: SuccessCriterion,
    met: bool,
    note: str = "",
    now: datetime | None = None,
) -> SuccessCriterion:
    """Record that the criterion was checked and holds, or take that back."""
    right = rights.require(actor, "item.verify", criterion.item.product)
    now = now or timezone.now()
    was = criterion.verified_at is not None
    criterion.verified_by = actor.user if met else None
    criterion.verified_at = now if met else None
    criterion.verification_note = text.one_line(note)[:500] if met else ""
    criterion.save()
    fields: dict[str, tuple[object, object]] = {
        "criterion": (None, criterion.text),
        "met": (was, met),
    }
    _record(actor, criterion, "criterion.verified", fields, right, note, now)
    return criterion


def _line(statement: str, field: str) -> str:
    statement = text.one_line(statement)
    if not 1 <= len(statement) <= 500:
        raise Invalid("A criterion is one sentence.", fields={field: ["Use 1 to 500 characters."]})
    return statement


def _record(
    actor: Actor,
    criterion: SuccessCriterion,
    verb: str,
    fields: dict[str, tuple[object, object]],
    right: str,
    reason: str = "",
    now: datetime | None = None,
    batch: uuid.UUID | None = None,
    undoes: uuid.UUID | None = None,
) -> None:
    item = criterion.item
    changes.record(
        actor=actor,
        product=item.product,
        entries=[
            changes.Entry(
                verb, criterion, item, fields, reason=text.one_line(reason)[:500], right=right
            )
        ],
        now=now,
        batch=batch,
        undoes=undoes,
    )
