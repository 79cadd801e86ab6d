"""One world for the whole folder, built once and taken back at the end; each test in a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test.utils import override_settings

from tests.cast import Company
from tests.security import world as worlds
from tests.security.watching import undone
from tests.security.world import World


@pytest.fixture(scope="package")
def world(
    troupe: Company,
    django_db_blocker: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """Two furnished products; see tests/security/world.py."""
    media = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media):  # type: ignore[attr-defined]
        troupe.close()
        with transaction.atomic():
            yield worlds.build()
            transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def own_files(world: World) -> None:
    """Files of the world stay where they are."""


@pytest.fixture(autouse=True)
def db(world: World, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """A transaction inside the world's. Its name tells pytest-django that a database is needed."""
    with django_db_blocker.unblock(), undone():  # type: ignore[attr-defined]
        yield
