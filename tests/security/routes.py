"""Every address of the site, as the resolver knows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Route:
    """An address. ``groups`` are the names it captures, from left to right."""

    name: str
    pattern: str
    groups: tuple[str, ...]
    view: Any

    @property
    def is_api(self) -> bool:
        return self.pattern.startswith("api/")

    @property
    def handlers(self) -> Mapping[str, Any]:
        """Method -> handler of an endpoint made by ``accounts.api.endpoints.resource``; nothing for pages."""
        return getattr(self.view, "handlers", {})


def walk(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[Route]:
    """All routes, nested resolvers included."""
    for pattern in (resolver or get_resolver()).url_patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern, path)
        elif isinstance(pattern, URLPattern):
            groups = tuple(pattern.pattern.converters) or tuple(pattern.pattern.regex.groupindex)
            yield Route(pattern.name or path, path, groups, pattern.callback)


ROUTES: dict[str, Route] = {route.name: route for route in walk()}
