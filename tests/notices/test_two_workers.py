"""Several workers at the same moment (PostgreSQL): one notice, one mail, and nothing that commits late is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

import pytest
from django.core import mail
from django.db import connections, transaction

from backlog.models import ChangeSeal
from backlog.services import comments
from notices.jobs.following import follow
from notices.jobs.mailing import send_due
from notices.models import Followed, Notice
from notices.services.preferences import set_ways
from tests.backlog.making import make
from tests.cast import Cast, build
from tests.reliability.due import NOBODY
from tests.reliability.stage import sending_to
from tests.together import together

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

ROUNDS = 15


@pytest.fixture
def race_cast(transactional_db: None) -> Iterator[Cast]:
    """Messages go nowhere: only what the workers here do is looked at."""
    with sending_to(NOBODY):
        yield build()


def test_two_followers_make_one_notice_and_two_couriers_send_one_mail(race_cast: Cast) -> None:
    cast = race_cast
    set_ways(actor=cast.actor("viewer"), product=cast.a, ways={"mention": "mail"})
    item = make(cast)
    for n in range(ROUNDS):
        comments.add_comment(actor=cast.actor("owner"), item=item, body=f"@viewer {n}")
        results = together([partial(follow, cast.a.pk) for _ in range(4)])
        assert sorted(map(str, results)) == ["0", "0", "0", "1"]
        assert sorted(map(str, together([send_due for _ in range(4)]))) == ["0", "0", "0", "1"]
    assert Notice.objects.count() == ROUNDS
    assert len(mail.outbox) == ROUNDS
    assert (
        Followed.objects.get(product=cast.a).through
        == ChangeSeal.objects.filter(product=cast.a).count()
    )


def test_a_change_that_commits_late_is_followed(race_cast: Cast) -> None:
    cast = race_cast
    item, other = make(cast), make(cast, "Another")
    follow(cast.a.pk)
    written, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                comments.add_comment(actor=cast.actor("owner"), item=item, body="@viewer late")
                written.set()
                assert go_on.wait(20)
        finally:
            connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(20)
    comments.add_comment(actor=cast.actor("owner"), item=other, body="@viewer early")
    assert follow(cast.a.pk) == 1
    go_on.set()
    thread.join(20)
    assert follow(cast.a.pk) == 1
    said = Notice.objects.order_by("pk").values_list("change__fields__comment__1", flat=True)
    assert list(said) == ["@viewer early", "@viewer late"]
