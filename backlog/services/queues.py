"""What a queue is for, and how much is promised to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog.models import Queue
from backlog.services import changes
from core import text
from core.errors import Invalid


@transaction.atomic
def define_queue(
    *,
    actor: Actor,
    queue: Queue,
    definition: str,
    share: float,
    in_progress_limit: int | None,
    deadline_hours: Mapping[str, float],
    reason: str = "",
    now: datetime | None = None,
) -> Queue:
    """Change a queue's definition (a new version of it), share, limit and deadlines. Raises Invalid, NotAllowed."""
    right = rights.require(actor, "queue.define", queue.product)
    definition = text.body(definition, field="definition", limit=2000).strip()
    if not definition:
        raise Invalid(
            "A queue needs a definition.", fields={"definition": ["Say what belongs here."]}
        )
    Product.objects.select_for_update(no_key=True).get(pk=queue.product_id)
    others = Queue.objects.filter(product=queue.product).exclude(pk=queue.pk)
    if not 0 <= share <= 1 or share + sum(others.values_list("share", flat=True)) > 1 + 1e-9:
        raise Invalid(
            "The shares of the four queues would exceed 100%. Lower another queue's share first.",
            fields={"share": ["The shares of all queues may not exceed 100%."]},
        )
    if queue.floor is not None and share < queue.floor:
        raise Invalid(
            f"The queue’s floor is {queue.floor * 100:g}%. Lower that first, in the planning settings.",
            fields={"share": ["The share may not lie below the queue’s floor."]},
        )
    new = {
        "definition": definition,
        "share": share,
        "in_progress_limit": in_progress_limit,
        "deadline_hours": dict(deadline_hours),
    }
    changed = {
        name: (getattr(queue, name), value)
        for name, value in new.items()
        if getattr(queue, name) != value
    }
    if not changed:
        return queue
    for name, (_, value) in changed.items():
        setattr(queue, name, value)
    if "definition" in changed:
        queue.definition_version += 1
    queue.save()
    changes.record(
        actor=actor,
        product=queue.product,
        entries=[changes.Entry("queue.defined", queue, fields=changed, reason=reason, right=right)],
        now=now,
    )
    return queue
