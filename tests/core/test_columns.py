"""Numbers out of the database and into it, past the ORM."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.db import connection, transaction

from accounts.models import AttemptCount
from core import columns

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INSTANTS = [
    datetime(2026, 5, 4, 7, 0, 0, tzinfo=UTC),
    datetime(2026, 5, 4, 7, 0, 0, 1, tzinfo=UTC),
    datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(1969, 7, 20, 20, 17, 40, 120_000, tzinfo=UTC),
    datetime(9999, 1, 1, tzinfo=UTC),
]


@pytest.fixture
def counted(db: None) -> None:
    AttemptCount.objects.bulk_create(
        AttemptCount(key=f"key {place}", window_started_at=at, count=place)
        for place, at in enumerate(INSTANTS)
    )


def test_every_microsecond_arrives(counted: None) -> None:
    found = columns.read(
        {"at": columns.instant("window_started_at"), "count": columns.whole("count")},
        "FROM accounts_attemptcount ORDER BY count",
    )
    assert found["at"].tolist() == [(at - EPOCH) // timedelta(microseconds=1) for at in INSTANTS]
    assert found["count"].dtype == found["at"].dtype == np.int64


def test_nothing_is_nan_or_never(counted: None) -> None:
    found = columns.read(
        {
            "real": columns.real("CASE WHEN count = 1 THEN NULL ELSE count * 0.5 END", null=True),
            "at": columns.instant(
                "CASE WHEN count = 2 THEN NULL ELSE window_started_at END", null=True
            ),
        },
        "FROM accounts_attemptcount WHERE count < %s ORDER BY count",
        [3],
    )
    np.testing.assert_array_equal(found["real"], [0.0, np.nan, 1.0])
    assert found["at"][2] == columns.NEVER
    assert (found["at"][:2] != columns.NEVER).all()


def test_no_rows_are_empty_columns_of_their_kind(db: None) -> None:
    found = columns.read(
        {"at": columns.instant("window_started_at"), "count": columns.real("count")},
        "FROM accounts_attemptcount",
    )
    assert [found["at"].shape, found["at"].dtype] == [(0,), np.int64]
    assert [found["count"].shape, found["count"].dtype] == [(0,), np.float64]


def test_texts_are_places_among_names_and_two_of_them_share_a_column(counted: None) -> None:
    key = columns.code("key", ["key 3", "key 0", 'it\'s %s, "quoted"'])
    big = columns.code("CASE WHEN count > 1 THEN 'big' ELSE 'small' END", ["small"])
    found = columns.read(
        {"alone": key, "both": columns.both(key, big, 1), "none": columns.code("key", [])},
        "FROM accounts_attemptcount WHERE count < %s ORDER BY count",
        [4],
    )
    assert found["alone"].tolist() == [1, -1, -1, 0]
    first, second = columns.apart(found["both"], 1)
    assert first.tolist() == [1, -1, -1, 0]
    assert second.tolist() == [0, 0, -1, -1]
    assert set(found["none"].tolist()) == {-1}


@pytest.mark.parametrize("ids", [[1, 2, 4], [1, 3_000_000]], ids=["close together", "far apart"])
def test_rows_of_some_ids_are_found_with_their_places(counted: None, ids: list[int]) -> None:
    wanted = np.array(ids)
    condition, params = columns.among("count", wanted)
    found = columns.read(
        {"count": columns.whole("count")}, f"FROM accounts_attemptcount WHERE {condition}", params
    )
    place, ours = columns.places(wanted, found["count"])
    there = {each for each in ids if each < len(INSTANTS)}
    assert set(found["count"][ours].tolist()) == there
    assert {ids[each] for each in place[ours].tolist()} == there


def test_a_date_as_parameter_is_understood(counted: None) -> None:
    found = columns.read(
        {"count": columns.whole("count")},
        "FROM accounts_attemptcount WHERE window_started_at > %s AND window_started_at < %s",
        [INSTANTS[0], INSTANTS[4]],
    )
    assert found["count"].tolist() == [1]


@pytest.mark.services
@pytest.mark.django_db
def test_a_null_that_never_should_be_is_an_error() -> None:
    with pytest.raises(ValueError, match="NULL"):
        columns.read({"x": columns.whole("nullif(n, 2)")}, "FROM generate_series(1, 3) n")


@pytest.mark.services
@pytest.mark.django_db
def test_a_table_is_made_of_rows() -> None:
    form = np.dtype([("id", np.int64), ("x", np.float64), ("yes", np.bool_), ("word", "S8")])
    rows = np.array([(1, 0.1, True, b"next"), (-(2**62), np.nan, False, b"")], dtype=form)
    with transaction.atomic(), connection.cursor() as cursor:
        columns.fill(cursor, "made_here", rows)
        cursor.execute("SELECT id, x, yes, rtrim(word) FROM made_here ORDER BY id DESC")
        (first, second) = cursor.fetchall()
    assert first == (1, 0.1, True, "next")
    assert second[0] == -(2**62)
    assert second[1] != second[1]
    assert second[2:] == (False, "")
