"""A guest's link to the open round, with a remark."""

from __future__ import annotations

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from assets.models import Preview
from assets.services.assets import add_asset
from reviews.models import GuestLink
from reviews.services import guests
from reviews.services.cycles import start_review
from tests.assets.files import image
from tests.security.furnish_upper import asked
from tests.security.world import Tenant


def furnish_guests(tenant: Tenant) -> None:
    """Seen a day ahead, so that no request of a test counts as a visit."""
    file = SimpleUploadedFile("poster.png", image("PNG"), "image/png")
    version = add_asset(
        actor=tenant.actor(),
        item=tenant.waiting,
        file=file,
        rationale=tenant.mark,
        name=f"{tenant.mark} p",
    )
    stages = asked(version.asset, tenant.colleague)
    cycle = start_review(actor=tenant.actor(), version=version, stages=stages)
    made = guests.invite(
        actor=tenant.actor(),
        cycle=cycle,
        name=tenant.mark,
        email=tenant.person.email,
        may_comment=True,
        may_download=True,
    )
    guests.note(link=made.link, body=tenant.mark, anchor=None)
    ahead = timezone.now() + timedelta(days=1)
    GuestLink.objects.filter(pk=made.link.pk).update(last_used_at=ahead)
    stored = {"sha256": version.sha256, "size": version.size, "media_type": "image/png"}
    Preview.objects.get_or_create(
        product=tenant.product, version=version, kind="thumb", number=1, defaults=stored
    )
    tenant.things |= {
        "guest_cycle": cycle,
        "guest_link": made.link,
        "guest_secret": made.url.rstrip("/").rpartition("/")[2],
    }
