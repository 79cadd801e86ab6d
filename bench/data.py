"""Fills a database: one product with N items and all that hangs on them. `python -m bench.data N`.

Set-based SQL with a fixed seed; scores come from a real rescore. Prints what the run must know, as JSON.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from typing import Any

import django

PEOPLE = 12
BUSY = 20
"""So many items have a long history, talk, criteria, links and evidence: what an item page is measured with."""

WORDS = 3000
PHRASES = 3001

ITEMS = """
    INSERT INTO backlog_item (number, title, description, kind, state, state_reason, parked_until, horizon, effort,
        due_at, severity, created_at, updated_at, accepted_at, started_at, finished_at, version, owner_id,
        product_id, reporter_id, queue_id, program_id, channel_id, cycle_id)
    SELECT n, initcap(one.few || ' ' || two.few), one.many || ' ' || two.many || ' ' || three.many,
        (ARRAY['script','scene','module','visual_system','fix','feature','task'])[1 + n %% 7],
        state, '', CASE WHEN state = 'parked' THEN current_date + 30 END,
        (ARRAY['','sprint','release','roadmap'])[1 + n %% 4],
        CASE WHEN random() < 0.7 THEN (ARRAY[1,2,3,5,8,13])[1 + floor(random() * 6)::int] END,
        CASE WHEN random() < 0.2 THEN now() + (random() * 120 - 20) * interval '1 day' END,
        CASE WHEN queue = 1 THEN 1 + floor(random() * 4)::int END,
        born, born + random() * (now() - born),
        CASE WHEN state NOT IN ('triage','parked','declined') THEN born + interval '1 day' END,
        CASE WHEN state IN ('in_progress','in_review','done') THEN born + interval '2 days' END,
        CASE WHEN state = 'done' THEN born + random() * (now() - born) END,
        1, CASE WHEN random() < 0.6 THEN (%(people)s)[1 + floor(random() * array_length(%(people)s, 1))::int] END,
        %(product)s, (%(people)s)[1 + n %% array_length(%(people)s, 1)],
        (%(queues)s)[queue], (%(programs)s)[1 + n %% array_length(%(programs)s, 1)],
        (%(channels)s)[1 + n %% array_length(%(channels)s, 1)], NULL
    FROM (
        SELECT n, now() - (2 + random() * 700) * interval '1 day' AS born,
            CASE WHEN a < 0.05 THEN 1 WHEN a < 0.30 THEN 2 WHEN a < 0.75 THEN 3 ELSE 4 END AS queue,
            CASE WHEN b < 0.03 THEN 'triage' WHEN b < 0.47 THEN 'accepted' WHEN b < 0.52 THEN 'in_progress'
                WHEN b < 0.54 THEN 'in_review' WHEN b < 0.92 THEN 'done' WHEN b < 0.96 THEN 'parked'
                ELSE 'declined' END AS state
        FROM (SELECT n, random() AS a, random() AS b FROM generate_series(1, %(items)s) n) AS dice
    ) AS drawn
    JOIN bench_words one ON one.id = n %% 3001
    JOIN bench_words two ON two.id = n * 17 %% 2999
    JOIN bench_words three ON three.id = n * 31 %% 2971
    ORDER BY n
"""

HANGING = [
    # labels: none to three; one segment each
    """
    INSERT INTO backlog_item_labels (item_id, label_id)
    SELECT i.id, (%(labels)s)[1 + (i.number * 7 + k * 13) %% array_length(%(labels)s, 1)]
    FROM backlog_item i, generate_series(1, 3) k WHERE i.product_id = %(product)s AND k <= i.number %% 4
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO backlog_item_segments (item_id, segment_id)
    SELECT id, (%(segments)s)[1 + number %% array_length(%(segments)s, 1)] FROM backlog_item
    WHERE product_id = %(product)s
    """,
    """
    INSERT INTO backlog_itemsummary (item_id, product_id, queue_kind, state, is_open, order_score, due_order,
        created_at, band, band_by_policy, effort_assumed, missing, stale_since, review_state, assets_count)
    SELECT i.id, i.product_id, q.kind, i.state, i.state IN ('triage','accepted','in_progress','in_review'),
        coalesce(i.severity, 9), coalesce(i.due_at, '9999-01-01 00:00:00+00'), i.created_at,
        '', false, false, '', now(), '', 0
    FROM backlog_item i JOIN backlog_queue q ON q.id = i.queue_id WHERE i.product_id = %(product)s ORDER BY i.id
    """,
    # nine ratings each
    """
    INSERT INTO scoring_rating (item_id, criterion, level, certainty, source, rated_at, product_id, rated_by_id)
    SELECT i.id, c.name, floor(random() * 6), (ARRAY['guess','informed','certain'])[1 + floor(random() * 3)::int],
        'person', now() - random() * 300 * interval '1 day', i.product_id, i.reporter_id
    FROM backlog_item i, unnest(%(criteria)s) AS c (name) WHERE i.product_id = %(product)s
    """,
    # evidence: one to four signals each, spread over the kinds that the rubric knows
    """
    INSERT INTO scoring_signal (item_id, kind, magnitude, occurred_at, source, external_id, note, recorded_at,
        withdrawn_reason, apart, version, product_id)
    SELECT i.id, (%(kinds)s)[1 + (i.number + k) %% array_length(%(kinds)s, 1)], 1 + floor(random() * 200),
        now() - random() * 120 * interval '1 day', 'helpdesk', 't-' || i.number || '-' || k, '', now(),
        '', false, 1, i.product_id
    FROM backlog_item i, generate_series(1, 4) k WHERE i.product_id = %(product)s AND k <= 1 + i.number %% 4
    """,
    """
    INSERT INTO scoring_adjustment (item_id, points, claim, evidence, above, made_at, expires_at, verdict,
        verdict_note, product_id)
    SELECT id, 5, 'A customer waits for it', '', false, now() - interval '5 days', now() + interval '60 days', '',
        '', product_id
    FROM backlog_item WHERE product_id = %(product)s AND number %% 50 = 0
    """,
    # what happened so far: made, then accepted
    """
    INSERT INTO backlog_change (at, actor_id, actor_name, channel, verb, subject_type, subject_id, item_id, fields,
        reason, "right", request_id, item_version, product_id)
    SELECT i.created_at + k * interval '1 day', i.reporter_id, 'Somebody', 'page',
        (ARRAY['item.created','item.accepted'])[k + 1], 'item', i.id, i.id,
        jsonb_build_object('state', jsonb_build_array('triage', i.state)), '', 'item.triage', '', k + 1, i.product_id
    FROM backlog_item i, generate_series(0, 1) k WHERE i.product_id = %(product)s ORDER BY i.id, k
    """,
]

ANALYZED = (
    *(
        "backlog_item",
        "backlog_itemsummary",
        "backlog_item_labels",
        "backlog_item_segments",
        "backlog_change",
    ),
    *(
        "scoring_rating",
        "scoring_signal",
        "scoring_snapshot",
        "scoring_adjustment",
        "backlog_label",
    ),
)


def vocabulary() -> list[str]:
    """Made-up words of two to four syllables, the same ones each time."""
    dice = random.Random(1)
    syllables = [
        a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "il", "on")
    ]
    found: dict[str, None] = {}
    while len(found) < WORDS:
        found["".join(dice.choice(syllables) for _ in range(dice.randint(2, 4)))] = None
    return list(found)


def phrases() -> list[tuple[int, str, str]]:
    """(id, two to four words, ten to sixteen words): some words common, most rare, as in any language."""
    dice = random.Random(2)
    words = vocabulary()

    def draw(number: int) -> str:
        return " ".join(words[int(WORDS * dice.random() ** 2.2)] for _ in range(number))

    return [
        (place, draw(dice.randint(2, 4)), draw(dice.randint(10, 16))) for place in range(PHRASES)
    ]


def fill(count: int) -> dict[str, Any]:
    """Make the product and its items; what the run must know."""
    from django.db import connection, transaction

    from accounts.actors import Actor
    from accounts.models import Membership, User
    from accounts.roles import Role
    from backlog.models import Channel, Label, Program, Segment
    from backlog.services.products import create_product
    from scoring.current import rubric_in_force
    from scoring.jobs import rescore

    people = [
        User.objects.create(
            email=f"person{number}@example.com", name=f"Person {number}", is_staff=number == 0
        )
        for number in range(PEOPLE)
    ]
    product = create_product(actor=Actor.system(), key="BENCH", name="Bench")
    Membership.objects.bulk_create(
        Membership(
            product=product,
            user=person,
            role=Role.ADMINISTRATOR if place == 0 else Role.CONTRIBUTOR,
        )
        for place, person in enumerate(people)
    )
    words: dict[str, list[int]] = {}
    for name, model, number in (
        ("labels", Label, 40),
        ("segments", Segment, 12),
        ("programs", Program, 5),
        ("channels", Channel, 5),
    ):
        rows = model.objects.bulk_create(
            model(product=product, name=f"{name[:-1]}-{place}") for place in range(number)
        )
        words[name] = [row.pk for row in rows]
    _, rubric = rubric_in_force(product.pk)
    values = {
        **words,
        "items": count,
        "product": product.pk,
        "people": [person.pk for person in people],
        "queues": list(product.queues.order_by("pk").values_list("pk", flat=True)),
        "criteria": list(rubric.criterion_index),
        "kinds": list(rubric.signal_kinds),
    }
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE bench_words (id int PRIMARY KEY, few text, many text) ON COMMIT DROP"
        )
        cursor.executemany("INSERT INTO bench_words VALUES (%s, %s, %s)", phrases())
        cursor.execute("ANALYZE bench_words")
        cursor.execute("SELECT setseed(0.42)")
        for statement in (ITEMS, *HANGING):
            cursor.execute(statement, values)
        cursor.execute(
            "UPDATE accounts_product SET items_numbered = %s WHERE id = %s", [count, product.pk]
        )
    made = time.perf_counter() - began
    _vacuum()
    began = time.perf_counter()
    rescore.rescore_stale()
    scored = time.perf_counter() - began
    _busy_items(product.pk)
    _vacuum()
    return {"items": count, "seconds": round(made, 1), "scored_seconds": round(scored, 1)}


def _busy_items(product_id: int) -> None:
    """The best open enhancements get 200 rows of history, 20 remarks, 3 criteria, 3 links, 30 signals."""
    from django.db import connection

    from backlog.models import ItemSummary

    ranked = ItemSummary.objects.filter(
        product_id=product_id, queue_kind="enhancement", is_open=True
    )
    values = {
        "ids": list(ranked.order_by("order_score", "item_id").values_list("pk", flat=True)[:BUSY])
    }
    with connection.cursor() as cursor:
        for statement in (
            """
            INSERT INTO backlog_change (at, actor_id, actor_name, channel, verb, subject_type, subject_id, item_id,
                fields, reason, "right", request_id, item_version, product_id)
            SELECT now() - k * interval '1 hour', i.reporter_id, 'Somebody', 'page', 'item.edited', 'item', i.id, i.id,
                jsonb_build_object('effort', jsonb_build_array(k, k + 1)), 'A reason', 'item.edit', '', k + 2,
                i.product_id
            FROM backlog_item i, generate_series(1, 198) k WHERE i.id = ANY(%(ids)s) ORDER BY k DESC
            """,
            """
            INSERT INTO backlog_comment (item_id, author_id, author_name, body, created_at, version)
            SELECT i.id, i.reporter_id, '', 'A remark of **some** length, with a list:\n\n- one\n- two',
                now() - k * interval '1 hour', 1
            FROM backlog_item i, generate_series(1, 20) k WHERE i.id = ANY(%(ids)s)
            """,
            """
            INSERT INTO backlog_successcriterion (item_id, position, text, verification, verification_note)
            SELECT i.id, k, 'Somebody can see that it is done', 'Look at the page', ''
            FROM backlog_item i, generate_series(1, 3) k WHERE i.id = ANY(%(ids)s)
            """,
            """
            INSERT INTO backlog_itemlink (product_id, source_id, target_id, kind, created_at)
            SELECT i.product_id, i.id, i.id + k, 'relates', now()
            FROM backlog_item i, generate_series(1, 3) k
            WHERE i.id = ANY(%(ids)s) AND EXISTS (SELECT 1 FROM backlog_item j WHERE j.id = i.id + k)
            """,
            """
            INSERT INTO scoring_signal (item_id, kind, magnitude, occurred_at, source, external_id, note, recorded_at,
                withdrawn_reason, apart, version, product_id)
            SELECT i.id, 'support_ticket', 1 + k, now() - k * interval '1 day', 'helpdesk',
                'b-' || i.number || '-' || k, '', now(), '', false, 1, i.product_id
            FROM backlog_item i, generate_series(1, 30) k WHERE i.id = ANY(%(ids)s)
            """,
        ):
            cursor.execute(statement, values)


def _vacuum() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for table in ANALYZED:
            cursor.execute(f"VACUUM ANALYZE {table}")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
    django.setup()
    print(json.dumps(fill(int(sys.argv[1]))))


if __name__ == "__main__":
    main()
