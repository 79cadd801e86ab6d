"""A digest as a mail: text and HTML, with headers by which a mail program can unsubscribe in one click."""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from core import text
from insights.digest import Content, Line, Section
from insights.models import Digest, DigestPreference
from insights.unsubscribing import token_of
from insights.words import plain

SUBJECT_LIMIT = 150
#: Marks that turn the direction of writing round, so that a title cannot disguise what follows it.
_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Written:
    """Sections as they stand in a mail: written once, used for all readers who get them alike."""

    html: Mapping[str, SafeString]
    text: Mapping[str, str]


def write(sections: Iterable[Section], *, base: str) -> Written:
    """Write sections. ``base`` goes before the paths of links: the site's address in a mail, nothing on a page."""
    html, texts = {}, {}
    for section in sections:
        html[section.key] = mark_safe(  # noqa: S308  rendered by a template that escapes
            render_to_string("insights/_digest_section.html", {"section": section, "base": base})
        )
        texts[section.key] = section_text(section, base)
    return Written(html, texts)


def section_text(section: Section, base: str) -> str:
    """A section as plain text; the address of each thing on a line below it."""
    rows = [section.title.upper(), ""]
    rows += [row for line in section.lines for row in _line_text(line, base)]
    if not section.lines and section.empty:
        rows += _wrapped(section.empty)
    if section.note:
        rows += _wrapped(section.note)
    return "\n".join(rows)


def _line_text(line: Line, base: str) -> list[str]:
    rows = _wrapped(f"* {plain(line.parts)}")
    if line.why:
        rows += _wrapped(f"  Why: {line.why}")
    rows += [f"  {base}{part.url}" for part in line.parts if part.url]
    return rows


def _wrapped(words: str) -> list[str]:
    """Lines that every mail program shows whole; an address is never broken."""
    return textwrap.wrap(
        words, 78, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def body_text(content: Content, written: Written, *, links: Mapping[str, str]) -> str:
    """The whole text. ``links``: settings and unsubscribe, absolute."""
    parts = [
        f"{content.product}\n{content.intro}",
        *(written.text[each.key] for each in content.sections),
    ]
    foot = f"Change when it comes: {links['settings']}"
    if "unsubscribe" in links:
        foot += f"\nStop this digest: {links['unsubscribe']}"
    return "\n\n".join([*parts, "--", foot]) + "\n"


def body_html(content: Content, written: Written, *, links: Mapping[str, str]) -> str:
    """The whole HTML page of a mail."""
    sections = [written.html[each.key] for each in content.sections]
    return render_to_string(
        "insights/mail/digest.html", {"content": content, "sections": sections, "links": links}
    )


def links_of(preference: DigestPreference) -> dict[str, str]:
    """Where its reader changes or ends it."""
    return {
        "settings": f"{settings.SITE_URL}{reverse('digest', args=[preference.product.key])}",
        "unsubscribe": f"{settings.SITE_URL}{reverse('digest-unsubscribe', args=[token_of(preference)])}",
    }


def message(
    content: Content, written: Written, preference: DigestPreference, digest: Digest
) -> EmailMultiAlternatives:
    """The mail, ready to be handed over. The same digest has the same Message-ID however often it is tried."""
    links = links_of(preference)
    mail = EmailMultiAlternatives(
        subject=subject(content.subject),
        body=body_text(content, written, links=links),
        to=[preference.user.email],
        headers={
            "Message-ID": message_id(digest),
            "List-Unsubscribe": f"<{links['unsubscribe']}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(body_html(content, written, links=links), "text/html")
    return mail


def subject(words: str) -> str:
    """One line without control characters or marks that turn the direction of writing."""
    line = text.one_line(_TURNS.sub("", words))
    return line if len(line) <= SUBJECT_LIMIT else f"{line[: SUBJECT_LIMIT - 1]}…"


def message_id(digest: Digest) -> str:
    """``<ballast-digest-12@example.org>``."""
    return f"<ballast-digest-{digest.pk}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}>"


def body_digest(mail: EmailMultiAlternatives) -> str:
    """SHA-256 over text and HTML, to tell later what was sent."""
    html = "".join(str(part[0]) for part in mail.alternatives)
    return hashlib.sha256(f"{mail.body}\n{html}".encode()).hexdigest()
