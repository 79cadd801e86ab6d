"""What a file is, from its bytes."""

import io
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets import media
from assets.services.versions import plain_name
from core.errors import Invalid
from tests.assets import files

KNOWN = [
    (files.TEXT, "a.txt", "text/plain"),
    (files.TEXT, "a.fountain", "text/fountain"),
    (b"# Title", "README.MD", "text/markdown"),
    ("Ä\n".encode(), "noextension", "text/plain"),
    ("\ufeffwith a mark\n".encode(), "a.txt", "text/plain"),
    (files.SCRIPT, "a.js", "text/plain"),
    (files.image("PNG"), "a.txt", "image/png"),
    (files.image("JPEG"), "a.png", "image/jpeg"),
    (files.image("JPEG", progressive=True), "a.jpg", "image/jpeg"),
    (files.image("GIF"), "a.gif", "image/gif"),
    (files.image("WEBP"), "a.webp", "image/webp"),
    (files.image("WEBP", lossless=True), "a.webp", "image/webp"),
    (files.gif_polyglot(), "a.js", "image/gif"),
    (files.PDF, "a.html", "application/pdf"),
    (files.MP4, "a.mp4", "video/mp4"),
    (files.MOV, "a.mov", "video/quicktime"),
    (files.WEBM, "a.webm", "video/webm"),
    (files.SVG, "a.png", "image/svg+xml"),
    (b"\xef\xbb\xbf  <!-- x --> <svg/>", "a.txt", "image/svg+xml"),
    (files.HTML, "a.png", "text/html"),
    (files.HTML, "a.md", "text/html"),
    (b"<SCRIPT>alert(1)</SCRIPT>", "a.txt", "text/html"),
    (files.XSLT, "a.xml", "application/xml"),
]


@pytest.mark.parametrize(("content", "name", "expected"), KNOWN)
def test_the_bytes_say_what_it_is(content: bytes, name: str, expected: str) -> None:
    assert media.recognise(io.BytesIO(content), name).type.name == expected


@pytest.mark.parametrize(
    "content", [files.image(each, (41, 27)) for each in ("PNG", "JPEG", "GIF", "WEBP")]
)
def test_an_images_size_is_read_from_its_head(content: bytes) -> None:
    found = media.recognise(io.BytesIO(content), "picture")
    assert (found.width, found.height) == (41, 27)


def test_a_webp_with_an_extended_head_has_a_size() -> None:
    content = files.image("WEBP", (301, 402), exif=b"Exif\0\0" + b"\0" * 20)
    assert content[12:16] == b"VP8X"
    found = media.recognise(io.BytesIO(content), "picture")
    assert (found.width, found.height) == (301, 402)


@pytest.mark.parametrize(
    "content",
    [
        files.ZIP,
        b"\x7fELF" + b"\0" * 100,
        b"text with a \0 in it",
        "text in Latin-1: é".encode("latin-1"),
        "UTF-16".encode("utf-16"),
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska",
        b"\x89PNG\r\n\x1a\nthat is all",
        b"\xff\xd8\xff\xe0\0\x10JFIF and then nothing",
        b"\xff\xd8\xff\xda\0\x02",
        b"GIF89a\0\0\0\0",
        b"RIFF\0\0\0\0WEBPXXXX" + b"\0" * 30,
    ],
)
def test_what_is_not_known_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        media.recognise(io.BytesIO(content), "a.png")
    assert "Nothing was saved" in refusal.value.detail
    assert "file" in refusal.value.fields


def test_a_refusal_names_what_it_seems_to_be() -> None:
    with pytest.raises(Invalid) as refusal:
        media.recognise(io.BytesIO(files.ZIP), "a.zip")
    assert "looks like “MS Office" in refusal.value.detail


def test_a_character_cut_by_the_end_of_the_head_is_no_error() -> None:
    content = b"x" * (media.HEAD_BYTES - 1) + "é".encode() + b" and more"
    assert media.recognise(io.BytesIO(content), "a.txt").type.name == "text/plain"


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_no_bytes_break_it(content: bytes) -> None:
    for start in (
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"GIF89a",
        b"RIFF1234WEBP",
        b"\0\0\0\x18ftyp",
    ):
        try:
            found = media.recognise(io.BytesIO(start + content), "a")
        except Invalid:
            continue
        assert found.type.name in media.TYPES


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a/b\\c.txt", "c.txt"),
        ("line\r\nbreak.txt", "line break.txt"),
        ("nul\0.txt", "nul.txt"),
        ("exe\u202efdp.txt", "exefdp.txt"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
        ("x" * 300, "x" * 255),
        ("", ""),
        ("CON", "CON"),
    ],
)
def test_a_name_is_metadata(name: str, expected: str) -> None:
    assert plain_name(name) == expected


@given(st.text(max_size=400))
@settings(max_examples=200, deadline=None)
def test_a_name_never_holds_a_path_or_a_control_character(name: str) -> None:
    plain = plain_name(name)
    assert len(plain) <= 255
    assert "/" not in plain
    assert "\\" not in plain
    assert not {unicodedata.category(each) for each in plain} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
