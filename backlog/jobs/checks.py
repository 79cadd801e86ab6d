"""What must always hold for the backlog: one product throughout, every item ranked, every change logged and kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Product
from backlog.brief_content import digest
from backlog.jobs import seals
from backlog.models import (
    Brief,
    BriefLine,
    BriefVersion,
    Change,
    Confirmation,
    Decision,
    Increment,
    Item,
    ItemLink,
)
from backlog.vocabulary import ACYCLIC, OPEN_STATES, BriefState, ConfirmationState, State
from core.invariants import Finding

CHUNK = 2000
LISTED = 100
#: Parked items come back within a day of theirs: the sweep asks every minute, and days are those of UTC.
LEFT_LYING = timedelta(days=1)
#: The triggers that make the log append-only, by table.
GUARDED = ("backlog_change", "backlog_changeseal")


def findings(*, now: datetime) -> Iterator[Finding]:
    """Everything that is wrong, but for the summaries."""
    yield from _of_items()
    yield from _numbers()
    yield from _circles()
    yield from _briefs()
    yield from _increments()
    yield from _log()
    yield from _guards()
    for product in Product.objects.order_by("pk"):
        for broken in seals.verify(product):
            yield Finding(
                "the log is what was sealed", f"change {broken.change_id}", broken.problem
            )
    late = Item.objects.filter(
        state=State.PARKED, parked_until__lt=(now - LEFT_LYING).date()
    ).order_by("pk")
    for pk in late.values_list("pk", flat=True)[:LISTED]:
        yield Finding("nothing is left lying", f"item {pk}", "parked until a day that has passed")


def _of_items() -> Iterator[Finding]:
    """The log outlives its items and so has no foreign key to them: the one reference that nothing else checks."""
    elsewhere = Item.objects.filter(pk=OuterRef("item_id")).exclude(product=OuterRef("product"))
    astray = Change.objects.filter(Exists(elsewhere)).order_by("pk")
    for pk in astray.values_list("pk", flat=True)[:LISTED]:
        yield Finding("one product", f"change {pk}", "its item belongs to another product")


def _numbers() -> Iterator[Finding]:
    for model, counter in ((Item, "items_numbered"), (Decision, "decisions_numbered")):
        given = model._default_manager.filter(product=OuterRef("pk")).order_by("-number")
        products = Product.objects.annotate(highest=Subquery(given.values("number")[:1]))
        for product in products.filter(highest__gt=F(counter)).order_by("pk"):
            yield Finding(
                "numbers are given once",
                product.key,
                f"{model._meta.verbose_name} {getattr(product, counter) + 1} is given next,"
                f" and {product.highest} is there",
            )
        twice = model._default_manager.order_by().values("product", "number")
        for row in twice.annotate(count=Count("pk")).filter(count__gt=1)[:LISTED]:
            yield Finding(
                "numbers are given once",
                f"product {row['product']}",
                f"{row['count']} have the number {row['number']}",
            )


def _circles() -> Iterator[Finding]:
    """Links that must not run in a circle: what is left when ends are taken off again and again."""
    for kind in sorted(ACYCLIC):
        onward: dict[int, set[int]] = defaultdict(set)
        arriving: dict[int, int] = defaultdict(int)
        pairs = ItemLink.objects.filter(kind=kind).values_list("source_id", "target_id")
        for source, target in pairs.iterator(chunk_size=CHUNK):
            onward[source].add(target)
            arriving[target] += 1
        free = [source for source in onward if not arriving[source]]
        while free:
            for target in onward.pop(free.pop(), ()):
                arriving[target] -= 1
                if not arriving[target]:
                    free.append(target)
        for item in sorted(item for item in onward if arriving[item])[:LISTED]:
            yield Finding("no links in a circle", f"item {item}", f"{kind} itself through others")


def _briefs() -> Iterator[Finding]:
    """Numbers without gaps, versions that say what they were signed for, one confirmation for a change and a target."""
    last = Brief.objects.order_by().values("product").annotate(n=Count("pk"), last=Max("number"))
    for row in last.exclude(n=F("last"))[:LISTED]:
        words = f"{row['n']} briefs, the last has the number {row['last']}"
        yield Finding("numbers have no gaps", f"product {row['product']}", words)
    for model, counter in ((BriefLine, "lines_count"), (BriefVersion, "versions_count")):
        rows = model._default_manager.filter(brief=OuterRef("pk")).order_by().values("brief")
        counted = Brief.objects.annotate(
            rows_there=Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0),
            last=Coalesce(Subquery(rows.annotate(n=Max("number")).values("n")), 0),
        )
        wrong = counted.exclude(rows_there=F(counter), last=F(counter))
        for brief in wrong.order_by("pk")[:LISTED]:
            yield Finding(
                "numbers have no gaps",
                f"brief {brief.pk}",
                f"{counter} is {getattr(brief, counter)}, and {brief.rows_there} are there up to {brief.last}",
            )
    signed = BriefVersion.objects.filter(
        brief=OuterRef("pk"), number=OuterRef("signed_version"), signed_at__isnull=False
    )
    for pk in (
        Brief.objects.exclude(signed_version=None)
        .exclude(Exists(signed))
        .values_list("pk", flat=True)[:LISTED]
    ):
        yield Finding("what holds was signed", f"brief {pk}", "its signed version is not there")
    unsigned = Brief.objects.filter(state=BriefState.SIGNED, signed_version=None)
    for pk in unsigned.order_by("pk").values_list("pk", flat=True)[:LISTED]:
        yield Finding(
            "what holds was signed", f"brief {pk}", "it says signed, and nobody signed it"
        )
    versions = BriefVersion.objects.order_by("pk").values_list("pk", "sha256", "content")
    for pk, sha256, content in versions.iterator(chunk_size=100):
        if digest(content) != sha256:
            yield Finding(
                "versions are as frozen", f"brief version {pk}", "its content has another digest"
            )
    waiting = Confirmation.objects.filter(state=ConfirmationState.WAITING).order_by()
    twice = waiting.values("brief", "line", "field", "item", "increment").annotate(n=Count("pk"))
    for several in twice.filter(n__gt=1)[:LISTED]:
        words = f"{several['n']} wait for one change on item {several['item']}"
        yield Finding("a change is confirmed once", f"brief {several['brief']}", words)


def _increments() -> Iterator[Finding]:
    """Numbers within an item without gaps; what is closed says what came of it; nothing waits for itself."""
    rows = Increment.objects.order_by().values("item").annotate(n=Count("pk"), last=Max("number"))
    for row in rows.exclude(n=F("last"))[:LISTED]:
        words = f"{row['n']} increments, the last has the number {row['last']}"
        yield Finding("numbers have no gaps", f"item {row['item']}", words)
    elsewhere = Increment.objects.exclude(product=F("item__product")).order_by("pk")
    for pk in elsewhere.values_list("pk", flat=True)[:LISTED]:
        yield Finding("one product", f"increment {pk}", "its item belongs to another product")
    through = Increment.needs.through.objects
    for source, target in through.exclude(from_increment__item=F("to_increment__item")).values_list(
        "from_increment_id", "to_increment_id"
    )[:LISTED]:
        words = f"it needs increment {target} of another item"
        yield Finding("plans are an item's own", f"increment {source}", words)


def _log() -> Iterator[Finding]:
    """Every version of an item was written by a logged change, the last one too, and no change is ahead of its item."""
    logged = {
        row["item_id"]: row
        for row in Change.objects.filter(item_id__isnull=False)
        .order_by()
        .values("item_id")
        .annotate(versions=Count("item_version", distinct=True), last=Max("item_version"))
        .iterator(chunk_size=CHUNK)
    }
    none = {"versions": 0, "last": 0}
    for pk, version in Item.objects.order_by("pk").values_list("pk", "version").iterator(CHUNK):
        found = logged.get(pk, none)
        if (found["versions"], found["last"]) != (version, version):
            yield Finding(
                "every change is logged",
                f"item {pk}",
                f"it is at version {version}, the log knows {found['versions']}, the last is {found['last']}",
            )
    unnamed = Change.objects.filter(Q(verb="") | Q(channel="")).order_by("pk")
    for pk in unnamed.values_list("pk", flat=True)[:LISTED]:
        yield Finding("every change is logged", f"change {pk}", "it does not say what or whence")


def _guards() -> Iterator[Finding]:
    """The database refuses to change what is logged."""
    for table in GUARDED:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(
                    "SELECT bit_or(tgtype::int) FROM pg_trigger WHERE NOT tgisinternal"
                    " AND tgenabled IN ('O', 'A') AND tgrelid = %s::regclass",
                    [table],
                )
                kinds = cursor.fetchone()[0] or 0
                refused = {"UPDATE": kinds & 16, "DELETE": kinds & 8}
            else:
                cursor.execute(
                    "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s",
                    [table],
                )
                words = " ".join(row[0] for row in cursor.fetchall()).upper()
                refused = {act: f"BEFORE {act}" in words for act in ("UPDATE", "DELETE")}
        for act, there in refused.items():
            if not there:
                yield Finding("the log is append-only", table, f"the guard against {act} is gone")


def summary_findings(*, now: datetime) -> Iterator[Finding]:
    """Items without a summary, and columns that do not repeat what stands on the item."""
    lacking = Item.objects.filter(summary__isnull=True).order_by("pk")
    for pk in lacking.values_list("pk", flat=True)[:LISTED]:
        yield Finding("summaries are right", f"item {pk}", "it has none, so no list shows it")
    last = 0
    while True:
        rows = Item.objects.filter(pk__gt=last, summary__isnull=False).order_by("pk")
        page = list(rows.select_related("queue", "summary").defer("description")[:CHUNK])
        if not page:
            return
        last = page[-1].pk
        for item in page:
            for name, value in _repeated(item).items():
                found = getattr(item.summary, name)
                if found != value:
                    yield Finding(
                        "summaries are right", f"item {item.pk}", f"{name} is {found}, not {value}"
                    )


def _repeated(item: Item) -> dict[str, Any]:
    """What the summary says of an item; said here once more, so that a mistake over there is seen."""
    return {
        "queue_kind": item.queue.kind if item.queue else "",
        "state": item.state,
        "is_open": item.state in OPEN_STATES,
        "due_order": item.due_at or datetime(9999, 1, 1, tzinfo=UTC),
        "created_at": item.created_at,
    }
