"""Every field of a body, form or filter that names another row, and what of B to put into it.

`test_references.py` finds fields that are missing here: those of the API whose name is in ``NAMES``, and every choice
of rows in a form.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.security.matrix import LATER, export, outcome, plan, signal, stages, trade, wish
from tests.security.references_briefs import BRIEFS
from tests.security.references_placements import PLACEMENTS
from tests.security.world import Tenant


@dataclass(frozen=True)
class Reference:
    """In the request of ``route``: the body of a good one from A, with B's thing in place of A's. Refused with 400
    (pages: 422) or as not there (404), and not a word of B in the answer."""

    route: str
    method: str
    field: str
    body: Callable[[Tenant, Tenant], dict[str, Any]]


#: Names of input fields that refer to rows, wherever they appear in the API.
NAMES = frozenset(
    {
        "items",
        "brief_line",
        "payload",
        "after",
        "before",
        "comes",
        "goes",
        "product",
        "item",
        "owner",
        "into",
        "target",
        "keys",
        "reviewers",
        "signals",
        "versions",
        "placement",
        "metric",
        "brief",
        "increment",
        "person",
        "needs",
        "covers",
        "standard",
    }
)

HOTFIX = {"decision": "hotfix", "severity": 1, "confirm": "hotfix"}

REFERENCES = [
    *(Reference(*each) for each in PLACEMENTS),
    *(Reference(*each) for each in BRIEFS),
    Reference("api-rubric-drafts", "POST", "product", lambda a, b: {"product": b.product.key}),
    # items
    Reference(
        "api-items", "POST", "product", lambda a, b: {"product": b.product.key, "title": "T"}
    ),
    Reference(
        "api-items",
        "POST",
        "owner",
        lambda a, b: {"product": a.product.key, "title": "T", "owner": b.person.email},
    ),
    Reference("api-item", "PATCH", "owner", lambda a, b: {"owner": b.person.email}),
    Reference(
        "api-item-accept",
        "POST",
        "owner",
        lambda a, b: {"queue": "stability", "owner": b.person.email},
    ),
    Reference(
        "api-review-hand-over",
        "POST",
        "to",
        lambda a, b: {
            "stage": a.stage.kind,
            "person": a.colleague.email,
            "to": b.person.email if b is not a else "owner@example.org",
        },
    ),
    Reference(
        "api-review-hand-over",
        "POST",
        "person",
        lambda a, b: {
            "stage": a.stage.kind,
            "person": b.colleague.email,
            "to": "owner@example.org",
        },
    ),
    Reference(
        "api-review-layer", "PATCH", "reviewers", lambda a, b: {"reviewers": [b.person.email]}
    ),
    Reference(
        "api-review-layers",
        "POST",
        "reviewers",
        lambda a, b: {"name": "Safety", "reviewers": [b.person.email]},
    ),
    Reference("api-session-merge", "POST", "into", lambda a, b: {"into": b.other.key}),
    Reference(
        "api-session-requeue",
        "POST",
        "owner",
        lambda a, b: {"queue": "stability", "reason": "r", "owner": b.person.email},
    ),
    Reference("api-item-merge", "POST", "into", lambda a, b: {"into": b.other.key}),
    Reference(
        "api-item-links",
        "POST",
        "target",
        lambda a, b: {"kind": "relates", "target": b.waiting.key},
    ),
    Reference(
        "api-items-bulk",
        "POST",
        "product",
        lambda a, b: {"product": b.product.key, "keys": [b.item.key]},
    ),
    Reference(
        "api-items-bulk",
        "POST",
        "keys",
        lambda a, b: {
            "product": a.product.key,
            "keys": [a.item.key, b.item.key],
            "horizon": "release",
        },
    ),
    Reference(
        "api-items-bulk",
        "POST",
        "owner",
        lambda a, b: {"product": a.product.key, "keys": [a.item.key], "owner": b.person.email},
    ),
    # decisions
    Reference(
        "api-decisions",
        "POST",
        "items",
        lambda a, b: {"title": "T", "rationale": "r", "items": [b.item.key]},
    ),
    Reference(
        "api-decision-supersede",
        "POST",
        "items",
        lambda a, b: {"title": "T", "rationale": "r", "items": [a.item.key, b.item.key]},
    ),
    Reference(
        "api-requests",
        "POST",
        "payload",
        lambda a, b: {**wish(b), "payload": {**wish(b)["payload"], "item": b.item.key}},
    ),
    # scoring
    Reference(
        "api-signals",
        "POST",
        "product",
        lambda a, b: {"product": b.product.key, "signals": [signal(b)]},
    ),
    Reference(
        "api-signals",
        "POST",
        "signals.item",
        lambda a, b: {"product": a.product.key, "signals": [signal(a), signal(b)]},
    ),
    Reference("api-signals", "POST", "signals", lambda a, b: {"signals": [signal(b)]}),
    Reference(
        "api-item-place",
        "POST",
        "above",
        lambda a, b: {"above": b.high.key, "claim": "c", "expires_at": f"{LATER}T10:00:00Z"},
    ),
    Reference(
        "api-item-place",
        "POST",
        "below",
        lambda a, b: {"below": b.last.key, "claim": "c", "expires_at": f"{LATER}T10:00:00Z"},
    ),
    Reference(
        "api-outcomes",
        "POST",
        "outcomes.item",
        lambda a, b: {"outcomes": [outcome(b.finished.key)]},
    ),
    Reference(
        "api-signals-attach",
        "POST",
        "product",
        lambda a, b: {"product": b.product.key, "ids": [b.signal.pk], "item": b.item.key},
    ),
    Reference(
        "api-signals-attach",
        "POST",
        "ids",
        lambda a, b: {"product": a.product.key, "ids": [b.signal.pk], "item": a.item.key},
    ),
    Reference(
        "api-signals-attach",
        "POST",
        "item",
        lambda a, b: {"product": a.product.key, "ids": [a.signal.pk], "item": b.item.key},
    ),
    # cycles
    Reference("api-cycle-plan", "POST", "item", lambda a, b: {"item": b.loose_item.key}),
    Reference("api-cycle-plan-row", "PATCH", "after", lambda a, b: {"after": b.kept_item.key}),
    Reference("api-cycle-plan-row", "PATCH", "before", lambda a, b: {"before": b.kept_item.key}),
    Reference(
        "api-cycle-swap", "POST", "comes", lambda a, b: {**trade(a), "comes": trade(b)["comes"]}
    ),
    Reference(
        "api-cycle-swap", "POST", "goes", lambda a, b: {**trade(a), "goes": trade(b)["goes"]}
    ),
    Reference("cycle-add", "POST", "item", lambda a, b: {"item": b.loose_item.key}),
    Reference(
        "cycle-remove", "POST", "item", lambda a, b: {"item": b.planned_item.key, "reason": "r"}
    ),
    Reference(
        "cycle-move", "POST", "item", lambda a, b: {"item": b.planned_item.key, "place": "1"}
    ),
    # sessions
    Reference(
        "api-sessions", "POST", "product", lambda a, b: {**plan(a), "product": b.product.key}
    ),
    Reference(
        "api-sessions",
        "POST",
        "facilitator",
        lambda a, b: {**plan(a), "facilitator": b.person.email},
    ),
    Reference(
        "api-sessions",
        "POST",
        "attendees.person",
        lambda a, b: {**plan(a), "attendees": [{"person": b.person.email}]},
    ),
    Reference(
        "api-sessions", "POST", "template", lambda a, b: {**plan(a), "template": b.template.pk}
    ),
    Reference("api-session", "PATCH", "facilitator", lambda a, b: {"facilitator": b.person.email}),
    Reference(
        "api-session",
        "PATCH",
        "attendees.person",
        lambda a, b: {"attendees": [{"person": b.person.email}]},
    ),
    Reference("api-session-agenda", "POST", "item", lambda a, b: {"item": b.waiting.key}),
    Reference(
        "api-session-notes", "POST", "owner", lambda a, b: {"text": "t", "owner": b.person.email}
    ),
    Reference(
        "api-session-notes", "POST", "entry", lambda a, b: {"text": "t", "entry": b.entry.pk}
    ),
    Reference(
        "api-session-templates",
        "POST",
        "session",
        lambda a, b: {"name": "Another", "session": b.closed.pk},
    ),
    Reference("refinement-merge", "POST", "into", lambda a, b: {"into": b.other.key}),
    Reference(
        "refinement-requeue",
        "POST",
        "owner",
        lambda a, b: {"queue": "strategic_bet", "reason": "r", "owner": b.person.email},
    ),
    Reference(
        "refinement-agenda", "POST", "item", lambda a, b: {"do": "add", "item": b.waiting.key}
    ),
    Reference(
        "refinement-notes",
        "POST",
        "owner",
        lambda a, b: {"text": "t", "kind": "question", "owner": b.person.pk},
    ),
    # reviews
    Reference("api-version-reviews", "POST", "stages.reviewers", lambda a, b: stages(b)),
    # imports
    Reference(
        "api-imports", "POST", "product", lambda a, b: {**export(a), "product": b.product.key}
    ),
    # pages
    Reference(
        "triage-decide",
        "POST",
        "item",
        lambda a, b: {"item": b.waiting.key, "decision": "stability"},
    ),
    Reference(
        "triage-decide",
        "POST",
        "owner",
        lambda a, b: {"item": a.waiting.key, **HOTFIX, "owner": b.person.pk},
    ),
    Reference(
        "triage-decide",
        "POST",
        "into",
        lambda a, b: {"item": a.waiting.key, "decision": "merge", "into": b.item.key},
    ),
    Reference("board-move", "POST", "item", lambda a, b: {"item": b.item.key, "to": "in_progress"}),
    Reference(
        "item-new",
        "POST",
        "owner",
        lambda a, b: {"title": "T", "kind": "task", "owner": b.person.pk},
    ),
    Reference(
        "item-edit",
        "POST",
        "owner",
        lambda a, b: {"title": "T", "kind": "task", "owner": b.person.pk},
    ),
    Reference(
        "item-link-add", "POST", "target", lambda a, b: {"kind": "relates", "target": b.waiting.key}
    ),
    Reference(
        "backlog-bulk",
        "POST",
        "owner",
        lambda a, b: {"item": a.item.key, "owner": b.person.email, "confirm": "yes"},
    ),
    Reference(
        "settings-tokens",
        "POST",
        "product",
        lambda a, b: {"name": "n", "scope": "read", "days": 3, "product": b.product.key},
    ),
    Reference(
        "review-start",
        "POST",
        "subject_matter",
        lambda a, b: {"subject_matter": [b.colleague.pk], "legal": [b.colleague.pk]},
    ),
]

from tests.security.references_media import MEDIA_REFERENCES  # noqa: E402 - it needs the class above

REFERENCES += MEDIA_REFERENCES
