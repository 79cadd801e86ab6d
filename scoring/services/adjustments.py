"""Judgement beside the score: with a claim, a size, and an end."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.rights import Wish
from backlog import events
from backlog.models import Item
from backlog.services import changes, summaries
from core import text
from core.errors import Conflict, Invalid, NotAllowed
from scoring.current import rubric_in_force
from scoring.judgement import may_judge_own, state_of
from scoring.models import Adjustment

LONGEST = timedelta(days=366)


@transaction.atomic
def adjust(
    *,
    actor: Actor,
    item: Item,
    points: float,
    claim: str,
    expires_at: datetime,
    evidence: str = "",
    now: datetime | None = None,
) -> Adjustment:
    """Add or take off points until ``expires_at``. Raises Invalid (size, claim, end), NotAllowed.

    The sum of an item's running adjustments is limited by the rubric too; one alone may not exceed the limit.
    """
    wish = Wish(
        "adjustment.make",
        {
            "item": item.key,
            "points": points,
            "claim": claim,
            "evidence": evidence,
            "expires_at": expires_at.isoformat(),
        },
    )
    right = rights.require(actor, "adjustment.make", item.product, wish)
    now = now or timezone.now()
    claim = checked(item, points, claim, expires_at, now)
    row = Adjustment.objects.create(
        product=item.product,
        item=item,
        points=points,
        claim=claim,
        evidence=text.one_line(evidence)[:500],
        made_by=actor.user,
        made_at=now,
        expires_at=expires_at,
    )
    fields = {"points": (None, points), "expires_at": (None, expires_at)}
    _record(actor, row, "adjustment.made", fields, claim, right, now)
    return row


def checked(item: Item, points: float, claim: str, expires_at: datetime, now: datetime) -> str:
    """The claim as it is kept. Raises Invalid with all that is wrong with size, claim or end."""
    _, rubric = rubric_in_force(item.product_id)
    limit = rubric.max_adjustment
    problems: dict[str, list[str]] = {}
    if not math.isfinite(points) or points == 0 or abs(points) > limit:
        problems["points"] = [f"Between −{limit:g} and {limit:g} points, and not 0."]
    return checked_claim(claim, expires_at, now, problems)


def checked_claim(
    claim: str,
    expires_at: datetime,
    now: datetime,
    problems: Mapping[str, list[str]] | None = None,
) -> str:
    """The claim as it is kept. Raises Invalid with what is wrong with claim or end, and with ``problems``."""
    claim = text.one_line(claim)
    found = dict(problems or {})
    if not 1 <= len(claim) <= 500:
        found["claim"] = ["Say what you know that the score does not, in at most 500 characters."]
    if not now < expires_at <= now + LONGEST:
        found["expires_at"] = ["Choose an end within the next year."]
    if found:
        raise Invalid("The adjustment was not made.", fields=found)
    return claim


@transaction.atomic
def judge(
    *,
    actor: Actor,
    adjustment: Adjustment,
    verdict: str,
    note: str = "",
    was: str = "",
    now: datetime | None = None,
) -> Adjustment:
    """Say whether the claim held, once the adjustment is over. ``was``: the verdict that this one takes the place of.

    Raises NotAllowed (also for one's own claim, where somebody else may judge), Conflict (it still runs, or it was
    judged meanwhile), Invalid.
    """
    product = adjustment.item.product
    right = rights.require(actor, "adjustment.judge", product)
    now = now or timezone.now()
    if verdict not in Adjustment.Verdict.values:
        offered = ", ".join(Adjustment.Verdict.values)
        raise Invalid("Choose a verdict.", fields={"verdict": [f"One of: {offered}."]})
    if adjustment.made_by_id == (actor.user.pk if actor.user else None) and not may_judge_own(
        product, actor
    ):
        names = [
            each for each in rights.who_can("adjustment.judge", product) if each != str(actor.user)
        ]
        raise NotAllowed(
            "Nobody judges their own claim." + (f" Ask {' or '.join(names)}." if names else "")
        )
    if state_of(adjustment, now) == "running":
        raise Conflict(
            "This adjustment still runs, so it is too early for a verdict. End it first, or wait.",
            code="still_running",
        )
    note = text.one_line(note)[:500]
    unchanged = Adjustment.objects.filter(pk=adjustment.pk, verdict=was)
    if not unchanged.update(
        verdict=verdict, verdict_note=note, verdict_by=actor.user, verdict_at=now
    ):
        raise Conflict(
            "Somebody has judged this meanwhile. Look at their verdict, then judge again.",
            code="judged_meanwhile",
        )
    adjustment.refresh_from_db()
    changes.record(
        actor=actor,
        product=product,
        entries=[
            changes.Entry(
                "adjustment.judged",
                adjustment,
                adjustment.item,
                {"verdict": (was or None, verdict)},
                reason=note,
                right=right,
            )
        ],
        now=now,
    )
    return adjustment


@transaction.atomic
def end_adjustment(
    *, actor: Actor, adjustment: Adjustment, reason: str = "", now: datetime | None = None
) -> Adjustment:
    """End a running adjustment before its time."""
    right = rights.require(actor, "adjustment.make", adjustment.item.product)
    now = now or timezone.now()
    running = Adjustment.objects.filter(pk=adjustment.pk, ended_at__isnull=True, expires_at__gt=now)
    if not running.update(ended_at=now):
        raise Conflict("This adjustment has ended already.", code="ended_already")
    adjustment.ended_at = now
    fields = {"points": (adjustment.points, None)}
    _record(actor, adjustment, "adjustment.ended", fields, text.one_line(reason)[:500], right, now)
    return adjustment


def _record(
    actor: Actor,
    row: Adjustment,
    verb: str,
    fields: Mapping[str, tuple[object, object]],
    reason: str,
    right: str,
    now: datetime,
) -> None:
    item = row.item
    changes.record(
        actor=actor,
        product=item.product,
        entries=[changes.Entry(verb, row, item, fields, reason=reason, right=right)],
        now=now,
    )
    summaries.mark_stale([item.pk], now)
    events.publish("item.inputs_changed", product_id=item.product_id, item_ids=[item.pk], now=now)
