"""The permissioned fetch of refinement sessions and what hangs on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from accounts import rights
from accounts.access import product_for, products_of
from accounts.actors import Actor
from accounts.models import Product
from core.errors import NotFound
from scoring.models import AgendaEntry, RefinementSession, SessionNote, SessionTemplate, Vote

#: Somebody whose screen was heard of within so many seconds is there.
PRESENT_FOR = timedelta(seconds=10)


def session_for(
    actor: Actor, pk: int, *, key: str | None = None, action: str = "product.read"
) -> RefinementSession:
    """A session by number, within the product ``key`` where an address names one. NotFound, NotAllowed. Two queries."""
    rows = RefinementSession.objects.select_related("facilitator", "current", "template")
    if key is not None:
        product = product_for(actor, key, action)
        session = rows.filter(product=product, pk=pk).first()
        if session is None:
            raise NotFound
        session.product = product
        return session
    session = rows.filter(pk=pk, product__in=products_of(actor)).select_related("product").first()
    if session is None:
        raise NotFound
    rights.require(actor, action, session.product)
    return session


def template_for(actor: Actor, product: Product, pk: int) -> SessionTemplate:
    """A template of a product that was fetched with rights."""
    template = SessionTemplate.objects.filter(product=product, pk=pk).first()
    if template is None:
        raise NotFound
    template.product = product
    return template


def note_for(actor: Actor, session: RefinementSession, pk: int) -> SessionNote:
    """A note of a session that was fetched with rights."""
    note = (
        SessionNote.objects.filter(session=session, pk=pk)
        .select_related("owner", "noted_by", "entry__item")
        .first()
    )
    if note is None:
        raise NotFound
    note.session = session
    return note


def entry_for(session: RefinementSession, pk: int) -> AgendaEntry:
    """An entry of a session that was fetched with rights."""
    entry = session.entries.filter(pk=pk).select_related("item").first()
    if entry is None:
        raise NotFound
    entry.session = session
    return entry


@dataclass(frozen=True)
class Pulse:
    """What screens ask every second: nothing of a vote but who has one in the round that is open.

    ``tag`` stands for all of it: a screen that knows the tag gets no answer.
    """

    revision: int
    screen: int
    state: str
    current: int | None
    present: tuple[int, ...]
    voted: tuple[int, ...]

    @property
    def tag(self) -> str:
        return f"{self.revision}.{'-'.join(map(str, self.present))}"


def pulse_of(actor: Actor, pk: int, now: datetime, *, key: str | None = None) -> Pulse:
    """The state of a session in one query that also asks whether the actor may see it. Raises NotFound."""
    if actor.user is None or not actor.may_sign_in:
        raise NotFound
    rows = RefinementSession.objects.filter(pk=pk, product__memberships__user=actor.user)
    if key is not None:
        rows = rows.filter(product__key=key.upper())
    if actor.token is not None and actor.token.product_id is not None:
        rows = rows.filter(product=actor.token.product_id)
    votes = Vote.objects.filter(
        entry=OuterRef("current"),
        round=OuterRef("current__round"),
        user=OuterRef("attendees__user"),
    )
    found = list(
        rows.annotate(voted=Exists(votes))
        .order_by("attendees__user_id")
        .values_list(
            "revision",
            "screen",
            "state",
            "current_id",
            "attendees__user_id",
            "attendees__seen_at",
            "attendees__removed_at",
            "voted",
        )
    )
    if not found:
        raise NotFound
    revision, screen, state, current = found[0][:4]
    since = now - PRESENT_FOR
    return Pulse(
        revision=revision,
        screen=screen,
        state=state,
        current=current,
        present=tuple(
            user
            for *_, user, seen, removed, _voted in found
            if user and seen and seen >= since and removed is None
        ),
        voted=tuple(user for *_, user, _seen, _removed, voted in found if user and voted),
    )
