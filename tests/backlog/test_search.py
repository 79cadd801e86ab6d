"""Search and similarity answer alike on both databases."""

import random
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backlog.models import Item
from backlog.search import matching, similar_to, words_of
from backlog.services import items
from tests.backlog.making import accepted, ask, in_state, make, many
from tests.cast import Cast

TEXTS = {
    "captions": ("Captions lag behind the sound", "On phones with iOS 17.4, not on Android."),
    "login": (
        "Broken link in login.html",
        "See https://help.example.com/start?x=1 or mail ops@example.org",
    ),
    "version": ("Upgrade to v2.3.1", "and/or to 3.14, foo-bar_baz, C:\\Temp\\x.log, -5 °C"),
    "umlaut": ("Über die Größe", "Straße, naïve café, ΑΒΓ αβγ, 日本語, Привет"),
    "quotes": ('It\'s "quoted" (twice)', "AND OR NOT NEAR * ^ : { } title:x"),
    "numbers": ("Room 101", "42 of 1,000"),
    "empty": ("Nothing to say", ""),
}

FINDS: list[tuple[str, set[str]]] = [
    ("captions", {"captions"}),
    ("CAPTIONS", {"captions"}),
    ("capt", {"captions"}),
    ("c", {"captions", "login", "version", "umlaut"}),
    ("aptions", set()),
    ("lag sound", {"captions"}),
    ("sound lag", {"captions"}),
    ("lag nothing", set()),
    ("phones ios 17", {"captions"}),
    ("login", {"login"}),
    ("html", {"login"}),
    ("login.html", {"login"}),
    ("help.example", {"login"}),
    ("example.org", {"login"}),
    ("ops@example", {"login"}),
    ("v2.3", {"version"}),
    ("v2", {"version"}),
    ("3.14", {"version"}),
    ("or", {"login", "version", "quotes"}),
    ("bar", {"version"}),
    ("baz", {"version"}),
    ("foo_bar", {"version"}),
    ("log", {"login", "version"}),
    ("temp", {"version"}),
    ("über", {"umlaut"}),
    ("ÜBER", {"umlaut"}),
    ("grö", {"umlaut"}),
    ("cafe\u0301", {"umlaut"}),
    ("αβ", {"umlaut"}),
    ("日本", {"umlaut"}),
    ("привет", {"umlaut"}),
    ("it's", {"quotes"}),
    ('"quoted"', {"quotes"}),
    ("quoted AND twice", {"quotes"}),
    ("title:x", {"quotes"}),
    ("NEAR", {"quotes"}),
    ("101", {"numbers"}),
    ("1,000", {"numbers"}),
    ("!!!", set()),
    ("***", set()),
    ("nothing", {"empty"}),
]


@pytest.fixture
def library(cast: Cast) -> dict[int, str]:
    """Item id → its name in ``TEXTS``."""
    return {make(cast, title, description=text).pk: name for name, (title, text) in TEXTS.items()}


def found(cast: Cast, library: dict[int, str], query: str) -> set[str]:
    rows = matching(Item.objects.filter(product=cast.a), query, product=cast.a)
    return {library[item.pk] for item in rows}


def test_what_is_found(cast: Cast, library: dict[int, str]) -> None:
    wrong = [
        (query, expected, seen)
        for query, expected in FINDS
        if (seen := found(cast, library, unicodedata.normalize("NFC", query))) != expected
    ]
    assert wrong == []


def test_nothing_asked_is_everything(cast: Cast, library: dict[int, str]) -> None:
    assert found(cast, library, "") == found(cast, library, "  ") == set(TEXTS)


def test_keys_and_numbers(cast: Cast, library: dict[int, str]) -> None:
    assert found(cast, library, "ATLAS-1") == found(cast, library, " atlas-1 ") == {"captions"}
    assert found(cast, library, "BRAVO-1") == set()
    assert found(cast, library, "2") == {"login", "version"} - {"version"} | found_by_text("2")
    assert found(cast, library, "ATLAS-999999999") == set()
    for strange in ("²", "٣", "1" * 40, "ATLAS-0", "-1", "ATLAS-²"):
        found(cast, library, strange)  # no error


def found_by_text(word: str) -> set[str]:
    """What a plain reading finds: words by their beginnings."""
    return {
        name
        for name, texts in TEXTS.items()
        if any(each.startswith(word) for each in words_of(" ".join(texts)))
    }


def test_two_hundred_words_and_very_long_ones(cast: Cast, library: dict[int, str]) -> None:
    assert found(cast, library, " ".join(f"w{number}" for number in range(200))) == set()
    assert found(cast, library, "captions " * 200) == {"captions"}
    assert found(cast, library, "x" * 5000) == set()
    long = make(cast, "y" * 255)
    library[long.pk] = "long"
    assert found(cast, library, "y" * 300) == {"long"}
    assert cast.client("viewer").get("/p/ATLAS/backlog/", {"q": "x" * 3000}).status_code == 200


ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ANY)
def test_no_query_is_an_error(cast: Cast, query: str) -> None:
    list(matching(Item.objects.all(), query, product=cast.a))


def test_finds_agree_with_a_plain_reading(cast: Cast) -> None:
    """Random texts of a small vocabulary; every word of the query is the beginning of a word of the text."""
    rng = random.Random(3)
    words = ["alpha", "alps", "beta", "bet", "gamma", "ga", "delta", "de", "x1", "x12"]
    drafts = [
        items.Draft(
            title=" ".join(rng.choices(words, k=2)), description=", ".join(rng.choices(words, k=3))
        )
        for _ in range(120)
    ]
    made = items.create_items(
        actor=cast.actor("owner"), product=cast.a, drafts=drafts, right="item.create"
    )
    for _ in range(60):
        asked = [
            word[: rng.randint(1, len(word))] for word in rng.choices(words, k=rng.randint(1, 3))
        ]
        expected = {
            item.pk
            for item in made
            if all(
                any(
                    word.startswith(part)
                    for word in re.findall(r"\w+", f"{item.title} {item.description}")
                )
                for part in asked
            )
        }
        rows = matching(Item.objects.all(), " ".join(asked), product=cast.a)
        assert set(rows.values_list("pk", flat=True)) == expected, asked


def test_the_index_follows_edits_and_deletions(cast: Cast) -> None:
    item = make(cast, "Before", description="old words")
    items.edit_item(
        actor=cast.actor("owner"),
        item=item,
        values={"title": "After", "description": "new"},
        version=1,
    )
    library = {item.pk: "it"}
    assert found(cast, library, "before") == found(cast, library, "old") == set()
    assert found(cast, library, "after new") == {"it"}
    item.delete()
    assert found(cast, library, "after") == set()


def test_the_pages_and_the_api_find_the_same(cast: Cast, library: dict[int, str]) -> None:
    many(cast.b, 3)
    for query, expected in (("or", 3), ("captions", 1), ("ATLAS-2", 1), ("nowhere", 0)):
        page = cast.client("viewer").get("/p/ATLAS/search/", {"q": query}).content.decode()
        assert page.count("data-row ") == expected, query
        palette = cast.client("viewer").get("/p/ATLAS/search/palette/", {"q": query}).json()
        assert len(palette["results"]) == expected
        rows = ask(cast, "viewer", "GET", f"items/?q={query}").json()["results"]
        assert len(rows) == expected
    everything = cast.client("viewer").get("/p/ATLAS/search/", {"q": ""})
    assert everything.status_code == 200


# --- Similarity ---------------------------------------------------------------------------------


def test_what_says_much_the_same_is_found(cast: Cast) -> None:
    item = make(cast, "Captions lag behind the sound", description="On phones, captions come late")
    twin = accepted(cast, "stability", "Captions are lagging behind sound")
    cousin = make(cast, "Captions missing")
    make(cast, "Invoice shows the wrong tax")
    closed = in_state(cast, "declined")
    items.edit_item(
        actor=cast.actor("owner"), item=closed, values={"title": item.title}, version=None
    )
    alike = similar_to(item)
    assert [each.item.pk for each in alike][:1] == [twin.pk]
    assert {each.item.pk for each in alike} <= {twin.pk, cousin.pk}
    assert all(0.25 <= each.likeness <= 1 for each in alike)
    assert [each.likeness for each in alike] == sorted(
        (each.likeness for each in alike), reverse=True
    )
    answer = ask(cast, "viewer", "GET", f"items/{item.key}/similar/").json()["results"]
    assert [each["key"] for each in answer] == [each.item.key for each in alike]


def test_the_same_words_are_wholly_alike(cast: Cast) -> None:
    one = make(cast, "Captions lag", description="Late captions")
    make(cast, "Captions lag", description="Late captions")
    (twin,) = similar_to(one)
    assert twin.likeness == pytest.approx(1.0)


@pytest.mark.parametrize("title", ["…", "a b c", "🙂", "AND OR NOT", "'\"*^:(){}", "x" * 255])
def test_any_title_can_be_compared(cast: Cast, title: str) -> None:
    one = make(cast, title)
    make(cast, title)
    found_alike: list[Any] = similar_to(one)
    assert len(found_alike) <= 1


def test_likeness_stays_in_the_product(cast: Cast) -> None:
    item = make(cast, "Item 1")
    many(cast.b, 3)
    assert similar_to(item) == []
