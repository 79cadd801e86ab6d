"""Fixtures for every test. Those of one app stand in that app's folder under tests/."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.contenttypes.management import create_contenttypes
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.db.models.signals import post_migrate
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker, Settings

from core import invariants
from tests import migrated
from tests.append_only import guards_lifted
from tests.cast import CommittingClient, Company, cast

__all__ = ["cast"]

# Playwright's synchronous API runs inside an event loop, where Django refuses the ORM without this.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


# --- Database: SQLite is migrated once for a set of migrations, not once a run ----------------------


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_blocker: DjangoDbBlocker) -> Iterator[bool]:
    """True where the database in memory came migrated."""
    if connection.vendor != "sqlite":
        yield False
        return
    with django_db_blocker.unblock():
        yield migrated.take()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    # Nothing of ours reads them, and every flush would make them anew for every model.
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(create_contenttypes)
    if connection.vendor == "sqlite":
        with django_db_blocker.unblock():
            connection.ensure_connection()
            migrated.keep()


@pytest.fixture(scope="session")
def troupe(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Company]:
    """This worker's cast, which ``company`` opens and whoever needs an empty database closes."""
    company = Company()
    yield company
    with django_db_blocker.unblock():
        company.close()


@pytest.fixture
def company(troupe: Company) -> Company:
    """Asking for it puts a test into the transaction in which the cast is built already."""
    return troupe


@pytest.fixture
def _django_db_helper(_company_first: None, _django_db_helper: None) -> None:
    """pytest-django's own, which begins the test's transaction; before it the cast comes or goes."""


@pytest.fixture
def _company_first(
    request: pytest.FixtureRequest, troupe: Company, django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock():
        if "company" in request.fixturenames:
            troupe.open()
        else:
            troupe.close()


# --- Client: after-commit code runs, as it does for a real request ------------------------------


@pytest.fixture
def client() -> Client:
    return CommittingClient()


@pytest.fixture
def csrf_client() -> Client:
    """A client that is asked for the CSRF token, as browsers are."""
    return CommittingClient(enforce_csrf_checks=True)


# --- Isolation ----------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def own_files(settings: Settings, tmp_path: Path) -> None:
    """Uploads of one test are not seen by the next."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """Throttles and cached figures begin at nothing. On Redis only this run's keys are removed."""
    yield
    server = getattr(cache, "_cache", None)
    if hasattr(server, "get_client"):
        redis = server.get_client(write=True)
        for key in redis.scan_iter(match=f"{cache.key_prefix}:*", count=1000):
            redis.delete(key)
    else:
        cache.clear()


@pytest.fixture(autouse=True)
def emptied_append_only_tables(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a transactional test the change log is emptied too, although it refuses deletion.

    Set up right after the database and so taken down right before it is flushed. On PostgreSQL that flush
    empties everything by itself.
    """
    mark = request.node.get_closest_marker("django_db")
    transactional = bool(mark and mark.kwargs.get("transaction")) or bool(
        {"transactional_db", "live_server"} & set(request.fixturenames)
    )
    if not transactional:
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    if connection.vendor != "sqlite":
        return
    with guards_lifted():
        call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)


# --- What must hold after whatever a test did ------------------------------------------------------


@pytest.fixture
def sound(db: None, request: pytest.FixtureRequest) -> Iterator[None]:
    """After the test nothing is found that should not be: what ``manage.py check_invariants`` looks for."""
    yield
    if request.node.get_closest_marker("unsound"):
        return
    assert [str(each) for each in invariants.findings(now=timezone.now())] == []


# --- Browser ------------------------------------------------------------------------------------


def chromium_path() -> str | None:
    """$CHROMIUM, else the usual places; None when this machine has no browser."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    for candidate in ("/usr/bin/chromium", "/usr/bin/chromium-browser"):
        if Path(candidate).exists():
            return candidate
    return shutil.which("chromium") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The machine's own browser, kept from calling out."""
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium: install the package chromium or name one in $CHROMIUM")
    return {
        "executable_path": path,
        "args": [
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--disable-quic",
            "--disable-gpu",
        ],
    }


# --- Marks --------------------------------------------------------------------------------------


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser fixture makes a browser test, a database one a database test; `services` needs both services."""
    reason = "needs DATABASE_URL of PostgreSQL and REDIS_URL: make test-services"
    has_services = os.environ.get("DATABASE_URL", "").startswith("postgres") and bool(
        os.environ.get("REDIS_URL")
    )
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & {"db", "transactional_db"} or item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.database)
        if "page" in fixtures or "browser" in fixtures:
            item.add_marker(pytest.mark.browser)
        if item.get_closest_marker("services") and not has_services:
            item.add_marker(pytest.mark.skip(reason=reason))
    items.sort(key=lambda item: "company" not in getattr(item, "fixturenames", ()))
