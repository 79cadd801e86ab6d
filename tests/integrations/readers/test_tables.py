"""Rows of CSV files, whole and broken."""

import pytest

from integrations.readers import ReadError, look_at_columns
from tests.integrations.readers.making import outcomes, rows, source

HEADER = "Key,Title,Status\n"


def test_cells_over_several_lines_keep_their_line_numbers():
    found = rows(source(HEADER + 'A-1,"one\ntwo\nthree",To Do\nA-2,x,Done\n'))
    assert [(row.row, row.line, row.title) for row in found] == [
        (2, 2, "one two three"),
        (3, 5, "x"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end):
    text = f'Key,Title,Description{end}A-1,x,"a{end}b"{end}A-2,y,{end}'
    found = rows(source(text))
    assert [row.description for row in found] == ["a\nb", ""]


def test_mixed_line_ends():
    assert outcomes(rows(source("Key,Title\r\nA-1,x\nA-2,y\r\nA-3,z"))) == ["A-1", "A-2", "A-3"]


def test_an_unclosed_quote_costs_one_row_and_no_other():
    found = rows(source(HEADER + 'A-1,"never closed,Done\nA-2,two,Done\nA-3,"three, 3",Done\n'))
    assert [row.external_key for row in found] == ["", "A-2", "A-3"]
    assert (found[0].line, found[0].row) == (2, 2)
    assert "line 2" in found[0].error
    assert found[2].title == "three, 3"


def test_an_unclosed_quote_with_nothing_quoted_behind_it():
    """The quote runs to the end of the file: Python's csv would give one row and no word."""
    found = rows(source(HEADER + 'A-1,"open,Done\n' + "A-2,two,Done\n" * 3 + "A-3,x,Done\n"))
    assert [row.external_key for row in found if row.is_item] == ["A-2", "A-3"]
    assert sum(bool(row.error) for row in found) == 1


def test_an_unclosed_quote_that_swallows_to_the_next_quote_is_seen():
    """``"open … ,"`` closes in a way that strict reading accepts; the width gives it away."""
    found = rows(source(HEADER + 'A-1,"open,Done\nA-2,two,Done\nA-3,",",Done\nA-4,x,Done\n'))
    assert [row.external_key for row in found if row.is_item] == ["A-2", "A-3", "A-4"]
    assert "line 2" in found[0].error


def test_the_lines_of_a_broken_row_are_not_taken_for_rows():
    text = HEADER + 'A-1,"a "quoted" word\nsecond line\nthird",Done\nA-2,two,Done\n'
    found = rows(source(text))
    assert [row.external_key for row in found if row.is_item] == ["A-2"]
    assert "Lines 2 to 4" in found[0].error


def test_a_swallowed_row_of_the_right_width_is_at_least_suspected():
    text = HEADER + 'A-1,"one\nA-2,two,Done\nA-3,three",Done\n'
    (row,) = rows(source(text))
    assert "seems to contain another row" in row.warnings[0]


def test_text_with_commas_over_several_lines_is_not_suspected():
    text = HEADER + 'A-1,"eggs, milk, bread\nsalt, sugar, tea",Done\n'
    assert rows(source(text))[0].warnings == []


def test_blanks_after_a_closing_quote_are_forgiven():
    found = rows(source('Key ,Title      ,Status\nA-1 ,"one, 1"   ,Done  \nA-2 ,"a\nb"  ,Done \n'))
    assert [(row.title, row.status, row.warnings) for row in found] == [
        ("one, 1", "Done", []),
        ("a b", "Done", []),
    ]


def test_a_stray_quote_in_one_line_is_kept_and_reported():
    (row,) = rows(source(HEADER + 'A-1,"the "big" one",Done\n'))
    assert row.status == "Done"
    assert "big" in row.title
    assert "quote inside a cell" in row.warnings[0]


def test_short_rows_are_filled_and_long_ones_refused():
    text = HEADER + "A-1,one\nA-2,two,Done,,\nA-3,three,Done,extra\nA-4,four,Done\n"
    found = rows(source(text))
    assert outcomes(found)[:2] == ["A-1", "A-2"]
    assert "2 cells where the header has 3" in found[0].warnings[0]
    assert found[1].warnings == []
    assert "4 cells where the header has 3" in found[2].error
    assert found[3].external_key == "A-4"


def test_a_long_row_does_not_take_short_ones_with_it():
    found = rows(source(HEADER + "A-1,a,b,c,d\nA-2,two\nA-3,three\n"))
    assert [row.external_key for row in found if row.is_item] == ["A-2", "A-3"]


def test_lines_without_a_character_are_no_rows():
    assert outcomes(rows(source(HEADER + "\nA-1,x,y\n\n\n"))) == ["A-1"]


def test_nul_bytes_are_removed_with_a_warning():
    (row,) = rows(source("Key,Title\nA-1,Ti\x00tle\n"))
    assert row.title == "Title"
    assert "cannot be stored" in row.warnings[0]


def test_a_cell_over_the_limit_is_refused_and_the_next_row_read():
    big = "x" * 1_100_000
    found = rows(source(f'{HEADER}A-1,"{big}",Done\nA-2,two,Done\n'))
    assert "1,000,000 characters" in found[0].error
    assert found[1].external_key == "A-2"


def test_a_line_of_fifty_megabytes_is_refused_and_the_next_row_read():
    found = rows(source(HEADER.encode() + b'A-1,"' + b"x" * 50_000_000 + b'",Done\nA-2,two,Done\n'))
    assert "too long to be one row" in found[0].error
    assert [row.external_key for row in found if row.is_item] == ["A-2"]


def test_a_large_cell_over_many_lines_is_one_error():
    text = HEADER + 'A-1,"' + "a line of a log\n" * 100_000 + '",Done\nA-2,two,Done\n'
    found = rows(source(text))
    assert [row.external_key for row in found if row.is_item] == ["A-2"]
    assert [bool(row.error) for row in found] == [True, False]
    assert "Lines 2 to 100002" in found[0].error


def test_too_many_columns_are_refused():
    with pytest.raises(ReadError) as refused:
        look_at_columns(source(",".join(f"c{n}" for n in range(100_000)) + "\n"))
    assert refused.value.code == "too_many_columns"
    assert "100,000" in refused.value.detail


def test_reading_stops_when_nearly_everything_is_broken():
    found = rows(source(HEADER + 'a,"b\n' * 5_000))
    assert not any(row.is_item for row in found)
    assert "reading stopped" in found[-1].error


def test_reading_goes_on_when_only_some_rows_are_broken():
    text = HEADER + ('A-1,"bad,x\n' + "A-2,fine,x\n" * 9) * 1_200
    found = rows(source(text.replace("A-2", "")))
    assert sum(bool(row.error) for row in found) == 1_200
    assert sum(row.is_item for row in found) == 10_800


def test_the_header_may_be_repeated_padded_and_blank():
    text = "\ufeffKey ,  Title,Label,,Label,Label\nA-1,x,a,lost,b,\n"
    columns = look_at_columns(source(text))
    assert [(c.name, c.places) for c in columns.columns] == [
        ("Key", [0]),
        ("Title", [1]),
        ("Label", [2, 4, 5]),
        ("column 4", [3]),
    ]
    (row,) = rows(source(text))
    assert row.labels == ("a", "b")
    assert row.extra == {"column 4": "lost"}


def test_a_row_whose_cells_add_up_to_too_much_is_refused():
    wide = ",".join('"' + "x" * 900_000 + '\n"' for _ in range(5))
    found = rows(source(f"Key,Title,B,C,D,E\nA-1,{wide}\nA-2,two,,,,\n"))
    assert "too long to be one row" in found[0].error
    assert found[-1].external_key == "A-2"


def test_a_long_line_at_the_end_of_the_file():
    found = rows(source(HEADER + "A-1,one,Done\nA-2," + "x" * 4_100_000))
    assert [bool(row.error) for row in found] == [False, True]


def test_a_header_that_is_no_header():
    for text, code in [
        ("," * 40 + "\n\n", "no_header"),
        ("sep=,\n", "no_header"),
        ("x" * 4_100_000 + "\n", "header_too_long"),
        ('"' + "x" * 1_100_000 + '"\n', "header_too_long"),
    ]:
        with pytest.raises(ReadError) as refused:
            look_at_columns(source(text))
        assert refused.value.code == code


def test_blank_lines_above_the_header_are_passed_over():
    found = rows(source(",,\nKey,Title,Status\nA-1,x,Done\n"))
    assert [row.line for row in found if row.is_item] == [3]


def test_columns_without_a_name_at_the_end_are_kept():
    (row,) = rows(source("Key,Title,,\nA-1,x,kept,\n"))
    assert row.extra == {"column 3": "kept"}
    assert row.warnings == []


def test_two_unclosed_quotes_apart_are_two_errors():
    text = HEADER + 'A-1,"a,Done\nA-2,two,Done\nA-3,"c,Done\nA-4,four,Done\nA-5,"f, 5",Done\n'
    found = rows(source(text))
    assert [row.external_key for row in found if row.is_item] == ["A-2", "A-4", "A-5"]
    assert [row.line for row in found if row.error] == [2, 4]


def test_a_file_of_one_column():
    found = rows(source('Title\none\n"two\nlines"\n"thr"ee\n'))
    assert [row.title for row in found if row.is_item][:2] == ["one", "two lines"]


def test_an_unclosed_quote_with_broken_lines_behind_it():
    """A line with commas enough and a quote of its own is no full row, and ends nothing."""
    found = rows(source(HEADER + 'A-1,"x\ny"z,,"q\nA-2,two,Done\n'))
    assert [row.external_key for row in found if row.is_item] == ["A-2"]


def test_short_rows_over_several_lines():
    (row,) = rows(source('Key,Title,Description\nA-1,"one\ntwo,a"\n'))
    assert row.title == "one two,a"
    assert "2 cells where the header has 3" in row.warnings[0]


def test_a_swallow_that_strict_reading_accepts_is_given_away_by_the_width():
    text = HEADER + 'A-1,"open,Done\nA-2,two,Done\nA-3,",x,Done\nA-4,four,Done\nA-5,"f, 5",Done\n'
    found = rows(source(text))
    assert [row.external_key for row in found if row.is_item] == ["A-2", "A-4", "A-5"]
    assert [row.line for row in found if row.error] == [2, 4]


def test_lines_of_a_wrong_width_that_hold_no_row_are_one_ragged_row():
    text = HEADER + 'A-1,"one\n""a"" said, b, c\nx,y,""z",more,and,more\nA-2,two,Done\n'
    found = rows(source(text))
    assert "cells where the header has 3" in found[0].error
    assert [row.external_key for row in found if row.is_item] == ["A-2"]


def test_reading_stops_when_every_other_row_is_broken():
    found = rows(source(HEADER + 'a,"b\nA-2,fine,x\n' * 1_500))
    assert "1,001 rows so far cannot be read" in found[-1].error


def test_two_cells_in_a_file_of_one_column():
    found = rows(source('Title\n"a\nb",c\nx\n'))
    assert [bool(row.error) for row in found] == [True, False]
