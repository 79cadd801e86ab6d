"""The bodies of templates: the shape of each kind, and what an app above knows of a kind of its own (R22, T13).

``body`` by kind::

    item            {"title", "description", "kind", "horizon", "effort": float | None, "labels": [name],
                     "criteria": [[text, verification]]}
    increment_plan  {"increments": [{"kind": slug, "title", "purpose", "from_day": int | None, "due_day": int | None,
                                     "is_checkpoint": bool, "needs": [place], "criteria": [[text, verification]]}]}
    brief           {<field of a brief>: text, …, "lines": [{"kind", "text", "checked_how"}],
                     "inputs": [{"function", "what"}],
                     "signals": [{"name", "metric", "unit", "target", "higher_is_better", "source"}]}
    project         {"brief": <body of a brief>, "plan": <body of an increment plan>}

Days count from the day on which the template is applied; places from 0 in the list. Kinds of the apps above stand in
``config.wiring.TEMPLATES``, each the dotted path of a :class:`Shape`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.utils.module_loading import import_string

from accounts.actors import Actor
from accounts.models import Product
from backlog.brief_content import FIELD_NAMES
from backlog.services import brief_inputs, brief_lines, briefs, increments
from backlog.vocabulary import Horizon, Kind, LineKind, TemplateKind
from core.errors import Invalid

Body = Mapping[str, Any]

MOST_LABELS = 50
_DAYS, _POINTS = 3650, 100_000.0


@dataclass(frozen=True)
class Shape:
    """A kind of template that an app above brings.

    ``check`` gives a body in its shape, or raises KeyError, TypeError or ValueError. ``kept`` makes one of a thing that
    a request names, ``outline`` says a body in lines, ``apply`` makes what it describes (title, slug of a kind of
    increment) and returns the id of that. ``form`` takes (data, product, body) and has ``body()``. ``route`` names the
    page that begins one; it reads ``?template=``.
    """

    check: Callable[[Any], dict[str, Any]]
    kept: Callable[[Actor, Product, str], dict[str, Any]]
    outline: Callable[[Body], list[str]]
    apply: Callable[[Actor, Product, Body, str, str], int]
    form: Callable[[Any, Product, Body], forms.Form]
    route: str


def from_above(kind: str) -> Shape | None:
    """What an app above knows of a kind; None for those of this app."""
    path = import_string(f"{settings.WIRING}.TEMPLATES").get(kind)
    if path is None:
        return None
    found = import_string(path)
    assert isinstance(found, Shape)
    return found


def check(kind: str, body: Any) -> dict[str, Any]:
    """The body in the shape of its kind, with what may be left out filled in. Raises Invalid."""
    try:
        if above := from_above(kind):
            return above.check(body)
        if kind == TemplateKind.ITEM:
            return _item(body)
        if kind == TemplateKind.BRIEF:
            return _brief(body)
        if kind == TemplateKind.INCREMENT_PLAN:
            return _plan(body)
        known(body, {"brief", "plan"})
        return {"brief": _brief(body["brief"]), "plan": _plan(body["plan"])}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Invalid(
            "The template was not saved.", fields={"body": [f"It cannot be read: {error}."]}
        ) from error


def outline(kind: str, body: Body) -> list[str]:
    """What a template makes, line by line."""
    if above := from_above(kind):
        return above.outline(body)
    if kind == TemplateKind.ITEM:
        return [body["title"], *(statement for statement, _how in body["criteria"])]
    if kind == TemplateKind.BRIEF:
        return [line["text"] for line in body["lines"]]
    if kind == TemplateKind.INCREMENT_PLAN:
        return [row["title"] for row in body["increments"]]
    return [
        *outline(TemplateKind.BRIEF, body["brief"]),
        *outline(TemplateKind.INCREMENT_PLAN, body["plan"]),
    ]


def empty(kind: str) -> dict[str, Any]:
    """The body of a new template, before anything is written in it. It need not be complete."""
    plan: dict[str, Any] = {"increments": []}
    brief: dict[str, Any] = dict.fromkeys(FIELD_NAMES, "") | {
        name: [] for name in ("lines", "inputs", "signals")
    }
    return {
        TemplateKind.ITEM: {"criteria": [], "labels": []},
        TemplateKind.INCREMENT_PLAN: plan,
        TemplateKind.BRIEF: brief,
        TemplateKind.PROJECT: {"brief": brief, "plan": plan},
    }.get(TemplateKind(kind), {})


def _item(body: Mapping[str, Any]) -> dict[str, Any]:
    known(body, {"title", "description", "kind", "horizon", "effort", "labels", "criteria"})
    kind, horizon = body.get("kind", Kind.TASK), body.get("horizon", "")
    if kind not in Kind.values:
        raise ValueError(f"{kind} is no kind of item")
    if horizon not in ("", *Horizon.values):
        raise ValueError(f"{horizon} is no horizon")
    effort = body.get("effort")
    if effort is not None:
        effort = float(effort)
        if not (math.isfinite(effort) and 0 <= effort <= _POINTS):
            raise ValueError(f"effort is up to {_POINTS:,.0f} points")
    return {
        "title": a_text(body["title"], 255),
        "description": a_text(body.get("description", ""), 50_000, empty=True),
        "kind": kind,
        "horizon": horizon,
        "effort": effort,
        "labels": [a_text(name, 80) for name in rows_of(body.get("labels", []), MOST_LABELS)],
        "criteria": _criteria(body),
    }


def _criteria(body: Mapping[str, Any]) -> list[list[str]]:
    return [
        [a_text(statement, 500), a_text(how, 500, empty=True)]
        for statement, how in rows_of(body.get("criteria", []), 100)
    ]


def _plan(body: Mapping[str, Any]) -> dict[str, Any]:
    known(body, {"increments"})
    rows = rows_of(body["increments"], increments.MOST)
    found = []
    for place, row in enumerate(rows):
        allowed = {"kind", "title", "purpose", "from_day", "due_day", "is_checkpoint", "needs"}
        known(row, allowed | {"criteria"})
        found.append(
            {
                "kind": a_text(row["kind"], 40),
                "title": a_text(row["title"], 200),
                "purpose": a_text(row.get("purpose", ""), increments.PURPOSE_LIMIT, empty=True),
                "from_day": _days(row.get("from_day")),
                "due_day": _days(row.get("due_day")),
                "is_checkpoint": _flag(row.get("is_checkpoint", False)),
                "needs": [_place(each, place) for each in rows_of(row.get("needs", []), place)],
                "criteria": _criteria(row),
            }
        )
    return {"increments": found}


def _brief(body: Mapping[str, Any]) -> dict[str, Any]:
    known(body, {*FIELD_NAMES, "lines", "inputs", "signals"})
    found: dict[str, Any] = {
        name: a_text(
            body.get(name, ""), 200 if name in briefs.SHORT else briefs.FIELD_LIMIT, empty=True
        )
        for name in FIELD_NAMES
    }
    found["lines"] = []
    for row in rows_of(body.get("lines", []), brief_lines.MOST_LINES):
        known(row, {"kind", "text", "checked_how"})
        if row["kind"] not in LineKind.values:
            raise ValueError(f"{row['kind']} is no kind of line")
        checked = a_text(row.get("checked_how", ""), 300, empty=True)
        found["lines"].append(
            {"kind": row["kind"], "text": a_text(row["text"], 500), "checked_how": checked}
        )
    found["inputs"] = []
    for row in rows_of(body.get("inputs", []), brief_inputs.MOST):
        known(row, {"function", "what"})
        found["inputs"].append(
            {"function": a_text(row["function"], 60), "what": a_text(row["what"], 300)}
        )
    found["signals"] = []
    for row in rows_of(body.get("signals", []), brief_inputs.MOST):
        known(row, {"name", "metric", "unit", "target", "higher_is_better", "source"})
        found["signals"].append(
            {
                "name": a_text(row["name"], 120),
                "metric": a_text(row.get("metric", ""), 40, empty=True),
                "unit": a_text(row.get("unit", ""), 24, empty=True),
                "target": float(row["target"]),
                "higher_is_better": _flag(row.get("higher_is_better", True)),
                "source": a_text(row["source"], 200),
            }
        )
    return found


def known(row: Mapping[str, Any], names: set[str]) -> None:
    """Raises ValueError for a name that is not one of these."""
    unknown = sorted(set(row.keys()) - names)
    if unknown:
        raise ValueError(f"{unknown[0][:40]} is not known here")


def rows_of(value: Any, most: int) -> list[Any]:
    """A list of at most so many. Raises ValueError."""
    if not isinstance(value, list) or len(value) > most:
        raise ValueError(f"a list of at most {most} is wanted")
    return value


def a_text(value: Any, limit: int, *, empty: bool = False) -> str:
    """A text within a limit, not empty unless it may be. Raises ValueError."""
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
