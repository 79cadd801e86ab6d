"""Handing claimed digests to the mail server, one by one, each at most once.

``in_doubt`` is committed right before a mail goes, together with ``sent`` of the one before it: one commit a mail. A
worker that dies leaves at most two digests in doubt; they are not sent again, and their news come with the next one.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Exists, F, OuterRef

from accounts import demo
from accounts.models import Membership
from insights.jobs import refusals
from insights.jobs.writing import Desk, Draft
from insights.mail import body_digest, message, message_id
from insights.models import Digest, DigestPreference
from insights.vocabulary import Cadence, DigestState

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 5
#: After so many refusals in a row the digest rests until its person saves their wish again.
MOST_REFUSALS = 3


@dataclass
class Tally:
    """What a sweep did. ``waiting``: claimed, but the mail server was away or asked to come back later."""

    sent: int = 0
    skipped: int = 0
    failed: int = 0
    in_doubt: int = 0
    waiting: int = 0


class Courier:
    """Delivers over one connection, as long as a sweep lasts. ``tally`` counts what became of the digests."""

    def __init__(self, connection: Any) -> None:
        self.tally = Tally()
        self._connection = connection
        self._desk = Desk()
        self._delivered: tuple[Digest, DigestPreference, datetime] | None = None

    def deliver(self, claimed: Sequence[Digest], now: datetime) -> bool:
        """Send what was claimed; False when the mail server went away, after giving the rest back."""
        self._desk.lay_out(claimed, now)
        try:
            for at, digest in enumerate(claimed):
                if not refusals.ready(self._connection):
                    self.tally.waiting += give_back(claimed[at:], now)
                    return False
                self._deliver_safely(digest, now)
        finally:
            self._settle()
        return True

    def _deliver_safely(self, digest: Digest, now: datetime) -> None:
        """One that cannot be written must not keep the others from going out."""
        try:
            self._deliver(digest, now)
        except Exception:
            logger.exception("digest_not_written digest_id=%s", digest.pk)
            put_off(digest, now, "It could not be written.", of=DigestState.PENDING)
            self.tally.failed += 1

    def _deliver(self, digest: Digest, now: datetime) -> None:
        preference = self._desk.preference_of(digest)
        if preference is None or demo.is_locked_out(preference.user):
            self._skip(digest, "Not wanted any more.")
            return
        draft = self._desk.write(digest, preference)
        if draft.content.quiet:
            if self._hand_over(digest, draft, DigestState.SKIPPED):
                cover(preference, draft.window_to, draft.through)
                self.tally.skipped += 1
            else:
                self._skip(digest, "Not wanted any more.")
            return
        mail = message(draft.content, draft.written, preference, digest)
        digest.message_id, digest.body_sha256 = message_id(digest), body_digest(mail)
        if not self._hand_over(digest, draft, DigestState.IN_DOUBT):
            self._skip(digest, "Not wanted any more, or not a member any more.")
            return
        self._send(mail, digest, preference, now)

    def _hand_over(self, digest: Digest, draft: Draft, state: str) -> bool:
        """The last step before the mail goes: the row is still ours, its reader still may and wants to have it.

        One statement, so that a right taken away or an unsubscription right before it counts (T31).
        """
        digest.window_from, digest.window_to = draft.window_from, draft.window_to
        digest.after, digest.through = draft.after, draft.through
        membership = Membership.objects.filter(
            product=OuterRef("product"),
            user=OuterRef("user"),
            user__is_active=True,
            role__in=self._desk.receiving[digest.product_id],
        )
        wish = DigestPreference.objects.filter(product=OuterRef("product"), user=OuterRef("user"))
        mine = Digest.objects.filter(
            pk=digest.pk,
            state=DigestState.PENDING,
            lease_until=digest.lease_until,
            attempts=digest.attempts,
        )
        with transaction.atomic():
            self._settle()
            taken = mine.filter(
                Exists(membership), Exists(wish.exclude(cadence=Cadence.OFF))
            ).update(
                state=state,
                window_from=digest.window_from,
                window_to=digest.window_to,
                after=digest.after,
                through=digest.through,
                message_id=digest.message_id,
                body_sha256=digest.body_sha256,
            )
        return bool(taken)

    def _send(
        self,
        mail: EmailMultiAlternatives,
        digest: Digest,
        preference: DigestPreference,
        now: datetime,
    ) -> None:
        try:
            accepted = self._connection.send_messages([mail])
        except (OSError, SMTPException, ValueError) as error:
            self._refused(error, digest, preference, now)
            return
        if not accepted:
            end(digest, DigestState.FAILED, "The mail has no receiver.", of=DigestState.IN_DOUBT)
            self.tally.failed += 1
            return
        self._delivered = (digest, preference, now)
        self.tally.sent += 1

    def _settle(self) -> None:
        """Write down that the last mail was taken: its digest is sent, the next one begins behind it."""
        if self._delivered is None:
            return
        digest, preference, now = self._delivered
        with transaction.atomic(savepoint=False):
            Digest.objects.filter(pk=digest.pk, state=DigestState.IN_DOUBT).update(
                state=DigestState.SENT, sent_at=now, trouble=""
            )
            cover(preference, digest.window_to, digest.through)
        self._delivered = None

    def _skip(self, digest: Digest, trouble: str) -> None:
        end(digest, DigestState.SKIPPED, trouble)
        self.tally.skipped += 1

    def _refused(
        self, error: Exception, digest: Digest, preference: DigestPreference, now: datetime
    ) -> None:
        """What a failed handing over means: certainly not sent (for now, or for good), or nobody knows."""
        answer = refusals.read(error)
        logger.warning("digest_refused digest_id=%s answer=%s: %s", digest.pk, answer.value, error)
        trouble = f"{type(error).__name__}: {error}"[:200]
        if answer is refusals.Answer.UNKNOWN:
            end(digest, DigestState.IN_DOUBT, trouble, of=DigestState.IN_DOUBT)
            self.tally.in_doubt += 1
        elif answer is refusals.Answer.LATER and digest.attempts < MOST_ATTEMPTS:
            put_off(digest, now, trouble, of=DigestState.IN_DOUBT)
            self.tally.waiting += 1
        else:
            end(digest, DigestState.FAILED, trouble, of=DigestState.IN_DOUBT)
            self.tally.failed += 1
        if answer is refusals.Answer.NO_SUCH_ADDRESS:
            mine = DigestPreference.objects.filter(pk=preference.pk)
            mine.update(refusals=F("refusals") + 1)
            mine.filter(refusals__gte=MOST_REFUSALS).update(next_on=None, next_at=None)


def cover(preference: DigestPreference, until: datetime | None, through: int | None) -> None:
    """The news up to here are delivered (or there were none): the next digest begins behind them."""
    DigestPreference.objects.filter(pk=preference.pk, covered_through__lte=through or 0).update(
        covered_until=until, covered_through=through, refusals=0
    )


def end(digest: Digest, state: str, trouble: str, *, of: str = DigestState.PENDING) -> None:
    """Bring a digest from the state ``of`` to its last one."""
    Digest.objects.filter(pk=digest.pk, state=of).update(state=state, trouble=trouble)


def put_off(digest: Digest, now: datetime, trouble: str, *, of: str) -> None:
    """Back to waiting, longer after each try: one, two, four, eight minutes."""
    pause = timedelta(minutes=2 ** (digest.attempts - 1))
    Digest.objects.filter(pk=digest.pk, state=of).update(
        state=DigestState.PENDING, lease_until=now + pause, trouble=trouble
    )


def give_back(digests: Sequence[Digest], now: datetime) -> int:
    """Unclaim what was not begun, so that the next sweep may take it at once; not counted as a try."""
    return sum(
        Digest.objects.filter(
            pk=digest.pk, state=DigestState.PENDING, lease_until=digest.lease_until
        ).update(lease_until=now, attempts=F("attempts") - 1)
        for digest in digests
    )
