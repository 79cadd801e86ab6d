"""The creative system: kinds of increment, versioned standards, and what increments declare about them (R14, R21)."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog.models import Conformance, Increment, IncrementKind, Standard, StandardVersion
from backlog.services import changes, increments
from backlog.vocabulary import IncrementState, StandardKind
from core import text
from core.errors import Conflict, Invalid, NotFound

BODY_LIMIT = 50_000
MOST = 100


@transaction.atomic
def save_kind(
    *,
    actor: Actor,
    product: Product,
    name: str,
    description: str = "",
    production: bool = True,
    stage: int = 3,
    kind: IncrementKind | None = None,
    now: datetime | None = None,
) -> IncrementKind:
    """Add a kind of increment of the product's own, or change one. Raises Invalid, Conflict, NotAllowed."""
    right = rights.require(actor, "standard.publish", product)
    name, description = text.one_line(name), text.one_line(description)
    problems: dict[str, list[str]] = {}
    if not name or len(name) > 80:
        problems["name"] = ["Use 1 to 80 characters."]
    if len(description) > 300:
        problems["description"] = ["Use at most 300 characters."]
    if not 1 <= stage <= 5:
        problems["stage"] = ["Use 1 (early) to 5 (late)."]
    if problems:
        raise Invalid("The kind was not saved.", fields=problems)
    Product.objects.select_for_update(no_key=True).get(pk=product.pk)  # slugs and places
    rows = IncrementKind.objects.filter(product=product)
    if kind is None:
        count = rows.count()
        if count >= MOST:
            raise Conflict(f"A product has at most {MOST} kinds.", code="too_many_kinds")
        kind = IncrementKind(product=product, position=count, slug=_free_slug(rows, name))
        old = None
    else:
        found = rows.filter(pk=kind.pk).first()
        if found is None:
            raise NotFound
        kind, old = found, _kind_words(found)
    kind.name, kind.description = name, description
    kind.production, kind.stage = production, stage
    if old == _kind_words(kind):
        return kind
    kind.save()
    fields = {"increment_kind": (old, _kind_words(kind))}
    entry = changes.Entry("increment_kind.saved", kind, fields=fields, right=right)
    changes.record(actor=actor, product=product, entries=[entry], now=now)
    return kind


def _free_slug(rows: object, name: str) -> str:
    taken = set(rows.values_list("slug", flat=True))  # type: ignore[attr-defined]
    base = (slugify(name).replace("-", "_") or "kind")[:36]
    slug, count = base, 2
    while slug in taken:
        slug, count = f"{base}_{count}", count + 1
    return slug


def _kind_words(kind: IncrementKind) -> str:
    made = "production" if kind.production else "no production"
    return f"{kind.name} ({made}, stage {kind.stage}): {kind.description}"


@transaction.atomic
def retire_kind(
    *, actor: Actor, kind: IncrementKind, retired: bool, now: datetime | None = None
) -> IncrementKind:
    """Offer a kind no longer, or again. Increments of it stay what they are."""
    right = rights.require(actor, "standard.publish", kind.product)
    now = now or timezone.now()
    rows = IncrementKind.objects.filter(pk=kind.pk, retired_at__isnull=retired)
    if not rows.update(retired_at=now if retired else None):
        raise Conflict(f"{kind.name} is {'retired' if retired else 'in use'} already.")
    fields = {"retired": (not retired, retired)}
    entry = changes.Entry("increment_kind.retired", kind, fields=fields, right=right)
    changes.record(actor=actor, product=kind.product, entries=[entry], now=now)
    kind.retired_at = now if retired else None
    return kind


@transaction.atomic
def publish_standard(
    *,
    actor: Actor,
    product: Product,
    body: str,
    reason: str,
    name: str = "",
    kind: str = StandardKind.OTHER,
    standard: Standard | None = None,
    now: datetime | None = None,
) -> StandardVersion:
    """Publish the first wording of a new standard, or the next one of ``standard``. A wording is never changed.

    Raises Invalid, Conflict (the name is taken, nothing new), NotAllowed.
    """
    right = rights.require(actor, "standard.publish", product)
    now = now or timezone.now()
    reason = text.one_line(reason)[:500]
    body = text.body(body, field="body", limit=BODY_LIMIT).strip()
    problems: dict[str, list[str]] = {}
    if not body:
        problems["body"] = ["Write what it says."]
    if not reason:
        problems["reason"] = ["Say what is new in it, or what it is for."]
    if standard is None:
        name = text.one_line(name)
        if not name or len(name) > 120:
            problems["name"] = ["Use 1 to 120 characters."]
        if kind not in StandardKind.values:
            problems["kind"] = ["Choose what it settles."]
    if problems:
        raise Invalid("The standard was not published.", fields=problems)
    if standard is None:
        try:
            with transaction.atomic():
                standard = Standard.objects.create(product=product, kind=kind, name=name)
        except IntegrityError as error:
            raise Conflict(
                f"There is a standard called “{name}” already. Publish a new version of it instead.",
                code="name_taken",
            ) from error
    else:
        held = Standard.objects.select_for_update(no_key=True).filter(
            pk=standard.pk, product=product
        )
        found = held.first()
        if found is None:
            raise NotFound
        standard = found
        last = standard.versions.filter(number=standard.versions_count).first()
        if last is not None and last.body == body:
            raise Conflict(
                f"This is word for word what version {last.number} says.", code="nothing_new"
            )
    standard.versions_count += 1
    standard.save(update_fields=["versions_count"])
    version = StandardVersion.objects.create(
        product=product,
        standard=standard,
        number=standard.versions_count,
        body=body,
        reason=reason,
        published_by=actor.user,
        published_at=now,
    )
    fields = {"standard": (None, standard), "version": (None, version.number)}
    entry = changes.Entry("standard.published", standard, fields=fields, reason=reason, right=right)
    changes.record(actor=actor, product=product, entries=[entry], now=now)
    return version


@transaction.atomic
def retire_standard(
    *, actor: Actor, standard: Standard, retired: bool, now: datetime | None = None
) -> Standard:
    """Ask for conformance no longer, or again. What was declared stays."""
    right = rights.require(actor, "standard.publish", standard.product)
    now = now or timezone.now()
    rows = Standard.objects.filter(pk=standard.pk, retired_at__isnull=retired)
    if not rows.update(retired_at=now if retired else None):
        raise Conflict(f"{standard.name} is {'retired' if retired else 'in use'} already.")
    fields = {"retired": (not retired, retired)}
    entry = changes.Entry("standard.retired", standard, fields=fields, right=right)
    changes.record(actor=actor, product=standard.product, entries=[entry], now=now)
    standard.retired_at = now if retired else None
    return standard


@transaction.atomic
def declare(
    *,
    actor: Actor,
    increment: Increment,
    version: StandardVersion,
    deviation: str = "",
    now: datetime | None = None,
) -> Conformance:
    """Declare that an increment follows a version of a standard, or where it departs from it and why.

    A later declaration about the same standard takes the place of the former. Raises Invalid, Conflict, NotAllowed.
    """
    right = rights.require(actor, "increment.edit", increment.product)
    deviation = text.one_line(deviation)
    if len(deviation) > 500:
        raise Invalid(
            "The declaration was not saved.", fields={"deviation": ["At most 500 characters."]}
        )
    if version.product_id != increment.product_id:
        raise Invalid("Choose a standard of this product.", fields={"standard": ["Not of here."]})
    increment = increments.locked(increment)
    if increment.state == IncrementState.CUT:
        raise Conflict(f"{increment.key} is cut, so nothing was declared.", code="wrong_state")
    old = increment.conformances.filter(standard_version__standard=version.standard_id)
    before = old.select_related("standard_version__standard").first()
    told = declared_words(before) if before else None
    old.delete()
    row = Conformance.objects.create(
        product=increment.product,
        increment=increment,
        standard_version=version,
        deviation=deviation,
        declared_by=actor.user,
        declared_at=now or timezone.now(),
    )
    fields = {"increment": (None, increment), "standard": (told, declared_words(row))}
    increments.log(actor, increment, "increment.declared", fields, right, now)
    return row


@transaction.atomic
def withdraw(*, actor: Actor, conformance: Conformance, now: datetime | None = None) -> None:
    """Take a declaration back."""
    increment = conformance.increment
    right = rights.require(actor, "increment.edit", increment.product)
    increment = increments.locked(increment)
    gone, _ = Conformance.objects.filter(pk=conformance.pk).delete()
    if not gone:
        raise NotFound("This was withdrawn meanwhile.")
    fields = {"increment": (None, increment), "standard": (declared_words(conformance), None)}
    increments.log(actor, increment, "increment.declared", fields, right, now)


def declared_words(row: Conformance) -> str:
    """``Motion language 2`` or ``Motion language 2, departs: …``."""
    version = row.standard_version
    name = f"{version.standard.name} {version.number}"
    return f"{name}, departs: {row.deviation}" if row.deviation else name
