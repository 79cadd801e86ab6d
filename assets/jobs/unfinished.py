"""Uploads in parts that nobody goes on with are given up, and their bytes removed."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from assets.models import Upload
from assets.storage import store
from assets.vocabulary import UploadState

#: Since the last slice.
KEPT = timedelta(days=3)
#: Bytes whose row is done: a process that was killed between its commit and its tidying.
SETTLED = timedelta(minutes=10)


def give_up_unfinished(now: datetime | None = None) -> int:
    """Give up what was not touched for three days; remove bytes that no open upload needs. Returns how many files."""
    now = now or timezone.now()
    late = Upload.objects.filter(state=UploadState.OPEN, touched_at__lt=now - KEPT)
    late.update(state=UploadState.GIVEN_UP, touched_at=now)
    removed = 0
    for path, written in list(store().parts()):
        if written > (now - SETTLED).timestamp():
            continue
        with suppress(ValueError, OSError):
            if not Upload.objects.filter(pk=UUID(path.name), state=UploadState.OPEN).exists():
                path.unlink()
                removed += 1
    return removed
