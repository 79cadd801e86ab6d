"""Every task that is registered, when everything is due: three times is as once.

A task that is added is here by itself; ``due.due`` makes what it does due. One with an argument that is not known fails
until ``due.ARGUMENTS`` says what to give it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.db import transaction
from django.test.utils import override_settings

from tests.cast import Company
from tests.reliability.due import NOBODY, NOW, TASKS, differing, due, everything, run
from tests.reliability.stage import sending_to
from tests.security.watching import undone


@pytest.fixture(scope="module")
def everything_due(
    troupe: Company,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """Built once for the module, taken back at the end; each test in a savepoint."""
    media = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media), sending_to(NOBODY):
        troupe.close()
        with transaction.atomic():
            due()
            yield
            transaction.set_rollback(True)


@pytest.fixture
def db(everything_due: None, django_db_blocker: Any) -> Iterator[None]:
    """NOW, and nothing else moves. Its name tells pytest-django that a database is needed."""
    with (
        django_db_blocker.unblock(),
        time_machine.travel(NOW, tick=False),
        undone(),
        sending_to(NOBODY),
    ):
        yield


@pytest.fixture(autouse=True)
def own_files() -> None:
    """Files of the stage stay where they are."""


@pytest.mark.parametrize("name", TASKS)
def test_three_times_is_as_once(db: None, name: str) -> None:
    before = everything()
    outbox = list(mail.outbox)
    kept = {
        path: (path.read_bytes(), path.stat().st_mtime)
        for path in Path(settings.MEDIA_ROOT).rglob("*")
        if path.is_file()
    }
    run(name)
    once = everything()
    assert differing(before, once), "it found nothing to do: make something due"
    run(name)
    run(name)
    assert differing(once, everything()) == {}
    mail.outbox[:] = outbox
    for path, (content, written) in kept.items():  # files are not taken back with the transaction
        if not path.exists():
            path.write_bytes(content)
            os.utime(path, (written, written))
