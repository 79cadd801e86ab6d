"""What does not fit in a plan: said after an act, kept as a list; and items that are done too soon."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.files.base import ContentFile

from assets.models import Placement
from assets.services.assets import add_asset
from backlog import coherence
from backlog.increment_reading import last_breaks
from backlog.models import Change, Increment, Item
from backlog.services import (
    brief_lines,
    bulk,
    increment_criteria,
    increment_states,
    increments,
    states,
    undo,
)
from core.errors import Invalid
from tests.assets.placed import place
from tests.backlog.making import accepted, again
from tests.backlog.test_increment_rules import add, begin, complete_brief
from tests.cast import Cast


def unfit(cast: Cast, item: Item) -> list[str]:
    return [each.code for each in coherence.misfits(cast.actor("owner"), again(item))]


def edit(cast: Cast, piece: Increment, **values: Any) -> Increment:
    return increments.edit_increment(
        actor=cast.actor("contributor"), increment=piece, values=values
    )


def test_a_date_before_what_it_waits_for(cast: Cast) -> None:
    item = accepted(cast)
    first = add(cast, item, title="First", due_on=date(2027, 3, 9))
    second = add(cast, item, title="Second", due_on=date(2027, 3, 12), needs=[first])
    assert unfit(cast, item) == []
    assert last_breaks(edit(cast, second, due_on=date(2027, 3, 1))) == [
        "2 “Second” is due before 1 “First”, 9 March 2027, and waits for it."
    ]
    # what was out of step before is not said again
    assert last_breaks(edit(cast, second, purpose="Other words")) == []
    assert last_breaks(edit(cast, second, due_on=date(2027, 3, 2))) == []
    assert unfit(cast, item) == ["date"]
    edit(cast, second, starts_on=date(2027, 3, 9), due_on=date(2027, 3, 12))
    assert unfit(cast, item) == []
    late = add(cast, item, title="Third", starts_on=date(2027, 3, 1), needs=[second])
    assert len(last_breaks(late)) == 1


def test_a_checkpoint_that_holds_nothing(cast: Cast) -> None:
    item = accepted(cast)
    first = add(cast, item, "narrative_map", title="Map", is_checkpoint=True)
    assert (
        last_breaks(first) == []
    )  # what follows is planned next; until then it stands on the list
    assert unfit(cast, item) == ["checkpoint"]
    second = add(cast, item, "narrative_map", title="Next", due_on=date(2027, 3, 1))
    assert unfit(cast, item) == []
    edit(cast, first, due_on=date(2027, 3, 5))
    assert unfit(cast, item) == ["date"]
    moved = increments.move_increment(actor=cast.actor("owner"), increment=first, before=None)
    assert last_breaks(moved) == ["Nothing follows the checkpoint 1 “Map”."]
    begin(cast, second)
    increments.move_increment(actor=cast.actor("owner"), increment=moved, before=second)
    said = coherence.misfits(cast.actor("owner"), item)
    assert [each.text for each in said] == [
        "The checkpoint 1 “Map” holds nothing back: all behind it has begun."
    ]


def test_what_a_cut_leaves_stays_on_the_list_until_it_is_mended(cast: Cast) -> None:
    item = accepted(cast, due_at=datetime(2027, 3, 4, 12, tzinfo=UTC), criteria=[("True", "")])
    brief = complete_brief(cast, item)
    first = add(cast, item, title="First")
    second = add(cast, item, title="Second", needs=[first])
    actor = cast.actor("owner")
    line = brief.lines.order_by("number")[0]
    brief_lines.point(actor=actor, line=line, increment=first)
    increment_criteria.save_criterion(
        actor=actor, increment=first, statement="True", covers=item.criteria.get()
    )
    file = ContentFile(b"words", name="words.txt")
    made = add_asset(actor=actor, item=item, file=file, rationale="First", increment=first)
    place(cast, made.asset)
    cut = increment_states.cut(actor=actor, increment=first, reason="No time")
    found = coherence.misfits(actor, again(item))
    assert [each.code for each in found] == ["need", "asset", "line", "criterion"]
    page = cast.client("viewer").get(f"/items/{item.key}/").content.decode()
    assert "What does not fit" in page
    assert "is placed at 1 place still" in page
    for each in found:
        assert cast.client("viewer").get(each.url.partition("#")[0]).status_code == 200
    brief_lines.point(actor=actor, line=line, increment=second)
    Placement.objects.update(ended_at=datetime(2027, 1, 1, tzinfo=UTC))
    assert unfit(cast, item) == ["need", "criterion"]
    edit(cast, second, due_on=date(2027, 3, 5))
    assert unfit(cast, item) == ["need", "due", "criterion"]
    back = increment_states.restore(actor=actor, increment=cut)
    assert last_breaks(back) == []
    assert unfit(cast, item) == ["due"]


def test_restoring_says_what_does_not_fit_any_more(cast: Cast) -> None:
    item = accepted(cast)
    first = add(cast, item, title="First", due_on=date(2027, 3, 9))
    second = add(cast, item, title="Second", due_on=date(2027, 3, 10), needs=[first])
    actor = cast.actor("owner")
    cut = increment_states.cut(actor=actor, increment=second, reason="No time")
    edit(cast, first, due_on=date(2027, 4, 9))
    answer = cast.client("contributor").post(
        f"/p/ATLAS/items/{item.key}/increments/{cut.number}/act/", {"act": "restore"}, follow=True
    )
    assert "This does not fit now: 2 “Second” is due before 1 “First”" in answer.content.decode()
    history = cast.client("contributor").get(f"/items/{item.key}/history/").content.decode()
    assert "breaks: 2 “Second” is due before 1 “First”" in history


def test_done_with_open_increments_needs_a_reason_by_every_way(cast: Cast) -> None:
    item, other = accepted(cast), accepted(cast)
    piece = add(cast, item)
    client, api = cast.client("owner"), cast.api("owner")
    page = client.post(f"/items/{item.key}/state/", {"state": "done"})
    assert page.status_code == 422
    assert "1 increment is still to be built" in page.content.decode()
    assert client.post("/p/ATLAS/board/move/", {"move": f"{item.key} done"}).status_code == 422
    path = f"/api/v1/items/{item.key}/state/"

    def send(body: dict[str, Any]) -> Any:
        match = {"If-Match": f'"{again(item).version}"'}
        return api.post(path, json.dumps(body), content_type="application/json", headers=match)

    refused = send({"state": "done"})
    assert (refused.status_code, refused.json()["code"]) == (400, "increments_open")
    change = bulk.BulkChange(state="done")
    seen = bulk.preview(
        actor=cast.actor("owner"), product=cast.a, items=[again(item), again(other)], change=change
    )
    assert [each.key for each, _why in seen.refused] == [item.key]
    done = bulk.apply(
        actor=cast.actor("owner"), product=cast.a, item_ids=[item.pk, other.pk], change=change
    )
    assert [each.key for each in done.done] == [other.key]
    assert send({"state": "done", "reason": "Good enough without it"}).status_code == 200
    row = Change.objects.filter(item_id=item.pk, verb="item.finished").get()
    assert row.reason == "Good enough without it"
    plan = api.get(f"/api/v1/items/{item.key}/increments/").json()
    assert [each["code"] for each in plan["does_not_fit"]] == ["done"]
    assert row.batch is not None
    undo.undo(actor=cast.actor("owner"), product=cast.a, batch=row.batch)
    increment_states.cut(actor=cast.actor("owner"), increment=piece, reason="No")
    states.set_state(actor=cast.actor("owner"), item=again(item), state="done")


def test_a_reason_of_blanks_is_none(cast: Cast) -> None:
    item = accepted(cast)
    add(cast, item)
    with pytest.raises(Invalid, match="still to be built"):
        states.set_state(actor=cast.actor("owner"), item=item, state="done", reason="  ")
