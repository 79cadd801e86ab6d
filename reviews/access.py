"""The permissioned fetch of reviews: the only door for request code."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from accounts import rights
from accounts.access import products_of
from accounts.actors import Actor
from accounts.models import Membership, Product, User
from assets.models import Version
from core.errors import Invalid, NotFound
from reviews import selectors
from reviews.models import (
    Approval,
    Contradiction,
    Layer,
    Note,
    ReviewCycle,
    ReviewPlan,
    Stage,
)


def cycles_in(actor: Actor, product: Product | None) -> QuerySet[ReviewCycle]:
    """The rounds of a product, or of all that the actor may read, with what a row shows. No order of its own."""
    if product is not None:
        rights.require(actor, "product.read", product)
        found = ReviewCycle.objects.filter(product=product)
    else:
        found = ReviewCycle.objects.filter(product__in=products_of(actor).order_by())
    return found.select_related(
        "product",
        "version",
        "version__uploaded_by",
        "asset__item__product",
        "asset__product",
        "started_by",
    )


def cycle_for(
    actor: Actor, pk: int, action: str = "product.read", product: Product | None = None
) -> ReviewCycle:
    """A round by id (of ``product`` where an address names one). NotFound when absent or unseen. Two queries."""
    cycle = (
        ReviewCycle.objects.select_related(
            "product", "version__uploaded_by", "asset__item", "started_by", "closed_by_version"
        )
        .filter(pk=pk)
        .first()
    )
    if cycle is None or (product is not None and cycle.product_id != product.pk):
        raise NotFound
    rights.require(actor, "product.read", cycle.product)
    rights.require(actor, action, cycle.product)
    cycle.asset.product = cycle.asset.item.product = cycle.product
    cycle.version.asset = cycle.asset
    return cycle


def possible_reviewers(product: Product) -> QuerySet[User]:
    """Members whose role may decide in reviews, by name. Two queries."""
    roles = rights.holders("review.decide", product)
    member = Membership.objects.filter(product=product, role__in=roles).values("user")
    return User.objects.filter(pk__in=member, is_active=True).order_by("name", "email", "pk")


def possible_reviewers_of(version: Version) -> QuerySet[User]:
    """Those who may decide about a version: nobody reviews what they uploaded themselves. Two queries."""
    people = possible_reviewers(version.asset.product)
    return people.exclude(pk=version.uploaded_by_id) if version.uploaded_by_id else people


def reviewers_of(product: Product, emails: Iterable[str], *, field: str) -> list[User]:
    """The people that a body names. Raises Invalid for somebody who cannot decide here."""
    wanted = list(dict.fromkeys(email.strip().lower() for email in emails))
    found = {user.email: user for user in possible_reviewers(product).filter(email__in=wanted)}
    missing = [email for email in wanted if email not in found]
    if missing:
        raise Invalid(
            f"{missing[0][:80]} cannot be a reviewer. Nothing was started.",
            code="no_such_reviewer",
            fields={field: [f"Choose members of {product.name} who may decide in reviews."]},
        )
    return [found[email] for email in wanted]


def layer_for(actor: Actor, product: Product, slug: str) -> Layer:
    """A layer of a product that was fetched with rights, retired ones too. Raises NotFound."""
    layer = Layer.objects.filter(product=product, slug=slug).first()
    if layer is None:
        raise NotFound
    layer.product = product
    return layer


def plan_for(actor: Actor, product: Product, pk: int) -> ReviewPlan:
    """A plan of a product that was fetched with rights. Raises NotFound."""
    plan = (
        ReviewPlan.objects.filter(product=product, pk=pk).select_related("increment_kind").first()
    )
    if plan is None:
        raise NotFound
    plan.product = product
    return plan


def approvals_in(actor: Actor, product: Product | None) -> QuerySet[Approval]:
    """The approvals of a product, or of all that the actor may read, with what a row shows. No order of its own."""
    if product is not None:
        rights.require(actor, "product.read", product)
        found = Approval.objects.filter(product=product)
    else:
        found = Approval.objects.filter(product__in=products_of(actor).order_by())
    return found.select_related(
        "asset__item__product", "layer", "version", "voided_by", "revoked_by", "product"
    )


def plan_of(actor: Actor, product: Product, pk: int) -> ReviewPlan:
    """A plan that a body names. Raises Invalid."""
    plan = ReviewPlan.objects.filter(product=product, pk=pk).first()
    if plan is None:
        raise Invalid("There is no such plan.", fields={"plan": ["Choose one of here."]})
    return plan


def approval_for(actor: Actor, pk: int, action: str = "product.read") -> Approval:
    """An approval by id. NotFound when absent or unseen. Two queries."""
    found = (
        Approval.objects.select_related(
            "product", "asset__item", "layer", "version", "voided_by", "revoked_by"
        )
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise NotFound
    rights.require(actor, "product.read", found.product)
    rights.require(actor, action, found.product)
    found.asset.product = found.asset.item.product = found.product
    return found


def note_for(actor: Actor, pk: int, action: str = "product.read") -> Note:
    """A note by id. NotFound when absent, of a product that is not seen, or private to others. Three queries."""
    note = (
        Note.objects.select_related(
            "product", "version__asset__item", "version__asset__product", "parent", "cycle", "stage"
        )
        .filter(pk=pk)
        .first()
    )
    if note is None:
        raise NotFound
    rights.require(actor, "product.read", note.product)
    if not Note.objects.filter(selectors.seen_by(actor), pk=pk).exists():
        raise NotFound
    rights.require(actor, action, note.product)
    note.version.asset.item.product = note.product
    return note


def contradiction_for(actor: Actor, pk: int, action: str = "product.read") -> Contradiction:
    """A contradiction by id. NotFound when absent or unseen. Two queries."""
    found = (
        Contradiction.objects.select_related(
            "product", "first__version__asset__item", "first__product", "second"
        )
        .filter(pk=pk)
        .first()
    )
    if found is None:
        raise NotFound
    rights.require(actor, "product.read", found.product)
    both = [found.first_id, found.second_id]
    if Note.objects.filter(selectors.seen_by(actor), pk__in=both).count() != 2:
        raise NotFound
    rights.require(actor, action, found.product)
    return found


def stage_of(cycle: ReviewCycle, kind: str) -> Stage:
    """A stage of a round that was fetched with rights, by its layer's slug. Raises NotFound."""
    stage = Stage.objects.filter(cycle=cycle, kind=kind).first()
    if stage is None:
        raise NotFound
    stage.cycle = cycle
    return stage
