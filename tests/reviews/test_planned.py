"""Rounds that are planned for a day (R106), their time before they are sent (N20), checklists that are answered."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from assets.models import Version
from backlog.models import Change
from reviews.jobs import opening
from reviews.models import Assignment, Layer, ReviewCycle
from reviews.services.cycles import start_review
from tests.cast import Cast
from tests.reviews.rounds import approve, decide_as, new_version, plans, post, start

pytestmark = pytest.mark.usefixtures("sound")


def planned(cast: Cast, opens_at: datetime, **more: Any) -> ReviewCycle:
    return start_review(
        actor=cast.actor("contributor"),
        version=new_version(cast),
        stages=plans(cast),
        opens_at=opens_at,
        **more,
    )


def waiting(cycle: ReviewCycle) -> int:
    return Assignment.objects.filter(stage__cycle=cycle, waiting=True).count()


def test_nobody_is_asked_before_the_day(cast: Cast) -> None:
    Layer.objects.filter(product=cast.a, slug="subject_matter").update(deadline_hours=24)
    day = timezone.now() + timedelta(days=3)
    cycle = planned(cast, day)
    first = cycle.stages.get(kind="subject_matter")
    assert (waiting(cycle), first.state, first.due_at) == (0, "waiting", day + timedelta(hours=24))
    early = decide_as(cast, "reviewer", cycle)
    assert (early.status_code, early.json()["code"]) == (409, "stage_waits")
    assert "The review begins" in early.json()["detail"]
    page = cast.client("reviewer").get("/p/ATLAS/reviews/").content.decode()
    assert "begins" in page
    assert opening.open_waiting(day - timedelta(minutes=1)) == 0
    late = day + timedelta(hours=2)
    assert opening.open_waiting(late) == 1
    first.refresh_from_db()
    assert (waiting(cycle), first.state, first.due_at) == (1, "open", late + timedelta(hours=24))
    assert decide_as(cast, "reviewer", cycle).status_code == 200


def test_a_planned_round_counts_as_load_on_its_day(cast: Cast) -> None:
    from reviews import speed

    now = timezone.now()
    planned(cast, now + timedelta(days=3), due_at=now + timedelta(days=5))
    box = speed.load_box(cast.a, now)["load"]
    assert [(load.person, load.open, load.coming) for load in box["people"]] == [
        (cast.reviewer, 0, 1),
        (cast.leadership, 0, 1),
    ]
    assert all(row["counts"][6][1] == 1 for row in box["layers"]), "late, today, and five days on"
    assert len(box["layers"]) == 2


def test_the_dates_of_a_round_are_moved_until_it_begins(cast: Cast) -> None:
    now = timezone.now()
    cycle = planned(cast, now + timedelta(days=3))
    path = f"/p/ATLAS/reviews/{cycle.pk}/dates/"
    assert cast.client("viewer").get(path).status_code == 403
    assert cast.client("owner").get(path).status_code == 200
    soon = (now + timedelta(days=1)).replace(second=0, microsecond=0)
    done = cast.client("owner").post(path, {"opens_at": soon.strftime("%Y-%m-%dT%H:%M")})
    assert done.status_code == 302
    cycle.refresh_from_db()
    assert cycle.opens_at == soon
    address = f"/api/v1/reviews/{cycle.pk}/dates/"
    wrong = post(cast, "owner", address, {"due_at": (soon - timedelta(hours=1)).isoformat()})
    assert (wrong.status_code, list(wrong.json()["fields"])) == (400, ["due_at"])
    over = post(cast, "owner", address, {"opens_at": (now - timedelta(days=1)).isoformat()})
    assert list(over.json()["fields"]) == ["opens_at"]
    assert waiting(cycle) == 0
    begun = post(cast, "owner", address, {"opens_at": None})
    assert (begun.status_code, waiting(cycle)) == (200, 1)
    again = post(cast, "owner", address, {"opens_at": (now + timedelta(days=9)).isoformat()})
    assert (again.status_code, again.json()["code"]) == (409, "begun")
    later = post(cast, "owner", address, {"due_at": (now + timedelta(days=9)).isoformat()})
    assert later.status_code == 200
    assert Change.objects.filter(verb="review.dated").count() == 3
    decide_as(cast, "reviewer", cycle, verdict="request_changes", weight="detail", note="No.")
    closed = post(cast, "owner", address, {"due_at": None})
    assert (closed.status_code, closed.json()["code"]) == (409, "closed")


def test_a_review_does_not_end_before_it_begins(cast: Cast) -> None:
    version = new_version(cast)
    now = timezone.now()
    asked = [
        {"kind": kind, "reviewers": ["reviewer@example.org"]}
        for kind in ("subject_matter", "legal")
    ]
    body = {
        "stages": asked,
        "opens_at": (now + timedelta(days=2)).isoformat(),
        "due_at": (now + timedelta(days=1)).isoformat(),
    }
    path = f"/api/v1/versions/{version.pk}/reviews/"
    refused = post(cast, "contributor", path, body)
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["due_at"])
    far = post(
        cast, "contributor", path, {**body, "opens_at": (now + timedelta(days=999)).isoformat()}
    )
    assert "opens_at" in far.json()["fields"]
    assert not ReviewCycle.objects.exists()


def test_the_time_of_a_round_is_known_before_it_is_sent(cast: Cast) -> None:
    for number in range(5):
        cycle = start(cast, new_version(cast, f"text {number}"))
        approve(cast, cycle, "reviewer")
        approve(cast, cycle, "leadership")
    start(cast, new_version(cast, "one that waits"))
    Layer.objects.get(product=cast.a, slug="subject_matter").reviewers.set([cast.reviewer])
    Layer.objects.get(product=cast.a, slug="legal").reviewers.set([cast.leadership])
    version = new_version(cast, "the next")
    found = cast.api("viewer").get(f"/api/v1/versions/{version.pk}/review-proposal/").json()
    assert [row["proposed"] for row in found["needed"]] == [
        ["reviewer@example.org"],
        ["leadership@example.org"],
    ]
    people = {row["reviewer"]: row for row in found["people"]}
    assert "contributor@example.org" not in people, "who uploaded it"
    assert people["reviewer@example.org"]["waiting"] == 1
    assert people["leadership@example.org"]["coming"] == 1
    expected = {row["layer"]: row for row in people["reviewer@example.org"]["expected"]}
    assert (expected["subject_matter"]["based_on"], expected["subject_matter"]["n"]) == (
        "person",
        5,
    )
    assert expected["brand"]["based_on"] == "product"
    assert found["expected"] is not None
    page = (
        cast.client("owner").get(f"/p/ATLAS/assets/{version.asset_id}/1/review/").content.decode()
    )
    assert "1 waits" in page
    assert "the last verdict is expected" in page


def test_an_approval_answers_the_whole_checklist_where_that_is_asked(cast: Cast) -> None:
    lines = ["Nobody can be hurt.", "Signs are right.", "Prices are net."]
    Layer.objects.filter(product=cast.a, slug="subject_matter").update(
        checklist=lines, answers_needed=True
    )
    cycle = start(cast)
    refused = decide_as(cast, "reviewer", cycle, checked=[{"ok": True}, {"note": "No signs."}])
    assert refused.status_code == 400
    assert "Prices are net." in refused.json()["fields"]["checked"][0]
    client = cast.client("reviewer")
    form = {"verdict": "approve", "sha256": cycle.version.sha256, "check-0": "yes"}
    form |= {"check-note-1": "No signs are shown."}
    page = client.post(f"/p/ATLAS/reviews/{cycle.pk}/decide/", form)
    assert page.status_code == 422
    said = page.content.decode()
    assert "“Prices are net.”" in said
    assert "No signs are shown." in said, "what was answered is given back"
    done = client.post(f"/p/ATLAS/reviews/{cycle.pk}/decide/", {**form, "check-2": "yes"})
    assert done.status_code == 302
    decision = cycle.stages.get(kind="subject_matter").decisions.get()
    assert [(row["ok"], row["note"]) for row in decision.checked] == [
        (True, ""),
        (None, "No signs are shown."),
        (True, ""),
    ]
    assert Version.objects.get(pk=cycle.version_id).state == "draft"
