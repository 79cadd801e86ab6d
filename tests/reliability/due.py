"""A product in which every registered task has something to do, and everything that a task may change."""

from __future__ import annotations

import inspect
import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine
from django.apps import apps
from django.conf import settings
from django.core import mail
from django.core.files.base import ContentFile
from django.db import models

from accounts.models import AttemptCount, RememberedAnswer, ResetRequest
from assets.jobs.previews import look
from assets.models import Version
from assets.services.assets import add_asset
from assets.storage import store
from backlog.models import Item, ItemSummary
from backlog.services import comments, states
from config.celery import app
from insights.services.preferences import set_preference
from integrations.models import ImportRun
from integrations.services import imports
from notices.jobs.following import follow
from notices.services.reading import mark_all_read
from reviews.models import Assignment, Layer, Note
from scoring.jobs.previews import preview
from scoring.models import Publication, Rating, RefinementSession, RubricVersion, Snapshot
from scoring.rubrics import parse_rubric
from scoring.services import adjustments, drafts, publishing
from scoring.services.sessions import planning
from tests.assets.files import image
from tests.assets.making import film
from tests.backlog.making import accepted, make, many, rate
from tests.cast import Cast, build
from tests.integrations.exports import many as export
from tests.reviews.rounds import start

app.loader.import_default_modules()
#: In an order in which each finds something to do that none before it has done.
TASKS = sorted(
    (name for name in app.tasks if not name.startswith("celery.")),
    key=lambda name: (
        name not in ("assets.look", "integrations.work", "scoring.apply", "scoring.invite"),
        not name.endswith(".sweep"),
        name,
    ),
)
NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(days=120)
NOBODY = "memory://"  # what a task enqueues goes nowhere: only what it does itself is looked at

ARGUMENTS: dict[str, Callable[[], Any]] = {
    "product_id": lambda: Item.objects.earliest("pk").product_id,
    "seed": lambda: 1,
    "session_id": lambda: RefinementSession.objects.earliest("pk").pk,
    "version_id": lambda: Version.objects.filter(asset__kind="image").earliest("pk").pk,
    "film_id": lambda: Version.objects.filter(asset__kind="video").earliest("pk").pk,
    "run_id": lambda: str(ImportRun.objects.get(file_name="waits.csv").pk),
}


def run(name: str) -> None:
    task = app.tasks[name]
    kwargs = {each: ARGUMENTS[each]() for each in inspect.signature(task.run).parameters}
    task.apply(kwargs=kwargs, throw=True)


def _asked(cast: Cast) -> None:
    """A review whose verdict is late, and one whose stage waits for what holds by now."""
    for layer in Layer.objects.filter(product=cast.a, slug="subject_matter"):
        layer.deadline_hours = 24
        layer.save(update_fields=["deadline_hours"])
    start(cast)
    waiting = start(cast)
    waiting.stages.filter(state="open").update(state="waiting", entry=["previews_ready"])
    Assignment.objects.filter(stage__cycle=waiting).update(waiting=False)


def _noted_on_a_film(cast: Cast, item: Item) -> Version:
    """A film that was looked into, with a note whose message was lost."""
    version = add_asset(
        actor=cast.actor("owner"),
        item=item,
        file=ContentFile(film(), name="film.mp4"),
        rationale="Why",
    )
    look(version.pk)
    Note.objects.create(
        product=cast.a, version=version, author=cast.owner, body="Here.", anchor={"second": 0.5}
    )
    return version


def _told_long_ago(cast: Cast, item: Item) -> None:
    """A notice that was read, and what is older than news."""
    comments.add_comment(actor=cast.actor("owner"), item=item, body="@viewer look")
    follow(cast.a.pk)
    mark_all_read(actor=cast.actor("viewer"), product=cast.a)


def due() -> Cast:
    """Something to do for every task, since ``BEFORE``."""
    with time_machine.travel(BEFORE, tick=False):
        cast = build()
        owner = cast.actor("owner")
        cast.client("viewer").get("/p/ATLAS/backlog/")  # a session that ends
        item = accepted(cast, "hotfix", severity=1, owner=cast.owner)
        others = many(cast.a, 12, kind="enhancement", state="accepted")
        parked = make(cast, "Comes back")
        for each in (item, *others[:6]):
            rate(cast, each, (4, 4, 4))
        states.park_item(actor=owner, item=parked, until=date(2026, 3, 10))
        adjustments.adjust(
            actor=owner,
            item=others[0],
            points=9,
            claim="For a while",
            expires_at=BEFORE + timedelta(days=60),
        )
        Snapshot.objects.bulk_create(
            Snapshot(
                product=cast.a,
                item=item,
                at=BEFORE + timedelta(hours=hours),
                rubric_version=1,
                priority=50,
                state={},
            )
            for hours in range(4)
        )
        set_preference(actor=owner, product=cast.a, cadence="daily", hour=8, weekday=0)
        _told_long_ago(cast, item)
        RememberedAnswer.objects.create(user=cast.owner, key="old", request_digest="d", status=201)
        AttemptCount.objects.create(key="old", window_started_at=BEFORE, count=3)
        path = Path(store().path(cast.a.pk, "ab" * 32))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"left behind")
        os.utime(path, (BEFORE.timestamp(), BEFORE.timestamp()))
        _asked(cast)
    with time_machine.travel(NOW - timedelta(minutes=1), tick=False):
        Rating.objects.filter(item__in=others[:3]).update(level=0.5)
        ItemSummary.objects.filter(item__in=others[:3]).update(stale_since=NOW)
        ResetRequest.objects.create(email="viewer@example.org")
        _publish(cast)
        for name in ("board", "frame"):
            add_asset(
                actor=owner,
                item=item,
                file=ContentFile(image("PNG"), name=f"{name}.png"),
                rationale="Why",
            )
        _noted_on_a_film(cast, item)
        planning.plan_session(
            seed=7,
            actor=cast.actor("owner"),
            product=cast.a,
            plan=planning.Plan("Weekly", NOW + timedelta(days=1), attendees={cast.viewer: ""}),
        )
        for product, who, name in ((cast.a, "owner", "waits.csv"), (cast.b, "outsider", "too.csv")):
            imports.start_import(
                actor=cast.actor(who),
                product=product,
                name=name,
                chunks=[export(700)],
                aim=ImportRun.Aim.IMPORT,
            )
    return cast


def _publish(cast: Cast) -> None:
    """A rubric that no item is scored by yet."""
    actor, first = cast.actor("owner"), RubricVersion.objects.get(product=cast.a, number=1)
    draft = drafts.begin(
        actor=actor,
        product=cast.a,
        source=first,
        name="Stricter",
        data={**first.data, "max_adjustment": 7.0},
    )
    seen = preview(cast.a, parse_rubric(draft.data), NOW - timedelta(minutes=1), fresh=True)
    publishing.publish(actor=actor, draft=draft, reason="Why", at=seen.at, digest=seen.digest)
    # as with some thousand items, which are scored after the request that publishes
    Publication.objects.update(applied_to=0, applied_at=None, kept_to=0, kept_at=None)
    ItemSummary.objects.filter(product=cast.a, rubric_version=2).update(rubric_version=1)


#: Ids, and what is made from ids or by chance: the same act in another order gives other ones.
LEFT_OUT = {
    *("digest", "sealed_through", "seen_through", "worker", "message_id", "body_sha256", "salt"),
    *("batch", "undoes", "object_id", "subject_id", "item_id", "request_id", "session_data"),
    *("secret_digest", "last_four", "password", "facts", "figures", "applied_to", "kept_to"),
    *("session_key", "file_path", "fields", "pending", "values", "change_id"),
}


def everything() -> dict[str, Any]:
    """Every table of ours without ids, and the mails and files that went out."""
    found: dict[str, Any] = {}
    for model in apps.get_models():
        if model.__module__.startswith(("django.", "rest_framework")):
            continue
        names = [
            field.attname
            for field in model._meta.concrete_fields
            if not field.primary_key
            and not isinstance(field, models.ForeignKey)
            and field.attname not in LEFT_OUT
        ]
        rows = Counter(repr(row) for row in model._default_manager.values_list(*names))
        found[model._meta.label] = rows
    found["mails"] = Counter(each.to[0] for each in mail.outbox)
    root = Path(settings.MEDIA_ROOT)
    found["files"] = Counter(path.name for path in root.rglob("*") if path.stat().st_size == 11)
    return found


def differing(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """What is in one and not in the other, by table."""
    return {
        name: ((one[name] - other[name]), (other[name] - one[name]))
        for name in one
        if one[name] != other[name]
    }
