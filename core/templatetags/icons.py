"""``{% lucide "x" size=14 %}``, as the package of that name has it, but for drawing an icon anew each time it is shown.

A page shows dozens of a few icons: each is drawn once for its name, size and attributes.
"""

from functools import lru_cache

from django import template
from django.utils.safestring import SafeString, mark_safe
from lucide import _render_icon

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=512)
def lucide(name: str, size: int | None = 24, **attributes: str) -> SafeString:
    """An icon as SVG. An underscore in an attribute's name stands for a hyphen: ``aria_hidden="true"``."""
    return mark_safe(_render_icon(name, size, **attributes))  # noqa: S308 - the package's own drawing
