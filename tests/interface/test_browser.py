"""What the script and the styles do, in a browser, on pages made of the real components."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from tests.interface.stage import Stage

QUEUES = [
    ("hotfix", "Hotfix"),
    ("stability", "Stability"),
    ("enhancement", "Enhancement"),
    ("strategic_bet", "Strategic bet"),
]
BANDS = [("act_now", "Act now"), ("next", "Next"), ("later", "Later")]


def row(number: int, **more: Any) -> dict[str, Any]:
    queue, queue_label = QUEUES[number % 4]
    band, band_label = BANDS[number % 3]
    key = f"ATLAS-{number}"
    return {
        "key": key, "url": f"/items/{key}", "panel_url": f"/items/{key}/panel", "title": f"Piece of work {number}",
        "rank": number, "queue": queue, "queue_label": queue_label, "band": band, "band_label": band_label,
        "priority": 60.0 - number, "state": "accepted", "state_label": "Accepted", "effort": number, "due_at": None,
        "owner": "Mara Quill" if number % 2 else None, "labels": ["player"], "urgent": number == 1, "closed": False,
        **more,
    }  # fmt: skip


@pytest.fixture
def stage(page: Page) -> Stage:
    made = Stage(page)
    rows = [row(number) for number in range(1, 7)]
    made.put("/list", "list.html", rows=rows, palette_url="/palette", search_url="/search")
    for each in rows:
        made.put(each["panel_url"], "panel.html", title=each["title"])
    columns = [
        {"key": key, "state": key, "label": label, "total": 2, "limit": None, "over": False, "move_url": "/move",
         "cards": [row(n, state=key) for n in numbers]}
        for key, label, numbers in (("accepted", "Accepted", (1, 2)), ("in_progress", "In progress", (3, 4)))
    ]  # fmt: skip
    made.put("/board", "board.html", columns=columns)
    made.answer("/move", status=204)
    return made


def focused_row(page: Page) -> str | None:
    found: str | None = page.evaluate("document.activeElement.closest('[data-row]')?.id ?? null")
    return found


def test_a_list_is_walked_ticked_and_opened_by_keyboard(stage: Stage) -> None:
    page = stage.open("/list")
    for key in "jjjk":
        page.keyboard.press(key)
    assert focused_row(page) == "row-ATLAS-2"
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+X")
    expect(page.locator("[data-select]:checked")).to_have_count(3)
    expect(page.locator("[data-selected-count]")).to_have_text("3")
    expect(page.locator("#status")).to_have_text("3 selected")
    page.keyboard.press("Escape")
    expect(page.locator("[data-select]:checked")).to_have_count(0)
    expect(page.locator(".bulkbar")).to_be_hidden()

    page.keyboard.press("Enter")
    expect(page.locator("#side-panel h2")).to_have_text("Piece of work 4")
    expect(page.locator("#side-panel h2")).to_be_focused()
    assert page.url.endswith("?item=ATLAS-4")
    expect(page.locator("#row-ATLAS-4")).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#side-panel")).to_be_empty()
    assert "item=" not in page.url
    assert focused_row(page) == "row-ATLAS-4"
    assert stage.complaints == []


def test_the_open_panel_follows_the_keyboard(stage: Stage) -> None:
    page = stage.open("/list")
    page.locator("#row-ATLAS-1 a").click()
    expect(page.locator("#side-panel h2")).to_have_text("Piece of work 1")
    page.keyboard.press("j")
    expect(page.locator("#side-panel h2")).to_have_text("Piece of work 2")


def test_an_item_that_cannot_be_had_leaves_list_and_address_alone(stage: Stage) -> None:
    stage.answer("/items/ATLAS-1/panel", status=500, body="")
    page = stage.open("/list")
    page.locator("#row-ATLAS-1 a").click()
    expect(page.locator(".toast")).to_contain_text("Nothing was lost")
    assert "item=" not in page.url
    expect(page.locator("[aria-current=true][data-row]")).to_have_count(0)


def test_keys_are_left_alone_where_somebody_types_or_has_switched_them_off(stage: Stage) -> None:
    page = stage.open("/list")
    page.keyboard.press("/")
    page.keyboard.type("jx?c")
    expect(page.locator("input[name=q]")).to_have_value("jx?c")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    help_page = page.locator("#keys-help")
    expect(help_page).to_contain_text("Next row")
    expect(help_page).to_contain_text("New item")
    help_page.locator("[data-keys-switch]").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert focused_row(page) is None


def test_g_then_a_letter_goes_to_a_page(stage: Stage) -> None:
    page = stage.open("/list")
    page.keyboard.press("g")
    page.keyboard.press("o")
    expect(page.locator("h1")).to_have_text("Board")


def test_the_palette_knows_pages_actions_and_what_the_server_finds(stage: Stage) -> None:
    stage.answer(
        "/palette",
        json={
            "results": [{"label": "ATLAS-6 Bottom of the list", "hint": "Item", "url": "/board"}]
        },
    )
    page = stage.open("/list")
    page.keyboard.press("Control+k")
    options = page.locator("#palette [role=option]")
    expect(options.filter(has_text="New item")).to_have_count(1)
    page.keyboard.type("bo")
    expect(options).to_have_count(2)
    expect(options.nth(0)).to_contain_text("Board")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Board")


def test_a_card_moves_by_key_and_goes_back_when_the_move_is_refused(stage: Stage) -> None:
    page = stage.open("/board")
    page.locator("#card-ATLAS-1 a").focus()
    page.keyboard.press("Shift+>")
    expect(page.locator("[data-column=in_progress] #card-ATLAS-1 a")).to_be_focused()
    expect(page.locator("#status")).to_have_text("ATLAS-1 moved to In progress.")
    assert stage.posts == [("/move", "item=ATLAS-1&to=in_progress&before=ATLAS-3", "token")]

    stage.answer("/move", status=409, json={"detail": "Accepted is full."})
    page.keyboard.press("Shift+<")
    expect(page.locator(".toast[data-kind=error]")).to_contain_text("Accepted is full.")
    expect(page.locator("[data-column=in_progress] #card-ATLAS-1")).to_have_count(1)


def test_an_undo_is_one_key_and_carries_the_token(stage: Stage) -> None:
    stage.answer("/undo", status=204)
    page = stage.open("/list")
    page.evaluate("htmx.trigger(document.body, 'toast', {text: 'Parked.', undo: {url: '/undo'}})")
    expect(page.locator(".toast")).to_contain_text("Parked.")
    with page.expect_response("**/undo"):
        page.keyboard.press("u")
    assert stage.posts == [("/undo", "", "token")]
    expect(page.locator(".toast")).to_have_count(0)


def test_an_answer_corrects_the_numbers_in_the_rail(stage: Stage) -> None:
    stage.answer("/decide", status=204, headers={"HX-Trigger": '{"counts": {"/board": 2}}'})
    page = stage.open("/list")
    expect(page.locator(".rail .count")).to_have_text("3")
    page.evaluate("htmx.ajax('POST', '/decide', {swap: 'none'})")
    expect(page.locator(".rail .count")).to_have_text("2")


def test_without_script_lists_menus_and_the_drawer_still_work(browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    stage = Stage(context.new_page())
    stage.put(
        "/list",
        "list.html",
        rows=[row(1), row(2)],
        products=[{"name": "Atlas", "url": "/", "active": True}],
        product={"name": "Atlas"},
    )
    page = stage.open("/list")
    page.get_by_role("button", name="More").click()
    expect(page.get_by_role("navigation", name="Main, all")).to_be_visible()
    page.set_viewport_size({"width": 1300, "height": 800})
    stage.open("/list")
    page.locator("[data-select]").first.check()
    expect(page.locator(".bulkbar")).to_be_visible()
    page.locator(".rail .product summary").click()
    expect(page.locator(".rail .product .pop")).to_be_visible()
    context.close()


def everything() -> dict[str, Any]:
    """What the gallery reads: each component once or more."""
    texts = ["none", "a little", "some", "more", "much", "all"]
    now = timezone.now()
    return {
        "steps": ["File", "Columns", "Import"],
        "step": 2,
        "now": now,
        "parts": [
            {"label": "Value", "amount": 40.0, "sentence": "Much of it.", "url": "/"},
            {"label": "Effort", "amount": -10.0},
        ],
        "criterion": {"name": "Value", "field": "a", "level": 3, "texts": texts, "last": "Mara"},
        "unrated": {"name": "Pain", "field": "b", "level": None, "texts": texts},
        "entry": {"who": "Mara", "text": "parked it", "at": now, "reason": "Waits for legal."},
        "answer": {
            "question": "Are we keeping promises?",
            "text": "84 of 100 were on time.",
            "trend": [1, 2],
            "url": "/",
            "link": "16 late ones",
        },
        "tile": {"label": "Open items", "value": "214", "trend": [3, 2], "note": "6 fewer"},
        "chart": {
            "id": "flow",
            "kind": "line",
            "title": "Flow",
            "says": "Steady.",
            "open": True,
            "columns": ["Week", "Done"],
            "rows": [["W1", 3], ["W2", 4]],
            "data": {"x": ["W1", "W2"], "series": [{"name": "Done", "values": [3, 4]}]},
        },
        "heat": {
            "caption": "Open items by value and risk",
            "columns": ["risk 0–1", "1–2"],
            "rows": [
                {
                    "label": "value 4–5",
                    "cells": [{"count": 9, "level": 4, "url": "/"}, {"count": 0, "level": 0}],
                }
            ],
        },
        "progress": {
            "label": "Reading rows",
            "done": 134,
            "total": 192,
            "note": "Nothing is written yet.",
        },
        "lines": [
            {"number": 1, "html": "BUYER: I cannot.", "change": "old"},
            {"number": 2, "html": "BUYER: I want you in.", "change": "new", "noted": True},
        ],
        "order": [
            {
                "rank": 1,
                "title": "Captions",
                "url": "/",
                "priority": 40.0,
                "move": 2,
                "current": True,
            },
            {"rank": 2, "title": "Export", "url": "/", "priority": 31.0, "move": -1},
            {"rank": 3, "title": "Glossary", "url": "/", "priority": 9.0, "move": 0},
        ],
        "column": {"key": "done", "state": "done", "label": "Done", "total": 1, "cards": [row(9)]},
        "pick": {
            "url": "/",
            "title": "Version 4",
            "aside": "ab12f09c",
            "note": "softer ending",
            "current": True,
            "chips": [{"tone": "warn", "text": "legal open"}],
        },
        "states": "triage accepted in_progress in_review done parked declined".split(),
        "bands": BANDS,
        "queues": QUEUES,
        "rows": [row(number) for number in range(1, 5)],
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_every_component_is_accessible_and_fits(page: Page, theme: str, width: int) -> None:
    stage = Stage(page)
    stage.put("/gallery", "gallery.html", theme=theme, **everything())
    page.set_viewport_size({"width": width, "height": 900})
    stage.open("/gallery")
    page.locator(".chart-area.is-drawn svg").wait_for()
    violations = Axe().run(page).response["violations"]
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
    assert stage.complaints == []
