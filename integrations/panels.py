"""Where an import found an item: on its page and in its API detail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accounts.actors import Actor
from backlog.models import Item
from backlog.panels import Panel
from integrations.models import ImportedRecord


def source(*, actor: Actor, item: Item) -> Panel | None:
    """The record elsewhere, and what of it has no field here."""
    record = ImportedRecord.objects.filter(item=item).order_by("pk").first()
    if record is None:
        return None
    return Panel(
        key="source",
        title="From the import",
        template="integrations/_source.html",
        context={"record": record, "url": web_address(record.url), "facts": _facts(record.extra)},
        place="facts",
    )


def web_address(url: str) -> str:
    """``url`` where a browser may follow it, else nothing: a file may say ``javascript:``."""
    return url if url.startswith(("https://", "http://")) else ""


def _facts(extra: dict[str, Any]) -> list[dict[str, Any]]:
    """Lines of name and ``values``, ``at`` (an instant) or ``files`` (name, url)."""
    facts: list[dict[str, Any]] = []
    for name, value in extra.items():
        if name == "attachments":
            files = [{"name": each["name"], "url": web_address(each["url"])} for each in value]
            facts.append({"name": name, "files": files})
        elif name == "updated":
            facts.append({"name": name, "at": datetime.fromisoformat(value)})
        elif name != "columns":
            facts.append({"name": name, "values": _many(value)})
    columns = extra.get("columns", {})
    return facts + [{"name": name, "values": _many(value)} for name, value in columns.items()]


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def item_detail(*, actor: Actor, item: Item) -> dict[str, Any]:
    """``source`` in the item's API detail; null for items made here."""
    record = ImportedRecord.objects.filter(item=item).order_by("pk").first()
    if record is None:
        return {"source": None}
    return {
        "source": {
            "key": record.external_key or None,
            "id": record.external_id or None,
            "url": record.url or None,
            "imported_at": record.imported_at,
            "extra": record.extra,
        }
    }
