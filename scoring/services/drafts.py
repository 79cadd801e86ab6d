"""Rubrics in the making: begun from a version, edited by several people, discarded and brought back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog.models import Change
from backlog.services import changes
from core import text
from core.errors import Conflict, Invalid, Stale
from scoring import drafts as shapes
from scoring.models import RubricDraft, RubricVersion

NAME_LIMIT = 80
#: Drafts that are neither published nor discarded, per product.
MOST_OPEN = 50


@transaction.atomic
def begin(
    *,
    actor: Actor,
    product: Product,
    source: RubricVersion,
    name: str = "",
    data: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> RubricDraft:
    """A draft that begins as ``source``, a version of this product or of another that the person may see.

    ``data``: what it holds instead, with the shape of a rubric. Raises Invalid (name, shape), NotAllowed.
    """
    right = rights.require(actor, "rubric.draft", product)
    now = now or timezone.now()
    name = text.one_line(name) or _name_for(source, product)
    _check_name(name)
    open_ones = RubricDraft.objects.filter(
        product=product, discarded_at__isnull=True, published_as__isnull=True
    )
    if open_ones.count() >= MOST_OPEN:
        raise Conflict("There are 50 drafts already. Discard one that nobody needs.")
    draft = RubricDraft.objects.create(
        product=product,
        name=name,
        data=shapes.sound(text.tidy_data(data)) if data is not None else source.data,
        based_on=source.number,
        origin=source.product if source.product_id != product.pk else None,
        created_by=actor.user,
        created_at=now,
        updated_at=now,
    )
    entry = changes.Entry("rubric_draft.begun", draft, None, {"name": (None, name)}, right=right)
    changes.record(actor=actor, product=product, entries=[entry], now=now)
    return draft


@transaction.atomic
def edit(
    *,
    actor: Actor,
    draft: RubricDraft,
    version: int,
    data: Mapping[str, Any] | None = None,
    name: str | None = None,
    now: datetime | None = None,
) -> RubricDraft:
    """Save the whole data, the name, or both. Values may be wrong, the shape may not.

    Raises Stale with what changed since ``version`` (path -> [before, after]) and who did it, Conflict when it was
    published or discarded meanwhile, Invalid (shape, name), NotAllowed.
    """
    right = rights.require(actor, "rubric.draft", draft.product)
    now = now or timezone.now()
    row = RubricDraft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    _still_open(row)
    if row.version != version:
        raise stale(row, version)
    fields: dict[str, tuple[Any, Any]] = {}
    if data is not None:
        wanted = shapes.sound(text.tidy_data(data))
        fields.update(
            (each.path, (each.before, each.after)) for each in shapes.differences(row.data, wanted)
        )
        row.data = wanted
    if name is not None and text.one_line(name) != row.name:
        fields["name"] = (row.name, text.one_line(name))
        row.name = text.one_line(name)
        _check_name(row.name)
    if not fields:
        return row
    row.version += 1
    row.updated_at = now
    # on SQLite nothing is locked by the row, so the version decides
    written = RubricDraft.objects.filter(
        pk=row.pk, version=version, discarded_at__isnull=True, published_as__isnull=True
    ).update(data=row.data, name=row.name, version=row.version, updated_at=now)
    if not written:
        row.refresh_from_db()
        _still_open(row)
        raise stale(row, version)
    fields["version"] = (version, row.version)
    entry = changes.Entry("rubric_draft.edited", row, None, fields, right=right)
    changes.record(actor=actor, product=draft.product, entries=[entry], now=now)
    row.product = draft.product
    return row


@transaction.atomic
def discard(*, actor: Actor, draft: RubricDraft, now: datetime | None = None) -> RubricDraft:
    """Put a draft away; ``restore`` brings it back."""
    right = rights.require(actor, "rubric.draft", draft.product)
    now = now or timezone.now()
    row = RubricDraft.objects.filter(
        pk=draft.pk, discarded_at__isnull=True, published_as__isnull=True
    )
    if not row.update(discarded_at=now, updated_at=now):
        raise Conflict("This draft was published or discarded already.", code="draft_closed")
    draft.discarded_at = now
    _log(actor, draft, "rubric_draft.discarded", {"discarded_at": (None, now)}, right, now)
    return draft


@transaction.atomic
def restore(*, actor: Actor, draft: RubricDraft, now: datetime | None = None) -> RubricDraft:
    """Bring a discarded draft back as it was."""
    right = rights.require(actor, "rubric.draft", draft.product)
    now = now or timezone.now()
    row = RubricDraft.objects.filter(pk=draft.pk, discarded_at__isnull=False)
    if not row.update(discarded_at=None, updated_at=now):
        raise Conflict("This draft is not discarded.", code="draft_open")
    _log(
        actor, draft, "rubric_draft.restored", {"discarded_at": (draft.discarded_at, None)}, right, now
    )  # fmt: skip
    draft.discarded_at = None
    return draft


def stale(row: RubricDraft, version: int) -> Stale:
    """What was changed in a draft after ``version``, by whom, as an error. One query."""
    changed: dict[str, list[Any]] = {}
    who: list[str] = []
    rows = Change.objects.filter(
        product_id=row.product_id,
        subject_type="rubricdraft",
        subject_id=row.pk,
        verb="rubric_draft.edited",
        at__gte=row.created_at,
    ).order_by("id")
    for name, fields in rows.values_list("actor_name", "fields"):
        if fields["version"][0] < version:
            continue
        who.append(name)
        for path, (before, after) in fields.items():
            if path != "version":
                changed.setdefault(path, [before, after])[1] = after
    names = ", ".join(dict.fromkeys(who))
    return Stale(
        f"{names or 'Somebody'} saved this draft since you opened it. Nothing of yours is lost: look at what"
        " changed, then save again.",
        extra={"changed": changed, "version": row.version, "by": list(dict.fromkeys(who))},
    )


def _still_open(row: RubricDraft) -> None:
    if row.published_as is not None:
        raise Conflict(
            f"This draft was published as version {row.published_as}. Begin another from it.",
            code="draft_closed",
        )
    if row.discarded_at is not None:
        raise Conflict(
            "This draft was discarded. Bring it back before you edit it.", code="draft_closed"
        )


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= NAME_LIMIT:
        raise Invalid(
            "The draft needs a name.",
            fields={"name": [f"A name of 1 to {NAME_LIMIT} characters."]},
        )


def _name_for(source: RubricVersion, product: Product) -> str:
    if source.product_id != product.pk:
        return f"From {source.product.name}, version {source.number}"[:NAME_LIMIT]
    return f"Change of version {source.number}"


def _log(
    actor: Actor,
    draft: RubricDraft,
    verb: str,
    fields: Mapping[str, tuple[Any, Any]],
    right: str,
    now: datetime,
) -> None:
    entry = changes.Entry(verb, draft, None, fields, right=right)
    changes.record(actor=actor, product=draft.product, entries=[entry], now=now)
