"""Wake a background task after commit. State lives in rows: a message that is lost costs a minute, never a result."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)

_PAUSE_SECONDS = 15.0
_paused_until = 0.0


def enqueue_on_commit(task: str, payload: Mapping[str, object]) -> None:
    """Send ``task`` by name once the transaction is committed. Never raises: the sweep finds the rows anyway."""
    transaction.on_commit(lambda: enqueue(task, payload), robust=not _at_once())


def enqueue(task: str, payload: Mapping[str, object]) -> bool:
    """Send now; False when the broker is away. After a failure nothing is tried for 15 s: pages must stay quick."""
    global _paused_until
    if _at_once():
        current_app.loader.import_default_modules()
        current_app.tasks[task].apply(kwargs=dict(payload), throw=True)
        return True
    if time.monotonic() < _paused_until:
        return False
    try:
        current_app.send_task(task, kwargs=dict(payload))
    except Exception as error:  # whatever the broker's client raises, the change is saved already
        _paused_until = time.monotonic() + _PAUSE_SECONDS
        logger.warning("Broker away, %s waits for the sweep: %s", task, error)
        return False
    return True


def _at_once() -> bool:
    """In tests a task runs where it would be sent, and its error is the test's. ``send_task`` itself cannot do that."""
    return bool(current_app.conf.task_always_eager)
