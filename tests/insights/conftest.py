"""A Monday morning that does not pass, and the cast in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from tests.cast import Cast, build
from tests.insights.scene import NOW, Scene


@pytest.fixture
def monday(db: None) -> Iterator[None]:
    """Every clock stands at NOW."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def cast(monday: None) -> Cast:
    return build()


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return Scene(cast)
