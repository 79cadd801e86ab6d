"""Claims of scripts over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.endpoints import actor_of, documented, resource
from assets import access, selectors
from assets.models import ClaimMark, Version
from assets.services import claims
from assets.vocabulary import ClaimState
from backlog.models import BriefLine
from core.api.serializers import Line, Shape, checked
from core.errors import Invalid


class ClaimRow(Shape):
    """A claim as it stands in a version."""

    id = serializers.IntegerField()
    number = serializers.IntegerField(help_text="within the asset; never changes")
    state = serializers.ChoiceField(ClaimState.choices)
    text = serializers.CharField(help_text="its words in this version; empty where it is gone")
    start = serializers.IntegerField(allow_null=True, help_text="offset in characters")
    end = serializers.IntegerField(allow_null=True, help_text="offset in characters, exclusive")
    first_line = serializers.IntegerField(allow_null=True)
    last_line = serializers.IntegerField(allow_null=True)
    source = serializers.CharField()  # type: ignore[assignment]
    source_url = serializers.CharField()
    brief_line = serializers.IntegerField(allow_null=True)
    signed_by = serializers.EmailField(allow_null=True)
    signed_at = serializers.DateTimeField(allow_null=True)
    signed_in = serializers.IntegerField(
        allow_null=True, help_text="number of the version it was signed in"
    )


class ClaimList(Shape):
    results = ClaimRow(many=True)


class BasisInput(Shape):
    """What a claim rests on."""

    source = Line(max_length=claims.SOURCE_LIMIT, required=False, allow_blank=True)  # type: ignore[assignment]
    source_url = serializers.URLField(max_length=500, required=False, allow_blank=True)
    brief_line = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=2**63 - 1
    )


class ClaimInput(BasisInput):
    """Words of the newest version: lines from 1, columns in characters from 0, the last one exclusive."""

    first_line = serializers.IntegerField(min_value=1, max_value=1_000_000)
    last_line = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False)
    first_column = serializers.IntegerField(min_value=0, max_value=1_000_000, required=False)
    last_column = serializers.IntegerField(min_value=0, max_value=1_000_000, required=False)


class SignInput(Shape):
    claims = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=1_000_000),
        max_length=500,
        help_text="numbers of claims",
    )


def _row(mark: ClaimMark) -> dict[str, Any]:
    claim = mark.claim
    return {
        "id": claim.pk,
        "number": claim.number,
        "state": mark.state,
        "text": mark.text,
        "start": mark.start,
        "end": mark.end,
        "first_line": mark.first_line,
        "last_line": mark.last_line,
        "source": claim.source,
        "source_url": claim.source_url,
        "brief_line": claim.brief_line_id,
        "signed_by": mark.signed_by.email if mark.signed_by else None,
        "signed_at": mark.signed_at,
        "signed_in": mark.signed_in,
    }


def _list(version: Version) -> dict[str, Any]:
    return {"results": [_row(mark) for mark in selectors.claims_of(version)]}


def _line(item: Any, pk: int | None) -> BriefLine | None:
    """A line of a brief that governs the item. Raises Invalid for any other."""
    if pk is None:
        return None
    found = next((each for each in selectors.brief_lines_of(item) if each.pk == pk), None)
    if found is None:
        raise Invalid(
            "There is no such line of a brief. Nothing was saved.",
            fields={"brief_line": ["Choose a line of a brief that governs the item."]},
        )
    return found


@documented(summary="Claims of a version", responses={200: ClaimList}, tags=["assets"])
def list_claims(request: Request, pk: int) -> Response:
    """The claims as they stand in this version, those that are gone last."""
    return Response(_list(access.version_for(actor_of(request), pk)))


@documented(summary="Mark a claim", request=ClaimInput, responses={201: ClaimRow}, tags=["assets"])
def mark_claim(request: Request, pk: int) -> Response:
    """Mark words of the newest version as a claim; 409 where a newer version came."""
    actor = actor_of(request)
    version = access.version_for(actor, pk, "claim.mark")
    data = checked(ClaimInput, request)
    mark = claims.mark_claim(
        actor=actor,
        version=version,
        span=claims.Span(
            data["first_line"],
            data.get("last_line", data["first_line"]),
            data.get("first_column", 0),
            data.get("last_column"),
        ),
        source=data.get("source", ""),
        source_url=data.get("source_url", ""),
        brief_line=_line(version.asset.item, data.get("brief_line")),
    )
    return Response(_row(mark), status=201)


@documented(summary="Sign claims", request=SignInput, responses={200: ClaimList}, tags=["assets"])
def sign_claims(request: Request, pk: int) -> Response:
    """Sign claims for the words that they have in the newest version."""
    actor = actor_of(request)
    version = access.version_for(actor, pk, "claim.sign")
    data = checked(SignInput, request)
    claims.sign_claims(actor=actor, version=version, numbers=data["claims"])
    return Response(_list(version))


@documented(
    summary="Change what a claim rests on",
    request=BasisInput,
    responses={200: ClaimRow},
    tags=["assets"],
)
def edit_claim(request: Request, pk: int) -> Response:
    """Another source has to be signed again."""
    actor = actor_of(request)
    claim = access.claim_for(actor, pk, "claim.mark")
    data = checked(BasisInput, request)
    line = data.get("brief_line", claim.brief_line_id)
    claim = claims.edit_claim(
        actor=actor,
        claim=claim,
        source=data.get("source", claim.source),
        source_url=data.get("source_url", claim.source_url),
        brief_line=claim.brief_line
        if line == claim.brief_line_id
        else _line(claim.asset.item, line),
    )
    mark = claim.marks.select_related("signed_by").order_by("-version__number").first()
    return Response(_row(mark or ClaimMark(claim=claim)))


@documented(summary="Withdraw a claim", responses={204: None}, tags=["assets"])
def withdraw_claim(request: Request, pk: int) -> Response:
    """It is no claim any more; its marks in older versions stay."""
    actor = actor_of(request)
    claims.withdraw_claim(actor=actor, claim=access.claim_for(actor, pk, "claim.mark"))
    return Response(status=204)


version_claims = resource(GET=list_claims, POST=mark_claim)
version_claims_sign = resource(POST=sign_claims)
claim = resource(PATCH=edit_claim, DELETE=withdraw_claim)
