"""The same items through other methods' eyes; how far the order can be trusted, drawn again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from backlog import access
from backlog.vocabulary import QueueKind
from core.htmx import go, safe_next
from scoring.comparing import Compared, compare
from scoring.filters import kinds_of, lens_named
from scoring.lenses import LENSES, Lens
from scoring.services import robustness

SHOWN = 50


@page
def lenses(request: HttpRequest, key: str) -> HttpResponse:
    """One method beside the main ranking, the biggest disagreements first."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    lens = lens_named(request.GET.get("lens") or "wsjf")
    queue = request.GET.get("queue", "")
    kinds = kinds_of(queue)
    found = compare(product, lens, kinds=kinds, at=timezone.now(), limit=SHOWN)
    items = access.items_in(actor, product).in_bulk([row.item_id for row in found.rows])
    context = {
        "lens": lens,
        "lenses": LENSES.values(),
        "queue": queue,
        "queue_choices": QueueKind.choices,
        "rows": [(items[row.item_id], row, worked(lens, row)) for row in found.rows],
        "queues": [
            {"label": QueueKind(each.queue).label, "row": each}
            for each in found.queues
            if each.items or each.unscored
        ],
        "shown": SHOWN,
    }
    return show(request, "scoring/lenses.html", context, product=product, active="rubric")


def worked(lens: Lens, row: Compared) -> str:
    """The formula with the item's numbers: ``(6.4 + 2 + 0) / 5 = 1.7``."""
    numbers: Any = [f"{each:.4g}" for each in row.figures.values()]
    if lens.key == "wsjf":
        value, criticality, reduction, size = numbers
        said = f"({value} + {criticality} + {reduction}) / {size}"
    elif lens.key == "rice":
        said = f"{' · '.join(numbers[:3])} / {numbers[3]}"
    elif lens.key == "ice":
        said = " · ".join(numbers)
    else:
        said = f"{numbers[0]} + 1 / {numbers[1]}"
    return f"{said} = {row.score:.4g}"


@page
def draw_ranges(request: HttpRequest, key: str) -> HttpResponse:
    """Draw again how far the order can be trusted."""
    actor = Actor.of(request)
    product = product_for(actor, key, "rubric.draft")
    drawn = robustness.redraw(actor=actor, product=product)
    if drawn is None:
        messages.success(request, _("The ranges are being drawn; look again in a minute."))
    else:
        said = ngettext("%(n)s item was drawn", "%(n)s items were drawn", drawn) % {"n": drawn}
        messages.success(request, _("%(said)s a thousand times.") % {"said": said})
    return go(request, safe_next(request, reverse("backlog", args=[product.key])))
