"""Every act that can be asked for, by every door: refused, told who can, asked for, carried out by who may."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.module_loading import import_string

from backlog.models import Decision, Request
from scoring.models import Adjustment
from tests.backlog.making import accepted, again, ask, make, many
from tests.backlog.test_increment_rules import add as add_increment
from tests.backlog.test_increment_rules import complete_brief
from tests.cast import Cast
from tests.scoring.planned import add as plan
from tests.scoring.planned import cycle, running, work

#: What somebody sends by a door: the address, and the body.
Sent = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Scene:
    """``page``, ``api``, ``bulk``, ``bulk_api``: the same act by each door that there is for it.

    ``holds``: it was done. A version in a body of the API goes into its header.
    """

    page: Sent
    api: Sent
    holds: Callable[[], bool]
    bulk: dict[str, Any] | None = None
    bulk_api: dict[str, Any] | None = None


def into_queue(cast: Cast) -> Scene:
    item = accepted(cast, "stability")
    body = {"queue": "enhancement", "reason": "It grew."}
    return Scene(
        (f"/items/{item.key}/move/", body),
        (f"items/{item.key}/move/", {**body, "version": 1}),
        lambda: getattr(again(item).queue, "kind", "") == "enhancement",
        {"item": item.key, **body},
        {"keys": [item.key], **body},
    )


def out_of_triage(cast: Cast) -> Scene:
    item = make(cast)
    return Scene(
        ("/p/ATLAS/triage/decide/", {"item": item.key, "version": "1", "decision": "enhancement"}),
        (f"items/{item.key}/accept/", {"queue": "enhancement", "version": 1}),
        lambda: again(item).state == "accepted",
    )


def hotfix_out_of_triage(cast: Cast) -> Scene:
    """Asked for with what a hotfix needs: whoever agrees need not find it out again."""
    item = make(cast)
    body = {"severity": 1, "owner": cast.contributor.email}
    page = {"item": item.key, "version": "1", "decision": "hotfix", "confirm": "hotfix"}

    def done() -> bool:
        found = again(item)
        return (found.state, found.severity, found.owner) == ("accepted", 1, cast.contributor)

    return Scene(
        ("/p/ATLAS/triage/decide/", {**page, "severity": "1", "owner": cast.contributor.pk}),
        (f"items/{item.key}/accept/", {"queue": "hotfix", "version": 1, **body}),
        done,
    )


def to_state(cast: Cast) -> Scene:
    item = accepted(cast)
    until = {"until": "2999-01-01"}
    return Scene(
        (f"/items/{item.key}/state/", {"state": "parked", "confirm": "yes", **until}),
        (f"items/{item.key}/park/", {**until, "version": 1}),
        lambda: again(item).state == "parked",
        {"item": item.key, "state": "parked", **until},
        {"keys": [item.key], "state": "parked", **until},
    )


def to_no(cast: Cast) -> Scene:
    item = accepted(cast)
    body = {"state": "declined", "reason": "Nobody wants it."}
    return Scene(
        (f"/items/{item.key}/state/", {**body, "confirm": "yes"}),
        (f"items/{item.key}/state/", {**body, "version": 1}),
        lambda: again(item).state == "declined",
        {"item": item.key, **body},
        {"keys": [item.key], **body},
    )


def of_many(cast: Cast) -> Scene:
    items = many(cast.a, 3, kind="stability", state="accepted")
    change = {"horizon": "release"}
    return Scene(
        ("/p/ATLAS/backlog/bulk/", {"item": [item.key for item in items], **change}),
        ("items/bulk/", {"keys": [item.key for item in items], **change}),
        lambda: {again(item).horizon for item in items} == {"release"},
    )


def judged(cast: Cast) -> Scene:
    item = accepted(cast)
    body = {"points": 4, "claim": "A big client"}
    soon = timezone.now() + timedelta(days=90)
    return Scene(
        (f"/items/{item.key}/adjustments/", {**body, "expires_on": str(soon.date())}),
        (f"items/{item.key}/adjustments/", {**body, "expires_at": soon.isoformat()}),
        lambda: Adjustment.objects.filter(item=item, points=4).exists(),
    )


def past_the_gate(cast: Cast) -> Scene:
    item = accepted(cast)
    complete_brief(cast, item)
    increment = add_increment(cast, item)
    path = f"products/ATLAS/items/{item.key}/increments/{increment.number}/gate/"
    return Scene(
        (f"/p/ATLAS/items/{item.key}/increments/{increment.number}/gate/", {"reason": "Fair"}),
        (path.replace("products/ATLAS/", ""), {"reason": "Fair"}),
        lambda: Decision.objects.filter(kind="gate").exists(),
    )


def of_scope(cast: Cast) -> Scene:
    made, _ = running(cast, 10)
    item = work(cast, effort=0.5)
    version = again(item).version
    form = {"title": item.title, "kind": "task", "effort": "0.5", "version": version}
    return Scene(
        (f"/items/{item.key}/edit/", {**form, "cycle": made.name, "reason": "Please."}),
        (f"items/{item.key}/", {"cycle": made.name, "reason": "Please.", "version": version}),
        lambda: again(item).cycle_id == made.pk,
    )


def below_a_floor(cast: Cast) -> Scene:
    made = cycle(cast)
    plan(cast, made, work(cast, effort=38))
    work(cast, "strategic_bet", 4)
    body = {"queue": "strategic_bet", "points": 4, "reason": "A customer waits."}
    return Scene(
        (f"/p/ATLAS/cycles/{made.pk}/floor/", body),
        (f"products/ATLAS/cycles/{made.pk}/floor/", body),
        lambda: Decision.objects.filter(kind="floor").exists(),
    )


def of_an_import(cast: Cast) -> Scene:
    """Somebody who may brings the file in; agreeing says that it is done."""
    file = {"product": "ATLAS", "file": SimpleUploadedFile("items.csv", b"Title\nA word\n")}
    return Scene(("/p/ATLAS/imports/new/", file), ("imports/", file), lambda: True)


#: What is asked for, the scene, and who lacks what it takes.
SCENES: list[tuple[str, Callable[[Cast], Scene], str]] = [
    ("item.queue", into_queue, "contributor"),
    ("item.queue", into_queue, "viewer"),
    ("item.queue", out_of_triage, "viewer"),
    ("item.queue", hotfix_out_of_triage, "viewer"),
    ("item.state", to_state, "contributor"),
    ("item.state", to_state, "viewer"),
    ("item.state", to_no, "contributor"),
    ("items.bulk", of_many, "viewer"),
    ("adjustment.make", judged, "contributor"),
    ("gate.pass", past_the_gate, "contributor"),
    ("cycle.scope", of_scope, "contributor"),
    ("floor.break", below_a_floor, "owner"),
    ("by_hand", of_an_import, "contributor"),
]
DOORS = ("page", "api", "bulk", "bulk_api")


def offered(cast: Cast, who: str, scene: Scene, door: str) -> tuple[str, dict[str, Any]]:
    """The wish that the refusal of this door offers."""
    if door in ("page", "bulk"):
        path, form = ("/p/ATLAS/backlog/bulk/", scene.bulk) if door == "bulk" else scene.page
        answer = cast.client(who).post(path, form)
        html = answer.content.decode()
        if door == "bulk" and answer.status_code == 200:  # the preview offers it in its own form
            assert "Ask them to do it" in html
            done = cast.client(who).post(path, {**(form or {}), "confirm": "yes", "asking": "So."})
            assert done.status_code == 302
            return "", {}
        assert answer.status_code == 403, html[-2000:]
        verb = re.search(r'name="verb" value="([^"]+)"', html)
        payload = re.search(r'name="payload" value="([^"]+)"', html)
        assert verb
        assert payload
        assert "Ask Administrator" in html or "Owner" in html or "Leadership" in html
        return verb[1], json.loads(unescape(payload[1]))
    path, body = ("items/bulk/", scene.bulk_api or {}) if door == "bulk_api" else scene.api
    version = body.get("version")
    sent = {name: value for name, value in body.items() if name != "version"}
    method = "PATCH" if "cycle" in sent else "POST"
    if "file" in sent:
        answer = cast.api(who).post(f"/api/v1/{path}", sent)
    else:
        answer = ask(cast, who, method, path, sent, version=version)
    if door == "bulk_api" and answer.status_code == 200:
        (wish,) = answer.json()["asks"]
        return wish["verb"], wish["payload"]
    assert answer.status_code == 403, answer.content
    wish = answer.json()["ask"]
    assert wish["product"] == "ATLAS"
    return wish["verb"], wish["payload"]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("asks", "making", "who"), SCENES, ids=[f"{making.__name__}-{who}" for _, making, who in SCENES]
)
def test_what_is_refused_can_be_asked_for_and_is_carried_out(
    cast: Cast, asks: str, making: Callable[[Cast], Scene], who: str, door: str
) -> None:
    scene = making(cast)
    if door.startswith("bulk") and getattr(scene, door) is None:
        return
    verb, payload = offered(cast, who, scene, door)
    if verb:
        assert verb == ("items.bulk" if door.startswith("bulk") else asks)
        sent = {"verb": verb, "payload": payload, "reason": "So."}
        made = ask(cast, who, "POST", "products/ATLAS/requests/", sent)
        assert made.status_code == 201, made.content
    wish = Request.objects.get()
    assert asks == "by_hand" or not scene.holds(), "it waits for who may"
    answer = f"products/ATLAS/requests/{wish.pk}/answer/"
    assert ask(cast, who, "POST", answer, {"accept": True}).status_code == 403
    who_may = "owner" if asks == "by_hand" else "leadership"
    done = ask(cast, who_may, "POST", answer, {"accept": True})
    assert done.status_code == 200, done.content
    assert scene.holds()
    assert Decision.objects.filter(kind="request", title__startswith="Agreed: ").count() == 1


def test_every_act_that_can_be_asked_for_is_walked() -> None:
    told = set(import_string(f"{settings.WIRING}.REQUESTS"))
    with_a_file = {"import.run"}  # tests/integrations/test_handing_over.py
    assert {verb for verb, _, _ in SCENES} == told - with_a_file
