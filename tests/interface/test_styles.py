"""The style sheets: contrast of every pair of colours that meet, literal colours in one place, sizes."""

from __future__ import annotations

import re
from itertools import product

import lucide
import pytest
from django.conf import settings

STATIC = settings.BASE_DIR / "static"
SHEETS = sorted((STATIC / "css").glob("*.css"))
TOKENS = (STATIC / "css" / "tokens.css").read_text()
COLOURS = {
    name: {"light": light, "dark": dark}
    for name, light, dark in re.findall(
        r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", TOKENS
    )
}

GROUNDS = ("canvas", "paper", "raised", "sunken", "hover", "picked")
INKS = (
    "ink",
    "ink-2",
    "ink-3",
    "accent",
    "hotfix",
    "stability",
    "enhancement",
    "strategic",
    "good",
    "warn",
    "bad",
)
#: Pairs that meet elsewhere, with the least ratio: 4.5 for text, 3 for the edge of a control.
PAIRS = [
    *((ink, ground, 4.5) for ink, ground in product(INKS, GROUNDS)),
    *((tone, f"{tone}-soft", 4.5) for tone in INKS[3:]),
    ("ink", "accent-soft", 4.5),
    ("on-accent", "accent", 4.5),
    ("on-accent", "accent-hover", 4.5),
    ("on-ink", "ink", 4.5),
    ("on-bad", "bad", 4.5),
    *(("edge", ground, 3.0) for ground in ("paper", "raised", "canvas", "sunken")),
    *(("accent", ground, 3.0) for ground in GROUNDS),
]


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_published() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_pair_of_colours_can_be_read(theme: str) -> None:
    weak = [
        f"{front} on {back}: {contrast(COLOURS[front][theme], COLOURS[back][theme]):.2f} < {least}"
        for front, back, least in PAIRS
        if contrast(COLOURS[front][theme], COLOURS[back][theme]) < least
    ]
    assert weak == []


def without_comments(css: str) -> str:
    return re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)


def test_colours_stand_in_the_tokens_alone() -> None:
    found = [
        f"{sheet.name}: {literal}"
        for sheet in SHEETS
        if sheet.name not in ("tokens.css", "print.css")
        for literal in re.findall(
            r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(", without_comments(sheet.read_text())
        )
    ]
    assert found == []


def test_every_variable_that_is_used_is_defined() -> None:
    css = "".join(without_comments(sheet.read_text()) for sheet in SHEETS)
    defined = set(re.findall(r"(--[\w-]+)\s*:", css))
    assert set(re.findall(r"var\((--[\w-]+)", css)) - defined == set()


def test_braces_are_balanced_and_every_sheet_names_its_layer() -> None:
    for sheet in SHEETS:
        css = without_comments(sheet.read_text())
        assert css.count("{") == css.count("}"), sheet.name
        assert "@layer" in css, sheet.name


def test_every_sheet_and_module_is_loaded_somewhere() -> None:
    templates = "".join(
        path.read_text() for path in (settings.BASE_DIR / "templates").rglob("*.html")
    )
    modules = (STATIC / "js").glob("*.js")
    imported = "".join(path.read_text() for path in (STATIC / "js").glob("*.js"))
    assert [sheet.name for sheet in SHEETS if f"css/{sheet.name}" not in templates] == []
    assert [
        module.name
        for module in modules
        if f"js/{module.name}" not in templates and f"./{module.name}'" not in imported
    ] == []


def test_what_every_page_loads_stays_small() -> None:
    """Styles of single pages stand in sheets of their own, loaded in the block `head` of those pages."""
    everywhere = (settings.BASE_DIR / "templates/frame/styles.html").read_text()
    styles = [sheet for sheet in SHEETS if f"css/{sheet.name}" in everywhere]
    assert len(styles) > 5
    assert sum(sheet.stat().st_size for sheet in styles) <= 60_000

    modules, waiting = set(), ["app.js"]
    while waiting:
        name = waiting.pop()
        if name not in modules:
            modules.add(name)
            waiting += re.findall(r"'\./([\w-]+\.js)'", (STATIC / "js" / name).read_text())
    assert "toast.js" in modules
    assert sum((STATIC / "js" / name).stat().st_size for name in modules) <= 32_000


def test_every_icon_that_a_template_names_exists() -> None:
    missing = []
    for path in (settings.BASE_DIR / "templates").rglob("*.html"):
        for name in re.findall(r'\{% (?:lucide|icon) "([^"]+)"', path.read_text()):
            try:
                lucide._load_icon(name)
            except lucide.IconDoesNotExist:
                missing.append(f"{path.name}: {name}")
    assert missing == []
