"""Cursors: what goes out comes back, and nothing else is taken."""

import base64
import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import keyset
from core.errors import Invalid

NOW = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)


def made_of(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@given(st.datetimes(timezones=st.just(UTC)), st.integers(0, 2**63 - 1))
def test_an_instant_and_an_id_come_back(at: datetime, pk: int) -> None:
    assert keyset.instant_and_id(keyset.encode([at, pk])) == [at, pk]


def test_an_instant_comes_back_in_utc() -> None:
    cursor = made_of(["2026-03-02T10:30:00.123456+01:00", 7])
    assert keyset.instant_and_id(cursor) == [NOW, 7]
    assert keyset.instant_and_id(cursor)[0].tzinfo == UTC


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!",
        "é",
        "\x00",
        "a" * 10_000,
        made_of(None),
        made_of([]),
        made_of({}),
        made_of("x"),
        made_of([NOW.isoformat()]),
        made_of([NOW.isoformat(), 1, 2]),
        made_of([NOW.isoformat(), "1"]),
        made_of([NOW.isoformat(), 1.5]),
        made_of([NOW.isoformat(), True]),
        made_of([NOW.isoformat(), 2**63]),
        made_of([NOW.isoformat(), None]),
        made_of([None, 1]),
        made_of([5, 1]),
        made_of(["yesterday", 1]),
        made_of(["2026-13-02T09:30:00+00:00", 1]),
        made_of(["2026-03-02T09:30:00", 1]),
        made_of(["0001-01-01T00:00:00+14:00", 1]),
        made_of(["9999-12-31T23:59:59-14:00", 1]),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_other_cursors_are_refused(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        keyset.instant_and_id(cursor)
    assert refused.value.code == "bad_cursor"


@given(
    st.text(max_size=40) | st.binary(max_size=40).map(lambda raw: base64.b64encode(raw).decode())
)
def test_nothing_but_the_refusal_comes_of_a_strange_cursor(cursor: str) -> None:
    with contextlib.suppress(Invalid):
        keyset.instant_and_id(cursor)
