"""The migrated, empty SQLite database, kept between runs: migrating takes longer than many a test run.

It lies in ``build/`` under a hash of every migration, so that a changed one migrates again. PostgreSQL migrates anew
each time.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from pathlib import Path

import django
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


def kept() -> Path:
    """Where the database for these migrations lies, or would."""
    digest = hashlib.sha256(f"{django.VERSION} {sqlite3.sqlite_version}".encode())
    sources = [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("*/vocabulary.py")]
    for path in sorted([*sources, ROOT / "config" / "settings" / "base.py"]):
        digest.update(path.relative_to(ROOT).as_posix().encode())
        digest.update(path.read_bytes())
    return ROOT / "build" / f"migrated-{digest.hexdigest()[:16]}.sqlite3"


def take() -> bool:
    """Fill the test database in memory from the one that is kept; False where there is none."""
    path = kept()
    if not path.exists():
        return False
    connection.settings_dict["NAME"] = connection.creation._get_test_db_name()
    connection.ensure_connection()
    with sqlite3.connect(path) as source:
        source.backup(connection.connection)
    return True


def keep() -> None:
    """Keep the test database as it is now, before the first test; not where no test asked for one."""
    path = kept()
    if path.exists() or not connection.introspection.table_names():
        return
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    with sqlite3.connect(draft) as target:
        connection.connection.backup(target)
    target.close()
    draft.replace(path)
    for old in path.parent.glob("migrated-*.sqlite3"):
        if old != path:
            old.unlink(missing_ok=True)
