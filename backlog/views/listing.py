"""The ranked list, bulk edits, saved views, the board."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.urls import reverse

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Product
from accounts.pages import page, show
from backlog import access, selectors, tables
from backlog.filters import WORD_MODELS, ItemFilter, filtered
from backlog.forms import BulkForm, SaveViewForm
from backlog.listed import listed
from backlog.models import Label, Queue
from backlog.rows import BOARD_STATES, card, rows
from backlog.services import bulk, saved_views, states, undo, words
from backlog.views.items import panel_context
from backlog.vocabulary import Band, Horizon, Kind, QueueKind, Severity, State
from core.errors import Invalid
from core.exporting import csv_answer
from core.filters import refuse_unknown
from core.htmx import go, safe_next, wants_fragment

PAGE_SIZE = 50
BOARD_COLUMN = 25
#: Words that the filter menu lists; the others are reached by a link or by typing an address.
OFFERED = ("label", "segment", "cycle")
#: Parameters of the list that are not filters.
OTHER = frozenset({"cursor", "item", "view", "columns", "n"})
#: Columns that can be left out: name in ``data-hide``, head.
COLUMNS = {
    "queue": "Queue",
    "band": "Band",
    "priority": "Priority",
    "range": "Range of the place",
    "state": "State",
    "effort": "Effort",
    "due": "Due",
    "owner": "Owner",
    "labels": "Labels",
}


@page
def backlog(request: HttpRequest, key: str) -> HttpResponse:
    """The ranked list, per queue and over all; ``?item=`` shows one beside it."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    query = query_of(request.GET)
    found = filtered(access.items_in(actor, product), query, product=product, user=actor.user)
    kinds = kinds_of(query)
    result = selectors.ranked_page(
        found,
        product=product,
        kinds=kinds,
        cursor=request.GET.get("cursor") or None,
        size=PAGE_SIZE,
        whole=_is_whole(query),
        read=listed,
    )
    shown = _shown_before(request) + len(result.items)
    context: dict[str, Any] = {
        "hide": " ".join(_hidden(request)),
        "rows": rows(result.items, product, result.ranks, selectors.label_names(result.items)),
        "next_url": _with(request, cursor=result.cursor, n=shown) if result.cursor else None,
        "shown": shown,
    }
    if wants_fragment(request) and request.GET.get("cursor"):
        return show(request, "backlog/list.html#more", context, product=product)
    counts = selectors.queue_counts(product)
    views = list(access.saved_views_of(actor, product))
    context |= {
        "query": said(query),
        "query_string": urlencode(said(query)),
        "export_url": f"{reverse('backlog-export', args=[product.key])}?{urlencode(said(query))}",
        "tabs": _tabs(product, query, counts, views),
        "chips": chips(request, query),
        "filters": choices(product, query),
        "bulk_form": BulkForm(),
        "members": access.members(product),
        "may_bulk": rights.allowed(actor, "item.bulk", product),
        "may_create": rights.allowed(actor, "item.create", product),
        "may_share": rights.allowed(actor, "view.share", product),
        "may_place": rights.allowed(actor, "adjustment.make", product),
        "one_queue": len(kinds) == 1 and kinds[0] != "",
        "may_import": rights.allowed(actor, "import.run", product),
        "view": next((each for each in views if str(each.pk) == request.GET.get("view")), None),
        "whole_list": set(query) <= {"open"},
        "column_choices": COLUMNS,
        "hidden": _hidden(request),
        "kept": [("columns", each) for each in request.GET.getlist("columns") if each],
        "anything": sum(counts.values()) > 0,
    }
    context["panel_item"] = panel_item(request, actor, product)
    return show(request, "backlog/list.html", context, product=product, active="backlog")


@page
def backlog_export(request: HttpRequest, key: str) -> HttpResponse:
    """The filtered list as CSV, in its order."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    query = query_of(request.GET)
    found = filtered(access.items_in(actor, product), query, product=product, user=actor.user)
    rows = tables.lines(found, product=product, kinds=kinds_of(query), whole=_is_whole(query))
    answer: HttpResponseBase = csv_answer(f"{product.key}-backlog", tables.HEAD, rows)
    return answer  # type: ignore[return-value]  # a stream is an answer too


def query_of(data: QueryDict, other: frozenset[str] = OTHER) -> dict[str, str]:
    """The filters of a request; open items unless it says otherwise. Several values of one name are joined.

    ``other``: parameters of the page that are no filters. Raises Invalid for what is neither.
    """
    query = {
        name: ",".join(value for value in data.getlist(name) if value)
        for name in data
        if name not in other
    }
    refuse_unknown(query, ItemFilter.base_filters)
    query = {name: value for name, value in query.items() if value}
    if "state" not in query:
        query.setdefault("open", "true")
    if query.get("open") == "all":
        del query["open"]
    return query


def said(query: dict[str, str]) -> dict[str, str]:
    """The filters as an address has to say them: without a word about it, a list is of open items."""
    return query if "open" in query or "state" in query else {**query, "open": "all"}


def _hidden(request: HttpRequest) -> list[str]:
    """Columns left out: those that ``columns`` does not name, where it names any."""
    wanted = ",".join(request.GET.getlist("columns")).split(",")
    return [name for name in COLUMNS if name not in wanted] if any(wanted) else []


def _is_whole(query: dict[str, str]) -> bool:
    """Whether the list is just what is open, so that a rank is a place in it."""
    return set(query) <= {"queue", "open"} and query.get("open") == "true"


def kinds_of(query: dict[str, str]) -> tuple[str, ...]:
    if "queue" not in query:
        return selectors.STREAMS
    return tuple("" if each == "none" else each for each in query["queue"].split(","))


def _shown_before(request: HttpRequest) -> int:
    raw = request.GET.get("n", "0")
    return int(raw) if request.GET.get("cursor") and raw.isdecimal() and len(raw) < 8 else 0


def _with(request: HttpRequest, **changes: Any) -> str:
    """The address of this list with some parameters changed; None removes one."""
    data = request.GET.copy()
    for name in ("cursor", "n", "item"):
        data.pop(name, None)
    for name, value in changes.items():
        data.pop(name, None)
        if value is not None:
            data[name] = str(value)
    return f"{request.path}?{data.urlencode()}"


def _tabs(
    product: Product, query: dict[str, str], counts: dict[str, int], views: list[Any]
) -> list[dict[str, Any]]:
    base = reverse("backlog", args=[product.key])
    plain = set(query) <= {"open", "queue"} and query.get("open") == "true"
    tabs = [
        {
            "label": "All open",
            "url": base,
            "count": sum(counts.values()),
            "active": plain and "queue" not in query,
        }
    ]
    for kind, label in QueueKind.choices:
        tabs.append(
            {
                "label": label,
                "queue": kind,
                "url": f"{base}?queue={kind}",
                "count": counts[kind],
                "active": plain and query.get("queue") == kind,
            }
        )
    for view in views:
        tabs.append(
            {
                "label": view.name,
                "url": f"{base}?{view.query}&view={view.pk}"
                if view.query
                else f"{base}?view={view.pk}",
                "active": view.query == urlencode(said(query)),
                "saved": view,
            }
        )
    return tabs


_CHIP_WORDS = {
    "q": "with the words",
    "label": "labelled",
    "owner": "owned by",
    "segment": "for",
    "program": "in the program",
    "channel": "on",
    "cycle": "in",
    "kind": "of kind",
    "band": "banded",
    "horizon": "in the horizon",
    "severity": "of severity",
    "unscored": "unscored:",
    "unestimated": "without estimate:",
    "overdue": "overdue:",
    "blocked": "blocked:",
    "stale_ratings": "stale ratings:",
    "stale_evidence": "stale evidence:",
}
_CHIP_VALUES: dict[str, dict[Any, Any]] = {
    "kind": dict(Kind.choices),
    "band": dict(Band.choices),
    "horizon": dict(Horizon.choices),
    "unscored": {"true": "yes", "false": "no"},
    "unestimated": {"true": "yes", "false": "no"},
    "overdue": {"true": "yes", "false": "no"},
    "blocked": {"true": "yes", "false": "no"},
    "stale_ratings": {"true": "yes", "false": "no"},
    "stale_evidence": {"true": "yes", "false": "no"},
}


def chips(request: HttpRequest, query: dict[str, str]) -> list[dict[str, str]]:
    """The filters as words, each with the address of the list without it."""
    found = []
    for name, value in query.items():
        if name in ("open", "queue", "state"):
            continue
        words_of = _CHIP_VALUES.get(name, {})
        shown = ", ".join(str(words_of.get(each, each)) for each in value.split(","))
        word = _CHIP_WORDS.get(name, name.replace("_", " "))
        found.append(
            {"word": word, "value": shown, "url": _with(request, **{name: None}), "name": name}
        )
    return found


def choices(product: Product, query: dict[str, str]) -> dict[str, Any]:
    """What the filter menus offer; words of the product are capped, the rest is reached by typing."""
    return {
        "queues": QueueKind.choices,
        "states": State.choices,
        "bands": Band.choices,
        "horizons": Horizon.choices,
        "kinds": Kind.choices,
        "severities": Severity.choices,
        "chosen_states": query.get("state", "").split(","),
        "chosen_queues": query.get("queue", "").split(","),
        "words": {
            name: list(
                model.objects.filter(product=product)
                .order_by("name")
                .values_list("name", flat=True)[:200]
            )
            for name, model in WORD_MODELS.items()
            if name in OFFERED
        },
    }


def panel_item(request: HttpRequest, actor: Actor, product: Product) -> dict[str, Any] | None:
    """What stands beside the list: the item that ``?item=`` names."""
    wanted = request.GET.get("item")
    if not wanted:
        return None
    try:
        return panel_context(actor, access.item_of(actor, product, wanted))
    except Invalid:
        return None


@page
def bulk_edit(request: HttpRequest, key: str) -> HttpResponse:
    """Preview a change to the ticked items (or to all that the filter finds), then carry it out."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    form = BulkForm(request.POST)
    back = reverse("backlog", args=[product.key])
    query_string = request.POST.get("query", "")
    if query_string:
        back = f"{back}?{query_string}"
    if not form.is_valid():
        raise Invalid("Look at the values of the bulk edit.", fields=form.errors)
    targets = _targets(request, actor, product, query_string)
    confirmed = request.POST.get("confirm") == "yes"
    change = _bulk_change(product, form.cleaned_data)
    if not confirmed:
        items = list(targets.prefetch_related("labels").order_by("pk")[: bulk.LIMIT])
        seen = bulk.preview(actor=actor, product=product, items=items, change=change)
        context = {
            "preview": seen,
            "effects": [
                {"field": name, "before": before, "after": after, "count": count}
                for (name, before, after), count in sorted(
                    seen.effects.items(), key=lambda row: -row[1]
                )
            ][:40],
            "refused": seen.refused[:40],
            "refused_count": len(seen.refused),
            "asks": seen.asks,
            "reason": change.reason,
            "until": request.POST.get("until", "") if change.state == State.PARKED else None,
            "posted": [
                (name, value) for name in request.POST for value in request.POST.getlist(name)
            ],
            "back": back,
        }
        return show(request, "backlog/bulk.html", context, product=product, active="backlog")
    ids = list(targets.order_by("pk").values_list("pk", flat=True)[: bulk.LIMIT + 1])
    made = bulk.apply(
        actor=actor,
        product=product,
        item_ids=ids,
        change=change,
        asking=form.cleaned_data["asking"],
    )
    changed = "1 item changed" if len(made.done) == 1 else f"{len(made.done)} items changed"
    text = changed + (f", {len(made.refused)} left as they were." if made.refused else ".")
    if made.asked:
        text += " Asked; you will find the answer on My work."
    undo_url = reverse("undo", args=[product.key, made.batch]) if made.done else ""
    messages.success(request, text, extra_tags=undo_url)
    return go(request, back)


def _targets(request: HttpRequest, actor: Actor, product: Product, query_string: str) -> Any:
    found = access.items_in(actor, product)
    if request.POST.get("all") == "yes":
        return filtered(found, query_of(QueryDict(query_string)), product=product, user=actor.user)
    keys = request.POST.getlist("item")
    if not keys:
        raise Invalid("Tick at least one item first.")
    return found.filter(pk__in=[item.pk for item in access.items_of(actor, product, keys).values()])


def _bulk_change(product: Product, data: dict[str, Any]) -> bulk.BulkChange:
    def labels(text: str) -> list[str]:
        return [each.strip() for each in text.split(",") if each.strip()]

    owner = data["owner"].strip()
    return bulk.BulkChange(
        queue=access.queue_of(product, data["queue"]) if data["queue"] else None,
        owner=access.member_of(product, owner) if owner and owner != "none" else None,
        clear_owner=owner == "none",
        horizon=data["horizon"] or None,
        state=data["state"] or None,
        until=data["until"],
        add_labels=list(
            words.proposed(Label, product=product, names=labels(data["add_labels"])).values()
        ),
        remove_labels=list(
            Label.objects.filter(product=product, name__in=labels(data["remove_labels"]))
        ),
        reason=data["reason"],
    )


@page
def undo_batch(request: HttpRequest, key: str, batch: uuid.UUID) -> HttpResponse:
    """Take back one act and say so; the page that asked is loaded again."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    items = undo.undo(actor=actor, product=product, batch=batch)
    which = items[0].key if len(items) == 1 else f"{len(items)} items"
    messages.success(request, f"Undone: {which} as before.")
    if wants_fragment(request):
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    return go(request, safe_next(request, reverse("backlog", args=[product.key])))


@page
def save_view(request: HttpRequest, key: str) -> HttpResponse:
    """Keep the list's filters under a name."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    form = SaveViewForm(request.POST)
    if not form.is_valid():
        raise Invalid("The view needs a name.", fields=form.errors)
    query = urlencode(said(query_of(QueryDict(form.cleaned_data["query"]))))
    view = saved_views.save_view(
        actor=actor,
        product=product,
        name=form.cleaned_data["name"],
        query=query,
        shared=form.cleaned_data["shared"],
    )
    messages.success(request, f"The view “{view.name}” is kept.")
    return go(request, f"{reverse('backlog', args=[product.key])}?{query}&view={view.pk}")


@page
def remove_view(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Forget a view of one's own."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    saved_views.remove_view(actor=actor, view=access.saved_view_for(actor, product, pk))
    messages.success(request, "The view is gone. The items are as they were.")
    return go(request, reverse("backlog", args=[product.key]))


@page
def board(request: HttpRequest, key: str) -> HttpResponse:
    """Columns by state or by queue, each bounded, the best ranked first."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    by = "queue" if request.GET.get("by") == "queue" else "state"
    owner = request.GET.get("owner", "")
    base = access.items_in(actor, product)
    if owner:
        base = filtered(base, {"owner": owner}, product=product, user=actor.user)
    among = base if owner else None
    columns = _by_queue(product, base, among) if by == "queue" else _by_state(product, base, among)
    context = {
        "columns": columns,
        "by": by,
        "owner": owner,
        "members": access.members(product),
        "may_move": rights.allowed(actor, "item.progress", product),
    }
    return show(request, "backlog/board.html", context, product=product, active="board")


def _by_state(product: Product, base: Any, among: Any) -> list[dict[str, Any]]:
    counts = selectors.state_counts(product, among)
    move_url = reverse("board-move", args=[product.key])
    columns = []
    for state in BOARD_STATES:
        if state == State.DONE:
            rows = selectors.newest_done(base, BOARD_COLUMN)
        else:
            ranked = selectors.by_rank(base.filter(summary__product=product, summary__state=state))
            rows = listed(ranked[:BOARD_COLUMN])
        columns.append(
            {
                "key": state,
                "state": state,
                "label": State(state).label,
                "cards": [card(item, product) for item in rows],
                "total": counts[state],
                "move_url": move_url,
                "more_url": f"{reverse('backlog', args=[product.key])}?state={state}"
                if counts[state] > BOARD_COLUMN
                else None,
            }
        )
    return columns


def _by_queue(product: Product, base: Any, among: Any) -> list[dict[str, Any]]:
    counts = selectors.queue_counts(product, among)
    columns = []
    for queue in Queue.objects.filter(product=product).order_by("pk"):
        items = selectors.by_rank(
            base.filter(
                summary__product=product, summary__queue_kind=queue.kind, summary__is_open=True
            )
        )
        columns.append(
            {
                "key": queue.kind,
                "queue": queue.kind,
                "label": queue.name,
                "cards": [card(item, product) for item in listed(items[:BOARD_COLUMN])],
                "total": counts[queue.kind],
                "more_url": f"{reverse('backlog', args=[product.key])}?queue={queue.kind}"
                if counts[queue.kind] > BOARD_COLUMN
                else None,
            }
        )
    return columns


@page
def board_move(request: HttpRequest, key: str) -> HttpResponse:
    """A card dropped (or sent by key, or by its menu) into another column: a change of state."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    item_key, _, to = request.POST.get("move", "").partition(" ")
    item = access.item_of(actor, product, item_key or request.POST.get("item", ""))
    to = to or request.POST.get("to", "")
    done = states.set_state(actor=actor, item=item, state=to)
    text = f"{done.key} is {done.get_state_display().lower()}."
    batch = selectors.last_batch(done)
    undo_url = reverse("undo", args=[product.key, batch]) if batch else ""
    if wants_fragment(request):
        response = HttpResponse(status=204)
        toast: dict[str, Any] = {"text": text, "kind": "success"}
        if undo_url:
            toast["undo"] = {"url": undo_url, "label": "Undo"}
        response["HX-Trigger"] = json.dumps({"toast": toast})
        return response
    messages.success(request, text, extra_tags=undo_url)
    return go(request, reverse("board", args=[product.key]))
