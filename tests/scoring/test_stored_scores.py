"""Stored scores against the reference, with the API as the only source; the same bits whatever the company."""

import random
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.utils import timezone

from accounts.actors import Actor
from backlog.models import Item, ItemSummary, Queue
from backlog.services import items
from scoring.jobs import rescore
from scoring.rubrics import CERTAINTY
from scoring.services import adjustments, ratings, signals
from tests.backlog.making import again, ask, make, many, queue, rate
from tests.cast import Cast
from tests.scoring import reference

NOW = timezone.now()
DAY = timedelta(days=1)
CRITERIA = (
    *("business_value", "strategic_fit", "reach_reuse", "customer_pain", "users_affected"),
    *("trust", "technical_risk", "compliance_risk", "recurrence"),
)
KINDS = ("support_ticket", "affected_users", "satisfaction_drop", "incident", "nobody_asked")
SCORES = (
    *("priority", "order_score", "value_part", "impact_part", "risk_part", "confidence_part"),
    *("effort_part", "urgency_part", "adjustment_part", "clipping_part", "confidence", "band"),
    *("band_by_policy", "effort_assumed", "missing", "rubric_version"),
)


def furnish(cast: Cast, count: int, seed: int = 11) -> list[Item]:
    """Items of all sorts: rated by halves, with old ratings, evidence, judgement, deadlines; some lack a pillar."""
    rng = random.Random(seed)
    queues = list(Queue.objects.filter(product=cast.a).order_by("pk"))
    actor = cast.actor("owner")
    drafts = [
        items.Draft(
            title=f"Item {number}",
            queue=rng.choice(queues),
            state="accepted",
            severity=rng.choice([None, 1, 2, 3, 4]),
            effort=rng.choice([None, 0.0, 0.5, 1, 2, 3.7, 13, 1000]),
            due_at=rng.choice([None, NOW + rng.uniform(-20, 200) * DAY]),
            created_at=NOW - rng.choice([0, 1, 300]) * DAY,
        )
        for number in range(count)
    ]
    made = items.create_items(
        actor=actor, product=cast.a, drafts=drafts, right="item.create", now=NOW - 300 * DAY
    )
    evidence: list[signals.Draft] = []
    for item in made:
        if rng.random() < 0.9:
            chosen = rng.sample(CRITERIA, rng.randint(1, 9))
            for when in (400, rng.choice([0, 10, 31, 200])):
                ratings.rate_item(
                    actor=actor,
                    item=item,
                    entries={
                        key: ratings.Entry(
                            rng.choice([0, 1, 2.5, 3, 4, 5]), rng.choice(list(CERTAINTY))
                        )
                        for key in chosen[: rng.randint(1, 9)]
                    },
                    now=NOW - when * DAY,
                )
        evidence += [
            signals.Draft(
                rng.choice(KINDS),
                rng.choice([0.0, 1, 7.5, 12_000]),
                NOW - rng.uniform(-0.5, 700) * DAY,
                "desk",
                item=item,
            )
            for _ in range(rng.choice([0, 0, 1, 5]))
        ]
        for _ in range(rng.choice([0, 0, 0, 1, 3])):
            adjustments.adjust(
                actor=actor,
                item=item,
                points=rng.choice([-15, -3.3, 0.1, 9, 15]),
                claim="Known",
                expires_at=NOW + rng.uniform(-80, 200) * DAY,
                now=NOW - 100 * DAY,
            )
    for start in range(0, len(evidence), 500):
        signals.add_signals(
            actor=actor, product=cast.a, drafts=evidence[start : start + 500], now=NOW
        )
    rescore.mark_expired(now=NOW)
    rescore.rescore_open(now=NOW)
    return made


def details(cast: Cast) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        path = f"items/?product=ATLAS&ordering=key&limit=200{cursor}"
        page = ask(cast, "viewer", "GET", path).json()
        for row in page["results"]:
            detail = ask(cast, "viewer", "GET", f"items/{row['key']}/").json()
            assert {name: detail[name] for name in row} == row, "the list says what the detail says"
            found.append(detail)
        if page["next"] is None:
            return found
        cursor = f"&cursor={quote(page['next'])}"


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def worked_out(rubric: dict[str, Any], detail: dict[str, Any]) -> dict[str, Any]:
    inputs = detail["scoring"]["inputs"]
    at = moment(detail["scoring"]["at"])
    assert at is not None
    item = {
        "queue": inputs["queue"],
        "ratings": {
            each["criterion"]: (each["level"], each["certainty"], moment(each["rated_at"]))
            for each in inputs["ratings"]
        },
        "signals": [
            (each["kind"], each["magnitude"], moment(each["occurred_at"]))
            for each in inputs["signals"]
        ],
        "effort": inputs["effort"],
        "due_at": moment(inputs["due_at"]),
        "adjustments": [
            (each["points"], moment(each["expires_at"]))
            for each in inputs["adjustments"]
            if each["active"]
        ],
        "severity": inputs["severity"] or 0,
    }
    return reference.score(rubric, item, at)


@pytest.mark.slow
def test_what_the_api_says_can_be_worked_out_again(cast: Cast) -> None:
    furnish(cast, 100)
    answer = ask(cast, "viewer", "GET", "products/ATLAS/rubric/").json()
    scored = 0
    rows = details(cast)
    for detail in rows:
        assert detail["scoring"]["rubric_version"] == answer["version"]
        assert detail["scoring"]["stale"] is False
        wanted = worked_out(answer["rubric"], detail)
        key = detail["key"]
        assert (detail["band"] or "") == wanted["band"], key
        assert detail["scoring"]["band_by_policy"] == wanted["by_policy"]
        assert detail["scoring"]["effort_assumed"] == wanted["effort_assumed"]
        assert detail["scoring"]["missing"] == wanted["missing"]
        assert detail["confidence"] == pytest.approx(wanted["confidence"], abs=1e-9), key
        factors = detail["scoring"]["factors"]
        for name, letter in (
            ("value", "value"),
            ("impact", "impact"),
            ("risk_counted", "risk_counted"),
            ("kappa", "kappa"),
            ("effort", "effort_factor"),
            ("urgency", "urgency_factor"),
        ):
            if wanted[letter] is not None:
                assert factors[name] == pytest.approx(wanted[letter], abs=1e-9), (key, name)
        if wanted["priority"] is None:
            assert (detail["priority"], detail["parts"]) == (None, None)
            continue
        scored += 1
        assert detail["priority"] == pytest.approx(wanted["priority"], abs=1e-9), key
        for parts in (detail["parts"], detail["scoring"]["parts"]):
            assert parts == pytest.approx(wanted["parts"], abs=1e-9), key
        assert sum(detail["parts"].values()) == pytest.approx(detail["priority"], abs=1e-9)
    assert 25 < scored < 100, "both kinds are there"
    assert {detail["band"] for detail in rows} >= {"act_now", "next", "later", None}
    places(rows)


def places(rows: list[dict[str, Any]]) -> None:
    """Ranks from what the details say, by the order of the page."""
    far = "9999"
    for kind in ("hotfix", "stability", "enhancement", "strategic_bet"):
        mine = [row for row in rows if row["queue"] == kind]
        mine.sort(
            key=lambda row: (
                *(
                    (0, -row["priority"])
                    if row["priority"] is not None
                    else (1, row["severity"] or 9)
                ),
                row["due_at"] or far,
                row["created_at"],
                int(row["key"].partition("-")[2]),
            )
        )
        assert [row["rank"] for row in mine] == list(range(1, len(mine) + 1)), kind


def stored() -> list[tuple[Any, ...]]:
    return list(ItemSummary.objects.order_by("pk").values_list("pk", *SCORES))


def test_chunks_and_their_order_make_no_difference(cast: Cast) -> None:
    """To the last bit: all at once, one by one, and in shuffled handfuls."""
    made = furnish(cast, 60)
    ids = [item.pk for item in made]
    at = NOW + DAY
    rng = random.Random(1)

    def again_by(chunks: list[list[int]]) -> list[tuple[Any, ...]]:
        ItemSummary.objects.update(stale_since=NOW, priority=None, order_score=9, band="")
        for chunk in chunks:
            rescore.rescore_items(product_id=cast.a.pk, item_ids=chunk, now=at)
        assert not ItemSummary.objects.exclude(stale_since=None).exists()
        return stored()

    whole = again_by([ids])
    assert any(row[1] is not None for row in whole)
    assert again_by([[pk] for pk in reversed(ids)]) == whole
    rng.shuffle(ids)
    assert again_by([ids[start : start + 7] for start in range(0, 60, 7)]) == whole
    ItemSummary.objects.update(stale_since=NOW, priority=None, order_score=9, band="")
    assert rescore.rescore_stale(now=at) >= 60
    assert stored() == whole


def test_inline_and_background_say_the_same(cast: Cast) -> None:
    """A change of one item is scored inside the request, one of many by the sweep: the same bits."""
    made = many(cast.a, 30, kind="stability", state="accepted", now=NOW)
    entries = {
        "business_value": ratings.Entry(4),
        "trust": ratings.Entry(2),
        "technical_risk": ratings.Entry(5),
    }
    for item in made:
        ratings.rate_item(actor=cast.actor("owner"), item=item, entries=entries, now=NOW)
    inline = stored()
    assert len({row[1:] for row in inline}) == 1
    assert inline[0][1] is not None
    ItemSummary.objects.update(stale_since=NOW, priority=None, order_score=9, band="")
    rescore.rescore_stale(now=NOW)
    assert stored() == inline


def test_the_company_makes_no_difference(cast: Cast) -> None:
    """The same item among three others and among five hundred: the same score to the last bit."""

    def star() -> Item:
        item = make(cast, "Star", queue=queue(cast.a, "enhancement"), state="accepted", effort=3.3)
        rate(cast, item, (4.3, 2.2, 1.1))
        signals.add_signals(
            actor=cast.actor("owner"),
            product=cast.a,
            drafts=[
                signals.Draft("support_ticket", 3.7, NOW - number * DAY, "desk", item=item)
                for number in range(9)
            ],
        )
        return item

    item = star()
    many(cast.a, 3, kind="enhancement", state="accepted")
    at = NOW + 2 * DAY

    def bits() -> tuple[Any, ...]:
        ItemSummary.objects.update(stale_since=NOW)
        rescore.rescore_stale(now=at)
        return ItemSummary.objects.values_list(*SCORES).get(pk=item.pk)

    alone = bits()
    assert alone[0] is not None
    others = many(cast.a, 500, kind="enhancement", state="accepted")
    for other in others[:40]:
        rate(cast, other, (5, 5, 0))
    assert bits() == alone
    assert again(item).summary.priority == alone[0]


def test_another_product_makes_no_difference(cast: Cast) -> None:
    item = make(cast, queue=queue(cast.a, "stability"), state="accepted")
    rate(cast, item)
    before = stored()
    many(cast.b, 5)
    items.create_items(
        actor=Actor.system(),
        product=cast.b,
        drafts=[items.Draft(title="x", queue=queue(cast.b, "stability"), state="accepted")],
        right="item.create",
    )
    rescore.rescore_stale()
    assert ItemSummary.objects.values_list("pk", *SCORES).get(pk=item.pk) == before[0]
