"""Words of reviews in templates."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.templatetags.interface import due

register = template.Library()


@register.simple_tag
def until(value: datetime | None) -> SafeString | str:
    """Words: "verdicts until in 3 days", or "verdicts were due 2 days ago"."""
    if value is None:
        return ""
    words = _("verdicts were due") if value < timezone.now() else _("verdicts until")
    return format_html("{} {}", words, due(value))
