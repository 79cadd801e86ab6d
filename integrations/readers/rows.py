"""Records as :class:`SourceRow`: cleaned, typed, each with a reason when it is not to be
imported."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from core.text import unguarded
from integrations.readers import cells as read
from integrations.readers.cells import Attachment, Comment, Link
from integrations.readers.dates import DateReader
from integrations.readers.headers import DATES, field_of
from integrations.readers.mapping import Mapping
from integrations.readers.records import open_table
from integrations.readers.repeats import Repeats, raw_key
from integrations.readers.sniff import CSV, JIRA_CSV, JIRA_JSON, LINEAR_CSV, Sniff, sniff
from integrations.readers.source import Source
from integrations.readers.tables import Record
from integrations.readers.text import (
    WORK_LIMIT,
    clean,
    first_line,
    repair,
    title_and_body,
)
from integrations.readers.wiki import to_markdown

#: Part of every content hash: raise it when the normalising changes, and everything is compared
#: anew.
HASH_VERSION = 1
_EXTRA_LIMIT = 2_000
_COMMENT_LIMIT = 20_000

EMPTY_ROW, NO_TITLE, PULL_REQUEST = "empty row", "no title", "pull request"


@dataclass(slots=True)
class SourceRow:
    """One record of a file.

    ``row`` counts as a spreadsheet does (the header is row 1); ``line`` is the line of the file it
    starts in. ``skipped`` or ``error`` says why it is not to be imported; then the values may be
    blank. Instants are in UTC, ``due`` is a calendar day in the mapping's zone. ``effort`` is in
    points. ``content_hash`` covers the values and nothing of where they stood.
    """

    row: int
    line: int
    external_key: str = ""
    external_id: str = ""
    title: str = ""
    description: str = ""
    type: str = ""
    status: str = ""
    status_category: str = ""
    resolution: str = ""
    priority: str = ""
    severity: str = ""
    labels: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    sprints: tuple[str, ...] = ()
    fix_versions: tuple[str, ...] = ()
    created: datetime | None = None
    updated: datetime | None = None
    resolved: datetime | None = None
    started: datetime | None = None
    due: date | None = None
    effort: float | None = None
    assignee: str = ""
    assignee_id: str = ""
    reporter: str = ""
    reporter_id: str = ""
    parent_key: str = ""
    parent_id: str = ""
    epic_key: str = ""
    links: tuple[Link, ...] = ()
    comments: tuple[Comment, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    comment_count: int = 0
    votes: int = 0
    watchers: int = 0
    reactions: int = 0
    url: str = ""
    segment: str = ""
    program: str = ""
    channel: str = ""
    is_pull_request: bool = False
    extra: dict[str, str | list[str]] = field(default_factory=dict)
    content_hash: str = ""
    identity: str = ""
    skipped: str = ""
    error: str = ""
    warnings: list[str] = field(default_factory=list)

    @property
    def is_item(self) -> bool:
        return not self.skipped and not self.error


def read_rows(
    source: Source, mapping: Mapping, *, sniffed: Sniff | None = None
) -> Iterator[SourceRow]:
    """Every record in the order of the file, skipped and broken ones too. Two passes, one row in
    memory.

    Raises :class:`ReadError` only for what concerns the whole file.
    """
    sniffed = sniffed or sniff(source, encoding=mapping.encoding, delimiter=mapping.delimiter)
    first = 1 if sniffed.is_json else 2 + sniffed.preface
    with open_table(source, sniffed) as table:
        plan = _Plan(table.columns, mapping)
        repeats = (
            Repeats.of(table.records, plan.key_places, first) if plan.key_places else Repeats()
        )
    titles: dict[str, int] = {}
    with open_table(source, sniffed) as table:
        for row, record in enumerate(table.records, start=first):
            yield _row(row, record, plan, repeats, titles)


class _Plan:
    """Which cells make which field, worked out once per file."""

    def __init__(self, columns: list[str], mapping: Mapping) -> None:
        self.mapping = mapping
        self.jira = mapping.kind in (JIRA_CSV, JIRA_JSON)
        self.guarded = mapping.kind in (LINEAR_CSV, CSV)
        self.skip_labels = frozenset(mapping.skip_labels)
        self.dates = DateReader(mapping.date_order, mapping.zone)
        self.sizes = {
            name.casefold(): points for name, points in mapping.effort_points.sizes.items()
        }
        self.fields: dict[str, list[int]] = {}
        self.extras: dict[str, list[int]] = {}
        self.links: list[tuple[int, str, str]] = []
        for place, column in enumerate(named(columns)):
            target = mapping.columns.get(column, "ignore")
            if target == "extra":
                self.extras.setdefault(column, []).append(place)
            elif target == "links":
                guess = field_of(column)
                self.links.append((place, guess.direction, guess.link_type))
            elif target != "ignore":
                self.fields.setdefault(target, []).append(place)
        self.related = bool(self.links or {"parent", "epic"} & set(self.fields))
        self.watched = bool(_CROWD & set(self.fields))
        self.key_places = self.fields.get("external_key") or self.fields.get("external_id") or []
        self.single = [(name, places) for name, places in self.fields.items() if name in _SIMPLE]
        self.date_fields = [(name, self.fields[name]) for name in sorted(DATES & set(self.fields))]

    def values(self, record: Record, places: list[int], warnings: list[str]) -> list[str]:
        """The filled cells at these places, cleaned."""
        found: list[str] = []
        if not places:
            return found
        for place in places:
            cell = record.cells[place]
            for text in (cell,) if isinstance(cell, str) else cell:
                text = text.strip()
                if not text:
                    continue
                if self.mapping.repair_mojibake and not text.isascii():
                    text = repair(text)[0]
                text = clean(text, warnings)
                if self.guarded:
                    text = unguarded(text)
                if text:
                    found.append(text)
        return found

    def convert(self, text: str) -> str:
        return to_markdown(text) if self.mapping.markup == "jira" else text


#: Fields that are one text.
_SIMPLE = frozenset((
    "external_key", "external_id", "type", "status", "status_category", "resolution",
    "priority", "severity", "assignee", "assignee_id", "reporter", "reporter_id", "url",
    "segment", "program", "channel",
))  # fmt: skip
#: Fields that say how many people care.
_CROWD = frozenset(
    {"comments", "comment_count", "attachments", "watchers", "votes", "reactions", "pull_request"}
)
#: Old servers export a sprint as ``…Sprint@1f[id=3,state=CLOSED,name=Sprint 5,…]``.
_SPRINT_OBJECT = re.compile(r"^[\w.]*Sprint@\w+\[.*?\bname=([^,\]]*)[,\]].*$", re.DOTALL)
_LISTS = {
    "labels": "labels",
    "components": "components",
    "sprint": "sprints",
    "fix_version": "fix_versions",
}


def named(columns: list[str]) -> list[str]:
    """A name for every column: those without one are called after their place."""
    return [name or f"column {place}" for place, name in enumerate(columns, start=1)]


def _row(
    row: int, record: Record, plan: _Plan, repeats: Repeats, titles: dict[str, int]
) -> SourceRow:
    made = SourceRow(row, record.line, warnings=list(record.warnings))
    if record.error:
        made.error = record.error
        return made
    if not any(map(_filled, record.cells)):
        made.skipped = EMPTY_ROW
        return made
    key = raw_key(record, plan.key_places)
    made.skipped, warning = repeats.judge(key, row, record)
    if warning:
        made.warnings.append(warning)
    _fill(made, record, plan)
    if not made.skipped and made.is_pull_request and not plan.mapping.pull_requests:
        made.skipped = PULL_REQUEST
    if not made.skipped and plan.skip_labels:
        label = next((label for label in made.labels if label in plan.skip_labels), "")
        made.skipped = f"label {label}" if label else ""
    if not made.skipped and not made.title:
        made.skipped = NO_TITLE
    made.content_hash = content_hash(made)
    made.identity = _identity(made, titles)
    return made


def _filled(cell: str | list[str]) -> bool:
    return bool(cell) and (isinstance(cell, list) or not cell.isspace())


def _fill(made: SourceRow, record: Record, plan: _Plan) -> None:
    warnings = made.warnings
    for name, places in plan.single:
        values = plan.values(record, places, warnings)
        if values:
            setattr(made, name, " ".join(values[0].split())[:500])
    if plan.mapping.key_prefix and made.external_key:
        made.external_key = plan.mapping.key_prefix + made.external_key
    _texts(made, record, plan)
    for name, places in plan.date_fields:
        _date(made, name, plan.values(record, places, warnings), plan)
    for name, attribute in _LISTS.items():
        if name in plan.fields:
            setattr(made, attribute, _list(name, record, plan, warnings))
    _effort(made, record, plan)
    if plan.related:
        _relations(made, record, plan)
    if plan.watched:
        _crowd(made, record, plan)
    for column, places in plan.extras.items():
        values = [value[:_EXTRA_LIMIT] for value in plan.values(record, places, warnings)]
        if values:
            made.extra[column] = values[0] if len(values) == 1 else values
    if made.created and made.resolved and made.resolved < made.created:
        warnings.append("It was resolved before it was created, by the dates in the file.")


def _texts(made: SourceRow, record: Record, plan: _Plan) -> None:
    warnings = made.warnings
    bodies = plan.values(record, plan.fields.get("description", []), warnings)
    body = plan.convert(bodies[0][:WORK_LIMIT]) if bodies else ""
    titles = plan.values(record, plan.fields.get("title", []), warnings)
    title = titles[0] if titles else ""
    if not title and plan.mapping.title_from == "description":
        title = first_line(body)
        if not title and made.external_key:
            title = made.external_key
            warnings.append("There is neither title nor description; the key stands for the title.")
    made.title, made.description = title_and_body(title, body, warnings)


def _date(made: SourceRow, name: str, values: list[str], plan: _Plan) -> None:
    if not values:
        return
    cell = values[0]
    found: Any = plan.dates.day(cell) if name == "due" else plan.dates.instant(cell)
    if found is None:
        made.warnings.append(f"{name.capitalize()}: {cell[:40]!r} is not understood as a date.")
    else:
        setattr(made, name, found)


def _list(name: str, record: Record, plan: _Plan, warnings: list[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for place in plan.fields[name]:
        values = plan.values(record, [place], warnings)
        if name == "sprint":
            values = [_SPRINT_OBJECT.sub(r"\1", value) for value in values]
        if isinstance(record.cells[place], str):
            for value in values:
                parts = read.parts_of(value, labels=name == "labels", jira=plan.jira)
                found.update(dict.fromkeys(parts))
        else:
            found.update(dict.fromkeys(values))
    return tuple(found)


def _effort(made: SourceRow, record: Record, plan: _Plan) -> None:
    values = plan.values(record, plan.fields.get("effort", []), made.warnings)
    if not values:
        return
    number = read.number_of(values[0])
    if number is None:
        points = plan.sizes.get(values[0].casefold())
    else:
        points = number / plan.mapping.effort_points.per_point
    if points is None or not 0 <= points <= 10_000:
        made.warnings.append(f"Effort: {values[0][:40]!r} is not understood as points.")
    else:
        made.effort = round(points, 2)


def _relations(made: SourceRow, record: Record, plan: _Plan) -> None:
    """Keys of other records get the prefix too. A bare number is a key where this row's key is one."""
    warnings = made.warnings
    prefix = plan.mapping.key_prefix
    numbered = made.external_key.removeprefix(prefix).isdigit()
    for value in plan.values(record, plan.fields.get("parent", []), warnings):
        key = read.KEY.match(value)
        if key:
            made.parent_key = made.parent_key or prefix + key[0]
        elif value.isdigit() and not numbered:
            made.parent_id = made.parent_id or value
        else:
            made.parent_key = made.parent_key or prefix + value[:200]
    for value in plan.values(record, plan.fields.get("epic", []), warnings):
        key = read.KEY.match(value)
        if key:
            made.epic_key = prefix + key[0]
        else:
            made.extra["Epic"] = value[:_EXTRA_LIMIT]
    found: dict[Link, None] = {}
    for place, direction, link_type in plan.links:
        for value in plan.values(record, [place], warnings):
            for link in read.links_of(value, direction, link_type):
                found[replace(link, other=prefix + link.other) if prefix else link] = None
    made.links = tuple(found)


def _crowd(made: SourceRow, record: Record, plan: _Plan) -> None:
    """Comments, attachments and the numbers that say how many people care."""
    warnings = made.warnings
    instant = plan.dates.instant
    get: Callable[[str], list[str]] = lambda name: plan.values(  # noqa: E731
        record, plan.fields.get(name, []), warnings
    )
    comments = (read.comment_of(v[:_COMMENT_LIMIT], instant, plan.convert) for v in get("comments"))
    made.comments = tuple(comment for comment in comments if comment)
    files = (read.attachment_of(value, instant) for value in get("attachments"))
    made.attachments = tuple(file for file in files if file)
    counted = get("comment_count")
    made.comment_count = read.count_of(counted) if counted else len(made.comments)
    watchers = get("watchers")
    if len(watchers) == 1 and watchers[0].isdigit():
        made.watchers = int(watchers[0])
    else:
        # Trackers let the reporter and the assignee watch by themselves: that says nothing.
        made.watchers = len(set(watchers) - {made.reporter, made.assignee})
    for name in ("votes", "reactions"):
        values = get(name)
        if values:
            setattr(made, name, read.count_of(values[:1]) if values[0].isdigit() else 0)
    made.is_pull_request = bool(get("pull_request"))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Comment):
        return [value.body, value.author, value.at]
    if isinstance(value, Attachment):
        return [value.name, value.url]
    return [value.kind, value.other, value.inward, value.name]


_PLACE = ("row", "line", "content_hash", "identity", "skipped", "error", "warnings")
_HASHED = tuple(name for name in SourceRow.__slots__ if name not in _PLACE)


def content_hash(row: SourceRow) -> str:
    """The same 32 hexadecimal digits for the same values, on every machine and in every year.

    Blank values count as absent, so a field that is added later changes nothing that lacks it.
    """
    values = {name: value for name in _HASHED if (value := getattr(row, name))}
    if row.effort is not None:
        values["effort"] = row.effort  # no work is not the same as no estimate
    text = json.dumps([HASH_VERSION, values], default=_plain, ensure_ascii=False)
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _identity(row: SourceRow, titles: dict[str, int]) -> str:
    """What a later import of the file knows this record by: its key, its id, or its title and its
    turn."""
    if row.external_key:
        return f"key:{row.external_key}"
    if row.external_id:
        return f"id:{row.external_id}"
    if not row.title:
        return ""
    name = hashlib.blake2b(
        row.title.casefold().encode("utf-8", "replace"), digest_size=12
    ).hexdigest()
    titles[name] = titles.get(name, 0) + 1
    return f"title:{name}:{titles[name]}"
