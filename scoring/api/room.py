"""What is done to the entries of a refinement session over the API: shown, voted anew, decided, changed, taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actors import Actor
from accounts.api.endpoints import actor_of, documented, resource
from backlog.access import item_of, member_of, queue_of
from backlog.services.splitting import Part
from core.api.serializers import checked
from scoring.api import session_shapes as shapes
from scoring.models import AgendaEntry, RefinementSession
from scoring.services.sessions import deciding, voting
from scoring.session_access import entry_for, session_for

Act = Callable[..., AgendaEntry]


def _act(name: str, summary: str, about: str, act: Act, shape: Any = None) -> Callable[..., Any]:
    """A handler that reads ``shape``, does ``act`` to an entry as somebody who may lead, and answers with the entry."""

    @documented(
        summary=summary, request=shape, responses={200: shapes.EntryRow}, tags=["refinement"]
    )
    def handler(request: Request, pk: int, entry: int) -> Response:
        actor = actor_of(request)
        session = session_for(actor, pk, action="session.plan")
        entry_for(session, entry)
        data = checked(shape, request) if shape else {}
        done = act(actor=actor, session=session, entry_id=entry, **data)
        return Response(shapes.entry_row(session, done))

    handler.__name__ = name
    handler.__doc__ = about
    return resource(POST=handler)


def _record(*, ratings: Any = (), **rest: Any) -> AgendaEntry:
    return deciding.record(choices=shapes.choices(ratings), **rest)


def _edit(
    *,
    version: int | None = None,
    criteria: list[str] | None = None,
    cut: str = "",
    actor: Actor,
    session: RefinementSession,
    entry_id: int,
    **values: Any,
) -> AgendaEntry:
    return deciding.edit(
        actor=actor,
        session=session,
        entry_id=entry_id,
        values=values,
        statements=criteria,
        cut=cut,
        version=version,
    )


def _split(*, parts: list[dict[str, Any]], **rest: Any) -> AgendaEntry:
    return deciding.split(parts=[Part(**part) for part in parts], **rest)


def _merge(*, actor: Actor, session: RefinementSession, into: str, **rest: Any) -> AgendaEntry:
    target = item_of(actor, session.product, into)
    return deciding.merge(actor=actor, session=session, into=target, **rest)


def _park(*, until: date | None = None, **rest: Any) -> AgendaEntry:
    return deciding.park(until=until, **rest)


def _requeue(
    *, session: RefinementSession, queue: str, owner: str | None = None, **rest: Any
) -> AgendaEntry:
    product = session.product
    return deciding.requeue(
        session=session,
        queue=queue_of(product, queue),
        owner=member_of(product, owner) if owner else None,
        **rest,
    )


show = _act("show_entry", "Show an entry", "Everybody's screen goes to it.", deciding.show)
new_round = _act(
    "new_round",
    "Begin a new round",
    "Blind again. `round` is the one that is over.",
    voting.new_round,
    shapes.RoundInput,
)
record = _act(
    "record_entry",
    "Record the decision",
    "What was proposed, with `ratings` in place of what was agreed otherwise; without votes it stays as it is.",
    _record,
    shapes.RecordInput,
)
put_off = _act(
    "put_off", "Put an entry off", "To another session.", deciding.put_off, shapes.PutOffInput
)
edit = _act(
    "edit_entry",
    "Clarify or re-scope an entry's item",
    "In place; `criteria` are the success criteria as they should be, in order, `cut` says what was left out.",
    _edit,
    shapes.EntryEditInput,
)
split = _act(
    "split_entry",
    "Split an entry's item",
    "Into two or more, which link to it as parts.",
    _split,
    shapes.EntrySplitInput,
)
merge = _act(
    "merge_entry",
    "Merge an entry's item",
    "Into another item of the product.",
    _merge,
    shapes.EntryMergeInput,
)
park = _act("park_entry", "Park an entry's item", "Until a day.", _park, shapes.EntryParkInput)
requeue = _act(
    "requeue_entry",
    "Move an entry's item to another queue",
    "With the reason; a hotfix needs a severity and an owner.",
    _requeue,
    shapes.EntryRequeueInput,
)
take_back = _act(
    "take_back_entry",
    "Take back an act on an entry",
    "The one with `batch` among its outcomes, unless its fields were changed since.",
    deciding.take_back,
    shapes.EntryTakeBackInput,
)
reopen = _act(
    "reopen_entry", "Reopen a decided entry", "It can be voted and decided again.", deciding.reopen
)
