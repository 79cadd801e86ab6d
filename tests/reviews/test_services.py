"""Rules of the services that forms and shapes keep from being reached by pages and API."""

import pytest

from assets.models import Asset
from core.errors import Conflict, Invalid, NotAllowed
from reviews.models import Note, ReviewCycle
from reviews.services.cycles import StagePlan, start_review
from reviews.services.decisions import decide
from reviews.services.notes import add_note
from tests.cast import Cast
from tests.reviews.rounds import new_version, plans, start

pytestmark = pytest.mark.usefixtures("sound")


def test_a_reviewer_must_be_one_who_may_decide(cast: Cast) -> None:
    version = new_version(cast)
    for name in ("viewer", "outsider"):
        with pytest.raises(Invalid) as refusal:
            start_review(
                actor=cast.actor("owner"), version=version, stages=plans(cast, legal=(name,))
            )
        assert "may not decide" in refusal.value.fields["legal"][0]
    assert not ReviewCycle.objects.exists()


def test_people_named_twice_are_asked_once(cast: Cast) -> None:
    stages = plans(cast, legal=("leadership", "leadership"))
    cycle = start_review(actor=cast.actor("owner"), version=new_version(cast), stages=stages)
    legal = cycle.stages.get(kind="legal")
    assert (legal.quorum, legal.assignments.count()) == (1, 1)


def test_a_stage_is_planned_once_and_known(cast: Cast) -> None:
    version = new_version(cast)
    for stages in (
        [*plans(cast), StagePlan("legal", [cast.owner])],
        [*plans(cast), StagePlan("none", [cast.owner])],
    ):
        with pytest.raises(Invalid):
            start_review(actor=cast.actor("owner"), version=version, stages=stages)


@pytest.mark.unsound
def test_a_verdict_on_a_version_that_is_not_the_newest_is_refused_though_the_round_is_open(
    cast: Cast,
) -> None:
    """The round should have been closed by the upload; the verdict does not rely on it."""
    cycle = start(cast)
    Asset.objects.filter(pk=cycle.asset_id).update(versions_count=2)
    with pytest.raises(Conflict) as refusal:
        decide(
            actor=cast.actor("reviewer"),
            cycle=cycle,
            verdict="approve",
            sha256=cycle.version.sha256,
        )
    assert refusal.value.code == "superseded"
    assert not cycle.stages.filter(decisions__isnull=False).exists()


@pytest.mark.unsound
def test_a_note_needs_words_and_the_right(cast: Cast) -> None:
    version = new_version(cast)
    with pytest.raises(Invalid):
        add_note(actor=cast.actor("viewer"), version=version, body=" \n ")
    with pytest.raises(Invalid):
        add_note(actor=cast.actor("viewer"), version=version, body="x" * 5001)
    note = add_note(actor=cast.actor("viewer"), version=version, body="Of the whole", anchor={})
    assert (note.anchor, note.cycle) == (None, None)
    cast.a.archived_at = version.uploaded_at
    cast.a.save()
    version.asset.product = cast.a
    with pytest.raises(NotAllowed):
        add_note(actor=cast.actor("viewer"), version=version, body="Too late")
    assert Note.objects.count() == 1


@pytest.mark.parametrize(
    "anchor",
    [{"line": True}, {"line": "3"}, {"second": "4"}, {"second": True}, {"second": float("nan")}, {"region": "all"},
     {"region": [0.1, 0.1, 0.1]}, {"region": [float("inf"), 0, 1, 1]}, {"anything": 1}],
)  # fmt: skip
def test_a_place_is_checked_by_the_service_too(cast: Cast, anchor: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refusal:
        add_note(actor=cast.actor("viewer"), version=new_version(cast), body="Here", anchor=anchor)
    assert refusal.value.code == "bad_anchor"


def test_rows_read_well(cast: Cast) -> None:
    cycle = start(cast)
    assert str(cycle) == "Review of script, version 1, round 1"
    assert str(cycle.stages.get(position=1)) == "Legal"
    assert str(cycle.asset) == "script"


def test_an_unknown_verdict_is_refused(cast: Cast) -> None:
    cycle = start(cast)
    with pytest.raises(Invalid) as refusal:
        decide(
            actor=cast.actor("reviewer"),
            cycle=cycle,
            verdict="abstain",
            sha256=cycle.version.sha256,
        )
    assert "verdict" in refusal.value.fields
