"""Publishing, deployments, drift and the tasks that clear it (R121–R128, N17)."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assets import drift as rule
from assets import placing
from assets.models import Asset, Deployment, Placement, Replacement, Version
from assets.services import drift, placements, publishing, replacements
from assets.services.versions import mark_approved
from assets.vocabulary import Environment, PlacementState, TaskState, VersionState
from backlog.models import Change
from core.errors import Conflict, Invalid, NotAllowed, Stale
from core.inserting import insert
from tests.assets.placed import an_asset, channel, place, publish
from tests.cast import Cast

BEHIND, CURRENT = PlacementState.BEHIND, PlacementState.CURRENT


def open_tasks() -> list[tuple[str, int]]:
    rows = Replacement.objects.filter(state=TaskState.OPEN).order_by("placement__place")
    return list(rows.values_list("placement__place", "version__number"))


def state(placement: Placement) -> PlacementState:
    found = Placement.objects.select_related("asset", "version").get(pk=placement.pk)
    said = rule.drift(placing.standing_of(found))
    assert (found.drifted_at is not None) == (said.drifted and found.ended_at is None)
    return said.state


# --- The rule, and the same rule as SQL ---------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "state", "was", "in_force", "trial", "strange", "expected"),
    [
        (2, "published", True, 2, False, False, (CURRENT, 0)),
        (1, "approved", True, 3, False, False, (BEHIND, 2)),
        (
            1,
            "approved",
            False,
            3,
            False,
            False,
            (BEHIND, 2),
        ),  # approved, never published, overtaken
        (3, "approved", True, 2, False, False, (BEHIND, 1)),  # an older one was put back
        (3, "approved", False, 2, False, False, (PlacementState.UNAPPROVED, 0)),
        (3, "approved", False, 2, True, False, (CURRENT, 0)),  # tried on staging
        (1, "approved", False, 2, True, False, (BEHIND, 1)),
        (1, "draft", False, 2, False, False, (PlacementState.UNAPPROVED, 0)),
        (1, "retired", True, 2, True, False, (PlacementState.RETIRED, 0)),
        (None, "", False, 2, False, False, (PlacementState.UNKNOWN, 0)),
        (2, "published", True, 2, False, True, (PlacementState.UNKNOWN, 0)),
        (1, "approved", True, None, False, False, (PlacementState.UNAPPROVED, 0)),
    ],
)
def test_the_state_of_a_placement(
    there: int | None,
    state: str,
    was: bool,
    in_force: int | None,
    trial: bool,
    strange: bool,
    expected: tuple[str, int],
) -> None:
    standing = rule.Standing(there, state, was, in_force, strange, trial)
    found = rule.drift(standing)
    assert (found.state, found.behind) == expected
    assert rule.says(standing).endswith(".")


@pytest.mark.slow
def test_sql_says_what_the_rule_says_for_every_combination(cast: Cast) -> None:
    asset = an_asset(cast, 3)[0].asset
    where = place(cast, asset)
    now = timezone.now()
    seen = set()
    for number, kind, was, in_force, environment, hash_ in itertools.product(
        (None, 1, 2, 3),
        VersionState.values,
        (None, now),
        (None, 1, 2, 3),
        Environment.values,
        ("", "same", "f" * 64),
    ):
        Version.objects.filter(asset=asset).update(state="approved")
        Asset.objects.filter(pk=asset.pk).update(published_version=in_force)
        version = asset.versions.filter(number=number or 0).first()
        if version:
            Version.objects.filter(pk=version.pk).update(state=kind, published_at=was)
        same = version.sha256 if version and hash_ == "same" else hash_.replace("same", "")
        Placement.objects.filter(pk=where.pk).update(
            version=version, environment=environment, found_sha256=same
        )
        row = placing.with_state(
            Placement.objects.filter(pk=where.pk).select_related("asset", "version")
        ).get()
        expected = rule.drift(placing.standing_of(row)).state
        assert row.state == expected  # type: ignore[attr-defined]
        seen.add(expected)
    assert seen == set(PlacementState)


# --- Publishing ---------------------------------------------------------------------------------


def test_publishing_version_3_makes_tasks_exactly_where_an_older_one_stands(cast: Cast) -> None:
    one, two, three = an_asset(cast, 3)
    publish(cast, two)
    at_one, at_two = place(cast, one.asset, one, "A"), place(cast, one.asset, two, "B")
    at_three = place(cast, one.asset, three, "C")
    on_trial = place(cast, one.asset, three, "D", environment="staging")
    other = an_asset(cast, 1, name="other")[0]
    place(cast, other.asset, other, "E")
    assert [state(each) for each in (at_one, at_two, at_three, on_trial)] == [
        BEHIND,
        CURRENT,
        PlacementState.UNAPPROVED,
        CURRENT,
    ]
    done = publish(cast, three)
    assert (done.before, done.settled.raised) == (2, 2)
    assert open_tasks() == [("A", 3), ("B", 3)]
    # run twice: no second task, nothing moves
    asset = Asset.objects.get(pk=one.asset_id)
    again = drift.settle(asset=asset, now=timezone.now(), raising=True)
    assert again == drift.Settled()
    with pytest.raises(Conflict, match="in force already"):
        publish(cast, three)
    assert open_tasks() == [("A", 3), ("B", 3)]
    row = Change.objects.get(verb="version.published", subject_id=three.pk)
    assert row.right == "asset.publish"
    assert row.fields["in_force"] == [2, 3]


def test_only_approved_versions_are_published_by_those_with_the_right(cast: Cast) -> None:
    (draft,) = an_asset(cast, approved=False)
    with pytest.raises(Conflict) as refused:
        publish(cast, draft)
    assert refused.value.code == "not_approved"
    with pytest.raises(NotAllowed):
        publishing.publish(actor=cast.actor("contributor"), version=draft)
    one, two = an_asset(cast, 2)
    publish(cast, one)
    with pytest.raises(Stale):  # decided while another one was in force
        publishing.publish(actor=cast.actor("owner"), version=two, seen=None)
    publishing.publish(actor=cast.actor("owner"), version=two, seen=1)
    one.refresh_from_db()
    assert one.state == VersionState.APPROVED
    assert one.published_at is not None


def test_what_takes_a_publication_back(cast: Cast) -> None:
    one, two = an_asset(cast, 2)
    publish(cast, one)
    where = place(cast, one.asset, one)
    publish(cast, two)
    assert state(where) == BEHIND
    assert open_tasks() == [("Module 1", 2)]
    owner = cast.actor("owner")
    back = publishing.unpublish(actor=owner, version=two, reason="Wrong sound.")
    assert back is not None
    assert back.number == 1
    assert state(where) == CURRENT
    assert open_tasks() == []
    one.refresh_from_db()
    assert one.state == VersionState.PUBLISHED
    publishing.retire(actor=owner, version=one, reason="The licence ran out.")
    assert state(where) == PlacementState.RETIRED
    with pytest.raises(Conflict):
        publish(cast, one)
    publishing.unretire(actor=owner, version=one, reason="The licence was renewed.")
    assert state(where) == PlacementState.UNAPPROVED  # approved, and nothing is in force
    publish(cast, one)
    assert state(where) == CURRENT
    with pytest.raises(Invalid):
        publishing.retire(actor=owner, version=one, reason=" ")


def test_a_void_approval_takes_a_version_out_of_force(cast: Cast) -> None:
    (one,) = an_asset(cast)
    publish(cast, one)
    where = place(cast, one.asset, one)
    Version.objects.filter(pk=one.pk).update(state=VersionState.DRAFT)
    drift.follow(asset_id=one.asset_id, version_id=one.pk)
    assert Asset.objects.get(pk=one.asset_id).published_version is None
    assert state(where) == PlacementState.UNAPPROVED


def test_an_approval_clears_what_is_tried_on_staging(cast: Cast) -> None:
    (draft,) = an_asset(cast, approved=False)
    where = place(cast, draft.asset, draft, environment="staging")
    assert state(where) == PlacementState.UNAPPROVED
    mark_approved(version=draft)
    assert state(where) == CURRENT


@pytest.mark.slow
def test_two_thousand_placements_take_no_more_queries_than_two(cast: Cast) -> None:
    counts = {}
    for count in (2, 2000):
        one, two = an_asset(cast, 2, name=f"asset {count}")
        publish(cast, one)
        on = channel(cast.a)
        insert(
            [
                Placement(product=cast.a, asset=one.asset, channel=on, place=f"{n}", version=one)
                for n in range(count)
            ]
        )
        with CaptureQueriesContext(connection) as seen:
            assert publish(cast, two).settled.raised == count
        # many rows are inserted with another statement than few
        counts[count] = len([q for q in seen if "INSERT" not in q["sql"]])
    assert counts[2000] <= counts[2] + 1


# --- Deployments --------------------------------------------------------------------------------


def test_deploying_the_version_in_force_completes_its_task_and_clears_the_drift(cast: Cast) -> None:
    one, two, three = an_asset(cast, 3)
    publish(cast, one)
    where = place(cast, one.asset, one)
    publish(cast, two)
    drifted = Placement.objects.get(pk=where.pk).drifted_at
    publish(cast, three)  # the open task follows
    assert open_tasks() == [("Module 1", 3)]
    assert Placement.objects.get(pk=where.pk).drifted_at == drifted
    actor = cast.actor("contributor")
    placements.deploy(actor=actor, placement=where, version=two)
    assert state(where) == BEHIND
    assert open_tasks() == [("Module 1", 3)]
    assert not placements.deploy(actor=actor, placement=where, version=three).warning
    assert state(where) == CURRENT
    task = Replacement.objects.get()
    assert (task.state, task.settled_by) == (TaskState.DONE, cast.contributor)
    rolled = placements.roll_back(actor=actor, placement=where, note="It froze.")
    assert rolled.deployment.version == two
    assert rolled.warning
    # the roll-back took version 3 off, so the next one goes on to version 1
    assert (
        placements.roll_back(actor=actor, placement=where, note="Again.").deployment.version == one
    )
    with pytest.raises(Conflict, match="nothing to roll back to"):
        placements.roll_back(actor=actor, placement=where, note="Once more.")
    assert state(where) == BEHIND
    assert open_tasks() == []
    assert replacements.raise_some(actor=actor, product=cast.a, placements=[where]) == 1
    assert replacements.raise_some(actor=actor, product=cast.a, placements=[where]) == 0
    placements.end_placement(actor=actor, placement=where)
    assert open_tasks() == []
    assert Deployment.objects.count() == 5


def test_an_unapproved_version_is_recorded_with_a_reason_and_shows_as_what_it_is(
    cast: Cast,
) -> None:
    (draft,) = an_asset(cast, approved=False)
    where = place(cast, draft.asset)
    actor = cast.actor("contributor")
    with pytest.raises(Invalid) as refused:
        placements.deploy(actor=actor, placement=where, version=draft)
    assert "note" in refused.value.fields
    assert Deployment.objects.count() == 0
    done = placements.deploy(actor=actor, placement=where, version=draft, note="The old one broke.")
    assert "nobody has approved" in done.warning
    assert state(where) == PlacementState.UNAPPROVED
    (other,) = an_asset(cast, name="other")
    with pytest.raises(Invalid, match="another asset"):
        placements.deploy(actor=actor, placement=where, version=other)
    with pytest.raises(Invalid, match="future"):
        placements.deploy(
            actor=actor,
            placement=where,
            version=draft,
            note="x",
            at=timezone.now() + timedelta(hours=1),
        )


def test_a_place_says_itself_what_it_shows(cast: Cast) -> None:
    one, two = an_asset(cast, 2)
    publish(cast, two)
    where = place(cast, one.asset, one)
    actor = cast.actor("contributor")
    said = placements.check_in(actor=actor, placement=where, sha256=two.sha256.upper())
    assert said.version == two
    assert said.changed
    assert state(where) == CURRENT
    logged = Change.objects.count()
    assert not placements.check_in(actor=actor, placement=where, sha256=two.sha256).changed
    assert Change.objects.count() == logged
    assert Deployment.objects.count() == 2
    said = placements.check_in(actor=actor, placement=where, sha256="0" * 64)
    assert said.version is None
    assert state(where) == PlacementState.UNKNOWN
    # a deployment is later than what the place said
    placements.deploy(actor=actor, placement=where, version=two)
    assert state(where) == CURRENT
    with pytest.raises(Invalid):
        placements.check_in(actor=actor, placement=where, sha256="abc")


def test_the_same_place_is_registered_once(cast: Cast) -> None:
    (one,) = an_asset(cast)
    where = place(cast, one.asset, one)
    with pytest.raises(Conflict) as refused:
        place(cast, one.asset)
    assert refused.value.extra == {"placement": where.pk}
    place(cast, one.asset, locale="de-DE")
    actor = cast.actor("contributor")
    edited = placements.edit_placement(
        actor=actor, placement=where, values={"place": "Module 2"}, revision=1
    )
    assert edited.revision == 2
    with pytest.raises(Stale) as stale:
        placements.edit_placement(
            actor=actor, placement=where, values={"place": "Module 3"}, revision=1
        )
    assert stale.value.extra["changed"] == {"place": ["Module 3", "Module 2"]}
    placements.end_placement(actor=actor, placement=where)
    with pytest.raises(Conflict):
        placements.deploy(actor=actor, placement=where, version=one)
    place(cast, one.asset)  # and may be in use again


def test_a_task_is_assigned_and_becomes_one_item(cast: Cast) -> None:
    one, two = an_asset(cast, 2)
    publish(cast, one)
    place(cast, one.asset, one)
    publish(cast, two)
    task = Replacement.objects.get()
    actor = cast.actor("contributor")
    replacements.assign(actor=actor, replacement=task, owner=cast.reviewer, due_on=None)
    _, item = replacements.to_item(actor=actor, replacement=task)
    _, same = replacements.to_item(actor=actor, replacement=task)
    assert item == same
    assert item.owner == cast.reviewer
    assert "Module 1" in item.title
    replacements.drop(actor=actor, replacement=task, reason="Taken down next week.")
    with pytest.raises(Conflict):
        replacements.assign(actor=actor, replacement=task, owner=None, due_on=None)
