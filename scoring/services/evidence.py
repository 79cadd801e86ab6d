"""What people do with signals that are there: attach, correct, withdraw, take back.

One write path. A signal is never deleted: a withdrawn one counts for nothing and keeps who, when and why; every change
raises its version and stands in the log with what was before.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product, User
from backlog.models import Change, Item, ItemLink, Segment
from backlog.services import changes, words
from backlog.vocabulary import LinkKind
from core import text
from core.errors import Conflict, Invalid, NotFound, Stale
from core.updating import update
from scoring.models import Signal, SignalDismissal
from scoring.services.signals import announce

#: Fields of a signal that an undo puts back, and the rows that some of them refer to.
UNDOABLE = frozenset(
    {
        *("item", "merged_from", "segment", "kind", "magnitude", "occurred_at", "note"),
        *("withdrawn_at", "withdrawn_by", "withdrawn_reason", "apart", "dismissal"),
    }
)
_ROWS: dict[str, type[models.Model]] = {
    "item": Item,
    "merged_from": Item,
    "segment": Segment,
    "dismissal": SignalDismissal,
    "withdrawn_by": User,
}
#: Verbs of acts that an undo takes back.
ACTS = frozenset(
    {"signal.attached", "signal.withdrawn", "signal.restored", "signal.corrected"}
    | {"signal.dismissed", "signal.returned", "signal.split"}
)
#: What a later import of the same file does to counts that it brought; only the undo of that import takes it back.
REIMPORTED = "signal.reimported"


@dataclass(frozen=True)
class Edit:
    """New values of one signal; ``version``: refuse when it was changed since, None: whatever it is now."""

    signal: Signal
    values: Mapping[str, Any]
    version: int | None = None


@transaction.atomic
def attach(
    *,
    actor: Actor,
    product: Product,
    signals: Sequence[Signal],
    item: Item | None = None,
    segment: str | None = None,
    reason: str = "",
    batch: uuid.UUID | None = None,
    now: datetime | None = None,
) -> list[Signal]:
    """Say what these signals are about: an item, a segment, or (neither) nothing yet.

    ``segment``: a name, made where it is missing; empty for none; None leaves it as it is (whom they come from).
    Raises NotAllowed, Conflict for a withdrawn one.
    """
    right = rights.require(actor, "signal.add", product)
    values: dict[str, Any] = {"item": item, "dismissal": None, "apart": False}
    if segment is not None:
        named = words.named(Segment, product=product, names=[segment])
        values["segment"] = named.get(segment)
    return write(
        actor=actor,
        product=product,
        edits=[Edit(signal, values) for signal in signals],
        verb="signal.attached",
        reason=reason,
        right=right,
        batch=batch,
        now=now,
    )


def correct(
    *,
    actor: Actor,
    signal: Signal,
    values: Mapping[str, Any],
    version: int | None,
    reason: str = "",
    now: datetime | None = None,
) -> Signal:
    """Put kind, magnitude, instant or note right: a new version, the old one in the log. Raises Invalid, Stale."""
    right = rights.require(actor, "signal.add", signal.product)
    now = now or timezone.now()
    clean = dict(values)
    problems: dict[str, list[str]] = {}
    if "kind" in clean:
        clean["kind"] = text.one_line(clean["kind"])
        if not 1 <= len(clean["kind"]) <= 40:
            problems["kind"] = ["A name of 1 to 40 characters is needed."]
    if "magnitude" in clean:
        size = clean["magnitude"]
        if not math.isfinite(size) or not 0 <= size <= 1e12:
            problems["magnitude"] = ["A number of 0 or more is needed."]
    if "occurred_at" in clean:
        if clean["occurred_at"] > now + timedelta(days=1):
            problems["occurred_at"] = ["This lies in the future."]
        elif clean["occurred_at"].year < 1970:
            problems["occurred_at"] = ["This lies before 1970."]
    if "note" in clean:
        clean["note"] = text.one_line(clean["note"])[:500]
    if problems:
        raise Invalid("The evidence was not changed.", fields=problems)
    return write(
        actor=actor,
        product=signal.product,
        edits=[Edit(signal, clean, version)],
        verb="signal.corrected",
        reason=reason,
        right=right,
        now=now,
    )[0]


def withdraw(
    *,
    actor: Actor,
    product: Product,
    signals: Sequence[Signal],
    reason: str,
    now: datetime | None = None,
) -> list[Signal]:
    """Have them count for nothing from now on; they stay, with who, when and why. Raises Invalid without a reason."""
    right = rights.require(actor, "signal.add", product)
    now = now or timezone.now()
    reason = text.one_line(reason)[:500]
    if not reason:
        raise Invalid(
            "Say why the evidence no longer counts.", fields={"reason": ["Enter a reason."]}
        )
    values = {"withdrawn_at": now, "withdrawn_by": actor.user, "withdrawn_reason": reason}
    return write(
        actor=actor,
        product=product,
        edits=[Edit(each, values) for each in signals if each.withdrawn_at is None],
        verb="signal.withdrawn",
        reason=reason,
        right=right,
        now=now,
    )


def restore(*, actor: Actor, signal: Signal, now: datetime | None = None) -> Signal:
    """Have a withdrawn signal count again. Raises Conflict where it counts already."""
    right = rights.require(actor, "signal.add", signal.product)
    if signal.withdrawn_at is None:
        raise Conflict("This evidence counts already.")
    return write(
        actor=actor,
        product=signal.product,
        edits=[Edit(signal, _COUNTS)],
        verb="signal.restored",
        right=right,
        now=now,
        withdrawn=True,
    )[0]


_COUNTS = {"withdrawn_at": None, "withdrawn_by": None, "withdrawn_reason": ""}


def last_act(actor: Actor, product: Product) -> uuid.UUID | None:
    """The newest act of this person on evidence: what an undo right after it takes back. One query."""
    rows = Change.objects.filter(product=product, actor=actor.user, verb__in=ACTS)
    return rows.order_by("-id").values_list("batch", flat=True).first()


@transaction.atomic
def undo(
    *, actor: Actor, product: Product, batch: uuid.UUID, now: datetime | None = None
) -> list[Signal]:
    """Take back every change that one act made to signals, all or nothing.

    Raises NotFound (no such act, or somebody else's), Conflict (already undone, or changed since).
    """
    rows = list(Change.objects.filter(product=product, batch=batch, verb__in=ACTS).order_by("id"))
    if not rows or (actor.user is not None and any(row.actor_id != actor.user.pk for row in rows)):
        raise NotFound
    right = rights.require(actor, "signal.add", product)
    Product.objects.select_for_update(no_key=True).get(pk=product.pk)  # two undos meet here
    if Change.objects.filter(product=product, undoes=batch).exists():
        raise Conflict("This was undone already.", code="undone_already")
    signals = _locked(product, [row.subject_id for row in rows])
    edits = []
    known: dict[tuple[str, int], models.Model | None] = {}
    for row in rows:
        signal = signals.get(row.subject_id)
        if signal is None:
            raise Conflict("The evidence is not there any more, so this cannot be undone.")
        edits.append(Edit(signal, _earlier(row, signal, known)))
    return write(
        actor=actor,
        product=product,
        edits=edits,
        verb="signal.undone",
        right=right,
        undoes=batch,
        now=now,
        withdrawn=True,
    )


def _earlier(
    row: Change, signal: Signal, known: dict[tuple[str, int], models.Model | None]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, (before, after) in row.fields.items():
        if name not in UNDOABLE:
            continue
        current = changes.plain(getattr(signal, name))
        if _identity(current) != _identity(after):
            raise Conflict(
                f"The {name.replace('_', ' ')} of some evidence was changed since, so undoing would overwrite that."
                " Nothing was undone.",
                code="changed_since",
            )
        if isinstance(before, dict):
            wanted = (name, before["id"])
            if wanted not in known:
                known[wanted] = _ROWS[name]._default_manager.filter(pk=before["id"]).first()
            values[name] = known[wanted]
        elif name.endswith("_at") and before:
            values[name] = datetime.fromisoformat(before)
        else:
            values[name] = before
    origin, item = values.get("merged_from"), values.get("item")
    if origin and item and not _leads(origin.pk, item.pk):
        raise Conflict(
            f"{origin.key} and {item.key} were merged then and are taken apart now. Attach the evidence to the item"
            " that it is about instead.",
            code="changed_since",
        )
    return values


def _leads(source_id: int, target_id: int) -> bool:
    """Whether a chain of merges leads from one item to the other. One query a link."""
    seen: set[int] = set()
    at: int | None = source_id
    while at is not None and at != target_id and at not in seen:
        seen.add(at)
        links = ItemLink.objects.filter(source_id=at, kind=LinkKind.DUPLICATES)
        at = links.order_by("pk").values_list("target_id", flat=True).last()
    return at == target_id


def _identity(value: Any) -> Any:
    return value["id"] if isinstance(value, dict) else value


@transaction.atomic
def write(
    *,
    actor: Actor,
    product: Product,
    edits: Sequence[Edit],
    verb: str,
    reason: str = "",
    right: str = "",
    batch: uuid.UUID | None = None,
    undoes: uuid.UUID | None = None,
    now: datetime | None = None,
    withdrawn: bool = False,
) -> list[Signal]:
    """Carry out ``edits`` all together or not at all; what changes nothing writes nothing. Returns the fresh rows.

    Every item for which a signal counted before or counts after is scored anew. Raises Stale, Conflict for a signal
    that is withdrawn (unless ``withdrawn``), NotFound for one that is gone.
    """
    now = now or timezone.now()
    rows = _locked(product, [edit.signal.pk for edit in edits])
    entries: list[changes.Entry] = []
    before: list[Signal] = []
    touched: list[Signal] = []
    names: set[str] = set()
    for edit in edits:
        signal = rows.get(edit.signal.pk)
        if signal is None:
            raise NotFound
        if edit.version is not None and edit.version != signal.version:
            raise _stale(signal, edit)
        if signal.withdrawn_at is not None and not withdrawn:
            raise Conflict(
                "This evidence was withdrawn. Bring it back first, then change it.",
                code="withdrawn",
            )
        fields = {
            name: (getattr(signal, name), value)
            for name, value in edit.values.items()
            if getattr(signal, name) != value
        }
        if not fields:
            continue
        if "item" in fields and "merged_from" not in edit.values and signal.merged_from:
            # where people put it by hand it stays, even when the items that were merged are taken apart again
            fields["merged_from"] = (signal.merged_from, None)
        before.append(Signal(item_id=signal.item_id, segment_id=signal.segment_id))
        for name, (_, value) in fields.items():
            setattr(signal, name, value)
        signal.version += 1
        names |= fields.keys()
        touched.append(signal)
        entries.append(
            changes.Entry(
                verb,
                signal,
                signal.item or (fields["item"][0] if "item" in fields else None),
                fields,
                reason=reason,
                right=right,
            )
        )
    if touched:
        update(touched, [*names, "version"])
        changes.record(
            actor=actor,
            product=product,
            entries=entries,
            now=now,
            batch=batch or uuid.uuid4(),
            undoes=undoes,
        )
        announce(product, [*before, *touched], now)
    return [rows[edit.signal.pk] for edit in edits]


def _locked(product: Product, ids: Sequence[int]) -> dict[int, Signal]:
    found: dict[int, Signal] = {}
    for start in range(0, len(ids), 1000):
        rows = (
            Signal.objects.select_for_update(of=("self",))
            .filter(product=product, pk__in=ids[start : start + 1000])
            .select_related("item", "merged_from", "segment", "dismissal", "withdrawn_by")
            .order_by("pk")
        )
        for row in rows:
            row.product = product
            found[row.pk] = row
    return found


def _stale(signal: Signal, edit: Edit) -> Stale:
    return Stale(
        "Somebody else changed this evidence while you had it open. Nothing of yours was saved yet: look at it, then"
        " save again.",
        extra={
            "version": signal.version,
            "changed": {
                name: {"is": changes.plain(getattr(signal, name)), "yours": changes.plain(value)}
                for name, value in edit.values.items()
                if getattr(signal, name) != value
            },
        },
    )
