"""The minutes of a session: written once as plain data, shown as a page, Markdown or plain text."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from backlog.vocabulary import QueueKind
from scoring import agenda
from scoring.current import rubric_in_force
from scoring.models import AgendaEntry, Function, RefinementSession, Vote

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!])")


def entries_of(session: RefinementSession) -> list[AgendaEntry]:
    """The agenda in order with its items. One query."""
    rows = list(
        session.entries.select_related("item", "item__owner", "decided_by").order_by(
            "position", "pk"
        )
    )
    for entry in rows:
        entry.item.product = session.product
        entry.session = session
    return rows


def missing_functions(session: RefinementSession, present: Iterable[str]) -> list[str]:
    """Labels of the functions that should be there and are not."""
    there = set(present)
    return [Function(each).label for each in session.functions if each not in there]


def written(session: RefinementSession, summary: str, now: datetime) -> dict[str, Any]:
    """The minutes as plain data. Six queries."""
    _, rubric = rubric_in_force(session.product_id)
    labels = {each.key: each.label for each in rubric.criteria}
    attendance = [
        {
            "name": str(row.user),
            "function": Function(row.function).label if row.function else "",
            "present": row.joined_at is not None,
        }
        for row in session.attendees.filter(removed_at=None)
        .select_related("user")
        .order_by("user__name", "pk")
    ]
    joined = session.attendees.filter(removed_at=None, joined_at__isnull=False)
    votes: dict[int, dict[str, list[float]]] = {}
    voters: dict[int, set[int]] = {}
    entries = entries_of(session)
    rounds = {entry.pk: entry.round for entry in entries if entry.flipped_at}
    for vote in Vote.objects.filter(entry__in=list(rounds)).order_by("level", "pk"):
        if vote.round == rounds[vote.entry_id]:
            votes.setdefault(vote.entry_id, {}).setdefault(vote.criterion, []).append(vote.level)
            voters.setdefault(vote.entry_id, set()).add(vote.user_id)
    notes = list(session.notes.select_related("owner", "entry__item").order_by("noted_at", "pk"))
    return {
        "title": session.title,
        "product": session.product.name,
        "starts_at": session.starts_at.isoformat(),
        "opened_at": session.opened_at.isoformat() if session.opened_at else None,
        "closed_at": now.isoformat(),
        "box_minutes": session.box_minutes,
        "took_minutes": round((now - session.opened_at).total_seconds() / 60)
        if session.opened_at
        else None,
        "facilitator": str(session.facilitator),
        "summary": summary,
        "attendance": attendance,
        "missing": missing_functions(session, joined.values_list("function", flat=True)),
        "entries": [
            _entry(entry, labels, votes.get(entry.pk, {}), len(voters.get(entry.pk, ())))
            for entry in entries
            if entry.decided_at is not None
        ],
        "not_reached": [
            {
                "key": entry.item.key,
                "title": entry.item.title,
                "done": [each["words"] for each in entry.outcomes],
            }
            for entry in entries
            if entry.decided_at is None
        ],
        "notes": [
            {
                "id": note.pk,
                "kind": note.kind,
                "text": note.text,
                "owner": str(note.owner) if note.owner else "",
                "due_on": note.due_on.isoformat() if note.due_on else None,
                "item": f"{session.product.key}-{note.entry.item.number}" if note.entry else "",
            }
            for note in notes
        ],
        "decision": "",
    }


def _entry(
    entry: AgendaEntry, labels: Mapping[str, str], votes: Mapping[str, list[float]], voters: int
) -> dict[str, Any]:
    before, after = entry.before or {}, entry.after or {}
    was, now = before.get("ratings", {}), after.get("ratings", {})
    return {
        "key": entry.item.key,
        "title": after.get("title") or entry.item.title,
        "owner": after.get("owner", ""),
        "why": agenda.sentence(entry.reasons),
        "outcomes": [
            {"kind": each["kind"], "words": each["words"], "by": each["by"]}
            for each in entry.outcomes
        ],
        "note": entry.note,
        "rounds": entry.round,
        "voters": voters,
        "ratings": [
            {
                "criterion": label,
                "before": was.get(key, {}).get("level"),
                "after": now.get(key, {}).get("level"),
                "certainty": now.get(key, {}).get("certainty", ""),
                "votes": votes.get(key, []),
            }
            for key, label in labels.items()
            if key in votes or was.get(key) != now.get(key)
        ],
        "before": _standing(before),
        "after": _standing(after),
    }


def _standing(state: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "queue": state.get("queue", ""),
        "rank": state.get("rank"),
        "priority": state.get("priority"),
        "effort": state.get("effort"),
    }


def is_put_off(entry: Mapping[str, Any]) -> bool:
    """Whether nothing came of an entry but that another session has to talk about it."""
    return {each["kind"] for each in entry["outcomes"]} == {AgendaEntry.Outcome.DEFERRED}


def decided_count(paper: Mapping[str, Any] | None) -> int:
    """How many items a session decided on."""
    return sum(1 for each in paper["entries"] if not is_put_off(each)) if paper else 0


def decision_title(session: RefinementSession, count: int) -> str:
    """ "Weekly refinement: 6 items decided"."""
    return f"{session.title[:160]}: {count} item{'' if count == 1 else 's'} decided"


def rationale(paper: Mapping[str, Any]) -> str:
    """What was decided, a line an item."""
    head = [paper["summary"]] if paper["summary"] else []
    decided = (each for each in paper["entries"] if not is_put_off(each))
    return "\n".join([*head, *(f"- {line(each)}" for each in decided)])


def line(entry: Mapping[str, Any]) -> str:
    """An entry in a line: ATLAS-12 Title: customer pain 2 → 4; from 14th to 9th."""
    done = "; ".join(f"{said(each)}" for each in entry["outcomes"]) or "left as it is"
    moved = standing(entry)
    return f"{entry['key']} {entry['title']}: {done}{f'; {moved}' if moved else ''}"


_SAID = {
    "rated": "rated ({})",
    "changed": "changed ({})",
    "split": "split {}",
    "merged": "merged {}",
    "parked": "parked {}",
    "requeued": "moved {}",
    "kept": "{}",
    "deferred": "put off: {}",
}


def said(outcome: Mapping[str, Any]) -> str:
    """An outcome in words."""
    return _SAID.get(outcome["kind"], "{}").format(outcome["words"])


def standing(entry: Mapping[str, Any]) -> str:
    """What became of its priority and rank: "priority 18.2 → 24.0, rank 14 → 9"; empty where neither moved."""
    before, after = entry["before"], entry["after"]
    parts = []
    if before["priority"] != after["priority"]:
        parts.append(f"priority {_number(before['priority'])} → {_number(after['priority'])}")
    if before["rank"] != after["rank"] and after["rank"]:
        where = ""
        if before["queue"] != after["queue"] and after["queue"]:
            where = f" in {QueueKind(after['queue']).label.lower()}"
        parts.append(f"rank {before['rank'] or '–'} → {after['rank']}{where}")
    return ", ".join(parts)


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.1f}"


def when(iso: str, zone: ZoneInfo) -> str:
    """An instant of the minutes in words: 12 May 2026, 14:00 CEST."""
    local = datetime.fromisoformat(iso).astimezone(zone)
    return f"{local.day} {local:%B %Y, %H:%M %Z}"


def markdown(paper: Mapping[str, Any], zone: ZoneInfo) -> str:
    """The minutes as Markdown; what people wrote cannot become markup."""
    rows = [f"# {_plain(paper['title'])}", "", f"{_plain(_head(paper, zone))}", ""]
    if paper["summary"]:
        rows += [_plain(paper["summary"]), ""]
    rows += ["## Decided", ""]
    decided = [each for each in paper["entries"] if not is_put_off(each)]
    for entry in decided:
        rows.append(f"- **{entry['key']}** {_plain(entry['title'])}")
        rows += [f"  - {_plain(detail)}" for detail in _details(entry)]
    if not decided:
        rows.append("Nothing was decided.")
    for title, lines in _rest(paper):
        rows += ["", f"## {title}", "", *(f"- {_plain(each)}" for each in lines)]
    return "\n".join(rows) + "\n"


def plain_text(paper: Mapping[str, Any], zone: ZoneInfo) -> str:
    """The minutes as plain text, in lines of at most 78 characters."""
    rows = [paper["title"], "=" * min(78, len(paper["title"])), "", *_wrapped(_head(paper, zone))]
    if paper["summary"]:
        rows += ["", *_wrapped(paper["summary"])]
    rows += ["", "DECIDED", ""]
    decided = [each for each in paper["entries"] if not is_put_off(each)]
    for entry in decided:
        rows += _wrapped(f"* {entry['key']} {entry['title']}")
        for detail in _details(entry):
            rows += _wrapped(f"  - {detail}", "    ")
    if not decided:
        rows.append("Nothing was decided.")
    for title, lines in _rest(paper):
        rows += ["", title.upper(), ""]
        for each in lines:
            rows += _wrapped(f"* {each}")
    return "\n".join(rows) + "\n"


def _head(paper: Mapping[str, Any], zone: ZoneInfo) -> str:
    took = f", {paper['took_minutes']} minutes" if paper["took_minutes"] is not None else ""
    decision = f" Recorded as {paper['decision']}." if paper["decision"] else ""
    return (
        f"{paper['product']}. {when(paper['opened_at'] or paper['starts_at'], zone)}{took}."
        f" Led by {paper['facilitator']}.{decision}"
    )


def _details(entry: Mapping[str, Any]) -> list[str]:
    found = [f"{said(each)} ({each['by']})" for each in entry["outcomes"]]
    if moved := standing(entry):
        found.append(moved)
    for row in entry["ratings"]:
        levels = ", ".join(f"{each:g}" for each in row["votes"])
        votes = f" (votes {levels})" if levels else ""
        found.append(f"{row['criterion']}: {_level(row['before'])} → {_level(row['after'])}{votes}")
    if entry["owner"]:
        found.append(f"owner: {entry['owner']}")
    if entry["note"]:
        found.append(entry["note"])
    return found


def _level(value: float | None) -> str:
    return "not rated" if value is None else f"{value:g}"


def _rest(paper: Mapping[str, Any]) -> Iterable[tuple[str, list[str]]]:
    for kind, title in (("question", "Open questions"), ("action", "To do")):
        lines = [note_line(each) for each in paper["notes"] if each["kind"] == kind]
        if lines:
            yield title, lines
    put_off = [
        f"{each['key']} {each['title']}: {each['outcomes'][-1]['words']}"
        for each in paper["entries"]
        if is_put_off(each)
    ]
    if put_off:
        yield "Put off", put_off
    if paper["not_reached"]:
        yield "Not reached", [f"{each['key']} {each['title']}" for each in paper["not_reached"]]
    there = [_person(each) for each in paper["attendance"] if each["present"]]
    away = [_person(each) for each in paper["attendance"] if not each["present"]]
    lines = [f"There: {', '.join(there) or 'nobody'}"]
    if away:
        lines.append(f"Not there: {', '.join(away)}")
    if paper["missing"]:
        lines.append(f"Functions missing: {', '.join(paper['missing'])}")
    yield "Attendance", lines


def note_line(note: Mapping[str, Any]) -> str:
    """A question or to-do with item, owner and day."""
    about = f"{note['item']}: " if note["item"] else ""
    owner = f" ({note['owner']})" if note["owner"] else " (nobody yet)"
    due = f", by {note['due_on']}" if note["due_on"] else ""
    return f"{about}{note['text']}{owner}{due}"


def _person(each: Mapping[str, Any]) -> str:
    return f"{each['name']} ({each['function'].lower()})" if each["function"] else each["name"]


def _plain(words: str) -> str:
    return _MARKUP.sub(r"\\\1", words)


def _wrapped(words: str, indent: str = "  ") -> list[str]:
    return [
        row
        for part in words.split("\n")
        for row in textwrap.wrap(
            part, 78, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )
        or [""]
    ]
