"""Drafts of the rubric in the browser: begin, edit, discard, bring back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from core.errors import Invalid, Stale
from core.htmx import go
from scoring import access, drafts
from scoring.current import rubric_in_force
from scoring.models import RubricDraft
from scoring.rubrics import QUEUES
from scoring.services import drafts as editing
from scoring.views.draft_form import from_post, plain, shown


@page
def begin(request: HttpRequest, key: str) -> HttpResponse:
    """A draft from a version of this product or of another."""
    actor = Actor.of(request)
    product = product_for(actor, key, "rubric.draft")
    number = request.POST.get("version", "")
    source = access.source_for(
        actor,
        product,
        request.POST.get("product", ""),
        int(number) if number.isdecimal() and len(number) < 9 else None,
    )
    row = editing.begin(
        actor=actor, product=product, source=source, name=request.POST.get("name", "")
    )
    return go(request, reverse("rubric-draft", args=[product.key, row.pk]))


@page
def draft(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """The editor. Saving keeps whatever was typed; problems are named at their places."""
    actor = Actor.of(request)
    if request.method != "POST":
        return _editor(request, access.draft_for(actor, key, pk))
    row = access.draft_for(actor, key, pk, "rubric.draft")
    version = request.POST.get("version", "")
    step = request.POST.get("step", "")
    data = from_post(request.POST.dict(), row.data)
    if "even" in request.POST:  # slid weights are kept as they were tried
        for queue in QUEUES:
            data = drafts.stepped(data, f"even:{queue}")
    try:
        saved = editing.edit(
            actor=actor,
            draft=row,
            version=int(version) if version.isdecimal() and len(version) < 9 else 0,
            data=drafts.stepped(data, step),
            name=request.POST.get("name"),
        )
    except Stale as error:
        return _conflict(request, row, data, error)
    except Invalid as error:
        return _editor(request, row, data=data, error=error, status=error.status)
    if step == "preview":
        return go(request, reverse("rubric-preview", args=[key, pk]))
    address = reverse("rubric-draft", args=[key, pk])
    if ":" not in step:
        messages.success(request, _("The draft is saved."))
        return go(request, address)
    return go(request, f"{address}#{_where_to(step, saved)}")


def _where_to(step: str, row: RubricDraft) -> str:
    name, _colon, value = step.partition(":")
    if name == "add":
        return f"criteria-{len(row.data['criteria']) - 1}-label"
    return (
        "weights" if name == "even" else f"pillar-{value}" if not value.isdecimal() else "criteria"
    )


def _conflict(
    request: HttpRequest, row: RubricDraft, data: dict[str, Any], error: Stale
) -> HttpResponse:
    """Somebody saved first: what they changed is taken over where this person changed nothing, and all of it is
    named.
    """
    row.refresh_from_db()
    changed: Any = error.extra["changed"]
    base = drafts.before_changes(row.data, {k: v for k, v in changed.items() if k != "name"})
    mine = drafts.merged(base, data, row.data) if base is not None else data
    wanted = drafts.flat(mine)
    lines = [
        {
            "what": _said(path, row),
            "before": plain(before),
            "after": plain(after),
            "yours": plain(wanted.get(path))
            if wanted.get(path) != after and path != "name"
            else "",
        }
        for path, (before, after) in changed.items()
    ]
    return _editor(request, row, data=mine, error=error, changed=lines, status=409)


def _said(path: str, row: RubricDraft) -> str:
    return _("Name of the draft") if path == "name" else ": ".join(drafts.said(path, row.data))


def _editor(
    request: HttpRequest,
    row: RubricDraft,
    *,
    data: dict[str, Any] | None = None,
    error: Invalid | Stale | None = None,
    changed: list[dict[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    actor = Actor.of(request)
    product = row.product
    number, _rubric = rubric_in_force(product.pk)
    data = drafts.sound(row.data if data is None else data)
    closed = row.published_as is not None or row.discarded_at is not None
    may_edit = rights.allowed(actor, "rubric.draft", product)
    context = {
        **shown(data, drafts.problems(data)),
        "draft": row,
        "number": number,
        "error": error,
        "changed": changed or [],
        "name": request.POST.get("name", row.name),
        "may_edit": may_edit and not closed,
        "refusal": "" if may_edit else rights.refusal(actor, "rubric.draft", product),
        "closed": closed,
    }
    return show(
        request, "scoring/draft.html", context, product=product, active="rubric", status=status
    )


@page
def discard(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Put a draft away; the editor then offers to bring it back."""
    actor = Actor.of(request)
    row = editing.discard(actor=actor, draft=access.draft_for(actor, key, pk, "rubric.draft"))
    messages.success(request, _("The draft “%(name)s” is discarded.") % {"name": row.name})
    return go(request, reverse("rubric-draft", args=[key, pk]))


@page
def restore(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Bring it back."""
    actor = Actor.of(request)
    editing.restore(actor=actor, draft=access.draft_for(actor, key, pk, "rubric.draft"))
    messages.success(request, _("The draft is back."))
    return go(request, reverse("rubric-draft", args=[key, pk]))
