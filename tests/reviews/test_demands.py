"""What a brief demands after a round began or ended (R117): it is asked, and before anything is published."""

from __future__ import annotations

from typing import Any

import pytest

from assets.models import Version
from backlog.services import brief_signing
from reviews.models import Approval, Layer, ReviewCycle
from reviews.services import approvals, cycles
from tests.backlog.test_increment_rules import complete_brief
from tests.cast import Cast
from tests.reviews.rounds import CHANGES, approve, decide_as, post, start

pytestmark = pytest.mark.usefixtures("sound")


def stages(cycle: ReviewCycle) -> dict[str, str]:
    return dict(cycle.stages.order_by("position").values_list("kind", "state"))


def signed(cast: Cast, version: Version) -> None:
    """A brief with a line about accuracy comes to govern the version's item, signed."""
    brief = complete_brief(cast, version.asset.item)
    brief_signing.sign_off(actor=cast.actor("owner"), brief=brief)


def group(cast: Cast, *names: str) -> Layer:
    layer = Layer.objects.get(product=cast.a, slug="product_accuracy")
    layer.reviewers.set([cast.people[name] for name in names])
    return layer


def approved(cast: Cast) -> ReviewCycle:
    cycle = start(cast)
    approve(cast, cycle, "reviewer")
    approve(cast, cycle, "leadership")
    cycle.refresh_from_db()
    assert cycle.state == "approved"
    return cycle


def publish(cast: Cast, version: Version) -> Any:
    return post(cast, "owner", f"/api/v1/versions/{version.pk}/publish/", {})


def state(version: Version) -> str:
    return Version.objects.get(pk=version.pk).state


def test_an_open_round_asks_what_is_signed_meanwhile(cast: Cast) -> None:
    group(cast, "owner", "contributor")  # who uploaded it is not asked
    cycle = start(cast)
    approve(cast, cycle, "reviewer")
    signed(cast, cycle.version)
    assert stages(cycle) == {
        "subject_matter": "approved",
        "legal": "open",
        "product_accuracy": "waiting",
    }
    added = cycle.stages.get(kind="product_accuracy")
    assert [each.reviewer for each in added.assignments.all()] == [cast.owner]
    approve(cast, cycle, "leadership")
    assert stages(cycle)["product_accuracy"] == "open"
    assert state(cycle.version) == "draft"
    approve(cast, cycle, "owner")
    assert state(cycle.version) == "approved"
    assert publish(cast, cycle.version).status_code == 200


def test_the_last_verdict_asks_what_is_demanded_by_then(cast: Cast) -> None:
    """A group that was empty when the brief was signed: nobody could be asked at that moment."""
    cycle = start(cast)
    signed(cast, cycle.version)
    assert "product_accuracy" not in stages(cycle)
    page = cast.client("reviewer").get(f"/p/ATLAS/reviews/{cycle.pk}/").content.decode()
    assert "demands Product accuracy, and nobody of its group may decide" in page
    group(cast, "owner")
    approve(cast, cycle, "reviewer")
    approve(cast, cycle, "leadership")
    assert stages(cycle)["product_accuracy"] == "open"
    assert state(cycle.version) == "draft"


def test_what_is_demanded_after_approval_is_asked_before_publishing(cast: Cast) -> None:
    group(cast, "owner")
    cycle = approved(cast)
    signed(cast, cycle.version)
    assert state(cycle.version) == "approved"
    refused = publish(cast, cycle.version)
    assert (refused.status_code, refused.json()["code"]) == (409, "layer_outstanding")
    assert refused.json()["layers"] == ["product_accuracy"]
    asset = cycle.version.asset
    many = cast.client("owner").get("/p/ATLAS/assets/publish/").content.decode()
    assert "waits for Product accuracy" in many
    page = cast.client("owner").get(f"/p/ATLAS/assets/{asset.pk}/1/").content.decode()
    assert "has not approved this content" in page
    here = f"/p/ATLAS/assets/{asset.pk}/1/publication/"
    assert "Prices are net of tax" in cast.client("owner").get(here).content.decode()
    asked = {"stages": [{"kind": "product_accuracy", "reviewers": ["owner@example.org"]}]}
    made = post(cast, "contributor", f"/api/v1/versions/{cycle.version_id}/reviews/", asked)
    assert made.status_code == 201
    second = ReviewCycle.objects.get(pk=made.json()["id"])
    assert stages(second) == {
        "product_accuracy": "open",
        "subject_matter": "approved",
        "legal": "approved",
    }
    assert decide_as(cast, "owner", second).status_code == 200
    assert state(cycle.version) == "approved"
    assert publish(cast, cycle.version).status_code == 200


def test_the_last_verdict_says_what_nobody_could_be_asked(cast: Cast) -> None:
    cycle = start(cast)
    signed(cast, cycle.version)
    approve(cast, cycle, "reviewer")
    form = {"verdict": "approve", "sha256": cycle.version.sha256}
    client = cast.client("leadership")
    page = client.post(f"/p/ATLAS/reviews/{cycle.pk}/decide/", form, follow=True).content.decode()
    assert "demands product accuracy too" in page
    assert state(cycle.version) == "approved"


def in_force_and_asked_again(cast: Cast) -> ReviewCycle:
    group(cast, "owner")
    cycle = approved(cast)
    assert publish(cast, cycle.version).status_code == 200
    signed(cast, cycle.version)
    assert state(cycle.version) == "published"
    version = Version.objects.select_related("asset__product", "asset__item").get(
        pk=cycle.version_id
    )
    plan = cycles.StagePlan("product_accuracy", [cast.owner])
    return cycles.start_review(actor=cast.actor("contributor"), version=version, stages=[plan])


def test_changes_asked_of_a_version_in_force_take_it_out_of_force(cast: Cast) -> None:
    second = in_force_and_asked_again(cast)
    assert decide_as(cast, "owner", second, **CHANGES).status_code == 200
    assert state(second.version) == "draft"
    second.asset.refresh_from_db()
    assert second.asset.published_version is None
    assert list(
        ReviewCycle.objects.filter(version=second.version)
        .order_by("round")
        .values_list("state", flat=True)
    ) == ["void", "changes_requested"]


def test_a_round_that_is_withdrawn_leaves_the_version_as_it_was(cast: Cast) -> None:
    second = in_force_and_asked_again(cast)
    cycles.withdraw_review(actor=cast.actor("owner"), cycle=second, reason="Not now.")
    assert state(second.version) == "published"
    page = cast.client("owner").get(f"/p/ATLAS/assets/{second.asset_id}/1/").content.decode()
    assert "Start a review" in page
    legal = Approval.objects.get(asset=second.asset, layer__slug="legal")
    approvals.revoke(actor=cast.actor("owner"), approval=legal, reason="A mistake.")
    assert state(second.version) == "draft"


def test_an_approval_lost_while_a_version_in_force_is_asked_about_again(cast: Cast) -> None:
    second = in_force_and_asked_again(cast)
    legal = Approval.objects.get(asset=second.asset, layer__slug="legal")
    approvals.revoke(actor=cast.actor("owner"), approval=legal, reason="A mistake.")
    assert state(second.version) == "draft"
    approve(cast, second, "owner")
    second.refresh_from_db()
    assert (second.state, state(second.version)) == ("void", "draft")


def test_a_draft_of_a_brief_binds_nobody(cast: Cast) -> None:
    cycle = approved(cast)
    complete_brief(cast, cycle.version.asset.item)
    assert publish(cast, cycle.version).status_code == 200
    again = post(
        cast, "contributor", f"/api/v1/versions/{cycle.version_id}/reviews/", {"stages": []}
    )
    assert (again.status_code, again.json()["code"]) == (409, "decided")
