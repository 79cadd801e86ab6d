"""Inserting many rows at once: COPY on PostgreSQL, one prepared statement on SQLite.

``bulk_create`` spends most of its time on building SQL text and on asking every field of every row for its value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from io import StringIO
from operator import attrgetter
from typing import Any, TypeVar

from django.db import connection, models, transaction

M = TypeVar("M", bound=models.Model)
Convert = Callable[[Any], Any]

#: Below this, preparing costs more than it saves.
FEW = 50
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@transaction.atomic(savepoint=False)
def insert(objects: Sequence[M]) -> Sequence[M]:
    """Insert new objects of one model and give them their ids, in the order given. As ``bulk_create`` without options.

    Text may not hold NUL. Two statements for any number of rows beyond ``FEW``.
    """
    if not objects:
        return objects
    model = type(objects[0])
    if len(objects) < FEW:
        return model._default_manager.bulk_create(objects)
    fields: list[models.Field[Any, Any]] = [
        field for field in model._meta.concrete_fields if not field.generated
    ]
    if objects[0].pk is None:
        for each, pk in zip(objects, _take_ids(model, len(objects)), strict=True):
            each.pk = pk
    values = zip(*map(attrgetter(*(field.attname for field in fields)), objects), strict=True)
    _write(model, fields, values)
    for each in objects:
        each._state.adding, each._state.db = False, connection.alias
    return objects


@transaction.atomic(savepoint=False)
def insert_columns(model: type[models.Model], values: Mapping[str, Sequence[Any]]) -> None:
    """Insert rows given as columns, by attribute (``item_id``, not ``item``), without making objects of them.

    What is left out, the id among it, is what the database has for it.
    """
    fields = [field for field in model._meta.concrete_fields if field.attname in values]
    _write(model, fields, [values[field.attname] for field in fields])


def _take_ids(model: type[models.Model], count: int) -> Sequence[int]:
    """Ids that nobody else gets. On SQLite the open transaction is the only writer."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                [f'"{table}"', model._meta.pk.column, count],
            )
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        found = cursor.fetchone()
    last = found[0] if found else 0
    return range(last + 1, last + count + 1)


def _write(
    model: type[models.Model],
    fields: Sequence[models.Field[Any, Any]],
    values: Iterable[Iterable[Any]],
) -> None:
    """``values``: a column for each of ``fields``."""
    columns = [map(_converter(field), column) for field, column in zip(fields, values, strict=True)]
    rows = zip(*columns, strict=True)
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    into = f"{connection.ops.quote_name(model._meta.db_table)} ({names})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            lines = StringIO("".join(["\t".join(row) + "\n" for row in rows]))
            with connection.wrap_database_errors:
                cursor.copy_expert(f"COPY {into} FROM STDIN", lines)
        else:
            marks = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {into} VALUES ({marks})", list(rows))  # noqa: S608


def _converter(field: models.Field[Any, Any]) -> Convert:
    """From a field's Python value to what the database's driver or COPY takes."""
    plain: Convert
    while field.is_relation:
        field = field.target_field  # type: ignore[attr-defined]
    if connection.vendor == "postgresql":
        plain = _copied(field)
        return lambda value: "\\N" if value is None else plain(value)
    if isinstance(field, models.JSONField):
        encoder = field.encoder
        plain = lambda value: json.dumps(value, cls=encoder)  # noqa: E731
    elif isinstance(field, models.DateTimeField):
        plain = _adapted(connection.ops.adapt_datetimefield_value)
    elif isinstance(
        field, models.CharField | models.TextField | models.IntegerField | models.FloatField
    ):
        return _as_it_is
    else:
        plain = lambda value: field.get_db_prep_value(value, connection)  # noqa: E731
    return lambda value: None if value is None else plain(value)


def _copied(field: models.Field[Any, Any]) -> Convert:
    """A value that is not None as a cell of COPY's text; what can hold no special character is not searched for one."""
    if isinstance(field, models.JSONField):
        encoder = field.encoder
        # JSON writes a tab or a new line as a letter behind a backslash
        return lambda value: json.dumps(value, cls=encoder).replace("\\", "\\\\")
    if isinstance(field, models.DateTimeField):
        return _adapted(str)
    if isinstance(field, models.IntegerField | models.FloatField | models.BooleanField):
        return str
    return lambda value: str(value).translate(_ESCAPES)


def _as_it_is(value: Any) -> Any:
    return value


def _adapted(adapt: Convert) -> Convert:
    """Most rows of one insert share their instants."""
    seen: dict[datetime, Any] = {}

    def convert(value: datetime) -> Any:
        if value not in seen:
            seen[value] = adapt(value)
        return seen[value]

    return convert
