"""Sealing the change log into a hash chain per product, and checking the chain.

digest(n) = SHA-256(digest(n − 1) ‖ canonical JSON of the change), digest(0) = 64 zeros. Changes are taken in order of
id; one that commits late (its id is lower than a sealed one's) is sealed when it is seen, so position, not id, is the
order of the chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import Product
from backlog.models import ChainHead, Change, ChangeSeal

ZERO = "0" * 64
BATCH = 1000
#: How long a transaction may run before its changes are visible. Only a clock that ran beside the sealer counts here:
#: the instant of a change is told by its service, and lies in the past where one brings in what happened long ago.
LATEST_COMMIT = timedelta(minutes=30)


def canonical(change: Change) -> bytes:
    """The bytes of a change that its digest covers."""
    content = {
        "id": change.pk,
        "product": change.product_id,
        "at": change.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": change.actor_id,
        "actor_name": change.actor_name,
        "channel": change.channel,
        "verb": change.verb,
        "subject_type": change.subject_type,
        "subject_id": change.subject_id,
        "item_id": change.item_id,
        "item_version": change.item_version,
        "fields": change.fields,
        "reason": change.reason,
        "right": change.right,
        "request_id": change.request_id,
        "batch": str(change.batch) if change.batch else None,
        "undoes": str(change.undoes) if change.undoes else None,
    }
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def chained(previous: str, change: Change) -> str:
    """The digest of ``change`` behind ``previous``."""
    return hashlib.sha256(previous.encode() + canonical(change)).hexdigest()


def seal_all(now: datetime | None = None) -> int:
    """Seal what is unsealed in every product; returns how many. Safe when two run at once."""
    return sum(
        seal_product(pk, now) for pk in Product.objects.order_by("pk").values_list("pk", flat=True)
    )


def seal_product(product_id: int, now: datetime | None = None) -> int:
    """Seal a product's unsealed changes, a thousand a transaction."""
    ChainHead.objects.get_or_create(product_id=product_id)
    sealed = 0
    while True:
        done = _seal_batch(product_id, now or timezone.now())
        sealed += done
        if done < BATCH:
            return sealed


@transaction.atomic
def _seal_batch(product_id: int, now: datetime) -> int:
    head = ChainHead.objects.select_for_update().get(product_id=product_id)
    unsealed = list(
        Change.objects.filter(product_id=product_id, pk__gt=head.sealed_through)
        .exclude(Exists(ChangeSeal.objects.filter(change=OuterRef("pk"))))
        .order_by("pk")[:BATCH]
    )
    seals = []
    position, digest = head.position, head.digest
    for change in unsealed:
        position, digest = position + 1, chained(digest, change)
        seals.append(
            ChangeSeal(change=change, product_id=product_id, position=position, digest=digest)
        )
    new: dict[str, Any] = {"position": position, "digest": digest}
    if len(unsealed) < BATCH and (head.seen_at is None or head.seen_at <= now - LATEST_COMMIT):
        newest = ChangeSeal.objects.filter(product_id=product_id).order_by("-position")
        ends = [
            *newest.values_list("change_id", flat=True)[:BATCH],
            *(change.pk for change in unsealed),
        ]
        end = max([head.seen_through, *ends])
        new |= {"sealed_through": head.seen_through, "seen_through": end, "seen_at": now}
    elif not unsealed:
        return 0
    moved = ChainHead.objects.filter(product_id=product_id, position=head.position).update(**new)
    if not moved:  # another sealer was quicker (SQLite has no row locks): its seals stand
        transaction.set_rollback(True)
        return 0
    ChangeSeal.objects.bulk_create(seals, batch_size=BATCH)
    return len(seals)


@dataclass
class Finding:
    """Something wrong with a product's chain."""

    product: str
    change_id: int | None
    problem: str


def verify(product: Product) -> Iterator[Finding]:
    """Recompute a product's chain from the first change on and yield what does not fit."""
    previous, position = ZERO, 0
    head = ChainHead.objects.filter(product=product).first()
    seals = ChangeSeal.objects.filter(product=product).select_related("change").order_by("position")
    for seal in seals.iterator(chunk_size=BATCH):
        position += 1
        if seal.position != position:
            yield Finding(product.key, seal.change_id, f"seal {position} is missing")
            position = seal.position
        digest = chained(previous, seal.change)
        if digest != seal.digest:
            yield Finding(product.key, seal.change_id, "the change is not what was sealed")
        previous = seal.digest
    if head is not None and (head.position, head.digest) != (position, previous):
        yield Finding(
            product.key, None, f"the chain ends at {position}, it should end at {head.position}"
        )
    if head is not None:
        lost = (
            Change.objects.filter(product=product, pk__lte=head.sealed_through)
            .exclude(Exists(ChangeSeal.objects.filter(change=OuterRef("pk"))))
            .order_by("pk")
            .values_list("pk", flat=True)[:100]
        )
        for pk in lost:
            yield Finding(product.key, pk, "the change was slipped in: it has no seal")
