"""A list that is asked for what it cannot say refuses, names what was wrong, and shows the way back."""

from __future__ import annotations

import pytest

from tests.cast import Cast

LISTS = {
    "assets": {"kind": "film", "outdated": "perhaps", "cursor": "x"},
    "placements": {"state": "lost", "environment": "moon", "drifted": "2", "group": "place"},
    "readings": {"asset": "one", "placement": "-1", "withdrawn": "maybe"},
    "reviews": {"open": "x", "closed": "x"},
    "briefs": {"state": "lost", "outstanding": "maybe", "waiting": "1"},
    "increments": {"state": "lost", "late": "perhaps"},
    "decisions": {"kind": "whim", "standing": "maybe", "decided_after": "yesterday"},
    "backlog": {"state": "lost"},
}


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [(path, name, value) for path, bad in LISTS.items() for name, value in bad.items()],
)
def test_a_value_that_a_filter_does_not_take(cast: Cast, path: str, name: str, value: str) -> None:
    address = f"/p/ATLAS/{path}/"
    answer = cast.client("viewer").get(f"{address}?{name}={value}")
    page = answer.content.decode()
    assert answer.status_code == 422
    if value != "x":
        assert f"<b>{name}</b>:" in page
    assert f'href="{address}">Show the list without filters' in page
    assert cast.client("viewer").get(f"{address}?{name}=").status_code == 200, "it asks for nothing"


@pytest.mark.parametrize("path", list(LISTS))
def test_a_filter_that_a_list_does_not_have(cast: Cast, path: str) -> None:
    answer = cast.client("viewer").get(f"/p/ATLAS/{path}/?colour=red")
    assert answer.status_code == 422
    assert "no filter called colour" in answer.content.decode()
