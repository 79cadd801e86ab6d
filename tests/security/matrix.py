"""Who may do what: route × method × person. One row for every address of the site, and none missing.

A row says who gets in. All others are refused by rule: a member without the right is told so (403), a stranger to the
product sees what a random id shows (404), nobody at all is sent to sign in (302, or 401 from the API). Tokens follow
their person: one that may only read is refused every write (403), one of another product sees nothing (404), a dead
one is 401.

Adding a row: `row("name", key=PRODUCT, GET=MEMBERS)`. Captured groups name what fills them in a furnished tenant
(`tests/security/world.py`). A POST whose right is asked inside its service needs a `body` that gets that far.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Session
from accounts.services.sessions import handle
from tests.cast import EVERYBODY, PEOPLE
from tests.cast import MEMBERS as ROLES
from tests.security.matrix_briefs import ROWS as BRIEFS
from tests.security.matrix_guests import GUESTS
from tests.security.matrix_media import MEDIA
from tests.security.matrix_notices import NOTICES
from tests.security.matrix_placements import PLACEMENTS
from tests.security.matrix_reviews import REVIEW_LAYERS
from tests.security.rows import Row, row
from tests.security.world import Tenant, World

# --- Who --------------------------------------------------------------------------------------------

MEMBERS = frozenset(ROLES)
WORKING = MEMBERS - {"viewer"}
DECIDING = frozenset({"owner", "leadership", "administrator"})
OWNING = frozenset({"owner", "administrator"})
RUNNING = frozenset({"administrator"})
SIGNED_IN = frozenset(PEOPLE)
ANYBODY = frozenset(EVERYBODY)
NOBODY = frozenset({"anonymous"})
#: people who administer some product
ADMINISTRATORS = frozenset({"administrator", "outsider"})

# --- What fills a captured group ----------------------------------------------------------------

PRODUCT = "product.key"
ITEM = "item.key"
WAITING = "waiting.key"
LATER = date.today() + timedelta(days=40)


def own_token(world: World, tenant: Tenant, actor: str) -> Any:
    return (
        world.b.token.pk if tenant is world.b or actor not in PEOPLE else world.a.tokens[actor].pk
    )


def own_session(world: World, tenant: Tenant, actor: str) -> str:
    person = tenant.person if tenant is world.b else world.cast.people.get(actor, tenant.person)
    return handle(Session.objects.filter(user=person).earliest("session_key").session_key)


# --- Everybody's -------------------------------------------------------------------------------------

SITE = [
    row("healthz", GET=ANYBODY),
    row("readyz", GET=ANYBODY),
    row("api-schema", GET=ANYBODY),
    row("api-docs", GET=ANYBODY),
    row("home", GET=SIGNED_IN),
]

PEOPLE_PAGES = [
    row("sign-in", GET=ANYBODY, POST=ANYBODY),
    row("sign-out", POST=ANYBODY),
    row("forgot-password", GET=ANYBODY, POST=ANYBODY),
    row("forgot-password-sent", GET=ANYBODY),
    row(
        "new-password",
        uid=lambda *_: "MQ",
        token=lambda *_: "x-y",
        GET=ANYBODY,
        POST=ANYBODY,
        capability=True,
    ),
    row("settings", GET=SIGNED_IN, POST=SIGNED_IN),
    row("settings-theme", POST=SIGNED_IN, body={"theme": "dark"}),
    row("settings-password", GET=SIGNED_IN, POST=SIGNED_IN),
    row(
        "settings-tokens",
        GET=SIGNED_IN,
        POST=SIGNED_IN,
        body={"name": "n", "scope": "read", "days": 3},
    ),
    row("settings-token-revoke", pk=own_token, POST=SIGNED_IN),
    row("settings-sessions", GET=SIGNED_IN),
    row("settings-sessions-end-others", POST=SIGNED_IN),
    row("settings-session-end", handle=own_session, POST=SIGNED_IN),
    row("api-me", GET=SIGNED_IN),
]

# --- A product and who works in it -----------------------------------------------------------------

PRODUCT_PAGES = [
    row("product-new", GET=ADMINISTRATORS, POST=ADMINISTRATORS, body={"name": "New", "key": "NEW"}),
    row("product", key=PRODUCT, GET=MEMBERS),
    row("product-settings", key=PRODUCT, GET=MEMBERS, POST=RUNNING, body={"name": "Renamed"}),
    row("product-archive", key=PRODUCT, POST=RUNNING, body={"archived": "true"}),
    row(
        "members",
        key=PRODUCT,
        GET=MEMBERS,
        POST=RUNNING,
        body={"email": "new@example.org", "role": "viewer"},
    ),
    row("member-role", key=PRODUCT, pk="membership.pk", POST=RUNNING, body={"role": "viewer"}),
    row("member-remove", key=PRODUCT, pk="membership.pk", POST=RUNNING),
    row("invitation-withdraw", key=PRODUCT, pk="invitation.pk", POST=RUNNING),
    row(
        "rights",
        key=PRODUCT,
        GET=MEMBERS,
        POST=RUNNING,
        body={"version": "x", "allow": "item.edit:viewer"},
    ),
    # a mailed link, for its address and nobody else; the furnished one is for a guest without an account
    row(
        "join", secret="invitation_secret", GET=NOBODY, POST=NOBODY, hidden=MEMBERS, capability=True
    ),
    row("queues", key=PRODUCT, GET=MEMBERS),
    row("playbook", key=PRODUCT, GET=MEMBERS),
    row("playbook-page", key=PRODUCT, chapter=lambda *_: "words", GET=MEMBERS),
    row("queue-edit", key=PRODUCT, kind=lambda *_: "stability", GET=OWNING, POST=OWNING),
]

PRODUCT_API = [
    row("api-products", GET=SIGNED_IN, POST=ADMINISTRATORS, body={"key": "NEW", "name": "New"}),
    row("api-product", key=PRODUCT, GET=MEMBERS, PATCH=RUNNING, body={"name": "Renamed"}),
    row("api-product-archive", key=PRODUCT, POST=RUNNING, body={"archived": True}),
    row("api-members", key=PRODUCT, GET=MEMBERS),
    row(
        "api-member",
        key=PRODUCT,
        pk="membership.pk",
        PATCH=RUNNING,
        DELETE=RUNNING,
        body={"role": "viewer"},
    ),
    row(
        "api-invitations",
        key=PRODUCT,
        GET=RUNNING,
        POST=RUNNING,
        body={"email": "new@example.org", "role": "viewer"},
        managing=True,
    ),
    row("api-invitation", key=PRODUCT, pk="invitation.pk", DELETE=RUNNING),
    row(
        "api-rights",
        key=PRODUCT,
        GET=MEMBERS,
        PATCH=RUNNING,
        body={
            "version": "x",
            "changes": [{"action": "item.edit", "role": "viewer", "allowed": True}],
        },
    ),
]

# --- The backlog ---------------------------------------------------------------------------------------

BACKLOG_PAGES = [
    row("work", key=PRODUCT, GET=MEMBERS),
    row("search", key=PRODUCT, GET=MEMBERS, query={"q": "img"}),
    row("search-palette", key=PRODUCT, GET=MEMBERS, query={"q": "img"}),
    row("triage", key=PRODUCT, GET=MEMBERS),
    row(
        "triage-decide",
        key=PRODUCT,
        POST=WORKING,
        body=lambda t: {"item": t.waiting.key, "decision": "stability"},
    ),
    row("triage-undo", key=PRODUCT, POST=MEMBERS),
    # one's own act only: the furnished one is the administrator's
    row("undo", key=PRODUCT, batch="batch", POST=RUNNING, hidden=MEMBERS),
    row("backlog", key=PRODUCT, GET=MEMBERS),
    row("backlog-export", key=PRODUCT, GET=MEMBERS),
    row(
        "backlog-bulk",
        key=PRODUCT,
        POST=WORKING,
        body=lambda t: {"item": t.item.key, "horizon": "release", "confirm": "yes"},
    ),
    row("view-save", key=PRODUCT, POST=MEMBERS, body={"name": "mine", "query": ""}),
    row("view-remove", key=PRODUCT, pk="view.pk", POST=RUNNING),
    row("board", key=PRODUCT, GET=MEMBERS),
    row(
        "board-move",
        key=PRODUCT,
        POST=WORKING,
        body=lambda t: {"item": t.item.key, "to": "in_progress"},
    ),
    row("item-new", key=PRODUCT, GET=WORKING, POST=WORKING),
    row("item", key=ITEM, GET=MEMBERS),
    row("item-panel", key=ITEM, GET=MEMBERS),
    row("item-alike", key=ITEM, GET=MEMBERS),
    row("item-edit", key=ITEM, GET=WORKING, POST=WORKING),
    row(
        "item-state",
        key=ITEM,
        GET=MEMBERS,
        POST=WORKING,
        query={"state": "parked"},
        body={"state": "in_progress"},
    ),
    row(
        "item-move",
        key=ITEM,
        GET=MEMBERS,
        POST=DECIDING,
        body={"queue": "enhancement", "reason": "r"},
    ),
    row("item-history", key=ITEM, GET=MEMBERS),
    row("item-comment", key=ITEM, POST=MEMBERS, body={"body": "Yes"}),
    row("item-comment-remove", key=ITEM, pk="comment.pk", POST=RUNNING),
    row("item-criterion-add", key=ITEM, POST=WORKING, body={"text": "It holds"}),
    row("item-criterion-edit", key=ITEM, pk="criterion.pk", POST=WORKING, body={"text": "Holds"}),
    row("item-criterion-verify", key=ITEM, pk="criterion.pk", POST=WORKING, body={"met": "yes"}),
    row("item-criterion-remove", key=ITEM, pk="criterion.pk", POST=WORKING),
    row(
        "item-link-add",
        key=ITEM,
        POST=WORKING,
        body=lambda t: {"kind": "relates", "target": t.waiting.key},
    ),
    row("item-link-remove", key=ITEM, pk="link.pk", POST=WORKING),
]

BACKLOG_API = [
    row("api-undo", key=PRODUCT, batch="batch", POST=RUNNING, hidden=MEMBERS),
    row(
        "api-items",
        GET=SIGNED_IN,
        POST=WORKING,
        body=lambda t: {
            "product": t.product.key,
            "title": "T",
            "labels": ["new word"],
            "program": "new program",
        },
    ),
    row(
        "api-items-bulk",
        POST=WORKING,
        body=lambda t: {"product": t.product.key, "keys": [t.item.key], "add_labels": ["new word"]},
    ),
    row(
        "api-item",
        key=ITEM,
        GET=MEMBERS,
        PATCH=WORKING,
        body={"title": "T", "labels": ["new word"]},
    ),
    row(
        "api-item-accept",
        key=WAITING,
        POST=WORKING,
        body={"queue": "stability", "segments": ["new word"]},
    ),
    row("api-item-move", key=ITEM, POST=DECIDING, body={"queue": "enhancement", "reason": "r"}),
    row("api-item-state", key=ITEM, POST=WORKING, body={"state": "in_progress"}),
    row("api-item-park", key=ITEM, POST=DECIDING, body={"until": LATER}),
    row("api-item-decline", key=ITEM, POST=DECIDING, body={"reason": "r"}),
    row(
        "api-item-split",
        key=ITEM,
        POST=DECIDING,
        body={"parts": [{"title": "One"}, {"title": "Two", "effort": 2}]},
    ),
    row("api-item-merge", key=ITEM, POST=DECIDING, body=lambda t: {"into": t.other.key}),
    row("api-item-similar", key=ITEM, GET=MEMBERS),
    row("api-item-changes", key=ITEM, GET=MEMBERS),
    row("api-item-comments", key=ITEM, GET=MEMBERS, POST=MEMBERS, body={"body": "Yes"}),
    row(
        "api-item-comment",
        key=ITEM,
        pk="comment.pk",
        PATCH=RUNNING,
        DELETE=RUNNING,
        body={"body": "No"},
    ),
    row(
        "api-item-links",
        key=ITEM,
        POST=WORKING,
        body=lambda t: {"kind": "relates", "target": t.waiting.key},
    ),
    row("api-item-link", key=ITEM, pk="link.pk", DELETE=WORKING),
    row("api-item-criteria", key=ITEM, POST=WORKING, body={"text": "It holds"}),
    row(
        "api-item-criterion",
        key=ITEM,
        pk="criterion.pk",
        PATCH=WORKING,
        DELETE=WORKING,
        body={"text": "Holds"},
    ),
    row("api-item-verify", key=ITEM, pk="criterion.pk", POST=WORKING, body={"met": True}),
]

DECISIONS = [
    row("decisions", key=PRODUCT, GET=MEMBERS),
    row("decisions-export", key=PRODUCT, GET=MEMBERS),
    row("decision-new", key=PRODUCT, GET=DECIDING, POST=DECIDING),
    row("decision", key=PRODUCT, number="decision.number", GET=MEMBERS),
    row(
        "decision-supersede",
        key=PRODUCT,
        number="decision.number",
        GET=DECIDING,
        POST=DECIDING,
    ),
    row("item-trace", key=ITEM, GET=MEMBERS),
    row("queue-trace", key=PRODUCT, kind=lambda *_: "stability", GET=MEMBERS),
    row("request-new", key=PRODUCT, POST=MEMBERS, body=lambda t: {**wish(t), "payload": "{}"}),
    row(
        "request-answer",
        key=PRODUCT,
        pk="request.pk",
        POST=DECIDING,
        body={"answer": "no", "reason": "r"},
    ),
    # one's own request only: the furnished one is the reviewer's
    row("request-withdraw", key=PRODUCT, pk="request.pk", POST=frozenset({"reviewer"})),
    row(
        "api-decisions",
        key=PRODUCT,
        GET=MEMBERS,
        POST=DECIDING,
        body=lambda t: {"title": "T", "rationale": "r", "items": [t.item.key]},
    ),
    row("api-decision", key=PRODUCT, number="decision.number", GET=MEMBERS),
    row(
        "api-decision-supersede",
        key=PRODUCT,
        number="decision.number",
        POST=DECIDING,
        body=lambda t: {"title": "T", "rationale": "r", "items": [t.item.key]},
    ),
    row("api-requests", key=PRODUCT, GET=MEMBERS, POST=MEMBERS, body=lambda t: wish(t)),
    row("api-request", key=PRODUCT, pk="request.pk", GET=MEMBERS),
    row(
        "api-request-answer",
        key=PRODUCT,
        pk="request.pk",
        POST=DECIDING,
        body={"accept": False, "reason": "r"},
    ),
    row("api-request-withdraw", key=PRODUCT, pk="request.pk", POST=frozenset({"reviewer"})),
    row("api-item-trace", key=ITEM, GET=MEMBERS),
    row("api-queue-trace", key=PRODUCT, kind=lambda *_: "stability", GET=MEMBERS),
]


def wish(tenant: Tenant) -> dict[str, Any]:
    payload = {"item": tenant.item.key, "state": "parked", "until": str(LATER)}
    return {"verb": "item.state", "payload": payload, "reason": "r"}


# --- Scoring ----------------------------------------------------------------------------------------------

SIGNAL: dict[str, Any] = {"key": PRODUCT, "pk": "signal.pk"}
GROUPED: dict[str, Any] = {"key": PRODUCT, "pk": "grouped_signal.pk"}
HAND = {"kind": "incident", "magnitude": 1, "occurred_at": "2026-01-01T10:00"}


def outcome(key: str) -> dict[str, Any]:
    return {
        "item": key,
        "pillar": "impact",
        "realized": 0.4,
        "measured_at": "2026-03-02T10:00:00Z",
        "source": "test",
    }


SCORING = [
    row("rubric", key=PRODUCT, GET=MEMBERS),
    row("rubric-version", key=PRODUCT, number=lambda *_: 1, GET=MEMBERS),
    row("rubric-comparison", key=PRODUCT, GET=MEMBERS),
    row("rubric-drafts", key=PRODUCT, POST=WORKING, body={"name": "Another"}),
    row(
        "rubric-draft",
        key=PRODUCT,
        pk="draft.pk",
        GET=MEMBERS,
        POST=WORKING,
        body={"version": "1", "name": "Renamed"},
    ),
    row("rubric-discard", key=PRODUCT, pk="draft.pk", POST=WORKING),
    row("rubric-restore", key=PRODUCT, pk="discarded_draft.pk", POST=WORKING),
    row("rubric-preview", key=PRODUCT, pk="draft.pk", GET=MEMBERS),
    row(
        "rubric-slide",
        key=PRODUCT,
        pk="draft.pk",
        POST=MEMBERS,
        reads=True,
        body={"max_adjustment": "5"},
    ),
    row("rubric-flips", key=PRODUCT, pk="draft.pk", GET=MEMBERS, query={"queue": "enhancement"}),
    row("rubric-publish", key=PRODUCT, pk="draft.pk", POST=OWNING, body={"reason": "r"}),
    row("item-ratings", key=ITEM, POST=WORKING, body=lambda t: {t.criterion_key: "2"}),
    row("item-ratings-confirm", key=ITEM, POST=WORKING),
    row(
        "item-signal",
        key=ITEM,
        POST=WORKING,
        body={"kind": "ticket", "magnitude": 1, "occurred_at": "2026-01-01T10:00"},
    ),
    row(
        "item-adjustment",
        key=ITEM,
        POST=DECIDING,
        body={"points": 1, "claim": "c", "expires_on": LATER},
    ),
    row("item-adjustment-end", key=ITEM, pk="adjustment.pk", POST=DECIDING),
    row(
        "item-adjustment-verdict", key=ITEM, pk="ended.pk", POST=DECIDING, body={"verdict": "held"}
    ),
    row("item-movement", key=ITEM, GET=MEMBERS),
    row("queue-moved", key=PRODUCT, kind=lambda *_: "stability", GET=MEMBERS),
    row("judgement", key=PRODUCT, GET=MEMBERS),
    row(
        "item-place",
        key=ITEM,
        GET=DECIDING,
        POST=DECIDING,
        body={"to": "top", "claim": "c", "expires_on": LATER},
    ),
    row("item-place-undo", key="placed.item.key", pk="placed.pk", POST={"administrator"}),
    row("api-item-movement", key=ITEM, GET=MEMBERS),
    row("api-queue-movement", key=PRODUCT, kind=lambda *_: "stability", GET=MEMBERS),
    row(
        "api-item-place",
        key="low.key",
        POST=DECIDING,
        body={"to": "top", "claim": "c", "expires_at": f"{LATER}T10:00:00Z"},
    ),
    row("api-adjustments", GET=SIGNED_IN),
    row("api-adjustment-rates", GET=SIGNED_IN),
    row(
        "api-item-adjustment-verdict",
        key=ITEM,
        pk="ended.pk",
        POST=DECIDING,
        body={"verdict": "held"},
    ),
    row("api-rubric", key=PRODUCT, GET=MEMBERS),
    row("api-rubric-versions", key=PRODUCT, GET=MEMBERS),
    row("api-rubric-version", key=PRODUCT, number=lambda *_: 1, GET=MEMBERS),
    row("api-rubric-comparison", key=PRODUCT, GET=MEMBERS),
    row("api-rubric-drafts", key=PRODUCT, GET=MEMBERS, POST=WORKING, body={"name": "Another"}),
    row(
        "api-rubric-draft",
        key=PRODUCT,
        pk="draft.pk",
        GET=MEMBERS,
        PATCH=WORKING,
        DELETE=WORKING,
        body={"name": "Renamed"},
    ),
    row("api-rubric-restore", key=PRODUCT, pk="discarded_draft.pk", POST=WORKING),
    row("api-rubric-problems", key=PRODUCT, pk="draft.pk", GET=MEMBERS),
    row("api-rubric-preview", key=PRODUCT, pk="draft.pk", GET=MEMBERS),
    row("api-rubric-flips", key=PRODUCT, pk="draft.pk", GET=MEMBERS),
    row(
        "api-rubric-publish",
        key=PRODUCT,
        pk="draft.pk",
        POST=OWNING,
        body={"at": "2026-01-01T10:00:00Z", "digest": "d", "reason": "r"},
    ),
    row("api-item-scores-recomputed", key=ITEM, GET=MEMBERS),
    row("api-signals", GET=SIGNED_IN, POST=WORKING, body=lambda t: {"signals": [signal(t)]}),
    row("api-signal", pk="signal.pk", GET=MEMBERS, PATCH=WORKING, body={"magnitude": 3}),
    row("api-signal-withdraw", pk="signal.pk", POST=WORKING, body={"reason": "r"}),
    row("api-signal-restore", pk="withdrawn_signal.pk", POST=WORKING),
    row(
        "api-signals-attach",
        POST=WORKING,
        body=lambda t: {"product": t.product.key, "ids": [t.signal.pk], "item": t.item.key},
    ),
    row("api-signal-groups", GET=SIGNED_IN),
    row("api-signal-group-item", pk="grouped_signal.pk", POST=WORKING, body={"title": "T"}),
    row("api-signal-group-dismiss", pk="grouped_signal.pk", POST=WORKING, body={"reason": "r"}),
    row("api-stale", key=PRODUCT, GET=MEMBERS),
    row("evidence", key=PRODUCT, GET=MEMBERS),
    row("signal-new", key=PRODUCT, GET=WORKING, POST=WORKING, body=HAND),
    row("signal", **SIGNAL, GET=MEMBERS, POST=WORKING, body={**HAND, "version": 1}),
    row("signal-attach", **SIGNAL, POST=WORKING, body=lambda t: {"item": t.item.key}),
    row("signal-withdraw", **SIGNAL, POST=WORKING, body={"reason": "r"}),
    row("signal-restore", key=PRODUCT, pk="withdrawn_signal.pk", POST=WORKING),
    row("signal-split", **GROUPED, POST=WORKING, body={"apart": "true"}),
    row("evidence-undo", key=PRODUCT, batch="evidence_batch", POST=RUNNING, hidden=MEMBERS),
    row("evidence-stale", key=PRODUCT, GET=MEMBERS),
    row("evidence-groups", key=PRODUCT, GET=MEMBERS),
    row("evidence-group", **GROUPED, GET=MEMBERS),
    row("evidence-group-item", **GROUPED, POST=WORKING, body={"title": "T"}),
    row("evidence-group-attach", **GROUPED, POST=WORKING, body=lambda t: {"item": t.item.key}),
    row("evidence-group-dismiss", **GROUPED, POST=WORKING, body={"reason": "r"}),
    row("evidence-group-return", **GROUPED, POST=WORKING),
    row(
        "api-item-ratings",
        key=ITEM,
        GET=MEMBERS,
        POST=WORKING,
        body=lambda t: {"ratings": [{"criterion": t.criterion_key, "level": 2}]},
    ),
    row(
        "api-item-signals",
        key=ITEM,
        GET=MEMBERS,
        POST=WORKING,
        body=lambda t: signal(t, named=False),
    ),
    row(
        "api-item-adjustments",
        key=ITEM,
        GET=MEMBERS,
        POST=DECIDING,
        body={"points": 1, "claim": "c", "expires_at": f"{LATER}T10:00:00Z"},
    ),
    row("api-item-adjustment", key=ITEM, pk="adjustment.pk", DELETE=DECIDING),
    row("api-item-scores", key=ITEM, GET=MEMBERS),
    row("matrix", key=PRODUCT, GET=MEMBERS),
    # works out and writes nothing, so whoever may read may try
    row("item-what-if", key=ITEM, GET=MEMBERS, POST=MEMBERS, body={"axis": "effort", "value": "4"}),
    row("api-item-what-if", key=ITEM, GET=MEMBERS, query={"axis": "value", "value": "3"}),
    row("lenses", key=PRODUCT, GET=MEMBERS),
    row("api-lenses", key=PRODUCT, GET=MEMBERS, query={"lens": "rice"}),
    row("robustness", key=PRODUCT, POST=WORKING),
    row("api-robustness", key=PRODUCT, GET=MEMBERS, POST=WORKING),
    row("calibration", key=PRODUCT, GET=MEMBERS),
    row("calibration-draft", key=PRODUCT, POST=WORKING),
    row("api-calibration", key=PRODUCT, GET=MEMBERS),
    row(
        "item-outcome",
        key="finished.key",
        POST=DECIDING,
        body={"pillar": "value", "level": "3", "measured_on": date(2026, 3, 2)},
    ),
    row(
        "api-item-outcomes",
        key="finished.key",
        GET=MEMBERS,
        POST=DECIDING,
        body={
            "pillar": "value",
            "realized": 0.5,
            "measured_at": "2026-03-02T10:00:00Z",
            "source": "test",
        },
    ),
    row(
        "api-outcomes",
        key=PRODUCT,
        POST=DECIDING,
        body=lambda t: {"outcomes": [outcome(t.finished.key)]},
    ),
]


def signal(tenant: Tenant, *, named: bool = True) -> dict[str, Any]:
    found = {
        "kind": "ticket",
        "magnitude": 1,
        "occurred_at": "2026-01-01T10:00:00Z",
        "source": "test",
    }
    return {**found, "item": tenant.item.key} if named else found


# --- Cycles -----------------------------------------------------------------------------------------------

PLANNED_CYCLE: dict[str, Any] = {"key": PRODUCT, "pk": "planned_cycle.pk"}
RUNNING_CYCLE: dict[str, Any] = {"key": PRODUCT, "pk": "running_cycle.pk"}
GROWING = frozenset({"leadership", "administrator"})
DAYS = {"starts_on": date.today(), "ends_on": LATER}


def trade(tenant: Tenant) -> dict[str, Any]:
    return {
        "comes": tenant.loose_item.key,
        "goes": tenant.running_item.key,
        "reason": "r",
    }


CYCLES = [
    row("planning", key=PRODUCT, GET=MEMBERS, POST=OWNING, body={"capacity": 1}),
    row("cycles", key=PRODUCT, GET=MEMBERS),
    row("cycle-new", key=PRODUCT, GET=DECIDING, POST=DECIDING, body={"name": "N", **DAYS}),
    row("ledger", key=PRODUCT, GET=MEMBERS),
    row("ledger-csv", key=PRODUCT, GET=MEMBERS),
    row("cycle", **PLANNED_CYCLE, GET=MEMBERS),
    row("cycle-edit", **PLANNED_CYCLE, GET=DECIDING, POST=DECIDING, body={"name": "N", **DAYS}),
    row("cycle-propose", **PLANNED_CYCLE, POST=DECIDING),
    row("cycle-add", **PLANNED_CYCLE, POST=DECIDING, body=lambda t: {"item": t.loose_item.key}),
    row(
        "cycle-remove",
        **PLANNED_CYCLE,
        POST=DECIDING,
        body=lambda t: {"item": t.planned_item.key, "reason": "r"},
    ),
    row(
        "cycle-move",
        **PLANNED_CYCLE,
        POST=DECIDING,
        body=lambda t: {"item": t.planned_item.key, "place": "1"},
    ),
    row("cycle-accept", **PLANNED_CYCLE, POST=DECIDING, body={"version": 1}),
    row(
        "cycle-floor",
        **PLANNED_CYCLE,
        POST=GROWING,
        body={"queue": "stability", "points": "1", "reason": "r"},
    ),
    row("cycle-swap", **RUNNING_CYCLE, GET=DECIDING, POST=DECIDING, body=trade),
    row("cycle-close", **RUNNING_CYCLE, GET=DECIDING, POST=DECIDING),
    row("api-planning", key=PRODUCT, GET=MEMBERS, PATCH=OWNING, body={"capacity": 5}),
    row("api-ledger", key=PRODUCT, GET=MEMBERS),
    row("api-cycles", key=PRODUCT, GET=MEMBERS, POST=DECIDING, body={"name": "N", **DAYS}),
    row("api-cycle", **PLANNED_CYCLE, GET=MEMBERS, PATCH=DECIDING, body={"name": "N"}),
    row("api-cycle-propose", **PLANNED_CYCLE, GET=MEMBERS, POST=DECIDING),
    row(
        "api-cycle-plan", **PLANNED_CYCLE, POST=DECIDING, body=lambda t: {"item": t.loose_item.key}
    ),
    row(
        "api-cycle-plan-row",
        **PLANNED_CYCLE,
        item="planned_item.key",
        PATCH=DECIDING,
        body={"place": 1},
    ),
    row(
        "api-cycle-plan-out",
        **PLANNED_CYCLE,
        item="planned_item.key",
        POST=DECIDING,
        body={"reason": "r"},
    ),
    row("api-cycle-accept", **PLANNED_CYCLE, POST=DECIDING, body={}),
    row(
        "api-cycle-floor",
        **PLANNED_CYCLE,
        POST=GROWING,
        body={"queue": "stability", "points": 1, "reason": "r"},
    ),
    row("api-cycle-scope", **RUNNING_CYCLE, GET=MEMBERS),
    row("api-cycle-swap", **RUNNING_CYCLE, POST=DECIDING, body=trade),
    row("api-cycle-close", **RUNNING_CYCLE, POST=DECIDING, body={}),
]

# --- Refinement sessions -----------------------------------------------------------------------------

#: one that goes on, led by the administrator; one that is closed; one that is planned
LIVE: dict[str, Any] = {"key": PRODUCT, "pk": "live.pk"}
PLANNED: dict[str, Any] = {"key": PRODUCT, "pk": "planned.pk"}
CLOSED: dict[str, Any] = {"key": PRODUCT, "pk": "closed.pk"}
ENTRY: dict[str, Any] = {**LIVE, "entry": "entry.pk"}


def ballot(tenant: Tenant) -> dict[str, Any]:
    return {"round": 1, "votes": [{"criterion": tenant.criterion_key, "level": 2}]}


def plan(tenant: Tenant) -> dict[str, Any]:
    return {
        "product": tenant.product.key,
        "title": "Another",
        "starts_at": f"{LATER}T10:00:00Z",
        "facilitator": tenant.person.email,
        "attendees": [{"person": tenant.person.email, "function": "design"}],
    }


SESSIONS = [
    row("refinement", key=PRODUCT, GET=MEMBERS),
    row("refinement-new", key=PRODUCT, GET=DECIDING, POST=DECIDING),
    row("refinement-template-remove", key=PRODUCT, pk="template.pk", POST=DECIDING),
    row("refinement-session", **LIVE, GET=MEMBERS),
    row("refinement-edit", **PLANNED, GET=DECIDING, POST=DECIDING),
    row("refinement-cancel", **PLANNED, POST=DECIDING),
    row("refinement-next", **CLOSED, POST=DECIDING, body={"days": 7}),
    row("refinement-calendar", **PLANNED, GET=MEMBERS),
    row("refinement-agenda", **PLANNED, POST=DECIDING, body={"do": "rebuild"}),
    row("refinement-template", **CLOSED, POST=DECIDING, body={"name": "Kept"}),
    row("refinement-minutes", **CLOSED, GET=MEMBERS),
    row("refinement-pulse", **LIVE, GET=MEMBERS),
    row("refinement-here", **LIVE, POST=WORKING),
    row("refinement-open", **PLANNED, POST=DECIDING),
    row("refinement-take-over", **LIVE, POST=DECIDING),
    row("refinement-close", **LIVE, POST=DECIDING, body={"summary": "s"}),
    row("refinement-notes", **LIVE, POST=WORKING, body={"text": "t", "kind": "question"}),
    # the administrator's; others who vote are told whose it is
    row("refinement-note-settle", **CLOSED, note="session_note.pk", POST=DECIDING),
    row(
        "refinement-vote",
        **ENTRY,
        POST=WORKING,
        body=lambda t: {"round": 1, t.criterion_key: "2"},
    ),
    row("refinement-show", **ENTRY, POST=DECIDING),
    row("refinement-flip", **ENTRY, POST=DECIDING, body={"round": 1}),
    row("refinement-round", **ENTRY, POST=DECIDING, body={"round": 1}),
    row("refinement-agree", **ENTRY, POST=DECIDING, body={"round": 1}),
    row("refinement-record", **ENTRY, POST=DECIDING, body={"round": 1}),
    row("refinement-edit-item", **ENTRY, POST=DECIDING, body={"title": "T"}),
    row("refinement-split", **ENTRY, POST=DECIDING, body={"parts": "one\ntwo | 3"}),
    row("refinement-merge", **ENTRY, POST=DECIDING, body=lambda t: {"into": t.other.key}),
    row("refinement-park", **ENTRY, POST=DECIDING, body={"until": LATER}),
    row("refinement-requeue", **ENTRY, POST=DECIDING, body={"queue": "enhancement", "reason": "r"}),
    row("refinement-put-off", **ENTRY, POST=DECIDING, body={"note": "n"}),
    row("refinement-reopen", **ENTRY, POST=DECIDING),
    row("refinement-take-back", **ENTRY, POST=DECIDING, body={"batch": "x"}),
]

API_LIVE: dict[str, Any] = {"pk": "live.pk"}
API_PLANNED: dict[str, Any] = {"pk": "planned.pk"}
API_CLOSED: dict[str, Any] = {"pk": "closed.pk"}
API_ENTRY: dict[str, Any] = {"pk": "live.pk", "entry": "entry.pk"}

SESSIONS_API = [
    row("api-sessions", GET=MEMBERS, POST=DECIDING, query={"product": "ATLAS"}, body=plan),
    row(
        "api-session-templates",
        GET=MEMBERS,
        POST=DECIDING,
        query={"product": "ATLAS"},
        body=lambda t: {"name": "Another", "session": t.closed.pk},
    ),
    row("api-session", **API_PLANNED, GET=MEMBERS, PATCH=DECIDING, body={"title": "T"}),
    row("api-session-cancel", **API_PLANNED, POST=DECIDING, body={"reason": "r"}),
    row("api-session-next", **API_CLOSED, POST=DECIDING, body={"days": 7}),
    row("api-session-open", **API_PLANNED, POST=DECIDING),
    row("api-session-take-over", **API_LIVE, POST=DECIDING),
    row("api-session-pulse", **API_LIVE, GET=MEMBERS),
    row(
        "api-session-agenda",
        **API_PLANNED,
        GET=MEMBERS,
        POST=DECIDING,
        body=lambda t: {"item": t.waiting.key},
    ),
    row("api-session-rebuild", **API_PLANNED, POST=DECIDING),
    row("api-session-notes", **API_LIVE, POST=WORKING, body={"text": "t"}),
    row(
        "api-session-note-settle",
        **API_CLOSED,
        note="session_note.pk",
        POST=DECIDING,
        body={"settled": True},
    ),
    row("api-session-close", **API_LIVE, POST=DECIDING, body={"summary": "s"}),
    row("api-session-minutes", **API_CLOSED, GET=MEMBERS),
    row("api-session-entry", **API_ENTRY, PATCH=DECIDING, DELETE=DECIDING, body={"place": 1}),
    row("api-session-votes", **API_ENTRY, GET=MEMBERS, POST=WORKING, body=ballot),
    row("api-session-show", **API_ENTRY, POST=DECIDING),
    row("api-session-flip", **API_ENTRY, POST=DECIDING, body={"round": 1}),
    row("api-session-round", **API_ENTRY, POST=DECIDING, body={"round": 1}),
    row("api-session-record", **API_ENTRY, POST=DECIDING, body={"round": 1}),
    row("api-session-put-off", **API_ENTRY, POST=DECIDING, body={"note": "n"}),
    row("api-session-edit", **API_ENTRY, POST=DECIDING, body={"title": "Clearer"}),
    row(
        "api-session-split",
        **API_ENTRY,
        POST=DECIDING,
        body={"parts": [{"title": "One"}, {"title": "Two"}]},
    ),
    row("api-session-merge", **API_ENTRY, POST=DECIDING, body=lambda t: {"into": t.other.key}),
    row("api-session-park", **API_ENTRY, POST=DECIDING, body={"until": str(LATER)}),
    row(
        "api-session-requeue",
        **API_ENTRY,
        POST=DECIDING,
        body={"queue": "strategic_bet", "reason": "r"},
    ),
    row(
        "api-session-take-back",
        **API_ENTRY,
        POST=DECIDING,
        body={"batch": "00000000-0000-4000-8000-000000000000"},
    ),
    row("api-session-reopen", **API_ENTRY, POST=DECIDING),
]

# --- Assets and reviews -------------------------------------------------------------------------------


def upload(tenant: Tenant) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("new.txt", b"NEW TEXT\n", "text/plain"), "rationale": "r"}


#: a version of an asset, by the addresses of pages
VERSION: dict[str, Any] = {"key": PRODUCT, "pk": "asset.pk", "number": "version.number"}
REVIEWING = MEMBERS - {"viewer", "contributor"}

ASSETS = [
    row("assets", key=PRODUCT, GET=MEMBERS),
    row("asset-new", key=PRODUCT, GET=WORKING),
    row("asset", key=PRODUCT, pk="asset.pk", GET=MEMBERS),
    row("asset-version", **VERSION, GET=MEMBERS),
    row("version-view", **VERSION, GET=MEMBERS),
    row("version-download", **VERSION, GET=MEMBERS),
    row("asset-upload", key=PRODUCT, pk="asset.pk", GET=WORKING, POST=WORKING, body=upload),
    row("item-assets", key=ITEM, GET=WORKING, POST=WORKING, body=upload),
    row("api-item-assets", key=ITEM, GET=MEMBERS, POST=WORKING, body=upload, form=True),
    row("api-asset", pk="asset.pk", GET=MEMBERS, PATCH=WORKING, body={"name": "n"}),
    row("api-asset-versions", pk="asset.pk", GET=MEMBERS, POST=WORKING, body=upload, form=True),
    row("api-version", pk="version.pk", GET=MEMBERS),
    row("api-version-content", pk="version.pk", GET=MEMBERS),
]


def approval(tenant: Tenant) -> dict[str, Any]:
    return {"verdict": "approve", "sha256": tenant.version.sha256}


def stages(tenant: Tenant) -> dict[str, Any]:
    kinds = ("subject_matter", "legal")
    return {"stages": [{"kind": kind, "reviewers": [tenant.colleague.email]} for kind in kinds]}


REVIEWS = [
    row("reviews", key=PRODUCT, GET=MEMBERS),
    row("review", key=PRODUCT, pk="cycle.pk", GET=MEMBERS),
    # the round names the cast's reviewer: nobody else decides in it
    row("review-decide", key=PRODUCT, pk="cycle.pk", POST=frozenset({"reviewer"}), body=approval),
    row("review-note", key=PRODUCT, pk="cycle.pk", POST=MEMBERS, body={"body": "b"}),
    row("review-dates", key=PRODUCT, pk="cycle.pk", GET=WORKING, POST=WORKING, body={}),
    row("review-withdraw", key=PRODUCT, pk="cycle.pk", POST=WORKING, body={"reason": "r"}),
    row("review-start", **VERSION, GET=WORKING, POST=WORKING),
    row("api-reviews", GET=SIGNED_IN),
    row("api-version-reviews", pk="version.pk", POST=WORKING, body=stages),
    row("api-review", pk="cycle.pk", GET=MEMBERS),
    row("api-review-decide", pk="cycle.pk", POST=frozenset({"reviewer"}), body=approval),
    row("api-review-dates", pk="cycle.pk", POST=WORKING, body={}),
    row("api-review-withdraw", pk="cycle.pk", POST=WORKING, body={"reason": "r"}),
    row("api-review-notes", pk="cycle.pk", GET=MEMBERS, POST=MEMBERS, body={"body": "b"}),
]

# --- Imports --------------------------------------------------------------------------------------------

RUN: dict[str, Any] = {"key": PRODUCT, "pk": "run.pk"}
MAPPING_RUN: dict[str, Any] = {"key": PRODUCT, "pk": "mapping_run.pk"}


def export(tenant: Tenant) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("items.csv", b"Title\nOne\n", "text/csv")}


def posted(tenant: Tenant) -> dict[str, Any]:
    return {
        "signals": [{"kind": "ticket", "magnitude": 1, "occurred_at": "2026-01-05T09:00:00Z"}],
        "product": tenant.product.key,
    }


HOOKS = [
    row("hooks", key=PRODUCT, GET=MEMBERS, POST=OWNING, body={"source": "A new monitor"}),
    row("hook", key=PRODUCT, pk="hook.pk", GET=MEMBERS, POST=OWNING, body={"act": "withdraw"}),
    row(
        "api-hook",
        hook="hook.public_id",
        POST=ANYBODY,
        capability=True,
        signed=True,
        body=posted,
    ),
]
IMPORTS = [
    row("imports", key=PRODUCT, GET=OWNING),
    row("import-new", key=PRODUCT, GET=MEMBERS, POST=OWNING, body=export),
    row("evidence-import", key=PRODUCT, GET=MEMBERS, POST=OWNING, body=export),
    row("import", **RUN, GET=OWNING),
    row("import-progress", **RUN, GET=OWNING),
    row("import-mapping", **MAPPING_RUN, GET=OWNING, POST=OWNING),
    row("import-mapping-file", **MAPPING_RUN, GET=OWNING),
    row("import-reading", **MAPPING_RUN, POST=OWNING, body={"delimiter": ";"}),
    row("import-run", **MAPPING_RUN, POST=OWNING),
    row("import-cancel", **MAPPING_RUN, POST=OWNING),
    row("import-retry", **MAPPING_RUN, POST=OWNING),
    row("import-undo", **RUN, GET=OWNING, POST=OWNING),
]

API_RUN: dict[str, Any] = {"pk": "run.pk"}
API_MAPPING_RUN: dict[str, Any] = {"pk": "mapping_run.pk"}

IMPORTS_API = [
    row(
        "api-imports",
        GET=OWNING,
        POST=OWNING,
        query={"product": "ATLAS"},
        body=lambda t: {**export(t), "product": t.product.key},
        form=True,
        managing=True,
    ),
    row("api-import", **API_RUN, GET=OWNING, managing=True),
    row("api-import-mapping", **API_MAPPING_RUN, PUT=OWNING, body={"delimiter": ","}),
    row("api-import-rehearse", **API_MAPPING_RUN, POST=OWNING),
    row("api-import-run", **API_MAPPING_RUN, POST=OWNING),
    row("api-import-cancel", **API_MAPPING_RUN, POST=OWNING),
    row("api-import-retry", **API_MAPPING_RUN, POST=OWNING),
    row("api-import-undo", **API_RUN, POST=OWNING),
]

# --- Insights -------------------------------------------------------------------------------------------

INSIGHTS = [
    row("insights", key=PRODUCT, GET=MEMBERS),
    row("segments", key=PRODUCT, GET=MEMBERS),
    row(
        "digest",
        key=PRODUCT,
        GET=MEMBERS,
        POST=MEMBERS,
        body={"cadence": "daily", "hour": 8, "weekday": 0},
    ),
    # a mailed link; whoever holds it may end the digest that it speaks of
    row(
        "digest-unsubscribe",
        token="unsubscribe_token",
        GET=ANYBODY,
        POST=ANYBODY,
        capability=True,
        by_mail=True,
    ),
    row("api-flow", key=PRODUCT, GET=MEMBERS),
    row("api-patterns", key=PRODUCT, GET=MEMBERS),
    row("api-answers", key=PRODUCT, GET=MEMBERS),
    row("api-digest", key=PRODUCT, GET=MEMBERS, PUT=MEMBERS, body={"cadence": "daily"}),
]

MATRIX: list[Row] = [
    *SITE,
    *PEOPLE_PAGES,
    *PRODUCT_PAGES,
    *PRODUCT_API,
    *BACKLOG_PAGES,
    *BACKLOG_API,
    *DECISIONS,
    *BRIEFS,
    *SCORING,
    *CYCLES,
    *SESSIONS,
    *SESSIONS_API,
    *ASSETS,
    *MEDIA,
    *PLACEMENTS,
    *REVIEW_LAYERS,
    *GUESTS,
    *REVIEWS,
    *HOOKS,
    *IMPORTS,
    *IMPORTS_API,
    *INSIGHTS,
    *NOTICES,
]
