"""What a product measures of its placed versions."""

from __future__ import annotations

import re
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from assets.models import Metric
from assets.vocabulary import METRICS, MetricForm
from backlog.services import changes
from core import text
from core.errors import Conflict, Invalid

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def set_up(*, product_id: int, now: datetime | None = None) -> None:
    """The metrics of a new product. Idempotent; listens to ``product.created``."""
    Metric.objects.bulk_create(
        [
            Metric(
                product_id=product_id,
                slug=slug,
                name=name,
                unit=unit,
                form=form,
                higher_is_better=higher,
                position=position,
            )
            for position, (slug, name, unit, form, higher) in enumerate(METRICS)
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def define(
    *,
    actor: Actor,
    product: Product,
    slug: str,
    name: str,
    form: str,
    unit: str = "",
    higher_is_better: bool = True,
    now: datetime | None = None,
) -> Metric:
    """A metric of the product's own. Its form stays, for readings add up by it.

    Raises Invalid, Conflict (the slug is taken), NotAllowed.
    """
    right = rights.require(actor, "metric.define", product)
    name, unit, slug = text.one_line(name), text.one_line(unit), text.one_line(slug).lower()
    problems: dict[str, list[str]] = {}
    if not _SLUG.fullmatch(slug):
        problems["slug"] = ["Small letters, digits, - and _, at most 40."]
    if not name or len(name) > 80:
        problems["name"] = ["Name it in 1 to 80 characters."]
    if len(unit) > 24:
        problems["unit"] = ["At most 24 characters."]
    if form not in MetricForm.values:
        problems["form"] = [f"Use one of: {', '.join(MetricForm.values)}."]
    if problems:
        raise Invalid("The metric cannot be saved like this.", fields=problems)
    last = Metric.objects.filter(product=product).aggregate(last=Max("position"))["last"]
    try:
        with transaction.atomic():
            metric = Metric.objects.create(
                product=product,
                slug=slug,
                name=name,
                unit=unit,
                form=form,
                higher_is_better=higher_is_better,
                position=(last or 0) + 1,
            )
    except IntegrityError as error:
        raise Conflict(
            f"There is a metric {slug} already. Nothing was saved.", code="defined_already"
        ) from error
    fields = {"metric": (None, name), "form": (None, form)}
    entry = changes.Entry("metric.defined", metric, fields=fields, right=right)
    changes.record(actor=actor, product=product, entries=[entry], now=now)
    return metric


@transaction.atomic
def retire(
    *, actor: Actor, metric: Metric, retired: bool = True, now: datetime | None = None
) -> Metric:
    """Take no more readings of it, or take them again; those there are stay. Raises NotAllowed."""
    right = rights.require(actor, "metric.define", metric.product)
    now = now or timezone.now()
    before, metric.retired_at = metric.retired_at, now if retired else None
    if bool(before) == retired:
        metric.retired_at = before
        return metric
    metric.save(update_fields=["retired_at"])
    fields = {"metric": (None, metric.name), "retired": (before, metric.retired_at)}
    entry = changes.Entry(
        "metric.retired" if retired else "metric.restored", metric, fields=fields, right=right
    )
    changes.record(actor=actor, product=metric.product, entries=[entry], now=now)
    return metric
