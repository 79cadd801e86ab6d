"""What must always hold for imports: nobody's run lies around, and what is counted adds up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Q

from core.invariants import Finding
from integrations.models import ImportRun

#: A busy run that nobody took up for so long: the sweep does not run.
LEFT_LYING = timedelta(minutes=5)


def findings(*, now: datetime) -> Iterator[Finding]:
    """Everything that is wrong."""
    rows = ImportRun.objects.order_by("pk")
    unclaimed = Q(lease_until__lt=now - LEFT_LYING) | Q(
        lease_until__isnull=True, created_at__lt=now - LEFT_LYING
    )
    for pk in rows.filter(unclaimed, state__in=ImportRun.BUSY).values_list("pk", flat=True):
        yield Finding(
            "nothing is left lying", f"import {pk}", "busy, and nobody has worked on it for minutes"
        )
    held = rows.exclude(state__in=ImportRun.BUSY).filter(worker__isnull=False)
    for pk in held.values_list("pk", flat=True):
        yield Finding("ended runs are let go", f"import {pk}", "it has ended and a worker holds it")
    for run in rows.filter(state=ImportRun.State.DONE).only("counts", "product").iterator():
        said = run.counts.get("created", 0) + run.counts.get("updated", 0)
        seen = sum(run.counts.get(name, 0) for name in ("unchanged", "skipped", "errors")) + said
        if seen != run.counts.get("rows", 0):
            yield Finding(
                "imports count right",
                f"import {run.pk}",
                f"{run.counts.get('rows', 0)} rows, {seen} accounted for",
            )
