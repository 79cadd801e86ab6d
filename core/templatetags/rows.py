"""Lines of the dense list and cards of the board, written in Python: in the template language they take thrice as long.

Everything that comes from people goes through ``escape``; the rest are constants.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from core.templatetags.interface import bar, due, escape, icon, initials, tint, whisker

register = template.Library()


@register.simple_tag
def item_row(row: Mapping[str, Any], select: bool = False) -> SafeString:
    """``row`` holds what ``components/item_row.html`` lists; missing keys are taken as empty."""
    get = row.get
    key = escape(get("key"))
    urgent = get("urgent")
    flag = _flag() if urgent else ""
    panel = get("panel_url")
    beside = f' data-panel="{escape(panel)}" data-item="{key}"' if panel else ""
    rank = get("rank")
    title = f'<a href="{escape(get("url"))}" data-row-link{beside}>{flag}{escape(get("title"))}</a>'
    cells = [
        f'<tr data-row id="row-{key}"',
        ' class="is-urgent"' if urgent else "",
        ' aria-current="true"' if get("current") else "",
        ">",
        f'<td class="c-sel"><label><input type="checkbox" name="item" value="{key}" data-select aria-label="{key}">'
        "</label></td>"
        if select
        else "",
        f'<td class="c-rank num">{_rank(rank, get("range"))}</td>',
        f'<td class="c-key"><span class="key">{key}</span></td>',
        f'<td class="c-title">{title}</td>',
        f'<td class="c-queue">{_chip("queue", get("queue"), get("queue_label"))}</td>',
        f'<td class="c-band">{_band(get("band"), get("band_label"))}</td>',
        f'<td class="c-priority num">{_stale(get("stale"))}{_priority(get("priority"), get("band"))}</td>',
        f'<td class="c-state">{_chip("state", get("state"), get("state_label"))}</td>',
        f'<td class="c-effort num">{_effort(get("effort"))}</td>',
        f'<td class="c-due">{due(get("due_at"), bool(get("closed")))}</td>',
        f'<td class="c-owner">{_owner(get("owner"))}</td>',
        f'<td class="c-labels">{_labels(get("labels"))}</td>',
        *(
            f'<td class="c-extra">{"" if cell is None else escape(cell)}</td>'
            for cell in get("extra") or ()
        ),
        "</tr>",
    ]
    return mark_safe("".join(cells))  # noqa: S308 - every value is escaped above or below


@register.simple_tag
def board_card(card: Mapping[str, Any]) -> SafeString:
    """``card`` holds what ``components/board_card.html`` lists.

    A board holds a hundred of them: what they share stands once on the page or in the style sheet.
    """
    get = card.get
    key = escape(get("key"))
    panel = get("panel_url")
    beside = f' data-panel="{escape(panel)}" data-item="{key}"' if panel else ""
    urgent = get("urgent")
    band = _dot("band", "act_now", get("band_label")) if get("band") == "act_now" else ""
    priority = get("priority")
    number = "" if priority is None else f"<b>{number_format(round(priority), decimal_pos=0)}</b>"
    owner = _owner(get("owner")) if get("owner") else ""
    parts = [
        f'<article class="card{" is-urgent" if urgent else ""}" data-row data-card="{key}" id="card-{key}">',
        f'<a href="{escape(get("url"))}" data-row-link{beside}>{escape(get("title"))}</a><footer>',
        _flag() if urgent else "",
        _dot("queue", get("queue"), get("queue_label")) if get("queue") else "",
        f'<span class="key">{key}</span>{band}<span class="card-end">',
        f"{due(get('due_at'), bool(get('closed')))}{number}{owner}</span></footer>",
        _moves(get("key"), get("moves")) if get("moves") else "",
        "</article>",
    ]
    return mark_safe("".join(parts))  # noqa: S308 - every value is escaped above or below


def _moves(key: object, moves: Any) -> str:
    """The way to another column without dragging: a button says which card goes where."""
    label = escape(_("Move %(key)s") % {"key": key})
    options = "".join(
        f'<button class="option" form="board-move" name="move" value="{escape(key)} {escape(move["value"])}">'
        f"{escape(move['label'])}</button>"
        for move in moves
    )
    return (
        f'<details class="menu menu-end" data-menu><summary class="icon-btn dots" aria-label="{label}"></summary>'
        f'<div class="pop">{options}</div></details>'
    )


def _dot(kind: str, value: object, label: object) -> str:
    """A queue or a band as its glyph alone; its name is for the pointer and for screen readers."""
    shown = escape(label)
    return f'<span class="{kind}" data-{kind}="{escape(value)}" title="{shown}"><span class="sr">{shown}</span></span>'


def _flag() -> str:
    return f'<span class="flag">{escape(_("Urgent"))}</span>'


def _chip(kind: str, value: object, label: object) -> str:
    if not value:
        return ""
    return f'<span class="{kind}" data-{kind}="{escape(value)}"><span class="word">{escape(label)}</span></span>'


def _band(value: object, label: object) -> str:
    return f'<span class="band" data-band="{escape(value)}">{escape(label)}</span>' if value else ""


def _priority(value: float | None, band: object) -> str:
    if value is None:
        return f'<span class="hush">{escape(_("unscored"))}</span>'
    number = number_format(round(value, 1), decimal_pos=1)
    return f'<span class="pri" data-band="{escape(band or "")}">{number}{bar(value)}</span>'


def _rank(rank: int | None, drawn: tuple[int, int, float] | None) -> str:
    """The place, and below it a whisker from the place to the place between which eight of ten draws put the item."""
    shown = "–" if rank is None else escape(rank)
    if rank is None or drawn is None:
        return shown
    low, high, chance = drawn
    where = (
        _("At place %(low)s in 8 of 10 draws; in the next cycle in %(chance)s%%")
        if low == high
        else _(
            "Between place %(low)s and %(high)s in 8 of 10 draws; in the next cycle in %(chance)s%%"
        )
    )
    said = escape(where % {"low": low, "high": high, "chance": round(100 * chance)})
    return f'<span class="rank" title="{said}">{shown}{whisker(rank, low, high)}<span class="sr">{said}</span></span>'


def _stale(words: object) -> str:
    if not words:
        return ""
    shown = escape(words)
    sign = f'{icon("hourglass", 13)}<span class="sr">{shown}</span>'
    return f'<span class="aged" title="{shown}">{sign}</span>'


def _effort(value: float | None) -> str:
    if value is None:
        return f'<span class="hush" title="{escape(_("Effort unknown"))}">–</span>'
    return number_format(value, decimal_pos=0 if value == int(value) else 1)


def _owner(name: object) -> str:
    if not name:
        nobody = escape(_("Nobody"))
        return f'<span class="avatar avatar-none" title="{nobody}"><span class="sr">{nobody}</span></span>'
    shown = escape(name)
    return (
        f'<span class="avatar" data-tint="{tint(name)}" title="{shown}">'
        f'<span aria-hidden="true">{escape(initials(name))}</span><span class="sr">{shown}</span></span>'
    )


def _labels(names: object) -> str:
    return " ".join(f'<span class="tag">{escape(name)}</span>' for name in names or ())  # type: ignore[attr-defined]
