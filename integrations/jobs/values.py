"""What a source row writes into an item, as plain values that can be stored and compared with the next export's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from collections.abc import Mapping as Dict
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Membership, Product, User
from backlog.models import Channel, Cycle, Label, Program, Segment
from backlog.services import words
from backlog.vocabulary import CLOSED_STATES, State
from integrations.models import ImportEffect
from integrations.readers import Comment, Decision, Mapping, SourceRow

#: Columns of an item that an import writes, and the type of word behind those that name one.
WORDS = {"program": Program, "channel": Channel, "cycle": Cycle}
MANY = {"labels": Label, "segments": Segment, "cycles": Cycle}
_INSTANTS = ("created_at", "due_at", "accepted_at", "started_at", "finished_at")


def source_values(row: SourceRow, decision: Decision, mapping: Mapping) -> dict[str, Any]:
    """The row as JSON-able values: of an item's fields (``FIELDS``), and of what hangs on it.

    Words by name, instants in ISO form, description and comments by digest. ``ratings``: criterion -> level, of open
    items only. ``signals``: id -> magnitude. ``refs``: other records as [kind, key or id, whether it points here].
    """
    finished = None
    if decision.state in CLOSED_STATES:
        finished = row.resolved or row.updated or row.created
    past_triage = decision.state not in (State.TRIAGE, State.PARKED, State.DECLINED)
    started = row.started
    if started is None and decision.state in (State.IN_PROGRESS, State.IN_REVIEW):
        started = row.updated or row.created
    values: dict[str, Any] = {
        "title": row.title,
        "description": hashlib.sha256(row.description.encode()).hexdigest()[:32],
        "kind": decision.kind,
        "queue": decision.queue,
        "state": decision.state,
        "state_reason": decision.decline_reason if decision.state == State.DECLINED else "",
        "horizon": decision.horizon,
        "owner": (row.assignee_id or row.assignee).strip().lower(),
        "owner_name": row.assignee.strip().lower(),
        "reporter": row.reporter.strip().lower(),
        "effort": decision.effort,
        "due_at": _iso(_day_end(row.due, mapping.zone)),
        "severity": decision.severity,
        "program": row.program[:80],
        "channel": row.channel[:80],
        "cycle": row.sprints[-1][:80] if row.sprints else "",
        "cycles": sorted({name[:80] for name in row.sprints}),
        "labels": sorted({name[:80] for name in row.labels}),
        "segments": sorted({name[:80] for name in (row.segment,) if name}),
        "created_at": _iso(row.created),
        "accepted_at": _iso(row.created) if past_triage else None,
        "started_at": _iso(started),
        "finished_at": _iso(finished),
        "ratings": {} if decision.state in CLOSED_STATES else dict(decision.ratings),
        "signals": {signal_id(each.key): each.magnitude for each in decision.signals},
        "comments": [comment_id(each) for each in row.comments],
        "refs": _refs(row),
    }
    return values


def signal_id(key: str) -> str:
    """What a signal is known by; a long key by its digest."""
    if len(key) <= 120:
        return key
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def comment_id(comment: Comment) -> str:
    """Tells one comment of an item from the others."""
    text = f"{_iso(comment.at)}\n{comment.author}\n{comment.body}"
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _refs(row: SourceRow) -> list[list[Any]]:
    """Parents, epics and links, each once; the order stays."""
    found = [
        ["part_of", other, False]
        for other in (row.parent_key or row.parent_id, row.epic_key)
        if other
    ]
    found += [[link.kind, link.other, link.inward] for link in row.links]
    mine = (row.external_key, row.external_id)
    return [ref for at, ref in enumerate(found) if ref not in found[:at] and ref[1] not in mine]


def _iso(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def _day_end(day: date | None, zone: str) -> datetime | None:
    """A due day ends at its last minute in the mapping's zone."""
    if day is None:
        return None
    return datetime.combine(day, time(23, 59), tzinfo=ZoneInfo(zone)).astimezone(UTC)


#: What an undo knows a word of each kind by.
KINDS = {
    Label: ImportEffect.Kind.LABEL,
    Segment: ImportEffect.Kind.SEGMENT,
    Program: ImportEffect.Kind.PROGRAM,
    Channel: ImportEffect.Kind.CHANNEL,
    Cycle: ImportEffect.Kind.CYCLE,
}


class Names:
    """The product's rows by the names that source values use. Remembers what it has read, for one worker's run."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.queues: Dict[str, Any] = {queue.kind: queue for queue in product.queues.all()}
        self.members: dict[str, User] = {}
        for membership in (
            Membership.objects.filter(product=product).select_related("user").order_by("pk")
        ):
            self.members[membership.user.email.lower()] = membership.user
            if membership.user.name:
                self.members.setdefault(membership.user.name.lower(), membership.user)
        self._words: dict[type[Any], dict[str, Any]] = {model: {} for model in KINDS}

    def learn(self, rows: Iterable[Dict[str, Any]]) -> list[tuple[str, int]]:
        """Read the words of these values, and make those that are missing: (kind, id) of what was made."""
        wanted: dict[type[Any], set[str]] = {model: set() for model in KINDS}
        for row in rows:
            for name, model in WORDS.items():
                wanted[model].add(row[name])
            for name, model in MANY.items():
                wanted[model].update(row[name])
        made: list[tuple[str, int]] = []
        for model, names in wanted.items():
            fresh = {name for name in names if name} - self._words[model].keys()
            if not fresh:
                continue
            known = words.existing(model, product=self.product, names=fresh)
            found = words.named(model, product=self.product, names=fresh)
            self._words[model].update(found)
            made += [
                (KINDS[model], pk) for pk in sorted({row.pk for row in found.values()} - known)
            ]
        return made

    def real(self, name: str, values: Dict[str, Any], description: str) -> Any:
        """The value of one field as the item's model wants it."""
        value = values[name]
        if name == "description":
            return description
        if name == "queue":
            return self.queues.get(value)
        if name == "owner":
            return self.members.get(value) or self.members.get(values["owner_name"])
        if name == "reporter":
            return self.members.get(value)
        if name in WORDS:
            return self._words[WORDS[name]].get(value)
        if name in MANY:
            known = self._words[MANY[name]]
            return list({known[each].pk: known[each] for each in value if each in known}.values())
        if name in _INSTANTS:
            return datetime.fromisoformat(value) if value else None
        return value


#: Fields of ``source_values`` that are written into the item.
FIELDS = (
    *(
        "title",
        "description",
        "kind",
        "queue",
        "state",
        "state_reason",
        "horizon",
        "owner",
        "reporter",
    ),
    *(
        "effort",
        "due_at",
        "severity",
        "program",
        "channel",
        "cycle",
        "cycles",
        "labels",
        "segments",
    ),
    *("created_at", "accepted_at", "started_at", "finished_at"),
)


def extra_of(row: SourceRow) -> dict[str, Any]:
    """What has no field of its own, as it stood in the source, for the item's page. ``columns``: further columns."""
    found: dict[str, Any] = {
        "type": row.type,
        "status": row.status,
        "resolution": row.resolution,
        "priority": row.priority,
        "components": list(row.components),
        "fix versions": list(row.fix_versions),
        "assignee": row.assignee,
        "reporter": row.reporter,
        "attachments": [{"name": each.name, "url": each.url} for each in row.attachments],
        "updated": _iso(row.updated),
        "columns": row.extra,
    }
    return {name: value for name, value in found.items() if value not in ("", None, [], {})}
