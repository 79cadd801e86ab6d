"""The record of a round as a PDF: what was reviewed, who decided what, and every note in its place (T14, R116).

The same round gives the same bytes: nothing of it depends on the clock, and ReportLab is told to be invariant.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.contrib.staticfiles import finders
from PIL import Image, ImageDraw
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Image as Picture
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

from assets.models import Preview, Version
from assets.storage import store
from reviews.models import Approval, Note, ReviewCycle
from reviews.places import moment, place_words
from reviews.selectors import approvals_of, stages_of
from reviews.vocabulary import ApprovalState, NoteState, Verdict

REGULAR, BOLD = "DejaVu", "DejaVu-Bold"
#: Notes in a record; the rest is counted.
MOST_NOTES = 500
#: Pictures in a record: each costs a decoded preview.
MOST_PICTURES = 60
WIDTH = A4[0] - 36 * mm
INK, SOFT = colors.HexColor("#1d2733"), colors.HexColor("#5b6773")


@dataclass(frozen=True)
class Styles:
    title: ParagraphStyle
    heading: ParagraphStyle
    body: ParagraphStyle
    small: ParagraphStyle


@cache
def _styles() -> Styles:
    """Fonts are found once; they come with the product (DejaVu)."""
    for name, file in ((REGULAR, "DejaVuSans.ttf"), (BOLD, "DejaVuSans-Bold.ttf")):
        found = finders.find(f"vendor/dejavu/{file}")
        pdfmetrics.registerFont(TTFont(name, str(found)))
    base: dict[str, Any] = {"fontName": REGULAR, "textColor": INK, "splitLongWords": 1}
    return Styles(
        ParagraphStyle("title", **{**base, "fontName": BOLD, "fontSize": 16, "leading": 20}),
        ParagraphStyle(
            "heading",
            **{**base, "fontName": BOLD, "fontSize": 11, "leading": 14, "spaceBefore": 10},
        ),
        ParagraphStyle("body", **{**base, "fontSize": 9, "leading": 13}),
        ParagraphStyle("small", **{**base, "fontSize": 7.5, "leading": 10, "textColor": SOFT}),
    )


def _lost(approval: Approval) -> str:
    """What became of an approval that does not hold; empty for one that does."""
    if approval.state == ApprovalState.REVOKED and approval.revoked_at is not None:
        who = f" by {approval.revoked_by}" if approval.revoked_by else ""
        when = _when(approval.revoked_at)
        return f"The approval was revoked, {when}{who}: {approval.revoked_reason}"
    if approval.state == ApprovalState.VOID and approval.voided_by is not None:
        if approval.voided_by_id == approval.version_id:
            return "The approval is void since its claims changed."
        return f"The approval is void since version {approval.voided_by.number}."
    return ""


def write(cycle: ReviewCycle, notes: Sequence[Note]) -> bytes:
    """The record. ``cycle`` loaded by ``selectors.with_stages``; ``notes`` are those that the reader may see."""
    styles = _styles()
    version, asset, item = cycle.version, cycle.asset, cycle.asset.item
    story: list[Any] = [
        Paragraph(_safe(asset.name), styles.title),
        Paragraph(
            _safe(f"{item.key} {item.title} · version {version.number}, round {cycle.round} · "
                  f"{cycle.get_state_display()}"),
            styles.body,
        ),
        Paragraph(f"sha256 {version.sha256}", styles.small),
    ]  # fmt: skip
    if cycle.purpose:
        story.append(Paragraph(_safe(cycle.purpose), styles.body))
    story.append(
        Paragraph(
            _safe(f"Begun {_when(cycle.started_at)} by {cycle.started_by or 'Ballast'}"
                  + (f", closed {_when(cycle.closed_at)}" if cycle.closed_at else "")),
            styles.small,
        )
    )  # fmt: skip
    story.append(Paragraph("Stages", styles.heading))
    lost = {row.stage_id: _lost(row) for row in approvals_of(cycle.asset) if _lost(row)}
    for stage in stages_of(cycle):
        story.append(
            Paragraph(f"<b>{_safe(stage.name)}</b>: {stage.get_state_display()}", styles.body)
        )
        if stage.material:
            story.append(Paragraph(_safe(f"Material: {', '.join(stage.material)}"), styles.small))
        if stage.pk in lost:
            story.append(Paragraph(_safe(lost[stage.pk]), styles.small))
        for decision in sorted(stage.decisions.all(), key=lambda each: each.pk):
            said = "approved" if decision.verdict == Verdict.APPROVE else "requested changes"
            role = decision.get_role_display().lower()
            line = f"{decision.reviewer}, {role}, {said}, {_when(decision.decided_at)}"
            story.append(Paragraph(_safe(line), styles.body))
            for label, words in (("Condition", decision.conditions), ("Note", decision.note)):
                if words:
                    story.append(Paragraph(f"{label}: {_safe(words)}", styles.small))
            for check in decision.checked:
                mark = {True: "yes", False: "no"}.get(check.get("ok"), "not answered")
                story.append(Paragraph(_safe(f"{check['text']} {mark}"), styles.small))
    every = [note for note in notes if not note.parent_id]
    shown = every[:MOST_NOTES]
    answers: dict[int, list[Note]] = {}
    for note in notes:
        if note.parent_id:
            answers.setdefault(note.parent_id, []).append(note)
    story.append(Paragraph(f"Notes ({len(every)})", styles.heading))
    sheets = _Sheets(version)
    for note in shown:
        story += _note(note, answers.get(note.pk, []), sheets, styles)
    if len(every) > len(shown):
        left = f"{len(every) - len(shown)} more are not printed; the page of the review has them."
        story.append(Paragraph(left, styles.body))
    if not shown:
        story.append(Paragraph("None.", styles.body))
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=16 * mm,
        bottomMargin=16 * mm,
        title=f"Review of {_plain(asset.name)}, version {version.number}",
        author="Ballast",
        invariant=1,
    )
    document.build(story)
    return out.getvalue()


def _note(note: Note, answers: Sequence[Note], sheets: _Sheets, styles: Styles) -> list[Any]:
    facts = [
        place_words(note.anchor),
        note.subject,
        "must be met" if note.must else "",
        note.weight,
    ]
    if note.state != NoteState.OPEN:
        facts.append(note.get_state_display().lower())
    head = f"<b>{_safe(note.who)}</b>, {_when(note.created_at)}"
    rows: list[Any] = [
        Spacer(1, 5),
        Paragraph(head, styles.body),
        Paragraph(_safe(" · ".join(each for each in facts if each)), styles.small),
    ]
    if note.quote:
        rows.append(
            Table(
                [[Paragraph(_safe(note.quote), styles.small)]],
                colWidths=[WIDTH],
                style=[("LINEBEFORE", (0, 0), (0, -1), 1.5, SOFT)],
            )
        )
    picture = sheets.cut(note)
    if picture is not None:
        rows.append(picture)
    rows.append(Paragraph(_safe(note.body), styles.body))
    rows += [
        Paragraph(
            f"→ <b>{_safe(each.who)}</b>: {_safe(each.body)}",
            styles.body,
        )
        for each in answers
    ]
    return rows


class _Sheets:
    """Previews of the version, with a note's region drawn into them."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.left = MOST_PICTURES
        rows = Preview.objects.filter(version=version, media_type__startswith="image/")
        self.rows = {(row.kind, row.number): row for row in rows.order_by("pk")}

    def cut(self, note: Note) -> Picture | None:
        """The page, picture or frame that a note points at, with its region; None where there is none."""
        anchor = note.anchor or {}
        if self.left == 0 or not ({"region", "page", "second"} & anchor.keys()):
            return None
        if "second" in anchor:
            row = self.rows.get(("still", moment(anchor) or 0))
        else:
            row = self.rows.get(("page", anchor.get("page", 1))) or self.rows.get(("thumb", 1))
        if row is None:
            return None
        try:
            with store().open(row.product_id, row.sha256) as file:
                image = Image.open(file, formats=["PNG", "JPEG", "WEBP"]).convert("RGB")
        except OSError:
            return None
        self.left -= 1
        if "region" in anchor:
            x, y, width, height = anchor["region"]
            box = (
                x * image.width,
                y * image.height,
                (x + width) * image.width,
                (y + height) * image.height,
            )
            ImageDraw.Draw(image).rectangle(
                box, outline=(200, 60, 30), width=max(2, image.width // 200)
            )
        image.thumbnail((900, 900))
        packed = io.BytesIO()
        image.save(packed, "PNG")
        packed.seek(0)
        across = min(WIDTH / 2, image.width * 0.5)
        return Picture(
            packed,
            width=across,
            height=across * image.height / image.width,
            hAlign="LEFT",
        )


def _when(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else ""


def _plain(words: str) -> str:
    """Without what a font cannot draw: control and direction marks, and planes beyond the first."""
    kept = (each if ord(each) < 0x10000 else "\ufffd" for each in words)
    return "".join(each for each in kept if each == "\n" or unicodedata.category(each)[0] != "C")


def _safe(words: str) -> str:
    """Text for a paragraph: nothing in it is markup."""
    escaped = _plain(words).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("\n", "<br/>")
