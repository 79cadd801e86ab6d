"""Updating many rows at once, each with values of its own: a statement a chunk on PostgreSQL, a prepared one on SQLite.

``bulk_update`` builds a CASE for every column and row, which costs a hundred times what the database then needs.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, models, transaction

CHUNK = 2000


@transaction.atomic
def update(objects: Sequence[models.Model], names: Sequence[str]) -> None:
    """Write the fields ``names`` of ``objects``, all of one model. As ``bulk_update``; in the order given."""
    if not objects or not names:
        return
    meta = type(objects[0])._meta
    fields = [field for field in meta.concrete_fields if field.name in names]
    rows = [
        [
            *(field.get_db_prep_save(getattr(each, field.attname), connection) for field in fields),
            each.pk,
        ]
        for each in objects
    ]
    quote = connection.ops.quote_name
    table, pk = quote(meta.db_table), quote(str(meta.pk.column))
    columns = [quote(str(field.column)) for field in fields]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            types = [field.db_type(connection) for field in fields] + ["bigint"]
            line = ", ".join(f"%s::{kind}" for kind in types)
            sets = ", ".join(f"{column} = new.{column}" for column in columns)
            for start in range(0, len(rows), CHUNK):
                chunk = rows[start : start + CHUNK]
                lines = ", ".join([f"({line})"] * len(chunk))
                cursor.execute(
                    f"UPDATE {table} AS old SET {sets} FROM (VALUES {lines})"  # noqa: S608
                    f" AS new ({', '.join([*columns, pk])}) WHERE old.{pk} = new.{pk}",
                    [value for row in chunk for value in row],
                )
        else:
            sets = ", ".join(f"{column} = %s" for column in columns)
            cursor.executemany(f"UPDATE {table} SET {sets} WHERE {pk} = %s", rows)  # noqa: S608
