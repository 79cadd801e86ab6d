"""Two questions a supervisor asks: does the process answer, and can it serve people?"""

import redis
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the process answers. Asks nothing else: a slow database must kill no process."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and has this program's tables, else 503.

    Redis is reported and not fatal: without it pages are slower and sweeps do the background work.
    """
    database = _database_state()
    ready = database == "ok"
    return JsonResponse(
        {
            "status": "ok" if ready else "not ready",
            "database": database,
            "redis": _redis_state(),
        },
        status=200 if ready else 503,
    )


def _database_state() -> str:
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return "ok" if _tables_are_current() else "migrations missing"
    except DatabaseError:
        return "unreachable"


_seen_current = False


def _tables_are_current() -> bool:
    """Asked until it is true once: a running program's migrations are not taken back under it."""
    global _seen_current
    if not _seen_current:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        _seen_current = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _seen_current


def _redis_state() -> str:
    if not settings.REDIS_URL:
        return "not configured"
    try:
        with redis.from_url(settings.REDIS_URL, socket_timeout=1) as server:
            server.ping()
    except redis.RedisError:
        return "unreachable"
    return "ok"
