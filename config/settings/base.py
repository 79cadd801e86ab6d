"""What holds everywhere. Each number that is not Django's own has a reason beside it."""

import sqlite3
from pathlib import Path
from typing import Any

import environ
import structlog
from celery.schedules import crontab

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
# Everything the program writes: database, uploads, mail, broker. Git does not see it.
VAR_DIR = Path(env.str("BALLAST_VAR", default=str(BASE_DIR / "var"))).resolve()

DEBUG = False
# Example data and its known passwords. Only the local settings turn it on; production refuses it.
BALLAST_DEMO = False
# The address people use; links in e-mail and webhooks begin with it.
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
# Where lower apps find panels, events and search sources without importing config.
WIRING = "config.wiring"

INSTALLED_APPS = [
    "core.apps.CoreConfig",
    "accounts.apps.AccountsConfig",
    "backlog.apps.BacklogConfig",
    "scoring.apps.ScoringConfig",
    "assets.apps.AssetsConfig",
    "reviews.apps.ReviewsConfig",
    "insights.apps.InsightsConfig",
    "integrations.apps.IntegrationsConfig",
    "notices.apps.NoticesConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "template_partials",
    "csp",
    "django_structlog",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.SessionLimits",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.middleware.RequestLog",
    "core.error_pages.NoEmptyPage",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,  # template_partials wraps these loaders when it starts
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["core.templatetags.icons"],
            "libraries": {"lucide": "core.templatetags.icons"},
        },
    }
]

# --- Database -----------------------------------------------------------------------------------


def sqlite_options() -> dict[str, Any]:
    """Options that make SQLite safe for a web process and a worker.

    IMMEDIATE takes the write lock when the transaction begins: a transaction that reads first and
    writes later would otherwise fail at once with "database is locked". WAL only on versions
    without the WAL-reset corruption race (SQLite 3.7.0 to 3.51.2; fixed in 3.51.3, and for their
    series in 3.50.7 and 3.44.6), else TRUNCATE: after DELETE a power cut may bring the journal back
    and undo the last change, and a commit takes twice as long. synchronous=FULL: what was answered
    "saved" survives a power cut.
    """
    version = sqlite3.sqlite_version_info
    wal_is_safe = (
        version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    )
    mode = "WAL" if wal_is_safe else "TRUNCATE"
    return {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            f"PRAGMA journal_mode={mode}; PRAGMA synchronous=FULL;"
            " PRAGMA journal_size_limit=67108864;"
        ),
    }


def postgres_options() -> dict[str, Any]:
    """Timeouts for every connection. Set BALLAST_STATEMENT_TIMEOUT_MS=0 for a long migration."""
    statement = env.int("BALLAST_STATEMENT_TIMEOUT_MS", default=15_000)
    return {
        "connect_timeout": 5,
        "options": (
            f"-c statement_timeout={statement} -c lock_timeout=5000"
            " -c idle_in_transaction_session_timeout=30000"
            # A row with eight related ones, each by its key, takes 4 ms to plan where every order of joins is weighed,
            # and the order in which they are written is as good.
            " -c join_collapse_limit=6"
        ),
    }


DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'ballast.sqlite3'}")
}
_database = DATABASES["default"]
_database["ATOMIC_REQUESTS"] = False
if "sqlite3" in _database["ENGINE"]:
    _database["OPTIONS"] = sqlite_options()
else:
    _database["CONN_MAX_AGE"] = 60
    _database["CONN_HEALTH_CHECKS"] = True  # each cut idle connection would cost one error page
    _database["OPTIONS"] = {**_database.get("OPTIONS", {}), **postgres_options()}

# --- Redis: broker and cache --------------------------------------------------------------------

# redis://host:6379/0, or unix:///path.sock as `manage.py up` gives it to what it starts.
REDIS_URL = env.str("REDIS_URL", default="")
# The broker must never evict and a cache should: two servers in a large installation.
CACHE_URL = env.str("CACHE_URL", default=REDIS_URL)


def broker_url(redis_url: str) -> str:
    """Celery's spelling of a Redis address. Without one, messages go nowhere: the sweeps do all."""
    if not redis_url:
        return "memory://"
    if redis_url.startswith("unix://"):
        return "redis+socket://" + redis_url.removeprefix("unix://")
    return redis_url


def cache_settings(url: str) -> dict[str, Any]:
    if not url:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    over_network = {"socket_connect_timeout": 0.5, "socket_timeout": 1}
    return {
        "BACKEND": "core.cache.SoftRedisCache",
        "LOCATION": url,
        "KEY_PREFIX": "ballast",
        "OPTIONS": {} if url.startswith("unix://") else over_network,
    }


CACHES = {"default": cache_settings(CACHE_URL)}

# --- Background work ----------------------------------------------------------------------------

_embedded = env.bool("BALLAST_EMBEDDED", default=False)

CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
# Safe because attempts are counted in the job's row, so that a task which kills its worker ends.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_VISIBILITY_TIMEOUT = 900
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,  # more than twice the time limit, or a long task runs twice
    # Without these two a killed worker's messages come back after about a hundred seconds more.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # So long a page waits for a broker that hangs; a worker has more patience (config/celery.py).
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
    "socket_keepalive": True,
    "health_check_interval": 25,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.2}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
# These three need worker processes; the embedded worker has threads.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = not _embedded
CELERY_WORKER_MAX_TASKS_PER_CHILD = None if _embedded else 500
CELERY_WORKER_MAX_MEMORY_PER_CHILD = None if _embedded else 300_000  # kB
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
# Ticks only: what is due is asked of the rows. Times are UTC; a tick missed while everything was
# off comes once after the start.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    **{
        task: {"task": task, "schedule": 60.0, "options": {"expires": 55}}
        for task in (
            "accounts.send_resets",
            "backlog.seal_changes",
            "assets.sweep",
            "reviews.sweep",
            "scoring.sweep",
            "integrations.sweep",
            "insights.sweep",
            "notices.sweep",
        )
    },
    "accounts.nightly": {"task": "accounts.nightly", "schedule": crontab(hour=3, minute=23)},
    "assets.hourly": {"task": "assets.hourly", "schedule": crontab(minute=37)},
    "notices.nightly": {"task": "notices.nightly", "schedule": crontab(hour=3, minute=41)},
    "scoring.hourly": {"task": "scoring.hourly", "schedule": crontab(minute=7)},
    "scoring.nightly": {"task": "scoring.nightly", "schedule": crontab(hour=2, minute=17)},
}

# --- People and sessions ------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.PasswordBackend"]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600
# In the database, so that an emptied Redis does not sign everybody out.
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 12 * 3600  # and three hours idle: accounts.sessions
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True  # htmx takes the token from the template
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "core.error_pages.csrf_failure"

# --- Files --------------------------------------------------------------------------------------

MEDIA_ROOT = VAR_DIR / "media"
# No MEDIA_URL route: every file goes through a view that asks who may see it.
MEDIA_URL = "/media-is-not-served/"
# On the same file system as the files, so that the last step of an upload is a rename.
FILE_UPLOAD_TEMP_DIR: Path | None = MEDIA_ROOT / ".tmp"
(MEDIA_ROOT / ".tmp").mkdir(parents=True, exist_ok=True)
FILE_UPLOAD_PERMISSIONS = 0o640
# The largest file that is taken in, checked while it streams.
UPLOAD_LIMIT_BYTES = env.int("UPLOAD_LIMIT_BYTES", default=200_000_000)
# The largest that comes in slices, each of them far smaller; and when an unfinished one is given up.
UPLOAD_PARTS_LIMIT_BYTES = env.int("UPLOAD_PARTS_LIMIT_BYTES", default=8 << 30)
UPLOAD_SLICE_BYTES = 8 << 20
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "core.uploads.BoundedUpload",
]
# Limits for form fields and memory. They do not limit a file's size: the line above does.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

STATIC_URL = "/static/"
STATIC_ROOT: Path | None = Path(
    env.str("BALLAST_STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
)
STATICFILES_DIRS: list[Any] = [
    entry
    for entry, folder in (
        (BASE_DIR / "static", BASE_DIR / "static"),
        (("vendor", BASE_DIR / "build" / "vendor"), BASE_DIR / "build" / "vendor"),
    )
    if folder.is_dir()
]
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "assets": {"BACKEND": "assets.storage.ContentStore"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_ALLOW_ALL_ORIGINS = False

# --- Language and time --------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Mail ---------------------------------------------------------------------------------------

EMAIL_TIMEOUT = 10  # Django's default waits for ever
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Ballast <ballast@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Headers ------------------------------------------------------------------------------------

SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "media-src": ["'self'"],
        "frame-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: []
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
}

# --- API ----------------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.TokenAuthentication",
        "core.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    # A view that takes a file names MultiPartParser itself.
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.api.errors.exception_handler",
    # Requests of one token, as "600/min"; empty for no limit.
    "DEFAULT_THROTTLE_CLASSES": ["accounts.api.throttles.TokenRate"],
    "DEFAULT_THROTTLE_RATES": {"token": env.str("API_RATE", default="") or None},
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    # How many proxies may be believed about the client's address; 0 = the socket's own address.
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Ballast API",
    "DESCRIPTION": "Items, scores, assets and reviews of a product.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    # The document describes the API and holds no data of anybody.
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATIONS": True,
    # Several shapes have a field "kind" or "state"; these are the words they mean.
    "ENUM_NAME_OVERRIDES": {
        "ItemKind": "backlog.vocabulary.Kind",
        "ItemState": "backlog.vocabulary.State",
        "LinkKind": "backlog.vocabulary.LinkKind",
        "AssetKind": "assets.vocabulary.AssetKind",
        "VersionState": "assets.vocabulary.VersionState",
        "UploadState": "assets.vocabulary.UploadState",
        "ClaimState": "assets.vocabulary.ClaimState",
        "PreviewState": "assets.vocabulary.PreviewState",
        "StageState": "reviews.vocabulary.StageState",
        "NoteState": "reviews.vocabulary.NoteState",
        "ContradictionState": "reviews.vocabulary.ContradictionState",
        "ApprovalState": "reviews.vocabulary.ApprovalState",
        "ReviewCycleState": "reviews.vocabulary.CycleState",
        "SessionFunction": "scoring.models.Function",
        "SessionState": "scoring.models.RefinementSession.State",
        "ImportState": "integrations.models.ImportRun.State",
        "DecisionKind": "backlog.models.planning.Decision.Kind",
        "RecordedKind": "backlog.services.decisions.BY_HAND",
        "RequestState": "backlog.models.planning.Request.State",
        "BriefStateName": "backlog.vocabulary.BriefState",
        "BriefLineKind": "backlog.vocabulary.LineKind",
        "BriefInputState": "backlog.vocabulary.InputState",
        "BriefLineChange": "backlog.vocabulary.LineChange",
        "ConfirmationStateName": "backlog.vocabulary.ConfirmationState",
        "IncrementStateName": "backlog.vocabulary.IncrementState",
        "CheckpointStateName": "backlog.vocabulary.CheckpointState",
        "StandardKindName": "backlog.vocabulary.StandardKind",
        "TemplateKindName": "backlog.vocabulary.TemplateKind",
        "BriefUse": "backlog.api.brief_shapes.USES",
    },
    # `make lint` judges the document; a wording in it must not stop a server's check.
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
}

# --- Logs ---------------------------------------------------------------------------------------

DJANGO_STRUCTLOG_CELERY_ENABLED = True
_before_rendering: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_before_rendering,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)


def logging_settings(*, renderer: Any, level: str) -> dict[str, Any]:
    """One handler on stderr; `renderer` decides between lines for people and lines of JSON."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    renderer,
                ],
                "foreign_pre_chain": _before_rendering,
            }
        },
        "filters": {"no_secrets": {"()": "core.log_secrets.NoSecrets"}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "lines",
                "filters": ["no_secrets"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"handlers": ["stderr"], "level": level, "propagate": False},
            "django_structlog": {"level": level},
            "celery.app.trace": {"level": "WARNING"},
            # Any scanner makes these; the 400 is in the list of requests.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
        },
    }


LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = logging_settings(renderer=structlog.processors.JSONRenderer(), level=LOG_LEVEL)
