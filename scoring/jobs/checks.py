"""What must always hold for scores and plans: each is what its inputs make of it; nothing stays stale."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np
from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from accounts.models import Product
from backlog.models import Cycle, ItemSummary, PlannedItem
from backlog.services import summaries
from core.invariants import Finding
from scoring.current import rubric_numbered
from scoring.engine import BANDS, Scores, score
from scoring.jobs.inputs import Batch, read
from scoring.models import RubricVersion
from scoring.rubrics import PILLARS

CHUNK = 5000
LISTED = 100
#: Points; priorities and their parts are compared to within this.
SAME = 1e-9
#: A mark that nobody cleared for so long: the sweep does not run.
LEFT_LYING = timedelta(minutes=5)


def findings(*, now: datetime) -> Iterator[Finding]:
    """Everything that is wrong, but for the stored scores themselves."""
    old = now - LEFT_LYING
    yield from _listed(
        ItemSummary.objects.filter(stale_since__lt=old),
        "nothing is left lying",
        "waits for its score",
    )
    versions = RubricVersion.objects.order_by("product", "number")
    newest = {row[0]: row for row in versions.values_list("product", "number", "published_at")}
    for product_id, number, published in newest.values():
        if published >= old:
            continue
        yield from _listed(
            ItemSummary.objects.filter(
                product=product_id,
                is_open=True,
                stale_since__isnull=True,
                rubric_version__lt=number,
            ),
            "scores are of the rubric in force",
            f"scored by an earlier rubric than version {number}",
        )


def plan_findings(*, now: datetime) -> Iterator[Finding]:
    """Plans that are not what their items, their baseline and their closing say."""
    running = Q(cycle__accepted_at__isnull=False, cycle__closed_at=None, removed_at=None)
    apart = PlannedItem.objects.filter(running).exclude(item__cycle=F("cycle"))
    for row in apart.select_related("cycle").order_by("pk")[:LISTED]:
        yield Finding(
            "plans hold their items",
            f"item {row.item_id}",
            f"planned in {row.cycle}, and not in it",
        )
    accepted = Cycle.objects.filter(accepted_at__isnull=False).annotate(
        summed=Coalesce(
            Sum("planned__baseline_points", filter=Q(planned__in_baseline=True)), Value(0.0)
        )
    )
    for cycle in accepted.order_by("pk").iterator(chunk_size=CHUNK):
        if abs(cycle.summed - (cycle.baseline_points or 0.0)) > SAME * max(1.0, cycle.summed):
            yield Finding(
                "a baseline is the sum of its rows",
                f"cycle {cycle.pk}",
                f"its rows hold {cycle.summed:g} points, it says {cycle.baseline_points}",
            )
    closed = accepted.filter(closed_at__isnull=False).annotate(
        lines=Count("ledger", distinct=True), queues=Count("product__queues", distinct=True)
    )
    for cycle in closed.exclude(lines=F("queues")).order_by("pk")[:LISTED]:
        yield Finding(
            "a closed cycle has its ledger",
            f"cycle {cycle.pk}",
            f"{cycle.lines} lines for {cycle.queues} queues",
        )


def summary_findings(*, now: datetime) -> Iterator[Finding]:
    """Scores that are not what their inputs make of them at the instant they were made; what is marked stale may be."""
    for product in Product.objects.order_by("pk"):
        fresh = ItemSummary.objects.filter(product=product, stale_since__isnull=True)
        yield from _listed(
            fresh.filter(queue_kind="").exclude(
                priority__isnull=True, scored_at__isnull=True, order_score=summaries.NO_SEVERITY
            ),
            "scores are right",
            "it has a score and no queue",
        )
        yield from _listed(
            fresh.exclude(queue_kind="").filter(
                Q(scored_at__isnull=True) | Q(rubric_version__isnull=True)
            ),
            "scores are right",
            "it was never scored, and nothing will",
        )
        together: dict[tuple[int, datetime], list[int]] = defaultdict(list)
        scored = fresh.exclude(queue_kind="").values_list("pk", "rubric_version", "scored_at")
        for pk, number, at in scored.iterator():
            if number is not None and at is not None:
                together[number, at].append(pk)
        for (number, at), ids in sorted(together.items()):
            rubric = rubric_numbered(product, number)
            if rubric is None:
                yield Finding("scores are right", f"item {ids[0]}", f"there is no rubric {number}")
                continue
            for start in range(0, len(ids), CHUNK):
                batch = read(rubric, product.pk, sorted(ids)[start : start + CHUNK], at)
                if batch is not None:
                    yield from _compared(batch, score(rubric, batch.inputs))


def _compared(batch: Batch, scores: Scores) -> Iterator[Finding]:
    stored = ItemSummary.objects.in_bulk(batch.item_ids.tolist())
    severity = batch.inputs.severity
    unscored = np.where(severity > 0, severity, summaries.NO_SEVERITY)
    orders = np.where(scores.scored, -scores.priority, unscored).tolist()
    for place, pk in enumerate(batch.item_ids.tolist()):
        row = stored[pk]
        missing = [name for bit, name in enumerate(PILLARS) if scores.missing[place] >> bit & 1]
        expected = {
            "priority": _plain(scores.priority[place]),
            "order_score": orders[place],
            **dict(zip(summaries.PARTS, map(_plain, scores.parts[place]), strict=True)),
            "confidence": _plain(scores.confidence[place]),
            "band": BANDS[int(scores.band[place])],
            "band_by_policy": bool(scores.by_policy[place]),
            "effort_assumed": bool(scores.effort_assumed[place]),
            "missing": ",".join(missing),
        }
        for name, value in expected.items():
            found = getattr(row, name)
            if not _same(found, value):
                yield Finding("scores are right", f"item {pk}", f"{name} is {found}, not {value}")
        parts: Sequence[float | None] = [getattr(row, name) for name in summaries.PARTS]
        if row.priority is not None and None not in parts:
            total = sum(part for part in parts if part is not None)
            if abs(total - row.priority) > SAME:
                yield Finding("scores are right", f"item {pk}", f"its parts sum to {total}")


def _same(found: object, value: object) -> bool:
    if isinstance(found, float) and isinstance(value, float):
        return abs(found - value) <= SAME
    return found == value


def _plain(number: np.float64) -> float | None:
    return None if np.isnan(number) else float(number)


def _listed(rows: QuerySet[ItemSummary], rule: str, problem: str) -> Iterator[Finding]:
    for pk in rows.order_by("pk").values_list("pk", flat=True)[:LISTED]:
        yield Finding(rule, f"item {pk}", problem)
