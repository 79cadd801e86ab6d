"""Who may do what with briefs, increments and the creative system."""

from __future__ import annotations

from tests.cast import MEMBERS as ROLES
from tests.security.rows import row
from tests.security.world import Tenant, World

MEMBERS = frozenset(ROLES)
WORKING = MEMBERS - {"viewer"}
DECIDING = frozenset({"owner", "leadership", "administrator"})
VALIDATING = DECIDING | {"reviewer"}
OWNING = frozenset({"owner", "administrator"})

PRODUCT = "product.key"
BRIEF = {"key": PRODUCT, "number": "brief.number"}
LINE = {**BRIEF, "line": "pointed.number"}
INPUT = {**BRIEF, "pk": "brief_input.pk"}
SIGNAL = {**BRIEF, "pk": "brief_signal.pk"}
BUILT = {"key": PRODUCT, "item": "built.key"}
PIECE = {**BUILT, "number": "increment.number"}
PLANNED = {**BUILT, "number": "planned_increment.number"}
API_PIECE = {"key": "built.key", "number": "increment.number"}
API_PLANNED = {"key": "built.key", "number": "planned_increment.number"}
TEMPLATE = {"key": PRODUCT, "pk": "brief_template.pk"}
NO_ROWS = {"name": "N", "increments-TOTAL_FORMS": 0, "increments-INITIAL_FORMS": 0}


def first(world: World, tenant: Tenant, _actor: str) -> int:
    return 1 if tenant is world.a else 987


def section(world: World, tenant: Tenant, _actor: str) -> str:
    return "audience" if tenant is world.a else "elsewhere"


BRIEF_PAGES = [
    row("briefs", key=PRODUCT, GET=MEMBERS),
    row("brief-new", key=PRODUCT, GET=WORKING, POST=WORKING, body={"title": "T"}),
    row("brief", **BRIEF, GET=MEMBERS),
    row(
        "brief-edit", **BRIEF, section=section, GET=WORKING, POST=WORKING, body={"audience": "New"}
    ),
    row("brief-lines", **BRIEF, POST=WORKING, body={"kind": "brand", "text": "T"}),
    row("brief-line", **LINE, POST=WORKING, body={"act": "remove"}),
    row("brief-inputs", **BRIEF, POST=WORKING, body={"function": "F", "what": "W"}),
    row("brief-input", **INPUT, POST=WORKING, body={"act": "waived", "answer": "No"}),
    row(
        "brief-signals",
        **BRIEF,
        POST=WORKING,
        body={"name": "N", "target": 1, "source": "S", "higher_is_better": "yes"},
    ),
    row("brief-signal", **SIGNAL, POST=WORKING, body={"act": "remove"}),
    row("brief-items", **BRIEF, POST=WORKING, body=lambda t: {"items": t.waiting.key}),
    row("brief-freeze", **BRIEF, POST=WORKING, body={"reason": "r"}),
    row("brief-sign", **BRIEF, POST=DECIDING, body={"reason": "r"}),
    row("brief-state", **BRIEF, POST=DECIDING, body={"reason": "r"}),
    row("brief-template", **BRIEF, POST=OWNING, body={"name": "T"}),
    row("brief-compare", **BRIEF, GET=MEMBERS, query={"a": "1", "b": "2"}),
    row("brief-version", **BRIEF, version=first, GET=MEMBERS),
    row(
        "confirmation",
        key=PRODUCT,
        pk="confirmation.pk",
        POST=WORKING,
        body={"act": "confirmed"},
    ),
    row(
        "line-pointer",
        key=PRODUCT,
        POST=WORKING,
        body=lambda t: {"line": t.pointed.key, "item": t.item.key},
    ),
]
INCREMENT_PAGES = [
    row("increments", key=PRODUCT, GET=MEMBERS),
    row(
        "increment-add",
        **BUILT,
        GET=WORKING,
        POST=WORKING,
        body=lambda t: {"title": "T", "kind": t.increment_kind.pk},
    ),
    row(
        "increment-move",
        **BUILT,
        POST=WORKING,
        body=lambda t: {"item": t.increment.number, "to": "up"},
    ),
    row("increment", **PIECE, GET=MEMBERS),
    row("increment-path", **PIECE, GET=MEMBERS),
    row("line-path", **LINE, GET=MEMBERS),
    row(
        "increment-edit",
        **PIECE,
        GET=WORKING,
        POST=WORKING,
        body=lambda t: {"title": "T", "kind": t.increment_kind.pk},
    ),
    row("increment-act", **PIECE, POST=WORKING, body={"act": "review"}),
    row(
        "increment-close", **PIECE, GET=WORKING, POST=WORKING, body={"output": "O", "learning": "L"}
    ),
    row("increment-cut", **PIECE, GET=WORKING, POST=WORKING, body={"reason": "r"}),
    row("increment-checkpoint", **PIECE, POST=VALIDATING, body={"act": "validate"}),
    row("increment-gate", **PLANNED, POST=DECIDING, body={"reason": "r"}),
    row("increment-criteria", **PIECE, POST=WORKING, body={"text": "T"}),
    row(
        "increment-criterion",
        **PIECE,
        pk="increment_criterion.pk",
        POST=WORKING,
        body={"act": "unverify"},
    ),
    row(
        "increment-standards",
        **PIECE,
        POST=WORKING,
        body=lambda t: {"standard": t.standard.pk},
    ),
    row("increment-kinds", key=PRODUCT, GET=MEMBERS, POST=OWNING, body={"name": "N", "stage": 2}),
    row(
        "increment-kind",
        key=PRODUCT,
        pk="increment_kind.pk",
        POST=OWNING,
        body={"name": "N", "stage": 2},
    ),
    row(
        "standards",
        key=PRODUCT,
        GET=MEMBERS,
        POST=OWNING,
        body={"name": "N", "kind": "motion", "body": "B", "reason": "R"},
    ),
    row(
        "standard",
        key=PRODUCT,
        pk="standard.pk",
        GET=MEMBERS,
        POST=OWNING,
        body={"body": "B", "reason": "R"},
    ),
    row(
        "templates",
        key=PRODUCT,
        GET=MEMBERS,
        POST=OWNING,
        body=lambda t: {"kind": "increment_plan", "name": "N", "item": t.built.key},
    ),
    row("template-new", key=PRODUCT, GET=OWNING, POST=OWNING, body={"name": "N", "title": "T"}),
    row("template", **TEMPLATE, GET=OWNING, POST=OWNING, body=NO_ROWS),
    row(
        "template-apply",
        **TEMPLATE,
        POST=WORKING,
        body=lambda t: {"item": t.built.key},
    ),
    row("template-offer", **TEMPLATE, POST=OWNING, body={"act": "retire"}),
    row("learnings", key=PRODUCT, GET=MEMBERS),
    row(
        "cite",
        key=PRODUCT,
        POST=WORKING,
        body=lambda t: {"increment": t.taught.key, "item": t.item.key},
    ),
    row("citation", key=PRODUCT, pk="citation.pk", POST=WORKING),
]
SIGNAL_BODY = {"name": "N", "target": 1, "source": "S"}
BRIEF_API = [
    row("api-briefs", key=PRODUCT, GET=MEMBERS, POST=WORKING, body={"title": "T"}),
    row("api-brief", **BRIEF, GET=MEMBERS, PATCH=WORKING, body={"audience": "New"}),
    row("api-brief-lines", **BRIEF, POST=WORKING, body={"kind": "brand", "text": "T"}),
    row("api-brief-line", **LINE, PATCH=WORKING, body={"text": "T"}),
    row("api-brief-inputs", **BRIEF, POST=WORKING, body={"function": "F", "what": "W"}),
    row(
        "api-brief-input",
        **INPUT,
        PUT=WORKING,
        DELETE=WORKING,
        body={"function": "F", "what": "W"},
    ),
    row("api-brief-input-settle", **INPUT, POST=WORKING, body={"state": "waived", "answer": "No"}),
    row("api-brief-signals", **BRIEF, POST=WORKING, body=SIGNAL_BODY),
    row("api-brief-signal", **SIGNAL, PUT=WORKING, DELETE=WORKING, body=SIGNAL_BODY),
    row(
        "api-brief-items",
        **BRIEF,
        GET=MEMBERS,
        POST=WORKING,
        body=lambda t: {"items": [t.waiting.key]},
    ),
    row("api-brief-item", **BRIEF, item="built.key", DELETE=WORKING),
    row("api-brief-versions", **BRIEF, POST=WORKING, body={"reason": "r"}),
    row("api-brief-version", **BRIEF, version=first, GET=MEMBERS),
    row("api-brief-compare", **BRIEF, version=first, other=first, GET=MEMBERS),
    row("api-brief-sign", **BRIEF, POST=DECIDING, body={"reason": "r"}),
    row("api-brief-state", **BRIEF, POST=DECIDING, body={"state": "retired", "reason": "r"}),
    row("api-brief-confirmations", **BRIEF, GET=MEMBERS),
    row(
        "api-confirmation",
        key=PRODUCT,
        pk="confirmation.pk",
        POST=WORKING,
        body={"state": "confirmed"},
    ),
]
KIND_BODY = {"name": "N", "stage": 2}
TEMPLATE_BODY = {"kind": "increment_plan", "name": "N", "body": {"increments": []}}
INCREMENT_API = [
    row("api-increments", key=PRODUCT, GET=MEMBERS),
    row("api-late-change", key=PRODUCT, GET=MEMBERS),
    row(
        "api-plan",
        key="built.key",
        GET=MEMBERS,
        POST=WORKING,
        body=lambda t: {"title": "T", "kind": t.increment_kind.slug},
    ),
    row("api-line-path", **LINE, GET=MEMBERS),
    row("api-increment-path", **API_PIECE, GET=MEMBERS),
    row("api-increment", **API_PIECE, GET=MEMBERS, PATCH=WORKING, body={"title": "T"}),
    row("api-increment-move", **API_PIECE, POST=WORKING, body={"before": None}),
    row("api-increment-act", **API_PIECE, POST=WORKING, body={"act": "review"}),
    row("api-increment-close", **API_PIECE, POST=WORKING, body={"output": "O", "learning": "L"}),
    row("api-increment-cut", **API_PIECE, POST=WORKING, body={"reason": "r"}),
    row("api-increment-checkpoint", **API_PIECE, POST=VALIDATING, body={"state": "validated"}),
    row("api-increment-gate", **API_PLANNED, POST=DECIDING, body={"reason": "r"}),
    row("api-increment-criteria", **API_PIECE, POST=WORKING, body={"text": "T"}),
    row(
        "api-increment-criterion",
        **API_PIECE,
        pk="increment_criterion.pk",
        PATCH=WORKING,
        DELETE=WORKING,
        body={"met": False},
    ),
    row("api-increment-lines", **API_PIECE, POST=WORKING, body=lambda t: {"line": t.pointed.key}),
    row("api-increment-line", **API_PIECE, line="pointed.key", DELETE=WORKING),
    row(
        "api-increment-standards",
        **API_PIECE,
        POST=WORKING,
        body=lambda t: {"standard": t.standard.pk},
    ),
    row("api-increment-standard", **API_PIECE, pk="conformance.pk", DELETE=WORKING),
    row("api-kinds", key=PRODUCT, GET=MEMBERS, POST=OWNING, body=KIND_BODY),
    row("api-kind", key=PRODUCT, pk="increment_kind.pk", PATCH=OWNING, body=KIND_BODY),
    row(
        "api-standards",
        key=PRODUCT,
        GET=MEMBERS,
        POST=OWNING,
        body={"name": "N", "kind": "motion", "body": "B", "reason": "R"},
    ),
    row("api-standard", key=PRODUCT, pk="standard.pk", PATCH=OWNING, body={"retired": True}),
    row(
        "api-standard-versions",
        key=PRODUCT,
        pk="standard.pk",
        POST=OWNING,
        body={"body": "B", "reason": "R"},
    ),
    row("api-templates", key=PRODUCT, GET=MEMBERS, POST=OWNING, body=TEMPLATE_BODY),
    row(
        "api-template",
        **TEMPLATE,
        GET=MEMBERS,
        PUT=OWNING,
        body={"name": "N", "body": {"increments": []}},
    ),
    row("api-template-retire", **TEMPLATE, POST=OWNING, body={"retired": True}),
    row(
        "api-template-apply",
        key=PRODUCT,
        pk="brief_template.pk",
        POST=WORKING,
        body=lambda t: {"item": t.built.key},
    ),
    row("api-learnings", key=PRODUCT, GET=MEMBERS),
    row(
        "api-citations",
        key=PRODUCT,
        POST=WORKING,
        body=lambda t: {"increment": t.taught.key, "item": t.item.key},
    ),
    row("api-citation", key=PRODUCT, pk="citation.pk", DELETE=WORKING),
]
ROWS = [*BRIEF_PAGES, *INCREMENT_PAGES, *BRIEF_API, *INCREMENT_API]
