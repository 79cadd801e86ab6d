"""Cells made fit to be stored: cleaned, repaired, cut to their limits."""

from __future__ import annotations

import re

from core.text import DESCRIPTION_LIMIT, TITLE_LIMIT, one_line, tidy

#: Titles that are taken from a description are no longer than this.
FIRST_LINE_LIMIT = 200
#: Nothing longer than this is looked at for a description: it is cut to 50,000 characters anyway.
WORK_LIMIT = 4 * DESCRIPTION_LIMIT

REMOVED = "Characters that cannot be stored (NUL or half a character) were removed."
_BAD = re.compile("[\x00\ud800-\udfff]")

#: Windows-1252 as it is really used: the five unassigned bytes stand for themselves.
_TO_BYTE = {byte: byte for byte in range(0x80, 0xA0)}
for _byte in range(0x80, 0xA0):
    try:
        _TO_BYTE[ord(bytes([_byte]).decode("cp1252"))] = _byte
    except UnicodeDecodeError:
        continue
_TO_BYTE.update({code: code for code in range(0xA0, 0x100)})
_TRAIL = "".join(
    sorted(re.escape(chr(code)) for code, byte in _TO_BYTE.items() if 0x80 <= byte < 0xC0)
)
#: Text that is UTF-8 read as Windows-1252: a leading byte and its followers. Three and four are
#: unmistakable.
_DOUBLE = re.compile(
    rf"[\u00f0-\u00f4][{_TRAIL}]{{3}}|[\u00e0-\u00ef][{_TRAIL}]{{2}}|[\u00c2-\u00df][{_TRAIL}]"
)
_HINT = re.compile("[\u00c2-\u00f4]")


def clean(cell: str, warnings: list[str]) -> str:
    """NFC, line ends as LF, control characters and lone surrogates out; says so when text was
    lost."""
    if cell.isascii() and cell.isprintable():
        return cell
    if _BAD.search(cell) and REMOVED not in warnings:
        warnings.append(REMOVED)
    return tidy(cell)


def repair(cell: str) -> tuple[str, bool]:
    """Undo double encoding (``â€œ`` for a quote). False: there was something that could not be
    undone.

    Only exact round trips count: what comes out gives, encoded again, what went in. A pair of
    characters could be meant (``Ã©``), so pairs are touched only when everything outside ASCII in
    the text is double-encoded.
    """
    if not _HINT.search(cell):
        return cell, True
    found = _DOUBLE.findall(cell)
    if not found:
        return cell, True
    odd = re.search("[^\x00-\x7f]", _DOUBLE.sub("", cell)) is not None
    left = False

    def undone(match: re.Match[str]) -> str:
        nonlocal left
        run = match[0]
        if odd and len(run) == 2:
            left = True
            return run
        try:
            return bytes(_TO_BYTE[ord(char)] for char in run).decode("utf-8")
        except UnicodeDecodeError:
            left = True
            return run

    return _DOUBLE.sub(undone, cell), not left


def title_and_body(title: str, body: str, warnings: list[str]) -> tuple[str, str]:
    """Both within their limits. A title that is too long is cut, and stands in full above the
    body."""
    full = one_line(title)
    if len(full) > TITLE_LIMIT:
        title = cut(full, TITLE_LIMIT)
        body = f"{full}\n\n{body}" if body else full
        warnings.append(
            f"The title has {len(full):,} characters and was cut to {TITLE_LIMIT}; "
            "it stands in full at the head of the description."
        )
    else:
        title = full
    body = body.strip("\n")
    if len(body) > DESCRIPTION_LIMIT:
        warnings.append(
            f"The description has {len(body):,} characters and was cut to {DESCRIPTION_LIMIT:,}."
        )
        body = body[: DESCRIPTION_LIMIT - 1].rstrip() + "…"
    return title, body


def cut(text: str, limit: int) -> str:
    """At most ``limit`` characters, ended by ``…`` and at a word's end where one is near."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    space = kept.rfind(" ")
    if space > limit * 0.8:
        kept = kept[:space]
    return kept.rstrip() + "…"


_MARKS_ONLY = re.compile(r"^[\W_]*$")
_HEAD_MARKS = re.compile(r"^(?:#{1,6}\s+|>\s*|[-*+]\s+(?:\[[ xX]\]\s+)?|\d{1,3}[.)]\s+)+")


def first_line(markdown: str) -> str:
    """A title out of a description: its first line that holds words, without Markdown marks."""
    for line in markdown.splitlines():
        if line.lstrip().startswith("```"):
            continue
        line = _HEAD_MARKS.sub("", line.strip()).replace("**", "").replace("`", "")
        if not _MARKS_ONLY.match(line):
            return cut(one_line(line), FIRST_LINE_LIMIT)
    return ""
