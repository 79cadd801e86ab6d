"""Layers and plans; layers that a brief demands; steps, entry conditions, deadlines, handing over, reminders."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from backlog.services import brief_lines, brief_signing, briefs
from reviews import entry, speed
from reviews.jobs import opening, reminders
from reviews.models import Assignment, Layer, Note, ReviewCycle, ReviewPlan
from tests.backlog.test_increment_rules import complete_brief
from tests.cast import Cast
from tests.reviews.rounds import approve, decide_as, new_version, post, start

pytestmark = pytest.mark.usefixtures("sound")
LAYERS = "/api/v1/products/ATLAS/review-layers/"
PLANS = "/api/v1/products/ATLAS/review-plans/"


def stages(cycle: ReviewCycle) -> dict[str, str]:
    return dict(cycle.stages.order_by("position").values_list("kind", "state"))


def test_a_layer_of_ones_own_by_page_and_api(cast: Cast) -> None:
    form = {
        "name": "Safety",
        "purpose": "Is it safe?",
        "checklist": "Nobody can be hurt.\n\nSigns are right.",
        "material_text": ["dialogue", "prose"],
        "reviewers": [cast.reviewer.pk],
        "demanded_by": ["regulatory"],
        "deadline_hours": "48",
    }
    assert cast.client("reviewer").post("/p/ATLAS/reviews/layers/new/", form).status_code == 403
    assert cast.client("owner").post("/p/ATLAS/reviews/layers/new/", form).status_code == 302
    row = cast.api("viewer").get(f"{LAYERS}safety/")
    assert row.json()["material"] == {"text": ["dialogue", "prose"]}
    assert row.json()["checklist"] == ["Nobody can be hurt.", "Signs are right."]
    assert row.json()["reviewers"] == ["reviewer@example.org"]
    twice = cast.client("owner").post("/p/ATLAS/reviews/layers/new/", form)
    assert (twice.status_code, "already" in twice.content.decode()) == (409, True)

    def change(body: dict[str, Any], tag: str) -> Any:
        headers = {"If-Match": tag}
        return cast.api("owner").patch(
            f"{LAYERS}safety/", body, "application/json", headers=headers
        )

    assert change({"purpose": "Who could be hurt?"}, row["ETag"]).status_code == 200
    stale = change({"purpose": "Mine."}, row["ETag"])
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    bad = post(cast, "owner", LAYERS, {"name": "X", "material": {"text": ["nothing"]}})
    assert bad.json()["fields"] == {"material": ["Choose parts that this kind of asset has."]}
    post(cast, "owner", f"{LAYERS}safety/retire/", {})
    assert cast.api("viewer").get(f"{LAYERS}safety/").json()["retired"] is True


@pytest.mark.parametrize("name", ["Purpose", "Due at", "Opens at", "Legal quorum", "New"])
def test_a_layer_takes_no_word_that_forms_and_addresses_need(cast: Cast, name: str) -> None:
    made = post(cast, "owner", LAYERS, {"name": name})
    assert made.status_code == 201
    slug = made.json()["slug"]
    assert cast.client("owner").get(f"/p/ATLAS/reviews/layers/{slug}/").status_code == 200
    version = new_version(cast)
    path = f"/p/ATLAS/assets/{version.asset_id}/1/review/"
    form = {kind: [cast.reviewer.pk] for kind in ("subject_matter", "legal", slug)}
    done = cast.client("owner").post(path, {**form, "purpose": "All of it."})
    assert done.status_code == 302
    cycle = ReviewCycle.objects.get()
    assert (cycle.purpose, slug in stages(cycle)) == ("All of it.", True)


def test_a_layer_says_how_much_it_holds_up(cast: Cast) -> None:
    cycle = start(cast)
    approve(cast, cycle, "reviewer")
    approve(cast, cycle, "leadership")
    brief = complete_brief(cast, cycle.asset.item)
    brief_signing.sign_off(actor=cast.actor("owner"), brief=brief)
    form = {"name": "Safety", "demanded_by": ["regulatory"]}
    page = cast.client("owner").post("/p/ATLAS/reviews/layers/new/", form, follow=True)
    assert "1 approved version is not published before" in page.content.decode()


def test_layers_of_one_step_look_at_the_same_time(cast: Cast) -> None:
    plan = ReviewPlan.objects.get(product=cast.a)
    form = {"name": "Everything", "version": plan.version}
    form |= {"step_subject_matter": 1, "step_legal": 1, "step_brand": 2}
    done = cast.client("owner").post(f"/p/ATLAS/reviews/plans/{plan.pk}/", form)
    assert done.status_code == 302
    (row,) = cast.api("viewer").get(PLANS).json()
    assert [(each["layer"], each["step"]) for each in row["steps"]] == [
        ("subject_matter", 0),
        ("legal", 0),
        ("brand", 1),
    ]
    version = new_version(cast)
    asked = [
        {"kind": kind, "reviewers": ["reviewer@example.org"]}
        for kind in ("subject_matter", "legal", "brand")
    ]
    path = f"/api/v1/versions/{version.pk}/reviews/"
    missing = post(cast, "owner", path, {"stages": asked[:2]})
    assert set(missing.json()["fields"]) == {"brand"}
    made = post(cast, "owner", path, {"stages": asked}).json()
    cycle = ReviewCycle.objects.get(pk=made["id"])
    assert made["open_stages"] == ["subject_matter", "legal"]
    assert decide_as(cast, "reviewer", cycle, stage="legal").status_code == 200
    assert stages(cycle) == {"subject_matter": "open", "legal": "approved", "brand": "waiting"}
    early = decide_as(cast, "reviewer", cycle, stage="brand")
    assert (early.status_code, early.json()["code"]) == (409, "stage_waits")
    decide_as(cast, "reviewer", cycle)
    assert stages(cycle)["brand"] == "open"
    decide_as(cast, "reviewer", cycle)
    cycle.refresh_from_db()
    assert cycle.state == "approved"


def test_a_boundary_of_the_brief_makes_its_layer_mandatory(cast: Cast) -> None:
    version = new_version(cast)
    owner = cast.actor("owner")
    brief = briefs.create_brief(
        actor=owner, product=cast.a, title="The quay", items=[version.asset.item]
    )
    brief_lines.add_line(
        actor=owner, brief=brief, kind="brand", statement="The lamp is always lit."
    )
    path = f"/api/v1/versions/{version.pk}/review-proposal/"
    needed = {row["layer"]: row for row in cast.api("viewer").get(path).json()["needed"]}
    assert needed["brand"]["demanded_by"] == ["BR-1.1"]
    assert (needed["brand"]["planned"], needed["brand"]["step"]) == (False, 2)
    asked = [
        {"kind": kind, "reviewers": ["reviewer@example.org"]}
        for kind in ("subject_matter", "legal")
    ]
    refused = post(cast, "owner", f"/api/v1/versions/{version.pk}/reviews/", {"stages": asked})
    assert refused.json()["fields"] == {
        "brand": ["Choose at least one reviewer: BR-1.1 of the brief demands it."]
    }
    page = cast.client("owner").get(f"/p/ATLAS/assets/{version.asset_id}/1/review/")
    assert "The lamp is always lit." in page.content.decode()


def test_a_stage_opens_when_what_it_waits_for_holds(cast: Cast) -> None:
    Layer.objects.filter(product=cast.a, slug="legal").update(
        entry=["no_open_must"], deadline_hours=24
    )
    cycle = start(cast)
    note = Note.objects.create(
        product=cast.a, version=cycle.version, cycle=cycle, author=cast.owner, body="The date."
    )
    decide_as(cast, "reviewer", cycle)
    assert stages(cycle)["legal"] == "open"
    second = start(cast, new_version(cast, "other"))
    must = Note.objects.create(
        product=cast.a, version=second.version, cycle=second, author=cast.owner, body="No."
    )
    second.stages.filter(kind="subject_matter").update(quorum=1)
    decide_as(cast, "reviewer", second)
    second.stages.filter(kind="legal").update(state="waiting", opened_at=None)
    Assignment.objects.filter(stage__cycle=second).update(waiting=False)
    Note.objects.filter(pk=must.pk).update(must=True)
    opening.open_waiting()
    assert stages(second)["legal"] == "waiting"
    row = cast.api("viewer").get(f"/api/v1/reviews/{second.pk}/").json()["stages"][1]
    assert row["missing"] == ["1 note that must be met is open."]
    Note.objects.filter(pk=must.pk).update(must=False)
    opening.open_waiting()
    assert stages(second)["legal"] == "open"
    due = second.stages.get(kind="legal").due_at
    assert due is not None
    assert note.state == "open"


@pytest.mark.parametrize("condition", ["brief_signed", "inputs_received"])
def test_without_a_brief_a_stage_waits_as_production_does(cast: Cast, condition: str) -> None:
    Layer.objects.filter(product=cast.a, slug="subject_matter").update(entry=[condition])
    cycle = start(cast)

    def missing() -> list[str]:
        opening.open_waiting()
        path = f"/api/v1/reviews/{cycle.pk}/"
        found: list[str] = cast.api("viewer").get(path).json()["stages"][0]["missing"]
        return found

    assert missing() == ["No brief governs this item: add it to a brief and have that signed off."]
    brief = complete_brief(cast, cycle.asset.item)
    if condition == "brief_signed":
        assert missing() == [
            "BR-1 “The tour” is not signed off: the stage opens with the sign-off."
        ]
        brief_signing.sign_off(actor=cast.actor("owner"), brief=brief)
    assert missing() == []
    assert stages(cycle)["subject_matter"] == "open"


def test_a_stage_waits_for_no_note_that_is_private_to_another(cast: Cast) -> None:
    Layer.objects.filter(product=cast.a, slug="legal").update(entry=["no_open_must"])
    cycle = start(cast)
    subject, legal = cycle.stages.order_by("position")
    row = Note.objects.create(
        product=cast.a,
        version=cycle.version,
        cycle=cycle,
        stage=subject,
        author=cast.reviewer,
        body="Between us.",
        must=True,
        private=True,
    )
    assert entry.missing(cycle, legal) == []
    Note.objects.filter(pk=row.pk).update(stage=legal)
    assert entry.missing(cycle, legal) == ["1 note that must be met is open."]


def test_a_verdict_is_handed_over_and_back(cast: Cast) -> None:
    cycle = start(cast)
    path = f"/p/ATLAS/reviews/{cycle.pk}/hand-over/subject_matter/{cast.reviewer.pk}/"
    form = {"to": cast.owner.pk, "reason": "On holiday."}
    assert cast.client("viewer").post(path, form).status_code == 403
    assert cast.client("reviewer").post(path, form).status_code == 302
    asked = Assignment.objects.get(stage__cycle=cycle, stage__kind="subject_matter")
    assert (asked.reviewer, asked.stands_in_for, asked.waiting) == (
        cast.owner,
        cast.reviewer,
        True,
    )
    assert decide_as(cast, "reviewer", cycle).status_code == 403
    body = {
        "stage": "subject_matter",
        "person": "owner@example.org",
        "to": "reviewer@example.org",
    }
    back = post(cast, "owner", f"/api/v1/reviews/{cycle.pk}/hand-over/", body)
    assert back.status_code == 200, back.content
    asked = Assignment.objects.get(stage__cycle=cycle, stage__kind="subject_matter")
    assert (asked.reviewer, asked.stands_in_for) == (cast.reviewer, None)
    assert decide_as(cast, "reviewer", cycle).status_code == 200
    late = post(cast, "reviewer", f"/api/v1/reviews/{cycle.pk}/hand-over/", body)
    assert late.status_code == 409


def test_whoever_is_late_is_reminded_once_a_day(cast: Cast) -> None:
    Layer.objects.filter(product=cast.a, slug="subject_matter").update(deadline_hours=48)
    cycle = start(cast)
    now = timezone.now()
    assert reminders.send_due(now) == 0
    assert reminders.send_due(now + timedelta(hours=25)) == 1
    assert reminders.send_due(now + timedelta(hours=26)) == 0
    assert reminders.send_due(now + timedelta(hours=50)) == 1
    soon, late = mail.outbox
    assert "is due" in soon.subject
    assert "is late" in late.subject
    assert soon.to == ["reviewer@example.org"]
    assert f"/p/ATLAS/reviews/{cycle.pk}/" in soon.body
    decide_as(cast, "reviewer", cycle)
    assert reminders.send_due(now + timedelta(hours=99)) == 0


def test_a_rounds_deadline_is_shown_and_reminded_of(cast: Cast) -> None:
    """The earlier of the stage's and the round's counts."""
    now = timezone.now()
    cycles = [start(cast, new_version(cast, each)) for each in ("none", "round", "both", "own")]
    days = {"round": (None, 3), "both": (5, 2), "own": (1, 4)}
    for cycle, (own, of_round) in zip(cycles[1:], days.values(), strict=True):
        cycle.stages.update(due_at=own and now + timedelta(days=own))
        ReviewCycle.objects.filter(pk=cycle.pk).update(due_at=now + timedelta(days=of_round))
    box = speed.load_box(cast.a, now)["load"]
    (row,) = box["layers"]
    assert [count for _head, count in row["counts"]][:6] == [0, 0, 1, 1, 1, 0]
    assert (row["counts"][-1][1], box["people"][0].due) == (1, now + timedelta(days=1))

    page = cast.client("viewer").get("/p/ATLAS/reviews/").content.decode()
    assert page.count("verdicts until") == 3
    ReviewCycle.objects.filter(pk=cycles[1].pk).update(due_at=now - timedelta(minutes=1))
    for path in ("", f"{cycles[1].pk}/"):
        page = cast.client("viewer").get(f"/p/ATLAS/reviews/{path}").content.decode()
        assert re.search(r"verdicts were due\s*<time[^>]*is-late", page), path

    assert reminders.send_due(now) == 2  # the late one, and the stage with a day of its own
    assert reminders.send_due(now + timedelta(hours=1)) == 0
    assert [mail_.subject.split()[-1] for mail_ in mail.outbox] == ["late", "due"]
    assert re.search(r"was due on \d+ \w+ \d{4}", str(mail.outbox[0].body))


def test_a_number_that_no_row_can_have_is_refused(cast: Cast) -> None:
    for wrong in ("9" * 40, "-1", "two", ""):
        form = {"name": "Sound", "purpose": "Is it heard?", "reviewers": [wrong]}
        said = cast.client("owner").post("/p/ATLAS/reviews/layers/new/", form)
        assert said.status_code == 422, wrong
