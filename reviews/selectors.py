"""Reads over reviews: where versions stand, what waits for whom, the lists, what belongs to a round."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Count, F, Prefetch, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Least
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import Product
from assets.models import Asset, Version
from core import keyset
from reviews.models import (
    Approval,
    Assignment,
    Contradiction,
    Decision,
    Note,
    ReviewCycle,
    Stage,
)
from reviews.vocabulary import (
    STATE_OF_ROUND,
    ApprovalState,
    ContradictionState,
    CycleState,
    NoteState,
    ReviewState,
    StageState,
    Verdict,
)

WAITING_LIMIT = 200
#: ``Stage.until`` on rows of assignments. On SQLite ``Least`` is nothing where one is: each stands in.
UNTIL = Least(
    Coalesce("stage__due_at", "stage__cycle__due_at"),
    Coalesce("stage__cycle__due_at", "stage__due_at"),
)


@dataclass
class Standing:
    """Where a version stands, and its newest round if there is one (stages loaded)."""

    state: str
    cycle: ReviewCycle | None = None

    @property
    def word(self) -> str:
        """``In review: Legal, 0 of 1``."""
        label = ReviewState(self.state).label
        if self.cycle is not None and self.cycle.state == CycleState.VOID:
            return _("Approval void")
        stage = open_stage(self.cycle) if self.cycle else None
        if stage is None:
            return str(label)
        return f"{label}: {stage}, {approvals(stage)} of {stage.quorum}"


def standings(version_ids: Iterable[int]) -> dict[int, Standing]:
    """Where each version stands, by its newest round that was not withdrawn. Three queries."""
    found = {pk: Standing(ReviewState.NOT_REVIEWED) for pk in version_ids}
    if not found:
        return found
    rounds = with_stages(ReviewCycle.objects.filter(version_id__in=list(found))).order_by(
        "version_id", "round"
    )
    for (
        cycle
    ) in rounds:  # the last one of a version wins; a withdrawn one leaves things as they were
        if cycle.state != CycleState.WITHDRAWN or found[cycle.version_id].cycle is None:
            found[cycle.version_id] = standing(cycle)
    return found


def standing(newest: ReviewCycle | None) -> Standing:
    """Where a version with this newest round stands."""
    if newest is None:
        return Standing(ReviewState.NOT_REVIEWED)
    return Standing(STATE_OF_ROUND[newest.state], newest)


def with_stages(rows: QuerySet[ReviewCycle]) -> QuerySet[ReviewCycle]:
    """Rounds with stages, people asked and decisions made. Three more queries, however many rounds."""
    return rows.prefetch_related(
        Prefetch(
            "stages__assignments",
            Assignment.objects.select_related("reviewer", "stands_in_for"),
        ),
        "stages__decisions__reviewer",
    )


def as_listed(rows: QuerySet[ReviewCycle]) -> QuerySet[ReviewCycle]:
    """Rounds with what a row of a page shows of them and of their stages. One more query, however many rounds."""
    stages = Stage.objects.only("cycle", "name", "position", "state", "opened_at", "due_at")
    return (
        rows.select_related(None)
        .select_related("version", "asset__item", "started_by")
        .only(
            *("product", "state", "opens_at", "due_at", "started_at", "closed_at"),
            *("version__asset", "version__number", "version__sha256"),
            *("asset__name", "asset__product"),
            *("asset__item__product", "asset__item__number", "asset__item__title"),
            *("started_by__name", "started_by__email"),
        )
        .prefetch_related(Prefetch("stages", stages))
    )


def stages_of(cycle: ReviewCycle) -> list[Stage]:
    """The stages in their order; needs them loaded, makes no query then."""
    return sorted(cycle.stages.all(), key=lambda stage: stage.position)


def open_stage(cycle: ReviewCycle) -> Stage | None:
    """The stage that is deciding now."""
    return next((stage for stage in stages_of(cycle) if stage.state == StageState.OPEN), None)


def is_planned(cycle: ReviewCycle) -> bool:
    """Whether a round is planned for a day that has not come."""
    return cycle.opens_at is not None and cycle.opens_at > timezone.now()


def approvals(stage: Stage) -> int:
    """How many approved; needs the decisions loaded."""
    return sum(decision.verdict == Verdict.APPROVE for decision in stage.decisions.all())


def item_states(item_ids: Sequence[int]) -> dict[int, tuple[str, int]]:
    """For each item the review state of all its assets together, and how many there are. Two queries.

    Together: the worst of the newest versions' states in the order changes requested, not reviewed, in review,
    approved; empty without assets.
    """
    found: dict[int, tuple[str, int]] = dict.fromkeys(item_ids, ("", 0))
    newest = Version.objects.filter(
        asset__item_id__in=list(found), number=F("asset__versions_count")
    )
    pairs = list(newest.values_list("pk", "asset__item_id"))
    rounds = (
        ReviewCycle.objects.filter(version_id__in=[pk for pk, _item in pairs])
        .exclude(state=CycleState.WITHDRAWN)
        .order_by("version_id", "round")
    )
    last = dict(rounds.values_list("version_id", "state"))
    worst = list(ReviewState.values)
    for pk, item_id in pairs:
        state = STATE_OF_ROUND[last[pk]] if pk in last else ReviewState.NOT_REVIEWED.value
        before, count = found[item_id]
        together = min(before or state, state, key=worst.index)
        found[item_id] = (str(together), count + 1)
    return found


def waiting_count(*, actor: Actor, product: Product) -> int:
    """How many rounds wait for the person, for the rail. One index-only count, capped at 1,000."""
    if actor.user is None:
        return 0
    waiting = Assignment.objects.filter(reviewer=actor.user, product=product, waiting=True)
    return len(waiting.values_list("pk", flat=True)[:1000])


def waiting_for(actor: Actor, product: Product, limit: int = WAITING_LIMIT) -> list[ReviewCycle]:
    """The rounds that wait for the person, the longest first, as lists show them. Three queries."""
    if actor.user is None:
        return []
    asked = Assignment.objects.filter(reviewer=actor.user, product=product, waiting=True).order_by(
        "id"
    )
    ids = list(asked.values_list("stage__cycle_id", flat=True)[:limit])
    rows = as_listed(ReviewCycle.objects.filter(pk__in=ids))
    by_pk = {cycle.pk: cycle for cycle in rows}
    return [within(by_pk[pk], product) for pk in ids]


def next_waiting(actor: Actor, cycle: ReviewCycle) -> int | None:
    """The round that waits next for the person: behind ``cycle`` in their line, else the first. One query."""
    if actor.user is None:
        return None
    asked = Assignment.objects.filter(
        reviewer=actor.user, product_id=cycle.product_id, waiting=True
    )
    line = list(asked.order_by("id").values_list("stage__cycle_id", flat=True)[:WAITING_LIMIT])
    others = [pk for pk in line if pk != cycle.pk]
    behind = line[line.index(cycle.pk) + 1 :] if cycle.pk in line else []
    return next(iter(behind or others), None)


def within(cycle: ReviewCycle, product: Product) -> ReviewCycle:
    """A round that was loaded with version, asset and item, and whose product is known."""
    cycle.product = cycle.asset.product = cycle.asset.item.product = product
    cycle.version.asset = cycle.asset
    return cycle


@dataclass
class Page:
    """Rounds of a list. ``cursor``: where the next page begins, or None."""

    cycles: list[ReviewCycle]
    cursor: str | None


def newest_first(
    rows: QuerySet[ReviewCycle],
    *,
    cursor: str | None,
    size: int,
    load: Callable[[QuerySet[ReviewCycle]], QuerySet[ReviewCycle]] = with_stages,
) -> Page:
    """A page of ``rows``, the newest round first. One query and those of ``load``. Raises Invalid for a bad cursor."""
    rows = rows.order_by("-id")
    if cursor:
        last = keyset.decode(cursor)
        if not isinstance(last, int) or abs(last) >= 1 << 63:
            raise keyset.broken()
        rows = rows.filter(id__lt=last)
    found = list(load(rows)[: size + 1])
    cycles = found[:size]
    return Page(cycles, keyset.encode(cycles[-1].pk) if len(found) > size else None)


@dataclass
class History:
    """What was decided about one version: rounds (newest first) and the approvals among their decisions."""

    rounds: list[ReviewCycle] = field(default_factory=list)
    approvals: list[Decision] = field(default_factory=list)


def histories(asset: Asset) -> dict[int, History]:
    """Rounds and approvals of every version of an asset that has any, by version id. Four queries."""
    found: dict[int, History] = {}
    for cycle in with_stages(ReviewCycle.objects.filter(asset=asset)).order_by("-id"):
        history = found.setdefault(cycle.version_id, History())
        history.rounds.append(cycle)
        for stage in stages_of(cycle):
            history.approvals += [
                each for each in stage.decisions.all() if each.verdict == Verdict.APPROVE
            ]
    return found


def notes_on(actor: Actor, version: Version) -> list[Note]:
    """All notes on a version that the person may see, oldest first, answers among them. One query.

    Private notes are seen by the reviewers of their stage and by who wrote them.
    """
    return list(notes_seen(actor, version).order_by("id"))


def notes_seen(actor: Actor, version: Version) -> QuerySet[Note]:
    """The notes on a version that the person may see, answers among them. No order of its own."""
    rows = Note.objects.filter(version=version).select_related(
        "author", "guest", "cycle", "stage", "resolved_by", "carried_from__version", "parent"
    )
    return rows.select_related("brief_line__brief", "claim").filter(seen_by(actor))


@dataclass
class NotePage:
    """Notes of a list with their answers, oldest first. ``cursor``: where the next page begins, or None."""

    notes: list[Note]
    cursor: str | None


def note_page(
    rows: QuerySet[Note],
    seen: QuerySet[Note],
    *,
    cursor: str | None,
    size: int,
    open_first: bool = False,
) -> NotePage:
    """A page of ``rows``, the oldest first; ``size`` does not count answers, which are looked for among ``seen``.

    ``open_first``: what is settled comes behind all that is open. Two queries. Raises Invalid for a bad cursor.
    """
    ordered = _note_order(rows, open_first)
    if cursor:
        try:
            last_settled, last = (keyset.whole(each) for each in keyset.decode(cursor))
        except (TypeError, ValueError) as error:
            raise keyset.broken() from error
        ordered = ordered.filter(Q(settled__gt=last_settled) | Q(settled=last_settled, pk__gt=last))
    found = list(ordered[: size + 1])
    notes = found[:size]
    answers = seen.filter(parent__in=notes) if notes else ()
    more = len(found) > size
    return NotePage(
        sorted([*notes, *answers], key=lambda note: note.pk),
        keyset.encode([notes[-1].settled, notes[-1].pk]) if more else None,
    )


def _note_order(rows: QuerySet[Note], open_first: bool) -> QuerySet[Any]:
    settled = Case(When(state=NoteState.OPEN, then=0), default=1) if open_first else Value(0)
    return rows.annotate(settled=settled).order_by("settled", "pk")


def note_cursor(
    rows: QuerySet[Note], pk: int, *, size: int, open_first: bool = False
) -> str | None:
    """The cursor of that page of ``rows`` which holds the note ``pk``; None for the first. Three queries.

    Raises Note.DoesNotExist when it is not among ``rows``.
    """
    ordered = _note_order(rows, open_first)
    sought = ordered.get(pk=pk)
    ahead = ordered.filter(Q(settled__lt=sought.settled) | Q(settled=sought.settled, pk__lt=pk))
    begins = ahead.count() // size * size
    if not begins:
        return None
    return keyset.encode(ahead.values_list("settled", "pk")[begins - 1])


@dataclass
class Written:
    """How many notes somebody wrote on a version, and how many of them are open. ``author``: as members filter."""

    author: str
    name: str
    notes: int
    open: int


def written(seen: QuerySet[Note]) -> list[Written]:
    """Who wrote the notes that somebody sees, by name. One query."""
    rows = (
        seen.filter(parent=None).order_by().values("author__email", "author__name", "guest__name")
    )
    counted = rows.annotate(notes=Count("pk"), open=Count("pk", filter=Q(state=NoteState.OPEN)))
    found = [
        Written(
            row["author__email"] or row["guest__name"] or "",
            row["author__name"] or row["author__email"] or row["guest__name"] or "",
            row["notes"],
            row["open"],
        )
        for row in counted
    ]
    return sorted(found, key=lambda each: each.name.casefold())


def seen_by(actor: Actor) -> Q:
    """Which notes somebody may see: the one rule for pages, API and records."""
    if actor.is_system:
        return Q()
    if actor.user is None:
        return Q(private=False)
    mine = Assignment.objects.filter(reviewer=actor.user).values("stage")
    return Q(private=False) | Q(author=actor.user) | Q(stage__in=mine)


def contradictions_on(
    actor: Actor, version: Version, *, open_only: bool = False
) -> list[Contradiction]:
    """Pairs of notes that the person may see and that ask for opposite things, open ones first. One query."""
    seen = Note.objects.filter(seen_by(actor), version=version).values("pk")
    rows = Contradiction.objects.filter(version=version, first__in=seen, second__in=seen)
    if open_only:
        rows = rows.filter(state=ContradictionState.OPEN)
    rows = rows.select_related(
        "first__author", "first__guest", "second__author", "second__guest", "settled_by"
    )
    return sorted(rows[:100], key=lambda row: (row.state != ContradictionState.OPEN, row.pk))


def approvals_of(asset: Asset) -> list[Approval]:
    """Every approval of an asset, the newest first. One query."""
    rows = Approval.objects.filter(asset=asset).select_related(
        "layer", "version", "voided_by", "revoked_by"
    )
    return list(rows.order_by("-given_at", "-pk")[:500])


@dataclass
class ApprovalPage:
    """Approvals of a list with the verdicts that gave each. ``cursor``: where the next page begins, or None."""

    rows: list[tuple[Approval, list[Decision]]]
    cursor: str | None


def approval_page(rows: QuerySet[Approval], *, cursor: str | None, size: int) -> ApprovalPage:
    """A page of ``rows``, the newest first. Two queries. Raises Invalid for a bad cursor."""
    rows = rows.order_by("-given_at", "-pk")
    if cursor:
        columns = ("reviews_approval.given_at", "reviews_approval.id")
        rows = keyset.before(rows, columns, keyset.instant_and_id(cursor))
    found = list(rows[: size + 1])
    shown = found[:size]
    said = given_by(shown)
    last = keyset.encode([shown[-1].given_at, shown[-1].pk]) if len(found) > size else None
    return ApprovalPage([(row, said[row.pk]) for row in shown], last)


def lapsed(cycle: ReviewCycle) -> list[Stage]:
    """Approved stages of a round on the newest version whose layer's approval does not hold (any more). Two queries.

    It was revoked, or what is material to it changed, while others of the round still had to decide.
    """
    stages = cycle.stages.filter(state=StageState.APPROVED).exclude(layer=None)
    holds = Approval.objects.filter(asset=cycle.asset_id, state=ApprovalState.VALID)
    layers = set(holds.values_list("layer", flat=True))
    return [stage for stage in stages.order_by("position") if stage.layer_id not in layers]


def given_by(approvals: Sequence[Approval]) -> dict[int, list[Decision]]:
    """The verdicts that gave each approval, by its id. One query."""
    stages = {row.stage_id: row.pk for row in approvals if row.stage_id is not None}
    found: dict[int, list[Decision]] = {row.pk: [] for row in approvals}
    rows = Decision.objects.filter(stage__in=stages, verdict=Verdict.APPROVE)
    for decision in rows.select_related("reviewer").order_by("pk"):
        found[stages[decision.stage_id]].append(decision)
    return found


def last_reviewers(asset: Asset) -> dict[str, list[int]]:
    """Whom the newest round of the asset asked, by kind of stage: the proposal for the next one. Two queries."""
    newest = ReviewCycle.objects.filter(asset=asset).order_by("-id").first()
    found: dict[str, list[int]] = {}
    if newest is not None:
        pairs = Assignment.objects.filter(stage__cycle=newest).order_by("id")
        for kind, pk in pairs.values_list("stage__kind", "reviewer_id"):
            found.setdefault(kind, []).append(pk)
    return found
