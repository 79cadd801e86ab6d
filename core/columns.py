"""Columns of numbers between the database and NumPy, past the ORM.

A million values as Python objects cost seconds and hundreds of megabytes. PostgreSQL sends and takes them by binary
COPY, in which a row of numbers has a fixed width and is an array already; SQLite gives rows, which become columns here.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

Array = npt.NDArray[Any]

#: From here on a float64 leaves whole numbers out.
_EXACT = 2.0**53

#: An instant that is NULL.
NEVER = np.iinfo(np.int64).min

_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = struct.pack(">h", -1)
#: From 1970, where our microseconds begin, to 2000, where PostgreSQL's do.
_EPOCH = 946_684_800_000_000


@dataclass(frozen=True)
class Column:
    """What to select, and as what. Made by the functions below; ``sql`` comes from code, never from people."""

    kind: str
    sql: str
    params: tuple[object, ...] = ()
    null: bool = False


def whole(sql: str) -> Column:
    """int64; never NULL."""
    return Column("whole", sql)


def real(sql: str, *, null: bool = False) -> Column:
    """float64; NULL is NaN."""
    return Column("real", sql, null=null)


def instant(sql: str, *, null: bool = False) -> Column:
    """int64, microseconds since 1970, exact; NULL is ``NEVER``."""
    return Column("instant", sql, null=null)


def code(sql: str, names: Sequence[str]) -> Column:
    """int64, the place of a text in ``names``; −1 for any other and for NULL."""
    if not names:
        return Column("small", "-1")
    cases = " ".join(f"WHEN %s THEN {place}" for place in range(len(names)))
    return Column("small", f"CASE {sql} {cases} ELSE -1 END", tuple(names))


def both(first: Column, second: Column, names: int) -> Column:
    """Two codes in one column, the second of so many names: a column less is a tenth of the time. See ``apart``."""
    sql = f"({first.sql}) * {names + 1} + ({second.sql}) + 1"
    return Column("small", sql, first.params + second.params)


def apart(codes: Array, names: int) -> tuple[Array, Array]:
    """What ``both`` put together."""
    first, second = np.divmod(codes, names + 1)
    return first, second - 1


def read(
    columns: Mapping[str, Column], tail: str, params: Sequence[object] = ()
) -> dict[str, Array]:
    """The columns of ``SELECT … tail`` as arrays, by name. ``tail``: FROM and what follows. One statement."""
    select = ", ".join(_selected(column) for column in columns.values())
    given = [*(value for column in columns.values() for value in column.params), *params]
    values = [_adapted(value) for value in given]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            found = _copied_out(cursor, f"SELECT {select} {tail}", values, columns)
        else:
            found = _selected_rows(cursor, f"SELECT {select} {tail}", values, columns)
    return found


def among(sql: str, ids: npt.NDArray[np.int64]) -> tuple[str, list[object]]:
    """A condition that ``sql`` is one of ``ids`` (ascending, not empty), and its parameters.

    Ids that lie close together are asked for as a range, which one run over an index answers: the rows found may then
    belong to others between them too, and the caller leaves those out (see ``places``).
    """
    first, last = int(ids[0]), int(ids[-1])
    if last - first < 2 * len(ids):
        return f"{sql} BETWEEN %s AND %s", [first, last]
    if connection.vendor == "postgresql":
        return f"{sql} = ANY(%s::bigint[])", ["{" + str(ids.tolist())[1:-1] + "}"]
    return f"{sql} IN (SELECT value FROM json_each(%s))", [str(ids.tolist())]  # noqa: S608


def places(
    ids: npt.NDArray[np.int64], found: Array
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Where each of ``found`` stands in ``ids`` (ascending), and whether it stands there at all."""
    at = np.minimum(np.searchsorted(ids, found), len(ids) - 1)
    return at, ids[at] == found


def fill(cursor: Any, table: str, rows: Array) -> None:
    """Make the temporary table ``table`` of a structured array, on PostgreSQL, until the end of the transaction.

    Fields of int64, float64, bool and bytes; NaN stays NaN, bytes of a fixed width are padded with blanks.
    """
    types = {"i": "bigint", "f": "double precision", "b": "boolean", "S": "text"}
    out: list[tuple[str, Any]] = [("fields", ">i2")]
    described = []
    for name in rows.dtype.names or ():
        form = rows.dtype[name]
        described.append(f"{name} {types[form.kind]}")
        out += [(f"size of {name}", ">i4"), (name, form.newbyteorder(">"))]
    packed = np.empty(len(rows), dtype=out)
    packed["fields"] = len(described)
    for name in rows.dtype.names or ():
        form = rows.dtype[name]
        packed[f"size of {name}"] = form.itemsize
        packed[name] = np.char.ljust(rows[name], form.itemsize) if form.kind == "S" else rows[name]
    cursor.execute(f"CREATE TEMPORARY TABLE {table} ({', '.join(described)}) ON COMMIT DROP")
    with connection.wrap_database_errors:
        cursor.copy_expert(
            f"COPY {table} FROM STDIN (FORMAT binary)",
            BytesIO(b"".join([_SIGNATURE, packed.tobytes(), _END])),
        )


def _adapted(value: object) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


#: How PostgreSQL sends each kind: what it is cast to, what stands for NULL, its bytes.
_SENT = {
    "whole": ("bigint", "", ">i8"),
    "small": ("smallint", "", ">i2"),
    "real": ("double precision", "'NaN'", ">f8"),
    "instant": ("timestamptz", "'-infinity'", ">i8"),
}


def _selected(column: Column) -> str:
    if connection.vendor == "postgresql":
        kind, instead, _ = _SENT[column.kind]
        sql = f"({column.sql})::{kind}"
        return f"coalesce({sql}, {instead})" if column.null else sql
    if column.kind == "instant":  # text as Django writes it, in UTC: 2026-05-04 07:00:00[.000000]
        seconds = f"strftime('%%s', substr({column.sql}, 1, 19))"
        return f"{seconds} * 1000000 + CAST(substr({column.sql}, 21, 6) AS INTEGER)"
    return column.sql


def _copied_out(
    cursor: Any, select: str, values: Sequence[object], columns: Mapping[str, Column]
) -> dict[str, Array]:
    row: list[tuple[str, str]] = [("fields", ">i2")]
    for name, column in columns.items():
        row += [(f"size of {name}", ">i4"), (name, _SENT[column.kind][2])]
    form = np.dtype(row)
    sent = BytesIO()
    with connection.wrap_database_errors:
        statement = cursor.mogrify(select, values).decode()
        cursor.copy_expert(f"COPY ({statement}) TO STDOUT (FORMAT binary)", sent)
    data = sent.getbuffer()
    frame = len(_SIGNATURE) + len(_END)
    # a NULL has no bytes, so that the rows behind it would be read askew: sizes are looked at before values
    count, rest = divmod(len(data) - frame, form.itemsize)
    rows = np.frombuffer(data, form, count, len(_SIGNATURE))
    if rest or not all((rows[f"size of {name}"] == form[name].itemsize).all() for name in columns):
        raise ValueError(f"Something is NULL that never should be: {select}")
    found: dict[str, Array] = {}
    for name, column in columns.items():
        found[name] = rows[name].astype(np.float64 if column.kind == "real" else np.int64)
        if column.kind == "instant":
            found[name][found[name] != NEVER] += _EPOCH
    return found


def _selected_rows(
    cursor: Any, select: str, values: Sequence[object], columns: Mapping[str, Column]
) -> dict[str, Array]:
    if not any(column.null for column in columns.values()):
        cursor.execute(select, values)
        found = _from_numbers(cursor, columns)
        if found is not None:
            return found
    cursor.execute(select, values)
    return _from_rows(cursor.fetchall(), columns)


def _from_numbers(cursor: Any, columns: Mapping[str, Column]) -> dict[str, Array] | None:
    """Rows of nothing but numbers, taken one by one into one array: a third of the time, and no row stays in memory.

    Whole numbers are exact in a float64 up to 2⁵³, which microseconds since 1970 reach in the year 2255: None where one
    lies beyond.
    """
    with connection.wrap_database_errors:
        taken = np.fromiter(chain.from_iterable(cursor.cursor), np.float64)
    table = taken.reshape(-1, len(columns))
    found: dict[str, Array] = {}
    for place, (name, column) in enumerate(columns.items()):
        values = table[:, place]
        if column.kind == "real":
            found[name] = values.copy()
        elif len(values) and np.abs(values).max() >= _EXACT:
            return None
        else:
            found[name] = values.astype(np.int64)
    return found


def _from_rows(rows: Sequence[Sequence[Any]], columns: Mapping[str, Column]) -> dict[str, Array]:
    given = list(zip(*rows, strict=True)) or [()] * len(columns)
    found: dict[str, Array] = {}
    for (name, column), values in zip(columns.items(), given, strict=True):
        if column.kind == "real":
            found[name] = np.array(values, dtype=np.float64)
        elif column.kind == "instant":
            found[name] = np.array(
                [NEVER if each is None else each for each in values], dtype=np.int64
            )
        else:
            found[name] = np.array(values, dtype=np.int64)
    return found
