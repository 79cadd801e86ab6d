"""Every way in which the tables of reviews could be wrong is found."""

from collections.abc import Callable

import pytest

from assets.models import Version
from reviews.jobs import checks
from reviews.models import Assignment, Decision, ReviewCycle, Stage
from tests.cast import Cast
from tests.reviews.rounds import approve, new_version, start

STATES = "states follow from decisions"
BYTES = "decision names its bytes"

FAULTS: list[tuple[str, Callable[[Cast, ReviewCycle], object]]] = [
    (BYTES, lambda cast, cycle: Decision.objects.update(sha256="0" * 64)),
    (BYTES, lambda cast, cycle: Decision.objects.update(version=new_version(cast, "other"))),
    (
        "nobody decides on own work",
        lambda cast, cycle: Version.objects.update(uploaded_by=cast.reviewer),
    ),
    ("only who is asked decides", lambda cast, cycle: Decision.objects.update(reviewer=cast.owner)),
    (STATES, lambda cast, cycle: ReviewCycle.objects.update(decisions_count=5)),
    (
        STATES,
        lambda cast, cycle: ReviewCycle.objects.update(
            state="approved", closed_at=cycle.started_at
        ),
    ),
    (STATES, lambda cast, cycle: Stage.objects.filter(position=0).update(state="open")),
    (STATES, lambda cast, cycle: Stage.objects.filter(position=1).update(state="approved")),
    (STATES, lambda cast, cycle: Decision.objects.update(stage=Stage.objects.get(position=1))),
    (STATES, lambda cast, cycle: Version.objects.update(state="approved")),
    (STATES, lambda cast, cycle: new_asset_number(cycle)),
    ("what waits is listed", lambda cast, cycle: Assignment.objects.update(waiting=True)),
    ("what waits is listed", lambda cast, cycle: Assignment.objects.update(waiting=False)),
]


def new_asset_number(cycle: ReviewCycle) -> None:
    cycle.asset.versions_count = 2
    cycle.asset.save()


@pytest.mark.parametrize("fault", range(len(FAULTS)))
def test_a_fault_is_found(cast: Cast, fault: int) -> None:
    cycle = start(cast)
    approve(cast, cycle, "reviewer")
    assert not list(checks.findings())
    rule, break_it = FAULTS[fault]
    break_it(cast, cycle)
    assert rule in {each.rule for each in checks.findings()}


def test_an_approved_round_whose_version_is_a_draft_is_found(cast: Cast) -> None:
    cycle = start(cast)
    approve(cast, cycle, "reviewer")
    approve(cast, cycle, "leadership")
    assert not list(checks.findings())
    Version.objects.update(state="draft")
    assert [each.rule for each in checks.findings()] == [STATES]
