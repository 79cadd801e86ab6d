"""The OpenAPI document, and the page that shows it and tries it out."""

from __future__ import annotations

from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.settings import spectacular_settings


@require_safe
def api_schema(request: HttpRequest) -> HttpResponse:
    """The document, as YAML or, with ``?format=json`` or an Accept header that says so, as JSON. Open to everybody."""
    wants_json = request.GET.get("format") == "json" or "json" in request.headers.get("Accept", "")
    kind = OpenApiJsonRenderer if wants_json else OpenApiYamlRenderer
    answer = HttpResponse(_document(kind), content_type=f"{kind.media_type}; charset=utf-8")
    answer["Vary"] = "Accept"
    return answer


@lru_cache(maxsize=2)
def _document(kind: type[OpenApiJsonRenderer | OpenApiYamlRenderer]) -> bytes:
    """The same for everybody. Making it takes a good part of a second, so each process makes it once."""
    schema = spectacular_settings.DEFAULT_GENERATOR_CLASS().get_schema(request=None, public=True)
    return bytes(kind().render(schema, renderer_context={}))


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI from our own static files; it acts with the reader's own session."""
    return render(request, "core/api_docs.html")
