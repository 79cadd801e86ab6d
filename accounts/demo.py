"""The example data's people: their address ends with ``DOMAIN`` and they share ``PASSWORD``.

They can sign in only where ``settings.BALLAST_DEMO`` is on; production refuses to start with it. So example data that
was copied onto a server opens no door.
"""

from __future__ import annotations

from django.conf import settings

from accounts.models import Membership, User
from accounts.roles import RANK

DOMAIN = "demo.ballast.example"
PASSWORD = "an-even-keel-and-a-full-sail"  # noqa: S105  public on purpose


def is_demo_person(user: User) -> bool:
    return user.email.endswith(f"@{DOMAIN}")


def is_locked_out(user: User) -> bool:
    """Whether ``user`` belongs to the example data and this installation does not show it."""
    return is_demo_person(user) and not settings.BALLAST_DEMO


def people() -> list[Membership]:
    """One membership for each demo person, by rank of their highest role; empty outside demo mode."""
    if not settings.BALLAST_DEMO:
        return []
    rows = Membership.objects.filter(
        user__email__endswith=f"@{DOMAIN}", user__is_active=True
    ).select_related("user", "product")
    highest: dict[int, Membership] = {}
    for row in sorted(rows, key=lambda each: (-RANK[each.role], each.user.name, each.pk)):
        highest.setdefault(row.user_id, row)
    return list(highest.values())
