"""The room of a session: the screen that everybody shares, votes, and what the facilitator does."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.actors import Actor
from accounts.pages import page, show
from backlog import access as backlog_access
from backlog.services.splitting import Part
from backlog.vocabulary import QueueKind, Severity
from core.errors import Invalid
from core.htmx import go, wants_fragment
from scoring.current import rubric_in_force
from scoring.models import RefinementSession
from scoring.refinement import room
from scoring.services.sessions import closing, deciding, notes, planning, voting
from scoring.services.sessions.voting import Choice
from scoring.session_access import entry_for, pulse_of, session_for
from scoring.session_forms import EditForm, NoteForm, ParkForm, RequeueForm, SplitForm
from scoring.views.sessions import PLAN, back_to_room

State = RefinementSession.State


def _number(raw: str | None) -> int | None:
    return int(raw) if raw and raw.isdecimal() and len(raw) < 19 else None


@page
def session_room(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """The agenda, one item, votes, the order. ``?entry=`` looks at another item than the room does."""
    actor = Actor.of(request)
    session = session_for(actor, pk, key=key)
    if session.state == State.CLOSED and not wants_fragment(request):
        return redirect("refinement-minutes", session.product.key, session.pk)
    now = timezone.now()
    pulse = pulse_of(actor, pk, now, key=key)
    wanted = _number(request.GET.get("entry"))
    found = room.room_of(actor, session, now, entry_id=wanted)
    context = {
        "room": found,
        "session": session,
        "entry": found.entry,
        "item": found.item,
        "tag": pulse.tag,
        "screen": pulse.screen,
        "now": now,
        "elsewhere": bool(wanted and found.at and found.entry and found.at.pk != found.entry.pk),
        "queues": QueueKind.choices,
        "severities": Severity.choices,
        "park_until": timezone.localdate() + timedelta(days=90),
        "sureness": room.sureness(),
        "members": backlog_access.members(session.product) if found.may_vote else [],
        "left_over": room.open_notes(session.product.pk, limit=8)
        if session.state == State.PLANNED
        else [],
        **_steps(found),
        **found.context,
    }
    template = "scoring/_room.html" if wants_fragment(request) else "scoring/session.html"
    return show(request, template, context, product=session.product, active="refinement")


def _steps(found: room.Room) -> dict[str, Any]:
    """The entries before and behind the one that is looked at, and where the time stands."""
    places = [each.pk for each in found.entries]
    at = places.index(found.entry.pk) if found.entry else 0
    session = found.session
    return {
        "previous": found.entries[at - 1] if found.entry and at else None,
        "following": found.entries[at + 1] if found.entry and at + 1 < len(places) else None,
        "ends_at": session.opened_at + timedelta(minutes=session.box_minutes)
        if session.opened_at
        else None,
        "decided": sum(1 for each in found.entries if each.decided_at),
    }


@page
def pulse(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """What changed since ``known``; 204 when nothing did. Holds nothing of a vote but who has one."""
    found = pulse_of(Actor.of(request), pk, timezone.now(), key=key)
    if request.GET.get("known") == found.tag:
        answer = HttpResponse(status=204)
    else:
        answer = JsonResponse(room.pulse_data(found))
    answer["Cache-Control"] = "no-store"
    return answer


@page
def here(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """A screen is open: what presence is made of."""
    actor = Actor.of(request)
    session = session_for(actor, pk, key=key, action="session.vote")
    voting.seen(actor=actor, session=session)
    return HttpResponse(status=204) if wants_fragment(request) else back_to_room(request, session)


@page
def open_session(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Begin."""
    actor = Actor.of(request)
    session = session_for(actor, pk, key=key, action=PLAN)
    deciding.open_session(actor=actor, session=session)
    return go(request, reverse("refinement-session", args=[session.product.key, session.pk]))


@page
def take_over(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Run the session from now on."""
    actor = Actor.of(request)
    session = session_for(actor, pk, key=key, action=PLAN)
    seen = _number(request.POST.get("seen")) or session.facilitator_id
    planning.take_over(actor=actor, session=session, seen=seen)
    messages.success(request, "You run this session now.")
    return go(request, reverse("refinement-session", args=[session.product.key, session.pk]))


@page
def close(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """End it, and publish the minutes."""
    actor = Actor.of(request)
    session = session_for(actor, pk, key=key, action=PLAN)
    closing.close_session(
        actor=actor, session=session, summary=request.POST.get("summary", "")[:2000]
    )
    messages.success(request, "The session is closed, and its minutes are published.")
    return go(request, reverse("refinement-minutes", args=[session.product.key, session.pk]))


@page
def note_add(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """A question or a to-do."""
    actor = Actor.of(request)
    session = session_for(actor, pk, key=key, action="session.vote")
    form = _valid(
        NoteForm(request.POST, members=backlog_access.members(session.product)),
        "The note was not kept.",
    )
    notes.add_note(
        actor=actor,
        session=session,
        words=form["text"],
        kind=form["kind"],
        owner=form["owner"],
        due_on=form["due_on"],
        entry_id=form["entry"],
    )
    return back_to_room(request, session, looked_at=_number(request.POST.get("look")))


def _valid(form: Form, sentence: str) -> dict[str, Any]:
    if not form.is_valid():
        problems = [
            f"{name.replace('_', ' ').capitalize()}: {line}"
            for name, lines in form.errors.items()
            for line in lines
        ]
        raise Invalid(" ".join([sentence, *problems]))
    return form.cleaned_data


# --- Votes ---------------------------------------------------------------------------------------


@page
def vote(request: HttpRequest, key: str, pk: int, entry: int) -> HttpResponse:
    """Save one's votes: all that a form holds, or with script the one criterion that was just chosen."""
    actor = Actor.of(request)
    session = session_for(actor, pk, key=key, action="session.vote")
    entry_for(session, entry)
    saved = voting.cast(
        actor=actor,
        session=session,
        entry_id=entry,
        round=_number(request.POST.get("round")) or 0,
        choices=dict(_choices(request, session)),
    )
    if wants_fragment(request):
        return JsonResponse({"saved": [each.criterion for each in saved], "count": len(saved)})
    messages.success(request, f"{len(saved)} of your votes are kept.")
    return back_to_room(request, session, looked_at=entry)


def _choices(request: HttpRequest, session: RefinementSession) -> Iterator[tuple[str, Choice]]:
    _, rubric = rubric_in_force(session.product_id)
    only = request.POST.get("changed")
    for criterion in rubric.criteria:
        if criterion.key not in request.POST or (only and criterion.key != only):
            continue
        raw = request.POST[criterion.key]
        try:
            level = None if raw in ("", "none") else float(raw)
        except ValueError as error:
            raise Invalid("A level is a number from 0 to 5.") from error
        if level is not None and not 0 <= level <= 5:  # NaN too
            raise Invalid("A level is a number from 0 to 5.")
        certainty = request.POST.get(f"{criterion.key}-certainty", "informed")
        yield criterion.key, Choice(level, certainty)


# --- What the facilitator does with an entry -------------------------------------------------------

Act = Callable[..., Any]


def _act(run: Callable[[HttpRequest, Actor, RefinementSession, int], Any]) -> Act:
    """A POST of the facilitator on an entry: one service, then back to the room."""

    @page
    def view(request: HttpRequest, key: str, pk: int, entry: int) -> HttpResponse:
        actor = Actor.of(request)
        session = session_for(actor, pk, key=key, action=PLAN)
        entry_for(session, entry)
        run(request, actor, session, entry)
        return back_to_room(request, session)

    view.__name__, view.__doc__ = run.__name__, run.__doc__
    return view


def _round(request: HttpRequest) -> int:
    return _number(request.POST.get("round")) or 0


@_act
def show_entry(request: HttpRequest, actor: Actor, session: RefinementSession, entry: int) -> None:
    """Bring everybody to it."""
    deciding.show(actor=actor, session=session, entry_id=entry)


@_act
def flip(request: HttpRequest, actor: Actor, session: RefinementSession, entry: int) -> None:
    """Turn the votes over."""
    voting.flip(actor=actor, session=session, entry_id=entry, round=_round(request))


@_act
def new_round(request: HttpRequest, actor: Actor, session: RefinementSession, entry: int) -> None:
    """Vote again."""
    voting.new_round(actor=actor, session=session, entry_id=entry, round=_round(request))


@_act
def agree(request: HttpRequest, actor: Actor, session: RefinementSession, entry: int) -> None:
    """Change what is proposed."""
    voting.agree(
        actor=actor,
        session=session,
        entry_id=entry,
        round=_round(request),
        choices=dict(_choices(request, session)),
    )


@_act
def record(request: HttpRequest, actor: Actor, session: RefinementSession, entry: int) -> None:
    """Record the decision."""
    deciding.record(
        actor=actor,
        session=session,
        entry_id=entry,
        round=_round(request),
        choices=dict(_choices(request, session)),
        note=request.POST.get("note", "")[:1000],
    )


@_act
def edit(request: HttpRequest, actor: Actor, session: RefinementSession, entry: int) -> None:
    """Clarify or re-scope."""
    form = _valid(EditForm(request.POST), "The item was left as it was.")
    deciding.edit(
        actor=actor,
        session=session,
        entry_id=entry,
        values={name: form[name] for name in ("title", "description", "effort")},
        statements=form["criteria"].splitlines(),
        cut=form["cut"],
        version=form["version"],
    )


@_act
def split(request: HttpRequest, actor: Actor, session: RefinementSession, entry: int) -> None:
    """One into several."""
    form = _valid(SplitForm(request.POST), "Nothing was split.")
    deciding.split(
        actor=actor,
        session=session,
        entry_id=entry,
        parts=[_part(line) for line in form["parts"].splitlines() if line.strip()],
        keep=form["keep"],
    )


def _part(line: str) -> Part:
    title, bar, points = line.rpartition("|")
    if not bar:
        return Part(line.strip())
    try:
        return Part(title.strip(), float(points.strip().replace(",", ".")))
    except ValueError as error:
        raise Invalid(
            f"“{points.strip()[:40]}” is no number of points. Write a part as: title | points."
        ) from error


@_act
def merge(request: HttpRequest, actor: Actor, session: RefinementSession, entry: int) -> None:
    """Fold it into another."""
    into = backlog_access.item_of(actor, session.product, request.POST.get("into", ""))
    deciding.merge(
        actor=actor,
        session=session,
        entry_id=entry,
        into=into,
        reason=request.POST.get("reason", "")[:2000],
    )


@_act
def park(request: HttpRequest, actor: Actor, session: RefinementSession, entry: int) -> None:
    """Set it aside until a day."""
    form = _valid(ParkForm(request.POST), "It was not parked.")
    deciding.park(actor=actor, session=session, entry_id=entry, **form)


@_act
def requeue(request: HttpRequest, actor: Actor, session: RefinementSession, entry: int) -> None:
    """Move it to another queue."""
    form = _valid(RequeueForm(request.POST), "It was not moved.")
    owner = form["owner"].strip()
    deciding.requeue(
        actor=actor,
        session=session,
        entry_id=entry,
        queue=backlog_access.queue_of(session.product, form["queue"]),
        reason=form["reason"],
        severity=form["severity"],
        owner=backlog_access.member_of(session.product, owner) if owner else None,
    )


@_act
def put_off(request: HttpRequest, actor: Actor, session: RefinementSession, entry: int) -> None:
    """Leave it for another session."""
    deciding.put_off(
        actor=actor, session=session, entry_id=entry, note=request.POST.get("note", "")[:1000]
    )


@_act
def reopen(request: HttpRequest, actor: Actor, session: RefinementSession, entry: int) -> None:
    """Talk about it again."""
    deciding.reopen(actor=actor, session=session, entry_id=entry)


@_act
def take_back(request: HttpRequest, actor: Actor, session: RefinementSession, entry: int) -> None:
    """Undo an act of this session."""
    try:
        batch = uuid.UUID(request.POST.get("batch", ""))
    except ValueError as error:
        raise Invalid("Say which act is to be undone.") from error
    deciding.take_back(actor=actor, session=session, entry_id=entry, batch=batch)


#: The last part of an entry's address -> its view.
ACTS: dict[str, Act] = {
    "show": show_entry,
    "flip": flip,
    "round": new_round,
    "agree": agree,
    "record": record,
    "edit-item": edit,
    "split": split,
    "merge": merge,
    "park": park,
    "requeue": requeue,
    "put-off": put_off,
    "reopen": reopen,
    "take-back": take_back,
}
