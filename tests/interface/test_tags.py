"""Tags and filters of the interface: what they write for given numbers and moments."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.template import Context, Template
from django.utils import timezone, translation

from core.templatetags import interface

NOW = dt.datetime(2026, 3, 10, 12, 0, tzinfo=dt.UTC)


def render(source: str, **context: Any) -> str:
    return Template("{% load interface %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("person", "letters"),
    [
        ("Mara Quill", "MQ"),
        ("Jon van der Feld", "JF"),
        ("ola", "O"),
        ("tess.arden@example.org", "TA"),
        ("", "?"),
        (None, "?"),
    ],
)
def test_initials(person: str | None, letters: str) -> None:
    assert interface.initials(person) == letters


def test_a_name_always_has_the_same_tint() -> None:
    assert interface.tint("Mara Quill") == interface.tint("Mara Quill")
    assert {interface.tint(f"person {n}") for n in range(100)} == {1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "now"),
        (44, "now"),
        (60, "1 min ago"),
        (50, "1 min ago"),
        (59 * 60, "59 min ago"),
        (3_600, "1 h ago"),
        (26 * 3_600, "1 day ago"),
        (3 * 86_400, "3 days ago"),
        (-2 * 3_600, "in 2 h"),
        (-5 * 86_400, "in 5 days"),
        (40 * 86_400, "29 Jan"),
        (400 * 86_400, "3 Feb 2025"),
    ],
)
def test_distance_in_time(seconds: int, words: str) -> None:
    assert interface.ago(NOW - dt.timedelta(seconds=seconds), NOW) == words


@time_machine.travel(NOW, tick=False)
def test_a_moment_says_the_exact_instant_in_the_persons_zone() -> None:
    with timezone.override("Asia/Tokyo"):
        html = render("{% when at %}", at=NOW - dt.timedelta(hours=3))
    assert 'datetime="2026-03-10T09:00:00+00:00"' in html
    assert 'title="Tue 10 Mar 2026, 18:00 JST"' in html
    assert ">3 h ago</time>" in html


def test_no_moment_writes_nothing_and_a_date_stays_a_date() -> None:
    assert render("{% when at %}{% due at %}", at=None) == ""
    assert ">4 May 2026</time>" in render("{% when at %}", at=dt.date(2026, 5, 4))


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(
    ("hours", "closed", "css"),
    [(-1, False, "is-late"), (20, False, "is-soon"), (72, False, ""), (-1, True, "")],
)
def test_a_deadline_is_marked(hours: int, closed: bool, css: str) -> None:
    html = render("{% due at closed %}", at=NOW + dt.timedelta(hours=hours), closed=closed)
    assert re.findall(r'class="([^"]*)"', html) == ([css] if css else [])


@time_machine.travel(NOW, tick=False)
def test_a_day_is_due_until_it_ends() -> None:
    assert "is-soon" in render("{% due day %}", day=dt.date(2026, 3, 10))
    assert "is-late" in render("{% due day %}", day=dt.date(2026, 3, 9))


@pytest.mark.parametrize(
    ("value", "maximum", "width"),
    [
        (25, 100, "25%"),
        (1, 3, "33.33%"),
        (140, 100, "100%"),
        (-3, 100, "0%"),
        (None, 100, "0%"),
        (5, 0, "0%"),
    ],
)
def test_a_bar_stays_inside_its_box(value: float | None, maximum: float, width: str) -> None:
    assert f'width="{width}"' in render("{% bar value maximum %}", value=value, maximum=maximum)


def test_numbers_of_svg_have_a_point_in_every_language() -> None:
    with translation.override("de"):
        assert 'width="33.33%"' in render("{% bar 1 3 %}")
        assert 'points="3.0,21.0 48.0,12.0 93.0,3.0"' in render(
            "{% spark values %}", values=[1, 1.5, 2]
        )


def test_stacked_shares_fill_the_bar() -> None:
    html = render(
        "{% bars parts %}",
        parts=[{"value": 1, "queue": "hotfix"}, {"value": 3, "queue": "stability"}],
    )
    assert '<rect x="0%" width="25%"' in html
    assert '<rect x="25%" width="75%"' in html


@pytest.mark.parametrize("values", [[], [4.0], [None, 4.0, None]])
def test_a_trend_needs_two_values(values: list[float | None]) -> None:
    assert render("{% spark values %}", values=values) == ""


def test_a_trend_spans_its_box_and_a_flat_one_does_not_divide_by_zero() -> None:
    html = render("{% spark values %}", values=[1, None, 3])
    assert 'points="3.0,21.0 93.0,3.0"' in html
    assert 'points="3.0,21.0 93.0,21.0"' in render("{% spark values %}", values=[2, 2])


def bars_of(html: str) -> list[tuple[str, float, float]]:
    found = re.findall(r'class="is-(\w+)" x="([\d.]+)%" width="([\d.]+)%"', html)
    return [(tone, float(x), float(width)) for tone, x, width in found]


def test_a_waterfall_goes_on_where_the_part_before_ended() -> None:
    html = render(
        "{% waterfall parts 30 %}",
        parts=[
            {"label": "Value", "amount": 40.0, "sentence": "Much."},
            {"label": "Effort", "amount": -10.0, "sentence": "10 points lost because effort is 8."},
        ],
    )
    assert bars_of(html) == [("plus", 0, 100), ("minus", 75, 25), ("total", 0, 75)]
    assert "10 points lost because effort is 8." in html
    assert "+40.0" in html
    assert "−10.0" in html


def test_a_waterfall_below_zero_moves_the_zero_line() -> None:
    html = render(
        "{% waterfall parts total %}", parts=[{"label": "a", "amount": -25.0}], total=-25.0
    )
    assert bars_of(html) == [("minus", 0, 100), ("total", 0, 100)]
    assert 'line x1="100%"' in html


def test_a_waterfall_keeps_a_fixed_scale_and_a_part_of_nothing() -> None:
    html = render(
        "{% waterfall parts 20 maximum=100 %}",
        parts=[{"label": "a", "amount": 20.0}, {"label": "b", "amount": 0.0}],
    )
    assert bars_of(html)[0] == ("plus", 0, 20)
    assert bars_of(html)[1][0] == "none"
    assert render("{% waterfall parts 0 %}", parts=[]).count("<rect") == 1


def test_a_waterfall_escapes_its_words() -> None:
    html = render(
        "{% waterfall parts 1 %}", parts=[{"label": "<b>", "amount": 1, "sentence": "<script>"}]
    )
    assert "<b>" not in html
    assert "<script>" not in html
