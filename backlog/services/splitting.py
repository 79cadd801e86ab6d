"""One item into several: parts that link to it, and the original closed or kept; one act that can be taken back."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from backlog import events
from backlog.models import Change, Item, ItemLink
from backlog.services import changes, editing, governance, items, links, states, undo
from backlog.vocabulary import CLOSED_STATES, LinkKind, State
from core import text
from core.errors import Conflict, Invalid, NotFound

MOST_PARTS = 20


@dataclass(frozen=True)
class Part:
    """What a part is called, and its effort in points (None: not estimated yet)."""

    title: str
    effort: float | None = None
    description: str = ""


@transaction.atomic
def split_item(
    *,
    actor: Actor,
    item: Item,
    parts: Sequence[Part],
    keep: bool = False,
    reason: str = "",
    version: int | None = None,
    now: datetime | None = None,
    batch: uuid.UUID | None = None,
) -> list[Item]:
    """Make two or more items of one. They take over queue, state, owner, words and due date, and link to it as parts.

    ``keep``: the original stays open as what holds them together; else it is closed (declined, with a reason that names
    the parts). What else is known of it, its ratings say, is handed on by whoever listens to ``item.split``.
    ``version``: of the item, as it was seen. Raises Invalid (fewer than two, or too many), Conflict (closed already),
    Stale, NotAllowed.
    """
    right = rights.require(actor, "item.create", item.product)
    rights.require(actor, "item.link", item.product)
    if not keep:
        rights.require(
            actor, "item.triage" if item.state == State.TRIAGE else "item.decline", item.product
        )
    if version is not None:
        current = editing.load_for_update(item.product, [item.pk])[item.pk]
        if current.version != version:
            raise editing.stale(current, version, {})
    if item.state in CLOSED_STATES:
        raise Conflict(f"{item.key} is {item.get_state_display().lower()}; reopen it first.")
    if not 2 <= len(parts) <= MOST_PARTS:
        raise Invalid(
            "A split makes at least two items.",
            fields={"parts": [f"Name 2 to {MOST_PARTS} parts, one a line."]},
        )
    if not keep:
        governance.refuse_while_building(item, "split and closed")
    now = now or timezone.now()
    batch = batch or uuid.uuid4()
    begun = item.state in (State.IN_PROGRESS, State.IN_REVIEW)
    drafts = [
        items.Draft(
            title=part.title,
            description=part.description or f"Part of {item.key}: {item.title}",
            kind=item.kind,
            queue=item.queue,
            state=State.ACCEPTED if begun else item.state,
            parked_until=item.parked_until,
            horizon=item.horizon,
            owner=item.owner,
            effort=part.effort,
            due_at=item.due_at,
            severity=item.severity,
            program=item.program,
            channel=item.channel,
            labels=list(item.labels.all()),
            segments=list(item.segments.all()),
            created_at=now,
        )
        for part in parts
    ]
    made = items.create_items(
        actor=actor,
        product=item.product,
        drafts=drafts,
        right=right,
        reason=f"Split off {item.key}.",
        verb="item.split_off",
        batch=batch,
        now=now,
    )
    entries = []
    for part in made:
        link = links.link_in_transaction(source=part, target=item, kind=LinkKind.PART_OF, now=now)
        if link is not None:
            words = {"link": (None, links.as_words(link))}
            entries += [
                changes.Entry("item.linked", link, part, words, right="item.link"),
                changes.Entry("item.linked", link, item, words, right="item.link"),
            ]
    changes.record(actor=actor, product=item.product, entries=entries, now=now, batch=batch)
    governance.hand_on(item, made, now)
    events.publish(
        "item.split",
        source_id=item.pk,
        part_ids=[part.pk for part in made],
        actor_id=actor.user.pk if actor.user else None,
        now=now,
    )
    if not keep:
        keys = ", ".join(part.key for part in made)
        why = text.one_line(reason)[:1500] or f"Split into {keys}."
        states.decline_item(actor=actor, item=item, reason=why, now=now, batch=_closing(batch))
    return made


@transaction.atomic
def take_back(*, actor: Actor, item: Item, batch: uuid.UUID, now: datetime | None = None) -> Item:
    """Undo a split: the parts are declined and unlinked, the original is what it was.

    Raises NotFound (no split of this item, or somebody else's), Conflict (a part was begun, edited or rated since).
    """
    now = now or timezone.now()
    rows = Change.objects.filter(product=item.product, batch=batch)
    made = list(
        rows.filter(verb="item.split_off").order_by("id").values_list("item_id", "actor_id")
    )
    if not made or (actor.user is not None and made[0][1] != actor.user.pk):
        raise NotFound
    closing = _closing(batch)
    closed = Change.objects.filter(product=item.product, batch=closing).exists()
    if closed and not Change.objects.filter(product=item.product, undoes=closing).exists():
        undo.undo(actor=actor, product=item.product, batch=closing)
    parts = list(
        Item.objects.filter(pk__in=[pk for pk, _ in made]).select_related("queue").order_by("pk")
    )
    for part in parts:
        part.product = item.product
        if part.version > 1 or part.state in CLOSED_STATES:
            raise Conflict(
                f"{part.key} was changed since the split, so it cannot be taken back. Nothing was undone.",
                code="changed_since",
            )
        states.decline_item(
            actor=actor, item=part, reason=f"The split of {item.key} was taken back.", now=now
        )
    ItemLink.objects.filter(source__in=parts, target=item, kind=LinkKind.PART_OF).delete()
    fresh = editing.load_for_update(item.product, [item.pk])[item.pk]
    changes.record(
        actor=actor,
        product=item.product,
        entries=[
            changes.Entry(
                "item.unsplit", fresh, fresh, {"parts": (list(parts), [])}, right="item.create"
            )
        ],
        now=now,
    )
    return fresh


def _closing(batch: uuid.UUID) -> uuid.UUID:
    """The batch in which a split closes its original: an act that can be undone for itself, found by the split's."""
    return uuid.uuid5(batch, "original")
