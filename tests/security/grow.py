"""Much more of everything in a furnished product, on the rows that its pages show."""

from __future__ import annotations

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase
from django.utils import timezone

from accounts.actors import Actor, Via
from accounts.models import Session
from accounts.services import tokens
from assets.services import placements, readings
from assets.services.assets import add_asset
from assets.services.versions import upload_version
from backlog.models import Cycle, Label, Segment
from backlog.services import (
    comments,
    criteria,
    decisions,
    items,
    links,
    members,
    requests,
    saved_views,
    states,
    words,
)
from backlog.vocabulary import LinkKind
from integrations.services import hooks
from reviews.services.cycles import start_review
from reviews.services.notes import add_note
from scoring.services import adjustments, ratings, signals
from tests.cast import make_person
from tests.integrations.exports import many
from tests.security.furnish_briefs import grow_briefs
from tests.security.furnish_top import _bring
from tests.security.furnish_upper import asked
from tests.security.world import Tenant


def grow(tenant: Tenant, more: int) -> None:
    """So many more of whatever a list could hold. What ``tenant.things`` names stays. Once with the same number."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        _people(tenant, more)
        _items(tenant, more)
        _on_the_item(tenant, more)
        _assets(tenant, more)
        _placements(tenant, more)
        _decisions(tenant, more)
        _hooks(tenant, more)
        grow_briefs(tenant, more)
        for number in range(more // 4 + 1):
            _bring(tenant, many(more, **{"Issue key": f"Z-{number}"}))


def _hooks(tenant: Tenant, more: int) -> None:
    actor, product = tenant.actor(), tenant.product
    for number in range(more):
        hooks.make_hook(actor=actor, product=product, source=f"more {more} {number}")
        hooks.receive(
            hook=tenant.hook, message_id=f"more-{more}-{number}", take=lambda _actor: {"added": 1}
        )


def _people(tenant: Tenant, more: int) -> None:
    actor, product = tenant.actor(), tenant.product
    for number in range(more):
        person = make_person(f"more{more}-{number}")
        members.add_member(actor=Actor.system(), product=product, user=person, role="contributor")
        members.invite(
            actor=actor, product=product, email=f"guest{more}-{number}@example.org", role="viewer"
        )
        tokens.create_token(
            actor=actor, user=tenant.person, name=f"Token {number}", scope="read", days=9
        )
        saved_views.save_view(
            actor=actor,
            product=product,
            name=f"View {more} {number}",
            query="open=true",
            shared=True,
        )
        Session.objects.create(
            session_key=f"more{more}-{number}".ljust(32, "x"),
            session_data="",
            expire_date=timezone.now() + timedelta(hours=9),
            user=tenant.person,
            signed_in_at=timezone.now(),
            last_seen_at=timezone.now(),
        )


def _items(tenant: Tenant, more: int) -> None:
    """In every state and queue, each with words, an owner and a rating."""
    actor, product = tenant.actor(), tenant.product
    labels = [*words.named(Label, product=product, names=[f"l{n}" for n in range(9)]).values()]
    segments = [*words.named(Segment, product=product, names=["s1", "s2"]).values()]
    cycles = words.named(Cycle, product=product, names=[f"c{n}" for n in range(more)])
    queues = {queue.kind: queue for queue in product.queues.all()}
    people = [each.user for each in product.memberships.select_related("user").order_by("pk")]
    made = items.create_items(
        actor=actor,
        product=product,
        right="item.create",
        drafts=[
            items.Draft(
                title=f"More {kind} {state} {number}",
                queue=queue,
                state=state,
                labels=labels[: number + 2],
                segments=segments,
                owner=people[number % len(people)],
                reporter=people[-1 - number],
                severity=1,
                due_at=timezone.now() + timedelta(days=number - 2),
                cycle=cycles[f"c{number}"],
                criteria=[("It works", "By looking")] * 3,
                parked_until=timezone.now().date() + timedelta(days=9)
                if state == "parked"
                else None,
            )
            for kind, queue in queues.items()
            for state in (
                *("triage", "accepted", "in_progress", "in_review"),
                *("done", "parked", "declined"),
            )
            for number in range(more // 4 + 1)
        ],
    )
    for item in made:
        ratings.rate_item(
            actor=actor, item=item, entries={tenant.criterion_key: ratings.Entry(4, "certain")}
        )
    # decided today, and moved
    for item in [each for each in made if each.state == "triage"][:more]:
        states.accept_item(actor=actor, item=item, queue=queues["enhancement"])


def _on_the_item(tenant: Tenant, more: int) -> None:
    """Everything that can hang on the one item whose page is asked for."""
    actor, product, item = tenant.actor(), tenant.product, tenant.item
    others = list(product.items.exclude(pk=item.pk).order_by("-pk")[: 2 * more])
    labels = words.named(Label, product=product, names=[f"on it {more} {n}" for n in range(more)])
    items.edit_item(actor=actor, item=item, values={"labels": [*labels.values()]}, version=None)
    for number in range(more):
        comments.add_comment(actor=actor, item=item, body=f"@{tenant.person.email} remark {number}")
        made = criteria.add_criterion(
            actor=actor, item=item, statement=f"Statement {more} {number}"
        )
        criteria.verify_criterion(actor=actor, criterion=made, met=True)
        links.link_items(actor=actor, source=item, target=others[number], kind=LinkKind.RELATES)
        links.link_items(
            actor=actor, source=others[more + number], target=item, kind=LinkKind.BLOCKS
        )
        signals.add_signals(
            actor=actor,
            product=product,
            drafts=[
                signals.Draft(
                    "support_ticket", 1, timezone.now(), "desk", f"more {more} {number}", item=item
                )
            ],
        )
    for number in range(more // 4 + 1):
        adjustments.adjust(
            actor=actor,
            item=item,
            points=1,
            claim=f"Known {number}",
            expires_at=timezone.now() + timedelta(days=20),
        )


def _assets(tenant: Tenant, more: int) -> None:
    """More assets on the item, more versions, rounds and notes on the one asset; rounds that wait."""
    actor, product = tenant.actor(), tenant.product
    colleague = Actor(user=tenant.colleague, channel=Via.PAGE)
    plans = asked(tenant.asset, tenant.colleague)

    def file(text: str) -> SimpleUploadedFile:
        return SimpleUploadedFile("script.txt", text.encode(), "text/plain")

    for number in range(more):
        add_note(
            actor=colleague,
            version=tenant.version,
            cycle=tenant.cycle,
            body=f"Note {number}",
            anchor={"line": 1},
        )
        first = add_asset(
            actor=actor, item=tenant.item, file=file(f"a{more} {number}"), rationale="Why"
        )
        start_review(actor=actor, version=first, stages=plans)
        other = product.items.exclude(pk=tenant.item.pk).order_by("-pk")[number]
        add_asset(actor=actor, item=other, file=file(f"b{more} {number}"), rationale="Why")
        upload_version(
            actor=actor, asset=first.asset, file=file(f"c{more} {number}"), rationale="Why"
        )


def _placements(tenant: Tenant, more: int) -> None:
    """More places of the asset that is placed, what stood there, and readings of it."""
    actor, product, version = tenant.actor(), tenant.product, tenant.placed_version
    made = [
        placements.add_placement(
            actor=actor,
            asset=tenant.placed_asset,
            draft=placements.Draft(channel=tenant.placement.channel, place=f"{more} {number}"),
            version=version,
        )
        for number in range(more)
    ]
    for place in made:
        placements.deploy(
            actor=actor, placement=tenant.placement, version=version, note=place.place
        )
    now = timezone.now()
    readings.enter(
        actor=actor,
        product=product,
        drafts=[
            readings.Draft(
                placement=place,
                metric=tenant.metric,
                starts_at=now,
                ends_at=now,
                value=1,
                version=version.number,
            )
            for place in made
        ],
    )


def _decisions(tenant: Tenant, more: int) -> None:
    """Decisions about the item, and people who ask for one."""
    actor, product = tenant.actor(), tenant.product
    colleague = Actor(user=tenant.colleague, channel=Via.PAGE)
    for number in range(more):
        draft = decisions.Draft(
            title=f"Decided {more} {number}",
            rationale="It helps.",
            options=[("Do it", ""), ("Leave it", "")],
            chosen=0,
            items=[tenant.item, tenant.other],
        )
        decisions.decide(actor=actor, product=product, draft=draft)
        requests.ask(
            actor=colleague,
            product=product,
            verb="adjustment.make",
            payload={
                "item": tenant.item.key,
                "points": 1,
                "claim": f"Asked {more} {number}",
                "evidence": "",
                "expires_at": (timezone.now() + timedelta(days=20)).isoformat(),
            },
            reason="Because.",
        )
