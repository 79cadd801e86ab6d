"""What must always hold for digests: windows that follow each other, what was sent named, nothing left lying."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Max, Q

from core.invariants import Finding
from insights.models import Digest, DigestPreference
from insights.vocabulary import Cadence, DigestState

#: A claimed digest that nobody took up for so long: the sweep does not run.
LEFT_LYING = timedelta(minutes=10)


def findings(*, now: datetime | None = None) -> Iterator[Finding]:
    """Everything that is wrong; with ``now`` also what should have gone out long ago."""
    yield from _windows()
    yield from _covered()
    yield from _planned()
    if now is not None:
        yield from _left_lying(now)


def _windows() -> Iterator[Finding]:
    """Delivered windows of a person and product neither overlap nor run backwards."""
    delivered = Digest.objects.filter(
        Q(state=DigestState.SENT) | Q(state=DigestState.SKIPPED, through__isnull=False)
    ).order_by("user_id", "product_id", "through", "id")
    columns = (
        "id",
        "user_id",
        "product_id",
        "window_from",
        "window_to",
        "after",
        "through",
        "state",
        "message_id",
    )
    last: tuple[int, int, datetime, int] | None = None
    for pk, user, product, start, end, after, through, state, message in delivered.values_list(
        *columns
    ).iterator():
        if state == DigestState.SENT and not message:
            yield Finding("sent digests are named", f"digest {pk}", "it has no Message-ID")
        if start > end or after > through:
            yield Finding(
                "windows run forwards", f"digest {pk}", f"{start} to {end}, {after} to {through}"
            )
        if (
            last is not None
            and last[:2] == (user, product)
            and (start < last[2] or after < last[3])
        ):
            yield Finding(
                "windows do not overlap", f"digest {pk}", f"begins at {after}, before {last[3]}"
            )
        last = (user, product, end, through)


def _covered() -> Iterator[Finding]:
    """A preference covers at least what its digests delivered."""
    sent = Digest.objects.filter(state=DigestState.SENT).order_by("user_id", "product_id")
    reached = {
        (row["user_id"], row["product_id"]): row["reached"]
        for row in sent.values("user_id", "product_id").annotate(reached=Max("through"))
    }
    for preference in DigestPreference.objects.order_by("pk").iterator():
        through = reached.get((preference.user_id, preference.product_id), 0)
        if preference.covered_through < through:
            yield Finding(
                "what was sent is covered",
                f"preference {preference.pk}",
                f"covers up to {preference.covered_through}, {through} was sent",
            )


def _planned() -> Iterator[Finding]:
    """What is off has no next slot."""
    off = DigestPreference.objects.filter(cadence=Cadence.OFF, next_at__isnull=False)
    for pk in off.order_by("pk").values_list("pk", flat=True):
        yield Finding("what is off is not planned", f"preference {pk}", "it has a next digest")


def _left_lying(now: datetime) -> Iterator[Finding]:
    old = Digest.objects.filter(state=DigestState.PENDING, lease_until__lt=now - LEFT_LYING)
    for pk in old.order_by("pk").values_list("pk", flat=True):
        yield Finding(
            "nothing is left lying", f"digest {pk}", "claimed, and not sent for ten minutes"
        )
