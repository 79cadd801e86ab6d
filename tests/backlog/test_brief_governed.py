"""A brief's page and the API list all that it governs: items and bets, their increments and assets (R1)."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assets.services.assets import add_asset
from backlog import brief_governed
from backlog.models import Brief
from backlog.services import briefs
from core.errors import Invalid
from tests.backlog.making import accepted
from tests.backlog.test_increment_rules import add
from tests.cast import Cast


def governed(cast: Cast, brief: Brief, title: str, kind: str = "enhancement") -> None:
    """An item under ``brief`` with an increment, an asset of it, and one of the item."""
    item = accepted(cast, kind, title)
    briefs.govern(actor=cast.actor("owner"), brief=brief, item=item)
    piece = add(cast, item, title=f"Piece of {title}")
    for name, increment in (("of the piece", piece), ("of the item", None)):
        file = ContentFile(f"{title} {name}".encode(), name="words.txt")
        add_asset(
            actor=cast.actor("contributor"),
            item=item,
            file=file,
            rationale="First",
            name=f"{title} {name}",
            increment=increment,
        )


@pytest.fixture
def brief(cast: Cast) -> Brief:
    return briefs.create_brief(
        actor=cast.actor("owner"), product=cast.a, title="Tour", values={}, items=[]
    )


def test_everything_stands_on_the_page_and_in_the_api(cast: Cast, brief: Brief) -> None:
    governed(cast, brief, "Film")
    governed(cast, brief, "Wager", "strategic_bet")
    page = cast.client("viewer").get(f"/p/ATLAS/briefs/{brief.number}/").content.decode()
    for words in ("Film of the item", "Piece of Film", "Film of the piece", "version 1", "Draft"):
        assert words in page
    assert page.count(">bet<") == 1
    url = f"/api/v1/products/ATLAS/briefs/{brief.number}/items/"
    first = cast.api("viewer").get(f"{url}?limit=1").json()
    assert [each["title"] for each in first["results"]] == ["Film"]
    row = first["results"][0]
    assert row["increments"][0]["assets"][0]["version"] == 1
    assert [each["name"] for each in row["assets"]] == ["Film of the item"]
    second = cast.api("viewer").get(f"{url}?limit=1&cursor={first['next']}").json()
    assert [each["is_bet"] for each in second["results"]] == [True]
    assert second["next"] is None
    with pytest.raises(Invalid):
        brief_governed.governed_by(cast.actor("viewer"), brief, cursor="abc")


def test_queries_do_not_grow(cast: Cast, brief: Brief) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            brief_governed.governed_by(cast.actor("viewer"), brief)
        return len(seen)

    governed(cast, brief, "One")
    before = asked()
    for number in range(4):
        governed(cast, brief, f"More {number}")
    assert asked() == before
