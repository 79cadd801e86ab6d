"""A cache that may be away: reading finds nothing, writing does nothing, and no page fails because of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

T = TypeVar("T")
_PAUSE_SECONDS = 10.0


class SoftRedisCache(RedisCache):
    """Redis, or nothing while it is away; after a failure it is left alone for 10 s, so that pages stay quick."""

    _paused_until = 0.0

    def _try(self, act: Callable[[], T], otherwise: T) -> T:
        if time.monotonic() < SoftRedisCache._paused_until:
            return otherwise
        try:
            return act()
        except (RedisError, OSError) as error:
            SoftRedisCache._paused_until = time.monotonic() + _PAUSE_SECONDS
            logger.warning("Cache away: %s", error)
            return otherwise

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._try(lambda: super(SoftRedisCache, self).get(key, default, version), default)

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        return self._try(lambda: super(SoftRedisCache, self).get_many(keys, version), {})

    def set(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> None:
        self._try(lambda: super(SoftRedisCache, self).set(key, value, timeout, version), None)

    def add(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> bool:
        return self._try(
            lambda: super(SoftRedisCache, self).add(key, value, timeout, version), False
        )

    def delete(self, key: Any, version: int | None = None) -> bool:
        return self._try(lambda: super(SoftRedisCache, self).delete(key, version), False)
