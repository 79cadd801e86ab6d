"""How a file is to be understood: the form, the same as JSON, and reading the file in another way."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Product
from accounts.pages import page, show
from core.errors import Conflict, Invalid
from core.htmx import go
from integrations import access
from integrations.evidence_forms import SignalMappingForm
from integrations.forms import MappingForm, reading_options
from integrations.models import ImportRun
from integrations.readers.mapping import CRITERIA
from integrations.services import imports as services
from integrations.sheet_forms import ABOUT, SheetMappingForm
from integrations.views.runs import place_of, run_context, url_of
from scoring.current import rubric_in_force

State = ImportRun.State


@page
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, key: str, pk: uuid.UUID) -> HttpResponse:
    """What each column, status, type and priority becomes. Sent, it is rehearsed."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    run = access.run_in(actor, product, pk)
    if run.state not in services.WAITING:
        if request.method == "POST":
            raise Conflict(f"This import is {run.get_state_display()} now. Nothing was changed.")
        return go(request, url_of(run))
    if run.subject == ImportRun.Subject.SIGNALS:
        form: Any = SignalMappingForm(run)
        return _edit_rows(request, actor, product, run, form, "evidence_mapping")
    if run.subject in ABOUT:
        return _edit_rows(request, actor, product, run, SheetMappingForm(run), "sheet_mapping")
    form = MappingForm(run, _criteria(product))
    error = None
    if request.method == "POST":
        guess = "guess" in request.POST
        try:
            services.set_mapping(
                actor=actor,
                run=run,
                mapping=form.found["mapping"] if guess else form.read(request.POST),
                rehearse_at_once=not guess,
            )
            return go(request, url_of(run))
        except Invalid as refusal:
            error = refusal
            form = _as_sent(form, request)
    context = {
        **run_context(actor, run),
        "step": 2,
        "form": form,
        "error": error,
        "file": form.found["file"],
        "warnings": form.found["warnings"],
        "notes": form.found["notes"],
        "like": _like(form),
        "reading": reading_options(run),
        "json": request.POST.get("json") or _as_json(run.mapping),
    }
    status = error.status if error else 200
    return show(
        request,
        "integrations/mapping.html",
        context,
        product=product,
        active="imports",
        status=status,
    )


def _edit_rows(
    request: HttpRequest, actor: Actor, product: Product, run: ImportRun, form: Any, template: str
) -> HttpResponse:
    """What each column of a file is whose rows come in one by one. Sent, it is rehearsed, or only looked at again."""
    error = None
    if request.method == "POST":
        stay = "stay" in request.POST
        try:
            services.set_mapping(
                actor=actor, run=run, mapping=form.read(request.POST), rehearse_at_once=not stay
            )
            if not stay:
                return go(request, url_of(run))
            form = type(form)(run)
        except Invalid as refusal:
            error = refusal
            form.mapping = form.read(request.POST)
    context = {
        **run_context(actor, run),
        "step": 2,
        "form": form,
        "error": error,
        "file": form.found["file"],
        "warnings": form.found["warnings"],
        "reading": reading_options(run),
        "known_kinds": rubric_in_force(product.pk)[1].signal_kinds,
    }
    return show(
        request,
        f"integrations/{template}.html",
        context,
        product=product,
        active=place_of(run),
        status=error.status if error else 200,
    )


def _like(form: MappingForm) -> dict[str, Any] | None:
    """The file whose mapping this one began with, while anything of that is left."""
    like = form.found.get("like")
    if not like or form.mapping == form.found["mapping"]:
        return None
    return {"file": like["file"], "at": parse_datetime(like["at"])}


def _as_sent(form: MappingForm, request: HttpRequest) -> MappingForm:
    """The form with what was chosen in it, so that a refusal loses nothing; the JSON stands in its own field."""
    if "json" not in request.POST:
        form.mapping = form.read(request.POST)
    return form


def _criteria(product: Product) -> dict[str, str]:
    """Criteria of the product's rubric for which starting ratings can be proposed, with their names."""
    rubric = rubric_in_force(product.pk)[1]
    return {
        criterion.key: criterion.label for criterion in rubric.criteria if criterion.key in CRITERIA
    }


def _as_json(mapping: Any) -> str:
    return json.dumps(mapping, ensure_ascii=False, indent=2)


@page
@require_safe
def download(request: HttpRequest, key: str, pk: uuid.UUID) -> HttpResponse:
    """The mapping as a file, for the next import or the command line."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    run = access.run_in(actor, product, pk)
    response = HttpResponse(_as_json(run.mapping or {}) + "\n", content_type="application/json")
    response["Content-Disposition"] = 'attachment; filename="mapping.json"'
    return response


@page
@require_POST
def read_again(request: HttpRequest, key: str, pk: uuid.UUID) -> HttpResponse:
    """Another encoding or delimiter: everything is looked at anew."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    run = access.run_in(actor, product, pk)
    names = ("encoding", "delimiter", "zone")
    reading = {name: request.POST[name] for name in names if request.POST.get(name)}
    services.look_again(actor=actor, run=run, reading=reading)
    return go(request, url_of(run))
