"""Uploads in parts: resumed after a break, refused where they do not fit, tidied when nobody goes on."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import resource
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import pytest
from django.conf import settings as live
from django.utils import timezone
from pytest_django import Settings

from assets import tasks
from assets.jobs import checks, unfinished
from assets.models import Asset, Upload, Version
from assets.services import uploads
from assets.storage import ContentStore, store
from core.uploads import NoRoom
from tests.assets import files
from tests.assets.files import first_version, new_item
from tests.cast import Cast

BODY = b"A line of narration.\n" * 5000
SHA256 = hashlib.sha256(BODY).hexdigest()


def left() -> list[Path]:
    """Every file under the media folder."""
    return sorted(each for each in Path(live.MEDIA_ROOT).rglob("*") if each.is_file())


def begin(cast: Cast, content: bytes = BODY, who: str = "contributor", **more: Any) -> Any:
    data = {"file_name": "narration.txt", "size": len(content), "rationale": "First cut.", **more}
    return cast.api(who).post("/api/v1/uploads/", data, "application/json")


def send(cast: Cast, upload: str, offset: int, content: bytes, who: str = "contributor") -> Any:
    return cast.api(who).generic(
        "PATCH",
        f"/api/v1/uploads/{upload}/?offset={offset}",
        content,
        content_type="application/octet-stream",
    )


def complete(cast: Cast, upload: str, who: str = "contributor") -> Any:
    return cast.api(who).post(f"/api/v1/uploads/{upload}/complete/")


def begun(cast: Cast, **more: Any) -> str:
    answer = begin(cast, item=new_item(cast).key, **more)
    assert answer.status_code == 201, answer.content
    found: str = answer.json()["id"]
    return found


def test_slices_become_a_version(cast: Cast) -> None:
    item = new_item(cast)
    upload = begin(cast, item=item.key, name="Narration").json()["id"]
    for at in range(0, len(BODY), 40_000):
        answer = send(cast, upload, at, BODY[at : at + 40_000])
        assert answer.json()["offset"] == min(len(BODY), at + 40_000)
    done = complete(cast, upload)
    assert done.status_code == 201
    version = done.json()["version"]
    assert (version["sha256"], version["size"], version["number"]) == (SHA256, len(BODY), 1)
    assert version["rationale"] == "First cut."
    asset = Asset.objects.get()
    assert (asset.name, asset.item) == ("Narration", item)
    assert cast.client("contributor").get(done.json()["page"]).status_code == 200
    assert left() == [store().path(cast.a.pk, SHA256)]
    assert complete(cast, upload).json()["version"]["id"] == version["id"]
    assert Version.objects.count() == 1
    assert send(cast, upload, 0, b"x").json()["code"] == "not_open"
    assert not list(checks.findings())


def test_the_next_version_of_an_asset(cast: Cast) -> None:
    made = first_version(cast, new_item(cast))
    upload = begin(cast, asset=made["id"]).json()["id"]
    send(cast, upload, 0, BODY)
    assert complete(cast, upload).json()["version"]["number"] == 2


def test_a_slice_goes_on_where_the_last_one_ended(cast: Cast) -> None:
    upload = begun(cast)
    send(cast, upload, 0, BODY[:1000])
    for wrong in (0, 999, 1001, 10**15):
        answer = send(cast, upload, wrong, BODY[wrong : wrong + 10] or b"x")
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_offset")
        assert answer.json()["offset"] == 1000
    assert cast.api("contributor").get(f"/api/v1/uploads/{upload}/").json()["offset"] == 1000
    early = complete(cast, upload)
    assert (early.status_code, early.json()["code"]) == (409, "incomplete")
    send(cast, upload, 1000, BODY[1000:])
    assert complete(cast, upload).json()["version"]["sha256"] == SHA256


@pytest.mark.parametrize("offset", ["", "-1", "abc", "9" * 30, "1e3", "%00"])
def test_an_offset_is_a_number(cast: Cast, offset: str) -> None:
    upload = begun(cast)
    answer = cast.api("contributor").generic(
        "PATCH", f"/api/v1/uploads/{upload}/?offset={offset}", b"x", "application/octet-stream"
    )
    assert answer.status_code == 400
    assert Upload.objects.get().received == 0


def test_more_than_was_announced_is_refused(cast: Cast) -> None:
    upload = begun(cast)
    assert send(cast, upload, 0, BODY + b"x").status_code == 413
    assert Upload.objects.get().received == 0
    send(cast, upload, 0, BODY)
    assert complete(cast, upload).status_code == 201


def test_other_bytes_than_announced_are_refused_and_removed(cast: Cast) -> None:
    upload = begun(cast, sha256=SHA256)
    send(cast, upload, 0, BODY[:-1] + b"?")
    answer = complete(cast, upload)
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong_hash")
    assert left() == []
    assert not Asset.objects.exists()


def test_a_type_that_is_not_taken_is_refused_and_can_be_given_up(cast: Cast) -> None:
    upload = begin(cast, files.ZIP, item=new_item(cast).key).json()["id"]
    send(cast, upload, 0, files.ZIP)
    assert complete(cast, upload).json()["code"] == "unknown_type"
    assert not Asset.objects.exists()
    assert cast.api("contributor").delete(f"/api/v1/uploads/{upload}/").status_code == 204
    assert cast.api("contributor").delete(f"/api/v1/uploads/{upload}/").status_code == 204
    assert left() == []


def test_duplicates_are_told_before_and_after(cast: Cast) -> None:
    item = new_item(cast)
    made = first_version(cast, item, BODY, "a.txt")
    before = begin(cast, asset=made["id"], sha256=SHA256)
    assert (before.status_code, before.json()["code"]) == (409, "identical")
    assert not Upload.objects.exists()
    elsewhere = begin(cast, item=item.key, sha256=SHA256)
    assert [each["asset"] for each in elsewhere.json()["same_bytes"]] == [made["id"]]
    unsaid = begin(cast, item=item.key).json()
    assert unsaid["same_bytes"] == []
    send(cast, unsaid["id"], 0, BODY)
    assert [each["asset"] for each in complete(cast, unsaid["id"]).json()["same_bytes"]] == [
        made["id"]
    ]
    late = begin(cast, asset=made["id"]).json()["id"]
    send(cast, late, 0, BODY)
    assert complete(cast, late).json()["code"] == "identical"


def test_what_is_begun_wrongly(cast: Cast, settings: Settings) -> None:
    item = new_item(cast)
    settings.UPLOAD_PARTS_LIMIT_BYTES = 100_000
    for more, status in (
        ({}, 400),
        ({"item": item.key, "size": 0}, 400),
        ({"item": item.key, "size": 100_001}, 413),
        ({"item": item.key, "size": -1}, 400),
        ({"item": item.key, "rationale": " "}, 400),
        ({"item": item.key, "sha256": "zz"}, 400),
        ({"item": item.key, "increment": 999}, 400),
        ({"item": "NONE-1"}, 404),
        ({"asset": 999}, 404),
    ):
        assert begin(cast, **{"size": 5, **more}).status_code == status, more
    assert begin(cast, who="viewer", item=item.key).status_code == 403
    assert begin(cast, who="outsider", item=item.key).status_code == 404
    assert not Upload.objects.exists()


def test_an_upload_is_its_makers(cast: Cast) -> None:
    upload = begun(cast)
    for who in ("owner", "viewer", "outsider"):
        assert cast.api(who).get(f"/api/v1/uploads/{upload}/").status_code == 404
        assert send(cast, upload, 0, BODY, who=who).status_code == 404
        assert complete(cast, upload, who=who).status_code == 404
        assert cast.api(who).delete(f"/api/v1/uploads/{upload}/").status_code == 404
    assert Upload.objects.get().received == 0


def test_a_person_has_not_more_than_twenty_going(cast: Cast) -> None:
    item = new_item(cast)
    for _ in range(uploads.MOST_OPEN):
        assert begin(cast, item=item.key).status_code == 201
    answer = begin(cast, item=item.key)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_uploads")


class Cut(OSError):
    """The sender is gone."""


def broken(length: int) -> Iterator[bytes]:
    """The first ``length`` bytes in pieces, and then nothing more."""
    for at in range(0, length, 1000):
        yield BODY[at : min(length, at + 1000)]
    raise Cut


def test_what_a_cut_connection_brought_is_kept(cast: Cast) -> None:
    upload = Upload.objects.get(pk=begun(cast))
    actor = cast.actor("contributor")
    uploads.receive(actor=actor, upload=upload, offset=0, chunks=broken(5000))
    upload.refresh_from_db()
    assert upload.received == 5000
    # a crash after the bytes and before the row: what lies behind the row's offset is written over
    with store().parts_path(upload.pk).open("ab") as file:
        file.write(b"half a slice")
    send(cast, str(upload.pk), 5000, BODY[5000:])
    assert complete(cast, str(upload.pk)).json()["version"]["sha256"] == SHA256


def test_two_slices_at_once(cast: Cast) -> None:
    """While one writes, the other is told to wait; what it had would be written twice else."""
    upload = Upload.objects.get(pk=begun(cast))
    with store().slice_at(upload.pk, 0) as file:
        answer = send(cast, str(upload.pk), 0, BODY)
        assert (answer.status_code, answer.json()["code"]) == (409, "upload_busy")
        file.write(b"x")
    stale = Upload.objects.get(pk=upload.pk)
    send(cast, str(upload.pk), 0, BODY[:100])
    with pytest.raises(uploads.WrongOffset) as refusal:
        uploads.receive(actor=cast.actor("contributor"), upload=stale, offset=0, chunks=[b"late"])
    assert refusal.value.extra == {"offset": 100}


def test_bytes_that_nobody_goes_on_with_are_removed(cast: Cast) -> None:
    late, going = begun(cast), begun(cast)
    send(cast, late, 0, BODY[:10])
    send(cast, going, 0, BODY[:10])
    Upload.objects.filter(pk=late).update(touched_at=timezone.now() - timedelta(days=4))
    for path, _ in list(store().parts()):
        os.utime(path, (time.time() - 9000,) * 2)
    tasks.hourly()
    assert Upload.objects.get(pk=late).state == "given_up"
    assert [path.name for path, _ in store().parts()] == [Upload.objects.get(pk=going).pk.hex]
    assert send(cast, late, 10, b"x").json()["code"] == "not_open"
    assert unfinished.give_up_unfinished() == 0


def test_the_form_says_how_large_files_go(cast: Cast) -> None:
    made = first_version(cast, new_item(cast))
    page = cast.client("contributor").get(f"/p/ATLAS/assets/{made['id']}/upload/").content.decode()
    assert f'data-asset="{made["id"]}"' in page
    assert 'data-slices="/api/v1/uploads/"' in page


class Narrow:
    """A file on a disk that has room for ``left`` bytes."""

    def __init__(self, file: IO[bytes], room: list[int]) -> None:
        self._file, self._room = file, room

    def write(self, data: bytes) -> int:
        taken = min(len(data), self._room[0])
        self._room[0] -= taken
        if not taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._file.write(data[:taken])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> Narrow:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()


class NarrowDisk(ContentStore):
    room = [0]

    def _parts_file(self, path: Path) -> IO[bytes]:
        return Narrow(super()._parts_file(path), self.room)  # type: ignore[return-value]

    def _create(self) -> IO[bytes]:
        return Narrow(super()._create(), self.room)  # type: ignore[return-value]


@pytest.mark.slow
def test_two_hundred_uploads_that_are_cut_or_find_the_disk_full(
    cast: Cast, settings: Settings
) -> None:
    """None makes a row of a version or leaves a file once it is given up; the next one works."""
    item = new_item(cast)
    rng = random.Random(13)
    actor = cast.actor("contributor")
    for turn in range(200):
        upload = Upload.objects.get(pk=begin(cast, item=item.key).json()["id"])
        at = rng.randrange(len(BODY))
        if turn % 2:
            settings.STORAGES = settings.STORAGES | {
                "assets": {"BACKEND": "tests.assets.test_slices.NarrowDisk"}
            }
            NarrowDisk.room[:] = [at]
            pieces = [BODY[part : part + 9000] for part in range(0, len(BODY), 9000)]
            with suppress(NoRoom):
                uploads.receive(actor=actor, upload=upload, offset=0, chunks=pieces)
            settings.STORAGES = settings.STORAGES | {
                "assets": {"BACKEND": "assets.storage.ContentStore"}
            }
        else:
            with suppress(NoRoom):
                uploads.receive(actor=actor, upload=upload, offset=0, chunks=broken(at))
        upload.refresh_from_db()
        assert upload.received < len(BODY)
        assert complete(cast, str(upload.pk)).status_code == 409
        if turn % 3 == 0:  # the sender goes on after all
            send(cast, str(upload.pk), upload.received, BODY[upload.received :])
            assert store().parts_path(upload.pk).read_bytes() == BODY
        uploads.give_up(actor=actor, upload=upload)
        assert left() == []
    assert not Asset.objects.exists()
    upload = begin(cast, item=item.key).json()["id"]
    send(cast, upload, 0, BODY)
    assert complete(cast, upload).status_code == 201
    assert not list(checks.findings())


@pytest.mark.slow
def test_a_large_film_in_parts_takes_no_memory(cast: Cast) -> None:
    """256 MB by default, more by BALLAST_LARGE_MB. The process may grow by 64 MB, whatever the size."""
    size = int(os.environ.get("BALLAST_LARGE_MB", "256")) << 20
    head = files.MP4[:32]
    rest = size - len(head) - 16
    mdat = (1).to_bytes(4, "big") + b"mdat" + (rest + 16).to_bytes(8, "big")
    head += mdat
    block = random.Random(1).randbytes(1 << 20)

    def chunks(offset: int, length: int) -> Iterator[bytes]:
        at, end = offset, min(size, offset + length)
        while at < end:
            if at < len(head):
                yield head[at : min(len(head), end)]
                at = min(len(head), end)
                continue
            piece = block[: min(len(block), end - at)]
            yield piece
            at += len(piece)

    actor = cast.actor("contributor")
    upload = uploads.begin(
        actor=actor,
        item=new_item(cast),
        original_name="cut.mp4",
        size=size,
        rationale="The whole film.",
    )
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    slice_bytes = live.UPLOAD_SLICE_BYTES
    started = time.monotonic()
    while upload.received < size:
        uploads.receive(
            actor=actor,
            upload=upload,
            offset=upload.received,
            chunks=chunks(upload.received, slice_bytes),
        )
    sent = time.monotonic()
    version = uploads.complete(actor=actor, upload=upload)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"{size >> 20} MiB: {grown:.1f} MB more memory, {sent - started:.1f} s to send,"
        f" {time.monotonic() - sent:.1f} s to complete"
    )
    assert grown < 64
    assert (version.size, version.media_type) == (size, "video/mp4")
    assert store().size(cast.a.pk, version.sha256) == size
    assert list(store().parts()) == []
