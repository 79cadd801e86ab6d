"""What the server of the browser tests is filled with: ``python -m tests.browser.seed OUT``, run by ``served.py``.

Four people, a product with something of everything (SHOW), one with 120 items (LONG), one with nothing (EMPTY), one
in which five more people meet (MEET), and rooms: products with people and nothing else, for one test each. What the
tests must know is written to OUT as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOMS = 40


def main(out: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    Path(out).write_text(json.dumps(fill()))


def fill() -> dict[str, Any]:
    from django.db import transaction

    from accounts.actors import Actor, Via
    from accounts.roles import Role
    from accounts.services import tokens
    from backlog.services import members
    from tests.cast import PASSWORD, make_person, make_product

    people = {name: make_person(name) for name in ("ada", "olu", "cora", "vera")}
    guests = {name: make_person(name) for name in ("nia", "omar", "pia", "quin", "rosa")}
    roles = {"olu": Role.PRODUCT_OWNER, "cora": Role.CONTRIBUTOR, "vera": Role.VIEWER}
    names = {"SHOW": "Harbour safety films", "LONG": "Long list", "EMPTY": "Nothing yet"}
    names["MEET"] = "Where eight people meet"
    names |= {f"R{number:02}": f"Room {number}" for number in range(1, ROOMS + 1)}
    products = {}
    actor = Actor(user=people["ada"], channel=Via.PAGE)
    with transaction.atomic():
        for key, name in names.items():
            products[key] = make_product(key, people["ada"], name=name)
            for who, role in roles.items():
                members.add_member(
                    actor=Actor.system(), product=products[key], user=people[who], role=role
                )
        for user in guests.values():
            members.add_member(
                actor=Actor.system(), product=products["MEET"], user=user, role=Role.CONTRIBUTOR
            )
    with transaction.atomic():
        long_list(actor, products["LONG"])
    with transaction.atomic():
        shown = show_case(actor, products["SHOW"], people)
    secrets = {}
    for name, user in people.items():
        own = Actor(user=user, channel=Via.PAGE)
        _row, secrets[name] = tokens.create_token(
            actor=own, user=user, name="tests", scope="write", days=1
        )
    return {"password": PASSWORD, "secrets": secrets, "rooms": ROOMS, "show": shown}


def long_list(actor: Any, product: Any) -> None:
    """120 accepted items over three queues, a third of them rated."""
    from backlog.models import Queue
    from backlog.services.items import Draft, create_items
    from scoring.current import rubric_in_force
    from scoring.services.ratings import Entry, rate_item

    queues = list(Queue.objects.filter(product=product).exclude(kind="hotfix").order_by("pk"))
    drafts = [
        Draft(
            title=f"Station {number}: what the crew should see",
            queue=queues[number % 3],
            state="accepted",
            effort=float(1 + number % 8),
            owner=actor.user if number % 4 == 0 else None,
        )
        for number in range(1, 121)
    ]
    made = create_items(actor=actor, product=product, drafts=drafts, right="item.create")
    criteria = [each.key for each in rubric_in_force(product.pk)[1].criteria]
    for number, item in enumerate(made[:40]):
        entries = {
            key: Entry(float((number + place) % 6)) for place, key in enumerate(criteria[:4])
        }
        rate_item(actor=actor, item=item, entries=entries)


def show_case(actor: Any, product: Any, people: dict[str, Any]) -> dict[str, Any]:
    """A bit of everything, for the tests that look at every page."""
    from django.core.files.base import ContentFile
    from django.utils import timezone

    from accounts.actors import Actor, Via
    from assets.services.assets import add_asset
    from backlog.models import Label, Queue
    from backlog.services import comments, criteria, items, links, states, words
    from reviews.services.cycles import StagePlan, start_review
    from scoring.current import rubric_in_force
    from scoring.services import adjustments, ratings, signals

    now = timezone.now()
    labels = words.named(Label, product=product, names=["player", "sound"])
    queues = {each.kind: each for each in Queue.objects.filter(product=product)}
    plan = [
        ("hotfix", "in_progress", "Evacuation route on level 2 shows the closed gate", 2.0),
        ("stability", "accepted", "Subtitles of the mooring film drift after minute six", 3.0),
        ("enhancement", "in_review", "Resume a scene where the learner left it", 5.0),
        ("enhancement", "accepted", "A long title that says at some length which of the many"
         " scenes about lashing containers is meant, and for whom, and why it matters", 8.0),
        ("strategic_bet", "accepted", "Practice rooms: say the answer aloud", 13.0),
        ("stability", "done", "Replace the footage of the old crane", 3.0),
        (None, "triage", "The quiz of module 3 accepts a wrong answer", None),
        (None, "triage", "Glossary for new dock workers", 2.0),
        (None, "triage", "Glossary for the new dock workers, please", None),
    ]  # fmt: skip
    drafts = [
        items.Draft(
            title=title,
            description="Seen on **three** tablets.\n\n- at the gate\n- in the office",
            kind="scene" if state == "in_review" else "fix" if queue == "hotfix" else "task",
            queue=queues.get(queue) if queue else None,
            state=state,
            effort=effort,
            owner=people["cora"] if state == "in_progress" else None,
            severity=2 if queue == "hotfix" else None,
            due_at=now + timedelta(hours=20) if queue == "hotfix" else None,
            labels=[labels["player" if effort else "sound"]],
            created_at=now - timedelta(days=3),
        )
        for queue, state, title, effort in plan
    ]
    made = items.create_items(actor=actor, product=product, drafts=drafts, right="item.create")
    keys = [each.key for each in rubric_in_force(product.pk)[1].criteria]
    kinds = rubric_in_force(product.pk)[1].signal_kinds
    for number, item in enumerate(made[:5]):
        if number != 3:
            entries = {
                key: ratings.Entry(float(1 + (number + place) % 5))
                for place, key in enumerate(keys[: 6 + number])
            }
            ratings.rate_item(actor=actor, item=item, entries=entries)
    first = made[0]
    signal = signals.Draft(
        source="desk", item=first, kind=sorted(kinds)[0], magnitude=12.0, occurred_at=now
    )
    signals.add_signals(actor=actor, product=product, drafts=[signal])
    adjustments.adjust(
        actor=actor, item=first, points=4, claim="The port inspects on Friday.", evidence="Letter",
        expires_at=now + timedelta(days=9),
    )  # fmt: skip
    criterion = criteria.add_criterion(
        actor=actor, item=first, statement="The route leads to gate 4.", verification="On site"
    )
    criteria.add_criterion(actor=actor, item=first, statement="Nobody asks at the gate for a week.")
    criteria.verify_criterion(actor=actor, criterion=criterion, met=True, note="")
    comments.add_comment(actor=actor, item=first, body="@cora who knows the gate?")
    cora = Actor(user=people["cora"], channel=Via.PAGE)
    comments.add_comment(actor=cora, item=first, body="I do. The old one closed in May.")
    links.link_items(actor=actor, source=made[1], target=first, kind="blocks")
    parked = states.park_item(
        actor=actor,
        item=made[7],
        until=(now + timedelta(days=30)).date(),
        reason="After the audit.",
    )
    script = ContentFile(
        b"MARA\nThe gate is closed.\n\nJON\nThen we take the stairs.\n", name="gate.txt"
    )
    version = add_asset(actor=cora, item=made[2], file=script, rationale="First draft.")
    olu, ada = people["olu"], people["ada"]
    cycle = start_review(
        actor=cora,
        version=version,
        stages=[
            StagePlan("subject_matter", [ada, olu], 1),
            StagePlan("legal", [olu], None),
        ],
    )
    decide(actor, cora, product, made[:5])
    held, session = refinement(actor, product, people)
    return {
        "item": first.key,
        "held": held,
        "session": session,
        "unscored": made[3].key,
        "triage": made[6].key,
        "parked": parked.key,
        "reviewed": made[2].key,
        "asset": version.asset_id,
        "cycle": cycle.pk,
    }


def decide(actor: Any, cora: Any, product: Any, about: list[Any]) -> None:
    """A decision that another one took the place of, and two requests, one of them answered."""
    from backlog.services import decisions, requests

    draft = decisions.Draft(
        title="Gates before glossaries",
        rationale="People stand at the gate now.",
        context="Both need *the same week*.",
        options=[("Gates", "Soon"), ("Glossaries", "Later")],
        chosen=0,
        evidence=[("The letter", "https://example.org/letter")],
        items=about,
    )
    first = decisions.decide(actor=actor, product=product, draft=draft)
    decisions.decide(actor=actor, product=product, draft=draft, supersedes=first)
    asked = [
        requests.ask(
            actor=cora,
            product=product,
            verb="item.state",
            payload={"item": item.key, "state": "parked", "until": "2999-01-01"},
            reason="The crane is away.",
        )
        for item in about[1:3]
    ]
    requests.answer(actor=actor, request=asked[0], accept=False, reason="It comes back on Monday.")


def refinement(actor: Any, product: Any, people: dict[str, Any]) -> tuple[int, int]:
    """A session that was held and one that goes on with votes turned over: their numbers."""
    from datetime import timedelta

    from django.utils import timezone

    from accounts.actors import Actor, Via
    from scoring.current import rubric_in_force
    from scoring.services.sessions import closing, deciding, notes, planning, voting

    cora = Actor(user=people["cora"], channel=Via.PAGE)
    keys = [each.key for each in rubric_in_force(product.pk)[1].criteria]
    numbers = []
    for title in ("Refinement, held", "Refinement"):
        plan = planning.Plan(
            title=title,
            starts_at=timezone.now() + timedelta(hours=1),
            functions=("design", "legal"),
            attendees={people["cora"]: "design", people["vera"]: ""},
        )
        session = planning.plan_session(actor=actor, product=product, plan=plan, seed=1)
        session = deciding.open_session(actor=actor, session=session)
        entry = session.current
        assert entry is not None
        for who, level in ((actor, 4), (cora, 1)):
            choices = {key: voting.Choice(level) for key in keys}
            voting.cast(actor=who, session=session, entry_id=entry.pk, round=1, choices=choices)
        notes.add_note(
            actor=cora, session=session, words="Who pays for it?", owner=people["cora"],
            entry_id=entry.pk,
        )  # fmt: skip
        voting.flip(actor=actor, session=session, entry_id=entry.pk, round=1)
        if title.endswith("held"):
            deciding.record(
                actor=actor, session=session, entry_id=entry.pk, round=1, note="Both are right."
            )
            closing.close_session(actor=actor, session=session, summary="Short.")
        numbers.append(session.pk)
    return numbers[0], numbers[1]


if __name__ == "__main__":
    main(sys.argv[1])
