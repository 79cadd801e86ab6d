"""Two products made by one factory. Every text of B holds a canary, and every text of both holds markup."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.test import TestCase
from django.utils import timezone

from accounts.actors import Actor, Via
from accounts.models import Invitation, Membership, Product, User
from accounts.services import people, tokens
from backlog.jobs.seals import seal_all
from backlog.models import Change, Label, Segment
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
from backlog.vocabulary import LinkKind
from tests import cast as players
from tests.cast import Cast

#: In every text of product B, and nowhere else.
CANARY = f"CANARY-B-{uuid.uuid4().hex[:12]}"
#: What a template that forgets to escape would turn into an element.
MARKUP = '"><img src=x onerror=alert(1)>'


@dataclass
class Tenant:
    """A furnished product. ``things``: what furnishers put there, by name; rows of the matrix refer to it."""

    product: Product
    person: User
    mark: str
    things: dict[str, Any] = field(default_factory=dict)

    def actor(self) -> Actor:
        return Actor(user=self.person, channel=Via.PAGE)

    def at(self, path: str) -> Any:
        """``item.key`` of this tenant."""
        first, _, rest = path.partition(".")
        value: Any = self.product if first == "product" else self.things[first]
        for name in rest.split(".") if rest else ():
            value = getattr(value, name)
        return value

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["things"][name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass
class World:
    cast: Cast
    a: Tenant
    b: Tenant

    def token_of(self, tenant: Tenant, actor: str) -> Any:
        """A token row of the acting person in A's house; of B's administrator in B's."""
        return self.b.token if tenant is self.b else self.a.tokens[actor]


def build() -> World:
    """Everything through services, with what they leave for after the commit carried out."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        cast = players.build()
        outsider = cast.outsider
        User.objects.filter(pk=outsider.pk).update(email=f"{CANARY.lower()}@example.org")
        outsider.refresh_from_db()
        for user, mark in ((outsider, CANARY), (cast.administrator, "MARK-A")):
            people.edit_settings(
                actor=Actor(user=user, channel=Via.PAGE),
                name=f"{mark} {MARKUP}",
                time_zone="UTC",
                language="en",
                theme="system",
                density="",
                single_keys=True,
            )
        a = Tenant(cast.a, cast.administrator, f"MARK-A {MARKUP}")
        b = Tenant(cast.b, outsider, f"{CANARY} {MARKUP}")
        a.things["tokens"] = {
            name: tokens.create_token(
                actor=cast.actor(name), user=cast.people[name], name="mine", scope="read", days=9
            )[0]
            for name in players.PEOPLE
        }
        for tenant in (a, b):
            for furnisher in furnishers():
                before = dict(tenant.things)
                furnisher(tenant)
                twice = [
                    name
                    for name, thing in before.items()
                    if type(tenant.things[name]) is not type(thing)
                ]
                assert not twice, f"{furnisher} takes names that another has given: {twice}"
        seal_all()
        for name in players.EVERYBODY:  # sessions and tokens must outlive the test that asks first
            cast.client(name)
            cast.client(name, csrf=True)
            cast.api(name)
    return World(cast, a, b)


def furnish_accounts(tenant: Tenant) -> None:
    """Settings of the product, an invitation, a token."""
    actor, product, mark = tenant.actor(), tenant.product, tenant.mark
    products.edit_product(actor=actor, product=product, name=mark, description=mark)
    address = f"guest-{tenant.mark.split()[0].lower()}@example.org"
    invited = members.invite(actor=actor, product=product, email=address, role="viewer")
    token, secret = tokens.create_token(
        actor=actor, user=tenant.person, name=mark, scope="read", days=9, product=product
    )
    tenant.things |= {
        # somebody else's where there is somebody: of one's own, leaving is allowed
        "membership": Membership.objects.filter(product=product)
        .order_by("user__is_active")
        .first(),
        "invitation": Invitation.objects.get(pk=invited.invitation.pk),
        "invitation_secret": invited.link.rstrip("/").rpartition("/")[2],
        "token": token,
        "token_secret": secret,
    }


def furnish_backlog(tenant: Tenant) -> None:
    """Items in triage and accepted, with everything that hangs on them; views; queues; the log."""
    actor, product, mark = tenant.actor(), tenant.product, tenant.mark

    def word(model: Any) -> Any:
        return words.named(model, product=product, names=[mark])[mark]

    def make(**values: Any) -> Any:
        draft = items.Draft(
            title=mark,
            description=mark,
            labels=[word(Label)],
            segments=[word(Segment)],
            owner=tenant.person,
            criteria=[(mark, mark)],
            **values,
        )
        return items.create_item(actor=actor, product=product, draft=draft, reason=mark)

    queue = product.queues.get(kind="stability")
    queues.define_queue(
        actor=actor,
        queue=queue,
        definition=f"{mark} stability",
        share=0.2,
        in_progress_limit=3,
        deadline_hours={},
        reason=mark,
    )
    for model_name in ("Program", "Channel", "Cycle"):
        from backlog import models

        word(getattr(models, model_name))
    item, other, waiting, parked = (make() for _ in range(4))
    for each in (item, other):
        states.accept_item(actor=actor, item=each, queue=queue, reason=mark)
        each.refresh_from_db()
    states.park_item(
        actor=actor,
        item=parked,
        until=(timezone.now() + timedelta(days=30)).date(),
        reason=mark,
    )
    criterion = item.criteria.get()
    criteria.verify_criterion(actor=actor, criterion=criterion, met=True, note=mark)
    tenant.things |= {
        "item": item,
        "other": other,
        "waiting": waiting,
        "criterion": criterion,
        "comment": comments.add_comment(
            actor=actor, item=item, body=f"{mark} @{tenant.person.email}"
        ),
        "link": links.link_items(actor=actor, source=item, target=other, kind=LinkKind.BLOCKS),
        "view": saved_views.save_view(
            actor=actor, product=product, name=mark[:60], query="owner=me", shared=True
        ),
        "batch": Change.objects.filter(item_id=item.pk, batch__isnull=False).latest("id").batch,
    }
    item.refresh_from_db()


def furnishers() -> list[Callable[[Tenant], None]]:
    """What fills a product, app by app, in order. An app that adds tables adds its own (tests/security/README.md)."""
    from tests.security import furnish_briefs as briefed
    from tests.security import furnish_decisions as decided
    from tests.security import furnish_guests as guested
    from tests.security import furnish_media as media
    from tests.security import furnish_placements as placed
    from tests.security import furnish_plans as plans
    from tests.security import furnish_reviews as reviewed
    from tests.security import furnish_sessions as sessions
    from tests.security import furnish_top as top
    from tests.security import furnish_upper as upper

    return [
        furnish_accounts,
        furnish_backlog,
        briefed.furnish_briefs,
        upper.furnish_scoring,
        upper.furnish_rubrics,
        plans.furnish_plans,
        sessions.furnish_sessions,
        upper.furnish_assets,
        upper.furnish_reviews,
        media.furnish_media,
        reviewed.furnish_layers,
        guested.furnish_guests,
        placed.furnish_placements,
        decided.furnish_decisions,
        top.furnish_imports,
        top.furnish_hooks,
        top.furnish_digests,
        top.furnish_notices,
    ]
