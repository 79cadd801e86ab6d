"""Increments: what is under way, one increment's page, and every act on it and on its item's plan."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Product
from accounts.pages import into_form, page, show, zone_of
from backlog import access, brief_reading, late_change
from backlog import increment_reading as reading
from backlog.brief_lines import lines_for
from backlog.filters import IncrementFilter, increments_filtered
from backlog.history import entry
from backlog.increment_forms import CloseForm, CutForm, IncrementCriterionForm, IncrementForm
from backlog.models import Change, Increment, Item
from backlog.panels import increment_panels
from backlog.services import increment_criteria, increment_states, increments, standards
from backlog.vocabulary import CheckpointState, IncrementState
from core.errors import Conflict, DomainError, Invalid, NotAllowed
from core.filters import asked_of
from core.htmx import go, safe_next, wants_fragment
from core.markdown import render_cached

HISTORY = 50
#: So many of the newest late requests are named.
LATE_ROWS = 20


@page
def increment_list(request: HttpRequest, key: str) -> HttpResponse:
    """Every increment under way, by due date, and how much structural change comes late."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    query = asked_of(request.GET, {*IncrementFilter.base_filters, "cursor"})
    begins = query.pop("cursor", None)
    rows = increments_filtered(access.increments_in(actor, product), query)
    if "state" not in query:
        rows = rows.filter(state__in=reading.UNDER_WAY)
    found, cursor = reading.under_way(rows, cursor=begins)
    today = timezone.localdate()
    asked_for, zone = reading.change_rows(product), zone_of(request.user)
    report = late_change.report(asked_for, today, zone)
    context = {
        "rows": [
            {
                "increment": each,
                "late": each.due_on is not None
                and each.due_on < today
                and each.state in reading.UNDER_WAY,
                "month": each.due_on.replace(day=1) if each.due_on else None,
            }
            for each in found
        ],
        "next_url": "?" + urlencode({**query, "cursor": cursor}) if cursor else "",
        "query": query,
        "filtered": bool(query),
        "states": IncrementState.choices,
        "kinds": access.kinds_in(actor, product),
        "people": access.members(product),
        "late_change": report,
        "late_requests": _late_requests(
            actor, product, late_change.recent_late(asked_for, today, zone)[:LATE_ROWS]
        ),
        "asked": any(share.total for _stage, share in report.stages),
        "stages": [{"stage": stage, **_share(share)} for stage, share in report.stages],
        "chart": _trend(report),
        "late_from": late_change.LATE_FROM,
        "limit": late_change.LIMIT,
        "enough": late_change.ENOUGH,
        "recent_months": late_change.RECENT_MONTHS,
        "may_publish": rights.allowed(actor, "standard.publish", product),
    }
    return show(request, "backlog/increments.html", context, product=product, active="assets")


def _late_requests(
    actor: Actor, product: Product, found: Sequence[late_change.ChangeRequest]
) -> list[dict[str, Any]]:
    """When each was asked and of which increment. One query, none without any."""
    if not found:
        return []
    rows = access.increments_in(actor, product).filter(pk__in={each.increment_id for each in found})
    named = {row.pk: row for row in rows}
    return [{"at": each.at, "increment": named[each.increment_id]} for each in found]


def _trend(report: late_change.Report) -> dict[str, Any]:
    """The late share month by month with its interval, and the limit; a month without changes is a gap."""

    def percent(rate: float | None) -> float | None:
        return None if rate is None else round(rate * 100, 1)

    months = report.months
    counted = [month.late if month.late.total else None for month in months]
    return {
        "id": "late-change",
        "kind": "line",
        "title": _("Late among structural changes, by month"),
        "data": {
            "unit": "%",
            "x": [date_format(month.first, "M Y") for month in months],
            "series": [
                {
                    "name": _("Late"),
                    "values": [percent(each.rate) if each else None for each in counted],
                },
                {
                    "name": _("Lower end"),
                    "values": [percent(each.low) if each else None for each in counted],
                },
                {
                    "name": _("Upper end"),
                    "values": [percent(each.high) if each else None for each in counted],
                },
                {"name": _("Limit"), "values": [percent(late_change.LIMIT)] * len(months)},
            ],
        },
        "columns": [_("Month"), _("Late"), _("Share"), _("95% interval")],
        "rows": [
            [
                date_format(month.first, "M Y"),
                f"{month.late.hits} / {month.late.total}",
                said["rate"],
                said["between"],
            ]
            for month in months
            for said in [_share(month.late)]
        ],
    }


def _share(share: late_change.Share) -> dict[str, Any]:
    return {
        "hits": share.hits,
        "total": share.total,
        "percent": round((share.rate or 0.0) * 100, 1),
        "rate": "–" if share.rate is None else f"{share.rate:.0%}",
        "between": f"{share.low:.0%} – {share.high:.0%}" if share.total else "",
    }


@page
def increment(request: HttpRequest, key: str, item: str, number: int) -> HttpResponse:
    """One increment: what it must satisfy, its criteria, assets, conformance and history."""
    actor, found = _found(request, key, item, number)
    context = increment_context(actor, found)
    return show(request, "backlog/increment.html", context, product=found.product, active="assets")


def increment_context(actor: Actor, found: Increment) -> dict[str, Any]:
    """What the page of an increment shows. A fixed number of queries, whatever it holds."""
    product, item = found.product, found.item
    plan = reading.plan(item)
    unsigned = reading.gate_missing(item)
    mine = next(each for each in plan if each.pk == found.pk)
    blocked = (
        reading.obstacles(mine, plan, unsigned) if found.state == IncrementState.PLANNED else []
    )
    lines = lines_for(item, found)
    criteria = list(
        found.criteria.select_related("covers", "verified_by").order_by("position", "pk")
    )
    proven = item.criteria.order_by("position", "pk").values_list("pk", "text")
    offered = [("", _("none of the item’s")), *proven]
    declared = list(
        found.conformances.select_related("standard_version__standard", "declared_by").order_by(
            "standard_version__standard__name"
        )
    )
    declared_ids = {each.standard_version.standard_id for each in declared}
    history = (
        Change.objects.filter(item_id=item.pk, subject_type="increment", subject_id=found.pk)
        .select_related("actor")
        .order_by("-id")[:HISTORY]
    )
    at = plan.index(mine)
    open_states = (IncrementState.PLANNED, IncrementState.IN_PROGRESS, IncrementState.IN_REVIEW)
    may = {
        "edit": rights.allowed(actor, "increment.edit", product),
        "validate": rights.allowed(actor, "increment.validate", product)
        and found.is_checkpoint
        and found.state not in (IncrementState.PLANNED, IncrementState.CUT),
        "verify": rights.allowed(actor, "item.verify", product),
        "gate": rights.allowed(actor, "gate.pass", product),
        "ask": rights.allowed(actor, "request.make", product),
    }
    return {
        "increment": found,
        "item": item,
        "blocked": blocked,
        "gate_closed": any(each.code == "gate" for each in blocked),
        "pointed": [line for line in lines if line.pointed],
        "others": [line for line in lines if not line.pointed],
        "criteria": [
            {
                "row": row,
                "form": IncrementCriterionForm(
                    item=item,
                    offered=offered,
                    initial=IncrementCriterionForm.initial_of(row),
                    auto_id=f"criterion{row.pk}_%s",
                ),
            }
            for row in criteria
        ],
        "criterion_form": IncrementCriterionForm(
            item=item, offered=offered, auto_id="new_criterion_%s"
        ),
        "unverified": sum(row.verified_at is None for row in criteria),
        "assets": reading.assets_of(actor, [found]).get(found.pk, ()),
        "declared": declared,
        "offered": [
            {"standard": each, "declared": each.pk in declared_ids}
            for each in access.standards_in(actor, product).filter(
                retired_at=None, versions_count__gt=0
            )
        ],
        "waiting": brief_reading.waiting_confirmations(found.confirmations.all()),
        "panels": increment_panels(actor, found),
        "needs": sorted(mine.needs.all(), key=lambda need: need.number),
        "needed_by": [each for each in plan if found.pk in {need.pk for need in each.needs.all()}],
        "kept_breaks": reading.kept_breaks(found) if found.state == IncrementState.CUT else [],
        "output_html": render_cached(found.output),
        "learning_html": render_cached(found.learning),
        "cited": list(found.citations.select_related("brief", "item__product").order_by("pk")),
        "history": [entry(change) for change in history],
        "before": plan[at - 1] if at else None,
        "behind": plan[at + 1] if at + 1 < len(plan) else None,
        "open": found.state in open_states,
        "late": found.due_on is not None
        and found.due_on < timezone.localdate()
        and found.state in open_states,
        "validated": found.checkpoint == CheckpointState.VALIDATED,
        "may": may,
        "gate_payload": json.dumps({"increment": found.key}),
    }


@page
def increment_add(request: HttpRequest, key: str, item: str) -> HttpResponse:
    """Plan an increment of an item."""
    actor = Actor.of(request)
    found = _item(actor, key, item, "increment.edit")
    form = IncrementForm(request.POST or None, item=found)

    def save() -> str:
        data = form.cleaned_data
        made = increments.add_increment(
            actor=actor,
            item=found,
            draft=increments.Draft(
                kind=data["kind"],
                title=data["title"],
                purpose=data["purpose"],
                owner=data["owner"],
                starts_on=data["starts_on"],
                due_on=data["due_on"],
                is_checkpoint=data["is_checkpoint"],
                needs=list(data.get("needs") or ()),
                criteria=[(line, "") for line in data["criteria"].splitlines() if line.strip()],
            ),
        )
        messages.success(request, _("%(key)s is planned.") % {"key": made.key})
        _say_misfits(request, made)
        return f"{reverse('item', args=[found.key])}#plan"

    title = _("Plan an increment of %(key)s") % {"key": found.key}
    return _form_page(
        request, found, form, title, save, f"{reverse('item', args=[found.key])}#plan"
    )


@page
def increment_edit(request: HttpRequest, key: str, item: str, number: int) -> HttpResponse:
    """Change what an increment is and when."""
    actor, found = _found(request, key, item, number, "increment.edit")
    form = IncrementForm(
        request.POST or None,
        item=found.item,
        increment=found,
        initial=IncrementForm.initial_of(found),
    )

    def save() -> str:
        values = dict(form.cleaned_data)
        version = values.pop("version")
        if "needs" in values:
            values["needs"] = list(values["needs"])
        done = increments.edit_increment(
            actor=actor, increment=found, values=values, version=version
        )
        if done.version != found.version:  # else the last change was another one
            _say_misfits(request, done)
        return _url(found)

    title = _("Edit %(key)s") % {"key": found.key}
    return _form_page(request, found.item, form, title, save, _url(found))


@page
def increment_move(request: HttpRequest, key: str, item: str) -> HttpResponse:
    """Up, down, to the top or bottom (``to``), or, by a drop, before another one; named by their numbers."""
    actor = Actor.of(request)
    found = _item(actor, key, item, "increment.edit")
    moved = access.increment_for(actor, found, _whole(request.POST.get("item", "")))
    before: Increment | None = None
    others = [each for each in reading.plan(found) if each.pk != moved.pk]
    at = sum((each.position, each.pk) < (moved.position, moved.pk) for each in others)
    to = request.POST.get("to", "")
    if to in ("up", "down", "top", "bottom"):
        place = {"up": max(at - 1, 0), "down": at + 1, "top": 0, "bottom": len(others)}[to]
        before = others[place] if place < len(others) else None
    elif request.POST.get("before"):
        before = access.increment_for(actor, found, _whole(request.POST["before"]))
    increments.move_increment(actor=actor, increment=moved, before=before)
    said = _("%(key)s is moved.") % {"key": moved.key}
    if wants_fragment(request):
        lost = reading.last_breaks(moved)
        toast = {"text": " ".join([said, *lost]), "kind": "warning" if lost else "success"}
        response = HttpResponse(status=204)
        response["HX-Trigger"] = json.dumps({"toast": toast})
        return response
    messages.success(request, said)
    _say_misfits(request, moved)
    return go(request, f"{reverse('item', args=[found.key])}#plan")


def _say_misfits(request: HttpRequest, increment: Increment) -> None:
    """What the act on an increment put out of step, if anything."""
    lost = reading.last_breaks(increment)
    if lost:
        messages.warning(request, _("This does not fit now:") + " " + " ".join(lost))


_ACTS: dict[str, Callable[..., Increment]] = {
    "start": increment_states.start,
    "review": increment_states.send_to_review,
    "back": increment_states.back_to_work,
    "ship": increment_states.ship,
    "restore": increment_states.restore,
}


@page
def increment_act(request: HttpRequest, key: str, item: str, number: int) -> HttpResponse:
    """A step that asks for nothing (``act``): start, review, back, ship, unship, restore."""
    actor, found = _found(request, key, item, number, "increment.edit")
    act = request.POST.get("act", "")
    if act == "unship":
        increment_states.ship(actor=actor, increment=found, shipped=False)
    elif act in _ACTS:
        _ACTS[act](actor=actor, increment=found)
        _say_misfits(request, found)
    else:
        raise Invalid("There is no such act.")
    return go(request, safe_next(request, _url(found)))


@page
def increment_close(request: HttpRequest, key: str, item: str, number: int) -> HttpResponse:
    """Close with what came out of it and what was learned."""
    actor, found = _found(request, key, item, number, "increment.edit")
    form = CloseForm(
        request.POST or None, initial={"output": found.output, "learning": found.learning}
    )

    def save() -> str:
        increment_states.close(actor=actor, increment=found, **form.cleaned_data)
        messages.success(request, _("%(key)s is closed.") % {"key": found.key})
        return _url(found)

    title = _("Close %(key)s") % {"key": found.key}
    return _form_page(request, found.item, form, title, save, _url(found), verb=_("Close it"))


@page
def increment_cut(request: HttpRequest, key: str, item: str, number: int) -> HttpResponse:
    """What breaks when it is cut; then the cut, which can be taken back."""
    actor, found = _found(request, key, item, number, "increment.edit")
    form = CutForm(request.POST or None)

    def save() -> str:
        increment_states.cut(actor=actor, increment=found, reason=form.cleaned_data["reason"])
        said = _("%(key)s is cut. Bring it back from its page whenever you like.")
        messages.success(request, said % {"key": found.key})
        return _url(found)

    title = _("Cut %(key)s") % {"key": found.key}
    broken = reading.breaks(actor, found)
    return _form_page(
        request,
        found.item,
        form,
        title,
        save,
        _url(found),
        verb=_("Cut it"),
        breaks=broken,
        cutting=True,
    )


@page
def increment_checkpoint(request: HttpRequest, key: str, item: str, number: int) -> HttpResponse:
    """Validate the direction, or change it (``act=redirect``)."""
    actor, found = _found(request, key, item, number, "increment.validate")
    increment_states.decide_checkpoint(
        actor=actor,
        increment=found,
        validated=request.POST.get("act") == "validate",
        note=request.POST.get("note", ""),
    )
    return go(request, _url(found))


@page
def increment_gate(request: HttpRequest, key: str, item: str, number: int) -> HttpResponse:
    """Let production begin before the brief is signed off; without the right, ask for it."""
    actor, found = _found(request, key, item, number)
    made = increment_states.pass_gate(
        actor=actor, increment=found, reason=request.POST.get("reason", "")
    )
    messages.success(request, _("%(key)s is recorded; it may start.") % {"key": made.key})
    return go(request, _url(found))


@page
def increment_criteria_add(request: HttpRequest, key: str, item: str, number: int) -> HttpResponse:
    """Add a criterion."""
    actor, found = _found(request, key, item, number, "increment.edit")
    return _criterion(request, actor, found, None)


@page
def increment_criterion(
    request: HttpRequest, key: str, item: str, number: int, pk: int
) -> HttpResponse:
    """What is done to a criterion (``act``): verify, unverify, reword, remove."""
    actor, found = _found(request, key, item, number)
    row = access.increment_criterion_for(actor, found, pk)
    act = request.POST.get("act", "")
    if act in ("verify", "unverify"):
        increment_criteria.verify_criterion(
            actor=actor,
            increment=found,
            criterion=row,
            met=act == "verify",
            note=request.POST.get("note", ""),
        )
    elif act == "remove":
        increment_criteria.remove_criterion(actor=actor, increment=found, criterion=row)
    elif act == "reword":
        return _criterion(request, actor, found, row)
    else:
        raise Invalid("There is no such act.")
    return go(request, f"{_url(found)}#criteria")


def _criterion(request: HttpRequest, actor: Actor, found: Increment, row: Any) -> HttpResponse:
    form = IncrementCriterionForm(request.POST, item=found.item)

    def save() -> str:
        data = form.cleaned_data
        increment_criteria.save_criterion(
            actor=actor,
            increment=found,
            statement=data["text"],
            verification=data["verification"],
            covers=data["covers"],
            criterion=row,
            seen=data["seen"] if row else None,
        )
        return f"{_url(found)}#criteria"

    title = _("A criterion of %(key)s") % {"key": found.key}
    back = f"{_url(found)}#criteria"
    return _form_page(request, found.item, form, title, save, back, act="reword" if row else "")


@page
def increment_standards(request: HttpRequest, key: str, item: str, number: int) -> HttpResponse:
    """Declare conformance to the newest version of a standard, or a deviation; ``withdraw`` takes one back."""
    actor, found = _found(request, key, item, number, "increment.edit")
    if request.POST.get("withdraw"):
        row = access.conformance_for(actor, found, _whole(request.POST["withdraw"]))
        standards.withdraw(actor=actor, conformance=row)
    else:
        chosen = access.standard_of(actor, found.product, _whole(request.POST.get("standard", "")))
        newest = chosen.versions.get(number=chosen.versions_count)
        standards.declare(
            actor=actor,
            increment=found,
            version=newest,
            deviation=request.POST.get("deviation", ""),
        )
    return go(request, f"{_url(found)}#standards")


def _item(actor: Actor, key: str, item: str, action: str = "product.read") -> Item:
    """An item of the product that the address names: one of another product is not there."""
    return access.item_named(actor, product_for(actor, key, action), item)


def _found(
    request: HttpRequest, key: str, item: str, number: int, action: str = "product.read"
) -> tuple[Actor, Increment]:
    actor = Actor.of(request)
    return actor, access.increment_for(actor, _item(actor, key, item, action), number)


def _url(found: Increment) -> str:
    return reverse("increment", args=[found.product.key, found.item.key, found.number])


def _whole(raw: str) -> int:
    if not (raw.isascii() and raw.isdecimal() and len(raw) < 19):
        raise Invalid("This cannot be read.", fields={"item": ["Choose one of the list."]})
    return int(raw)


def _form_page(
    request: HttpRequest,
    item: Item,
    form: forms.Form,
    title: str,
    save: Callable[[], str],
    back: str,
    **more: Any,
) -> HttpResponse:
    """Save and go where ``save`` says; on a refusal, the form again with what was typed and what is wrong."""
    status = 200
    error: DomainError | None = None
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return go(request, save())
            except (Invalid, Conflict, NotAllowed) as refused:
                error, status = refused, refused.status
                into_form(form, refused)
    context = {
        "form": form,
        "title": title,
        "item": item,
        "back_url": back,
        "changed": error.extra.get("changed") if error else None,
        **more,
    }
    product: Product = item.product
    return show(
        request,
        "backlog/increment_form.html",
        context,
        product=product,
        active="assets",
        status=status,
    )
