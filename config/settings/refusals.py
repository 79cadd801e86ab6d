"""Weak values that stop a production start, each with the sentence that says what to do."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

# Beginnings of keys that stand in somebody's documentation.
SAMPLE_KEYS = (
    "django-insecure",
    "changeme",
    "change-me",
    "change_me",
    "secret",
    "sample",
    "example",
    "your-",
    "tests-only",
)
NEW_KEY = 'Make one with: python -c "import secrets; print(secrets.token_urlsafe(50))"'


def refuse_weak(settings: Mapping[str, Any]) -> None:
    """Raise ImproperlyConfigured for the first weak value."""
    for check in (_keys, _switches, _addresses, _cookies, _services, _sqlite_place):
        check(settings)


def _keys(settings: Mapping[str, Any]) -> None:
    keys = [("SECRET_KEY", settings["SECRET_KEY"])]
    keys += [("SECRET_KEY_FALLBACKS", key) for key in settings["SECRET_KEY_FALLBACKS"]]
    for name, key in keys:
        if not key:
            raise ImproperlyConfigured(f"{name} is missing. {NEW_KEY}")
        if key.lower().startswith(SAMPLE_KEYS):
            raise ImproperlyConfigured(f"{name} is a sample that others know. {NEW_KEY}")
        if len(key) < 50 or len(set(key)) < 15:
            raise ImproperlyConfigured(
                f"{name} is weak: it needs at least 50 characters, 15 of them different. {NEW_KEY}"
            )


def _switches(settings: Mapping[str, Any]) -> None:
    if settings["DEBUG"]:
        raise ImproperlyConfigured("DEBUG shows the program's inside to visitors. Unset it.")
    if settings["BALLAST_DEMO"]:
        raise ImproperlyConfigured(
            "BALLAST_DEMO makes accounts whose passwords are public. Unset it."
        )


def _addresses(settings: Mapping[str, Any]) -> None:
    if not settings["SITE_URL"].startswith("https://"):
        raise ImproperlyConfigured(
            "SITE_URL must be the https:// address people use, as https://ballast.example.org."
        )
    hosts = settings["ALLOWED_HOSTS"]
    if not hosts or any(not host or "*" in host for host in hosts):
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS must name the hosts: '*' and nothing are refused."
        )


def _cookies(settings: Mapping[str, Any]) -> None:
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"):
        if not settings[name]:
            raise ImproperlyConfigured(f"{name} is off: the cookie would travel in plain text.")
    for name in ("SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY"):
        if not settings[name]:
            raise ImproperlyConfigured(f"{name} is off: scripts could read the cookie.")


def _services(settings: Mapping[str, Any]) -> None:
    if not settings["REDIS_URL"]:
        raise ImproperlyConfigured(
            "REDIS_URL is missing: web and worker meet there, as redis://redis:6379/0."
        )
    if not settings["EMAIL_URL"]:
        raise ImproperlyConfigured(
            "EMAIL_URL is missing: smtp+tls://user:password@host:587, or dummymail:// to send none."
        )


def _sqlite_place(settings: Mapping[str, Any]) -> None:
    database = settings["DATABASES"]["default"]
    if "sqlite3" not in database["ENGINE"]:
        return
    file = Path(str(database["NAME"])).resolve()
    served = [settings["STATIC_ROOT"]]
    served += [
        entry[1] if isinstance(entry, tuple) else entry for entry in settings["STATICFILES_DIRS"]
    ]
    for folder in served:
        if folder and file.is_relative_to(Path(folder).resolve()):
            raise ImproperlyConfigured(
                f"The SQLite file {file} lies in {folder}, which is served to everybody. Move it."
            )
