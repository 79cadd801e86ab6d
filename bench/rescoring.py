"""One rescore of everything, in a process of its own. `python -m bench.rescoring MODE`. Prints JSON.

all: a day later, so that every score moves. none: at the instant of the last one. tenth: at that instant, with one
rating of every tenth item a level higher or lower. marked: so too, by the sweep of what is marked. published: a new
version of the rubric, other weights, brought to every item as the job does it: all scores first, then the history of
each (``kept``, in seconds). one: a hundred items, each in the transaction of a rating, in milliseconds. preview: what
publishing other weights would do. floor: one UPDATE.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import django


def measure(mode: str) -> dict[str, Any]:
    from django.db import connection
    from django.db.models import F
    from django.utils import timezone

    from accounts.models import Product
    from backlog.models import Item, ItemSummary
    from backlog.services import summaries
    from scoring.current import rubric_in_force
    from scoring.jobs import publications, rescore
    from scoring.models import Publication, RubricVersion

    product = Product.objects.get(key="BENCH")
    last = ItemSummary.objects.filter(product=product, scored_at__isnull=False).order_by(
        "-scored_at"
    )
    now = last.values_list("scored_at", flat=True).first() or timezone.now()
    ids = list(
        ItemSummary.objects.filter(product=product).order_by("pk").values_list("pk", flat=True)
    )

    def everything(at: Any) -> int:
        return sum(
            rescore.rescore_items(
                product_id=product.pk, item_ids=ids[start : start + rescore.CHUNK], now=at
            )
            for start in range(0, len(ids), rescore.CHUNK)
        )

    if mode == "one":
        return _one(product, ids[: len(ids) // 2 : max(1, len(ids) // 200)][:100], now)
    if mode == "preview":
        return _preview(product, now)
    everything(now)  # so that all stand at one instant
    with connection.cursor() as cursor:
        if mode in ("tenth", "marked"):
            cursor.execute(
                "UPDATE scoring_rating r SET level = CASE WHEN level >= 3 THEN level - 1 ELSE level + 1 END"
                " FROM backlog_item i WHERE i.id = r.item_id"
                " AND i.product_id = %s AND i.number %% 10 = 0 AND r.criterion = 'business_value'",
                [product.pk],
            )
        if mode == "marked":
            tenth = Item.objects.filter(product=product).annotate(rest=F("number") % 10)
            summaries.mark_stale(tenth.filter(rest=0).values_list("pk", flat=True), now)
        if mode == "published":
            number, _ = rubric_in_force(product.pk)
            data = RubricVersion.objects.get(product=product, number=number).data
            for profile in data["profiles"].values():
                profile["weights"]["value"] -= 0.02
                profile["weights"]["impact"] += 0.02
            version = RubricVersion.objects.create(product=product, number=number + 1, data=data)
            Publication.objects.create(version=version, product=product, as_of=now)
        for table in ("backlog_itemsummary", "scoring_rating", "scoring_snapshot"):
            cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute("CHECKPOINT")
    if mode == "floor":
        return _floor(product.pk, now + timedelta(days=1))
    at = now + timedelta(days=1) if mode == "all" else now
    processor = _processor_seconds()
    began = time.perf_counter()
    if mode == "published":
        written = publications.apply(version.publication, now=at, keep=False)
    else:
        written = rescore.rescore_stale(now=at) if mode == "marked" else everything(at)
    seconds = time.perf_counter() - began
    processor = _processor_seconds() - processor
    began = time.perf_counter()
    if mode == "published":
        publications.apply_publications(now=at)
    return {
        "seconds": seconds,
        "published": mode == "published",
        "kept": time.perf_counter() - began,
        "processor": processor,
        "items": len(ids),
        "written": written,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _one(product: Any, ids: list[int], now: Any) -> dict[str, Any]:
    """Ratings by the service, each item once: what the listener takes inside its transaction, and all before it."""
    from django.db import transaction

    from accounts.actors import Actor
    from backlog.models import Item
    from scoring.jobs import rescore
    from scoring.services import ratings

    scored: list[float] = []
    whole: list[float] = []
    real = rescore.rescore_items

    def timed(**given: Any) -> int:
        began = time.perf_counter()
        written = real(**given)
        scored.append(1000 * (time.perf_counter() - began))
        return written

    rescore.rescore_items = timed
    for item in Item.objects.filter(pk__in=ids).select_related("product", "queue"):
        began = time.perf_counter()
        with transaction.atomic():
            entry = {"trust": ratings.Entry(4.5 if item.number % 2 else 0.5)}
            ratings.rate_item(actor=Actor.system(), item=item, entries=entry, now=now)
        whole.append(1000 * (time.perf_counter() - began))
    return {
        "p50_ms": statistics.median(scored),
        "write_ms": statistics.median(a - b for a, b in zip(whole, scored, strict=True)),
    }


def _preview(product: Any, now: Any) -> dict[str, Any]:
    """The best of three, each worked out from the rows."""
    from scoring.current import rubric_in_force
    from scoring.jobs.previews import preview
    from scoring.rubrics import parse_rubric, rubric_data

    _, in_force = rubric_in_force(product.pk)
    data = rubric_data(in_force)
    for profile in data["profiles"].values():
        weights = profile["weights"]
        weights["value"], weights["impact"] = weights["impact"] + 0.05, weights["value"] - 0.05
    times = []
    for _ in range(3):
        began = time.perf_counter()
        found = preview(product, parse_rubric(data), now, fresh=True)
        times.append(time.perf_counter() - began)
    return {
        "seconds": min(times),
        "items": len(found.item_ids),
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _floor(product_id: int, at: Any) -> dict[str, Any]:
    from django.db import connection

    statement = Path(__file__).with_name("rescore_floor.sql").read_text()
    processor = _processor_seconds()
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(statement, {"product": product_id, "now": at})
        written = cursor.rowcount
    return {
        "seconds": time.perf_counter() - began,
        "processor": _processor_seconds() - processor,
        "written": written,
    }


def _processor_seconds() -> float:
    """Of this process and of the database's that works for it, where that runs on this machine."""
    from django.db import connection

    connection.ensure_connection()
    own = resource.getrusage(resource.RUSAGE_SELF)
    total = own.ru_utime + own.ru_stime
    stat = Path(f"/proc/{connection.connection.get_backend_pid()}/stat")
    if stat.exists() and "postgres" in stat.read_text():
        fields = stat.read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
    django.setup()
    print(json.dumps(measure(sys.argv[1])))


if __name__ == "__main__":
    main()
