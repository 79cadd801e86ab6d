"""Frozen versions of a brief, the sign-off, and what has to be confirmed again after it (R11, R12)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from backlog import events
from backlog.brief_content import FIELD_NAMES, Difference, differences, digest, missing
from backlog.brief_reading import content_of, signed_content
from backlog.models import (
    Brief,
    BriefVersion,
    Confirmation,
    Increment,
    Item,
    LineReference,
)
from backlog.services import briefs, changes
from backlog.vocabulary import BriefState, ConfirmationState, IncrementState, State
from core import text
from core.errors import Conflict, Invalid, Stale
from core.inserting import insert

#: What others rest on. Who owns a brief, what came in and what it governs change nothing of what was promised.
BINDING = frozenset({*FIELD_NAMES, "signals", "line"})
#: Work that was made by the old words. A planned increment reads the new ones when it starts.
BEGUN = (IncrementState.IN_PROGRESS, IncrementState.IN_REVIEW, IncrementState.CLOSED)

Target = tuple[int, int | None]


@transaction.atomic
def freeze(
    *,
    actor: Actor,
    brief: Brief,
    reason: str,
    now: datetime | None = None,
) -> BriefVersion:
    """Keep the brief as it stands as its next version. Raises Conflict when nothing changed since the last one."""
    right = rights.require(actor, "brief.edit", brief.product)
    brief = briefs.locked(brief)
    version = _freeze(actor, brief, reason, now or timezone.now())
    _log(actor, brief, "brief.frozen", version, right, now, reason)
    return version


@transaction.atomic
def sign_off(
    *,
    actor: Actor,
    brief: Brief,
    note: str = "",
    reason: str = "",
    version: int | None = None,
    now: datetime | None = None,
) -> BriefVersion:
    """Sign the brief as it stands; what rests on a changed line must then be confirmed again.

    ``version`` is the count of edits that the signer read: refused when it was changed since. ``reason`` says what is
    new where a version has still to be frozen; the first one may leave it out.
    Raises Stale, Conflict (``incomplete`` names what is missing; ``signed_already``), Invalid, NotAllowed.
    """
    right = rights.require(actor, "brief.sign", brief.product)
    brief = briefs.locked(brief)
    if version is not None and version != brief.version:
        raise Stale(
            f"{brief.key} was changed while you were reading it, so it was not signed. Read it again, then sign.",
            extra={"version": brief.version},
        )
    content = content_of(brief)
    lacking = missing(content)
    if lacking:
        raise Conflict(
            f"{brief.key} is not complete, so it cannot be signed off yet. Missing: {'; '.join(lacking)}.",
            code="incomplete",
            extra={"missing": lacking},
        )
    now = now or timezone.now()
    last = brief.versions.filter(number=brief.versions_count).first()
    if last is not None and last.sha256 == digest(content):
        if last.signed_at is not None and brief.signed_version == last.number:
            # edits that cancel out leave a draft that says what was signed
            if brief.state == BriefState.SIGNED:
                raise Conflict(f"{brief.key} is signed off already.", code="signed_already")
    else:
        last = _freeze(actor, brief, reason or ("First sign-off" if last is None else ""), now)
    before = signed_content(brief)
    if last.signed_at is None:
        last.signed_by, last.signed_at = actor.user, now
        last.sign_note = text.one_line(note)[:500]
        last.save(update_fields=["signed_by", "signed_at", "sign_note"])
    brief.state, brief.signed_version = BriefState.SIGNED, last.number
    brief.version += 1
    brief.updated_at = now
    brief.save(update_fields=["state", "signed_version", "version", "updated_at"])
    _log(actor, brief, "brief.signed", last, right, now, note)
    if before is not None:
        binding = [each for each in differences(before, content) if each.name in BINDING]
        _raise(actor, brief, last.number, binding, now)
    events.publish("brief.signed", brief_id=brief.pk, number=last.number, now=now)
    return last


@transaction.atomic
def settle(
    *,
    actor: Actor,
    confirmation: Confirmation,
    state: str,
    note: str = "",
    now: datetime | None = None,
) -> Confirmation:
    """Say of something that rests on a changed line: still right, needs work, or no longer matters.

    Raises Invalid (unknown, or without a note where one is needed), Conflict (settled already), NotAllowed.
    """
    right = rights.require(actor, "increment.edit", confirmation.product)
    note = text.one_line(note)[:500]
    if state not in ConfirmationState.values or state == ConfirmationState.WAITING:
        raise Invalid("Say what holds.", fields={"state": ["Use confirmed, rework or moot."]})
    if state != ConfirmationState.CONFIRMED and not note:
        raise Invalid(
            "Say in a sentence why.",
            fields={"note": ["Say what has to be done, or why it no longer matters."]},
        )
    now = now or timezone.now()
    rows = Confirmation.objects.filter(pk=confirmation.pk, state=ConfirmationState.WAITING)
    if not rows.update(state=state, settled_by=actor.user, settled_at=now, note=note):
        raise Conflict(
            "Somebody has answered this meanwhile, so nothing was changed.", code="settled_already"
        )
    confirmation.state, confirmation.settled_by = state, actor.user
    confirmation.settled_at, confirmation.note = now, note
    _log_settled(actor, confirmation, (ConfirmationState.WAITING, state), right, note, now)
    return confirmation


@transaction.atomic
def unsettle(
    *, actor: Actor, confirmation: Confirmation, now: datetime | None = None
) -> Confirmation:
    """Take an answer back: it waits again. Raises Conflict when it waits, or another change of the line waits there."""
    right = rights.require(actor, "increment.edit", confirmation.product)
    brief = Brief.objects.select_for_update(of=("self",), no_key=True).get(
        pk=confirmation.brief_id
    )  # a sign-off raises confirmations under the same lock
    same = brief.confirmations.filter(
        line=confirmation.line_id,
        field=confirmation.field,
        item=confirmation.item_id,
        increment=confirmation.increment_id,
        state=ConfirmationState.WAITING,
    )
    if same.exists():
        raise Conflict("It waits already, for a later change.", code="waits_already")
    before = confirmation.state
    Confirmation.objects.filter(pk=confirmation.pk).update(
        state=ConfirmationState.WAITING, settled_by=None, settled_at=None, note=""
    )
    confirmation.state, confirmation.settled_by = ConfirmationState.WAITING, None
    confirmation.settled_at, confirmation.note = None, ""
    _log_settled(actor, confirmation, (before, ConfirmationState.WAITING), right, "", now)
    return confirmation


def _freeze(actor: Actor, brief: Brief, reason: str, now: datetime) -> BriefVersion:
    reason = text.one_line(reason)[:500]
    if not reason:
        raise Invalid(
            "Say what is new in this version.", fields={"reason": ["A reason is needed."]}
        )
    content = content_of(brief)
    sha256 = digest(content)
    last = brief.versions.filter(number=brief.versions_count).values_list("sha256", flat=True)
    if last.first() == sha256:
        raise Conflict(
            f"Nothing of {brief.key} changed since version {brief.versions_count}.",
            code="nothing_new",
        )
    brief.versions_count += 1
    brief.save(update_fields=["versions_count"])
    return BriefVersion.objects.create(
        product=brief.product,
        brief=brief,
        number=brief.versions_count,
        content=content,
        sha256=sha256,
        reason=reason,
        made_by=actor.user,
        made_at=now,
    )


def _raise(
    actor: Actor, brief: Brief, number: int, changed: Iterable[Difference], now: datetime
) -> None:
    """One waiting confirmation for each change and target; a change that was taken back settles what waited for it."""
    changed = list(changed)
    if not changed:
        return
    everything, pointing = _targets(brief)
    waiting = {
        (row.line_id, row.field, row.item_id, row.increment_id): row
        for row in brief.confirmations.filter(state=ConfirmationState.WAITING)
    }
    fresh: list[Confirmation] = []
    raised: dict[int, list[str]] = defaultdict(list)
    for each in changed:
        field = "" if each.line_id else each.name
        targets = pointing.get(each.line_id, everything) if each.line_id else everything
        for item_id, increment_id in targets:
            words = f"{brief.key}.{each.number}" if each.number else each.label
            found = waiting.get((each.line_id, field, item_id, increment_id))
            if found is not None:
                _follow(found, each, number, now)
                continue
            raised[item_id].append(words)
            fresh.append(
                Confirmation(
                    product=brief.product,
                    brief=brief,
                    brief_version=number,
                    line_id=each.line_id,
                    field=field,
                    change=each.change,
                    before=each.before[:500],
                    after=each.after[:500],
                    item_id=item_id,
                    increment_id=increment_id,
                    raised_at=now,
                )
            )
    insert(fresh)
    items = Item.objects.in_bulk(list(raised))
    changes.record(
        actor=actor,
        product=brief.product,
        entries=[
            changes.Entry(
                "confirmation.raised",
                brief,
                items[item_id],
                {"to_confirm": (None, ", ".join(dict.fromkeys(words))[:2000])},
                right="brief.sign",
            )
            for item_id, words in raised.items()
        ],
        now=now,
    )


def _follow(row: Confirmation, change: Difference, number: int, now: datetime) -> None:
    """What waits goes on, from its first wording to the newest; back at the first there is nothing to confirm."""
    row.brief_version, row.after = number, change.after[:500]
    row.change = "added" if not row.before else "removed" if not row.after else "changed"
    if row.after == row.before:
        row.state, row.settled_at = ConfirmationState.MOOT, now
        row.note = f"Version {number} says again what it said before."
    row.save(update_fields=["brief_version", "after", "change", "state", "settled_at", "note"])


def _targets(brief: Brief) -> tuple[list[Target], dict[int, list[Target]]]:
    """Everything that the brief governs and that was begun, and by line what points at it. Three queries."""
    items = set(
        Item.objects.filter(governed_by__brief=brief)
        .exclude(state=State.DECLINED)
        .values_list("pk", flat=True)
    )
    begun = Increment.objects.filter(item__in=items, state__in=BEGUN).order_by("item_id", "pk")
    everything: list[Target] = [(pk, None) for pk in sorted(items)]
    everything += [(item_id, pk) for pk, item_id in begun.values_list("pk", "item_id")]
    pointing: dict[int, list[Target]] = defaultdict(list)
    rows = LineReference.objects.filter(line__brief=brief).exclude(
        increment__state=IncrementState.CUT
    )
    for line_id, item_id, increment_id, of in rows.order_by("pk").values_list(
        "line_id", "item_id", "increment_id", "increment__item_id"
    ):
        target = (of if increment_id else item_id, increment_id)
        if target[0] in items:
            pointing[line_id].append(target)
    return everything, pointing


def _log(
    actor: Actor,
    brief: Brief,
    verb: str,
    version: BriefVersion,
    right: str,
    now: datetime | None,
    reason: str,
) -> None:
    fields = {"version": (None, version.number), "sha256": (None, version.sha256)}
    entry = changes.Entry(verb, brief, fields=fields, reason=reason, right=right)
    changes.record(actor=actor, product=brief.product, entries=[entry], now=now)


def _log_settled(
    actor: Actor,
    row: Confirmation,
    states: tuple[str, str],
    right: str,
    note: str,
    now: datetime | None,
) -> None:
    about = row.line.number if row.line else None
    words = f"{row.brief.key}.{about}" if about else f"{row.brief.key} {row.field}"
    fields = {"confirmation": states, "rests_on": (None, words)}
    entry = changes.Entry("confirmation.settled", row, row.item, fields, reason=note, right=right)
    changes.record(actor=actor, product=row.product, entries=[entry], now=now)
