"""The same on one machine without services: a worker on SQLite is killed, and Redis hangs instead of being gone.

The database is a copy, in a file, of what the test has made in memory; it is asked in plain SQL.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from pytest_django import Settings

from integrations.models import ImportRun
from integrations.services import imports
from tests.cast import Cast, build
from tests.ground.processes import ROOT
from tests.integrations.exports import many
from tests.reliability.stage import Broker, Worker, sending_to
from tests.reliability.test_kill_drill import work_by_hand

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="test_kill_drill.py is its like"),
]
ROWS = 3000
KILLS = 2


@pytest.fixture
def drill_cast(transactional_db: None) -> Cast:
    return build()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    found = Broker(tmp_path)
    yield found
    found.kill()


class File:
    """The copy: asked, and told that a minute has passed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(path)])
        with closing(sqlite3.connect(path)) as opened:
            opened.execute("PRAGMA journal_mode = WAL")

    def one(self, sql: str) -> int:
        with closing(sqlite3.connect(self.path, timeout=30)) as opened:
            return int(opened.execute(sql).fetchone()[0] or 0)

    def do(self, sql: str) -> None:
        with closing(sqlite3.connect(self.path, timeout=30)) as opened, opened:
            opened.execute(sql)

    def done(self) -> int:
        """Rows of the import that are in."""
        return self.one(
            "SELECT CASE phase WHEN 'items' THEN rows_done ELSE"
            f" CASE WHEN state IN ('examining', 'rehearsing') THEN 0 ELSE {ROWS} END END"
            " FROM integrations_importrun"
        )

    def stale(self) -> int:
        return self.one("SELECT count(*) FROM backlog_itemsummary WHERE stale_since IS NOT NULL")


def test_an_import_and_a_rescore_survive_their_workers(
    drill_cast: Cast, broker: Broker, tmp_path: Path
) -> None:
    dice = random.Random(3)
    with sending_to(broker.url):
        imports.start_import(
            actor=drill_cast.actor("owner"),
            product=drill_cast.a,
            name="export.csv",
            chunks=[many(ROWS, Status="To Do")],
            aim=ImportRun.Aim.IMPORT,
        )
    broker.flush()
    var = tmp_path / "var"
    shutil.copytree(Path(configured.MEDIA_ROOT) / "imports", var / "media" / "imports")
    file = File(tmp_path / "drill.sqlite3")
    worker = Worker(broker, var, file.path)
    try:
        halves = 0
        while worker.kills < KILLS:
            before = file.done()
            worker.until(
                lambda before=before: file.done() > before,
                "integrations.sweep",
                seconds=90,
                what=f"progress behind row {before}",
            )
            time.sleep(dice.uniform(0, 0.1))
            worker.kill()
            halves += file.done() < ROWS
            file.do("UPDATE integrations_importrun SET lease_until = NULL")
            worker.start()
        ended = "SELECT state = 'done' FROM integrations_importrun"
        worker.until(
            lambda: bool(file.one(ended)), "integrations.sweep", seconds=90, what="the end"
        )
        assert halves, "the kills came too late to mean anything"
        worker.until(lambda: not file.stale(), "scoring.sweep", seconds=90, what="every score")
        assert file.one("SELECT count(*) FROM backlog_item") == ROWS
        assert file.one("SELECT count(DISTINCT number) FROM backlog_item") == ROWS
        assert file.one("SELECT count(*) FROM integrations_importedrecord") == ROWS
        logged = "SELECT count(*) FROM backlog_change WHERE verb = 'item.imported'"
        assert file.one(logged) == ROWS

        file.do("UPDATE scoring_rating SET level = 0.5")
        file.do("UPDATE backlog_itemsummary SET stale_since = '2026-01-01 00:00:00'")
        worker.send("scoring.sweep")
        time.sleep(dice.uniform(0.2, 0.6))
        worker.kill()
        worker.start()
        worker.until(lambda: not file.stale(), "scoring.sweep", seconds=90, what="every score")
    finally:
        worker.kill()
    sound = subprocess.run(
        [sys.executable, "manage.py", "check_invariants"],
        env=worker.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert sound.returncode == 0, sound.stdout + sound.stderr


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
