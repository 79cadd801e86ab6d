"""Every task that is registered, by four workers at the same moment (PostgreSQL): as by one."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail

from accounts.models import ResetRequest, Session
from core import invariants
from tests.reliability.due import NOBODY, NOW, TASKS, differing, due, everything, run
from tests.reliability.stage import sending_to
from tests.security.watching import undone
from tests.together import together


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_four_at_once_is_as_once(settings: Any, tmp_path: Path, subtests: Any) -> None:
    """The tasks one after the other, each by one; everything taken back; and again, each by four."""
    settings.MEDIA_ROOT = tmp_path / "media"
    alone: dict[str, Any] = {}
    with sending_to(NOBODY):
        with undone():
            due()
            with time_machine.travel(NOW, tick=False):
                for name in TASKS:
                    run(name)
                    alone[name] = everything()
        naively()
        mail.outbox.clear()
        due()
        with time_machine.travel(NOW, tick=False):
            for name in TASKS:
                with subtests.test(name):
                    ends = together([partial(run, name)] * 4)
                    assert ends == [None] * 4
                    assert differing(alone[name], everything()) == {}
            assert [str(each) for each in invariants.findings(now=NOW)] == []
    assert not Session.objects.exists()


def naively() -> None:
    """The control: a job that reads what is due, and does it, sends one mail four times."""
    ResetRequest.objects.create(email="somebody@example.org")
    read = threading.Barrier(4)

    def job() -> None:
        waiting = list(ResetRequest.objects.filter(handled_at__isnull=True))
        read.wait(10)
        for each in waiting:
            mail.send_mail("A link", "Here", None, [each.email])
            ResetRequest.objects.filter(pk=each.pk).update(handled_at=NOW)

    mail.outbox.clear()
    together([job] * 4)
    assert len(mail.outbox) == 4
    ResetRequest.objects.all().delete()
