"""A broker that is away never breaks what was saved."""

from collections.abc import Iterator

import pytest
from celery import current_app
from django.db import transaction

from core import queueing


@pytest.fixture
def broker_away() -> Iterator[None]:
    """Tasks go to a port where nobody listens, without a second try."""
    app = current_app._get_current_object()
    keys = ("task_always_eager", "broker_url", "task_publish_retry")
    kept = {key: app.conf[key] for key in keys}
    app.conf.update(
        task_always_eager=False, broker_url="redis://127.0.0.1:9/0", task_publish_retry=False
    )
    app.set_current()
    queueing._paused_until = 0.0
    yield
    app.conf.update(kept)
    queueing._paused_until = 0.0


@pytest.mark.django_db(transaction=True)
def test_a_saved_change_stays_saved_and_the_next_ones_do_not_wait(
    broker_away: None, caplog: pytest.LogCaptureFixture
) -> None:
    with transaction.atomic():
        queueing.enqueue_on_commit("scoring.sweep", {})
    assert caplog.text.count("Broker away") == 1
    assert queueing.enqueue("scoring.sweep", {}) is False
    assert caplog.text.count("Broker away") == 1, "not tried again at once"


@pytest.fixture
def outbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, dict[str, object]]]]:
    """What would be sent to a broker that is there."""
    sent: list[tuple[str, dict[str, object]]] = []
    app = current_app._get_current_object()
    kept = app.conf.task_always_eager
    app.conf.task_always_eager = False
    monkeypatch.setattr(app, "send_task", lambda name, kwargs: sent.append((name, kwargs)))
    queueing._paused_until = 0.0
    yield sent
    app.conf.task_always_eager = kept


@pytest.mark.django_db(transaction=True)
def test_a_task_is_sent_by_name_after_the_commit_and_not_without_one(
    outbox: list[tuple[str, dict[str, object]]],
) -> None:
    with transaction.atomic():
        queueing.enqueue_on_commit("scoring.sweep", {"a": 1})
        assert outbox == []
    assert outbox == [("scoring.sweep", {"a": 1})]
    with transaction.atomic():
        queueing.enqueue_on_commit("scoring.sweep", {"a": 2})
        transaction.set_rollback(True)
    assert len(outbox) == 1


@pytest.mark.django_db
def test_in_tests_a_task_runs_at_once_and_its_error_is_seen() -> None:
    assert queueing.enqueue("scoring.sweep", {}) is True
    with pytest.raises(TypeError):
        queueing.enqueue("scoring.sweep", {"unknown": 1})
    with pytest.raises(KeyError):
        queueing.enqueue("scoring.nonsense", {})
