"""Guests' links: one round and nothing else, for as long as the link lives."""

import io
import logging
import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assets.services.assets import add_asset
from assets.services.versions import upload_version
from backlog.models import Change
from core.errors import Invalid, NotAllowed, NotFound, TooMany
from reviews import threads
from reviews.models import Contradiction, GuestLink, Layer, Note, ReviewCycle
from reviews.services import guests
from reviews.services.cycles import withdraw_review
from tests.assets.files import SVG, image, new_item
from tests.cast import Cast
from tests.reviews.rounds import new_version, post, start


def invite(cast: Cast, cycle: ReviewCycle, **more: Any) -> tuple[GuestLink, str]:
    """A link and its path."""
    made = guests.invite(actor=cast.actor("owner"), cycle=cycle, name="Ruth of the agency", **more)
    return made.link, urlsplit(made.url).path


def test_a_guest_sees_the_version_and_what_is_said(cast: Cast) -> None:
    cycle = start(cast, new_version(cast, "A film about an archive."))
    said = {"version": cycle.version, "cycle": cycle, "product": cycle.product}
    said["author"] = cast.people["reviewer"]
    Note.objects.create(**said, body="Open with the archive.", anchor={"line": 1})
    hidden = Note.objects.create(**said, body="Between lawyers.", private=True)
    Note.objects.create(**said, body="An answer between lawyers.", parent=hidden)
    link, path = invite(cast, cycle)
    browser = Client()
    answer = browser.get(path)
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert "A film about an archive." in shown
    assert "Open with the archive." in shown
    assert "between lawyers" not in shown.lower()
    for name in (cast.a.name, cast.b.name, "/p/ATLAS", "Settings", cycle.asset.item.key):
        assert name not in shown, name
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert set(answer.cookies) <= {"csrftoken"}
    assert not Session.objects.exists()
    link.refresh_from_db()
    assert (link.visits, link.last_used_at is None) == (1, False)
    browser.get(path)
    link.refresh_from_db()
    assert link.visits == 1


def test_a_guest_filters_and_pages_remarks_and_finds_nothing_private(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    Layer.objects.filter(product=cast.a, slug="legal").update(private=True)
    cycle = start(cast)
    _, path = invite(cast, cycle, may_comment=True)
    said = {"version": cycle.version, "cycle": cycle, "product": cycle.product}
    legal = cycle.stages.get(kind="legal")
    plain = Note.objects.create(**said, author=cast.people["reviewer"], body="Shorter.", must=True)
    lawyer = Note.objects.create(**said, author=cast.people["leadership"], body="As a reader.")
    sealed = Note.objects.create(
        **said, author=cast.people["leadership"], body="Sealed.", private=True, stage=legal
    )
    own = Client().post(f"{path}notes/", {"body": "From outside."})["Location"]
    mine = Note.objects.get(guest__isnull=False)
    assert own == f"{path}?note={mine.pk}#note-{mine.pk}"
    seen = (plain, lawyer, mine)

    def page(query: str) -> str:
        return Client().get(f"{path}?{query}").content.decode()

    def found(query: str) -> set[Note]:
        return {each for each in (*seen, sealed) if f'id="note-{each.pk}"' in page(query)}

    assert found("") == set(seen)
    assert found("must=true") == {plain}
    assert found("state=resolved") == set()
    assert found("author=Reviewer") == {plain}
    assert found("author=Ruth+of+the+agency") == {mine}
    assert found("author=reviewer@example.org") == set(), "addresses are not for guests"
    assert found("layer=subject_matter") == {plain}
    assert found("layer=legal") == set(), "who is asked where notes are private stays untold"
    assert "@example.org" not in page("")
    assert "Legal" not in page("")
    assert "Subject matter" in page("")
    answer = Client().get(f"{path}?must=maybe")
    assert answer.status_code == 422
    assert "Use true or false." in answer.content.decode()
    lost = "The note that the link names is not on this version"
    assert lost in page(f"note={sealed.pk}")
    monkeypatch.setattr(threads, "NOTES_PAGE", 2)
    assert found("") == {plain, lawyer}
    assert found(f"note={mine.pk}") == {mine}
    more = re.search(r'href="([^"]+)#notes">More notes', page(""))
    assert more
    assert mine.body in Client().get(more[1]).content.decode()


def test_the_secret_is_shown_once_and_stored_hashed(cast: Cast) -> None:
    cycle = start(cast)
    address = reverse("review-guests", args=["ATLAS", cycle.pk])
    owner = cast.client("owner")
    data = {"name": "Ruth", "days": 7, "may_comment": "on", "password": "quiet harbour"}
    shown = owner.post(address, data).content.decode()
    secret = shown.split("/guest/", 1)[1].split("/", 1)[0]
    assert len(secret) >= 22  # 128 bits in base 64
    assert secret not in owner.get(address).content.decode()
    assert secret not in str(cast.api("owner").get(f"/api/v1/reviews/{cycle.pk}/guests/").json())
    row = GuestLink.objects.values().get()
    assert secret not in str(row)
    assert "quiet harbour" not in str(row)
    assert secret not in str(list(Change.objects.values()))
    assert cast.client("contributor").get(address).status_code == 403


def test_a_link_reaches_nothing_else(cast: Cast) -> None:
    one = start(cast, new_version(cast, "The one."))
    two = start(cast, new_version(cast, "The other."))
    link, path = invite(cast, one, may_comment=True)
    browser = Client()
    assert browser.get(f"{path}content/").getvalue() == b"The one."
    newer = ContentFile(b"The next of it.", name="script.txt")
    upload_version(actor=cast.actor("contributor"), asset=one.asset, file=newer, rationale="More.")
    assert browser.get(f"{path}content/").getvalue() == b"The one."
    assert "The next of it." not in browser.get(path).content.decode()
    for address in (
        f"/p/ATLAS/reviews/{two.pk}/",
        f"/p/ATLAS/reviews/{one.pk}/",
        reverse("version-view", args=["ATLAS", one.asset_id, 1]),
    ):
        assert browser.get(address).status_code == 302, address
    assert browser.get(f"/api/v1/reviews/{one.pk}/").status_code == 401
    assert browser.get(f"{path}page/1/").status_code == 404
    assert browser.get(f"{path}download/").status_code == 404  # the link does not allow it
    note = browser.post(f"{path}notes/", {"body": "Late."})
    assert note.status_code == 409  # the round was superseded: it is looked at, not added to
    assert not Note.objects.exists()


def test_bytes_are_as_safe_as_the_product_s_own(cast: Cast) -> None:
    file = ContentFile(image("PNG"), name="poster.png")
    version = add_asset(
        actor=cast.actor("contributor"), item=new_item(cast), file=file, rationale="First."
    )
    _, path = invite(cast, start(cast, version), may_download=True)
    looked, kept = Client().get(f"{path}content/"), Client().get(f"{path}download/")
    assert looked["Content-Disposition"].startswith("inline")
    assert kept["Content-Disposition"].startswith("attachment")
    for answer in (looked, kept):
        assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "private, no-store"
        assert answer["Referrer-Policy"] == "no-referrer"
    assert f'src="{path}content/"' in Client().get(path).content.decode()


@pytest.mark.parametrize("how", ["expired", "revoked", "withdrawn", "guessed"])
def test_an_ended_link_says_whom_to_ask(cast: Cast, how: str) -> None:
    cycle = start(cast)
    link, path = invite(cast, cycle, may_comment=True, may_download=True, days=1)
    if how == "expired":
        GuestLink.objects.filter(pk=link.pk).update(expires_at=timezone.now())
    elif how == "revoked":
        address = reverse("review-guest-end", args=["ATLAS", cycle.pk, link.pk])
        assert cast.client("contributor").post(address).status_code == 403
        assert cast.client("owner").post(address).status_code == 302
    elif how == "withdrawn":
        withdraw_review(actor=cast.actor("owner"), cycle=cycle, reason="Not now.")
    else:
        path = f"/guest/{'q' * 43}/"
    for part in ("", "content/", "download/", "thumb/1/"):
        answer = Client().get(path + part)
        assert answer.status_code == 404, part
        shown = answer.content.decode()
        assert "This link has ended" in shown
        assert ("Owner" in shown) == (how != "guessed")
        assert answer["Cache-Control"] == "private, no-store"
    assert Client().post(f"{path}notes/", {"body": "Still here?"}).status_code == 404
    assert not Note.objects.exists()


def test_a_password_is_asked_and_locks_for_a_time_after_ten_wrong_ones(cast: Cast) -> None:
    link, path = invite(cast, start(cast, new_version(cast, "Sealed.")), password="quiet harbour")
    guest, other = Client(), Client()
    assert "Sealed." not in guest.get(path).content.decode()
    assert guest.get(f"{path}content/").status_code == 404
    assert guest.post(f"{path}open/", {"password": "loud harbour"}).status_code == 422
    answer = guest.post(f"{path}open/", {"password": "quiet harbour"})
    assert answer.status_code == 302
    cookie = answer.cookies[f"guest-{link.pk}"]
    assert (cookie["path"], cookie["httponly"]) == ("/guest/", True)
    assert "Sealed." in guest.get(path).content.decode()
    assert not Session.objects.exists()
    for _ in range(10):
        assert other.post(f"{path}open/", {"password": "a guess at it"}).status_code == 422
    locked = other.post(f"{path}open/", {"password": "quiet harbour"})
    assert locked.status_code == 429
    shown = locked.content.decode()
    assert "locked for 60 minutes. Wait, or ask Owner for a new one" in shown
    rows = cast.api("owner").get(f"/api/v1/reviews/{link.cycle_id}/guests/").json()["results"]
    assert (rows[0]["state"], rows[0]["locked_until"] is None) == ("locked", False)
    assert "Sealed." not in other.get(path).content.decode()
    other.cookies[f"guest-{link.pk}"] = cookie.value[:-2] + "xx"
    assert "Sealed." not in other.get(path).content.decode()
    assert "Sealed." in guest.get(path).content.decode()  # who knew it stays in
    past = timezone.now() - timedelta(seconds=1)
    GuestLink.objects.filter(pk=link.pk).update(locked_until=past)
    assert other.post(f"{path}open/", {"password": "quiet harbour"}).status_code == 302
    assert "Sealed." in other.get(path).content.decode()


def test_each_lock_is_longer_and_a_right_password_ends_the_count(cast: Cast) -> None:
    link, _ = invite(cast, start(cast), password="quiet harbour")
    now = timezone.now()
    tried, spans = 0, []
    while now < link.expires_at:
        try:
            tried += 1
            guests.unlock(link=link, password="a guess at it", address=str(tried), now=now)
        except Invalid:
            pass
        link.refresh_from_db()
        if link.locked_until and link.locked_until > now:
            with pytest.raises(TooMany):
                guests.unlock(link=link, password="quiet harbour", address="mine", now=now)
            spans.append((link.locked_until - now) / timedelta(hours=1))
            now = link.locked_until
    assert spans[:7] == [1, 2, 4, 8, 16, 24, 24]
    assert tried == 10 * len(spans) < 200
    guests.unlock(link=link, password="quiet harbour", address="mine", now=now)
    link.refresh_from_db()
    assert (link.failures, link.locked_until) == (0, None)


@pytest.mark.usefixtures("sound")
def test_a_remark_is_a_note_like_others(cast: Cast) -> None:
    """It is held against members' notes, keeps the words it points at, and goes on to the next version."""
    cycle = start(cast, new_version(cast, "One.\nTwo.\n"))
    _, path = invite(cast, cycle, may_comment=True)
    body = {"body": "Shorter, please.", "anchor": {"line": 2}}
    post(cast, "owner", f"/api/v1/reviews/{cycle.pk}/notes/", body)
    assert Client().post(f"{path}notes/", {"body": "Longer.", "at": "2"}).status_code == 302
    made = Note.objects.get(guest__isnull=False)
    assert made.quote == "Two."
    found = Contradiction.objects.get()
    assert found.second == made
    shown = cast.client("reviewer").get(f"/p/ATLAS/reviews/{cycle.pk}/").content.decode()
    assert "Two notes ask for opposite things" in shown
    assert shown.count("Ruth of the agency, guest") == 3  # the pair, the note, its mark in the text
    newer = new_version(cast, "Zero.\nOne.\nTwo.\n", cycle.asset)
    carried = Note.objects.get(version=newer, guest__isnull=False)
    assert (carried.carried_from, carried.anchor) == (made, {"line": 3})


def test_a_revoked_link_adds_nothing_even_in_the_same_moment(cast: Cast) -> None:
    """The request was let in before the link was revoked; what counts is the row when it is locked."""
    cycle = start(cast)
    link, path = invite(cast, cycle, may_comment=True)
    let_in = guests.link_of(path.split("/")[2])
    guests.revoke(actor=cast.actor("owner"), link=link)
    with pytest.raises(guests.LinkEnded):
        guests.note(link=let_in, body="Still here?", anchor=None)
    assert not Note.objects.exists()


@pytest.mark.parametrize("name", ["sheet.pdf", "drawing.svg"])
def test_no_dead_download_is_offered(cast: Cast, name: str) -> None:
    content = b"%PDF-1.4\n%%EOF\n" if name.endswith("pdf") else SVG
    version = add_asset(
        actor=cast.actor("contributor"),
        item=new_item(cast),
        file=ContentFile(content, name=name),
        rationale="Why",
    )
    cycle = start(cast, version)
    for may in (True, False):
        _, path = invite(cast, cycle, may_download=may)
        shown = Client().get(path).content.decode()
        links = set(re.findall(r'href="(/guest/[^"]+)"', shown))
        assert links == ({f"{path}download/"} if may else set())
        for address in links:
            assert Client().get(address).status_code == 200


def test_a_remark_at_a_place_without_script(cast: Cast) -> None:
    cycle = start(cast, new_version(cast, "One.\nTwo.\n"))
    _, path = invite(cast, cycle, may_comment=True)
    browser = Client(enforce_csrf_checks=True)
    page = browser.get(path)
    assert page["Referrer-Policy"] == "same-origin"  # else its form would be refused
    assert browser.post(f"{path}notes/", {"body": "No token."}).status_code == 403
    token = page.context["csrf_token"]
    data = {"csrfmiddlewaretoken": str(token), "body": "<b>Two</b> is short.", "at": "2"}
    answer = browser.post(f"{path}notes/", data)
    made = Note.objects.get()
    assert made.guest
    assert answer["Location"] == f"{path}?note={made.pk}#note-{made.pk}"
    assert (made.anchor, made.author, made.guest.name) == ({"line": 2}, None, "Ruth of the agency")
    shown = browser.get(path).content.decode()
    assert "&lt;b&gt;Two&lt;/b&gt; is short." in shown
    assert Change.objects.get(verb="review.noted").fields["guest"][1] == "Ruth of the agency"
    bad = data | {"at": "", "place": '{"region": [2, 0, 1, 1]}'}
    assert browser.post(f"{path}notes/", bad).status_code == 422
    assert Client().post(f"{path}notes/", {"body": " "}).status_code == 422


def test_looking_only_cannot_comment(cast: Cast) -> None:
    _, path = invite(cast, start(cast))
    assert Client().post(f"{path}notes/", {"body": "Hello."}).status_code == 404
    assert "<textarea" not in Client().get(path).content.decode()


def test_what_may_be_asked_for(cast: Cast) -> None:
    cycle = start(cast)
    for wrong in ({"days": 91}, {"days": 0}, {"password": "short"}, {"email": "nobody"}):
        with pytest.raises(Invalid):
            invite(cast, cycle, **wrong)
    with pytest.raises(NotAllowed):
        guests.invite(actor=cast.actor("contributor"), cycle=cycle, name="R")
    link, _ = invite(cast, cycle, days=90)
    assert link.expires_at - link.made_at == timedelta(days=90)
    with pytest.raises(NotFound):
        guests.link_of("", now=None)


def test_the_api_makes_lists_and_ends(cast: Cast) -> None:
    cycle = start(cast)
    address = f"/api/v1/reviews/{cycle.pk}/guests/"
    made = post(cast, "owner", address, {"name": "Ruth", "may_comment": True})
    assert made.status_code == 201
    path = urlsplit(made.json()["url"]).path
    assert Client().get(path).status_code == 200
    rows = cast.api("owner").get(address).json()["results"]
    assert [(row["name"], row["state"]) for row in rows] == [("Ruth", "alive")]
    assert cast.api("contributor").get(address).status_code == 403
    assert cast.api("outsider").get(address).status_code == 404
    assert cast.api("owner").delete(f"{address}{rows[0]['id']}/").status_code == 204
    assert Client().get(path).status_code == 404


def test_no_log_holds_the_secret(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    _, path = invite(cast, start(cast))
    secret = path.split("/")[2]
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    try:
        with caplog.at_level(logging.DEBUG):
            Client().get(path)
            Client().get(f"{path}page/1/")
            Client().get(f"{path}nothing-here/")
    finally:
        logging.getLogger().removeHandler(handler)
    assert secret not in stream.getvalue()
