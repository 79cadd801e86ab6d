"""What must hold for notices is found where it does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from notices.jobs.checks import findings
from notices.jobs.following import follow
from notices.models import Followed, Notice
from tests.backlog.making import make
from tests.cast import Cast

pytestmark = pytest.mark.unsound


def rules(minutes: int = 0) -> set[str]:
    return {each.rule for each in findings(now=timezone.now() + timedelta(minutes=minutes))}


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"to_mail": False, "mailed_at": timezone.now()}, "mails were wanted"),
        ({"to_mail": True}, "mails go out"),
    ],
)
def test_mails(cast: Cast, wrong: dict[str, object], rule: str) -> None:
    make(cast, owner=cast.viewer)
    follow(cast.a.pk)
    assert rules() == set()
    Notice.objects.update(**wrong)
    assert rules(11) == {rule}


def test_products_people_and_places(cast: Cast) -> None:
    make(cast, owner=cast.viewer)
    follow(cast.a.pk)
    Notice.objects.update(product=cast.b)
    assert rules() == {"one product"}
    Notice.objects.update(product=cast.a, person=cast.administrator)
    assert rules() == {"nobody is told of their own act"}
    Notice.objects.all().delete()
    Followed.objects.update(through=10_000)
    assert rules() == {"changes are followed in order"}
