"""JSON records as rows under fixed column names, so that they are mapped like the rows of a CSV
file.

GitHub's REST, GraphQL and command line shapes and smaller ones become one set of columns; issues of
Jira's REST interface get the column names of Jira's CSV export.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

Cell = str | list[str]

GITHUB_COLUMNS = [
    "number", "id", "title", "body", "state", "state_reason", "type", "labels", "assignee", "author",
    "milestone", "due_on", "created_at", "updated_at", "closed_at", "comments",
    "comment texts", "reactions", "html_url", "repository", "pull_request",
]  # fmt: skip

JIRA_COLUMNS = [
    "Summary", "Issue key", "Issue id", "Issue Type", "Status", "Status Category", "Priority",
    "Resolution", "Created", "Updated", "Resolved", "Due date", "Description", "Environment", "Assignee",
    "Reporter",
    "Labels", "Components", "Fix versions", "Affects versions", "Sprint", "Parent key", "Epic Link",
    "Issue links", "Comment", "Attachment", "Votes", "Watchers", "Story Points",
]  # fmt: skip

_REPOSITORY = re.compile(r"github\.com/(?:repos/)?([\w.-]+/[\w.-]+)(?:/(?:issues|pull)/|$)")
_CLOSED_AS = {
    "duplicate": "duplicate",
    "invalid": "invalid",
    "wontfix": "wontfix",
    "won't fix": "wontfix",
}


def _first(record: dict[str, Any], *names: str) -> Any:
    for name in names:
        if record.get(name) is not None:
            return record[name]
    return None


def _text(value: Any) -> str:
    """Scalars as text; of an object, its name."""
    if value is None or value is False:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return _text(_first(value, "name", "login", "title", "displayName", "value", "key"))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "yes" if value is True else str(value)


def _nodes(value: Any) -> list[Any]:
    """A list, also where GraphQL wraps it."""
    if isinstance(value, dict):
        value = _first(value, "nodes", "edges", "comments", "values")
    return value if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [text for text in (_text(entry) for entry in _nodes(value)) if text]


def _count(value: Any) -> str:
    """A number, the length of a list, or an object's total."""
    if isinstance(value, list):
        return str(len(value))
    if isinstance(value, dict):
        total = _first(value, "total_count", "totalCount", "total", "votes", "watchCount")
        return str(total) if isinstance(total, int) else str(len(_nodes(value)))
    return _text(value)


def _reactions(value: Any) -> str:
    """All reactions without the thumbs down and the puzzled ones."""
    if isinstance(value, dict) and isinstance(value.get("total_count"), int):
        against = sum(int(value.get(name) or 0) for name in ("-1", "confused"))
        return str(max(0, int(value["total_count"]) - against))
    return _count(value)


def _comment(entry: Any) -> str:
    if not isinstance(entry, dict):
        return _text(entry)
    at = _text(_first(entry, "created_at", "createdAt", "created"))
    author = _text(_first(entry, "user", "author")).replace(";", " ")
    return f"{at};{author};{_text(_first(entry, 'body', 'text'))}"


def github_row(record: dict[str, Any]) -> list[Cell]:
    """One issue or pull request under :data:`GITHUB_COLUMNS`.

    The key is ``owner/name#7`` where the record says which repository it belongs to, else ``#7``.
    """
    url = _text(_first(record, "html_url", "url"))
    found = _REPOSITORY.search(_text(record.get("repository_url"))) or _REPOSITORY.search(url)
    repository = found[1] if found else ""
    named = record.get("repository")
    if isinstance(named, dict):
        repository = _text(_first(named, "nameWithOwner", "full_name", "name")) or repository
    labels = _texts(record.get("labels"))
    state = _text(record.get("state")).lower()
    reason = _text(_first(record, "state_reason", "stateReason")).lower()
    if state == "open":
        reason = ""  # "reopened" is no resolution
    if state == "closed" and reason in ("", "completed"):
        reason = next((_CLOSED_AS[n.lower()] for n in labels if n.lower() in _CLOSED_AS), reason)
    milestone = record.get("milestone")
    comments = record.get("comments")
    is_pull = (
        record.get("pull_request") is not None
        or "/pull/" in url
        or any(name in record for name in ("headRefName", "merged_at", "mergedAt", "isDraft"))
    )
    number = _text(record.get("number"))
    return [
        f"{repository}#{number}" if number else "",
        _text(_first(record, "node_id", "id")),
        _text(record.get("title")),
        _text(_first(record, "body", "bodyText")),
        state,
        reason,
        _text(_first(record, "type", "issueType", "issue_type")),
        labels,
        (_texts(record.get("assignees")) or [_text(record.get("assignee"))])[0],
        _text(_first(record, "user", "author")),
        _text(milestone),
        _text(_first(milestone, "due_on", "dueOn")) if isinstance(milestone, dict) else "",
        _text(_first(record, "created_at", "createdAt")),
        _text(_first(record, "updated_at", "updatedAt")),
        _text(_first(record, "closed_at", "closedAt")),
        _count(comments),
        [_comment(entry) for entry in _nodes(comments)],
        _reactions(_first(record, "reactions", "reactionGroups")),
        url,
        repository,
        "yes" if is_pull else "",
    ]


def jira_row(record: dict[str, Any]) -> list[Cell]:
    """One issue of Jira's REST interface under :data:`JIRA_COLUMNS`."""
    fields = record.get("fields")
    fields = fields if isinstance(fields, dict) else {}
    status = fields.get("status")
    category = status.get("statusCategory") if isinstance(status, dict) else None
    parent, epic = fields.get("parent"), fields.get("epic")
    sprints = _nodes(fields.get("closedSprints")) + [
        entry for entry in (fields.get("sprint"),) if isinstance(entry, dict)
    ]
    return [
        _text(fields.get("summary")),
        _text(record.get("key")),
        _text(record.get("id")),
        _text(fields.get("issuetype")),
        _text(status),
        _text(category),
        _text(fields.get("priority")),
        _text(fields.get("resolution")),
        _text(fields.get("created")),
        _text(fields.get("updated")),
        _text(fields.get("resolutiondate")),
        _text(fields.get("duedate")),
        _text(fields.get("description")),
        _text(fields.get("environment")),
        _person(fields.get("assignee")),
        _person(fields.get("reporter")),
        _texts(fields.get("labels")),
        _texts(fields.get("components")),
        _texts(fields.get("fixVersions")),
        _texts(fields.get("versions")),
        _texts(sprints),
        _text(parent.get("key")) if isinstance(parent, dict) else "",
        _text(epic.get("key")) if isinstance(epic, dict) else "",
        _links(_nodes(fields.get("issuelinks"))),
        [_comment(entry) for entry in _nodes(fields.get("comment"))],
        [_attachment(entry) for entry in _nodes(fields.get("attachment"))],
        _count(fields.get("votes")) if fields.get("votes") else "",
        _count(fields.get("watches")) if fields.get("watches") else "",
        _text(_first(fields, "storyPoints", "customfield_10016", "customfield_10026")),
    ]


def _person(value: Any) -> str:
    return _text(_first(value, "name", "displayName")) if isinstance(value, dict) else _text(value)


def _links(entries: Iterable[Any]) -> list[str]:
    """``direction;type;key`` for each link."""
    found = []
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        for direction in ("inward", "outward"):
            other = entry.get(f"{direction}Issue")
            if isinstance(other, dict) and other.get("key"):
                found.append(f"{direction};{_text(entry.get('type'))};{other['key']}")
    return found


def _attachment(entry: Any) -> str:
    if not isinstance(entry, dict):
        return _text(entry)
    author = _person(entry.get("author")).replace(";", " ")
    name = _text(entry.get("filename")).replace(";", " ")
    return f"{_text(entry.get('created'))};{author};{name};{_text(entry.get('content'))}"


def plain_columns(records: Iterable[dict[str, Any]]) -> list[str]:
    """The members of some records in order of appearance; objects one level down as ``a.b``."""
    columns: dict[str, None] = {}
    for record in records:
        for name, value in record.items():
            if isinstance(value, dict) and not _text(value):
                columns.update(dict.fromkeys(f"{name}.{inner}" for inner in value))
            else:
                columns[name] = None
    return list(columns)


def plain_row(columns: list[str]) -> Callable[[dict[str, Any]], list[Cell]]:
    """A function that lays out records of no known kind under ``columns``."""

    def row(record: dict[str, Any]) -> list[Cell]:
        cells: list[Cell] = []
        for name in columns:
            value = record.get(name)
            if value is None and "." in name:
                outer, inner = name.split(".", 1)
                holder = record.get(outer)
                value = holder.get(inner) if isinstance(holder, dict) else None
            if isinstance(value, list):
                cells.append([text for text in map(_loose, value) if text])
            else:
                cells.append(_loose(value))
        return cells

    return row


def _loose(value: Any) -> str:
    """``_text``, and an object without a name as JSON."""
    text = _text(value) if not isinstance(value, list) else ""
    if text or not isinstance(value, dict | list) or not value:
        return text
    return json.dumps(value, ensure_ascii=False)[:2000]
