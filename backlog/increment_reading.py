"""Reads of increments: an item's plan, what keeps one from starting, what breaks when one is cut, what is under way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet
from django.utils.module_loading import import_string

from accounts.actors import Actor
from accounts.models import Product
from backlog.brief_lines import governing
from backlog.late_change import ChangeRequest
from backlog.models import (
    Change,
    Confirmation,
    Conformance,
    Increment,
    IncrementCriterion,
    Item,
    LineReference,
    Standard,
    StandardVersion,
    SuccessCriterion,
)
from backlog.search import words_of
from backlog.vocabulary import (
    CLOSED_STATES,
    CheckpointState,
    ConfirmationState,
    IncrementState,
)
from core import keyset

#: Who waits for whose direction: checkpoint and increment, by both their ids.
Waits = Mapping[tuple[int, int], tuple[Increment, Increment]]

UNDER_WAY = (IncrementState.PLANNED, IncrementState.IN_PROGRESS, IncrementState.IN_REVIEW)


@dataclass(frozen=True)
class HeldAsset:
    """An asset of an increment or an item, as the app that keeps assets tells it. ``state``: of its newest ``version``,
    in words; ``marks``: (words, tone) about its review; ``placed``: at how many places it is shown.
    """

    asset_id: int
    name: str
    url: str
    version: int | None
    marks: Sequence[tuple[str, str]] = ()
    placed: int = 0
    state: str = ""
    increment_id: int | None = None


@dataclass(frozen=True)
class Obstacle:
    """Why an increment may not start now. ``code``: gate, checkpoint, needs or item; ``text`` says what to do."""

    code: str
    text: str


@dataclass(frozen=True)
class Break:
    """What a cut breaks. ``code``: criterion, line, need, asset or checkpoint."""

    code: str
    text: str


@dataclass
class PlanRow:
    """An increment in its item's plan. ``verified`` of ``criteria``; ``obstacles`` while it is planned."""

    increment: Increment
    criteria: int = 0
    verified: int = 0
    waiting: int = 0
    assets: Sequence[HeldAsset] = ()
    obstacles: list[Obstacle] = field(default_factory=list)
    needs: Sequence[Increment] = ()


def plan(item: Item) -> list[Increment]:
    """An item's increments in order, cut ones in their places. Two queries."""
    rows = (
        Increment.objects.filter(item=item)
        .select_related("kind", "owner", "gate_decision", "checkpoint_by")
        .prefetch_related("needs")
        .order_by("position", "pk")
    )
    found = list(rows)
    for each in found:
        each.item = item
    return found


def plan_rows(actor: Actor, item: Item) -> list[PlanRow]:
    """The plan with counts, assets and obstacles. At most nine queries, whatever its length; one where it is empty."""
    if not Increment.objects.filter(item=item).exists():
        return []
    increments = plan(item)
    ids = [each.pk for each in increments]
    counts = {
        row["increment"]: (row["n"], row["met"])
        for row in IncrementCriterion.objects.filter(increment__in=ids)
        .order_by()
        .values("increment")
        .annotate(n=Count("pk"), met=Count("verified_at"))
    }
    waiting: dict[int, int] = {
        row["increment"]: row["n"]
        for row in Confirmation.objects.filter(increment__in=ids, state=ConfirmationState.WAITING)
        .order_by()
        .values("increment")
        .annotate(n=Count("pk"))
    }
    held = assets_of(actor, increments)
    unsigned = gate_missing(item)
    rows = []
    for each in increments:
        total, met = counts.get(each.pk, (0, 0))
        blocked = (
            obstacles(each, increments, unsigned) if each.state == IncrementState.PLANNED else []
        )
        rows.append(
            PlanRow(
                each,
                total,
                met,
                waiting.get(each.pk, 0),
                held.get(each.pk, ()),
                blocked,
                sorted(each.needs.all(), key=lambda need: need.number),
            )
        )
    return rows


def gate_missing(item: Item) -> str:
    """Why production may not begin on an item: no brief, or one that nobody signed yet; empty when the gate is open.

    A brief that is being reworked after its sign-off keeps the gate open: the version that was signed holds. One query.
    """
    briefs = governing(item)
    if not briefs:
        return "no brief governs this item"
    unsigned = [brief for brief in briefs if brief.signed_version is None]
    if not unsigned:
        return ""
    keys = " and ".join(f"{brief.key} “{brief.title}”" for brief in unsigned)
    return f"{keys} {'is' if len(unsigned) == 1 else 'are'} not signed off"


def obstacles(increment: Increment, plan: Sequence[Increment], unsigned: str) -> list[Obstacle]:
    """What keeps ``increment`` from starting, given its item's plan in order with ``needs`` prefetched. No query."""
    found = []
    item = increment.item
    if item.state in CLOSED_STATES:
        found.append(
            Obstacle("item", f"{item.key} is {item.get_state_display().lower()}: reopen it first.")
        )
    if increment.kind.production and unsigned and increment.gate_decision_id is None:
        found.append(
            Obstacle(
                "gate",
                f"Production may not begin: {unsigned}. Have the brief signed off, or let it pass by a recorded"
                " decision.",
            )
        )
    for each in plan:
        if each.pk == increment.pk:
            break
        if _holds(each):
            words = (
                "asked for a change of direction"
                if each.checkpoint == CheckpointState.REDIRECTED
                else "has not been validated"
            )
            found.append(
                Obstacle("checkpoint", f"The direction of {each.number} “{each.title}” {words}.")
            )
    for need in sorted(increment.needs.all(), key=lambda need: need.number):
        if need.state == IncrementState.CUT:
            words = "was cut: restore it, or take it out of what this needs"
        elif need.state != IncrementState.CLOSED:
            words = "is not closed"
        else:
            continue
        found.append(Obstacle("needs", f"It needs {need.number} “{need.title}”, which {words}."))
    return found


def _holds(increment: Increment) -> bool:
    """Whether it is a checkpoint that keeps what stands behind it from starting."""
    return (
        increment.is_checkpoint
        and increment.state != IncrementState.CUT
        and increment.checkpoint != CheckpointState.VALIDATED
    )


def waits(plan: Sequence[Increment]) -> Waits:
    """Who waits for whose direction in a plan in order. No query.

    What was cut waits too: brought back, it stands where it stood.
    """
    found: dict[tuple[int, int], tuple[Increment, Increment]] = {}
    before: list[Increment] = []
    for each in plan:
        if each.state in (IncrementState.PLANNED, IncrementState.CUT):
            found |= {(one.pk, each.pk): (one, each) for one in before}
        if _holds(each):
            before.append(each)
    return found


def breaks(actor: Actor, increment: Increment) -> list[Break]:
    """What no longer holds together when an increment is cut (R23). At most eight queries.

    Criteria of the item that only it covers, lines of briefs that only it rests on, increments that need it, assets it
    holds, and the checkpoint that it was for those behind it.
    """
    item = increment.item
    others = plan(item)
    alive = [
        each.pk for each in others if each.pk != increment.pk and each.state != IncrementState.CUT
    ]
    found = []
    covered = SuccessCriterion.objects.filter(covered_by__increment=increment).exclude(
        covered_by__increment__in=alive
    )
    for criterion in covered.order_by("position", "pk").distinct():
        found.append(
            Break("criterion", f"Nothing else proves the item's criterion “{criterion.text}”.")
        )
    lines = LineReference.objects.filter(increment=increment).select_related("line__brief")
    elsewhere = set(
        LineReference.objects.filter(Q(increment__in=alive) | Q(item=item)).values_list(
            "line_id", flat=True
        )
    )
    for row in lines.order_by("line__brief__number", "line__number"):
        if row.line_id not in elsewhere and row.line.removed_at is None:
            found.append(
                Break("line", f"Nothing else answers for {row.line.key} “{row.line.text}”.")
            )
    for each in others:
        if each.pk in alive and increment.pk in {need.pk for need in each.needs.all()}:
            found.append(Break("need", f"{each.number} “{each.title}” needs it."))
    for asset in assets_of(actor, [increment]).get(increment.pk, ()):
        found.append(
            Break("asset", f"It holds the asset “{asset.name}”, which stays with the item.")
        )
    behind = [
        each
        for each in others
        if each.pk in alive
        and (each.position, each.pk) > (increment.position, increment.pk)
        and each.state == IncrementState.PLANNED
    ]
    if increment.is_checkpoint and increment.checkpoint != CheckpointState.VALIDATED and behind:
        found.append(
            Break(
                "checkpoint",
                f"Its direction was to be validated before {behind[0].number} “{behind[0].title}”:"
                " nobody will be asked.",
            )
        )
    return found


def kept_breaks(increment: Increment) -> list[str]:
    """What the cut said it would break, as it stands in the log. One query."""
    return _breaks_of(_changes(increment).filter(verb="increment.cut").order_by("-id").first())


def last_breaks(increment: Increment) -> list[str]:
    """What the last change of an increment broke or put out of step, as it stands in the log. One query."""
    return _breaks_of(_changes(increment).order_by("-id").first())


def _changes(increment: Increment) -> QuerySet[Change]:
    return Change.objects.filter(
        item_id=increment.item_id, subject_type="increment", subject_id=increment.pk
    )


def _breaks_of(row: Change | None) -> list[str]:
    return list(row.fields.get("breaks", [None, []])[1] or []) if row else []


def assets_of(actor: Actor, increments: Iterable[Increment]) -> Mapping[int, Sequence[HeldAsset]]:
    """By increment id, its assets with their newest version and what is said of it, from ``INCREMENT_ASSETS``."""
    increments = list(increments)
    found: dict[int, list[HeldAsset]] = defaultdict(list)
    for path in import_string(f"{settings.WIRING}.INCREMENT_ASSETS"):
        for pk, held in import_string(path)(actor=actor, increments=increments).items():
            found[pk] += held
    return found


def under_way(
    rows: QuerySet[Increment], *, cursor: str | None, size: int = 50
) -> tuple[list[Increment], str | None]:
    """Increments by due date, those without one last, and the cursor of what follows. One query. Raises Invalid."""
    rows = rows.select_related("kind", "owner", "item__product", "item__queue")
    if cursor is None or cursor == "":
        dated = list(rows.filter(due_on__isnull=False).order_by("due_on", "pk")[: size + 1])
        undated: list[Increment] = []
        after_id = 0
    else:
        day, after_id = _day_and_id(cursor)
        dated = []
        if day is not None:
            columns = ["backlog_increment.due_on", "backlog_increment.id"]
            left = keyset.after(rows, columns, [day, after_id])
            dated = list(left.order_by("due_on", "pk")[: size + 1])
            after_id = 0
    if len(dated) <= size:
        without = rows.filter(due_on=None, pk__gt=after_id).order_by("pk")
        undated = list(without[: size + 1 - len(dated)])
        dated += undated
    last = dated[size - 1] if len(dated) > size else None
    following = keyset.encode([last.due_on, last.pk]) if last is not None else None
    return dated[:size], following


def _day_and_id(cursor: str) -> tuple[date | None, int]:
    values = keyset.decode(cursor)
    try:
        day, pk = values
        return (None if day is None else date.fromisoformat(day)), keyset.whole(pk)
    except (TypeError, ValueError) as error:
        raise keyset.broken() from error


def learnings(
    rows: QuerySet[Increment], *, words: str = "", cursor: str | None = None, size: int = 50
) -> tuple[list[Increment], str | None]:
    """Closed increments with what was learned, the newest first, by words of title, output or learning. One query."""
    rows = rows.filter(state=IncrementState.CLOSED).select_related("kind", "item__product")
    for word in words_of(words):
        rows = rows.filter(
            Q(learning__icontains=word) | Q(output__icontains=word) | Q(title__icontains=word)
        )
    rows = rows.order_by("-closed_at", "-pk")
    if cursor:
        columns = ["backlog_increment.closed_at", "backlog_increment.id"]
        rows = keyset.before(rows, columns, keyset.instant_and_id(cursor))
    found = list(rows[: size + 1])
    last = found[size - 1] if len(found) > size else None
    following = keyset.encode([last.closed_at, last.pk]) if last is not None else None
    return found[:size], following


def newest_wordings(standards: Iterable[Standard]) -> dict[int, str]:
    """What each standard says now, by its id. One query."""
    rows = StandardVersion.objects.filter(
        standard__in=list(standards), number=F("standard__versions_count")
    )
    return dict(rows.values_list("standard_id", "body"))


def declarations(standard: Standard, size: int = 200) -> list[Conformance]:
    """What increments declared about a standard, the newest first. One query."""
    rows = Conformance.objects.filter(standard_version__standard=standard)
    rows = rows.select_related("standard_version", "increment__item__product", "declared_by")
    return list(rows.order_by("-declared_at", "-pk")[:size])


def progress(rows: Sequence[PlanRow]) -> dict[str, Any]:
    """How far a plan is: closed, shipped, and how many count (what was cut does not)."""
    counted = [row.increment for row in rows if row.increment.state != IncrementState.CUT]
    closed = sum(each.state == IncrementState.CLOSED for each in counted)
    return {
        "total": len(counted),
        "closed": closed,
        "shipped": sum(each.shipped_at is not None for each in counted),
        "cut": len(rows) - len(counted),
    }


def open_increments(item: Item) -> int:
    """How many of an item's increments are neither closed nor cut. One query."""
    return Increment.objects.filter(item=item, state__in=UNDER_WAY).count()


def change_rows(product: Product, item: Item | None = None) -> list[ChangeRequest]:
    """What was asked to be changed in a product or in one item's increments, from whoever knows (``CHANGE_REQUESTS``):
    see ``backlog.late_change``.
    """
    found: list[ChangeRequest] = []
    for path in import_string(f"{settings.WIRING}.CHANGE_REQUESTS"):
        found += import_string(path)(product=product, item=item)
    return found
