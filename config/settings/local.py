"""For one machine: `make run`, the shell, development. Not for a server others can reach."""

import os
import secrets

import structlog

from config.settings.base import *
from config.settings.base import LOG_LEVEL, VAR_DIR, env, logging_settings

DEBUG = env.bool("DEBUG", default=True)
BALLAST_DEMO = env.bool("BALLAST_DEMO", default=True)
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *env.list("ALLOWED_HOSTS", default=[])]
SITE_URL = env.str("SITE_URL", default=f"http://127.0.0.1:{env.int('PORT', default=8000)}")


def own_secret_key() -> str:
    """A random key of this installation, made once and kept beside its data."""
    file = VAR_DIR / "secret_key"
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text()
    with os.fdopen(descriptor, "w") as handle:
        handle.write(secrets.token_urlsafe(50))
    return file.read_text()


SECRET_KEY = env.str("SECRET_KEY", default="") or own_secret_key()

# Static files straight from their folders: no collectstatic on a developer's machine.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"

LOGGING = logging_settings(renderer=structlog.dev.ConsoleRenderer(colors=False), level=LOG_LEVEL)
# Requests are not listed: the lines that matter would drown.
LOGGING["loggers"]["django_structlog"]["level"] = "WARNING"
