"""Triage by the keyboard alone, and two people at once."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Room

SUBJECTS = (
    "Captions of the crane film run ahead of the voice",
    "The login page forgets the language",
    "Learners cannot find the second module",
    "A glossary for new deck officers",
    "Practice with a virtual mooring winch",
    "Colours of the exit signs are hard to tell apart",
    "Certificates show yesterday's date",
    "Reports should group people by terminal",
    "An old logo appears in the safety induction",
    "Offline copies of the pilot's handbook",
    "The quiz accepts an empty answer",
    "Voices in Portuguese for the gate staff",
)


class Triage:
    """The page as hands know it: keys, counted, and where the focus is after each."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.keys = 0

    @property
    def key(self) -> str:
        return self.page.locator(".triage-item .key").first.inner_text()

    def press(self, *keys: str) -> None:
        for each in keys:
            self.page.keyboard.press(each)
            self.keys += 1

    def arrives(self, key: str) -> None:
        """The item is on the page, and the focus with it."""
        expect(self.page.locator(".triage-item .key").first).to_have_text(key)
        self.keeps_focus()

    def keeps_focus(self) -> None:
        focused = self.page.locator("#triage :focus")
        expect(focused).to_have_count(1)

    def says(self, text: str) -> None:
        expect(self.page.locator(".toast").last).to_contain_text(text)

    def waits(self, count: int) -> None:
        shown = self.page.locator(".rail a[href$='/triage/'] .count")
        expect(shown).to_have_text([str(count)] if count else [])


def test_twelve_items_are_decided_by_keys_alone(room: Room) -> None:
    keys = [room.api.add(room.key, title) for title in SUBJECTS]
    original = room.api.add(room.key, "The quiz accepts answers that are empty", queue="stability")
    room.api.edit(keys[4], effort=13)
    page = room.open("triage/")
    desk = Triage(page)
    order = [
        each.split("item=")[1]
        for each in page.locator(".triage-inbox a").evaluate_all("all => all.map(a => a.href)")
    ]
    assert sorted(order) == sorted(keys)
    assert order == keys, "the oldest waits first"
    desk.waits(12)

    # Hotfix: 1 asks and shows what follows, 1 again accepts.
    desk.press("1")
    asked = page.locator("fieldset.box")
    expect(asked).to_contain_text("Deadline")
    expect(asked).to_contain_text("bets hold")
    expect(asked.get_by_label("Severity")).to_be_visible()
    expect(asked.get_by_label("Owner")).to_be_visible()
    expect(page.get_by_role("button", name="Accept as hotfix")).to_be_focused()
    assert room.item(keys[0])["state"] == "triage"
    desk.press("1")
    desk.arrives(keys[1])
    desk.says(f"{keys[0]} is accepted: hotfix, due ")
    hotfix = room.item(keys[0])
    assert (hotfix["queue"], hotfix["state"], hotfix["owner"]) == (
        "hotfix",
        "accepted",
        "ada@example.org",
    )
    assert hotfix["severity"] == 2
    assert hotfix["due_at"]
    desk.waits(11)
    assert desk.keys == 2

    # Four ordinary ones: a key each.
    for key, press, queue in zip(
        keys[1:5], "2342", ("stability", "enhancement", "strategic_bet", "stability"), strict=True
    ):
        before = desk.keys
        desk.arrives(key)
        desk.press(press)
        desk.says(f"{key} is accepted")
        assert desk.keys - before == 1
        done = room.item(key)
        assert (done["queue"], done["state"]) == (queue, "accepted")
    desk.waits(7)

    # Undo: the item comes back, the focus with it; then it is decided again.
    desk.arrives(keys[5])
    desk.press("u")
    desk.arrives(keys[4])
    assert room.item(keys[4])["state"] == "triage"
    desk.waits(8)
    desk.press("4")
    desk.arrives(keys[5])

    # Decline with a reason; park, with the day that is proposed.
    desk.press("d")
    expect(page.get_by_label("Why, for whoever asked")).to_be_focused()
    page.keyboard.type("The signs are painted to the norm; we may not choose.")
    desk.press("Control+Enter")
    desk.arrives(keys[6])
    declined = room.item(keys[5])
    assert (declined["state"], declined["state_reason"]) == (
        "declined",
        "The signs are painted to the norm; we may not choose.",
    )
    desk.press("h")
    expect(page.get_by_label("It comes back to triage on")).to_be_focused()
    desk.press("Control+Enter")
    desk.arrives(keys[7])
    parked = room.item(keys[6])
    assert parked["state"] == "parked"
    assert date.fromisoformat(parked["parked_until"]) > date.today()

    # Esc leaves the question and keeps the item.
    desk.press("h")
    expect(page.get_by_label("It comes back to triage on")).to_be_focused()
    desk.press("Escape", "Escape")
    expect(page.get_by_label("It comes back to triage on")).to_have_count(0)
    desk.arrives(keys[7])
    assert room.item(keys[7])["state"] == "triage"

    for key, press in zip(keys[7:10], "323", strict=True):
        desk.arrives(key)
        desk.press(press)
    desk.arrives(keys[10])

    # Merge with the one alike.
    expect(page.get_by_role("region", name="Items alike")).to_contain_text(original)
    desk.press("m")
    desk.arrives(keys[11])
    merged = room.item(keys[10])
    assert merged["state"] == "declined"
    assert original in merged["state_reason"]
    desk.waits(1)

    # The last one; then the inbox is empty and says so, and undo is still one key away.
    desk.press("3")
    expect(page.get_by_role("heading", name="Nothing waits")).to_be_visible()
    desk.keeps_focus()
    desk.waits(0)
    desk.press("u")
    desk.arrives(keys[11])
    desk.waits(1)


def test_what_happened_is_read_aloud(room: Room) -> None:
    first, second = (room.api.add(room.key, title) for title in SUBJECTS[:2])
    page = room.open("triage/")
    page.keyboard.press("2")
    expect(page.locator("#status")).to_contain_text(re.compile(f"{first} is accepted|1 waits"))
    expect(page.locator(".triage-item .item-title")).to_be_focused()
    assert second in page.locator(".triage-item").inner_text()


def test_a_decision_on_what_somebody_else_decided_is_a_sentence(room: Room) -> None:
    first, second = (room.api.add(room.key, title) for title in SUBJECTS[:2])
    page = room.open("triage/")
    other = room.somebody("olu", expected="409")
    other.goto(f"/p/{room.key}/triage/")
    expect(other.locator(".triage-item .item-title")).to_have_text(SUBJECTS[0])
    page.keyboard.press("2")
    expect(page.locator(".triage-item .item-title")).to_have_text(SUBJECTS[1])

    other.keyboard.press("4")
    expect(other.locator(".toast, [role=alert]").first).to_contain_text(f"{first}")
    said = other.locator(".toast, [role=alert]").first.inner_text()
    assert "triaged already" in said or "changed" in said, said
    assert room.item(first)["queue"] == "stability"
    assert room.item(second)["state"] == "triage"


@pytest.mark.parametrize("name", ["vera"])
def test_a_viewer_sees_what_waits_and_has_no_keys(room: Room, name: str) -> None:
    key = room.api.add(room.key, SUBJECTS[0])
    page = room.somebody(name)
    page.goto(f"/p/{room.key}/triage/")
    expect(page.locator(".triage-item")).to_contain_text("Deciding takes the right to triage")
    page.keyboard.press("2")
    page.keyboard.press("m")
    expect(page.locator(".toast")).to_have_count(0)
    assert room.item(key)["state"] == "triage"
