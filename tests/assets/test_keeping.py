"""What stays behind is found and removed; what must hold is checked."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as live
from django.core.files.base import ContentFile
from django.utils import timezone

from assets import tasks
from assets.jobs import checks, leftovers
from assets.models import Asset, Version
from assets.services.versions import upload_version
from assets.storage import store
from core.uploads import TooLarge
from tests.assets.files import first_version, new_item
from tests.cast import Cast


def orphan(product_id: int, content: bytes = b"nobody's", age: float = 0) -> Path:
    """A file in its place without a row, as a process that was killed before its commit leaves it."""
    with store().received([content], limit=1000) as draft:
        assert store().keep(product_id, draft)
        path = store().path(product_id, draft.sha256)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def rules() -> list[str]:
    return [each.rule for each in checks.findings()]


def test_old_leftovers_go_and_young_ones_stay(cast: Cast) -> None:
    first_version(cast, new_item(cast))
    version = Version.objects.get()
    kept = store().path(version.product_id, version.sha256)
    os.utime(kept, (0, 0))
    old, young = orphan(cast.a.pk, b"old", 90_000), orphan(cast.b.pk, b"young", 3000)
    temporary = Path(live.MEDIA_ROOT) / ".tmp" / "asset-half"
    temporary.write_bytes(b"half")
    os.utime(temporary, (0, 0))
    assert rules() == ["no orphan", "no orphan"]
    tasks.hourly()
    assert kept.exists()
    assert young.exists()
    assert not old.exists()
    assert not temporary.exists()
    assert leftovers.remove_leftovers() == 0
    assert leftovers.remove_leftovers(timezone.now() + timedelta(hours=30)) == 1
    assert rules() == []


def test_what_another_sweep_takes_away_meanwhile_is_passed_over(cast: Cast) -> None:
    paths = {orphan(cast.a.pk, content) for content in (b"one", b"two", b"three")}
    listing = store().listing(cast.a.pk)
    first, _written = next(listing)
    for path in paths:
        if path.name != first:
            path.unlink()
    assert list(listing) == []


def test_an_orphan_is_taken_over_by_an_upload_of_its_bytes(cast: Cast) -> None:
    path = orphan(cast.a.pk, b"the same bytes")
    first_version(cast, new_item(cast), b"the same bytes", "a.txt")
    assert path.exists()
    assert rules() == []


def test_a_damaged_file_is_put_right_by_an_upload_of_its_bytes(cast: Cast) -> None:
    first_version(cast, new_item(cast), b"good bytes", "a.txt")
    version = Version.objects.get()
    store().path(version.product_id, version.sha256).write_bytes(b"cut")
    assert rules() == ["file unchanged"]
    first_version(cast, new_item(cast), b"good bytes", "b.txt")
    assert rules() == []


def test_every_fault_is_found(cast: Cast) -> None:
    made = first_version(cast, new_item(cast), b"one", "a.txt")
    asset = Asset.objects.get(pk=made["id"])
    second = upload_version(
        actor=cast.actor("contributor"),
        asset=asset,
        file=ContentFile(b"two", name="a.txt"),
        rationale="Why",
    )
    assert rules() == []
    Asset.objects.filter(pk=asset.pk).update(versions_count=3)
    assert rules() == ["versions 1 … n"]
    Asset.objects.filter(pk=asset.pk).update(versions_count=2)
    path = store().path(cast.a.pk, second.sha256)
    path.write_bytes(b"TWO")
    assert rules() == ["file unchanged"]
    assert not list(checks.findings(read_files=False))
    path.write_bytes(b"longer")
    assert [each.rule for each in checks.findings(read_files=False)] == ["file unchanged"]
    path.unlink()
    assert rules() == ["file present"]


def test_a_draft_goes_whatever_happens_to_it(cast: Cast) -> None:
    with pytest.raises(TooLarge):
        with store().received([b"x" * 600, b"x" * 600], limit=1000):
            pytest.fail("more than the limit was taken")
    with pytest.raises(RuntimeError):
        with store().received([b"x"], limit=1000):
            raise RuntimeError
    assert not list(store().drafts())


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, "0" * 63, "", "0" * 64 + "\n"])
def test_a_path_is_made_of_a_hash_and_nothing_else(name: str) -> None:
    with pytest.raises(ValueError):
        store().path(1, name)
