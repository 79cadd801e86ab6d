"""Changes in words a person would say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format

from backlog.models import Change
from backlog.vocabulary import (
    Band,
    CheckpointState,
    ConfirmationState,
    Horizon,
    IncrementState,
    InputState,
    Kind,
    LinkKind,
    QueueKind,
    State,
)

_LABELS: dict[str, Mapping[Any, Any]] = {
    "state": dict(State.choices),
    "horizon": dict(Horizon.choices),
    "kind": dict(Kind.choices),
    "queue_kind": dict(QueueKind.choices),
    "band": dict(Band.choices),
    "increment_state": dict(IncrementState.choices),
    "checkpoint": dict(CheckpointState.choices),
    "confirmation": dict(ConfirmationState.choices),
    "input_state": dict(InputState.choices),
}
#: Values that upper apps log as their own words' names, such as ``changes_requested``.
_NAMES = frozenset({"asset_kind", "review", "stage", "verdict"})
VERBS = {
    "item.created": "added the item",
    "item.imported": "brought the item in by an import",
    "item.accepted": "accepted the item",
    "item.moved": "moved the item to another queue",
    "item.parked": "parked the item",
    "item.unparked": "brought the item back to triage",
    "item.declined": "declined the item",
    "item.merged": "merged the item",
    "item.edited": "edited",
    "item.started": "started work",
    "item.progressed": "moved it on",
    "item.finished": "finished it",
    "item.reopened": "reopened it",
    "item.returned": "returned it to triage",
    "item.undone": "undid a change",
    "item.linked": "linked",
    "item.unlinked": "removed a link",
    "comment.added": "commented",
    "comment.edited": "reworded a comment",
    "comment.removed": "removed a comment",
    "criterion.added": "added a criterion",
    "criterion.edited": "reworded a criterion",
    "criterion.removed": "removed a criterion",
    "criterion.verified": "checked a criterion",
    "rating.entered": "rated",
    "signal.added": "added evidence",
    "outcome.recorded": "recorded what it achieved",
    "signal.attached": "attached evidence",
    "signal.withdrawn": "withdrew evidence",
    "signal.restored": "brought evidence back",
    "signal.corrected": "corrected evidence",
    "signal.reimported": "brought evidence up to its file",
    "signal.undone": "undid a change of evidence",
    "signal.dismissed": "dismissed evidence",
    "signal.returned": "took evidence up again",
    "signal.removed": "took back imported evidence",
    "signal.split": "took evidence out of its group",
    "adjustment.made": "adjusted the priority",
    "adjustment.ended": "ended an adjustment",
    "adjustment.judged": "judged an adjustment",
    "band.changed": "changed the band",
    "asset.added": "added an asset",
    "version.uploaded": "uploaded a version",
    "asset.edited": "changed an asset",
    "claim.marked": "marked a claim",
    "claim.edited": "changed what a claim rests on",
    "claim.signed": "signed a claim",
    "claim.withdrawn": "withdrew a claim",
    "version.published": "published a version",
    "version.unpublished": "took a publication back",
    "version.retired": "retired a version",
    "version.unretired": "let a retired version be used again",
    "placement.added": "registered a placement",
    "placement.edited": "changed a placement",
    "placement.ended": "took down a placement",
    "placement.deployed": "deployed a version",
    "placement.rolled_back": "rolled a version back",
    "placement.checked_in": "heard of another version at a placement",
    "replacement.assigned": "assigned a replacement",
    "replacement.dropped": "dropped a replacement",
    "replacement.made_item": "made an item of a replacement",
    "replacement.raised": "asked for replacements",
    "reading.entered": "entered readings",
    "reading.corrected": "corrected a reading",
    "reading.withdrawn": "withdrew a reading",
    "reading.restored": "brought a reading back",
    "target.dropped": "took a target away",
    "metric.defined": "defined a metric",
    "target.set": "set a target",
    "target.broken": "saw a target broken",
    "target.mended": "saw a target hold again",
    "variant.set": "said what it is a variant of",
    "variant.mapped": "said what a variant follows",
    "variant.confirmed": "confirmed a variant",
    "review.started": "started a review",
    "review.extended": "asked another layer in a review",
    "review.dated": "changed the dates of a review",
    "review.decided": "decided in a review",
    "review.noted": "noted something on a version",
    "review.withdrawn": "withdrew a review",
    "review.guest_invited": "invited a guest to a review",
    "review.guest_revoked": "ended a guest's link to a review",
    "review.superseded": "ended a review",
    "import.undone": "undid an import",
    "hook.made": "made an address for webhooks",
    "hook.secret_changed": "changed the secret of an address for webhooks",
    "hook.revoked": "withdrew an address for webhooks",
    "item.split_off": "made it by a split",
    "item.unsplit": "took a split back",
    "session.planned": "planned a refinement session",
    "session.changed": "changed the plan of a refinement session",
    "session.cancelled": "cancelled a refinement session",
    "session.opened": "opened a refinement session",
    "session.taken_over": "took over a refinement session",
    "session.voted": "turned the votes over",
    "session.noted": "noted something in a refinement session",
    "session.settled": "settled a note of a refinement session",
    "session.closed": "closed a refinement session",
    "session.template_saved": "saved a template for sessions",
    "session.template_removed": "removed a template for sessions",
    "cycle.planned": "planned a cycle",
    "cycle.closed": "closed a cycle",
    "cycle.edited": "edited a cycle",
    "cycle.proposed": "proposed a plan",
    "cycle.item_added": "put it into a plan",
    "cycle.item_removed": "took it out of a plan",
    "cycle.reordered": "moved it within a plan",
    "cycle.accepted": "accepted a plan",
    "cycle.scope_changed": "changed the scope of a cycle",
    "planning.changed": "changed the planning policy",
    "segment.counted": "counted a segment",
    "brief.attached": "let a brief govern it",
    "brief.detached": "took it out of a brief",
    "line.pointed": "let it rest on a line of a brief",
    "line.unpointed": "took a pointer to a brief away",
    "confirmation.raised": "signed a change of a brief that it rests on",
    "confirmation.settled": "answered a change of a brief",
    "learning.cited": "cited what was learned",
    "learning.uncited": "took a citation away",
    "template.retired": "retired a template",
    "template.offered": "offered a template again",
    "template.applied": "applied a template",
    "increment.added": "planned an increment",
    "increment.edited": "edited an increment",
    "increment.moved": "moved an increment within the plan",
    "increment.state_changed": "moved an increment on",
    "increment.shipped": "shipped an increment",
    "increment.unshipped": "took back that an increment was shipped",
    "increment.cut": "cut an increment",
    "increment.restored": "brought a cut increment back",
    "increment.checkpoint": "judged the direction of an increment",
    "increment.gate_passed": "let production begin before its brief was signed off",
    "increment.criterion_saved": "wrote a criterion of an increment",
    "increment.criterion_removed": "removed a criterion of an increment",
    "increment.criterion_verified": "checked a criterion of an increment",
    "increment.declared": "declared conformance of an increment",
    "decision.recorded": "recorded a decision",
    "item.decided_on": "decided",
    "request.made": "asked",
    "request.answered": "answered what was asked",
    "request.withdrawn": "withdrew what was asked",
}
_HIDDEN = frozenset(
    {
        *("accepted_at", "started_at", "finished_at", "state_reason", "description", "comment"),
        *("cycles", "media_type", "size", "answer_state", "verified_at", "verification_note"),
        *("position", "merged_from"),
    }
)


def entry(change: Change) -> dict[str, Any]:
    """A change for ``components/timeline_entry.html``."""
    parts = [
        sentence(name, before, after)
        for name, (before, after) in change.fields.items()
        if name not in _HIDDEN
        and not (
            change.verb in ("item.created", "item.split_off") and name in ("title", "state", "kind")
        )
    ]
    if "description" in change.fields and change.verb not in ("item.created", "item.imported"):
        parts.append("description rewritten")
    text = VERBS.get(change.verb, change.verb.replace(".", " ").replace("_", " "))
    if change.verb == "band.changed":
        text, parts = _moved(*change.fields.get("band", ("", ""))), []
    detail = "; ".join(part for part in parts if part)
    who = str(change.actor) if change.actor else change.actor_name
    via = "" if change.channel in ("page", "task") else f" by {change.get_channel_display()}"
    return {
        "who": who,
        "text": f"{text}{via}{': ' + detail if detail else ''}",
        "at": change.at,
        "reason": change.reason,
        "batch": change.batch,
    }


def _moved(before: str, after: str) -> str:
    """A change of band, as a person says it."""
    if not after:
        return f"took it out of {words('band', before)}: it has no priority any more"
    if not before:
        return f"put it into {words('band', after)}"
    order = list(Band.values)
    way = "up" if order.index(after) < order.index(before) else "down"
    return f"moved it {way} from {words('band', before)} to {words('band', after)}"


def sentence(name: str, before: Any, after: Any) -> str:
    """``effort 3 → 5``; words of rows and choices, lists by what came and went."""
    if name == "link":
        return _link(before, after)
    if name == "breaks":
        return f"breaks: {' '.join(after or [])}" if after else ""
    label = name.replace("_", " ").removesuffix(" at").removesuffix(" id")
    if isinstance(before, list) or isinstance(after, list):
        was, now = _names(before or []), _names(after or [])
        gained = [each for each in now if each not in was]
        lost = [each for each in was if each not in now]
        bits = [*(f"+{each}" for each in gained), *(f"−{each}" for each in lost)]
        return f"{label} {', '.join(bits)}" if bits else ""
    if before in (None, ""):
        return f"{label} {words(name, after)}"
    if after in (None, ""):
        return f"{label} {words(name, before)} removed"
    return f"{label} {words(name, before)} → {words(name, after)}"


def told(name: str, value: Any) -> str:
    """A logged value as a table shows it; a dash for nothing."""
    if isinstance(value, list):
        return ", ".join(_names(value)) or "–"
    return "–" if value in (None, "") else words(name, value)


def words(name: str, value: Any) -> str:
    """A logged value in words."""
    if isinstance(value, Mapping):
        if "level" in value:
            return f"{value['level']:g} ({value.get('certainty', '')})"
        return str(value.get("label", value.get("id", "")))
    if name == "sha256":
        return f"{str(value)[:12]}…"
    if name in _NAMES:
        return str(value).replace("_", " ")
    if name in _LABELS:
        return str(_LABELS[name].get(value, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return (
            f"{value:g}"
            if abs(value) >= 1000 or value == int(value)
            else f"{value:.2f}".rstrip("0").rstrip(".")
        )
    if isinstance(value, str) and name.endswith("_at"):
        try:
            return date_format(timezone.localtime(datetime.fromisoformat(value)), "j M Y, H:i")
        except ValueError:
            return value
    text = str(value)
    return f"“{text[:117]}…”" if len(text) > 118 else text


def _names(rows: Sequence[Any]) -> list[str]:
    return [str(each.get("label", "")) if isinstance(each, Mapping) else str(each) for each in rows]


def _link(before: Any, after: Any) -> str:
    words_of = after or before
    if not words_of:
        return ""
    kind = dict(LinkKind.choices).get(words_of["kind"], words_of["kind"])
    return f"{words_of['source']['label']} {kind} {words_of['target']['label']}"
