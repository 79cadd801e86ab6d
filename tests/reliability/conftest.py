"""The cast and the broker of tests that kill things."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cast import Cast, build
from tests.reliability.stage import Broker


@pytest.fixture
def drill_cast(transactional_db: None) -> Cast:
    return build()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    found = Broker(tmp_path)
    yield found
    found.kill()
