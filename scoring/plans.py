"""Reads of cycles and their plans: what a proposal is made from, what a plan holds and is charged to, the ledger.

Queries do not grow with items: a proposal over ten thousand of them reads about ten times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Product
from backlog.models import (
    Cycle,
    Decision,
    Item,
    ItemLink,
    LedgerLine,
    PlannedItem,
    PlanningPolicy,
)
from backlog.selectors import RANK_ORDER
from backlog.vocabulary import CLOSED_STATES, Band, LinkKind, QueueKind, State
from core.errors import NotFound
from scoring import portfolio
from scoring.current import rubric_in_force
from scoring.ledger import debt
from scoring.portfolio import LEDGER_CYCLES, Account, Candidate, Inputs, Terms
from scoring.rubrics import QUEUES, Rubric

#: The order in which queues lend, until a product says otherwise.
BORROWING_ORDER = (QueueKind.ENHANCEMENT, QueueKind.STABILITY, QueueKind.STRATEGIC_BET)
#: States of items that can be planned: past triage, not over.
PLANNABLE = (State.ACCEPTED, State.IN_PROGRESS, State.IN_REVIEW)


@dataclass(frozen=True)
class Planned:
    """A row of a plan with its item, as pages and the API show it; ``charged``: queue -> points."""

    row: PlannedItem
    item: Item
    candidate: Candidate
    charged: Mapping[str, float] = field(default_factory=dict)
    blocked_by: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.item.key


@dataclass(frozen=True)
class Listed:
    """An item that could be planned: what a row about it shows."""

    pk: int
    key: str
    title: str
    queue: str
    state: str
    points: float
    assumed: bool
    priority: float | None
    rank: int


@dataclass(frozen=True)
class Reading:
    """All that a proposal for ``cycle`` is made from, at one moment.

    ``items``: key -> candidate's facts. ``rows``: the plan's live rows in order. ``inputs.kept`` are those that people
    put in or that were carried over.
    """

    cycle: Cycle
    policy: PlanningPolicy
    rubric_version: int
    inputs: Inputs
    items: Mapping[str, Listed]
    rows: Sequence[Planned]
    account: Account
    decided: Sequence[Decision]

    @property
    def capacity(self) -> float:
        return self.inputs.capacity

    def skipped(self) -> Sequence[portfolio.Skipped]:
        """Why what is not in the plan cannot enter it as it stands."""
        kept = [row.candidate for row in self.rows]
        inside = {each.key for each in kept}
        ranked = {
            name: [each for each in rows if each.key not in inside]
            for name, rows in self.inputs.ranked.items()
        }
        asked = Inputs(
            self.inputs.capacity, self.inputs.terms, self.inputs.borrowing_order, ranked, kept
        )
        return portfolio.reasons(asked)


def policy_of(product: Product) -> PlanningPolicy:
    """The product's policy; unsaved defaults where nobody has set one. One query."""
    found = PlanningPolicy.objects.filter(product=product).first()
    return found or PlanningPolicy(product=product, borrowing_order=list(BORROWING_ORDER))


def capacity_of(cycle: Cycle, policy: PlanningPolicy) -> float:
    """Points that the cycle holds: its own number, else the policy's."""
    return policy.capacity if cycle.capacity is None else cycle.capacity


def terms_of(product: Product, decided: Iterable[Decision] = ()) -> list[Terms]:
    """What each queue is promised, with floors, limits, debts and what decisions allow. Two queries."""
    owed = owed_before(product)
    allowed: dict[str, float] = {}
    for decision in decided:
        queue, points = decision.facts.get("queue", ""), float(decision.facts.get("points", 0))
        allowed[queue] = max(allowed.get(queue, 0.0), points)
    queues = {queue.kind: queue for queue in product.queues.all()}
    found = []
    for kind in QUEUES:
        queue = queues[kind]
        floor = queue.share / 2 if queue.floor is None else min(queue.floor, queue.share)
        found.append(
            Terms(
                queue=kind,
                share=queue.share,
                floor=floor,
                limit=queue.in_progress_limit,
                debt=debt(owed.get(kind, ())),
                below_floor=allowed.get(kind, 0.0),
            )
        )
    return found


def owed_before(product: Product) -> dict[str, list[float]]:
    """Promised − delivered of the last six closed cycles by queue, the newest first. One query."""
    newest = (
        Cycle.objects.filter(product=product, closed_at__isnull=False, ledger__isnull=False)
        .order_by("-closed_at", "-pk")
        .values("pk")
        .distinct()
    )
    ids = [row["pk"] for row in newest[:LEDGER_CYCLES]]
    found: dict[str, dict[int, float]] = {}
    for line in LedgerLine.objects.filter(cycle__in=ids):
        found.setdefault(line.queue_kind, {})[line.cycle_id] = line.promised - line.delivered
    return {
        kind: [by_cycle[pk] for pk in ids if pk in by_cycle] for kind, by_cycle in found.items()
    }


def floor_decisions(cycle: Cycle) -> list[Decision]:
    """Decisions that let work of others go below floors in this cycle, those that still hold. One query."""
    rows = Decision.objects.filter(
        cycle=cycle, kind=Decision.Kind.FLOOR, superseded_by__isnull=True
    )
    return list(rows.select_related("decided_by").order_by("pk"))


def points_of(effort: float | None, queue: str, rubric: Rubric) -> tuple[float, bool]:
    """What an item counts for, and whether that is assumed: unknown effort is the queue's default of the rubric."""
    if effort is not None:
        return effort, False
    return rubric.profile(queue).default_effort, True


def open_blockers(product: Product, item_ids: Iterable[int] | None = None) -> dict[int, list[Item]]:
    """Item id -> the items that block it and are neither done nor declined. One query."""
    links = ItemLink.objects.filter(product=product, kind=LinkKind.BLOCKS).exclude(
        source__state__in=CLOSED_STATES
    )
    if item_ids is not None:
        links = links.filter(target__in=list(item_ids))
    found: dict[int, list[Item]] = {}
    for link in links.select_related("source__queue").order_by("pk"):
        link.source.product = product
        found.setdefault(link.target_id, []).append(link.source)
    return found


def live_rows(cycle: Cycle) -> QuerySet[PlannedItem]:
    """The plan's rows that nobody took out, in order."""
    rows = PlannedItem.objects.filter(cycle=cycle, removed_at__isnull=True)
    return rows.select_related("item__queue", "item__owner", "item__summary").order_by(
        "position", "pk"
    )


def read(cycle: Cycle, *, candidates: bool = True, afresh: bool = False) -> Reading:
    """The plan of ``cycle`` and what could enter it. ``candidates`` False leaves out what is not in it.

    ``afresh``: as a new proposal sees it, without the rows that an earlier one made and those that are over.
    """
    product = cycle.product
    policy = policy_of(product)
    number, rubric = rubric_in_force(product.pk)
    decided = floor_decisions(cycle)
    terms = terms_of(product, decided)
    planned = list(live_rows(cycle))
    if afresh:
        planned = [
            row
            for row in planned
            if row.source != PlannedItem.Source.PROPOSAL and row.item.state in PLANNABLE
        ]
    for row in planned:
        row.item.product = product
    inside = {row.item_id for row in planned}
    blockers = {
        pk: tuple(sorted((item.key for item in items), key=_number))
        for pk, items in open_blockers(product, None if candidates else inside).items()
    }
    facts = [_fact(row, blockers.get(row.item_id, ())) for row in planned]
    ranked, items = (
        _candidates(cycle, rubric, blockers, inside) if candidates else (dict[str, Any](), {})
    )
    capacity = capacity_of(cycle, policy)
    kept = [fact.candidate for fact in facts if fact.row.source != PlannedItem.Source.PROPOSAL]
    inputs = Inputs(capacity, terms, tuple(policy.borrowing_order), ranked, kept)
    rows = [fact.candidate for fact in facts]
    found = portfolio.account(
        capacity,
        terms,
        inputs.borrowing_order,
        rows,
        {
            name: [each for each in ranked.get(name, ()) if each.barred != "elsewhere"]
            for name in QUEUES
        },
        [each.key for each in kept],
    )
    keys = {each.key for each in rows}
    shown = [
        Planned(
            fact.row,
            fact.item,
            fact.candidate,
            charge,
            tuple(key for key in fact.candidate.blockers if key not in keys),
        )
        for fact, charge in zip(facts, found.charged, strict=True)
    ]
    return Reading(cycle, policy, number, inputs, items, shown, found, decided)


def _number(key: str) -> int:
    return int(key.rpartition("-")[2])


def _fact(row: PlannedItem, blockers: tuple[str, ...]) -> Planned:
    urgent = row.item.summary.band == Band.ACT_NOW
    candidate = Candidate(row.item.key, row.queue_kind, row.points, urgent, blockers, "")
    return Planned(row, row.item, candidate)


def _candidates(
    cycle: Cycle, rubric: Rubric, blockers: Mapping[int, tuple[str, ...]], inside: set[int]
) -> tuple[dict[str, list[Candidate]], dict[str, Listed]]:
    """Items past triage in rank order by queue, without those in the plan. Three queries."""
    product = cycle.product
    elsewhere = set(
        PlannedItem.objects.filter(
            product=product, removed_at__isnull=True, cycle__closed_at__isnull=True
        )
        .exclude(cycle=cycle)
        .filter(Q(cycle__accepted_at__isnull=False) | ~Q(source=PlannedItem.Source.PROPOSAL))
        .values_list("item_id", flat=True)
    )
    removed = set(
        PlannedItem.objects.filter(cycle=cycle, removed_at__isnull=False).values_list(
            "item_id", flat=True
        )
    )
    rows = (
        Item.objects.filter(
            summary__product=product, summary__is_open=True, summary__state__in=PLANNABLE
        )
        .order_by("summary__queue_kind", *(f"summary__{name}" for name in RANK_ORDER))
        .values_list(
            *("pk", "number", "title", "state", "effort"),
            *("summary__queue_kind", "summary__priority", "summary__band"),
        )
    )
    ranked: dict[str, list[Candidate]] = {name: [] for name in QUEUES}
    items: dict[str, Listed] = {}
    place = dict.fromkeys(QUEUES, 0)
    for pk, number, title, state, effort, queue, priority, band in rows:
        place[queue] += 1
        if pk in inside:
            continue
        points, assumed = points_of(effort, queue, rubric)
        key = f"{product.key}-{number}"
        barred = ""
        if pk in elsewhere:
            barred = "elsewhere"
        elif pk in removed:
            barred = "removed"
        elif priority is None:
            barred = "unscored"
        ranked[queue].append(
            Candidate(key, queue, points, band == Band.ACT_NOW, blockers.get(pk, ()), barred)
        )
        items[key] = Listed(pk, key, title, queue, state, points, assumed, priority, place[queue])
    return ranked, items


# --- Cycles --------------------------------------------------------------------------------------


def cycle_for(product: Product, pk: int) -> Cycle:
    """A cycle of a product that was fetched with rights. Raises NotFound."""
    cycle = Cycle.objects.filter(product=product, pk=pk).select_related("accepted_by").first()
    if cycle is None:
        raise NotFound
    cycle.product = product
    return cycle


def cycles_of(product: Product) -> list[Cycle]:
    """All cycles, those with days first by the newest day, then words without days. One query."""
    rows = list(Cycle.objects.filter(product=product).order_by("pk"))
    for row in rows:
        row.product = product
    return sorted(rows, key=lambda each: (each.starts_on or date.min, each.pk), reverse=True)


@dataclass(frozen=True)
class Shelf:
    """A product's cycles by what they are to people today."""

    running: list[Cycle]
    planned: list[Cycle]
    closed: list[Cycle]
    undated: list[Cycle]


def shelf(product: Product, today: date) -> Shelf:
    """Running (accepted and begun), planned (the next one first), closed (the newest first), and names without days."""
    rows = cycles_of(product)
    open_ = [each for each in rows if each.closed_at is None]
    running = [each for each in open_ if each.accepted_at and (each.starts_on or today) <= today]
    return Shelf(
        running=running,
        planned=sorted(
            (each for each in open_ if each.starts_on and each not in running),
            key=lambda each: (each.starts_on or date.min, each.pk),
        ),
        closed=[each for each in rows if each.closed_at],
        undated=[each for each in open_ if not each.accepted_at and not each.starts_on],
    )


def next_after(cycle: Cycle) -> Cycle | None:
    """The open cycle that comes after this one: the earliest that starts later. One query."""
    rows = Cycle.objects.filter(product=cycle.product, closed_at__isnull=True).exclude(pk=cycle.pk)
    if cycle.starts_on is not None:
        rows = rows.filter(starts_on__gt=cycle.starts_on)
    found = rows.filter(starts_on__isnull=False).order_by("starts_on", "pk").first()
    if found is not None:
        found.product = cycle.product
    return found


def ledger(product: Product) -> list[tuple[Cycle, list[LedgerLine]]]:
    """Closed cycles with their lines, the newest first, lines in the order of queues. Two queries."""
    cycles = {
        cycle.pk: cycle
        for cycle in Cycle.objects.filter(product=product, closed_at__isnull=False).order_by(
            "-closed_at", "-pk"
        )
    }
    lines: dict[int, list[LedgerLine]] = {}
    for line in LedgerLine.objects.filter(product=product):
        lines.setdefault(line.cycle_id, []).append(line)
    return [
        (cycle, sorted(lines[pk], key=lambda line: QUEUES.index(line.queue_kind)))
        for pk, cycle in cycles.items()
        if pk in lines
    ]


def finished_outside(cycle: Cycle, now: datetime | None = None) -> dict[str, tuple[int, float]]:
    """What was finished during the cycle without being in its plan: queue -> (items, points). Two queries."""
    if cycle.accepted_at is None:
        return {}
    until = cycle.closed_at or now or timezone.now()
    _, rubric = rubric_in_force(cycle.product_id)
    rows = (
        Item.objects.filter(
            product=cycle.product_id,
            state=State.DONE,
            finished_at__gte=cycle.accepted_at,
            finished_at__lte=until,
            queue__isnull=False,
        )
        .exclude(planned_in__cycle=cycle, planned_in__removed_at__isnull=True)
        .values_list("queue__kind", "effort")
    )
    found: dict[str, tuple[int, float]] = {}
    for kind, effort in rows:
        count, total = found.get(kind, (0, 0.0))
        found[kind] = (count + 1, total + points_of(effort, kind, rubric)[0])
    return found


@dataclass(frozen=True)
class Total:
    """What a cycle's plan holds: items, points, and the points of what is done."""

    items: int = 0
    points: float = 0.0
    done: float = 0.0


def totals(product: Product) -> dict[int, Total]:
    """Cycle id -> what its plan holds. One query."""
    found: dict[int, Total] = {}
    rows = PlannedItem.objects.filter(product=product, removed_at__isnull=True)
    for pk, amount, state, closed, delivered in rows.values_list(
        "cycle_id", "points", "item__state", "cycle__closed_at", "delivered_at"
    ):
        done = delivered is not None if closed else state == State.DONE
        was = found.get(pk, Total())
        found[pk] = Total(was.items + 1, was.points + amount, was.done + (amount if done else 0.0))
    return found


def lines_of(cycle: Cycle) -> list[LedgerLine]:
    """A closed cycle's ledger, in the order of queues. One query."""
    lines = LedgerLine.objects.filter(cycle=cycle)
    return sorted(lines, key=lambda line: QUEUES.index(line.queue_kind))


def debts(product: Product) -> dict[str, float]:
    """What each queue is owed now. One query."""
    owed = owed_before(product)
    return {kind: debt(owed.get(kind, ())) for kind in QUEUES}


def keys_in(cycle: Cycle) -> list[tuple[str, str]]:
    """Key and title of what the plan holds, in order. One query."""
    key = cycle.product.key
    rows = live_rows(cycle).values_list("item__number", "item__title")
    return [(f"{key}-{number}", title) for number, title in rows]


def place_beside(cycle: Cycle, item: Item, to: str) -> dict[str, Any]:
    """Where ``up``, ``down``, ``top`` or ``bottom`` is for a row, for the move; empty where it is there already."""
    rows = [row.item for row in live_rows(cycle)]
    for each in rows:
        each.product = cycle.product
    ids = [each.pk for each in rows]
    at = ids.index(item.pk) if item.pk in ids else -1
    if at < 0 or len(rows) < 2:
        return {"place": 1} if at < 0 else {}
    if to == "top":
        return {"before": rows[0]} if at else {}
    if to == "bottom":
        return {"after": rows[-1]} if at < len(rows) - 1 else {}
    if to == "up":
        return {"before": rows[at - 1]} if at else {}
    return {"after": rows[at + 1]} if at < len(rows) - 1 else {}


@dataclass(frozen=True)
class Verdict:
    """How the strategic share fared in a closed cycle."""

    cycle: str
    sentence: str
    delivered: float
    promised: float


def strategy_verdicts(product: Product) -> tuple[Verdict, ...]:
    """The ledger's word on the strategic share, of the last six closed cycles, the newest first. One query."""
    lines = (
        LedgerLine.objects.filter(product=product, queue_kind=QueueKind.STRATEGIC_BET)
        .select_related("cycle")
        .order_by("-cycle__closed_at", "-cycle")[:LEDGER_CYCLES]
    )
    return tuple(
        Verdict(line.cycle.name, line.cycle.sentence, line.delivered, line.promised)
        for line in lines
    )
