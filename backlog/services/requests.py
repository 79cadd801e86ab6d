"""Asking somebody who may decide, and the answer: carried out, or declined with a reason (N10)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog.askable import Asked, askable
from backlog.models import Decision, Request
from backlog.services import changes, decisions
from core import text
from core.errors import Conflict, Invalid, NotAllowed

#: So many of one person's requests may wait in a product.
WAITING_LIMIT = 20
_PAYLOAD_LIMIT = 10_000


def read(*, actor: Actor, product: Product, verb: str, payload: Mapping[str, Any]) -> Asked:
    """What would be asked for, in words. Writes nothing. Raises Invalid, NotAllowed."""
    rights.require(actor, "request.make", product)
    if len(json.dumps(payload, default=str)) > _PAYLOAD_LIMIT:
        raise Invalid("This request is too long.", fields={"payload": ["It is too long."]})
    return askable(verb).read(actor, product, text.tidy_data(dict(payload)))


@transaction.atomic
def ask(
    *,
    actor: Actor,
    product: Product,
    verb: str,
    payload: Mapping[str, Any],
    reason: str,
    now: datetime | None = None,
) -> Request:
    """Put a wish before those who hold its right. Raises Invalid (no reason, not understood), Conflict, NotAllowed."""
    right = rights.require(actor, "request.make", product)
    asked = read(actor=actor, product=product, verb=verb, payload=payload)
    reason = text.one_line(reason)[:500]
    if not reason:
        raise Invalid(
            "Say why, so that somebody can decide.", fields={"reason": ["A reason is needed."]}
        )
    if rights.allowed(actor, asked.right, product):
        raise Conflict("You may do this yourself; there is nobody to ask.", code="allowed_already")
    waiting = Request.objects.filter(
        product=product, asked_by=actor.person, state=Request.State.WAITING
    )
    if waiting.filter(verb=verb, summary=asked.summary).exists():
        raise Conflict("You have asked for this already, and it waits.", code="asked_already")
    if waiting.count() >= WAITING_LIMIT:
        raise Conflict(
            f"{WAITING_LIMIT} of your requests wait. Withdraw one first.", code="too_many_waiting"
        )
    request = Request.objects.create(
        product=product,
        right=asked.right,
        verb=verb,
        payload=text.tidy_data(dict(payload)),
        summary=asked.summary[:300],
        reason=reason,
        item=asked.item,
        asked_by=actor.person,
        asked_at=now or timezone.now(),
    )
    _log(actor, request, "request.made", (None, Request.State.WAITING), reason, right, now)
    return request


@transaction.atomic
def answer(
    *,
    actor: Actor,
    request: Request,
    accept: bool,
    reason: str = "",
    now: datetime | None = None,
) -> Decision:
    """Carry a request out, through the service that any other way in takes, or decline it with a reason.

    Raises NotAllowed without the right that was asked for, Conflict (answered already, or its rules refuse it now: then
    it waits on), Invalid (declined without a reason). One transaction: an answer and what it does, or neither.
    """
    product = request.product
    right = rights.require(actor, request.right, product)
    if actor.person.pk == request.asked_by_id:
        raise NotAllowed("Somebody else has to answer what you asked for.")
    reason = text.one_line(reason)[:500]
    if not accept and not reason:
        raise Invalid(
            "Say why not.", fields={"reason": [f"{request.asked_by} will read this reason."]}
        )
    now = now or timezone.now()
    state = Request.State.DONE if accept else Request.State.DECLINED
    waiting = Request.objects.filter(pk=request.pk, state=Request.State.WAITING)
    if not waiting.update(state=state, answered_by=actor.person, answered_at=now, answer=reason):
        raise Conflict("This was answered already.", code="answered_already")
    request.state, request.answered_by = state, actor.person
    request.answered_at, request.answer = now, reason
    act = askable(request.verb).carry_out
    if accept and act is not None:
        why = f"{request.reason} (asked by {request.asked_by})"
        act(actor, product, request.payload, why)
    if not accept:
        _let_go(request)
    _log(actor, request, "request.answered", (Request.State.WAITING, state), reason, right, now)
    return decisions.record(
        actor=actor,
        product=product,
        kind=Decision.Kind.REQUEST,
        title=f"{'Agreed' if accept else 'Declined'}: {request.summary}",
        context=f"{request.asked_by} asked: {request.reason}",
        rationale=reason or request.reason,
        right=right,
        facts={"request": request.pk, "accepted": accept},
        items=[request.item] if request.item else [],
        now=now,
    )


@transaction.atomic
def withdraw(*, actor: Actor, request: Request, now: datetime | None = None) -> Request:
    """Take one's own request back. Raises Conflict (answered already), NotAllowed (somebody else's)."""
    right = rights.require(actor, "request.make", request.product)
    if actor.person.pk != request.asked_by_id:
        raise NotAllowed("Only the one who asked can withdraw a request. You can decline it.")
    waiting = Request.objects.filter(pk=request.pk, state=Request.State.WAITING)
    if not waiting.update(state=Request.State.WITHDRAWN, answered_at=now or timezone.now()):
        raise Conflict("This was answered already.", code="answered_already")
    request.state = Request.State.WITHDRAWN
    _let_go(request)
    states = (Request.State.WAITING, Request.State.WITHDRAWN)
    _log(actor, request, "request.withdrawn", states, "", right, now)
    return request


def _let_go(request: Request) -> None:
    act = askable(request.verb).let_go
    if act is not None:
        act(request.product, request.payload)


def _log(
    actor: Actor,
    request: Request,
    verb: str,
    states: tuple[str | None, str],
    reason: str,
    right: str,
    now: datetime | None,
) -> None:
    entry = changes.Entry(
        verb,
        request,
        request.item,
        {"request": (None, request.summary), "answer_state": states},
        reason=reason,
        right=right,
    )
    changes.record(actor=actor, product=request.product, entries=[entry], now=now)
