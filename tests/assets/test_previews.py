"""What workers make of uploads: previews, facts, parts; and what does them no harm."""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live
from django.utils import timezone
from PIL import Image

from assets import tasks
from assets.jobs import checks, previews
from assets.looking import run
from assets.models import Preview, Version
from assets.storage import store
from tests.assets import files, hearing, making
from tests.assets.files import first_version, new_item, upload
from tests.cast import Cast


def made(cast: Cast, content: bytes, name: str) -> Version:
    """A version whose worker has looked at it (tasks run after the commit in tests)."""
    asset = first_version(cast, new_item(cast), content, name)
    return Version.objects.get(pk=asset["newest"]["id"])


def parts_of(version: Version) -> dict[str, str]:
    return dict(version.parts.values_list("name", "sha256"))


def kinds(version: Version) -> set[tuple[str, int]]:
    return set(version.previews.values_list("kind", "number"))


def photo(format: str, **options: Any) -> bytes:
    target = io.BytesIO()
    image = Image.linear_gradient("L").resize((400, 300)).convert("RGB")
    image.save(target, format, **options)
    return target.getvalue()


def test_a_picture_gets_a_thumb_and_its_parts(cast: Cast) -> None:
    version = made(cast, photo("PNG"), "board.png")
    assert version.preview_state == "ready"
    assert kinds(version) == {("thumb", 1)}
    assert set(parts_of(version)) == {"bytes", "picture", "metadata"}
    thumb = version.previews.get()
    assert (thumb.width, thumb.height, thumb.media_type) == (320, 240, "image/webp")
    page = cast.client("viewer").get(f"/p/ATLAS/assets/{version.asset_id}/1/preview/thumb/1/")
    assert page["Content-Type"] == "image/webp"
    assert "sandbox" in page["Content-Security-Policy"]
    assert page["X-Content-Type-Options"] == "nosniff"
    assert b"".join(page.streaming_content)[8:12] == b"WEBP"
    assert not list(checks.findings())


def test_a_picture_is_its_pixels_and_metadata_the_rest(cast: Cast) -> None:
    exif = Image.Exif()
    exif[0x010E] = "Board 4"
    plain, lossless = (
        parts_of(made(cast, photo(each, **more), "a"))
        for each, more in (("PNG", {}), ("WEBP", {"lossless": True}))
    )
    described = parts_of(made(cast, photo("PNG", exif=exif.tobytes()), "a"))
    turned = exif
    turned[0x0112] = 6
    rotated = parts_of(made(cast, photo("PNG", exif=turned.tobytes()), "a"))
    assert (plain["picture"], plain["metadata"]) == (lossless["picture"], lossless["metadata"])
    assert plain["picture"] == described["picture"]
    assert plain["metadata"] != described["metadata"]
    assert rotated["picture"] != plain["picture"]  # it is shown turned
    assert len({each["bytes"] for each in (plain, lossless, described, rotated)}) == 4


def test_pages_of_a_document(cast: Cast) -> None:
    version = made(cast, making.pdf(pages=3), "story.pdf")
    assert version.preview_state == "ready", version.preview_error
    assert version.pages == 3
    assert kinds(version) == {("thumb", 1), ("page", 1), ("page", 2), ("page", 3)}
    page = cast.client("viewer").get(f"/p/ATLAS/assets/{version.asset_id}/").content.decode()
    assert 'data-page="3"' in page
    assert f"/p/ATLAS/assets/{version.asset_id}/1/preview/page/2/" in page
    assert "<iframe" not in page


def test_a_document_is_its_text_its_look_and_its_links(cast: Cast) -> None:
    before = parts_of(made(cast, making.pdf(), "a.pdf"))
    moved = parts_of(made(cast, making.pdf(b"BT /F 24 Tf 72 600 Td (Ready) Tj ET"), "a.pdf"))
    led = parts_of(made(cast, making.pdf(link=b"https://example.org/b"), "a.pdf"))
    packed = parts_of(made(cast, making.pdf(deflated=True), "a.pdf"))

    def changed(other: dict[str, str]) -> set[str]:
        return {name for name in before if before[name] != other[name]}

    assert changed(moved) == {"bytes", "picture"}
    assert changed(led) == {"bytes", "links"}
    assert changed(packed) == {"bytes"}


def test_a_film_gets_a_poster_a_wave_and_its_parts(cast: Cast) -> None:
    version = made(cast, making.film(), "cut.mp4")
    assert version.preview_state == "ready", version.preview_error
    assert (version.width, version.height) == (160, 90)
    assert version.duration_ms == pytest.approx(2000, abs=100)
    assert kinds(version) == {("thumb", 1), ("poster", 1), ("waveform", 1)}
    wave = cast.client("viewer").get(f"/p/ATLAS/assets/{version.asset_id}/1/preview/waveform/1/")
    assert wave["Content-Type"] == "application/json"
    data = json.loads(b"".join(wave.streaming_content))
    assert data["frame_rate"] == pytest.approx(15)
    assert 0.3 < max(data["peaks"]) < 0.6
    assert data["peaks"][2] < max(data["peaks"]) / 4  # it swells
    page = cast.client("viewer").get(f"/p/ATLAS/assets/{version.asset_id}/").content.decode()
    assert "/preview/waveform/1/" in page
    assert "poster=" in page


@pytest.mark.slow
def test_a_film_is_its_streams(cast: Cast) -> None:
    before = parts_of(made(cast, making.film(), "a.mp4"))
    wrapped = parts_of(made(cast, making.film("mov"), "a.mov"))
    described = parts_of(made(cast, making.film(comment="second cut"), "a.mp4"))
    darker = parts_of(made(cast, making.film(shade=60), "a.mp4"))
    silent = parts_of(made(cast, making.film(codecs=("mpeg4", None)), "a.mp4"))

    def changed(other: dict[str, str]) -> set[str]:
        return {name for name in before if before[name] != other[name]}

    assert set(before) == {"bytes", "picture", "sound", "subtitles"}
    assert changed(wrapped) == {"bytes"}
    assert changed(described) == {"bytes"}
    assert changed(darker) == {"bytes", "picture"}
    assert changed(silent) == {"bytes", "sound"}


@pytest.mark.parametrize(
    ("container", "codec", "name", "media_type"),
    [
        ("wav", "pcm_s16le", "a.wav", "audio/wav"),
        ("mp3", "libmp3lame", "a.mp3", "audio/mpeg"),
        ("ogg", "libopus", "a.opus", "audio/ogg"),
        ("flac", "flac", "a.flac", "audio/flac"),
        ("ipod", "aac", "a.m4a", "audio/mp4"),
    ],
)
def test_sounds(cast: Cast, container: str, codec: str, name: str, media_type: str) -> None:
    version = made(cast, making.tone(container, codec), name)
    assert (version.media_type, version.kind) == (media_type, "audio")
    assert version.preview_state == "ready", version.preview_error
    assert version.duration_ms == pytest.approx(1000, abs=80)
    assert kinds(version) == {("waveform", 1)}
    assert set(parts_of(version)) == {"bytes", "sound"}
    page = cast.client("viewer").get(f"/p/ATLAS/assets/{version.asset_id}/").content.decode()
    assert "<audio" in page


def test_an_mp3_without_its_tag_is_the_same_sound(cast: Cast) -> None:
    tagged = making.tone("mp3", "libmp3lame")
    bare = tagged[tagged.index(b"\xff\xfb") :]
    one, other = made(cast, tagged, "a.mp3"), made(cast, bare, "b.mp3")
    assert other.media_type == "audio/mpeg"
    assert parts_of(one)["sound"] == parts_of(other)["sound"]
    assert parts_of(one)["bytes"] != parts_of(other)["bytes"]


BOMBS = {
    "20,000 × 20,000 in a few bytes": (files.png_bomb, "a.png"),
    "20,000 × 20,000 that is there": (lambda: _wide_png(), "a.png"),
    "10,000 frames": (lambda: making.flicker(10_000), "a.gif"),
    "a page of two kilometres": (lambda: making.pdf(box=b"0 0 6000000 6000000"), "a.pdf"),
    "a stream of 400 MB": (lambda: making.pdf(b"q " * 200_000_000, deflated=True), "a.pdf"),
    "2,000 pages": (lambda: making.pdf(pages=2000), "a.pdf"),
    "half a film": (lambda: making.film()[:9000], "a.mp4"),
    "a film that says it is 60,000 wide": (lambda: _wide_film(), "a.mp4"),
    "a list of files in place of a film": (
        lambda: files.MP4[:32] + b"#EXTM3U\nfile:///etc/passwd\n",
        "a.mp4",
    ),
    "a picture that is also a script": (files.gif_polyglot, "a.gif"),
    "a document with a script": (lambda: files.PDF, "a.pdf"),
}


def _wide_png() -> bytes:
    target = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(target, "PNG")
    return target.getvalue()


def _wide_film() -> bytes:
    return making.film().replace(b"\x00\xa0\x00\x5a", b"\xea\x60\xea\x60")


@pytest.mark.slow
@pytest.mark.parametrize("name", list(BOMBS))
def test_bombs_do_no_harm(cast: Cast, name: str) -> None:
    """The process ends within its bounds, the version is kept, and what it is says a sentence or a small preview."""
    make, file_name = BOMBS[name]
    version = made(cast, make(), file_name)
    while version.preview_state == "due":  # it broke: the sweeps that follow try twice more
        Version.objects.filter(pk=version.pk).update(preview_lease_until=None)
        tasks.sweep()
        version.refresh_from_db()
    assert version.preview_state in ("ready", "failed")
    if version.preview_state == "failed":
        assert version.preview_error.endswith(".")
        if "20,000" in name:
            assert "50 million pixels" in version.preview_error
        assert not version.previews.exists()
        assert set(parts_of(version).values()) == {version.sha256}
    for preview in version.previews.all():
        assert preview.size < 500_000
        assert max(preview.width or 0, preview.height or 0) <= 2200
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert used < 1_100_000  # kB, of all processes that ended
    assert not list(checks.findings())
    page = cast.client("viewer").get(f"/p/ATLAS/assets/{version.asset_id}/")
    assert page.status_code == 200


@pytest.mark.slow
def test_a_picture_that_a_page_would_lose_is_named(cast: Cast) -> None:
    """A progressive JPEG is decoded in one piece. Without the memory for it the page is drawn without a word."""
    picture = Image.effect_mandelbrot((4000, 4000), (-2, -1.5, 1, 1.5), 100).convert("RGB")
    plain, progressive = io.BytesIO(), io.BytesIO()
    picture.save(plain, "PDF")
    picture.save(progressive, "PDF", progressive=True)
    version = made(cast, progressive.getvalue(), "a.pdf")
    assert version.preview_error.startswith("Page 1 has progressive JPEGs of 16 million pixels")
    assert set(parts_of(version).values()) == {version.sha256}
    assert made(cast, plain.getvalue(), "b.pdf").preview_state == "ready"


#: Started from a process that is small itself: the largest size of a child counts from the moment it is split off.
_MEASURE = """
import os, subprocess, sys
looking = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(os.wait4(looking.pid, 0)[2].ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("20,000 × 20,000 that is there", 200),
        ("10,000 frames", 200),
        ("a page of two kilometres", 200),
        ("2,000 pages", 200),
        ("a stream of 400 MB", 200),
        ("a film that says it is 60,000 wide", 200),
    ],
)
def test_bombs_stay_small(tmp_path: Path, name: str, most: int) -> None:
    """``most`` megabytes are resident at once in the process that looks."""
    make, file_name = BOMBS[name]
    bomb = tmp_path / file_name
    bomb.write_bytes(make())
    kind, media_type = {
        "png": ("image", "image/png"),
        "gif": ("image", "image/gif"),
        "pdf": ("pdf", "application/pdf"),
        "mp4": ("video", "video/mp4"),
    }[file_name[-3:]]
    bounds = run.BOUNDS[kind]
    limits = [str(bounds.memory), str(bounds.seconds), str(bounds.output)]
    looking = [sys.executable, "-m", "assets.looking", kind, *limits, media_type]
    with bomb.open("rb") as file:
        said = subprocess.run(
            [sys.executable, "-c", _MEASURE, *looking], stdin=file, capture_output=True, check=True
        )
    assert 10 < int(said.stdout) / 1024 < most


def test_a_picture_that_is_damaged_says_so_and_can_be_tried_again(cast: Cast) -> None:
    version = made(cast, photo("PNG")[:900], "a.png")
    assert version.preview_state == "failed"
    assert version.preview_attempts == 1
    client = cast.client("contributor")
    page = client.get(f"/p/ATLAS/assets/{version.asset_id}/").content.decode()
    assert "damaged" in page
    assert "Try again" in page
    address = f"/p/ATLAS/assets/{version.asset_id}/1/previews/again/"
    assert f'action="{address}"' in page
    store().path(version.product_id, version.sha256).write_bytes(photo("PNG"))  # as if put right
    assert client.post(address).status_code == 302
    version.refresh_from_db()
    assert version.preview_state == "ready"
    assert client.post(address).status_code == 409
    assert cast.client("viewer").post(address).status_code == 403


def test_a_version_is_claimed_once(cast: Cast) -> None:
    version = made(cast, photo("PNG"), "a.png")
    later = timezone.now() + timedelta(minutes=2)
    Version.objects.filter(pk=version.pk).update(
        preview_state="due", preview_lease_until=later, preview_attempts=1
    )
    tasks.sweep()
    tasks.look(version_id=version.pk)
    version.refresh_from_db()
    assert (version.preview_state, version.preview_attempts) == ("due", 1)
    assert version.preview_lease_until == later


def test_work_that_is_killed_each_time_is_given_up(cast: Cast) -> None:
    version = made(cast, photo("PNG"), "a.png")
    Version.objects.filter(pk=version.pk).update(
        preview_state="due", preview_lease_until=None, preview_attempts=3
    )
    tasks.sweep()
    version.refresh_from_db()
    assert version.preview_state == "failed"
    assert "3 times" in version.preview_error


def test_who_lost_the_lease_writes_nothing(cast: Cast) -> None:
    version = made(cast, photo("PNG"), "a.png")
    before = list(version.previews.values_list("pk", flat=True))
    claim = timezone.now()
    Version.objects.filter(pk=version.pk).update(
        preview_state="due", preview_lease_until=claim + timedelta(seconds=9)
    )
    path = store().path(version.product_id, version.sha256)
    with run.looked_at(path, "image", "image/png", store().temporary()) as answer:
        with pytest.raises(previews.LostLease):
            previews._write(version, claim, answer)
    assert list(version.previews.values_list("pk", flat=True)) == before
    assert not list(checks.findings())


def test_a_missing_file_is_tried_and_then_said(cast: Cast) -> None:
    version = made(cast, photo("PNG"), "a.png")
    store().path(version.product_id, version.sha256).unlink()
    Version.objects.filter(pk=version.pk).update(preview_attempts=0)
    for _ in range(3):
        Version.objects.filter(pk=version.pk).update(preview_state="due", preview_lease_until=None)
        tasks.sweep()
    version.refresh_from_db()
    assert version.preview_state == "failed"
    assert "cannot be read" in version.preview_error


@pytest.mark.skipif(sys.platform != "linux", reason="the filter of system calls is Linux's")
def test_the_process_opens_no_file_speaks_to_nobody_and_starts_nothing(tmp_path: Path) -> None:
    """What a decoder that was taken over would try, after the door is closed; before, all of it works."""
    attempts = """
import os, socket, subprocess, sys
from assets.looking import bounds
bounds.limit(memory=512 << 20, seconds=5, output=1000)
if sys.argv[1] == "closed":
    assert bounds.close_the_door()
for name, attempt in (
    ("read", lambda: open("/etc/hostname").read()),
    ("write", lambda: open(sys.argv[2], "w")),
    ("speak", lambda: socket.socket()),
    ("grow", lambda: bytearray(600 << 20)),
    ("start", lambda: os.execv("/bin/echo", ["echo", "start"])),
):
    try:
        attempt()
        print(name, flush=True)
    except (OSError, MemoryError):
        pass
"""

    def can(door: str) -> list[str]:
        answer = subprocess.run(
            [sys.executable, "-c", attempts, door, str(tmp_path / "x")],
            cwd=live.BASE_DIR, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert answer.stderr == ""
        return answer.stdout.split()

    assert can("open") == ["read", "write", "speak", "start"]
    assert can("closed") == []


def test_an_answer_that_is_not_believed(tmp_path: Path) -> None:
    line = b'{"kind": "%s", "number": 1, "media_type": "%s", "width": 1, "height": 1, "size": %d}\n'
    for said in (
        b"",
        b"nonsense\n",
        b"[]\n",
        line % (b"page", b"text/html", 3) + b"abc",
        line % (b"script", b"image/webp", 3) + b"abc",
        line % (b"page", b"image/webp", -3) + b"abc",
        b'{"done": {"parts": {"picture": "short"}, "width": 1, "height": 1, "duration_ms": 1, "pages": 1}}\n',
    ):
        with (tmp_path / "out").open("w+b") as output:
            output.write(said)
            with pytest.raises(run.Broken):
                run._read(output)


def test_previews_are_files_that_are_needed(cast: Cast) -> None:
    version = made(cast, making.pdf(), "a.pdf")
    for preview in version.previews.all():
        os.utime(store().path(version.product_id, preview.sha256), (0, 0))
    tasks.hourly()
    assert not list(checks.findings())
    gone = version.previews.get(kind="page")
    Preview.objects.filter(pk=gone.pk).delete()
    assert [each.rule for each in checks.findings()] == ["no orphan"]
    tasks.hourly()
    assert not list(checks.findings())


def test_parts_are_announced(cast: Cast, settings: Any) -> None:
    settings.WIRING = "tests.assets.hearing"
    hearing.HEARD.clear()
    version = made(cast, photo("PNG"), "a.png")
    assert [(each["asset_id"], each["version_id"]) for each in hearing.HEARD] == [
        (version.asset_id, version.pk)
    ]


def test_the_api_lists_previews_and_parts(cast: Cast) -> None:
    version = made(cast, photo("PNG"), "a.png")
    answer = cast.api("viewer").get(f"/api/v1/versions/{version.pk}/previews/").json()
    assert answer["state"] == "ready"
    assert [each["kind"] for each in answer["results"]] == ["thumb"]
    assert set(answer["parts"]) == {"bytes", "picture", "metadata"}
    again = cast.api("contributor").post(f"/api/v1/versions/{version.pk}/previews/")
    assert (again.status_code, again.json()["code"]) == (409, "previews_not_failed")


def test_text_has_its_parts_at_once(cast: Cast) -> None:
    version = made(cast, files.TEXT, "a.fountain")
    assert version.preview_state == "none"
    assert set(parts_of(version)) == {
        *("bytes", "front", "headings", "dialogue", "prose", "links", "claims")
    }
    second = upload(
        cast.api("contributor"),
        f"/api/v1/assets/{version.asset_id}/versions/",
        files.TEXT.replace(b"an hour", b"a day"),
    ).json()
    after = parts_of(Version.objects.get(pk=second["id"]))
    before = parts_of(version)
    assert {name for name in before if before[name] != after[name]} == {"bytes", "dialogue"}
