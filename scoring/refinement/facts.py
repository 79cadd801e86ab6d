"""The facts that an agenda is built from, read set-wise.

Candidates are the accepted items: what is worked on already was decided before, what waits in triage is decided there.
People's opinions of an item are the latest level of each person on each criterion, from votes that were turned over and
from ratings in the change log. A rating that a session agreed on settles them: what was said before it counts no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils import timezone

from accounts.models import Product
from backlog.models import Change, Item, ItemSummary
from backlog.selectors import RANK_ORDER
from backlog.vocabulary import State
from scoring import agenda
from scoring.current import rubric_in_force
from scoring.cutline import cut_lines
from scoring.models import AgendaEntry, Rating, RefinementSession, Signal, Vote
from scoring.rubrics import CERTAINTY, Rubric


def lines(product: Product, now: datetime) -> dict[str, float | None]:
    """Queue kind -> the priority at which its share of the next cycle ends; None: everything fits. Two queries a queue.

    How many places there are is counted as everywhere (``scoring.cutline``).
    """
    found: dict[str, float | None] = {}
    for kind, places in cut_lines(product, timezone.localdate(now)).items():
        scored = ItemSummary.objects.filter(
            product=product, queue_kind=kind, is_open=True, priority__isnull=False
        ).order_by(*RANK_ORDER)
        priorities = scored.values_list("priority", flat=True)
        around = list(priorities[max(0, places - 1) : places + 1])
        last_in = around[0] if places else None
        first_out = around[-1] if len(around) == (2 if places else 1) else None
        found[kind] = agenda.cut_line(last_in, first_out)
    return found


def most_worth(
    session: RefinementSession, *, room: int, without: Sequence[int], now: datetime
) -> list[agenda.Pick]:
    """The items most worth discussing that are on no other open agenda. Some twenty queries, five each 200 weighed."""
    _, rubric = rubric_in_force(session.product_id)
    busy = set(without) | set(
        AgendaEntry.objects.filter(
            session__product=session.product_id,
            session__state__in=[RefinementSession.State.PLANNED, RefinementSession.State.LIVE],
        )
        .exclude(session=session)
        .filter(decided_at=None)
        .values_list("item_id", flat=True)
    )
    candidates = [each for each in _candidates(session, now) if each.item_id not in busy]
    return agenda.build(
        candidates,
        lambda ids: sayings(session.product_id, ids, rubric),
        seed=session.seed,
        room=room,
    )


def reasons_of(session: RefinementSession, item_id: int, now: datetime) -> agenda.Pick | None:
    """The worth of one item that is put on the agenda by hand; None where it is no candidate."""
    _, rubric = rubric_in_force(session.product_id)
    found = list(_candidates(session, now, only=item_id))
    if not found:
        return None
    said = sayings(session.product_id, [item_id], rubric)
    return agenda.weigh(found[0], said.get(item_id, agenda.Sayings()))


def _candidates(
    session: RefinementSession, now: datetime, only: int | None = None
) -> Iterator[agenda.Facts]:
    ends = lines(session.product, now)
    rows = ItemSummary.objects.filter(product_id=session.product_id, is_open=True)
    rows = rows.exclude(queue_kind="")
    rated = Rating.objects.filter(product_id=session.product_id, source=Rating.Source.PERSON)
    if only is not None:
        rows, rated = rows.filter(pk=only), rated.filter(item_id=only)
    else:
        rows = rows.filter(state=State.ACCEPTED)
        if session.queue_kind:
            rows = rows.filter(queue_kind=session.queue_kind)
    last = dict(
        rated.values("item_id")
        .annotate(last=Max("rated_at"))
        .order_by("item_id")
        .values_list("item_id", "last")
    )
    for pk, kind, priority in rows.order_by("pk").values_list("pk", "queue_kind", "priority"):
        line = ends.get(kind)
        at = last.get(pk)
        yield agenda.Facts(
            item_id=pk,
            gap=None if priority is None else abs(priority - line) if line is not None else 0.0,
            fits_all=line is None,
            stale_days=None if at is None else (now - at).total_seconds() / 86_400,
        )


def sayings(product_id: int, item_ids: Sequence[int], rubric: Rubric) -> dict[int, agenda.Sayings]:
    """What people and evidence said of some items. Five queries."""
    ratings: dict[int, list[Rating]] = {}
    for row in Rating.objects.filter(item_id__in=item_ids).order_by("item_id", "criterion"):
        if row.criterion in rubric.criterion_index:
            ratings.setdefault(row.item_id, []).append(row)
    opinions = _opinions(product_id, item_ids)
    since = {
        pk: max((row.rated_at for row in rows if row.source == Rating.Source.PERSON), default=None)
        for pk, rows in ratings.items()
    }
    signals: dict[int, Counter[str]] = {pk: Counter() for pk in item_ids}
    for pk, kind, at in Signal.objects.filter(item_id__in=item_ids, withdrawn_at=None).values_list(
        "item_id", "kind", "recorded_at"
    ):
        last = since.get(pk)
        if last is None or at > last:
            signals[pk][kind] += 1
    found: dict[int, agenda.Sayings] = {}
    for pk in item_ids:
        apart, on, people = _widest(opinions.get(pk, {}), rubric)
        sure = [CERTAINTY[row.certainty] for row in ratings.get(pk, [])]
        found[pk] = agenda.Sayings(
            apart=apart,
            apart_on=on,
            people=people,
            certainty=sum(sure) / len(sure) if sure else None,
            signals=dict(signals[pk]),
        )
    return found


def _widest(
    opinions: Mapping[str, Mapping[int, float]], rubric: Rubric
) -> tuple[float | None, str, int]:
    """The criterion on which people stand furthest apart, the first in the rubric of several."""
    best: tuple[float | None, str, int] = (None, "", 0)
    for criterion in rubric.criteria:
        levels = opinions.get(criterion.key, {})
        if len(levels) < 2:
            continue
        apart = max(levels.values()) - min(levels.values())
        if best[0] is None or apart > best[0]:
            best = (apart, criterion.label, len(levels))
    return best


def _opinions(product_id: int, item_ids: Sequence[int]) -> dict[int, dict[str, dict[int, float]]]:
    """Item -> criterion -> person -> their latest level. Three queries."""
    said: list[tuple[datetime, int, str, int, Any]] = [
        (at, pk, criterion, user, level)
        for pk, criterion, user, level, at in Vote.objects.filter(
            entry__flipped_at__isnull=False, entry__item_id__in=item_ids
        ).values_list("entry__item_id", "criterion", "user_id", "level", "voted_at")
    ]
    rows = Change.objects.filter(
        product_id=product_id, item_id__in=item_ids, verb="rating.entered", actor__isnull=False
    )
    for pk, user, fields, at in rows.values_list("item_id", "actor_id", "fields", "at"):
        assert pk is not None
        assert user is not None
        for criterion, (_, after) in fields.items():
            said.append((at, pk, criterion, user, after["level"] if after else None))
    settled: dict[int, datetime] = {}
    decided = AgendaEntry.objects.filter(item_id__in=item_ids, decided_at__isnull=False)
    for entry in decided.only("item_id", "decided_at", "outcomes").order_by("decided_at", "pk"):
        rated = any(each["kind"] == AgendaEntry.Outcome.RATED for each in entry.outcomes)
        if entry.decided_at and rated:
            settled[entry.item_id] = entry.decided_at
    found: dict[int, dict[str, dict[int, float]]] = {}
    for at, pk, criterion, user, level in sorted(said, key=lambda each: each[:4]):
        if pk in settled and at <= settled[pk]:
            continue
        people = found.setdefault(pk, {}).setdefault(criterion, {})
        if level is None:
            people.pop(user, None)
        else:
            people[user] = level
    return found


def since_last_time(item: Item, ratings: Mapping[str, Any]) -> tuple[list[Signal], int]:
    """Evidence that came since a person last rated the item: the newest eight, and how many there are. Two queries."""
    last = max(
        (row.rated_at for row in ratings.values() if row.source == Rating.Source.PERSON),
        default=None,
    )
    rows = Signal.objects.filter(item=item, withdrawn_at=None)
    if last is not None:
        rows = rows.filter(recorded_at__gt=last)
    return list(rows.order_by("-occurred_at", "-pk")[:8]), rows.count()
