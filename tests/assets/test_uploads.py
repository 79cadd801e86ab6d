"""Uploading: by page and by API, what is refused, and that nothing stays behind then."""

import hashlib
import random
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as live
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from pytest_django import Settings

from assets.jobs import checks
from assets.models import Asset, Version
from backlog.models import Change, ItemSummary
from tests.assets import files
from tests.assets.files import first_version, new_item, upload
from tests.cast import Cast


def stored() -> list[Path]:
    """Every file under the media folder, temporary ones too."""
    return sorted(each for each in Path(live.MEDIA_ROOT).rglob("*") if each.is_file())


def test_the_first_version_lies_under_its_hash(cast: Cast) -> None:
    item = new_item(cast)
    made = first_version(cast, item)
    digest = hashlib.sha256(files.TEXT).hexdigest()
    assert stored() == [Path(live.MEDIA_ROOT) / str(cast.a.pk) / digest]
    assert stored()[0].read_bytes() == files.TEXT
    assert stored()[0].stat().st_mode & 0o777 == 0o640
    assert made["item"] == item.key
    assert made["kind"] == "text"
    assert made["name"] == "welcome"
    version = made["newest"]
    assert (version["number"], version["sha256"], version["size"]) == (1, digest, len(files.TEXT))
    assert version["media_type"] == "text/fountain"
    assert version["rationale"] == "First draft."
    assert version["uploaded_by"] == "contributor@example.org"
    assert version["state"] == "draft"
    assert version["review"] == {"state": "not_reviewed", "id": None}
    assert not list(checks.findings())


def test_versions_are_numbered_one_after_the_other(cast: Cast) -> None:
    made = first_version(cast, new_item(cast))
    address = f"/api/v1/assets/{made['id']}/versions/"
    for text in (b"second", b"third"):
        assert upload(cast.api("contributor"), address, text).status_code == 201
    listed = cast.api("viewer").get(address).json()["results"]
    assert [each["number"] for each in listed] == [3, 2, 1]
    assert cast.api("viewer").get(f"/api/v1/assets/{made['id']}/").json()["versions"] == 3
    assert not list(checks.findings())


def test_a_page_adds_an_asset_and_shows_it(cast: Cast) -> None:
    item = new_item(cast)
    client = cast.client("contributor")
    assert client.get(f"/items/{item.key}/assets/").status_code == 200
    answer = upload(client, f"/items/{item.key}/assets/", name="Rough cut.mp4", content=files.MP4)
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    assert "Rough cut" in page
    assert "<video" in page
    assert "First draft." in page


def test_a_page_adds_a_version_and_says_that_it_is_not_reviewed(cast: Cast) -> None:
    made = first_version(cast, new_item(cast))
    client = cast.client("contributor")
    answer = upload(
        client, f"/p/ATLAS/assets/{made['id']}/upload/", b"second", rationale="Shorter."
    )
    assert answer.status_code == 302
    assert answer["Location"] == f"/p/ATLAS/assets/{made['id']}/2/"
    page = client.get(answer["Location"]).content.decode()
    assert "Shorter." in page
    assert "Not reviewed" in page


@pytest.mark.parametrize("rationale", ["", "   \n "])
def test_a_version_needs_a_reason(cast: Cast, rationale: str) -> None:
    item = new_item(cast)
    answer = upload(
        cast.api("contributor"), f"/api/v1/items/{item.key}/assets/", rationale=rationale
    )
    assert answer.status_code == 400
    assert "rationale" in answer.json()["fields"]
    page = upload(cast.client("contributor"), f"/items/{item.key}/assets/", rationale=rationale)
    assert page.status_code == 422
    assert not Version.objects.exists()
    assert stored() == []


def test_the_next_version_needs_a_reason_too(cast: Cast) -> None:
    made = first_version(cast, new_item(cast))
    page = upload(
        cast.client("contributor"), f"/p/ATLAS/assets/{made['id']}/upload/", b"second", rationale=""
    )
    assert page.status_code == 422
    assert Version.objects.count() == 1


def test_no_file_is_an_error_and_not_metadata_only(cast: Cast) -> None:
    item = new_item(cast)
    answer = cast.api("contributor").post(f"/api/v1/items/{item.key}/assets/", {"rationale": "Why"})
    assert answer.status_code == 400
    assert answer.json()["code"] == "no_file"
    page = cast.client("contributor").post(f"/items/{item.key}/assets/", {"rationale": "Why"})
    assert page.status_code == 422
    assert "No file arrived" in page.content.decode()
    assert "Why" in page.content.decode()
    assert not Asset.objects.exists()


def test_a_cut_upload_leaves_nothing(cast: Cast) -> None:
    """The client is gone before the end of the file: no closing boundary."""
    item = new_item(cast)
    body = (
        b'--cut\r\nContent-Disposition: form-data; name="rationale"\r\n\r\nWhy\r\n'
        b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        + b"half a fi"
    )
    for address, client in (
        (f"/api/v1/items/{item.key}/assets/", cast.api("contributor")),
        (f"/items/{item.key}/assets/", cast.client("contributor")),
    ):
        answer = client.generic("POST", address, body, "multipart/form-data; boundary=cut")
        assert answer.status_code in (400, 422)
    assert not Asset.objects.exists()
    assert stored() == []


def test_an_empty_file_is_refused(cast: Cast) -> None:
    item = new_item(cast)
    answer = upload(cast.api("contributor"), f"/api/v1/items/{item.key}/assets/", b"")
    assert answer.status_code == 400
    assert answer.json()["code"] == "empty_file"
    page = upload(cast.client("contributor"), f"/items/{item.key}/assets/", b"")
    assert page.status_code == 422
    assert "empty" in page.content.decode()
    assert stored() == []


def test_an_unknown_type_is_refused_in_words(cast: Cast) -> None:
    item = new_item(cast)
    page = upload(cast.client("contributor"), f"/items/{item.key}/assets/", files.ZIP, "deck.pptx")
    assert page.status_code == 422
    assert "Accepted: text" in page.content.decode()
    assert stored() == []


@pytest.mark.parametrize("spool", [2_621_440, 1000])
def test_a_file_beyond_the_limit_is_refused(cast: Cast, settings: Settings, spool: int) -> None:
    """From memory, and from the temporary file that a larger upload goes through."""
    settings.UPLOAD_LIMIT_BYTES = 5000
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = spool
    item = new_item(cast)
    answer = upload(cast.api("contributor"), f"/api/v1/items/{item.key}/assets/", b"x" * 5001)
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"
    page = upload(cast.client("contributor"), f"/items/{item.key}/assets/", b"x" * 5001)
    assert page.status_code == 413
    assert "5,000 bytes" in page.content.decode()
    assert (
        upload(
            cast.api("contributor"), f"/api/v1/items/{item.key}/assets/", b"x" * 5000
        ).status_code
        == 201
    )
    assert len(stored()) == 1


def test_the_temporary_file_of_a_large_upload_goes(
    cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = spool
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0
    settings.UPLOAD_LIMIT_BYTES = 200_000
    item = new_item(cast)
    for size, status in ((150_000, 201), (250_000, 413), (900_000, 413)):
        answer = upload(cast.api("contributor"), f"/api/v1/items/{item.key}/assets/", b"x" * size)
        assert answer.status_code == status
        answer.wsgi_request.close()
        assert list(spool.iterdir()) == []
    assert len(stored()) == 1


def test_a_full_disk_while_the_upload_streams_is_507(
    cast: Cast, settings: Settings, tmp_path: Path
) -> None:
    """The folder for temporary files cannot be written."""
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "not there"
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0
    item = new_item(cast)
    answer = upload(cast.api("contributor"), f"/api/v1/items/{item.key}/assets/")
    assert answer.status_code == 507
    page = upload(cast.client("contributor"), f"/items/{item.key}/assets/")
    assert page.status_code == 507
    assert "nothing was lost" in page.content.decode()
    assert not Asset.objects.exists()


@pytest.fixture
def narrow_disk() -> Iterator[None]:
    """No file of this process grows beyond 100 kB: the system refuses the write, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("spooled", [True, False])
def test_a_disk_that_fills_in_the_middle_of_a_file(
    cast: Cast, settings: Settings, tmp_path: Path, narrow_disk: None, spooled: bool
) -> None:
    """While the upload streams into its temporary file, and while it is stored."""
    spool = tmp_path / "spool"
    spool.mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = spool
    if spooled:
        settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0
    item = new_item(cast)
    answer = upload(cast.api("contributor"), f"/api/v1/items/{item.key}/assets/", b"x" * 300_000)
    assert (answer.status_code, answer.json()["code"]) == (507, "no_room")
    page = upload(cast.client("contributor"), f"/items/{item.key}/assets/", b"x" * 300_000)
    assert page.status_code == 507
    assert list(spool.iterdir()) == []
    assert stored() == []
    assert not Asset.objects.exists()
    assert (
        upload(
            cast.api("contributor"), f"/api/v1/items/{item.key}/assets/", b"x" * 50_000
        ).status_code
        == 201
    )


@pytest.mark.slow
def test_two_hundred_uploads_cut_off_or_out_of_disk_leave_nothing(
    cast: Cast, settings: Settings
) -> None:
    """Cut at some place of the body, or refused by the disk at some step; the next one works."""
    item = new_item(cast)
    made = first_version(cast, item)
    before = stored()
    api = cast.api("contributor")
    addresses = (f"/api/v1/items/{item.key}/assets/", f"/api/v1/assets/{made['id']}/versions/")
    head = (
        b'--cut\r\nContent-Disposition: form-data; name="rationale"\r\n\r\nWhy\r\n'
        b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    )
    whole = head + b"line\n" * 4000 + b"\r\n--cut--\r\n"
    rng = random.Random(11)
    usual = settings.STORAGES
    full = [
        usual
        | {"assets": {"BACKEND": "tests.assets.full_disk.FullDisk", "OPTIONS": {"where": where}}}
        for where in ("create", "write", "keep")
    ]
    seen = set()
    for turn in range(200):
        cut = turn % 2 == 0
        settings.STORAGES = usual if cut else rng.choice(full)
        body = whole[: rng.randrange(1, len(whole) - 12)] if cut else whole
        answer = api.generic(
            "POST", addresses[turn // 2 % 2], body, "multipart/form-data; boundary=cut"
        )
        assert answer.status_code in ((400, 422) if cut else (507,)), answer.content
        seen.add(answer.status_code)
    assert 507 in seen
    settings.STORAGES = usual
    assert (Asset.objects.count(), Version.objects.count()) == (1, 1)
    assert stored() == before
    done = api.generic("POST", addresses[1], whole, "multipart/form-data; boundary=cut")
    assert done.status_code == 201
    assert Version.objects.latest("pk").number == 2


@pytest.mark.parametrize("where", ["create", "write", "keep"])
def test_a_full_disk_leaves_no_row_and_no_file(cast: Cast, settings: Settings, where: str) -> None:
    item = new_item(cast)
    made = first_version(cast, item)
    before = stored()
    settings.STORAGES = settings.STORAGES | {
        "assets": {"BACKEND": "tests.assets.full_disk.FullDisk", "OPTIONS": {"where": where}}
    }
    api = cast.api("contributor")
    for address in (f"/api/v1/items/{item.key}/assets/", f"/api/v1/assets/{made['id']}/versions/"):
        answer = upload(api, address, b"other bytes" * 1000)
        assert answer.status_code == 507
        assert answer.json()["code"] == "no_room"
    assert (Asset.objects.count(), Version.objects.count()) == (1, 1)
    assert stored() == before
    assert api.get(f"/api/v1/versions/{made['newest']['id']}/content/").status_code == 200
    settings.STORAGES = settings.STORAGES | {"assets": {"BACKEND": "assets.storage.ContentStore"}}
    assert (
        upload(api, f"/api/v1/assets/{made['id']}/versions/", b"other bytes").json()["number"] == 2
    )
    assert not list(checks.findings())


def test_a_row_that_cannot_be_written_takes_its_file_back(cast: Cast, settings: Settings) -> None:
    item = new_item(cast)
    made = first_version(cast, item)
    before = stored()
    settings.WIRING = "tests.assets.refusing_wiring"
    address = f"/api/v1/assets/{made['id']}/versions/"
    assert upload(cast.api("contributor"), address, b"second").status_code == 409
    assert stored() == before
    # bytes that another version needs stay, although this upload failed as well
    assert (
        upload(cast.api("contributor"), f"/api/v1/items/{item.key}/assets/", files.TEXT).status_code
        == 409
    )
    assert stored() == before
    assert not list(checks.findings())


def test_the_newest_bytes_again_are_refused_and_older_ones_are_recognised(cast: Cast) -> None:
    made = first_version(cast, new_item(cast))
    address = f"/api/v1/assets/{made['id']}/versions/"
    again = upload(cast.api("contributor"), address)
    assert again.status_code == 409
    assert again.json()["code"] == "identical"
    assert again.json()["version"] == 1
    assert "identical to version 1" in again.json()["detail"]
    upload(cast.api("contributor"), address, b"second")
    back = upload(cast.api("contributor"), address, rationale="Back to the first.")
    assert back.status_code == 201
    assert back.json()["number"] == 3
    assert len(stored()) == 2
    page = cast.client("viewer").get(f"/p/ATLAS/assets/{made['id']}/").content.decode()
    assert "Same bytes" in page
    assert f"/p/ATLAS/assets/{made['id']}/1/" in page


def test_a_page_says_that_the_file_is_identical(cast: Cast) -> None:
    made = first_version(cast, new_item(cast))
    page = upload(cast.client("contributor"), f"/p/ATLAS/assets/{made['id']}/upload/")
    assert page.status_code == 409
    assert "identical to version 1" in page.content.decode()
    assert "First draft." in page.content.decode()  # what was typed is still there


def test_an_upload_is_in_the_log_with_its_hash(cast: Cast) -> None:
    item = new_item(cast)
    made = first_version(cast, item)
    added, uploaded = (
        Change.objects.filter(item_id=item.pk).exclude(verb="item.created").order_by("pk")
    )
    assert added.verb == "asset.added"
    assert uploaded.verb == "version.uploaded"
    assert uploaded.fields["sha256"] == [None, made["newest"]["sha256"]]
    assert uploaded.fields["version"] == [None, 1]
    assert uploaded.reason == "First draft."
    assert uploaded.right == "asset.upload"
    assert uploaded.channel == "api"
    assert uploaded.actor == cast.contributor


def test_the_items_summary_counts_its_assets(cast: Cast) -> None:
    item = new_item(cast)
    first_version(cast, item)
    upload(cast.client("contributor"), f"/items/{item.key}/assets/", files.PDF, "story.pdf")
    summary = ItemSummary.objects.get(pk=item.pk)
    assert (summary.assets_count, summary.review_state) == (2, "not_reviewed")


def test_the_kind_follows_the_newest_version(cast: Cast) -> None:
    made = first_version(cast, new_item(cast))
    upload(
        cast.api("contributor"),
        f"/api/v1/assets/{made['id']}/versions/",
        files.image("PNG"),
        "board.png",
    )
    asset = cast.api("viewer").get(f"/api/v1/assets/{made['id']}/").json()
    assert asset["kind"] == "image"
    assert (asset["newest"]["width"], asset["newest"]["height"]) == (40, 30)


def test_a_retry_with_its_key_makes_one_version(cast: Cast) -> None:
    item = new_item(cast)
    address = f"/api/v1/items/{item.key}/assets/"
    answers = [
        cast.api("contributor").post(
            address,
            {"file": SimpleUploadedFile("a.txt", files.TEXT), "rationale": "Why"},
            headers={"Idempotency-Key": "one"},
        )
        for _ in range(2)
    ]
    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert Version.objects.count() == 1


@pytest.mark.parametrize("name", ["viewer", "outsider", "anonymous"])
def test_only_members_who_may_upload_do(cast: Cast, name: str) -> None:
    item = new_item(cast)
    made = first_version(cast, item)
    # a page, too: what somebody wrote after their session ended is given back, which a redirect would lose
    status = {"viewer": 403, "outsider": 404, "anonymous": 401}[name]
    for address in (f"/api/v1/items/{item.key}/assets/", f"/api/v1/assets/{made['id']}/versions/"):
        assert upload(cast.api(name), address, b"mine").status_code == status
    for address in (f"/items/{item.key}/assets/", f"/p/ATLAS/assets/{made['id']}/upload/"):
        assert upload(cast.client(name), address, b"mine").status_code == status
    assert Version.objects.count() == 1
    assert len(stored()) == 1


def test_a_token_that_may_only_read_uploads_nothing(cast: Cast) -> None:
    item = new_item(cast)
    assert upload(cast.api("read"), f"/api/v1/items/{item.key}/assets/").status_code == 403
    assert upload(cast.api("bound"), f"/api/v1/items/{item.key}/assets/").status_code == 201
    assert upload(cast.api("elsewhere"), f"/api/v1/items/{item.key}/assets/").status_code == 404


def test_an_asset_of_another_product_is_not_there(cast: Cast) -> None:
    theirs = new_item(cast, product=cast.b)
    answer = upload(cast.api("outsider"), f"/api/v1/items/{theirs.key}/assets/")
    asset, version = answer.json()["id"], answer.json()["newest"]["id"]
    for pattern, found in (
        ("/api/v1/items/{}/assets/", theirs.key),
        ("/api/v1/assets/{}/", asset),
        ("/api/v1/assets/{}/versions/", asset),
        ("/api/v1/versions/{}/", version),
        ("/api/v1/versions/{}/content/", version),
    ):
        missing = cast.api("administrator").get(
            pattern.format("NONE-1" if found == theirs.key else 999_999_999)
        )
        seen = cast.api("administrator").get(pattern.format(found))
        assert seen.status_code == 404
        assert seen.content == missing.content
    for address in ("", "1/", "1/view/", "1/download/", "upload/"):
        # under their own product's address, and under mine
        for key in ("BRAVO", "ATLAS"):
            answer = cast.client("administrator").get(f"/p/{key}/assets/{asset}/{address}")
            assert answer.status_code == 404


def test_an_id_beyond_the_databases_numbers_is_not_found(cast: Cast) -> None:
    huge = "9" * 30
    for address in (
        f"/api/v1/assets/{huge}/",
        f"/api/v1/versions/{huge}/",
        f"/api/v1/versions/{huge}/content/",
    ):
        assert cast.api("viewer").get(address).status_code == 404
    assert cast.client("viewer").get(f"/p/ATLAS/assets/{huge}/").status_code == 404


def test_unknown_fields_and_json_are_refused(cast: Cast) -> None:
    item = new_item(cast)
    address = f"/api/v1/items/{item.key}/assets/"
    answer = upload(cast.api("contributor"), address, state="approved", sha256="0" * 64)
    assert answer.status_code == 400
    assert set(answer.json()["fields"]) == {"state", "sha256"}
    as_json = cast.api("contributor").post(address, {"rationale": "Why"}, "application/json")
    assert as_json.status_code == 415
    assert stored() == []


def test_an_import_that_made_the_item_is_not_undone_under_its_assets(cast: Cast) -> None:
    from backlog import events
    from core.errors import Conflict

    item = new_item(cast)
    first_version(cast, item)
    with pytest.raises(Conflict) as refusal:
        events.publish("item.deleted", item_ids=[item.pk])
    assert item.key in refusal.value.detail


def test_the_handler_takes_the_place_of_djangos(settings: Settings) -> None:
    handlers = [type(each).__name__ for each in HttpRequest().upload_handlers]
    assert handlers == ["MemoryFileUploadHandler", "BoundedUpload"]
