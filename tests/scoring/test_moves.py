"""Why an item moved, on pages and over the API: parts and counts that sum, and what stands behind each."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from backlog.models import Change, Item, Segment
from backlog.services import items as item_services
from backlog.services import states, words
from backlog.vocabulary import State
from scoring.models import RubricVersion, Signal
from scoring.rubrics import DEFAULT_RUBRIC, digest, parse_rubric, rubric_data
from scoring.services import adjustments, evidence, ratings, signals
from tests.backlog.making import accepted, again, ask, make, queue
from tests.cast import Cast

DAY = timedelta(days=1)
EXACT = 1e-9
RATED = {"business_value": 3.0, "customer_pain": 3.0, "technical_risk": 2.0}


def rate(cast: Cast, item: Item, level: float, now: Any, reason: str = "") -> None:
    entries = {key: ratings.Entry(level, "certain") for key in RATED if key != "technical_risk"}
    entries["technical_risk"] = ratings.Entry(2, "certain")
    ratings.rate_item(actor=cast.actor("owner"), item=item, entries=entries, reason=reason, now=now)


@pytest.fixture
def weeks(cast: Cast) -> dict[str, Item]:
    """A queue two weeks ago, and what has happened to it since."""
    now = timezone.now()
    RubricVersion.objects.filter(product=cast.a).update(published_at=now - 99 * DAY)
    actor = cast.actor("owner")
    found = {}
    for name, level in (("done", 5), ("gone", 4.5), ("passed", 4), ("it", 3), ("rising", 2.5)):
        draft = item_services.Draft(
            title=name, queue=queue(cast.a, "enhancement"), state=State.ACCEPTED, effort=3.0
        )
        item = item_services.create_item(
            actor=cast.actor("administrator"), product=cast.a, draft=draft, now=now - 20 * DAY
        )
        rate(cast, item, level, now - 20 * DAY)
        found[name] = item
    states.set_state(actor=actor, item=again(found["done"]), state=State.DONE, now=now - 5 * DAY)
    states.move_item(
        actor=actor,
        item=again(found["gone"]),
        queue=queue(cast.a, "stability"),
        reason="It is a repair.",
        now=now - 4 * DAY,
    )
    new = item_services.create_item(
        actor=cast.actor("administrator"),
        product=cast.a,
        draft=item_services.Draft(
            title="new", queue=queue(cast.a, "enhancement"), state=State.ACCEPTED, effort=1.0
        ),
        now=now - 3 * DAY,
    )
    rate(cast, new, 5, now - 3 * DAY)
    found["new"] = new
    rate(cast, again(found["rising"]), 5, now - 2 * DAY, "The pilot was convincing.")
    rate(cast, again(found["passed"]), 1, now - 2 * DAY)
    draft = signals.Draft("support_ticket", 12, now - 2 * DAY, "desk", item=found["it"])
    signals.add_signals(actor=actor, product=cast.a, drafts=[draft], now=now - 2 * DAY)
    item_services.edit_item(
        actor=actor, item=again(found["it"]), values={"effort": 5.0}, version=None, now=now - DAY
    )
    adjustments.adjust(
        actor=actor,
        item=again(found["it"]),
        points=2,
        claim="The fair is in May.",
        expires_at=now + 9 * DAY,
        now=now - DAY,
    )
    return found


def test_parts_and_counts_sum_exactly_and_open_what_is_behind_them(
    cast: Cast, weeks: dict[str, Item]
) -> None:
    told = ask(cast, "viewer", "GET", f"items/{weeks['it'].key}/movement/").json()
    before, after = told["before"], told["after"]
    assert abs(sum(part["points"] for part in told["parts"]) - told["points"]) <= EXACT
    assert abs(after["priority"] - before["priority"] - told["points"]) <= EXACT
    groups = {group["group"]: group for group in told["groups"]}
    assert sum(group["change"] for group in told["groups"]) == after["rank"] - before["rank"]
    assert {name: [row["title"] for row in group["items"]] for name, group in groups.items()} == {
        "left": ["done", "gone"],
        "it_overtook": ["passed"],
        "arrived": ["new"],
        "overtook_it": ["rising"],
    }
    assert groups["left"]["ways"] == {"done": 1, "moved_away": 1}
    assert groups["arrived"]["ways"] == {"new": 1}
    gone = groups["left"]["items"][1]
    assert gone["event"]["reason"] == "It is a repair."
    assert Change.objects.get(pk=gone["event"]["change"]).verb == "item.moved"
    parts = {part["part"]: part for part in told["parts"]}
    assert parts["effort"]["sentence"] == "Effort went from 3 to 5."
    assert ["effort 3 → 5" in each["text"] for each in parts["effort"]["events"]] == [True]
    assert [each["reason"] for each in parts["adjustment"]["events"]] == ["The fair is in May."]
    pain = next(
        each for each in parts["impact"]["criteria"] if each["criterion"] == "customer_pain"
    )
    assert pain["signals"] != 0
    assert pain["rating"] == 0
    assert abs(pain["rating"] + pain["signals"] + pain["ageing"] - pain["points"]) <= EXACT
    for pillar in ("value", "impact", "risk"):
        opened = sum(each["points"] for each in parts[pillar]["criteria"])
        assert abs(opened - parts[pillar]["points"]) <= EXACT
    assert any("support ticket" in each["text"] for each in parts["impact"]["events"])
    assert told["sentence"].startswith("Up 1 place, from 4th to 3rd.")


def test_acts_on_evidence_of_items_and_segments_are_told_behind_the_parts(
    cast: Cast, weeks: dict[str, Item]
) -> None:
    now, actor, item = timezone.now(), cast.actor("owner"), weeks["it"]
    schools, clinics = words.named(Segment, product=cast.a, names=["Schools", "Clinics"]).values()

    def add(size: float, age: int, **about: Any) -> Signal:
        draft = signals.Draft("support_ticket", size, now - age * DAY, "desk", **about)
        rows = signals.add_signals(actor=actor, product=cast.a, drafts=[draft], now=now - age * DAY)
        return rows.stored[0]

    add(31, 12, segment="Schools")
    gone = add(32, 11, item=item)
    wrong = add(33, 11, segment="Schools")
    away = add(34, 11, item=item)
    add(35, 2, segment="Clinics")
    for names, age in (([schools], 9), ([schools, clinics], 3), ([schools], 1)):
        item_services.edit_item(
            actor=actor,
            item=again(item),
            values={"segments": names},
            version=None,
            now=now - age * DAY,
        )
    evidence.withdraw(
        actor=actor, product=cast.a, signals=[gone], reason="Spam.", now=now - 3 * DAY
    )
    evidence.correct(
        actor=actor, signal=wrong, values={"magnitude": 36.0}, version=None, now=now - 3 * DAY
    )
    other = weeks["rising"]
    evidence.attach(actor=actor, product=cast.a, signals=[away], item=other, now=now - 2 * DAY)
    evidence.attach(actor=actor, product=cast.a, signals=[wrong], item=other, now=now - DAY / 2)

    def told(of: Item) -> list[str]:
        query = urlencode({"from": (now - 10 * DAY).isoformat()})
        found = ask(cast, "viewer", "GET", f"items/{of.key}/movement/?{query}").json()
        assert abs(sum(part["points"] for part in found["parts"]) - found["points"]) <= EXACT
        parts = {part["part"]: part for part in found["parts"]}
        verbs = [Change.objects.get(pk=each["change"]).verb for each in parts["impact"]["events"]]
        texts = " ".join(each["text"] for each in parts["impact"]["events"])
        assert ("(segment Schools)" in texts) == (of == item)
        return verbs

    assert told(item) == [
        *("item.edited", "signal.withdrawn", "signal.corrected", "signal.added", "signal.added"),
        *("signal.attached", "item.edited", "signal.attached"),
    ]
    assert [each for each in told(other) if each.startswith("signal")] == ["signal.attached"] * 2


def test_a_new_rubric_is_a_part_with_its_reason(cast: Cast, weeks: dict[str, Item]) -> None:
    data = rubric_data(DEFAULT_RUBRIC)
    data["criteria"][0]["weight"] = 9
    RubricVersion.objects.create(
        product=cast.a,
        number=2,
        data=data,
        digest=digest(parse_rubric(data)),
        reason="Value counts.",
        published_at=timezone.now() - DAY / 2,
    )
    told = ask(cast, "viewer", "GET", f"items/{weeks['it'].key}/movement/").json()
    part = told["parts"][0]
    assert part["part"] == "rubric"
    assert part["sentence"] == "Rubric 2 took the place of rubric 1."
    assert [each["reason"] for each in part["events"]] == ["Value counts."]
    assert abs(sum(each["points"] for each in told["parts"]) - told["points"]) <= EXACT


def test_a_queues_rows_are_both_orders_whole(cast: Cast, weeks: dict[str, Item]) -> None:
    url = f"products/{cast.a.key}/queues/enhancement/movement/?"
    whole = ask(cast, "viewer", "GET", url).json()
    rows = {row["title"]: row for row in whole["results"]}
    assert list(rows) == ["new", "rising", "it", "passed", "done", "gone"]
    assert (whole["rose"], whole["fell"], whole["next"]) == (2, 1, None)
    assert (whole["arrived"], whole["left"]) == ({"new": 1}, {"done": 1, "moved_away": 1})
    for row in rows.values():
        if row["parts"] is not None and row["rank_before"] and row["rank_after"]:
            change = row["priority_after"] - row["priority_before"]
            assert abs(sum(row["parts"].values()) - change) <= EXACT
    assert "new rating" in rows["rising"]["cause"]
    pages, cursor = [], ""
    while cursor is not None:
        page = ask(cast, "viewer", "GET", f"{url}&limit=4{cursor}").json()
        pages += page["results"]
        cursor = f"&cursor={page['next']}" if page["next"] else None
    assert [row["item"] for row in pages] == [row["item"] for row in whole["results"]]


def test_the_pages_say_the_same(cast: Cast, weeks: dict[str, Item]) -> None:
    client = cast.client("viewer")
    own = client.get(reverse("item-movement", args=[weeks["it"].key])).content.decode()
    for sentence in (
        "Up 1 place, from 4th to 3rd.",
        "It is a repair.",
        "The fair is in May.",
        "As a table",
    ):
        assert sentence in own, sentence
    part = client.get(
        reverse("item-movement", args=[weeks["it"].key]), headers={"HX-Request": "true"}
    ).content.decode()
    assert "Up 1 place" in part
    assert "<html" not in part
    whole = client.get(reverse("queue-moved", args=[cast.a.key, "enhancement"])).content.decode()
    for sentence in ("1 came in, 2 went out, 2 rose and 1 fell", "new rating"):
        assert sentence in whole, sentence
    item = client.get(reverse("item", args=[weeks["it"].key])).content.decode()
    assert f"/items/{weeks['it'].key}/movement/" in item


def test_spans_are_days_or_instants_in_the_past(cast: Cast, weeks: dict[str, Item]) -> None:
    path = f"items/{weeks['it'].key}/movement/"
    day = (timezone.now() - 3 * DAY).date()
    told = ask(cast, "viewer", "GET", f"{path}?from={day}&to={day}").json()
    assert told["before"]["at"] == f"{day}T00:00:00Z"
    assert told["after"]["at"] == f"{day + DAY}T00:00:00Z"
    for query in (
        "from=yesterday",
        "from=2026-02-30",
        "to=9999-01-01",
        f"from={day}&to={day - DAY}",
    ):
        refused = ask(cast, "viewer", "GET", f"{path}?{query}")
        assert refused.status_code == 400, query
        assert refused.json()["fields"], query
    page = cast.client("viewer").get(
        reverse("item-movement", args=[weeks["it"].key]), {"from": "nonsense"}
    )
    assert page.status_code == 422


def test_what_was_not_there_not_ranked_or_not_scored(cast: Cast, weeks: dict[str, Item]) -> None:
    waiting = make(cast, "Waits")
    told = ask(cast, "viewer", "GET", f"items/{waiting.key}/movement/?from=2020-01-01").json()
    assert told["before"]["state"] is None
    assert (told["parts"], told["groups"], told["points"]) == ([], [], None)
    assert told["sentence"] == "It was not there yet."
    unrated = accepted(cast, "enhancement", "Unrated")
    told = ask(cast, "viewer", "GET", f"items/{unrated.key}/movement/").json()
    assert told["parts"] == []
    gone = ask(cast, "viewer", "GET", f"items/{weeks['gone'].key}/movement/").json()
    assert gone["groups"] == []
    assert "places of different queues cannot be compared" in gone["sentence"]
    assert {part["part"]: part["points"] for part in gone["parts"]}["queue"] != 0
    done = ask(cast, "viewer", "GET", f"items/{weeks['done'].key}/movement/").json()
    assert done["after"]["rank"] is None
    assert "it is done now" in done["sentence"]


def test_queries_do_not_follow_the_number_of_items(
    cast: Cast, weeks: dict[str, Item], django_assert_max_num_queries: Any
) -> None:
    client = cast.client("viewer")
    with django_assert_max_num_queries(85):
        client.get(reverse("item-movement", args=[weeks["it"].key]))
    with django_assert_max_num_queries(45):
        client.get(reverse("queue-moved", args=[cast.a.key, "enhancement"]))
