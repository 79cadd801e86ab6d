"""Stills of films, made in the bounded process: what was to be seen at the moments that somebody speaks of."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from assets.jobs import previews
from assets.looking import run
from assets.models import Version
from assets.storage import store
from assets.vocabulary import AssetKind, PreviewState
from core.uploads import NoRoom, TooLarge

logger = logging.getLogger(__name__)

#: Stills of one version.
MOST = 100


def make(version: Version, moments: Iterable[int]) -> int:
    """Keep a still of each moment (milliseconds) that has none; returns how many were made. Idempotent.

    Nothing is made of what is no film, or could not be looked into.
    """
    if version.kind != AssetKind.VIDEO or version.preview_state != PreviewState.READY:
        return 0
    there = set(version.previews.filter(kind="still").values_list("number", flat=True))
    wanted = sorted(set(moments) - there)[: MOST - len(there)]
    if not wanted:
        return 0
    path, at = store().path(version.product_id, version.sha256), ",".join(map(str, wanted))
    try:
        with run.looked_at(path, "stills", version.media_type, store().temporary(), at) as answer:
            return previews.keep(version, answer)
    except (run.Broken, OSError, NoRoom, TooLarge) as error:
        logger.warning("Stills of version %s: %s", version.pk, error)
        return 0
