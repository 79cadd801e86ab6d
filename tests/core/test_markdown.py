"""Markdown of people becomes HTML that can do nothing but be read."""

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.markdown import render

ALLOWED = set(
    "p br hr h1 h2 h3 h4 h5 h6 strong em s del code pre blockquote ul ol li a table thead tbody tr th td".split()
)
ATTRIBUTES = {"a": {"href", "rel", "title"}, "ol": {"start"}, "th": {"align"}, "td": {"align"}}

NASTY = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href='javascript:alert(1)'>x</a>",
    "<div hx-get='/x' hx-trigger='load'>x</div>",
    "<div data-hx-get='/x'>x</div>",
    "<p style='position:fixed'>x</p>",
    "<p id='csrf'>x</p>",
    "<base href='//evil.example'>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action='//evil.example'><input name=a></form>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](vbscript:x)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](file:///etc/passwd)",
    "![x](https://evil.example/pixel.png)",
    "![x](javascript:alert(1))",
    "[x][y]\n\n[y]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "[a](https://a.example 'title\" onmouseover=\"alert(1)')",
    '[a](<https://a.example/"onmouseover=alert(1)>)',
    "`<script>`",
    "```html\n<script>alert(1)</script>\n```",
    "| a |\n|---|\n| <script>alert(1)</script> |",
    "a\n\n<!-- --><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
]


def harmless(html: str) -> None:
    fragment = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    for element in fragment.iter():
        if element is fragment or not isinstance(element.tag, str):
            continue
        assert element.tag in ALLOWED, (element.tag, html)
        assert set(element.attrib) <= ATTRIBUTES.get(element.tag, set()), (element.attrib, html)
        target = element.attrib.get("href", "")
        scheme = target.partition(":")[0].lower() if ":" in target else ""
        assert scheme in ("", "http", "https", "mailto") or "/" in scheme, target


@pytest.mark.parametrize("source", NASTY)
def test_nothing_of_it_can_act(source: str) -> None:
    harmless(render(source))


PIECES = st.sampled_from(
    [
        "<",
        ">",
        "[",
        "](",
        ")",
        "javascript:",
        "`",
        "'",
        '"',
        "&#",
        "<a ",
        "href=",
        "on",
        "x",
        "\n",
        "!",
        "|",
        "*",
        "http://a.b",
    ]
)


@settings(max_examples=60)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_nothing_of_any_jumble_can_act(source: str) -> None:
    harmless(render(source))


def test_what_people_write_comes_out() -> None:
    html = render(
        "# Title\n\nA *line*\nand **another**\n\n- one\n- two\n\n`code` https://a.example"
    )
    for piece in ("<h1>Title</h1>", "<em>line</em><br>", "<li>one</li>", "<code>code</code>"):
        assert piece in html
    assert '<a href="https://a.example" rel="noopener noreferrer nofollow">' in html
    assert render("") == ""
