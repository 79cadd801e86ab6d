"""What workers and people made of the versions of a tenant's script."""

from __future__ import annotations

from django.core.files.base import ContentFile

from assets.models import Preview, Version
from assets.services.claims import Span, mark_claim
from assets.services.uploads import begin
from assets.storage import store
from backlog.models import BriefLine, IncrementKind
from backlog.services.increment_states import cut
from backlog.services.increments import Draft, add_increment
from tests.security.world import Tenant


def furnish_media(tenant: Tenant) -> None:
    """A preview, as a worker leaves it; a claim that rests on a line of a brief; a variant; an unfinished upload."""
    mark = tenant.mark
    line = BriefLine.objects.filter(brief__governed__item=tenant.item, removed_at=None).earliest(
        "pk"
    )
    claim = mark_claim(
        actor=tenant.actor(),
        version=tenant.version,
        span=Span(1, 1),
        source=mark,
        source_url=f"https://example.org/{mark.split()[0]}",
        brief_line=line,
    ).claim
    kind = IncrementKind.objects.filter(product=tenant.product, production=False).earliest("pk")
    # cut, because an item with work to build is not merged away
    made = add_increment(
        actor=tenant.actor(), item=tenant.item, draft=Draft(kind=kind, title=mark, purpose=mark)
    )
    cut(actor=tenant.actor(), increment=made, reason=mark)
    upload = begin(
        actor=tenant.actor(),
        item=tenant.item,
        original_name=mark,
        name=mark,
        size=9,
        rationale=mark,
    )
    Version.objects.filter(pk=tenant.version.pk).update(preview_state="failed", preview_error=mark)
    tenant.things["upload"], tenant.things["one"] = upload, 1
    tenant.things |= {"claim": claim, "line_of_brief": line}
    made = ContentFile(f'{{"peaks": [], "by": "{tenant.mark}"}}'.encode())
    with store().received(made.chunks(), limit=10_000) as draft:
        store().keep(tenant.product.pk, draft)
        tenant.things["preview"] = Preview.objects.create(
            product=tenant.product,
            version=tenant.version,
            kind="waveform",
            sha256=draft.sha256,
            size=draft.size,
            media_type="application/json",
        )
