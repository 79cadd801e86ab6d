"""Stages in sequence, verdicts about bytes, and what a new version does to them."""

from typing import Any

import pytest

from accounts.actors import Actor
from accounts.models import DecisionRight, Membership
from assets.models import Version
from backlog.models import Change, ItemSummary
from backlog.services import members
from core.errors import NotAllowed
from reviews.jobs import checks
from reviews.models import Approval, Assignment, Decision, ReviewCycle
from reviews.services.decisions import decide
from reviews.services.states import recount
from tests.cast import Cast
from tests.reviews.rounds import CHANGES, decide_as, new_version, plans, post, start


@pytest.fixture(autouse=True)
def nothing_is_wrong_afterwards(db: None) -> Any:
    yield
    assert not list(checks.findings())


def state(cycle: ReviewCycle) -> tuple[str, list[str]]:
    """The round's state and those of its stages."""
    cycle.refresh_from_db()
    return cycle.state, list(cycle.stages.order_by("position").values_list("state", flat=True))


def waiting(cycle: ReviewCycle) -> set[str]:
    rows = Assignment.objects.filter(stage__cycle=cycle, waiting=True)
    return set(rows.values_list("reviewer__name", flat=True))


def summary(cycle: ReviewCycle) -> tuple[str, int]:
    found = ItemSummary.objects.get(pk=cycle.asset.item_id)
    return found.review_state, found.assets_count


def test_legal_opens_when_subject_matter_has_approved(cast: Cast) -> None:
    cycle = start(cast)
    assert state(cycle) == ("open", ["open", "waiting"])
    assert waiting(cycle) == {"Reviewer"}
    assert summary(cycle) == ("in_review", 1)
    early = decide_as(cast, "leadership", cycle)
    assert early.status_code == 409
    assert early.json()["code"] == "stage_waits"
    assert decide_as(cast, "reviewer", cycle).status_code == 200
    assert state(cycle) == ("open", ["approved", "open"])
    assert waiting(cycle) == {"Leadership"}
    answer = decide_as(cast, "leadership", cycle, note="Fine.")
    assert answer.json()["state"] == "approved"
    assert state(cycle) == ("approved", ["approved", "approved"])
    assert waiting(cycle) == set()
    assert summary(cycle) == ("approved", 1)
    cycle.version.refresh_from_db()
    assert cycle.version.state == "approved"


def test_an_approval_names_the_bytes_and_the_role(cast: Cast) -> None:
    cycle = start(cast)
    decide_as(cast, "reviewer", cycle, note="Read twice.")
    made = Decision.objects.get()
    assert made.sha256 == cycle.version.sha256
    assert made.role == "reviewer"
    assert made.note == "Read twice."
    row = Change.objects.get(verb="review.decided")
    assert row.fields["sha256"] == [None, cycle.version.sha256]
    assert row.fields["verdict"] == [None, "approve"]
    assert row.fields["stage"] == [None, "subject_matter"]
    assert row.item_id == cycle.asset.item_id
    assert row.right == "review.decide"


def test_all_reviewers_of_a_stage_are_needed_unless_fewer_are_asked_for(cast: Cast) -> None:
    cycle = start(cast, subject=("reviewer", "owner"))
    decide_as(cast, "owner", cycle)
    assert state(cycle) == ("open", ["open", "waiting"])
    assert waiting(cycle) == {"Reviewer"}
    decide_as(cast, "reviewer", cycle)
    assert state(cycle) == ("open", ["approved", "open"])
    one = start(cast, subject=("reviewer", "owner"), subject_quorum=1)
    decide_as(cast, "owner", one)
    assert state(one) == ("open", ["approved", "open"])
    assert waiting(one) == {"Leadership"}
    late = decide_as(cast, "reviewer", one)
    assert (late.status_code, late.json()["code"]) == (409, "stage_decided")
    assert Decision.objects.filter(stage__cycle=one).count() == 1


def test_one_change_requested_ends_the_round(cast: Cast) -> None:
    cycle = start(cast, subject=("reviewer", "owner"))
    answer = decide_as(cast, "reviewer", cycle, **CHANGES)
    assert answer.status_code == 200
    assert state(cycle) == ("changes_requested", ["changes_requested", "void"])
    assert waiting(cycle) == set()
    assert summary(cycle) == ("changes_requested", 1)
    late = decide_as(cast, "owner", cycle)
    assert late.status_code == 409
    assert late.json()["code"] == "closed"


def test_legal_may_request_changes_too(cast: Cast) -> None:
    cycle = start(cast)
    decide_as(cast, "reviewer", cycle)
    decide_as(cast, "leadership", cycle, **CHANGES)
    assert state(cycle) == ("changes_requested", ["approved", "changes_requested"])
    cycle.version.refresh_from_db()
    assert cycle.version.state == "draft"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"verdict": "request_changes", "weight": "detail"}, "note"),
        ({"verdict": "request_changes", "note": "  ", "weight": "detail"}, "note"),
        ({"verdict": "request_changes", "note": "Why"}, "weight"),
        ({"verdict": "approve", "weight": "detail"}, "weight"),
        ({"verdict": "abstain"}, "verdict"),
        ({"sha256": ""}, "sha256"),
        ({"state": "approved"}, "state"),
        ({"stage": 1}, "stage"),
    ],
)
def test_a_verdict_says_what_it_must(cast: Cast, more: dict[str, Any], field: str) -> None:
    cycle = start(cast)
    answer = decide_as(cast, "reviewer", cycle, **more)
    assert answer.status_code == 400
    assert field in answer.json()["fields"]
    assert state(cycle) == ("open", ["open", "waiting"])


def test_other_bytes_are_not_decided_about(cast: Cast) -> None:
    cycle = start(cast)
    answer = decide_as(cast, "reviewer", cycle, sha256="0" * 64)
    assert answer.status_code == 409
    assert answer.json()["code"] == "other_content"
    assert not Decision.objects.exists()
    cycle.refresh_from_db()
    assert cycle.decisions_count == 0
    assert (
        decide_as(cast, "reviewer", cycle, sha256=cycle.version.sha256.upper()).status_code == 200
    )


def test_a_new_version_closes_the_round_and_begins_unreviewed(cast: Cast) -> None:
    cycle = start(cast)
    decide_as(cast, "reviewer", cycle)
    second = new_version(cast, "second", cycle.asset)
    assert state(cycle) == ("superseded", ["approved", "void"])
    assert cycle.closed_by_version == second
    assert waiting(cycle) == set()
    assert summary(cycle) == ("not_reviewed", 1)
    assert Decision.objects.get().sha256 == cycle.version.sha256
    late = decide_as(cast, "leadership", cycle)
    assert late.status_code == 409
    assert late.json()["code"] == "superseded"
    assert late.json()["newest"] == 2
    row = Change.objects.get(verb="review.superseded")
    assert row.reason == "Version 2 was uploaded."
    assert row.fields["sha256"] == [None, cycle.version.sha256]
    shown = cast.api("viewer").get(f"/api/v1/versions/{second.pk}/").json()
    assert shown["review"] == {"state": "not_reviewed", "id": None}
    assert shown["state"] == "draft"


def test_an_approval_does_not_carry_over(cast: Cast) -> None:
    cycle = start(cast)
    decide_as(cast, "reviewer", cycle)
    decide_as(cast, "leadership", cycle)
    new_version(cast, "second", cycle.asset)
    assert state(cycle) == ("approved", ["approved", "approved"])  # a record of the old bytes
    assert summary(cycle) == ("not_reviewed", 1)
    assert list(Version.objects.order_by("number").values_list("state", flat=True)) == [
        "approved",
        "draft",
    ]


def test_the_bytes_of_an_approved_version_come_back_approved_and_it_is_recorded(cast: Cast) -> None:
    cycle = start(cast)
    decide_as(cast, "reviewer", cycle)
    decide_as(cast, "leadership", cycle)
    second = new_version(cast, "second", cycle.asset)
    assert second.state == "draft"
    assert summary(cycle) == ("not_reviewed", 1)
    assert set(Approval.objects.values_list("state", "voided_by")) == {("void", second.pk)}
    third = new_version(cast, "first", cycle.asset)
    third.refresh_from_db()
    assert third.sha256 == cycle.version.sha256
    assert third.state == "approved"
    assert summary(cycle) == ("approved", 1)
    restored = ReviewCycle.objects.get(version=third)
    assert (restored.state, restored.started_by) == ("approved", None)
    assert [stage.carried_from.version_id for stage in restored.stages.all()] == [
        cycle.version_id,
        cycle.version_id,
    ]
    told = Change.objects.filter(verb__startswith="approval.").order_by("pk")
    assert [change.verb for change in told] == [
        "approval.given",
        "approval.given",
        "approval.voided",
        "approval.voided",
        "approval.restored",
        "approval.restored",
    ]


def test_nobody_decides_about_their_own_upload(cast: Cast) -> None:
    mine = new_version(cast, by="reviewer")
    answer = post(
        cast,
        "contributor",
        f"/api/v1/versions/{mine.pk}/reviews/",
        {
            "stages": [
                {"kind": "subject_matter", "reviewers": ["reviewer@example.org"]},
                {"kind": "legal", "reviewers": ["leadership@example.org"]},
            ]
        },
    )
    assert answer.status_code == 400
    assert "cannot review it" in answer.json()["fields"]["subject_matter"][0]
    assert not ReviewCycle.objects.exists()


def test_an_uploader_who_was_asked_all_the_same_is_refused(cast: Cast) -> None:
    """The version changes hands after the round began: not by any way the product offers, so by the table."""
    cycle = start(cast)
    Version.objects.filter(pk=cycle.version_id).update(uploaded_by=cast.reviewer)
    answer = decide_as(cast, "reviewer", cycle)
    assert answer.status_code == 403
    assert answer.json()["code"] == "own_work"
    Version.objects.filter(pk=cycle.version_id).update(uploaded_by=cast.contributor)


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("viewer", 403, "not_allowed"),
        ("contributor", 403, "not_allowed"),
        ("owner", 403, "not_asked"),
        ("administrator", 403, "not_asked"),
        ("outsider", 404, "not_found"),
        ("anonymous", 401, "not_authenticated"),
        ("read", 403, "not_allowed"),
    ],
)
def test_only_who_is_asked_decides(cast: Cast, name: str, status: int, code: str) -> None:
    cycle = start(cast)
    answer = decide_as(cast, name, cycle)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Decision.objects.exists()


def test_a_reviewer_who_lost_the_right_decides_no_more(cast: Cast) -> None:
    cycle = start(cast)
    DecisionRight.objects.create(
        product=cast.a, action="review.decide", role="reviewer", allowed=False
    )
    assert decide_as(cast, "reviewer", cycle).status_code == 403
    DecisionRight.objects.all().delete()
    membership = Membership.objects.get(product=cast.a, user=cast.reviewer)
    members.change_role(actor=Actor.system(), membership=membership, role="viewer")
    assert decide_as(cast, "reviewer", cycle).status_code == 403
    assert state(cycle) == ("open", ["open", "waiting"])


def test_a_verdict_is_given_once(cast: Cast) -> None:
    cycle = start(cast, subject=("reviewer", "owner"))
    assert decide_as(cast, "reviewer", cycle).status_code == 200
    again = decide_as(cast, "reviewer", cycle, **CHANGES)
    assert state(cycle) == ("open", ["open", "waiting"])
    decide_as(cast, "owner", cycle)
    later = decide_as(cast, "reviewer", cycle, **CHANGES)
    assert (later.status_code, later.json()["code"]) == (409, "decided_already")
    assert again.status_code == 409
    assert again.json()["code"] == "decided_already"
    assert state(cycle) == ("open", ["approved", "open"])


def test_a_person_in_both_stages_decides_in_both(cast: Cast) -> None:
    cycle = start(cast, subject=("owner",), legal=("owner",))
    decide_as(cast, "owner", cycle)
    assert waiting(cycle) == {"Owner"}
    decide_as(cast, "owner", cycle)
    assert state(cycle)[0] == "approved"
    assert Decision.objects.count() == 2


def test_the_system_gives_no_verdicts(cast: Cast) -> None:
    cycle = start(cast)
    with pytest.raises(NotAllowed):
        decide(actor=Actor.system(), cycle=cycle, verdict="approve", sha256=cycle.version.sha256)


def test_a_second_round_after_changes_were_requested(cast: Cast) -> None:
    cycle = start(cast)
    decide_as(cast, "reviewer", cycle, **CHANGES)
    again = start(cast, cycle.version)
    assert again.round == 2
    assert summary(cycle) == ("in_review", 1)
    decide_as(cast, "reviewer", again)
    decide_as(cast, "leadership", again)
    assert summary(cycle) == ("approved", 1)
    assert Decision.objects.count() == 3


def start_as(cast: Cast, name: str, version: Version, stages: Any = None) -> Any:
    stages = (
        stages
        if stages is not None
        else [
            {"kind": plan.kind, "reviewers": [each.email for each in plan.reviewers]}
            for plan in plans(cast)
        ]
    )
    return post(cast, name, f"/api/v1/versions/{version.pk}/reviews/", {"stages": stages})


def test_starting_names_who_is_asked(cast: Cast) -> None:
    version = new_version(cast)
    answer = start_as(cast, "contributor", version)
    assert answer.status_code == 201
    made = answer.json()
    assert answer["Location"] == f"/api/v1/reviews/{made['id']}/"
    assert made["stage"] == "subject_matter"
    assert [(each["kind"], each["state"], each["quorum"]) for each in made["stages"]] == [
        ("subject_matter", "open", 1),
        ("legal", "waiting", 1),
    ]
    assert made["stages"][1]["reviewers"] == ["leadership@example.org"]
    row = Change.objects.get(verb="review.started")
    assert row.fields["legal"] == [None, ["Leadership"]]
    assert row.fields["sha256"] == [None, version.sha256]
    assert row.right == "review.start"


@pytest.mark.parametrize(
    ("name", "status"), [("viewer", 403), ("outsider", 404), ("anonymous", 401), ("read", 403)]
)
def test_starting_is_for_members_who_may(cast: Cast, name: str, status: int) -> None:
    assert start_as(cast, name, new_version(cast)).status_code == status
    assert not ReviewCycle.objects.exists()


SUBJECT = {"kind": "subject_matter", "reviewers": ["reviewer@example.org"]}
LEGAL = {"kind": "legal", "reviewers": ["leadership@example.org"]}


@pytest.mark.parametrize(
    "stages",
    [
        [],
        [SUBJECT],
        [LEGAL],
        [SUBJECT, SUBJECT, LEGAL],
        [SUBJECT, {"kind": "none", "reviewers": ["owner@example.org"]}, LEGAL],
        [SUBJECT, LEGAL | {"reviewers": []}],
        [SUBJECT, LEGAL | {"reviewers": ["nobody@example.org"]}],
        [SUBJECT, LEGAL | {"reviewers": ["viewer@example.org"]}],
        [SUBJECT, LEGAL | {"reviewers": ["contributor@example.org"]}],
        [SUBJECT, LEGAL | {"reviewers": ["outsider@example.org"]}],
        [SUBJECT, LEGAL | {"quorum": 2}],
        [SUBJECT, LEGAL | {"quorum": 0}],
        [SUBJECT, LEGAL | {"state": "approved"}],
    ],
)
def test_a_round_has_both_stages_with_people_who_may_decide(cast: Cast, stages: Any) -> None:
    answer = start_as(cast, "contributor", new_version(cast), stages)
    assert answer.status_code == 400, answer.json()
    assert answer.json()["fields"]
    assert not ReviewCycle.objects.exists()


def test_stages_keep_their_order_however_they_are_given(cast: Cast) -> None:
    answer = start_as(cast, "contributor", new_version(cast), [LEGAL, SUBJECT])
    assert answer.json()["stage"] == "subject_matter"


def test_only_the_newest_version_that_is_open_to_it_is_reviewed(cast: Cast) -> None:
    first = new_version(cast)
    second = new_version(cast, "second", first.asset)
    old = start_as(cast, "contributor", first)
    assert (old.status_code, old.json()["code"]) == (409, "not_newest")
    assert start_as(cast, "contributor", second).status_code == 201
    twice = start_as(cast, "contributor", second)
    assert (twice.status_code, twice.json()["code"]) == (409, "in_review")
    cycle = ReviewCycle.objects.select_related("version").get()
    decide_as(cast, "reviewer", cycle)
    decide_as(cast, "leadership", cycle)
    done = start_as(cast, "contributor", second)
    assert (done.status_code, done.json()["code"]) == (409, "decided")


def test_a_round_is_withdrawn_with_a_reason(cast: Cast) -> None:
    cycle = start(cast)
    decide_as(cast, "reviewer", cycle)
    address = f"/api/v1/reviews/{cycle.pk}/withdraw/"
    assert post(cast, "contributor", address, {"reason": " "}).status_code == 400
    assert post(cast, "viewer", address, {"reason": "Why"}).status_code == 403
    assert (
        post(cast, "contributor", address, {"reason": "Wrong people."}).json()["state"]
        == "withdrawn"
    )
    assert state(cycle) == ("withdrawn", ["approved", "void"])
    assert summary(cycle) == ("not_reviewed", 1)
    assert Change.objects.get(verb="review.withdrawn").reason == "Wrong people."
    assert post(cast, "contributor", address, {"reason": "Again"}).status_code == 409
    assert start(cast, cycle.version).round == 2


def test_an_items_state_is_the_worst_of_its_assets(cast: Cast) -> None:
    from django.core.files.base import ContentFile

    from assets.services.assets import add_asset

    cycle = start(cast)
    decide_as(cast, "reviewer", cycle)
    decide_as(cast, "leadership", cycle)
    item = cycle.asset.item
    other = add_asset(
        actor=cast.actor("contributor"),
        item=item,
        file=ContentFile(b"other", name="b.txt"),
        rationale="Why",
    )
    assert summary(cycle) == ("not_reviewed", 2)
    second = start(cast, other)
    assert summary(cycle) == ("in_review", 2)
    decide_as(cast, "reviewer", second, **CHANGES)
    assert summary(cycle) == ("changes_requested", 2)


def test_a_wrong_summary_is_put_right(cast: Cast) -> None:
    cycle = start(cast)
    ItemSummary.objects.filter(pk=cycle.asset.item_id).update(
        review_state="approved", assets_count=7
    )
    assert [each.rule for each in checks.summary_findings()] == ["summaries are right"]
    recount([cycle.asset.item_id])
    assert summary(cycle) == ("in_review", 1)


def test_whoever_publishes_reads_under_what_conditions_it_was_approved(cast: Cast) -> None:
    cycle = start(cast)
    asset, version = cycle.asset, cycle.version
    decide_as(cast, "reviewer", cycle)
    decide_as(cast, "leadership", cycle, conditions="Only with the song cleared.")
    address = f"/p/ATLAS/assets/{asset.pk}/{version.number}/publication/"
    page = cast.client("owner").get(address).content.decode()
    assert "Only with the song cleared." in page
    assert "Approved under conditions" in page
    plain = start(cast)
    for name in ("reviewer", "leadership"):
        decide_as(cast, name, plain)
    other = f"/p/ATLAS/assets/{plain.asset_id}/1/publication/"
    assert "Approved under conditions" not in cast.client("owner").get(other).content.decode()
