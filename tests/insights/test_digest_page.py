"""The page of one's own digest, its preview, the API beside it, and the mailed way out."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.services import tokens
from backlog.jobs.seals import seal_all
from backlog.models import ChangeSeal
from backlog.services import editing
from insights.jobs import digests
from insights.models import Digest, DigestPreference
from insights.unsubscribing import preference_behind, token_of
from scoring.services import ratings
from tests.cast import Cast
from tests.insights.scene import NOW, Scene, ago

PAGE = "/p/ATLAS/digest/"
DAILY = {"cadence": "daily", "hour": "8", "weekday": "0"}


def save(cast: Cast, name: str = "viewer", **values: str) -> Any:
    return cast.client(name).post(PAGE, {**DAILY, **values})


@contextmanager
def signed_in_at(scene: Scene, moment: datetime) -> Iterator[None]:
    """Every clock at ``moment``, the viewer signed in anew."""
    with time_machine.travel(moment, tick=False):
        scene.cast.client("viewer").force_login(scene.cast.viewer)
        yield


def test_every_member_sets_their_own_and_nobody_elses(cast: Cast) -> None:
    assert save(cast, "viewer").status_code == 302
    assert save(cast, "owner", cadence="weekly", hour="17", weekday="4").status_code == 302
    assert save(cast, "outsider").status_code == 404
    rows = {
        row.user.email.split("@")[0]: row for row in DigestPreference.objects.select_related("user")
    }
    assert set(rows) == {"viewer", "owner"}
    assert rows["viewer"].next_at == NOW + timedelta(hours=23)
    assert rows["owner"].next_at == NOW + timedelta(days=4, hours=8)
    page = cast.client("viewer").get(PAGE).content.decode()
    assert re.search(r'value="daily"[^>]*checked', page)
    assert "in 23 h" in page


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"cadence": "hourly"}, "cadence"),
        ({"hour": "24"}, "hour"),
        ({"weekday": "7"}, "weekday"),
        ({"hour": "x"}, "hour"),
    ],
)
def test_a_wish_that_makes_no_sense_is_shown_again(
    cast: Cast, values: dict[str, str], field: str
) -> None:
    answer = save(cast, **values)
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert not DigestPreference.objects.exists()


def test_turning_it_off_and_on_begins_anew(scene: Scene) -> None:
    save(scene.cast)
    scene.item("Long ago", created=0)
    save(scene.cast, cadence="off")
    assert DigestPreference.objects.get().next_at is None
    with signed_in_at(scene, NOW + timedelta(days=30)):
        save(scene.cast)
    found = DigestPreference.objects.get()
    assert found.covered_until == NOW + timedelta(days=30)
    assert found.covered_through == ChangeSeal.objects.filter(product=scene.product).count()
    assert digests.sweep(now=found.next_at).skipped == 1


def test_changing_the_hour_goes_on_where_the_last_one_ended_and_skips_a_day_that_was_served(
    scene: Scene,
) -> None:
    save(scene.cast)
    scene.item("One", created=0)
    served = NOW + timedelta(hours=23)
    assert digests.sweep(now=served).sent == 1
    with signed_in_at(scene, served + timedelta(hours=1)):
        save(scene.cast, hour="20")
    found = DigestPreference.objects.get()
    assert found.covered_until == served
    assert found.next_at == NOW + timedelta(days=2, hours=11)  # not the same evening again


def test_the_preview_says_what_the_mail_will_say(scene: Scene) -> None:
    save(scene.cast)
    first, moment = NOW + timedelta(hours=23), NOW + timedelta(hours=47)
    with time_machine.travel(first, tick=False):
        digests.sweep()
    mail.outbox.clear()
    with time_machine.travel(first + timedelta(hours=1), tick=False):
        scene.item("Captions", queue="stability", created=9, started=6, level=4, due=-2)
        seal_all()
    with signed_in_at(scene, moment):
        page = scene.cast.client("viewer").get(PAGE)
        text = page.context["text"]
        digests.sweep()
    sent = mail.outbox[0].body
    assert sent.split("\n--\n")[0] == text.split("\n--\n")[0]
    assert mail.outbox[0].subject == page.context["content"].subject
    html = page.content.decode()
    assert '<a href="/items/ATLAS-1/">ATLAS-1 Captions</a>' in html
    assert "digest/stop" not in html


def test_the_preview_writes_nothing_and_shows_what_is_not_sealed_yet(scene: Scene) -> None:
    scene.item("Fresh", created=0)
    before = ChangeSeal.objects.count()
    client = scene.cast.client("viewer")
    client.get(PAGE)
    with CaptureQueriesContext(connection) as seen:
        page = client.get(PAGE).content.decode()
    assert "1 item came in" in page
    assert ChangeSeal.objects.count() == before
    writes = [
        query["sql"] for query in seen if query["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE")
    ]
    assert writes == []
    assert not DigestPreference.objects.exists()


def test_queries_of_the_preview_do_not_grow_with_what_it_tells(scene: Scene) -> None:
    client = scene.cast.client("viewer")

    def queries() -> int:
        client.get(PAGE)  # keeps the leadership figures, which the page would read else
        with CaptureQueriesContext(connection) as seen:
            assert client.get(PAGE).status_code == 200
        return len(seen)

    def more() -> None:
        for n in range(3):
            scene.item(queue="stability", created=1, started=0.5, level=n, due=-1, owner="viewer")

    more()
    few = queries()
    for _ in range(4):
        more()
    assert queries() == few


def test_my_work_and_the_leadership_page_lead_to_it(cast: Cast) -> None:
    client = cast.client("viewer")
    assert f'href="{PAGE}"' in client.get("/p/ATLAS/insights/").content.decode()
    work = client.get("/p/ATLAS/work/").content.decode()
    assert "Look at it or turn it on" in work
    save(cast)
    assert "Look at it or change it" in client.get("/p/ATLAS/work/").content.decode()


# --- The API -----------------------------------------------------------------------------------------


def test_the_api_reads_and_sets_ones_own(scene: Scene) -> None:
    scene.item("Fresh", created=0)
    api = scene.cast.api("viewer")
    address = "/api/v1/products/ATLAS/digest/"
    found = api.get(address).json()
    assert (found["cadence"], found["next_at"]) == ("off", None)
    assert "1 item came in" in found["text"]
    answer = api.put(address, {"cadence": "weekly", "hour": 7, "weekday": 2}, "application/json")
    assert answer.status_code == 200, answer.json()
    assert answer.json()["next_at"] == "2026-03-18T07:00:00Z"
    assert api.put(address, {"cadence": "yearly"}, "application/json").status_code == 400
    assert api.put(address, {"cadence": "daily", "hours": 3}, "application/json").status_code == 400
    assert scene.cast.api("outsider").get(address).status_code == 404
    reading = scene.cast.api("read").put(address, {"cadence": "daily"}, "application/json")
    assert reading.status_code == 403


# --- The mailed way out ------------------------------------------------------------------------------


@pytest.fixture
def link(cast: Cast) -> str:
    save(cast)
    return f"/digest/stop/{token_of(DigestPreference.objects.get())}/"


def is_on() -> bool:
    return DigestPreference.objects.get().next_at is not None


def test_the_link_asks_first_and_stops_on_a_post_without_signing_in(cast: Cast, link: str) -> None:
    nobody = cast.client("anonymous", csrf=True)
    for _ in range(2):
        page = nobody.get(link)
        assert page.status_code == 200
        assert "Stop the digest?" in page.content.decode()
        assert nobody.head(link).status_code == 200
    assert is_on()
    for _ in range(2):
        assert "The digest is stopped" in nobody.post(link).content.decode()
    assert not is_on()
    assert DigestPreference.objects.get().cadence == "off"
    assert "off already" in nobody.get(link).content.decode()
    assert "sessionid" not in nobody.cookies


def test_a_link_that_was_tampered_with_opens_nothing(cast: Cast, link: str) -> None:
    save(cast, "owner")
    own, others = (token_of(row) for row in DigestPreference.objects.order_by("pk"))
    nobody = cast.client("anonymous")
    pk, code = own.split("-", 1)
    flipped = ("B" if code[0] == "A" else "A") + code[1:]
    for token in (
        f"{pk}-{flipped}",
        f"{pk}-{code[:-1]}",
        f"{others.split('-')[0]}-{code}",
        f"{pk}-",
        pk,
        "x",
        f"999999999999-{code}",
        f"{'9' * 30}-{code}",
        f"{pk}-ü",
        "٣-abc",
    ):
        for answer in (nobody.get(f"/digest/stop/{token}/"), nobody.post(f"/digest/stop/{token}/")):
            assert answer.status_code == 404, token
    assert is_on_for("viewer")
    assert is_on_for("owner")


def is_on_for(name: str) -> bool:
    return DigestPreference.objects.get(user__email=f"{name}@example.org").next_at is not None


def test_links_outlive_a_change_of_the_servers_key_as_long_as_the_old_one_is_known(
    cast: Cast, link: str, settings: Settings
) -> None:
    token = link.split("/")[3]
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-" + "k" * 50
    assert preference_behind(token) is None
    settings.SECRET_KEY_FALLBACKS = [old]
    assert preference_behind(token) is not None


def test_the_links_secret_is_not_in_the_database(cast: Cast, link: str) -> None:
    code = link.split("/")[3].partition("-")[2]
    assert len(code) == 43
    row = DigestPreference.objects.filter().values().get()
    assert code not in "".join(map(str, row.values()))


def test_a_bound_token_of_another_product_reaches_nothing(cast: Cast) -> None:
    assert cast.api("elsewhere").get("/api/v1/products/ATLAS/digest/").status_code == 404
    _, secret = tokens.create_token(
        actor=cast.actor("viewer"),
        user=cast.viewer,
        name="bound",
        scope="write",
        days=3,
        product=cast.a,
    )
    answer = cast.client("anonymous").get(
        "/api/v1/products/ATLAS/digest/", headers={"Authorization": f"Bearer {secret}"}
    )
    assert answer.status_code == 200


def test_the_latest_digest_is_shown_with_what_became_of_it(scene: Scene) -> None:
    save(scene.cast)
    scene.item("One", created=0)
    digests.sweep(now=NOW + timedelta(hours=23))
    page = scene.cast.client("viewer").get(PAGE).content.decode()
    assert "The latest: Sent" in " ".join(re.sub(r"<[^>]+>", "", page).split())
    assert Digest.objects.get().state == "sent"


def test_what_moved_is_what_the_item_page_says_of_the_same_time(cast: Cast, scene: Scene) -> None:
    """Effort and a rating change within the week: the digest's half sentence is the movement's own figures."""
    item = scene.item("Captions", queue="stability", created=20, effort=3, level=3)
    editing.apply(
        actor=scene.actor,
        product=scene.product,
        edits=[editing.Edit(item.pk, {"effort": 13.0}, reason="It is larger than we thought.")],
        now=ago(2),
    )
    ratings.rate_item(
        actor=scene.actor,
        item=scene.again(item),
        entries={"customer_pain": ratings.Entry(4, "certain")},
        now=ago(1),
    )
    seal_all()
    with signed_in_at(scene, NOW):
        page = html.unescape(cast.client("viewer").get(PAGE).content.decode())
        period = {"from": (NOW - timedelta(days=7)).isoformat(), "to": NOW.isoformat()}
        moved = cast.api("viewer").get(f"/api/v1/items/{item.key}/movement/", period).json()
    assert moved["points"] < -0.05
    effort = next(each for each in moved["parts"] if each["part"] == "effort")
    assert (
        f"It is larger than we thought; its priority fell by {-moved['points']:.1f} to"
        f" {moved['after']['priority']:.1f}, most by effort 3 → 13 (−{-effort['points']:.1f})"
    ) in page
