"""Decisions and requests: the part of the play that the decision log is made from."""

from __future__ import annotations

from accounts.actors import Actor
from accounts.models import Product
from backlog.models import Decision, Item, Request
from backlog.services import decisions, requests
from integrations.demo.resolutions import Asked, Resolved
from integrations.demo.story import Act


class Deciding:
    """``decided``: decisions by title; ``asked``: requests by piece."""

    product: Product
    actors: dict[str, Actor]
    decided: dict[str, Decision]
    asked: dict[str, Request]

    def item(self, slug: str) -> Item:
        raise NotImplementedError

    def resolve(self, act: Act, *, decision: Resolved) -> None:
        self.decided[decision.title] = decisions.decide(
            actor=self.actors[act.who],
            product=self.product,
            draft=decisions.Draft(
                title=decision.title,
                kind=decision.kind,
                context=decision.about,
                options=decision.options,
                chosen=decision.chosen,
                rationale=decision.why,
                evidence=decision.evidence,
                items=[self.item(slug) for slug in decision.pieces],
            ),
            supersedes=self.decided[decision.instead_of] if decision.instead_of else None,
            now=act.at,
        )

    def ask(self, act: Act, *, asked: Asked, until: str) -> None:
        self.asked[asked.piece] = requests.ask(
            actor=self.actors[act.who],
            product=self.product,
            verb="item.state",
            payload={"item": self.item(asked.piece).key, "state": asked.state, "until": until},
            reason=asked.reason,
            now=act.at,
        )

    def answer(self, act: Act, *, accept: bool, reason: str) -> None:
        requests.answer(
            actor=self.actors[act.who],
            request=self.asked[act.piece],
            accept=accept,
            reason=reason,
            now=act.at,
        )
