"""The content of assets in a real browser: pointing, comparing, writing, sending in slices; and what must not run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as live
from django.core.files.base import ContentFile
from playwright.sync_api import Error, Page, Route, expect

from assets.models import Claim, Upload, Version
from assets.services.assets import add_asset
from assets.services.versions import upload_version
from tests.assets import files, making
from tests.assets.files import new_item
from tests.cast import Cast, build

SCRIPT = b"INT. WARD - DAY\n\nMARA\nIt takes nine minutes.\n\nNURSE\nNobody waits here.\n"


class Desk:
    """A browser in which the contributor is signed in, and the assets that are looked at."""

    def __init__(self, cast: Cast, page: Page, url: str) -> None:
        self.cast, self.page, self.url = cast, page, url
        self.complaints: list[str] = []
        cookie = cast.client("contributor").cookies[live.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": live.SESSION_COOKIE_NAME, "value": cookie, "url": url}])
        page.on("console", lambda one: self.hear(one.type, one.text))
        page.on("pageerror", lambda error: self.hear("error", str(error)))

    def hear(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def add(self, *contents: bytes, name: str) -> Version:
        """An asset with these versions; the last one."""
        actor = self.cast.actor("contributor")
        version = add_asset(
            actor=actor,
            item=new_item(self.cast),
            file=ContentFile(contents[0], name=name),
            rationale="First.",
        )
        for content in contents[1:]:
            version = upload_version(
                actor=actor,
                asset=version.asset,
                file=ContentFile(content, name=name),
                rationale="Next.",
            )
        return version

    def open(self, version: Version, rest: str = "") -> Page:
        self.page.goto(f"{self.url}/p/ATLAS/assets/{version.asset_id}/{rest}")
        return self.page

    def place(self) -> Any:
        return json.loads(self.page.locator("[data-viewer]").get_attribute("data-place") or "{}")

    def go(self, anchor: dict[str, Any]) -> None:
        self.page.evaluate(
            "anchor => document.querySelector('[data-viewer]')"
            ".dispatchEvent(new CustomEvent('viewer:go', {detail: {anchor}}))",
            anchor,
        )

    def mark(self, anchor: dict[str, Any]) -> None:
        """Paint a mark; what is clicked is written on the page's root."""
        self.page.evaluate(
            """anchor => {
              const viewer = document.querySelector('[data-viewer]');
              viewer.dispatchEvent(new CustomEvent('viewer:marks',
                {detail: {marks: [{id: 7, anchor, label: 'A note', tone: 'bad'}]}}));
              document.addEventListener('viewer:mark',
                (event) => { document.documentElement.dataset.clicked = event.detail.id; });
            }""",
            anchor,
        )

    def clicked(self) -> str | None:
        return self.page.locator("html").get_attribute("data-clicked")


@pytest.fixture
def desk(transactional_db: None, page: Page, live_server: Any) -> Iterator[Desk]:
    made = Desk(build(), page, live_server.url)
    yield made
    assert made.complaints == []


def test_lines_are_chosen_and_marked(desk: Desk) -> None:
    page = desk.open(desk.add(SCRIPT, name="a.fountain"))
    page.click("#line-4 > a")
    assert desk.place() == {"line": 4}
    page.click("#line-6 > a", modifiers=["Shift"])
    assert desk.place() == {"line": 4, "end_line": 6}
    page.focus(".lines")
    page.keyboard.press("ArrowUp")
    assert desk.place() == {"line": 5}
    page.keyboard.press("Shift+ArrowUp")
    assert desk.place() == {"line": 4, "end_line": 5}
    page.keyboard.press("Escape")
    assert desk.place() == {}
    desk.go({"line": 2, "end_line": 3})
    assert desk.place() == {"line": 2, "end_line": 3}
    desk.mark({"line": 7})
    words, mark = (
        page.locator(f"#line-7 > {each}").first.bounding_box() for each in ("span", ".place-mark")
    )
    assert words
    assert mark
    assert mark["x"] >= words["x"] + words["width"], "marks stand behind the words"
    page.click("#line-7 .place-mark")
    assert desk.clicked() == "7"
    assert desk.place() == {"line": 7}
    assert Axe().run(page).response["violations"] == []


def test_words_that_are_selected_become_a_claim(desk: Desk) -> None:
    page = desk.open(desk.add("é 🙂 It takes nine minutes.\n".encode(), name="a.txt"))
    page.evaluate(
        """() => {
          const words = document.querySelector('#line-1 > span').firstChild;
          const at = words.textContent.indexOf('It takes');
          getSelection().setBaseAndExtent(words, at, words, words.textContent.length);
        }"""
    )
    expect(page.locator("[data-claim-words]")).to_have_text("Line 1")
    page.click("[data-claim-adder] summary")
    page.fill("#claim_source", "Measured in May")
    with page.expect_navigation():
        page.click("[data-claim-form] button")
    assert Claim.objects.get().text == "It takes nine minutes."


def test_a_region_by_mouse_and_by_keys(desk: Desk) -> None:
    page = desk.open(desk.add(files.image("PNG", (400, 200)), name="a.png"))
    box = page.locator("[data-sheet] img").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.9, steps=4)
    page.mouse.up()
    assert desk.place()["region"] == pytest.approx([0.25, 0.5, 0.5, 0.4], abs=0.01)
    page.click('[data-do="clear"]')
    assert desk.place() == {}
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    assert desk.place()["region"] == pytest.approx([0.385, 0.375, 0.25, 0.26])
    page.keyboard.press("Escape")
    assert desk.place() == {}
    page.click('[data-do="larger"]')
    page.click('[data-do="larger"]')
    assert page.locator("[data-sheet] img").bounding_box()["width"] > box["width"] * 1.4  # type: ignore[index]
    desk.mark({"region": [0.1, 0.1, 0.2, 0.2]})
    page.click(".place-mark")
    assert desk.clicked() == "7"
    assert desk.place()["region"] == [0.1, 0.1, 0.2, 0.2]
    assert Axe().run(page).response["violations"] == []


def test_a_finger_draws_when_the_tool_is_on(desk: Desk, browser: Any) -> None:
    """A touch that moves draws only then, else it scrolls."""
    version = desk.add(files.image("PNG", (300, 300)), name="a.png")
    page = desk.open(version)
    page.set_viewport_size({"width": 390, "height": 800})

    def swipe() -> None:
        page.evaluate(
            """() => {
              const image = document.querySelector('[data-sheet] img');
              const box = image.getBoundingClientRect();
              const send = (target, type, share) => target.dispatchEvent(new PointerEvent(type, {
                bubbles: true, pointerType: 'touch', button: 0, pointerId: 5,
                clientX: box.left + box.width * share, clientY: box.top + box.height * share}));
              send(image, 'pointerdown', 0.2); send(image, 'pointermove', 0.6); send(image, 'pointerup', 0.6);
            }"""
        )

    swipe()
    assert desk.place() == {}
    page.click('[data-do="draw"]')
    swipe()
    assert desk.place()["region"] == pytest.approx([0.2, 0.2, 0.4, 0.4], abs=0.01)


def test_pages_are_walked(desk: Desk) -> None:
    page = desk.open(desk.add(making.pdf(pages=3), name="a.pdf"))
    assert desk.place() == {"page": 1}
    page.keyboard.press("PageDown")
    assert desk.place() == {"page": 2}
    expect(page.locator('[data-page="2"]')).to_be_visible()
    expect(page.locator('[data-page="1"]')).to_be_hidden()
    page.fill("[data-page-number]", "3")
    page.keyboard.press("Enter")
    assert desk.place() == {"page": 3}
    desk.go({"page": 1, "region": [0.1, 0.2, 0.3, 0.1]})
    assert desk.place() == {"page": 1, "region": [0.1, 0.2, 0.3, 0.1]}
    assert Axe().run(page).response["violations"] == []


@pytest.mark.parametrize(
    ("content", "name"),
    [(making.film("webm", ("libvpx", "libopus")), "a.webm"), (making.tone(seconds=2), "a.wav")],
    ids=["film", "sound"],
)
def test_a_player_is_led_by_keys(desk: Desk, content: bytes, name: str) -> None:
    page = desk.open(desk.add(content, name=name))
    expect(page.locator("[data-clock]")).to_have_text(re.compile(r"^0:00 / 0:0[12]"))
    page.locator("h1").click()
    page.keyboard.press("[")
    page.focus("[data-track]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("]")
    assert desk.place() == {"second": 0, "end_second": pytest.approx(1, abs=0.05)}
    page.click('[data-do="clear"]')
    if name.endswith("webm"):
        page.locator("h1").click()
        page.keyboard.press(",")
        expect(page.locator("[data-clock]")).to_have_text(re.compile(r"^0:00\.9"))
    desk.mark({"second": 0.5})
    page.click(".place-mark")
    assert desk.clicked() == "7"
    assert desk.place()["second"] == pytest.approx(0.5, abs=0.05)
    painted = page.evaluate(
        """() => {
          const canvas = document.querySelector('[data-wave]');
          const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
          let count = 0; for (let at = 3; at < data.length; at += 4) if (data[at]) count += 1;
          return count;
        }"""
    )
    assert painted > 500
    assert Axe().run(page).response["violations"] == []


def test_texts_are_compared_by_keys(desk: Desk) -> None:
    lines = [f"Line {at}." for at in range(60)]
    new = [f"{line}!" if at in (5, 50) else line for at, line in enumerate(lines)]
    version = desk.add("\n".join(lines).encode(), "\n".join(new).encode(), name="a.txt")
    page = desk.open(version, "compare/1/2/")
    page.keyboard.press("n")
    expect(page.locator(".is-here .new")).to_have_text("Line 5.!")
    page.keyboard.press("n")
    expect(page.locator(".is-here .new")).to_have_text("Line 50.!")
    page.keyboard.press("p")
    expect(page.locator(".is-here .new")).to_have_text("Line 5.!")
    assert Axe().run(page).response["violations"] == []


def test_pictures_are_compared_in_four_ways(desk: Desk) -> None:
    import io

    from PIL import Image

    target = io.BytesIO()
    image = Image.new("RGB", (100, 100), "teal")
    image.paste("white", (0, 0, 50, 50))
    image.save(target, "PNG")
    version = desk.add(files.image("PNG", (100, 100)), target.getvalue(), name="a.png")
    page = desk.open(version, "compare/1/2/")
    page.keyboard.press("4")
    expect(page.locator("[data-difference-said]")).to_have_text("25.0% of the picture differs.")
    page.keyboard.press("2")
    page.locator("[data-slider] input").fill("30")
    clip = "img => getComputedStyle(img).clipPath"
    assert page.locator(".pair img").nth(1).evaluate(clip) == "inset(0px 0px 0px 30%)"
    page.keyboard.press("Escape")
    page.keyboard.press("3")
    assert (
        page.locator(".pair img").nth(1).evaluate("img => getComputedStyle(img).opacity") == "0.3"
    )
    page.keyboard.press("1")
    assert page.locator(".pair img").nth(1).evaluate("img => getComputedStyle(img).opacity") == "1"
    assert Axe().run(page).response["violations"] == []


def test_what_was_typed_survives_a_reload(desk: Desk) -> None:
    version = desk.add(SCRIPT, name="a.fountain")
    page = desk.open(version, "write/")
    page.fill("#id_text", "INT. LAB - DAY\n\nQuiet.")
    expect(page.locator("#preview .is-scene")).to_have_text(re.compile("INT. LAB"))
    expect(page.locator("[data-writing-said]")).to_have_text(
        "What you typed is kept in this browser."
    )
    page.reload()
    page.click("text=Take it")
    assert page.input_value("#id_text") == "INT. LAB - DAY\n\nQuiet."
    page.fill("#id_rationale", "Shorter.")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    assert Version.objects.get(number=2).written_here
    desk.open(version, "write/")
    expect(page.locator("text=Take it")).to_have_count(0)


def test_a_large_file_goes_on_after_a_break_and_a_reload(desk: Desk, tmp_path: Path) -> None:
    version = desk.add(SCRIPT, name="a.fountain")
    large = tmp_path / "long.txt"
    large.write_bytes(b"A line of the transcript.\n" * 800_000)  # 20.8 MB: three slices
    page = desk.open(version, "upload/")
    sent: list[str] = []

    def cut(route: Route) -> None:
        if route.request.method == "PATCH":
            sent.append(route.request.url)
            if len(sent) == 2:
                route.abort()
                return
        route.continue_()

    page.route("**/api/v1/uploads/**", cut)
    page.set_input_files("#id_file", large)
    page.fill("#id_rationale", "The transcript.")
    page.click("form[data-slices] button.btn-primary")
    expect(page.locator("[data-slices-said]")).to_contain_text("nothing was lost")
    assert Upload.objects.get().received == 8 << 20
    desk.complaints.clear()  # the connection that was cut
    page.unroute("**/api/v1/uploads/**")
    desk.open(version, "upload/")
    page.set_input_files("#id_file", large)
    expect(page.locator("[data-slices-said]")).to_contain_text("has arrived already")
    assert page.input_value("#id_rationale") == "The transcript."
    page.click("form[data-slices] button.btn-primary")
    page.wait_for_url("**/2/", timeout=30_000)
    made = Version.objects.get(number=2)
    assert made.size == large.stat().st_size
    assert Upload.objects.get().state == "done"
    desk.complaints.clear()


HARMFUL = {
    "a drawing with a script": (files.SVG, "a.svg"),
    "a page": (files.HTML, "a.html"),
    "a page that is called a picture": (files.HTML, "a.png"),
    "a stylesheet that transforms": (files.XSLT, "a.xml"),
    "a script that is called text": (files.SCRIPT, "a.txt"),
    "a picture that is also a script": (files.gif_polyglot(), "a.gif"),
    "a document with a script": (files.PDF, "a.pdf"),
    "a script in Markdown": (b"<script>alert(1)</script>\n[x](javascript:alert(1))\n", "a.md"),
    "a script in a screenplay": (b"INT. <img src=x onerror=alert(1)>\n\n<svg onload=alert(1)>\n", "a.fountain"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(HARMFUL))
def test_nothing_that_comes_in_runs(desk: Desk, name: str) -> None:
    """On its page, opened by itself, framed, and as the source of a script."""
    content, file_name = HARMFUL[name]
    version = desk.add(content, name=file_name)
    asked: list[str] = []
    page = desk.page
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    desk.open(version)
    base = f"{desk.url}/p/ATLAS/assets/{version.asset_id}/1/"
    page.evaluate(
        """async (base) => {
          for (const end of ['view/', 'download/', 'preview/thumb/1/']) {
            const script = Object.assign(document.createElement('script'), {src: base + end});
            const frame = Object.assign(document.createElement('iframe'), {src: base + end});
            const done = new Promise((go) => { script.onload = script.onerror = go; });
            document.body.append(script, frame);
            await done;
          }
        }""",
        base,
    )
    for end in ("view/", "download/"):
        with suppress(Error):  # a download is no page
            page.goto(base + end)
            page.wait_for_load_state()
    assert asked == []
    desk.complaints.clear()  # what the policy refused
