"""Templates of increment plans, briefs and projects: kept from what worked, applied to what is new (R22, T13).

``body`` by kind::

    increment_plan  {"increments": [{"kind": slug, "title", "purpose", "from_day": int | None, "due_day": int | None,
                                     "is_checkpoint": bool, "needs": [place], "criteria": [[text, verification]]}]}
    brief           {<field of a brief>: text, …, "lines": [{"kind", "text", "checked_how"}],
                     "inputs": [{"function", "what"}],
                     "signals": [{"name", "metric", "unit", "target", "higher_is_better", "source"}]}
    project         {"brief": <body of a brief>, "plan": <body of an increment plan>}

Days count from the day on which the template is applied; places from 0 in the list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog.brief_content import FIELD_NAMES
from backlog.brief_reading import content_of
from backlog.increment_reading import plan
from backlog.models import Brief, Increment, Item, Template
from backlog.services import brief_inputs, brief_lines, briefs, changes, increments
from backlog.vocabulary import IncrementState, LineKind, TemplateKind
from core import text
from core.errors import Conflict, Invalid, NotFound

MOST = 200
_DAYS = 3650


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
    now: datetime | None = None,
) -> Template:
    """Keep a body under a name; ``template``: change that one. Raises Invalid (its shape), Conflict (the name)."""
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
    checked = check(kind, text.tidy_data(dict(body)))
    now = now or timezone.now()
    if template is None:
        if Template.objects.filter(product=product).count() >= MOST:
            raise Conflict(f"A product keeps at most {MOST} templates.", code="too_many_templates")
        template, before = Template(product=product, kind=kind), None
    else:
        before = template.name
        template.version += 1
    template.name, template.description, template.body = name, description, checked
    template.made_by, template.updated_at = actor.user, now
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError as error:
        raise Conflict(
            f"There is a template called “{name}” already. Nothing was saved: choose another name.",
            code="name_taken",
        ) from error
    entry = changes.Entry("template.saved", template, fields={"name": (before, name)}, right=right)
    changes.record(actor=actor, product=product, entries=[entry], now=now)
    return template


@transaction.atomic
def remove_template(*, actor: Actor, template: Template, now: datetime | None = None) -> None:
    """Offer a template no longer. What was made from it stays."""
    right = rights.require(actor, "standard.publish", template.product)
    fields = {"name": (template.name, None)}
    entry = changes.Entry("template.removed", template, fields=fields, right=right)
    changes.record(actor=actor, product=template.product, entries=[entry], now=now)
    gone, _ = Template.objects.filter(pk=template.pk).delete()
    if not gone:
        raise NotFound


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
    """What a template made."""

    brief: Brief | None
    increments: list[Increment]


@transaction.atomic
def apply(
    *,
    actor: Actor,
    template: Template,
    item: Item | None = None,
    title: str = "",
    today: date | None = None,
    now: datetime | None = None,
) -> Applied:
    """Make what a template describes: a plan behind the increments of ``item``, a brief called ``title``, or both.

    Kinds that the product no longer offers are refused by name, and then nothing is made. Raises Invalid, Conflict.
    """
    product = template.product
    made: Brief | None = None
    body = template.body
    if template.kind != TemplateKind.INCREMENT_PLAN:
        words = body if template.kind == TemplateKind.BRIEF else body["brief"]
        made = _make_brief(actor, product, words, title or template.name, item, now)
    planned: list[Increment] = []
    if template.kind != TemplateKind.BRIEF:
        if item is None:
            raise Invalid("Choose the item to plan.", fields={"item": ["A plan needs an item."]})
        words = body if template.kind == TemplateKind.INCREMENT_PLAN else body["plan"]
        planned = _make_plan(actor, item, words, today or timezone.localdate(), now)
    fields = {"template": (None, template)}
    entry = changes.Entry("template.applied", template, item, fields, right="increment.edit")
    changes.record(actor=actor, product=product, entries=[entry], now=now)
    return Applied(made, planned)


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
            criteria=[(statement, how) for statement, how in row["criteria"]],
        )
        made.append(increments.add_increment(actor=actor, item=item, draft=draft, now=now))
    return made


def _day(today: date, days: int | None) -> date | None:
    return None if days is None else today + timedelta(days=days)


# --- The shapes ---------------------------------------------------------------------------------


def check(kind: str, body: Any) -> dict[str, Any]:
    """The body in the shape of its kind, with what may be left out filled in. Raises Invalid."""
    try:
        if kind == TemplateKind.BRIEF:
            return _brief(body)
        if kind == TemplateKind.INCREMENT_PLAN:
            return _plan(body)
        _known(body, {"brief", "plan"})
        return {"brief": _brief(body["brief"]), "plan": _plan(body["plan"])}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Invalid(
            "The template was not saved.", fields={"body": [f"It cannot be read: {error}."]}
        ) from error


def _plan(body: Mapping[str, Any]) -> dict[str, Any]:
    _known(body, {"increments"})
    rows = _rows(body["increments"], increments.MOST)
    found = []
    for place, row in enumerate(rows):
        allowed = {"kind", "title", "purpose", "from_day", "due_day", "is_checkpoint", "needs"}
        _known(row, allowed | {"criteria"})
        found.append(
            {
                "kind": _text(row["kind"], 40),
                "title": _text(row["title"], 200),
                "purpose": _text(row.get("purpose", ""), increments.PURPOSE_LIMIT, empty=True),
                "from_day": _days(row.get("from_day")),
                "due_day": _days(row.get("due_day")),
                "is_checkpoint": _flag(row.get("is_checkpoint", False)),
                "needs": [_place(each, place) for each in _rows(row.get("needs", []), place)],
                "criteria": [
                    [_text(statement, 500), _text(how, 500, empty=True)]
                    for statement, how in _rows(row.get("criteria", []), 100)
                ],
            }
        )
    return {"increments": found}


def _brief(body: Mapping[str, Any]) -> dict[str, Any]:
    _known(body, {*FIELD_NAMES, "lines", "inputs", "signals"})
    found: dict[str, Any] = {
        name: _text(
            body.get(name, ""), 200 if name in briefs.SHORT else briefs.FIELD_LIMIT, empty=True
        )
        for name in FIELD_NAMES
    }
    found["lines"] = []
    for row in _rows(body.get("lines", []), brief_lines.MOST_LINES):
        _known(row, {"kind", "text", "checked_how"})
        if row["kind"] not in LineKind.values:
            raise ValueError(f"{row['kind']} is no kind of line")
        checked = _text(row.get("checked_how", ""), 300, empty=True)
        found["lines"].append(
            {"kind": row["kind"], "text": _text(row["text"], 500), "checked_how": checked}
        )
    found["inputs"] = []
    for row in _rows(body.get("inputs", []), brief_inputs.MOST):
        _known(row, {"function", "what"})
        found["inputs"].append(
            {"function": _text(row["function"], 60), "what": _text(row["what"], 300)}
        )
    found["signals"] = []
    for row in _rows(body.get("signals", []), brief_inputs.MOST):
        _known(row, {"name", "metric", "unit", "target", "higher_is_better", "source"})
        found["signals"].append(
            {
                "name": _text(row["name"], 120),
                "metric": _text(row.get("metric", ""), 40, empty=True),
                "unit": _text(row.get("unit", ""), 24, empty=True),
                "target": float(row["target"]),
                "higher_is_better": _flag(row.get("higher_is_better", True)),
                "source": _text(row["source"], 200),
            }
        )
    return found


def _known(row: Mapping[str, Any], names: set[str]) -> None:
    unknown = sorted(set(row.keys()) - names)
    if unknown:
        raise ValueError(f"{unknown[0][:40]} is not known here")


def _rows(value: Any, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise ValueError(f"a list of at most {most} is wanted")
    return value


def _text(value: Any, limit: int, *, empty: bool = False) -> str:
    if not isinstance(value, str) or len(value) > limit or not (empty or value.strip()):
        raise ValueError(f"a text of at most {limit} characters is wanted")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false is wanted")
    return value


def _days(value: Any) -> int | None:
    if value is not None and (
        isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _DAYS
    ):
        raise ValueError(f"a number of days up to {_DAYS} is wanted")
    return value


def _place(value: Any, before: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < before:
        raise ValueError("needs name places before their own")
    return value
