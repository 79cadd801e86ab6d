"""Who is asked in a round: handed over to somebody else, asked in addition, seen."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import User
from assets.models import Asset
from backlog.services import changes
from core import text
from core.errors import Conflict, Invalid
from reviews.access import possible_reviewers
from reviews.models import Assignment, Decision, ReviewCycle, Stage
from reviews.services.cycles import about
from reviews.vocabulary import CycleState

REASON_LIMIT = 500


@transaction.atomic
def hand_over(
    *,
    actor: Actor,
    cycle: ReviewCycle,
    stage: Stage,
    person: User,
    to: User,
    reason: str = "",
    now: datetime | None = None,
) -> Assignment:
    """Let ``to`` decide in place of ``person``: by that person, or by whoever may start reviews.

    Raises Invalid (who), Conflict (decided already, closed, asked already), NotAllowed.
    """
    product = cycle.product
    own = actor.user is not None and actor.user.pk == person.pk
    right = rights.require(actor, "review.decide" if own else "review.start", product)
    now = now or timezone.now()
    Asset.objects.locked(cycle.asset_id)
    if not ReviewCycle.objects.filter(pk=cycle.pk, state=CycleState.OPEN).exists():
        raise Conflict("This review is closed. Nothing was changed.", code="closed")
    asked = Assignment.objects.filter(stage=stage, reviewer=person).first()
    if asked is None:
        raise Conflict(f"{person} is not asked in this stage.", code="not_asked")
    if Decision.objects.filter(stage=stage, reviewer=person).exists():
        raise Conflict(
            f"{person} has decided already. A verdict is not handed over.", code="decided"
        )
    if to.pk == cycle.version.uploaded_by_id:
        raise Invalid(
            "Nothing was changed.",
            fields={"to": [f"{to} uploaded this version and cannot review it."]},
        )
    if not possible_reviewers(product).filter(pk=to.pk).exists():
        raise Invalid(
            "Nothing was changed.",
            fields={"to": [f"{to} may not decide in reviews of {product.name}."]},
        )
    if Assignment.objects.filter(stage=stage, reviewer=to).exists():
        raise Conflict(f"{to} is asked in this stage already.", code="asked_already")
    waiting = asked.waiting
    asked.delete()
    back = asked.stands_in_for_id == to.pk
    made = Assignment.objects.create(
        product=product,
        stage=stage,
        reviewer=to,
        waiting=waiting,
        assigned_by=actor.user,
        assigned_at=now,
        stands_in_for=None if back else asked.stands_in_for or person,
    )
    fields: dict[str, tuple[object, object]] = {
        **about(cycle),
        "stage": (None, stage.kind),
        "reviewer": (person, to),
    }
    entry = changes.Entry(
        "review.handed_over",
        made,
        cycle.asset.item,
        fields,
        reason=text.one_line(reason)[:REASON_LIMIT],
        right=right,
    )
    changes.record(actor=actor, product=product, entries=[entry], now=now)
    return made
