"""Templates of items, increment plans, briefs, projects and what the apps above bring: kept from what worked, written
anew, applied to what is new (R22, T13). ``backlog.template_shapes`` says what a body holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog.brief_content import FIELD_NAMES
from backlog.brief_reading import content_of
from backlog.increment_reading import plan
from backlog.models import Brief, Increment, Item, Label, Template
from backlog.services import brief_inputs, brief_lines, briefs, changes, increments, items, words
from backlog.template_shapes import check, from_above
from backlog.vocabulary import IncrementState, TemplateKind
from core import text
from core.errors import Conflict, Invalid, Stale

MOST = 200
#: By which right a template of a kind is applied; the services that make the things ask for their own as well.
_RIGHTS = {
    TemplateKind.ITEM: "item.create",
    TemplateKind.BRIEF: "brief.edit",
    TemplateKind.REVIEW_PLAN: "layer.define",
}


@transaction.atomic
def save_template(
    *,
    actor: Actor,
    product: Product,
    kind: str,
    name: str,
    body: Mapping[str, Any],
    description: str = "",
    template: Template | None = None,
    version: int | None = None,
    now: datetime | None = None,
) -> Template:
    """Keep a body under a name; ``template``: change that one. What was made from it stays as it is.

    Raises Invalid (its shape), Conflict (the name, too many), Stale when it changed since ``version``, NotAllowed.
    """
    right = rights.require(actor, "standard.publish", product)
    name, description = text.one_line(name), text.one_line(description)
    problems: dict[str, list[str]] = {}
    if not name or len(name) > 120:
        problems["name"] = ["Use 1 to 120 characters."]
    if len(description) > 300:
        problems["description"] = ["Use at most 300 characters."]
    if kind not in TemplateKind.values:
        problems["kind"] = ["Choose what it is a template of."]
    if problems:
        raise Invalid("The template was not saved.", fields=problems)
    values = {
        "name": name,
        "description": description,
        "body": check(kind, text.tidy_data(dict(body))),
        "made_by": actor.user,
        "updated_at": now or timezone.now(),
    }
    if template is None:
        if Template.objects.filter(product=product, retired_at=None).count() >= MOST:
            raise Conflict(
                f"A product offers at most {MOST} templates. Retire one first.",
                code="too_many_templates",
            )
        found, before = Template(product=product, kind=kind, **values), None
    else:
        found, before = template, template.name
    try:
        with transaction.atomic():
            if template is None:
                found.save()
            else:
                _write(template, values, version)
    except IntegrityError as error:
        raise Conflict(
            f"There is a template called “{name}” already. Nothing was saved: choose another name.",
            code="name_taken",
        ) from error
    fields = {"name": (before, name), "version": (None, found.version)}
    entry = changes.Entry("template.saved", found, fields=fields, right=right)
    changes.record(actor=actor, product=product, entries=[entry], now=now)
    return found


@transaction.atomic
def retire_template(
    *, actor: Actor, template: Template, retired: bool = True, now: datetime | None = None
) -> Template:
    """Offer a template no longer, or again. What was made from it stays. Raises Conflict (too many), NotAllowed."""
    right = rights.require(actor, "standard.publish", template.product)
    if (template.retired_at is not None) == retired:
        return template
    offered = Template.objects.filter(product=template.product, retired_at=None)
    if not retired and offered.count() >= MOST:
        raise Conflict(
            f"A product offers at most {MOST} templates. Retire another one first.",
            code="too_many_templates",
        )
    now = now or timezone.now()
    _write(template, {"retired_at": now if retired else None}, None)
    verb = "template.retired" if retired else "template.offered"
    fields = {"name": (None, template.name)}
    entry = changes.Entry(verb, template, fields=fields, right=right)
    changes.record(actor=actor, product=template.product, entries=[entry], now=now)
    return template


def _write(template: Template, values: Mapping[str, Any], version: int | None) -> None:
    """Raises Stale unless it is still the ``version`` that the person read (None: the one that was fetched)."""
    rows = Template.objects.filter(pk=template.pk, version=version or template.version)
    if not rows.update(**values, version=F("version") + 1):
        newest = Template.objects.filter(pk=template.pk).values_list("version", flat=True).first()
        raise Stale(
            f"“{template.name}” was changed by somebody else while you had it open. Nothing of yours was saved yet:"
            " look at it, then save again.",
            extra={"version": newest},
        )
    product = template.product
    template.refresh_from_db()
    template.product = product


def body_kept(
    *,
    actor: Actor,
    kind: str,
    product: Product,
    item: Item | None = None,
    brief: Brief | None = None,
    named: str = "",
    today: date | None = None,
) -> dict[str, Any]:
    """What is there as the body of a template: an item, its plan, a brief, plan and brief, or what ``named`` names to
    the app that brings the kind. Raises Invalid where it is missing.
    """
    if above := from_above(kind):
        return above.kept(actor, product, named)
    lacking: dict[str, list[str]] = {}
    if item is None and kind != TemplateKind.BRIEF:
        lacking["item"] = ["Name the item to keep."]
    if brief is None and kind in (TemplateKind.BRIEF, TemplateKind.PROJECT):
        lacking["brief"] = ["Name the brief to keep."]
    if lacking:
        raise Invalid("The template was not saved.", fields=lacking)
    today = today or timezone.localdate()
    if kind == TemplateKind.ITEM and item is not None:
        return item_body(item)
    if kind == TemplateKind.INCREMENT_PLAN and item is not None:
        return plan_body(item, today)
    if kind == TemplateKind.BRIEF and brief is not None:
        return brief_body(brief)
    assert item is not None  # a project without both was refused above
    assert brief is not None
    return {"brief": brief_body(brief), "plan": plan_body(item, today)}


def item_body(item: Item) -> dict[str, Any]:
    """An item as the body of a template: what it is, without its people, dates and state. Two queries."""
    return {
        **{
            name: getattr(item, name)
            for name in ("title", "description", "kind", "horizon", "effort")
        },
        "labels": list(item.labels.order_by("name").values_list("name", flat=True)),
        "criteria": [
            [row.text, row.verification] for row in item.criteria.order_by("position", "pk")
        ],
    }


def plan_body(item: Item, today: date) -> dict[str, Any]:
    """An item's plan as the body of a template: what was cut is left out, days count from the first one's start."""
    rows = [each for each in plan(item) if each.state != IncrementState.CUT]
    places = {each.pk: place for place, each in enumerate(rows)}
    days = [day for each in rows for day in (each.starts_on, each.due_on) if day]
    first = min(days, default=today)

    def since(day: date | None) -> int | None:
        return None if day is None else (day - first).days

    return {
        "increments": [
            {
                "kind": each.kind.slug,
                "title": each.title,
                "purpose": each.purpose,
                "from_day": since(each.starts_on),
                "due_day": since(each.due_on),
                "is_checkpoint": each.is_checkpoint,
                "needs": sorted(places[need.pk] for need in each.needs.all() if need.pk in places),
                "criteria": [
                    [row.text, row.verification] for row in each.criteria.order_by("position", "pk")
                ],
            }
            for each in rows
        ]
    }


def brief_body(brief: Brief) -> dict[str, Any]:
    """A brief as the body of a template: without the people, what came in, and the baselines that were measured."""
    content = content_of(brief)
    return {
        **{name: content[name] for name in FIELD_NAMES},
        "lines": [
            {name: line[name] for name in ("kind", "text", "checked_how")}
            for line in content["lines"]
        ],
        "inputs": [{name: row[name] for name in ("function", "what")} for row in content["inputs"]],
        "signals": [
            {
                **{
                    name: row[name]
                    for name in ("name", "metric", "unit", "higher_is_better", "source")
                },
                "target": float(row["target"]),
            }
            for row in content["signals"]
        ],
    }


@dataclass
class Applied:
    """What a template made. ``made``: the id of what an app above made."""

    brief: Brief | None = None
    increments: Sequence[Increment] = ()
    item: Item | None = None
    made: int | None = None


@transaction.atomic
def apply(
    *,
    actor: Actor,
    template: Template,
    item: Item | None = None,
    title: str = "",
    increment_kind: str = "",
    today: date | None = None,
    now: datetime | None = None,
) -> Applied:
    """Make what a template describes: a plan behind the increments of ``item``, a brief called ``title``, or both; an
    item; or what an app above makes of it.

    Kinds that the product no longer offers are refused by name, and then nothing is made. Raises Invalid, Conflict
    (retired).
    """
    product, kind, body = template.product, template.kind, template.body
    if template.retired_at is not None:
        raise Conflict(
            f"“{template.name}” is retired. Offer it again first, in the settings.", code="retired"
        )
    done = Applied()
    if above := from_above(kind):
        done.made = above.apply(actor, product, body, title or template.name, increment_kind)
    elif kind == TemplateKind.ITEM:
        done.item = _make_item(actor, product, body, title, now)
    else:
        if kind != TemplateKind.INCREMENT_PLAN:
            part = body if kind == TemplateKind.BRIEF else body["brief"]
            done.brief = _make_brief(actor, product, part, title or template.name, item, now)
        if kind != TemplateKind.BRIEF:
            if item is None:
                raise Invalid(
                    "Choose the item to plan.", fields={"item": ["A plan needs an item."]}
                )
            part = body if kind == TemplateKind.INCREMENT_PLAN else body["plan"]
            done.increments = _make_plan(actor, item, part, today or timezone.localdate(), now)
    fields = {"template": (None, template)}
    right = _RIGHTS.get(TemplateKind(kind), "increment.edit")
    entry = changes.Entry("template.applied", template, done.item or item, fields, right=right)
    changes.record(actor=actor, product=product, entries=[entry], now=now)
    return done


def _make_item(
    actor: Actor, product: Product, body: Mapping[str, Any], title: str, now: datetime | None
) -> Item:
    labels = words.proposed(Label, product=product, names=body["labels"])
    draft = items.Draft(
        title=title or body["title"],
        labels=list(labels.values()),
        criteria=criteria_of(body),
        **{name: body[name] for name in ("description", "kind", "horizon", "effort")},
    )
    return items.create_item(actor=actor, product=product, draft=draft, now=now)


def criteria_of(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The criteria of an item or an increment in a body, as drafts take them."""
    return [(statement, how) for statement, how in body["criteria"]]


def _make_brief(
    actor: Actor,
    product: Product,
    body: Mapping[str, Any],
    title: str,
    item: Item | None,
    now: datetime | None,
) -> Brief:
    brief = briefs.create_brief(
        actor=actor,
        product=product,
        title=title,
        values={name: body[name] for name in FIELD_NAMES},
        items=[item] if item else [],
        now=now,
    )
    for line in body["lines"]:
        brief_lines.add_line(
            actor=actor,
            brief=brief,
            kind=line["kind"],
            statement=line["text"],
            checked_how=line["checked_how"],
            now=now,
        )
    for row in body["inputs"]:
        brief_inputs.ask_input(actor=actor, brief=brief, now=now, **row)
    for row in body["signals"]:
        brief_inputs.save_signal(actor=actor, brief=brief, now=now, **row)
    return brief


def _make_plan(
    actor: Actor, item: Item, body: Mapping[str, Any], today: date, now: datetime | None
) -> list[Increment]:
    kinds = {
        kind.slug: kind
        for kind in item.product.increment_kinds.filter(retired_at=None)  # one query for all
    }
    lacking = sorted({row["kind"] for row in body["increments"]} - kinds.keys())
    if lacking:
        raise Invalid(
            f"This product has no kind of increment called {', '.join(lacking)}. Nothing was made: add it in the"
            " settings, or change the template.",
            code="no_such_kind",
        )
    made: list[Increment] = []
    for row in body["increments"]:
        draft = increments.Draft(
            kind=kinds[row["kind"]],
            title=row["title"],
            purpose=row["purpose"],
            starts_on=_day(today, row["from_day"]),
            due_on=_day(today, row["due_day"]),
            is_checkpoint=row["is_checkpoint"],
            needs=[made[place] for place in row["needs"] if place < len(made)],
            criteria=criteria_of(row),
        )
        made.append(
            increments.add_increment(actor=actor, item=item, draft=draft, alone=False, now=now)
        )
    return made


def _day(today: date, days: int | None) -> date | None:
    return None if days is None else today + timedelta(days=days)
