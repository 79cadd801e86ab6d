"""Style frames and a small PDF, drawn when they are needed; the same bytes each time on the same machine."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter

SIZE = (960, 540)
Colour = tuple[int, int, int]


def night_frame(lamp: Colour, shadow: Colour, *, faces: bool) -> bytes:
    """A quay at night: a lamp's cone, containers, two people; ``faces`` with light on them."""
    image = Image.new("RGB", SIZE, shadow)
    glow = Image.new("L", SIZE, 0)
    ImageDraw.Draw(glow).polygon([(640, 60), (420, 470), (900, 470)], fill=150)
    image.paste(Image.new("RGB", SIZE, lamp), mask=glow.filter(ImageFilter.GaussianBlur(36)))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 470, 960, 540), fill=_mix(shadow, (0, 0, 0), 0.5))
    for at, shade in enumerate((0.25, 0.4, 0.15, 0.32)):
        left = 20 + at * 96
        draw.rectangle((left, 330 - at % 2 * 70, left + 88, 470), fill=_mix(shadow, lamp, shade))
    draw.line((640, 20, 640, 470), fill=_mix(shadow, lamp, 0.5), width=5)
    draw.ellipse((622, 40, 658, 62), fill=_mix(lamp, (255, 255, 255), 0.6))
    for left in (585, 700):
        skin = _mix(lamp, (236, 200, 170), 0.7) if faces else _mix(shadow, lamp, 0.2)
        draw.rounded_rectangle(
            (left, 352, left + 48, 470), 14, fill=_mix(shadow, (240, 150, 30), 0.55)
        )
        draw.rectangle((left, 398, left + 48, 406), fill=(226, 226, 210) if faces else shadow)
        draw.ellipse((left + 8, 312, left + 40, 350), fill=skin)
    return _png(image)


def palette(colours: Sequence[Colour]) -> bytes:
    """Six fields of colour, each with a light and a dark bar for judging contrast."""
    image = Image.new("RGB", SIZE, (18, 20, 24))
    draw = ImageDraw.Draw(image)
    for at, colour in enumerate(colours):
        left, top = 40 + at % 3 * 300, 40 + at // 3 * 240
        draw.rounded_rectangle((left, top, left + 280, top + 210), 18, fill=colour)
        draw.rectangle((left + 24, top + 150, left + 130, top + 162), fill=(250, 250, 250))
        draw.rectangle((left + 150, top + 150, left + 256, top + 162), fill=(10, 10, 10))
    return _png(image)


def lower_third(*, mirrored: bool, two_lines: bool) -> bytes:
    """The bar under a speaker: a name on the right, and the mark, on the right (``mirrored``) or on the left."""
    image = Image.new("RGB", SIZE, (206, 214, 216))
    draw = ImageDraw.Draw(image)
    draw.ellipse((400, 110, 560, 290), fill=(176, 132, 108))
    draw.rounded_rectangle((320, 280, 640, 540), 80, fill=(62, 84, 104))
    draw.rectangle((0, 400, 960, 500), fill=(16, 42, 60))
    mark = 820 if mirrored else 40
    draw.polygon([(mark, 480), (mark + 40, 416), (mark + 80, 480)], fill=(244, 180, 64))
    draw.rectangle((mark, 484, mark + 80, 490), fill=(244, 180, 64))
    right = 900
    for at, widths in enumerate(((96, 60, 128), (70, 84))[: 2 if two_lines else 1]):
        left = right
        for width in widths:
            left -= width
            top = 418 + at * 38
            draw.rounded_rectangle(
                (left, top, left + width - 12, top + 24 - at * 8), 8, fill=(240, 240, 236)
            )
    return _png(image)


def checklist(title: str, lines: Sequence[str]) -> bytes:
    """A one-page PDF with a title and boxes to tick. Latin-1 text."""
    drawn = [f"BT /F1 22 Tf 60 770 Td ({_escaped(title)}) Tj ET"]
    for at, line in enumerate(lines):
        top = 715 - at * 44
        drawn.append(f"1.5 w 60 {top} 16 16 re S")
        drawn.append(f"BT /F1 13 Tf 90 {top + 3} Td ({_escaped(line)}) Tj ET")
    page = "\n".join(drawn).encode("latin-1")
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out, places = BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for number, part in enumerate(parts, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, part))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(
        b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, start)
    )
    return out.getvalue()


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG", optimize=False, compress_level=6)
    return out.getvalue()
