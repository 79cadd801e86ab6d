"""Ratings, signals and adjustments: what they take, what they leave, what they refuse."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from backlog.models import Change, Item
from core.errors import Conflict, Invalid, NotAllowed
from scoring.jobs import rescore
from scoring.models import Adjustment, Rating, Signal
from scoring.services import adjustments, ratings, signals
from tests.backlog.making import accepted, again, ask, make, many, rate
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("sound")

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
SIGNAL = {
    "kind": "support_ticket",
    "magnitude": 5,
    "occurred_at": "2026-01-01T00:00:00Z",
    "source": "desk",
}

# --- Ratings ------------------------------------------------------------------------------------


def test_a_rating_is_stored_logged_and_counted_at_once(cast: Cast) -> None:
    item = accepted(cast, "stability")
    assert again(item).summary.priority is None
    body = {
        "ratings": [
            {"criterion": "business_value", "level": 3},
            {"criterion": "trust", "level": 2.5, "certainty": "certain"},
            {"criterion": "technical_risk", "level": 0, "certainty": "guess"},
        ],
        "reason": "Refinement.",
    }
    answer = ask(cast, "contributor", "POST", f"items/{item.key}/ratings/", body)
    assert answer.status_code == 200, answer.content
    assert [(row["criterion"], row["level"], row["certainty"]) for row in answer.json()] == [
        ("business_value", 3, "informed"),
        ("technical_risk", 0, "guess"),
        ("trust", 2.5, "certain"),
    ]
    assert {row["rated_by"] for row in answer.json()} == {"contributor@example.org"}
    after = again(item)
    assert after.summary.priority is not None
    assert after.summary.stale_since is None
    assert after.version == item.version, "a rating is no edit"
    row = Change.objects.get(verb="rating.entered")
    assert row.fields["trust"] == [None, {"level": 2.5, "certainty": "certain"}]
    assert (row.reason, row.right) == ("Refinement.", "rating.enter")


def test_a_rating_is_taken_back(cast: Cast) -> None:
    item = accepted(cast, "stability")
    rate(cast, item)
    body = {"ratings": [{"criterion": "business_value", "level": None}]}
    answer = ask(cast, "owner", "POST", f"items/{item.key}/ratings/", body)
    assert [row["criterion"] for row in answer.json()] == ["customer_pain", "technical_risk"]
    summary = again(item).summary
    assert (summary.priority, summary.missing) == (None, "value")
    row = Change.objects.filter(verb="rating.entered").latest("id")
    assert row.fields == {"business_value": [{"level": 3.0, "certainty": "certain"}, None]}
    log = Change.objects.count()
    ask(cast, "owner", "POST", f"items/{item.key}/ratings/", body)
    assert Change.objects.count() == log, "taking back what is not there is nothing"


def test_confirming_makes_a_rating_fresh(cast: Cast) -> None:
    item = accepted(cast)
    old = NOW - 400 * DAY
    entry = {"trust": ratings.Entry(3, "informed")}
    ratings.rate_item(actor=cast.actor("owner"), item=item, entries=entry, now=old)
    before = again(item).summary.confidence
    ratings.rate_item(actor=cast.actor("reviewer"), item=item, entries=entry, now=NOW)
    row = Rating.objects.get(item=item)
    assert (row.rated_at, row.rated_by, row.level) == (NOW, cast.reviewer, 3)
    rescore.rescore_items(product_id=cast.a.pk, item_ids=[item.pk], now=NOW)
    assert again(item).summary.confidence >= before


RATINGS_WRONG: list[dict[str, Any]] = [
    {"criterion": "nonsense", "level": 1},
    {"criterion": "trust", "level": -0.1},
    {"criterion": "trust", "level": 5.01},
    {"criterion": "trust", "level": "NaN"},
    {"criterion": "trust", "level": "high"},
    {"criterion": "trust"},
    {"criterion": "trust", "level": 1, "certainty": "sure"},
    {"criterion": "trust", "level": 1, "rated_by": "owner@example.org"},
]


def test_wrong_ratings_change_nothing(cast: Cast) -> None:
    item = accepted(cast)
    good = {"criterion": "business_value", "level": 1}
    for wrong in RATINGS_WRONG:
        body = {"ratings": [good, wrong]}
        answer = ask(cast, "owner", "POST", f"items/{item.key}/ratings/", body)
        assert answer.status_code == 400, wrong
    assert not Rating.objects.exists()
    with pytest.raises(NotAllowed):
        rate(cast, item, by="viewer")


def test_the_page_changes_only_what_was_touched(cast: Cast) -> None:
    """A form without script sends every row; a level between whole numbers, shown rounded, stays what it is."""
    item = accepted(cast, "stability")
    old = NOW - 100 * DAY
    ratings.rate_item(
        actor=cast.actor("owner"),
        item=item,
        entries={
            "trust": ratings.Entry(2.5, "certain"),
            "business_value": ratings.Entry(4, "guess"),
        },
        now=old,
    )
    form = {
        "trust": "2",
        "trust-certainty": "certain",
        "business_value": "4",
        "business_value-certainty": "guess",
        "technical_risk": "1",
        "technical_risk-certainty": "informed",
        "recurrence": "",
    }
    assert cast.client("reviewer").post(f"/items/{item.key}/ratings/", form).status_code == 302
    rows = {row.criterion: row for row in Rating.objects.filter(item=item)}
    assert set(rows) == {"trust", "business_value", "technical_risk"}
    assert (rows["trust"].level, rows["trust"].rated_at) == (2.5, old)
    assert (rows["business_value"].rated_at, rows["business_value"].rated_by) == (old, cast.owner)
    assert rows["technical_risk"].rated_by == cast.reviewer
    cast.client("reviewer").post(f"/items/{item.key}/ratings/", {**form, "trust": "none"})
    assert not Rating.objects.filter(item=item, criterion="trust").exists()


def test_by_htmx_the_ratings_and_the_priority_come_back(cast: Cast) -> None:
    item = accepted(cast, "stability")
    rate(cast, item)
    answer = cast.client("owner").post(
        f"/items/{item.key}/ratings/",
        {"trust": "5", "trust-certainty": "certain", "changed": "trust"},
        headers={"HX-Request": "true"},
    )
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "<html" not in html
    assert "hx-swap-oob" in html


@pytest.mark.unsound
def test_proposals_never_replace_a_rating(cast: Cast) -> None:
    item, bare = accepted(cast), accepted(cast)
    rate(cast, item, (1, 1, 1))
    added = ratings.propose_ratings(
        actor=cast.actor("owner"),
        product=cast.a,
        proposals=[
            (item.pk, {"business_value": 5.0, "trust": 4.0, "nonsense": 1.0}),
            (bare.pk, {"trust": 2.0}),
        ],
    )
    assert Rating.objects.get(item=item, criterion="business_value").level == 1
    proposed = Rating.objects.filter(source="import")
    assert proposed.count() == 2
    assert set(proposed.values_list("certainty", flat=True)) == {"guess"}
    assert added >= 2
    assert cast.client("owner").post(f"/items/{item.key}/ratings/confirm/").status_code == 302
    assert not Rating.objects.filter(item=item, source="import").exists()
    assert cast.client("owner").post(f"/items/{item.key}/ratings/confirm/").status_code == 422


# --- Signals ------------------------------------------------------------------------------------


def test_a_signal_counts_once(cast: Cast) -> None:
    item = accepted(cast, "stability")
    path = f"items/{item.key}/signals/"
    first = ask(cast, "owner", "POST", path, {**SIGNAL, "external_id": "T-1"})
    assert (first.status_code, first.json()) == (201, {"added": 1, "known": 0})
    again_sent = ask(cast, "owner", "POST", path, {**SIGNAL, "external_id": "T-1", "magnitude": 99})
    assert again_sent.json() == {"added": 0, "known": 1}
    assert Signal.objects.get().magnitude == 5
    other_source = ask(
        cast, "owner", "POST", path, {**SIGNAL, "external_id": "T-1", "source": "monitor"}
    )
    assert other_source.json()["added"] == 1
    for _ in range(2):
        assert ask(cast, "owner", "POST", path, SIGNAL).json()["added"] == 1, (
            "without an id each counts"
        )
    assert Change.objects.filter(verb="signal.added").count() == 4
    listed = ask(cast, "viewer", "GET", path).json()
    assert len(listed) == 4
    assert {row["external_id"] for row in listed} == {"T-1", None}


def test_the_same_id_in_two_products(cast: Cast) -> None:
    mine = accepted(cast)
    (theirs,) = many(cast.b, 1)
    for who, item in (("owner", mine), ("outsider", theirs)):
        answer = ask(
            cast, who, "POST", f"items/{item.key}/signals/", {**SIGNAL, "external_id": "T-1"}
        )
        assert answer.json()["added"] == 1


def bulk(*rows: dict[str, Any]) -> dict[str, Any]:
    return {"product": "ATLAS", "signals": list(rows)}


def test_many_at_once_all_or_none(cast: Cast) -> None:
    one, two = accepted(cast), accepted(cast)
    rows = [
        {**SIGNAL, "item": one.key, "external_id": "a"},
        {**SIGNAL, "item": two.key, "external_id": "b"},
        {**SIGNAL, "item": two.key, "external_id": "a"},
        {**SIGNAL, "item": two.key},
    ]
    done = ask(cast, "owner", "POST", "signals/", bulk(*rows))
    assert done.json() == {"added": 3, "known": 1}
    retry = ask(cast, "owner", "POST", "signals/", bulk(*rows[:3]))
    assert retry.json() == {"added": 0, "known": 3}
    assert Signal.objects.get(external_id="a").item == one
    for wrong in (
        {"magnitude": -1},
        {"magnitude": "NaN"},
        {"magnitude": "inf"},
        {"magnitude": 2e12},
        {"kind": ""},
        {"kind": "x" * 41},
        {"source": ""},
        {"occurred_at": "2999-01-01T00:00:00Z"},
        {"occurred_at": "0001-01-01T00:00:00Z"},
        {"occurred_at": "1969-12-31T23:59:59Z"},
        {"occurred_at": None},
        {"item": "ATLAS-99"},
        {"item": "BRAVO-1"},
        {"item": ""},
        {"colour": "red"},
    ):
        row = {**SIGNAL, "item": one.key, "external_id": "new"}
        answer = ask(
            cast, "owner", "POST", "signals/", bulk(row, {**row, "external_id": "n2", **wrong})
        )
        assert answer.status_code == 400, wrong
    assert Signal.objects.count() == 3
    too_many = bulk(*[{**SIGNAL, "item": one.key}] * 1001)
    assert ask(cast, "owner", "POST", "signals/", too_many).status_code == 400


def test_a_thousand_signals_in_bounded_queries(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    made = many(cast.a, 200, kind="stability", state="accepted")
    rows = [
        {**SIGNAL, "item": made[number % 200].key, "external_id": f"e{number}"}
        for number in range(1000)
    ]
    with django_assert_max_num_queries(60):
        answer = ask(cast, "owner", "POST", "signals/", bulk(*rows))
    assert answer.json() == {"added": 1000, "known": 0}
    assert Change.objects.filter(verb="signal.added").count() == 1000


def test_signals_page_by_cursor(cast: Cast) -> None:
    item = accepted(cast)
    drafts = [
        signals.Draft("incident", 1, NOW - (number % 9) * DAY, "desk", f"e{number}", item=item)
        for number in range(230)
    ]
    signals.add_signals(actor=cast.actor("owner"), product=cast.a, drafts=drafts)
    seen: list[int] = []
    cursor = ""
    while True:
        page = ask(cast, "viewer", "GET", f"signals/?product=ATLAS&kind=incident{cursor}").json()
        seen += [row["id"] for row in page["results"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    wanted = Signal.objects.order_by("-occurred_at", "-pk").values_list("pk", flat=True)
    assert seen == list(wanted)
    assert ask(cast, "viewer", "GET", "signals/?product=ATLAS&kind=other").json()["results"] == []
    assert ask(cast, "viewer", "GET", "signals/?product=ATLAS&cursor=x").status_code == 400
    assert ask(cast, "viewer", "GET", "signals/?product=BRAVO").status_code == 404


def test_who_may_add_evidence(cast: Cast) -> None:
    item = accepted(cast)
    for who, status in (("viewer", 403), ("read", 403), ("outsider", 404), ("anonymous", 401)):
        assert ask(cast, who, "POST", f"items/{item.key}/signals/", SIGNAL).status_code == status
        assert (
            ask(cast, who, "POST", "signals/", bulk({**SIGNAL, "item": item.key})).status_code
            == status
        )


def test_evidence_by_hand(cast: Cast) -> None:
    item = accepted(cast, "stability")
    client = cast.client("contributor")
    path = f"/items/{item.key}/signals/"
    data = {
        "kind": "incident",
        "magnitude": "2.5",
        "occurred_at": "2026-01-01T10:00",
        "note": "Seen",
    }
    assert client.post(path, data).status_code == 302
    row = Signal.objects.get()
    assert (row.kind, row.magnitude, row.source, row.note) == ("incident", 2.5, "by hand", "Seen")
    for wrong in (
        {"kind": "nonsense"},
        {"magnitude": "-1"},
        {"magnitude": "x"},
        {"occurred_at": ""},
        {"occurred_at": "0001-01-01T00:00"},
        {"occurred_at": "2999-01-01T00:00"},
    ):
        assert client.post(path, {**data, **wrong}).status_code == 422, wrong
    assert Signal.objects.count() == 1


# --- Adjustments --------------------------------------------------------------------------------


def adjust(cast: Cast, item: Item, points: float = 5, **rest: Any) -> Adjustment:
    values = {"claim": "A promise", "expires_at": NOW + 10 * DAY, "now": NOW, **rest}
    return adjustments.adjust(actor=cast.actor("owner"), item=item, points=points, **values)


def test_an_adjustment_counts_until_its_end(cast: Cast) -> None:
    item = accepted(cast, "stability")
    rate(cast, item)
    rescore.rescore_items(product_id=cast.a.pk, item_ids=[item.pk], now=NOW)
    bare = again(item).summary.priority
    adjust(cast, item)
    assert again(item).summary.adjustment_part == 5
    assert again(item).summary.priority == pytest.approx(bare + 5)
    late = NOW + 10 * DAY
    assert rescore.mark_expired(now=late - timedelta(microseconds=1)) == 0
    assert rescore.mark_expired(now=late) == 1
    assert again(item).summary.stale_since == late
    rescore.rescore_stale(now=late)
    assert again(item).summary.adjustment_part == 0
    assert rescore.mark_expired(now=late + DAY) == 0, "once"


def test_an_adjustment_is_ended_early_once(cast: Cast) -> None:
    item = accepted(cast, "stability")
    rate(cast, item)
    body = {
        "points": -4,
        "claim": "Known",
        "evidence": "A letter",
        "expires_at": (timezone.now() + 9 * DAY).isoformat(),
    }
    made = ask(cast, "owner", "POST", f"items/{item.key}/adjustments/", body)
    assert made.status_code == 201, made.content
    assert again(item).summary.adjustment_part == -4
    path = f"items/{item.key}/adjustments/{made.json()['id']}/"
    assert ask(cast, "contributor", "DELETE", path).status_code == 403
    assert ask(cast, "owner", "DELETE", path).status_code == 204
    assert again(item).summary.adjustment_part == 0
    assert ask(cast, "owner", "DELETE", path).status_code == 409
    (shown,) = ask(cast, "viewer", "GET", f"items/{item.key}/adjustments/").json()
    assert shown["ended_at"]
    with pytest.raises(Conflict):
        adjustments.end_adjustment(
            actor=cast.actor("owner"), adjustment=Adjustment.objects.get(), now=NOW
        )


def test_what_an_adjustment_may_be(cast: Cast) -> None:
    item = accepted(cast)
    for points in (15, -15, 0.01):
        assert adjust(cast, item, points)
    for wrong, field in (
        ({"points": 15.01}, "points"),
        ({"points": -16}, "points"),
        ({"points": 0}, "points"),
        ({"points": float("nan")}, "points"),
        ({"points": float("inf")}, "points"),
        ({"claim": " "}, "claim"),
        ({"claim": "x" * 501}, "claim"),
        ({"expires_at": NOW}, "expires_at"),
        ({"expires_at": NOW + 367 * DAY}, "expires_at"),
    ):
        values = {"points": 5, **wrong}
        with pytest.raises(Invalid) as refused:
            adjust(cast, item, **values)
        assert list(refused.value.fields) == [field]
    with pytest.raises(NotAllowed):
        adjustments.adjust(
            actor=cast.actor("contributor"),
            item=item,
            points=1,
            claim="x",
            expires_at=NOW + DAY,
            now=NOW,
        )


def test_the_sum_is_limited_too(cast: Cast) -> None:
    item = accepted(cast, "stability")
    rate(cast, item)
    for _ in range(3):
        adjust(cast, item, 10)
    rescore.rescore_items(product_id=cast.a.pk, item_ids=[item.pk], now=NOW)
    assert again(item).summary.adjustment_part == 15


def test_judgement_on_a_page(cast: Cast) -> None:
    item = accepted(cast, "stability")
    client = cast.client("owner")
    cast.owner.time_zone = "Asia/Kathmandu"
    cast.owner.save()
    path = f"/items/{item.key}/adjustments/"
    day = (timezone.now() + 30 * DAY).date()
    data = {"points": "-2.5", "claim": "Known", "expires_on": day.isoformat()}
    assert client.post(path, data).status_code == 302
    row = Adjustment.objects.get()
    end = datetime.combine(day, datetime.max.time(), tzinfo=UTC) - timedelta(hours=5, minutes=45)
    assert (row.points, row.expires_at) == (-2.5, end), "to the end of the day where the person is"
    for wrong in (
        {"points": "16"},
        {"points": "0"},
        {"points": "x"},
        {"claim": ""},
        {"expires_on": "2000-01-01"},
        {"expires_on": "9999-12-31"},
        {"expires_on": "0001-01-01"},
        {"expires_on": "x"},
    ):
        assert client.post(path, {**data, **wrong}).status_code == 422, wrong
    assert client.post(f"{path}{row.pk}/end/").status_code == 302
    assert client.post(f"{path}{row.pk}/end/").status_code == 409
    other = make(cast)
    assert client.post(f"/items/{other.key}/adjustments/{row.pk}/end/").status_code == 404
