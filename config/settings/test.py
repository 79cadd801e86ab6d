"""For pytest. SQLite in memory unless DATABASE_URL is set; no broker unless REDIS_URL is set."""

import os
import tempfile
from pathlib import Path

import structlog

os.environ.setdefault("DATABASE_URL", "sqlite://:memory:")
os.environ.setdefault(
    "BALLAST_VAR", str(Path(tempfile.gettempdir()) / f"ballast-test-var-{os.getuid()}")
)

from config.settings.base import *
from config.settings.base import CACHES, DATABASES, logging_settings

SECRET_KEY = "tests-only-" + "k" * 50
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
SITE_URL = "http://testserver"
DEBUG = False

# Its own database name, so that a test run never touches one with data; xdist appends its worker.
DATABASES["default"]["TEST"] = {"NAME": os.environ.get("BALLAST_TEST_DATABASE", "ballast_test")}
if "sqlite3" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["TEST"] = {"NAME": None}  # in memory
DATABASES["default"]["CONN_MAX_AGE"] = 0
CACHES["default"]["KEY_PREFIX"] = "ballast-test-" + os.environ.get("PYTEST_XDIST_WORKER", "main")

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
FILE_UPLOAD_TEMP_DIR = None
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True

# A task enqueued after commit runs at once and its error fails the test. What a real broker and a
# real worker do is tested by the tests that start them.
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True

LOGGING = logging_settings(renderer=structlog.dev.ConsoleRenderer(colors=False), level="WARNING")
