"""Splitting an item over the API; in a session it is tried in tests/scoring/sessions."""

import pytest

from backlog.models import Item
from tests.backlog.making import accepted, again, ask, make
from tests.cast import Cast

pytestmark = pytest.mark.usefixtures("sound")


def test_an_item_becomes_its_parts_and_can_be_put_together_again(cast: Cast) -> None:
    item = accepted(cast)
    body = {"parts": [{"title": "Script"}, {"title": "Film", "effort": 5}], "reason": "Too large."}
    path = f"items/{item.key}/split/"
    stale = ask(cast, "owner", "POST", path, body, version=item.version - 1)
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    assert Item.objects.filter(product=cast.a).count() == 1
    done = ask(cast, "owner", "POST", path, body, version=item.version)
    assert (done.status_code, done.json()["state"]) == (200, "declined")
    assert [(link["kind"], link["direction"]) for link in done.json()["links"]] == [
        ("part_of", "in"),
        ("part_of", "in"),
    ]
    script, film = Item.objects.filter(product=cast.a).exclude(pk=item.pk).order_by("number")
    assert (script.title, script.effort, film.effort) == ("Script", None, 5)
    assert (film.queue, film.state) == (item.queue, "accepted")
    assert ask(cast, "owner", "POST", path, body).status_code == 428


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ([], "parts"),
        ([{"title": "Alone"}], "parts"),
        ([{"title": ""}, {"title": "Two"}], "parts.0.title"),
        ([{"title": "One", "effort": -1}, {"title": "Two"}], "parts.0.effort"),
        ([{"title": "One", "owner": 3}, {"title": "Two"}], "parts.0.owner"),
        ("One", "parts.non_field_errors"),
    ],
)
def test_what_is_no_split_is_refused_and_nothing_is_made(
    cast: Cast, parts: object, field: str
) -> None:
    item = make(cast)
    body = {"parts": parts}
    refused = ask(cast, "owner", "POST", f"items/{item.key}/split/", body, version=item.version)
    assert refused.status_code == 400
    assert field in refused.json()["fields"]
    assert Item.objects.filter(product=cast.a).count() == 1
    assert again(item).version == item.version
