"""Predictions held against outcomes; recording an outcome by hand."""

from __future__ import annotations

from datetime import datetime, time

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.models import User
from accounts.pages import page, show
from backlog.vocabulary import QueueKind
from core import text
from core.errors import Invalid
from core.htmx import go
from scoring import access
from scoring.calibration import ENOUGH
from scoring.forms import OutcomeForm
from scoring.predictions import calibrate
from scoring.services import outcomes
from scoring.services.calibration import draft_proposal


@page
def calibration(request: HttpRequest, key: str) -> HttpResponse:
    """Bias, error and rank correlation by pillar, queue and person, and the weights that would follow."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    found = calibrate(product)
    people = User.objects.in_bulk({person for person, _pillar in found.scorers})
    context = {
        "found": found,
        "enough": ENOUGH,
        "pillars": [(pillar.title(), fit) for pillar, fit in found.pillars.items()],
        "queues": [
            (QueueKind(queue), pillar.title(), fit) for (queue, pillar), fit in found.queues.items()
        ],
        "scorers": [
            (str(people[person]), pillar.title(), fit)
            for (person, pillar), fit in found.scorers.items()
        ],
        "weights": [(QueueKind(queue), proposal) for queue, proposal in found.weights.items()],
        "proposes": any(proposal.rounded for proposal in found.weights.values()),
        "may_draft": rights.allowed(actor, "rubric.draft", product),
    }
    return show(request, "scoring/calibration.html", context, product=product, active="rubric")


@page
def draft_weights(request: HttpRequest, key: str) -> HttpResponse:
    """The proposed weights as a rubric draft, to be looked at and tried."""
    actor = Actor.of(request)
    product = product_for(actor, key, "rubric.draft")
    draft = draft_proposal(actor=actor, product=product)
    messages.success(
        request, _("The proposal stands in a draft. Nothing counts until it is published.")
    )
    return go(request, reverse("rubric-draft", args=[product.key, draft.pk]))


@page
def record_outcome(request: HttpRequest, key: str) -> HttpResponse:
    """What a finished item achieved, by hand."""
    actor = Actor.of(request)
    item = access.item_for(actor, key, "outcome.record")
    form = OutcomeForm(request.POST)
    if not form.is_valid():
        raise Invalid(
            "The outcome was not recorded.",
            fields={name: [str(line) for line in lines] for name, lines in form.errors.items()},
        )
    day = form.cleaned_data["measured_on"]
    now = timezone.now()
    measured_at = min(now, timezone.make_aware(datetime.combine(day, time.max)))
    if day > timezone.localdate():
        measured_at = timezone.make_aware(datetime.combine(day, time.max))
    draft = outcomes.Draft(
        item=item,
        pillar=form.cleaned_data["pillar"],
        realized=form.cleaned_data["level"] / 5,
        measured_at=measured_at,
        note=text.one_line(form.cleaned_data["note"]),
    )
    outcomes.record_outcomes(actor=actor, product=item.product, drafts=[draft], now=now)
    messages.success(request, _("The outcome is recorded."))
    return go(request, f"{reverse('item', args=[item.key])}#outcomes")
