"""Discovery briefs: making one, its fields, what it governs, and whether it is in use.

Every act on a brief locks its row first, so that numbers of lines have no gaps and a sign-off never misses a change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product, User
from backlog.brief_content import FIELD_NAMES, LABELS
from backlog.models import Brief, BriefItem, Change, Item
from backlog.services import changes
from backlog.vocabulary import BriefState
from core import text
from core.errors import Conflict, Invalid, NotFound, Stale

FIELD_LIMIT = 5000
#: Fields of one line.
SHORT = frozenset({"deployed_where", "deployed_format", "deployed_language", "deployed_device"})
EDITABLE = ("title", *FIELD_NAMES, "owner")


@transaction.atomic
def create_brief(
    *,
    actor: Actor,
    product: Product,
    title: str,
    values: Mapping[str, Any] | None = None,
    items: Sequence[Item] = (),
    now: datetime | None = None,
) -> Brief:
    """A new draft with the next number of the product; its maker owns it unless ``values`` name somebody.

    Raises Invalid, NotAllowed.
    """
    right = rights.require(actor, "brief.edit", product)
    now = now or timezone.now()
    wanted = _cleaned({"owner": actor.user, **(values or {}), "title": title})
    Product.objects.select_for_update(no_key=True).get(pk=product.pk)  # numbers have no gaps
    last = Brief.objects.filter(product=product).aggregate(last=Max("number"))["last"]
    brief = Brief.objects.create(
        product=product,
        number=(last or 0) + 1,
        created_by=actor.user,
        created_at=now,
        updated_at=now,
        **wanted,
    )
    made = changes.Entry(
        "brief.created", brief, fields={"brief": (None, brief), "title": (None, brief.title)}
    )
    made.right = right
    changes.record(actor=actor, product=product, entries=[made], now=now)
    for item in items:
        govern(actor=actor, brief=brief, item=item, now=now)
    return brief


@transaction.atomic
def edit_brief(
    *,
    actor: Actor,
    brief: Brief,
    values: Mapping[str, Any],
    version: int | None = None,
    seen: Mapping[str, str] | None = None,
    reason: str = "",
    now: datetime | None = None,
) -> Brief:
    """Write fields of ``EDITABLE``. A signed brief becomes a draft again; the version that was signed goes on holding.

    ``version``: refuse when anything of the brief changed since. ``seen``: what the person had before them, field by
    field: refuse only where one of these says something else now. Raises Stale, Invalid, Conflict, NotAllowed.
    """
    right = rights.require(actor, "brief.edit", brief.product)
    wanted = _cleaned(values)
    brief = locked(brief)
    old = {name: getattr(brief, name) for name in wanted}
    if version is not None and version != brief.version:
        raise _stale(brief, changed_since(brief, version), wanted)
    if seen is not None:
        meanwhile = {
            name: [seen[name], _shown(old[name])]
            for name in wanted
            if name in seen
            and text.tidy(seen[name]).strip() != _shown(old[name]).strip()
            and _shown(old[name]) != _shown(wanted[name])
        }
        if meanwhile:
            raise _stale(brief, meanwhile, wanted)
    fields = {name: (old[name], value) for name, value in wanted.items() if old[name] != value}
    if not fields:
        return brief
    for name, value in wanted.items():
        setattr(brief, name, value)
    touch(brief, now, [*fields])
    _log(actor, brief, "brief.edited", fields, right, reason=reason, now=now)
    return brief


@transaction.atomic
def govern(*, actor: Actor, brief: Brief, item: Item, now: datetime | None = None) -> BriefItem:
    """Let a brief govern an item of its product, and with it the item's increments and assets. Twice is as once."""
    right = rights.require(actor, "brief.edit", brief.product)
    if item.product_id != brief.product_id:
        raise Invalid("Choose an item of this product.", fields={"item": ["Choose another item."]})
    brief = locked(brief)
    row, made = BriefItem.objects.get_or_create(
        brief=brief,
        item=item,
        defaults={
            "product": brief.product,
            "added_by": actor.user,
            "added_at": now or timezone.now(),
        },
    )
    if made:
        touch(brief, now)
        fields = {"brief": (None, brief)}
        _log(actor, brief, "brief.attached", fields, right, item=item, now=now)
    return row


@transaction.atomic
def release(
    *, actor: Actor, brief: Brief, item: Item, reason: str = "", now: datetime | None = None
) -> None:
    """An item is not governed by the brief any more; what waited to be confirmed on it matters no longer."""
    right = rights.require(actor, "brief.edit", brief.product)
    brief = locked(brief)
    gone, _ = BriefItem.objects.filter(brief=brief, item=item).delete()
    if not gone:
        raise NotFound(f"{brief.key} does not govern this item.")
    touch(brief, now)
    fields = {"brief": (brief, None)}
    _log(actor, brief, "brief.detached", fields, right, item=item, reason=reason, now=now)


@transaction.atomic
def retire(*, actor: Actor, brief: Brief, reason: str, now: datetime | None = None) -> Brief:
    """Take a brief out of use: it governs nothing any more, and stands for the record. Raises Invalid, Conflict."""
    right = rights.require(actor, "brief.sign", brief.product)
    reason = text.one_line(reason)[:500]
    if not reason:
        raise Invalid("Say why it is retired.", fields={"reason": ["A reason is needed."]})
    brief = locked(brief)
    fields = {"state": (brief.state, BriefState.RETIRED)}
    brief.state = BriefState.RETIRED
    brief.version += 1
    brief.updated_at = now or timezone.now()
    brief.save(update_fields=["state", "version", "updated_at"])
    _log(actor, brief, "brief.retired", fields, right, reason=reason, now=now)
    return brief


@transaction.atomic
def reopen(*, actor: Actor, brief: Brief, now: datetime | None = None) -> Brief:
    """Bring a retired brief back as a draft; the version that was signed holds again."""
    right = rights.require(actor, "brief.sign", brief.product)
    brief = locked(brief, retired=True)
    if brief.state != BriefState.RETIRED:
        raise Conflict(f"{brief.key} is in use already.", code="not_retired")
    brief.state = BriefState.DRAFT
    brief.version += 1
    brief.updated_at = now or timezone.now()
    brief.save(update_fields=["state", "version", "updated_at"])
    fields = {"state": (BriefState.RETIRED, BriefState.DRAFT)}
    _log(actor, brief, "brief.reopened", fields, right, now=now)
    return brief


def locked(brief: Brief, *, retired: bool = False) -> Brief:
    """The brief as it stands, held until the transaction ends. Raises Conflict for a retired one unless ``retired``."""
    found = Brief.objects.select_for_update(of=("self",), no_key=True).filter(pk=brief.pk)
    now = found.select_related("owner").first()
    if now is None:
        raise NotFound
    now.product = brief.product
    if now.state == BriefState.RETIRED and not retired:
        raise Conflict(
            f"{now.key} is retired, so nothing in it can be changed. Nothing was lost: bring it back first.",
            code="retired",
        )
    return now


def touch(brief: Brief, now: datetime | None, columns: Sequence[str] = ()) -> None:
    """Write what changed of a locked brief. After a sign-off it is a draft again; ``version`` counts on."""
    if brief.state == BriefState.SIGNED:
        brief.state = BriefState.DRAFT
    brief.version += 1
    brief.updated_at = now or timezone.now()
    brief.save(update_fields=[*columns, "state", "version", "updated_at"])


def changed_since(brief: Brief, version: int) -> dict[str, list[Any]]:
    """What was changed in a brief after it had ``version``, by the log: field -> [before, after]. One query."""
    rows = Change.objects.filter(
        product=brief.product, subject_type="brief", subject_id=brief.pk, at__gte=brief.created_at
    ).order_by("-id")[: max(brief.version - version, 0)]
    merged: dict[str, list[Any]] = {}
    for fields in reversed(list(rows.values_list("fields", flat=True))):
        for name, (before, after) in fields.items():
            merged.setdefault(name, [before, after])[1] = after
    return merged


def _stale(brief: Brief, meanwhile: Mapping[str, Any], wanted: Mapping[str, Any]) -> Stale:
    names = ", ".join(LABELS.get(name, name.replace("_", " ")).lower() for name in meanwhile)
    return Stale(
        f"{brief.key} was changed by somebody else while you had it open"
        + (f" ({names})" if names else "")
        + ". Nothing of yours was saved yet: look at what changed, then save again.",
        extra={
            "version": brief.version,
            "changed": {
                name: {"was": before, "is": after, "yours": changes.plain(wanted.get(name))}
                for name, (before, after) in meanwhile.items()
            },
        },
    )


def _shown(value: Any) -> str:
    """A field as a form shows it."""
    if isinstance(value, User):
        return str(value.pk)
    return "" if value is None else str(value)


def _cleaned(values: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(values.keys() - set(EDITABLE))
    if unknown:
        raise Invalid("There is no such field.", fields={name: ["Not known."] for name in unknown})
    found: dict[str, Any] = {}
    problems: dict[str, list[str]] = {}
    for name, value in values.items():
        if name == "owner":
            found[name] = value
            continue
        limit = 200 if name in SHORT or name == "title" else FIELD_LIMIT
        tidied = text.one_line(value) if limit == 200 else text.tidy(value).strip()
        if len(tidied) > limit:
            problems[name] = [f"Use at most {limit:,} characters; this has {len(tidied):,}."]
        if name == "title" and not tidied:
            problems[name] = ["Enter a title."]
        found[name] = tidied
    if problems:
        raise Invalid("The brief was not saved.", fields=problems)
    return found


def _log(
    actor: Actor,
    brief: Brief,
    verb: str,
    fields: Mapping[str, tuple[Any, Any]],
    right: str,
    *,
    item: Item | None = None,
    reason: str = "",
    now: datetime | None = None,
) -> None:
    entry = changes.Entry(verb, brief, item, fields, reason=reason, right=right)
    changes.record(actor=actor, product=brief.product, entries=[entry], now=now)
