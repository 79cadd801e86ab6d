"""Jira's wiki markup as Markdown.

What has no equal in Markdown becomes plain text; nothing is dropped except colours and sizes.
Pictures stay as the text ``!name.png!``: the bytes are not in an export. Every pass is linear in
the length of the text.
"""

from __future__ import annotations

import re

_OPENING = re.compile(r"\{(code|noformat|html)(?::([^}\n]{0,200}))?\}", re.IGNORECASE)
_CLOSING = {
    macro: re.compile(rf"\{{{macro}\}}", re.IGNORECASE) for macro in ("code", "noformat", "html")
}
_COLOR = re.compile(r"\{color(?::[^}\n]{1,40})?\}", re.IGNORECASE)
_ANCHOR = re.compile(r"\{anchor:[^}\n]{1,100}\}", re.IGNORECASE)
_BOX = re.compile(
    r"\{(panel|info|note|tip|warning|expand|quote)(?::([^}\n]{0,200}))?\}", re.IGNORECASE
)
_HEADING = re.compile(r"^\s*h([1-6])\.\s+(.*)$")
_ITEM = re.compile(r"^\s*([*#]{1,8}|-)\s+(\S.*)$")
_QUOTE_LINE = re.compile(r"^\s*bq\.\s+(.*)$")
_RULE = re.compile(r"^\s*-{4,}\s*$")
_HEAD_ROW = re.compile(r"^\s*\|\|.*\|\s*$")
_ROW = re.compile(r"^\s*\|.*\|\s*$")

#: Left alone by the marks below: monospace, links, pictures and bare addresses.
_ATOM = re.compile(
    r"\{\{(?P<mono>(?:[^{}\n]|\{(?!\{)|\}(?!\})){1,500})\}\}"
    r"|\[~(?:accountid:)?(?P<user>[^\]\n]{1,120})\]"
    r"|\[\^(?P<file>[^\]\n]{1,200})\]"
    r"|\[(?P<text>[^|\[\]\n]{0,500})\|[ ]?(?P<href>[^\]\s|]{1,2000})[ ]?(?:\|[^\]\n]{0,100})?\]"
    r"|\[(?P<bare>(?:https?|mailto|ftp)[^\]\s|]{1,2000})\]"
    r"|!(?P<image>[^!\s|][^!\n|]{0,300}\.[A-Za-z]{2,5})(?:\|[^!\n]{0,200})?!"
    r"|(?P<url>(?:https?|ftp)://[^\s|\])}>\"]{1,2000})"
)
_BEFORE, _AFTER = r"(?<![\w*\\])", r"(?![\w*])"
_BOLD = re.compile(rf"{_BEFORE}\*([^\s*](?:[^*\n]{{0,500}}?[^\s*])?)\*{_AFTER}")
_BRACED_BOLD = re.compile(r"\{\*\}([^\n]{1,500}?)\{\*\}")
_STRUCK = re.compile(
    r"(?<![^\s(\[])-((?=[^\W\d]|[*_(])[^\n\-]{1,500}(?<=[\w.!?)*_]))-(?=[\s.,;:!?)\]]|$)"
)
_INSERTED = re.compile(r"(?<![\w\\+])\+([^\s+](?:[^\n+]{0,500}[^\s+])?)\+(?![\w+])")
_CITED = re.compile(r"\?\?([^\s?][^\n?]{0,500}?)\?\?")
_BREAK = re.compile(r"\\\\\s*$")


def to_markdown(text: str) -> str:
    """``text`` with LF line ends, converted. Code blocks are fenced and not touched inside."""
    if not text:
        return ""
    out: list[str] = []
    unclosed: set[str] = set()  # looked for once, and not again
    at = 0
    while True:
        opening = _OPENING.search(text, at)
        if opening is None:
            break
        macro = opening[1].lower()
        closing = None if macro in unclosed else _CLOSING[macro].search(text, opening.end())
        if closing is None:
            unclosed.add(macro)
            # Never closed: the mark itself goes, the text stays.
            out.append(_prose(text[at : opening.start()]))
            at = opening.end()
            continue
        out.append(_prose(text[at : opening.start()]))
        out.append(_fence(text[opening.end() : closing.start()], macro, opening[2] or ""))
        at = closing.end()
    out.append(_prose(text[at:]))
    joined = "\n".join(part for part in out if part.strip("\n"))
    return re.sub(r"\n{3,}", "\n\n", joined).strip("\n")


def _fence(code: str, macro: str, options: str) -> str:
    ticks = "```"
    while ticks in code:
        ticks += "`"
    language, title = "html" if macro == "html" else "", ""
    for option in options.split("|"):
        name, equals, value = option.partition("=")
        if not equals and re.fullmatch(r"[\w+#-]{1,20}", name.strip()):
            language = name.strip().lower()
        elif name.strip() == "title":
            title = value.strip()
    head = f"\n**{title}**\n" if title else "\n"
    return f"{head}{ticks}{language}\n{code.strip(chr(10))}\n{ticks}\n"


def _prose(text: str) -> str:
    if not text.strip():
        return text
    text = _ANCHOR.sub("", _COLOR.sub("", text))
    out: list[str] = []
    quoted = False
    table = False
    for line in text.split("\n"):
        line, quoted_here, quoted = _boxes(line, quoted)
        row = _table_row(line)
        if row is None:
            table = False
            done = _line(line, out)
        else:
            done = row if table else _table_begin(line, row, out)
            table = True
        if quoted_here:
            done = "\n".join("> " + part for part in done.split("\n"))
        out.append(done)
    return "\n".join(out)


def _boxes(line: str, quoted: bool) -> tuple[str, bool, bool]:
    """The line without panel and quote marks; whether it is quoted, and whether the next one is."""
    here = quoted

    def replaced(match: re.Match[str]) -> str:
        nonlocal quoted, here
        if match[1].lower() == "quote":
            quoted = not quoted
            here = here or quoted
            return ""
        title = re.search(r"title=([^|]{1,100})", match[2] or "")
        return f"**{title[1].strip()}** " if title else ""

    stripped = _BOX.sub(replaced, line)
    if stripped != line and not stripped.strip():
        here = False  # the mark stood alone on its line
    return stripped, here, quoted


def _line(line: str, out: list[str]) -> str:
    line = _BREAK.sub("", line)
    heading = _HEADING.match(line)
    if heading:
        return f"{'#' * int(heading[1])} {_inline(heading[2].strip())}"
    quote = _QUOTE_LINE.match(line)
    if quote:
        return f"> {_inline(quote[1])}"
    if _RULE.match(line):
        # A rule right below text would make that text a heading.
        return "\n---" if out and out[-1].strip() else "---"
    item = _ITEM.match(line)
    if item:
        marks = item[1]
        indent = "".join("   " if mark == "#" else "  " for mark in marks[:-1])
        return f"{indent}{'1.' if marks[-1] == '#' else '-'} {_inline(item[2])}"
    return _inline(line)


def _table_row(line: str) -> str | None:
    if not _ROW.match(line) or line.strip() in ("|", "||"):
        return None
    cells = _inline(line.strip().replace("||", "|")).strip().strip("|").split("|")
    return "| " + " | ".join(cell.strip() for cell in cells) + " |"


def _table_begin(line: str, row: str, out: list[str]) -> str:
    """Markdown tables need a head; a Jira table without one gets an empty head."""
    columns = row.count("|") - 1
    rule = "|" + " --- |" * columns
    head = f"{row}\n{rule}" if _HEAD_ROW.match(line) else f"|{'  |' * columns}\n{rule}\n{row}"
    return f"\n{head}" if out and out[-1].strip() else head


def _inline(line: str) -> str:
    parts: list[str] = []
    at = 0
    for match in _ATOM.finditer(line):
        parts += (_marks(line[at : match.start()]), _atom(match))
        at = match.end()
    parts.append(_marks(line[at:]))
    return "".join(parts) if len(parts) > 1 else parts[0]


def _atom(match: re.Match[str]) -> str:
    if match["mono"]:
        ticks = "``" if "`" in match["mono"] else "`"
        return f"{ticks}{match['mono'].strip()}{ticks}"
    if match["user"]:
        return f"@{match['user']}"
    if match["file"]:
        return match["file"]
    if match["href"]:
        text = _inline(match["text"].strip())
        href = match["href"]
        if not text or text == href:
            return f"<{href}>" if "://" in href else href
        return (
            f"[{text}]({href})"
            if "://" in href or href.startswith("mailto:")
            else f"{text} ({href})"
        )
    if match["bare"]:
        return f"<{match['bare']}>"
    if match["image"]:
        return f"!{match['image']}!"
    return match["url"]


def _marks(text: str) -> str:
    if "*" in text:
        text = _BOLD.sub(r"**\1**", _BRACED_BOLD.sub(r"**\1**", text))
    if "-" in text:
        text = _STRUCK.sub(r"~~\1~~", text)
    if "+" in text:
        text = _INSERTED.sub(r"\1", text)
    if "??" in text:
        text = _CITED.sub(r"*\1*", text)
    return text
