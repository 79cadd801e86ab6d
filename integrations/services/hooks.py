"""Webhooks that come in: addresses made, their secrets changed, messages taken once (R137, T10)."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor, Via
from accounts.models import Product
from backlog.services import changes
from core import text
from core.errors import Conflict, DomainError, Invalid, NotAllowed
from integrations import signing
from integrations.models import Hook, HookDelivery

#: For so long the secret before the newest is still taken.
OVERLAP = timedelta(days=1)
#: Requests that are not signed well are noted at most this often: anybody can send them.
NOTED_EVERY = timedelta(seconds=10)
_ID = re.compile(r"[!-~]{1,100}")


@transaction.atomic
def make_hook(
    *, actor: Actor, product: Product, source: str, now: datetime | None = None
) -> tuple[Hook, str]:
    """A new address for one source, and its secret, which is seen only now. Raises Invalid, Conflict, NotAllowed."""
    right = rights.require(actor, "hook.make", product)
    source = text.one_line(source)
    if not source or len(source) > 40:
        raise Invalid(
            "The address was not made.", fields={"source": ["Name the system in 1 to 40 letters."]}
        )
    now = now or timezone.now()
    try:
        with transaction.atomic():
            hook = Hook.objects.create(
                product=product,
                source=source,
                public_id=secrets.token_urlsafe(18),
                nonce=secrets.token_urlsafe(18),
                made_by=actor.person,
                made_at=now,
            )
    except IntegrityError as error:
        raise Conflict(
            f"There is an address for {source} already. Change its secret, or withdraw it first.",
            code="hook_exists",
        ) from error
    _record(actor, hook, "hook.made", right, now)
    return hook, signing.as_secret(_key(hook, hook.nonce))


@transaction.atomic
def change_secret(*, actor: Actor, hook: Hook, now: datetime | None = None) -> str:
    """A new secret, which can be seen only now; the one before is taken for a day more.

    By whoever made the address alone: what is sent acts with their rights. Raises Conflict, NotAllowed.
    """
    right = rights.require(actor, "hook.make", hook.product)
    if actor.user != hook.made_by:
        raise NotAllowed(
            f"What comes in here acts with the rights of {hook.made_by}, who alone can change the secret. Withdraw the"
            " address and make one of your own."
        )
    now = now or timezone.now()
    values = {
        "nonce": secrets.token_urlsafe(18),
        "former_nonce": hook.nonce,
        "former_until": now + OVERLAP,
    }
    if not Hook.objects.filter(pk=hook.pk, nonce=hook.nonce, revoked_at=None).update(**values):
        raise Conflict("It was changed or withdrawn a moment ago.", code="changed")
    for name, value in values.items():
        setattr(hook, name, value)
    _record(actor, hook, "hook.secret_changed", right, now)
    return signing.as_secret(_key(hook, hook.nonce))


@transaction.atomic
def revoke_hook(*, actor: Actor, hook: Hook, now: datetime | None = None) -> None:
    """Close an address for good; what came in stays. Raises Conflict, NotAllowed."""
    right = rights.require(actor, "hook.make", hook.product)
    now = now or timezone.now()
    live = Hook.objects.filter(pk=hook.pk, revoked_at=None)
    if not live.update(revoked_at=now, revoked_by=actor.person):
        raise Conflict("It was withdrawn already.", code="withdrawn")
    _record(actor, hook, "hook.revoked", right, now)


def recognise(
    *,
    public_id: str,
    message_id: str,
    timestamp: str,
    signatures: str,
    body: bytes,
    now: datetime | None = None,
) -> Hook | None:
    """The live address that this message is signed for; None for anything else, which its page tells. One query."""
    now = now or timezone.now()
    hook = (
        Hook.objects.filter(public_id=public_id, revoked_at=None)
        .select_related("product", "made_by")
        .first()
    )
    said = int(timestamp) if timestamp.isascii() and timestamp.isdecimal() else 0
    said = min(said, 1 << 40)
    fits = signing.fits(_keys(hook, now), message_id, said, body, signatures)
    why = ""
    if not _ID.fullmatch(message_id):
        why = "webhook-id is missing, or longer than 100 characters."
    elif not signing.in_time(said, now):
        why = "webhook-timestamp is missing, or more than five minutes off."
    elif not fits:
        why = "webhook-signature fits no secret of this address."
    if hook is None or not why:
        return hook
    recently = Q(turned_away_at__gt=now - NOTED_EVERY)
    Hook.objects.filter(pk=hook.pk).exclude(recently).update(
        turned_away_at=now, turned_away_why=why
    )
    return None


def receive(
    *,
    hook: Hook,
    message_id: str,
    take: Callable[[Actor], dict[str, Any]],
    request_id: str = "",
    now: datetime | None = None,
) -> tuple[HookDelivery, bool]:
    """Carry a message out once: ``take`` does what it says as whoever made the address, and gives the answer.

    What came before under the same id, and was taken, is answered as it was (True), and nothing is done. Raises
    DomainError as ``take`` does, and NotAllowed when the maker is gone; nothing is stored then but the reason.
    """
    now = now or timezone.now()
    actor = Actor(hook.made_by, Via.HOOK, request_id=request_id)
    try:
        with transaction.atomic():
            rows = HookDelivery.objects.select_for_update()
            row, made = rows.get_or_create(
                hook=hook, message_id=message_id, defaults={"received_at": now}
            )
            if not made:
                rows.filter(pk=row.pk).update(times=F("times") + 1)
            if row.accepted:
                return row, True
            if actor.role_in(hook.product) is None:
                raise NotAllowed(
                    f"{hook.made_by}, who made this address, is no longer a member of {hook.product.name}, or their"
                    " account is closed. Somebody who is has to make a new one.",
                    code="maker_gone",
                )
            row.answer, row.status, row.received_at = take(actor), 201, now
            row.save(update_fields=["answer", "status", "received_at"])
            return row, False
    except DomainError as error:
        _refused(hook, message_id, error, now)
        raise


def _refused(hook: Hook, message_id: str, error: DomainError, now: datetime) -> None:
    """Keep why a message was not taken, unless it was in the meantime. Two queries."""
    values = {
        # as core.api.errors answers it
        "status": 400 if isinstance(error, Invalid) else error.status,
        "answer": {"detail": error.detail, "fields": dict(list(error.fields.items())[:20])},
        "received_at": now,
    }
    with transaction.atomic():
        row, made = HookDelivery.objects.get_or_create(
            hook=hook, message_id=message_id, defaults=values
        )
        if not made and not row.accepted:
            HookDelivery.objects.filter(pk=row.pk).exclude(status=201).update(
                **values, times=F("times") + 1
            )


def _keys(hook: Hook | None, now: datetime) -> list[bytes]:
    """The keys that are taken now; for no address one that fits nothing, so that both take as long."""
    if hook is None:
        return [secrets.token_bytes(32)]
    former = hook.former_until is not None and hook.former_until > now
    nonces = [hook.nonce, *([hook.former_nonce] if former else [])]
    return [_key(hook, nonce) for nonce in nonces]


def _key(hook: Hook, nonce: str) -> bytes:
    pepper = hashlib.sha256(b"ballast webhook in" + settings.SECRET_KEY.encode()).digest()
    return hmac.digest(pepper, f"{hook.public_id} {nonce}".encode(), hashlib.sha256)


def _record(actor: Actor, hook: Hook, verb: str, right: str, now: datetime) -> None:
    fields = {"source": (None, hook.source)}
    entry = changes.Entry(verb, hook, None, fields, right=right)
    changes.record(actor=actor, product=hook.product, entries=[entry], now=now)
