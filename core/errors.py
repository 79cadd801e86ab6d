"""Errors that a person can read and a program can branch on.

A service raises a :class:`DomainError`; a page shows its sentence, the API turns it into
``application/problem+json`` with the same ``code``. The sentence says what happened and what to do next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class DomainError(Exception):
    """Something the product's rules refuse. ``status`` is the HTTP status of page and API alike."""

    code = "refused"
    status = 409

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        fields: Mapping[str, Iterable[Any]] | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.fields = {key: [str(line) for line in lines] for key, lines in (fields or {}).items()}
        self.extra = dict(extra or {})

    @property
    def named(self) -> list[tuple[str, list[str]]]:
        """``fields`` as pairs. In a template ``fields.items`` would be the field called "items"."""
        return list(self.fields.items())


class Invalid(DomainError):
    """The input cannot be used as it is; ``fields`` names what to change."""

    code = "invalid"
    status = 422

    @property
    def bad_query(self) -> bool:
        """Whether the address asks a list for what it cannot say; without its query the list can be read."""
        return self.code in ("bad_filter", "bad_cursor", "unknown_parameter")


class NotFound(DomainError):
    """Not there, or not visible to the one who asks: the two look the same."""

    code = "not_found"
    status = 404

    def __init__(self, detail: str = "There is nothing here, or it is not yours to see.") -> None:
        super().__init__(detail)


class NotAllowed(DomainError):
    """Visible, but the decision right is missing. The sentence names who can."""

    code = "not_allowed"
    status = 403


class Conflict(DomainError):
    """Somebody else was quicker, or the state does not permit it."""

    code = "conflict"
    status = 409


class Stale(Conflict):
    """The thing was changed since it was read. ``extra['changed']`` holds what changed: field -> [yours, theirs]."""

    code = "stale"


class TooMany(DomainError):
    """A limit on how often something may be tried."""

    code = "too_many"
    status = 429
