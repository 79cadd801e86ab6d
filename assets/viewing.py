"""What a page needs to show a version: one value for every kind, made from rows and the text's bytes.

Pages include ``assets/_viewer.html`` with ``viewer`` set to :func:`viewer`'s answer. Where a person looks at it through
another door (a guest's link), the addresses of bytes and previews come in from there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from assets import media
from assets.models import ClaimMark, Preview, Version
from assets.selectors import Lines, claim_spans, lines_of
from assets.texts import inline, reading
from assets.vocabulary import AssetKind, PreviewState

#: Marks of spans of a line: {line from 1: [(start, end, kind)]}.
SpanMarks = Mapping[int, Sequence[tuple[int, int, str]]]
#: (kind, number) of a preview -> its address.
PreviewAddress = Callable[[str, int], str]


@dataclass(frozen=True)
class Line:
    """A line of a text as it is shown: ``number`` from 1, ``kind`` of ``texts.reading.KINDS``, its spans."""

    number: int
    kind: str
    spans: list[inline.Span]


@dataclass(frozen=True)
class PageImage:
    """A page of a PDF as a picture. ``number`` from 1; width and height in pixels."""

    number: int
    url: str
    width: int
    height: int


@dataclass(frozen=True)
class Viewer:
    """All that the template reads. ``kind``: text, image, pdf, video, audio or file (nothing can be shown).

    A drawing (SVG) is shown as the picture that a worker made of it. ``width`` and ``height``: its pixels.
    """

    version: Version
    kind: str
    content_url: str
    download_url: str
    lines: list[Line] | None = None
    cut: bool = False
    missing: bool = False
    pages: list[PageImage] = field(default_factory=list)
    poster_url: str = ""
    waveform_url: str = ""
    marks: Sequence[Mapping[str, Any]] = ()
    width: int | None = None
    height: int | None = None

    @property
    def is_drawing(self) -> bool:
        """It can only be shown as the picture that a worker makes of it."""
        return self.version.media_type == media.SVG

    @property
    def marks_json(self) -> str:
        """Marks as the script of the viewer reads them."""
        return json.dumps(list(self.marks))

    @property
    def pages_left_out(self) -> int:
        """Pages of the document that have no picture."""
        return max(0, (self.version.pages or 0) - len(self.pages)) if self.pages else 0

    @property
    def preview_due(self) -> bool:
        """Pictures of it are still being made."""
        return self.version.preview_state == PreviewState.DUE

    @property
    def preview_failed(self) -> bool:
        """Pictures of it could not be made."""
        return self.version.preview_state == PreviewState.FAILED


def viewer(
    version: Version,
    *,
    marks: Sequence[Mapping[str, Any]] = (),
    marked: Sequence[ClaimMark] = (),
    content_url: str = "",
    download_url: str | None = None,
    preview_url: PreviewAddress | None = None,
) -> Viewer:
    """What is shown of ``version``, fetched with rights. One query, and the file is read where it is text.

    ``marks``: [{id, anchor, label, tone}] to paint from the start. ``marked``: claims, as they stand in it.
    ``download_url`` empty: the file is not given out here, so no page points at it.
    """
    asset = version.asset
    address = [asset.product.key, asset.pk, version.number]
    kind = version.kind if version.shown else AssetKind.FILE
    given = preview_url or (
        lambda kind, number: reverse("version-preview", args=[*address, kind, number])
    )
    found: dict[str, Any] = {
        "version": version,
        "kind": kind,
        "content_url": content_url or reverse("version-view", args=address),
        "download_url": reverse("version-download", args=address)
        if download_url is None
        else download_url,
        "marks": marks,
        "width": version.width,
        "height": version.height,
    }
    if version.media_type == media.SVG:
        drawn = version.previews.filter(kind="page").first()
        if drawn is not None:
            found |= {
                "kind": AssetKind.IMAGE,
                "content_url": given("page", drawn.number),
                "width": drawn.width,
                "height": drawn.height,
            }
    if kind == AssetKind.TEXT:
        text = lines_of(version)
        found |= {
            "lines": shown_lines(text, version.media_type, claim_spans(marked, text)),
            "cut": bool(text and text.cut),
            "missing": text is None,
        }
    elif kind in (AssetKind.PDF, AssetKind.VIDEO, AssetKind.AUDIO):
        previews = list(version.previews.exclude(kind="thumb").order_by("kind", "number"))
        found |= {
            "pages": [_page(each, given) for each in previews if each.kind == "page"],
            "poster_url": _address(previews, "poster", given),
            "waveform_url": _address(previews, "waveform", given),
        }
    return Viewer(**found)


def shown_lines(text: Lines | None, media_type: str, spans: SpanMarks) -> list[Line] | None:
    """Lines with their kinds and spans; None where the file is missing."""
    if text is None:
        return None
    kinds = reading.kinds(text.lines, media_type)
    return [
        Line(number, kind, inline.spans(line, kind, media_type, spans.get(number, ())))
        for number, (line, kind) in enumerate(zip(text.lines, kinds, strict=True), start=1)
    ]


def _page(preview: Preview, address: PreviewAddress) -> PageImage:
    return PageImage(
        preview.number,
        address("page", preview.number),
        preview.width or 1,
        preview.height or 1,
    )


def _address(previews: Sequence[Preview], kind: str, address: PreviewAddress) -> str:
    return next((address(kind, each.number) for each in previews if each.kind == kind), "")
