"""Triage: two panes, one key a decision."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Product
from accounts.pages import page, show
from accounts.rights import Wish
from backlog import access, definitions, selectors
from backlog.forms import HotfixForm, ReasonForm, park_default
from backlog.models import Item, Queue, Segment
from backlog.search import similar_to
from backlog.services import states, undo, words
from backlog.vocabulary import QueueKind, Severity
from core.errors import Invalid
from core.htmx import go, wants_fragment

DECISIONS = frozenset({*QueueKind.values, "park", "decline", "merge"})


@page
def triage(request: HttpRequest, key: str) -> HttpResponse:
    """The inbox and the item under decision (``?item=KEY-1``, else the first)."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    waiting = selectors.triage_list(product)
    current = _chosen(request, waiting)
    fragment = wants_fragment(request)
    context = _context(actor, product, waiting, current, later=fragment)
    template = "backlog/triage.html#stage" if fragment else "backlog/triage.html"
    return show(request, template, context, product=product, active="triage")


@page
def alike(request: HttpRequest, key: str) -> HttpResponse:
    """The items that say much the same as one that waits; a part of the triage page."""
    actor = Actor.of(request)
    item = access.item_for(actor, key)
    product = item.product
    if not wants_fragment(request):
        return go(request, f"{reverse('triage', args=[product.key])}?item={item.key}")
    may_decide = rights.allowed(actor, "item.triage", product)
    context = {"similar": similar_to(item), "may_decide": may_decide}
    return show(request, "backlog/_alike.html", context, product=product)


@page
def decide(request: HttpRequest, key: str) -> HttpResponse:
    """One decision: a queue, park, decline or merge; then the next item."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    item = access.item_of(actor, product, request.POST.get("item", ""))
    decision = request.POST.get("decision") or request.GET.get("decision", "")
    into = {"item": item.key, "queue": decision, **_brought(request, actor, item, decision)}
    wish = Wish("item.queue", into) if decision in QueueKind.values else None
    rights.require(actor, "item.triage", product, wish)
    try:
        done = _carry_out(request, actor, item, decision)
    except (Invalid, _Ask) as error:
        waiting = selectors.triage_list(product)
        fragment = wants_fragment(request)
        context = _context(actor, product, waiting, item, decision, later=fragment) | {
            "asking": decision,
            "error": error if isinstance(error, Invalid) else None,
            "posted": request.POST,
            "hotfix_form": _hotfix_form(request, actor, item, decision),
        }
        template = "backlog/triage.html#stage" if fragment else "backlog/triage.html"
        status = 422 if context["error"] else 200
        return show(request, template, context, product=product, active="triage", status=status)
    text = _said(done, decision)
    batch = selectors.last_batch(done)
    undo_url = f"{reverse('triage-undo', args=[product.key])}?batch={batch}" if batch else ""
    waiting = selectors.triage_list(product)
    following = _after(waiting, item)
    if not wants_fragment(request):
        messages.success(request, text, extra_tags=undo_url)
        url = reverse("triage", args=[product.key])
        return go(request, f"{url}?item={following.key}" if following else url)
    ask = {"url": undo_url, "label": "Undo"} if undo_url else None
    toast = {"text": text, "kind": "success", "undo": ask}
    return _stage(request, actor, product, waiting, following, toast)


def _stage(
    request: HttpRequest,
    actor: Actor,
    product: Product,
    waiting: list[Item],
    current: Item | None,
    toast: dict[str, Any],
) -> HttpResponse:
    """Both panes with ``current`` under decision, what to say, and the number for the rail."""
    context = _context(actor, product, waiting, current, later=True)
    response = show(request, "backlog/triage.html#stage", context, product=product)
    url = reverse("triage", args=[product.key])
    shown = context["current"]
    response["HX-Retarget"] = "#triage"
    response["HX-Reswap"] = "outerHTML"
    response["HX-Replace-Url"] = f"{url}?item={shown.key}" if shown else url
    response["HX-Trigger"] = json.dumps({"toast": toast, "counts": {url: context["total"]}})
    return response


@page
def undo_last(request: HttpRequest, key: str) -> HttpResponse:
    """Take back one's own last decision, or the one named by ``batch``, and show the item again."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    batch = _batch(request) or undo.last_act(actor, product)
    if batch is None:
        raise Invalid("There is nothing of yours to undo.")
    items = undo.undo(actor=actor, product=product, batch=batch)
    text = f"Undone: {', '.join(item.key for item in items[:3])} is as it was."
    if wants_fragment(request):
        waiting = selectors.triage_list(product)
        back = next((each for each in waiting if each.pk == items[0].pk), _first(waiting))
        return _stage(request, actor, product, waiting, back, {"text": text, "kind": "success"})
    messages.success(request, text)
    return go(request, f"{reverse('triage', args=[product.key])}?item={items[0].key}")


def _batch(request: HttpRequest) -> uuid.UUID | None:
    raw = request.GET.get("batch", "")
    if not raw:
        return None
    try:
        return uuid.UUID(raw)
    except ValueError as error:
        raise Invalid("There is no such decision to undo.") from error


class _Ask(Exception):
    """The decision needs to ask for more first."""


def _carry_out(request: HttpRequest, actor: Actor, item: Item, decision: str) -> Item:
    if decision not in DECISIONS:
        raise Invalid("Choose a queue, or park, decline or merge.")
    version = _version(request)
    reason = request.POST.get("reason", "")
    if decision == "merge":
        into = access.item_of(actor, item.product, request.POST.get("into", ""))
        return states.merge_item(actor=actor, item=item, into=into, version=version, reason=reason)
    if decision in ("park", "decline"):
        if request.POST.get("confirm") != decision:
            raise _Ask
        form = ReasonForm(
            {**request.POST.dict(), "state": "parked" if decision == "park" else "declined"}
        )
        if not form.is_valid():
            raise Invalid("Look at what is marked.", fields=form.errors)
        return states.set_state(
            actor=actor,
            item=item,
            version=version,
            state=form.cleaned_data["state"],
            reason=form.cleaned_data["reason"],
            until=form.cleaned_data["until"],
        )
    queue = access.queue_of(item.product, decision)
    if decision != QueueKind.HOTFIX:
        return states.accept_item(actor=actor, item=item, queue=queue, version=version)
    return _hotfix(request, actor, item, queue, version)


def _hotfix(
    request: HttpRequest, actor: Actor, item: Item, queue: Queue, version: int | None
) -> Item:
    """The first press shows what follows and asks; the second, with ``confirm``, accepts."""
    if request.POST.get("confirm") != QueueKind.HOTFIX:
        raise _Ask
    form = HotfixForm(request.POST, product=item.product)
    if not form.is_valid():
        raise Invalid("Look at the fields of the hotfix.", fields=form.errors)
    segment = form.cleaned_data["segment"].strip()
    segments = None
    if segment:
        named = words.proposed(Segment, product=item.product, names=[segment])
        segments = [*item.segments.all(), *named.values()]
    return states.accept_item(
        actor=actor,
        item=item,
        queue=queue,
        version=version,
        severity=form.cleaned_data["severity"],
        owner=form.cleaned_data["owner"],
        segments=segments,
    )


def _hotfix_form(request: HttpRequest, actor: Actor, item: Item, decision: str) -> HotfixForm:
    if decision == QueueKind.HOTFIX and request.POST.get("confirm") == decision:
        return HotfixForm(request.POST, product=item.product)
    return HotfixForm(
        initial={
            "severity": item.severity or Severity.MAJOR,
            "owner": item.owner_id or getattr(actor.user, "pk", None),
            "segment": next(
                iter(item.segments.order_by("name").values_list("name", flat=True)), ""
            ),
        },
        product=item.product,
    )


def _brought(request: HttpRequest, actor: Actor, item: Item, decision: str) -> dict[str, Any]:
    """Severity and owner that were chosen for a hotfix, as a request for it keeps them."""
    if decision != QueueKind.HOTFIX:
        return {}
    form = _hotfix_form(request, actor, item, decision)
    if not form.is_bound or not form.is_valid():
        return {}
    severity, owner = form.cleaned_data["severity"], form.cleaned_data["owner"]
    found = {"severity": severity, "owner": owner and owner.email}
    return {name: value for name, value in found.items() if value}


def _version(request: HttpRequest) -> int | None:
    raw = request.POST.get("version", "")
    return int(raw) if raw.isdecimal() and len(raw) < 10 else None


def _chosen(request: HttpRequest, waiting: list[Item]) -> Item | None:
    wanted = request.GET.get("item", "").upper()
    return next((item for item in waiting if item.key == wanted), _first(waiting))


def _after(waiting: list[Item], item: Item) -> Item | None:
    """The one that stood behind ``item``, which is decided, in the inbox; else the first."""
    place = (item.created_at, item.pk)
    behind = (each for each in waiting if (each.created_at, each.pk) > place)
    return next(behind, _first(waiting))


def _first(waiting: list[Item]) -> Item | None:
    return waiting[0] if waiting else None


def _said(item: Item, decision: str) -> str:
    if decision == "merge":
        return f"{item.key}: {item.state_reason}"
    if decision == "park":
        return f"{item.key} is parked until {item.parked_until:%d %b %Y}."
    if decision == "decline":
        return f"{item.key} is declined."
    due = f", due {timezone.localtime(item.due_at):%d %b, %H:%M}" if item.due_at else ""
    return f"{item.key} is accepted: {QueueKind(decision).label.lower()}{due}."


def _context(
    actor: Actor,
    product: Product,
    waiting: list[Item],
    current: Item | None,
    asking: str = "",
    *,
    later: bool,
) -> dict[str, Any]:
    """What the page shows. ``later``: without what is alike, which script asks for."""
    current = selectors.triage_item(current) if current else None
    context: dict[str, Any] = {
        "waiting": waiting,
        "current": current,
        "may_decide": rights.allowed(actor, "item.triage", product),
        "total": selectors.triage_count(product),
        "product": product,
        "park_until": park_default(),
    }
    if current is None:
        return context
    queues = {queue.kind: queue for queue in product.queues.all()}
    facts = definitions.Facts(
        kind=current.kind,
        severity=current.severity,
        effort=current.effort,
        horizon=current.horizon,
        has_due=current.due_at is not None,
        criteria=current.criteria.count(),
        words=len(current.description.split()),
    )
    context["definitions"] = [
        {
            "queue": queues[kind],
            "key": str(place),
            "findings": definitions.check(facts, kind),
            "proposed": current.queue_id == queues[kind].pk,
        }
        for place, kind in enumerate(QueueKind.values, start=1)
        if kind in queues
    ]
    # asked for once the item is there: nobody who knows the answer already waits for it
    context["similar"] = None if later else similar_to(current)
    hotfix = queues.get(QueueKind.HOTFIX)
    if hotfix is not None and asking == QueueKind.HOTFIX:
        context["hotfix"] = _consequences(product, queues, hotfix, current)
        context["hotfix_form"] = HotfixForm(
            initial={"severity": current.severity or Severity.MAJOR, "owner": current.owner_id},
            product=product,
        )
    return context


def _consequences(
    product: Product, queues: dict[str, Queue], hotfix: Queue, item: Item
) -> dict[str, Any]:
    """What accepting ``item`` as a hotfix leads to: deadlines, what it interrupts, what is left for bets."""
    now = timezone.now()
    points = selectors.open_points(product)
    added = item.effort if item.effort is not None else selectors.ASSUMED_POINTS
    total = sum(points.values()) + added
    bet = queues.get(QueueKind.STRATEGIC_BET)
    bet_share = points[QueueKind.STRATEGIC_BET] / total if total else 0.0
    return {
        "deadlines": [
            (label, states.deadline(hotfix, value, now)) for value, label in Severity.choices
        ],
        "interrupts": selectors.in_progress_last(product),
        "load": 100 * (points[QueueKind.HOTFIX] + added) / total if total else 0.0,
        "promised": 100 * hotfix.share,
        "bet_share": 100 * bet_share,
        "bet_promised": 100 * bet.share if bet else 0.0,
        "bet_floor": 50 * bet.share if bet else 0.0,
    }
