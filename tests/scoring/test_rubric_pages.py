"""Rubrics by page and API: drafting, two editors, previews, publishing, versions, old scores."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from django.utils import timezone

from accounts.actors import Actor
from backlog.models import Decision, Item, ItemSummary
from backlog.services import members
from scoring.jobs import rescore
from scoring.models import RubricDraft, RubricVersion, Snapshot
from scoring.services import drafts
from tests.cast import Cast
from tests.scoring.test_rescore import NOW, furnished


@pytest.fixture
def draft(cast: Cast) -> RubricDraft:
    source = RubricVersion.objects.get(product=cast.a, number=1)
    return drafts.begin(actor=cast.actor("owner"), product=cast.a, source=source, name="Mine")


@pytest.fixture
def items(cast: Cast) -> list[Item]:
    made = furnished(cast.a, 40)
    rescore.rescore_stale(now=NOW)
    return made


def address(cast: Cast, draft: RubricDraft, rest: str = "") -> str:
    return f"/p/{cast.a.key}/rubric/drafts/{draft.pk}/{rest}"


def api(cast: Cast, draft: RubricDraft, rest: str = "") -> str:
    return f"/api/v1/products/{cast.a.key}/rubric/drafts/{draft.pk}/{rest}"


def form_of(draft: RubricDraft, **changes: str) -> dict[str, str]:
    """What the editor would send."""
    data = draft.data
    sent = {"version": str(draft.version), "name": draft.name,
            "criteria.count": str(len(data["criteria"]))}  # fmt: skip
    for position, criterion in enumerate(data["criteria"]):
        path = f"criteria.{position}"
        sent[f"{path}.whole"] = "1"
        for name in ("key", "label", "question", "pillar", "weight"):
            sent[f"{path}.{name}"] = str(criterion[name])
        for level, text in enumerate(criterion["levels"]):
            sent[f"{path}.levels.{level}"] = text
        if criterion["evidence"]:
            sent[f"{path}.evidence"] = "1"
            for name, value in criterion["evidence"].items():
                sent[f"{path}.evidence.{name}"] = (
                    ", ".join(value) if name == "kinds" else str(value)
                )
    return {**sent, **changes}


def test_a_draft_begins_from_the_page_of_the_rubric(cast: Cast) -> None:
    page = cast.client("contributor").get(f"/p/{cast.a.key}/rubric/")
    assert "Try a change" in page.content.decode()
    assert (
        "Try a change" not in cast.client("viewer").get(f"/p/{cast.a.key}/rubric/").content.decode()
    )
    answer = cast.client("contributor").post(f"/p/{cast.a.key}/rubric/drafts/", {"version": "1"})
    made = RubricDraft.objects.get(product=cast.a)
    assert answer["Location"] == address(cast, made)
    assert made.data == RubricVersion.objects.get(product=cast.a).data


def test_saving_what_the_editor_shows_changes_nothing(cast: Cast, draft: RubricDraft) -> None:
    before = copy.deepcopy(draft.data)
    cast.client("owner").post(address(cast, draft), form_of(draft))
    draft.refresh_from_db()
    assert draft.data == before
    assert draft.version == 1


def test_what_is_typed_is_kept_however_wrong_and_named_at_its_place(
    cast: Cast, draft: RubricDraft
) -> None:
    sent = form_of(
        draft, **{"criteria.0.weight": "three", "criteria.1.levels.2": "", "criteria.2.label": ""}
    )
    answer = cast.client("owner").post(address(cast, draft), sent, follow=True)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="three"' in text
    assert 'id="criteria-0-weight-error"' in text
    assert 'href="#criteria-1-levels-2"' in text
    assert "3 things are missing" in text
    draft.refresh_from_db()
    assert draft.data["criteria"][0]["weight"] == "three"
    problems = cast.api("owner").get(api(cast, draft, "problems/")).json()
    assert [each["path"] for each in problems] == [
        "criteria.0.weight", "criteria.1.levels.2", "criteria.2.label",
    ]  # fmt: skip
    assert (
        "unfinished" in cast.client("owner").get(address(cast, draft, "preview/")).content.decode()
    )
    refused = cast.api("owner").get(api(cast, draft, "preview/"))
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_rubric")


def test_criteria_are_added_moved_and_removed_without_script(
    cast: Cast, draft: RubricDraft
) -> None:
    client = cast.client("owner")
    count = len(draft.data["criteria"])
    keys = [each["key"] for each in draft.data["criteria"]]
    answer = client.post(address(cast, draft), form_of(draft, step="add:impact"))
    assert answer["Location"].endswith(f"#criteria-{count}-label")
    draft.refresh_from_db()
    client.post(
        address(cast, draft),
        form_of(draft, **{f"criteria.{count}.label": "Loyalty (EMEA)", "step": "down:0"}),
    )
    draft.refresh_from_db()
    found = [each["key"] for each in draft.data["criteria"]]
    assert found == [keys[1], keys[0], *keys[2:], "loyalty_emea"]
    client.post(address(cast, draft), form_of(draft, step="remove:0"))
    draft.refresh_from_db()
    assert [each["key"] for each in draft.data["criteria"]] == found[1:]


def test_weights_are_brought_to_a_sum_of_one(cast: Cast, draft: RubricDraft) -> None:
    sent = {"version": "1", "profiles.hotfix.weights.value": "0,9", "step": "even:hotfix"}
    cast.client("owner").post(address(cast, draft), sent)
    draft.refresh_from_db()
    weights = draft.data["profiles"]["hotfix"]["weights"]
    assert weights == {"value": 0.5294, "impact": 0.2941, "risk": 0.1765}
    assert drafts.shapes.problems(draft.data) == []


def test_slid_weights_are_kept_as_they_were_tried(cast: Cast, draft: RubricDraft) -> None:
    """Those that nobody slid stay exactly as they are."""
    before = copy.deepcopy(draft.data["profiles"])
    sent = {"version": "1", "even": "1", "step": "preview", "criteria.0.weight": "4.3",
            "profiles.hotfix.weights.value": "0.9"}  # fmt: skip
    answer = cast.client("owner").post(address(cast, draft), sent)
    assert answer["Location"] == address(cast, draft, "preview/")
    draft.refresh_from_db()
    assert draft.data["criteria"][0]["weight"] == 4.3
    assert draft.data["profiles"]["hotfix"]["weights"]["value"] == 0.5294
    del before["hotfix"], draft.data["profiles"]["hotfix"]
    assert draft.data["profiles"] == before


def test_the_second_of_two_editors_is_shown_what_the_first_changed(
    cast: Cast, draft: RubricDraft
) -> None:
    first = form_of(draft, **{"criteria.0.weight": "4", "criteria.1.weight": "7"})
    second = form_of(draft, **{"criteria.1.weight": "9", "criteria.3.weight": "6"})
    cast.client("contributor").post(address(cast, draft), first)
    answer = cast.client("owner").post(address(cast, draft), second)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Contributor saved this draft since you opened it" in text
    assert "You have 9" in text
    values = {path: f'name="{path}" value="{value}"' for path, value in
              (("criteria.0.weight", 4), ("criteria.1.weight", 9), ("criteria.3.weight", 6))}  # fmt: skip
    for shown in values.values():
        assert shown in text  # theirs where mine is untouched, mine where I typed
    draft.refresh_from_db()
    assert draft.data["criteria"][1]["weight"] == 7
    refused = cast.api("owner").patch(
        api(cast, draft), {"name": "Other"}, "application/json", headers={"If-Match": '"1"'}
    )
    assert refused.status_code == 409
    changed = refused.json()["changed"]
    assert changed[f"criteria.{draft.data['criteria'][0]['key']}.weight"] == [3.0, 4.0]


def test_a_discarded_draft_comes_back(cast: Cast, draft: RubricDraft) -> None:
    client = cast.client("owner")
    client.post(address(cast, draft, "discard/"))
    assert "Bring it back" in client.get(address(cast, draft)).content.decode()
    assert client.post(address(cast, draft), form_of(draft)).status_code == 409
    client.post(address(cast, draft, "restore/"))
    draft.refresh_from_db()
    assert draft.discarded_at is None


def test_a_draft_may_begin_from_another_product_of_ones_own(cast: Cast) -> None:
    refused = cast.api("owner").post(
        f"/api/v1/products/{cast.a.key}/rubric/drafts/", {"product": cast.b.key}, "application/json"
    )
    assert refused.status_code == 400
    members.add_member(actor=Actor.system(), product=cast.b, user=cast.owner, role="viewer")
    made = cast.api("owner").post(
        f"/api/v1/products/{cast.a.key}/rubric/drafts/", {"product": cast.b.key}, "application/json"
    )
    assert made.status_code == 201
    assert made.json()["origin"] == cast.b.key


def test_what_is_published_is_what_the_preview_said(
    cast: Cast, draft: RubricDraft, items: list[Item]
) -> None:
    data = copy.deepcopy(draft.data)
    data["criteria"][0]["weight"] = 9.0
    data["profiles"]["stability"].update(act_now=20.0, next=10.0)
    client = cast.api("owner")
    edited = client.patch(
        api(cast, draft), {"rubric": data}, "application/json", headers={"If-Match": '"1"'}
    )
    assert (edited.status_code, edited.json()["problems"]) == (200, [])
    answer = client.get(api(cast, draft, "preview/?limit=1000"))
    figures = answer.json()["figures"]
    moves = {each["item"]: each for each in answer.json()["moves"]}
    assert answer.json()["count"] == figures["items"] == len(moves) > 20
    assert figures["churn"] == sum(
        each["in_top_before"] != each["in_top_after"] for each in moves.values()
    )
    published = client.post(
        api(cast, draft, "publish/"),
        {"at": figures["at"], "digest": figures["digest"], "reason": "Value first."},
        "application/json",
    )
    assert published.status_code == 201, published.content
    assert published.json()["version"] == 2
    for row in ItemSummary.objects.filter(product=cast.a, queue_kind__gt="").select_related("item"):
        assert row.priority == moves[f"ATLAS-{row.item.number}"]["priority_after"]
    assert Decision.objects.get(product=cast.a).facts["digest"] == figures["digest"]
    again = client.post(
        api(cast, draft, "publish/"),
        {"at": figures["at"], "digest": figures["digest"], "reason": "Value first."},
        "application/json",
    )
    assert again.status_code == 409
    versions = client.get(f"/api/v1/products/{cast.a.key}/rubric/versions/").json()
    assert [each["version"] for each in versions] == [2, 1]
    lines = client.get(f"/api/v1/products/{cast.a.key}/rubric/comparison/?before=1").json()
    assert {each["path"] for each in lines} == {
        f"criteria.{data['criteria'][0]['key']}.weight",
        "profiles.stability.act_now",
        "profiles.stability.next",
    }


def test_the_pages_of_a_preview_lead_to_publishing(
    cast: Cast, draft: RubricDraft, items: list[Item]
) -> None:
    client = cast.client("owner")
    client.post(address(cast, draft), {"version": "1", "criteria.0.weight": "9"})
    page = client.get(address(cast, draft, "preview/?top=5"))
    text = page.content.decode()
    assert "in or out of the top 5" in text
    assert page.context["moves"]
    key = page.context["moves"][0]["item"]
    at = page.context["at_iso"]
    flips = client.get(address(cast, draft, "flips/"), {"item": key, "at": at, "top": 5})
    assert key in flips.content.decode()
    cut = client.get(address(cast, draft, "flips/"), {"queue": "enhancement", "at": at, "top": 2})
    assert cut.context["rows"]
    slid = client.post(
        address(cast, draft, "slide/"), {"criteria.0.weight": "1", "at": at, "top": 5},
        headers={"HX-Request": "true"},
    )  # fmt: skip
    assert "nothing is saved" in slid.content.decode()
    sent = {"at": at, "digest": page.context["digest"], "top": "5", "reason": ""}
    refused = client.post(address(cast, draft, "publish/"), sent)
    assert (refused.status_code, RubricVersion.objects.filter(product=cast.a).count()) == (422, 1)
    done = client.post(
        address(cast, draft, "publish/"), {**sent, "reason": "So we agreed."}, follow=True
    )
    assert "Version 2 is in force" in done.content.decode()
    read = client.get(f"/p/{cast.a.key}/rubric/versions/2/").content.decode()
    assert "So we agreed." in read
    assert client.get(f"/p/{cast.a.key}/rubric/comparison/").status_code == 200


def test_who_may_not_publish_is_told_who_can(
    cast: Cast, draft: RubricDraft, items: list[Item]
) -> None:
    cast.client("owner").post(address(cast, draft), {"version": "1", "criteria.0.weight": "9"})
    page = cast.client("contributor").get(address(cast, draft, "preview/")).content.decode()
    assert "you may not publish a rubric" in page
    assert "Publish version" not in page


def test_kept_scores_are_worked_out_again_to_the_bit(
    cast: Cast, draft: RubricDraft, items: list[Item]
) -> None:
    rescore.rescore_open(now=timezone.now())
    kept = 0
    for item in items:
        answer = cast.api("viewer").get(f"/api/v1/items/{item.key}/scores/recomputed/").json()
        assert all(each["equal"] for each in answer)
        kept += len(answer)
    assert kept == Snapshot.objects.filter(product=cast.a).count() > 40
    one = cast.api("viewer").get(
        f"/api/v1/items/{items[1].key}/scores/recomputed/", {"at": NOW.isoformat()}
    )
    assert [each["at"][:19] for each in one.json()] == [NOW.isoformat()[:19]]
    Snapshot.objects.filter(item=items[1]).update(priority=12.5)
    wrong: Any = cast.api("viewer").get(f"/api/v1/items/{items[1].key}/scores/recomputed/").json()
    assert not any(each["equal"] for each in wrong)
