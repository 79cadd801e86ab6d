"""The criteria of an increment: its own checkable statements, verified one by one (R15)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from backlog.models import Increment, IncrementCriterion, SuccessCriterion
from backlog.services import increments
from backlog.vocabulary import IncrementState
from core import text
from core.errors import Conflict, Invalid, NotFound, Stale

MOST = 100


@transaction.atomic
def save_criterion(
    *,
    actor: Actor,
    increment: Increment,
    statement: str,
    verification: str = "",
    covers: SuccessCriterion | None = None,
    criterion: IncrementCriterion | None = None,
    seen: str | None = None,
    now: datetime | None = None,
) -> IncrementCriterion:
    """Add a criterion, or reword ``criterion``: then what was verified by the old words counts no longer.

    ``covers``: the item's criterion that it proves. ``seen``: the words that the person had before them.
    Raises Stale, Invalid, Conflict (closed or cut), NotAllowed.
    """
    right = rights.require(actor, "increment.edit", increment.product)
    statement, verification = text.one_line(statement), text.one_line(verification)
    problems: dict[str, list[str]] = {}
    if not statement or len(statement) > 500:
        problems["text"] = ["Use 1 to 500 characters."]
    if len(verification) > 500:
        problems["verification"] = ["Use at most 500 characters."]
    if covers is not None and covers.item_id != increment.item_id:
        problems["covers"] = ["Choose a criterion of this item."]
    if problems:
        raise Invalid("The criterion was not saved.", fields=problems)
    increment = _open(increment)
    if criterion is None:
        last = increment.criteria.order_by("-position").values_list("position", flat=True).first()
        if increment.criteria.count() >= MOST:
            raise Conflict(f"An increment has at most {MOST} criteria.", code="too_many_criteria")
        row = IncrementCriterion(
            increment=increment, position=0 if last is None else min(last + 1, 32_000)
        )
        old = None
    else:
        row = _there(criterion, increment)
        old = row.text
        if seen is not None and text.one_line(seen) != row.text:
            raise Stale(
                f"Somebody has reworded this criterion meanwhile: it says “{row.text}” now. Nothing of yours was saved"
                " yet: look at it, then save again.",
                extra={"changed": {"text": {"is": row.text, "yours": statement}}},
            )
        if (row.text, row.verification, row.covers_id) == (
            statement,
            verification,
            covers.pk if covers else None,
        ):
            return row
        if (row.text, row.verification) != (statement, verification):
            row.verified_by, row.verified_at, row.verification_note = None, None, ""
    row.text, row.verification, row.covers = statement, verification, covers
    row.save()
    fields = {"increment": (None, increment), "criterion": (old, statement)}
    increments.log(actor, increment, "increment.criterion_saved", fields, right, now)
    return row


@transaction.atomic
def verify_criterion(
    *,
    actor: Actor,
    increment: Increment,
    criterion: IncrementCriterion,
    met: bool,
    note: str = "",
    now: datetime | None = None,
) -> IncrementCriterion:
    """Record that a criterion was checked and holds, or take that back."""
    right = rights.require(actor, "item.verify", increment.product)
    increment = _open(increment)
    row = _there(criterion, increment)
    if met is (row.verified_at is not None):
        return row
    now = now or timezone.now()
    fields = {
        "increment": (None, increment),
        "criterion": (None, row.text),
        "verified_at": (row.verified_at, now if met else None),
    }
    row.verified_by, row.verified_at = (actor.user, now) if met else (None, None)
    row.verification_note = text.one_line(note)[:500] if met else ""
    row.save(update_fields=["verified_by", "verified_at", "verification_note"])
    increments.log(
        actor, increment, "increment.criterion_verified", fields, right, now, row.verification_note
    )
    return row


@transaction.atomic
def remove_criterion(
    *,
    actor: Actor,
    increment: Increment,
    criterion: IncrementCriterion,
    now: datetime | None = None,
) -> None:
    """Take a criterion away; its words stay in the log."""
    right = rights.require(actor, "increment.edit", increment.product)
    increment = _open(increment)
    row = _there(criterion, increment)
    row.delete()
    fields = {"increment": (None, increment), "criterion": (row.text, None)}
    increments.log(actor, increment, "increment.criterion_removed", fields, right, now)


def _open(increment: Increment) -> Increment:
    increment = increments.locked(increment)
    if increment.state in (IncrementState.CLOSED, IncrementState.CUT):
        raise Conflict(
            f"{increment.key} is {increment.get_state_display().lower()}, so its criteria stand. Bring it back first.",
            code="wrong_state",
        )
    return increment


def _there(criterion: IncrementCriterion, increment: Increment) -> IncrementCriterion:
    row = increment.criteria.filter(pk=criterion.pk).first()
    if row is None:
        raise NotFound("This criterion was removed meanwhile.")
    return row
