"""What does not fit in a deliverable's plan, whatever put it out of step (R23): dates, checkpoints, what was cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actors import Actor
from backlog import increment_reading as reading
from backlog.models import Increment, Item, LineReference, SuccessCriterion
from backlog.vocabulary import CheckpointState, IncrementState, State


@dataclass(frozen=True)
class Misfit:
    """Something that does not fit. ``code``: date, need, checkpoint, due, asset, line, criterion or done; with ``at``,
    the ids of what it is about, it is the same one before and after an act. ``url``: where it is mended.
    """

    code: str
    at: tuple[int, ...]
    text: str
    url: str


def misfits(actor: Actor, item: Item, plan: Sequence[Increment] | None = None) -> list[Misfit]:
    """All that does not fit in an item's plan, in its order. Two queries (none with ``plan``); where something was cut,
    at most nine more.

    Nothing but open increments and placed assets is wrong with an item that is done, nothing with a declined one.
    """
    plan = reading.plan(item) if plan is None else plan
    if not plan or item.state == State.DECLINED:
        return []
    cut = [each for each in plan if each.state == IncrementState.CUT]
    if item.state == State.DONE:
        return [*_done(item, plan), *_assets(actor, item, cut)]
    alive = [each for each in plan if each.state != IncrementState.CUT]
    return [
        *_dates(item, plan),
        *_checkpoints(item, alive),
        *_due(item, alive),
        *_assets(actor, item, cut),
        *_uncovered(item, cut, alive),
    ]


def fresh(before: Iterable[Misfit], after: Iterable[Misfit]) -> list[Misfit]:
    """What an act put out of step: what does not fit after it and did before."""
    known = {(each.code, each.at) for each in before}
    return [each for each in after if (each.code, each.at) not in known]


def _url(item: Item, increment: Increment) -> str:
    return reverse("increment", args=[item.product.key, item.key, increment.number])


def _day(increment: Increment) -> str:
    return date_format(increment.due_on, "j F Y") if increment.due_on else ""


def _named(increment: Increment) -> str:
    return f"{increment.number} “{increment.title}”"


def _dates(item: Item, plan: Sequence[Increment]) -> list[Misfit]:
    """Open increments that are to begin or end before what they wait for, and those that need one that was cut."""
    found = []
    waited: list[Increment] = []
    for each in plan:
        if each.state in reading.UNDER_WAY:
            needs = sorted(each.needs.all(), key=lambda need: need.number)
            found += [
                Misfit(
                    "need",
                    (each.pk, need.pk),
                    _("%(this)s needs %(that)s, which was cut.")
                    % {"this": _named(each), "that": _named(need)},
                    _url(item, each),
                )
                for need in needs
                if need.state == IncrementState.CUT
            ]
            awaited = {need.pk: need for need in [*needs, *_planned_behind(each, waited)]}
            for one in awaited.values():
                words = _too_early(each, one)
                if words:
                    found.append(Misfit("date", (each.pk, one.pk), words, _url(item, each)))
        if _waited_for(each):
            waited.append(each)
    return found


def _planned_behind(each: Increment, waited: Sequence[Increment]) -> Sequence[Increment]:
    """The checkpoints that hold it: only what has not begun waits for a direction."""
    return waited if each.state == IncrementState.PLANNED else ()


def _waited_for(each: Increment) -> bool:
    return (
        each.is_checkpoint
        and each.state in reading.UNDER_WAY
        and each.checkpoint != CheckpointState.VALIDATED
    )


def _too_early(each: Increment, one: Increment) -> str:
    if one.state not in reading.UNDER_WAY or one.due_on is None:
        return ""
    named = {"this": _named(each), "that": _named(one), "day": _day(one)}
    if each.starts_on is not None and each.starts_on < one.due_on:
        return _("%(this)s starts before %(that)s is due, %(day)s, and waits for it.") % named
    if each.due_on is not None and each.due_on < one.due_on:
        return _("%(this)s is due before %(that)s, %(day)s, and waits for it.") % named
    return ""


def _checkpoints(item: Item, alive: Sequence[Increment]) -> list[Misfit]:
    """Checkpoints that hold nothing: nothing stands behind them, or all of it has begun."""
    found = []
    for place, each in enumerate(alive):
        if not _waited_for(each):
            continue
        behind = alive[place + 1 :]
        if not behind:
            words = _("Nothing follows the checkpoint %(this)s.")
        elif all(other.state != IncrementState.PLANNED for other in behind):
            words = _("The checkpoint %(this)s holds nothing back: all behind it has begun.")
        else:
            continue
        text = words % {"this": _named(each)}
        found.append(Misfit("checkpoint", (each.pk,), text, _url(item, each)))
    return found


def _due(item: Item, alive: Sequence[Increment]) -> list[Misfit]:
    """The deliverable is due before the last of its open increments."""
    dated = [each for each in alive if each.state in reading.UNDER_WAY and each.due_on]
    if item.due_at is None or not dated:
        return []
    last = max(dated, key=lambda each: (each.due_on, each.pk))
    due = timezone.localdate(item.due_at)
    if last.due_on is None or last.due_on <= due:
        return []
    text = _("%(item)s is due %(day)s, before its last increment, %(this)s, %(last)s.") % {
        "item": item.key,
        "day": date_format(due, "j F Y"),
        "this": _named(last),
        "last": _day(last),
    }
    return [Misfit("due", (last.pk,), text, _url(item, last))]


def _assets(actor: Actor, item: Item, cut: Sequence[Increment]) -> list[Misfit]:
    """Assets of what was cut that are placed somewhere still."""
    held = reading.assets_of(actor, cut) if cut else {}
    return [
        Misfit(
            "asset",
            (each.pk, asset.asset_id),
            ngettext(
                "%(this)s was cut, and its asset “%(asset)s” is placed at %(n)d place still.",
                "%(this)s was cut, and its asset “%(asset)s” is placed at %(n)d places still.",
                asset.placed,
            )
            % {"this": _named(each), "asset": asset.name, "n": asset.placed},
            asset.url,
        )
        for each in cut
        for asset in held.get(each.pk, ())
        if asset.placed
    ]


def _uncovered(item: Item, cut: Sequence[Increment], alive: Sequence[Increment]) -> list[Misfit]:
    """Lines of briefs and criteria of the item that only what was cut answered for. At most three queries."""
    if not cut:
        return []
    gone, there = [each.pk for each in cut], [each.pk for each in alive]
    found = []
    rows = LineReference.objects.filter(increment__in=gone, line__removed_at=None)
    elsewhere = set(
        LineReference.objects.filter(Q(increment__in=there) | Q(item=item)).values_list(
            "line_id", flat=True
        )
    )
    lines = {row.line_id: row.line for row in rows.select_related("line__brief").order_by("pk")}
    for line in sorted(lines.values(), key=lambda line: (line.brief.number, line.number)):
        if line.pk in elsewhere:
            continue
        text = _("No increment answers for %(line)s “%(text)s” any more.") % {
            "line": line.key,
            "text": line.text,
        }
        page = reverse("brief", args=[item.product.key, line.brief.number])
        found.append(Misfit("line", (line.pk,), text, f"{page}#line-{line.number}"))
    criteria = SuccessCriterion.objects.filter(item=item, covered_by__increment__in=gone)
    living = Count("covered_by", filter=Q(covered_by__increment__in=there))
    for criterion in criteria.annotate(living=living).filter(living=0).order_by("position", "pk"):
        text = _("No increment proves “%(text)s” any more.") % {"text": criterion.text}
        found.append(
            Misfit(
                "criterion", (criterion.pk,), text, f"{reverse('item', args=[item.key])}#criteria"
            )
        )
    return found


def _done(item: Item, plan: Sequence[Increment]) -> list[Misfit]:
    return [
        Misfit(
            "done",
            (each.pk,),
            _("%(item)s is done, and %(this)s is still open.")
            % {"item": item.key, "this": _named(each)},
            _url(item, each),
        )
        for each in plan
        if each.state in reading.UNDER_WAY
    ]
