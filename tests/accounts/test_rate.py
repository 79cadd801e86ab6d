"""The limit of requests a token may make."""

from collections.abc import Iterator

import pytest
from rest_framework.throttling import SimpleRateThrottle

from tests.cast import Cast

ME = "/api/v1/me/"


@pytest.fixture
def three_a_minute() -> Iterator[None]:
    """The library reads its rates once, so the setting is changed where it keeps them."""
    rates = SimpleRateThrottle.THROTTLE_RATES
    before = dict(rates)
    rates["token"] = "3/min"
    yield
    rates.clear()
    rates.update(before)


@pytest.mark.usefixtures("three_a_minute")
def test_the_fourth_request_is_told_when_to_come_back(cast: Cast) -> None:
    assert [cast.api("read").get(ME).status_code for _ in range(3)] == [200] * 3
    refused = cast.api("read").get(ME)
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert 0 < int(refused["Retry-After"]) <= 61
    assert cast.api("write").get(ME).status_code == 200, "another token has its own count"
    assert cast.client("viewer").get(ME).status_code == 200, "a browser is not counted"


def test_without_a_rate_nobody_is_limited(cast: Cast) -> None:
    assert {cast.api("read").get(ME).status_code for _ in range(30)} == {200}
