"""The page of a review, by plain forms: look, decide, note, withdraw; and asking for a review."""

import json
import re
from html import unescape

import pytest

from backlog.models import Change
from backlog.services import brief_lines, brief_signing
from reviews.models import Decision, Note, ReviewCycle
from tests.backlog.test_increment_rules import complete_brief
from tests.cast import Cast
from tests.reviews.rounds import CHANGES, approve, decide_as, new_version, start


def page(cast: Cast, name: str, cycle: ReviewCycle, query: str = "") -> str:
    answer = cast.client(name).get(f"/p/ATLAS/reviews/{cycle.pk}/{query}")
    assert answer.status_code == 200
    found: str = answer.content.decode()
    return found


def test_the_page_says_what_is_decided_about(cast: Cast) -> None:
    cycle = start(cast)
    shown = page(cast, "reviewer", cycle)
    short = cycle.version.sha256[:12]
    assert (
        f'You decide about version 1, <span class="mono" title="{cycle.version.sha256}">sha256 {short}…'
        in shown
    )
    assert 'data-key="a"' in shown
    assert 'data-key="r"' in shown
    assert "Reason for first." in shown
    assert 'id="line-1"' in shown
    other = page(cast, "viewer", cycle)
    assert 'data-key="a"' not in other
    assert "Under review: version 1" in other


def test_a_version_is_compared_where_it_is_reviewed(cast: Cast) -> None:
    """With the newest version that somebody approved; with any earlier one that is chosen."""
    version = new_version(cast, "one\ntwo\n")
    first = start(cast, version, subject=("reviewer",))
    approve(cast, first, "reviewer")
    new_version(cast, "one\ntwo and\n", version.asset)
    cycle = start(cast, new_version(cast, "one\nthree\n", version.asset))
    assert 'href="?compare=1" data-key="c"' in page(cast, "reviewer", cycle)
    beside = page(cast, "reviewer", cycle, "?compare=2")
    assert "<del>two and</del>" in beside
    assert "<ins>three</ins>" in beside
    assert 'href="?compare=2&amp;show=inline"' in beside
    assert 'data-key="n"' not in beside  # it is for the next review that waits
    assert 'id="line-1"' not in beside
    for nonsense in ("3", "4", "0", "x", "-1", "٢"):
        assert 'id="line-1"' in page(cast, "reviewer", cycle, f"?compare={nonsense}")


def test_approving_without_script(cast: Cast) -> None:
    cycle = start(cast)
    client = cast.client("reviewer", csrf=True)
    asked = client.get(f"/p/ATLAS/reviews/{cycle.pk}/?decide=approve")
    shown = asked.content.decode()
    assert f'value="{cycle.version.sha256}"' in shown
    assert '<dialog id="approve-dialog"' not in shown
    data = {
        "csrfmiddlewaretoken": asked.context["csrf_token"],
        "verdict": "approve",
        "sha256": cycle.version.sha256,
        "note": "Fine.",
    }
    answer = client.post(f"/p/ATLAS/reviews/{cycle.pk}/decide/", data)
    assert answer.status_code == 302
    assert answer["Location"] == f"/p/ATLAS/reviews/{cycle.pk}/"
    after = client.get(answer["Location"]).content.decode()
    assert f"You approved version 1, sha256 {cycle.version.sha256[:12]}…" in after
    assert Decision.objects.get().note == "Fine."


def test_a_post_without_its_token_is_refused(cast: Cast) -> None:
    cycle = start(cast)
    data = {"verdict": "approve", "sha256": cycle.version.sha256}
    for action in ("decide", "notes", "withdraw"):
        answer = cast.client("reviewer", csrf=True).post(
            f"/p/ATLAS/reviews/{cycle.pk}/{action}/", data
        )
        assert answer.status_code == 403
    assert not Decision.objects.exists()


def test_requesting_changes_asks_how_deep_and_what(cast: Cast) -> None:
    cycle = start(cast)
    address = f"/p/ATLAS/reviews/{cycle.pk}/decide/"
    data = {
        "verdict": "request_changes",
        "sha256": cycle.version.sha256,
        "note": "Begin with the archive.",
    }
    answer = cast.client("reviewer").post(address, data)
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "structural or a detail" in shown
    assert "Begin with the archive." in shown
    answer = cast.client("reviewer").post(address, data | {"weight": "structural"})
    assert answer.status_code == 302
    made = Decision.objects.get()
    assert (made.verdict, made.weight) == ("request_changes", "structural")
    shown = page(cast, "viewer", cycle)
    assert "requested changes, structural" in shown
    assert "Begin with the archive." in shown


def test_a_verdict_that_comes_too_late_says_why_and_keeps_the_words(cast: Cast) -> None:
    cycle = start(cast)
    new_version(cast, "second", cycle.asset)
    data = CHANGES | {"sha256": cycle.version.sha256}
    answer = cast.client("reviewer").post(f"/p/ATLAS/reviews/{cycle.pk}/decide/", data)
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert "Version 2 was uploaded meanwhile" in shown
    assert "The date is wrong." in shown
    assert not Decision.objects.exists()


def test_a_forged_form_is_refused_and_not_a_crash(cast: Cast) -> None:
    cycle = start(cast)
    for data in (
        {},
        {"verdict": "maybe"},
        {"verdict": "approve"},
        {"verdict": "approve", "sha256": "x" * 500},
    ):
        answer = cast.client("reviewer").post(f"/p/ATLAS/reviews/{cycle.pk}/decide/", data)
        assert answer.status_code == 422
    assert not Decision.objects.exists()


def test_a_superseded_round_says_so_and_keeps_its_approvals(cast: Cast) -> None:
    cycle = start(cast)
    approve(cast, cycle, "reviewer")
    new_version(cast, "second", cycle.asset)
    shown = page(cast, "leadership", cycle)
    assert "Version 2 was uploaded, so version 1 is not decided on any more" in shown
    assert "✓ Reviewer, subject matter" in shown
    assert "Superseded: version 1" in shown
    assert 'data-key="a"' not in shown


def test_a_closed_round_shows_the_lines_that_it_was_held_against(cast: Cast) -> None:
    version = new_version(cast)
    owner = cast.actor("owner")
    cycle = start(cast, version, legal=("leadership",))
    assert "It must satisfy" in page(cast, "owner", cycle)
    brief = complete_brief(cast, version.asset.item)
    brief_signing.sign_off(actor=owner, brief=brief)
    line = brief.lines.get(number=1)
    brief_lines.reword_line(actor=owner, line=line, statement="Only a draft")
    assert "Prices are net of tax" in page(cast, "owner", cycle)
    decide_as(cast, "reviewer", cycle, **CHANGES)

    brief.refresh_from_db()
    brief_signing.sign_off(actor=owner, brief=brief, reason="Tax")
    shown = page(cast, "owner", cycle)
    assert "It was held against" in shown
    assert "/briefs/1/versions/1/" in shown
    assert "Prices are net of tax" in held_part(shown)
    assert "Only a draft" not in held_part(shown)

    unbriefed = start(cast, new_version(cast, "other"))
    decide_as(cast, "reviewer", unbriefed, **CHANGES)
    assert "No signed brief governed it when it closed." in page(cast, "owner", unbriefed)


def held_part(shown: str) -> str:
    """What the page says between its lines and its reason."""
    return shown[shown.index("It was held against") : shown.index("Why this version")]


def test_the_next_that_waits_is_one_key_away(cast: Cast) -> None:
    first, second, third = (start(cast) for _ in range(3))

    def following(cycle: ReviewCycle) -> str:
        shown = page(cast, "reviewer", cycle)
        before = shown[: shown.find('data-key="n"')] if 'data-key="n"' in shown else ""
        return before[before.rindex('href="') + 6 :].split('"')[0] if before else ""

    assert following(first) == f"/p/ATLAS/reviews/{second.pk}/"
    assert following(third) == f"/p/ATLAS/reviews/{first.pk}/"
    approve(cast, second, "reviewer")
    assert following(second) == f"/p/ATLAS/reviews/{first.pk}/"
    approve(cast, first, "reviewer")
    approve(cast, third, "reviewer")
    assert following(third) == ""
    assert "Nothing else waits for you" in page(cast, "reviewer", third)


@pytest.mark.parametrize(
    ("name", "status"), [("viewer", 403), ("contributor", 403), ("outsider", 404)]
)
def test_who_may_not_decide_is_told_so(cast: Cast, name: str, status: int) -> None:
    cycle = start(cast)
    data = {"verdict": "approve", "sha256": cycle.version.sha256}
    assert (
        cast.client(name).post(f"/p/ATLAS/reviews/{cycle.pk}/decide/", data).status_code == status
    )
    assert not Decision.objects.exists()


def test_asking_for_a_review_by_page(cast: Cast) -> None:
    version = new_version(cast)
    address = f"/p/ATLAS/assets/{version.asset_id}/1/review/"
    client = cast.client("contributor")
    offered = client.get(f"/p/ATLAS/assets/{version.asset_id}/").content.decode()
    assert address in offered
    shown = client.get(address).content.decode()
    assert "Leadership" in shown
    assert "> Viewer" not in shown  # may not decide
    assert "> Contributor" not in shown  # uploaded it
    empty = client.post(address, {"subject_matter": [cast.reviewer.pk]})
    assert empty.status_code == 422
    assert "Choose at least one reviewer" in empty.content.decode()
    data = {
        "subject_matter": [cast.reviewer.pk, cast.owner.pk],
        "subject_matter_quorum": "1",
        "legal": [cast.owner.pk],
    }
    too_many = client.post(address, data | {"legal_quorum": "2"})
    assert too_many.status_code == 422
    answer = client.post(address, data)
    assert answer.status_code == 302
    cycle = ReviewCycle.objects.get()
    assert [(each.kind, each.quorum) for each in cycle.stages.order_by("position")] == [
        ("subject_matter", 1),
        ("legal", 1),
    ]
    again = client.post(address, data)
    assert again.status_code == 409
    assert "in review already" in again.content.decode()
    assert address not in client.get(f"/p/ATLAS/assets/{version.asset_id}/").content.decode()


def test_the_reviewers_of_the_last_round_are_proposed(cast: Cast) -> None:
    cycle = start(cast, subject=("owner",))
    decide_as(cast, "owner", cycle, **CHANGES)
    version = new_version(cast, "second", cycle.asset)
    form = (
        cast.client("contributor")
        .get(f"/p/ATLAS/assets/{version.asset_id}/2/review/")
        .context["form"]
    )
    assert form["subject_matter"].initial == [cast.owner.pk]
    assert form["legal"].initial == [cast.leadership.pk]


def test_asking_for_a_review_is_for_who_may(cast: Cast) -> None:
    version = new_version(cast)
    address = f"/p/ATLAS/assets/{version.asset_id}/1/review/"
    assert cast.client("viewer").get(address).status_code == 403
    assert cast.client("viewer").post(address).status_code == 403
    assert cast.client("outsider").get(address).status_code == 404
    data = {"subject_matter": [cast.outsider.pk], "legal": [cast.viewer.pk]}
    assert cast.client("contributor").post(address, data).status_code == 422
    assert not ReviewCycle.objects.exists()


def test_nobody_to_ask_is_said(cast: Cast) -> None:
    from accounts.models import DecisionRight

    version = new_version(cast)
    for role in ("reviewer", "product_owner", "leadership", "administrator"):
        DecisionRight.objects.create(
            product=cast.a, action="review.decide", role=role, allowed=False
        )
    shown = (
        cast.client("contributor")
        .get(f"/p/ATLAS/assets/{version.asset_id}/1/review/")
        .content.decode()
    )
    assert "Nobody else here may decide" in shown


def test_a_note_on_a_line(cast: Cast) -> None:
    cycle = start(cast)
    answer = cast.client("viewer").post(
        f"/p/ATLAS/reviews/{cycle.pk}/notes/", {"body": "Who says this? <b>x</b>", "at": "1"}
    )
    made = Note.objects.get()
    assert answer["Location"] == f"/p/ATLAS/reviews/{cycle.pk}/?note={made.pk}#note-{made.pk}"
    assert made.anchor == {"line": 1}
    assert made.cycle == cycle
    shown = page(cast, "reviewer", cycle)
    assert "Who says this? &lt;b&gt;x&lt;/b&gt;" in shown
    assert 'href="#line-1"' in shown
    marks = json.loads(unescape(re.findall(r'data-marks="([^"]*)"', shown)[0]))
    assert [(mark["id"], mark["anchor"]) for mark in marks] == [(made.pk, {"line": 1})]
    row = Change.objects.get(verb="review.noted")
    assert row.fields["sha256"] == [None, cycle.version.sha256]


def test_a_note_needs_words_and_a_place_that_is_one(cast: Cast) -> None:
    cycle = start(cast)
    address = f"/p/ATLAS/reviews/{cycle.pk}/notes/"
    assert cast.client("viewer").post(address, {"body": "  "}).status_code == 422
    for at in ("x", "-1", "nan", "1e400", "0"):
        answer = cast.client("viewer").post(address, {"body": "Words that stay", "at": at})
        assert answer.status_code == 422
        assert "Words that stay" in answer.content.decode()
    assert not Note.objects.exists()


@pytest.mark.parametrize(
    ("anchor", "status"),
    [
        (None, 201),
        ({}, 201),
        ({"line": 1}, 201),
        ({"line": 1, "end_line": 1}, 201),
        # places of other kinds of asset
        ({"page": 3, "region": [0.1, 0.2, 0.3, 0.4]}, 400),
        ({"second": 4.5}, 400),
        ({"line": 12}, 400),
        ({"line": 0}, 400),
        ({"line": 1.5}, 400),
        ({"line": 10**9}, 400),
        ({"second": -1}, 400),
        ({"second": 1e300}, 400),
        ({"region": [0.5, 0.5, 0.6, 0.1]}, 400),
        ({"region": [0, 0, 0, 0.1]}, 400),
        ({"region": [0, 0, 1]}, 400),
        ({"region": [0, 0, "a", 1]}, 400),
        ({"paragraph": 3}, 400),
        ({"line": {"$gt": 1}}, 400),
        ("line 3", 400),
    ],
)
def test_places_of_notes_in_the_api(cast: Cast, anchor: object, status: int) -> None:
    cycle = start(cast)
    address = f"/api/v1/reviews/{cycle.pk}/notes/"
    answer = cast.api("viewer").post(
        address, {"body": "Look here", "anchor": anchor}, "application/json"
    )
    assert answer.status_code == status, answer.content
    listed = cast.api("viewer").get(address).json()["results"]
    assert [each["anchor"] for each in listed] == ([anchor or None] if status == 201 else [])


def test_withdrawing_by_page(cast: Cast) -> None:
    cycle = start(cast)
    address = f"/p/ATLAS/reviews/{cycle.pk}/withdraw/"
    assert cast.client("contributor").post(address, {"reason": ""}).status_code == 422
    assert cast.client("viewer").post(address, {"reason": "Why"}).status_code == 403
    assert cast.client("contributor").post(address, {"reason": "Wrong people."}).status_code == 302
    assert cast.client("contributor").post(address, {"reason": "Again"}).status_code == 409
    cycle.refresh_from_db()
    assert cycle.state == "withdrawn"


def test_the_asset_page_tells_the_rounds_of_a_version(cast: Cast) -> None:
    cycle = start(cast)
    approve(cast, cycle, "reviewer")
    shown = cast.client("viewer").get(f"/p/ATLAS/assets/{cycle.asset_id}/").content.decode()
    assert f"/p/ATLAS/reviews/{cycle.pk}/" in shown
    assert "In review: Legal, 0 of 1" in shown
    assert "has not decided" in shown


def test_looking_changes_nothing(cast: Cast) -> None:
    cycle = start(cast)
    before = Change.objects.count()
    for address in ("", "?decide=approve", "?decide=request_changes", "?decide=nonsense"):
        page(cast, "reviewer", cycle, address)
    for action in ("decide", "notes", "withdraw"):
        answer = cast.client("reviewer").get(f"/p/ATLAS/reviews/{cycle.pk}/{action}/")
        assert answer.status_code == 405
    assert Change.objects.count() == before
    assert not Decision.objects.exists()
