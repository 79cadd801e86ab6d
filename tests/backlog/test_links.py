"""Links: four kinds, both directions, no circles."""

import random
from typing import Any

import pytest

from backlog.models import Change, Item, ItemLink
from backlog.services import links
from backlog.vocabulary import LinkKind
from core.errors import Conflict, Invalid, NotAllowed
from tests.backlog.making import ask, make, many
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("sound")

CIRCLED = (LinkKind.BLOCKS, LinkKind.PART_OF, LinkKind.DUPLICATES)


def link(cast: Cast, source: Item, target: Item, kind: str = "blocks") -> ItemLink:
    return links.link_items(actor=cast.actor("owner"), source=source, target=target, kind=kind)


def test_a_circle_of_any_length_is_refused(cast: Cast) -> None:
    for kind in CIRCLED:
        for length in (2, 3, 30):
            ring = many(cast.a, length)
            for one, next_one in zip(ring, ring[1:], strict=False):
                link(cast, one, next_one, kind)
            with pytest.raises(Conflict, match="circle") as refused:
                link(cast, ring[-1], ring[0], kind)
            assert refused.value.code == "circle"
            link(cast, ring[0], ring[-1], kind) if length > 2 else None


def test_what_is_no_circle(cast: Cast) -> None:
    a, b, c, d = many(cast.a, 4)
    for source, target in ((a, b), (a, c), (b, d), (c, d)):  # a diamond
        link(cast, source, target)
    link(cast, d, a, "relates")
    link(cast, a, d, "relates")
    link(cast, d, a, "part_of")  # another kind
    with pytest.raises(Conflict):
        link(cast, d, a)


def test_refusals_agree_with_a_plain_search(cast: Cast) -> None:
    """Random links among twelve items; an independent depth-first search says which may not be."""
    rng = random.Random(7)
    nodes = many(cast.a, 12)
    edges: set[tuple[int, int]] = set()

    def reaches(start: int, goal: int) -> bool:
        stack, seen = [start], set()
        while stack:
            at = stack.pop()
            if at == goal:
                return True
            if at not in seen:
                seen.add(at)
                stack += [target for source, target in edges if source == at]
        return False

    refused = 0
    for _ in range(60):
        one, two = rng.sample(nodes, 2)
        if (one.pk, two.pk) in edges:
            continue
        if reaches(two.pk, one.pk):
            refused += 1
            with pytest.raises(Conflict):
                link(cast, one, two)
        else:
            link(cast, one, two)
            edges.add((one.pk, two.pk))
    assert refused > 5
    assert set(ItemLink.objects.values_list("source", "target")) == edges


def test_what_cannot_be_linked(cast: Cast) -> None:
    item, other = many(cast.a, 2)
    (foreign,) = many(cast.b, 1)
    with pytest.raises(Invalid):
        link(cast, item, item)
    with pytest.raises(Invalid):
        link(cast, item, foreign)
    with pytest.raises(Invalid):
        link(cast, item, other, "nonsense")
    link(cast, item, other)
    with pytest.raises(Conflict) as twice:
        link(cast, item, other)
    assert twice.value.code == "linked_already"
    with pytest.raises(NotAllowed):
        links.link_items(actor=cast.actor("viewer"), source=item, target=other, kind="relates")
    for body in (
        {"kind": "blocks", "target": foreign.key},
        {"kind": "blocks", "target": item.key},
        {"kind": "blocks", "target": "ATLAS-999"},
        {"kind": "eats", "target": other.key},
        {"target": other.key},
    ):
        assert ask(cast, "owner", "POST", f"items/{item.key}/links/", body).status_code == 400, body
    assert ItemLink.objects.count() == 1


def test_both_sides_see_a_link_and_either_can_take_it_away(cast: Cast) -> None:
    one, two = make(cast, "One"), make(cast, "Two")
    made = ask(
        cast, "owner", "POST", f"items/{one.key}/links/", {"kind": "blocks", "target": two.key}
    )
    assert made.status_code == 201

    def links_of(item: Item) -> list[dict[str, Any]]:
        found = ask(cast, "viewer", "GET", f"items/{item.key}/").json()["links"]
        return [{name: each[name] for name in ("kind", "direction", "item")} for each in found]

    assert links_of(one) == [{"kind": "blocks", "direction": "out", "item": two.key}]
    assert links_of(two) == [{"kind": "blocks", "direction": "in", "item": one.key}]
    page = cast.client("viewer").get(f"/items/{two.key}/").content.decode()
    assert "is blocked by" in page
    rows = Change.objects.filter(verb="item.linked")
    assert set(rows.values_list("item_id", flat=True)) == {one.pk, two.pk}
    assert rows[0].fields["link"][1]["source"]["label"] == one.key
    third = make(cast)
    path = f"links/{made.json()['id']}/"
    assert ask(cast, "owner", "DELETE", f"items/{third.key}/{path}").status_code == 404
    assert ask(cast, "owner", "DELETE", f"items/{two.key}/{path}").status_code == 204
    assert ask(cast, "owner", "DELETE", f"items/{two.key}/{path}").status_code == 404
    assert links_of(one) == []
    assert Change.objects.filter(verb="item.unlinked").count() == 2


def test_the_page_links_in_either_direction(cast: Cast) -> None:
    one, two = make(cast), make(cast)
    client = cast.client("contributor")
    for kind, stored in (
        ("blocks", (one.pk, two.pk, "blocks")),
        ("has_part", (two.pk, one.pk, "part_of")),
    ):
        answer = client.post(f"/items/{one.key}/links/", {"kind": kind, "target": two.key.lower()})
        assert answer.status_code == 302, answer.content
        assert ItemLink.objects.filter(source=stored[0], target=stored[1], kind=stored[2]).exists()
    circle = client.post(f"/items/{one.key}/links/", {"kind": "blocked_by", "target": two.key})
    assert circle.status_code == 409
    wrong = client.post(f"/items/{one.key}/links/", {"kind": "blocks", "target": "nothing"})
    assert wrong.status_code == 422


def test_a_long_chain_is_searched_a_level_a_query(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    hub, *spokes = many(cast.a, 300)
    ItemLink.objects.bulk_create(
        ItemLink(product=cast.a, source=hub, target=spoke, kind="blocks") for spoke in spokes
    )
    (late,) = many(cast.a, 1)
    with django_assert_max_num_queries(15):
        link(cast, late, hub)
    with pytest.raises(Conflict):
        link(cast, spokes[-1], late)
