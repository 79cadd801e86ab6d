"""Redis hangs instead of being gone: people work on."""

from __future__ import annotations

import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from pytest_django import Settings

from tests.cast import Cast
from tests.integrations.exports import many
from tests.reliability.stage import Broker, sending_to
from tests.reliability.test_kill_drill import work_by_hand

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="asked once is enough"),
]


def test_people_work_on_while_redis_hangs(
    drill_cast: Cast, broker: Broker, settings: Settings
) -> None:
    from config.settings.base import cache_settings

    settings.CACHES = {"default": cache_settings(broker.url)}
    with sending_to(broker.url):
        work_by_hand(drill_cast)
        upload(drill_cast)  # everything is connected
        broker.hang()
        slowest = max(upload(drill_cast), work_by_hand(drill_cast))
    assert slowest < 5, f"a page took {slowest:.1f} s while Redis hung"


def upload(cast: Cast) -> float:
    """An act that wakes a worker; seconds of its answer."""
    file = SimpleUploadedFile("export.csv", many(2))
    begun = time.monotonic()
    answer = cast.client("owner").post("/p/ATLAS/imports/new/", {"file": file})
    assert answer.status_code == 302, answer.content[:500]
    return time.monotonic() - begun
