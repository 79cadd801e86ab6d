from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from config.settings.base import broker_url, cache_settings, sqlite_options


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", "memory://"),
        ("redis://cache:6379/3", "redis://cache:6379/3"),
        ("unix:///tmp/a.sock", "redis+socket:///tmp/a.sock"),
    ],
)
def test_celery_gets_its_own_spelling_of_the_redis_address(given: str, expected: str) -> None:
    assert broker_url(given) == expected


def test_a_socket_cache_gets_no_network_options() -> None:
    assert cache_settings("unix:///tmp/a.sock")["OPTIONS"] == {}
    assert cache_settings("redis://h:1")["OPTIONS"]["socket_timeout"] == 1


@pytest.mark.parametrize(
    ("version", "mode"),
    [
        ((3, 40, 1), "TRUNCATE"),
        ((3, 44, 5), "TRUNCATE"),
        ((3, 44, 6), "WAL"),
        ((3, 45, 0), "TRUNCATE"),
        ((3, 50, 6), "TRUNCATE"),
        ((3, 50, 7), "WAL"),
        ((3, 51, 2), "TRUNCATE"),
        ((3, 51, 3), "WAL"),
        ((3, 53, 0), "WAL"),
    ],
)
def test_wal_only_on_versions_without_the_reset_race(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int], mode: str
) -> None:
    monkeypatch.setattr("sqlite3.sqlite_version_info", version)
    assert f"journal_mode={mode};" in sqlite_options()["init_command"]


@pytest.mark.django_db
def test_the_database_connection_has_the_safe_settings() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous")
            assert cursor.fetchone() == (2,)
            assert connection.transaction_mode == "IMMEDIATE"
        else:
            cursor.execute("SHOW lock_timeout")
            assert cursor.fetchone() == ("5s",)


def test_the_policy_allows_no_foreign_origin_and_no_inline_code() -> None:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert directives["script-src"] == ["'self'"]
    assert directives["style-src"] == ["'self'"]
    assert directives["default-src"] == ["'none'"]
    for sources in directives.values():
        for source in sources if isinstance(sources, list) else []:
            assert not urlsplit(source).netloc
            assert "unsafe" not in source
