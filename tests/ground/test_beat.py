from typing import Any

import pytest
from django.conf import settings

from config.celery import app

SCHEDULE: dict[str, dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE


@pytest.mark.parametrize("name", sorted(entry["task"] for entry in SCHEDULE.values()))
def test_every_tick_has_its_task(name: str) -> None:
    app.loader.import_default_modules()
    assert name in app.tasks


def test_a_tick_that_waits_too_long_is_dropped_before_the_next_comes() -> None:
    for entry in SCHEDULE.values():
        if isinstance(entry["schedule"], float):
            assert entry["options"]["expires"] < entry["schedule"]


def test_no_wait_reaches_the_time_at_which_a_message_is_given_out_again() -> None:
    visibility = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    assert visibility > settings.CELERY_TASK_TIME_LIMIT * 2
    assert settings.CELERY_TASK_SOFT_TIME_LIMIT < settings.CELERY_TASK_TIME_LIMIT
