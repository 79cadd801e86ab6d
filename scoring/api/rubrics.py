"""Rubrics over the API: versions, what differs, drafts, previews, flip points, publishing, old scores again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.api.endpoints import actor_of, documented, etag, resource, version_wanted
from backlog.access import items_of
from core.api.serializers import Line, Prose, Shape, checked
from core.errors import Invalid
from scoring import access, drafts, selectors
from scoring.current import rubric_in_force
from scoring.models import RubricDraft, RubricVersion
from scoring.rubrics import QUEUES
from scoring.services import drafts as editing
from scoring.services import publishing, trying

MOST_ROWS = 1000
TAGS = ["rubrics"]

AT = OpenApiParameter(
    "at", OpenApiTypes.DATETIME, description="The instant of the preview, within the last hour."
)
TOP = OpenApiParameter(
    "top",
    OpenApiTypes.INT,
    description="N for every queue; left out: as many as the next cycle holds of each.",
)


class RubricVersionRow(Shape):
    version = serializers.IntegerField()
    in_force = serializers.BooleanField()
    published_at = serializers.DateTimeField()
    published_by = serializers.CharField(allow_null=True)
    reason = serializers.CharField()
    digest = serializers.CharField()
    as_of = serializers.DateTimeField(allow_null=True)
    applied_at = serializers.DateTimeField(allow_null=True)


class RubricVersionDetail(RubricVersionRow):
    rubric = serializers.DictField()
    figures = serializers.DictField(allow_null=True)


class DifferenceRow(Shape):
    path = serializers.CharField()
    group = serializers.CharField()
    what = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class ProblemRow(Shape):
    path = serializers.CharField()
    message = serializers.CharField()


class DraftRow(Shape):
    id = serializers.IntegerField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    based_on = serializers.IntegerField()
    origin = serializers.CharField(allow_null=True)
    created_by = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    published_as = serializers.IntegerField(allow_null=True)
    discarded_at = serializers.DateTimeField(allow_null=True)


class DraftDetail(DraftRow):
    rubric = serializers.DictField()
    problems = ProblemRow(many=True)


class DraftInput(Shape):
    name = Line(max_length=80, required=False)
    version = serializers.IntegerField(
        min_value=1, required=False, help_text="the version that it begins as; left out: the newest"
    )
    product = Line(
        max_length=10, required=False, help_text="of another product that you are a member of"
    )
    rubric = serializers.DictField(required=False, help_text="what it holds instead")


class DraftChange(Shape):
    name = Line(max_length=80, required=False)
    rubric = serializers.DictField(required=False, help_text="the whole data")


class MoveRow(Shape):
    item = serializers.CharField()
    title = serializers.CharField()
    queue = serializers.CharField()
    rank_before = serializers.IntegerField()
    rank_after = serializers.IntegerField()
    priority_before = serializers.FloatField(allow_null=True)
    priority_after = serializers.FloatField(allow_null=True)
    change = serializers.FloatField(allow_null=True)
    band_before = serializers.CharField()
    band_after = serializers.CharField()
    in_top_before = serializers.BooleanField()
    in_top_after = serializers.BooleanField()


class PreviewAnswer(Shape):
    figures = serializers.DictField()
    moves = MoveRow(many=True)
    count = serializers.IntegerField()
    next_offset = serializers.IntegerField(allow_null=True)


class FlipRow(Shape):
    kind = serializers.CharField(help_text="criterion or pillar")
    key = serializers.CharField()
    now = serializers.FloatField()
    at = serializers.FloatField()
    change = serializers.FloatField()
    size = serializers.FloatField()
    only_there = serializers.BooleanField()


class OutlookRow(Shape):
    item = serializers.CharField()
    queue = serializers.CharField()
    rank = serializers.IntegerField()
    in_top = serializers.BooleanField()
    top = serializers.IntegerField()
    flips = FlipRow(many=True)


class FlipsAnswer(Shape):
    at = serializers.DateTimeField()
    digest = serializers.CharField()
    results = OutlookRow(many=True)


class PublishInput(Shape):
    at = serializers.DateTimeField()
    digest = Line(max_length=64)
    reason = Prose(max_length=5000, trim_whitespace=True)
    top = serializers.IntegerField(min_value=1, max_value=trying.MOST_TOP, required=False)
    accept_changes = serializers.BooleanField(required=False, default=False)


class PublishAnswer(RubricVersionRow):
    figures = serializers.DictField()


class RecomputedRow(Shape):
    at = serializers.DateTimeField()
    rubric_version = serializers.IntegerField()
    rubric_digest = serializers.CharField()
    inputs = serializers.DictField()
    kept = serializers.DictField()
    recomputed = serializers.DictField()
    equal = serializers.BooleanField()


def _version(row: RubricVersion, newest: int) -> dict[str, Any]:
    publication = getattr(row, "publication", None)
    return {
        "version": row.number,
        "in_force": row.number == newest,
        "published_at": row.published_at,
        "published_by": row.published_by.email if row.published_by else None,
        "reason": row.reason,
        "digest": row.digest,
        "as_of": publication.as_of if publication else None,
        "applied_at": publication.applied_at if publication else None,
    }


@documented(
    summary="Versions of the rubric", responses={200: RubricVersionRow(many=True)}, tags=TAGS
)
def list_rubric_versions(request: Request, key: str) -> Response:
    """Newest first, 1,000 at most. `as_of` and `applied_at`: the instant it scored the items at, and when all were
    done.
    """
    product = product_for(actor_of(request), key)
    newest, _ = rubric_in_force(product.pk)
    return Response([_version(row, newest) for row in access.versions_of(product)[:1000]])


@documented(summary="A version of the rubric", responses={200: RubricVersionDetail}, tags=TAGS)
def read_rubric_version(request: Request, key: str, number: int) -> Response:
    """Its data, and the figures of the preview that was published."""
    row = access.version_for(actor_of(request), key, number)
    newest, _ = rubric_in_force(row.product_id)
    publication = getattr(row, "publication", None)
    return Response(
        {
            **_version(row, newest),
            "rubric": row.data,
            "figures": publication.figures if publication else None,
        }
    )


@documented(
    summary="What differs between two rubrics",
    responses={200: DifferenceRow(many=True)},
    query=[
        OpenApiParameter("before", OpenApiTypes.INT, description="A version; left out: in force."),
        OpenApiParameter("after", OpenApiTypes.INT, description="A version."),
        OpenApiParameter("draft", OpenApiTypes.INT, description="A draft, instead of `after`."),
    ],
    tags=TAGS,
)
def compare_rubrics(request: Request, key: str) -> Response:
    """Place by place; criteria are told apart by their keys."""
    actor = actor_of(request)
    product = product_for(actor, key)
    query = request.query_params
    newest, _ = rubric_in_force(product.pk)
    before = access.version_for(actor, key, _whole(query, "before") or newest)
    draft = _whole(query, "draft")
    if draft is not None:
        after = access.draft_for(actor, key, draft).data
    else:
        after = access.version_for(actor, key, _whole(query, "after") or newest).data
    return Response(
        [
            {
                "path": each.path,
                "group": each.group,
                "what": each.label,
                "before": each.before,
                "after": each.after,
            }
            for each in drafts.differences(drafts.sound(before.data), drafts.sound(after))
        ]
    )


def _draft(row: RubricDraft) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "version": row.version,
        "based_on": row.based_on,
        "origin": row.origin.key if row.origin else None,
        "created_by": row.created_by.email if row.created_by else None,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "published_as": row.published_as,
        "discarded_at": row.discarded_at,
    }


def _draft_answer(row: RubricDraft, status: int = 200) -> Response:
    problems = [{"path": each.path, "message": each.message} for each in drafts.problems(row.data)]
    return Response(
        {**_draft(row), "rubric": row.data, "problems": problems},
        status=status,
        headers={"ETag": etag(row.version)},
    )


@documented(
    summary="Drafts of the rubric",
    responses={200: DraftRow(many=True)},
    query=[
        OpenApiParameter("all", OpenApiTypes.BOOL, description="Published and discarded ones too.")
    ],
    tags=TAGS,
)
def list_rubric_drafts(request: Request, key: str) -> Response:
    """The last edited first, 200 at most."""
    product = product_for(actor_of(request), key)
    rows = access.drafts_of(product, closed=request.query_params.get("all") in ("true", "1"))
    return Response([_draft(row) for row in rows[:200]])


@documented(summary="Begin a draft", request=DraftInput, responses={201: DraftDetail}, tags=TAGS)
def begin_rubric_draft(request: Request, key: str) -> Response:
    """From the version in force, an earlier one, or one of another product; `rubric` may hold unfinished data."""
    actor = actor_of(request)
    product = product_for(actor, key, "rubric.draft")
    given = checked(DraftInput, request)
    source = access.source_for(actor, product, given.get("product", ""), given.get("version"))
    row = editing.begin(
        actor=actor,
        product=product,
        source=source,
        name=given.get("name", ""),
        data=given.get("rubric"),
    )
    return _draft_answer(row, 201)


@documented(summary="A draft", responses={200: DraftDetail}, tags=TAGS)
def read_rubric_draft(request: Request, key: str, pk: int) -> Response:
    """Its data as typed, and every problem with its place."""
    return _draft_answer(access.draft_for(actor_of(request), key, pk))


@documented(
    summary="Edit a draft",
    request=DraftChange,
    responses={200: DraftDetail},
    tags=TAGS,
    if_match=True,
)
def edit_rubric_draft(request: Request, key: str, pk: int) -> Response:
    """Name, whole data, or both. 409 tells what somebody else changed since (`changed`: path → [before, after])."""
    actor = actor_of(request)
    draft = access.draft_for(actor, key, pk, "rubric.draft")
    data = checked(DraftChange, request)
    row = editing.edit(
        actor=actor,
        draft=draft,
        version=version_wanted(request),
        data=data.get("rubric"),
        name=data.get("name"),
    )
    return _draft_answer(row)


@documented(summary="Discard a draft", responses={204: None}, tags=TAGS)
def discard_rubric_draft(request: Request, key: str, pk: int) -> Response:
    """It can be brought back."""
    actor = actor_of(request)
    editing.discard(actor=actor, draft=access.draft_for(actor, key, pk, "rubric.draft"))
    return Response(status=204)


@documented(summary="Bring a draft back", responses={200: DraftDetail}, tags=TAGS)
def restore_rubric_draft(request: Request, key: str, pk: int) -> Response:
    """As it was when it was discarded."""
    actor = actor_of(request)
    row = editing.restore(actor=actor, draft=access.draft_for(actor, key, pk, "rubric.draft"))
    return _draft_answer(row)


@documented(summary="Problems of a draft", responses={200: ProblemRow(many=True)}, tags=TAGS)
def list_draft_problems(request: Request, key: str, pk: int) -> Response:
    """Empty when it can be published."""
    draft = access.draft_for(actor_of(request), key, pk)
    return Response(
        [{"path": each.path, "message": each.message} for each in drafts.problems(draft.data)]
    )


@documented(
    summary="Preview a draft",
    responses={200: PreviewAnswer},
    query=[
        AT,
        TOP,
        OpenApiParameter("queue", OpenApiTypes.STR, enum=QUEUES),
        OpenApiParameter("only", OpenApiTypes.STR, enum=("moved", "top", "band", "scored")),
        OpenApiParameter("order", OpenApiTypes.STR, enum=trying.ORDERS),
        OpenApiParameter("limit", OpenApiTypes.INT, description="1 to 1,000; 100 if left out."),
        OpenApiParameter("offset", OpenApiTypes.INT),
    ],
    tags=TAGS,
)
def preview_rubric_draft(request: Request, key: str, pk: int) -> Response:
    """Every open item under both rubrics at one instant. Writes nothing. Name `at` of the first answer in the next
    ones.

    `figures.digest` and `figures.at` are what publishing takes.
    """
    query = request.query_params
    draft = access.draft_for(actor_of(request), key, pk)
    limit, offset = _whole(query, "limit") or 100, _whole(query, "offset") or 0
    if not 1 <= limit <= MOST_ROWS:
        raise Invalid("The limit is out of range.", fields={"limit": ["From 1 to 1,000."]})
    found = trying.try_draft(draft, _instant(query), _whole(query, "top"))
    rows = trying.chosen_rows(
        found,
        queue=_one_of(query, "queue", QUEUES),
        only=_one_of(query, "only", ("moved", "top", "band", "scored")),
        order=_one_of(query, "order", trying.ORDERS) or "item",
    )
    page = rows[offset : offset + limit].tolist()
    return Response(
        {
            "figures": publishing.figures(found),
            "moves": trying.described(found, page),
            "count": len(rows),
            "next_offset": offset + limit if offset + limit < len(rows) else None,
        }
    )


@documented(
    summary="What would flip items of a preview",
    responses={200: FlipsAnswer},
    query=[
        AT,
        TOP,
        OpenApiParameter(
            "items",
            OpenApiTypes.STR,
            required=True,
            description="Keys with commas between them, 100 at most.",
        ),
    ],
    tags=TAGS,
)
def list_draft_flips(request: Request, key: str, pk: int) -> Response:
    """Per item every single weight of the draft, and the value at which its place in the top N flips, smallest change
    first. At `at` the item and the one at the cut are equal; just beyond, the place has flipped. Empty: no single
    weight can. `only_there`: at that very value and not before it."""
    actor = actor_of(request)
    query = request.query_params
    draft = access.draft_for(actor, key, pk)
    keys = [each.strip() for each in query.get("items", "").split(",") if each.strip()]
    if not 1 <= len(keys) <= trying.MOST_ASKED:
        raise Invalid("Name the items.", fields={"items": ["From 1 to 100 keys."]})
    items = items_of(actor, draft.product, keys)
    found = trying.try_draft(draft, _instant(query), _whole(query, "top"))
    by_id = {item.pk: item for item in items.values()}
    return Response(
        {
            "at": found.at,
            "digest": found.digest,
            "results": [
                {
                    "item": by_id[int(found.item_ids[row])].key,
                    "queue": QUEUES[found.standing.queue[row]],
                    "rank": outlook.rank,
                    "in_top": outlook.inside,
                    "top": outlook.top,
                    "flips": [trying.flip_data(flip) for flip in outlook.flips],
                }
                for row, outlook in trying.outlooks_of(found, list(by_id))
            ],
        }
    )


@documented(
    summary="Publish a draft", request=PublishInput, responses={201: PublishAnswer}, tags=TAGS
)
def publish_rubric_draft(request: Request, key: str, pk: int) -> Response:
    """What the preview named by `at`, `digest` (and `top`) showed becomes the next version. 409 when it no longer
    holds: look again, or send `accept_changes`."""
    actor = actor_of(request)
    draft = access.draft_for(actor, key, pk, "rubric.publish")
    data = checked(PublishInput, request)
    publication = publishing.publish(actor=actor, draft=draft, **data)
    row = publication.version
    return Response({**_version(row, row.number), "figures": publication.figures}, status=201)


@documented(
    summary="Kept scores worked out again",
    responses={200: RecomputedRow(many=True)},
    query=[
        OpenApiParameter(
            "at", OpenApiTypes.DATETIME, description="Only the score in force at this instant."
        )
    ],
    tags=["scoring"],
)
def recompute_scores(request: Request, key: str) -> Response:
    """From what was kept of the inputs and the version of the rubric, newest first, 200 at most. `equal`: to the
    bit.
    """
    item = access.item_for(actor_of(request), key)
    found = selectors.recomputed(item, _instant(request.query_params))
    return Response(
        [
            {
                "at": each.kept.at,
                "rubric_version": each.kept.rubric_version,
                "rubric_digest": each.rubric_digest,
                "inputs": {
                    "criteria": [criterion.key for criterion in each.rubric.criteria],
                    **each.kept.state,
                },
                "kept": {
                    "priority": each.kept.priority,
                    "band": each.kept.band,
                    "parts": each.kept.parts,
                },
                "recomputed": {
                    "priority": each.score.priority,
                    "band": each.score.band_name,
                    "parts": list(each.score.parts.values()) if each.score.parts else None,
                },
                "equal": each.equal,
            }
            for each in found
        ]
    )


def _whole(query: Any, name: str) -> int | None:
    value = query.get(name)
    if value in (None, ""):
        return None
    if not value.isdecimal() or len(value) > 9:
        raise Invalid(f"{name} is no number.", fields={name: ["A whole number."]})
    return int(value)


def _one_of(query: Any, name: str, among: tuple[str, ...]) -> str:
    value = str(query.get(name) or "")
    if value and value not in among:
        raise Invalid(f"{name} is not known.", fields={name: [f"One of: {', '.join(among)}."]})
    return value


def _instant(query: Any) -> datetime | None:
    value = query.get("at")
    if not value:
        return None
    try:
        found = parse_datetime(value.replace(" ", "+"))
    except ValueError:
        found = None
    if found is None:
        raise Invalid("at is no instant.", fields={"at": ["Such as 2026-05-04T07:00:00Z."]})
    return found if timezone.is_aware(found) else timezone.make_aware(found)


version_list = resource(GET=list_rubric_versions)
version_one = resource(GET=read_rubric_version)
comparison = resource(GET=compare_rubrics)
draft_list = resource(GET=list_rubric_drafts, POST=begin_rubric_draft)
draft_one = resource(GET=read_rubric_draft, PATCH=edit_rubric_draft, DELETE=discard_rubric_draft)
draft_restore = resource(POST=restore_rubric_draft)
draft_problems = resource(GET=list_draft_problems)
draft_preview = resource(GET=preview_rubric_draft)
draft_flips = resource(GET=list_draft_flips)
draft_publish = resource(POST=publish_rubric_draft)
recomputed_list = resource(GET=recompute_scores)
