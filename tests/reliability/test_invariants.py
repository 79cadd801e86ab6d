"""``check_invariants`` is silent on a product full of everything, and names each thing that raw SQL breaks."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import override_settings
from django.utils import timezone

from core import invariants
from tests.append_only import guards_lifted
from tests.backlog.making import rate
from tests.cast import Company
from tests.security import world as worlds
from tests.security.watching import undone
from tests.security.world import World


@pytest.fixture(scope="module")
def world(
    troupe: Company,
    django_db_blocker: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    """Two products with everything in them, taken back at the end."""
    media = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media):  # type: ignore[attr-defined]
        troupe.close()
        with transaction.atomic():
            built = worlds.build()
            rate(built.cast, built.a.item)
            yield built
            transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def own_files(world: World) -> None:
    """Files of the world stay where they are."""


@pytest.fixture(autouse=True)
def db(world: World, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    with django_db_blocker.unblock(), undone():  # type: ignore[attr-defined]
        yield


def said(command: str = "check_invariants") -> list[str]:
    """The rows that the command prints; nothing when all is well. Exit 1 and rows belong together."""
    out = io.StringIO()
    try:
        call_command(command, stdout=out)
    except CommandError:
        rows = out.getvalue().splitlines()
        assert rows, "it failed and named nothing"
        return rows
    return []


def run(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount != 0, f"broke nothing: {statement}"


@pytest.mark.parametrize("command", ["check_invariants", "check_summaries"])
def test_a_product_full_of_everything_is_as_it_must_be(command: str) -> None:
    assert said(command) == []


OLD = "2020-01-01 00:00:00+00:00"


def sql(statement: str, *places: str) -> Callable[[World], None]:
    """Run ``statement`` with values that stand at ``a.item.pk``, ``b.product.pk`` …; other values as they are."""

    def break_it(world: World) -> None:
        values = [
            getattr(world, each[0]).at(each[2:]) if each[:2] in ("a.", "b.") else each
            for each in places
        ]
        run(statement, *values)

    return break_it


def of_b(table: str) -> str:
    return f"(SELECT min(id) FROM {table} WHERE product_id = %s)"


def waits_twice(world: World) -> None:
    """The database refuses it while its index stands."""
    run("DROP INDEX confirmation_line_increment")
    row = world.a.confirmation
    run(
        "INSERT INTO backlog_confirmation (product_id, brief_id, brief_version, line_id, field, change, before, after,"
        " item_id, increment_id, state, raised_at, note)"
        " SELECT product_id, brief_id, brief_version, line_id, field, change, before, after, item_id, increment_id,"
        " state, raised_at, note FROM backlog_confirmation WHERE id = %s",
        row.pk,
    )


def circle(world: World) -> None:
    run(
        "INSERT INTO backlog_itemlink (product_id, source_id, target_id, kind, created_at)"
        " VALUES (%s, %s, %s, 'blocks', %s)",
        world.a.product.pk,
        world.a.other.pk,
        world.a.item.pk,
        OLD,
    )


def forged(world: World) -> None:
    """As somebody does who owns the database and puts the guards back afterwards."""
    statement = "UPDATE backlog_change SET reason = 'forged' WHERE item_id = %s"
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE backlog_change DISABLE TRIGGER backlog_change_append_only")
        run(statement, world.a.item.pk)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE backlog_change ENABLE TRIGGER backlog_change_append_only")
        return
    with guards_lifted():
        run(statement, world.a.item.pk)


def guard_gone(world: World) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("DROP TRIGGER backlog_change_append_only ON backlog_change")
        else:
            cursor.execute("DROP TRIGGER backlog_change_no_delete")


def without_summary(world: World) -> None:
    run("DELETE FROM backlog_itemsummary WHERE item_id = %s", world.a.item.pk)


def stored(world: World) -> Path:
    """The file of A's newest version."""
    (path,) = Path(settings.MEDIA_ROOT).rglob(f"*{world.a.version.sha256}*")
    return path


def file_changed(world: World) -> None:
    path, kept = stored(world), stored(world).read_bytes()
    path.chmod(0o640)
    path.write_bytes(kept[::-1])
    world.a.things["restore"] = lambda: path.write_bytes(kept)


def file_gone(world: World) -> None:
    path, kept = stored(world), stored(world).read_bytes()
    path.unlink()
    world.a.things["restore"] = lambda: path.write_bytes(kept)


ITEM = "UPDATE backlog_item SET {} WHERE id = %s"
SUMMARY = "UPDATE backlog_itemsummary SET {} WHERE item_id = %s"
RUN = "UPDATE integrations_importrun SET {} WHERE id = %s"

FAULTS: list[tuple[str, Callable[[World], None]]] = [
    # backlog
    (
        "one product",
        sql(ITEM.format(f"queue_id = {of_b('backlog_queue')}"), "b.product.pk", "a.item.pk"),
    ),
    (
        "one product",
        sql(
            f"UPDATE backlog_item_labels SET label_id = {of_b('backlog_label')} WHERE item_id = %s",
            "b.product.pk",
            "a.item.pk",
        ),
    ),
    (
        "one product",
        sql("UPDATE backlog_itemlink SET target_id = %s WHERE id = %s", "b.item.pk", "a.link.pk"),
    ),
    ("one product", sql(SUMMARY.format("product_id = %s"), "b.product.pk", "a.item.pk")),
    (
        "numbers are given once",
        sql("UPDATE accounts_product SET items_numbered = 1 WHERE id = %s", "a.product.pk"),
    ),
    (
        "numbers are given once",
        sql("UPDATE accounts_product SET decisions_numbered = 0 WHERE id = %s", "a.product.pk"),
    ),
    ("no links in a circle", circle),
    # briefs and increments
    (
        "numbers have no gaps",
        sql("UPDATE backlog_brief SET number = 9 WHERE id = %s", "a.brief.pk"),
    ),
    (
        "numbers have no gaps",
        sql("UPDATE backlog_brief SET lines_count = 2 WHERE id = %s", "a.brief.pk"),
    ),
    (
        "numbers have no gaps",
        sql(
            "UPDATE backlog_briefversion SET number = 7 WHERE number = 1 AND brief_id = %s",
            "a.brief.pk",
        ),
    ),
    (
        "numbers have no gaps",
        sql("UPDATE backlog_increment SET number = 70 WHERE id = %s", "a.increment.pk"),
    ),
    (
        "what holds was signed",
        sql("UPDATE backlog_briefversion SET signed_at = NULL WHERE brief_id = %s", "a.brief.pk"),
    ),
    (
        "what holds was signed",
        sql(
            "UPDATE backlog_brief SET state = 'signed', signed_version = NULL WHERE id = %s",
            "a.brief.pk",
        ),
    ),
    (
        "versions are as frozen",
        sql("UPDATE backlog_briefversion SET sha256 = 'other' WHERE brief_id = %s", "a.brief.pk"),
    ),
    (
        "one product",
        sql(
            "UPDATE backlog_increment SET product_id = %s WHERE id = %s",
            "b.product.pk",
            "a.increment.pk",
        ),
    ),
    (
        "plans are an item's own",
        sql(
            "INSERT INTO backlog_increment_needs (from_increment_id, to_increment_id) VALUES (%s, %s)",
            "a.increment.pk",
            "b.increment.pk",
        ),
    ),
    ("a change is confirmed once", waits_twice),
    ("every change is logged", sql(ITEM.format("version = version + 1"), "a.item.pk")),
    ("the log is what was sealed", forged),
    ("the log is append-only", guard_gone),
    (
        "nothing is left lying",
        sql(
            "UPDATE backlog_item SET parked_until = '2020-01-01'"
            " WHERE product_id = %s AND state = 'parked'",
            "a.product.pk",
        ),
    ),
    ("summaries are right", sql(SUMMARY.format("state = 'done'"), "a.item.pk")),
    ("summaries are right", sql(SUMMARY.format("due_order = %s"), OLD, "a.item.pk")),
    ("summaries are right", without_summary),
    ("summaries are right", sql(SUMMARY.format("assets_count = 7"), "a.item.pk")),
    # scoring
    ("scores are right", sql(SUMMARY.format("priority = priority + 0.001"), "a.item.pk")),
    ("scores are right", sql(SUMMARY.format("order_score = 3"), "a.item.pk")),
    ("scores are right", sql(SUMMARY.format("value_part = 1"), "a.item.pk")),
    ("scores are right", sql(SUMMARY.format("confidence = 0.999"), "a.item.pk")),
    ("scores are right", sql(SUMMARY.format("band = 'later', priority = 99"), "a.item.pk")),
    ("scores are right", sql(SUMMARY.format("scored_at = NULL"), "a.item.pk")),
    (
        "scores are right",
        sql("UPDATE scoring_rating SET level = 5 WHERE item_id = %s", "a.item.pk"),
    ),
    ("scores are right", sql("DELETE FROM scoring_adjustment WHERE item_id = %s", "a.item.pk")),
    ("nothing is left lying", sql(SUMMARY.format("stale_since = %s"), OLD, "a.item.pk")),
    (
        "scores are of the rubric in force",
        sql(
            "UPDATE scoring_rubricversion SET number = 9, published_at = %s"
            " WHERE product_id = %s AND number = 2",
            OLD,
            "a.product.pk",
        ),
    ),
    (
        "one product",
        sql(
            "UPDATE scoring_signal SET product_id = %s WHERE item_id = %s",
            "b.product.pk",
            "a.item.pk",
        ),
    ),
    (
        "plans hold their items",
        sql(
            "UPDATE backlog_item SET cycle_id = NULL WHERE id IN"
            " (SELECT item_id FROM backlog_planneditem WHERE cycle_id = %s AND removed_at IS NULL)",
            "a.running_cycle.pk",
        ),
    ),
    (
        "a baseline is the sum of its rows",
        sql(
            "UPDATE backlog_cycle SET baseline_points = baseline_points + 1 WHERE id = %s",
            "a.running_cycle.pk",
        ),
    ),
    (
        "a closed cycle has its ledger",
        sql(
            "DELETE FROM backlog_ledgerline WHERE queue_kind = 'hotfix' AND cycle_id = %s",
            "a.closed_cycle.pk",
        ),
    ),
    # assets and reviews
    (
        "parts of versions",
        sql(
            "DELETE FROM assets_versionpart WHERE name = 'prose' AND version_id = %s",
            "a.version.pk",
        ),
    ),
    (
        "parts of versions",
        sql(
            "UPDATE assets_versionpart SET sha256 = 'x' WHERE name = 'bytes' AND version_id = %s",
            "a.version.pk",
        ),
    ),
    (
        "numbers given once",
        sql("UPDATE assets_asset SET claims_count = 0 WHERE id = %s", "a.asset.pk"),
    ),
    (
        "numbers given once",
        sql("UPDATE assets_asset SET segments_count = 0 WHERE id = %s", "a.asset.pk"),
    ),
    (
        "claims signed by somebody",
        sql("UPDATE assets_claimmark SET state = 'signed' WHERE claim_id = %s", "a.claim.pk"),
    ),
    (
        "claims stand in the text",
        sql("UPDATE assets_claimmark SET start = 2 WHERE claim_id = %s", "a.claim.pk"),
    ),
    ("part of claims", sql("UPDATE assets_claim SET source = 'x' WHERE id = %s", "a.claim.pk")),
    (
        "slices present",
        sql("UPDATE assets_upload SET received = 5 WHERE made_by_id = %s", "a.upload.made_by_id"),
    ),
    (
        "versions 1 … n",
        sql("UPDATE assets_asset SET versions_count = 9 WHERE id = %s", "a.asset.pk"),
    ),
    (
        "one version in force",
        sql("UPDATE assets_asset SET published_version = 1 WHERE id = %s", "a.placed_asset.pk"),
    ),
    (
        "no silent drift",
        sql("UPDATE assets_placement SET drifted_at = NULL WHERE id = %s", "a.placement.pk"),
    ),
    (
        "placement as deployed",
        sql(
            "UPDATE assets_placement SET version_id = %s WHERE id = %s",
            "a.approved_version.pk",
            "a.placement.pk",
        ),
    ),
    (
        "replacements follow the version in force",
        sql(
            "UPDATE assets_replacement SET version_id = %s WHERE id = %s",
            "a.approved_version.pk",
            "a.replacement.pk",
        ),
    ),
    ("file present", file_gone),
    ("file unchanged", file_changed),
    (
        "no orphan",
        sql("UPDATE assets_version SET sha256 = 'none' WHERE id = %s", "a.version.pk"),
    ),
    (
        "decision names its bytes",
        sql("UPDATE reviews_decision SET sha256 = 'other' WHERE id > %s", "0"),
    ),
    (
        "states follow from approvals",
        sql("UPDATE reviews_approval SET state = 'revoked' WHERE product_id = %s", "a.product.pk"),
    ),
    (
        "what waits is listed",
        sql(
            "UPDATE reviews_assignment SET waiting = NOT waiting WHERE product_id = %s",
            "a.product.pk",
        ),
    ),
    (
        "one product",
        sql(
            "UPDATE reviews_assignment SET product_id = %s WHERE product_id = %s",
            "b.product.pk",
            "a.product.pk",
        ),
    ),
    (
        "one product",
        sql("UPDATE assets_asset SET product_id = %s WHERE id = %s", "b.product.pk", "a.asset.pk"),
    ),
    # imports
    (
        "nothing is left lying",
        sql(RUN.format("state = 'rehearsing', lease_until = %s"), OLD, "a.mapping_run.pk.hex"),
    ),
    (
        "ended runs are let go",
        sql(RUN.format("worker = id"), "a.run.pk.hex"),
    ),
    (
        "imports count right",
        sql(RUN.format("counts = %s"), '{"rows": 9, "created": 4}', "a.run.pk.hex"),
    ),
    (
        "one product",
        sql(
            "UPDATE integrations_importedrecord SET product_id = %s WHERE product_id = %s",
            "b.product.pk",
            "a.product.pk",
        ),
    ),
    # digests
    (
        "nothing is left lying",
        sql(
            "UPDATE insights_digest SET state = 'pending', lease_until = %s WHERE product_id = %s",
            OLD,
            "a.product.pk",
        ),
    ),
    (
        "what was sent is covered",
        sql(
            "UPDATE insights_digestpreference SET covered_through = 0 WHERE product_id = %s",
            "a.product.pk",
        ),
    ),
    # notices
    (
        "one product",
        sql(
            "UPDATE notices_notice SET product_id = %s WHERE id = %s", "b.product.pk", "a.notice.pk"
        ),
    ),
    (
        "nobody is told of their own act",
        sql(
            "UPDATE notices_notice SET person_id = %s WHERE id = %s",
            "a.colleague.pk",
            "a.notice.pk",
        ),
    ),
    (
        "mails were wanted",
        sql(
            "UPDATE notices_notice SET to_mail = false, mailed_at = %s WHERE id = %s",
            OLD,
            "a.notice.pk",
        ),
    ),
    (
        "nothing is left lying",
        sql(
            "UPDATE notices_notice SET to_mail = true, mailed_at = NULL, made_at = %s WHERE id = %s",
            OLD,
            "a.notice.pk",
        ),
    ),
    (
        "changes are followed in order",
        sql("UPDATE notices_followed SET through = 1000000"),
    ),
    # people and products
    (
        "an administrator each",
        sql("UPDATE accounts_membership SET role = 'viewer' WHERE product_id = %s", "a.product.pk"),
    ),
    (
        "only digests of secrets",
        sql(
            "UPDATE accounts_apitoken SET secret_digest = 'ballast_1_x' WHERE id = %s", "a.token.pk"
        ),
    ),
    (
        "only digests of secrets",
        sql(
            "UPDATE accounts_invitation SET secret_digest = %s WHERE id = %s",
            "a.invitation_secret",
            "a.invitation.pk",
        ),
    ),
    (
        "only digests of secrets",
        sql("UPDATE accounts_user SET password = 'harbour' WHERE id = %s", "a.token.user_id"),
    ),
    (
        "one effect, one answer",
        sql(
            "INSERT INTO accounts_rememberedanswer (user_id, key, request_digest, body, headers, created_at)"
            " VALUES (%s, 'k', 'd', '', '{}', %s)",
            "a.token.user_id",
            OLD,
        ),
    ),
    (
        "nothing is left lying",
        sql(
            "INSERT INTO accounts_resetrequest (email, asked_at) VALUES ('x@example.org', %s)", OLD
        ),
    ),
]


@pytest.mark.parametrize(
    ("rule", "break_it"), FAULTS, ids=[f"{n} {rule}" for n, (rule, _) in enumerate(FAULTS)]
)
def test_what_is_broken_is_named(
    world: World, rule: str, break_it: Callable[[World], None]
) -> None:
    break_it(world)
    named = []
    try:
        for finding in invariants.findings(now=timezone.now()):
            named.append(str(finding))
            if finding.rule == rule:
                return
    finally:
        if restore := world.a.things.pop("restore", None):
            restore()
    pytest.fail(f"named instead: {named}")


def test_the_command_says_what_is_broken_and_fails(world: World) -> None:
    sql(SUMMARY.format("priority = priority + 1"), "a.item.pk")(world)
    assert any(f"item {world.a.item.pk}: " in row for row in said())


def test_check_summaries_names_a_score_that_its_inputs_do_not_make(world: World) -> None:
    sql(SUMMARY.format("priority = priority + 0.001"), "a.item.pk")(world)
    assert any(
        row.startswith(f"scores are right: item {world.a.item.pk}: ")
        for row in said("check_summaries")
    )
