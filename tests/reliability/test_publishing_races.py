"""Publishing, deploying and checking in at the same moment, on PostgreSQL: one version in force, one task a placement.

Each race has a control: the same without the guard, which goes wrong.
"""

from __future__ import annotations

import os
import threading
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from assets.models import Asset, Placement, Replacement, Version
from assets.services import placements, publishing
from assets.vocabulary import TaskState, VersionState
from core import invariants
from core.errors import Conflict
from tests.assets.placed import an_asset, place
from tests.cast import Cast, build
from tests.together import together

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
ROUNDS = int(os.environ.get("BALLAST_RACE_ROUNDS", "10"))


@pytest.fixture
def race_cast(transactional_db: None) -> Cast:
    return build()


def sound() -> list[str]:
    rows = (str(each) for each in invariants.findings(now=timezone.now()))
    # versions are approved here without a review
    return [row for row in rows if not row.startswith("states follow")]


def test_of_two_who_publish_at_once_the_second_is_told(race_cast: Cast) -> None:
    cast = race_cast
    one, two, three = an_asset(cast, 3)
    publishing.publish(actor=cast.actor("owner"), version=one)
    for name in ("A", "B"):
        place(cast, one.asset, one, name)
    for turn in range(ROUNDS):
        seen = Asset.objects.get(pk=one.asset_id).published_version
        rivals = [each for each in (one, two, three) if each.number != seen]
        acts: list[Any] = [
            partial(publishing.publish, actor=cast.actor(who), version=version, seen=seen)
            for who, version in zip(("owner", "administrator"), rivals, strict=True)
        ]
        ended = together(acts)
        assert sum(isinstance(each, Conflict) for each in ended) == 1, ended
        published = Version.objects.filter(asset=one.asset, state=VersionState.PUBLISHED)
        assert published.count() == 1
        open_ = Replacement.objects.filter(state=TaskState.OPEN)
        assert open_.values("placement").distinct().count() == open_.count(), turn
    assert sound() == []


def test_publishing_and_deploying_at_once_leave_no_silent_drift(race_cast: Cast) -> None:
    cast = race_cast
    versions = an_asset(cast, ROUNDS + 1)
    publishing.publish(actor=cast.actor("owner"), version=versions[0])
    where = place(cast, versions[0].asset, versions[0])
    for before, version in zip(versions, versions[1:], strict=False):
        together(
            [
                partial(publishing.publish, actor=cast.actor("owner"), version=version),
                partial(
                    placements.deploy,
                    actor=cast.actor("contributor"),
                    placement=where,
                    version=version,
                ),
                partial(
                    placements.check_in,
                    actor=cast.actor("reviewer"),
                    placement=where,
                    sha256=before.sha256,
                ),
            ]
        )
        assert sound() == []


def test_control_raising_without_the_lock_and_the_constraint_makes_two_tasks(
    race_cast: Cast,
) -> None:
    cast = race_cast
    one, two = an_asset(cast, 2)
    publishing.publish(actor=cast.actor("owner"), version=one)
    where = place(cast, one.asset, one)
    read = threading.Barrier(2)

    def naive() -> bool:
        with transaction.atomic():
            open_ = Replacement.objects.filter(placement=where, state=TaskState.OPEN).exists()
            read.wait(10)
            if not open_:
                Replacement.objects.create(product=cast.a, placement=where, version=two)
            return open_

    # without the lock both decide to make one, and only the constraint stops the second
    ended = together([naive, naive])
    assert sorted(type(each).__name__ for each in ended) == ["IntegrityError", "bool"]
    assert any(isinstance(each, IntegrityError) for each in ended)

    def careless(version: Version) -> None:
        with transaction.atomic():
            seen = Asset.objects.get(pk=one.asset_id).published_version
            read.wait(10)
            if seen == 1:
                Asset.objects.filter(pk=one.asset_id).update(published_version=version.number)
                Placement.objects.filter(pk=where.pk).update(version=version)

    together([partial(careless, two), partial(careless, two)])
    assert any("force" in row or "drift" in row or "deployed" in row for row in sound())
