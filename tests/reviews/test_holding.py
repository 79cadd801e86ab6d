"""Approvals bound to content (N15): flip a byte in each material part, and exactly the declared layers are void."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.base import ContentFile
from hypothesis import given
from hypothesis import strategies as st

from assets.models import Asset, Version
from assets.services.assets import add_asset
from assets.services.claims import Span, mark_claim
from assets.services.publishing import publish, retire, unretire
from assets.services.versions import upload_version
from backlog.models import Change
from core.errors import Conflict, Invalid, NotAllowed
from reviews import holding, material
from reviews.models import Approval, Layer, ReviewCycle
from reviews.services import approvals
from reviews.services.cycles import StagePlan, start_review
from reviews.services.decisions import decide
from tests.assets.files import new_item
from tests.cast import Cast

SCRIPT = """Title: The Quay
Author: Somebody

INT. QUAY - NIGHT

A lamp swings over the water.

MIRA
The last boat left at nine.

See [the timetable](https://example.org/times).
"""
#: part -> (what is replaced, by what): one byte each
FLIPS = {
    "front": ("Author: Somebody", "Author: Somebodx"),
    "headings": ("INT. QUAY - NIGHT", "INT. QUAY - NIGHS"),
    "prose": ("A lamp swings", "A lamp swingz"),
    "dialogue": ("left at nine", "left at ninf"),
}
DECLARED = {
    "words": ["dialogue"],
    "pictures": ["prose", "headings"],
    "credits": ["front"],
    "everything": ["bytes"],
}


def upload(cast: Cast, text: str, asset: Asset | None = None) -> Version:
    file = ContentFile(text.encode(), name="quay.fountain")
    actor = cast.actor("contributor")
    if asset is None:
        return add_asset(actor=actor, item=new_item(cast), file=file, rationale="First.")
    asset = Asset.objects.select_related("product", "item", "increment").get(pk=asset.pk)
    asset.item.product = asset.product
    return upload_version(actor=actor, asset=asset, file=file, rationale="Next.")


def layers(cast: Cast) -> None:
    """Four layers, each with other material, instead of the standard ones."""
    Layer.objects.filter(product=cast.a).update(retired_at="2020-01-01T00:00Z")
    for position, (slug, parts) in enumerate(DECLARED.items()):
        layer = Layer.objects.create(
            product=cast.a,
            slug=slug,
            name=slug.title(),
            position=position,
            material={"text": parts},
        )
        plan = cast.a.review_plans.get(increment_kind=None)
        plan.steps.create(layer=layer, step=0)


def round_of(cast: Cast, version: Version, slugs: Any = DECLARED) -> ReviewCycle:
    version = Version.objects.select_related("asset__product", "asset__item", "uploaded_by").get(
        pk=version.pk
    )
    return start_review(
        actor=cast.actor("owner"),
        version=version,
        stages=[StagePlan(slug, [cast.people["reviewer"]]) for slug in slugs],
    )


def approve_all(cast: Cast, cycle: ReviewCycle) -> None:
    for stage in cycle.stages.filter(state="open").order_by("position"):
        decide(
            actor=cast.actor("reviewer"),
            cycle=cycle,
            verdict="approve",
            sha256=cycle.version.sha256,
            stage=stage.kind,
        )


def state(version: Version) -> str:
    return Version.objects.get(pk=version.pk).state


def void_layers(cast: Cast) -> set[str]:
    return set(
        Approval.objects.filter(product=cast.a, state="void").values_list("layer__slug", flat=True)
    )


@pytest.mark.usefixtures("sound")
def test_a_flipped_byte_voids_exactly_the_layers_that_declared_its_part(cast: Cast) -> None:
    layers(cast)
    first = upload(cast, SCRIPT)
    approve_all(cast, round_of(cast, first))
    assert state(first) == "approved"
    for part, (was, becomes) in FLIPS.items():
        assert SCRIPT.count(was) == 1
        flipped = upload(cast, SCRIPT.replace(was, becomes), first.asset)
        expected = {slug for slug, parts in DECLARED.items() if {part, "bytes"} & set(parts)}
        assert void_layers(cast) == expected, part
        assert state(flipped) == "draft"
        told = Approval.objects.filter(layer__slug__in=expected - {"everything"}, state="void")
        assert {tuple(each.voided_parts) for each in told} <= {(part,)}
        assert {each.voided_by_id for each in told} <= {flipped.pk}
        back = upload(cast, SCRIPT, first.asset)
        assert void_layers(cast) == set()
        assert state(back) == "approved"
        restored = Change.objects.filter(
            verb="approval.restored", fields__version=[None, back.number]
        )
        assert restored.count() == len(expected)


@pytest.mark.usefixtures("sound")
def test_only_layers_whose_part_changed_are_asked_again(cast: Cast) -> None:
    layers(cast)
    first = upload(cast, SCRIPT)
    approve_all(cast, round_of(cast, first))
    was, becomes = FLIPS["dialogue"]
    second = upload(cast, SCRIPT.replace(was, becomes), first.asset)
    page = cast.client("owner").get(f"/p/ATLAS/assets/{second.asset_id}/2/review/").content.decode()
    assert page.count("holds from version 1") == 2
    assert "version 2 changed what is said" in page
    with pytest.raises(Invalid) as refused:
        round_of(cast, second, ())
    assert set(refused.value.fields) == {"words", "everything"}
    again = round_of(cast, second, ("words", "everything"))
    assert {stage.kind: stage.state for stage in again.stages.all()} == {
        "words": "open",
        "everything": "open",
        "pictures": "approved",
        "credits": "approved",
    }
    approve_all(cast, again)
    again.refresh_from_db()
    assert again.state == "approved"
    assert state(second) == "approved"


def approve_one(cast: Cast, cycle: ReviewCycle, slug: str) -> None:
    cycle.refresh_from_db()
    decide(
        actor=cast.actor("reviewer"),
        cycle=cycle,
        verdict="approve",
        sha256=cycle.version.sha256,
        stage=slug,
    )


@pytest.mark.usefixtures("sound")
@pytest.mark.parametrize("how", ["revoked", "a claim marked"])
def test_an_approval_lost_while_others_decide_leaves_the_version_a_draft(
    cast: Cast, how: str
) -> None:
    layers(cast)
    Layer.objects.filter(slug="credits").update(material={"text": ["front", "claims"]})
    first = upload(cast, SCRIPT)
    cycle = round_of(cast, first)
    approve_one(cast, cycle, "credits")
    if how == "revoked":
        approval = Approval.objects.get(layer__slug="credits")
        approvals.revoke(actor=cast.actor("owner"), approval=approval, reason="The name was wrong.")
    else:
        line = SCRIPT.splitlines().index("The last boat left at nine.") + 1
        claimed = Version.objects.select_related("asset__product", "asset__item").get(pk=first.pk)
        mark_claim(actor=cast.actor("contributor"), version=claimed, span=Span(line, line))
    page = cast.client("reviewer").get(f"/p/ATLAS/reviews/{cycle.pk}/").content.decode()
    assert ("credits was revoked" if how == "revoked" else "credits was voided by") in page
    for slug in ("words", "pictures", "everything"):
        approve_one(cast, cycle, slug)
    cycle.refresh_from_db()
    assert (cycle.state, state(first)) == ("void", "draft")
    again = round_of(cast, first, ("credits",))
    approve_all(cast, again)
    assert state(first) == "approved"


@pytest.mark.usefixtures("sound")
def test_approvals_stand_on_the_page_of_the_asset_and_are_revoked_there(cast: Cast) -> None:
    layers(cast)
    first = upload(cast, SCRIPT)
    cycle = round_of(cast, first)
    approve_all(cast, cycle)
    approval = Approval.objects.get(layer__slug="credits")
    page, act = f"/p/ATLAS/assets/{first.asset_id}/", f"/p/ATLAS/approvals/{approval.pk}/revoke/"
    owner = cast.client("owner")
    assert act in owner.get(page).content.decode()
    for who in ("viewer", "reviewer"):
        read = cast.client(who).get(page).content.decode()
        assert "Credits" in read
        assert act not in read
    assert owner.post(act, {"reason": " "}).status_code == 422
    assert owner.post(act, {"reason": "The name was wrong."}).status_code == 302
    after = owner.get(page).content.decode()
    assert "The name was wrong." in after
    assert act not in after
    rows = cast.api("viewer").get(f"/api/v1/assets/{first.asset_id}/approvals/").json()
    said = next(row for row in rows if row["layer"] == "credits")
    assert said["given_by"] == [{"reviewer": "reviewer@example.org", "role": "reviewer"}]
    assert (said["state"], said["revoked_by"]) == ("revoked", "owner@example.org")


@pytest.mark.usefixtures("sound")
def test_a_revoked_approval_takes_an_earlier_version_out_of_force(cast: Cast) -> None:
    layers(cast)
    first = upload(cast, SCRIPT)
    approve_all(cast, round_of(cast, first))
    publish(actor=cast.actor("owner"), version=Version.objects.get(pk=first.pk))
    was, becomes = FLIPS["dialogue"]
    upload(cast, SCRIPT.replace(was, becomes), first.asset)
    other = Approval.objects.get(layer__slug="words")  # void for the newest, and good for the first
    approvals.revoke(actor=cast.actor("owner"), approval=other, reason="He never agreed.")
    assert state(first) == "draft"
    assert Asset.objects.get(pk=first.asset_id).published_version is None


@pytest.mark.usefixtures("sound")
def test_a_retired_version_that_lost_its_approval_comes_back_as_a_draft(cast: Cast) -> None:
    layers(cast)
    first = upload(cast, SCRIPT)
    approve_all(cast, round_of(cast, first))
    owner = cast.actor("owner")
    retire(actor=owner, version=Version.objects.get(pk=first.pk), reason="An old logo.")
    approval = Approval.objects.get(layer__slug="credits")
    approvals.revoke(actor=owner, approval=approval, reason="The name was wrong.")
    assert state(first) == "retired"
    back = unretire(actor=owner, version=Version.objects.get(pk=first.pk), reason="A slip.")
    assert (back.state, state(first)) == ("draft", "draft")


@pytest.mark.usefixtures("sound")
def test_a_revoked_approval_is_gone_for_good(cast: Cast) -> None:
    layers(cast)
    first = upload(cast, SCRIPT)
    cycle = round_of(cast, first)
    approve_all(cast, cycle)
    approval = Approval.objects.get(layer__slug="credits")
    with pytest.raises(NotAllowed):
        approvals.revoke(actor=cast.actor("reviewer"), approval=approval, reason="r")
    with pytest.raises(Invalid):
        approvals.revoke(actor=cast.actor("owner"), approval=approval, reason=" ")
    approvals.revoke(actor=cast.actor("owner"), approval=approval, reason="The name was wrong.")
    cycle.refresh_from_db()
    assert (cycle.state, state(first)) == ("void", "draft")
    with pytest.raises(Conflict):
        approvals.revoke(actor=cast.actor("owner"), approval=approval, reason="Again.")
    again = round_of(cast, first, ("credits",))
    approve_all(cast, again)
    assert state(first) == "approved"
    assert sorted(
        Approval.objects.filter(layer__slug="credits").values_list("state", flat=True)
    ) == [
        "revoked",
        "valid",
    ]


HASHES = st.sampled_from(["a", "b", "c"])
PARTS = st.dictionaries(st.sampled_from(["bytes", "x", "y", "z"]), HASHES)


@given(PARTS.filter(bool), PARTS)
def test_an_approval_holds_exactly_when_all_its_parts_are_known_and_equal(
    given_for: dict[str, str], parts: dict[str, str]
) -> None:
    state, changed = holding.held(given_for, parts)
    slow = [name for name in given_for if name in parts and parts[name] != given_for[name]]
    assert sorted(slow) == list(changed)
    if slow:
        assert state == "void"
    else:
        assert state == ("valid" if all(name in parts for name in given_for) else "pending")


@given(PARTS.filter(bool), PARTS.filter(bool))
def test_the_hash_of_material_tells_exactly_what_differs(
    one: dict[str, str], other: dict[str, str]
) -> None:
    assert (material.digest(one) == material.digest(other)) == (one == other)
    assert bool(material.changed(one, other)) == (one != other)
