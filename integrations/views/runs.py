"""The list of imports, a new one, and one run as it stands: the page follows its state."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from core.errors import Conflict, Invalid
from core.htmx import go, wants_fragment
from core.uploads import NoRoom, TooLarge, file_in
from integrations import access, selectors
from integrations.forms import FIELD_WORDS, KIND_WORDS, UploadForm
from integrations.models import ImportRun
from integrations.services import imports as services
from integrations.sheet_forms import ABOUT

State = ImportRun.State
STEPS = (_("File"), _("Mapping"), _("Rehearsal"), _("Import"))
#: Problems on the page at first; a link shows the rest.
PROBLEMS = 100
_STEP: dict[str, int] = {
    State.EXAMINING: 1,
    State.MAPPING: 2,
    State.REHEARSING: 3,
    State.REHEARSED: 3,
}


@page
@require_safe
def imports(request: HttpRequest, key: str) -> HttpResponse:
    """All imports of the product, newest first."""
    actor = Actor.of(request)
    product = product_for(actor, key, "import.run")
    runs, cursor = selectors.page_of(access.runs_of(actor, product), request.GET.get("cursor"))
    context = {"runs": [{"run": run, "count": run.counts} for run in runs], "cursor": cursor}
    return show(request, "integrations/imports.html", context, product=product, active="imports")


@page
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, key: str) -> HttpResponse:
    """Take a file of items in."""
    return _new(request, key, ImportRun.Subject.ITEMS, "new", "imports")


@page
@require_http_methods(["GET", "HEAD", "POST"])
def new_evidence(request: HttpRequest, key: str) -> HttpResponse:
    """Take a file of evidence in."""
    return _new(request, key, ImportRun.Subject.SIGNALS, "evidence_new", "evidence")


@page
@require_http_methods(["GET", "HEAD", "POST"])
def new_placements(request: HttpRequest, key: str) -> HttpResponse:
    """Take a file of placements in."""
    return _new(request, key, ImportRun.Subject.PLACEMENTS, "sheet_new", "assets")


@page
@require_http_methods(["GET", "HEAD", "POST"])
def new_readings(request: HttpRequest, key: str) -> HttpResponse:
    """Take a file of readings in."""
    return _new(request, key, ImportRun.Subject.READINGS, "sheet_new", "assets")


def _new(request: HttpRequest, key: str, subject: str, template: str, active: str) -> HttpResponse:
    actor = Actor.of(request)
    product = product_for(actor, key)
    right = access.right_of(subject)
    may = rights.allowed(actor, right, product)
    handing_over = not may and rights.allowed(actor, "request.make", product)
    if not handing_over or (request.method == "POST" and "asking" not in request.POST):
        rights.require(actor, right, product)
    form = UploadForm()
    status = 200
    if request.method == "POST":
        form = UploadForm({}, request.FILES)
        try:
            file = file_in(request)
            upload: dict[str, Any] = {
                "actor": actor,
                "product": product,
                "name": file.name or "",
                "chunks": file.chunks(),
                "subject": subject,
            }
            if handing_over:
                services.hand_over(reason=request.POST["asking"], **upload)
                messages.success(request, _("Asked. You will find the answer on My work."))
                return go(request, reverse("work", args=[product.key]))
            return go(request, url_of(services.start_import(**upload)))
        except (Invalid, TooLarge, NoRoom, Conflict) as error:
            form.take(error)
            status = error.status
    context = {
        "form": form,
        "steps": STEPS,
        "step": 1,
        "limit": _limit(),
        "about": ABOUT.get(subject),
        "handing_over": handing_over,
        "who": rights.who_can(right, product) if handing_over else [],
        "asking": request.POST.get("asking", ""),
    }
    return show(
        request,
        f"integrations/{template}.html",
        context,
        product=product,
        active=active,
        status=status,
    )


def _limit() -> str:
    return str(_("up to %(size)d MB")) % {"size": settings.UPLOAD_LIMIT_BYTES // 1_000_000}


@page
@require_safe
def show_run(request: HttpRequest, key: str, pk: uuid.UUID) -> HttpResponse:
    """A run as it stands: on its way, waiting for a decision, ended."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    run = access.run_in(actor, product, pk)
    if run.state == State.MAPPING:
        return go(request, reverse("import-mapping", args=[product.key, run.pk]))
    everything = request.GET.get("problems") == "all"
    template = (
        "busy"
        if run.state in ImportRun.BUSY
        else "rehearsal"
        if run.state == State.REHEARSED
        else "ended"
    )
    if run.state == State.ASKED:
        template = "asked"
    elif template != "busy":
        template = f"{_PREFIX[run.subject]}{template}"
    context = run_context(actor, run, everything=everything)
    return show(
        request, f"integrations/{template}.html", context, product=product, active=place_of(run)
    )


@page
@require_safe
def progress(request: HttpRequest, key: str, pk: uuid.UUID) -> HttpResponse:
    """How far a run is, as a part of its page; when it is there, the page itself."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    run = access.run_in(actor, product, pk)
    waiting = selectors.waiting_for_scores(product)
    if not wants_fragment(request) or (run.state not in ImportRun.BUSY and not waiting):
        return go(request, url_of(run))
    if run.state in ImportRun.BUSY:
        return show(
            request, "integrations/busy.html#progress", run_context(actor, run), product=product
        )
    context = {"run": run, "waiting": waiting}
    return show(request, "integrations/ended.html#scoring", context, product=product)


_PREFIX: dict[str, str] = {
    ImportRun.Subject.ITEMS: "",
    ImportRun.Subject.SIGNALS: "evidence_",
    ImportRun.Subject.PLACEMENTS: "sheet_",
    ImportRun.Subject.READINGS: "sheet_",
}


def place_of(run: ImportRun) -> str:
    """Where the frame says that a run is."""
    return "assets" if run.subject in ABOUT else "imports"


def url_of(run: ImportRun) -> str:
    return reverse("import", args=[run.product.key, run.pk])


def run_context(actor: Actor, run: ImportRun, *, everything: bool = False) -> dict[str, Any]:
    """What the pages of a run read."""
    product = run.product
    shown = run.problems if everything else run.problems[:PROBLEMS]
    examination = run.examination or {}
    return {
        "run": run,
        "steps": STEPS,
        "step": _STEP.get(run.state, 4),
        "kind": KIND_WORDS.get(examination.get("file", {}).get("kind", ""), ""),
        "counts": run.counts,
        "rehearsal": _rehearsal(run) if run.rehearsal else None,
        "problems": shown,
        "problems_left": len(run.problems) - len(shown),
        "stoppable": run.state not in (State.UNDOING,),
        "may_undo": rights.allowed(actor, access.right_of(run.subject, undoing=True), product),
        "may_list": rights.allowed(actor, "import.run", product),
        "about": ABOUT.get(run.subject),
        "wrote": bool(run.counts.get("created") or run.counts.get("updated")),
        "waiting": selectors.waiting_for_scores(product)
        if run.state in (State.DONE, State.UNDONE)
        else 0,
        "fields": FIELD_WORDS,
    }


def _rehearsal(run: ImportRun) -> dict[str, Any]:
    """The figures of a rehearsal under the words of the product."""
    found: dict[str, Any] = run.rehearsal or {}
    if run.subject == ImportRun.Subject.SIGNALS:
        kinds = [
            {"word": kind.replace("_", " "), "count": count, "sum": found["sums"].get(kind, 0.0)}
            for kind, count in found["kinds"].items()
        ]
        dates = {name: parse_datetime(found[name] or "") for name in ("first", "last")}
        examples = [
            {**each, "occurred_at": parse_datetime(each["occurred_at"])}
            for each in found["examples"]
        ]
        writes = found["counts"]["created"]
        return {**found, **dates, "kinds": kinds, "examples": examples, "writes": writes}
    if run.subject in ABOUT:
        counts = found["counts"]
        examples = [
            {
                **each,
                **{name: parse_datetime(each.get(name, "")) for name in ("starts_at", "ends_at")},
            }
            for each in found["examples"]
        ]
        return {**found, "examples": examples, "writes": counts["created"] + counts["updated"]}
    tables = [
        {"title": title, "name": name, "rows": selectors.named_counts(name, found.get(source, {}))}
        for title, name, source in (
            (_("States"), "state", "states"),
            (_("Queues of the open ones"), "queue", "open_queues"),
            (_("Horizons of the open ones"), "horizon", "horizons"),
            (_("Kinds"), "kind", "kinds"),
            (_("Severities of hotfixes"), "severity", "severities"),
            (_("Evidence"), "signal", "signals"),
        )
        if found.get(source)
    ]
    counts = found["counts"]
    return {**found, "tables": tables, "writes": counts["created"] + counts["updated"]}
