"""Encoding, delimiter and origin of a file."""

import json

import pytest

from integrations.readers import ReadError, Source, sniff
from tests.integrations.readers.making import rows, source

HEADER = "Issue key,Issue id,Summary\n"
LINE = 'AB-1,1,"Größe, prüfen"\n'


@pytest.mark.parametrize(
    ("encoding", "found", "sure"),
    [
        ("utf-8", "utf-8", 0.99),
        ("utf-8-sig", "utf-8-sig", 1.0),
        ("utf-16", "utf-16", 1.0),
        ("utf-16-le", "utf-16-le", 0.9),
        ("utf-16-be", "utf-16-be", 0.9),
        ("utf-32", "utf-32", 1.0),
        ("cp1252", "cp1252", 0.7),
    ],
)
def test_encodings_are_found_and_read_to_the_same_text(encoding, found, sure):
    file = source(HEADER + LINE, encoding)
    sniffed = sniff(file)
    assert (sniffed.encoding, sniffed.encoding_confidence) == (found, sure)
    assert [row.title for row in rows(file)] == ["Größe, prüfen"]


def test_ascii_is_certain():
    assert sniff(source("Title\nx\n")).encoding_confidence == 1.0


def test_utf16_with_a_mark_in_big_endian():
    file = source(b"\xfe\xff" + (HEADER + LINE).encode("utf-16-be"))
    assert sniff(file).encoding == "utf-16"
    assert rows(file)[0].external_key == "AB-1"


def test_typographic_quotes_make_windows_1252_surer():
    sniffed = sniff(source("Title\n“quoted” – text…\n", "cp1252"))
    assert (sniffed.encoding, sniffed.encoding_confidence) == ("cp1252", 0.9)
    assert "choose the encoding" in sniffed.warnings[0]


def test_bytes_that_windows_1252_lacks_leave_latin_1():
    sniffed = sniff(source(b"Title\ncaf\xe9 \x81\n"))
    assert (sniffed.encoding, sniffed.encoding_confidence) == ("latin-1", 0.4)


def test_an_odd_byte_far_down_the_file_is_seen():
    file = source(b"Title\n" + (b"x" * 4_000 + b"\n") * 300 + b"caf\xe9\n")
    assert sniff(file).encoding == "cp1252"
    assert rows(file)[-1].title == "café"


def test_a_little_damage_does_not_turn_utf8_into_something_else():
    text = ("Title\n" + "größer als über\n" * 30).encode() + b"broken \xff end\n"
    file = source(text)
    sniffed = sniff(file)
    assert (sniffed.encoding, sniffed.damaged) == ("utf-8", True)
    assert "1 bytes" in sniffed.warnings[0]
    assert rows(file)[-1].title == "broken \ufffd end"


def test_an_encoding_can_be_chosen():
    file = source("Title\nПривет\n", "cp1251")
    assert [row.title for row in rows(file, encoding="cp1251")] == ["Привет"]


@pytest.mark.parametrize("name", ["klingon", "utf-8\x00"])
def test_an_unknown_encoding_is_refused(name):
    with pytest.raises(ReadError) as refused:
        sniff(source("Title\nx\n"), encoding=name)
    assert refused.value.code == "unknown_encoding"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter):
    lines = ["Key,Title,Status", 'A-1,"one, two; three | four",To Do', "A-2,x,Done"]
    text = "\n".join(
        delimiter.join(
            ['"one, two; three | four"' if "one" in line and i == 1 else part
             for i, part in enumerate(["A-1", "", "To Do"] if "one" in line else line.split(","))]
        )
        for line in lines
    )  # fmt: skip
    file = source(text + "\n")
    assert sniff(file).delimiter == delimiter
    assert rows(file)[0].title == "one, two; three | four"


def test_a_delimiter_is_not_confused_by_commas_in_text():
    file = source("Key;Title\n1;a, b, c\n2;d\n3;e, f\n")
    assert sniff(file).delimiter == ";"
    assert [row.title for row in rows(file)] == ["a, b, c", "d", "e, f"]


def test_the_line_that_spreadsheets_put_on_top_names_the_delimiter():
    file = source("sep=|\nKey|Title\nA-1|x, y\n")
    sniffed = sniff(file)
    assert (sniffed.delimiter, sniffed.preface) == ("|", 1)
    (row,) = rows(file)
    assert (row.title, row.row, row.line) == ("x, y", 3, 3)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Issue key,Summary,Issue Type\n", "jira_csv"),
        ("Clave de incidencia,Resumen,Tipo de Incidencia\n", "jira_csv"),
        ("Vorgangsschlüssel,Zusammenfassung,Vorgangstyp\n", "jira_csv"),
        ("Summary,Custom field (Story Points),Inward issue link (Blocks)\n", "jira_csv"),
        ("ID,Team,Title,UUID,Cycle Number,SLA Status,Project Milestone\n", "linear_csv"),
        ("Title,Description,Priority,Status,Label\n", "csv"),
        (json.dumps([{"number": 1, "title": "x", "state": "open"}]), "github_json"),
        ('{"number": 1, "title": "x"}\n{"number": 2, "title": "y"}\n', "github_json"),
        (json.dumps({"total": 1, "issues": [{"key": "A-1", "fields": {}}]}), "jira_json"),
        (json.dumps([{"name": "x"}]), "json"),
    ],
)
def test_where_a_file_comes_from(text, kind):
    assert sniff(source(text)).kind == kind


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"\xef\xbb\xbf \r\n\n", "empty_file"),
        (b"PK\x03\x04" + b"\x00" * 40, "not_a_table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "not_a_table"),
        (b"%PDF-1.7\n", "not_a_table"),
        (bytes(range(256)) * 20, "not_a_table"),
        (b"<!DOCTYPE html><html><body><table>", "not_a_table"),
        (b'<?xml version="1.0"?><rss>', "not_a_table"),
    ],
)
def test_what_is_no_table_is_refused_with_advice(data, code):
    with pytest.raises(ReadError) as refused:
        sniff(source(data))
    assert refused.value.code == code
    assert refused.value.status == 422


def test_a_borrowed_file_is_wound_back_and_left_open(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("Key,Title\nA-1,one\n")
    with path.open("rb") as file:
        file.read()
        lent = Source.from_file(file, "x.csv")
        assert [row.title for row in rows(lent)] == ["one"]
        assert [row.title for row in rows(lent)] == ["one"]
        assert not file.closed


@pytest.mark.parametrize(
    "data",
    [
        "Title\nGröße\n".encode("utf-16")[:-1],
        b"\xff\xfe" + "Title\nx\n".encode("utf-16-le") + b"\x00",
    ],
)
def test_wide_text_that_is_cut_in_a_character_is_refused(data):
    with pytest.raises(ReadError) as refused:
        rows(source(data))
    assert refused.value.code == "wrong_encoding"


def test_wide_text_that_breaks_off_far_down_is_refused():
    data = ("Title\n" + "x\n" * 60_000).encode("utf-16") + b"\x00"
    with pytest.raises(ReadError) as refused:
        rows(source(data))
    assert refused.value.code == "wrong_encoding"
