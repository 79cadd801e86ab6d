"""The rubric in force for a product."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.utils import timezone

from accounts.models import Product
from scoring.models import RubricVersion
from scoring.rubrics import DEFAULT_RUBRIC, Rubric, digest, parse_rubric, rubric_data


def rubric_in_force(product_id: int) -> tuple[int, Rubric]:
    """Version number and rubric that score the product's items now. One query, parsed once per process."""
    row = (
        RubricVersion.objects.filter(product_id=product_id)
        .order_by("-number")
        .values_list("pk", "digest", "number")
        .first()
    )
    if row is None:
        first = publish_default(product_id=product_id)
        row = (first.pk, first.digest, first.number)
    return row[2], _parsed(row[0], row[1])


def rubric_numbered(product: Product, number: int) -> Rubric | None:
    """An earlier version, or None."""
    row = (
        RubricVersion.objects.filter(product=product, number=number)
        .values_list("pk", "digest")
        .first()
    )
    return _parsed(*row) if row is not None else None


@lru_cache(maxsize=256)
def _parsed(pk: int, digest: str) -> Rubric:
    """A published version never changes; the digest tells it from one that was taken back before anybody saw it."""
    data: Any = RubricVersion.objects.values_list("data", flat=True).get(pk=pk)
    return parse_rubric(data)


def publish_default(*, product_id: int, now: datetime | None = None) -> RubricVersion:
    """Version 1, the default rubric. Idempotent; listens to ``product.created``."""
    row, _ = RubricVersion.objects.get_or_create(
        product_id=product_id,
        number=1,
        defaults={
            "data": rubric_data(DEFAULT_RUBRIC),
            "digest": digest(DEFAULT_RUBRIC),
            "reason": "The default rubric.",
            "published_at": now or timezone.now(),
        },
    )
    return row


@dataclass(frozen=True)
class Published:
    """A version of a product's rubric, and since when it is in force."""

    number: int
    rubric: Rubric
    published_at: datetime
    reason: str
    by: str


def published_versions(product_id: int) -> list[Published]:
    """Every version, oldest first; there is always one. One query, each parsed once per process."""
    found = RubricVersion.objects.filter(product_id=product_id).select_related("published_by")
    rows = list(found.defer("data").order_by("number"))
    return [
        Published(
            row.number,
            _parsed(row.pk, row.digest),
            row.published_at,
            row.reason,
            str(row.published_by) if row.published_by else "Ballast",
        )
        for row in rows or [publish_default(product_id=product_id)]
    ]
