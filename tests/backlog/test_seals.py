"""The chain of seals: complete, in the order of sealing, and broken by any tampering."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.actors import Actor
from backlog.jobs import seals
from backlog.models import ChainHead, Change, ChangeSeal
from backlog.services import items
from tests.append_only import guards_lifted
from tests.backlog.making import make, many
from tests.cast import Cast

LONG = seals.LATEST_COMMIT + timedelta(minutes=1)


@contextmanager
def a_way_around_the_guard() -> Iterator[None]:
    """As somebody with the database's own rights could do it."""
    if connection.vendor == "sqlite":
        with guards_lifted():
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no trigger fires
        yield
        cursor.execute("SET session_replication_role = origin")


def tamper(sql: str, *values: object) -> None:
    with a_way_around_the_guard(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def problems(cast: Cast) -> list[str]:
    return [finding.problem for finding in seals.verify(cast.a)]


def sealed(cast: Cast) -> list[int]:
    rows = ChangeSeal.objects.filter(product=cast.a).order_by("position")
    return list(rows.values_list("change_id", flat=True))


def test_everything_is_sealed_once_and_in_order(cast: Cast) -> None:
    many(cast.a, 30)
    assert seals.seal_all() == Change.objects.count()
    assert seals.seal_all() == 0
    many(cast.a, 5)
    assert seals.seal_product(cast.a.pk) == 5
    ids = list(Change.objects.filter(product=cast.a).order_by("id").values_list("id", flat=True))
    assert sealed(cast) == ids
    positions = ChangeSeal.objects.filter(product=cast.a).order_by("position")
    assert list(positions.values_list("position", flat=True)) == list(range(1, len(ids) + 1))
    assert problems(cast) == []
    head = ChainHead.objects.get(product=cast.a)
    assert (head.position, head.digest) == (len(ids), positions.last().digest)


def test_more_than_one_batch(cast: Cast) -> None:
    many(cast.a, seals.BATCH * 2 + 7)
    assert seals.seal_product(cast.a.pk) == Change.objects.filter(product=cast.a).count()
    assert problems(cast) == []


def test_the_digest_is_what_the_page_says(cast: Cast) -> None:
    """SHA-256 of the digest before and of the change's canonical JSON, worked out by hand."""
    make(cast, "Ünïcode")
    seals.seal_all()
    previous = "0" * 64
    for seal in ChangeSeal.objects.filter(product=cast.a).order_by("position"):
        row = Change.objects.values().get(pk=seal.change_id)
        content = {
            "id": row["id"],
            "product": row["product_id"],
            "at": row["at"].astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": row["actor_id"],
            "batch": str(row["batch"]) if row["batch"] else None,
            "undoes": str(row["undoes"]) if row["undoes"] else None,
            **{
                name: row[name]
                for name in (
                    *("actor_name", "channel", "verb", "subject_type", "subject_id", "item_id"),
                    *("item_version", "fields", "reason", "right", "request_id"),
                )
            },
        }
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        previous = hashlib.sha256(previous.encode() + text.encode()).hexdigest()
        assert seal.digest == previous


COLUMNS = {
    "reason": "because I say so",
    "verb": "item.declined",
    "actor_name": "Somebody else",
    "channel": "task",
    "right": "",
    "fields": '{"title": [null, "Other"]}',
    "item_version": 7,
    "at": datetime(2020, 1, 1, tzinfo=UTC),
    "subject_id": 999,
    "request_id": "x",
}


def test_a_change_of_any_column_is_found(cast: Cast) -> None:
    make(cast)
    target = make(cast)
    make(cast)
    seals.seal_all()
    change = Change.objects.get(item_id=target.pk)
    for column, value in COLUMNS.items():
        kept = Change.objects.filter(pk=change.pk).values_list(column, flat=True).get()
        quoted = f'"{column}"'
        shown = kept
        if column == "fields":
            import json

            shown = json.dumps(kept)
        at = [
            each.isoformat(" ") if isinstance(each, datetime) else each for each in (value, shown)
        ]
        tamper(f"UPDATE backlog_change SET {quoted} = %s WHERE id = %s", at[0], change.pk)
        assert problems(cast) == ["the change is not what was sealed"], column
        tamper(f"UPDATE backlog_change SET {quoted} = %s WHERE id = %s", at[1], change.pk)
        assert problems(cast) == [], column


def test_a_deleted_change_is_found(cast: Cast) -> None:
    target = make(cast)
    make(cast)
    seals.seal_all()
    pk = Change.objects.get(item_id=target.pk).pk
    tamper("DELETE FROM backlog_changeseal WHERE change_id = %s", pk)
    found = problems(cast)
    assert found[0].endswith("is missing")
    tamper("DELETE FROM backlog_change WHERE id = %s", pk)
    assert problems(cast)[0].endswith("is missing")


def test_a_cut_end_is_found(cast: Cast) -> None:
    many(cast.a, 4)
    seals.seal_all()
    last = ChangeSeal.objects.filter(product=cast.a).latest("position")
    tamper("DELETE FROM backlog_changeseal WHERE change_id = %s", last.pk)
    tamper("DELETE FROM backlog_change WHERE id = %s", last.pk)
    (found,) = problems(cast)
    assert found == f"the chain ends at {last.position - 1}, it should end at {last.position}"


def test_a_row_that_was_slipped_in_is_found(cast: Cast) -> None:
    """Among changes whose time is over, a row without a seal cannot be a late commit."""
    now = timezone.now()
    many(cast.a, 3)
    first = Change.objects.filter(product=cast.a).earliest("id")
    tamper("UPDATE backlog_change SET id = %s WHERE id = %s", -5, first.pk)  # room for another
    tamper("UPDATE backlog_change SET id = %s WHERE id = %s", first.pk + 1000, -5)
    seals.seal_product(cast.a.pk, now)
    seals.seal_product(cast.a.pk, now + LONG)
    seals.seal_product(cast.a.pk, now + 2 * LONG)
    assert problems(cast) == []
    Change.objects.create(
        pk=first.pk,
        product=cast.a,
        channel="page",
        verb="item.edited",
        subject_type="item",
        subject_id=1,
    )
    seals.seal_product(cast.a.pk, now + 2 * LONG)
    assert problems(cast) == ["the change was slipped in: it has no seal"]


def test_a_change_that_commits_late_is_sealed_when_it_is_seen(cast: Cast) -> None:
    """Its id is lower than sealed ones; also where others tell of instants long past."""
    now = timezone.now()
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    many(cast.a, 3, now=long_ago)
    late = Change.objects.filter(product=cast.a).latest("id")
    hidden = Change.objects.filter(pk=late.pk).values().get()
    tamper("DELETE FROM backlog_change WHERE id = %s", late.pk)
    many(cast.a, 3, now=long_ago)
    seals.seal_product(cast.a.pk, now)
    assert late.pk not in sealed(cast)
    Change.objects.bulk_create([Change(**hidden)])  # now it commits
    assert seals.seal_product(cast.a.pk, now + timedelta(minutes=20)) == 1
    assert sealed(cast)[-1] == late.pk
    seals.seal_product(cast.a.pk, now + LONG)
    seals.seal_product(cast.a.pk, now + 2 * LONG)
    assert problems(cast) == []


def test_the_watermark_follows(cast: Cast) -> None:
    """What is settled is not looked at again."""
    now = timezone.now()
    for step in range(6):
        make(cast)
        seals.seal_product(cast.a.pk, now + step * timedelta(minutes=20))
    head = ChainHead.objects.get(product=cast.a)
    newest = Change.objects.filter(product=cast.a).latest("id").pk
    assert 0 < head.sealed_through < head.seen_through < newest
    for step in range(6, 12):
        seals.seal_product(cast.a.pk, now + step * timedelta(minutes=20))
    head.refresh_from_db()
    assert head.sealed_through == newest
    assert seals.seal_product(cast.a.pk, now + timedelta(days=1)) == 0


def test_products_have_chains_of_their_own(cast: Cast) -> None:
    make(cast)
    many(cast.b, 2)
    seals.seal_all()
    tamper(
        "UPDATE backlog_change SET reason = %s WHERE id = %s",
        "x",
        Change.objects.filter(product=cast.b).latest("id").pk,
    )
    assert problems(cast) == []
    assert len(list(seals.verify(cast.b))) == 1


# --- The command --------------------------------------------------------------------------------


def run(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("verify_changes", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_command_says_that_all_is_well(cast: Cast) -> None:
    make(cast)
    assert run() == ("ATLAS: intact\nBRAVO: intact\n", "")
    assert run("--product", "atlas") == ("ATLAS: intact\n", "")
    with pytest.raises(CommandError, match="no product NONE"):
        run("--product", "NONE")


def test_the_command_fails_on_what_does_not_fit(cast: Cast) -> None:
    item = make(cast)
    items.edit_item(actor=Actor.system(), item=item, values={"title": "x"}, version=None)
    seals.seal_all()
    pk = Change.objects.filter(item_id=item.pk).latest("id").pk
    tamper("UPDATE backlog_change SET reason = %s WHERE id = %s", "x", pk)
    err = StringIO()
    with pytest.raises(CommandError, match="1 findings") as failed:
        call_command("verify_changes", stdout=StringIO(), stderr=err)
    assert failed.value.returncode == 1
    assert f"ATLAS: change {pk}: the change is not what was sealed" in err.getvalue()
