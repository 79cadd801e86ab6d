"""The example product: its plan for any day of the week, and what stands in the database after seeding."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from random import Random
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts import demo
from accounts.models import Membership, Product, User
from accounts.roles import Role
from assets.models import Breach, Placement, Reading, Replacement, Version
from assets.placing import with_state
from assets.vocabulary import PlacementState
from backlog.filters import ItemFilter
from backlog.models import BriefInput, Change, Comment, Cycle, Item, ItemSummary, SavedView
from backlog.vocabulary import Band, Kind, LinkKind, QueueKind, State
from core import invariants
from integrations.demo import setting
from integrations.demo.people import PEOPLE
from integrations.demo.play import SEED
from integrations.demo.story import Act, Story
from reviews.models import ReviewCycle
from reviews.vocabulary import CycleState, ReviewState
from scoring.jobs import rescore
from scoring.models import Adjustment, Rating, Signal

#: Processor time, which other work on the machine does not lengthen; the bound is 25 s.
SECONDS = 50.0
#: Median priorities of open items that scoring.md 2 calls typical, by queue.
TYPICAL = {
    QueueKind.HOTFIX: 37.0,
    QueueKind.STABILITY: 20.0,
    QueueKind.ENHANCEMENT: 15.0,
    QueueKind.STRATEGIC_BET: 21.0,
}


# --- the plan, without a database ---------------------------------------------------------------


def plan(now: datetime, seed: int = SEED) -> list[Act]:
    return Story(now, Random(seed)).plan()


@pytest.mark.parametrize(
    "now",
    [
        datetime(2027, 3, 1, 4, 30, tzinfo=UTC),  # a Monday before anybody works
        datetime(2027, 3, 2, 9, 5, tzinfo=UTC),
        datetime(2027, 3, 31, 12, 0, tzinfo=UTC),  # right after the clocks went forward in Europe
        datetime(2027, 3, 4, 23, 59, tzinfo=UTC),
        datetime(2027, 3, 5, 16, 29, tzinfo=UTC),
        datetime(2027, 1, 1, 0, 0, tzinfo=UTC),
        datetime(2027, 10, 31, 1, 30, tzinfo=UTC),  # a Sunday in the hour that comes twice
    ],
    ids=lambda now: now.strftime("%a-%H%M"),
)
def test_the_plan_fits_any_moment(now: datetime) -> None:
    acts = plan(now)
    assert [act.at for act in acts] == sorted(act.at for act in acts)
    assert acts[-1].at <= now
    assert now - timedelta(days=2, hours=20) < max(act.at for act in acts if act.what == "create")
    assert timedelta(days=175) < now - acts[0].at < timedelta(days=190)
    for slug in {act.piece for act in acts if act.piece}:
        assert next(act for act in acts if act.piece == slug).what == "create", slug


def test_people_work_in_their_working_hours() -> None:
    zones = {person.key: person.time_zone for person in PEOPLE}
    acts = [act for act in plan(datetime(2027, 3, 3, 15, 0, tzinfo=UTC)) if act.what == "say"]
    locally = [act.at.astimezone(ZoneInfo(zones[act.who])) for act in acts]
    at_work = [at for at in locally if at.weekday() < 5 and 8 <= at.hour < 18]
    assert len(acts) > 60
    assert len(at_work) >= 0.97 * len(acts)


def test_the_same_seed_gives_the_same_plan() -> None:
    now = datetime(2027, 3, 3, 15, 0, tzinfo=UTC)
    assert plan(now) == plan(now)
    assert plan(now) != plan(now, seed=SEED + 1)


def test_every_piece_has_a_name_and_a_text_of_its_own() -> None:
    for values in (
        [piece.slug for piece in setting.PIECES],
        [piece.title for piece in setting.PIECES],
        [piece.description for piece in setting.PIECES],
    ):
        assert [value for value, count in Counter(values).items() if count > 1] == []


# --- what stands in the database ----------------------------------------------------------------


def seeded() -> str:
    out = StringIO()
    call_command("seed_demo", stdout=out)
    return out.getvalue()


@pytest.mark.slow
@pytest.mark.django_db
def test_the_example_product(subtests: Any, settings: Settings) -> None:
    """Seeded once, looked at from many sides."""
    settings.BALLAST_DEMO = True
    began = time.process_time()
    said = seeded()
    seconds = time.process_time() - began
    product = Product.objects.get()
    for check in CHECKS:
        with subtests.test(check.__name__):
            check(product)
    with subtests.test("it says how to sign in"):
        assert demo.PASSWORD in said
        assert all(person.email in said for person in PEOPLE)
    with subtests.test("each of the six can sign in"):
        for person in PEOPLE:
            client = Client()
            answer = client.post(
                reverse("sign-in"), {"email": person.email, "password": demo.PASSWORD}
            )
            assert answer.status_code in (302, 303), person.email
            assert client.get(reverse("backlog", args=[product.key])).status_code == 200
    with subtests.test("a second run changes nothing"):
        before = contents()
        assert "already" in seeded()
        assert contents() == before
    with subtests.test("it is quick"):
        assert seconds < SECONDS


def contents() -> dict[str, Any]:
    return {
        "people": User.objects.count(),
        "items": list(Item.objects.order_by("pk").values_list("pk", "version", "updated_at")),
        "changes": Change.objects.count(),
        "scores": list(ItemSummary.objects.order_by("pk").values_list("priority", "scored_at")),
    }


def _people(product: Product) -> None:
    roles = Membership.objects.filter(product=product).values_list("role", flat=True)
    assert sorted(roles) == sorted(Role.values)
    assert len({user.time_zone for user in User.objects.all()}) == 6


def _items(product: Product) -> None:
    items = list(Item.objects.select_related("queue"))
    states = Counter(item.state for item in items)
    assert 140 <= len(items) <= 170
    assert states.keys() == set(State.values)
    assert states[State.TRIAGE] == 14
    assert states[State.DONE] >= 45
    assert min(states.values()) >= 5
    assert {item.kind for item in items} == set(Kind.values)
    queues = Counter(item.queue.kind for item in items if item.queue)
    assert queues.keys() == set(QueueKind.values)
    assert min(queues.values()) >= 10
    assert all(len(item.description) >= 20 for item in items)
    assert max(len(item.title) for item in items) > 200
    assert any("\u0590" < letter < "\u0700" for item in items for letter in item.title)
    reasons = [item.state_reason for item in items if item.state in (State.DECLINED, State.PARKED)]
    assert all(reasons)
    parked = [item.parked_until for item in items if item.state == State.PARKED]
    assert all(day and day > timezone.localdate() for day in parked)


def _rules(product: Product) -> None:
    """What the services hold for every item, asked of the rows."""
    for item in Item.objects.select_related("queue"):
        item.full_clean(exclude=["owner", "reporter", "program", "channel", "cycle"])
        if item.queue and item.queue.kind == QueueKind.HOTFIX:
            assert item.severity, item.key
            assert item.owner_id, item.key
            assert item.due_at, item.key
        instants = [item.created_at, item.accepted_at, item.started_at, item.finished_at]
        known = [at for at in instants if at]
        assert known == sorted(known), item.key
        assert (item.finished_at is not None) == (item.state in (State.DONE, State.DECLINED)), (
            item.key
        )
        if item.state in (State.IN_PROGRESS, State.IN_REVIEW, State.DONE):
            assert item.started_at, item.key


def _scores(product: Product) -> None:
    rows = ItemSummary.objects.filter(is_open=True).exclude(queue_kind="")
    for kind, typical in TYPICAL.items():
        found = list(
            rows.filter(queue_kind=kind, priority__isnull=False).values_list("priority", flat=True)
        )
        assert 0.75 * typical < median(found) < 1.5 * typical, (kind, sorted(found))
        assert set(
            rows.filter(queue_kind=kind, priority__isnull=False).values_list("band", flat=True)
        ) >= {
            Band.ACT_NOW,
            *((Band.LATER, Band.NEXT) if kind != QueueKind.HOTFIX else ()),
        }, kind
    assert rows.filter(priority__isnull=True).count() >= 2
    assert not ItemSummary.objects.filter(stale_since__isnull=False).exists()
    now = timezone.now()
    before = dict(ItemSummary.objects.values_list("pk", "priority"))
    rescore.rescore_items(product_id=product.pk, item_ids=sorted(before), now=now)
    for pk, priority in ItemSummary.objects.values_list("pk", "priority"):
        assert (priority is None) == (before[pk] is None)
        assert priority is None or priority == pytest.approx(before[pk], abs=0.05)


def _inputs(product: Product) -> None:
    assert set(Rating.objects.values_list("certainty", flat=True)) == {
        "guess",
        "informed",
        "certain",
    }
    assert Rating.objects.values("rated_by").distinct().count() >= 4
    assert set(Signal.objects.values_list("kind", flat=True)) == {
        *("support_ticket", "affected_users", "satisfaction_drop", "incident")
    }
    assert Signal.objects.values("source").distinct().count() >= 4
    now = timezone.now()
    running = Adjustment.objects.filter(expires_at__gt=now, ended_at__isnull=True)
    assert running.count() >= 2
    assert Adjustment.objects.exclude(pk__in=running).count() >= 2


def _history(product: Product) -> None:
    logged = set(Change.objects.exclude(item_id=None).values_list("item_id", flat=True))
    assert set(Item.objects.values_list("pk", flat=True)) - logged == set()
    instants = list(Change.objects.order_by("pk").values_list("at", flat=True))
    assert instants == sorted(instants)
    assert timedelta(days=178) < instants[-1] - instants[0] < timedelta(days=190)
    moves = Change.objects.filter(verb="item.moved")
    assert moves.exists()
    assert all(move.reason for move in moves)
    assert Change.objects.filter(verb="band.changed").count() >= 15
    finished = Item.objects.filter(state=State.DONE).values_list("finished_at", flat=True)
    weeks = Counter((timezone.now() - at).days // 7 for at in finished)
    assert sum(weeks[week] for week in range(13)) > sum(weeks[week] for week in range(13, 26))
    out = StringIO()
    call_command("verify_changes", stdout=out)
    assert "intact" in out.getvalue()


def _words(product: Product) -> None:
    assert Comment.objects.count() >= 60
    assert Comment.objects.filter(mentions__isnull=False).exists()
    assert all(segment.accounts_count for segment in product.segments.all())
    cycles = Cycle.objects.filter(product=product)
    assert cycles.count() == setting.CYCLES + 1
    assert cycles.filter(closed_at__isnull=True).count() == 2
    carried = [item for item in Item.objects.prefetch_related("cycles") if item.cycles.count() > 1]
    assert len(carried) >= 10
    kinds = {link.kind for item in Item.objects.all() for link in item.links_out.all()}
    assert kinds >= {LinkKind.PART_OF, LinkKind.DUPLICATES, LinkKind.RELATES, LinkKind.BLOCKS}


def _views(product: Product) -> None:
    """Saved views, shared and private, that find something."""
    views = list(SavedView.objects.select_related("owner"))
    assert {view.shared for view in views} == {True, False}
    for view in views:
        found = ItemFilter(
            QueryDict(view.query).dict(), Item.objects.all(), product=product, user=view.owner
        )
        assert found.is_valid(), view.name
        assert found.qs.exists(), view.name


def _files(product: Product) -> None:
    assert [str(each) for each in invariants.findings(now=timezone.now())] == []
    assert set(Version.objects.values_list("media_type", flat=True)) >= {
        *("text/fountain", "text/markdown", "image/png", "application/pdf")
    }
    counts = Counter(Version.objects.values_list("asset", flat=True))
    assert min(counts.values()) == 1
    assert max(counts.values()) == 4
    assert {cycle.state for cycle in ReviewCycle.objects.all()} >= {
        *(CycleState.OPEN, CycleState.APPROVED, CycleState.CHANGES_REQUESTED, CycleState.WITHDRAWN)
    }
    states = set(
        ItemSummary.objects.exclude(review_state="").values_list("review_state", flat=True)
    )
    assert states >= {ReviewState.IN_REVIEW, ReviewState.APPROVED, ReviewState.NOT_REVIEWED}


def _placements(product: Product) -> None:
    """Something in every state for the drift report, a target that broke, and inputs that somebody waits for."""
    rows = with_state(Placement.objects.filter(product=product, ended_at=None))
    assert {row.state for row in rows} == set(PlacementState.values)
    assert Replacement.objects.filter(product=product, state="open").exists()
    assert Breach.objects.filter(product=product, mended_at=None).exists()
    assert Reading.objects.filter(product=product).count() >= 4
    outstanding = BriefInput.objects.filter(brief__product=product, state="outstanding")
    assert outstanding.exists()


CHECKS = (
    *(_people, _items, _rules, _scores, _inputs, _history, _words, _views, _files),
    _placements,
)


# --- refusals -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_it_refuses_where_no_example_data_is_wanted(settings: Settings) -> None:
    settings.BALLAST_DEMO = False
    with pytest.raises(CommandError, match="--force"):
        seeded()
    assert not Product.objects.exists()
    assert not User.objects.exists()
