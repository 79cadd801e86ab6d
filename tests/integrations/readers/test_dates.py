"""Dates as trackers and spreadsheets write them."""

from datetime import UTC, datetime

import pytest

from integrations.readers import ReadError, look_at_columns
from integrations.readers.dates import MONTHS, DateEvidence, DateReader, month_number
from tests.integrations.readers.making import one, rows, table


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "instant"),
    [
        ("20/Jul/23 3:25 PM", utc(2023, 7, 20, 15, 25)),
        ("20/Jul/23 12:05 AM", utc(2023, 7, 20, 0, 5)),
        ("20/Jul/23 12:05 PM", utc(2023, 7, 20, 12, 5)),
        ("17/Jun/15 15:56", utc(2015, 6, 17, 15, 56)),
        ("29/Feb/16 00:00", utc(2016, 2, 29)),
        ("04/ago/26 11:30 PM", utc(2026, 8, 4, 23, 30)),
        ("12/mrt./24 9:05 AM", utc(2024, 3, 12, 9, 5)),
        ("12/mei/24 9:05", utc(2024, 5, 12, 9, 5)),
        ("12/Mär/24 09:05", utc(2024, 3, 12, 9, 5)),
        ("12/Dez/24 09:05", utc(2024, 12, 12, 9, 5)),
        ("12/févr./24 09:05", utc(2024, 2, 12, 9, 5)),
        ("12/juil./24 09:05", utc(2024, 7, 12, 9, 5)),
        ("12/août/24 09:05", utc(2024, 8, 12, 9, 5)),
        ("12/fev/24 9:05 PM", utc(2024, 2, 12, 21, 5)),
        ("01/out/24 9:05 AM", utc(2024, 10, 1, 9, 5)),
        ("03/mag/24 9:05 AM", utc(2024, 5, 3, 9, 5)),
        ("03/giu/24 9:05 AM", utc(2024, 6, 3, 9, 5)),
        ("03/дек/24 9:05", utc(2024, 12, 3, 9, 5)),
        ("20/七月/23 3:25 下午", utc(2023, 7, 20, 15, 25)),
        ("5 de agosto de 2026 11:30 p. m.", utc(2026, 8, 5, 23, 30)),
        ("12. März 2024 09:05", utc(2024, 3, 12, 9, 5)),
        ("Oct 15, 2025 9:33 AM", utc(2025, 10, 15, 9, 33)),
        ("October 15 2025", utc(2025, 10, 15)),
        ("15 Oct 2025 09:33:28", utc(2025, 10, 15, 9, 33, 28)),
        ("Wed Oct 15 2025 09:33:28 GMT+0000 (GMT+00:00)", utc(2025, 10, 15, 9, 33, 28)),
        ("Wed Oct 15 2025 09:33:28 GMT+0300 (Moscow Standard Time)", utc(2025, 10, 15, 6, 33, 28)),
        ("Thu Feb 18 14:18:40 UTC 2016", utc(2016, 2, 18, 14, 18, 40)),
        ("Wed, 15 Oct 2025 09:33:28 GMT", utc(2025, 10, 15, 9, 33, 28)),
        ("2026-02-15T14:32:53.594Z", utc(2026, 2, 15, 14, 32, 53, 594000)),
        ("2012-01-01T09:00:15.000+0100", utc(2012, 1, 1, 8, 0, 15)),
        ("2023-08-17 08:42:42.23", utc(2023, 8, 17, 8, 42, 42, 230000)),
        ("2023-08-17 8:42", utc(2023, 8, 17, 8, 42)),
        ("2023/8/17", utc(2023, 8, 17)),
        ("20230817", utc(2023, 8, 17)),
        ("17.8.2023 8:42", utc(2023, 8, 17, 8, 42)),
        ("29-02-2016 01:16", utc(2016, 2, 29, 1, 16)),
        ("1697362408", utc(2023, 10, 15, 9, 33, 28)),
        ("1701010100000", utc(2023, 11, 26, 14, 48, 20)),
        ("44936.640277777777", utc(2023, 1, 10, 15, 22)),
        ("20/Jul/23\u202f3:25\u202fPM", utc(2023, 7, 20, 15, 25)),
        ("20/Jul/69 3:25 PM", utc(2069, 7, 20, 15, 25)),
        ("20/Jul/70 3:25 PM", utc(1970, 7, 20, 15, 25)),
    ],
)
def test_forms(cell, instant):
    assert DateReader().instant(cell) == instant


@pytest.mark.parametrize(
    "cell",
    ["", "soon", "31/02/2024", "13/13/2024", "0", "99/Jan/20", "12/jui/24", "12/xyz/24", "25:00",
     "20/Jul/23 13:25 PM", "20/Jul/23 3:25 PM BST", "9" * 60, "1/2/3", "15/Oct", "x" * 5_000],
)  # fmt: skip
def test_what_is_not_a_date_is_none(cell):
    assert DateReader().instant(cell) is None


def test_the_order_is_the_readers():
    assert DateReader("day_first").instant("11/01/2023 15:22") == utc(2023, 1, 11, 15, 22)
    assert DateReader("month_first").instant("11/01/2023 15:22") == utc(2023, 11, 1, 15, 22)


def test_a_cell_without_a_zone_is_in_the_readers_zone():
    reader = DateReader(zone="America/New_York")
    assert reader.instant("20/Jul/23 3:25 PM") == utc(2023, 7, 20, 19, 25)
    assert reader.instant("2023-07-20T15:25:00Z") == utc(2023, 7, 20, 15, 25)


def test_a_due_day_is_the_day_in_that_zone():
    cell = "Thu Oct 16 2025 21:00:00 GMT+0000 (GMT+00:00)"
    assert DateReader().day(cell).isoformat() == "2025-10-16"
    assert DateReader(zone="Europe/Moscow").day(cell).isoformat() == "2025-10-17"


@pytest.mark.parametrize("zone", ["Nowhere/City", "../../etc/passwd", "\x00"])
def test_an_unknown_zone_is_refused(zone):
    with pytest.raises(ReadError) as refused:
        DateReader(zone=zone)
    assert refused.value.code == "unknown_zone"


def evidence(*cells):
    found = DateEvidence()
    for cell in cells:
        found.observe(cell)
    return found.decide()


def test_one_date_settles_the_order_of_all():
    assert evidence("11/01/2023", "01/02/2023", "13/01/2023").order == "day_first"
    assert evidence("11/01/2023", "01/02/2023", "01/13/2023").order == "month_first"
    assert evidence("13/01/2023").warning == ""


def test_full_stops_mean_day_first():
    assert evidence("1.2.2023") == evidence("13.2.2023")


def test_an_open_order_is_said():
    decided = evidence("11/01/2023 15:22", "10/01/2023 10:45")
    assert (decided.order, decided.confidence) == ("day_first", 0.6)
    assert "two ways" in decided.warning
    assert "11/01/2023 15:22" in decided.warning


def test_an_open_order_with_half_days_is_probably_american():
    assert evidence("11/01/2023 3:22 PM").order == "month_first"


def test_two_orders_in_one_file_are_said():
    decided = evidence("13/01/2023", "14/01/2023", "01/15/2023")
    assert (decided.order, decided.confidence) == ("day_first", 0.67)
    assert "written in two ways" in decided.warning


def test_the_order_is_decided_over_all_date_columns_of_a_file():
    file = table(
        ["Key", "Title", "Created", "Updated"],
        ["A-1", "x", "01/02/2023", "01/25/2023"],
        ["A-2", "y", "03/04/2023", "05/06/2023"],
    )
    looked = look_at_columns(file)
    assert looked.mapping.date_order == "month_first"
    assert not looked.warnings
    assert rows(file)[0].created == utc(2023, 1, 2)


def test_a_cell_that_does_not_fit_is_left_out_and_named():
    row = one(["Key", "Title", "Created"], ["A-1", "x", "yesterday"], columns={
        "Key": "external_key", "Title": "title", "Created": "created"})  # fmt: skip
    assert row.created is None
    assert row.warnings == ["Created: 'yesterday' is not understood as a date."]


def test_no_month_word_means_two_months():
    """English, Romance and Germanic short forms keep their month whatever else was added."""
    expected = "jan feb mar apr may jun jul aug sep oct nov dec".split()
    assert [month_number(word) for word in expected] == list(range(1, 13))
    spanish = "ene feb mar abr may jun jul ago sept oct nov dic".split()
    assert [month_number(word) for word in spanish] == list(range(1, 13))
    german = "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez".split()
    assert [month_number(word) for word in german] == list(range(1, 13))
    dutch = "jan feb mrt apr mei jun jul aug sep okt nov dec".split()
    assert [month_number(word) for word in dutch] == list(range(1, 13))
    french = "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.".split()
    assert [month_number(word) for word in french] == list(range(1, 13))
    italian = "gen feb mar apr mag giu lug ago set ott nov dic".split()
    assert [month_number(word) for word in italian] == list(range(1, 13))
    portuguese = "jan fev mar abr mai jun jul ago set out nov dez".split()
    assert [month_number(word) for word in portuguese] == list(range(1, 13))
    polish = "sty lut mar kwi maj cze lip sie wrz paź lis gru".split()
    assert [month_number(word) for word in polish] == list(range(1, 13))
    assert set(MONTHS.values()) == set(range(1, 13))


@pytest.mark.parametrize("cell", ["2023-99-99", "2023-02-30 10:00", "0001-01-01T00:00:00+14:00"])
def test_impossible_iso_dates_are_none(cell):
    assert DateReader().instant(cell) is None
