"""Refinement sessions: two that were held, and one for the next working morning on which some have voted already."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from accounts.actors import Actor
from accounts.models import Product, User
from backlog.models import Item
from integrations.demo.story import TALKED, Act
from scoring.current import rubric_in_force
from scoring.models import AgendaEntry, Function, Rating, RefinementSession, SessionNote
from scoring.services.sessions import closing, deciding, notes, planning, voting

WANTED = (Function.PRODUCT, Function.ENGINEERING, Function.CONTENT, Function.CUSTOMER)
INVITED = {
    "amara": Function.PRODUCT,
    "ingrid": Function.ENGINEERING,
    "tomas": Function.CONTENT,
    "camille": Function.LEGAL,
    "priya": Function.CUSTOMER,
}
VOTERS = ("amara", "ingrid", "tomas", "camille")
OPENING = "Read the first three before we meet, and vote. We stop on the minute."
#: What was written down: (kind, words, whose, in how many days).
NOTED: dict[str, Sequence[tuple[str, str, str, int | None]]] = {
    "first": (
        (
            "question",
            "Do hospital groups count learners or stations when they say “users”?",
            "amara",
            None,
        ),
        ("action", "Ask two port operators whether they would use it offline.", "tomas", 14),
    ),
    "second": (
        ("question", "Who may see a learner's first attempts?", "camille", None),
        ("action", "Measure how many tablets still run the old browser.", "ingrid", 10),
    ),
}
WHY = (
    "Ingrid had the old player in mind; the new one does it already.",
    "The desk hears of it every week, we had not looked.",
    "Nobody could say whom it helps beyond one customer.",
    "",
)
SUMMARY = {
    "first": "The first one by votes. We were further apart on pain than on value.",
    "second": "Short on customers' side: Priya was at the airport.",
}


class Refining:
    """``sessions``: their ids by name."""

    product: Product
    people: dict[str, User]
    actors: dict[str, Actor]
    sessions: dict[str, int]

    def refresh(self, item_id: int) -> None:
        raise NotImplementedError

    def plan_refinement(self, act: Act, *, name: str, title: str, starts_at: datetime) -> None:
        session = planning.plan_session(
            actor=self.actors[act.who],
            product=self.product,
            plan=planning.Plan(
                title=title,
                starts_at=starts_at,
                box_minutes=60,
                minutes_each=7,
                functions=WANTED,
                opening=OPENING,
                attendees={self.people[key]: function for key, function in INVITED.items()},
            ),
            seed=len(self.sessions) + 1,
            now=act.at,
        )
        self.sessions[name] = session.pk
        if name == "next":
            for key, share in (("ingrid", 0.6), ("tomas", 0.3)):
                for entry in list(session.entries.order_by("position"))[:4]:
                    self._vote(session, entry, key, act.at + timedelta(minutes=20), share=share)

    def open_refinement(self, act: Act, *, name: str) -> None:
        session = deciding.open_session(
            actor=self.actors[act.who], session=self._session(name), now=act.at
        )
        for key in VOTERS:
            voting.seen(actor=self.actors[key], session=session, now=act.at)

    def refine(self, act: Act, *, name: str, place: int) -> None:
        """Talk about one entry: vote, turn over, agree; what nobody rated before, and the last one, is put off."""
        lead, at = self.actors[act.who], act.at
        session = self._session(name)
        entries = list(session.entries.order_by("position", "pk"))
        if place >= len(entries):
            return
        entry = entries[place]
        deciding.show(actor=lead, session=session, entry_id=entry.pk, now=at)
        rated = Rating.objects.filter(item_id=entry.item_id).exists()
        if rated:
            for key in VOTERS:
                self._vote(session, entry, key, at, apart=place == TALKED - 1)
            voting.flip(actor=lead, session=session, entry_id=entry.pk, round=1, now=at)
        if not rated or place == TALKED - 1:
            note = "Nobody from the desk was there to say." if rated else "It needs a brief first."
            deciding.put_off(actor=lead, session=session, entry_id=entry.pk, note=note, now=at)
            return
        if place == 0:
            self._note(session, entry, name, 0, at)
        deciding.record(
            actor=lead,
            session=session,
            entry_id=entry.pk,
            round=1,
            note=WHY[place % len(WHY)],
            now=at,
        )
        self.refresh(entry.item_id)

    def close_refinement(self, act: Act, *, name: str) -> None:
        session = self._session(name)
        self._note(session, None, name, 1, act.at)
        closing.close_session(
            actor=self.actors[act.who], session=session, summary=SUMMARY[name], now=act.at
        )

    def _session(self, name: str) -> RefinementSession:
        session = RefinementSession.objects.select_related("facilitator").get(
            pk=self.sessions[name]
        )
        session.product = self.product
        return session

    def _note(
        self,
        session: RefinementSession,
        entry: AgendaEntry | None,
        name: str,
        place: int,
        at: datetime,
    ) -> None:
        kind, words, whose, days = NOTED[name][place]
        notes.add_note(
            actor=self.actors["amara"],
            session=session,
            words=words,
            kind=SessionNote.Kind(kind),
            owner=self.people[whose],
            due_on=(at + timedelta(days=days)).date() if days else None,
            entry_id=entry.pk if entry else None,
            now=at,
        )

    def _vote(
        self,
        session: RefinementSession,
        entry: AgendaEntry,
        key: str,
        at: datetime,
        share: float = 1.0,
        apart: bool = False,
    ) -> None:
        """Near what it was rated, as this person sees it: drawn from names, so always the same.

        ``apart``: they do not agree on whom it hurts.
        """
        item = Item.objects.get(pk=entry.item_id)
        draw = random.Random(f"{item.number} {key}")  # noqa: S311  repeatable on purpose
        choices = {}
        rated = {row.criterion: round(row.level) for row in Rating.objects.filter(item=item)}
        for criterion in rubric_in_force(self.product.pk)[1].criteria:
            if draw.random() > share:
                continue
            before = rated.get(criterion.key, 1 + item.number % 3)
            level = min(5.0, max(0.0, before + draw.choice((-1, 0, 0, 0, 0, 1, 1))))
            if draw.random() < 0.06:
                level = 5.0 - level
            if apart and criterion.key == "customer_pain":
                level = 5.0 if key == "tomas" else 1.0
            sure = draw.choice(("guess", "informed", "informed", "certain"))
            choices[criterion.key] = voting.Choice(level, sure)
        if choices:
            voting.cast(
                actor=self.actors[key],
                session=session,
                entry_id=entry.pk,
                round=1,
                choices=choices,
                now=at,
            )
