# ruff: noqa: E501  a place a line
"""Texts that break things, through every field that can be written, by API and by page (F19).

What is taken comes back equal after tidying; what is not taken is refused; nothing is an error of ours.
"""

import json
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import pytest

from backlog.models import Item
from tests.backlog.making import ask, make
from tests.cast import Cast

CORPUS = [
    "plain",
    "👩\u200d👩\u200d👧\u200d👦 family",
    "🏳️\u200d🌈",
    "e\u0301 combining",
    "Z" + "\u0301" * 1000,
    "\u202eright to left\u202c",
    "\u2066isolate\u2069",
    "שלום עולם",
    "مرحبا",
    "日本語テキスト",
    "ﬀ ligature ①",
    "Ａ full width ＝SUM(1)",
    "=HYPERLINK(1)",
    "+1",
    "-1",
    "@cmd",
    "\ttab first",
    "line\u2028separator",
    "para\u2029graph",
    "nel\x85",
    "vertical\x0btab",
    "form\x0cfeed",
    "bell\x07",
    "escape\x1b[31m",
    "delete\x7f",
    "nul\x00inside",
    "\x00",
    "lone \ud800 high",
    "lone \udfff low",
    "\ud83d\ude00 pair",
    "\ufeffbom",
    "\ufffe noncharacter \uffff",
    "zero\u200bwidth",
    "раураl homoglyph",
    "i̇ İ ı",
    "ß ẞ",
    "\U0001f9d1" * 90,
    "{{ 7*7 }} {% now 'Y' %} ${x} %s {0}",
    "'; DROP TABLE backlog_item; --",
    '"><img src=x onerror=alert(1)>',
    "</script><script>alert(1)</script>",
    "\\u0000 \\x00 %00",
    "a" * 3000,
    "\r\nSet-Cookie: a=b",
    "null",
    "NaN",
    "true",
    "../../etc/passwd",
]


#: A form's bytes are UTF-8, which half a pair cannot be.
SENDABLE = [value for value in CORPUS if not any(0xD800 <= ord(each) < 0xE000 for each in value)]
#: Those that broke something once are tried everywhere, the others here and there; where it may be slow, all are.
HARD = ("nul\x00inside", "lone \ud800 high")
EVERYWHERE = [False, pytest.param(True, marks=pytest.mark.slow)]


def pairs(
    values: Sequence[str], places: Sequence[Any], everywhere: bool
) -> Iterator[tuple[str, Any]]:
    for number, value in enumerate(values):
        for place, what in enumerate(places):
            if everywhere or value in HARD or (number + place) % 8 == 0:
                yield value, what


def tidied(value: str, *, lines: bool) -> str:
    """The rule, told again: NFC, no control characters, LF; one blank for any white space where it is one line."""
    value = json.loads(json.dumps(value))  # two halves that meet are a pair
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    value = "".join(
        each
        for each in value
        if each in "\t\n"
        or not (unicodedata.category(each) in ("Cc", "Cs") and (ord(each) < 32 or ord(each) == 127))
    )
    value = "".join(each for each in value if unicodedata.category(each) != "Cs")
    value = unicodedata.normalize("NFC", value)
    return value.strip("\n") if lines else " ".join(value.split())


@pytest.mark.slow
@pytest.mark.parametrize("everywhere", EVERYWHERE)
def test_every_text_field_of_the_api(cast: Cast, everywhere: bool) -> None:
    item = make(cast)
    other = make(cast)
    made = ask(cast, "owner", "POST", f"items/{item.key}/criteria/", {"text": "x"}).json()["id"]
    signal = {
        "kind": "incident",
        "magnitude": 1,
        "occurred_at": "2026-01-01T00:00:00Z",
        "source": "desk",
    }
    adjustment = {"points": 1, "claim": "Known", "expires_at": "2999-01-01T00:00:00Z"}
    places: list[tuple[str, str, Any, bool]] = [
        ("POST", "items/", lambda text: {"product": "ATLAS", "title": text}, False),
        ("POST", "items/", lambda text: {"product": text, "title": "x"}, False),
        ("POST", "items/", lambda text: {"title": "x", "criteria": [{"text": text, "verification": text}]}, False),
        ("POST", f"items/{item.key}/comments/", lambda text: {"body": text}, False),
        ("POST", f"items/{item.key}/criteria/", lambda text: {"text": text, "verification": text}, False),
        ("POST", f"items/{item.key}/criteria/{made}/verify/", lambda text: {"met": True, "note": text}, False),
        ("POST", f"items/{item.key}/links/", lambda text: {"kind": text, "target": other.key}, False),
        ("POST", f"items/{item.key}/links/", lambda text: {"kind": "blocks", "target": text}, False),
        ("POST", f"items/{item.key}/ratings/", lambda text: {"ratings": [{"criterion": text, "level": 1}]}, False),
        ("POST", f"items/{item.key}/ratings/", lambda text: {"ratings": [], "reason": text}, False),
        ("POST", f"items/{item.key}/signals/", lambda text: {**signal, "kind": text}, False),
        ("POST", f"items/{item.key}/signals/", lambda text: {**signal, "source": text}, False),
        ("POST", f"items/{item.key}/signals/", lambda text: {**signal, "external_id": text}, False),
        ("POST", f"items/{item.key}/signals/", lambda text: {**signal, "note": text}, False),
        ("POST", "signals/", lambda text: {"signals": [{**signal, "item": text}]}, False),
        ("POST", f"items/{item.key}/adjustments/", lambda text: {**adjustment, "claim": text, "evidence": text}, False),
        ("POST", "items/bulk/", lambda text: {"product": "ATLAS", "keys": [text]}, False),
        ("POST", "items/bulk/", lambda text: {"product": "ATLAS", "filter": {"label": text}, "preview": True}, False),
        ("POST", "items/bulk/", lambda text: {"product": "ATLAS", "filter": {text: "x"}}, False),
        ("POST", "items/bulk/", lambda text: {"keys": [item.key], "add_labels": [text], "reason": text}, False),
        ("POST", f"items/{item.key}/merge/", lambda text: {"into": text}, True),
        ("POST", f"items/{item.key}/state/", lambda text: {"state": text}, True),
        ("POST", f"items/{item.key}/accept/", lambda text: {"queue": "hotfix", "segments": [text]}, True),
        ("POST", f"items/{item.key}/park/", lambda text: {"until": text, "reason": text}, True),
        ("PATCH", f"items/{item.key}/", lambda text: {"kind": text}, True),
        ("PATCH", f"items/{item.key}/", lambda text: {text: "x"}, True),
        ("POST", "products/", lambda text: {"key": text, "name": text}, False),
    ]  # fmt: skip
    for value, (method, path, body, versioned) in pairs(CORPUS, places, everywhere):
        version = Item.objects.get(pk=item.pk).version if versioned else None
        answer = ask(cast, "administrator", method, path, body(value), version=version)
        assert answer.status_code in (200, 201, 400, 404, 409), (method, path, value)
        json.loads(answer.content)
        if "\x00" in value or "lone" in value:
            assert answer.status_code >= 400 or path == "items/bulk/", (path, value)
    for path in (
        "items/?limit=200",
        f"items/{item.key}/",
        f"items/{item.key}/changes/",
        f"items/{item.key}/comments/",
    ):
        assert ask(cast, "viewer", "GET", path).status_code == 200
    page = cast.client("viewer").get(f"/items/{item.key}/")
    assert page.status_code == 200
    assert "<script>alert" not in page.content.decode()
    assert "<img src=x" not in page.content.decode()


FIELDS = ("title", "description", "program", "channel", "cycle")


@pytest.mark.parametrize("everywhere", EVERYWHERE)
def test_what_is_taken_comes_back_tidied(cast: Cast, everywhere: bool) -> None:
    item = make(cast)
    for value in CORPUS:
        for field in FIELDS if everywhere else FIELDS[:1]:
            version = Item.objects.get(pk=item.pk).version
            answer = ask(
                cast, "owner", "PATCH", f"items/{item.key}/", {field: value}, version=version
            )
            fits = tidied(value, lines=field == "description")
            limit = {"title": 255, "description": 50_000}.get(field, 80)
            sound = "\x00" not in value and "lone" not in value
            taken = sound and len(fits) <= limit and bool(fits or field == "description")
            if answer.status_code == 200:
                assert taken, (field, value)
                assert answer.json()[field] == fits, (field, value)
                assert getattr(Item.objects.get(pk=item.pk), field).__str__() == fits
            else:
                assert answer.status_code == 400, (field, value, answer.content)
                assert not taken, (field, value, answer.content)
                assert list(answer.json()["fields"]) == [field]


def test_words_and_labels_come_back_tidied(cast: Cast) -> None:
    item = make(cast)
    for value in CORPUS:
        version = Item.objects.get(pk=item.pk).version
        answer = ask(
            cast,
            "owner",
            "PATCH",
            f"items/{item.key}/",
            {"labels": [value, f" {value} "]},
            version=version,
        )
        fits = tidied(value, lines=False)
        if answer.status_code == 200:
            assert answer.json()["labels"] == ([fits] if fits else [])
        else:
            assert answer.status_code == 400
            assert "\x00" in value or "lone" in value or len(fits) > 78


@pytest.mark.slow
@pytest.mark.parametrize("everywhere", EVERYWHERE)
def test_every_form(cast: Cast, everywhere: bool) -> None:
    """By page: never an error of ours; what was entered stands in the form again when it is refused."""
    item = make(cast)
    client = cast.client("administrator")
    form = {"title": "x", "kind": "task"}
    places: list[tuple[str, Any]] = [
        ("/p/ATLAS/items/new/", lambda text: {**form, "title": text}),
        ("/p/ATLAS/items/new/", lambda text: {**form, **dict.fromkeys(("description", "labels", "program", "cycle"), text)}),
        ("/p/ATLAS/items/new/", lambda text: dict.fromkeys(("title", "kind", "owner", "effort", "due_at", "severity"), text)),
        (f"/items/{item.key}/edit/", lambda text: {**form, "title": text, "reason": text, "version": text}),
        (f"/items/{item.key}/state/", lambda text: {"state": text, "reason": text, "until": text, "version": text}),
        (f"/items/{item.key}/state/", lambda text: {"state": "parked", "reason": text, "until": text, "confirm": "yes"}),
        (f"/items/{item.key}/move/", lambda text: {"queue": text, "reason": text}),
        (f"/items/{item.key}/comments/", lambda text: {"body": text}),
        (f"/items/{item.key}/criteria/", lambda text: {"text": text, "verification": text}),
        (f"/items/{item.key}/links/", lambda text: {"kind": text, "target": text}),
        (f"/items/{item.key}/ratings/", lambda text: {"business_value": text, "business_value-certainty": text, "reason": text}),
        (f"/items/{item.key}/signals/", lambda text: {"kind": "incident", "magnitude": text, "occurred_at": text, "note": text}),
        (f"/items/{item.key}/signals/", lambda text: {"kind": text, "magnitude": "1", "occurred_at": "2026-01-01T00:00"}),
        (f"/items/{item.key}/adjustments/", lambda text: {"points": text, "claim": text, "evidence": text, "expires_on": text}),
        ("/p/ATLAS/triage/decide/", lambda text: {"item": text, "decision": text}),
        ("/p/ATLAS/triage/decide/", lambda text: {"item": item.key, "decision": "merge", "into": text, "version": text}),
        ("/p/ATLAS/triage/decide/", lambda text: {"item": item.key, "decision": "hotfix", "confirm": "hotfix", "severity": text, "owner": text, "segment": text}),
        ("/p/ATLAS/board/move/", lambda text: {"item": text, "to": text}),
        ("/p/ATLAS/backlog/bulk/", lambda text: {"item": item.key, "add_labels": text, "reason": text, "owner": text}),
        ("/p/ATLAS/backlog/bulk/", lambda text: {"all": "yes", "query": text, "horizon": "release"}),
        ("/p/ATLAS/views/", lambda text: {"name": text, "query": text}),
        ("/p/ATLAS/queues/hotfix/", lambda text: {"definition": text, "share": text, "in_progress_limit": text, "deadline_1": text, "reason": text}),
        ("/p/ATLAS/settings/", lambda text: {"name": text, "description": text}),
        ("/p/ATLAS/settings/archive/", lambda text: {"archived": "no", "reason": text}),
    ]  # fmt: skip
    for number, (value, (path, data)) in enumerate(pairs(SENDABLE, places, everywhere)):
        fragment = {"HX-Request": "true"} if number % 3 == 0 else {}
        answer = client.post(path, data(value), headers=fragment)
        assert answer.status_code in (200, 204, 302, 409, 422), (path, value, answer.status_code)
    for path in (
        "/p/ATLAS/backlog/",
        "/p/ATLAS/triage/",
        f"/items/{item.key}/",
        "/p/ATLAS/queues/",
    ):
        html = client.get(path).content.decode()
        assert "<script>alert" not in html
        assert "<img src=x" not in html


@pytest.mark.parametrize("everywhere", EVERYWHERE)
def test_every_address(cast: Cast, everywhere: bool) -> None:
    make(cast)
    client = cast.client("administrator")
    short = [value for value in SENDABLE if len(value) < 1000]
    for value, path in pairs(short, ADDRESSES, everywhere):
        address = path.format(quote(value, safe=""))
        answer = client.get(address)
        assert answer.status_code in (200, 302, 400, 404, 422), (address, answer.status_code)


ADDRESSES = [
    "/p/{0}/backlog/",
    "/items/{0}/",
    "/p/ATLAS/queues/{0}/",
    "/p/ATLAS/search/?q={0}",
    "/p/ATLAS/search/palette/?q={0}",
    "/p/ATLAS/backlog/?q={0}",
    "/p/ATLAS/backlog/?label={0}&owner={0}",
    "/p/ATLAS/backlog/?item={0}&view={0}&n={0}",
    "/p/ATLAS/triage/?item={0}",
    "/p/ATLAS/board/?by={0}&owner={0}",
    "/items/ATLAS-1/state/?state={0}",
    "/items/ATLAS-1/history/?before={0}",
    "/api/v1/items/{0}/",
    "/api/v1/products/{0}/",
    "/api/v1/items/?product={0}",
    "/api/v1/items/?product=ATLAS&q={0}",
    "/api/v1/items/?product=ATLAS&label={0}",
    "/api/v1/signals/?product=ATLAS&kind={0}",
    "/api/v1/products/ATLAS/rubric/?version={0}",
]
