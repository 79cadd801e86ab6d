"""Files that nobody needs: what a killed process left behind between writing the bytes and writing the row."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Product
from assets.models import Preview, Version
from assets.storage import store

#: Younger ones may belong to an upload that is still running.
OLDER_THAN = timedelta(hours=24)


def remove_leftovers(now: datetime | None = None) -> int:
    """Remove old temporary files, and old files without a version; returns how many. Idempotent."""
    before = ((now or timezone.now()) - OLDER_THAN).timestamp()
    removed = 0
    for path, written in list(store().drafts()):
        if written < before:
            with suppress(OSError):
                path.unlink()
                removed += 1
    for pk in Product.objects.order_by("pk").values_list("pk", flat=True):
        removed += _remove_unneeded(pk, before)
    return removed


@transaction.atomic
def _remove_unneeded(product_id: int, before: float) -> int:
    """The product's row is the lock that an upload takes before it puts a file in its place."""
    old = [sha256 for sha256, written in store().listing(product_id) if written < before]
    if not old:
        return 0
    Product.objects.select_for_update(no_key=True).get(pk=product_id)
    needed = {
        sha256
        for model in (Version, Preview)
        for sha256 in model.objects.filter(product_id=product_id).values_list("sha256", flat=True)
    }
    unneeded = [sha256 for sha256 in old if sha256 not in needed]
    for sha256 in unneeded:
        store().remove(product_id, sha256)
    return len(unneeded)
