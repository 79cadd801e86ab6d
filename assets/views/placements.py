"""The registry of placements, the drift report, one placement with its history, and the tasks that replace."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Product
from accounts.pages import into_form, page, show
from assets import access, placed
from assets.filters import KEYS, placements_filtered
from assets.models import Placement
from assets.placement_forms import (
    AssignForm,
    DeployForm,
    EditPlacementForm,
    NewPlacementForm,
    NoteForm,
)
from assets.services import placements, replacements
from assets.vocabulary import Environment, PlacementState, TaskState
from backlog.models import Channel, Program
from core.errors import Conflict, Invalid
from core.exporting import csv_answer
from core.filters import asked_of
from core.htmx import go
from core.uploads import file_in

GROUP_WORDS = {
    "": "Latest first",
    "channel": "By channel",
    "program": "By program",
    "asset": "By asset",
}
RAISE_LIMIT = 500


@page
@require_safe
def registry(request: HttpRequest, key: str) -> HttpResponse:
    """All placements of the product, with filters and groups."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    query = _query(request)
    group = request.GET.get("group", "")
    if group not in GROUP_WORDS:
        known = ", ".join(name for name in GROUP_WORDS if name)
        raise Invalid(
            "A filter cannot be used.", code="bad_filter", fields={"group": [f"Use {known}."]}
        )
    rows = placements_filtered(access.placements_in(actor, product), query)
    found = placed.page(rows, now=timezone.now(), cursor=request.GET.get("cursor"), group=group)
    kept = {**query, **({"group": group} if group else {})}
    context = {
        **_choices(product),
        "rows": _headed(found.rows, group),
        "query": query,
        "group": group,
        "group_word": GROUP_WORDS[group],
        "groups": [
            {"label": label, "url": _url({**query, "group": name}), "active": name == group}
            for name, label in GROUP_WORDS.items()
        ],
        "chips": [
            {
                "name": name,
                "value": value,
                "url": _url({k: v for k, v in kept.items() if k != name}),
            }
            for name, value in query.items()
        ],
        "next_url": _url({**kept, "cursor": found.cursor}) if found.cursor else None,
        "export_url": f"{reverse('placements-export', args=[key])}{_url(query)}",
        "counts": _counts(product),
        "states": PlacementState.choices,
        "environments": Environment.choices,
        "may_edit": rights.allowed(actor, "placement.edit", product),
    }
    return show(request, "assets/placements.html", context, product=product, active="assets")


def _query(request: HttpRequest) -> dict[str, str]:
    asked = asked_of(request.GET, {*KEYS, "cursor", "group"})
    return {name: value for name, value in asked.items() if name in KEYS}


def _url(query: dict[str, Any]) -> str:
    return "?" + urlencode({name: value for name, value in query.items() if value})


def _choices(product: Product) -> dict[str, Any]:
    return {
        "channels": list(
            Channel.objects.filter(product=product)
            .order_by("name")
            .values_list("name", flat=True)[:200]
        ),
        "programs": list(
            Program.objects.filter(product=product)
            .order_by("name")
            .values_list("name", flat=True)[:200]
        ),
    }


def _counts(product: Product) -> list[dict[str, Any]]:
    found = placed.counts(product)
    return [
        {
            "state": state.value,
            "label": state.label,
            "count": found[state.value],
            "tone": placed.TONES[state],
        }
        for state in PlacementState
    ]


def _headed(rows: list[placed.Row], group: str) -> list[dict[str, Any]]:
    """Rows with the head of the group that begins with them."""
    headed: list[dict[str, Any]] = []
    last: Any = None
    for row in rows:
        each = row.placement
        heads = {
            "channel": (each.channel_id, each.channel.name),
            "program": (each.program_id, each.program.name if each.program else ""),
            "asset": (each.asset_id, each.asset.name),
        }
        head = heads.get(group)
        headed.append({"row": row, "head": head[1] if head and head != last else ""})
        last = head
    return headed


@page
@require_safe
def export(request: HttpRequest, key: str) -> HttpResponse:
    """The same list as CSV, whole."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    rows = placements_filtered(access.placements_in(actor, product), _query(request))
    header = [
        *("asset", "channel", "program", "environment", "locale", "place", "version", "in_force"),
        *("state", "behind", "drifted_at", "checked_at", "owner"),
    ]
    answer: Any = csv_answer(f"{product.key}-placements", header, _cells(rows))
    return answer


def _cells(rows: Any) -> Iterator[list[Any]]:
    now = timezone.now()
    cursor = None
    while True:
        found = placed.page(rows, now=now, cursor=cursor, size=1000)
        for row in found.rows:
            each = row.placement
            yield [
                *(each.asset.name, each.channel.name, each.program.name if each.program else ""),
                *(each.environment, each.locale, each.place),
                *(each.version.number if each.version else None, each.asset.published_version),
                *(row.state, row.behind, each.drifted_at, each.checked_at),
                each.owner.email if each.owner else None,
            ]
        if not (cursor := found.cursor):
            return


@page
@require_safe
def drift(request: HttpRequest, key: str) -> HttpResponse:
    """What stands somewhere and should not, the longest first."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    rows = placed.report(product, now=timezone.now())
    context = {
        "rows": rows,
        "channels": placed.by_channel(product),
        "counts": _counts(product),
        "may_raise": rights.allowed(actor, "placement.edit", product),
        "without": sum(
            1 for row in rows if row.replacement is None and row.placement.asset.published_version
        ),
    }
    return show(request, "assets/drift.html", context, product=product, active="assets")


@page
@require_POST
def raise_tasks(request: HttpRequest, key: str) -> HttpResponse:
    """A replacement for every drifted placement of the report that has none."""
    actor = Actor.of(request)
    product = product_for(actor, key, "placement.edit")
    rows = placed.report(product, now=timezone.now(), size=RAISE_LIMIT)
    found = replacements.raise_some(
        actor=actor,
        product=product,
        placements=[row.placement for row in rows if row.replacement is None],
    )
    messages.success(
        request,
        ngettext("%(n)s replacement is asked for.", "%(n)s replacements are asked for.", found)
        % {"n": found},
    )
    return go(request, reverse("drift", args=[key]))


@page
@require_safe
def placement(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """One placement: what stands there, since when, and what did before."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    found = access.placement_for(actor, pk, product=product)
    return show(
        request, "assets/placement.html", _about(actor, found), product=product, active="assets"
    )


def _about(actor: Actor, found: Placement, **more: Any) -> dict[str, Any]:
    row = placed.described([found], timezone.now())[0]
    product = found.product
    return {
        "placement": found,
        "row": row,
        "asset": found.asset,
        "history": placed.history_of(found),
        "tasks": found.replacements.exclude(state=TaskState.OPEN)
        .select_related("version", "settled_by")
        .order_by("-pk")[:20],
        "before": placements.version_before(found) if found.ended_at is None else None,
        "may_edit": found.ended_at is None and rights.allowed(actor, "placement.edit", product),
        "may_deploy": found.ended_at is None and rights.allowed(actor, "placement.deploy", product),
        "may_read_in": rights.allowed(actor, "reading.enter", product),
        "deploy_form": DeployForm(
            asset=found.asset, initial={"version": found.asset.published_version}
        ),
        "note_form": NoteForm(auto_id="back_%s"),
        **more,
    }


@page
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Register where an asset is shown."""
    actor = Actor.of(request)
    product = product_for(actor, key, "placement.edit")
    asset = access.asset_for(actor, pk, product=product)
    form = NewPlacementForm(request.POST or None, asset=asset)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            number = form.cleaned_data["version"]
            try:
                made = placements.add_placement(
                    actor=actor,
                    asset=asset,
                    draft=placements.Draft(**form.values()),
                    version=access.version_in(asset, number) if number else None,
                    since=form.cleaned_data["since"],
                )
            except (Invalid, Conflict) as error:
                into_form(form, error)
                status = error.status
            else:
                messages.success(request, _("The placement is registered."))
                return go(request, reverse("placement", args=[key, made.pk]))
    context = {**_choices(product), "form": form, "asset": asset}
    return show(
        request,
        "assets/placement_form.html",
        context,
        product=product,
        active="assets",
        status=status,
    )


@page
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Change where it is."""
    actor = Actor.of(request)
    product = product_for(actor, key, "placement.edit")
    found = access.placement_for(actor, pk, product=product)
    form = EditPlacementForm(
        request.POST or None, product=product, initial=EditPlacementForm.first(found)
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                placements.edit_placement(
                    actor=actor,
                    placement=found,
                    values=form.values(),
                    revision=form.cleaned_data["revision"],
                )
            except (Invalid, Conflict) as error:
                into_form(form, error)
                status = error.status
            else:
                messages.success(request, _("The placement is changed."))
                return go(request, reverse("placement", args=[key, pk]))
    context = {**_choices(product), "form": form, "asset": found.asset, "placement": found}
    return show(
        request,
        "assets/placement_form.html",
        context,
        product=product,
        active="assets",
        status=status,
    )


@page
@require_POST
def deploy(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Record a deployment."""
    actor = Actor.of(request)
    product = product_for(actor, key, "placement.deploy")
    found = access.placement_for(actor, pk, product=product)
    form = DeployForm(request.POST, asset=found.asset)
    status = 422
    if form.is_valid():
        data = form.cleaned_data
        try:
            done = placements.deploy(
                actor=actor,
                placement=found,
                version=access.version_in(found.asset, data["version"]),
                note=data["note"],
                at=data["at"],
            )
        except (Invalid, Conflict) as error:
            into_form(form, error)
            status = error.status
        else:
            return _deployed(request, done)
    context = _about(actor, found, deploy_form=form)
    return show(
        request, "assets/placement.html", context, product=product, active="assets", status=status
    )


@page
@require_POST
def roll_back(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Record that the version before came back."""
    actor = Actor.of(request)
    product = product_for(actor, key, "placement.deploy")
    found = access.placement_for(actor, pk, product=product)
    form = NoteForm(request.POST, auto_id="back_%s")
    status = 422
    if form.is_valid():
        try:
            done = placements.roll_back(
                actor=actor, placement=found, note=form.cleaned_data["reason"]
            )
        except (Invalid, Conflict) as error:
            into_form(form, error)
            status = error.status
        else:
            return _deployed(request, done)
    context = _about(actor, found, note_form=form)
    return show(
        request, "assets/placement.html", context, product=product, active="assets", status=status
    )


def _deployed(request: HttpRequest, done: placements.Deployed) -> HttpResponse:
    number = done.deployment.version.number
    if done.warning:
        messages.warning(request, done.warning)
    else:
        messages.success(request, _("Version %(n)s stands there now.") % {"n": number})
    product = done.placement.product
    return go(request, reverse("placement", args=[product.key, done.placement.pk]))


@page
@require_POST
def check_in(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Compare a file, taken from the place, with the versions; it is hashed and not kept."""
    actor = Actor.of(request)
    product = product_for(actor, key, "placement.deploy")
    found = access.placement_for(actor, pk, product=product)
    sha256 = request.POST.get("sha256", "").strip()
    if not sha256:
        digest = hashlib.sha256()
        for chunk in file_in(request).chunks():
            digest.update(chunk)
        sha256 = digest.hexdigest()
    done = placements.check_in(actor=actor, placement=found, sha256=sha256)
    if done.version is None:
        messages.warning(request, _("These bytes are no version of this asset."))
    else:
        messages.success(request, _("That is version %(n)s.") % {"n": done.version.number})
    return go(request, reverse("placement", args=[key, pk]))


@page
@require_POST
def end(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """It was taken down."""
    actor = Actor.of(request)
    product = product_for(actor, key, "placement.edit")
    found = access.placement_for(actor, pk, product=product)
    placements.end_placement(actor=actor, placement=found, reason=request.POST.get("reason", ""))
    messages.success(request, _("The placement is taken down; its history stays."))
    return go(request, reverse("placement", args=[key, pk]))


@page
@require_http_methods(["GET", "HEAD", "POST"])
def replacement(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Who replaces it, until when."""
    actor = Actor.of(request)
    posted = request.method == "POST"
    product = product_for(actor, key, "placement.edit" if posted else "product.read")
    task = access.replacement_for(actor, pk, product=product)
    first = {"owner": task.owner_id, "due_on": task.due_on, "note": task.note}
    form = AssignForm(request.POST if posted else None, product=product, initial=first)
    status = 200
    if posted:
        status = 422
        if form.is_valid():
            replacements.assign(actor=actor, replacement=task, **form.cleaned_data)
            messages.success(request, _("The replacement is assigned."))
            return go(request, reverse("placement", args=[key, task.placement_id]))
    if task.item is not None:
        task.item.product = product
    context = {
        "task": task,
        "form": form,
        "row": placed.described([task.placement], timezone.now())[0],
        "may_edit": task.state == TaskState.OPEN
        and rights.allowed(actor, "placement.edit", product),
        "may_drop": task.state == TaskState.OPEN
        and rights.allowed(actor, "placement.deploy", product),
    }
    return show(
        request, "assets/replacement.html", context, product=product, active="assets", status=status
    )


@page
@require_POST
def replacement_item(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Make an item of it, in one step."""
    actor = Actor.of(request)
    product = product_for(actor, key, "placement.edit")
    task = access.replacement_for(actor, pk, product=product)
    _task, item = replacements.to_item(actor=actor, replacement=task)
    messages.success(request, _("%(key)s is in triage.") % {"key": item.key})
    return go(request, reverse("item", args=[item.key]))


@page
@require_POST
def drop(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """It will not be replaced."""
    actor = Actor.of(request)
    product = product_for(actor, key, "placement.deploy")
    task = access.replacement_for(actor, pk, product=product)
    replacements.drop(actor=actor, replacement=task, reason=request.POST.get("reason", ""))
    messages.success(request, _("The replacement is dropped; the drift stays in the report."))
    return go(request, reverse("placement", args=[key, task.placement_id]))
