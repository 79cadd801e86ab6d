"""Previews and parts of pictures, documents, films and sounds: made in a bounded process, claimed by a lease.

A version whose ``preview_state`` is due is claimed by a conditional update of its row; the lease's end is the name of
the claim. What is found is written, with the rows of the previews and the parts, in one transaction under that claim.
A process that breaks is tried again, three times in all; bytes that cannot be decoded are said to be so at once. Either
way the version gets all of its parts: where nobody could look inside, each is the whole file: any change counts.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import Product
from assets import media
from assets.jobs import parts
from assets.looking import run
from assets.models import Preview, Version
from assets.storage import Draft, store
from assets.vocabulary import PART_NAMES, PreviewState
from backlog import events
from core.uploads import NoRoom, TooLarge

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
#: How long a version rests after its process broke.
PAUSE = timedelta(minutes=1)
MOST_ATTEMPTS = 3
#: Seconds that one sweep goes on taking up more.
SWEPT_SECONDS = 100.0
PREVIEW_BYTES = 8_000_000


class LostLease(Exception):
    """Somebody else looks at the version now, or it is gone."""


def sweep() -> None:
    """Every version that is due and held by nobody, those that wait longest first."""
    until = time.monotonic() + SWEPT_SECONDS
    for pk in list(
        _free(timezone.now())
        .order_by("preview_lease_until", "pk")[:500]
        .values_list("pk", flat=True)
    ):
        look(pk)
        if time.monotonic() > until:
            return


def look(version_id: int) -> None:
    """Look into one version. Does nothing when it is not due, or held by somebody else."""
    claim = timezone.now() + LEASE
    claimed = _free(timezone.now()).filter(pk=version_id, preview_attempts__lt=MOST_ATTEMPTS)
    if not claimed.update(preview_lease_until=claim, preview_attempts=F("preview_attempts") + 1):
        _give_up(version_id)
        return
    version = Version.objects.select_related("product", "asset").get(pk=version_id)
    if version.kind not in run.BOUNDS:  # a text, or what is only given out: nothing is made of it
        _held(version, claim).update(preview_state=PreviewState.NONE, preview_lease_until=None)
        return
    try:
        path = store().path(version.product_id, version.sha256)
        decoder = "drawing" if version.media_type == media.SVG else version.kind
        with run.looked_at(path, decoder, version.media_type, store().temporary()) as answer:
            _write(version, claim, answer)
    except LostLease:
        return
    except (run.Broken, OSError, NoRoom, TooLarge) as error:
        logger.warning("Looking into version %s stopped: %s", version.pk, error)
        sentence = (
            str(error) if isinstance(error, run.Broken) else "The file cannot be read or written."
        )
        if version.preview_attempts >= MOST_ATTEMPTS:
            _refuse(version, claim, f"Tried {MOST_ATTEMPTS} times. {sentence}")
        else:
            _held(version, claim).update(preview_lease_until=timezone.now() + PAUSE)


def _free(now: datetime) -> QuerySet[Version]:
    free = Q(preview_lease_until=None) | Q(preview_lease_until__lt=now)
    return Version.objects.filter(free, preview_state=PreviewState.DUE)


def _held(version: Version, claim: datetime) -> QuerySet[Version]:
    return Version.objects.filter(
        pk=version.pk, preview_state=PreviewState.DUE, preview_lease_until=claim
    )


def _give_up(version_id: int) -> None:
    """A version whose last attempt was killed before it could say so."""
    spent = _free(timezone.now()).filter(pk=version_id, preview_attempts__gte=MOST_ATTEMPTS)
    version = spent.select_related("product", "asset").first()
    if version is not None:
        claim = timezone.now() + LEASE
        if spent.update(preview_lease_until=claim):
            _refuse(version, claim, f"Tried {MOST_ATTEMPTS} times. Each time the work was stopped.")


def _write(version: Version, claim: datetime, answer: run.Answer) -> None:
    """What was found, as rows. Raises LostLease, Broken, NoRoom; nothing stays then."""
    if answer.refused:
        _refuse(version, claim, answer.refused)
        return

    def settle() -> None:
        facts = {name: value for name, value in answer.facts.items() if value is not None}
        _finish(version, claim, PreviewState.READY, "", facts)
        version.previews.exclude(kind="still").delete()
        _know(version, answer.parts)

    keep(version, answer, settle)


def keep(version: Version, answer: run.Answer, settle: Callable[[], None] = lambda: None) -> int:
    """Rows and bytes of the previews that were made; ``settle`` is called in their transaction. Returns how many.

    Raises what ``settle`` raises, Broken and NoRoom; nothing stays then.
    """
    with ExitStack() as drafts:
        made = [
            (each, drafts.enter_context(_received(answer.bytes_of(each), each)))
            for each in answer.previews
        ]
        kept: list[str] = []
        try:
            with transaction.atomic():
                # whoever removes files that nobody needs holds the same lock
                Product.objects.select_for_update(no_key=True).get(pk=version.product_id)
                settle()
                for _, draft in made:
                    if store().keep(version.product_id, draft):
                        kept.append(draft.sha256)
                Preview.objects.bulk_create(
                    (_row(version, each, draft) for each, draft in made), ignore_conflicts=True
                )
        except BaseException:
            for sha256 in kept:
                store().remove(version.product_id, sha256)
            raise
    return len(made)


def _row(version: Version, made: run.Made, draft: Draft) -> Preview:
    return Preview(
        product_id=version.product_id,
        version=version,
        kind=made.kind,
        number=made.number,
        sha256=draft.sha256,
        size=draft.size,
        media_type=made.media_type,
        width=made.width,
        height=made.height,
    )


def _received(data: bytes, made: run.Made) -> AbstractContextManager[Draft]:
    """A preview on its way to its place, once it is what it says. Raises Broken."""
    if made.media_type == "application/json":
        try:
            data = json.dumps(json.loads(data)).encode()
        except (ValueError, RecursionError) as error:
            raise run.Broken("The decoder said something that it never says.") from error
    elif media.signature(data[: media.HEAD_BYTES]) != made.media_type:
        raise run.Broken("The decoder said something that it never says.")
    return store().received([data], limit=PREVIEW_BYTES)


def _refuse(version: Version, claim: datetime, sentence: str) -> None:
    with transaction.atomic():
        _finish(version, claim, PreviewState.FAILED, sentence[:300], {})
        _know(version, {})


def _finish(
    version: Version,
    claim: datetime,
    state: PreviewState,
    error: str,
    facts: Mapping[str, int | None],
) -> None:
    if not _held(version, claim).update(
        preview_state=state, preview_lease_until=None, preview_error=error, **facts
    ):
        raise LostLease


def _know(version: Version, found: Mapping[str, str]) -> None:
    """Write the parts, all of them, and say so."""
    names = PART_NAMES[version.kind]
    known = {name: found.get(name, version.sha256) for name in names if name != "bytes"}
    if parts.set_parts(version, known):
        events.publish(
            "version.parts_known",
            asset_id=version.asset_id,
            version_id=version.pk,
            now=timezone.now(),
        )
