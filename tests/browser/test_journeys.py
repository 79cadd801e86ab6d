"""Longer ways: a file becomes a ranked list, a review becomes a verdict, figures become pictures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Room, Somebody
from tests.browser.served import Server
from tests.shared_data import shared

OWN = """Issue key,Issue id,Issue Type,Status,Priority,Summary,Description,Created,Updated
DOCK-1,1001,Bug,To Do,High,Sound is missing on tablets,No sound at all,01/May/26 9:00 AM,02/May/26 9:00 AM
DOCK-2,1002,Story,In Progress,Medium,Resume a scene,Where it stopped,01/May/26 9:05 AM,03/May/26 9:00 AM
DOCK-3,1003,Task,Done,Low,Replace the old logo,Everywhere,01/May/26 9:10 AM,04/May/26 9:00 AM
"""


def import_file(room: Room, file: Path) -> Page:
    """From the empty backlog to the page that says the items are here; the worker's part is done by a sweep."""
    page = room.open("imports/")
    page.locator("main").get_by_role("link", name="Choose a file").click()
    page.locator("input[type=file]").set_input_files(file)
    with page.expect_navigation():
        page.get_by_role("button", name="Look at it").click()
    room.server.sweep()
    expect(page.get_by_role("button", name="Rehearse")).to_be_visible(timeout=15_000)
    page.wait_for_load_state()
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    room.server.sweep()
    expect(page.get_by_role("button", name=re.compile("^Import "))).to_be_visible(timeout=15_000)
    return page


def test_a_file_becomes_items_and_can_be_taken_back(room: Room, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text(OWN)
    page = import_file(room, file)
    expect(page.locator("main")).to_contain_text("3 new items")
    assert room.api.get("items/", product=room.key)["results"] == []
    with page.expect_navigation():
        page.get_by_role("button", name="Import 3 items").click()
    room.server.sweep()
    expect(page.locator("main")).to_contain_text("The items are here.", timeout=15_000)
    titles = {each["title"] for each in room.api.get("items/", product=room.key)["results"]}
    assert {"Sound is missing on tablets", "Resume a scene"} <= titles

    page.get_by_role("link", name="Take it back").click()
    with page.expect_navigation():
        page.get_by_role("button", name=re.compile("Take")).click()
    room.server.sweep()
    expect(page.locator("main")).to_contain_text("3 items were taken away", timeout=15_000)
    assert room.api.get("items/", product=room.key)["results"] == []


def test_who_may_not_park_asks_and_who_may_agrees(room: Room) -> None:
    key = room.api.add(room.key, "Scene with the crane", queue="enhancement")
    cora = room.somebody("cora", expected="status of 403")
    cora.goto(f"/items/{key}/state/?state=parked")
    cora.get_by_label("Reason").fill("The crane is away.")
    with cora.expect_navigation():
        cora.keyboard.press("Control+Enter")
    expect(cora.locator("main")).to_contain_text("you may not park accepted items")
    with cora.expect_navigation():
        cora.get_by_role("button", name="Ask for it").click()
    expect(cora.locator("h1")).to_contain_text(f"Ask to park {key}")
    expect(cora.get_by_label("Why")).to_have_value("The crane is away.")
    with cora.expect_navigation():
        cora.keyboard.press("Control+Enter")
    assert room.item(key)["state"] == "accepted"

    olu = room.somebody("olu")
    olu.goto(f"/p/{room.key}/work/")
    expect(olu.locator("#requests")).to_contain_text("The crane is away.")
    with olu.expect_navigation():
        olu.get_by_role("button", name="Do it").click()
    assert room.item(key)["state"] == "parked"
    cora.goto(f"/p/{room.key}/work/")
    expect(cora.locator("#requests")).to_contain_text("Carried out")


@pytest.mark.slow
def test_a_real_export_is_a_ranked_list_at_the_end(room: Room) -> None:
    page = import_file(room, shared("jira", "cloud_nautilus_wallet_192.csv"))
    with page.expect_navigation():
        page.get_by_role("button", name="Import 192 items").click()
    room.server.sweep()
    expect(page.locator("main")).to_contain_text("The items are here.", timeout=30_000)
    page.get_by_role("link", name="Go to the backlog").click()
    expect(page.locator("#item-rows [data-row]").first).to_be_visible()


def test_a_review_is_decided_in_three_keys(server: Server, room: Room, somebody: Somebody) -> None:
    """Open the review that waits, A, Enter: approved by the person whose stage it is."""
    page = somebody("olu")
    cycle = server.seed["show"]["cycle"]
    page.goto("/p/SHOW/reviews/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/p/SHOW/reviews/{cycle}/")  # loaded: only then do its keys work
    page.keyboard.press("a")
    expect(page.get_by_role("dialog")).to_contain_text("sha256")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("You approved version 1")
    asked = server.api("olu").get(f"reviews/{cycle}/")["stages"]
    made = [row["reviewer"] for stage in asked for row in stage["decisions"]]
    assert made == ["olu@example.org"]


def test_charts_are_drawn_and_say_the_same_in_a_table(server: Server, somebody: Somebody) -> None:
    page = somebody("olu", width=1440)
    page.goto("/p/SHOW/insights/")
    charts = page.locator("figure.chart:has(.chart-area)")
    expect(charts.first.locator(".chart-area svg")).to_be_visible()
    rows = 0
    for chart in charts.all():
        chart.scroll_into_view_if_needed()
        expect(chart.locator(".chart-area svg")).to_have_count(1)
        expect(chart.locator("table")).to_have_count(1)
        rows += chart.locator("table tbody tr").count()
    assert rows > 5
