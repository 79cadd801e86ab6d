"""Links by which people without an account see one round: made, recognised, ended, and what a guest may do with one."""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.services import limits
from assets.models import Asset
from backlog.services import changes
from core import text
from core.errors import Conflict, Invalid, NotFound, TooMany
from reviews.models import GuestLink, Note, ReviewCycle
from reviews.services.notes import add_guest_note
from reviews.vocabulary import CycleState

LONGEST_DAYS = 90
PASSWORD_SHORTEST = 8
#: Wrong passwords after which a link is locked: first for an hour, each time twice as long, at most a day. In the 90
#: days that a link lives these are under a thousand tries, which cannot guess 8 characters.
WRONG_PASSWORDS = 10
SHORTEST_LOCK = timedelta(hours=1)
LONGEST_LOCK = timedelta(days=1)
#: Links to one round that may be alive at once.
LIVE_LINKS = 50
NOTES_WINDOW = timedelta(hours=1)
NOTES_PER_GUEST = 60
ADDRESS_WINDOW = timedelta(minutes=30)
TRIES_PER_ADDRESS = 50
#: A visit is written at most this often, so that looking at pictures does not write each time.
VISIT_EVERY = timedelta(minutes=5)


class LinkEnded(NotFound):
    """Expired, revoked, or its round was withdrawn. ``who`` made it and can be asked."""

    code = "link_ended"

    def __init__(self, who: str = "") -> None:
        super().__init__("This link has ended.")
        self.who = who


@dataclass(frozen=True)
class Invited:
    """A new link. ``url`` holds the secret and can be seen only now."""

    link: GuestLink
    url: str


def invite(
    *,
    actor: Actor,
    cycle: ReviewCycle,
    name: str,
    email: str = "",
    days: int = 14,
    password: str = "",
    may_comment: bool = False,
    may_download: bool = False,
    now: datetime | None = None,
) -> Invited:
    """Let somebody without an account see this round for ``days`` (1 to 90). Raises Invalid, Conflict, NotAllowed."""
    right = rights.require(actor, "review.invite", cycle.product)
    name, email = text.one_line(name), text.one_line(email).lower()
    problems = _problems(name, email, days, password)
    if problems:
        raise Invalid("The link was not made.", fields=problems)
    now = now or timezone.now()
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        locked = ReviewCycle.objects.select_for_update().get(pk=cycle.pk)
        if locked.state == CycleState.WITHDRAWN:
            raise Conflict("This review was withdrawn, so nobody can be invited to it.")
        if live(cycle, now).count() >= LIVE_LINKS:
            raise Conflict(f"{LIVE_LINKS} links to this review are alive. End one of them first.")
        link = GuestLink.objects.create(
            product=cycle.product,
            cycle=cycle,
            name=name,
            email=email,
            secret_hash=digest(secret),
            password=make_password(password) if password else "",
            may_comment=may_comment,
            may_download=may_download,
            expires_at=now + timedelta(days=days),
            made_by=actor.person,
            made_at=now,
        )
        fields = {
            "guest": (None, name),
            "email": (None, email),
            "expires_at": (None, link.expires_at),
            "may_comment": (None, may_comment),
            "may_download": (None, may_download),
            "password": (None, "set" if password else "none"),
        }
        _record(actor, link, "review.guest_invited", fields, right, now)
    return Invited(link, settings.SITE_URL + reverse("guest", args=[secret]))


def _problems(name: str, email: str, days: int, password: str) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    if not name or len(name) > 120:
        problems["name"] = ["Say who the link is for, in at most 120 characters."]
    if email:
        try:
            validate_email(email)
        except ValidationError:
            problems["email"] = ["Enter an e-mail address, such as name@example.org."]
    if not 1 <= days <= LONGEST_DAYS:
        problems["days"] = [f"Choose between 1 and {LONGEST_DAYS} days."]
    if password and not PASSWORD_SHORTEST <= len(password) <= 128:
        problems["password"] = [f"Use {PASSWORD_SHORTEST} to 128 characters, or none."]
    return problems


@transaction.atomic
def revoke(*, actor: Actor, link: GuestLink, now: datetime | None = None) -> None:
    """End a link; the next request with it is refused. Twice does no harm. Raises NotAllowed."""
    right = rights.require(actor, "review.invite", link.product)
    now = now or timezone.now()
    ended = GuestLink.objects.filter(pk=link.pk, revoked_at=None)
    if ended.update(revoked_at=now, revoked_by=actor.user):
        fields = {"revoked_at": (None, now), "guest": (link.name, link.name)}
        _record(actor, link, "review.guest_revoked", fields, right, now)


def _record(
    actor: Actor, link: GuestLink, verb: str, fields: dict[str, Any], right: str, now: datetime
) -> None:
    entry = changes.Entry(verb, link, link.cycle.asset.item, fields, right=right)
    changes.record(actor=actor, product=link.product, entries=[entry], now=now)


def live(cycle: ReviewCycle, now: datetime) -> QuerySet[GuestLink]:
    """The links of a round that let somebody in at ``now``."""
    return GuestLink.objects.filter(cycle=cycle, revoked_at=None, expires_at__gt=now)


def link_of(secret: str, now: datetime | None = None) -> GuestLink:
    """The live link that ``secret`` names, with its round and version. Raises NotFound, LinkEnded. One query."""
    found = (
        GuestLink.objects.filter(secret_hash=digest(secret))
        .select_related("product", "made_by", "cycle__version", "cycle__asset__item")
        .first()
    )
    if found is None:
        raise NotFound
    now = now or timezone.now()
    withdrawn = found.cycle.state == CycleState.WITHDRAWN
    if found.revoked_at is not None or found.expires_at <= now or withdrawn:
        raise LinkEnded(str(found.made_by))
    cycle = found.cycle
    cycle.product = cycle.asset.product = cycle.asset.item.product = found.product
    cycle.version.asset = cycle.asset
    return found


def visited(link: GuestLink, now: datetime | None = None) -> None:
    """Note a visit, at most one in five minutes."""
    now = now or timezone.now()
    if link.last_used_at is None or link.last_used_at < now - VISIT_EVERY:
        unseen = Q(last_used_at=None) | Q(last_used_at__lt=now - VISIT_EVERY)
        rows = GuestLink.objects.filter(unseen, pk=link.pk)
        rows.update(last_used_at=now, visits=F("visits") + 1)


def unlock(*, link: GuestLink, password: str, address: str, now: datetime | None = None) -> None:
    """Check a guest's password. A try counts, with its row locked, before it is looked at: parallel ones all do.

    Raises TooMany while the link is locked or the address tries too much, Invalid for a wrong password.
    """
    now = now or timezone.now()
    if limits.count(f"guest address {address}", ADDRESS_WINDOW, now) > TRIES_PER_ADDRESS:
        raise TooMany("Too many tries from here. Wait half an hour.", code="too_many_tries")
    rows = GuestLink.objects.filter(pk=link.pk)
    with transaction.atomic():
        row = rows.select_for_update().get()
        until = row.locked_until
        if until is None or until <= now:
            times, left = divmod(row.failures + 1, WRONG_PASSWORDS)
            row.failures += 1
            row.locked_until = now + lock_of(times) if left == 0 else None
            row.save(update_fields=["failures", "locked_until"])
            until = None
    if until is not None:
        minutes = math.ceil((until - now) / timedelta(minutes=1))
        raise TooMany(
            f"Too many wrong passwords: this link is locked for {_long(minutes)}. Wait, or ask {link.made_by} for a new"
            " one.",
            code="link_locked",
        )
    if not check_password(password[:128], link.password):
        raise Invalid(
            "This is not the password of the link.",
            code="wrong_password",
            fields={"password": ["This is not the password of the link."]},
        )
    rows.update(failures=0, locked_until=None)


def lock_of(times: int) -> timedelta:
    """How long a link is locked for the ``times``-th time (from 1) without a right password between."""
    return min(LONGEST_LOCK, SHORTEST_LOCK * (1 << min(times - 1, 10)))


def _long(minutes: int) -> str:
    if minutes < 90:
        return f"{minutes} minute{'' if minutes == 1 else 's'}"
    return f"{math.ceil(minutes / 60)} hours"


def pass_of(link: GuestLink) -> str:
    """What a browser that knew the password carries: it ends with the password and the link."""
    return f"{link.pk}:{hashlib.sha256(link.password.encode()).hexdigest()[:32]}"


@transaction.atomic
def note(
    *, link: GuestLink, body: str, anchor: Mapping[str, Any] | None, now: datetime | None = None
) -> Note:
    """A guest's remark on the version of the round. Raises Invalid, Conflict, TooMany, NotFound without the right.

    The asset is locked as for a verdict, then the link: whoever revokes it waits for this remark, or this remark finds
    it revoked. What the clock says is asked after the wait for both: a link can expire in it.
    """
    if not link.may_comment:
        raise NotFound
    Asset.objects.locked(link.cycle.asset_id)
    row = GuestLink.objects.select_for_update().get(pk=link.pk)
    now = now or timezone.now()
    if row.revoked_at is not None or row.expires_at <= now:
        raise LinkEnded(str(link.made_by))
    if not ReviewCycle.objects.filter(pk=link.cycle_id, state=CycleState.OPEN).exists():
        raise Conflict("This review is closed, so nothing can be added. Your text was not saved.")
    if limits.count(f"guest notes {link.pk}", NOTES_WINDOW, now) > NOTES_PER_GUEST:
        raise TooMany("That is many remarks in an hour. Go on a little later.")
    return add_guest_note(link=link, body=body, anchor=anchor, now=now)


def digest(secret: str) -> str:
    """What is stored of a secret."""
    pepper = hashlib.sha256(b"ballast guest link" + settings.SECRET_KEY.encode()).digest()
    return hmac.new(pepper, secret.encode(errors="replace"), hashlib.sha256).hexdigest()
