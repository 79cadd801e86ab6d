"""What notices put into the frame of every page of a product."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from accounts.actors import Actor
from accounts.models import Product
from notices.selectors import MOST, unread_count


def bell(*, actor: Actor, product: Product) -> dict[str, Any]:
    """The bell of the top bar: where it leads, and what is unread. One query."""
    count = unread_count(actor, product)
    return {
        "url": reverse("notifications", args=[product.key]),
        "count": count,
        "shown": f"{MOST - 1}+" if count >= MOST else str(count),
    }
