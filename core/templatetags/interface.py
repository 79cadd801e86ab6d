"""Template tags and filters of the interface: people, moments, small bars and lines.

Pure formatting: nothing here queries, and the clock is read only to say "3 h ago".
"""

from __future__ import annotations

import datetime as dt
import html
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zlib import crc32

from django import template
from django.utils import timezone
from django.utils.dates import MONTHS_3, WEEKDAYS_ABBR
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.templatetags.icons import lucide

register = template.Library()

TINTS = 5


def escape(value: object) -> str:
    """Text for HTML. Django's own also looks for lazy texts and marks its answer, which a page of rows feels."""
    return html.escape(str(value))


@register.simple_tag
def icon(name: str, size: int = 16) -> SafeString:
    """An icon of the lucide set, hidden from screen readers."""
    return lucide(str(name), size=size, aria_hidden="true")


@register.filter
def initials(person: object) -> str:
    """One or two letters: "Mara Quill" is MQ, "jo@example.org" is J."""
    words = [word for word in str(person or "").split("@")[0].replace(".", " ").split() if word]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@register.filter
def tint(person: object) -> int:
    """1 to 5, always the same for the same name."""
    return crc32(str(person or "").encode()) % TINTS + 1


def ago(instant: dt.datetime, now: dt.datetime) -> str:
    """The distance in whole units of the largest that fits; a date from 30 days on."""
    seconds = (now - instant).total_seconds()
    size = abs(seconds)
    if size < 45:
        return _("now")
    if size >= 30 * 86_400:
        local = timezone.localtime(instant)
        same_year = local.year == timezone.localtime(now).year
        return _day(local) if same_year else f"{_day(local)} {local.year}"
    if size >= 86_400:
        count = int(size // 86_400)
        words = ngettext("%(n)d day", "%(n)d days", count) % {"n": count}
    elif size >= 3_600:
        words = _("%(n)d h") % {"n": size // 3_600}
    else:
        words = _("%(n)d min") % {"n": max(1, size // 60)}
    return (_("%s ago") if seconds > 0 else _("in %s")) % words


def _exact(instant: dt.datetime) -> str:
    local = timezone.localtime(instant)
    weekday = WEEKDAYS_ABBR[local.weekday()]
    return f"{weekday} {_day(local)} {local.year}, {local:%H:%M} {local.tzname()}"


def _day(date: dt.date) -> str:
    """``4 May``. As Django's format "j M", which takes ten times as long to read its format."""
    return f"{date.day} {str(MONTHS_3[date.month]).title()}"


@register.simple_tag
def when(value: dt.datetime | dt.date | None, css: str = "") -> SafeString | str:
    """A moment as ``<time>``: relative in the text, exact and in the person's zone in the title.

    A plain date is shown as a date. Nothing for None.
    """
    if value is None:
        return ""
    named = f' class="{escape(css)}"' if css else ""
    if not isinstance(value, dt.datetime):
        shown, at, exact = f"{_day(value)} {value.year}", value.isoformat(), ""
    else:
        shown, at = ago(value, timezone.now()), value.isoformat(timespec="seconds")
        exact = f' title="{escape(_exact(value))}"'
    return mark_safe(f'<time datetime="{at}"{exact}{named}>{escape(shown)}</time>')  # noqa: S308 - escaped here


@register.simple_tag
def due(value: dt.datetime | dt.date | None, closed: bool = False) -> SafeString | str:
    """A deadline: as :func:`when`, marked late when it is past and soon within two days, unless closed."""
    if value is None:
        return ""
    instant = value
    if not isinstance(instant, dt.datetime):
        instant = timezone.make_aware(dt.datetime.combine(value, dt.time.max))
    left = (instant - timezone.now()).total_seconds()
    css = "" if closed or left > 2 * 86_400 else ("is-late" if left < 0 else "is-soon")
    return when(value, css)


def _percent(value: float) -> str:
    """A percentage for an SVG attribute, with a point whatever the language."""
    return f"{value:.2f}".rstrip("0").rstrip(".") + "%"


@register.simple_tag
def bar(
    value: float | None, maximum: float = 100, *, wide: bool = False, queue: str = ""
) -> SafeString:
    """A bar without words (the number stands beside it). Clipped to [0, maximum]."""
    share = 0.0 if not maximum else min(1.0, max(0.0, float(value or 0) / float(maximum)))
    return format_html(
        '<svg class="bar{}" aria-hidden="true"><rect width="{}" height="100%"{}/></svg>',
        " bar-wide" if wide else "",
        _percent(100 * share),
        format_html(' data-queue="{}"', queue) if queue else "",
    )


@register.simple_tag
def whisker(rank: int, low: int, high: int) -> SafeString:
    """A rank's range round a dot where the rank is, better places to the left: half of the rank is at the left end,
    twice the rank at the right one, so that whiskers of all depths compare."""
    start, end = (
        24 + 22 * min(1.0, max(-1.0, math.log2(max(1, place) / max(1, rank))))
        for place in (low, high)
    )
    return mark_safe(  # noqa: S308 - numbers only
        f'<svg class="whisker" viewBox="0 0 48 8" width="36" height="6" aria-hidden="true">'
        f'<line x1="{start:.1f}" x2="{end:.1f}" y1="4" y2="4"/><circle cx="24" cy="4" r="3"/></svg>'
    )


@register.simple_tag
def bars(parts: Iterable[Mapping[str, Any]]) -> SafeString:
    """One stacked bar. parts: ``[{"value": 12, "queue": "hotfix"}, …]``; widths are shares of the sum."""
    listed = [(max(0.0, float(part["value"] or 0)), str(part.get("queue", ""))) for part in parts]
    total = sum(value for value, _queue in listed) or 1.0
    cells, x = [], 0.0
    for value, queue in listed:
        width = 100 * value / total
        cells.append((_percent(x), _percent(width), queue))
        x += width
    return format_html(
        '<svg class="bar bar-wide" aria-hidden="true">{}</svg>',
        format_html_join("", '<rect x="{}" width="{}" height="100%" data-queue="{}"/>', cells),
    )


@register.simple_tag
def spark(values: Sequence[float | None]) -> SafeString | str:
    """A trend line, 96 by 24, drawn from the oldest to the newest value. None leaves a gap out.

    Fewer than two values: nothing. The numbers themselves belong in the text beside it.
    """
    points = [(i, float(v)) for i, v in enumerate(values) if v is not None]
    if len(points) < 2:
        return ""
    low, high = min(v for _i, v in points), max(v for _i, v in points)
    span, last = (high - low) or 1.0, max(1, len(values) - 1)
    drawn = [(3 + 90 * i / last, 21 - 18 * (v - low) / span) for i, v in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in drawn)
    return format_html(
        '<svg class="spark" viewBox="0 0 96 24" width="96" height="24" aria-hidden="true">'
        '<polyline points="{}"/><circle cx="{}" cy="{}" r="2.5"/></svg>',
        path,
        f"{drawn[-1][0]:.1f}",
        f"{drawn[-1][1]:.1f}",
    )


@register.inclusion_tag("components/waterfall.html")
def waterfall(
    parts: Sequence[Mapping[str, Any]], total: float, unit: str = "", maximum: float | None = None
) -> dict[str, Any]:
    """Bars that add up: one per part, the total last.

    parts: ``[{"label": "Value", "amount": 31.5, "sentence": "…", "url": "…"}, …]`` in order; the
    amounts sum to ``total``. ``maximum`` fixes the scale (100 for a priority); else the widest reach.
    """
    rows, level, low, high = [], 0.0, min(0.0, float(total)), max(0.0, float(total))
    for part in parts:
        amount = float(part["amount"])
        rows.append({**part, "amount": amount, "from": level, "to": level + amount})
        level += amount
        low, high = min(low, level), max(high, level)
    if maximum is not None:
        high = max(high, maximum)
    span = (high - low) or 1.0
    for row in rows:
        left, right = sorted((row["from"], row["to"]))
        row["x"] = _percent(100 * (left - low) / span)
        row["width"] = _percent(max(0.4, 100 * (right - left) / span))
        row["size"] = localize(round(abs(row["amount"]), 1))
        row["tone"] = "plus" if row["amount"] > 0 else "minus" if row["amount"] < 0 else "none"
    return {
        "rows": rows,
        "total_text": localize(round(float(total), 1)),
        "unit": unit,
        "zero": _percent(-100 * low / span),
        "total_x": _percent(100 * (min(0.0, float(total)) - low) / span),
        "total_width": _percent(100 * abs(float(total)) / span),
    }
