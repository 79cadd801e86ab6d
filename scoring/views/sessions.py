"""Sessions as things to plan: the list, the plan, the calendar file, the minutes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Product
from accounts.pages import into_form, page, show, zone_of
from backlog import access as backlog_access
from core.errors import Conflict, Invalid
from core.htmx import go, safe_next, wants_fragment
from scoring import calendars
from scoring.jobs.invitations import appointment
from scoring.models import RefinementSession, SessionTemplate
from scoring.refinement import minutes, room
from scoring.services.sessions import agendas, notes, planning
from scoring.session_access import note_for, session_for, template_for
from scoring.session_forms import SessionForm, first_values, values_of

State = RefinementSession.State
PLAN = "session.plan"


@page
def session_list(request: HttpRequest, key: str) -> HttpResponse:
    """What is to come, what was, what is still open from it, and the templates."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    ahead, over = room.sessions_of(product.sessions.all(), now=timezone.now())
    progress = room.voting_progress(actor, ahead) if actor.user and ahead else {}
    for each in ahead:
        each.product = product
        each.left, each.all = progress.get(each.pk, (0, 0))  # type: ignore[attr-defined]
    for each in over:
        each.decided = minutes.decided_count(each.minutes)  # type: ignore[attr-defined]
    return show(
        request,
        "scoring/sessions.html",
        {
            "ahead": ahead,
            "over": over,
            "notes": room.open_notes(product.pk),
            "templates": list(
                SessionTemplate.objects.filter(product=product).order_by("name", "pk")
            ),
            "may_plan": rights.allowed(actor, PLAN, product),
            "may_settle": rights.allowed(actor, "session.vote", product),
        },
        product=product,
        active="refinement",
    )


def _form(request: HttpRequest, product: Product, initial: dict[str, Any]) -> SessionForm:
    members = list(backlog_access.members(product))
    holders = set(rights.holders(PLAN, product))
    leading = set(product.memberships.filter(role__in=holders).values_list("user_id", flat=True))
    data = request.POST if request.method == "POST" else None
    return SessionForm(
        data,
        initial=initial,
        members=members,
        leaders=[user for user in members if user.pk in leading],
    )


@page
def session_new(request: HttpRequest, key: str) -> HttpResponse:
    """Plan a session; ``?template=`` begins with one."""
    actor = Actor.of(request)
    product = product_for(actor, key, PLAN)
    raw = request.GET.get("template", "")
    template = template_for(actor, product, int(raw)) if raw.isdecimal() and len(raw) < 10 else None
    form = _form(request, product, first_values(actor.person, template))
    if request.method == "POST" and form.is_valid():
        try:
            session = planning.plan_session(
                actor=actor, product=product, plan=form.plan(), template=template
            )
        except Invalid as error:
            into_form(form, error)
        else:
            messages.success(
                request,
                f"“{session.title}” is planned, and its agenda built. Invitations are on their way.",
            )
            return go(request, reverse("refinement-session", args=[product.key, session.pk]))
    return _plan_page(request, product, form, None)


def _plan_page(
    request: HttpRequest, product: Product, form: SessionForm, session: RefinementSession | None
) -> HttpResponse:
    return show(
        request,
        "scoring/session_form.html",
        {"form": form, "session": session, "version": session.version if session else None},
        product=product,
        active="refinement",
        status=422 if form.errors else 200,
    )


@page
def session_edit(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Change the plan."""
    actor = Actor.of(request)
    session = session_for(actor, pk, key=key, action=PLAN)
    form = _form(request, session.product, values_of(session))
    if request.method == "POST" and form.is_valid():
        seen = request.POST.get("version", "")
        try:
            planning.change_session(
                actor=actor,
                session=session,
                plan=form.plan(),
                version=int(seen) if seen.isdecimal() and len(seen) < 10 else None,
            )
        except Invalid as error:
            into_form(form, error)
        except Conflict as error:
            form.add_error(None, error.detail)
            session.version = error.extra.get("version", session.version)  # type: ignore[assignment]
            answer = _plan_page(request, session.product, form, session)
            answer.status_code = 409
            return answer
        else:
            messages.success(request, "The plan is changed.")
            return go(request, reverse("refinement-session", args=[key, pk]))
    return _plan_page(request, session.product, form, session)


@page
def session_cancel(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Call it off."""
    actor = Actor.of(request)
    session = session_for(actor, pk, key=key, action=PLAN)
    planning.cancel_session(actor=actor, session=session, reason=request.POST.get("reason", ""))
    messages.success(request, f"“{session.title}” is cancelled. Those invited are told.")
    return go(request, reverse("refinement", args=[session.product.key]))


@page
def session_next(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """The same again, one or two weeks later."""
    actor = Actor.of(request)
    session = session_for(actor, pk, key=key, action=PLAN)
    raw = request.POST.get("days", "7")
    if not raw.isdecimal() or len(raw) > 3:
        raise Invalid("Say in how many days.", fields={"days": ["Use 1 to 92 days."]})
    made = planning.plan_next(actor=actor, session=session, days=int(raw))
    local = timezone.localtime(made.starts_at)
    messages.success(request, f"The next one is planned for {local:%A, %-d %B, %H:%M}.")
    return go(request, reverse("refinement-session", args=[session.product.key, made.pk]))


@page
def session_calendar(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """The calendar file; of a cancelled session one that takes it out again."""
    session = session_for(Actor.of(request), pk, key=key)
    method = calendars.CANCEL if session.state == State.CANCELLED else calendars.REQUEST
    answer = HttpResponse(
        calendars.calendar_file(appointment(session), method=method),
        content_type=f"text/calendar; method={method}; charset=utf-8",
    )
    name = slugify(session.title) or "refinement"
    answer["Content-Disposition"] = f'attachment; filename="{name[:60]}.ics"'
    return answer


@page
def session_agenda(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Build the agenda anew, or change it by hand: ``do`` is rebuild, add, remove, up or down."""
    actor = Actor.of(request)
    session = session_for(actor, pk, key=key, action=PLAN)
    do = request.POST.get("do", "")
    if do == "rebuild":
        agendas.rebuild(actor=actor, session=session)
    elif do == "add":
        item = backlog_access.item_of(actor, session.product, request.POST.get("item", ""))
        agendas.add_entry(actor=actor, session=session, item=item)
    elif do in ("remove", "up", "down"):
        raw = request.POST.get("entry", "")
        if not raw.isdecimal() or len(raw) > 18:
            raise Invalid("Choose an entry of the agenda.")
        if do == "remove":
            agendas.remove_entry(actor=actor, session=session, entry_id=int(raw))
        else:
            agendas.shift_entry(
                actor=actor, session=session, entry_id=int(raw), by=-1 if do == "up" else 1
            )
    else:
        raise Invalid("Say what is to be done with the agenda.")
    return back_to_room(request, session)


def back_to_room(
    request: HttpRequest, session: RefinementSession, *, looked_at: int | None = None
) -> HttpResponse:
    """To the room: a screen with script asks for its parts itself."""
    if wants_fragment(request):
        answer = HttpResponse(status=204)
        answer["HX-Trigger"] = "room"
        return answer
    url = reverse("refinement-session", args=[session.product.key, session.pk])
    return redirect(f"{url}?entry={looked_at}" if looked_at else url)


@page
def session_template(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Keep the plan as a template."""
    actor = Actor.of(request)
    session = session_for(actor, pk, key=key, action=PLAN)
    made = planning.save_template(
        actor=actor, session=session, name=request.POST.get("name", session.title)
    )
    messages.success(request, f"The template “{made.name}” is kept.")
    return go(request, reverse("refinement", args=[session.product.key]))


@page
def template_remove(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Remove a template."""
    actor = Actor.of(request)
    product = product_for(actor, key, PLAN)
    planning.remove_template(actor=actor, template=template_for(actor, product, pk))
    messages.success(request, "The template is removed.")
    return go(request, reverse("refinement", args=[product.key]))


@page
def session_minutes(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """What a closed session decided; ``?as=markdown`` or ``text`` for elsewhere."""
    actor = Actor.of(request)
    session = session_for(actor, pk, key=key)
    if session.minutes is None:
        return redirect("refinement-session", session.product.key, session.pk)
    paper = session.minutes
    zone = zone_of(request.user)
    wanted = request.GET.get("as", "")
    if wanted in ("markdown", "text"):
        write = minutes.markdown if wanted == "markdown" else minutes.plain_text
        kind = "markdown" if wanted == "markdown" else "plain"
        return HttpResponse(write(paper, zone), content_type=f"text/{kind}; charset=utf-8")
    return show(
        request,
        "scoring/session_minutes.html",
        {
            "session": session,
            "paper": paper,
            "put_off": [each for each in paper["entries"] if minutes.is_put_off(each)],
            "entries": [
                {
                    **each,
                    "said": [minutes.said(done) for done in each["outcomes"]],
                    "moved": minutes.standing(each),
                }
                for each in paper["entries"]
                if not minutes.is_put_off(each)
            ],
            "notes": list(
                session.notes.select_related("owner", "entry__item").order_by("noted_at", "pk")
            ),
            "may_plan": rights.allowed(actor, PLAN, session.product),
            "may_settle": rights.allowed(actor, "session.vote", session.product),
            "opened": session.opened_at or session.starts_at,
        },
        product=session.product,
        active="refinement",
    )


@page
def note_settle(request: HttpRequest, key: str, pk: int, note: int) -> HttpResponse:
    """A question is answered or a to-do done; ``open=yes`` takes that back."""
    actor = Actor.of(request)
    session = session_for(actor, pk, key=key, action="session.vote")
    found = note_for(actor, session, note)
    settled = request.POST.get("open") != "yes"
    notes.settle_note(actor=actor, note=found, settled=settled)
    messages.success(request, "Settled." if settled else "Open again.")
    return go(request, safe_next(request, reverse("refinement", args=[session.product.key])))
