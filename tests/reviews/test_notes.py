"""Notes: threads, settling, carrying on to the next version, opposite wishes on one place, private ones."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.core.files.base import ContentFile
from hypothesis import given
from hypothesis import strategies as st

from assets.jobs import previews
from assets.services.assets import add_asset
from backlog.models import Change
from backlog.services import brief_lines, briefs
from reviews import threads
from reviews.contradictions import Wish, opposed
from reviews.models import Contradiction, Layer, Note, ReviewCycle
from reviews.places import carried_lines, place_words
from tests.assets import making
from tests.assets.files import new_item
from tests.cast import Cast
from tests.reviews.rounds import decide_as, new_version, post, start


def note(cast: Cast, who: str, cycle: ReviewCycle, words: str, **more: Any) -> Any:
    answer = post(cast, who, f"/api/v1/reviews/{cycle.pk}/notes/", {"body": words, **more})
    assert answer.status_code == 201, answer.content
    return answer.json()


@pytest.mark.usefixtures("sound")
def test_a_note_that_must_be_met_keeps_a_version_from_its_approval(cast: Cast) -> None:
    cycle = start(cast)
    made = note(cast, "owner", cycle, "The date is wrong.", anchor={"line": 1}, must=True)
    assert (made["quote"], made["state"], made["weight"]) == ("first", "open", "detail")
    refused = decide_as(cast, "reviewer", cycle)
    assert (refused.status_code, refused.json()["code"]) == (409, "open_musts")
    settle = f"/api/v1/notes/{made['id']}/settle/"
    assert post(cast, "viewer", settle, {"state": "resolved"}).status_code == 403
    assert post(cast, "owner", settle, {"state": "resolved"}).json()["resolved_by"]
    assert decide_as(cast, "reviewer", cycle).status_code == 200


@pytest.mark.usefixtures("sound")
def test_a_thread_is_answered_and_only_untouched_words_are_changed(cast: Cast) -> None:
    cycle = start(cast)
    made = note(cast, "reviewer", cycle, "Who says this?")
    path = f"/api/v1/notes/{made['id']}/"
    assert cast.api("owner").patch(path, {"body": "x"}, "application/json").status_code == 403
    again = cast.api("reviewer").patch(path, {"body": "Who says so?"}, "application/json")
    assert again.json()["body"] == "Who says so?"
    answer = note(cast, "owner", cycle, "Mira does.", answers=made["id"], must=True)
    assert (answer["answers"], answer["must"], answer["anchor"]) == (made["id"], False, None)
    late = cast.api("reviewer").patch(path, {"body": "No."}, "application/json")
    assert (late.status_code, late.json()["code"]) == (409, "answered")
    shown = cast.client("viewer").get(f"/p/ATLAS/reviews/{cycle.pk}/").content.decode()
    assert "Mira does." in shown
    form = {"body": "Good.", "answers": made["id"]}
    cast.client("reviewer").post(f"/p/ATLAS/reviews/{cycle.pk}/notes/", form)
    assert Note.objects.filter(parent=made["id"]).count() == 2


@pytest.mark.usefixtures("sound")
def test_a_note_says_which_line_of_the_brief_or_which_claim_it_is_about(cast: Cast) -> None:
    version = new_version(cast, "It takes nine minutes.\n")
    item = version.asset.item
    actor = cast.actor("contributor")
    brief = briefs.create_brief(actor=actor, product=cast.a, title="The tour", items=[item])
    words = "No promise of minutes"
    line = brief_lines.add_line(actor=actor, brief=brief, kind="regulatory", statement=words)
    post(
        cast,
        "contributor",
        f"/api/v1/versions/{version.pk}/claims/",
        {"first_line": 1, "source": "x"},
    )
    cycle = start(cast, version)
    made = note(cast, "reviewer", cycle, "It promises.", brief_line=line.pk, anchor={"line": 1})
    assert (made["brief_line"], made["claim"]) == (line.pk, None)
    client, address = cast.client("reviewer"), f"/p/ATLAS/reviews/{cycle.pk}/"
    assert f"{line.key} {words}" in client.get(address).content.decode()
    client.post(f"{address}notes/", {"body": "Who measured it?", "about": "claim-1"})
    assert Note.objects.get(body="Who measured it?").subject == "Claim 1"
    page = client.get(address).content.decode()
    assert f'<span class="chip" title="{words}">{line.key}</span>' in page
    following = new_version(cast, "It takes nine minutes!\n", version.asset)
    carried = Note.objects.filter(version=following).order_by("pk")
    assert [each.subject for each in carried] == [line.key, "Claim 1"]


def test_a_note_is_about_what_belongs_to_the_item_only(cast: Cast) -> None:
    cycle = start(cast)
    other = briefs.create_brief(actor=cast.actor("contributor"), product=cast.a, title="Another")
    line = brief_lines.add_line(
        actor=cast.actor("contributor"), brief=other, kind="accuracy", statement="Net"
    )
    for wrong in ({"brief_line": line.pk}, {"claim": 1}):
        answer = post(
            cast, "reviewer", f"/api/v1/reviews/{cycle.pk}/notes/", {"body": "Words", **wrong}
        )
        assert (answer.status_code, list(answer.json()["fields"])) == (400, list(wrong))
    address = f"/p/ATLAS/reviews/{cycle.pk}/notes/"
    for about in (f"line-{line.pk}", "claim-1", "line-x", "items-1"):
        refused = cast.client("reviewer").post(address, {"body": "Kept words", "about": about})
        assert refused.status_code == 422, about
        assert "Kept words" in refused.content.decode()
    assert not Note.objects.exists()


@pytest.mark.usefixtures("sound")
def test_what_is_open_goes_on_to_the_next_version_and_the_old_one_is_locked(cast: Cast) -> None:
    version = new_version(cast, "one\ntwo\nthree\n")
    cycle = start(cast, version)
    stays = note(cast, "owner", cycle, "Look here.", anchor={"line": 3})
    gone = note(cast, "owner", cycle, "And here.", anchor={"line": 2})
    settled = note(cast, "owner", cycle, "Done.", anchor={"line": 1})
    post(cast, "owner", f"/api/v1/notes/{settled['id']}/settle/", {"state": "resolved"})
    answered = note(cast, "owner", cycle, "An answer.", answers=stays["id"])
    second = new_version(cast, "zero\none\nthree\nfour\n", version.asset)
    carried = {row.body: row for row in Note.objects.filter(version=second)}
    assert set(carried) == {"Look here.", "And here."}
    assert carried["Look here."].anchor == {"line": 3}
    assert carried["And here."].anchor is None
    assert carried["And here."].quote == "two"
    assert carried["Look here."].carried_from_id == stays["id"]
    for old in (stays, gone):
        path = f"/api/v1/notes/{old['id']}/settle/"
        refused = post(cast, "owner", path, {"state": "resolved"})
        assert (refused.status_code, refused.json()["newest"]) == (409, 2)
    assert answered["id"] not in {row.carried_from_id for row in carried.values()}


def test_private_notes_are_for_the_reviewers_of_their_stage(cast: Cast) -> None:
    Layer.objects.filter(product=cast.a, slug="subject_matter").update(private=True)
    cycle = start(cast)
    made = note(cast, "reviewer", cycle, "Between us.", anchor={"line": 1})
    assert made["private"] is True
    for who, count in (("reviewer", 1), ("owner", 0), ("leadership", 0), ("viewer", 0)):
        rows = cast.api(who).get(f"/api/v1/reviews/{cycle.pk}/notes/").json()["results"]
        page = cast.client(who).get(f"/p/ATLAS/reviews/{cycle.pk}/").content.decode()
        assert (len(rows), "Between us." in page) == (count, bool(count)), who
    path = f"/api/v1/notes/{made['id']}/settle/"
    assert post(cast, "owner", path, {"state": "resolved"}).status_code == 404


def test_notes_are_filtered_and_paged_on_the_page_as_over_the_api(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cycle = start(cast)
    wrong = note(cast, "reviewer", cycle, "Wrong figure.", must=True, weight="structural")
    comma = note(cast, "reviewer", cycle, "Comma missing.")
    logo = note(cast, "owner", cycle, "Logo too small.", must=True)
    law = note(cast, "leadership", cycle, "Is this allowed?")
    answer = note(cast, "owner", cycle, "Corrected it.", answers=wrong["id"])
    post(cast, "owner", f"/api/v1/notes/{comma['id']}/settle/", {"state": "resolved"})
    words = {each["id"]: each["body"] for each in (wrong, comma, logo, law)}

    def found(query: str) -> list[int]:
        sent = cast.api("viewer").get(f"/api/v1/reviews/{cycle.pk}/notes/?{query}").json()
        ids = [row["id"] for row in sent["results"] if row["answers"] is None]
        page = cast.client("viewer").get(f"/p/ATLAS/reviews/{cycle.pk}/?{query}").content.decode()
        assert {pk for pk in words if f'id="note-{pk}"' in page} == set(ids), query
        return ids

    assert found("") == [wrong["id"], comma["id"], logo["id"], law["id"]]
    assert found("state=resolved") == [comma["id"]]
    assert found("state=open,declined") == [wrong["id"], logo["id"], law["id"]]
    assert found("must=true") == [wrong["id"], logo["id"]]
    assert found("must=false&state=open") == [law["id"]]
    assert found("weight=structural") == [wrong["id"]]
    assert found("author=OWNER@example.org") == [logo["id"]]
    assert found("layer=subject_matter") == [wrong["id"], comma["id"]]
    assert found("layer=legal") == [law["id"]]
    assert found("author=nobody@example.org") == []
    path = f"/api/v1/reviews/{cycle.pk}/notes/"
    for bad in ("must=maybe", "weight=heavy", "state=gone", "cursor=x", "limit=0"):
        assert cast.api("viewer").get(f"{path}?{bad}").status_code == 400, bad
    assert cast.client("viewer").get(f"/p/ATLAS/reviews/{cycle.pk}/?must=maybe").status_code == 422
    first = cast.api("viewer").get(f"{path}?limit=2").json()
    assert [row["id"] for row in first["results"]] == [wrong["id"], comma["id"], answer["id"]]
    rest = cast.api("viewer").get(f"{path}?limit=2&cursor={first['next']}").json()
    assert ([row["id"] for row in rest["results"]], rest["next"]) == ([logo["id"], law["id"]], None)
    monkeypatch.setattr(threads, "NOTES_PAGE", 2)
    client = cast.client("viewer")
    page = client.get(f"/p/ATLAS/reviews/{cycle.pk}/").content.decode()
    assert "Logo too small." in page
    assert "Is this allowed?" not in page
    more = re.search(r'href="([^"]+)#notes">More notes', page)
    assert more
    page = client.get(more[1]).content.decode()
    assert page.index("Is this allowed?") < page.index("Comma missing."), "what is settled is last"
    assert "Wrong figure." not in page
    assert "More notes" not in page


def test_a_link_to_a_note_finds_it_on_any_page_and_behind_any_filter(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "NOTES_PAGE", 2)
    cycle = start(cast)
    made = [note(cast, "owner", cycle, f"Remark {n}.", must=n == 5) for n in range(6)]
    answer = note(cast, "reviewer", cycle, "An answer to it.", answers=made[3]["id"])
    client, here = cast.client("owner"), f"/p/ATLAS/reviews/{cycle.pk}/"
    settle = f"/p/ATLAS/notes/{made[1]['id']}/settle/"
    back = client.post(settle, {"state": "resolved"})["Location"]
    assert back == f"{here}?note={made[1]['id']}#note-{made[1]['id']}"

    page = client.get(f"{here}?state=open&must=false").content.decode()
    again = re.search(r'name="again" value="([^"]+)"', page)
    assert again
    sent = {"state": "open", "again": again[1].replace("&amp;", "&") + "&next=//elsewhere"}
    onward = client.post(settle, sent)["Location"]
    assert onward == f"{here}?state=open&must=false#notes", "on in the list as it was filtered"
    client.post(settle, {"state": "resolved"})

    def shown(query: str) -> set[int]:
        page = client.get(f"{here}{query}").content.decode()
        return {each["id"] for each in (*made, answer) if f'id="note-{each["id"]}"' in page}

    def ids(*places: int) -> set[int]:
        return {made[place]["id"] for place in places}

    # in their order: 0 2 | 3 4 | 5 1, the settled one last
    assert shown("") == ids(0, 2)
    assert shown(f"?note={made[0]['id']}") == ids(0, 2)
    assert shown(f"?note={made[4]['id']}") == ids(3, 4) | {answer["id"]}
    assert shown(f"?note={answer['id']}") == ids(3, 4) | {answer["id"]}
    assert shown(f"?note={made[1]['id']}") == ids(1, 5)
    assert shown(f"?must=true&note={made[5]['id']}") == ids(5), "it fits the filter"
    assert shown(f"?must=true&note={made[4]['id']}") == ids(3, 4) | {answer["id"]}
    lost = "The note that the link names is not on this version"
    elsewhere = note(cast, "owner", start(cast), "Of another version.")
    for wrong in ("0", "x", "9" * 30, str(elsewhere["id"])):
        page = client.get(f"{here}?note={wrong}").content.decode()
        assert lost in page, wrong
        assert "Remark 0." in page
    assert lost not in client.get(f"{here}?note={made[4]['id']}").content.decode()


@pytest.mark.usefixtures("sound")
def test_opposite_wishes_on_one_place_are_raised_and_settled(cast: Cast) -> None:
    cycle = start(cast)
    note(cast, "owner", cycle, "Please make this longer.", anchor={"line": 1})
    note(cast, "reviewer", cycle, "Should be shorter, I think.", anchor={"line": 1})
    note(cast, "reviewer", cycle, "Shorter as a whole.")
    found = Contradiction.objects.get()
    assert "longer" in found.why
    assert "shorter" in found.why
    page = cast.client("viewer").get(f"/p/ATLAS/reviews/{cycle.pk}/").content.decode()
    assert "Two notes ask for opposite things" in page
    path = f"/api/v1/contradictions/{found.pk}/settle/"
    assert post(cast, "viewer", path, {"state": "dismissed"}).status_code == 403
    assert post(cast, "owner", path, {"state": "reconciled"}).status_code == 400
    done = post(cast, "owner", path, {"state": "reconciled", "outcome": "Shorter it is."})
    assert done.json()["state"] == "reconciled"
    again = post(cast, "owner", path, {"state": "dismissed"})
    assert (again.status_code, again.json()["code"]) == (409, "settled")


@pytest.mark.usefixtures("sound")
def test_what_was_settled_stays_settled_and_what_is_open_is_named_before_the_next_round(
    cast: Cast,
) -> None:
    version = new_version(cast, "one\ntwo\n")
    cycle = start(cast, version)
    for line, words in ((1, "Longer."), (1, "Shorter."), (2, "Louder."), (2, "Quieter.")):
        note(cast, "owner", cycle, words, anchor={"line": line})
    louder, longer = Contradiction.objects.order_by("-pk")
    path = f"/api/v1/contradictions/{longer.pk}/settle/"
    assert post(cast, "owner", path, {"state": "dismissed"}).status_code == 200
    second = new_version(cast, "one\ntwo\nthree\n", version.asset)
    found = {row.why: row.state for row in Contradiction.objects.filter(version=second)}
    assert found == {longer.why: "dismissed", louder.why: "open"}
    late = f"/api/v1/contradictions/{louder.pk}/settle/"
    refused = post(cast, "owner", late, {"state": "dismissed"})
    assert (refused.status_code, refused.json()["newest"]) == (409, 2), "its copy is to be settled"
    old = cast.client("owner").get(f"/p/ATLAS/reviews/{cycle.pk}/").content.decode()
    assert louder.why.replace('"', "&quot;") in old
    assert "What was agreed" not in old
    proposed = cast.api("owner").get(f"/api/v1/versions/{second.pk}/review-proposal/").json()
    assert [row["why"] for row in proposed["contradictions"]] == [louder.why]
    address = f"/p/ATLAS/assets/{version.asset_id}/2/review/"
    owner = cast.client("owner")
    asked = owner.get(address)
    assert "1 pair of open notes asks for opposite things" in asked.content.decode()
    left = Contradiction.objects.get(version=second, state="open")
    assert f'action="/p/ATLAS/contradictions/{left.pk}/settle/"' in asked.content.decode()
    data = dict.fromkeys(("subject_matter", "legal"), cast.people["reviewer"].pk)
    begun = owner.post(address, data)
    assert begun.status_code == 302, begun.content.decode()
    shown = owner.get(begun["Location"]).content.decode()
    assert "1 pair of notes asks for opposite things: settle that first." in shown
    told = Change.objects.filter(verb="review.started").latest("pk")
    assert told.fields["contradictions"][1] == 1


#: Pairs of remarks on one place, and whether they contradict each other: our own, read by two people.
PAIRS = [
    ("Make it longer.", "This must be shorter.", True),
    ("Keep this line.", "Cut this line.", True),
    ("Please don't cut this.", "Remove it.", True),
    ("Louder, please.", "The music should be quieter.", True),
    ("More formal.", "Make it less formal.", True),
    ("Too slow.", "Slower would be better.", True),
    ("Brighter sky.", "A darker sky, please.", True),
    ("Show the face.", "Hide the face, it distracts.", True),
    ("The logo must be bigger.", "A smaller logo.", True),
    ("Move it to the left.", "It belongs on the right.", True),
    ("Simplify this sentence.", "I miss detail here.", True),
    ("Speed this up: faster.", "Slower, nobody can read it.", True),
    ("Extend the pause.", "Trim the pause.", True),
    ("Do not hide the price.", "Hide the price.", True),
    ("Warmer light.", "The light should be cooler.", True),
    ("Never keep two jokes.", "Keep both jokes.", True),
    ("Add a pause here.", "Remove the pause.", True),
    ("Too long.", "Make it longer.", True),
    ("The lamp on the left is fine.", "That is right.", False),
    ("A typo: teh.", "Who says this?", False),
    ("Make it shorter.", "Trim it.", False),
    ("Not longer, please.", "Shorter.", False),
    ("Louder voice.", "Brighter picture.", False),
    ("Keep the lamp.", "Keep the boat.", False),
    ("Is this true?", "The source is missing.", False),
    ("Less formal.", "More casual.", False),
    ("Don't remove the lamp.", "Keep the lamp.", False),
    ("Too loud and too long.", "Spelling.", False),
    ("Show it earlier.", "Bigger type.", False),
    ("Too bold.", "Make it subtle.", False),
    ("Good.", "Shorter.", False),
]


@pytest.mark.usefixtures("sound")
def test_pairs_follow_their_notes(cast: Cast) -> None:
    """Carried to the next version, taken back when reworded or settled, and raised again when opened again."""
    version = new_version(cast, "one\ntwo\n")
    cycle = start(cast, version)
    note(cast, "owner", cycle, "Longer.", anchor={"line": 1})
    other = note(cast, "reviewer", cycle, "Shorter.", anchor={"line": 1})
    path = f"/api/v1/notes/{other['id']}/"
    assert Contradiction.objects.count() == 1
    cast.api("reviewer").patch(path, {"body": "Good."}, "application/json")
    assert not Contradiction.objects.exists()
    cast.api("reviewer").patch(path, {"body": "Shorter!"}, "application/json")
    post(cast, "reviewer", f"{path}settle/", {"state": "resolved"})
    assert not Contradiction.objects.exists()
    post(cast, "reviewer", f"{path}settle/", {"state": "open"})
    second = new_version(cast, "zero\none\ntwo\n", version.asset)
    carried = Contradiction.objects.get(version=second)
    assert {carried.first.anchor["line"], carried.second.anchor["line"]} == {2}


def test_private_pairs_are_for_those_who_see_both_notes(cast: Cast) -> None:
    Layer.objects.filter(product=cast.a, slug="subject_matter").update(private=True)
    cycle = start(cast, subject=("reviewer", "owner"), subject_quorum=2)
    note(cast, "owner", cycle, "Longer.", anchor={"line": 1})
    note(cast, "reviewer", cycle, "Shorter.", anchor={"line": 1})
    found = Contradiction.objects.get()
    listed = f"/api/v1/reviews/{cycle.pk}/contradictions/"
    assert len(cast.api("reviewer").get(listed).json()) == 1
    assert cast.api("administrator").get(listed).json() == []
    path = f"/api/v1/contradictions/{found.pk}/settle/"
    body = {"state": "reconciled", "outcome": "Shorter."}
    assert post(cast, "administrator", path, body).status_code == 404
    assert post(cast, "owner", path, body).status_code == 200
    told = Change.objects.get(verb="review.contradiction_settled")
    assert "horter" not in str(told.fields)


@pytest.mark.parametrize(
    "anchor",
    [{"page": 1}, {"second": 1}, {"region": [0, 0, 1, 1]}, {"line": 9}, {"line": 1, "end_line": 9}],
)
def test_a_place_that_a_text_does_not_have_is_refused(cast: Cast, anchor: dict[str, Any]) -> None:
    cycle = start(cast)
    body = {"body": "Where?", "anchor": anchor}
    refused = post(cast, "owner", f"/api/v1/reviews/{cycle.pk}/notes/", body)
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_anchor")


def test_how_well_opposites_are_found() -> None:
    found = [bool(opposed(Wish(1, one, {}), Wish(2, other, {}))) for one, other, _ in PAIRS]
    truth = [real for _, _, real in PAIRS]
    hits = sum(a and b for a, b in zip(found, truth, strict=True))
    wrong = [pair[:2] for pair, said in zip(PAIRS, found, strict=True) if said and not pair[2]]
    missed = [pair[:2] for pair, said in zip(PAIRS, found, strict=True) if pair[2] and not said]
    assert hits / sum(truth) >= 0.9, missed
    assert hits / sum(found) >= 0.9, wrong


def test_places_in_words() -> None:
    assert place_words({"line": 3}) == "line 3"
    assert place_words({"line": 3, "end_line": 5}) == "lines 3–5"
    assert place_words({"second": 65.4, "end_second": 3661}) == "1:05–1:01:01"
    assert place_words({"page": 2, "region": [0, 0, 1, 1]}) == "page 2, a region"
    assert place_words(None) == ""


LINES = st.lists(st.sampled_from("abcdef"), max_size=14)


@given(LINES, LINES)
def test_lines_are_followed_to_lines_that_are_there_and_in_order(
    before: list[str], after: list[str]
) -> None:
    found = carried_lines(before, after)
    assert all(1 <= old <= len(before) and 1 <= new <= len(after) for old, new in found.items())
    pairs = sorted(found.items())
    assert [new for _, new in pairs] == sorted(set(found.values()))
    if before == after:
        assert found == {line + 1: line + 1 for line in range(len(before))}


def test_a_note_on_a_version_that_is_old_by_now_is_given_back(cast: Cast) -> None:
    cycle = start(cast)
    new_version(cast, "second", cycle.asset)
    form = {"body": "The gate is never open."}
    refused = cast.client("reviewer").post(f"/p/ATLAS/reviews/{cycle.pk}/notes/", form)
    page = refused.content.decode()
    assert refused.status_code == 409
    assert "The gate is never open.</textarea>" in page
    assert "Version 2 was uploaded" in page
    assert not Note.objects.exists()


@pytest.mark.parametrize(
    "place",
    [
        {"second": int("1" * 400)},
        {"second": float("inf")},
        {"second": 99_999},
        {"region": [0, 0, 1, int("1" * 380)]},
    ],
)
def test_a_place_beyond_the_end_is_refused(cast: Cast, place: dict[str, object]) -> None:
    version = add_asset(
        actor=cast.actor("contributor"),
        item=new_item(cast),
        file=ContentFile(making.film(), name="a.mp4"),
        rationale="Why",
    )
    previews.look(version.pk)
    cycle = start(cast, version)
    form = {"body": "Here.", "place": json.dumps(place)}
    refused = cast.client("reviewer").post(f"/p/ATLAS/reviews/{cycle.pk}/notes/", form)
    assert refused.status_code == 422
    assert "Here.</textarea>" in refused.content.decode()
