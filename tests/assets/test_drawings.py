"""SVG: shown as a picture that a process made of it, compared and pointed at as one, and never given out as itself."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from assets.jobs import checks
from assets.models import Version
from assets.storage import store
from tests.assets.files import first_version, new_item, upload
from tests.cast import Cast

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def drawing(inside: str, size: str = 'width="200" height="100"') -> bytes:
    return f"<?xml version='1.0'?>\n{HEAD} {size}>{inside}</svg>".encode()


def looked(cast: Cast, content: bytes, name: str = "figure.svg") -> Version:
    asset = first_version(cast, new_item(cast), content, name)
    return Version.objects.get(pk=asset["newest"]["id"])


def picture(version: Version, kind: str = "page") -> Image.Image:
    row = version.previews.get(kind=kind)
    with store().open(row.product_id, row.sha256) as file:
        return Image.open(io.BytesIO(file.read())).convert("RGBA")


BLUE = '<rect width="100" height="100" fill="#0000ff"/>'


def test_a_drawing_is_drawn(cast: Cast) -> None:
    version = looked(cast, drawing(BLUE))
    assert (version.preview_state, version.kind, version.shown) == ("ready", "image", False)
    assert (version.width, version.height) == (200, 100)
    assert set(version.parts.values_list("name", flat=True)) == {"bytes", "picture", "metadata"}
    drawn = picture(version)
    assert drawn.size == (2000, 1000), "a vector is drawn large"
    assert drawn.getpixel((500, 500)) == pytest.approx((0, 0, 255, 255), abs=3)
    assert drawn.getpixel((1500, 500))[3] == 0, "where nothing is drawn it is clear"
    assert picture(version, "thumb").size == (320, 160)
    assert not list(checks.findings())


@pytest.mark.parametrize("family", ["", 'font-family="Helvetica"', 'font-family="monospace"'])
def test_words_are_drawn_whatever_font_they_name(cast: Cast, family: str) -> None:
    words = f'<text x="10" y="60" font-size="40" {family}>Words</text>'
    drawn = picture(looked(cast, drawing(words)))
    assert drawn.getchannel("A").getbbox() is not None


def test_what_it_points_at_outside_is_not_shown(cast: Cast, tmp_path: object) -> None:
    secret = f"{tmp_path}/secret.png"
    Image.new("RGB", (100, 100), "red").save(secret)
    inside = "".join(
        f'<image {name}="{address}" width="100" height="100"/>'
        for name in ("href", "xlink:href")
        for address in (secret, f"file://{secret}", "http://127.0.0.1:9/a.png")
    )
    assert picture(looked(cast, drawing(inside))).getchannel("A").getbbox() is None


def test_pages_get_the_picture_and_nobody_the_drawing(cast: Cast) -> None:
    version = looked(cast, drawing(f"{BLUE}<script>alert(1)</script>"))
    here = f"/p/ATLAS/assets/{version.asset_id}/1/"
    page = cast.client("viewer").get(here).content.decode()
    assert f'src="{here}preview/page/1/"' in page
    assert "Not shown" not in page
    served = cast.client("viewer").get(f"{here}preview/page/1/")
    assert served["Content-Type"] == "image/webp"
    itself = cast.client("viewer").get(f"{here}view/")
    assert itself["Content-Type"] == "application/octet-stream"
    assert itself["Content-Disposition"].startswith("attachment")


def test_drawings_are_compared_as_pictures(cast: Cast) -> None:
    version = looked(cast, drawing(BLUE))
    address = f"/api/v1/assets/{version.asset_id}/versions/"
    other = drawing(BLUE.replace("0000ff", "ff0000"))
    assert upload(cast.api("contributor"), address, other, "figure.svg").status_code == 201
    here = f"/p/ATLAS/assets/{version.asset_id}"
    page = cast.client("viewer").get(f"{here}/compare/1/2/").content.decode()
    assert "data-mode" in page
    assert f"{here}/1/preview/page/1/" in page
    assert f"{here}/2/preview/page/1/" in page


NESTED = "".join(
    f'<g id="a{at}">' + f'<use xlink:href="#a{at - 1}"/>' * 10 + "</g>" for at in range(1, 12)
)
DTD = "".join(f'<!ENTITY e{at} "' + f"&e{at - 1};" * 10 + '">' for at in range(1, 10))
BAD = {
    "cut off": f"{HEAD}><rect".encode(),
    "a million uses": drawing(f'<g id="a0">{BLUE}</g>{NESTED}<use xlink:href="#a11"/>'),
    "a million laughs": f'<!DOCTYPE svg [<!ENTITY e0 "ha">{DTD}]>{HEAD}><text>&e9;</text></svg>'.encode(),
    "a filter without end": drawing(
        '<filter id="f" filterUnits="userSpaceOnUse" x="-1e9" y="-1e9" width="2e9" height="2e9">'
        '<feTurbulence baseFrequency=".9" numOctaves="100000"/></filter>'
        '<rect filter="url(#f)" width="9" height="9"/>'
    ),
}


@pytest.mark.parametrize("name", list(BAD))
def test_what_cannot_be_drawn_is_said(cast: Cast, name: str) -> None:
    version = looked(cast, BAD[name])
    assert version.preview_state == "failed"
    assert "cannot be drawn" in version.preview_error or "too intricate" in version.preview_error
    assert set(version.parts.values_list("name", flat=True)) == {"bytes", "picture", "metadata"}
    page = cast.client("viewer").get(f"/p/ATLAS/assets/{version.asset_id}/1/").content.decode()
    assert version.preview_error in page
    assert not list(checks.findings())
