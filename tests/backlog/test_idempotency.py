"""A POST that is sent again has one effect and one answer."""

import json
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import RememberedAnswer
from backlog.models import Change, Comment, Item
from backlog.services import states
from tests.backlog.making import again, ask, make
from tests.cast import Cast

BODY = {"product": "ATLAS", "title": "Once", "due_at": "2026-12-24T12:00:00Z", "effort": 1.25}


def plain(answer: Any) -> tuple[int, Any, dict[str, str]]:
    headers = {
        name: answer[name] for name in ("ETag", "Location", "Content-Type") if name in answer
    }
    return answer.status_code, answer.content, headers


def test_the_second_gets_the_first_ones_answer(cast: Cast) -> None:
    first = ask(cast, "owner", "POST", "items/", BODY, key="a")
    second = ask(cast, "owner", "POST", "items/", BODY, key="a")
    assert first.status_code == 201
    assert plain(second) == plain(first), "the same to the last byte"
    assert second["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Item.objects.count() == 1
    reordered = dict(reversed(BODY.items()))
    assert plain(ask(cast, "owner", "POST", "items/", reordered, key="a")) == plain(first)


def test_every_post_is_covered(cast: Cast) -> None:
    """Sent twice each: one change in the log."""
    item, other = make(cast), make(cast)
    accept = {"queue": "stability"}
    signal = {
        "kind": "incident",
        "magnitude": 1,
        "occurred_at": "2026-01-01T00:00:00Z",
        "source": "x",
    }
    adjustment = {
        "points": 2,
        "claim": "Known",
        "expires_at": (timezone.now() + timedelta(days=9)).isoformat(),
    }
    requests: list[tuple[str, Any, bool]] = [
        (f"items/{item.key}/accept/", accept, True),
        (f"items/{item.key}/move/", {"queue": "enhancement", "reason": "Why."}, True),
        (f"items/{item.key}/state/", {"state": "in_progress"}, True),
        (f"items/{item.key}/comments/", {"body": "Hm"}, False),
        (f"items/{item.key}/links/", {"kind": "blocks", "target": other.key}, False),
        (f"items/{item.key}/criteria/", {"text": "It works"}, False),
        (f"items/{item.key}/ratings/", {"ratings": [{"criterion": "trust", "level": 3}]}, False),
        (f"items/{item.key}/signals/", signal, False),
        (f"items/{item.key}/adjustments/", adjustment, False),
        ("items/bulk/", {"keys": [item.key], "horizon": "release"}, False),
        (f"items/{item.key}/park/", {"until": "2999-01-01"}, True),
    ]
    for path, body, versioned in requests:
        before = Change.objects.exclude(verb="band.changed").count()
        version = again(item).version if versioned else None
        first = ask(cast, "owner", "POST", path, body, version=version, key=path)
        made = Change.objects.exclude(verb="band.changed").count() - before
        assert first.status_code in (200, 201), (path, first.content)
        assert made in (1, 2), path
        second = ask(cast, "owner", "POST", path, body, version=version, key=path)
        assert plain(second) == plain(first), path
        assert Change.objects.exclude(verb="band.changed").count() - before == made, path


def test_another_body_or_address_under_the_same_key(cast: Cast) -> None:
    item = make(cast)
    ask(cast, "owner", "POST", "items/", BODY, key="a")
    for path, body in (
        ("items/", {**BODY, "title": "Other"}),
        (f"items/{item.key}/comments/", BODY),
        (f"items/{item.key}/comments/", {"body": "x"}),
    ):
        answer = ask(cast, "owner", "POST", path, body, key="a")
        assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    assert Item.objects.count() == 2
    assert not Comment.objects.exists()


def test_errors_are_not_remembered(cast: Cast) -> None:
    for body in ({**BODY, "title": ""}, {**BODY, "owner": "nobody@example.org"}):
        assert ask(cast, "owner", "POST", "items/", body, key="a").status_code == 400
    assert not RememberedAnswer.objects.exists()
    item = make(cast)
    path = f"items/{item.key}/accept/"
    refused = ask(cast, "owner", "POST", path, {"queue": "hotfix"}, version=1, key="b")
    assert refused.status_code == 400
    states.decline_item(actor=cast.actor("owner"), item=item, reason="No.")
    stale = ask(cast, "owner", "POST", path, {"queue": "stability"}, version=1, key="b")
    assert stale.status_code == 409
    done = ask(cast, "owner", "POST", path, {"queue": "stability"}, version=2, key="b")
    assert done.status_code == 200
    assert RememberedAnswer.objects.count() == 1


def test_keys_belong_to_one_token(cast: Cast) -> None:
    """What one was answered is not read by another, not even of the same person."""
    first = ask(cast, "write", "POST", "items/", BODY, key="a")
    other = ask(cast, "bound", "POST", "items/", BODY, key="a")
    someone = ask(cast, "owner", "POST", "items/", BODY, key="a")
    assert [each.status_code for each in (first, other, someone)] == [201, 201, 201]
    assert len({each.json()["key"] for each in (first, other, someone)}) == 3
    reading = ask(cast, "read", "POST", "items/", BODY, key="a")
    assert reading.status_code == 403
    assert ask(cast, "anonymous", "POST", "items/", BODY, key="a").status_code == 401


def test_a_key_is_kept_for_a_day(cast: Cast) -> None:
    ask(cast, "owner", "POST", "items/", BODY, key="a")
    hour = timedelta(hours=1)
    for age, count in ((23 * hour, 1), (25 * hour, 2)):
        RememberedAnswer.objects.update(created_at=timezone.now() - age)
        ask(cast, "owner", "POST", "items/", BODY, key="a")
        assert Item.objects.count() == count


def test_keys_that_cannot_be_kept(cast: Cast) -> None:
    for key, status in (("x" * 128, 201), ("x" * 129, 400), ("a\tb", 400), ("ü", 201), (" ", 201)):
        answer = ask(cast, "owner", "POST", "items/", BODY, key=key)
        assert answer.status_code == status, key
    assert not RememberedAnswer.objects.filter(key__contains="x").exists(), (
        "keys are stored as digests"
    )


def test_a_session_has_keys_too(cast: Cast) -> None:
    client = cast.client("owner")
    headers = {"Idempotency-Key": "a"}
    answers = [
        client.post(
            "/api/v1/items/", json.dumps(BODY), content_type="application/json", headers=headers
        )
        for _ in range(2)
    ]
    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert Item.objects.count() == 1


def test_gets_and_edits_pay_no_heed_to_it(cast: Cast) -> None:
    item = make(cast)
    for _ in range(2):
        assert ask(cast, "owner", "GET", f"items/{item.key}/", key="a").status_code == 200
    assert (
        ask(
            cast, "owner", "PATCH", f"items/{item.key}/", {"effort": 1}, version=1, key="a"
        ).status_code
        == 200
    )
    assert not RememberedAnswer.objects.exists()
