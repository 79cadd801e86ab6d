"""``{{ text|markdown }}``: Markdown as clean HTML."""

from django import template
from django.utils.safestring import SafeString

from core.markdown import render_cached

register = template.Library()


@register.filter
def markdown(text: str) -> SafeString:
    """Cleaned by an allowlist; see ``core.markdown``."""
    return render_cached(text or "")
