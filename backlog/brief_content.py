"""A brief as plain data: what a frozen version holds, its digest, what is missing before sign-off, and differences.

Pure: no Django, no clock. ``content`` is what ``services.briefs.content_of`` makes::

    {"title": str, <field>: str, …, "owner": {"id", "label"} | None, "items": [{"id", "label"}],
     "lines": [{"id", "number", "kind", "text", "checked_how"}],           in the order of the document
     "inputs": [{"id", "function", "person", "what", "due_on", "state", "answer"}],
     "signals": [{"metric", "name", "unit", "baseline", "target", "higher_is_better", "source"}]}

Numbers are stored as text, so that a database that writes 80.0 as 80 changes no digest.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Content = Mapping[str, Any]

#: Fields of a brief in the order of the document: name, label, section. Each must be filled before sign-off.
FIELDS: tuple[tuple[str, str, str], ...] = (
    ("business_objective", "Business objective", "objective"),
    ("learning_objective", "Operational or learning objective", "objective"),
    ("audience", "Intended audience", "audience"),
    ("decision_role", "Decision role of the audience", "audience"),
    ("platform", "Platform", "context"),
    ("workflow", "Workflow around it", "context"),
    ("decision_process", "Decision it is a part of", "context"),
    ("deployed_where", "Where", "deployment"),
    ("deployed_format", "Format", "deployment"),
    ("deployed_language", "Language", "deployment"),
    ("deployed_device", "Device", "deployment"),
)
FIELD_NAMES = tuple(name for name, _label, _section in FIELDS)
LABELS: dict[str, str] = {
    "title": "Title",
    "owner": "Owner",
    **{name: label for name, label, _ in FIELDS},
    "inputs": "Inputs",
    "signals": "Measurement signals",
    "items": "Items it governs",
}
#: A sign-off needs at least one line of each of these; a boundary of one sort is enough.
_WORDS = re.compile(r"\s+|[^\W_]+|[\W_]", re.UNICODE)


def digest(content: Content) -> str:
    """SHA-256 over the content's canonical JSON: keys in order, no blanks, UTF-8."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def missing(content: Content) -> list[str]:
    """What a brief lacks before it can be signed off, in words, in the order of the document; empty when complete."""
    found = [label for name, label, _ in FIELDS if not content[name].strip()]
    if content["owner"] is None:
        found.append("Owner")
    kinds = {line["kind"] for line in content["lines"]}
    if "accuracy" not in kinds:
        found.append("An accuracy constraint")
    if not kinds & {"regulatory", "brand"}:
        found.append("A regulatory or brand boundary")
    if "success" not in kinds:
        found.append("A success criterion")
    if not content["inputs"]:
        found.append("An input, with who supplies it")
    waiting = [each for each in content["inputs"] if each["state"] == "outstanding"]
    found += [f"Input from {each['function']}: {each['what']}" for each in waiting]
    if not content["signals"]:
        found.append("A measurement signal")
    found += [
        f"Baseline of {each['name']}" for each in content["signals"] if each["baseline"] is None
    ]
    return found


@dataclass(frozen=True)
class Piece:
    """A run of words of a text: ``same``, ``gone`` (only before) or ``new`` (only after)."""

    text: str
    mark: str


@dataclass(frozen=True)
class Difference:
    """What differs between two versions. ``name``: a field, or ``line``; ``number``: of the line; ``line_id`` of it.

    ``change``: added, changed or removed.
    """

    name: str
    label: str
    change: str
    before: str
    after: str
    pieces: Sequence[Piece]
    number: int | None = None
    line_id: int | None = None
    kind: str = ""


def words_between(before: str, after: str) -> list[Piece]:
    """Two texts as runs of equal, gone and new words; the runs of ``same`` and ``gone`` spell ``before``."""
    if before == after:
        return [Piece(before, "same")] if before else []
    was, now = _WORDS.findall(before), _WORDS.findall(after)
    found: list[Piece] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece("".join(was[a:b]), "same"))
            continue
        if b > a:
            found.append(Piece("".join(was[a:b]), "gone"))
        if d > c:
            found.append(Piece("".join(now[c:d]), "new"))
    return found


def differences(before: Content, after: Content) -> list[Difference]:
    """Field by field in the order of the document, then line by line by number. A line's number is its identity."""
    found = []
    for name, label in LABELS.items():
        was, now = _told(name, before), _told(name, after)
        if was != now:
            found.append(_difference(name, label, was, now))
    old = {line["number"]: line for line in before["lines"]}
    new = {line["number"]: line for line in after["lines"]}
    for number in sorted(old.keys() | new.keys()):
        first, second = old.get(number), new.get(number)
        was, now = _line(first), _line(second)
        moved = first is not None and second is not None and first["kind"] != second["kind"]
        if was == now and not moved:
            continue
        line = second or first or {}
        found.append(
            _difference("line", f"Line {number}", was, now, number, line["id"], line["kind"])
        )
    return found


def _difference(
    name: str,
    label: str,
    before: str,
    after: str,
    number: int | None = None,
    line_id: int | None = None,
    kind: str = "",
) -> Difference:
    change = "added" if not before else "removed" if not after else "changed"
    pieces = words_between(before, after)
    return Difference(name, label, change, before, after, pieces, number, line_id, kind)


def _line(line: Mapping[str, Any] | None) -> str:
    if line is None:
        return ""
    checked = f" (checked: {line['checked_how']})" if line["checked_how"] else ""
    return f"{line['text']}{checked}"


def _told(name: str, content: Content) -> str:
    """A part of the content as text that can be compared and shown."""
    value = content[name]
    if name == "owner":
        return value["label"] if value else ""
    if name == "items":
        return "\n".join(each["label"] for each in value)
    if name == "inputs":
        return "\n".join(_input(each) for each in value)
    if name == "signals":
        return "\n".join(signal_words(each) for each in value)
    return str(value)


def _input(each: Mapping[str, Any]) -> str:
    who = f" ({each['person']['label']})" if each["person"] else ""
    answer = f": {each['answer']}" if each["answer"] else ""
    return f"{each['function']}{who}, {each['what']}, {each['state']}{answer}"


def signal_words(each: Mapping[str, Any]) -> str:
    """``Completion: 61% → 80% (learning platform)``."""
    unit = f" {each['unit']}" if each["unit"] else ""
    start = "unknown" if each["baseline"] is None else f"{number(each['baseline'])}{unit}"
    return f"{each['name']}: {start} → {number(each['target'])}{unit} ({each['source']})"


def number(value: str | float) -> str:
    """A stored number as people write it: 80, not 80.0."""
    return f"{float(value):.12g}"
