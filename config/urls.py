"""Every address of the site. Pages stand at the root, the API under /api/v1/."""

from django.urls import URLPattern, URLResolver, include, path

from core.api.docs import api_docs, api_schema
from core.health import healthz, readyz

APPS = (
    "accounts",
    "backlog",
    "scoring",
    "assets",
    "reviews",
    "insights",
    "integrations",
    "notices",
)


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("api/v1/schema", api_schema, name="api-schema"),
    path("api/v1/docs", api_docs, name="api-docs"),
    *(path("api/v1/", include(f"{app}.api.urls")) for app in APPS),
    *(path("", include(f"{app}.urls")) for app in APPS),
]

handler400 = "core.error_pages.bad_request"
handler403 = "core.error_pages.forbidden"
handler404 = "core.error_pages.not_found"
handler500 = "core.error_pages.server_error"
