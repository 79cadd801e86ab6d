"""Evidence that belongs to no item yet, in groups, and what becomes of them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import Product
from accounts.pages import page, show
from backlog.access import item_of
from backlog.vocabulary import QueueKind
from core.htmx import go
from scoring import access, unattached
from scoring.models import Signal
from scoring.services import evidence
from scoring.services import groups as services

#: Groups, single signals and members that a page shows.
SHOWN = 50


@page
def groups(request: HttpRequest, key: str) -> HttpResponse:
    """What says much the same, the most first, then what is like nothing else."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    found = unattached.unattached(product)
    single = access.signals_of(actor, product).filter(pk__in=found.single[:SHOWN])
    context = {
        "groups": [_shown(each) for each in found.groups[:SHOWN]],
        "groups_left": max(0, len(found.groups) - SHOWN),
        "dismissed": [_shown(each) for each in found.dismissed[:SHOWN]],
        "single": list(single),
        "single_left": max(0, len(found.single) - SHOWN),
        "left_out": found.left_out,
        "may_add": rights.allowed(actor, "signal.add", product),
        "may_create": rights.allowed(actor, "item.create", product),
        "may_import": rights.allowed(actor, "import.run", product),
        "tab": "groups",
    }
    return show(
        request, "scoring/evidence_groups.html", context, product=product, active="evidence"
    )


def _shown(found: unattached.Found) -> dict[str, Any]:
    group = found.group
    sums = [(kind.replace("_", " "), total) for kind, total in group.sums.items()]
    return {"found": found, "group": group, "sums": sums, "queue": unattached.proposed_queue(found)}


@page
def one(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """A group with its signals, items that say much the same, and what can become of it."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    found = unattached.group_of(product, access.signal_in(actor, product, pk).pk)
    rows = access.signals_of(actor, product).filter(pk__in=found.ids[-SHOWN:])
    context = {
        **_shown(found),
        "signals": list(rows),
        "left": max(0, found.size - SHOWN),
        "similar": unattached.similar_items(product, found),
        "queues": QueueKind.choices,
        "may_add": rights.allowed(actor, "signal.add", product),
        "may_create": rights.allowed(actor, "item.create", product),
        "may_triage": rights.allowed(actor, "item.triage", product),
    }
    return show(request, "scoring/evidence_group.html", context, product=product, active="evidence")


def _members(
    actor: Actor, product: Product, pk: int, action: str
) -> tuple[unattached.Found, list[Signal]]:
    """The group as it is now, and its signals."""
    found = unattached.group_of(product, access.signal_in(actor, product, pk, action).pk)
    return found, access.signals_in(actor, product, found.ids)


@page
def make_item(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """A new item in triage with the group's evidence attached."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    found, signals = _members(actor, product, pk, "item.create")
    item, batch = services.make_item(
        actor=actor,
        product=product,
        signals=signals,
        title=request.POST.get("title") or found.title[:255],
        queue=request.POST.get("queue", ""),
    )
    said = ngettext(
        "%(key)s is in triage, with %(n)d piece of evidence.",
        "%(key)s is in triage, with %(n)d pieces of evidence.",
        len(signals),
    )
    undo_url = reverse("evidence-undo", args=[product.key, batch])
    messages.success(request, said % {"key": item.key, "n": len(signals)}, extra_tags=undo_url)
    return go(request, reverse("item", args=[item.key]))


@page
def attach(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """All of the group's evidence counts for an item that is there."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    _found, signals = _members(actor, product, pk, "signal.add")
    item = item_of(actor, product, request.POST.get("item", ""))
    evidence.attach(actor=actor, product=product, signals=signals, item=item)
    said = ngettext(
        "%(n)d piece of evidence counts for %(key)s now.",
        "%(n)d pieces of evidence count for %(key)s now.",
        len(signals),
    )
    _say(request, actor, product, said % {"key": item.key, "n": len(signals)})
    return go(request, f"{reverse('item', args=[item.key])}#evidence")


@page
def dismiss(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """No item is wanted for it; it comes back when it grows."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    found, signals = _members(actor, product, pk, "signal.add")
    services.dismiss(
        actor=actor,
        product=product,
        signals=signals,
        label=found.group.label,
        reason=request.POST.get("reason", ""),
    )
    _say(request, actor, product, _("The group is dismissed. It comes back when it grows."))
    return go(request, reverse("evidence-groups", args=[product.key]))


@page
def bring_back(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """A dismissed group stands among the others again."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    _found, signals = _members(actor, product, pk, "signal.add")
    services.bring_back(actor=actor, product=product, signals=signals)
    _say(request, actor, product, _("The group is back."))
    return go(request, reverse("evidence-groups", args=[product.key]))


@page
def split(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Take one signal out of its group, or let it be grouped again."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    signal = access.signal_in(actor, product, pk, "signal.add")
    apart = request.POST.get("apart", "true") == "true"
    services.split(actor=actor, signal=signal, apart=apart)
    _say(
        request,
        actor,
        product,
        _("It stands by itself now.") if apart else _("It is grouped with others again."),
    )
    return go(request, reverse("evidence-groups", args=[product.key]))


def _say(request: HttpRequest, actor: Actor, product: Product, words: str) -> None:
    batch = evidence.last_act(actor, product)
    undo_url = reverse("evidence-undo", args=[product.key, batch]) if batch else ""
    messages.success(request, words, extra_tags=undo_url)
