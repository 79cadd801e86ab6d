"""Full-text search and similarity over items.

PostgreSQL: the stored column ``words`` (titles weigh more) under a GIN index. SQLite: an FTS5 table kept by triggers
(migration ``search_index``). Both match every word by its beginning, so the two answer alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.models import Product
from backlog.models import Item
from backlog.vocabulary import OPEN_STATES, State

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_KEY = re.compile(r"^\s*([A-Za-z][A-Za-z0-9]{1,9})-([1-9][0-9]{0,8})\s*$")
MAX_WORDS = 12
#: Letters of a word that are looked for; a beginning is enough, and PostgreSQL refuses words of 2 kB.
LONGEST = 60
#: More finds than this are not looked at: whoever gets them adds a word.
MOST = 5000


def words_of(text: str) -> list[str]:
    """The distinct words of a query, in order, in lower case; at most twelve, of their first letters only."""
    return list(dict.fromkeys(word.lower()[:LONGEST] for word in _WORD.findall(text)))[:MAX_WORDS]


def matching(items: QuerySet[Item], query: str, *, product: Product | None) -> QuerySet[Item]:
    """Those of ``items`` whose title or description holds every word of ``query`` (by beginnings), or whose key it is.

    The index is asked at once, and at most ``MOST`` finds are handed on as ids: a planner that sees words and an order
    by rank in one statement chooses badly between them. One query.
    """
    words = words_of(query)
    if not words:
        return items if not query.strip() else items.none()
    found = Q(pk__in=_ids(words, product))
    key = _KEY.match(query)
    if key is not None:
        found = Q(number=int(key[2]), product__key=key[1].upper()) | found
    elif query.strip().isdecimal() and len(query.strip()) < 10:
        found = Q(number=int(query.strip())) | found
    return items.filter(found)


def _ids(words: Sequence[str], product: Product | None) -> list[int]:
    scope = "" if product is None else "i.product_id = %s AND "
    values: list[Any] = [] if product is None else [product.pk]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            query = " & ".join(f"'{word}':*" for word in words)
            cursor.execute(
                f"SELECT i.id FROM backlog_item i WHERE {scope}i.words @@ to_tsquery('simple', %s) LIMIT %s",  # noqa: S608
                [*values, query, MOST],
            )
        else:
            query = " AND ".join(f'"{word}"*' for word in words)
            cursor.execute(
                "SELECT w.rowid FROM backlog_item_words w JOIN backlog_item i ON i.id = w.rowid"  # noqa: S608
                f" WHERE {scope}backlog_item_words MATCH %s LIMIT %s",
                [*values, query, MOST],
            )
        return [row[0] for row in cursor.fetchall()]


@dataclass
class Similar:
    """An item and how much its words overlap with another's: 0 … 1."""

    item: Item
    likeness: float


def similar_to(item: Item, *, limit: int = 5) -> list[Similar]:
    """Open, parked or done items of the same product that say much the same, most alike first.

    Candidates come from the index (any of the title's words, the rarer the better), likeness is the weighted overlap
    of letter triples of titles (Dice) mixed with shared words of the descriptions.
    """
    found = similar_to_words(item.product, item.title, item.description, limit=limit + 1)
    return [each for each in found if each.item.pk != item.pk][:limit]


def similar_to_words(
    product: Product, title: str, description: str, *, limit: int = 5
) -> list[Similar]:
    """As ``similar_to``, for words that are no item (yet)."""
    words = [word for word in words_of(title) if len(word) > 2]
    if not words:
        return []
    candidates = (
        Item.objects.filter(pk__in=_best_candidates(product, words))
        .filter(state__in=[*OPEN_STATES, State.PARKED, State.DONE])
        .values_list("pk", "title", "description")
    )
    own = _triples(title)
    own_words = set(words_of_long(description))
    scored = [
        (-_likeness(own, own_words, title, description), pk)
        for pk, title, description in candidates
    ]
    best = sorted(row for row in scored if row[0] <= -0.25)[:limit]
    if not best:
        return []
    found = Item.objects.defer("description").in_bulk([pk for _, pk in best])
    for each in found.values():
        each.product = product
    return [Similar(found[pk], -likeness) for likeness, pk in best if pk in found]


#: Enough rows that share two words; only below this are rows looked at that share one.
ENOUGH = 20
#: Of the rows that share a single word, how many are ranked: a common word may stand in every other item.
RANKED = 1000


def _best_candidates(product: Product, words: Sequence[str], limit: int = 60) -> list[int]:
    """Ids of rows that share the most telling words, at most ``limit``. One or two queries.

    Rows that share two words come first: a row that shares but one is seldom alike, and there are many of those.
    """
    telling = sorted(dict.fromkeys(words), key=len, reverse=True)[:8]
    pairs = list(combinations(telling, 2))
    found = _ranked(product, pairs, limit) if pairs else []
    if len(found) < ENOUGH:
        singles = _ranked(product, [(word,) for word in telling], limit, most=RANKED)
        found += [pk for pk in singles if pk not in set(found)]
    return found[:limit]


def _ranked(
    product: Product, groups: Sequence[tuple[str, ...]], limit: int, most: int | None = None
) -> list[int]:
    """Ids of rows that hold all words of any group, the best first; of the first ``most`` rows, where given."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            query = " | ".join(
                "(" + " & ".join(f"'{word}'" for word in group) + ")" for group in groups
            )
            bound = "" if most is None else f" LIMIT {int(most)}"
            cursor.execute(
                "SELECT id FROM (SELECT id, words FROM backlog_item"  # noqa: S608
                f" WHERE product_id = %s AND words @@ to_tsquery('simple', %s){bound}) AS matching"
                " ORDER BY ts_rank(words, to_tsquery('simple', %s)) DESC, id LIMIT %s",
                [product.pk, query, query, limit],
            )
        else:
            query = " OR ".join(
                "(" + " AND ".join(f'"{word}"' for word in group) + ")" for group in groups
            )
            cursor.execute(
                "SELECT w.rowid FROM backlog_item_words w JOIN backlog_item i ON i.id = w.rowid"
                " WHERE backlog_item_words MATCH %s AND i.product_id = %s"
                " ORDER BY bm25(backlog_item_words, 5.0, 1.0), w.rowid LIMIT %s",
                [query, product.pk, limit],
            )
        return [row[0] for row in cursor.fetchall()]


def words_of_long(text: str) -> Iterable[str]:
    """Words of a description worth comparing: four letters or more, of the first 2,000 characters."""
    return (word.lower() for word in _WORD.findall(text[:2000]) if len(word) > 3)


def _triples(text: str) -> set[str]:
    padded = f"  {' '.join(words_of(text))} "
    return {padded[index : index + 3] for index in range(len(padded) - 2)}


def _likeness(own: set[str], own_words: set[str], title: str, description: str) -> float:
    other = _triples(title)
    titles = 2 * len(own & other) / (len(own) + len(other)) if own and other else 0.0
    other_words = set(words_of_long(description))
    if not own_words or not other_words:
        return titles
    bodies = 2 * len(own_words & other_words) / (len(own_words) + len(other_words))
    return 0.75 * titles + 0.25 * bodies
