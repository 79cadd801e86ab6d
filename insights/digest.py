"""A digest as plain sections and lines, before it becomes a mail or a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from backlog.models import Item
from backlog.vocabulary import QueueKind, State
from insights import cadence, news
from insights.answers import Links, late_changes, since
from insights.selectors.news import MENTIONS, REVIEWS, Asked, ProductNews, Work
from insights.words import Part, count, days, listed
from scoring.explain import headline_of
from scoring.moves import briefs

MOVED = 20
DUE = 12
#: Fewer finished items than this say nothing about how long the next one takes.
ENOUGH = 10


@dataclass(frozen=True)
class Line:
    parts: tuple[Part, ...]
    why: str = ""


@dataclass(frozen=True)
class Section:
    """``empty`` is said when there are no lines; ``note`` below them."""

    key: str
    title: str
    lines: tuple[Line, ...]
    empty: str = ""
    note: str = ""


@dataclass(frozen=True)
class Content:
    """``changes``: the ids of every change that it tells, folds or counts; ``quiet``: there is nothing to say."""

    product: str
    intro: str
    subject: str
    sections: tuple[Section, ...]
    changes: tuple[int, ...]
    quiet: bool


@dataclass(frozen=True)
class Shared:
    """What all readers with the same window, cadence and zone get alike. ``counts``: stories, due, overdue."""

    working: Section
    moved: Section
    due: Section
    counts: tuple[int, int, int]
    changes: tuple[int, ...]

    @property
    def sections(self) -> tuple[Section, ...]:
        return (self.working, self.moved, self.due)


def shared(
    found: ProductNews, *, position: int, window_from: datetime, period: timedelta
) -> Shared:
    """Sections on the product's news behind ``position``, which was reached at ``window_from``.

    Instants are written in the current time zone. How priorities moved is read once, in about twenty queries.
    """
    links = Links(found.product.key)
    told = news.tell(
        found.since(position),
        found.names,
        limit=MOVED,
        everything=links.items(
            state=",".join(State.values), updated_after=since(found.now - period)
        ),
        moves=lambda ids: briefs(found.product.pk, window_from, found.now, ids),
    )
    return Shared(
        working=_working(found, links),
        moved=_moved(told),
        due=_due(found, period, links),
        counts=(len(told.stories), found.due_by_day[period.days], found.overdue),
        changes=tuple(told.changes),
    )


def compose(
    found: ProductNews, common: Shared, asked: Asked, *, window_from: datetime, period: timedelta
) -> Content:
    """The whole digest of one person. Instants are written in the current time zone."""
    personal = _asked(found, asked, window_from, period)
    stories, due, overdue = common.counts
    said = [
        *(
            [count(len(personal.lines), "thing asked of you", "things asked of you")]
            if personal.lines
            else []
        ),
        *([f"{stories} moved"] if stories else []),
        *([f"{due} due"] if due else []),
        *([f"{overdue} overdue"] if overdue else []),
    ]
    what = ", ".join(said) or "what is being worked on"
    return Content(
        product=found.product.name,
        subject=f"{found.product.name}: {what}",
        intro=f"From {_moment(window_from)} to {_moment(found.now)}.",
        sections=(*common.sections, personal),
        changes=common.changes,
        quiet=not (personal.lines or common.changes or any(each.lines for each in common.sections)),
    )


# --- What is being worked on ---------------------------------------------------------------------


def _working(found: ProductNews, links: Links) -> Section:
    lines = [_work(work, found.now) for work in found.working]
    more = found.under_way - len(lines)
    if more > 0:
        url = links.items(state="in_progress,in_review")
        lines.append(
            Line(
                (Part(count(more, "more item", "more items"), url), Part(" in progress or review."))
            )
        )
    return Section(
        key="working",
        title="Being worked on, and why",
        lines=tuple(lines),
        empty="Nothing is in progress or review.",
    )


def _work(work: Work, now: datetime) -> Line:
    item, summary = work.item, work.item.summary
    says = [item.get_state_display().lower()]
    if item.started_at:
        says.append(f"started {days(now - item.started_at)} ago")
    if item.owner:
        says.append(f"with {item.owner}")
    if work.rank and item.queue:
        says.append(f"place {work.rank} in {QueueKind(item.queue.kind).label.lower()}")
    parts = (_item(item), Part(f": {', '.join(says)}. {_headline(item)}"))
    made = [
        (summary.value_part, "from value for the business"),
        (summary.impact_part, "from impact on customers"),
        (summary.risk_part, "from risk"),
    ]
    given = sorted(
        ((points, what) for points, what in made if points and points >= 0.05), reverse=True
    )
    lost = [
        (summary.confidence_part, "what is not known for certain"),
        (summary.effort_part, "its effort"),
        (summary.urgency_part, "not being due soon"),
    ]
    taken = [(points, what) for points, what in lost if points is not None and points <= -0.05]
    why = listed([f"{points:.1f} points {what}" for points, what in given]) if given else ""
    if why and taken:
        points, what = min(taken)
        why += f"; most is lost to {what} ({-points:.1f})"
    return Line(parts, why)


def _headline(item: Item) -> str:
    summary = item.summary
    missing = tuple(filter(None, summary.missing.split(",")))
    if summary.priority is None and not missing:
        return "Not scored yet."
    said = headline_of(summary.priority, summary.band, missing)
    if summary.band_by_policy:
        return f"{said} Act now by policy: a hotfix of severity 1 always is."
    return said


# --- What moved ----------------------------------------------------------------------------------


def _moved(told: news.Told) -> Section:
    stories = [*told.stories, *([told.rest] if told.rest else [])]
    return Section(
        key="moved",
        title="What moved, and why",
        lines=tuple(Line(story.parts, story.why) for story in stories),
        empty="Nothing moved."
        if not told.folded
        else "Nothing moved in rank, queue, state, date or scope.",
        note=told.folded_says,
    )


# --- What is due ---------------------------------------------------------------------------------


def _due(found: ProductNews, period: timedelta, links: Links) -> Section:
    end = found.now + period
    listed_ = [item for item in found.due if item.due_at and item.due_at < end][:DUE]
    lines = [_deadline(item, found.now) for item in listed_]
    more = found.overdue + found.due_by_day[period.days] - len(lines)
    if more > 0:
        url = links.items(open="true", due_before=since(end))
        lines.append(
            Line((Part(count(more, "more item", "more items"), url), Part(" due or overdue.")))
        )
    when = "day" if period.days == 1 else f"{period.days} days"
    return Section(
        key="due",
        title=f"Due within a {when}, and overdue"
        if period.days == 1
        else f"Due within {when}, and overdue",
        lines=tuple(lines),
        empty="Nothing is due, nothing is overdue.",
        note=_expectation(found),
    )


def _deadline(item: Item, now: datetime) -> Line:
    assert item.due_at is not None
    if item.due_at < now:
        says = f"overdue by {days(now - item.due_at)}, it was due {_moment(item.due_at)}"
    else:
        says = f"due {_moment(item.due_at)}"
    says += f"; {item.get_state_display().lower()}"
    says += f", with {item.owner}" if item.owner else ", without an owner"
    return Line((_item(item), Part(f": {says}.")))


def _expectation(found: ProductNews) -> str:
    """How long work takes here, by what was finished lately."""
    cycle = found.leadership.flow.cycle
    if cycle.linear is None or cycle.count < ENOUGH:
        return "Too little was finished lately to say how long work takes."
    half, most = (count(round(cycle.linear[at]), "day", "days") for at in (50, 85))
    return (
        f"Once started, half of the work is finished within {half} and 85 of 100 within {most}, by"
        f" {cycle.count:,} items of the last {len(found.leadership.flow.weeks)} weeks."
    )


# --- What is asked of the reader -----------------------------------------------------------------


def _asked(found: ProductNews, asked: Asked, window_from: datetime, period: timedelta) -> Section:
    links = Links(found.product.key)
    lines: list[Line] = []
    for assignment in asked.reviews[:REVIEWS]:
        cycle = assignment.stage.cycle
        url = reverse("review", args=[found.product.key, cycle.pk])
        since_ = assignment.stage.opened_at or assignment.assigned_at
        says = (
            f": your verdict is asked in {str(assignment.stage).lower()}, since {_moment(since_)}."
        )
        lines.append(
            Line((Part(f"{cycle.asset.name}, version {cycle.version.number}", url), Part(says)))
        )
    if len(asked.reviews) > REVIEWS:
        more = count(len(asked.reviews) - REVIEWS, "more review", "more reviews")
        lines.append(Line((Part(more, links.page("reviews")), Part(" wait for you."))))
    mine = {"open": "true", "owner": "me"}
    if asked.overdue:
        be = "is" if asked.overdue == 1 else "are"
        url = links.items(**mine, overdue="true")
        yours = Part(count(asked.overdue, "item of yours", "items of yours"), url)
        lines.append(Line((yours, Part(f" {be} overdue."))))
    due = asked.due.get(period.days, 0)
    if due:
        be = "is" if due == 1 else "are"
        within = "a day" if period.days == 1 else f"{period.days} days"
        end = since(found.now + period)
        url = links.items(**mine, due_after=since(found.now), due_before=end)
        yours = Part(count(due, "item of yours", "items of yours"), url)
        lines.append(Line((yours, Part(f" {be} due within {within}."))))
    mentions = [each for each in asked.mentions if each.created_at >= window_from]
    for comment in mentions[:MENTIONS]:
        url = f"{reverse('item', args=[comment.item.key])}#conversation"
        who = str(comment.author) if comment.author else comment.author_name
        lines.append(
            Line(
                (
                    Part(f"{comment.item.key} {comment.item.title}", url),
                    Part(f": {who} mentioned you."),
                )
            )
        )
    if asked.triages:
        lines += _for_deciders(found, links)
    return Section(
        key="asked", title="Asked of you", lines=tuple(lines), empty="Nothing waits for you."
    )


def _for_deciders(found: ProductNews, links: Links) -> list[Line]:
    lines = []
    if found.triage:
        words = Part(count(found.triage, "item", "items"), links.page("triage"))
        lines.append(Line((words, Part(f" {'waits' if found.triage == 1 else 'wait'} in triage."))))
    if found.unowned:
        url = links.items(open="true", band="act_now", owner="none")
        words = Part(count(found.unowned, "item", "items"), url)
        have = "has" if found.unowned == 1 else "have"
        lines.append(Line((words, Part(f" to act on now {have} no owner."))))
    late = late_changes(found.product.key, found.leadership)
    if late is not None and late[1]:
        said, _alarm = late
        lines.append(Line((Part("Late structural change", said.url), Part(f": {said.text}"))))
    return lines


# --- Words ---------------------------------------------------------------------------------------


def _item(item: Item) -> Part:
    return Part(f"{item.key} {item.title}", reverse("item", args=[item.key]))


def _moment(instant: datetime) -> str:
    """``Mon 5 Oct, 08:00`` on the reader's clock."""
    return date_format(timezone.localtime(instant), "D j M, H:i")


def period_of(preference_cadence: str) -> timedelta:
    """How far a digest looks ahead: a day, or a week. Off counts as weekly, for a preview."""
    return cadence.length(preference_cadence)
