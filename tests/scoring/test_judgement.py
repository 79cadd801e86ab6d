"""Judgements with an end and a verdict: where they stand, who may judge, how often they held."""

from datetime import timedelta
from math import isclose

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.actors import Actor
from accounts.roles import Role
from backlog.models import Change, Item
from backlog.services import decision_rights
from core.errors import Conflict, NotAllowed
from scoring.hit_rate import HitRate, wilson
from scoring.models import Adjustment
from scoring.services import adjustments
from tests.backlog.making import accepted, ask
from tests.cast import Cast

DAY = timedelta(days=1)


def claimed(
    cast: Cast, item: Item, by: str = "owner", *, days: float = -1, claim: str = "It matters."
) -> Adjustment:
    """An adjustment that ends so many days from now."""
    end = timezone.now() + days * DAY
    return adjustments.adjust(
        actor=cast.actor(by), item=item, points=2, claim=claim, expires_at=end, now=end - 20 * DAY
    )


def judged(cast: Cast, item: Item, verdict: str, by: str = "owner") -> Adjustment:
    return adjustments.judge(
        actor=cast.actor("leadership" if by != "leadership" else "owner"),
        adjustment=claimed(cast, item, by),
        verdict=verdict,
    )


def test_a_verdict_is_kept_logged_and_shown(cast: Cast) -> None:
    item = accepted(cast)
    row = claimed(cast, item)
    url = f"items/{item.key}/adjustments/{row.pk}/verdict/"
    answer = ask(cast, "leadership", "POST", url, {"verdict": "partly", "note": "One of two came."})
    assert answer.status_code == 200, answer.content
    assert (answer.json()["verdict"], answer.json()["state"]) == ("partly", "judged")
    row.refresh_from_db()
    assert (row.verdict_by, row.verdict_note) == (cast.leadership, "One of two came.")
    change = Change.objects.get(verb="adjustment.judged")
    assert change.fields == {"verdict": [None, "partly"]}
    assert (change.right, change.reason, change.item_id) == (
        "adjustment.judge",
        "One of two came.",
        item.pk,
    )
    page = cast.client("viewer").get(reverse("item", args=[item.key])).content.decode()
    assert "It held in part" in page
    assert "One of two came." in page
    assert "held 0.5 of 1, not enough yet" in page


def test_nobody_judges_their_own_unless_there_is_nobody_else(cast: Cast) -> None:
    row = claimed(cast, accepted(cast))
    with pytest.raises(NotAllowed) as refused:
        adjustments.judge(actor=cast.actor("owner"), adjustment=row, verdict="held")
    assert "Ask " in refused.value.detail
    assert "Owner" not in refused.value.detail.split("Ask ")[1]
    others = [("adjustment.judge", role) for role in (Role.LEADERSHIP, Role.ADMINISTRATOR)]
    decision_rights.set_rights(
        actor=Actor.system(),
        product=cast.a,
        wanted=dict.fromkeys(others, False),
        version=decision_rights.matrix(cast.a).version,
        reason="Fewer.",
    )
    assert (
        adjustments.judge(actor=cast.actor("owner"), adjustment=row, verdict="held").verdict
        == "held"
    )


def test_it_is_too_early_while_it_runs_and_too_late_when_somebody_else_has_judged(
    cast: Cast,
) -> None:
    item = accepted(cast)
    running = claimed(cast, item, days=3)
    leader = cast.actor("leadership")
    with pytest.raises(Conflict) as early:
        adjustments.judge(actor=leader, adjustment=running, verdict="held")
    assert early.value.code == "still_running"
    over = claimed(cast, item)
    adjustments.judge(actor=leader, adjustment=over, verdict="held")
    url = f"items/{item.key}/adjustments/{over.pk}/verdict/"
    late = ask(cast, "administrator", "POST", url, {"verdict": "failed"})
    assert (late.status_code, late.json()["code"]) == (409, "judged_meanwhile")
    knowing = ask(cast, "administrator", "POST", url, {"verdict": "failed", "was": "held"})
    assert knowing.json()["verdict"] == "failed"
    assert Change.objects.filter(verb="adjustment.judged").latest("id").fields == {
        "verdict": ["held", "failed"]
    }
    assert ask(cast, "leadership", "POST", url, {"verdict": "perhaps"}).status_code == 400


def test_lists_by_where_they_stand_by_person_and_by_queue(cast: Cast) -> None:
    stable, better = accepted(cast, "stability"), accepted(cast, "enhancement")
    claimed(cast, stable, days=3, claim="running")
    claimed(cast, stable, claim="waiting")
    claimed(cast, better, "leadership", claim="theirs")
    judged(cast, better, "held")
    ended = claimed(cast, better, days=5, claim="withdrawn")
    adjustments.end_adjustment(actor=cast.actor("owner"), adjustment=ended)

    def claims(query: str) -> list[str]:
        told = ask(cast, "viewer", "GET", f"adjustments/?product={cast.a.key}{query}").json()
        return sorted(row["claim"] for row in told["results"])

    assert claims("&state=running") == ["running"]
    assert claims("&state=waiting") == ["theirs", "waiting"]
    assert claims("&state=judged") == ["It matters."]
    assert claims("&state=withdrawn") == ["withdrawn"]
    assert claims("&person=leadership@example.org") == ["theirs"]
    assert claims("&queue=stability") == ["running", "waiting"]
    assert claims("&verdict=held") == ["It matters."]
    assert ask(cast, "viewer", "GET", "adjustments/?state=odd").status_code == 400
    page = (
        cast.client("viewer")
        .get(reverse("judgement", args=[cast.a.key]), {"state": "waiting", "queue": "stability"})
        .content.decode()
    )
    assert "waiting" in page
    assert "theirs" not in page


def test_what_waits_stands_on_my_work_of_those_who_may_judge_it(cast: Cast) -> None:
    claimed(cast, accepted(cast), claim="The fair decides it.")
    url = reverse("work", args=[cast.a.key])
    assert "The fair decides it." in cast.client("leadership").get(url).content.decode()
    assert "The fair decides it." not in cast.client("owner").get(url).content.decode(), "their own"
    assert "The fair decides it." not in cast.client("contributor").get(url).content.decode()


def test_rates_by_person_and_queue_with_an_interval_from_five_on(cast: Cast) -> None:
    stable, better = accepted(cast, "stability"), accepted(cast, "enhancement")
    for verdict in ("held", "held", "partly", "failed", "unknown"):
        judged(cast, stable, verdict)
    told = ask(cast, "viewer", "GET", "adjustments/rates/").json()
    assert told["people"][0] == {
        "person": "owner@example.org",
        "held": 2,
        "partly": 1,
        "failed": 1,
        "unknown": 1,
        "rate": None,
        "low": None,
        "high": None,
    }, "four that could be told are not enough"
    judged(cast, better, "held")
    judged(cast, better, "failed", by="leadership")
    told = ask(cast, "viewer", "GET", "adjustments/rates/").json()
    owner = next(each for each in told["people"] if each["person"] == "owner@example.org")
    assert owner["rate"] == pytest.approx(3.5 / 5)
    assert (owner["low"], owner["high"]) == pytest.approx(wilson(3.5, 5))
    assert {each["queue"]: each["held"] for each in told["queues"]} == {
        "stability": 2,
        "enhancement": 1,
    }
    page = cast.client("viewer").get(reverse("judgement", args=[cast.a.key])).content.decode()
    assert "held 3.5 of 5 (70%, likely" in page
    assert "held 0 of 1, not enough yet" in page


def test_the_interval_is_the_published_one() -> None:
    """Newcombe, Stat. Med. 17 (1998) 857, table I, method 3 (score, no continuity correction)."""
    for hits, count, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert wilson(hits, count) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 5))
def test_a_rate_lies_in_its_interval(held: int, partly: int, failed: int, unknown: int) -> None:
    rate = HitRate(held, partly, failed, unknown)
    assert (rate.rate is None) == (held + partly + failed < 5)
    if rate.rate is not None and rate.interval is not None:
        low, high = rate.interval
        assert 0 <= low <= rate.rate + 1e-12
        assert rate.rate <= high + 1e-12
        mirrored = HitRate(failed, partly, held).interval
        assert mirrored is not None
        assert isclose(mirrored[0], 1 - high, abs_tol=1e-12)
