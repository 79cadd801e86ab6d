"""Jira's wiki markup as Markdown."""

import time

import pytest

from integrations.readers.wiki import to_markdown


@pytest.mark.parametrize(
    ("wiki", "markdown"),
    [
        ("", ""),
        ("plain text", "plain text"),
        ("h1. Steps\nh3. *Deep*", "# Steps\n### **Deep**"),
        ("*bold* and *two words*.", "**bold** and **two words**."),
        ("*not bold", "*not bold"),
        ("2*3*4 and a*b", "2*3*4 and a*b"),
        ("{*}bold{*}text", "**bold**text"),
        ("_italic_ snake_case_name", "_italic_ snake_case_name"),
        ("-gone- but well-known-thing", "~~gone~~ but well-known-thing"),
        ("is -not this- so. -Not that.-", "is ~~not this~~ so. ~~Not that.~~"),
        ("-=-=-=- kill -9 now- :-) and :-)", "-=-=-=- kill -9 now- :-) and :-)"),
        ("[{{a.b}}|https://x.test]", "[`a.b`](https://x.test)"),
        ("[the docs | https://x.test]", "[the docs](https://x.test)"),
        ("+new+ and C++", "new and C++"),
        ("??cite??", "*cite*"),
        ("{{mono}} and {{a`b}}", "`mono` and ``a`b``"),
        ("{color:#bf2600}*FAIL*{color}", "**FAIL**"),
        ("{color:red}a{color} {color}", "a "),
        ("* one\n** two\n* three", "- one\n  - two\n- three"),
        ("# one\n## two\n#* three", "1. one\n   1. two\n   - three"),
        ("*# numbered in bullets", "  1. numbered in bullets"),
        ("- dash", "- dash"),
        ("bq. said", "> said"),
        ("{quote}\na\nb\n{quote}\nc", "\n> a\n> b\n\nc".strip()),
        ("{quote}inline{quote}", "> inline"),
        ("[~ada] and [~accountid:55:7-x]", "@ada and @55:7-x"),
        ("[the docs|https://x.test/a_b_c]", "[the docs](https://x.test/a_b_c)"),
        ("[text|https://x.test|smart-link]", "[text](https://x.test)"),
        ("[https://x.test|https://x.test]", "<https://x.test>"),
        ("[https://x.test/*a*]", "<https://x.test/*a*>"),
        ("[here|#anchor]", "here (#anchor)"),
        ("[^log.txt]", "log.txt"),
        ("see https://x.test/-a-/*b* now", "see https://x.test/-a-/*b* now"),
        ("!shot.png|width=720,height=5!", "!shot.png!"),
        ("wow! great!", "wow! great!"),
        ("above\n----\nbelow", "above\n\n---\nbelow"),
        ("a \\\\\nb", "a \nb"),
        ("{panel:title=Note|borderStyle=solid}\ntext\n{panel}", "**Note** \ntext"),
        ("{anchor:top}text", "text"),
        ("array[0] = {x}", "array[0] = {x}"),
    ],
)
def test_markup(wiki, markdown):
    assert to_markdown(wiki) == markdown


def test_code_is_fenced_and_left_alone():
    assert to_markdown("before\n{code:java}\n# not a list\n*x*\n{code}\nafter") == (
        "before\n\n```java\n# not a list\n*x*\n```\n\nafter"
    )
    assert to_markdown("{noformat}\nh1. x\n{noformat}") == "```\nh1. x\n```"
    assert to_markdown("{CODE}x{CODE}") == "```\nx\n```"


def test_code_options():
    assert to_markdown("{code:title=A.java|borderStyle=solid|java}x{code}") == (
        "**A.java**\n```java\nx\n```"
    )


def test_a_fence_inside_code_gets_a_longer_fence():
    assert to_markdown("{code}\n```\n{code}") == "````\n```\n````"


def test_code_that_is_never_closed_stays_text():
    assert to_markdown("{code}\nh1. x") == "# x"


def test_tables():
    assert to_markdown("||A||B||\n|1|[x|https://x.test]|\ntext") == (
        "| A | B |\n| --- | --- |\n| 1 | [x](https://x.test) |\ntext"
    )
    assert to_markdown("above\n|1|2|") == "above\n\n|  |  |\n| --- | --- |\n| 1 | 2 |"


@pytest.mark.parametrize(
    "piece",
    ["{code:java}", "{code}{noformat}", "*a", "[a|", "!a", "{{", "-a ", "||", "{quote}", "h1. ", "??",
     "[~", "{color:", "+a", "* ", "{panel:title=", "http://"],
)  # fmt: skip
def test_the_time_is_bounded(piece):
    text = (piece * 200_000)[:200_000]
    start = time.process_time()
    to_markdown(text)
    assert time.process_time() - start < 3
