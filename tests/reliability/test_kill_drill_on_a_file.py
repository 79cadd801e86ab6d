"""The kill drill where somebody just tries Ballast: SQLite in a file, the embedded worker's threads."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from django.db import connection

from tests.cast import Cast, build
from tests.reliability.drills import kill_a_rescore, kill_an_import
from tests.reliability.stage import Broker, Worker

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
KILLS = 3


@pytest.fixture
def file(transactional_db: None, tmp_path: Path) -> Iterator[Path]:
    """This process's database, for one test: a file that a worker can open too."""
    if connection.vendor != "sqlite":
        pytest.skip("on PostgreSQL the drill is test_kill_drill.py")
    path = tmp_path / "ballast.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as target:
        connection.connection.backup(target)
    memory, name = connection.connection, connection.settings_dict["NAME"]
    connection.connection, connection.settings_dict["NAME"] = None, str(path)
    try:
        yield path
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        connection.close()
        connection.connection, connection.settings_dict["NAME"] = memory, name


@pytest.fixture
def drill_cast(file: Path) -> Cast:
    return build()


@pytest.fixture
def worker(drill_cast: Cast, broker: Broker, file: Path) -> Iterator[Worker]:
    found = Worker(broker, file.parent, file)
    yield found
    found.kill()


def test_an_import_survives_its_workers(drill_cast: Cast, broker: Broker, worker: Worker) -> None:
    kill_an_import(drill_cast, broker, worker, KILLS)


def test_a_rescore_survives_its_workers(drill_cast: Cast, worker: Worker, file: Path) -> None:
    kill_a_rescore(drill_cast, worker, KILLS, partial(somebody_writes, file))


def somebody_writes(file: Path) -> bool:
    """Whether another process holds the file's write lock."""
    with contextlib.closing(sqlite3.connect(file, timeout=0)) as probe:
        try:
            probe.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        probe.rollback()
        return False
