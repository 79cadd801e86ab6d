"""Carries the plan out: each act is a call of the service that people use, with the instant of the act as ``now``."""

from __future__ import annotations

import random
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from accounts import demo
from accounts.actors import Actor, Via
from accounts.models import Product, User
from accounts.services import people
from backlog.jobs import parking, seals
from backlog.models import Channel, Cycle, Item, Label, Program, Queue, Segment
from backlog.services import (
    comments,
    criteria,
    items,
    links,
    members,
    products,
    queues,
    saved_views,
    states,
    words,
)
from backlog.vocabulary import QueueKind
from core.errors import Conflict
from integrations.demo import measuring, setting
from integrations.demo.briefing import Briefing
from integrations.demo.cycling import Cycling
from integrations.demo.deciding import Deciding
from integrations.demo.judging import Claim, Lifted
from integrations.demo.people import PEOPLE
from integrations.demo.piece import Adjusted, Sign
from integrations.demo.placing import Placing
from integrations.demo.refining import Refining
from integrations.demo.reports import Report
from integrations.demo.reviewing import Reviewing
from integrations.demo.story import Act, Story
from integrations.demo.weighing import Weighing
from scoring.jobs import rescore, robustness
from scoring.models import Adjustment
from scoring.services import adjustments, outcomes, placing, ratings, signals

SEED = 20_417


@transaction.atomic
def seed(now: datetime) -> Product:
    """The whole example product, its history ending at ``now``. All or nothing. Raises Conflict where it exists."""
    story = Story(now, random.Random(SEED))  # noqa: S311  repeatable on purpose
    acts = story.plan()
    play = Play(story.began)
    for act in acts:
        play.perform(act)
    play.finish(now)
    return play.product


class Play(Cycling, Reviewing, Placing, Refining, Deciding, Weighing, Briefing):
    """The stage: product, people, words, and what has been made so far by its name."""

    def __init__(self, began: datetime) -> None:
        made = {person.key: self._person(person, began) for person in PEOPLE}
        self.people: dict[str, User] = made
        self.placed: dict[int, tuple[int, int]] = {}
        self.actors = {key: Actor(user=user, channel=Via.PAGE) for key, user in made.items()}
        self.program = Actor(user=made["ingrid"], channel=Via.API)
        self.product = products.create_product(
            actor=self.actors["ingrid"],
            key=setting.KEY,
            name=setting.NAME,
            description=setting.DESCRIPTION,
            now=began,
        )
        for person in PEOPLE:
            members.add_member(
                actor=Actor.system(Via.COMMAND),
                product=self.product,
                user=made[person.key],
                role=person.role,
                now=began,
            )
        self.queues = {queue.kind: queue for queue in Queue.objects.filter(product=self.product)}
        self.pieces = {piece.slug: piece for piece in setting.PIECES}
        self._items: dict[str, int] = {}
        self._newest: dict[str, Item] = {}
        self.assets: dict[str, int] = {}
        self.rounds: dict[str, int] = {}
        self.decided = {}
        self.asked = {}
        self.written, self.planned = [], []
        self.sessions: dict[str, int] = {}
        self._signs = 0
        self._words(began)
        self.set_layers(began)

    def _person(self, person: Any, began: datetime) -> User:
        """The account; one that is left from an earlier example product is used again."""
        known = User.objects.filter(email=person.email).first()
        return known or people.create_person(
            actor=Actor.system(Via.COMMAND),
            email=person.email,
            name=person.name,
            password=demo.PASSWORD,
            is_staff=person.is_staff,
            time_zone=person.time_zone,
            now=began,
        )

    def _words(self, began: datetime) -> None:
        pieces = setting.PIECES
        product = self.product
        self.labels = words.named(
            Label, product=product, names={n for p in pieces for n in p.labels}
        )
        self.segments = words.named(Segment, product=product, names=setting.SEGMENTS)
        self.programs = words.named(Program, product=product, names={p.program for p in pieces})
        self.channels = words.named(Channel, product=product, names={p.channel for p in pieces})
        self.cycles: dict[str, Cycle] = {}
        for name, accounts in setting.SEGMENTS.items():
            segment = self.segments[name]
            segment.product = product
            words.count_accounts(
                actor=self.actors["ingrid"], segment=segment, accounts=accounts, now=began
            )

    def perform(self, act: Act) -> None:
        """Carry out one act."""
        getattr(self, act.what)(act, **act.values)

    def finish(self, now: datetime) -> None:
        """Score everything as of now, draw how far the order can be trusted, and seal the log."""
        rescore.mark_expired(now=now)
        rescore.rescore_items(
            product_id=self.product.pk, item_ids=sorted(self._items.values()), now=now
        )
        robustness.draw(product_id=self.product.pk, now=now)
        seals.seal_product(self.product.pk)

    def measure(self, act: Act) -> None:
        """What a finished item achieved, once its measuring window is over."""
        item = self.item(act.piece)
        dice = random.Random(item.number)  # noqa: S311  repeatable on purpose
        drafts = [
            outcomes.Draft(
                item=item,
                pillar=pillar,
                realized=realized,
                measured_at=act.at,
                source="review after two weeks",
                external_id=f"{item.key}-{pillar}",
                note=measuring.FROM[pillar],
            )
            for pillar, realized in measuring.achieved(item.pk, dice).items()
        ]
        actor = self.actors[act.who]
        outcomes.record_outcomes(actor=actor, product=self.product, drafts=drafts, now=act.at)

    def item(self, slug: str) -> Item:
        """The item as the last service that changed it returned it."""
        return self._newest[slug]

    def _read(self, pk: int) -> Item:
        item = Item.objects.select_related("queue", "owner").get(pk=pk)
        item.product = self.product
        return item

    def refresh(self, item_id: int) -> None:
        slug = next(name for name, pk in self._items.items() if pk == item_id)
        self._newest[slug] = self._read(item_id)

    def _keep(self, slug: str, item: Item) -> None:
        item.product = self.product
        self._newest[slug] = item

    # --- items ---------------------------------------------------------------------------------

    def create(self, act: Act, *, api: bool) -> None:
        piece = self.pieces[act.piece]
        draft = items.Draft(
            title=piece.title,
            description=piece.description,
            kind=piece.kind,
            reporter=self.people[piece.by],
            severity=piece.severity if not piece.queue or piece.queue != QueueKind.HOTFIX else None,
            program=self.programs.get(piece.program),
            channel=self.channels.get(piece.channel),
            labels=[self.labels[name] for name in piece.labels],
            segments=[self.segments[name] for name in piece.segments],
            criteria=[each if isinstance(each, tuple) else (each, "") for each in piece.criteria],
        )
        actor = self.program if api else self.actors[act.who]
        item = items.create_item(actor=actor, product=self.product, draft=draft, now=act.at)
        self._items[act.piece] = item.pk
        self._keep(act.piece, item)

    def accepted(self, act: Act, *, to: str, reason: str) -> None:
        piece = self.pieces[act.piece]
        urgent = piece.queue == QueueKind.HOTFIX
        item = states.accept_item(
            actor=self.actors[act.who],
            item=self.item(act.piece),
            queue=self.queues[to or piece.queue],
            severity=piece.severity if urgent else None,
            owner=self.people[piece.owner] if urgent else None,
            reason=reason,
            now=act.at,
        )
        self._keep(act.piece, item)

    def edit(self, act: Act, *, values: Mapping[str, Any], reason: str) -> None:
        found = dict(values)
        if "owner" in found:
            found["owner"] = self.people[found["owner"]]
        item = self.edited(act.who, act.piece, found, reason, act.at)
        self._keep(act.piece, item)

    def state(self, act: Act, *, state: str, reason: str) -> None:
        item = states.set_state(
            actor=self.actors[act.who],
            item=self.item(act.piece),
            state=state,
            reason=reason,
            now=act.at,
        )
        self._keep(act.piece, item)

    def park(self, act: Act, *, until: date, reason: str) -> None:
        item = states.park_item(
            actor=self.actors[act.who],
            item=self.item(act.piece),
            until=until,
            reason=reason,
            now=act.at,
        )
        self._keep(act.piece, item)

    def declined(self, act: Act, *, to: str, reason: str) -> None:
        item = states.decline_item(
            actor=self.actors[act.who], item=self.item(act.piece), reason=reason, now=act.at
        )
        self._keep(act.piece, item)

    def merged(self, act: Act, *, to: str, reason: str) -> None:
        item = states.merge_item(
            actor=self.actors[act.who],
            item=self.item(act.piece),
            into=self.item(to),
            reason=reason,
            now=act.at,
        )
        self._keep(act.piece, item)

    def moved(self, act: Act, *, to: str, reason: str) -> None:
        item = states.move_item(
            actor=self.actors[act.who],
            item=self.item(act.piece),
            queue=self.queues[to],
            reason=reason,
            now=act.at,
        )
        self._keep(act.piece, item)

    def say(self, act: Act, *, words: str) -> None:
        comments.add_comment(
            actor=self.actors[act.who], item=self.item(act.piece), body=words, now=act.at
        )

    def verify(self, act: Act, *, position: int) -> None:
        criterion = self.item(act.piece).criteria.get(position=position)
        criterion.item = self.item(act.piece)
        criteria.verify_criterion(
            actor=self.actors[act.who],
            criterion=criterion,
            met=True,
            note=criterion.verification,
            now=act.at,
        )

    def link(self, act: Act, *, kind: str, target: str) -> None:
        links.link_items(
            actor=self.actors[act.who],
            source=self.item(act.piece),
            target=self.item(target),
            kind=kind,
            now=act.at,
        )

    # --- scores --------------------------------------------------------------------------------

    def rate(self, act: Act, *, levels: Mapping[str, tuple[float, str]], reason: str) -> None:
        ratings.rate_item(
            actor=self.actors[act.who],
            item=self.item(act.piece),
            entries={name: ratings.Entry(*given) for name, given in levels.items()},
            reason=reason,
            now=act.at,
        )

    def sign(self, act: Act, *, sign: Sign, occurred: datetime) -> None:
        self._signs += 1
        draft = signals.Draft(
            kind=sign.kind,
            magnitude=sign.magnitude,
            occurred_at=occurred,
            source=sign.source,
            external_id=f"{sign.source}-{4100 + self._signs}",
            note=sign.note,
            item=self.item(act.piece),
        )
        signals.add_signals(actor=self.program, product=self.product, drafts=[draft], now=act.at)

    def report(self, act: Act, *, report: Report, occurred: datetime) -> None:
        """Evidence from outside: about no item yet, about a segment, or about an item."""
        self._signs += 1
        draft = signals.Draft(
            kind=report.kind,
            magnitude=report.magnitude,
            occurred_at=occurred,
            source=report.source,
            external_id=f"{report.source}-{4100 + self._signs}",
            note=report.note,
            item=self.item(report.piece) if report.piece else None,
            segment=report.segment,
        )
        signals.add_signals(actor=self.program, product=self.product, drafts=[draft], now=act.at)

    def adjust(self, act: Act, *, adjusted: Adjusted, expires: datetime) -> None:
        adjustments.adjust(
            actor=self.actors[act.who],
            item=self.item(act.piece),
            points=adjusted.points,
            claim=adjusted.claim,
            evidence=adjusted.evidence,
            expires_at=expires,
            now=act.at,
        )

    def end_adjustment(self, act: Act, *, reason: str) -> None:
        rows = Adjustment.objects.filter(item=self._items[act.piece], ended_at__isnull=True)
        adjustment = rows.get()
        adjustment.item = self.item(act.piece)
        adjustments.end_adjustment(
            actor=self.actors[act.who], adjustment=adjustment, reason=reason, now=act.at
        )

    def judge(self, act: Act, *, claim: Claim) -> None:
        row = Adjustment.objects.get(item=self._items[act.piece], claim=claim.adjusted.claim)
        row.item = self.item(act.piece)
        adjustments.judge(
            actor=self.actors[act.who],
            adjustment=row,
            verdict=claim.verdict,
            note=claim.note,
            now=act.at,
        )

    def lift(self, act: Act, *, lifted: Lifted) -> None:
        with suppress(Conflict):  # on some days it is the first already
            placing.place_item(
                actor=self.actors[act.who],
                item=Item.objects.select_related("product", "queue", "summary").get(
                    pk=self._items[act.piece]
                ),
                target=placing.Target("up"),
                claim=lifted.claim,
                evidence=lifted.evidence,
                expires_at=act.at + timedelta(days=lifted.lasts),
                now=act.at,
            )

    def reread(self) -> None:
        found = Item.objects.select_related("queue", "owner").in_bulk(self._items.values())
        for slug, pk in self._items.items():
            self._keep(slug, found[pk])

    def night(self, act: Act) -> None:
        if parking.unpark_due(act.at):
            self.reread()
        if rescore.mark_expired(now=act.at):
            rescore.rescore_stale(now=act.at)
        rescore.rescore_open(now=act.at)

    # --- product -------------------------------------------------------------------------------

    def define(self, act: Act, *, kind: str, sentence: str, limit: int, reason: str) -> None:
        queue = self.queues[kind]
        queue.product = self.product
        queues.define_queue(
            actor=self.actors[act.who],
            queue=queue,
            definition=f"{queue.definition} {sentence}",
            share=queue.share,
            in_progress_limit=limit,
            deadline_hours=queue.deadline_hours,
            reason=reason,
            now=act.at,
        )

    def save_view(self, act: Act, *, name: str, query: str, shared: bool) -> None:
        saved_views.save_view(
            actor=self.actors[act.who], product=self.product, name=name, query=query, shared=shared
        )
