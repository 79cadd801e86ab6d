"""The Celery app. Messages only make work start sooner: what is due stands in ordinary rows."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_init, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

app = Celery("ballast")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def use_django_logging(**_: Any) -> None:
    """Connecting here keeps Celery from configuring logging itself."""
    from logging.config import dictConfig

    from django.conf import settings

    dictConfig(settings.LOGGING)


@worker_init.connect
def reclaim_unacknowledged(**_: Any) -> None:
    """Put back what a dead worker held.

    Only where the broker is `up`'s own: it has one worker, so every message without an
    acknowledgement belongs to one that is gone. Elsewhere the visibility timeout decides.
    """
    if os.environ.get("BALLAST_OWN_BROKER") != "1":
        return
    with app.connection_for_write() as connection:
        channel = connection.default_channel
        for tag in channel.client.zrange(channel.unacked_index_key, 0, -1):
            channel.qos.restore_by_tag(tag, channel.client)


@worker_init.connect
def be_patient(**_: Any) -> None:
    """Nobody waits for a worker, so it need not take a slow broker for one that is gone."""
    app.conf.broker_transport_options = {**app.conf.broker_transport_options, "socket_timeout": 30}


@worker_ready.connect
def start_beat_thread(**_: Any) -> None:
    """Beat as a thread of the one embedded worker; a process would outlive a killed worker."""
    if os.environ.get("BALLAST_EMBEDDED") != "1":
        return
    from celery.beat import EmbeddedService

    EmbeddedService(app, thread=True, schedule_filename=app.conf.beat_schedule_filename).start()
