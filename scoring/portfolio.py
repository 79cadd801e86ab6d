"""What the next cycle should hold: the proposal of the playbook page on planning, over plain values.

Pure: no Django, no I/O, no clock, no randomness; the same input gives the same answer. All amounts are points.

Three steps (docs/playbook/planning.md): hotfixes to act on now, charged to the hotfix share and then borrowed down to
floors; every queue fills its share in rank order with what fits; what is left goes to the largest debt.
:func:`account` says, of any plan, what each item is charged to and whose floor it breaks; proposal and accepted plan
are held to the same account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from scoring.rubrics import QUEUES

HOTFIX = QUEUES[0]
#: Charges that are no queue's: what nobody promised or used, and what exceeds the capacity.
LEFT_OVER, BEYOND = "left_over", "beyond"
#: Points closer than this are equal.
EPS = 1e-9
LEDGER_CYCLES = 6
#: Barred because a person took it out of this plan: not proposed again, but ready all the same.
REMOVED = "removed"


@dataclass(frozen=True)
class Terms:
    """A queue's promise. ``share`` and ``floor`` are parts of the capacity (floor ≤ share), ``debt`` ≥ 0 in points.

    ``limit``: how many of its items one plan may hold, None for any number. ``below_floor``: points below the floor
    that a recorded decision lets other queues take.
    """

    queue: str
    share: float
    floor: float
    limit: int | None = None
    debt: float = 0.0
    below_floor: float = 0.0


@dataclass(frozen=True)
class Candidate:
    """An item that may be chosen, or one that is in already. ``blockers``: keys of the open items that block it.

    ``act_now``: a hotfix in that band, by its score or by policy. ``barred``: why it cannot be chosen whatever fits
    (``unscored``, ``removed``, ``elsewhere``); empty otherwise.
    """

    key: str
    queue: str
    points: float
    act_now: bool = False
    blockers: tuple[str, ...] = ()
    barred: str = ""

    @property
    def urgent(self) -> bool:
        return self.act_now and self.queue == HOTFIX


@dataclass(frozen=True)
class Inputs:
    """``terms`` in the order of ``QUEUES``; ``ranked``: queue -> candidates in rank order, without those in ``kept``.

    ``kept``: what people put in or a closed cycle carried over, in the order of the plan; the proposal leaves it alone.
    """

    capacity: float
    terms: Sequence[Terms]
    borrowing_order: Sequence[str]
    ranked: Mapping[str, Sequence[Candidate]]
    kept: Sequence[Candidate] = ()


@dataclass(frozen=True)
class Chosen:
    """``step``: ``kept``, ``urgent``, ``share`` or ``left_over``. ``repays``: points of debt that it pays back."""

    item: Candidate
    step: str
    repays: float = 0.0


@dataclass(frozen=True)
class Skipped:
    """``code``: ``blocked`` (``by``: keys), ``limit`` (``room``: the limit), ``floor`` (``below``: queue -> points that
    it would take from below that queue's floor), ``too_large`` (``room``: the points that were left), ``share_used``,
    ``unscored``, ``removed``, ``elsewhere``; ``fits`` where a plan that people made has room for it.
    """

    item: Candidate
    code: str
    room: float = 0.0
    by: tuple[str, ...] = ()
    below: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class QueueAccount:
    """A queue in a plan. ``room`` = promised − lent. ``borrowed``: what its own work is charged to other queues.

    ``broken``: points of its floor that it does not get although ready work is there; ``undecided``: the part of them
    that no decision covers.
    """

    queue: str
    promised: float
    floor: float
    room: float
    planned: float
    borrowed: float
    lent: float
    broken: float
    undecided: float
    blamed: tuple[str, ...]


@dataclass(frozen=True)
class Account:
    """``charged``: per row in the order given, queue (or ``left_over``, ``beyond``) -> points; sums to its points."""

    charged: Sequence[Mapping[str, float]]
    queues: Sequence[QueueAccount]
    planned: float
    free: float

    def queue(self, name: str) -> QueueAccount:
        return next(each for each in self.queues if each.queue == name)


@dataclass(frozen=True)
class Proposal:
    """``chosen`` in the order in which they enter: a blocker stands before what it blocks."""

    chosen: Sequence[Chosen]
    skipped: Sequence[Skipped]
    account: Account
    repaid: Mapping[str, float]


# --- The account of a plan -----------------------------------------------------------------------


def account(
    capacity: float,
    terms: Sequence[Terms],
    borrowing_order: Sequence[str],
    rows: Sequence[Candidate],
    waiting: Mapping[str, Sequence[Candidate]],
    kept: Iterable[str] = (),
) -> Account:
    """Who pays for what in a plan, and whose floor it breaks.

    ``rows`` in the order of the plan. ``waiting``: queue -> items that are not in it, in rank order; those that nothing
    open blocks, nothing bars and the limit allows are what a queue could have used. ``kept``: keys of the rows that
    step 1 may not push aside.

    1. Urgent hotfixes are paid by the hotfix share, by what no queue was promised, then by the lenders in the borrowing
       order, down to their floors. What a queue lent is taken off its room.
    2. What a queue plans beyond its room is paid by what is left over (never promised, or of no use to its queue), then
       by other queues down to their floors, then from below floors, and at last by nobody: it exceeds the capacity.
    """
    ledger = _Ledger(capacity, terms, borrowing_order, rows, set(kept))
    ledger.lend_to_urgent()
    ledger.charge_own()
    waits = {queue: ready(waiting.get(queue, ()), rows, ledger.terms[queue]) for queue in QUEUES}
    ledger.charge_rest(waits)
    return ledger.result(waits)


def ready(waiting: Sequence[Candidate], rows: Sequence[Candidate], terms: Terms) -> list[Candidate]:
    """Those of ``waiting`` that nothing but room keeps out, in their order."""
    if terms.limit is not None and sum(row.queue == terms.queue for row in rows) >= terms.limit:
        return []
    return [item for item in waiting if not item.blockers and item.barred in ("", REMOVED)]


def fill(items: Sequence[Candidate], room: float) -> float:
    """The points that ``items`` would take of ``room``, one after the other, each as a whole."""
    taken = 0.0
    for item in items:
        if taken + item.points <= room + EPS:
            taken += item.points
    return taken


class _Ledger:
    def __init__(
        self,
        capacity: float,
        terms: Sequence[Terms],
        order: Sequence[str],
        rows: Sequence[Candidate],
        kept: set[str],
    ) -> None:
        self.capacity = capacity
        self.terms = {each.queue: each for each in terms}
        self.rows = rows
        self.promised = {name: self.terms[name].share * capacity for name in QUEUES}
        self.floor = {name: self.terms[name].floor * capacity for name in QUEUES}
        self.unpromised = max(0.0, capacity - sum(self.promised.values()))
        self.lenders = lenders(order)
        self.planned = dict.fromkeys(QUEUES, 0.0)
        for row in rows:
            self.planned[row.queue] += row.points
        self.fixed = dict.fromkeys(QUEUES, 0.0)
        for row in rows:
            if row.key in kept and not row.urgent:
                self.fixed[row.queue] += row.points
        self.charged: list[dict[str, float]] = [{} for _ in rows]
        self.open = [row.points for row in rows]  # what of each row nobody pays for yet
        self.lent = dict.fromkeys(QUEUES, 0.0)
        self.room = dict(self.promised)

    def may_lend(self, name: str) -> float:
        """What ``name`` may still lend to urgent work."""
        return lendable(self.terms[name], self.capacity, self.fixed[name]) - self.lent[name]

    def lend_to_urgent(self) -> None:
        urgent = [at for at, row in enumerate(self.rows) if row.urgent]
        self.room[HOTFIX] -= self._pay(urgent, HOTFIX, self.room[HOTFIX])
        self.unpromised -= self._pay(urgent, LEFT_OVER, self.unpromised)
        for name in self.lenders:
            if name != HOTFIX:
                self.lent[name] += self._pay(urgent, name, self.may_lend(name))
                self.room[name] = self.promised[name] - self.lent[name]

    def charge_own(self) -> None:
        self.spare = dict(self.room)
        for name in QUEUES:
            own = [at for at, row in enumerate(self.rows) if row.queue == name]
            self.spare[name] -= self._pay(own, name, max(0.0, self.room[name]))

    def charge_rest(self, waits: Mapping[str, Sequence[Candidate]]) -> None:
        """The charges beyond the own room: left over first, then lenders to their floors, then below, then nobody."""
        everybody = [at for name in QUEUES for at, row in enumerate(self.rows) if row.queue == name]
        self._pay(everybody, LEFT_OVER, self.unpromised)
        for name in self.lenders:
            spare = max(0.0, self.spare[name])
            self.spare[name] = wanted = fill(waits[name], spare)
            self._pay(everybody, LEFT_OVER, spare - wanted)
        for down_to_floor in (True, False):
            for name in self.lenders:
                others = [at for at in everybody if self.rows[at].queue != name]
                most = self.spare[name]
                if down_to_floor:
                    above = self.promised[name] - self.floor[name] - self.lent[name]
                    most = min(most, max(0.0, above))
                paid = self._pay(others, name, most)
                self.lent[name] += paid
                self.spare[name] -= paid
        self._pay(everybody, BEYOND, float("inf"))

    def _pay(self, rows: Iterable[int], source: str, most: float) -> float:
        """Charge what is open of ``rows`` to ``source`` up to ``most`` points; returns how much it was."""
        paid = 0.0
        for at in rows:
            part = min(self.open[at], most - paid)
            if part <= EPS:
                continue
            self.charged[at][source] = self.charged[at].get(source, 0.0) + part
            self.open[at] = self.open[at] - part if self.open[at] - part > EPS else 0.0
            paid += part
        return paid

    def result(self, waits: Mapping[str, Sequence[Candidate]]) -> Account:
        total = sum(self.planned.values())
        return Account(
            self.charged,
            [self._of(name, waits[name]) for name in QUEUES],
            total,
            max(0.0, self.capacity - total),
        )

    def _of(self, name: str, waits: Sequence[Candidate]) -> QueueAccount:
        theirs = [
            (at, charge[name])
            for at, charge in enumerate(self.charged)
            if name in charge and self.rows[at].queue != name
        ]
        lent = sum(part for _, part in theirs)
        above = self.promised[name] - self.floor[name]
        missing = fill(waits, max(0.0, self.floor[name] - self.planned[name]))
        broken = max(0.0, lent - above, missing)
        broken = broken if broken > EPS else 0.0
        covered = self.terms[name].below_floor
        least = max(0.0, self.floor[name] - covered - self.planned[name])
        undecided = max(0.0, lent - above - covered, fill(waits, least))
        borrowed = sum(
            part
            for at, charge in enumerate(self.charged)
            if self.rows[at].queue == name
            for source, part in charge.items()
            if source in QUEUES and source != name
        )
        return QueueAccount(
            queue=name,
            promised=self.promised[name],
            floor=self.floor[name],
            room=self.promised[name] - self.lent[name],
            planned=self.planned[name],
            borrowed=borrowed,
            lent=lent,
            broken=broken,
            undecided=undecided if undecided > EPS else 0.0,
            blamed=tuple(self.rows[at].key for at, _ in theirs) if broken else (),
        )


def lenders(order: Sequence[str]) -> list[str]:
    """The queues as they are asked to lend: the borrowing order, then those that it does not name."""
    named = [name for name in order if name in QUEUES]
    return named + [name for name in reversed(QUEUES) if name not in named]


def lendable(terms: Terms, capacity: float, kept: float) -> float:
    """What a queue may lend to urgent work: down to its floor, less what its kept items need of its promise."""
    promised, floor = terms.share * capacity, terms.floor * capacity
    return max(0.0, min(promised - floor + terms.below_floor, promised - kept))


# --- The proposal --------------------------------------------------------------------------------


def propose(inputs: Inputs) -> Proposal:
    """Choose items for a cycle. See the head of this module and docs/playbook/planning.md."""
    chooser = _Chooser(inputs)
    chooser.urgent()
    chooser.fill_shares()
    chooser.give_left_over()
    return chooser.result()


def reasons(inputs: Inputs) -> Sequence[Skipped]:
    """Why each item that is not kept stays out of a plan that holds exactly what is kept, in rank order by queue."""
    chooser = _Chooser(inputs)
    chooser.borrow()
    return chooser.result().skipped


class _Chooser:
    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.terms = {each.queue: each for each in inputs.terms}
        self.promised = {name: self.terms[name].share * inputs.capacity for name in QUEUES}
        self.open = {name: list(inputs.ranked.get(name, ())) for name in QUEUES}
        self.planned = dict.fromkeys(QUEUES, 0.0)
        self.count = dict.fromkeys(QUEUES, 0)
        self.fixed = dict.fromkeys(QUEUES, 0.0)
        self.inside: set[str] = set()
        self.chosen: list[Chosen] = []
        self.total = 0.0
        self.debt = {name: self.terms[name].debt for name in QUEUES}
        self.repaid = dict.fromkeys(QUEUES, 0.0)
        self.below: dict[str, Mapping[str, float]] = {}
        for item in inputs.kept:
            if not item.urgent:
                self.fixed[item.queue] += item.points
            self._enter(item, "kept")
        unpromised = max(0.0, inputs.capacity - sum(self.promised.values()))
        self.may_lend = {
            name: lendable(self.terms[name], inputs.capacity, self.fixed[name])
            for name in lenders(inputs.borrowing_order)
            if name != HOTFIX
        }
        self.urgent_room = self.promised[HOTFIX] + unpromised + sum(self.may_lend.values())

    def _enter(self, item: Candidate, step: str, repays: float = 0.0) -> None:
        self.inside.add(item.key)
        self.planned[item.queue] += item.points
        self.count[item.queue] += 1
        self.total += item.points
        self.chosen.append(Chosen(item, step, repays))

    def _left(self) -> float:
        return self.inputs.capacity - self.total

    def _blocked(self, item: Candidate) -> tuple[str, ...]:
        return tuple(key for key in item.blockers if key not in self.inside)

    def _full(self, queue: str) -> bool:
        limit = self.terms[queue].limit
        return limit is not None and self.count[queue] >= limit

    def urgent(self) -> None:
        """Step 1. The limit of work in progress does not hold urgent work up."""
        used = sum(each.item.points for each in self.chosen if each.item.urgent)
        again = True
        while again:
            again = False
            for item in self.open[HOTFIX]:
                if not item.urgent or item.barred in (REMOVED, "elsewhere"):
                    continue
                fits = item.points <= self._left() + EPS
                if self._blocked(item) or not fits:
                    continue
                if used + item.points > self.urgent_room + EPS:
                    self.below[item.key] = self._floors_for(used + item.points - self.urgent_room)
                    continue
                self.open[HOTFIX].remove(item)
                self._enter(item, "urgent")
                used += item.points
                again = True
                break
        self.borrow()

    def borrow(self) -> None:
        """What urgent work takes of the lenders' rooms."""
        used = sum(each.item.points for each in self.chosen if each.item.urgent)
        borrowed = max(0.0, used - self.promised[HOTFIX])
        unpromised = self.urgent_room - self.promised[HOTFIX] - sum(self.may_lend.values())
        borrowed = max(0.0, borrowed - unpromised)
        self.room = dict(self.promised)
        for name, most in self.may_lend.items():
            part = min(borrowed, most)
            self.room[name] -= part
            borrowed -= part

    def _floors_for(self, points: float) -> dict[str, float]:
        """From below which floors ``points`` more would have to come, in the borrowing order."""
        found: dict[str, float] = {}
        for name, lends in self.may_lend.items():
            part = min(points, self.promised[name] - self.fixed[name] - lends)
            if part > EPS:
                found[name] = part
                points -= part
        return found

    def fill_shares(self) -> None:
        """Step 2, until nothing more enters: an item that came in may be what another one waited for."""
        again = True
        while again:
            again = False
            for name in QUEUES:
                while self._fill_one(name):
                    again = True

    def _fill_one(self, name: str) -> bool:
        """The best ranked item of a queue that fits into its room enters; False when there is none."""
        room = min(self.room[name] - self.planned[name], self._left())
        item = self._first(name, room)
        if item is None:
            return False
        self._enter(item, "share")
        return True

    def _first(self, name: str, room: float) -> Candidate | None:
        if self._full(name):
            return None
        for at, item in enumerate(self.open[name]):
            fits = item.points <= room + EPS and not item.barred
            if fits and not self._blocked(item):
                return self.open[name].pop(at)
        return None

    def give_left_over(self) -> None:
        """Step 3: one item at a time to the largest debt; ties go to the larger share, then to the order of queues."""
        while True:
            asked = sorted(
                QUEUES,
                key=lambda name: (-self.debt[name], -self.terms[name].share, QUEUES.index(name)),
            )
            for name in asked:
                item = self._first(name, self._left())
                if item is not None:
                    break
            else:
                return
            before = max(self.planned[name], self.promised[name])
            beyond = max(0.0, self.planned[name] + item.points - before)
            repays = min(self.debt[name], beyond)
            self.debt[name] -= repays
            self.repaid[name] += repays
            self._enter(item, "left_over", repays)
            self.fill_shares()

    def result(self) -> Proposal:
        rows = [each.item for each in self.chosen]
        found = account(
            self.inputs.capacity,
            self.inputs.terms,
            self.inputs.borrowing_order,
            rows,
            self.open,
            [item.key for item in self.inputs.kept],
        )
        skipped = [self._why(item) for name in QUEUES for item in self.open[name]]
        return Proposal(self.chosen, skipped, found, self.repaid)

    def _why(self, item: Candidate) -> Skipped:
        name = item.queue
        if item.barred and not (item.barred == "unscored" and item.urgent):
            return Skipped(item, item.barred)
        if by := self._blocked(item):
            return Skipped(item, "blocked", by=by)
        if item.key in self.below:
            return Skipped(item, "floor", below=self.below[item.key])
        own, left = max(0.0, self.room[name] - self.planned[name]), max(0.0, self._left())
        if self._full(name) and not item.urgent:
            return Skipped(item, "limit", room=float(self.terms[name].limit or 0))
        if item.points <= left + EPS and not self._full(name):
            return Skipped(item, "fits", room=left)
        if own <= EPS:
            return Skipped(item, "share_used", room=left)
        return Skipped(item, "too_large", room=max(min(own, left), left))
