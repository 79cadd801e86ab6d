"""The record of a round as a PDF: everything that was decided and said, readable, and the same each time."""

from __future__ import annotations

import pypdfium2
from django.core.files.base import ContentFile

from assets.jobs import previews
from assets.services.assets import add_asset
from reviews.models import Approval, Layer
from reviews.services import approvals
from tests.assets.files import image, new_item
from tests.cast import Cast
from tests.reviews.rounds import decide_as, post, start


def words(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    return " ".join(page.get_textpage().get_text_range() for page in document)


def test_everything_is_in_it_and_the_same_round_gives_the_same_bytes(cast: Cast) -> None:
    cycle = start(cast)
    notes = f"/api/v1/reviews/{cycle.pk}/notes/"
    said = post(
        cast, "owner", notes, {"body": "Wer <b>sagt</b> das? שלום 🚢 &", "anchor": {"line": 1}}
    )
    post(cast, "reviewer", notes, {"body": "Mira does.", "answers": said.json()["id"]})
    post(cast, "owner", f"/api/v1/notes/{said.json()['id']}/settle/", {"state": "resolved"})
    decide_as(cast, "reviewer", cycle, conditions="If the date is right.", checked=[{"ok": True}])
    path = f"/p/ATLAS/reviews/{cycle.pk}/record.pdf"
    first = cast.client("viewer").get(path)
    assert (first.status_code, first["Content-Type"]) == (200, "application/pdf")
    assert first["Content-Disposition"].startswith("attachment")
    text = " ".join(words(first.content).split())
    for expected in (
        cycle.version.sha256,
        "Wer <b>sagt</b> das?",
        "Mira does.",
        "line 1",
        "resolved",
        "If the date is right.",
        "Every statement is correct. yes",
        "Reviewer, reviewer, approved",
    ):
        assert expected in text, expected
    again = cast.api("viewer").get(f"/api/v1/reviews/{cycle.pk}/record.pdf")
    assert again.content == first.content


def test_private_notes_are_in_the_record_of_those_who_may_see_them(cast: Cast) -> None:
    Layer.objects.filter(product=cast.a, slug="subject_matter").update(private=True)
    cycle = start(cast)
    post(cast, "reviewer", f"/api/v1/reviews/{cycle.pk}/notes/", {"body": "Between us."})
    path = f"/p/ATLAS/reviews/{cycle.pk}/record.pdf"
    assert "Between us." in words(cast.client("reviewer").get(path).content)
    assert "Between us." not in words(cast.client("owner").get(path).content)


def test_a_region_is_shown_in_its_picture(cast: Cast) -> None:
    file = ContentFile(image("PNG"), name="frame.png")
    version = add_asset(
        actor=cast.actor("contributor"), item=new_item(cast), file=file, rationale="First."
    )
    cycle = start(cast, version)
    notes = f"/api/v1/reviews/{cycle.pk}/notes/"
    post(cast, "owner", notes, {"body": "Here.", "anchor": {"region": [0.1, 0.1, 0.5, 0.5]}})
    previews.look(version.pk)
    document = pypdfium2.PdfDocument(
        cast.client("viewer").get(f"/p/ATLAS/reviews/{cycle.pk}/record.pdf").content
    )
    pictures = [
        each
        for page in document
        for each in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])
    ]
    assert len(pictures) == 1


def test_what_was_revoked_is_said_beside_its_stage(cast: Cast) -> None:
    cycle = start(cast)
    decide_as(cast, "reviewer", cycle)
    given = Approval.objects.get(asset=cycle.asset)
    approvals.revoke(actor=cast.actor("owner"), approval=given, reason="He was not asked.")
    record = cast.client("viewer").get(f"/p/ATLAS/reviews/{cycle.pk}/record.pdf").content
    text = " ".join(words(record).split())
    assert "The approval was revoked" in text
    assert "by Owner: He was not asked." in text
