"""Rows of the permission matrix: guests' links, and what a guest sees."""

from __future__ import annotations

from typing import Any

from tests.cast import EVERYBODY
from tests.security.rows import row

ANYBODY = frozenset(EVERYBODY)
DECIDING = frozenset({"owner", "leadership", "administrator"})
CYCLE: dict[str, Any] = {"key": "product.key", "pk": "guest_cycle.pk"}
LINK = "guest_link.pk"
#: the address is the key: it opens for whoever holds it
OPEN: dict[str, Any] = {"secret": "guest_secret", "capability": True}


def guest(name: str, **methods: Any) -> Any:
    return row(name, **OPEN, **methods)


GUESTS = [
    row(
        "review-guests",
        **CYCLE,
        GET=DECIDING,
        POST=DECIDING,
        body={"name": "Ruth", "days": 3},
        managing=True,
    ),
    row("review-guest-end", **CYCLE, link=LINK, POST=DECIDING),
    row(
        "api-review-guests",
        pk="guest_cycle.pk",
        GET=DECIDING,
        POST=DECIDING,
        body={"name": "Ruth"},
        managing=True,
    ),
    row("api-review-guest", pk="guest_cycle.pk", link=LINK, DELETE=DECIDING),
    guest("guest", GET=ANYBODY),
    guest("guest-open", POST=ANYBODY, body={"password": "a guess at it"}),
    guest("guest-note", POST=ANYBODY, body={"body": "A remark."}),
    guest("guest-content", GET=ANYBODY),
    guest("guest-download", GET=ANYBODY),
    guest("guest-preview", kind=lambda *_: "thumb", at=lambda *_: 1, GET=ANYBODY),
]
