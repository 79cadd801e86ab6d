"""Work that is told in one line: ``scene.item("Captions", queue="hotfix", created=9, started=5, done=2)``, days ago."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.actors import Actor
from accounts.models import Product
from backlog.access import queue_of
from backlog.models import Item
from backlog.services import criteria, items, states
from scoring.current import rubric_in_force
from scoring.services import ratings
from tests.cast import Cast

NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)  # a Monday, 2026-W12


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


class Scene:
    """What happens in product A, by its administrator unless somebody else is named."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.product: Product = cast.a
        self.numbers = itertools.count(1)

    @property
    def actor(self) -> Actor:
        return self.cast.actor("administrator")

    def item(
        self,
        title: str = "",
        *,
        queue: str = "",
        created: float = 10,
        accepted: float | None = None,
        started: float | None = None,
        done: float | None = None,
        declined: float | None = None,
        owner: str = "",
        effort: float | None = None,
        due: float | None = None,
        severity: int | None = None,
        level: float | None = None,
        product: Product | None = None,
        **more: Any,
    ) -> Item:
        """Days ago for every moment; ``due`` may be negative for days to come. ``level`` rates every criterion."""
        product = product or self.product
        actor = self.actor if product == self.cast.a else self.cast.actor("outsider")
        draft = items.Draft(
            title=title or f"Item {next(self.numbers)}",
            owner=self.cast.people[owner] if owner else None,
            effort=effort,
            due_at=ago(due) if due is not None else None,
            **more,
        )
        item = items.create_item(actor=actor, product=product, draft=draft, now=ago(created))
        if queue:
            item = states.accept_item(
                actor=actor,
                item=item,
                queue=queue_of(product, queue),
                severity=severity or (2 if queue == "hotfix" else None),
                owner=self.cast.people[owner or "owner"] if queue == "hotfix" else None,
                now=ago(created if accepted is None else accepted),
            )
        if level is not None:
            rubric = rubric_in_force(product.pk)[1]
            entries = {each.key: ratings.Entry(level, "certain") for each in rubric.criteria}
            ratings.rate_item(actor=actor, item=item, entries=entries, now=ago(accepted or created))
        for state, when in (("in_progress", started), ("done", done)):
            if when is not None:
                item = states.set_state(
                    actor=actor, item=self.again(item), state=state, now=ago(when)
                )
        if declined is not None:
            item = states.decline_item(
                actor=actor, item=self.again(item), reason="No.", now=ago(declined)
            )
        return self.again(item)

    def again(self, item: Item) -> Item:
        """As the database has it now."""
        return Item.objects.select_related("product", "queue", "owner", "summary").get(pk=item.pk)

    def criterion(self, item: Item, *, verified: float | None = None) -> None:
        made = criteria.add_criterion(
            actor=self.actor, item=item, statement="Nine of ten finish", now=item.created_at
        )
        if verified is not None:
            criteria.verify_criterion(actor=self.actor, criterion=made, met=True, now=ago(verified))
