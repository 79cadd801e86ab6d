"""Rows of the permission matrix: notifications. The one that is named is the administrator's own."""

from __future__ import annotations

from tests.cast import MEMBERS as ROLES
from tests.security.rows import row

MEMBERS = frozenset(ROLES)
OWN = frozenset({"administrator"})
OTHERS = MEMBERS - OWN
ANYBODY = MEMBERS | {"outsider", "anonymous"}
PRODUCT = "product.key"
NOTICE = {"key": PRODUCT, "pk": "notice.pk"}

NOTICES = [
    row("notifications", key=PRODUCT, GET=MEMBERS),
    row("notifications-read", key=PRODUCT, POST=MEMBERS),
    row("notifications-unread", key=PRODUCT, instant=lambda world, tenant, actor: 1, POST=MEMBERS),
    row(
        "notifications-ways",
        key=PRODUCT,
        GET=MEMBERS,
        POST=MEMBERS,
        body={"review": "inbox"},
    ),
    row("notification-open", **NOTICE, POST=OWN, hidden=OTHERS),
    row("notification-read", **NOTICE, POST=OWN, hidden=OTHERS),
    # a mailed link; whoever holds it may end the mails that it speaks of
    row(
        "notifications-stop",
        token="stop_token",
        GET=ANYBODY,
        POST=ANYBODY,
        capability=True,
        by_mail=True,
    ),
    row("api-notifications", GET=MEMBERS | {"outsider"}),
    row("api-notification", pk="notice.pk", PATCH=OWN, hidden=OTHERS, body={"read": True}),
    row("api-notifications-read", key=PRODUCT, POST=MEMBERS),
    row(
        "api-notification-ways",
        key=PRODUCT,
        GET=MEMBERS,
        PATCH=MEMBERS,
        body={"topics": [{"topic": "review", "way": "inbox"}]},
    ),
]
