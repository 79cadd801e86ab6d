"""What happens to an increment: started, sent to review, closed, shipped, reopened, cut and brought back; its gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.rights import Wish
from backlog import coherence
from backlog.increment_reading import breaks, gate_missing, obstacles, plan, waits
from backlog.models import Change, Decision, Increment
from backlog.services import decisions, increments
from backlog.vocabulary import CheckpointState, IncrementState
from core import text
from core.errors import Conflict, Invalid

NOTE_LIMIT = 20_000
_BEGUN = (IncrementState.IN_PROGRESS, IncrementState.IN_REVIEW)


@transaction.atomic
def start(*, actor: Actor, increment: Increment, now: datetime | None = None) -> Increment:
    """Begin a planned increment.

    Raises Conflict (``blocked``, with every obstacle in ``extra``): the brief of production is not signed, a checkpoint
    before it is not validated, or what it needs is not closed.
    """
    right = rights.require(actor, "increment.edit", increment.product)
    increment = _in(increment, IncrementState.PLANNED)
    found = obstacles(increment, plan(increment.item), gate_missing(increment.item))
    if found:
        raise Conflict(
            f"{increment.key} cannot start yet. {' '.join(each.text for each in found)}",
            code="blocked",
            extra={"obstacles": [{"code": each.code, "text": each.text} for each in found]},
        )
    now = now or timezone.now()
    increment.started_at = increment.started_at or now
    return _to(actor, increment, IncrementState.IN_PROGRESS, right, now, ["started_at"])


def send_to_review(*, actor: Actor, increment: Increment, now: datetime | None = None) -> Increment:
    """Say that it can be reviewed."""
    return _step(actor, increment, (IncrementState.IN_PROGRESS,), IncrementState.IN_REVIEW, now)


def back_to_work(*, actor: Actor, increment: Increment, now: datetime | None = None) -> Increment:
    """Take it out of review, or reopen a closed one; its output and learning note stay to be worked on."""
    return _step(
        actor,
        increment,
        (IncrementState.IN_REVIEW, IncrementState.CLOSED),
        IncrementState.IN_PROGRESS,
        now,
    )


@transaction.atomic
def close(
    *,
    actor: Actor,
    increment: Increment,
    output: str,
    learning: str,
    now: datetime | None = None,
) -> Increment:
    """Close with what came out of it and what was learned (R19). Every criterion of its own must be verified.

    Raises Invalid (a note is missing), Conflict (``criteria_open``, or not under way), NotAllowed.
    """
    right = rights.require(actor, "increment.edit", increment.product)
    output = text.body(output, field="output", limit=NOTE_LIMIT).strip()
    learning = text.body(learning, field="learning", limit=NOTE_LIMIT).strip()
    problems = {
        name: [words]
        for name, value, words in (
            ("output", output, "Say what came out of it."),
            ("learning", learning, "Say what later work can learn from it."),
        )
        if not value
    }
    if problems:
        raise Invalid("An increment closes with its output and a learning note.", fields=problems)
    increment = _in(increment, *_BEGUN)
    unmet = list(increment.criteria.filter(verified_at=None).order_by("position", "pk"))
    if unmet:
        named = "; ".join(f"“{each.text}”" for each in unmet[:5])
        raise Conflict(
            f"{len(unmet)} of its criteria {'is' if len(unmet) == 1 else 'are'} not verified: {named}. Verify them, or"
            " take away what no longer matters. Nothing was closed.",
            code="criteria_open",
        )
    now = now or timezone.now()
    increment.output, increment.learning = output, learning
    increment.closed_at, increment.closed_by = now, actor.user
    columns = ["output", "learning", "closed_at", "closed_by"]
    return _to(actor, increment, IncrementState.CLOSED, right, now, columns, learning)


@transaction.atomic
def ship(
    *, actor: Actor, increment: Increment, shipped: bool = True, now: datetime | None = None
) -> Increment:
    """Release an increment while the rest is built (R20), or take that back. Its state and its item's stay."""
    right = rights.require(actor, "increment.edit", increment.product)
    increment = _in(increment, *_BEGUN, IncrementState.CLOSED)
    if shipped is (increment.shipped_at is not None):
        words = "shipped already" if shipped else "not shipped"
        raise Conflict(f"{increment.key} is {words}.", code="as_it_was")
    now = now or timezone.now()
    fields = {"shipped_at": (increment.shipped_at, now if shipped else None)}
    increment.shipped_at = now if shipped else None
    increments.save(increment, ["shipped_at"], now)
    verb = "increment.shipped" if shipped else "increment.unshipped"
    increments.log(actor, increment, verb, _named(increment, fields), right, now)
    return increment


@transaction.atomic
def cut(
    *, actor: Actor, increment: Increment, reason: str, now: datetime | None = None
) -> Increment:
    """Take an increment out of the plan. What breaks by it is kept in the log with the cut (R23); it can come back.

    Raises Invalid without a reason, Conflict for one that is closed or cut already, NotAllowed for a checkpoint whose
    direction others wait for (``increments.let_past``).
    """
    right = rights.require(actor, "increment.edit", increment.product)
    reason = text.one_line(reason)[:500]
    if not reason:
        raise Invalid("Say why it is cut.", fields={"reason": ["A reason is needed."]})
    increment = _in(increment, IncrementState.PLANNED, *_BEGUN)
    order = plan(increment.item)
    before = waits(order)
    next(each for each in order if each.pk == increment.pk).state = IncrementState.CUT
    right, _freed = increments.let_past(actor, increment, before, waits(order), right)
    lost = [each.text for each in breaks(actor, increment)]
    fields = {
        "increment_state": (increment.state, IncrementState.CUT),
        "breaks": (None, lost),
    }
    increment.state, increment.cut_reason = IncrementState.CUT, reason
    increments.save(increment, ["state", "cut_reason"], now)
    increments.log(actor, increment, "increment.cut", _named(increment, fields), right, now, reason)
    return increment


@transaction.atomic
def restore(*, actor: Actor, increment: Increment, now: datetime | None = None) -> Increment:
    """Undo a cut: it is what it was before, in its place; the log says what that puts out of step.

    Raises Conflict when it is not cut.
    """
    right = rights.require(actor, "increment.edit", increment.product)
    increment = _in(increment, IncrementState.CUT)
    row = (
        Change.objects.filter(
            item_id=increment.item_id,
            subject_type="increment",
            subject_id=increment.pk,
            verb="increment.cut",
        )
        .order_by("-id")
        .first()
    )
    state = row.fields["increment_state"][0] if row else IncrementState.PLANNED
    order = plan(increment.item)
    before = coherence.misfits(actor, increment.item, order)
    next(each for each in order if each.pk == increment.pk).state = state
    lost = increments.misfit_fields(before, coherence.misfits(actor, increment.item, order))
    increment.cut_reason = ""
    columns = ["cut_reason"]
    return _to(actor, increment, state, right, now, columns, verb="increment.restored", more=lost)


@transaction.atomic
def decide_checkpoint(
    *,
    actor: Actor,
    increment: Increment,
    validated: bool,
    note: str = "",
    now: datetime | None = None,
) -> Increment:
    """Say at a checkpoint whether the direction holds (R17). Until it does, nothing behind it may start.

    Raises Invalid (a change of direction without saying which), Conflict (no checkpoint, not begun), NotAllowed.
    """
    right = rights.require(actor, "increment.validate", increment.product)
    note = text.one_line(note)[:500]
    increment = _in(increment, *_BEGUN, IncrementState.CLOSED)
    if not increment.is_checkpoint:
        raise Conflict(f"{increment.key} is no checkpoint.", code="no_checkpoint")
    if not validated and not note:
        raise Invalid(
            "Say which way to go.", fields={"note": ["Whoever builds it will read this."]}
        )
    state = CheckpointState.VALIDATED if validated else CheckpointState.REDIRECTED
    fields = {"checkpoint": (increment.checkpoint, state)}
    increment.checkpoint, increment.checkpoint_note = state, note
    increment.checkpoint_by, increment.checkpoint_at = actor.user, now or timezone.now()
    columns = ["checkpoint", "checkpoint_note", "checkpoint_by", "checkpoint_at"]
    increments.save(increment, columns, now)
    increments.log(
        actor, increment, "increment.checkpoint", _named(increment, fields), right, now, note
    )
    return increment


@transaction.atomic
def pass_gate(
    *, actor: Actor, increment: Increment, reason: str, now: datetime | None = None
) -> Decision:
    """Let production begin although its brief is not signed off, by a recorded decision (R11).

    Whoever lacks the right is offered to ask for it. Raises Invalid without a reason, Conflict where nothing is closed.
    """
    wish = Wish("gate.pass", {"increment": increment.key})
    right = rights.require(actor, "gate.pass", increment.product, wish)
    reason = text.one_line(reason)[:500]
    if not reason:
        raise Invalid("Say why it cannot wait.", fields={"reason": ["A reason is needed."]})
    increment = _in(increment, IncrementState.PLANNED)
    unsigned = gate_missing(increment.item)
    if not increment.kind.production or not unsigned or increment.gate_decision_id:
        raise Conflict(
            f"Nothing keeps {increment.key} from production; start it.", code="gate_open"
        )
    decision = decisions.record(
        actor=actor,
        product=increment.product,
        kind=Decision.Kind.GATE,
        title=f"Production of {increment.key} begins before the brief is signed off"[:200],
        context=f"{increment.title}: {unsigned}.",
        rationale=reason,
        right=right,
        facts={"increment": increment.pk, "missing": unsigned},
        items=[increment.item],
        now=now,
    )
    increment.gate_decision = decision
    increments.save(increment, ["gate_decision"], now)
    fields = {"decision": (None, decision)}
    increments.log(
        actor, increment, "increment.gate_passed", _named(increment, fields), right, now, reason
    )
    return decision


def _step(
    actor: Actor,
    increment: Increment,
    sources: Sequence[str],
    state: str,
    now: datetime | None,
) -> Increment:
    with transaction.atomic():
        right = rights.require(actor, "increment.edit", increment.product)
        increment = _in(increment, *sources)
        columns = []
        if increment.state == IncrementState.CLOSED:
            increment.closed_at, increment.closed_by = None, None
            columns = ["closed_at", "closed_by"]
        return _to(actor, increment, state, right, now, columns)


def _in(increment: Increment, *states: str) -> Increment:
    """The increment, locked; raises Conflict unless it is in one of ``states``."""
    increment = increments.locked(increment)
    if increment.state not in states:
        raise Conflict(
            f"{increment.key} is {increment.get_state_display().lower()} now, so this was not done.",
            code="wrong_state",
        )
    return increment


def _to(
    actor: Actor,
    increment: Increment,
    state: str,
    right: str,
    now: datetime | None,
    columns: Sequence[str] = (),
    reason: str = "",
    verb: str = "increment.state_changed",
    more: Mapping[str, tuple[Any, Any]] | None = None,
) -> Increment:
    fields = {"increment_state": (increment.state, state), **(more or {})}
    increment.state = state
    increments.save(increment, [*columns, "state"], now)
    increments.log(actor, increment, verb, _named(increment, fields), right, now, reason)
    return increment


def _named(increment: Increment, fields: dict[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
    """With the increment's name first, for the item's history."""
    return {"increment": (None, increment), **fields}
