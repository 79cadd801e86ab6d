"""Two people publish, or edit one draft, at the same moment. On PostgreSQL; SQLite lets one transaction write at a
time.

The control does the same edit without the guard, and loses what the other wrote.
"""

from __future__ import annotations

import copy
import threading
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from backlog.models import Decision
from core.errors import Conflict, Stale
from scoring.jobs.previews import preview
from scoring.models import Publication, RubricDraft, RubricVersion
from scoring.rubrics import parse_rubric
from scoring.services import drafts, publishing
from tests.cast import Cast, build
from tests.together import together

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
ROUNDS = 10


@pytest.fixture
def stage_cast(transactional_db: None) -> Cast:
    return build()


def draft_of(cast: Cast, most: float) -> RubricDraft:
    newest = RubricVersion.objects.filter(product=cast.a).order_by("-number")[0]
    data = {**copy.deepcopy(newest.data), "max_adjustment": most}
    return drafts.begin(actor=cast.actor("owner"), product=cast.a, source=newest, data=data)


def publish(cast: Cast, draft: RubricDraft, who: str, at: Any, digest: str) -> Publication:
    row = RubricDraft.objects.select_related("product").get(pk=draft.pk)
    return publishing.publish(
        actor=cast.actor(who), draft=row, reason="So we agreed.", at=at, digest=digest
    )


def test_of_two_who_publish_one_wins_and_the_other_is_told(stage_cast: Cast) -> None:
    cast = stage_cast
    for number in range(1, ROUNDS + 1):
        first, second = draft_of(cast, 20.0 + number), draft_of(cast, 50.0 + number)
        at = timezone.now()
        shown = [preview(cast.a, parse_rubric(each.data), at).digest for each in (first, second)]
        ends = together(
            [
                partial(publish, cast, first, "owner", at, shown[0]),
                partial(publish, cast, second, "administrator", at, shown[1]),
            ]
        )
        won = [each for each in ends if isinstance(each, Publication)]
        told = [each for each in ends if isinstance(each, Conflict)]
        assert (len(won), len(told)) == (1, 1), ends
        assert RubricVersion.objects.filter(product=cast.a).count() == number + 1
        assert Decision.objects.filter(product=cast.a).count() == number
        RubricDraft.objects.filter(published_as=None).update(discarded_at=timezone.now())


def edit(cast: Cast, draft: RubricDraft, who: str, name: str, value: float) -> RubricDraft:
    row = RubricDraft.objects.select_related("product").get(pk=draft.pk)
    data = {**draft.data, name: value}
    return drafts.edit(actor=cast.actor(who), draft=row, version=1, data=data)


def test_of_two_editors_the_second_is_told_what_the_first_wrote(stage_cast: Cast) -> None:
    cast = stage_cast
    for _ in range(ROUNDS):
        draft = draft_of(cast, 20.0)
        ends = together(
            [
                partial(edit, cast, draft, "owner", "max_adjustment", 30.0),
                partial(edit, cast, draft, "contributor", "rating_grace_days", 40.0),
            ]
        )
        won = [each for each in ends if isinstance(each, RubricDraft)]
        told = [each for each in ends if isinstance(each, Stale)]
        assert (len(won), len(told)) == (1, 1), ends
        changed: Any = told[0].extra["changed"]
        assert list(changed) in (["max_adjustment"], ["rating_grace_days"])
        draft.refresh_from_db()
        assert draft.data[next(iter(changed))] == next(iter(changed.values()))[1]


def test_without_the_version_one_of_two_edits_is_lost(stage_cast: Cast) -> None:
    """The control: both read, both write, and only one change is there afterwards."""
    cast = stage_cast

    def careless(pk: int, name: str, value: float) -> str:
        row = RubricDraft.objects.get(pk=pk)
        row.data = {**row.data, name: value}
        barrier.wait()
        row.save()
        return name

    draft = draft_of(cast, 20.0)
    barrier = threading.Barrier(2, timeout=20)
    together(
        [
            partial(careless, draft.pk, "max_adjustment", 30.0),
            partial(careless, draft.pk, "rating_grace_days", 40.0),
        ]
    )
    draft.refresh_from_db()
    kept = (draft.data["max_adjustment"] == 30.0) + (draft.data["rating_grace_days"] == 40.0)
    assert kept == 1
