"""Products: the tenant with its four queues and its kinds of increment."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Membership, Product
from accounts.roles import Role
from backlog import events
from backlog.models import IncrementKind, Queue
from backlog.queue_defaults import QUEUES
from backlog.services import changes
from backlog.vocabulary import INCREMENT_KINDS
from core import text
from core.errors import Conflict, Invalid, NotAllowed


@transaction.atomic
def create_product(
    *, actor: Actor, key: str, name: str, description: str = "", now: datetime | None = None
) -> Product:
    """A new product with its queues; the one who makes it administers it. Raises Invalid, Conflict, NotAllowed."""
    if not actor.is_system and not may_create_products(actor):
        raise NotAllowed("Only administrators may add a product. Ask one of yours.")
    key = text.one_line(key).upper()
    field = Product._meta.get_field("key")
    if len(key) > 10 or not all(_matches(validator, key) for validator in field.validators):
        raise Invalid(
            "The key does not fit.",
            fields={"key": ["Use 2 to 10 capital letters and digits, beginning with a letter."]},
        )
    name = text.one_line(name)[:120]
    now = now or timezone.now()
    if not name:
        raise Invalid("A product needs a name.", fields={"name": ["Enter a name."]})
    try:
        with transaction.atomic():
            product = Product.objects.create(
                key=key,
                name=name,
                description=text.body(description, limit=5000),
                created_at=now,
            )
    except IntegrityError as error:
        raise Conflict(f"The key {key} is taken. Choose another one.", code="key_taken") from error
    Queue.objects.bulk_create([Queue(product=product, **values) for values in QUEUES])
    IncrementKind.objects.bulk_create(
        [
            IncrementKind(
                product=product,
                slug=slug,
                name=kind,
                description=what,
                production=production,
                stage=stage,
                position=position,
            )
            for position, (slug, kind, what, production, stage) in enumerate(INCREMENT_KINDS)
        ]
    )
    if actor.user is not None:
        Membership.objects.create(
            product=product, user=actor.user, role=Role.ADMINISTRATOR, created_at=now
        )
    changes.record(
        actor=actor,
        product=product,
        entries=[
            changes.Entry(
                "product.created", product, fields={"key": (None, key), "name": (None, name)}
            )
        ],
        now=now,
    )
    events.publish("product.created", product_id=product.pk, now=now)
    return product


@transaction.atomic
def edit_product(*, actor: Actor, product: Product, name: str, description: str = "") -> Product:
    """Rename or describe a product; its key stays, addresses are made of it. Raises Invalid, NotAllowed."""
    right = rights.require(actor, "product.edit", product)
    name = text.one_line(name)[:120]
    if not name:
        raise Invalid("A product needs a name.", fields={"name": ["Enter a name."]})
    new = {"name": name, "description": text.body(description, limit=5000)}
    changed = {field: (getattr(product, field), value) for field, value in new.items()}
    changed = {field: pair for field, pair in changed.items() if pair[0] != pair[1]}
    if not changed:
        return product
    product.name, product.description = new["name"], new["description"]
    product.save(update_fields=["name", "description"])
    entry = changes.Entry("product.edited", product, fields=changed, right=right)
    changes.record(actor=actor, product=product, entries=[entry])
    return product


@transaction.atomic
def set_archived(
    *, actor: Actor, product: Product, archived: bool, reason: str = "", now: datetime | None = None
) -> Product:
    """Close a product to changes (it stays readable), or open it again. Idempotent. Raises NotAllowed."""
    right = rights.require(actor, "product.edit", product)
    now = now or timezone.now()
    rows = Product.objects.filter(pk=product.pk, archived_at__isnull=archived)
    if rows.update(archived_at=now if archived else None):
        product.archived_at = now if archived else None
        entry = changes.Entry(
            "product.archived" if archived else "product.reopened",
            product,
            fields={"archived": (not archived, archived)},
            reason=text.one_line(reason)[:500],
            right=right,
        )
        changes.record(actor=actor, product=product, entries=[entry], now=now)
    return product


def may_create_products(actor: Actor) -> bool:
    """Installation staff, and whoever administers a product already."""
    if not actor.may_sign_in or actor.user is None:
        return False
    if actor.token is not None and (
        actor.token.scope == "read" or actor.token.product_id is not None
    ):
        return False
    return actor.user.is_staff or actor.user.memberships.filter(role=Role.ADMINISTRATOR).exists()


def _matches(validator: object, key: str) -> bool:
    regex = getattr(validator, "regex", None)
    return regex is None or regex.search(key) is not None
