"""Refinement sessions over the API: plan, agenda, run, vote, decide, note, close, minutes."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.api.endpoints import actor_of, documented, etag, resource, version_wanted
from accounts.models import Product
from backlog import access as backlog_access
from backlog.access import item_of, member_of
from core import keyset
from core.api.serializers import checked
from core.errors import Conflict, Invalid
from scoring.api import session_shapes as shapes
from scoring.models import RefinementSession, SessionTemplate
from scoring.refinement.room import pulse_data
from scoring.services.sessions import (
    agendas,
    closing,
    deciding,
    notes,
    planning,
    voting,
)
from scoring.session_access import (
    entry_for,
    note_for,
    pulse_of,
    session_for,
    template_for,
)

PAGE = 50
PLAN, VOTE = "session.plan", "session.vote"
TAGS = ["refinement"]


def _plan(product: Product, data: dict[str, Any], base: RefinementSession | None) -> planning.Plan:
    """What a body asks for, over the plan that there is."""
    standing = {
        "title": base.title,
        "starts_at": base.starts_at,
        "box_minutes": base.box_minutes,
        "minutes_each": base.minutes_each,
        "functions": base.functions,
        "opening": base.opening,
        "queue": base.queue_kind,
    } if base else {}  # fmt: skip
    data = {**standing, **data}
    attendees = data.get("attendees")
    return planning.Plan(
        title=data["title"],
        starts_at=data["starts_at"],
        box_minutes=data["box_minutes"],
        minutes_each=data["minutes_each"],
        functions=data.get("functions", ()),
        opening=data.get("opening", ""),
        queue_kind=data.get("queue", ""),
        facilitator=member_of(product, data["facilitator"]) if data.get("facilitator") else None,
        attendees=None
        if attendees is None
        else {member_of(product, each["person"]): each.get("function", "") for each in attendees},
    )


@documented(
    summary="List refinement sessions",
    responses={200: shapes.SessionPage},
    query=[
        OpenApiParameter("product", OpenApiTypes.STR, required=True),
        OpenApiParameter("state", OpenApiTypes.STR, enum=RefinementSession.State.values),
        OpenApiParameter("cursor", OpenApiTypes.STR),
    ],
    tags=TAGS,
)
def list_sessions(request: Request) -> Response:
    """A product's sessions, the latest start first."""
    actor = actor_of(request)
    query = request.query_params
    if not query.get("product"):
        raise Invalid("Name the product.", fields={"product": ["Give the product's key."]})
    product = product_for(actor, query["product"])
    rows = product.sessions.select_related("facilitator").order_by("-starts_at", "-pk")
    if query.get("state"):
        if query["state"] not in RefinementSession.State.values:
            states = ", ".join(RefinementSession.State.values)
            raise Invalid(
                "There is no such state.", fields={"state": [f"Choose one of: {states}."]}
            )
        rows = rows.filter(state=query["state"])
    if query.get("cursor"):
        key = keyset.instant_and_id(query["cursor"])
        table = "scoring_refinementsession"
        rows = keyset.before(rows, [f"{table}.starts_at", f"{table}.id"], key)
    found = list(rows[: PAGE + 1])
    for session in found:
        session.product = product
    last = found[PAGE - 1] if len(found) > PAGE else None
    return Response(
        {
            "results": [shapes.session_row(session) for session in found[:PAGE]],
            "next": keyset.encode([last.starts_at, last.pk]) if last else None,
        }
    )


@documented(
    summary="Plan a refinement session",
    request=shapes.SessionInput,
    responses={201: shapes.SessionDetail},
    tags=TAGS,
)
def plan_session(request: Request) -> Response:
    """Its agenda is built at once; everybody invited gets a mail with a calendar file."""
    actor = actor_of(request)
    data = checked(shapes.SessionInput, request)
    product = product_for(actor, data["product"], PLAN)
    template = template_for(actor, product, data["template"]) if data.get("template") else None
    session = planning.plan_session(
        actor=actor, product=product, plan=_plan(product, data, None), template=template
    )
    return _session(session, status=201)


def _session(session: RefinementSession, status: int = 200) -> Response:
    session.refresh_from_db()
    return Response(
        shapes.session_detail(session), status=status, headers={"ETag": etag(session.version)}
    )


@documented(summary="A refinement session", responses={200: shapes.SessionDetail}, tags=TAGS)
def read_session(request: Request, pk: int) -> Response:
    """Plan, people and notes; the ETag is that of the plan."""
    return _session(session_for(actor_of(request), pk))


@documented(
    summary="Change the plan",
    request=shapes.SessionPatch,
    responses={200: shapes.SessionDetail},
    tags=TAGS,
    if_match=True,
)
def change_session(request: Request, pk: int) -> Response:
    """What is left out stays. Calendars hear of another title, time or length."""
    actor = actor_of(request)
    session = session_for(actor, pk, action=PLAN)
    data = checked(shapes.SessionPatch, request)
    changed = planning.change_session(
        actor=actor,
        session=session,
        plan=_plan(session.product, data, session),
        version=version_wanted(request),
    )
    return _session(changed)


@documented(
    summary="Cancel a session",
    request=shapes.CancelInput,
    responses={200: shapes.SessionDetail},
    tags=TAGS,
)
def cancel_session(request: Request, pk: int) -> Response:
    """Before it has begun. Calendars take it out."""
    actor = actor_of(request)
    session = session_for(actor, pk, action=PLAN)
    data = checked(shapes.CancelInput, request)
    return _session(planning.cancel_session(actor=actor, session=session, **data))


@documented(
    summary="Plan the next one",
    request=shapes.NextInput,
    responses={201: shapes.SessionDetail},
    tags=TAGS,
)
def plan_next(request: Request, pk: int) -> Response:
    """The same again `days` later; what this one did not reach comes first."""
    actor = actor_of(request)
    session = session_for(actor, pk, action=PLAN)
    data = checked(shapes.NextInput, request)
    return _session(planning.plan_next(actor=actor, session=session, **data), status=201)


@documented(
    summary="Open a session", request=None, responses={200: shapes.SessionDetail}, tags=TAGS
)
def open_session(request: Request, pk: int) -> Response:
    """The clock runs, and the first entry is on everybody's screen."""
    actor = actor_of(request)
    session = session_for(actor, pk, action=PLAN)
    return _session(deciding.open_session(actor=actor, session=session))


@documented(
    summary="Take a session over", request=None, responses={200: shapes.SessionDetail}, tags=TAGS
)
def take_over(request: Request, pk: int) -> Response:
    """Only its facilitator runs a session; another who may takes over first."""
    actor = actor_of(request)
    session = session_for(actor, pk, action=PLAN)
    return _session(planning.take_over(actor=actor, session=session, seen=session.facilitator_id))


@documented(
    summary="The pulse of a session",
    responses={200: shapes.PulseRow, 204: None},
    query=[OpenApiParameter("known", OpenApiTypes.STR, description="The tag of the last answer.")],
    tags=TAGS,
)
def read_pulse(request: Request, pk: int) -> Response:
    """What changed since `known`; 204 when nothing did. Says who has voted, never what."""
    found = pulse_of(actor_of(request), pk, timezone.now())
    if request.query_params.get("known") == found.tag:
        return Response(status=204)
    return Response(pulse_data(found))


@documented(summary="The agenda", responses={200: shapes.EntryRow(many=True)}, tags=TAGS)
def read_agenda(request: Request, pk: int) -> Response:
    """Entries in order with worth, factors and reasons, what came of them, before and after."""
    return Response(shapes.entry_rows(session_for(actor_of(request), pk)))


@documented(
    summary="Put an item on the agenda",
    request=shapes.EntryInput,
    responses={201: shapes.EntryRow},
    tags=TAGS,
)
def add_entry(request: Request, pk: int) -> Response:
    """At the end, by hand."""
    actor = actor_of(request)
    session = session_for(actor, pk, action=PLAN)
    item = item_of(actor, session.product, checked(shapes.EntryInput, request)["item"])
    entry = agendas.add_entry(actor=actor, session=session, item=item)
    return Response(shapes.entry_row(session, entry), status=201)


@documented(
    summary="Build the agenda anew",
    request=None,
    responses={200: shapes.EntryRow(many=True)},
    tags=TAGS,
)
def rebuild_agenda(request: Request, pk: int) -> Response:
    """From the facts of now; what was put there by hand, voted on or begun stays."""
    actor = actor_of(request)
    session = session_for(actor, pk, action=PLAN)
    agendas.rebuild(actor=actor, session=session)
    return Response(shapes.entry_rows(session))


@documented(
    summary="Move an entry",
    request=shapes.PlaceInput,
    responses={200: shapes.EntryRow},
    tags=TAGS,
)
def move_entry(request: Request, pk: int, entry: int) -> Response:
    """To a place of the agenda."""
    actor = actor_of(request)
    session = session_for(actor, pk, action=PLAN)
    entry_for(session, entry)
    data = checked(shapes.PlaceInput, request)
    moved = agendas.move_entry(actor=actor, session=session, entry_id=entry, **data)
    return Response(shapes.entry_row(session, moved))


@documented(summary="Take an entry off the agenda", responses={204: None}, tags=TAGS)
def remove_entry(request: Request, pk: int, entry: int) -> Response:
    """Unless something was decided on it."""
    actor = actor_of(request)
    session = session_for(actor, pk, action=PLAN)
    entry_for(session, entry)
    agendas.remove_entry(actor=actor, session=session, entry_id=entry)
    return Response(status=204)


@documented(summary="Votes on an entry", responses={200: shapes.VotesRow}, tags=TAGS)
def read_votes(request: Request, pk: int, entry: int) -> Response:
    """Before the flip: one's own, and who has voted. After it: everybody's."""
    actor = actor_of(request)
    session = session_for(actor, pk)
    return Response(shapes.votes_row(actor, entry_for(session, entry)))


@documented(summary="Vote", request=shapes.VotesInput, responses={200: shapes.VotesRow}, tags=TAGS)
def cast_votes(request: Request, pk: int, entry: int) -> Response:
    """Blind, on some criteria; the others stay. 409 once the votes are turned over."""
    actor = actor_of(request)
    session = session_for(actor, pk, action=VOTE)
    entry_for(session, entry)
    data = checked(shapes.VotesInput, request)
    voting.cast(
        actor=actor,
        session=session,
        entry_id=entry,
        round=data["round"],
        choices=shapes.choices(data["votes"]),
    )
    return Response(shapes.votes_row(actor, entry_for(session, entry)))


@documented(
    summary="Turn the votes over",
    request=shapes.RoundInput,
    responses={200: shapes.VotesRow},
    tags=TAGS,
)
def flip_votes(request: Request, pk: int, entry: int) -> Response:
    """From then on everybody sees them. 409 for whoever comes second."""
    actor = actor_of(request)
    session = session_for(actor, pk, action=PLAN)
    entry_for(session, entry)
    data = checked(shapes.RoundInput, request)
    found = voting.flip(actor=actor, session=session, entry_id=entry, **data)
    return Response(shapes.votes_row(actor, found))


@documented(
    summary="Note a question or a to-do",
    request=shapes.SessionNoteInput,
    responses={201: shapes.SessionNoteRow},
    tags=TAGS,
)
def add_note(request: Request, pk: int) -> Response:
    """It outlives the session until somebody settles it."""
    actor = actor_of(request)
    session = session_for(actor, pk, action=VOTE)
    data = checked(shapes.SessionNoteInput, request)
    owner = backlog_access.member_of(session.product, data["owner"]) if data.get("owner") else None
    note = notes.add_note(
        actor=actor,
        session=session,
        words=data["text"],
        kind=data["kind"],
        owner=owner,
        due_on=data.get("due_on"),
        entry_id=data.get("entry"),
    )
    return Response(shapes.note_row(note), status=201)


@documented(
    summary="Settle a note",
    request=shapes.SettleInput,
    responses={200: shapes.SessionNoteRow},
    tags=TAGS,
)
def settle_note(request: Request, pk: int, note: int) -> Response:
    """By its owner, whoever noted it, or those who plan sessions; `settled: false` opens it again."""
    actor = actor_of(request)
    session = session_for(actor, pk, action=VOTE)
    found = note_for(actor, session, note)
    data = checked(shapes.SettleInput, request)
    return Response(shapes.note_row(notes.settle_note(actor=actor, note=found, **data)))


@documented(
    summary="Close a session",
    request=shapes.CloseInput,
    responses={200: shapes.SessionDetail},
    tags=TAGS,
)
def close_session(request: Request, pk: int) -> Response:
    """Publishes the minutes and records the decision; nothing in it changes afterwards."""
    actor = actor_of(request)
    session = session_for(actor, pk, action=PLAN)
    data = checked(shapes.CloseInput, request)
    return _session(closing.close_session(actor=actor, session=session, **data))


@documented(summary="The minutes", responses={200: OpenApiTypes.OBJECT}, tags=TAGS)
def read_minutes(request: Request, pk: int) -> Response:
    """Decisions with ratings, priority and rank before and after, votes, questions, to-dos, attendance, not reached."""
    session = session_for(actor_of(request), pk)
    if session.minutes is None:
        raise Conflict("The session is not closed, so it has no minutes yet.", code="no_minutes")
    return Response(session.minutes)


@documented(
    summary="Templates of sessions",
    responses={200: shapes.TemplateRow(many=True)},
    query=[OpenApiParameter("product", OpenApiTypes.STR, required=True)],
    tags=TAGS,
)
def list_templates(request: Request) -> Response:
    """By name."""
    actor = actor_of(request)
    key = request.query_params.get("product")
    if not key:
        raise Invalid("Name the product.", fields={"product": ["Give the product's key."]})
    product = product_for(actor, key)
    rows = SessionTemplate.objects.filter(product=product).order_by("name", "pk")
    return Response([shapes.template_row(row) for row in rows])


@documented(
    summary="Keep a template",
    request=shapes.TemplateInput,
    responses={201: shapes.TemplateRow},
    tags=TAGS,
)
def save_template(request: Request) -> Response:
    """What a session has in common with those to come."""
    actor = actor_of(request)
    data = checked(shapes.TemplateInput, request)
    session = session_for(actor, data["session"], action=PLAN)
    made = planning.save_template(actor=actor, session=session, name=data["name"])
    return Response(shapes.template_row(made), status=201)


session_list = resource(GET=list_sessions, POST=plan_session)
session_one = resource(GET=read_session, PATCH=change_session)
session_cancel = resource(POST=cancel_session)
session_next = resource(POST=plan_next)
session_open = resource(POST=open_session)
session_take_over = resource(POST=take_over)
session_pulse = resource(GET=read_pulse)
session_agenda = resource(GET=read_agenda, POST=add_entry)
session_rebuild = resource(POST=rebuild_agenda)
session_entry = resource(PATCH=move_entry, DELETE=remove_entry)
entry_votes = resource(GET=read_votes, POST=cast_votes)
entry_flip = resource(POST=flip_votes)
session_notes = resource(POST=add_note)
session_note_settle = resource(POST=settle_note)
session_close = resource(POST=close_session)
session_minutes = resource(GET=read_minutes)
template_list = resource(GET=list_templates, POST=save_template)
