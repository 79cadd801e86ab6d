"""Rounds of review to test with, built through the API and the services."""

from typing import Any

from django.core.files.base import ContentFile

from assets.models import Asset, Version
from assets.services.assets import add_asset
from assets.services.versions import upload_version
from reviews.models import Decision, ReviewCycle
from reviews.services.cycles import StagePlan, start_review
from reviews.services.decisions import decide
from tests.assets.files import new_item
from tests.cast import Cast


def new_version(
    cast: Cast, text: str = "first", asset: Asset | None = None, by: str = "contributor"
) -> Version:
    """A version uploaded by ``by``: of a new asset of a new item, or of ``asset``."""
    file = ContentFile(text.encode(), name="script.txt")
    actor = cast.actor(by)
    if asset is None:
        return add_asset(
            actor=actor, item=new_item(cast), file=file, rationale=f"Reason for {text}."
        )
    return upload_version(actor=actor, asset=asset, file=file, rationale=f"Reason for {text}.")


def plans(
    cast: Cast,
    subject: tuple[str, ...] = ("reviewer",),
    legal: tuple[str, ...] = ("leadership",),
    **quorum: int,
) -> list[StagePlan]:
    return [
        StagePlan(
            "subject_matter",
            [cast.people[name] for name in subject],
            quorum.get("subject_quorum"),
        ),
        StagePlan("legal", [cast.people[name] for name in legal], quorum.get("legal_quorum")),
    ]


def start(cast: Cast, version: Version | None = None, **asked: Any) -> ReviewCycle:
    """A round on a version, asked for by the contributor."""
    version = version or new_version(cast)
    return start_review(
        actor=cast.actor("contributor"), version=version, stages=plans(cast, **asked)
    )


def approve(cast: Cast, cycle: ReviewCycle, name: str) -> Decision:
    cycle = ReviewCycle.objects.select_related("product", "version__asset", "asset__item").get(
        pk=cycle.pk
    )
    return decide(
        actor=cast.actor(name), cycle=cycle, verdict="approve", sha256=cycle.version.sha256
    )


def body(cycle: ReviewCycle, verdict: str = "approve", **more: Any) -> dict[str, Any]:
    """What a program sends to decide."""
    return {"verdict": verdict, "sha256": cycle.version.sha256, **more}


CHANGES = {"verdict": "request_changes", "weight": "detail", "note": "The date is wrong."}


def post(cast: Cast, name: str, address: str, data: Any) -> Any:
    return cast.api(name).post(address, data, "application/json")


def decide_as(cast: Cast, name: str, cycle: ReviewCycle, **more: Any) -> Any:
    """Decide through the API."""
    return post(cast, name, f"/api/v1/reviews/{cycle.pk}/decide/", {**body(cycle), **more})
