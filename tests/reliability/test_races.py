"""What comes at the same moment over the API, on PostgreSQL: one wins, the others hear why, nothing is done twice.

SQLite lets one transaction write at a time, so nothing meets there. Each race has a control: the same without the
guard, which goes wrong.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from accounts.models import RememberedAnswer
from backlog.models import Change, Item, Label
from core import invariants
from tests.backlog.making import accepted, again, ask, make, many
from tests.cast import Cast, build
from tests.together import together

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
#: Tried with 1,000; fewer by default, because the machine is shared with the rest of the suite.
ROUNDS = int(os.environ.get("BALLAST_RACE_ROUNDS", "40"))
SAME = 20


@pytest.fixture
def race_cast(transactional_db: None) -> Cast:
    cast = build()
    for name in ("owner", "contributor", "administrator"):
        cast.api(name)  # signs in before the race
        cast.client(name)
    return cast


def sound() -> list[str]:
    return [str(each) for each in invariants.findings(now=timezone.now())]


# --- Two editors of one item --------------------------------------------------------------------


def test_of_two_editors_one_wins_and_the_other_sees_what_changed(race_cast: Cast) -> None:
    cast = race_cast
    item = make(cast)
    path = f"items/{item.key}/"
    for turn in range(ROUNDS):
        version = again(item).version
        mine = {"title": f"Mine {turn}"}
        theirs = {"title": f"Theirs {turn}"} if turn % 2 else {"effort": turn + 0.5}
        answers: list[Any] = together(
            [
                partial(ask, cast, "owner", "PATCH", path, mine, version=version),
                partial(ask, cast, "contributor", "PATCH", path, theirs, version=version),
            ]
        )
        assert sorted(each.status_code for each in answers) == [200, 409], answers
        won, lost = sorted(answers, key=lambda each: each.status_code)
        problem = lost.json()
        assert (problem["code"], problem["version"]) == ("stale", version + 1)
        saved = mine if won is answers[0] else theirs
        for name, value in saved.items():
            assert problem["changed"][name]["is"] == value
        assert again(item).version == version + 1
    assert Change.objects.filter(item_id=item.pk, verb="item.edited").count() == ROUNDS

    def save(name: str, version: int) -> int:
        data = {"title": f"{name} {version}", "kind": "task", "version": version}
        answer = cast.client(name).post(f"/items/{item.key}/edit/", data)
        return int(answer.status_code)

    for _ in range(ROUNDS // 5):
        version = again(item).version
        statuses: list[Any] = together(
            [partial(save, "owner", version), partial(save, "contributor", version)]
        )
        assert sorted(statuses) == [302, 409]
    assert sound() == []


def comparing_without_a_lock_loses_an_edit(race_cast: Cast) -> None:
    item = make(race_cast)
    read = threading.Barrier(2)

    def naive(title: str) -> bool:
        with transaction.atomic():
            row = Item.objects.get(pk=item.pk)
            read.wait(10)
            if row.version != 1:
                return False
            row.title, row.version = title, row.version + 1
            row.save(update_fields=["title", "version"])
            return True

    assert together([partial(naive, "Mine"), partial(naive, "Theirs")]) == [True, True]
    assert again(item).version == 2
    assert any(row.startswith("every change is logged") for row in sound())


# --- Numbers of new items -----------------------------------------------------------------------


def test_items_made_at_once_are_numbered_without_gap_or_duplicate(race_cast: Cast) -> None:
    cast = race_cast
    each = max(ROUNDS // 10, 5)

    def create(who: str, name: str) -> list[int]:
        statuses = []
        for number in range(each):
            # every third one is refused: a number must not be lost with it
            body = {"product": "ATLAS", "title": f"{name} {number}", "labels": [f"l{number}", name]}
            body |= {"effort": -1} if number % 3 == 2 else {}
            statuses.append(ask(cast, who, "POST", "items/", body).status_code)
        return statuses

    names = [
        (who, f"{who} {n}") for n in range(2) for who in ("owner", "contributor", "administrator")
    ]
    answers: list[Any] = together([partial(create, who, name) for who, name in names])
    statuses = Counter(status for found in answers for status in found)
    refused = len(names) * (each // 3)
    assert statuses == {201: len(names) * each - refused, 400: refused}
    numbers = sorted(Item.objects.values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    assert sound() == []


def the_highest_number_and_one_more_is_given_twice(race_cast: Cast) -> None:
    read = threading.Barrier(4)

    def naive() -> bool:
        last = Item.objects.aggregate(last=Max("number"))["last"] or 0
        read.wait(10)
        try:
            Item.objects.create(product=race_cast.a, number=last + 1, title="Naive")
        except IntegrityError:
            return False
        return True

    assert together([naive] * 4).count(True) == 1, (
        "the constraint holds, and three people get an error"
    )


# --- New words ----------------------------------------------------------------------------------


def test_the_same_new_words_at_once_are_made_once_and_nobody_waits_for_ever(
    race_cast: Cast,
) -> None:
    """In creations, edits and bulk edits that name them in different orders."""
    cast = race_cast
    items = [make(cast, f"Item {n}") for n in range(6)]
    for turn in range(max(ROUNDS // 10, 5)):
        names = [f"word {turn} {n}" for n in range(8)]
        acts = [
            partial(
                ask,
                cast,
                "owner",
                "PATCH",
                f"items/{item.key}/",
                {"labels": names[place:] + names[:place], "segments": names},
                version=again(item).version,
            )
            for place, item in enumerate(items[:3])
        ]
        keys = [item.key for item in items[3:]]
        bulk = {"product": "ATLAS", "keys": keys, "add_labels": names[::-1]}
        acts.append(partial(ask, cast, "administrator", "POST", "items/bulk/", bulk))
        new = {"product": "ATLAS", "title": "New", "labels": names[3:], "program": names[0]}
        acts += [partial(ask, cast, "contributor", "POST", "items/", new)] * 2
        answers: list[Any] = together(acts)
        assert {each.status_code for each in answers} <= {200, 201}, answers
        assert Label.objects.filter(name__in=names).count() == len(names)
    assert sound() == []


# --- Movers -------------------------------------------------------------------------------------


def test_movers_between_queues(race_cast: Cast) -> None:
    """Six people move twenty items about: each move happens or is refused with a reason, and every list stays right."""
    cast = race_cast
    items = many(cast.a, 20, kind="enhancement", state="accepted")
    kinds = ("stability", "enhancement", "strategic_bet")

    def move(mover: int) -> Counter[int]:
        statuses: Counter[int] = Counter()
        for turn in range(max(ROUNDS // 10, 5)):
            item = items[(mover * 7 + turn * 3) % len(items)]
            body = {"queue": kinds[(mover + turn) % 3], "reason": "Elsewhere."}
            version = again(item).version
            path = f"items/{item.key}/move/"
            statuses[
                ask(cast, "administrator", "POST", path, body, version=version).status_code
            ] += 1
        return statuses

    answers: list[Any] = together([partial(move, mover) for mover in range(6)])
    statuses = sum(answers, Counter())
    assert set(statuses) <= {200, 409}, statuses
    assert statuses[200]
    assert sound() == []
    listed = cast.api("owner").get("/api/v1/items/?product=ATLAS&open=true&limit=200").json()
    assert sorted(row["key"] for row in listed["results"]) == sorted(item.key for item in items)
    places = sorted((row["queue"], row["rank"]) for row in listed["results"])
    held = Counter(queue for queue, _ in places)
    assert places == [(q, rank) for q in sorted(held) for rank in range(1, held[q] + 1)]


# --- The same request again ---------------------------------------------------------------------


def test_the_same_key_at_once_has_one_effect_and_one_answer(race_cast: Cast) -> None:
    cast = race_cast
    item = accepted(cast)
    requests: list[tuple[str, Any]] = [
        ("items/", {"product": "ATLAS", "title": "Once", "labels": ["new"]}),
        (f"items/{item.key}/comments/", {"body": "Once"}),
    ]
    for turn in range(max(ROUNDS // 20, 3)):
        for path, body in requests:
            before = Change.objects.count()
            act = partial(ask, cast, "owner", "POST", path, body, key=f"key {turn} {path}")
            answers: list[Any] = together([act] * SAME)
            assert {each.status_code for each in answers} == {201}, answers
            assert len({each.content for each in answers}) == 1
            assert sum("Idempotent-Replayed" not in each for each in answers) == 1
            assert Change.objects.count() == before + 1

    # and with another body
    bodies = [{"product": "ATLAS", "title": title} for title in ("One", "Other")]
    acts = [
        partial(ask, cast, "owner", "POST", "items/", bodies[n % 2], key="k") for n in range(SAME)
    ]
    answers: list[Any] = together(acts)
    made = Item.objects.get(title__in=["One", "Other"]).title
    for body, answer in zip(bodies * (SAME // 2), answers, strict=True):
        if body["title"] == made:
            assert answer.status_code == 201
        else:
            assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    assert sound() == []


def looking_first_and_remembering_afterwards_does_it_again(race_cast: Cast) -> None:
    cast = race_cast
    looked = threading.Barrier(4)

    def naive() -> None:
        with transaction.atomic():
            known = RememberedAnswer.objects.filter(user=cast.owner, key="k").exists()
            looked.wait(10)
            if not known:
                make(cast, "Twice")
        RememberedAnswer.objects.get_or_create(
            user=cast.owner, key="k", defaults={"request_digest": "d", "status": 201}
        )

    together([naive] * 4)
    assert Item.objects.filter(title="Twice").count() == 4


def test_control_without_the_guards_it_goes_wrong(race_cast: Cast) -> None:
    comparing_without_a_lock_loses_an_edit(race_cast)
    looking_first_and_remembering_afterwards_does_it_again(race_cast)
    the_highest_number_and_one_more_is_given_twice(race_cast)
