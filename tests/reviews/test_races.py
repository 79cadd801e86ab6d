"""Two reviewers decide at the same moment while a new version arrives; many upload at once. On PostgreSQL.

SQLite lets one transaction write at a time, so nothing meets there. Each race has a control: the same thing done
without the guard, which goes wrong.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.utils import timezone

from assets.jobs import checks as asset_checks
from assets.models import Asset, Version
from assets.services.versions import upload_version
from core.errors import Conflict
from reviews.jobs import checks
from reviews.models import Decision, ReviewCycle, Stage
from tests.cast import Cast, build
from tests.reviews.rounds import approve, new_version, start
from tests.together import together

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
#: Tried with 200; fewer by default, because the machine is shared with the rest of the suite.
ROUNDS = int(os.environ.get("BALLAST_RACE_ROUNDS", "30"))


@pytest.fixture
def stage_cast(transactional_db: None) -> Cast:
    return build()


def at_legal(cast: Cast) -> ReviewCycle:
    """A round whose last stage waits for two people."""
    cycle = start(cast, legal=("leadership", "owner"))
    approve(cast, cycle, "reviewer")
    return cycle


def uploads(cast: Cast, cycle: ReviewCycle) -> Callable[[], Version]:
    return lambda: upload_version(
        actor=cast.actor("contributor"),
        asset=Asset.objects.select_related("product", "item").get(pk=cycle.asset_id),
        file=ContentFile(b"second", name="script.txt"),
        rationale="Meanwhile",
    )


def test_two_reviewers_and_an_upload(stage_cast: Cast) -> None:
    cast = stage_cast
    ends: Counter[str] = Counter()
    for _ in range(ROUNDS):
        cycle = at_legal(cast)
        first, second, version = together(
            [
                partial(approve, cast, cycle, "leadership"),
                partial(approve, cast, cycle, "owner"),
                uploads(cast, cycle),
            ]
        )
        assert isinstance(version, Version), version
        given = 0
        for verdict in (first, second):
            if isinstance(verdict, Decision):
                given += 1
                assert verdict.sha256 == cycle.version.sha256
                assert verdict.version_id == cycle.version_id
            else:
                assert isinstance(verdict, Conflict), verdict
                assert verdict.code == "superseded"
        cycle.refresh_from_db()
        # both approved: the round is approved, whether before or after the upload came is one question with one answer
        assert cycle.state == ("approved" if given == 2 else "superseded")
        version.refresh_from_db()
        assert version.state == "draft"
        assert not version.review_decisions.exists()
        ends[f"{given} verdicts, then the upload"] += 1
    assert not list(checks.findings())
    assert not list(asset_checks.findings(read_files=False))
    print(dict(ends))  # seen with -s


def test_two_reviewers_always_advance_the_stage(stage_cast: Cast) -> None:
    cast = stage_cast
    for _ in range(ROUNDS):
        cycle = at_legal(cast)
        verdicts = together(
            [partial(approve, cast, cycle, "leadership"), partial(approve, cast, cycle, "owner")]
        )
        assert all(isinstance(each, Decision) for each in verdicts), verdicts
        cycle.refresh_from_db()
        assert cycle.state == "approved"
    assert not list(checks.findings())


def test_the_same_reviewer_twice_decides_once(stage_cast: Cast) -> None:
    cast = stage_cast
    for _ in range(ROUNDS // 10):
        cycle = at_legal(cast)
        verdicts = together([partial(approve, cast, cycle, "owner")] * 4)
        assert sum(isinstance(each, Decision) for each in verdicts) == 1
        assert {each.code for each in verdicts if isinstance(each, Conflict)} == {"decided_already"}
    assert not list(checks.findings())


def test_a_review_is_started_once(stage_cast: Cast) -> None:
    cast = stage_cast
    for _ in range(ROUNDS // 10):
        version = new_version(cast)
        made = together([partial(start, cast, version)] * 3)
        assert sum(isinstance(each, ReviewCycle) for each in made) == 1
        assert {each.code for each in made if isinstance(each, Conflict)} == {"in_review"}


def test_a_review_and_an_upload_at_once(stage_cast: Cast) -> None:
    """The round is on the newest version, or it is closed, or it was refused."""
    cast = stage_cast
    for _ in range(ROUNDS // 4):
        version = new_version(cast)
        cycle = ReviewCycle(asset_id=version.asset_id)
        started, uploaded = together([partial(start, cast, version), uploads(cast, cycle)])
        assert isinstance(uploaded, Version), uploaded
        if isinstance(started, ReviewCycle):
            started.refresh_from_db()
            assert started.state == "superseded"
        else:
            assert isinstance(started, Conflict)
            assert started.code == "not_newest"
    assert not list(checks.findings())


def test_uploads_at_once_are_numbered_without_a_gap(stage_cast: Cast) -> None:
    cast = stage_cast
    first = new_version(cast)

    def upload(text: str) -> Version:
        return upload_version(
            actor=cast.actor("contributor"),
            asset=Asset.objects.select_related("product", "item").get(pk=first.asset_id),
            file=ContentFile(text.encode(), name="script.txt"),
            rationale="Why",
        )

    made = []
    for turn in range(10):
        texts = [f"{turn} {place}" for place in range(5)] + [f"{turn} same", f"{turn} same"]
        made += together([partial(upload, text) for text in texts])
    refused = [each for each in made if not isinstance(each, Version)]
    assert {getattr(each, "code", each) for each in refused} <= {"identical"}
    numbers = list(
        Version.objects.filter(asset=first.asset)
        .order_by("number")
        .values_list("number", flat=True)
    )
    assert numbers == list(range(1, 72 - len(refused)))
    assert not list(asset_checks.findings())
    print(f"{len(numbers)} versions, {len(refused)} refused as identical")


# --- Controls: the same without the guard goes wrong --------------------------------------------


def naive_approve(cast: Cast, cycle_id: int, name: str, meet: threading.Barrier) -> bool:
    """Read, write, count, advance: each step right by itself, no lock and no claim."""
    with transaction.atomic():
        cycle = ReviewCycle.objects.select_related("version").get(pk=cycle_id)
        stage = Stage.objects.get(cycle=cycle, position=1)
        if cycle.state != "open":
            return False
        Decision.objects.create(
            version=cycle.version,
            stage=stage,
            reviewer=cast.people[name],
            role="leadership",
            verdict="approve",
            sha256=cycle.version.sha256,
        )
        meet.wait(10)
        given = stage.decisions.count()
        meet.wait(10)
        if given >= stage.quorum:
            ReviewCycle.objects.filter(pk=cycle.pk).update(
                state="approved", closed_at=timezone.now()
            )
        return True


def test_control_two_approvals_without_the_guard_get_stuck(stage_cast: Cast) -> None:
    cast = stage_cast
    stuck = 0
    for _ in range(5):
        cycle = at_legal(cast)
        written = threading.Barrier(2)
        together(
            [
                partial(naive_approve, cast, cycle.pk, name, written)
                for name in ("leadership", "owner")
            ]
        )
        cycle.refresh_from_db()
        stuck += (
            cycle.state == "open"
            and Decision.objects.filter(stage__cycle=cycle, stage__position=1).count() == 2
        )
    assert stuck == 5
    assert list(checks.findings())


def test_control_a_verdict_without_the_guard_approves_under_an_upload(stage_cast: Cast) -> None:
    cast = stage_cast
    cycle = start(cast, legal=("owner",))
    approve(cast, cycle, "reviewer")
    written, uploaded = threading.Barrier(1), threading.Event()

    def slow() -> bool:
        with transaction.atomic():
            seen = ReviewCycle.objects.get(pk=cycle.pk)
            uploaded.wait(10)  # the upload commits between reading and writing
            ReviewCycle.objects.filter(pk=seen.pk).update(
                state="approved", closed_at=timezone.now()
            )
            return naive_approve(cast, cycle.pk, "owner", written)

    def quick() -> Version:
        try:
            return uploads(cast, cycle)()
        finally:
            uploaded.set()

    together([slow, quick])
    cycle.refresh_from_db()
    assert cycle.state == "approved"
    assert cycle.closed_by_version_id is not None  # superseded, and then approved all the same
    assert list(checks.findings())


def test_the_database_is_the_one_that_this_is_about() -> None:
    assert connection.vendor == "postgresql"
