"""The item page, the side panel, and every form on them."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from backlog import access, panels, selectors
from backlog.forms import (
    CommentForm,
    CriterionForm,
    ItemForm,
    LinkForm,
    MoveForm,
    ReasonForm,
    RewordForm,
    park_default,
)
from backlog.history import entry, told
from backlog.models import Item, ItemLink, SuccessCriterion
from backlog.rows import is_urgent
from backlog.services import comments, criteria, items, links, states, templates
from backlog.template_forms import offered_templates
from backlog.vocabulary import (
    LINK_WORDS_REVERSED,
    TRANSITIONS,
    LinkKind,
    QueueKind,
    State,
    TemplateKind,
)
from core.errors import Invalid, Stale
from core.htmx import go, wants_fragment
from core.markdown import render_cached

HISTORY_PAGE = 20


@page
def item(request: HttpRequest, key: str) -> HttpResponse:
    """All about one item."""
    actor = Actor.of(request)
    found = access.item_for(actor, key)
    context = panel_context(actor, found) | {
        "comments": [
            {
                "pk": each.pk,
                "author": str(each.author) if each.author else each.author_name or "Somebody",
                "at": each.created_at,
                "edited": each.edited_at,
                "body": render_cached(each.body),
                "own": actor.user is not None and each.author_id == actor.user.pk,
            }
            for each in selectors.conversation(found)
        ],
        "comment_form": CommentForm(),
        "criterion_form": CriterionForm(),
        "link_form": LinkForm(),
        "history": _history(found),
        "neighbours": selectors.neighbour_keys(found),
    }
    return show(request, "backlog/item.html", context, product=found.product, active="backlog")


@page
def panel(request: HttpRequest, key: str) -> HttpResponse:
    """The item beside a list; without htmx, the whole page."""
    actor = Actor.of(request)
    found = access.item_for(actor, key)
    if not wants_fragment(request):
        return go(request, reverse("item", args=[found.key]))
    return show(
        request, "backlog/item_panel.html", panel_context(actor, found), product=found.product
    )


def panel_context(actor: Actor, found: Item) -> dict[str, Any]:
    """What page and side panel both show."""
    shown = panels.item_panels(actor, found)
    product = found.product
    return {
        "item": found,
        "summary": found.summary,
        "rank": selectors.rank_of(found),
        "queue_size": selectors.queue_counts(product).get(found.queue.kind, 0)
        if found.queue
        else 0,
        "description": render_cached(found.description),
        "urgent": is_urgent(found),
        "labels": found.labels.order_by("name"),
        "segments": found.segments.order_by("name"),
        "criteria": _criteria(found),
        "links": _links(found),
        "main_panels": [each for each in shown if each.place == "main"],
        "facts_panels": [each for each in shown if each.place == "facts"],
        "steps": [(state, State(state).label) for state in TRANSITIONS[found.state]],
        "queues": QueueKind.choices,
        "may": {
            name: rights.allowed(actor, f"item.{name}", product)
            for name in ("edit", "progress", "move", "park", "decline", "verify", "link", "triage")
        }
        | {
            "comment": rights.allowed(actor, "comment.add", product),
            "moderate": rights.allowed(actor, "comment.moderate", product),
            "keep": rights.allowed(actor, "standard.publish", product),
        },
        "product": product,
    }


def _links(found: Item) -> list[dict[str, Any]]:
    """Links from the item, then those to it. Both ends are of one product. One query."""
    rows = ItemLink.objects.filter(Q(source=found) | Q(target=found)).order_by("kind", "pk")
    ends = [f"{end}__{name}" for end in ("source", "target") for name in ("number", "title")]
    out: list[dict[str, Any]] = []
    back: list[dict[str, Any]] = []
    for pk, kind, source_id, *words in rows.values_list("pk", "kind", "source_id", *ends):
        outward = source_id == found.pk
        number, title = words[2:] if outward else words[:2]
        word = LinkKind(kind).label if outward else LINK_WORDS_REVERSED[kind]
        link = {"pk": pk, "word": word, "key": f"{found.product.key}-{number}", "title": title}
        (out if outward else back).append(link)
    return out + back


def _history(found: Item, before: int | None = None) -> dict[str, Any]:
    changes = selectors.history(found, before=before, size=HISTORY_PAGE + 1)
    more = len(changes) > HISTORY_PAGE
    return {
        "entries": [entry(change) for change in changes[:HISTORY_PAGE]],
        "before": changes[HISTORY_PAGE - 1].pk if more else None,
    }


@page
def history(request: HttpRequest, key: str) -> HttpResponse:
    """Earlier changes; a fragment for the page, a page of its own without script."""
    actor = Actor.of(request)
    found = access.item_for(actor, key)
    raw = request.GET.get("before", "")
    before = int(raw) if raw.isdecimal() and len(raw) < 19 else None
    context = {"item": found, "history": _history(found, before)}
    template = "backlog/item_history.html"
    return show(
        request,
        f"{template}#entries" if wants_fragment(request) else template,
        context,
        product=found.product,
        active="backlog",
    )


@page
def new(request: HttpRequest, key: str) -> HttpResponse:
    """Add an item; it arrives in triage."""
    actor = Actor.of(request)
    product = product_for(actor, key, "item.create")
    asked = request.GET.get("template", "")
    template = access.template_asked(actor, product, asked, TemplateKind.ITEM) if asked else None
    body = template.body if template else {}
    initial = {**body, "labels": ", ".join(body.get("labels", []))}
    form = ItemForm(request.POST or None, product=product, initial=initial)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                made = items.create_item(
                    actor=actor,
                    product=product,
                    draft=items.Draft(
                        **form.values(),
                        criteria=templates.criteria_of(body) if template else (),
                    ),
                )
            except Invalid as error:
                _into(form, error)
            else:
                messages.success(request, f"{made.key} waits in triage.")
                return go(request, reverse("item", args=[made.key]))
        status = 422
    return show(
        request,
        "backlog/item_form.html",
        {
            "form": form,
            "template": template,
            "templates": offered_templates(product, TemplateKind.ITEM),
        },
        product=product,
        active="backlog",
        status=status,
    )


@page
def edit(request: HttpRequest, key: str) -> HttpResponse:
    """Change an item. When somebody else was quicker, both versions are shown and nothing is lost."""
    actor = Actor.of(request)
    found = access.item_for(actor, key, "item.edit")
    form = ItemForm(request.POST or None, product=found.product, initial=ItemForm.initial_of(found))
    context: dict[str, Any] = {"form": form, "item": found, "version": found.version}
    status = 200
    if request.method == "POST":
        version = _number(request.POST.get("version")) or found.version
        status = 422
        if form.is_valid():
            try:
                done = items.edit_item(
                    actor=actor,
                    item=found,
                    values=form.values(found),
                    version=version,
                    reason=request.POST.get("reason", "")[:2000],
                )
            except Stale as error:
                status = 409
                context |= {
                    "stale": error,
                    "version": error.extra["version"],
                    "meanwhile": _meanwhile(error),
                }
            except Invalid as error:
                _into(form, error)
            else:
                messages.success(request, f"{done.key} is saved.")
                return go(request, reverse("item", args=[done.key]))
    return show(
        request,
        "backlog/item_form.html",
        context,
        product=found.product,
        active="backlog",
        status=status,
    )


def _meanwhile(error: Stale) -> list[tuple[str, str, str, str]]:
    """What changed while the form was open: field, was, is now, and what the person wants."""
    changed: Any = error.extra["changed"]
    return [
        (
            name.replace("_", " "),
            told(name, each["was"]),
            told(name, each["is"]),
            told(name, each["yours"]),
        )
        for name, each in changed.items()
        if name in items.EDITABLE or name in ("queue", "state")
    ]


def _into(form: Any, error: Invalid) -> None:
    if not error.fields:
        form.add_error(None, error.detail)
    for name, lines in error.fields.items():
        for line in lines:
            form.add_error(name if name in form.fields else None, line)


def _undo_url(done: Item) -> str:
    """Where the last act on an item is taken back; the toast offers it."""
    batch = selectors.last_batch(done)
    return reverse("undo", args=[done.product.key, batch]) if batch else ""


def _number(raw: str | None) -> int | None:
    return int(raw) if raw and raw.isdecimal() and len(raw) < 10 else None


@page
def set_state(request: HttpRequest, key: str) -> HttpResponse:
    """Bring the item to another state; parking and declining ask first."""
    actor = Actor.of(request)
    found = access.item_for(actor, key)
    data = request.POST if request.method == "POST" else request.GET
    form = ReasonForm(data if request.method == "POST" else None, initial={"until": park_default()})
    state = data.get("state", "")
    asks = state in (State.PARKED, State.DECLINED)
    error = None
    if request.method == "POST" and (not asks or "confirm" in request.POST) and form.is_valid():
        try:
            done = states.set_state(
                actor=actor,
                item=found,
                state=state,
                version=_number(request.POST.get("version")),
                reason=form.cleaned_data["reason"],
                until=form.cleaned_data["until"],
            )
        except Invalid as refusal:
            error = refusal
        else:
            messages.success(
                request,
                f"{done.key} is {done.get_state_display().lower()}.",
                extra_tags=_undo_url(done),
            )
            return go(request, reverse("item", args=[done.key]))
    if not asks and error is None:
        raise Invalid("Choose a state.")
    context = {
        "item": found,
        "form": form
        if request.method == "POST" and "confirm" in request.POST
        else ReasonForm(initial={"state": state, "until": park_default()}),
        "state": state,
        "error": error,
        "label": State(state).label if state in State.values else "",
    }
    return show(
        request,
        "backlog/item_state.html",
        context,
        product=found.product,
        active="backlog",
        status=422 if error or (form.is_bound and "confirm" in data) else 200,
    )


@page
def move(request: HttpRequest, key: str) -> HttpResponse:
    """Another queue, with the definitions beside the choice and the reason on record."""
    actor = Actor.of(request)
    found = access.item_for(actor, key)
    form = MoveForm(
        request.POST or None, initial={"queue": found.queue.kind if found.queue else None}
    )
    error = None
    if request.method == "POST" and form.is_valid():
        try:
            done = states.move_item(
                actor=actor,
                item=found,
                queue=access.queue_of(found.product, form.cleaned_data["queue"]),
                version=_number(request.POST.get("version")),
                reason=form.cleaned_data["reason"],
            )
        except Invalid as refusal:
            error = refusal
        else:
            messages.success(
                request,
                f"{done.key} is in {done.queue.name if done.queue else 'no queue'}.",
                extra_tags=_undo_url(done),
            )
            return go(request, reverse("item", args=[done.key]))
    context = {
        "item": found,
        "form": form,
        "error": error,
        "queues": found.product.queues.order_by("pk"),
    }
    status = 422 if request.method == "POST" else 200
    return show(
        request,
        "backlog/item_move.html",
        context,
        product=found.product,
        active="backlog",
        status=status,
    )


@page
def comment(request: HttpRequest, key: str) -> HttpResponse:
    """Add a comment."""
    actor = Actor.of(request)
    found = access.item_for(actor, key, "comment.add")
    comments.add_comment(actor=actor, item=found, body=request.POST.get("body", ""))
    return go(request, f"{reverse('item', args=[found.key])}#conversation")


@page
def comment_remove(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Remove a comment."""
    actor = Actor.of(request)
    found = access.item_for(actor, key)
    comments.remove_comment(actor=actor, comment=access.comment_for(actor, found, pk))
    return go(request, f"{reverse('item', args=[found.key])}#conversation")


@page
def criterion_add(request: HttpRequest, key: str) -> HttpResponse:
    """Add a success criterion."""
    actor = Actor.of(request)
    found = access.item_for(actor, key, "item.edit")
    criteria.add_criterion(
        actor=actor,
        item=found,
        statement=request.POST.get("text", ""),
        verification=request.POST.get("verification", ""),
    )
    return go(request, f"{reverse('item', args=[found.key])}#criteria")


@page
def criterion_verify(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Record that a criterion holds, or take that back."""
    actor = Actor.of(request)
    found = access.item_for(actor, key, "item.verify")
    criteria.verify_criterion(
        actor=actor,
        criterion=access.criterion_for(actor, found, pk),
        met=request.POST.get("met") == "yes",
        note=request.POST.get("note", ""),
    )
    return go(request, f"{reverse('item', args=[found.key])}#criteria")


@page
def criterion_edit(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Reword a criterion in its place."""
    actor = Actor.of(request)
    found = access.item_for(actor, key, "item.edit")
    criterion = access.criterion_for(actor, found, pk)
    form = RewordForm(request.POST)
    if not form.is_valid():
        raise Invalid("The criterion stays as it was.", fields=form.errors)
    data = form.cleaned_data
    batch = uuid.uuid4()
    done = criteria.edit_criterion(
        actor=actor,
        criterion=criterion,
        statement=data["text"],
        verification=data["verification"],
        seen=(data["seen_text"], data["seen_verification"]) if data["seen_text"] else None,
        batch=batch,
    )
    if (done.text, done.verification) != (criterion.text, criterion.verification):
        undo_url = reverse("undo", args=[found.product.key, batch])
        messages.success(request, "The criterion is reworded.", extra_tags=undo_url)
    return go(request, f"{reverse('item', args=[found.key])}#criteria")


def _criteria(item: Item) -> list[SuccessCriterion]:
    """In their order, each with the form that rewords it."""
    rows = list(item.criteria.select_related("verified_by").order_by("position", "pk"))
    for row in rows:
        words = {"text": row.text, "verification": row.verification}
        seen = {f"seen_{name}": value for name, value in words.items()}
        row.form = RewordForm(initial={**words, **seen}, auto_id=f"criterion-{row.pk}-%s")  # type: ignore[attr-defined]
    return rows


@page
def criterion_remove(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Take a criterion away."""
    actor = Actor.of(request)
    found = access.item_for(actor, key, "item.edit")
    criteria.remove_criterion(actor=actor, criterion=access.criterion_for(actor, found, pk))
    return go(request, f"{reverse('item', args=[found.key])}#criteria")


@page
def link_add(request: HttpRequest, key: str) -> HttpResponse:
    """Link the item to another, in either direction."""
    actor = Actor.of(request)
    found = access.item_for(actor, key, "item.link")
    form = LinkForm(request.POST)
    if not form.is_valid():
        raise Invalid("The link was not made.", fields=form.errors)
    other = access.item_of(actor, found.product, form.cleaned_data["target"])
    kind = form.cleaned_data["kind"]
    reversed_kinds = {"blocked_by": LinkKind.BLOCKS, "has_part": LinkKind.PART_OF}
    if kind in reversed_kinds:
        links.link_items(actor=actor, source=other, target=found, kind=reversed_kinds[kind])
    else:
        links.link_items(actor=actor, source=found, target=other, kind=kind)
    return go(request, f"{reverse('item', args=[found.key])}#links")


@page
def link_remove(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Take a link away."""
    actor = Actor.of(request)
    found = access.item_for(actor, key, "item.link")
    links.unlink_items(actor=actor, link=access.link_for(actor, found, pk))
    return go(request, f"{reverse('item', args=[found.key])}#links")
