"""Guests of reviews over the API: links made, listed without their secrets, ended."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import rights
from accounts.api.endpoints import actor_of, documented, resource
from core.api.serializers import Line, Shape, checked
from reviews import access
from reviews.guests import link_for, links_of, state_of
from reviews.models import GuestLink
from reviews.services import guests


class GuestRow(Shape):
    """A link by which somebody without an account sees one round. Its secret is never shown again."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.CharField()
    state = serializers.ChoiceField(["alive", "locked", "expired", "ended"])
    has_password = serializers.BooleanField()
    may_comment = serializers.BooleanField()
    may_download = serializers.BooleanField()
    locked_until = serializers.DateTimeField(
        allow_null=True, help_text="after ten wrong passwords, for an hour and longer each time"
    )
    expires_at = serializers.DateTimeField()
    made_by = serializers.EmailField()
    made_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    visits = serializers.IntegerField(help_text="counted at most once in five minutes")


class GuestList(Shape):
    results = GuestRow(many=True)


class GuestMade(Shape):
    """``url`` holds the secret; this answer is the only one that shows it."""

    guest = GuestRow()
    url = serializers.CharField()


class GuestInput(Shape):
    name = Line(max_length=120)
    email = serializers.EmailField(required=False, allow_blank=True)
    days = serializers.IntegerField(
        required=False, default=14, min_value=1, max_value=guests.LONGEST_DAYS
    )
    password = serializers.CharField(
        required=False, allow_blank=True, max_length=128, trim_whitespace=False
    )
    may_comment = serializers.BooleanField(required=False, default=False)
    may_download = serializers.BooleanField(required=False, default=False)


def guest_row(link: GuestLink) -> dict[str, Any]:
    """A link as the API shows it."""
    return {
        "id": link.pk,
        "name": link.name,
        "email": link.email,
        "state": state_of(link, timezone.now())[0],
        "has_password": bool(link.password),
        "may_comment": link.may_comment,
        "may_download": link.may_download,
        "locked_until": link.locked_until,
        "expires_at": link.expires_at,
        "made_by": link.made_by.email,
        "made_at": link.made_at,
        "last_used_at": link.last_used_at,
        "visits": link.visits,
    }


@documented(summary="Guests of a review", responses={200: GuestList}, tags=["reviews"])
def list_guests(request: Request, pk: int) -> Response:
    """The links of a round, the newest first, ended ones too."""
    actor = actor_of(request)
    cycle = access.cycle_for(actor, pk)
    rights.require(actor, "review.invite", cycle.product)
    return Response({"results": [guest_row(link) for link in links_of(cycle)]})


@documented(
    summary="Invite a guest to a review",
    request=GuestInput,
    responses={201: GuestMade},
    tags=["reviews"],
)
def create_guest(request: Request, pk: int) -> Response:
    """Make a link to one round. The address is in this answer only."""
    actor = actor_of(request)
    cycle = access.cycle_for(actor, pk, "review.invite")
    made = guests.invite(actor=actor, cycle=cycle, **checked(GuestInput, request))
    return Response({"guest": guest_row(made.link), "url": made.url}, status=201)


@documented(summary="End a guest's link", responses={204: None}, tags=["reviews"])
def delete_guest(request: Request, pk: int, link: int) -> Response:
    """The next request with the link is refused."""
    actor = actor_of(request)
    cycle = access.cycle_for(actor, pk, "review.invite")
    guests.revoke(actor=actor, link=link_for(actor, cycle, link))
    return Response(status=204)


review_guests = resource(GET=list_guests, POST=create_guest)
review_guest = resource(DELETE=delete_guest)
