"""Cycles: the list, a cycle's page with its plan, and every act on it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Product
from accounts.pages import into_form, page, show
from backlog import access
from backlog.models import Cycle, Decision, PlannedItem
from backlog.services.cycles import plan_cycle
from backlog.vocabulary import QueueKind, State
from core.errors import Conflict, DomainError, Invalid
from core.exporting import csv_answer
from core.htmx import go, wants_fragment
from scoring import plan_words, plans
from scoring.forms import CycleForm
from scoring.ledger import points
from scoring.plans import Reading
from scoring.scope_report import burn_up, scope_of
from scoring.services import acceptance, closing, trades
from scoring.services import plans as plan_services

#: Rows of a plan on one page, and skipped items named a queue.
SHOWN, NAMED = 300, 8
LEDGER_COLUMNS = ("promised", "floor", "planned", "delivered", "borrowed", "lent", "debt_after")


@page
def cycle_list(request: HttpRequest, key: str) -> HttpResponse:
    """The running cycle, what is planned next, and what closed with its sentence."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    found = plans.shelf(product, timezone.localdate())
    totals = plans.totals(product)
    capacity = plans.policy_of(product).capacity
    context = {
        "running": [_card(cycle, totals, capacity) for cycle in found.running],
        "planned": [_card(cycle, totals, capacity) for cycle in found.planned],
        "closed": [_card(cycle, totals, capacity) for cycle in found.closed],
        "undated": found.undated,
        "may_plan": rights.allowed(actor, "cycle.plan", product),
        "has_ledger": any(cycle.sentence for cycle in found.closed),
    }
    return show(request, "scoring/cycles.html", context, product=product, active="cycles")


def _card(cycle: Cycle, totals: dict[int, plans.Total], capacity: float) -> dict[str, Any]:
    total = totals.get(cycle.pk, plans.Total())
    left = (cycle.ends_on - timezone.localdate()).days if cycle.ends_on else None
    holds = capacity if cycle.capacity is None else cycle.capacity
    return {
        "cycle": cycle,
        "planned": points(total.points),
        "planned_value": total.points,
        "done": points(total.done),
        "done_value": total.done,
        "items": total.items,
        "capacity": points(holds),
        "capacity_value": holds,
        "left": left,
    }


@page
def new(request: HttpRequest, key: str) -> HttpResponse:
    """A cycle with its days; the days of the next one are proposed."""
    actor = Actor.of(request)
    product = product_for(actor, key, "cycle.plan")
    form = CycleForm(request.POST or None, initial=_proposed_days(product))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                cycle = plan_cycle(
                    actor=actor,
                    product=product,
                    name=data["name"],
                    starts_on=data["starts_on"],
                    ends_on=data["ends_on"],
                    capacity=data["capacity"],
                )
            except DomainError as error:
                status = error.status
                into_form(form, error)
            else:
                messages.success(request, _("%(name)s is planned.") % {"name": cycle.name})
                return go(request, reverse("cycle", args=[product.key, cycle.pk]))
    context = {"form": form, "cycle": None}
    return show(
        request,
        "scoring/cycle_form.html",
        context,
        product=product,
        active="cycles",
        status=status,
    )


def _proposed_days(product: Product) -> dict[str, Any]:
    newest = next((each for each in plans.cycles_of(product) if each.ends_on), None)
    days = plans.policy_of(product).cycle_days
    today = timezone.localdate()
    first = today
    if newest is not None and newest.ends_on is not None:
        first = max(newest.ends_on + timedelta(days=1), date.min)
    name = closing.next_name(newest) if newest else _("Cycle 1")
    return {"name": name, "starts_on": first, "ends_on": first + timedelta(days=days - 1)}


@page
def edit(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Name, days and capacity; once accepted, the first day and the capacity stay."""
    actor = Actor.of(request)
    product = product_for(actor, key, "cycle.plan")
    cycle = plans.cycle_for(product, pk)
    initial = {
        "name": cycle.name,
        "starts_on": cycle.starts_on,
        "ends_on": cycle.ends_on,
        "capacity": cycle.capacity,
    }
    form = CycleForm(request.POST or None, initial=initial)
    if cycle.accepted_at is not None:
        for name in ("starts_on", "capacity"):
            form.fields[name].disabled = True
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                plan_services.edit_cycle(
                    actor=actor,
                    cycle=cycle,
                    version=_whole(request, "version"),
                    policy_capacity=data["capacity"] is None,
                    reason=request.POST.get("reason", "")[:500],
                    **data,
                )
            except DomainError as error:
                status = error.status
                into_form(form, error)
            else:
                messages.success(request, _("%(name)s is saved.") % {"name": data["name"]})
                return go(request, reverse("cycle", args=[product.key, pk]))
    context = {"form": form, "cycle": cycle}
    return show(
        request,
        "scoring/cycle_form.html",
        context,
        product=product,
        active="cycles",
        status=status,
    )


@page
def cycle_page(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """The plan in order with reasons, the shares, what was skipped and why; later scope, burn-up, ledger."""
    actor = Actor.of(request)
    cycle = plans.cycle_for(product_for(actor, key), pk)
    return _show(request, actor, cycle)


def _show(
    request: HttpRequest,
    actor: Actor,
    cycle: Cycle,
    *,
    error: DomainError | None = None,
    entered: dict[str, str] | None = None,
) -> HttpResponse:
    product = cycle.product
    accepted, closed = cycle.accepted_at is not None, cycle.closed_at is not None
    reading = plans.read(cycle, candidates=not closed)
    queue = request.GET.get("queue", "")
    rows = [row for row in reading.rows if queue in ("", row.row.queue_kind)]
    may_plan = rights.allowed(actor, "cycle.plan", product) and not closed
    context: dict[str, Any] = {
        "cycle": cycle,
        "accepted": accepted,
        "closed": closed,
        "rows": [_plan_row(row, may_plan, cycle) for row in rows[:SHOWN]],
        "more_rows": max(0, len(rows) - SHOWN),
        "queue": queue,
        "queues": [(kind, QueueKind(kind).label) for kind in QueueKind.values],
        "total": len(reading.rows),
        "shares": plan_words.share_rows(reading.account, reading),
        "planned": points(reading.account.planned),
        "planned_value": reading.account.planned,
        "capacity": points(reading.capacity),
        "capacity_value": reading.capacity,
        "free": points(reading.account.free),
        "over": points(reading.account.planned - reading.capacity)
        if reading.account.planned > reading.capacity + 1e-9
        else "",
        "may_plan": may_plan,
        "may_end": cycle.ends_on is None or cycle.ends_on <= timezone.localdate(),
        "may_break": rights.allowed(actor, "floor.break", product),
        "who_breaks": rights.who_can("floor.break", product),
        "ask_url": reverse("request-new", args=[product.key])
        if rights.allowed(actor, "request.make", product)
        else "",
        "error": error,
        "entered": entered or {},
        "decisions": Decision.objects.filter(cycle=cycle)
        .select_related("decided_by")
        .order_by("-number"),
        "charts": [],
        "lines": plans.lines_of(cycle) if closed else [],
    }
    if not closed:
        _add_skipped(context, reading, queue)
    if not accepted and not closed:
        problems = acceptance.problems_of(reading)
        context["problems"] = [each for each in problems if each["code"] != "empty"]
        context["may_accept"] = may_plan and not problems
    if accepted:
        context["scope"] = scope_of(cycle)
        days = burn_up(cycle, zone=timezone.get_current_timezone())
        if days:
            context["charts"] = [plan_words.burn_up_chart(days, cycle)]
        context["outside"] = [
            (QueueKind(kind).label, count, plan_words.many(amount))
            for kind, (count, amount) in plans.finished_outside(cycle).items()
        ]
    return show(
        request,
        "scoring/cycle.html",
        context,
        product=product,
        active="cycles",
        status=error.status if error else 200,
    )


def _plan_row(row: plans.Planned, may_plan: bool, cycle: Cycle) -> dict[str, Any]:
    planned = row.row
    return {
        "key": row.key,
        "title": row.item.title,
        "url": reverse("item", args=[row.key]),
        "panel_url": reverse("item-panel", args=[row.key]),
        "queue": planned.queue_kind,
        "queue_label": QueueKind(planned.queue_kind).label,
        "state": row.item.state,
        "state_label": row.item.get_state_display(),
        "band": row.item.summary.band,
        "priority": row.item.summary.priority,
        "points": points(planned.points),
        "assumed": planned.points_assumed,
        "why": planned.why,
        "source": PlannedItem.Source(planned.source).label,
        "hand": planned.source == PlannedItem.Source.HAND,
        "charges": plan_words.charges(row),
        "blocked_by": row.blocked_by,
        "owner": str(row.item.owner) if row.item.owner else "",
        "late": bool(cycle.accepted_at and not planned.in_baseline),
        "delivered": planned.delivered_at is not None,
        "done": row.item.state == State.DONE,
        "movable": may_plan,
    }


def _add_skipped(context: dict[str, Any], reading: Reading, queue: str) -> None:
    groups: dict[str, dict[str, Any]] = {}
    below: dict[str, float] = {}
    for skip in reading.skipped():
        kind = skip.item.queue
        group = groups.setdefault(
            kind,
            {"queue": kind, "label": QueueKind(kind).label, "rows": [], "more": 0, "elsewhere": 0},
        )
        for name, amount in skip.below.items():
            below[name] = max(below.get(name, 0.0), amount)
        if skip.code == "elsewhere":
            group["elsewhere"] += 1
            continue
        if len(group["rows"]) >= NAMED:
            group["more"] += 1
            continue
        listed = reading.items[skip.item.key]
        group["rows"].append(
            {
                "key": listed.key,
                "title": listed.title,
                "url": reverse("item", args=[listed.key]),
                "panel_url": reverse("item-panel", args=[listed.key]),
                "rank": listed.rank,
                "points": points(listed.points),
                "assumed": listed.assumed,
                "why": plan_words.why_not(skip),
                "blocked": skip.code == "blocked",
            }
        )
    context["skipped"] = [group for kind, group in groups.items() if queue in ("", kind)]
    undecided = {
        each.queue: each.broken for each in reading.account.queues if each.undecided > 1e-9
    }
    context["floors"] = [
        {
            "queue": name,
            "label": QueueKind(name).label,
            "points": points(amount),
            "many": plan_words.many(amount),
            "payload": json.dumps({"cycle": reading.cycle.pk, "queue": name, "points": amount}),
        }
        for name, amount in {**below, **undecided}.items()
    ]


def _whole(request: HttpRequest, name: str) -> int:
    raw = request.POST.get(name, "")
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 10):
        raise Invalid("The form is incomplete. Load the page again.")
    return int(raw)


def _back(request: HttpRequest, cycle: Cycle, said: str, anchor: str = "") -> HttpResponse:
    messages.success(request, said)
    return go(request, reverse("cycle", args=[cycle.product.key, cycle.pk]) + anchor)


@page
def propose(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Write the proposal; what people put in or took out stays so."""
    actor = Actor.of(request)
    cycle = plans.cycle_for(product_for(actor, key, "cycle.plan"), pk)
    _reading, found = plan_services.propose(actor=actor, cycle=cycle)
    said = ngettext(
        "%(items)d item with %(points)s is proposed.",
        "%(items)d items with %(points)s are proposed.",
        len(found.chosen),
    ) % {
        "items": len(found.chosen),
        "points": plan_words.many(found.account.planned),
    }
    return _back(request, cycle, said)


@page
def add(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Put an item in. A blocked one is refused, and its blockers are offered."""
    actor = Actor.of(request)
    product = product_for(actor, key, "cycle.plan")
    cycle = plans.cycle_for(product, pk)
    entered = {
        "item": request.POST.get("item", "")[:24],
        "reason": request.POST.get("reason", "")[:300],
    }
    try:
        item = access.item_of(actor, product, entered["item"])
        done = plan_services.add_item(
            actor=actor,
            cycle=cycle,
            item=item,
            reason=entered["reason"],
            with_blockers=request.POST.get("with_blockers") == "yes",
        )
    except DomainError as error:
        if wants_fragment(request):
            raise
        return _show(request, actor, cycle, error=error, entered=entered)
    keys = ", ".join(each.key for each in done)
    return _back(
        request, cycle, _("%(keys)s: in %(cycle)s now.") % {"keys": keys, "cycle": cycle.name}
    )


@page
def remove(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Take an item out, with a reason."""
    actor = Actor.of(request)
    product = product_for(actor, key, "cycle.plan")
    cycle = plans.cycle_for(product, pk)
    item = access.item_of(actor, product, request.POST.get("item", ""))
    try:
        plan_services.remove_item(
            actor=actor, cycle=cycle, item=item, reason=request.POST.get("reason", "")[:500]
        )
    except (Conflict, Invalid) as error:
        if wants_fragment(request):
            raise
        return _show(request, actor, cycle, error=error)
    said = _("%(key)s is out of %(cycle)s.") % {"key": item.key, "cycle": cycle.name}
    return _back(request, cycle, said)


@page
def move(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Up, down, to the top or bottom, to a place, or (a drop) before another row."""
    actor = Actor.of(request)
    product = product_for(actor, key, "cycle.plan")
    cycle = plans.cycle_for(product, pk)
    item = access.item_of(actor, product, request.POST.get("item", ""))
    to = request.POST.get("to", "")
    target: dict[str, Any]
    if to in ("up", "down", "top", "bottom"):
        target = plans.place_beside(cycle, item, to)
    elif request.POST.get("place"):
        target = {"place": _whole(request, "place")}
    elif before := request.POST.get("before"):
        target = {"before": access.item_of(actor, product, before)}
    else:
        target = plans.place_beside(cycle, item, "bottom")
    if target:
        plan_services.move_item(actor=actor, cycle=cycle, item=item, **target)
    said = _("%(key)s is moved.") % {"key": item.key}
    if wants_fragment(request):
        response = HttpResponse(status=204)
        response["HX-Trigger"] = json.dumps({"toast": {"text": said, "kind": "success"}})
        return response
    return _back(request, cycle, said, f"#plan-{item.key}")


@page
def accept(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Accept the plan, or say what stands in the way."""
    actor = Actor.of(request)
    cycle = plans.cycle_for(product_for(actor, key, "cycle.plan"), pk)
    try:
        acceptance.accept(
            actor=actor,
            cycle=cycle,
            version=_whole(request, "version"),
            reason=request.POST.get("reason", "")[:2000],
        )
    except Conflict as error:
        if wants_fragment(request):
            raise
        return _show(request, actor, plans.cycle_for(cycle.product, pk), error=error)
    return _back(request, cycle, _("The plan of %(name)s is accepted.") % {"name": cycle.name})


@page
def allow_floor(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """A decision that a floor may break in this cycle."""
    actor = Actor.of(request)
    cycle = plans.cycle_for(product_for(actor, key), pk)
    try:
        amount = float(request.POST.get("points", "").replace(",", "."))
    except ValueError as error:
        raise Invalid(_("Points are a number.")) from error
    try:
        decision = acceptance.allow_floor(
            actor=actor,
            cycle=cycle,
            queue=request.POST.get("queue", "")[:20],
            points=amount,
            reason=request.POST.get("reason", "")[:2000],
        )
    except Invalid as error:
        return _show(request, actor, cycle, error=error)
    return _back(
        request, cycle, _("%(key)s is recorded. Propose again to use it.") % {"key": decision.key}
    )


@page
def swap(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """X for Y: the cost on both sides first, then one act that is kept as a decision."""
    actor = Actor.of(request)
    product = product_for(actor, key, "cycle.plan")
    cycle = plans.cycle_for(product, pk)
    data = request.POST if request.method == "POST" else request.GET
    entered = {name: data.get(name, "")[:24].strip() for name in ("comes", "goes")}
    context: dict[str, Any] = {"cycle": cycle, "entered": entered, "reason": data.get("reason", "")}
    context["rows"] = plans.keys_in(cycle)
    status = 200
    try:
        if all(entered.values()):
            comes = access.item_of(actor, product, entered["comes"])
            goes = access.item_of(actor, product, entered["goes"])
            if request.method == "POST":
                done = trades.swap(
                    actor=actor,
                    cycle=cycle,
                    comes=comes,
                    goes=goes,
                    reason=request.POST.get("reason", "")[:2000],
                )
                return _back(
                    request,
                    cycle,
                    _("%(key)s: %(title)s.") % {"key": done.key, "title": done.title},
                )
            context["costs"] = _costs(trades.costs(cycle, comes, goes))
        elif request.method == "POST":
            raise Invalid(_("Name both items."))
    except DomainError as error:
        if error.status in (403, 404):
            raise
        context["error"] = error
        status = error.status if request.method == "POST" else 200
        if request.method == "POST" and all(entered.values()):
            context["costs"] = None
    return show(
        request,
        "scoring/cycle_swap.html",
        context,
        product=product,
        active="cycles",
        status=status,
    )


def _costs(found: dict[str, Any]) -> dict[str, Any]:
    sides = [
        {
            **found[side],
            "points": plan_words.many(found[side]["points"]),
            "label": QueueKind(found[side]["queue"]).label if found[side]["queue"] else "",
        }
        for side in ("comes", "goes")
    ]
    return {
        "sides": sides,
        "points": f"{found['points']:+g}".replace("-", "−"),
        "before": points(found["planned"]["before"]),
        "after": points(found["planned"]["after"]),
        "capacity": points(found["capacity"]),
        "queues": [
            {
                "queue": each["queue"],
                "label": QueueKind(each["queue"]).label,
                **{
                    name: points(each[name])
                    for name in ("promised", "floor", "planned_before", "planned_after")
                },
                "breaks": points(each["broken_after"])
                if each["broken_after"] > each["broken_before"] + 1e-9
                else "",
            }
            for each in found["queues"]
        ],
    }


@page
def close(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """What was delivered, what goes where, what the ledger will say; then the close, which is final."""
    actor = Actor.of(request)
    product = product_for(actor, key, "cycle.plan")
    cycle = plans.cycle_for(product, pk)
    if cycle.closed_at is not None:
        raise Conflict(_("%(name)s is closed already.") % {"name": cycle.name}, code="closed")
    found = closing.ending(cycle)
    if request.method == "POST":
        carry = {
            row.key: request.POST[f"carry-{row.key}"]
            for row in found.unfinished
            if f"carry-{row.key}" in request.POST
        }
        done = closing.close_cycle(
            actor=actor,
            cycle=cycle,
            carry=carry,
            reason=request.POST.get("reason", "")[:500],
        )
        return _back(
            request, cycle, done.sentence or _("%(name)s is closed.") % {"name": done.name}
        )
    following = plans.next_after(cycle)
    context = {
        "cycle": cycle,
        "delivered": [_plan_row(row, False, cycle) for row in found.delivered],
        "unfinished": [
            {**_plan_row(row, False, cycle), "open": row.item.state in plans.PLANNABLE}
            for row in found.unfinished
        ],
        "lines": found.lines,
        "sentence": found.sentence if cycle.accepted_at else "",
        "next": following.name if following else closing.next_name(cycle),
        "next_is_new": following is None,
        "early": _early(cycle),
        "total": points(sum(row.row.points for row in found.delivered)),
        "baseline": points(cycle.baseline_points or 0.0),
    }
    return show(request, "scoring/cycle_close.html", context, product=product, active="cycles")


def _early(cycle: Cycle) -> str:
    """What is to be known by whoever closes a cycle before its last day."""
    today = timezone.localdate()
    if cycle.starts_on and cycle.starts_on > today:
        return _("It has not begun: its first day is %(day)s.") % {
            "day": date_format(cycle.starts_on)
        }
    if cycle.ends_on and cycle.ends_on > today:
        return _("It is not over: its last day is %(day)s.") % {"day": date_format(cycle.ends_on)}
    return ""


@page
def ledger(request: HttpRequest, key: str) -> HttpResponse:
    """What each queue was promised, got and is owed, cycle by cycle."""
    product = product_for(Actor.of(request), key)
    found = plans.ledger(product)
    context = {
        "cycles": found,
        "charts": [plan_words.ledger_chart(found[:12])] if found else [],
        "debts": plans.debts(product),
    }
    return show(request, "scoring/ledger.html", context, product=product, active="cycles")


@page
def ledger_csv(request: HttpRequest, key: str) -> Any:
    """The ledger for a spreadsheet."""
    product = product_for(Actor.of(request), key)
    return csv_answer(
        f"{product.key}-ledger",
        ["cycle", "closed_at", "queue", *LEDGER_COLUMNS, "sentence"],
        (
            [
                cycle.name,
                cycle.closed_at,
                line.queue_kind,
                *(getattr(line, name) for name in LEDGER_COLUMNS),
                cycle.sentence,
            ]
            for cycle, lines in plans.ledger(product)
            for line in lines
        ),
    )
