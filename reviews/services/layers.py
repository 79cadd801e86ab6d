"""The layers and plans of a product's reviews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.text import slugify

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from assets.vocabulary import PART_NAMES
from backlog.models import IncrementKind
from backlog.services import changes
from backlog.vocabulary import LineKind
from core import text
from core.errors import Conflict, Invalid, Stale
from reviews.access import possible_reviewers
from reviews.models import Layer, PlanStep, ReviewPlan
from reviews.vocabulary import FIRST_PLAN, LAYERS, EntryCondition

#: Kinds of brief lines that can demand a layer (R117).
BOUNDARIES = (LineKind.ACCURACY, LineKind.REGULATORY, LineKind.BRAND)


def set_up(*, product_id: int, now: datetime | None = None) -> None:
    """The layers of a new product and its first plan. Listens to ``product.created``."""
    layers = Layer.objects.bulk_create(
        [
            Layer(
                product_id=product_id,
                slug=slug,
                name=name,
                purpose=purpose,
                position=position,
                material=material,
                demanded_by=demanded_by,
                checklist=checklist,
            )
            for position, (slug, name, purpose, material, demanded_by, checklist) in enumerate(
                LAYERS
            )
        ]
    )
    by_slug = {layer.slug: layer for layer in layers}
    plan = ReviewPlan.objects.create(product_id=product_id, name="Every version")
    PlanStep.objects.bulk_create(
        [
            PlanStep(plan=plan, layer=by_slug[slug], step=step)
            for step, slug in enumerate(FIRST_PLAN)
        ]
    )


NAME_LIMIT, PURPOSE_LIMIT, LINE_LIMIT = 80, 300, 300
MOST_LINES, MOST_LAYERS, MOST_HOURS = 50, 30, 24 * 365
#: Words that addresses and forms have a use of their own for.
TAKEN = frozenset({"new", "purpose", "opens_at", "due_at"})
#: What may be written of a layer.
FIELDS = (
    "name",
    "purpose",
    "quorum",
    "checklist",
    "answers_needed",
    "material",
    "demanded_by",
    "entry",
    "deadline_hours",
    "private",
)


@transaction.atomic
def add_layer(*, actor: Actor, product: Product, values: Mapping[str, Any]) -> Layer:
    """A layer of the product's own. Raises Invalid, Conflict (the name is taken, too many), NotAllowed."""
    right = rights.require(actor, "layer.define", product)
    Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    there = Layer.objects.filter(product=product)
    if there.filter(retired_at=None).count() >= MOST_LAYERS:
        raise Conflict(f"There are {MOST_LAYERS} layers already. Retire one that nobody needs.")
    found = _checked(product, values)
    if "name" not in found:
        raise Invalid("A layer needs a name.", fields={"name": ["Enter a name."]})
    slug = slugify(found["name"])[:30].replace("-", "_") or "layer"
    if slug in TAKEN or slug.endswith("_quorum"):
        slug = f"{slug}_layer"
    if there.filter(Q(slug=slug) | Q(name__iexact=found["name"], retired_at=None)).exists():
        raise Conflict(f"There is a layer “{found['name']}” already.", code="name_taken")
    reviewers = found.pop("reviewers", [])
    last = there.order_by("-position").values_list("position", flat=True).first()
    layer = Layer.objects.create(product=product, slug=slug, position=(last or 0) + 1, **found)
    layer.reviewers.set(reviewers)
    _log(actor, layer, "layer.added", {name: (None, found[name]) for name in found}, right)
    return layer


@transaction.atomic
def edit_layer(
    *,
    actor: Actor,
    layer: Layer,
    values: Mapping[str, Any],
    version: int | None = None,
    now: datetime | None = None,
) -> Layer:
    """Change a layer. Rounds that have begun keep what they began with. Raises Invalid, Stale, Conflict, NotAllowed."""
    right = rights.require(actor, "layer.define", layer.product)
    found = _checked(layer.product, values)
    reviewers = found.pop("reviewers", None)
    same_name = Layer.objects.filter(product=layer.product, retired_at=None).exclude(pk=layer.pk)
    if "name" in found and same_name.filter(name__iexact=found["name"]).exists():
        raise Conflict(f"There is a layer “{found['name']}” already.", code="name_taken")
    before = {name: getattr(layer, name) for name in found}
    changed = {name: (before[name], found[name]) for name in found if before[name] != found[name]}
    if reviewers is not None:
        had = list(layer.reviewers.order_by("pk"))
        if {each.pk for each in had} != {each.pk for each in reviewers}:
            changed["reviewers"] = (had, reviewers)
    if not changed:
        return layer
    written = Layer.objects.filter(pk=layer.pk, version=version or layer.version).update(
        **found, version=F("version") + 1
    )
    if not written:
        raise Stale(
            f"“{layer.name}” was changed by somebody else meanwhile. Look at it again, then save.",
            extra={"version": Layer.objects.get(pk=layer.pk).version},
        )
    if reviewers is not None:
        layer.reviewers.set(reviewers)
    layer.refresh_from_db()
    _log(actor, layer, "layer.edited", changed, right, now)
    return layer


@transaction.atomic
def retire_layer(
    *, actor: Actor, layer: Layer, retired: bool = True, now: datetime | None = None
) -> Layer:
    """Ask a layer no more, or again. What it approved stays on record. Raises NotAllowed."""
    right = rights.require(actor, "layer.define", layer.product)
    if (layer.retired_at is not None) == retired:
        return layer
    layer.retired_at = (now or timezone.now()) if retired else None
    layer.version += 1
    layer.save(update_fields=["retired_at", "version"])
    _log(actor, layer, "layer.retired" if retired else "layer.unretired", {}, right)
    return layer


def _checked(product: Product, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as they are written. Raises Invalid naming each field that is not right."""
    found: dict[str, Any] = {}
    problems: dict[str, list[str]] = {}
    if "name" in values:
        found["name"] = text.one_line(values["name"] or "")[:NAME_LIMIT]
        if not found["name"]:
            problems["name"] = ["Enter a name."]
    if "purpose" in values:
        found["purpose"] = text.one_line(values["purpose"] or "")[:PURPOSE_LIMIT]
    if "checklist" in values:
        lines = [text.one_line(line)[:LINE_LIMIT] for line in values["checklist"] or []]
        found["checklist"] = [line for line in lines if line]
        if len(found["checklist"]) > MOST_LINES:
            problems["checklist"] = [f"At most {MOST_LINES} lines."]
    for name, most in (("quorum", 50), ("deadline_hours", MOST_HOURS)):
        if name in values:
            found[name] = values[name]
            if found[name] is not None and not 1 <= found[name] <= most:
                problems[name] = [f"Between 1 and {most}."]
    if "material" in values:
        found["material"] = dict(values["material"] or {})
        for kind, names in found["material"].items():
            if kind not in PART_NAMES or not names or set(names) - PART_NAMES[kind].keys():
                problems["material"] = ["Choose parts that this kind of asset has."]
        found["material"] = {
            kind: sorted(names) for kind, names in found["material"].items() if names
        }
    for name, known in (
        ("demanded_by", set(BOUNDARIES)),
        ("entry", set(EntryCondition.values)),
    ):
        if name in values:
            found[name] = list(dict.fromkeys(values[name] or []))
            if set(found[name]) - known:
                problems[name] = [f"Choose of: {', '.join(sorted(known))}."]
    for name in ("private", "answers_needed"):
        if name in values:
            found[name] = bool(values[name])
    if "reviewers" in values:
        able = set(possible_reviewers(product).values_list("pk", flat=True))
        found["reviewers"] = list(values["reviewers"] or [])
        unable = [str(each) for each in found["reviewers"] if each.pk not in able]
        if unable:
            problems["reviewers"] = [f"{unable[0]} may not decide in reviews of {product.name}."]
    if problems:
        raise Invalid("Nothing was saved.", fields=problems)
    return found


@dataclass(frozen=True)
class Step:
    """A layer in a plan. Steps are counted from 0; equal ones look at the same time."""

    layer: Layer
    step: int
    quorum: int | None = None
    deadline_hours: int | None = None


@transaction.atomic
def save_plan(
    *,
    actor: Actor,
    product: Product,
    name: str,
    steps: Sequence[Step],
    kind: IncrementKind | None = None,
    plan: ReviewPlan | None = None,
    version: int | None = None,
) -> ReviewPlan:
    """Write a plan, new or changed: which layers look at a kind of increment (None: at the rest), in which steps.

    Raises Invalid, Conflict (the name, or a plan for this kind, exists), Stale, NotAllowed.
    """
    right = rights.require(actor, "layer.define", product)
    Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    name = text.one_line(name)[:120]
    problems: dict[str, list[str]] = {}
    if not name:
        problems["name"] = ["Enter a name."]
    if len({each.layer.pk for each in steps}) != len(steps):
        problems["steps"] = ["Each layer stands in a plan once."]
    if not steps:
        problems["steps"] = ["Choose at least one layer."]
    if any(not 0 <= each.step <= 50 for each in steps):
        problems["steps"] = ["Steps are counted from 1 to 51."]
    if problems:
        raise Invalid("Nothing was saved.", fields=problems)
    others = ReviewPlan.objects.filter(product=product).exclude(pk=plan.pk if plan else 0)
    if others.filter(name__iexact=name).exists():
        raise Conflict(f"There is a plan “{name}” already.", code="name_taken")
    twin = others.filter(increment_kind=kind).first()
    if twin is not None:
        what = kind.name if kind else "everything else"
        raise Conflict(
            f"“{twin.name}” is the plan for {what} already. Change that one.", code="kind_taken"
        )
    before = _words(plan) if plan else None
    if plan is None:
        plan = ReviewPlan.objects.create(product=product, name=name, increment_kind=kind)
    else:
        written = ReviewPlan.objects.filter(pk=plan.pk, version=version or plan.version).update(
            name=name, increment_kind=kind, version=F("version") + 1
        )
        if not written:
            raise Stale(f"“{plan.name}” was changed by somebody else meanwhile. Look at it again.")
        plan.refresh_from_db()
        plan.steps.all().delete()
    ranks = {step: rank for rank, step in enumerate(sorted({each.step for each in steps}))}
    PlanStep.objects.bulk_create(
        [
            PlanStep(
                plan=plan,
                layer=each.layer,
                step=ranks[each.step],
                quorum=each.quorum,
                deadline_hours=each.deadline_hours,
            )
            for each in steps
        ]
    )
    _log_plan(actor, plan, "review_plan.saved", {"plan": (before, _words(plan))}, right)
    return plan


@transaction.atomic
def remove_plan(*, actor: Actor, plan: ReviewPlan) -> None:
    """Take a plan away. Rounds that began by it stay. Raises Conflict (the one for the rest), NotAllowed."""
    right = rights.require(actor, "layer.define", plan.product)
    if plan.increment_kind_id is None:
        raise Conflict(
            "The plan for everything else stays: without it nothing would say who looks. Change it instead.",
            code="last_plan",
        )
    _log_plan(actor, plan, "review_plan.removed", {"plan": (_words(plan), None)}, right)
    plan.delete()


def _words(plan: ReviewPlan) -> str:
    rows = plan.steps.select_related("layer").order_by("step", "layer__position")
    return f"{plan.name}: " + ", ".join(f"{row.step + 1} {row.layer.name}" for row in rows)


def _log(
    actor: Actor,
    layer: Layer,
    verb: str,
    fields: Mapping[str, tuple[Any, Any]],
    right: str,
    now: datetime | None = None,
) -> None:
    named = {"layer": (None, layer.name), **fields}
    entry = changes.Entry(verb, layer, None, named, right=right)
    changes.record(actor=actor, product=layer.product, entries=[entry], now=now)


def _log_plan(
    actor: Actor, plan: ReviewPlan, verb: str, fields: Mapping[str, tuple[Any, Any]], right: str
) -> None:
    entry = changes.Entry(verb, plan, None, fields, right=right)
    changes.record(actor=actor, product=plan.product, entries=[entry])
