"""Many rows at once are stored as Django would store them one by one."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.forms.models import model_to_dict

from backlog.models import Change, Item, ItemSummary, Label
from core.inserting import FEW, insert
from integrations.models import ImportedRecord, ImportRun
from tests.cast import Cast

MANY = FEW + 7
TEXTS = [
    "plain",
    "",
    "tab\there, line\nthere, return\rand back\\slash",
    "\\N",
    "\\.",
    "quote ' and \" and %s and %(x)s",
    "déjà vu 漢字 🧭 \u202eright to left",
    "a\\tb",
]
INSTANT = datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=UTC)


def item(cast: Cast, number: int) -> Item:
    text = TEXTS[number % len(TEXTS)]
    return Item(
        product=cast.a,
        number=number + 1,
        title=text or "untitled",
        description=text,
        effort=number / 3 if number % 2 else None,
        severity=number % 4 + 1,
        parked_until=date(2024, 2, 29) if number % 3 else None,
        due_at=INSTANT if number % 2 else None,
        updated_at=INSTANT,
        created_at=INSTANT,
    )


def plain(rows: Any, *, leave_out: tuple[str, ...] = ("id",)) -> list[dict[str, Any]]:
    return [model_to_dict(row, exclude=leave_out) for row in rows.order_by("pk")]


def test_rows_read_back_as_bulk_create_stores_them(cast: Cast) -> None:
    insert([item(cast, number) for number in range(MANY)])
    ours = plain(Item.objects)
    Item.objects.all().delete()
    Item.objects.bulk_create([item(cast, number) for number in range(MANY)])
    assert ours == plain(Item.objects)
    assert len(ours) == MANY


def test_values_of_every_sort_come_back(cast: Cast) -> None:
    batch, run = (
        uuid.uuid4(),
        ImportRun.objects.create(product=cast.a, file_name="f", file_path="p"),
    )
    data = {"text": TEXTS, "number": 1.5, "nothing": None, "nested": [{"a": []}]}
    insert(
        [
            Change(
                product=cast.a,
                channel="import",
                verb="v",
                subject_type="item",
                subject_id=n,
                fields=data,
                batch=batch,
            )
            for n in range(MANY)
        ]
    )
    changes = Change.objects.filter(batch=batch)
    assert changes.count() == MANY
    assert all(change.fields == data and change.actor_id is None for change in changes)
    items = insert([item(cast, number) for number in range(MANY)])
    insert(
        [
            ImportedRecord(
                product=cast.a,
                identity=f"{n}",
                item=each,
                content_hash="",
                run=run,
                imported_at=INSTANT,
            )
            for n, each in enumerate(items)
        ]
    )
    records = ImportedRecord.objects.filter(run=run)
    assert records.count() == MANY
    assert {record.imported_at for record in records} == {INSTANT}
    insert([summary(each) for each in items])
    assert ItemSummary.objects.filter(is_open=True, effort_assumed=False).count() == MANY


def summary(each: Item) -> ItemSummary:
    return ItemSummary(
        item=each,
        product_id=each.product_id,
        state=each.state,
        is_open=True,
        due_order=INSTANT,
        created_at=INSTANT,
        priority=1 / 3,
    )


def test_objects_get_the_ids_that_they_have_in_the_database(cast: Cast) -> None:
    items = insert([item(cast, number) for number in range(MANY)])
    assert [each.pk for each in items] == list(
        Item.objects.order_by("number").values_list("pk", flat=True)
    )
    assert not any(each._state.adding for each in items)


def test_ids_go_on_where_the_others_left_off(cast: Cast) -> None:
    first = item(cast, 0)
    first.save()
    insert([item(cast, number) for number in range(1, MANY)])
    last = item(cast, MANY)
    last.save()
    ids = list(Item.objects.order_by("number").values_list("pk", flat=True))
    assert ids == sorted(set(ids))
    assert (ids[0], ids[-1]) == (first.pk, last.pk)


def test_few_rows_and_none(cast: Cast) -> None:
    assert insert([]) == []
    (only,) = insert([item(cast, 0)])
    assert Item.objects.get().pk == only.pk


def test_a_refused_row_leaves_nothing(cast: Cast) -> None:
    double = [Label(product=cast.a, name=f"label {n % (MANY - 1)}") for n in range(MANY)]
    with pytest.raises(DatabaseError), transaction.atomic():
        insert(double)
    assert not Label.objects.exists()
