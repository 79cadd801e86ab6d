"""Templates of review plans: which layers look in which steps, by the slugs of the layers.

``body``: ``{"steps": [{"layer": slug, "step": int from 0, "quorum": int | None, "deadline_hours": int | None}]}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.actors import Actor
from accounts.models import Product
from backlog.models import IncrementKind
from backlog.template_shapes import Body, Shape, a_text, known, rows_of
from core.errors import Invalid
from reviews import access
from reviews.layer_forms import StepsForm
from reviews.models import ReviewPlan
from reviews.services import layers

_MOST_STEPS, _MOST_QUORUM = 50, 50


def check(body: Any) -> dict[str, Any]:
    """The body in its shape. Raises KeyError, TypeError or ValueError."""
    known(body, {"steps"})
    found = []
    for row in rows_of(body["steps"], layers.MOST_LAYERS):
        known(row, {"layer", "step", "quorum", "deadline_hours"})
        found.append(
            {
                "layer": a_text(row["layer"], 40),
                "step": _whole(row["step"], 0, _MOST_STEPS),
                "quorum": _whole_or_none(row.get("quorum"), _MOST_QUORUM),
                "deadline_hours": _whole_or_none(row.get("deadline_hours"), layers.MOST_HOURS),
            }
        )
    if not found:
        raise ValueError("at least one layer is wanted")
    if len({row["layer"] for row in found}) != len(found):
        raise ValueError("a layer stands in a plan once")
    return {"steps": found}


def body_of(plan: ReviewPlan) -> dict[str, Any]:
    """A plan as the body of a template. One query."""
    rows = plan.steps.select_related("layer").order_by("step", "layer__position", "pk")
    return {
        "steps": [
            {
                "layer": row.layer.slug,
                "step": row.step,
                "quorum": row.quorum,
                "deadline_hours": row.deadline_hours,
            }
            for row in rows
        ]
    }


def kept(actor: Actor, product: Product, named: str) -> dict[str, Any]:
    """The plan with this id as a body. Raises Invalid."""
    if not (named.isascii() and named.isdecimal() and len(named) < 10):
        raise Invalid("The template was not saved.", fields={"plan": ["Name the plan to keep."]})
    return body_of(access.plan_of(actor, product, int(named)))


def outline(body: Body) -> list[str]:
    """The layers of each step in a line."""
    found: dict[int, list[str]] = {}
    for row in body["steps"]:
        found.setdefault(row["step"], []).append(row["layer"].replace("_", " "))
    return [" + ".join(found[step]) for step in sorted(found)]


def steps_of(product: Product, body: Body) -> list[layers.Step]:
    """What a plan is saved with. Raises Invalid for a layer that the product no longer asks. One query."""
    there = {layer.slug: layer for layer in product.review_layers.filter(retired_at=None)}
    lacking = sorted({row["layer"] for row in body["steps"]} - there.keys())
    if lacking:
        raise Invalid(
            f"This product asks no layer called {', '.join(lacking)}. Nothing was made: add it, or change the"
            " template.",
            code="no_such_layer",
        )
    return [
        layers.Step(there[row["layer"]], row["step"], row["quorum"], row["deadline_hours"])
        for row in body["steps"]
    ]


def apply(actor: Actor, product: Product, body: Body, title: str, kind: str) -> int:
    """A plan called ``title`` for increments of ``kind`` (empty: for everything else). Raises Invalid, Conflict."""
    row = None
    if kind:
        row = IncrementKind.objects.filter(product=product, slug=kind).first()
        if row is None:
            raise Invalid(
                "Nothing was made.", fields={"increment_kind": ["There is no such kind."]}
            )
    steps = steps_of(product, body)
    return layers.save_plan(actor=actor, product=product, name=title, steps=steps, kind=row).pk


class StepsBodyForm(StepsForm):
    """The steps of a template."""

    def __init__(self, data: Mapping[str, Any] | None, *, product: Product, body: Body) -> None:
        super().__init__(data, product=product)
        self.rows = {row["layer"]: row for row in body.get("steps", [])}
        self.initial.update({f"step_{slug}": row["step"] + 1 for slug, row in self.rows.items()})

    def body(self) -> dict[str, Any]:
        """Quorums and deadlines of a layer, which the page does not ask for, stay."""
        return {
            "steps": [
                {
                    "layer": step.layer.slug,
                    "step": step.step,
                    **{
                        name: self.rows.get(step.layer.slug, {}).get(name)
                        for name in ("quorum", "deadline_hours")
                    },
                }
                for step in self.steps({})
            ]
        }


def _whole(value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"a whole number from {least} to {most} is wanted")
    return value


def _whole_or_none(value: Any, most: int) -> int | None:
    return None if value is None else _whole(value, 1, most)


def _form(data: Any, product: Product, body: Body) -> StepsBodyForm:
    return StepsBodyForm(data, product=product, body=body)


REVIEW_PLAN = Shape(check, kept, outline, apply, _form, "review-plan-new")
