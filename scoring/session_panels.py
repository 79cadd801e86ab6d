"""What refinement shows on My work: sessions that want a vote, questions and to-dos that are one's own."""

from __future__ import annotations

from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog.panels import Panel
from scoring.models import RefinementSession, SessionNote
from scoring.refinement import room

State = RefinementSession.State


def home_panel(*, actor: Actor, product: Product) -> Panel | None:
    """Sessions ahead with how many items want the person's vote; own open questions and to-dos. Two to four queries."""
    if actor.user is None or not rights.allowed(actor, "session.vote", product):
        return None
    mine = list(
        RefinementSession.objects.filter(
            product=product,
            state__in=[State.PLANNED, State.LIVE],
            attendees__user=actor.user,
            attendees__removed_at=None,
        ).order_by("starts_at", "pk")[:5]
    )
    notes = list(
        SessionNote.objects.filter(
            session__product=product,
            session__state=State.CLOSED,
            owner=actor.user,
            settled_at=None,
        )
        .select_related("session", "entry__item")
        .order_by("due_on", "noted_at", "pk")[:20]
    )
    if not mine and not notes:
        return None
    progress = room.voting_progress(actor, mine) if mine else {}
    for note in notes:
        note.session.product = product
    rows = [
        {
            "session": each,
            "left": progress.get(each.pk, (0, 0))[0],
            "all": progress.get(each.pk, (0, 0))[1],
        }
        for each in mine
    ]
    context = {"sessions": rows, "notes": notes, "now": timezone.now(), "product": product}
    return Panel("refinement", "Refinement", "scoring/_sessions_home.html", context)
