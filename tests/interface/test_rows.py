"""The line of the dense list."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.template import Context, Template
from django.utils import translation

FULL: dict[str, Any] = {
    "key": "ATLAS-1",
    "url": "/items/ATLAS-1/",
    "panel_url": "/items/ATLAS-1/panel/",
    "title": "Captions are late",
    "rank": 3,
    "queue": "stability",
    "queue_label": "Stability",
    "band": "next",
    "band_label": "Next",
    "priority": 22.14,
    "state": "accepted",
    "state_label": "Accepted",
    "effort": 2.0,
    "due_at": dt.date(2026, 5, 4),
    "owner": "Ola Brandt",
    "labels": ["captions", "es"],
}


def line(row: dict[str, Any], select: bool = False) -> str:
    source = "{% load rows %}{% item_row row select %}"
    return Template(source).render(Context({"row": row, "select": select}))


def test_a_line_says_all_of_an_item() -> None:
    html = line(FULL)
    for part in (
        '<tr data-row id="row-ATLAS-1">',
        '<a href="/items/ATLAS-1/" data-row-link data-panel="/items/ATLAS-1/panel/"',
        ' data-item="ATLAS-1">Captions are late</a>',
        '<span class="queue" data-queue="stability"><span class="word">Stability</span></span>',
        '<span class="band" data-band="next">Next</span>',
        '<span class="pri" data-band="next">22.1<svg',
        '<span class="state" data-state="accepted"><span class="word">Accepted</span></span>',
        '<td class="c-effort num">2</td>',
        ">4 May 2026</time>",
        '<span class="sr">Ola Brandt</span>',
        '<span class="tag">captions</span> <span class="tag">es</span>',
    ):
        assert part in html
    assert "checkbox" not in html


def test_what_is_not_known_is_said_or_left_empty() -> None:
    html = line(
        {"key": "ATLAS-2", "url": "/", "title": "New", "state": "triage", "state_label": "Triage"}
    )
    assert '<td class="c-rank num">–</td>' in html
    assert "unscored" in html
    assert 'title="Effort unknown"' in html
    assert "Nobody" in html
    assert "data-panel" not in html
    assert "None" not in html


def test_urgent_current_ticked_and_further_cells() -> None:
    html = line({**FULL, "urgent": True, "current": True, "extra": ["Berlin", None]}, select=True)
    assert 'class="is-urgent" aria-current="true"' in html
    assert '<span class="flag">Urgent</span>Captions' in html
    assert 'name="item" value="ATLAS-1" data-select' in html
    assert html.endswith('<td class="c-extra">Berlin</td><td class="c-extra"></td></tr>')


def test_what_people_wrote_is_escaped_everywhere() -> None:
    nasty = '"><script>alert(1)</script>'
    words = (
        "key",
        "url",
        "panel_url",
        "title",
        "queue",
        "queue_label",
        "band",
        "band_label",
        "state",
        "state_label",
        "owner",
    )
    html = line(
        {**FULL, **dict.fromkeys(words, nasty), "labels": [nasty], "extra": [nasty], "rank": nasty},
        select=True,
    )
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= len(words) + 3


def test_numbers_follow_the_language() -> None:
    with translation.override("de"):
        html = line({**FULL, "effort": 2.5})
    assert "22,1<svg" in html
    assert '<td class="c-effort num">2,5</td>' in html


# --- Cards of the board -------------------------------------------------------------------------


def card(given: dict[str, Any]) -> str:
    return Template("{% load rows %}{% board_card card %}").render(Context({"card": given}))


def test_a_card_says_what_it_is_and_where_it_may_go() -> None:
    moves = [{"value": "in_progress", "label": "In progress"}]
    html = card(
        {**FULL, "band": "act_now", "band_label": "Act now", "urgent": True, "moves": moves}
    )
    for part in (
        '<article class="card is-urgent" data-row data-card="ATLAS-1" id="card-ATLAS-1">',
        'data-panel="/items/ATLAS-1/panel/" data-item="ATLAS-1">Captions are late</a>',
        '<span class="queue" data-queue="stability" title="Stability"><span class="sr">Stability</span>',
        '<span class="band" data-band="act_now" title="Act now"><span class="sr">Act now</span>',
        "<b>22</b>",
        ">4 May 2026</time>",
        '<span class="sr">Ola Brandt</span>',
        'aria-label="Move ATLAS-1"',
        'form="board-move" name="move" value="ATLAS-1 in_progress">In progress</button>',
    ):
        assert part in html
    bare = card({"key": "ATLAS-2", "url": "/", "title": "New"})
    for part in ("None", "details", "<b>", "time", "avatar", "data-panel", "is-urgent"):
        assert part not in bare


def test_what_people_wrote_on_a_card_is_escaped() -> None:
    nasty = '"><script>alert(1)</script>'
    words = ("key", "url", "panel_url", "title", "queue", "queue_label", "band_label", "owner")
    html = card(
        {
            **dict.fromkeys(words, nasty),
            "band": "act_now",
            "urgent": True,
            "moves": [{"value": nasty, "label": nasty}],
        }
    )
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= len(words) + 2


def test_a_range_of_one_place_is_said_as_one() -> None:
    assert "At place 3 in 8 of 10 draws; in the next cycle in 100%" in line(
        FULL | {"range": (3, 3, 1.0)}
    )
    assert "Between place 2 and 5 in 8 of 10 draws" in line(FULL | {"range": (2, 5, 0.4)})
