"""Webhooks in: signed messages bring readings and signals, once, with the rights of whoever made the address."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from rest_framework.throttling import SimpleRateThrottle

from accounts.models import User
from assets.models import Placement, Reading
from backlog.models import Change
from backlog.services import members
from integrations import signing
from integrations.jobs import hooks as jobs
from integrations.models import Hook, HookDelivery
from integrations.services import hooks
from scoring.models import Signal
from tests.assets.placed import an_asset, place
from tests.backlog.making import accepted
from tests.cast import Cast


@pytest.fixture
def made(cast: Cast) -> tuple[Hook, str]:
    return hooks.make_hook(actor=cast.actor("owner"), product=cast.a, source="Matomo")


def ticket(**more: Any) -> dict[str, Any]:
    return {"kind": "ticket", "magnitude": 1, "occurred_at": "2026-01-05T09:00:00Z", **more}


def post(
    address: str,
    secret: str,
    body: Any,
    *,
    message: str = "msg_1",
    at: datetime | None = None,
    headers: dict[str, str] | None = None,
) -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    stamp = signing.seconds(at or timezone.now())
    key = base64.b64decode(secret.removeprefix(signing.PREFIX))
    signed = {
        "webhook-id": message,
        "webhook-timestamp": str(stamp),
        "webhook-signature": signing.signature(key, message, stamp, text.encode()),
        **(headers or {}),
    }
    return Client().post(
        f"/api/v1/hooks/{address}/", text, content_type="application/json", headers=signed
    )


def test_the_signature_is_that_of_the_standard() -> None:
    """The example that the libraries of the standard are tested with."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    wanted = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signing.signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == wanted
    assert signing.fits(
        [b"another", key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, f"v1a,xx {wanted} v1,x"
    )


def test_signals_come_in_once_and_name_their_source(cast: Cast, made: tuple[Hook, str]) -> None:
    hook, secret = made
    item = accepted(cast)
    body = {"signals": [ticket(item=item.key, source="elsewhere"), ticket(external_id="ZD-7")]}
    first = post(hook.public_id, secret, body)
    assert (first.status_code, first.json()) == (201, {"added": 2, "known": 0})
    again = post(hook.public_id, secret, body)
    assert (again.status_code, again.json()) == (201, {"added": 2, "known": 0})
    assert again["Idempotent-Replayed"] == "true"
    rows = Signal.objects.order_by("pk")
    assert [(row.source, row.external_id) for row in rows] == [
        ("Matomo", "msg_1.0"),
        ("Matomo", "ZD-7"),
    ]
    assert rows[0].recorded_by == cast.owner
    assert set(Change.objects.filter(verb="signal.added").values_list("channel", flat=True)) == {
        "hook"
    }
    delivery = HookDelivery.objects.get()
    assert (delivery.status, delivery.times) == (201, 2)


def test_readings_come_in_as_over_the_api(cast: Cast, made: tuple[Hook, str]) -> None:
    hook, secret = made
    (one,) = an_asset(cast)
    where = place(cast, one.asset, one)
    Placement.objects.get().deployments.update(deployed_at=timezone.now() - timedelta(days=9))
    row = {
        "placement": where.pk,
        "metric": "completion",
        "starts_at": (timezone.now() - timedelta(days=2)).isoformat(),
        "ends_at": (timezone.now() - timedelta(days=1)).isoformat(),
        "hits": 7,
        "n": 10,
        "external_id": "day-1",
    }
    answer = post(hook.public_id, secret, {"readings": [row]})
    assert answer.json() == {
        "added": 1,
        "corrected": 0,
        "unchanged": 0,
        "ids": [Reading.objects.get().pk],
    }
    assert Reading.objects.get().source == "Matomo"
    wrong = post(hook.public_id, secret, {"readings": [row, {**row, "hits": 11}]}, message="msg_2")
    assert wrong.status_code == 400
    assert list(wrong.json()["fields"]) == ["1"]
    page = cast.client("viewer").get(f"/p/ATLAS/settings/webhooks/{hook.pk}/").content.decode()
    assert "Some readings cannot be used" in page
    assert secret not in page


@pytest.mark.parametrize(
    "body",
    [
        "{",
        [],
        {},
        {"readings": [], "signals": []},
        {"signals": 3},
        {"signals": [7]},
        {"signals": [ticket(magnitude=-1)]},
        {"signals": [ticket(colour="red")]},
        {"signals": [ticket()], "product": "BRAVO"},
        {"signals": [ticket(item="ATLAS-999")]},
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason_and_may_come_again(
    made: tuple[Hook, str], body: Any
) -> None:
    hook, secret = made
    for times in (1, 2):
        assert post(hook.public_id, secret, body).status_code == 400
        row = HookDelivery.objects.get()
        assert (row.status, row.times) == (400, times)
        assert row.answer["detail"]
    assert not Signal.objects.exists()
    assert post(hook.public_id, secret, {"signals": [ticket()]}).status_code == 201
    assert HookDelivery.objects.get().status == 201


@pytest.mark.parametrize(
    ("minutes", "headers"),
    [
        (0, {"webhook-signature": "v1,AAAA"}),
        (0, {"webhook-signature": ""}),
        (0, {"webhook-signature": "v1a,x"}),
        (0, {"webhook-id": ""}),
        (0, {"webhook-timestamp": "now"}),
        (0, {"webhook-timestamp": "9" * 400}),
        (-6, {}),
        (6, {}),
    ],
)
def test_what_is_not_signed_well_is_answered_as_an_address_that_is_not_there(
    cast: Cast, made: tuple[Hook, str], minutes: int, headers: dict[str, str]
) -> None:
    hook, secret = made
    at = timezone.now() + timedelta(minutes=minutes)
    body = {"signals": [ticket()]}
    wrong = post(hook.public_id, secret, body, at=at, headers=headers)
    nowhere = post("nowhere", secret, body)
    assert (wrong.status_code, nowhere.status_code) == (401, 401)
    assert wrong.content == nowhere.content
    assert not Signal.objects.exists()
    assert not HookDelivery.objects.exists()
    hook.refresh_from_db()
    assert hook.turned_away_why
    page = cast.client("owner").get(f"/p/ATLAS/settings/webhooks/{hook.pk}/").content.decode()
    assert hook.turned_away_why in page


def test_a_body_that_was_changed_on_the_way_is_refused(made: tuple[Hook, str]) -> None:
    hook, secret = made
    key = base64.b64decode(secret.removeprefix(signing.PREFIX))
    stamp = signing.seconds(timezone.now())
    signed = signing.signature(key, "msg_1", stamp, b'{"signals": []}')
    answer = post(
        hook.public_id, secret, {"signals": [ticket()]}, headers={"webhook-signature": signed}
    )
    assert answer.status_code == 401


def test_more_than_a_megabyte_is_refused_unread(made: tuple[Hook, str]) -> None:
    hook, secret = made
    assert post(hook.public_id, secret, "x" * 1_000_001).status_code == 413


def test_the_secret_is_changed_with_an_overlap_and_the_address_withdrawn(
    cast: Cast, made: tuple[Hook, str]
) -> None:
    hook, secret = made
    page = f"/p/ATLAS/settings/webhooks/{hook.pk}/"
    assert cast.client("administrator").post(page, {"act": "secret"}).status_code == 403
    shown = cast.client("owner").post(page, {"act": "secret"})
    assert shown.status_code == 201
    fresh = shown.context["secret"]
    assert fresh != secret
    assert fresh in shown.content.decode()
    assert fresh not in cast.client("owner").get(page).content.decode()
    body = {"signals": [ticket()]}
    assert post(hook.public_id, secret, body, message="a").status_code == 201
    assert post(hook.public_id, fresh, body, message="b").status_code == 201
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
        assert post(hook.public_id, secret, body, message="c").status_code == 401
        assert post(hook.public_id, fresh, body, message="d").status_code == 201
    assert cast.client("administrator").post(page, {"act": "withdraw"}).status_code == 302
    assert post(hook.public_id, fresh, body, message="e").status_code == 401
    assert list(Change.objects.filter(subject_type="hook").values_list("verb", flat=True)) == [
        "hook.made",
        "hook.secret_changed",
        "hook.revoked",
    ]


def test_the_page_makes_one_address_for_a_source_and_shows_its_secret_once(cast: Cast) -> None:
    page, owner = "/p/ATLAS/settings/webhooks/", cast.client("owner")
    made = owner.post(page, {"source": "Grafana"})
    assert made.status_code == 201
    secret = made.context["secret"]
    assert secret in made.content.decode()
    assert secret not in owner.get(page).content.decode()
    assert owner.post(page, {"source": "Grafana"}).status_code == 409
    assert cast.client("contributor").post(page, {"source": "Mine"}).status_code == 403
    assert "Grafana" in cast.client("viewer").get(page).content.decode()
    hook = Hook.objects.get()
    assert post(hook.public_id, secret, {"signals": [ticket()]}).status_code == 201


@pytest.mark.parametrize("how", ["removed", "deactivated", "demoted"])
def test_it_reaches_no_further_than_whoever_made_it(
    cast: Cast, made: tuple[Hook, str], how: str
) -> None:
    hook, secret = made
    membership = cast.a.memberships.get(user=cast.owner)
    if how == "removed":
        members.remove_member(actor=cast.actor("administrator"), membership=membership)
    elif how == "deactivated":
        User.objects.filter(pk=cast.owner.pk).update(is_active=False)
    else:
        members.change_role(actor=cast.actor("administrator"), membership=membership, role="viewer")
    answer = post(hook.public_id, secret, {"signals": [ticket()]})
    assert answer.status_code == 403
    assert not Signal.objects.exists()
    assert HookDelivery.objects.get().answer["detail"]
    page = f"/p/ATLAS/settings/webhooks/{hook.pk}/"
    shown = cast.client("administrator").get(page).content.decode()
    assert ("everything is refused" in shown) == (how != "demoted")


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
def test_as_many_messages_as_requests_of_a_token(cast: Cast, made: tuple[Hook, str]) -> None:
    hook, secret = made
    body = {"signals": [ticket()]}
    answers = [post(hook.public_id, secret, body, message=f"m{n}").status_code for n in range(4)]
    assert answers == [201, 201, 201, 429]
    other, key = hooks.make_hook(actor=cast.actor("owner"), product=cast.a, source="Other")
    assert post(other.public_id, key, body).status_code == 201


def test_old_deliveries_go_and_the_newest_two_hundred_stay(made: tuple[Hook, str]) -> None:
    hook, _secret = made
    now = timezone.now()
    HookDelivery.objects.bulk_create(
        HookDelivery(
            hook=hook, message_id=f"m{n}", status=201, received_at=now - timedelta(days=4, hours=n)
        )
        for n in range(210)
    )
    assert jobs.tidy(now) == 10
    assert jobs.tidy(now) == 0
    assert HookDelivery.objects.filter(message_id="m199").exists()
