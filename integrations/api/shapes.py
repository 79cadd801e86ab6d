"""Shapes of the API of imports."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.api.serializers import Line, Shape
from integrations.models import ImportRun


class ImportInput(Shape):
    """A file and how far to go with it. Without ``dry_run`` and ``run`` it is looked at, and waits for the mapping."""

    file = serializers.FileField(help_text="CSV or JSON")
    product = Line(max_length=10, required=False, help_text="key of the product")
    mapping = serializers.CharField(
        required=False, help_text="JSON object: these members take the place of the proposed ones"
    )
    subject = serializers.ChoiceField(
        ImportRun.Subject.values, default=ImportRun.Subject.ITEMS, help_text="what its rows are"
    )
    asking = Line(
        max_length=500,
        required=False,
        help_text="why, where you may not import: those who may are asked, and the file waits for them",
    )
    dry_run = serializers.BooleanField(default=False, help_text="count what would happen, and stop")
    run = serializers.BooleanField(default=False, help_text="import without asking")


class RowProblem(Shape):
    """Something about one row. ``row`` counts as a spreadsheet does, ``line`` is the line of the file; 0: no row."""

    row = serializers.IntegerField()
    line = serializers.IntegerField()
    key = serializers.CharField()
    kind = serializers.CharField(help_text="error, skipped, warning or kept")
    text = serializers.CharField()


class ImportRow(Shape):
    """An import. ``state`` says what it does or waits for; poll it while it is busy."""

    id = serializers.UUIDField()
    product = serializers.CharField()
    subject = serializers.CharField(help_text=", ".join(ImportRun.Subject.values))
    file_name = serializers.CharField()
    file_size = serializers.IntegerField(help_text="bytes")
    file_sha256 = serializers.CharField()
    state = serializers.CharField(help_text=", ".join(ImportRun.State.values))
    busy = serializers.BooleanField()
    counts = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="rows, created, updated, unchanged, skipped, errors; comments, links, signals, ratings that came with"
        " the items; after an undo removed, restored, kept",
    )
    rows_done = serializers.IntegerField()
    rows_total = serializers.IntegerField()
    error = serializers.CharField(
        allow_null=True, help_text="why it failed, or what stands in its way"
    )
    started_by = serializers.EmailField(allow_null=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class ImportDetail(ImportRow):
    """With the mapping, what the file holds, what a rehearsal counted, and the first 1,000 problems of rows."""

    mapping = serializers.DictField(allow_null=True)
    found = serializers.DictField(
        allow_null=True, help_text="kind, encoding, columns with samples, values with counts"
    )
    rehearsal = serializers.DictField(
        allow_null=True, help_text="counts, states, queues, kinds, notes"
    )
    problems = RowProblem(many=True)


class ImportPage(Shape):
    results = ImportRow(many=True)
    next = serializers.CharField(allow_null=True, help_text="cursor of the next page")


def import_row(run: ImportRun) -> dict[str, Any]:
    """An import as lists show it."""
    return {
        "id": run.pk,
        "product": run.product.key,
        "subject": run.subject,
        "file_name": run.file_name,
        "file_size": run.file_size,
        "file_sha256": run.file_digest,
        "state": run.state,
        "busy": run.state in ImportRun.BUSY,
        "counts": run.counts,
        "rows_done": run.rows_done,
        "rows_total": run.rows_total,
        "error": run.last_error or None,
        "started_by": run.started_by.email if run.started_by else None,
        "created_at": run.created_at,
        "finished_at": run.finished_at,
    }


def import_detail(run: ImportRun) -> dict[str, Any]:
    """An import with everything that is known about it."""
    return {
        **import_row(run),
        "mapping": run.mapping,
        "found": run.examination,
        "rehearsal": run.rehearsal,
        "problems": run.problems,
    }
