"""What is read for guests' links: the box on a round's page, and what a guest sees of the round."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from core.errors import NotFound
from reviews.models import GuestLink, Note, ReviewCycle, Stage

LISTED = 100


def links_of(cycle: ReviewCycle) -> list[GuestLink]:
    """Links to a round, the newest first. One query."""
    rows = GuestLink.objects.filter(cycle=cycle).select_related("made_by", "revoked_by")
    return list(rows.order_by("-pk")[:LISTED])


def link_for(actor: Actor, cycle: ReviewCycle, pk: int) -> GuestLink:
    """A link to a round that was fetched with rights. Raises NotFound, NotAllowed."""
    rights.require(actor, "review.invite", cycle.product)
    found = GuestLink.objects.filter(cycle=cycle, pk=pk).first()
    if found is None:
        raise NotFound
    found.cycle, found.product = cycle, cycle.product
    return found


def state_of(link: GuestLink, now: datetime) -> tuple[str, str]:
    """A word and its tone."""
    if link.revoked_at is not None:
        return "ended", ""
    if link.expires_at <= now:
        return "expired", ""
    if link.locked_until is not None and link.locked_until > now:
        return "locked", "bad"
    return "alive", "good"


def guest_box(actor: Actor, cycle: ReviewCycle, now: datetime | None = None) -> dict[str, Any]:
    """What ``reviews/_guests.html`` reads, under ``guests``. No query for whoever may not invite, else one."""
    may = rights.allowed(actor, "review.invite", cycle.product)
    now = now or timezone.now()
    rows = []
    for link in links_of(cycle) if may else []:
        word, tone = state_of(link, now)
        rows.append({"link": link, "word": word, "tone": tone, "live": word in ("alive", "locked")})
    return {"guests": {"may": may, "rows": rows, "cycle": cycle}}


def notes_for_guest(cycle: ReviewCycle) -> QuerySet[Note]:
    """What is said in the round and not private, answers among it. No order of its own."""
    private = Q(private=True) | Q(stage__private=True)
    answers = Q(parent__private=True) | Q(parent__stage__private=True)
    rows = Note.objects.filter(cycle=cycle, version=cycle.version_id).exclude(private)
    return rows.exclude(answers).select_related("author", "guest")


def stages_for_guest(cycle: ReviewCycle) -> list[Stage]:
    """The stages whose notes are open to everybody, in their order. One query."""
    return list(Stage.objects.filter(cycle=cycle, private=False).order_by("position"))
