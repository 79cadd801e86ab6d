"""Briefs and increments on an item's page, on My work, in a search, and in an item's detail of the API."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from accounts.pages import zone_of
from backlog import access, brief_reading, coherence, late_change
from backlog import increment_reading as reading
from backlog.brief_lines import governing, lines_for
from backlog.models import Confirmation, Item
from backlog.panels import Panel
from backlog.template_forms import offered_templates
from backlog.vocabulary import ConfirmationState, LineKind, TemplateKind


def item_brief(*, actor: Actor, item: Item) -> Panel | None:
    """What an item must satisfy; the brief's success criteria stand below, inherited (R10)."""
    briefs = governing(item)
    # most items have neither, and to ask whether they do costs a fraction of the queries that read them
    waits = Confirmation.objects.filter(item=item, state=ConfirmationState.WAITING)
    waiting = brief_reading.waiting_confirmations(waits) if waits.exists() else []
    cited = item.citations.select_related("increment__item__product").order_by("pk")
    citations = list(cited) if item.citations.exists() else []
    if not briefs and not waiting and not citations:
        return None
    lines = lines_for(item, briefs=briefs)
    context = {
        "briefs": briefs,
        "lines": [line for line in lines if line.kind != LineKind.SUCCESS],
        "inherited": [line for line in lines if line.kind == LineKind.SUCCESS],
        "waiting": waiting,
        "citations": citations,
        "may_confirm": rights.allowed(actor, "increment.edit", item.product),
        "next": f"{reverse('item', args=[item.key])}#brief",
    }
    return Panel("brief", "From the brief", "backlog/_item_brief.html", context)


def item_plan(*, actor: Actor, item: Item) -> Panel | None:
    """The increments of an item in order."""
    rows = reading.plan_rows(actor, item)
    may_edit = rights.allowed(actor, "increment.edit", item.product)
    if not rows and not may_edit:
        return None
    late = None
    if rows:
        zone = zone_of(actor.user)
        asked = reading.change_rows(item.product, item)
        late = late_change.report(asked, timezone.localdate(timezone=zone), zone)
    context = {
        "rows": rows,
        "late_change": late if late is not None and late.recent.hits else None,
        "misfits": coherence.misfits(actor, item, [row.increment for row in rows]),
        "progress": reading.progress(rows),
        "may_edit": may_edit,
        "may_keep": rights.allowed(actor, "standard.publish", item.product),
        "templates": offered_templates(
            item.product, TemplateKind.INCREMENT_PLAN, TemplateKind.PROJECT
        )
        if may_edit
        else [],
        "next": f"{reverse('item', args=[item.key])}#plan",
    }
    return Panel("plan", "Increments", "backlog/_item_plan.html", context)


def home_panel(*, actor: Actor, product: Product) -> Panel | None:
    """Inputs asked of this person, and changes of briefs that wait on what they own."""
    inputs = brief_reading.inputs_asked_of(actor, product)
    waiting = brief_reading.confirmations_of(actor, product)
    if not inputs and not waiting:
        return None
    context = {
        "inputs": inputs,
        "waiting": waiting,
        "may_confirm": rights.allowed(actor, "increment.edit", product),
        "next": reverse("work", args=[product.key]),
    }
    return Panel("briefs", "Asked by briefs", "backlog/_home_briefs.html", context)


def search_panel(*, actor: Actor, product: Product, query: str) -> Panel | None:
    """Briefs that hold the words of a search."""
    rows = brief_reading.matching(access.briefs_in(actor, product), query)
    found = list(rows.order_by("-updated_at", "-pk")[:10])
    if not found:
        return None
    return Panel("briefs", "Briefs", "backlog/_search_briefs.html", {"rows": found})


def item_details(*, actor: Actor, item: Item) -> dict[str, Any]:
    """The brief lines that hold for an item, and its plan, in its detail of the API."""
    return {
        "brief_lines": [
            {
                "key": line.key,
                "kind": line.kind,
                "text": line.text,
                "signed": line.signed,
                "pointed": line.pointed,
                "waiting": line.waiting,
            }
            for line in lines_for(item)
        ],
        "increments": [
            {
                "key": f"{item.key}.{each.number}",
                "number": each.number,
                "title": each.title,
                "kind": each.kind.slug,
                "state": each.state,
                "due_on": each.due_on,
            }
            for each in item.increments.select_related("kind").order_by("position", "pk")
        ],
    }
