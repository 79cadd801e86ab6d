"""Rules of the house that no linter knows. Each is shown once to find what it forbids."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = (
    "core",
    "accounts",
    "backlog",
    "scoring",
    "assets",
    "reviews",
    "insights",
    "integrations",
    "notices",
)


def modules() -> list[Path]:
    return [
        path
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def templates() -> list[Path]:
    """Templates of pages. What goes out by mail is read under other rules: there a style sheet has to be inside."""
    return sorted(
        path for path in (ROOT / "templates").rglob("*.html") if path.parent.name != "mail"
    )


# --- Templates: nothing that the content security policy blocks ---------------------------------

COMMENT = re.compile(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}|<!--.*?-->", re.DOTALL)
FORBIDDEN = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>"),
    "a <style> element": re.compile(r"<style\b"),
    "a style attribute": re.compile(r"\sstyle\s*="),
    "an event handler": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=\s*[\"']"),
    "hx-on": re.compile(r"\bhx-on\b"),
    "script in hx-vals, hx-headers or hx-trigger": re.compile(
        r"hx-(?:vals|headers|vars)\s*=\s*[\"']\s*(?:js|javascript):|hx-trigger\s*=\s*\"[^\"]*\["
    ),
    "something from another server": re.compile(r"\s(?:src|srcset|data-src)=[\"'](?:https?:)?//"),
}


def blocked(html: str) -> list[str]:
    """What a template holds that the policy would stop."""
    html = COMMENT.sub("", html)
    return [name for name, pattern in FORBIDDEN.items() if pattern.search(html)]


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<script>a()</script>", ["an inline script"]),
        ('<script nonce="x">a()</script>', ["an inline script"]),
        ('<script defer src="{% static "a.js" %}"></script>', []),
        ("<style>a{}</style>", ["a <style> element"]),
        ('<p style="color:red">', ["a style attribute"]),
        ('<p data-style="wide">', []),
        ('<p onclick="a()">', ["an event handler"]),
        ('<a data-on="x" href="?on=1">', []),
        ('<p hx-on:click="a()">', ["hx-on"]),
        ("<p hx-vals='js:{a:1}'>", ["script in hx-vals, hx-headers or hx-trigger"]),
        ('<p hx-trigger="click[ctrlKey]">', ["script in hx-vals, hx-headers or hx-trigger"]),
        ('<img src="https://a.example/x.png">', ["something from another server"]),
        ('{# style="x" #}', []),
    ],
)
def test_the_search_for_blocked_things_finds_them(html: str, found: list[str]) -> None:
    assert blocked(html) == found


def test_no_template_holds_what_the_policy_blocks() -> None:
    """Mails bring their styles along: no page of ours shows them, and mail programs load no sheet."""
    found = {path: set(blocked(path.read_text())) for path in templates()}
    for path, names in found.items():
        if path.parent.name == "mail":
            names -= {"a <style> element", "a style attribute"}
    assert {str(path.relative_to(ROOT)): names for path, names in found.items() if names} == {}


def test_safe_is_always_explained() -> None:
    """`|safe` has a comment on its line or the one above that says why it is."""
    bare = []
    for path in templates():
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            if re.search(r"\|\s*safe\b|autoescape off", line):
                if "{#" not in line and "#}" not in lines[max(0, number - 1)]:
                    bare.append(f"{path.relative_to(ROOT)}:{number + 1}")
    assert bare == []


# --- Python -------------------------------------------------------------------------------------


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def is_engine(path: Path) -> bool:
    return "engine" in path.parts or path.stem == "engine" or path.stem.endswith("_engine")


def test_engines_know_no_framework_and_no_clock() -> None:
    found = []
    for path in filter(is_engine, modules()):
        text = path.read_text()
        for name in imported(ast.parse(text)):
            if name.split(".")[0] in {"django", "rest_framework", "celery", "redis", "time"}:
                found.append(f"{path.relative_to(ROOT)} imports {name}")
        if re.search(r"\b(?:datetime|date)\.(?:now|today|utcnow)\(", text):
            found.append(f"{path.relative_to(ROOT)} reads the clock")
    assert found == []


# Fetching one row by what a request says, or writing, outside access and services.
PAST_THE_DOOR = re.compile(
    r"\.objects\.(?:get|create|update|bulk)|get_object_or_404|\.save\(|\.delete\(\)|\batomic\b"
)


def test_request_code_fetches_through_access_and_writes_through_services() -> None:
    found = []
    for path in modules():
        inside = path.relative_to(ROOT).parts[1:]
        # endpoints.py keeps the answer of an Idempotency-Key in the effect's own transaction.
        if inside[0] in {"views", "api", "views.py"} and path.name != "endpoints.py":
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if PAST_THE_DOOR.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert found == []


def test_no_module_is_a_drawer_for_everything() -> None:
    """Signals are evidence here (`scoring.services.signals`), not Django's; those are refused below."""
    drawers = {"utils", "util", "helpers", "common", "misc"}
    names = {path.stem for path in modules()} | {path.parent.name for path in modules()}
    assert names & drawers == set()


def test_no_side_effect_hides_in_a_model_signal() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in modules()
        if "django.db.models.signals" in imported(ast.parse(path.read_text()))
    ]
    assert found == []


def test_tasks_take_names_only_and_say_their_full_name() -> None:
    """A queued message outlives a deploy: its name and its arguments are a contract."""
    found = []
    for path in modules():
        if path.name != "tasks.py":
            continue
        app = path.relative_to(ROOT).parts[0]
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.FunctionDef):
                continue
            named = [
                keyword.value.value
                for decorator in node.decorator_list
                if isinstance(decorator, ast.Call)
                for keyword in decorator.keywords
                if keyword.arg == "name" and isinstance(keyword.value, ast.Constant)
            ]
            if node.decorator_list and not any(str(n).startswith(f"{app}.") for n in named):
                found.append(f"{path.relative_to(ROOT)}: {node.name} has no name of its app")
            positional = [a.arg for a in node.args.args if a.arg != "self"]
            if positional:
                found.append(f"{path.relative_to(ROOT)}: {node.name} takes {positional} by place")
    assert found == []
