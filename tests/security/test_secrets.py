"""Passwords, tokens and one-time links are in no answer, log line or table; cookies are kept from scripts."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from structlog.stdlib import ProcessorFormatter

from accounts.jobs.resets import send_waiting
from accounts.middleware import RequestLog
from tests.cast import PASSWORD
from tests.security.answers import body_of
from tests.security.matrix import MATRIX
from tests.security.rows import send
from tests.security.world import World

ROOT = Path(__file__).parents[2]


def secrets_of(world: World) -> list[str]:
    """The secret parts of raw tokens, and the links of open invitations."""
    raw = [*world.cast.secrets.values(), world.a.token_secret, world.b.token_secret]
    return [
        *map(secret_part, raw),
        world.a.invitation_secret,
        world.b.invitation_secret,
        world.a.guest_secret,
        world.b.guest_secret,
    ]


def secret_part(token: str) -> str:
    return token.split("_", 2)[2]


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the configured handler writes: same formatter, same filters, another stream."""
    root = logging.getLogger()
    configured = next(
        each for each in root.handlers if isinstance(each.formatter, ProcessorFormatter)
    )
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(configured.formatter)
    for each in configured.filters:
        handler.addFilter(each)
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)


@pytest.mark.slow
def test_no_answer_shows_a_secret(world: World) -> None:
    secrets = secrets_of(world)
    for each in MATRIX:
        if "GET" in each.methods and not each.capability:
            text = body_of(send(world, each, "GET", "administrator")).decode(errors="replace")
            assert not [secret for secret in secrets if secret in text], each.name


def test_no_table_holds_a_secret(world: World) -> None:
    """Neither a token, nor a link, nor a password; a dump of the database opens no door."""
    secrets = secrets_of(world)
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT * FROM "{table}"')
            text = " ".join(repr(row) for row in cursor.fetchall())
        assert not [secret for secret in [*secrets, PASSWORD] if secret in text], table


def test_no_line_of_log_holds_a_secret(world: World, lines: io.StringIO) -> None:
    """Each of these requests makes lines, because each is refused."""
    client = Client()
    client.post("/forgot-password/", {"email": "viewer@example.org"})
    send_waiting()
    found = re.search(r"/new-password/(\S+?)/(\S+?)/", str(mail.outbox[-1].body))
    assert found
    reset = found[2]
    token, invitation = world.cast.secret("revoked"), world.a.invitation_secret
    refused = [
        client.post(f"/new-password/{found[1]}/{reset}/", {"new": "short"}),
        client.post(f"/join/{invitation}/", {"name": "N", "password": "tiny-pw-1"}),
        client.get(f"/join/{invitation}x/"),
        client.get(f"/guest/{world.a.guest_secret}/page/9/"),
        client.get("/api/v1/me/", headers={"Authorization": f"Bearer {token}"}),
        client.get("/api/v1/me/", {"token": token}),
        client.post("/sign-in/", {"email": "viewer@example.org", "password": "wrong-PASSWORD-1"}),
    ]
    assert [answer.status_code for answer in refused] == [422, 422, 404, 404, 401, 401, 422]
    log = lines.getvalue()
    assert log.count("request_finished") >= len(refused)
    assert "/join/…" in log
    assert "/guest/…" in log
    for secret in (
        reset,
        invitation,
        world.a.guest_secret,
        secret_part(token),
        "tiny-pw-1",
        "wrong-PASSWORD-1",
    ):
        assert secret not in log


def test_the_log_of_requests_leaves_queries_out() -> None:
    from django.test import RequestFactory

    made = RequestFactory().get("/items/", {"q": "private words", "token": "x"})
    assert RequestLog.format_request(made) == "GET /items/"


def test_cookies_in_production() -> None:
    """The names make browsers insist on Secure, the whole site and no other domain."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "SECRET_KEY": "a-Key_of=many~different+characters:0123456789;abcdefghijk",
        "SITE_URL": "https://ballast.example.org",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "EMAIL_URL": "dummymail://",
        "DATABASE_URL": "sqlite://:memory:",
    }
    script = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client
from django.test.utils import override_settings
plain_files = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain_files}).enable()
answer = Client().get("/sign-in/", secure=True, headers={"Host": "ballast.example.org"})
plain = Client().get("/sign-in/", headers={"Host": "ballast.example.org"})
print(json.dumps({
    "csrf": str(answer.cookies["__Host-csrftoken"]), "hsts": answer["Strict-Transport-Security"],
    "policy": answer["Content-Security-Policy"], "plain": [plain.status_code, plain["Location"]],
    "names": [settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY,
              settings.SESSION_COOKIE_SAMESITE, settings.SESSION_COOKIE_DOMAIN, settings.SESSION_COOKIE_PATH],
    "demo": b"demo" in answer.content.lower(),
}))
"""
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    said = json.loads(run.stdout.splitlines()[-1])
    assert said["names"] == ["__Host-sessionid", True, True, "Lax", None, "/"]
    for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert word in said["csrf"]
    assert "Domain" not in said["csrf"]
    assert "max-age=31536000; includeSubDomains" in said["hsts"]
    assert "upgrade-insecure-requests" in said["policy"]
    assert said["plain"] == [301, "https://ballast.example.org/sign-in/"]
    assert not said["demo"]


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(world: World) -> None:
    client = Client()
    answer = client.post("/sign-in/", {"email": "viewer@example.org", "password": PASSWORD})
    cookie = answer.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert int(cookie["max-age"]) <= 12 * 3600
