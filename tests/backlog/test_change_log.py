"""The change log: every write leaves the rows it should, and nobody can take one out."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.actors import Actor, Via
from backlog.models import Change, ChangeSeal, Cycle, Segment
from backlog.services import (
    bulk,
    comments,
    criteria,
    cycles,
    items,
    links,
    products,
    queues,
    states,
    undo,
    words,
)
from backlog.services.bulk import BulkChange
from scoring.services import adjustments, closing, ratings, signals
from tests.backlog.making import accepted, again, ask, make, queue
from tests.cast import Cast

DAY = date(2999, 1, 1)


def writes(cast: Cast) -> list[tuple[Callable[[], Any], list[tuple[str, str, str]]]]:
    """An act, and the rows it leaves: (verb, kind of subject, right)."""
    owner, admin = cast.actor("owner"), cast.actor("administrator")
    one, two, three = make(cast), accepted(cast, "stability"), accepted(cast)
    criterion = criteria.add_criterion(actor=owner, item=one, statement="It works")
    comment = comments.add_comment(actor=owner, item=one, body="Hm")
    link = links.link_items(actor=owner, source=two, target=three, kind="blocks")
    adjustment = adjustments.adjust(
        actor=owner,
        item=two,
        points=3,
        claim="Known.",
        expires_at=timezone.now() + timedelta(days=5),
    )
    stability = queue(cast.a, "stability")
    sprint = words.named(Cycle, product=cast.a, names=["Sprint"])["Sprint"]
    schools = words.named(Segment, product=cast.a, names=["Schools"])["Schools"]
    signal = signals.Draft("incident", 1, datetime(2026, 1, 1, tzinfo=UTC), "desk", item=two)
    level = {"business_value": ratings.Entry(3)}
    return [
        (
            lambda: make(cast, by="contributor"),
            [("item.created", "item", "item.create")],
        ),
        (
            lambda: items.edit_item(
                actor=owner, item=one, values={"title": "New"}, version=one.version
            ),
            [("item.edited", "item", "item.edit")],
        ),
        (
            lambda: states.accept_item(actor=owner, item=make(cast), queue=stability),
            [("item.created", "item", "item.create"), ("item.accepted", "item", "item.triage")],
        ),
        (
            lambda: states.move_item(
                actor=owner, item=again(two), queue=queue(cast.a, "enhancement"), reason="Why."
            ),
            [("item.moved", "item", "item.move")],
        ),
        (
            lambda: states.set_state(actor=owner, item=again(two), state="in_progress"),
            [("item.started", "item", "item.progress")],
        ),
        (
            lambda: states.set_state(actor=owner, item=again(two), state="in_review"),
            [("item.progressed", "item", "item.progress")],
        ),
        (
            lambda: states.set_state(actor=owner, item=again(two), state="done"),
            [("item.finished", "item", "item.progress")],
        ),
        (
            lambda: states.set_state(actor=owner, item=again(two), state="accepted"),
            [("item.reopened", "item", "item.progress")],
        ),
        (
            lambda: states.set_state(actor=owner, item=again(two), state="triage"),
            [("item.returned", "item", "item.progress")],
        ),
        (
            lambda: states.park_item(actor=owner, item=again(three), until=DAY, reason="Later."),
            [("item.parked", "item", "item.park")],
        ),
        (
            lambda: states.decline_item(actor=owner, item=again(one), reason="No."),
            [("item.declined", "item", "item.triage")],
        ),
        (
            lambda: states.merge_item(actor=owner, item=again(two), into=again(three)),
            [("item.merged", "item", "item.triage")],
        ),
        (
            lambda: undo.undo(
                actor=owner, product=cast.a, batch=undo.last_act(owner, cast.a) or DAY
            ),
            [("item.undone", "item", "item.triage")],
        ),
        (
            lambda: bulk.apply(
                actor=owner,
                product=cast.a,
                item_ids=[one.pk, two.pk],
                change=BulkChange(horizon="release"),
            ),
            [("item.edited", "item", "item.edit")] * 2,
        ),
        (
            lambda: comments.add_comment(actor=owner, item=one, body="Well"),
            [("comment.added", "comment", "comment.add")],
        ),
        (
            lambda: comments.edit_comment(actor=owner, comment=comment, body="So"),
            [("comment.edited", "comment", "comment.add")],
        ),
        (
            lambda: comments.remove_comment(actor=admin, comment=comment),
            [("comment.removed", "comment", "comment.moderate")],
        ),
        (
            lambda: criteria.add_criterion(actor=owner, item=one, statement="More"),
            [("criterion.added", "successcriterion", "item.edit")],
        ),
        (
            lambda: criteria.edit_criterion(
                actor=owner, criterion=criterion, statement="It works well", verification=""
            ),
            [("criterion.edited", "successcriterion", "item.edit")],
        ),
        (
            lambda: criteria.verify_criterion(actor=owner, criterion=criterion, met=True),
            [("criterion.verified", "successcriterion", "item.verify")],
        ),
        (
            lambda: criteria.remove_criterion(actor=owner, criterion=criterion),
            [("criterion.removed", "successcriterion", "item.edit")],
        ),
        (
            lambda: links.link_items(actor=owner, source=one, target=two, kind="relates"),
            [("item.linked", "itemlink", "item.link")] * 2,
        ),
        (
            lambda: links.unlink_items(actor=owner, link=link),
            [("item.unlinked", "itemlink", "item.link")] * 2,
        ),
        (
            lambda: queues.define_queue(
                actor=owner,
                queue=stability,
                definition="What broke.",
                share=0.1,
                in_progress_limit=4,
                deadline_hours={},
                reason="Clearer.",
            ),
            [("queue.defined", "queue", "queue.define")],
        ),
        (
            lambda: products.edit_product(actor=admin, product=cast.a, name="New name"),
            [("product.edited", "product", "product.edit")],
        ),
        (
            lambda: cycles.plan_cycle(
                actor=owner,
                product=cast.a,
                name="Sprint",
                starts_on=date(2026, 1, 1),
                ends_on=date(2026, 1, 14),
            ),
            [("cycle.planned", "cycle", "cycle.plan")],
        ),
        (
            lambda: closing.close_cycle(actor=owner, cycle=sprint),
            [("cycle.closed", "cycle", "cycle.plan")],
        ),
        (
            lambda: words.count_accounts(actor=admin, segment=schools, accounts=7),
            [("segment.counted", "segment", "product.edit")],
        ),
        (
            lambda: ratings.rate_item(actor=owner, item=again(two), entries=level),
            [("rating.entered", "item", "rating.enter")],
        ),
        (
            lambda: signals.add_signals(actor=owner, product=cast.a, drafts=[signal]),
            [("signal.added", "signal", "signal.add")],
        ),
        (
            lambda: adjustments.end_adjustment(actor=owner, adjustment=adjustment),
            [("adjustment.ended", "adjustment", "adjustment.make")],
        ),
        (
            lambda: adjustments.adjust(
                actor=owner,
                item=again(one),
                points=-2,
                claim="Known.",
                expires_at=timezone.now() + timedelta(days=5),
            ),
            [("adjustment.made", "adjustment", "adjustment.make")],
        ),
    ]


def test_every_write_leaves_exactly_its_rows(cast: Cast) -> None:
    for act, expected in writes(cast):
        last = Change.objects.order_by("-id").values_list("id", flat=True).first() or 0
        act()
        rows = list(Change.objects.filter(id__gt=last).order_by("id"))
        rows = [row for row in rows if row.verb != "band.changed"]
        found = [(row.verb, row.subject_type, row.right) for row in rows]
        assert found == expected
        for row in rows:
            assert row.actor in (cast.owner, cast.administrator, cast.contributor)
            assert row.actor_name == str(row.actor)
            assert row.product_id == cast.a.pk
            assert row.channel in ("page", "bulk")
            assert row.fields, row.verb
            for name, pair in row.fields.items():
                assert len(pair) == 2, (row.verb, name)
                assert pair[0] != pair[1] or name in ("cycle", "segment"), (row.verb, name, pair)
            if row.item_id is not None:
                assert row.item_version is not None


def test_how_a_change_came_in_is_recorded(cast: Cast) -> None:
    item = make(cast)
    ask(cast, "owner", "PATCH", f"items/{item.key}/", {"title": "By API"}, version=1)
    cast.client("owner").post(f"/items/{item.key}/comments/", {"body": "By page"})
    items.edit_item(actor=Actor.system(), item=item, values={"title": "By task"}, version=None)
    system = Actor.system(Via.COMMAND)
    items.edit_item(actor=system, item=item, values={"title": "By hand"}, version=None)
    rows = Change.objects.filter(item_id=item.pk).order_by("id")[1:]
    assert [(row.channel, row.actor_name) for row in rows] == [
        ("api", "Owner"),
        ("page", "Owner"),
        ("task", "Ballast"),
        ("command", "Ballast"),
    ]
    assert rows[0].request_id
    assert rows[0].request_id != rows[1].request_id


def test_an_undone_transaction_leaves_no_row(cast: Cast) -> None:
    before = Change.objects.count()
    with transaction.atomic():
        make(cast)
        transaction.set_rollback(True)
    assert Change.objects.count() == before


def test_reasons_hold_nothing_that_a_database_refuses(cast: Cast) -> None:
    item = make(cast)
    client = cast.client("owner")
    version = {"version": str(item.version)}
    reason = "Why\x00 not \x07?"
    form = {"title": "x", "kind": "task", "reason": reason}
    assert client.post(f"/items/{item.key}/edit/", {**form, **version}).status_code == 302
    assert Change.objects.filter(item_id=item.pk).latest("id").reason == "Why not ?"
    answer = client.post(f"/items/{item.key}/ratings/", {"business_value": "3", "reason": reason})
    assert answer.status_code == 302
    assert Change.objects.filter(verb="rating.entered").get().reason == "Why not ?"


def test_the_database_refuses_to_change_or_delete_a_row(cast: Cast) -> None:
    from backlog.jobs import seals

    make(cast)
    seals.seal_all()
    for model in (Change, ChangeSeal):
        table = model._meta.db_table
        for sql in (
            f"UPDATE {table} SET product_id = product_id",
            f"DELETE FROM {table}",
        ):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(sql)
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.update(product=cast.b)
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.order_by("-pk").first().save(force_update=True)
    assert Change.objects.filter(verb="item.created").exists()


def test_rows_outlive_people_and_items(cast: Cast) -> None:
    """Neither a person nor a product with a log can be deleted; an item can, and its log stays."""
    item = make(cast, by="owner")
    with pytest.raises(DatabaseError), transaction.atomic():
        cast.owner.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        cast.a.delete()
    pk = item.pk
    item.delete()
    assert Change.objects.filter(item_id=pk, verb="item.created").exists()


def test_the_history_is_the_log(cast: Cast) -> None:
    item = make(cast)
    for number in range(60):
        items.edit_item(
            actor=cast.actor("owner"), item=item, values={"title": f"Title {number}"}, version=None
        )
    first = ask(cast, "viewer", "GET", f"items/{item.key}/changes/").json()
    assert len(first) == 50
    rest = ask(cast, "viewer", "GET", f"items/{item.key}/changes/?before={first[-1]['id']}").json()
    seen = [row["id"] for row in first + rest]
    assert seen == list(
        Change.objects.filter(item_id=item.pk).order_by("-id").values_list("id", flat=True)
    )
    for wrong in ("x", "-1", "9" * 30, ""):
        answer = ask(cast, "viewer", "GET", f"items/{item.key}/changes/?before={wrong}")
        assert answer.status_code == 400, wrong
    pages, before = 0, ""
    shown = 0
    while True:
        answer = cast.client("viewer").get(f"/items/{item.key}/history/{before}")
        html = answer.content.decode()
        shown += html.count("edited: title")
        pages += 1
        if "?before=" not in html:
            break
        before = "?before=" + html.split("?before=")[1].split('"')[0]
    assert (pages, shown) == (4, 60)
    for wrong in ("x", "9" * 30):
        assert (
            cast.client("viewer").get(f"/items/{item.key}/history/?before={wrong}").status_code
            == 200
        )
