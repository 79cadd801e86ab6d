"""The answer that carries a round's record, for pages and API alike."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.text import slugify

from accounts.actors import Actor
from reviews import record, selectors
from reviews.models import ReviewCycle


def as_pdf(actor: Actor, cycle: ReviewCycle) -> HttpResponse:
    """A download of what the person may see of the round. Eight queries."""
    (loaded,) = selectors.with_stages(ReviewCycle.objects.filter(pk=cycle.pk))
    loaded.product, loaded.asset, loaded.version = cycle.product, cycle.asset, cycle.version
    notes = [
        note
        for note in selectors.notes_on(actor, cycle.version)
        if note.cycle_id in (cycle.pk, None)
    ]
    response = HttpResponse(record.write(loaded, notes), content_type="application/pdf")
    name = (
        f"{slugify(cycle.asset.name) or 'review'}-v{cycle.version.number}-round-{cycle.round}.pdf"
    )
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response
