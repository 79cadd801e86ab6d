"""Evidence over HTTP: attached, corrected, withdrawn, taken back; segments; groups that become items; staleness."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from backlog.models import Change, Item, Segment
from backlog.services import items as item_services
from backlog.services import words
from core.errors import Conflict, NotFound
from scoring import unattached
from scoring.jobs import rescore
from scoring.models import Signal, SignalDismissal
from scoring.services import evidence, groups, ratings, signals
from tests.backlog.making import accepted, again, ask, make, many, rate
from tests.cast import Cast

NOW = timezone.now()
DAY = timedelta(days=1)


def add(cast: Cast, *drafts: signals.Draft, by: str = "contributor") -> tuple[Signal, ...]:
    return signals.add_signals(actor=cast.actor(by), product=cast.a, drafts=drafts).stored


def ticket(note: str = "", size: float = 50, age: float = 0, **more: Any) -> signals.Draft:
    return signals.Draft("support_ticket", size, NOW - age * DAY, "desk", note=note, **more)


def scored(cast: Cast, title: str = "An item", segment: str = "") -> Item:
    item = accepted(
        cast,
        "stability",
        title,
        segments=list(words.named(Segment, product=cast.a, names=[segment]).values()),
    )
    rate(cast, item)
    return again(item)


def priority(item: Item) -> float:
    found = again(item).summary
    assert found.stale_since is None
    assert found.priority is not None
    return float(found.priority)


# --- One signal -----------------------------------------------------------------------------------


def test_a_withdrawn_signal_counts_for_nothing_and_stays(cast: Cast) -> None:
    item = scored(cast)
    before = priority(item)
    (signal,) = add(cast, ticket(item=item))
    raised = priority(item)
    assert raised > before
    answer = ask(cast, "owner", "POST", f"signals/{signal.pk}/withdraw/", {"reason": "Spam."})
    assert answer.status_code == 200, answer.content
    assert answer.json()["withdrawn"]["reason"] == "Spam."
    assert answer.json()["withdrawn"]["by"] == "owner@example.org"
    assert priority(item) == pytest.approx(before, abs=1e-4)
    assert not ask(cast, "owner", "GET", f"items/{item.key}/signals/").json()
    detail = ask(cast, "owner", "GET", f"items/{item.key}/").json()
    assert detail["scoring"]["inputs"]["signals"] == []
    listed = ask(cast, "owner", "GET", "signals/?product=ATLAS&withdrawn=true").json()["results"]
    assert [row["id"] for row in listed] == [signal.pk]
    log = Change.objects.get(verb="signal.withdrawn")
    assert (log.reason, log.item_id, log.actor) == ("Spam.", item.pk, cast.owner)
    assert ask(cast, "owner", "POST", f"signals/{signal.pk}/restore/").status_code == 200
    assert priority(item) == pytest.approx(raised, abs=1e-4)
    assert ask(cast, "owner", "POST", f"signals/{signal.pk}/restore/").status_code == 409


def test_a_withdrawal_needs_a_reason_and_the_right(cast: Cast) -> None:
    (signal,) = add(cast, ticket())
    path = f"signals/{signal.pk}/withdraw/"
    assert ask(cast, "owner", "POST", path, {"reason": "  "}).status_code in (400, 422)
    refused = ask(cast, "viewer", "POST", path, {"reason": "No."})
    assert refused.status_code == 403
    assert ask(cast, "outsider", "POST", path, {"reason": "No."}).status_code == 404


def test_a_correction_is_a_new_version_and_the_log_keeps_the_old(cast: Cast) -> None:
    item = scored(cast)
    (signal,) = add(cast, ticket(size=3, item=item))
    before = priority(item)
    path = f"signals/{signal.pk}/"
    body = {"magnitude": 40, "reason": "Counted again."}
    assert ask(cast, "owner", "PATCH", path, body).status_code == 428
    answer = ask(cast, "owner", "PATCH", path, body, version=1)
    assert (answer.status_code, answer.json()["version"], answer["ETag"]) == (200, 2, '"2"')
    assert priority(item) > before
    log = Change.objects.get(verb="signal.corrected")
    assert log.fields == {"magnitude": [3.0, 40.0]}
    late = ask(cast, "contributor", "PATCH", path, {"magnitude": 1}, version=1)
    assert late.status_code == 409
    assert late.json()["changed"]["magnitude"] == {"is": 40.0, "yours": 1.0}
    for wrong in ({"magnitude": -1}, {"kind": ""}, {"occurred_at": "1960-01-01T00:00:00Z"}):
        assert ask(cast, "owner", "PATCH", path, wrong, version=2).status_code in (400, 422), wrong
    assert Signal.objects.get().magnitude == 40


def test_attaching_moves_what_counts_and_can_be_undone(cast: Cast) -> None:
    first, second = scored(cast, "First"), scored(cast, "Second")
    plain = priority(first)
    (signal,) = add(cast, ticket(item=first))
    counted = priority(first)
    body = {"product": "ATLAS", "ids": [signal.pk], "item": second.key}
    answer = ask(cast, "contributor", "POST", "signals/attach/", body)
    assert [row["item"] for row in answer.json()] == [second.key]
    assert priority(first) == pytest.approx(plain, abs=1e-4)
    assert priority(second) == pytest.approx(counted, abs=1e-4)
    batch = evidence.last_act(cast.actor("contributor"), cast.a)
    assert batch
    with pytest.raises(NotFound):
        evidence.undo(actor=cast.actor("owner"), product=cast.a, batch=batch)
    evidence.undo(actor=cast.actor("contributor"), product=cast.a, batch=batch)
    assert Signal.objects.get().item == first
    assert priority(first) == pytest.approx(counted, abs=1e-4)
    with pytest.raises(Conflict):
        evidence.undo(actor=cast.actor("contributor"), product=cast.a, batch=batch)


def test_an_undo_does_not_overwrite_what_came_after(cast: Cast) -> None:
    item = scored(cast)
    (signal,) = add(cast, ticket())
    actor = cast.actor("owner")
    evidence.attach(actor=actor, product=cast.a, signals=[signal], item=item)
    batch = evidence.last_act(actor, cast.a)
    assert batch
    evidence.attach(actor=cast.actor("reviewer"), product=cast.a, signals=[signal], segment="Ports")
    with pytest.raises(Conflict):
        evidence.undo(actor=actor, product=cast.a, batch=batch)
    assert Signal.objects.get().segment.name == "Ports"  # type: ignore[union-attr]


# --- Lists ---------------------------------------------------------------------------------------


def test_signals_are_found_by_what_they_are(cast: Cast) -> None:
    item = make(cast)
    add(
        cast,
        ticket("one", item=item, age=10),
        ticket("two", segment="Ports", age=5),
        ticket("three", age=1),
        signals.Draft("incident", 1, NOW - 20 * DAY, "monitor", note="four"),
    )

    def notes(query: str) -> list[str]:
        answer = ask(cast, "viewer", "GET", f"signals/?product=ATLAS&{query}")
        assert answer.status_code == 200, answer.content
        page = cast.client("viewer").get(f"/p/ATLAS/evidence/?{query}")
        found = [row["note"] for row in answer.json()["results"]]
        assert [row.note for row in page.context["signals"]] == found, "page and API agree"
        return found

    assert notes("") == ["three", "two", "one", "four"]
    assert notes("kind=incident") == ["four"]
    assert notes("source=desk&unattached=true") == ["three", "two"]
    assert notes(f"item={item.key}") == ["one"]
    assert notes("item=none&segment=none") == ["three", "four"]
    assert notes("segment=Ports") == ["two"]
    since = (NOW - 6 * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
    until = (NOW - 2 * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert notes(f"from={since}&to={until}") == ["two"]
    assert notes("q=thr") == ["three"]
    for wrong in ("unattached=perhaps", "from=yesterday"):
        assert ask(cast, "viewer", "GET", f"signals/?product=ATLAS&{wrong}").status_code == 400
        assert cast.client("viewer").get(f"/p/ATLAS/evidence/?{wrong}").status_code == 422
    assert cast.client("viewer").get("/p/ATLAS/evidence/?nonsense=1").status_code == 422


# --- Segments -------------------------------------------------------------------------------------


def test_a_segments_signal_counts_for_the_items_that_name_it(cast: Cast) -> None:
    named, other = scored(cast, "Named", "Ports"), scored(cast, "Other", "Schools")
    before = priority(named), priority(other)
    body = {
        "product": "ATLAS",
        "signals": [
            {
                "kind": "support_ticket",
                "magnitude": 80,
                "occurred_at": NOW.isoformat(),
                "source": "desk",
                "segment": "Ports",
            }
        ],
    }
    assert ask(cast, "contributor", "POST", "signals/", body).status_code == 201
    assert priority(named) > before[0]
    assert priority(other) == before[1]
    inputs = ask(cast, "owner", "GET", f"items/{named.key}/").json()["scoring"]["inputs"]
    (one,) = inputs["signals"]
    assert (one["magnitude"], one["recorded"], one["share"], one["segment"]) == (
        40.0,
        80.0,
        0.5,
        "Ports",
    )
    # as much as half of it would count as the item's own
    twin = scored(cast, "Twin")
    add(cast, ticket(size=40, item=twin))
    at = again(twin).summary.scored_at
    rescore.rescore_items(product_id=cast.a.pk, item_ids=[named.pk, twin.pk], now=at + DAY)
    assert priority(named) == pytest.approx(priority(twin), abs=1e-4)


def test_naming_a_segment_rescores(cast: Cast) -> None:
    item = scored(cast)
    before = priority(item)
    add(cast, ticket(segment="Ports"))
    ports = Segment.objects.get(name="Ports")
    fresh = again(item)
    item_services.edit_item(
        actor=cast.actor("owner"), item=fresh, values={"segments": [ports]}, version=None
    )
    assert priority(item) > before


def test_many_items_of_a_segment_change_no_bit_of_one(cast: Cast) -> None:
    """Nothing is divided: 300 more items that name the segment leave this one as it was."""
    item = scored(cast, segment="Ports")
    add(cast, *(ticket(size=0.1 * n, age=n, segment="Ports") for n in range(1, 30)))
    at = NOW + DAY
    rescore.rescore_items(product_id=cast.a.pk, item_ids=[item.pk], now=at)
    alone = priority(item)
    ports = Segment.objects.get(name="Ports")
    made = many(cast.a, 300, kind="stability", segments=[ports])
    rescore.rescore_items(
        product_id=cast.a.pk, item_ids=[item.pk, *(each.pk for each in made)], now=at + DAY
    )
    rescore.rescore_items(
        product_id=cast.a.pk, item_ids=[item.pk, *(each.pk for each in made)], now=at
    )
    assert priority(item) == alone


def test_with_an_item_it_counts_for_that_item_alone(cast: Cast) -> None:
    named, item = scored(cast, "Named", "Ports"), scored(cast, "Item")
    before = priority(named)
    (signal,) = add(cast, ticket(segment="Ports"))
    evidence.attach(actor=cast.actor("owner"), product=cast.a, signals=[signal], item=item)
    assert priority(named) == pytest.approx(before, abs=1e-4)
    assert Signal.objects.get().segment.name == "Ports"  # type: ignore[union-attr]  # whom it comes from


# --- Groups ---------------------------------------------------------------------------------------

PAIN = (
    "Export freezes on a large course",
    "The export of a course freezes",
    "Course export freezes at 80",
)


def loose(cast: Cast) -> tuple[Signal, ...]:
    return add(
        cast,
        *(ticket(note, size=20, age=3 - at, segment="Ports") for at, note in enumerate(PAIN)),
        ticket("Invoice has the wrong VAT number"),
    )


def test_a_group_becomes_an_item_in_one_step_and_back(cast: Cast) -> None:
    stored = loose(cast)
    client = cast.client("contributor")
    page = client.get("/p/ATLAS/evidence/groups/")
    (line,) = page.context["groups"]
    assert (line["found"].size, line["queue"]) == (3, "stability")
    assert [row.pk for row in page.context["single"]] == [stored[3].pk]
    url = f"/p/ATLAS/evidence/groups/{line['found'].pk}/"
    assert client.get(url).status_code == 200
    answer = client.post(f"{url}item/", {"title": "Exports freeze", "queue": "stability"})
    page = client.get(answer["Location"]).content.decode()
    item = Item.objects.get()
    assert answer["Location"] == f"/items/{item.product.key}-{item.number}/"
    assert (item.title, item.state, item.queue.kind) == ("Exports freeze", "triage", "stability")  # type: ignore[union-attr]
    assert [segment.name for segment in item.segments.all()] == ["Ports"]
    assert not item.ratings.exists()
    assert set(item.signals.values_list("pk", flat=True)) == {row.pk for row in stored[:3]}
    assert not client.get("/p/ATLAS/evidence/groups/").context["groups"]
    batch = Change.objects.filter(verb="signal.attached").latest("id").batch
    undo = f"/p/ATLAS/evidence/undo/{batch}/"
    assert undo in page, "the toast offers to take it back"
    assert cast.client("owner").post(undo).status_code == 404
    assert client.post(undo).status_code == 302
    assert not Item.objects.exists()
    assert Signal.objects.filter(item=None).count() == 4
    assert client.post(undo).status_code in (404, 409)


def test_an_item_that_somebody_worked_on_is_not_undone(cast: Cast) -> None:
    stored = loose(cast)
    actor = cast.actor("owner")
    item, batch = groups.make_item(actor=actor, product=cast.a, signals=stored[:3], title="T")
    ratings.rate_item(actor=actor, item=item, entries={"trust": ratings.Entry(3)})
    with pytest.raises(Conflict):
        groups.undo(actor=actor, product=cast.a, batch=batch)
    assert Signal.objects.filter(item=item).count() == 3


def test_two_who_make_an_item_of_one_group_make_one(cast: Cast) -> None:
    stored = loose(cast)
    groups.make_item(actor=cast.actor("owner"), product=cast.a, signals=stored[:3], title="T")
    fresh = list(Signal.objects.filter(pk__in=[row.pk for row in stored]))
    with pytest.raises(Conflict):
        groups.make_item(actor=cast.actor("owner"), product=cast.a, signals=fresh, title="T")
    assert Item.objects.count() == 1


def test_a_dismissed_group_comes_back_when_it_grows(cast: Cast) -> None:
    loose(cast)
    client = cast.client("contributor")
    (line,) = client.get("/p/ATLAS/evidence/groups/").context["groups"]
    url = f"/p/ATLAS/evidence/groups/{line['found'].pk}/"
    assert client.post(f"{url}dismiss/", {"reason": " "}).status_code == 422
    assert (
        client.post(f"{url}dismiss/", {"reason": "Known, ends with the old player."}).status_code
        == 302
    )
    page = client.get("/p/ATLAS/evidence/groups/")
    assert not page.context["groups"]
    (gone,) = page.context["dismissed"]
    assert gone["found"].dismissal == SignalDismissal.objects.get()
    add(cast, ticket(PAIN[0]), ticket(PAIN[1]))
    assert not unattached.unattached(cast.a).groups
    add(cast, ticket(PAIN[2]))
    (back,) = unattached.unattached(cast.a).groups
    assert back.size == 6
    client.post(f"{url}return/")
    assert not Signal.objects.exclude(dismissal=None).exists()


def test_one_is_taken_out_of_its_group_and_stands_alone(cast: Cast) -> None:
    stored = loose(cast)
    client = cast.client("contributor")
    client.post(f"/p/ATLAS/evidence/{stored[1].pk}/split/", {"apart": "true"})
    page = client.get("/p/ATLAS/evidence/groups/")
    (line,) = page.context["groups"]
    assert line["found"].ids == (stored[0].pk, stored[2].pk)
    assert stored[1].pk in [row.pk for row in page.context["single"]]


def test_a_group_goes_to_an_item_that_says_the_same(cast: Cast) -> None:
    item = scored(cast, "Export of a course freezes")
    other = scored(cast, "Something else")
    loose(cast)
    before = priority(item)
    client = cast.client("contributor")
    (line,) = client.get("/p/ATLAS/evidence/groups/").context["groups"]
    url = f"/p/ATLAS/evidence/groups/{line['found'].pk}/"
    similar = [each.item for each in client.get(url).context["similar"]]
    assert item in similar
    assert other not in similar
    client.post(f"{url}attach/", {"item": item.key})
    assert priority(item) > before
    assert client.post(f"{url}attach/", {"item": item.key}).status_code == 404, "the group is gone"


def test_groups_over_the_api(cast: Cast) -> None:
    loose(cast)
    answer = ask(cast, "viewer", "GET", "signal-groups/?product=ATLAS").json()
    (group,) = answer["groups"]
    assert (group["size"], group["sums"], answer["single"]) == (3, {"support_ticket": 60.0}, 1)
    path = f"signal-groups/{group['id']}/"
    assert ask(cast, "viewer", "POST", f"{path}item/", {}).status_code == 403
    made = ask(cast, "contributor", "POST", f"{path}item/", {})
    assert made.status_code == 201, made.content
    assert made.json()["attached"] == 3
    assert Item.objects.get().title in PAIN


# --- Staleness ------------------------------------------------------------------------------------


def test_what_has_gone_stale_is_found_in_lists_and_comes_up(cast: Cast) -> None:
    old, fresh, tired = scored(cast, "Old"), scored(cast, "Fresh"), scored(cast, "Tired")
    add(cast, ticket(age=70, item=tired), ticket(age=1, item=fresh))
    long_ago = NOW - 300 * DAY
    entries = {"business_value": ratings.Entry(4, "certain")}
    ratings.rate_item(actor=cast.actor("owner"), item=old, entries=entries, now=long_ago)
    rescore.rescore_open()

    def keys(query: str) -> list[str]:
        answer = ask(cast, "viewer", "GET", f"items/?product=ATLAS&{query}")
        page = cast.client("viewer").get(f"/p/ATLAS/backlog/?{query}")
        found = sorted(row["key"] for row in answer.json()["results"])
        assert sorted(row["key"] for row in page.context["rows"]) == found
        return found

    assert keys("stale_ratings=true") == [old.key]
    assert keys("stale_evidence=true") == [tired.key]
    assert keys("stale_evidence=false") == sorted([old.key, fresh.key])
    row = ask(cast, "viewer", "GET", f"items/{old.key}/").json()
    gone = datetime.fromisoformat(row["ratings_stale_at"])
    assert abs(gone - (long_ago + 210 * DAY)) < timedelta(seconds=2)
    found = ask(cast, "viewer", "GET", "products/ATLAS/stale/").json()
    assert {each["item"] for each in found} == {old.key, tired.key}
    costs = [each["age_cost"] for each in found]
    assert costs == sorted(costs, reverse=True)
    assert min(costs) > 0
    page = cast.client("viewer").get("/p/ATLAS/evidence/stale/?queue=stability")
    assert {each.title for each in page.context["rows"]} == {"Old", "Tired"}
    assert "stale since" in cast.client("viewer").get(f"/items/{old.key}/").content.decode()
    # somebody looks again, and it is gone from the list
    ratings.rate_item(actor=cast.actor("owner"), item=again(old), entries=entries)
    assert keys("stale_ratings=true") == []


def test_the_items_page_shows_what_each_adds(cast: Cast) -> None:
    item = scored(cast, segment="Ports")
    add(
        cast,
        ticket(size=10, item=item),
        ticket(size=10, age=30, item=item),
        ticket(size=6, segment="Ports"),
    )
    page = cast.client("viewer").get(f"/items/{item.key}/")
    panel = next(each for each in page.context["main_panels"] if each.key == "evidence").context
    adds = [line["share"].in_priority for line in panel["signals"]]
    assert sum(adds) == pytest.approx(panel["in_priority"])
    (criterion,) = panel["criteria"]
    detail = ask(cast, "viewer", "GET", f"items/{item.key}/").json()["scoring"]
    pain = next(each for each in detail["criteria"] if each["key"] == "customer_pain")
    parts = criterion.untouched + criterion.rating_points + criterion.evidence_points
    assert parts == pytest.approx(pain["points"], abs=1e-9)
    assert sum(line["share"].points for line in panel["signals"]) == pytest.approx(
        criterion.evidence_points
    )


def test_evidence_by_hand_on_the_pages(cast: Cast) -> None:
    item = scored(cast)
    client = cast.client("contributor")
    good = {"kind": "incident", "magnitude": "2", "occurred_at": "2026-01-02T10:00", "note": "Seen"}
    answer = client.post("/p/ATLAS/evidence/new/", {**good, "item": item.key, "source": "phone"})
    signal = Signal.objects.get()
    assert answer["Location"] == f"/p/ATLAS/evidence/{signal.pk}/"
    assert (signal.item, signal.source, signal.kind) == (item, "phone", "incident")
    free = {**good, "kind": "", "other_kind": "sales call", "segment": "Ports"}
    client.post("/p/ATLAS/evidence/new/", free)
    assert Signal.objects.get(kind="sales call").segment.name == "Ports"  # type: ignore[union-attr]
    wrong = client.post("/p/ATLAS/evidence/new/", {**good, "item": "ATLAS-999"})
    assert wrong.status_code == 422
    assert "Seen" in wrong.content.decode(), "nothing is lost"
    assert client.post("/p/ATLAS/evidence/new/", {**good, "kind": ""}).status_code == 422
    url = f"/p/ATLAS/evidence/{signal.pk}/"
    assert client.post(url, {**good, "magnitude": "7", "version": "1"}).status_code == 302
    assert client.post(url, {**good, "magnitude": "9", "version": "1"}).status_code == 409
    client.post(f"{url}withdraw/", {"reason": "Counted twice."})
    page = client.get(url).content.decode()
    assert "Counted twice." in page
    assert client.post(url, {**good, "version": "3"}).status_code == 409
    client.post(f"{url}restore/")
    client.post(f"{url}attach/", {"item": "", "segment": ""})
    signal.refresh_from_db()
    assert (signal.magnitude, signal.item, signal.withdrawn_at) == (7, None, None)
