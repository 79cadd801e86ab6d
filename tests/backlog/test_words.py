"""New words come into being with the write that uses them, or not at all."""

from collections.abc import Callable
from typing import Any

import pytest

from backlog.models import Channel, Cycle, Item, Label, Program, Segment
from backlog.services import items
from tests.backlog.making import accepted, again, ask, make
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("sound")

MODELS = (Label, Segment, Program, Channel, Cycle)
NEW = {
    "labels": ["new-label"],
    "segments": ["new-segment"],
    "program": "new-program",
    "channel": "new-channel",
    "cycle": "new-cycle",
}
TYPED = {**NEW, "labels": "new-label", "segments": "new-segment"}


def words() -> list[str]:
    return sorted(name for model in MODELS for name in model.objects.values_list("name", flat=True))


def stale(cast: Cast) -> Item:
    item = make(cast)
    items.edit_item(
        actor=cast.actor("owner"), item=item, values={"title": "Meanwhile"}, version=None
    )
    return again(item)


def stale_in_the_api(cast: Cast) -> Any:
    return ask(cast, "owner", "PATCH", f"items/{stale(cast).key}/", NEW, version=1)


def stale_on_the_page(cast: Cast) -> Any:
    item = stale(cast)
    data = {"title": "Mine", "kind": "task", "version": 1, **TYPED}
    return cast.client("owner").post(f"/items/{item.key}/edit/", data)


def effort_out_of_range(cast: Cast) -> Any:
    body = {"product": "ATLAS", "title": "New", "effort": 1e9, **NEW}
    return ask(cast, "owner", "POST", "items/", body)


def title_of_blanks(cast: Cast) -> Any:
    return cast.client("owner").post("/p/ATLAS/items/new/", {"title": " ", "kind": "task", **TYPED})


def hotfix_without_owner(cast: Cast) -> Any:
    body = {"queue": "hotfix", "severity": 1, "segments": NEW["segments"]}
    return ask(cast, "owner", "POST", f"items/{make(cast).key}/accept/", body, version=1)


def hotfix_in_triage(cast: Cast) -> Any:
    item = stale(cast)
    data = {
        "item": item.key,
        "decision": "hotfix",
        "confirm": "hotfix",
        "severity": 1,
        "segment": "new-segment",
        "owner": cast.people["owner"].pk,
        "version": 1,
    }
    return cast.client("owner").post("/p/ATLAS/triage/decide/", data)


@pytest.mark.parametrize(
    "act",
    [
        stale_in_the_api,
        stale_on_the_page,
        effort_out_of_range,
        title_of_blanks,
        hotfix_without_owner,
        hotfix_in_triage,
    ],
)
def test_a_refused_write_leaves_no_word(cast: Cast, act: Callable[[Cast], Any]) -> None:
    answer = act(cast)
    assert answer.status_code in (400, 409, 422), answer.content
    assert words() == []


def test_bulk_keeps_a_new_label_only_when_it_is_carried_out(cast: Cast) -> None:
    one, two = accepted(cast), accepted(cast)
    body = {"keys": [one.key, two.key], "add_labels": ["new-label"], "preview": True}
    assert ask(cast, "owner", "POST", "items/bulk/", body).status_code == 200
    assert words() == []
    body["preview"] = False
    assert ask(cast, "owner", "POST", "items/bulk/", body).json()["changed"] == 2
    assert words() == ["new-label"]
    assert {item.labels.get().name for item in (one, two)} == {"new-label"}


def test_a_write_makes_the_words_that_it_names(cast: Cast) -> None:
    item = make(cast)
    assert ask(cast, "owner", "PATCH", f"items/{item.key}/", NEW, version=1).status_code == 200
    created = ask(cast, "owner", "POST", "items/", {"product": "ATLAS", "title": "New", **NEW})
    assert created.status_code == 201
    for made in (again(item), Item.objects.get(title="New")):
        assert [each.name for each in made.labels.all()] == ["new-label"]
        assert [each.name for each in made.segments.all()] == ["new-segment"]
        assert (made.program.name, made.channel.name) == ("new-program", "new-channel")
        assert [each.name for each in made.cycles.all()] == [made.cycle.name] == ["new-cycle"]
    assert len(words()) == 5
    logged = again(item)
    history = ask(cast, "owner", "GET", f"items/{logged.key}/changes/").json()
    assert history[0]["fields"]["labels"][1][0]["label"] == "new-label"
    assert history[0]["fields"]["labels"][1][0]["id"] == Label.objects.get().pk
