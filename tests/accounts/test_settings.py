"""A person's own settings."""

import pytest

from accounts.models import User
from tests.cast import Cast

GOOD = {
    "name": "Vi Ewer",
    "time_zone": "Europe/Lisbon",
    "language": "de",
    "theme": "dark",
    "density": "compact",
    "single_keys": "on",
}


def test_settings_are_saved_and_shown_on_every_page(cast: Cast) -> None:
    client = cast.client("viewer")
    assert client.post("/settings/", GOOD).status_code == 302
    page = client.get(f"/p/{cast.a.key}/settings/").content.decode()
    assert 'data-theme="dark"' in page
    assert 'data-density="compact"' in page
    assert '<html lang="de"' in page
    assert "data-keys" not in page.split(">")[1]
    user = User.objects.get(pk=cast.viewer.pk)
    assert (user.name, user.time_zone) == ("Vi Ewer", "Europe/Lisbon")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", ""),
        ("language", "xx"),
        ("theme", "pink"),
        ("density", "huge"),
        ("name", "   "),
        ("name", "x" * 121),
    ],
)
def test_what_is_not_on_offer_is_refused_at_its_field(cast: Cast, field: str, value: str) -> None:
    answer = cast.client("viewer").post("/settings/", {**GOOD, field: value})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert User.objects.get(pk=cast.viewer.pk).name == "Viewer"


def test_every_zone_on_offer_can_be_saved(cast: Cast) -> None:
    client = cast.client("viewer")
    zones = client.get("/settings/").context["zones"]
    assert len(zones) > 400
    for zone in (
        zones[0],
        "Europe/Berlin",
        "America/Argentina/Buenos_Aires",
        "Asia/Kathmandu",
        zones[-1],
    ):
        assert zone in zones
        assert client.post("/settings/", {**GOOD, "time_zone": zone}).status_code == 302


def test_a_broken_zone_in_the_database_breaks_no_page(cast: Cast) -> None:
    User.objects.filter(pk=cast.viewer.pk).update(time_zone="../x")
    assert cast.client("viewer").get("/settings/").status_code == 200


def test_the_theme_button_saves_only_the_theme(cast: Cast) -> None:
    client = cast.client("viewer")
    assert client.post("/settings/theme/", {"theme": "light", "name": "Hacked"}).status_code == 302
    assert (
        client.post(
            "/settings/theme/", {"theme": "dark"}, headers={"HX-Request": "true"}
        ).status_code
        == 204
    )
    assert client.post("/settings/theme/", {"theme": "pink"}).status_code == 422
    user = User.objects.get(pk=cast.viewer.pk)
    assert (user.theme, user.name) == ("dark", "Viewer")


def test_nothing_but_the_offered_fields_can_be_set(cast: Cast) -> None:
    more = {
        "is_staff": "on",
        "is_active": "",
        "email": "root@example.org",
        "password": "x",
        "joined_at": "2001-01-01",
    }
    assert cast.client("viewer").post("/settings/", {**GOOD, **more}).status_code == 302
    user = User.objects.get(pk=cast.viewer.pk)
    assert not user.is_staff
    assert user.is_active
    assert user.email == "viewer@example.org"
    assert user.password == cast.viewer.password
