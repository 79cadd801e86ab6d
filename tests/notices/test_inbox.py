"""The inbox: what it says, opening, marking and taking back, the count beside the bell; the same over the API."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership, Product
from backlog.services import comments
from backlog.services.removal import remove
from notices.jobs.following import follow, follow_all
from notices.jobs.tidy import KEPT, remove_old
from notices.models import Notice
from notices.views import inbox
from tests.assets.files import new_item
from tests.backlog.making import make
from tests.cast import Cast
from tests.reviews.rounds import approve, start

pytestmark = pytest.mark.usefixtures("sound")
INBOX = "/p/ATLAS/notifications/"
API = "/api/v1/notifications/"


def mention(cast: Cast, *words: str, who: str = "viewer") -> list[Notice]:
    """Notices of mentions by the owner, one for each of ``words``, oldest first."""
    item = make(cast)
    for each in words:
        comments.add_comment(actor=cast.actor("owner"), item=item, body=f"@{who} {each}")
    follow_all()
    return list(Notice.objects.filter(person=cast.people[who]).order_by("pk"))


def html(cast: Cast, name: str, address: str = INBOX) -> str:
    answer = cast.client(name).get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def bell(cast: Cast, name: str) -> str:
    found = re.search(r'data-count="([^"]*)"', html(cast, name, "/p/ATLAS/work/"))
    return found[1] if found else ""


def test_opening_one_marks_it_read_and_leads_there(cast: Cast) -> None:
    cycle = start(cast)
    follow(cast.a.pk)
    notice = Notice.objects.get(person=cast.reviewer)
    assert bell(cast, "reviewer") == "1"
    page = html(cast, "reviewer")
    assert "asks for your verdict on “script”, version 1." in page
    assert ">New</span>" in page
    answer = cast.client("reviewer").post(f"{INBOX}{notice.pk}/open/")
    assert (answer.status_code, answer["Location"]) == (302, f"/p/ATLAS/reviews/{cycle.pk}/")
    assert bell(cast, "reviewer") == ""
    assert ">New</span>" not in html(cast, "reviewer")
    approve(cast, cycle, "reviewer")
    follow(cast.a.pk)
    verdict = Notice.objects.get(person=cast.contributor)
    answer = cast.client("contributor").post(f"{INBOX}{verdict.pk}/open/")
    assert answer["Location"] == f"/p/ATLAS/reviews/{cycle.pk}/"


def test_what_is_gone_leads_back_to_the_list(cast: Cast) -> None:
    item = make(cast, owner=cast.viewer)
    follow_all()
    remove(actor=cast.actor("owner"), item=item, undoes=uuid.uuid4(), reason="A slip.")
    notice = Notice.objects.get(person=cast.viewer)
    answer = cast.client("viewer").post(f"{INBOX}{notice.pk}/open/", follow=True)
    assert answer.redirect_chain == [(INBOX, 302)]
    assert "not there any more" in answer.content.decode()


def test_marking_all_read_can_be_taken_back(cast: Cast) -> None:
    first, *_rest = mention(cast, "one", "two", "three")
    client = cast.client("viewer")
    client.post(f"{INBOX}{first.pk}/read/")
    assert bell(cast, "viewer") == "2"
    page = client.post(f"{INBOX}read/", follow=True).content.decode()
    undo = re.search(rf'action="({INBOX}unread/\d+/)"', page)
    assert undo is not None
    assert "2 notifications are read." in page
    assert bell(cast, "viewer") == ""
    assert cast.client("owner").post(undo[1]).status_code == 302
    assert bell(cast, "viewer") == "", "somebody else takes back their own alone"
    client.post(undo[1])
    assert bell(cast, "viewer") == "2", "what was read before stays read"
    client.post(f"{INBOX}{first.pk}/read/", {"unread": "1"})
    assert bell(cast, "viewer") == "3"


def test_the_list_is_filtered_and_paged_as_over_the_api(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "PAGE_SIZE", 2)
    notices = mention(cast, "one", "two", "three")
    cast.client("viewer").post(f"{INBOX}{notices[2].pk}/read/")
    page = html(cast, "viewer")
    assert [f"row-{each.pk}" in page for each in notices] == [False, True, True]
    later = re.search(r'class="btn" href="(\?cursor=[^"]+)"', page)
    assert later is not None
    assert f"row-{notices[0].pk}" in html(cast, "viewer", f"{INBOX}{later[1]}")
    api = cast.api("viewer")
    for query, count in (
        ("", 3),
        ("?unread=true", 2),
        ("?unread=false", 1),
        ("?topic=mention,note", 3),
        ("?topic=review", 0),
        ("?product=ATLAS", 3),
    ):
        rows = api.get(f"{API}{query}").json()["results"]
        assert len(rows) == count, query
        if "product" not in query:
            monkeypatch.setattr(inbox, "PAGE_SIZE", 50)
            assert html(cast, "viewer", f"{INBOX}{query}").count("data-row ") == count, query
    part = api.get(f"{API}?limit=2").json()
    assert len(api.get(f"{API}?limit=2&cursor={part['next']}").json()["results"]) == 1
    for wrong in ("?unread=perhaps", "?topic=weather", "?cursor=x", "?colour=red"):
        assert cast.client("viewer").get(f"{INBOX}{wrong}").status_code == 422, wrong
        assert api.get(f"{API}{wrong}").status_code == 400, wrong


def test_empty_lists_say_what_comes(cast: Cast) -> None:
    assert "You are told here when" in html(cast, "viewer")
    assert "Nothing like that" in html(cast, "viewer", f"{INBOX}?unread=true")


def test_programs_read_mark_and_choose(cast: Cast) -> None:
    mention(cast, "one", "two")
    api = cast.api("viewer")
    newest = api.get(API).json()["results"][0]
    assert newest["says"].startswith("Owner mentions you on ATLAS-")
    assert (newest["topic"], newest["why"], newest["read_at"]) == ("mention", "@viewer two", None)
    assert newest["url"].endswith(f"/items/{newest['item']}/")
    one = f"{API}{newest['id']}/"
    read = api.patch(one, {"read": True}, "application/json").json()
    assert read["read_at"] is not None
    again = api.patch(one, {"read": True}, "application/json").json()
    assert again["read_at"] == read["read_at"]
    assert api.patch(one, {"read": False}, "application/json").json()["read_at"] is None
    everything = "/api/v1/products/ATLAS/notifications/"
    assert api.post(f"{everything}read/").json() == {"read": 2}
    ways = {each["topic"]: each["way"] for each in api.get(f"{everything}ways/").json()["topics"]}
    assert (ways["review"], ways["note"]) == ("mail", "inbox")
    chosen = {"topics": [{"topic": "note", "way": "off"}]}
    answer = api.patch(f"{everything}ways/", chosen, "application/json").json()
    assert {"topic": "note", "way": "off"} in answer["topics"]
    assert {"topic": "review", "way": "mail"} in answer["topics"]
    wrong = {"topics": [{"topic": "note", "way": "pigeon"}]}
    assert api.patch(f"{everything}ways/", wrong, "application/json").status_code == 400


def test_reading_tokens_mark_nothing(cast: Cast) -> None:
    (notice,) = mention(cast, "look", who="administrator")
    reader = cast.api("read")
    assert len(reader.get(API).json()["results"]) == 1
    answer = reader.patch(f"{API}{notice.pk}/", {"read": True}, "application/json")
    assert answer.status_code == 403


def test_nobody_sees_those_of_others_or_of_products_they_left(cast: Cast) -> None:
    (notice,) = mention(cast, "look")
    for who in ("owner", "outsider"):
        assert cast.api(who).get(API).json()["results"] == []
        assert cast.client(who).post(f"{INBOX}{notice.pk}/open/").status_code == 404
    assert (
        cast.client("viewer").post(f"/p/BRAVO/notifications/{notice.pk}/open/").status_code == 404
    )
    Membership.objects.filter(user=cast.viewer).delete()
    assert cast.api("viewer").get(API).json()["results"] == []
    assert cast.client("viewer").get(INBOX).status_code == 404
    notice.refresh_from_db()
    assert notice.read_at is None


def test_other_products_notices_stay_there(cast: Cast) -> None:
    item = new_item(cast, product=cast.b)
    Membership.objects.create(product=cast.b, user=cast.viewer, role="viewer")
    comments.add_comment(actor=cast.actor("outsider"), item=item, body="@viewer secret")
    follow_all()
    assert "BRAVO-" not in html(cast, "viewer")
    assert bell(cast, "viewer") == ""
    assert [each["product"] for each in cast.api("viewer").get(API).json()["results"]] == ["BRAVO"]
    assert cast.api("viewer").get(f"{API}?product=ATLAS").json()["results"] == []


def test_in_an_archived_product_one_can_still_read_them(cast: Cast) -> None:
    mention(cast, "look")
    Product.objects.filter(pk=cast.a.pk).update(archived_at=timezone.now())
    assert cast.client("viewer").post(f"{INBOX}read/").status_code == 302
    assert bell(cast, "viewer") == ""


def test_the_bell_costs_one_query_and_counts_to_a_hundred(cast: Cast) -> None:
    mention(cast, *map(str, range(3)))
    with CaptureQueriesContext(connection) as captured:
        cast.client("viewer").get("/p/ATLAS/work/")
    about = [each["sql"] for each in captured if "notices_notice" in each["sql"]]
    assert len(about) == 1
    mention(cast, *map(str, range(96)))
    assert bell(cast, "viewer") == "99"
    mention(cast, "the hundredth")
    assert bell(cast, "viewer") == "99+"


def test_the_list_takes_as_many_queries_for_many_as_for_few(cast: Cast) -> None:
    start(cast)
    mention(cast, "one", who="reviewer")

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            html(cast, "reviewer")
        return len(captured)

    html(cast, "reviewer")
    few = count()
    for _ in range(4):
        start(cast)
        mention(cast, "more", who="reviewer")
    assert count() == few


def test_what_was_read_goes_after_ninety_days(cast: Cast) -> None:
    read, unread = mention(cast, "one", "two")
    now = timezone.now()
    Notice.objects.filter(pk=read.pk).update(read_at=now)
    assert remove_old(now + KEPT - timedelta(seconds=1)) == 0
    assert remove_old(now + KEPT) == 1
    assert Notice.objects.get() == unread
