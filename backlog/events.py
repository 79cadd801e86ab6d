"""Announcements to the apps above, by dotted path: events point up, imports point down.

``config/wiring.py`` says who listens. ``INLINE`` listeners run inside the transaction (and may refuse by raising);
``EVENTS`` listeners are Celery tasks, enqueued on commit.

========================  ===========================================  =================================================
event                     payload                                      announced when
========================  ===========================================  =================================================
changes.recorded          product_id, changes                          rows were added to the change log
product.created           product_id, now                              a product was made
item.inputs_changed       product_id, item_ids, now                    something that a priority is made from changed
item.planning_changed     actor, product, changed, now                 cycle, effort or queue of items changed
item.merged               source_id, target_id, now                    an item was merged into another
item.unmerged             source_id, target_id                         a merge was undone
item.split                source_id, part_ids, actor_id, now           an item was split into parts
item.deleted              item_ids                                     an undo is about to delete what an import made
version.uploaded          asset_id, version_id, now                    an asset got a version, its first one too
version.parts_known       asset_id, version_id, now                    a worker found the hashes of a version's parts
version.published         asset_id, version_id, now                    a version came into force
version.approved          asset_id, version_id                         the last stage of a review approved a version
version.unapproved        asset_id, version_id, now                    an approval became void or was revoked
target.broken             product_id, item_id, breach_id, kind,        a placed version misses its target, or by another
                          magnitude, note, occurred_at, now            figure than was said
target.mended             product_id, breach_id, why, now              it holds again, or nothing says that it does not
brief.signed              brief_id, number, now                        a version of a brief was signed off
session.announced         session_id                                   a refinement session's calendar entry changed
========================  ===========================================  =================================================

``now`` is the instant of the change; a listener that is not told takes the present one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from backlog.models import Item
from core.queueing import enqueue_on_commit


@dataclass(frozen=True)
class PlanningChange:
    """What changed of an item that a plan may hold: ``fields`` maps a field to (before, after)."""

    item: Item
    fields: Mapping[str, tuple[Any, Any]]
    reason: str = ""


def publish(name: str, **payload: object) -> None:
    """Run the inline listeners of ``name`` now, and enqueue its tasks for after the commit."""
    for path in import_string(f"{settings.WIRING}.INLINE").get(name, ()):
        import_string(path)(**payload)
    for task in import_string(f"{settings.WIRING}.EVENTS").get(name, ()):
        enqueue_on_commit(task, payload)
