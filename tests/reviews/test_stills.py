"""The frames that notes on films point at: made once, the right ones, and shown in the record of the round."""

from __future__ import annotations

import io

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from assets.jobs import previews
from assets.jobs import stills as jobs
from assets.models import Preview, Version
from assets.services.assets import add_asset
from assets.services.versions import upload_version
from assets.storage import store
from reviews.jobs import stills
from reviews.models import Note
from reviews.record import write
from reviews.services.notes import add_note
from tests.assets import making
from tests.assets.files import new_item
from tests.cast import Cast
from tests.reviews.rounds import start

pytestmark = pytest.mark.usefixtures("sound")


def film(cast: Cast, content: bytes | None = None, name: str = "tour.mp4") -> Version:
    version = add_asset(
        actor=cast.actor("contributor"),
        item=new_item(cast),
        file=ContentFile(making.film() if content is None else content, name=name),
        rationale="First.",
    )
    previews.look(version.pk)
    return Version.objects.select_related("asset__product").get(pk=version.pk)


def bar(row: Preview) -> int:
    """Where the bar of ``making.film`` stands in a frame of 160 pixels: four further with each frame of 15 a second."""
    with store().open(row.product_id, row.sha256) as file:
        frame = Image.open(io.BytesIO(file.read())).convert("L")
    line = [frame.getpixel((x, 45)) for x in range(frame.width)]
    return max(range(len(line)), key=lambda x: sum(line[x : x + 10]))


def test_a_note_keeps_the_frame_that_it_points_at(cast: Cast) -> None:
    version = film(cast)
    for second in (0.0, 0.5, 1.0, 0.5, 2.2):
        add_note(
            actor=cast.actor("owner"), version=version, body="Here.", anchor={"second": second}
        )
    stills.make(version.pk)
    rows = {row.number: row for row in version.previews.filter(kind="still")}
    assert sorted(rows)[:3] == [0, 500, 1000]
    # 0.5 s lies in frame 7 (0.467 to 0.533 s), 1 s begins frame 15
    assert [bar(rows[at]) for at in (0, 500, 1000)] == pytest.approx([0, 28, 60], abs=2)
    assert stills.make(version.pk) == 0, "nothing is made twice"


def test_a_film_that_is_looked_at_again_keeps_its_stills(cast: Cast) -> None:
    version = film(cast)
    assert jobs.make(version, [400]) == 1
    Version.objects.filter(pk=version.pk).update(preview_state="due", preview_attempts=0)
    previews.look(version.pk)
    assert version.previews.filter(kind="still").count() == 1
    assert version.previews.filter(kind="poster").count() == 1


def test_the_record_of_a_round_shows_the_frame(cast: Cast) -> None:
    version = film(cast)
    cycle = start(cast, version)
    note = add_note(
        actor=cast.actor("owner"),
        version=version,
        body="The bar.",
        cycle=cycle,
        anchor={"second": 1.0, "region": [0.3, 0.1, 0.2, 0.8]},
    )
    Preview.objects.filter(kind="still").delete()
    without = write(cycle, [note])
    stills.sweep()
    assert note.version.previews.filter(kind="still").exists(), "a lost message costs a minute"
    assert b"/Subtype /Image" not in without
    assert b"/Subtype /Image" in write(cycle, [note])


def test_notes_that_go_on_to_the_next_version_get_its_frames(cast: Cast) -> None:
    version = film(cast)
    add_note(actor=cast.actor("owner"), version=version, body="Slower.", anchor={"second": 0.2})
    after = upload_version(
        actor=cast.actor("contributor"),
        asset=version.asset,
        file=ContentFile(making.film(shade=30), name="tour.mp4"),
        rationale="Darker.",
    )
    assert Note.objects.get(version=after).anchor == {"second": 0.2}
    stills.sweep()
    assert not after.previews.exists(), "it has not been looked into yet"
    previews.look(after.pk)
    stills.sweep()
    assert after.previews.filter(kind="still", number=200).exists()


def test_nothing_is_made_of_what_cannot_be_played(cast: Cast) -> None:
    damaged = film(cast, making.film()[:2000])
    assert damaged.preview_state != "ready"
    assert jobs.make(damaged, [0]) == 0
    sound = film(cast, making.tone(), "a.wav")
    assert jobs.make(sound, [0]) == 0
