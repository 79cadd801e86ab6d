"""Real scripts, training modules, figures and logos go in as versions and come out as they went in."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pytest

from assets.jobs import checks
from assets.models import Version
from assets.storage import store
from assets.texts import differences, parts, reading, segments
from tests.assets.files import first_version, new_item, upload
from tests.cast import Cast
from tests.shared_data import needs_shared_data, shared

pytestmark = needs_shared_data


def drafts() -> list[tuple[bytes, str]]:
    folder = shared("creative", "script_nemesis_drafts")
    return [(path.read_bytes(), path.name) for path in sorted(folder.glob("v*.fountain"))]


def module(name: str) -> list[tuple[bytes, str]]:
    lines = shared("creative", name).read_text().splitlines()
    return [(json.loads(line)["text"].encode(), "module.md") for line in lines]


TEXTS = {
    "the script": (drafts, 11),
    "tracking changes": (lambda: module("training_module_tracking_changes_revisions.jsonl"), 60),
    "ignoring things": (lambda: module("training_module_ignoring_things_revisions.jsonl"), 53),
}


def put_in(cast: Cast, revisions: list[tuple[bytes, str]]) -> int:
    """All revisions as versions of one asset, in order; its id."""
    made = first_version(cast, new_item(cast), *revisions[0])
    address = f"/api/v1/assets/{made['id']}/versions/"
    for content, name in revisions[1:]:
        answer = upload(cast.api("contributor"), address, content, name)
        assert answer.status_code == 201, answer.content
    found: int = made["id"]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", list(TEXTS))
def test_revisions_come_out_as_they_went_in(cast: Cast, name: str) -> None:
    make, count = TEXTS[name]
    revisions = make()
    assert len(revisions) == count
    asset = put_in(cast, revisions)
    listed = cast.api("viewer").get(f"/api/v1/assets/{asset}/versions/").json()["results"][::-1]
    assert [each["number"] for each in listed] == list(range(1, count + 1))
    assert [each["sha256"] for each in listed] == [
        hashlib.sha256(content).hexdigest() for content, _ in revisions
    ]
    for version, (content, _) in zip(listed, revisions, strict=True):
        answer = cast.api("viewer").get(f"/api/v1/versions/{version['id']}/content/")
        assert b"".join(answer.streaming_content) == content
    assert not list(checks.findings())
    for at in range(1, count):
        found = cast.api("viewer").get(f"/api/v1/assets/{asset}/differences/?old={at}&new={at + 1}")
        assert found.status_code == 200
        assert found.json()["changed"] + found.json()["added"] + found.json()["removed"] > 0 or (
            reading.decoded(revisions[at - 1][0]) == reading.decoded(revisions[at][0])
        )
    page = cast.client("viewer").get(f"/p/ATLAS/assets/{asset}/compare/1/{count}/")
    assert page.status_code == 200


@pytest.mark.parametrize("name", list(TEXTS))
def test_neighbours_are_compared_and_taken_apart(name: str) -> None:
    """Without a database: each text is rebuilt from its differences, and its segments keep most of their keys."""
    make, _ = TEXTS[name]
    media_type = "text/fountain" if name == "the script" else "text/markdown"
    known: list[segments.Known] = []
    highest = 0
    before: list[str] = []
    kept = total = 0
    for content, _ in make():
        text = reading.decoded(content)
        lines = reading.lines(text)
        rows = differences.rows(before, lines)
        assert ["".join(p.text for p in row.old) for row in rows if row.old_number] == before
        assert ["".join(p.text for p in row.new) for row in rows if row.new_number] == lines
        assert len("".join(parts.split(text, media_type).values())) >= len(text) - len(lines)
        found = segments.split(text, media_type)
        keys = segments.aligned(known, found, highest + 1)
        assert len(set(keys)) == len(keys)
        if known:
            total += min(len(known), len(keys))
            kept += len({each.key for each in known} & set(keys))
        highest = max([highest, *keys])
        known = [
            segments.Known(key, each.label, each.text, each.sha256)
            for key, each in zip(keys, found, strict=True)
        ]
        before = lines
    assert kept / total > 0.9


@pytest.mark.slow
def test_figures_and_logos(cast: Cast) -> None:
    """Pictures, drawings and documents get previews; drawings themselves are only given out."""
    for folder in ("figure_create_repo", "figure_play_changes", "figure_versions"):
        rows = list(csv.DictReader(shared("creative", folder, "revisions.csv").open()))
        files = sorted(path for path in shared("creative", folder).glob("v*"))
        asset = put_in(cast, [(path.read_bytes(), path.name) for path in files])
        versions = Version.objects.filter(asset=asset).order_by("number")
        assert len(versions) == len(rows)
        for version, path in zip(versions, files, strict=True):
            _came_out(version, path)
            assert version.preview_state == "ready", path.name
        for at in range(1, len(files)):
            page = cast.client("viewer").get(f"/p/ATLAS/assets/{asset}/compare/{at}/{at + 1}/")
            assert page.status_code == 200
    logos = sorted(shared("creative", "logo_proposals").iterdir())
    asset = put_in(cast, [(path.read_bytes(), path.name) for path in logos])
    for version, path in zip(
        Version.objects.filter(asset=asset).order_by("number"), logos, strict=True
    ):
        _came_out(version, path)
        assert version.preview_state == "ready", (path.name, version.preview_error)
        assert version.previews.filter(kind="thumb").exists()
    assert not list(checks.findings())


def _came_out(version: Version, path: Path) -> None:
    data = path.read_bytes()
    assert version.sha256 == hashlib.sha256(data).hexdigest()
    assert store().path(version.product_id, version.sha256).read_bytes() == data
