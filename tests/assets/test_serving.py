"""Giving bytes out: rights, headers, parts of a film."""

from urllib.parse import quote

import pytest
from django.conf import settings as live

from assets.models import Version
from assets.serving import download_name
from assets.storage import store
from tests.assets import files
from tests.assets.files import first_version, new_item
from tests.cast import Cast

INLINE = [
    (files.TEXT, "a.fountain", "text/plain; charset=utf-8"),
    (files.SCRIPT, "a.js", "text/plain; charset=utf-8"),
    (files.image("PNG"), "a.png", "image/png"),
    (files.image("JPEG"), "a.jpg", "image/jpeg"),
    (files.image("WEBP"), "a.webp", "image/webp"),
    (files.gif_polyglot(), "a.js", "image/gif"),
    (files.PDF, "a.pdf", "application/pdf"),
    (files.MP4, "a.mp4", "video/mp4"),
    (files.WEBM, "a.webm", "video/webm"),
    (files.MOV, "a.mov", "video/quicktime"),
]
DOWNLOAD_ONLY = [
    (files.SVG, "a.png"),
    (files.HTML, "a.png"),
    (files.XSLT, "a.png"),
    (files.png_bomb(), "bomb.png"),
]


def addresses(cast: Cast, content: bytes, name: str) -> tuple[str, str, str]:
    """Where the page shows, where the page gives away, where the API gives away."""
    made = first_version(cast, new_item(cast), content, name)
    page = f"/p/ATLAS/assets/{made['id']}/1/"
    return f"{page}view/", f"{page}download/", made["newest"]["content"]


@pytest.mark.parametrize(("content", "name", "served"), INLINE)
def test_what_is_shown_is_shown_in_a_sandbox(
    cast: Cast, content: bytes, name: str, served: str
) -> None:
    view, _download, _api = addresses(cast, content, name)
    answer = cast.client("viewer").get(view)
    assert answer.status_code == 200
    assert answer.getvalue() == content
    assert answer["Content-Type"] == served
    assert answer["Content-Disposition"].startswith("inline")
    policy = answer["Content-Security-Policy"]
    assert policy == "sandbox; default-src 'none'; frame-ancestors 'self'"
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "private, no-store"
    assert int(answer["Content-Length"]) == len(content)


@pytest.mark.parametrize(("content", "name"), DOWNLOAD_ONLY)
def test_what_could_do_harm_is_a_download_wherever_it_is_asked_for(
    cast: Cast, content: bytes, name: str
) -> None:
    view, download, api = addresses(cast, content, name)
    for client, address in (("client", view), ("client", download), ("api", api)):
        answer = getattr(cast, client)("viewer").get(address)
        assert answer.status_code == 200
        assert answer.getvalue() == content
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["Content-Type"] in ("application/octet-stream", "image/png")
        assert (
            answer["Content-Security-Policy"]
            == "sandbox; default-src 'none'; frame-ancestors 'none'"
        )
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"


def test_a_page_does_not_embed_what_could_do_harm(cast: Cast) -> None:
    for content, name in DOWNLOAD_ONLY:
        made = first_version(cast, new_item(cast), content, name)
        page = cast.client("viewer").get(f"/p/ATLAS/assets/{made['id']}/").content.decode()
        assert "/view/" not in page
        drawn = f"/p/ATLAS/assets/{made['id']}/1/preview/page/1/" in page
        assert drawn == (b"<svg" in content)
        assert drawn or "Not shown here" in page


def test_a_bomb_is_stored_and_never_decoded(cast: Cast) -> None:
    made = first_version(cast, new_item(cast), files.png_bomb(), "bomb.png")
    assert (made["newest"]["width"], made["newest"]["height"]) == (20_000, 20_000)
    page = cast.client("viewer").get(f"/p/ATLAS/assets/{made['id']}/").content.decode()
    assert "20000 × 20000 pixels" in page.replace(",", "")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("storyboard.pdf", 'attachment; filename="storyboard.pdf"'),
        ("with blanks.PDF", 'attachment; filename="with blanks.PDF"'),
        ("picture.png", 'attachment; filename="picture.png.pdf"'),
        ("noending", 'attachment; filename="noending.pdf"'),
        ('quo"te.pdf', 'attachment; filename="quo\\"te.pdf"'),
        ("Prüfung ✓.pdf", f"attachment; filename*=utf-8''{quote('Prüfung ✓.pdf', safe='')}"),
        ("a\u202efdp.exe", 'attachment; filename="afdp.exe.pdf"'),
        ("a\r\nSet-Cookie: x=1.pdf", None),
        ("x" * 300 + ".pdf", f'attachment; filename="{"x" * 251}.pdf"'),
    ],
)
def test_the_name_of_a_download(cast: Cast, name: str, expected: str | None) -> None:
    _view, download, _api = addresses(cast, files.PDF, name)
    answer = cast.client("viewer").get(download)
    header = answer["Content-Disposition"]
    assert "\r" not in header
    assert "\n" not in header
    assert "Set-Cookie" not in answer.headers
    if expected is not None:
        assert header == expected


def test_a_download_without_a_name_gets_one() -> None:
    assert download_name(Version(number=3, media_type="application/pdf")) == "version-3.pdf"
    assert download_name(Version(number=3, media_type="application/unknown")) == "version-3.bin"
    assert (
        download_name(Version(number=3, media_type="text/html", original_name="x.png"))
        == "x.png.html"
    )


SIZE = len(files.MP4)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=10-19", 10, 19),
        ("bytes=100-", 100, SIZE - 1),
        ("bytes=-50", SIZE - 50, SIZE - 1),
        (f"bytes=-{SIZE * 3}", 0, SIZE - 1),
        (f"bytes=5-{SIZE * 3}", 5, SIZE - 1),
    ],
)
def test_a_part_of_a_film(cast: Cast, asked: str, start: int, end: int) -> None:
    view, download, api = addresses(cast, files.MP4, "film.mp4")
    for client, address in (("client", view), ("client", download), ("api", api)):
        answer = getattr(cast, client)("viewer").get(address, headers={"Range": asked})
        assert answer.status_code == 206
        assert answer.getvalue() == files.MP4[start : end + 1]
        assert answer["Content-Range"] == f"bytes {start}-{end}/{SIZE}"
        assert answer["Content-Length"] == str(end - start + 1)
        assert answer["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=-0", f"bytes={SIZE + 5}-{SIZE + 9}"])
def test_a_part_that_is_not_there(cast: Cast, asked: str) -> None:
    view, _download, _api = addresses(cast, files.MP4, "film.mp4")
    answer = cast.client("viewer").get(view, headers={"Range": asked})
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked",
    ["bytes=5-2", "bytes=-", "bytes=1-2,4-5", "lines=1-2", "bytes=a-b", "bytes=" + "9" * 40],
)
def test_a_range_that_makes_no_sense_gets_the_whole(cast: Cast, asked: str) -> None:
    view, _download, _api = addresses(cast, files.MP4, "film.mp4")
    answer = cast.client("viewer").get(view, headers={"Range": asked})
    assert answer.status_code == 200
    assert answer.getvalue() == files.MP4


def test_a_part_of_other_bytes_is_not_mixed_in(cast: Cast) -> None:
    view, _download, _api = addresses(cast, files.MP4, "film.mp4")
    client = cast.client("viewer")
    etag = client.get(view)["ETag"]
    same = client.get(view, headers={"Range": "bytes=0-9", "If-Range": etag})
    other = client.get(view, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (same.status_code, other.status_code) == (206, 200)
    assert client.get(view, headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("name", ["outsider", "anonymous"])
def test_bytes_are_for_members(cast: Cast, name: str) -> None:
    view, download, api = addresses(cast, files.TEXT, "a.txt")
    for address in (view, download):
        answer = cast.client(name).get(address)
        assert answer.status_code == (404 if name == "outsider" else 302)
        assert b"hour" not in answer.content
    assert cast.api(name).get(api).status_code == (404 if name == "outsider" else 401)


def test_only_reading_is_answered(cast: Cast) -> None:
    view, download, _api = addresses(cast, files.TEXT, "a.txt")
    for address in (view, download):
        assert cast.client("administrator").post(address).status_code == 405
        assert cast.client("viewer").head(address).status_code == 200


def test_a_missing_file_is_said_and_not_a_crash(cast: Cast) -> None:
    view, _download, api = addresses(cast, files.TEXT, "a.txt")
    version = Version.objects.get()
    store().remove(version.product_id, version.sha256)
    assert cast.client("viewer").get(view).status_code == 404
    answer = cast.api("viewer").get(api)
    assert answer.status_code == 404
    assert "missing on the server" in answer.json()["detail"]
    page = cast.client("viewer").get(f"/p/ATLAS/assets/{version.asset_id}/")
    assert page.status_code == 200
    assert "missing on the server" in page.content.decode()


def test_a_text_is_shown_as_escaped_lines(cast: Cast) -> None:
    made = first_version(cast, new_item(cast))
    page = cast.client("viewer").get(f"/p/ATLAS/assets/{made['id']}/").content.decode()
    assert "&lt;b&gt;an hour&lt;/b&gt;" in page
    assert 'id="line-4"' in page
    assert 'id="line-5"' not in page


def test_a_very_long_text_is_cut_and_says_so(cast: Cast) -> None:
    made = first_version(cast, new_item(cast), b"line\n" * 6000, "long.txt")
    page = cast.client("viewer").get(f"/p/ATLAS/assets/{made['id']}/").content.decode()
    assert 'id="line-5000"' in page
    assert 'id="line-5001"' not in page
    assert "download the file for the rest" in page


def test_the_media_folder_has_no_address(cast: Cast) -> None:
    made = first_version(cast, new_item(cast))
    digest = made["newest"]["sha256"]
    for address in (live.MEDIA_URL, "/media/", "/static/"):
        assert cast.client("administrator").get(f"{address}{cast.a.pk}/{digest}").status_code == 404
