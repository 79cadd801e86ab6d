"""Comments with mentions, and success criteria."""

import re
from typing import Any

import pytest

from accounts.actors import Actor
from accounts.models import Membership
from accounts.services import people
from backlog.models import Change, Comment, Item, SuccessCriterion
from backlog.services import comments, criteria, members
from core.errors import DomainError, Invalid, NotAllowed, Stale
from tests.backlog.making import ask, make
from tests.cast import Cast

# --- Comments -----------------------------------------------------------------------------------


def say(cast: Cast, item: Item, body: str, who: str = "viewer") -> Comment:
    return comments.add_comment(actor=cast.actor(who), item=item, body=body)


def test_everybody_in_the_product_may_comment_and_nobody_else(cast: Cast) -> None:
    item = make(cast)
    made = ask(cast, "viewer", "POST", f"items/{item.key}/comments/", {"body": "Seen **too**."})
    assert made.status_code == 201
    assert made.json()["author"] == "viewer@example.org"
    assert (
        ask(cast, "outsider", "POST", f"items/{item.key}/comments/", {"body": "x"}).status_code
        == 404
    )
    assert (
        ask(cast, "read", "POST", f"items/{item.key}/comments/", {"body": "x"}).status_code == 403
    )
    listed = ask(cast, "owner", "GET", f"items/{item.key}/comments/").json()
    assert [each["body"] for each in listed] == ["Seen **too**."]
    assert (
        "<strong>too</strong>" in cast.client("owner").get(f"/items/{item.key}/").content.decode()
    )
    row = Change.objects.get(verb="comment.added")
    assert row.fields == {"comment": [None, "Seen **too**."]}
    assert (row.right, row.item_id) == ("comment.add", item.pk)


MENTIONS: list[tuple[str, set[str]]] = [
    ("@owner look", {"owner"}),
    ("@OWNER, @Reviewer.", {"owner", "reviewer"}),
    ("(@owner@example.org)", {"owner"}),
    ("mail owner@example.org", set()),
    ("@outsider", set()),
    ("@gone", set()),
    ("@nobody", set()),
    ("@owner @owner", {"owner"}),
    ("a@owner", set()),
    ("@@owner", set()),
    ("@", set()),
]


def test_mentions(cast: Cast) -> None:
    item = make(cast)
    for body, names in MENTIONS:
        comment = say(cast, item, body)
        assert set(comment.mentions.all()) == {cast.people[name] for name in names}, body


def test_a_mention_by_name_without_blanks_and_what_it_leads_to(cast: Cast) -> None:
    mara = people.create_person(
        actor=Actor.system(),
        email="m@example.org",
        name="Mara Quill",
        password="harbour-lantern-quilt",
    )
    members.add_member(actor=Actor.system(), product=cast.a, user=mara, role="viewer")
    comment = say(cast, make(cast), "@maraquill please")
    assert list(comment.mentions.all()) == [mara]
    cast.people["mara"] = mara
    assert "please" in cast.client("mara").get("/p/ATLAS/work/").content.decode()


def test_a_comment_needs_text(cast: Cast) -> None:
    item = make(cast)
    for body in ("", "  ", "\n", "\x00\x07"):
        with pytest.raises(Invalid):
            say(cast, item, body)


def test_a_comment_has_a_limit(cast: Cast) -> None:
    item = make(cast)
    assert say(cast, item, "x" * 20_000)
    with pytest.raises(Invalid) as refused:
        say(cast, item, "x" * 20_001)
    assert "body" in refused.value.fields
    answer = cast.client("viewer").post(f"/items/{item.key}/comments/", {"body": "x" * 20_001})
    assert answer.status_code == 422


def test_rewording_is_for_the_author_and_by_version(cast: Cast) -> None:
    item = make(cast)
    comment = say(cast, item, "@owner look")
    path = f"items/{item.key}/comments/{comment.pk}/"
    assert ask(cast, "viewer", "PATCH", path, {"body": "x"}).status_code == 428
    assert ask(cast, "owner", "PATCH", path, {"body": "x"}, version=1).status_code == 403
    assert ask(cast, "viewer", "PATCH", path, {"body": "x"}, version=0).status_code == 409
    done = ask(cast, "viewer", "PATCH", path, {"body": "@reviewer look"}, version=1)
    assert done.status_code == 200
    assert (done.json()["version"], done.json()["mentions"]) == (2, ["reviewer@example.org"])
    assert done.json()["edited_at"]
    assert ask(cast, "viewer", "PATCH", path, {"body": "y"}, version=1).status_code == 409
    row = Change.objects.get(verb="comment.edited")
    assert row.fields == {"comment": ["@owner look", "@reviewer look"]}
    comment.refresh_from_db()
    stale = Comment.objects.get(pk=comment.pk)
    comments.edit_comment(actor=cast.actor("viewer"), comment=comment, body="z")
    with pytest.raises(Stale):
        comments.edit_comment(actor=cast.actor("viewer"), comment=stale, body="w")


def test_removing_is_for_the_author_and_for_moderators(cast: Cast) -> None:
    item = make(cast)
    own, other = say(cast, item, "Mine"), say(cast, item, "Spam")
    with pytest.raises(NotAllowed):
        comments.remove_comment(actor=cast.actor("owner"), comment=own)
    comments.remove_comment(actor=cast.actor("viewer"), comment=own)
    path = f"items/{item.key}/comments/{other.pk}/"
    assert ask(cast, "administrator", "DELETE", path).status_code == 204
    assert ask(cast, "administrator", "DELETE", path).status_code == 404
    rows = Change.objects.filter(verb="comment.removed").order_by("id")
    assert [(row.fields["comment"], row.right) for row in rows] == [
        (["Mine", None], "comment.add"),
        (["Spam", None], "comment.moderate"),
    ]
    assert not Comment.objects.exists()


def test_a_comment_of_another_item_is_not_found(cast: Cast) -> None:
    item, other = make(cast), make(cast)
    comment = say(cast, item, "Here")
    path = f"items/{other.key}/comments/{comment.pk}/"
    assert ask(cast, "viewer", "DELETE", path).status_code == 404
    assert (
        cast.client("viewer").post(f"/items/{other.key}/comments/{comment.pk}/remove/").status_code
        == 404
    )


# --- Criteria -----------------------------------------------------------------------------------


def add(cast: Cast, item: Item, text: str = "It works", how: str = "Look") -> SuccessCriterion:
    return criteria.add_criterion(
        actor=cast.actor("owner"), item=item, statement=text, verification=how
    )


def check(cast: Cast, criterion: SuccessCriterion, met: bool = True) -> SuccessCriterion:
    return criteria.verify_criterion(
        actor=cast.actor("contributor"), criterion=criterion, met=met, note="Tried it"
    )


def test_a_criterion_is_verified_and_that_is_taken_back(cast: Cast) -> None:
    item = make(cast)
    made = ask(cast, "owner", "POST", f"items/{item.key}/criteria/", {"text": "It works"})
    assert made.status_code == 201
    path = f"items/{item.key}/criteria/{made.json()['id']}/"
    done = ask(cast, "contributor", "POST", f"{path}verify/", {"met": True, "note": "Tried"})
    assert done.status_code == 200
    (shown,) = ask(cast, "viewer", "GET", f"items/{item.key}/").json()["criteria"]
    assert (shown["verified_by"], shown["note"]) == ("contributor@example.org", "Tried")
    ask(cast, "contributor", "POST", f"{path}verify/", {"met": False})
    (shown,) = ask(cast, "viewer", "GET", f"items/{item.key}/").json()["criteria"]
    assert (shown["verified_by"], shown["verified_at"], shown["note"]) == (None, None, "")
    rows = Change.objects.filter(verb="criterion.verified").order_by("id")
    assert [row.fields["met"] for row in rows] == [[False, True], [True, False]]
    assert rows[0].reason == "Tried"
    assert ask(cast, "viewer", "POST", f"{path}verify/", {"met": True}).status_code == 403
    assert ask(cast, "owner", "DELETE", path).status_code == 204


def test_rewording_takes_the_verification_away(cast: Cast) -> None:
    item = make(cast)
    for statement, how in (("It works well", "Look"), ("It works", "Measure")):
        criterion = check(cast, add(cast, item))
        done = criteria.edit_criterion(
            actor=cast.actor("owner"), criterion=criterion, statement=statement, verification=how
        )
        assert (done.verified_by, done.verified_at, done.verification_note) == (None, None, "")
    criterion = check(cast, add(cast, item))
    log = Change.objects.count()
    same = criteria.edit_criterion(
        actor=cast.actor("owner"), criterion=criterion, statement=" It works ", verification="Look"
    )
    assert same.verified_at is not None
    assert Change.objects.count() == log


def reword(cast: Cast, criterion: SuccessCriterion, **data: str) -> Any:
    """On the item's page, as the form that stands there sends it."""
    seen = {"seen_text": criterion.text, "seen_verification": criterion.verification}
    path = f"/items/{criterion.item.key}/criteria/{criterion.pk}/edit/"
    return cast.client("owner").post(path, {**seen, "verification": "Look", **data})


def test_a_criterion_is_reworded_on_the_page_and_that_is_undone(cast: Cast) -> None:
    item = make(cast)
    criterion = check(cast, add(cast, item))
    page = cast.client("owner").get(f"/items/{item.key}/").content.decode()
    assert f'value="{criterion.text}" maxlength="500"' in page
    assert reword(cast, criterion, text="It works on a phone").status_code == 302
    criterion.refresh_from_db()
    assert (criterion.text, criterion.verified_at) == ("It works on a phone", None)
    change = Change.objects.get(verb="criterion.edited")
    page = cast.client("owner").get(f"/items/{item.key}/").content.decode()
    undo = f"/p/ATLAS/undo/{change.batch}/"
    assert f'action="{undo}"' in page
    assert "reworded a criterion: criterion It works → It works on a phone" in page
    assert cast.client("contributor").post(undo).status_code == 404, "somebody else's act"
    assert cast.client("owner").post(undo).status_code == 302
    criterion.refresh_from_db()
    assert (criterion.text, criterion.verification_note) == ("It works", "Tried it")
    assert criterion.verified_by == cast.people["contributor"]
    assert criterion.verified_at is not None
    assert cast.client("owner").post(undo).status_code == 409, "once"


def test_words_that_changed_since_are_not_overwritten(cast: Cast) -> None:
    criterion = add(cast, make(cast))
    assert reword(cast, criterion, text="First").status_code == 302
    late = reword(cast, criterion, text="Second")  # its form still showed "It works"
    assert late.status_code == 409
    assert "“First”" in late.content.decode()
    batch = Change.objects.get(verb="criterion.edited").batch
    criterion.refresh_from_db()
    assert reword(cast, criterion, text="Third").status_code == 302
    assert cast.client("owner").post(f"/p/ATLAS/undo/{batch}/").status_code == 409
    criterion.refresh_from_db()
    assert criterion.text == "Third"
    assert reword(cast, criterion, text=" ").status_code == 422
    assert reword(cast, criterion, text="Third").status_code == 302
    assert Change.objects.filter(verb="criterion.edited").count() == 2


def test_a_criterion_is_reworded_by_api(cast: Cast) -> None:
    criterion = add(cast, make(cast))
    path = f"items/{criterion.item.key}/criteria/{criterion.pk}/"
    seen = {"text": "It works", "verification": "Look"}
    done = ask(cast, "contributor", "PATCH", path, {"verification": "Measure", "seen": seen}).json()
    assert (done["text"], done["verification"]) == ("It works", "Measure")
    late = ask(cast, "contributor", "PATCH", path, {"text": "No", "seen": seen})
    assert (late.status_code, late.json()["code"]) == (409, "stale")
    assert late.json()["changed"]["verification"]["is"] == "Measure"
    undone = ask(cast, "contributor", "POST", f"products/ATLAS/undo/{done['batch']}/")
    assert undone.json() == {"items": [criterion.item.key]}
    criterion.refresh_from_db()
    assert criterion.verification == "Look"
    same = ask(cast, "contributor", "PATCH", path, {"text": "It works"}).json()
    assert same["batch"] is None
    assert ask(cast, "viewer", "PATCH", path, {"text": "No"}).status_code == 403


def test_criteria_keep_their_order(cast: Cast) -> None:
    item = make(cast)
    first, second = add(cast, item, "One"), add(cast, item, "Two")
    criteria.remove_criterion(actor=cast.actor("owner"), criterion=first)
    add(cast, item, "Three")
    shown = ask(cast, "viewer", "GET", f"items/{item.key}/").json()["criteria"]
    assert [each["text"] for each in shown] == ["Two", "Three"]
    assert second.position == 1


def test_a_criterion_is_a_sentence(cast: Cast) -> None:
    item = make(cast)
    for text in ("", " ", "x" * 501, "\x00"):
        with pytest.raises(DomainError):
            add(cast, item, text)
    assert (
        cast.client("owner").post(f"/items/{item.key}/criteria/", {"text": "x" * 501}).status_code
        == 422
    )


WORDS = [
    "link",
    "state",
    "title",
    "queue",
    "labels",
    "comment",
    "criterion",
    "met",
    "band",
    "__proto__",
]


def test_a_criterion_may_be_called_anything(cast: Cast) -> None:
    """Its words stand in the log beside names of fields; the history has to tell them apart."""
    item = make(cast)
    for word in WORDS:
        check(cast, add(cast, item, word))
    page = cast.client("viewer").get(f"/items/{item.key}/history/")
    assert page.status_code == 200
    assert "checked a criterion" in page.content.decode()
    late: Any = ask(cast, "owner", "PATCH", f"items/{item.key}/", {"title": "x"}, version=99)
    assert late.status_code == 409


def test_people_are_offered_by_the_shortest_handle_that_is_theirs_alone(cast: Cast) -> None:
    def offered(word: str) -> list[tuple[str, str]]:
        answer = cast.client("viewer").get(
            "/p/ATLAS/search/palette/", {"who": word}, headers={"HX-Request": "true"}
        )
        return re.findall(r'<option value="([^"]+)">([^<]+)</option>', answer.content.decode())

    assert offered("@own") == [("@owner", "Owner")]
    assert len(offered("@")) > 3
    assert offered("@outsider") == []
    twin = people.create_person(
        actor=Actor.system(),
        email="owner@elsewhere.example",
        name="Twin",
        password="a long enough one",
    )
    Membership.objects.create(product=cast.a, user=twin, role="viewer")
    assert offered("@own") == [
        ("@owner@example.org", "Owner"),
        ("@owner@elsewhere.example", "Twin"),
    ]
