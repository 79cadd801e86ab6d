"""Fields of briefs and increments that name another row: route, method, field, and a body with B's thing in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.security.world import Tenant

Body = Callable[[Tenant, Tenant], dict[str, Any]]


def elsewhere(a: Tenant, b: Tenant, own: Any, path: str = "") -> Any:
    """``own`` where the body is of one's own; of the other, what ``path`` names there, or a number nobody has."""
    return own if a is b else (b.at(path) if path else 987_654)


ASK = {"function": "F", "what": "W"}
BRIEFS: list[tuple[str, str, str, Body]] = [
    ("api-briefs", "POST", "owner", lambda a, b: {"title": "T", "owner": b.person.email}),
    ("api-briefs", "POST", "items", lambda a, b: {"title": "T", "items": [b.item.key]}),
    ("api-brief", "PATCH", "owner", lambda a, b: {"owner": b.person.email}),
    ("api-brief-line", "PATCH", "before", lambda a, b: {"before": elsewhere(a, b, None)}),
    ("api-brief-inputs", "POST", "person", lambda a, b: {**ASK, "person": b.person.email}),
    ("api-brief-input", "PUT", "person", lambda a, b: {**ASK, "person": b.person.email}),
    ("api-brief-items", "POST", "items", lambda a, b: {"items": [b.waiting.key]}),
    (
        "api-plan",
        "POST",
        "owner",
        lambda a, b: {"title": "T", "kind": a.increment_kind.slug, "owner": b.person.email},
    ),
    (
        "api-plan",
        "POST",
        "needs",
        lambda a, b: {
            "title": "T",
            "kind": a.increment_kind.slug,
            "needs": [elsewhere(a, b, a.taught.number)],
        },
    ),
    ("api-increment", "PATCH", "owner", lambda a, b: {"owner": b.person.email}),
    (
        "api-increment",
        "PATCH",
        "needs",
        lambda a, b: {"needs": [elsewhere(a, b, a.taught.number)]},
    ),
    ("api-increment-move", "POST", "before", lambda a, b: {"before": elsewhere(a, b, None)}),
    (
        "api-increment-criteria",
        "POST",
        "covers",
        lambda a, b: {"text": "T", "covers": b.built.criteria.get().pk},
    ),
    (
        "api-increment-criterion",
        "PATCH",
        "covers",
        lambda a, b: {"covers": b.built.criteria.get().pk},
    ),
    (
        "api-increment-lines",
        "POST",
        "line",
        lambda a, b: {"line": elsewhere(a, b, a.pointed.key) if a is b else "BR-987.6"},
    ),
    ("api-increment-standards", "POST", "standard", lambda a, b: {"standard": b.standard.pk}),
    ("api-template-apply", "POST", "item", lambda a, b: {"item": b.built.key}),
    (
        "api-templates",
        "POST",
        "item",
        lambda a, b: {"kind": "item", "name": "T", "item": b.built.key},
    ),
    (
        "api-templates",
        "POST",
        "brief",
        lambda a, b: {
            "kind": "brief",
            "name": "T",
            "brief": a.brief.key if a is b else "BR-987",
        },
    ),
    (
        "api-templates",
        "POST",
        "review_plan",
        lambda a, b: {"kind": "review_plan", "name": "T", "review_plan": b.review_plan.pk},
    ),
    (
        "api-citations",
        "POST",
        "increment",
        lambda a, b: {"increment": b.taught.key, "item": a.item.key},
    ),
    (
        "api-citations",
        "POST",
        "item",
        lambda a, b: {"increment": a.taught.key, "item": b.item.key},
    ),
    (
        "api-citations",
        "POST",
        "brief",
        lambda a, b: {
            "increment": a.taught.key,
            "brief": a.brief.key if a is b else "BR-987",
        },
    ),
    # pages
    ("brief-items", "POST", "items", lambda a, b: {"items": b.waiting.key}),
    ("brief-inputs", "POST", "person", lambda a, b: {**ASK, "person": b.person.pk}),
    ("brief-new", "POST", "items", lambda a, b: {"title": "T", "items": b.item.key}),
    ("brief-new", "POST", "template", lambda a, b: {"title": "T", "template": elsewhere(a, b, "")}),
    (
        "increment-add",
        "POST",
        "kind",
        lambda a, b: {"title": "T", "kind": b.increment_kind.pk},
    ),
    (
        "increment-add",
        "POST",
        "owner",
        lambda a, b: {"title": "T", "kind": a.increment_kind.pk, "owner": b.person.pk},
    ),
    (
        "increment-add",
        "POST",
        "needs",
        lambda a, b: {"title": "T", "kind": a.increment_kind.pk, "needs": [b.taught.pk]},
    ),
    (
        "increment-criteria",
        "POST",
        "covers",
        lambda a, b: {"text": "T", "covers": b.built.criteria.get().pk},
    ),
    ("increment-standards", "POST", "standard", lambda a, b: {"standard": b.standard.pk}),
    ("line-pointer", "POST", "item", lambda a, b: {"line": "BR-1.1", "item": b.item.key}),
    (
        "cite",
        "POST",
        "increment",
        lambda a, b: {"increment": b.taught.key, "item": a.item.key},
    ),
]
