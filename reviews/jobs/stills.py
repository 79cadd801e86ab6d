"""The frames that notes on films point at, for the record of a round and beside the notes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from assets.jobs import stills
from assets.models import Version
from reviews.models import Note
from reviews.places import moment

#: How long after a note, or after an upload that took notes along, a sweep looks for stills that are not there.
LATE = timedelta(hours=1)
FILMS = Q(media_type__startswith="video/")


def make(version_id: int) -> int:
    """The stills of a film's notes that are not there yet; returns how many were made. Idempotent."""
    version = Version.objects.filter(FILMS, pk=version_id).first()
    if version is None:
        return 0
    anchors = Note.objects.filter(version=version, anchor__has_key="second").order_by("pk")
    places = anchors.values_list("anchor", flat=True)[: stills.MOST]
    return stills.make(version, [at for each in places if (at := moment(each)) is not None])


def sweep(now: datetime | None = None) -> None:
    """What a lost message left undone, and notes that went on to a version before it could be looked into."""
    since = (now or timezone.now()) - LATE
    recent = Q(review_notes__created_at__gte=since) | Q(uploaded_at__gte=since)
    films = Version.objects.filter(FILMS, recent, review_notes__isnull=False).distinct()
    for pk in films.order_by("pk").values_list("pk", flat=True)[:50]:
        make(pk)
