"""Placements over the API: the registry, deployments, check-ins, drift, replacements, publishing."""

from __future__ import annotations

import hashlib
from typing import Any

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.actors import Actor
from accounts.api.endpoints import actor_of, documented, etag, resource, version_wanted
from accounts.models import Product, User
from assets import access, panels, placed
from assets.api import shapes
from assets.filters import placements_filtered
from assets.models import Deployment, Placement, Replacement
from assets.services import placements, publishing, replacements
from assets.vocabulary import DeploymentKind, Environment, PlacementState, TaskState
from backlog.access import member_of
from backlog.api.items import named_product, page_size
from backlog.models import Channel, Program
from backlog.services import words
from core.api.serializers import Line, Shape, checked
from core.errors import Invalid
from core.uploads import file_in

TAGS = ["placements"]


class PlacementRow(Shape):
    id = serializers.IntegerField()
    asset = serializers.IntegerField()
    asset_name = serializers.CharField()
    item = serializers.CharField()
    channel = serializers.CharField()
    program = serializers.CharField(allow_null=True)
    environment = serializers.ChoiceField(Environment.choices)
    locale = serializers.CharField()
    place = serializers.CharField()
    owner = serializers.EmailField(allow_null=True)
    version = serializers.IntegerField(allow_null=True, help_text="number; null: not known")
    in_force = serializers.IntegerField(allow_null=True, help_text="number of the version in force")
    state = serializers.ChoiceField(PlacementState.choices)
    behind = serializers.IntegerField(help_text="by how many numbers")
    says = serializers.CharField(help_text="the state in a sentence")
    drifted_at = serializers.DateTimeField(
        allow_null=True, help_text="since when it is not current"
    )
    checked_at = serializers.DateTimeField(
        allow_null=True, help_text="when it last reported itself"
    )
    found_sha256 = serializers.CharField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    replacement = serializers.IntegerField(allow_null=True, help_text="the open one")
    revision = serializers.IntegerField()


class PlacementPage(Shape):
    results = PlacementRow(many=True)
    next = serializers.CharField(allow_null=True)


class PlacementInput(Shape):
    channel = Line(max_length=80, help_text="name, made where it is missing")
    program = Line(max_length=80, required=False, allow_null=True, allow_blank=True)
    environment = serializers.ChoiceField(Environment.choices, required=False)
    locale = Line(max_length=20, required=False, allow_blank=True)
    place = Line(max_length=300)
    owner = serializers.EmailField(required=False, allow_null=True)
    version = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, help_text="number of what stands there"
    )
    since = serializers.DateTimeField(
        required=False, allow_null=True, help_text="when that was deployed; left out: now"
    )


class PlacementPatch(Shape):
    channel = Line(max_length=80, required=False)
    program = Line(max_length=80, required=False, allow_null=True, allow_blank=True)
    environment = serializers.ChoiceField(Environment.choices, required=False)
    locale = Line(max_length=20, required=False, allow_blank=True)
    place = Line(max_length=300, required=False)
    owner = serializers.EmailField(required=False, allow_null=True)


class DeployInput(Shape):
    version = serializers.IntegerField(min_value=1, help_text="number")
    note = Line(max_length=500, required=False, allow_blank=True)
    at = serializers.DateTimeField(required=False, allow_null=True)


class RollBackInput(Shape):
    note = Line(max_length=500)
    at = serializers.DateTimeField(required=False, allow_null=True)


class DeploymentRow(Shape):
    id = serializers.IntegerField()
    version = serializers.IntegerField()
    replaced = serializers.IntegerField(allow_null=True)
    kind = serializers.ChoiceField(DeploymentKind.choices)
    note = serializers.CharField()
    by = serializers.EmailField(allow_null=True)
    at = serializers.DateTimeField()


class DeploymentList(Shape):
    results = DeploymentRow(many=True)


class DeployAnswer(Shape):
    placement = PlacementRow()
    deployment = DeploymentRow()
    warning = serializers.CharField(allow_null=True)


class CheckInInput(Shape):
    sha256 = Line(max_length=64)


class CheckInFile(Shape):
    file = serializers.FileField(allow_empty_file=True, max_length=None)


class CheckInAnswer(Shape):
    placement = PlacementRow()
    version = serializers.IntegerField(
        allow_null=True, help_text="number; null: none of the asset's"
    )
    changed = serializers.BooleanField()


class EndPlacement(Shape):
    reason = Line(max_length=500, required=False, allow_blank=True)


class ChannelDriftRow(Shape):
    channel = serializers.CharField()
    placed = serializers.IntegerField()
    drifted = serializers.IntegerField()
    oldest = serializers.DateTimeField(allow_null=True)


class DriftReport(Shape):
    counts = serializers.DictField(child=serializers.IntegerField())
    channels = ChannelDriftRow(many=True)
    drifted = PlacementRow(many=True)


class ReplacementRow(Shape):
    id = serializers.IntegerField()
    placement = serializers.IntegerField()
    asset = serializers.IntegerField()
    version = serializers.IntegerField(help_text="number of what it is to be replaced by")
    state = serializers.ChoiceField(TaskState.choices)
    owner = serializers.EmailField(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    item = serializers.CharField(allow_null=True)
    note = serializers.CharField()
    raised_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)


class ReplacementPage(Shape):
    results = ReplacementRow(many=True)
    next = serializers.CharField(allow_null=True)


class ReplacementPatch(Shape):
    owner = serializers.EmailField(required=False, allow_null=True)
    due_on = serializers.DateField(required=False, allow_null=True)
    note = Line(max_length=500, required=False, allow_blank=True)


class PublicationInput(Shape):
    in_force = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="what was in force when you decided; another one now is a conflict",
    )
    reason = Line(max_length=500, required=False, allow_blank=True)


class PublicationAnswer(Shape):
    version = shapes.VersionRow()
    before = serializers.IntegerField(allow_null=True)
    replacements = serializers.IntegerField(help_text="tasks made")


class PublicationReason(Shape):
    reason = Line(max_length=500)


class BulkPublicationInput(Shape):
    product = Line(max_length=10, required=False)
    versions = serializers.ListField(
        child=serializers.IntegerField(min_value=1), min_length=1, max_length=publishing.BULK_LIMIT
    )


class BulkPublicationAnswer(Shape):
    published = PublicationAnswer(many=True)


def placement_row(row: placed.Row) -> dict[str, Any]:
    """A placement as the API shows it."""
    each = row.placement
    return {
        "id": each.pk,
        "asset": each.asset_id,
        "asset_name": each.asset.name,
        "item": each.asset.item.key,
        "channel": each.channel.name,
        "program": each.program.name if each.program else None,
        "environment": each.environment,
        "locale": each.locale,
        "place": each.place,
        "owner": each.owner.email if each.owner else None,
        "version": each.version.number if each.version else None,
        "in_force": each.asset.published_version,
        "state": row.state,
        "behind": row.behind,
        "says": row.says,
        "drifted_at": each.drifted_at,
        "checked_at": each.checked_at,
        "found_sha256": each.found_sha256 or None,
        "ended_at": each.ended_at,
        "replacement": row.replacement.pk if row.replacement else None,
        "revision": each.revision,
    }


def one_row(placement: Placement) -> dict[str, Any]:
    """A placement with its state. One query."""
    placement.asset.item.product = placement.product
    return placement_row(placed.described([placement], timezone.now())[0])


def _deployment(row: Deployment) -> dict[str, Any]:
    return {
        "id": row.pk,
        "version": row.version.number,
        "replaced": row.replaced.number if row.replaced else None,
        "kind": row.kind,
        "note": row.note,
        "by": row.deployed_by.email if row.deployed_by else None,
        "at": row.deployed_at,
    }


def _replacement(row: Replacement) -> dict[str, Any]:
    if row.item is not None:
        row.item.product = row.placement.asset.product
    return {
        "id": row.pk,
        "placement": row.placement_id,
        "asset": row.placement.asset_id,
        "version": row.version.number,
        "state": row.state,
        "owner": row.owner.email if row.owner else None,
        "due_on": row.due_on,
        "item": row.item.key if row.item else None,
        "note": row.note,
        "raised_at": row.raised_at,
        "settled_at": row.settled_at,
    }


def _answer(placement: Placement, status: int = 200) -> Response:
    response = Response(one_row(placement), status=status)
    response["ETag"] = etag(placement.revision)
    if status == 201:
        response["Location"] = reverse("api-placement", args=[placement.pk])
    return response


def _person(product: Product, address: str | None) -> User | None:
    if not address:
        return None
    return member_of(product, address)


def _words(product: Product, data: dict[str, Any]) -> dict[str, Any]:
    """Names of channel, program and owner as rows, words not kept yet."""
    values = dict(data)
    if "channel" in values:
        name = values["channel"]
        values["channel"] = words.proposed(Channel, product=product, names=[name]).get(name)
    if "program" in values:
        name = values["program"] or ""
        values["program"] = words.proposed(Program, product=product, names=[name]).get(name)
    if "owner" in values:
        values["owner"] = _person(product, values["owner"])
    return values


PRODUCT = OpenApiParameter("product", OpenApiTypes.STR)
QUERY = [
    PRODUCT,
    OpenApiParameter("state", OpenApiTypes.STR, description="one or more, separated by commas"),
    OpenApiParameter("channel", OpenApiTypes.STR),
    OpenApiParameter("program", OpenApiTypes.STR),
    OpenApiParameter("environment", OpenApiTypes.STR),
    OpenApiParameter("locale", OpenApiTypes.STR),
    OpenApiParameter("asset", OpenApiTypes.INT),
    OpenApiParameter("owner", OpenApiTypes.STR, description="address of a member"),
    OpenApiParameter("drifted", OpenApiTypes.BOOL),
    OpenApiParameter("ended", OpenApiTypes.BOOL, description="those taken down instead"),
    OpenApiParameter("q", OpenApiTypes.STR, description="words of asset or place"),
    OpenApiParameter("limit", OpenApiTypes.INT),
    OpenApiParameter("cursor", OpenApiTypes.STR),
]


@documented(summary="List placements", responses={200: PlacementPage}, query=QUERY, tags=TAGS)
def list_placements(request: Request) -> Response:
    """Where the product's assets stand, the latest registered first."""
    actor = actor_of(request)
    query = request.query_params
    product = named_product(actor, query.get("product"))
    rows = placements_filtered(access.placements_in(actor, product), query)
    found = placed.page(
        rows, now=timezone.now(), cursor=query.get("cursor"), size=page_size(request)
    )
    for row in found.rows:
        row.placement.asset.item.product = product
    return Response({"results": [placement_row(row) for row in found.rows], "next": found.cursor})


@documented(summary="Placements of an asset", responses={200: PlacementPage}, tags=TAGS)
def list_asset_placements(request: Request, pk: int) -> Response:
    """Where an asset stands now, at most the first 500."""
    actor = actor_of(request)
    asset = access.asset_for(actor, pk)
    rows = access.placements_in(actor, asset.product).filter(asset=asset, ended_at=None)
    found = placed.page(rows, now=timezone.now(), size=500)
    for row in found.rows:
        row.placement.asset.item.product = asset.product
    return Response({"results": [placement_row(row) for row in found.rows], "next": found.cursor})


@documented(
    summary="Register a placement",
    request=PlacementInput,
    responses={201: PlacementRow},
    tags=TAGS,
)
def add_asset_placement(request: Request, pk: int) -> Response:
    """A place where the asset is shown. The same place twice is a conflict that names the first."""
    actor = actor_of(request)
    asset = access.asset_for(actor, pk, "placement.edit")
    data = checked(PlacementInput, request)
    number, since = data.pop("version", None), data.pop("since", None)
    version = access.version_in(asset, number) if number else None
    placement = placements.add_placement(
        actor=actor,
        asset=asset,
        draft=placements.Draft(**_words(asset.product, data)),
        version=version,
        since=since,
    )
    return _answer(placement, 201)


@documented(summary="Read a placement", responses={200: PlacementRow}, tags=TAGS)
def read_placement(request: Request, pk: int) -> Response:
    """A placement with its state; its revision is the ETag."""
    return _answer(access.placement_for(actor_of(request), pk))


@documented(
    summary="Change a placement",
    request=PlacementPatch,
    responses={200: PlacementRow},
    tags=TAGS,
    if_match=True,
)
def edit_placement(request: Request, pk: int) -> Response:
    """Where it is. What stands there is changed by deployments."""
    actor = actor_of(request)
    placement = access.placement_for(actor, pk, "placement.edit")
    revision = version_wanted(request)
    values = _words(placement.product, checked(PlacementPatch, request))
    return _answer(
        placements.edit_placement(
            actor=actor, placement=placement, values=values, revision=revision
        )
    )


@documented(
    summary="Take down a placement",
    request=EndPlacement,
    responses={200: PlacementRow},
    tags=TAGS,
)
def end_placement(request: Request, pk: int) -> Response:
    """It is not in use any more. Its history stays, its open replacement is moot."""
    actor = actor_of(request)
    placement = access.placement_for(actor, pk, "placement.edit")
    reason = checked(EndPlacement, request).get("reason", "")
    return _answer(placements.end_placement(actor=actor, placement=placement, reason=reason))


@documented(summary="Deployments of a placement", responses={200: DeploymentList}, tags=TAGS)
def list_deployments(request: Request, pk: int) -> Response:
    """What stood there, the newest first; at most 500."""
    placement = access.placement_for(actor_of(request), pk)
    return Response({"results": [_deployment(row) for row in placed.history_of(placement, 500)]})


@documented(
    summary="Record a deployment",
    request=DeployInput,
    responses={201: DeployAnswer},
    tags=TAGS,
)
def add_deployment(request: Request, pk: int) -> Response:
    """A version went to a placement. One that is not approved takes a note, and is answered with a warning."""
    actor = actor_of(request)
    placement = access.placement_for(actor, pk, "placement.deploy")
    data = checked(DeployInput, request)
    version = access.version_in(placement.asset, data["version"])
    return _deployed(
        placements.deploy(
            actor=actor,
            placement=placement,
            version=version,
            note=data.get("note", ""),
            at=data.get("at"),
        )
    )


@documented(
    summary="Roll a placement back",
    request=RollBackInput,
    responses={201: DeployAnswer},
    tags=TAGS,
)
def roll_back(request: Request, pk: int) -> Response:
    """The version before came back."""
    actor = actor_of(request)
    placement = access.placement_for(actor, pk, "placement.deploy")
    data = checked(RollBackInput, request)
    return _deployed(
        placements.roll_back(actor=actor, placement=placement, note=data["note"], at=data.get("at"))
    )


def _deployed(done: placements.Deployed) -> Response:
    return Response(
        {
            "placement": one_row(done.placement),
            "deployment": _deployment(done.deployment),
            "warning": done.warning or None,
        },
        status=201,
    )


@documented(summary="Check in", request=CheckInInput, responses={200: CheckInAnswer}, tags=TAGS)
def check_in(request: Request, pk: int) -> Response:
    """A place says what it shows, by its SHA-256. Idempotent.

    Bytes of another version than was recorded are recorded as deployed; bytes of none make the state unknown.
    """
    actor = actor_of(request)
    placement = access.placement_for(actor, pk, "placement.deploy")
    return _checked_in(actor, placement, checked(CheckInInput, request)["sha256"])


@documented(
    summary="Check in with the file",
    request={"multipart/form-data": CheckInFile},
    responses={200: CheckInAnswer},
    tags=TAGS,
    parsers=[MultiPartParser],
)
def check_in_file(request: Request, pk: int) -> Response:
    """As a check-in, with the file as it stands there; it is hashed and not kept."""
    actor = actor_of(request)
    placement = access.placement_for(actor, pk, "placement.deploy")
    digest = hashlib.sha256()
    for chunk in file_in(request).chunks():
        digest.update(chunk)
    return _checked_in(actor, placement, digest.hexdigest())


def _checked_in(actor: Actor, placement: Placement, sha256: str) -> Response:
    done = placements.check_in(actor=actor, placement=placement, sha256=sha256)
    return Response(
        {
            "placement": one_row(done.placement),
            "version": done.version.number if done.version else None,
            "changed": done.changed,
        }
    )


@documented(summary="Drift report", responses={200: DriftReport}, query=[PRODUCT], tags=TAGS)
def read_drift(request: Request) -> Response:
    """How many placements are in each state, each channel, and what drifted: the longest first, at most 200."""
    actor = actor_of(request)
    product = named_product(actor, request.query_params.get("product"))
    rows = placed.report(product, now=timezone.now())
    for row in rows:
        row.placement.asset.item.product = product
    return Response(
        {
            "counts": {state: placed.counts(product)[state] for state in PlacementState.values},
            "channels": [
                {
                    "channel": each.name,
                    "placed": each.placed,
                    "drifted": each.drifted,
                    "oldest": each.oldest,
                }
                for each in placed.by_channel(product)
            ],
            "drifted": [placement_row(row) for row in rows],
        }
    )


@documented(
    summary="List replacements",
    responses={200: ReplacementPage},
    query=[
        PRODUCT,
        OpenApiParameter(
            "state", OpenApiTypes.STR, description="open (also without it), done, moot"
        ),
        OpenApiParameter("owner", OpenApiTypes.STR),
        OpenApiParameter("cursor", OpenApiTypes.STR),
    ],
    tags=TAGS,
)
def list_replacements(request: Request) -> Response:
    """Tasks that bring placements to the version in force, the newest first."""
    actor = actor_of(request)
    query = request.query_params
    product = named_product(actor, query.get("product"))
    state = query.get("state") or TaskState.OPEN.value
    if state not in TaskState.values:
        raise Invalid(
            "There is no such state.",
            fields={"state": [f"Use one of: {', '.join(TaskState.values)}."]},
        )
    rows = access.replacements_in(actor, product).filter(state=state)
    if query.get("owner"):
        rows = rows.filter(owner__email__iexact=query["owner"][:254])
    found, cursor = placed.page_of_tasks(rows, query.get("cursor"))
    return Response({"results": [_replacement(row) for row in found], "next": cursor})


@documented(
    summary="Assign a replacement",
    request=ReplacementPatch,
    responses={200: ReplacementRow},
    tags=TAGS,
)
def assign_replacement(request: Request, pk: int) -> Response:
    """Who replaces it, until when."""
    actor = actor_of(request)
    task = access.replacement_for(actor, pk, "placement.edit")
    data = checked(ReplacementPatch, request)
    owner = _person(task.product, data["owner"]) if "owner" in data else task.owner
    replacements.assign(
        actor=actor,
        replacement=task,
        owner=owner,
        due_on=data.get("due_on", task.due_on),
        note=data.get("note", task.note),
    )
    return Response(_replacement(task))


@documented(summary="Make an item of a replacement", responses={201: ReplacementRow}, tags=TAGS)
def replacement_item(request: Request, pk: int) -> Response:
    """An item in triage that says what to replace. Asked again, the same item is answered."""
    actor = actor_of(request)
    task = access.replacement_for(actor, pk, "placement.edit")
    task, _item = replacements.to_item(actor=actor, replacement=task)
    return Response(_replacement(task), status=201)


@documented(
    summary="Drop a replacement",
    request=PublicationReason,
    responses={200: ReplacementRow},
    tags=TAGS,
)
def drop_replacement(request: Request, pk: int) -> Response:
    """It will not be replaced; the drift stays in the report."""
    actor = actor_of(request)
    task = access.replacement_for(actor, pk, "placement.deploy")
    reason = checked(PublicationReason, request)["reason"]
    return Response(_replacement(replacements.drop(actor=actor, replacement=task, reason=reason)))


def _published(actor: Actor, done: publishing.Published) -> dict[str, Any]:
    marks = panels.marks(actor, [done.version])[done.version.pk]
    return {
        "version": shapes.version_row(done.version, marks),
        "before": done.before,
        "replacements": done.settled.raised,
    }


@documented(
    summary="Publish a version",
    request=PublicationInput,
    responses={200: PublicationAnswer},
    tags=TAGS,
)
def publish_version(request: Request, pk: int) -> Response:
    """An approved version comes into force; each stale placement gets one replacement."""
    actor = actor_of(request)
    version = access.version_for(actor, pk, "asset.publish")
    data = checked(PublicationInput, request)
    done = publishing.publish(
        actor=actor,
        version=version,
        seen=data.get("in_force", publishing.ANY),
        reason=data.get("reason", ""),
    )
    return Response(_published(actor, done))


def _verb(request: Request, pk: int, act: Any) -> Response:
    actor = actor_of(request)
    version = access.version_for(actor, pk, "asset.publish")
    act(actor=actor, version=version, reason=checked(PublicationReason, request)["reason"])
    again = access.version_for(actor, pk)
    return Response(shapes.version_row(again, panels.marks(actor, [again])[again.pk]))


@documented(
    summary="Take a publication back",
    request=PublicationReason,
    responses={200: shapes.VersionRow},
    tags=TAGS,
)
def unpublish_version(request: Request, pk: int) -> Response:
    """The version that was in force before is again."""
    return _verb(request, pk, publishing.unpublish)


@documented(
    summary="Retire a version",
    request=PublicationReason,
    responses={200: shapes.VersionRow},
    tags=TAGS,
)
def retire_version(request: Request, pk: int) -> Response:
    """It may not be used any more; where it stands is drift."""
    return _verb(request, pk, publishing.retire)


@documented(
    summary="Let a retired version be used again",
    request=PublicationReason,
    responses={200: shapes.VersionRow},
    tags=TAGS,
)
def unretire_version(request: Request, pk: int) -> Response:
    """It is approved again, and not in force."""
    return _verb(request, pk, publishing.unretire)


@documented(
    summary="Publish versions in bulk",
    request=BulkPublicationInput,
    responses={200: BulkPublicationAnswer},
    tags=TAGS,
)
def publish_versions(request: Request) -> Response:
    """Several approved versions come into force, all or none."""
    actor = actor_of(request)
    data = checked(BulkPublicationInput, request)
    product = named_product(actor, data.get("product"))
    product_for(actor, product.key, "asset.publish")
    versions = access.versions_named(actor, product, data["versions"])
    done = publishing.publish_many(actor=actor, product=product, versions=versions)
    return Response({"published": [_published(actor, each) for each in done]})


placement_list = resource(GET=list_placements)
asset_placements = resource(GET=list_asset_placements, POST=add_asset_placement)
placement = resource(GET=read_placement, PATCH=edit_placement)
placement_end = resource(POST=end_placement)
placement_deployments = resource(GET=list_deployments, POST=add_deployment)
placement_roll_back = resource(POST=roll_back)
placement_check_in = resource(POST=check_in)
placement_check_in_file = resource(POST=check_in_file)
drift_report = resource(GET=read_drift)
replacement_list = resource(GET=list_replacements)
replacement = resource(PATCH=assign_replacement)
replacement_to_item = resource(POST=replacement_item)
replacement_drop = resource(POST=drop_replacement)
version_publish = resource(POST=publish_version)
version_unpublish = resource(POST=unpublish_version)
version_retire = resource(POST=retire_version)
version_unretire = resource(POST=unretire_version)
bulk_publish = resource(POST=publish_versions)
