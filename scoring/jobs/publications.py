"""A published rubric brought to every open item, chunk by chunk, as of the instant of the preview.

State lives in ``Publication``: how far it has come. Nothing is marked first, which would cost as much as the scores
themselves; a killed worker leaves its place, and the next sweep goes on. Of two at once each item is written by one
(``summaries.write_scores``), and the place only moves forward.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
from django.db.models import Max
from django.utils import timezone

from core import columns
from scoring.current import rubric_numbered
from scoring.engine import epoch_microseconds
from scoring.jobs import rescore
from scoring.models import Publication, RubricVersion


def apply_publications(*, now: datetime | None = None) -> int:
    """Go on with every publication that is not done yet, oldest first; returns items rescored.

    First all scores, since people wait for them; then the history of those that still stand.
    """
    waiting = Publication.objects.filter(kept_at__isnull=True).order_by("version_id")
    rows = list(waiting.select_related("version__product"))
    done = sum(apply(row, now=now, keep=False) for row in rows)
    for row in rows:
        _keep(row, now)
    return done


def apply(publication: Publication, *, now: datetime | None = None, keep: bool = True) -> int:
    """Score what this version has not scored yet; returns items rescored. ``keep``: with their history at once.

    An item whose inputs changed after the instant of the preview is scored at the present one. A version that was
    followed by another has nothing left to do.
    """
    version = publication.version
    done = 0
    as_of = epoch_microseconds(publication.as_of)
    mine = Publication.objects.filter(pk=publication.pk)
    last = publication.applied_to
    while publication.applied_at is None and _in_force(version):
        rows = _chunk(version.product_id, last)
        if not len(rows["id"]):
            break
        left = rows["version"] != version.number
        since = np.maximum(rows["scored"], rows["stale"]) > as_of
        for chosen, at, kept in (
            (left & ~since, publication.as_of, keep),
            (left & since, now or timezone.now(), True),
        ):
            ids = rows["id"][chosen].tolist()
            if ids:
                rescore.rescore_items(
                    product_id=version.product_id, item_ids=ids, now=at, keep=kept
                )
                done += len(ids)
        last = int(rows["id"][-1])
        mine.filter(applied_to__lt=last).update(applied_to=last)
    at = now or timezone.now()
    mine.filter(applied_at__isnull=True).update(applied_at=at)
    if keep:
        mine.filter(kept_at__isnull=True).update(kept_at=at)
    return done


def _keep(publication: Publication, now: datetime | None) -> None:
    version = publication.version
    mine = Publication.objects.filter(pk=publication.pk)
    rubric = rubric_numbered(version.product, version.number)
    last = publication.kept_to
    while rubric is not None and _in_force(version):
        rows = _chunk(version.product_id, last)
        if not len(rows["id"]):
            break
        ids = rows["id"][rows["version"] == version.number].tolist()
        rescore.keep_scores(
            product_id=version.product_id,
            number=version.number,
            rubric=rubric,
            item_ids=ids,
            at=publication.as_of,
        )
        last = int(rows["id"][-1])
        mine.filter(kept_to__lt=last).update(kept_to=last)
    mine.filter(kept_at__isnull=True).update(kept_at=now or timezone.now())


def _in_force(version: RubricVersion) -> bool:
    newest = RubricVersion.objects.filter(product_id=version.product_id)
    return bool(newest.aggregate(number=Max("number"))["number"] == version.number)


def _chunk(product_id: int, last: int) -> dict[str, columns.Array]:
    """The next open items behind the id ``last``, with the version, instant and stale mark of their scores."""
    return columns.read(
        {
            "id": columns.whole("item_id"),
            "version": columns.whole("coalesce(rubric_version, 0)"),
            "scored": columns.instant("scored_at", null=True),
            "stale": columns.instant("stale_since", null=True),
        },
        "FROM backlog_itemsummary WHERE product_id = %s AND is_open AND queue_kind <> ''"
        f" AND item_id > %s ORDER BY item_id LIMIT {rescore.CHUNK}",
        [product_id, last],
    )
