"""One's own digest of a product over the API."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.api.endpoints import actor_of, documented, resource
from accounts.pages import zone_of
from core.api.serializers import Shape, checked
from insights import access
from insights.mail import body_text, write
from insights.models import DigestPreference
from insights.selectors.preview import preview
from insights.services import preferences
from insights.vocabulary import Cadence, Weekday


class DigestInput(Shape):
    cadence = serializers.ChoiceField(choices=Cadence.choices)
    hour = serializers.IntegerField(min_value=0, max_value=23, default=8, help_text="on your clock")
    weekday = serializers.IntegerField(
        min_value=0, max_value=6, default=0, help_text="0 is Monday; read for weekly only"
    )


class DigestRow(Shape):
    cadence = serializers.CharField()
    hour = serializers.IntegerField()
    weekday = serializers.IntegerField()
    time_zone = serializers.CharField()
    next_at = serializers.DateTimeField(allow_null=True)
    covered_until = serializers.DateTimeField(allow_null=True, help_text="the next one begins here")


class DigestShape(DigestRow):
    subject = serializers.CharField(help_text="of what it would say if it came now")
    text = serializers.CharField()


def _row(found: DigestPreference | None, zone: str) -> dict[str, Any]:
    return {
        "cadence": found.cadence if found else Cadence.OFF.value,
        "hour": found.hour if found else 8,
        "weekday": found.weekday if found else Weekday.MONDAY.value,
        "time_zone": zone,
        "next_at": found.next_at if found else None,
        "covered_until": found.covered_until if found and found.cadence != Cadence.OFF else None,
    }


@documented(summary="Read your digest", responses={200: DigestShape}, tags=["insights"])
def read_digest(request: Request, key: str) -> Response:
    """When it comes, and what it would say if it came now."""
    actor = actor_of(request)
    product = product_for(actor, key)
    found = access.preference_of(actor, product)
    with timezone.override(zone_of(actor.person)):
        seen = preview(actor.person, product, found, now=timezone.now())
        written = write(seen.content.sections, base=settings.SITE_URL)
    address = f"{settings.SITE_URL}{reverse('digest', args=[product.key])}"
    text = body_text(seen.content, written, links={"settings": address})
    row = _row(found, actor.person.time_zone)
    return Response({**row, "subject": seen.content.subject, "text": text})


@documented(
    summary="Say when your digest comes",
    request=DigestInput,
    responses={200: DigestRow},
    tags=["insights"],
)
def set_digest(request: Request, key: str) -> Response:
    """Every day, once a week, or not at all; at a full hour on your clock."""
    actor = actor_of(request)
    product = product_for(actor, key)
    data = checked(DigestInput, request)
    saved = preferences.set_preference(actor=actor, product=product, **data)
    return Response(_row(saved, actor.person.time_zone))


digest = resource(GET=read_digest, PUT=set_digest)
