"""Reviews and assets in a real browser: keys, the sandbox, what may run and what may not."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as live
from django.core.files.base import ContentFile
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from assets.models import Preview, Version
from assets.services.assets import add_asset
from reviews.models import Decision, GuestLink, Note
from reviews.services import guests
from tests.assets import files, making
from tests.assets.files import new_item
from tests.cast import Cast, build
from tests.reviews.rounds import approve, new_version, start


@pytest.fixture
def played(transactional_db: None) -> Cast:
    return build()


@pytest.fixture
def reviewer(played: Cast, page: Page, live_server: Any) -> Page:
    """A browser in which the reviewer is signed in; paths are those of the test's server."""
    sign_in(page, played, "reviewer", live_server.url)
    return page


def sign_in(page: Page, cast: Cast, name: str, url: str) -> None:
    cookie = cast.client(name).cookies[live.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": live.SESSION_COOKIE_NAME, "value": cookie, "url": url}])


def test_from_the_list_to_a_verdict_by_keys(played: Cast, reviewer: Page, live_server: Any) -> None:
    first, second = start(played), start(played)
    reviewer.goto(f"{live_server.url}/p/ATLAS/reviews/")
    reviewer.keyboard.press("j")
    reviewer.keyboard.press("Enter")
    reviewer.wait_for_url(f"**/reviews/{first.pk}/")
    # three keys from open to the verdict and on: a, Enter, n
    reviewer.keyboard.press("a")
    assert "You approve version 1" in reviewer.inner_text("#approve-dialog")
    assert first.version.sha256[:12] in reviewer.inner_text("#approve-dialog")
    with reviewer.expect_navigation():
        reviewer.keyboard.press("Enter")
    assert "You approved version 1" in reviewer.inner_text("#toasts")
    assert Decision.objects.get().stage.cycle_id == first.pk
    reviewer.keyboard.press("n")
    reviewer.wait_for_url(f"**/reviews/{second.pk}/")
    reviewer.keyboard.press("r")
    reviewer.keyboard.press("s")
    reviewer.fill("#note-request_changes", "Begin with the archive.")
    with reviewer.expect_navigation():
        reviewer.keyboard.press("Control+Enter")
    made = Decision.objects.get(stage__cycle=second)
    assert (made.verdict, made.weight, made.note) == (
        "request_changes",
        "structural",
        "Begin with the archive.",
    )
    assert "Nothing else waits for you" in reviewer.inner_text(".page-bar")


def test_the_notes_stay_beside_a_long_text(played: Cast, reviewer: Page, live_server: Any) -> None:
    cycle = start(played, new_version(played, "Line.\n" * 260))
    reviewer.set_viewport_size({"width": 1440, "height": 800})
    reviewer.goto(f"{live_server.url}/p/ATLAS/reviews/{cycle.pk}/")
    reviewer.locator("#line-250").scroll_into_view_if_needed()
    expect(reviewer.get_by_role("heading", name="Stages")).to_be_in_viewport()
    reviewer.click("#line-250 > a")
    reviewer.keyboard.press("m")
    expect(reviewer.locator("#id_body")).to_be_focused()
    expect(reviewer.locator("#line-250")).to_be_in_viewport()


def test_keys_do_nothing_while_somebody_writes_a_note(
    played: Cast, reviewer: Page, live_server: Any
) -> None:
    cycle = start(played)
    reviewer.goto(f"{live_server.url}/p/ATLAS/reviews/{cycle.pk}/")
    reviewer.keyboard.press("m")
    reviewer.keyboard.type("a r n")
    assert reviewer.input_value("#id_body") == "a r n"
    assert not reviewer.locator("dialog[open]").count()


def asset(cast: Cast, content: bytes, name: str) -> str:
    version = add_asset(
        actor=cast.actor("contributor"),
        item=new_item(cast),
        file=ContentFile(content, name=name),
        rationale="Why",
    )
    return f"/p/ATLAS/assets/{version.asset_id}/1/"


def test_nothing_of_a_pdf_runs_before_its_pages_are_drawn(
    played: Cast, reviewer: Page, live_server: Any
) -> None:
    """A viewer of the browser's own would run its scripts, sandbox or not."""
    address = asset(played, files.PDF, "plan.pdf")
    Preview.objects.all().delete()
    Version.objects.update(preview_state="due")
    said: list[str] = []
    reviewer.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    reviewer.goto(f"{live_server.url}{address}")
    expect(reviewer.get_by_text("Pictures of its pages are being made")).to_be_visible()
    assert reviewer.locator("iframe, embed, object").count() == 0
    reviewer.wait_for_load_state("networkidle")
    assert said == []


def test_pictures_and_films_are_shown(played: Cast, reviewer: Page, live_server: Any) -> None:
    reviewer.goto(f"{live_server.url}{asset(played, files.image('PNG', (64, 48)), 'a.png')}")
    assert reviewer.evaluate("document.querySelector('.viewer img').naturalWidth") == 64
    parts = []
    reviewer.on("response", lambda answer: parts.append((answer.url, answer.status)))
    reviewer.goto(f"{live_server.url}{asset(played, files.MP4, 'a.mp4')}")
    reviewer.wait_for_function("document.querySelector('video').networkState !== 2")
    assert [status for url, status in parts if url.endswith("/view/")][:1] == [206]


def test_an_upload_runs_no_script(played: Cast, reviewer: Page, live_server: Any) -> None:
    """As a script of a page, as a page, as a picture: none of them gets to run."""
    dialogs: list[str] = []
    reviewer.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    script = asset(played, b"document.title = 'run'; alert('script')", "a.js")
    polyglot = asset(played, files.gif_polyglot(), "a.gif")
    reviewer.goto(f"{live_server.url}/p/ATLAS/assets/")
    for address in (script, polyglot):
        outcome = reviewer.evaluate(
            """url => new Promise(done => { const tag = document.createElement('script'); tag.src = url;
            tag.onload = () => done('run'); tag.onerror = () => done('refused'); document.head.append(tag); })""",
            f"{address}view/",
        )
        assert outcome == "refused"
    reviewer.goto(f"{live_server.url}{script}view/")
    assert "alert" in reviewer.inner_text("body")
    reviewer.goto(f"{live_server.url}/p/ATLAS/assets/")
    for content, name in ((files.SVG, "a.svg"), (files.HTML, "a.html"), (files.HTML, "a.png")):
        address = asset(played, content, name)
        with reviewer.expect_download():
            reviewer.evaluate("url => { location.href = url }", f"{address}view/")
    assert dialogs == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_are_accessible_and_fit(
    played: Cast, page: Page, live_server: Any, theme: str
) -> None:
    cycle = start(played)
    approve(played, cycle, "reviewer")
    sign_in(page, played, "leadership", live_server.url)
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    violations: list[str] = []
    page.on(
        "console",
        lambda message: violations.append(message.text) if message.type == "error" else None,
    )
    picture = asset(played, files.image("PNG"), "a.png")
    said = {
        "version": cycle.version,
        "cycle": cycle,
        "product": cycle.product,
        "author": played.reviewer,
    }
    for state in ("open", "resolved"):
        Note.objects.create(**said, body="Who says so?", anchor={"line": 1}, must=True, state=state)
    addresses = [
        "/p/ATLAS/reviews/",
        "/p/ATLAS/reviews/velocity/",
        f"/p/ATLAS/reviews/{cycle.pk}/",
        f"/p/ATLAS/reviews/{cycle.pk}/?decide=request_changes",
        "/p/ATLAS/assets/",
        picture,
        f"{picture}review/",
        f"/p/ATLAS/assets/{cycle.asset_id}/upload/",
        f"/items/{cycle.asset.item.key}/assets/",
    ]
    for address in addresses:
        page.goto(f"{live_server.url}{address}")
        assert Axe().run(page).violations_count == 0, address
        for width in (1440, 1024, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (address, width)
    assert violations == []


# --- On a phone, and by a guest's link ---------------------------------------------------------------


def on_a_phone(browser: Browser, url: str) -> Page:
    context = browser.new_context(
        base_url=url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True,
        reduced_motion="reduce",
    )  # fmt: skip
    context.set_default_timeout(10_000)
    return context.new_page()


def said_by(page: Page) -> list[str]:
    """What the console complains about; refusals of the content security policy are among it."""
    complaints: list[str] = []
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def test_a_reviewer_on_a_phone_reads_comments_and_decides(
    played: Cast, browser: Browser, live_server: Any
) -> None:
    cycle = start(played, new_version(played, "The gate is closed.\nThen we take the stairs.\n"))
    phone = on_a_phone(browser, live_server.url)
    complaints = said_by(phone)
    sign_in(phone, played, "reviewer", live_server.url)
    phone.goto("/p/ATLAS/reviews/")
    phone.locator("main").get_by_role("link", name=cycle.asset.name).first.tap()
    phone.wait_for_url(f"**/reviews/{cycle.pk}/")
    expect(phone.locator("#line-2")).to_be_in_viewport()
    phone.locator("#line-2 > a").tap()
    phone.get_by_role("link", name="Write a note").tap()
    expect(phone.locator("[data-place-label]")).to_have_text("Line 2")
    expect(phone.locator("#id_body")).to_be_focused()
    phone.keyboard.type("Which stairs?")
    with phone.expect_navigation():
        phone.get_by_role("button", name="Add the note").tap()
    made = Note.objects.get()
    assert (made.body, made.anchor) == ("Which stairs?", {"line": 2})
    expect(phone.locator(f"#note-{made.pk}")).to_be_in_viewport()
    phone.locator(".page-bar").get_by_role("link", name="Approve").tap()
    with phone.expect_navigation():
        phone.get_by_role("dialog").get_by_role("button", name="Approve").tap()
    expect(phone.locator("#toasts")).to_contain_text("You approved version 1")
    assert Decision.objects.get().stage.cycle_id == cycle.pk
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert complaints == []
    phone.context.close()


def test_a_finger_draws_a_region_on_a_phone(
    played: Cast, browser: Browser, live_server: Any
) -> None:
    version = add_asset(
        actor=played.actor("contributor"),
        item=new_item(played),
        file=ContentFile(files.image("PNG", (400, 300)), name="a.png"),
        rationale="Why",
    )
    cycle = start(played, version)
    phone = on_a_phone(browser, live_server.url)
    sign_in(phone, played, "reviewer", live_server.url)
    phone.goto(f"/p/ATLAS/reviews/{cycle.pk}/")
    phone.locator('[data-do="draw"]').tap()  # puts a region in the middle to begin with
    phone.get_by_role("link", name="Write a note").tap()
    phone.locator("#id_body").fill("Too dark.")
    with phone.expect_navigation():
        phone.get_by_role("button", name="Add the note").tap()
    assert Note.objects.get().anchor == {"region": [0.375, 0.375, 0.25, 0.25]}
    phone.context.close()


def test_a_region_of_a_film_is_drawn_while_it_stands_still(
    played: Cast, reviewer: Page, live_server: Any
) -> None:
    version = add_asset(
        actor=played.actor("contributor"),
        item=new_item(played),
        file=ContentFile(making.film("webm", ("vp8", None)), name="a.webm"),
        rationale="Why",
    )
    cycle = start(played, version)
    reviewer.goto(f"{live_server.url}/p/ATLAS/reviews/{cycle.pk}/")
    viewer = reviewer.locator("[data-viewer]")
    box = reviewer.locator("video").bounding_box()
    assert box is not None
    assert box["width"] / box["height"] == pytest.approx(160 / 90, rel=0.02), "no bars beside it"
    reviewer.keyboard.press("g")
    reviewer.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.5)
    reviewer.mouse.down()
    reviewer.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.75, steps=4)
    reviewer.mouse.up()
    assert reviewer.locator("video").evaluate("film => film.paused"), "drawing plays nothing"
    place = json.loads(viewer.get_attribute("data-place") or "{}")
    assert place["region"] == pytest.approx([0.25, 0.5, 0.25, 0.25], abs=0.02)
    reviewer.keyboard.press("Shift+T")
    reviewer.keyboard.type("oo dark here.")
    with reviewer.expect_navigation():
        reviewer.keyboard.press("Control+Enter")
    assert Note.objects.get().anchor == place
    assert reviewer.locator(".sheet .place-mark").count() == 1, "its mark is on the frame"
    reviewer.locator("video").click()
    reviewer.wait_for_function("!document.querySelector('.sheet .place-mark')")


def test_a_guest_in_a_real_browser(played: Cast, browser: Browser, live_server: Any) -> None:
    """Asked for the password, sees the one review, remarks at a line; after the expiry nothing."""
    one = start(played, new_version(played, "The gate is closed.\nThen we take the stairs.\n"))
    two = start(played, new_version(played, "Another film."))
    made = guests.invite(
        actor=played.actor("owner"),
        cycle=one,
        name="Ruth",
        password="quiet harbour",
        may_comment=True,
    )
    path = urlsplit(made.url).path
    guest = on_a_phone(browser, live_server.url)
    complaints = said_by(guest)
    guest.goto(path)
    expect(guest.locator("body")).not_to_contain_text("The gate is closed.")
    guest.get_by_label("Password").fill("quiet harbour")
    with guest.expect_navigation():
        guest.get_by_role("button", name="Open").tap()
    expect(guest.locator("#line-2")).to_contain_text("Then we take the stairs.")
    assert Axe().run(guest).violations_count == 0
    assert guest.evaluate("document.documentElement.scrollWidth") <= 390
    guest.locator("#line-2 > a").tap()
    expect(guest.locator("[data-place-label]")).to_have_text("Line 2")
    guest.locator("#id_body").fill("Which stairs?")
    with guest.expect_navigation():
        guest.get_by_role("button", name="Send it").tap()
    remark = Note.objects.get()
    assert (remark.body, remark.anchor, remark.guest) == ("Which stairs?", {"line": 2}, made.link)
    guest.locator(f"#note-{remark.pk} [data-go]").tap()
    expect(guest.locator("#line-2")).to_have_class(re.compile("is-chosen"))
    links = guest.evaluate("[...document.querySelectorAll('a[href]')].map(each => each.pathname)")
    assert {each for each in links if not each.startswith(path)} == set()
    assert complaints == []
    for address in (f"/p/ATLAS/reviews/{one.pk}/", f"/p/ATLAS/reviews/{two.pk}/"):
        guest.goto(address)
        expect(guest).to_have_url(re.compile("/sign-in/"))
    GuestLink.objects.filter(pk=made.link.pk).update(expires_at=timezone.now())
    for part in ("", "content/"):
        guest.goto(path + part)
        expect(guest.locator("body")).to_contain_text("This link has ended")
        expect(guest.locator("body")).not_to_contain_text("The gate is closed.")
    guest.context.close()
