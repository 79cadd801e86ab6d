"""A cache that is away costs nothing but time, and that only once in ten seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from core.cache import SoftRedisCache

NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture
def away() -> Iterator[SoftRedisCache]:
    SoftRedisCache._paused_until = 0.0
    yield SoftRedisCache(NOBODY, {"OPTIONS": {"socket_connect_timeout": 0.2}})
    SoftRedisCache._paused_until = 0.0


def test_reading_finds_nothing_and_writing_does_nothing(away: SoftRedisCache) -> None:
    away.set("a", 1)
    assert away.get("a", "none") == "none"
    assert away.get_many(["a"]) == {}
    assert away.add("a", 1) is False
    assert away.delete("a") is False


def test_after_a_failure_it_is_left_alone(away: SoftRedisCache) -> None:
    away.get("a")
    assert SoftRedisCache._paused_until > time.monotonic() + 5
