"""What finished items achieved: pushed in from readings, or entered by a person."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog.models import Item
from backlog.services import changes
from backlog.vocabulary import State
from core import text
from core.errors import Invalid
from core.inserting import insert
from scoring.models import Outcome
from scoring.rubrics import PILLARS

LIMIT = 1000
BY_HAND = "by hand"


@dataclass(frozen=True)
class Draft:
    """``realized`` in [0, 1] on the scale of the prediction: 1 is all that level 5 says. ``external_id`` makes it
    idempotent within its source."""

    item: Item
    pillar: str
    realized: float
    measured_at: datetime
    source: str = BY_HAND
    external_id: str = ""
    note: str = ""


@dataclass(frozen=True)
class Recorded:
    """How many were new, and how many were known already."""

    added: int
    known: int


@transaction.atomic
def record_outcomes(
    *, actor: Actor, product: Product, drafts: Sequence[Draft], now: datetime | None = None
) -> Recorded:
    """Store what was measured; one that is known by source and external id is left as it is. The newest of a pillar
    counts. Raises Invalid naming each row that cannot be used (nothing is stored then), NotAllowed.
    """
    right = rights.require(actor, "outcome.record", product)
    now = now or timezone.now()
    if len(drafts) > LIMIT:
        raise Invalid(f"At most {LIMIT} outcomes at once. Send them in several requests.")
    _check(drafts, now)
    # two who send the same outcome meet here, and the second finds it
    Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    wanted = sorted({draft.external_id for draft in drafts if draft.external_id})
    known = set(
        Outcome.objects.filter(product=product, external_id__in=wanted).values_list(
            "source", "external_id"
        )
    )
    rows: list[Outcome] = []
    for draft in drafts:
        key = (draft.source, draft.external_id)
        if draft.external_id and key in known:
            continue
        known.add(key)
        rows.append(
            Outcome(
                product=product,
                item=draft.item,
                pillar=draft.pillar,
                realized=draft.realized,
                measured_at=draft.measured_at,
                source=draft.source,
                external_id=draft.external_id,
                note=draft.note,
                recorded_by=actor.user,
                recorded_at=now,
            )
        )
    stored = insert(rows)
    changes.record(
        actor=actor,
        product=product,
        entries=[
            changes.Entry(
                "outcome.recorded",
                row,
                row.item,
                {row.pillar: (None, row.realized)},
                reason=row.note,
                right=right,
            )
            for row in stored
        ],
        now=now,
    )
    return Recorded(added=len(stored), known=len(drafts) - len(stored))


def _check(drafts: Sequence[Draft], now: datetime) -> None:
    problems: dict[str, list[str]] = {}
    for row, draft in enumerate(drafts):
        wrong = []
        if draft.item.state != State.DONE:
            wrong.append("item: it is not done yet, so nothing can be said of what it achieved.")
        if draft.pillar not in PILLARS:
            wrong.append(f"pillar: one of {', '.join(PILLARS)} is needed.")
        if not math.isfinite(draft.realized) or not 0 <= draft.realized <= 1:
            wrong.append("realized: a number from 0 (nothing) to 1 (all that level 5 says).")
        if not text.one_line(draft.source) or len(draft.source) > 40:
            wrong.append("source: say where it comes from, in at most 40 characters.")
        if draft.measured_at > now + timedelta(days=1):
            wrong.append("measured_at: this lies in the future.")
        elif draft.measured_at.year < 1970:
            wrong.append("measured_at: this lies before 1970.")
        if wrong:
            problems[str(row)] = wrong
    if problems:
        raise Invalid("Some outcomes cannot be used. Nothing was stored.", fields=problems)
