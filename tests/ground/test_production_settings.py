"""A server with a weak setting does not start, and says which one it is."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.settings.refusals import refuse_weak
from tests.ground.processes import ROOT, clean_environment

KEY = "Zq3-8vXw1Lr_5tNc7Hk2Py9Sd4Gf6Jm0Bb1Vv3Cc5Xx7Zz9Aa2Ss4"

SOUND: dict[str, Any] = {
    "SECRET_KEY": KEY,
    "SECRET_KEY_FALLBACKS": [],
    "DEBUG": False,
    "BALLAST_DEMO": False,
    "SITE_URL": "https://ballast.example.org",
    "ALLOWED_HOSTS": ["ballast.example.org"],
    "SESSION_COOKIE_SECURE": True,
    "SESSION_COOKIE_HTTPONLY": True,
    "CSRF_COOKIE_SECURE": True,
    "CSRF_COOKIE_HTTPONLY": True,
    "REDIS_URL": "redis://redis:6379/0",
    "EMAIL_URL": "dummymail://",
    "STATIC_ROOT": Path("/srv/static"),
    "STATICFILES_DIRS": [Path("/app/static"), ("vendor", Path("/app/build/vendor"))],
    "DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "ballast"}},
}


def sqlite(file: str) -> dict[str, Any]:
    return {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": file}}


def test_sound_settings_pass() -> None:
    refuse_weak(SOUND)
    refuse_weak({**SOUND, "DATABASES": sqlite("/var/lib/ballast/ballast.sqlite3")})


@pytest.mark.parametrize(
    ("weak", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is missing"),
        ({"SECRET_KEY": "x" * 49}, "SECRET_KEY is weak"),
        ({"SECRET_KEY": "ab" * 40}, "SECRET_KEY is weak"),
        ({"SECRET_KEY": KEY[:49]}, "SECRET_KEY is weak"),
        ({"SECRET_KEY": "django-insecure-" + KEY}, "SECRET_KEY is a sample"),
        ({"SECRET_KEY": "ChangeMe" + KEY}, "SECRET_KEY is a sample"),
        ({"SECRET_KEY_FALLBACKS": ["short"]}, "SECRET_KEY_FALLBACKS is weak"),
        ({"DEBUG": True}, "DEBUG shows"),
        ({"BALLAST_DEMO": True}, "BALLAST_DEMO makes accounts"),
        ({"SITE_URL": "http://ballast.example.org"}, "SITE_URL must be the https"),
        ({"ALLOWED_HOSTS": ["*"]}, "ALLOWED_HOSTS must name"),
        ({"ALLOWED_HOSTS": ["a.example", "*.example"]}, "ALLOWED_HOSTS must name"),
        ({"ALLOWED_HOSTS": []}, "ALLOWED_HOSTS must name"),
        ({"ALLOWED_HOSTS": [""]}, "ALLOWED_HOSTS must name"),
        ({"SESSION_COOKIE_SECURE": False}, "SESSION_COOKIE_SECURE is off"),
        ({"CSRF_COOKIE_SECURE": False}, "CSRF_COOKIE_SECURE is off"),
        ({"SESSION_COOKIE_HTTPONLY": False}, "SESSION_COOKIE_HTTPONLY is off"),
        ({"CSRF_COOKIE_HTTPONLY": False}, "CSRF_COOKIE_HTTPONLY is off"),
        ({"REDIS_URL": ""}, "REDIS_URL is missing"),
        ({"EMAIL_URL": ""}, "EMAIL_URL is missing"),
        ({"DATABASES": sqlite("/srv/static/db.sqlite3")}, "served to everybody"),
        ({"DATABASES": sqlite("/app/static/../static/db.sqlite3")}, "served to everybody"),
        ({"DATABASES": sqlite("/app/build/vendor/x/db.sqlite3")}, "served to everybody"),
    ],
)
def test_each_weak_value_is_refused_by_name(weak: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=sentence):
        refuse_weak({**SOUND, **weak})


def check_deploy(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        env=clean_environment(
            DJANGO_SETTINGS_MODULE="config.settings.production",
            BALLAST_VAR=str(tmp_path),
            **environment,
        ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_sound_environment_passes_every_check_for_deployment(tmp_path: Path) -> None:
    result = check_deploy(
        tmp_path,
        SECRET_KEY=KEY,
        SITE_URL="https://ballast.example.org",
        REDIS_URL="redis://redis:6379/0",
        EMAIL_URL="smtp+tls://someone:word@mail.example.org:587",
    )
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "SECRET_KEY is missing"),
        ({"SECRET_KEY": KEY, "DEBUG": "1"}, "DEBUG shows"),
        ({"SECRET_KEY": KEY, "SITE_URL": "https://a.example", "ALLOWED_HOSTS": "*"}, "must name"),
    ],
)
def test_the_environment_itself_is_what_is_judged(
    tmp_path: Path, environment: dict[str, str], sentence: str
) -> None:
    result = check_deploy(tmp_path, **environment)
    assert result.returncode != 0
    assert sentence in result.stderr
