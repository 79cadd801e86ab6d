"""Rules of the services that forms and shapes keep from being reached by pages and API."""

import io

import pytest
from django.core.files.base import ContentFile

from accounts.actors import Actor
from assets import media
from assets.jobs import leftovers
from assets.models import Asset, Version
from assets.services.assets import add_asset, refuse_deletion
from assets.services.versions import mark_approved
from core.errors import Invalid
from tests.assets.files import new_item
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("sound")


def test_a_name_is_not_too_long(cast: Cast) -> None:
    with pytest.raises(Invalid) as refusal:
        add_asset(
            actor=cast.actor("contributor"),
            item=new_item(cast),
            file=ContentFile(b"x", name="a.txt"),
            rationale="Why",
            name="x" * 121,
        )
    assert "name" in refusal.value.fields
    assert not Asset.objects.exists()


def test_a_file_without_a_name_and_an_uploader(cast: Cast) -> None:
    version = add_asset(
        actor=Actor.system(), item=new_item(cast), file=ContentFile(b"x"), rationale="Brought in"
    )
    assert (version.asset.name, version.original_name, version.uploaded_by) == (
        "Untitled",
        "",
        None,
    )
    answer = cast.api("viewer").get(f"/api/v1/versions/{version.pk}/")
    assert answer.json()["uploaded_by"] is None
    assert cast.client("viewer").get(f"/p/ATLAS/assets/{version.asset_id}/").status_code == 200
    download = cast.client("viewer").get(f"/p/ATLAS/assets/{version.asset_id}/1/download/")
    assert download["Content-Disposition"] == 'attachment; filename="version-1.txt"'


@pytest.mark.unsound
def test_only_a_draft_becomes_approved(cast: Cast) -> None:
    version = add_asset(
        actor=Actor.system(), item=new_item(cast), file=ContentFile(b"x"), rationale="Why"
    )
    Version.objects.filter(pk=version.pk).update(state="retired")
    mark_approved(version=version)
    version.refresh_from_db()
    assert version.state == "retired"
    Version.objects.filter(pk=version.pk).update(state="draft")
    mark_approved(version=version)
    assert version.state == "approved"


def test_items_without_assets_may_go(cast: Cast) -> None:
    refuse_deletion(item_ids=[new_item(cast).pk])


def test_nothing_to_remove_is_no_work(cast: Cast) -> None:
    assert leftovers.remove_leftovers() == 0


def test_a_jpeg_with_fill_bytes_and_bare_markers_has_a_size() -> None:
    frame = b"\xff\xff\xc0\x00\x11\x08\x00\x20\x00\x10\x03" + b"\0" * 20
    found = media.recognise(io.BytesIO(b"\xff\xd8\xff\x01\xff\xe0\x00\x04ab" + frame), "a")
    assert (found.width, found.height) == (16, 32)


def test_a_jpeg_that_never_comes_to_its_frame_is_refused() -> None:
    with pytest.raises(Invalid):
        media.recognise(io.BytesIO(b"\xff\xd8" + b"\xff\x01" * 3000), "a")


def test_a_type_that_is_no_longer_known_is_a_file(cast: Cast) -> None:
    version = Version(media_type="application/x-gone")
    assert version.kind == "file"
    assert version.shown is False
