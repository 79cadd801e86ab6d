"""The five questions of the leadership page in sentences whose numbers lead to the items behind them.

What the data does not tell is said, with what would tell it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from backlog.vocabulary import QueueKind
from insights import leadership
from insights.figures import Share, shares_since
from insights.selectors.leadership import Leadership
from insights.words import Part, count, days, hours, listed, percent, plain, series

Query = Mapping[str, str]
LONG_AGO = "1970-01-01T00:00:00Z"
DONE = {"state": "done"}
#: A share is kept when no more than so much of it is missing: one item more or less is no verdict.
TOLERANCE = 0.02
#: Kinds of evidence that speak of trust itself, and not of the trouble behind it.
TRUST = "satisfaction_drop"
KINDS = {
    "support_ticket": "support tickets",
    "affected_users": "affected users",
    "satisfaction_drop": "drops in satisfaction",
    "incident": "incidents",
}


@dataclass(frozen=True)
class Answer:
    """``trend``: oldest first, None where there was nothing to measure; ``known`` False: the data does not tell."""

    key: str
    question: str
    parts: Sequence[Part]
    trend: Sequence[float | None]
    trend_says: str
    url: str
    link: str
    known: bool = True

    @property
    def text(self) -> str:
        return plain(self.parts)

    @property
    def html(self) -> SafeString:
        return format_html_join("", "{}", ((_piece(part),) for part in self.parts))


def _piece(part: Part) -> SafeString | str:
    if part.url:
        return format_html('<a href="{}"><b>{}</b></a>', part.url, part.text)
    return part.text


class Links:
    """Addresses within a product."""

    def __init__(self, key: str) -> None:
        self.key = key

    def items(self, **query: str) -> str:
        """The backlog through these filters; open items only, unless a state is named."""
        return f"{reverse('backlog', args=[self.key])}?{urlencode(query)}"

    def page(self, route: str) -> str:
        return reverse(route, args=[self.key])


def since(instant: dt.datetime) -> str:
    """An instant for a filter."""
    return instant.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def answers(product_key: str, found: Leadership) -> list[Answer]:
    """The five, in the order in which they are asked."""
    links = Links(product_key)
    return [
        _promises(found, links),
        _strategy(found, links),
        _trust(found, links),
        _outcome(found, links),
        _decisions(found, links),
    ]


def late_changes(product_key: str, found: Leadership) -> tuple[Answer, bool] | None:
    """How much structural change came late, and whether that alarms (N21). None where none was asked for in a year."""
    report = found.late_change
    if report is None or not any(month.late.total for month in report.months):
        return None
    rates = [month.late.rate for month in report.months]
    url = f"{Links(product_key).page('increments')}#late-change"
    said = Answer(
        key="late_change",
        question="Does structural change come late?",
        parts=[Part(report.sentence)],
        trend=rates,
        trend_says=f"Late among structural changes, by month: {series(rates)}",
        url=url,
        link="The requests behind it",
    )
    return said, report.alarm


def _promises(found: Leadership, links: Links) -> Answer:
    facts = found.facts.promises
    recent = since(leadership.promises_since(found.at))
    behind = links.items(**DONE, finished_after=recent, due_after=LONG_AGO)
    within = f"in the last {leadership.PROMISE_DAYS} days"
    late = links.items(open="true", overdue="true")
    weekly = [kept / due if due else None for kept, due in facts.weekly]
    parts: list[Part] = []
    if facts.due:
        parts += [
            Part(f"{facts.kept} of {facts.due}", behind),
            Part(
                f" items with a due date were finished by it {within} ({percent(facts.kept, facts.due)})."
            ),
        ]
        if facts.put_off:
            parts.append(
                Part(
                    f" {count(facts.put_off, 'of them had it', 'of them had theirs')} moved later first."
                )
            )
    else:
        parts.append(
            Part(
                f"Not known: nothing that was finished {within} had a due date."
                " Due dates on accepted items would tell."
            )
        )
    if facts.overdue:
        parts += [
            Part(" "),
            Part(count(facts.overdue, "item", "items"), late),
            Part(f" {'is' if facts.overdue == 1 else 'are'} overdue now."),
        ]
    else:
        parts.append(Part(" Nothing is overdue now."))
    return Answer(
        key="promises",
        question="Are we keeping promises?",
        parts=parts,
        trend=weekly,
        trend_says=f"Share finished in time, by week: {series(weekly)}",
        url=behind,
        link="What was promised and finished",
        known=bool(facts.due),
    )


def _strategy(found: Leadership, links: Links) -> Answer:
    shares = {share.queue: share for share in found.flow.shares}
    recent = since(shares_since(found.at))
    behind = links.items(**DONE, finished_after=recent)
    bets, fixes = shares[QueueKind.STRATEGIC_BET], shares[QueueKind.HOTFIX]
    weekly = [
        week.points[QueueKind.STRATEGIC_BET] / sum(week.points.values())
        if sum(week.points.values())
        else None
        for week in found.flow.weeks[-leadership.TREND_WEEKS - 1 : -1]
    ]
    if found.ledger:
        return _ledger(found, links)
    if bets.share is None or fixes.share is None:
        parts = [
            Part(
                "Not known: nothing was finished in the last six weeks, so there is no effort to share out."
            )
        ]
    else:
        parts = [
            Part(_verdict(bets, fixes)),
            Part("Strategic bets got "),
            Part(
                f"{percent(bets.share, 1)}",
                links.items(**DONE, queue=bets.queue, finished_after=recent),
            ),
            Part(
                f" of the effort finished in the last six weeks ({percent(bets.promised, 1)} promised), hotfixes "
            ),
            Part(
                f"{percent(fixes.share, 1)}",
                links.items(**DONE, queue=fixes.queue, finished_after=recent),
            ),
            Part(f" ({percent(fixes.promised, 1)})."),
        ]
        if found.flow.assumed:
            parts.append(
                Part(
                    f" {found.flow.assumed} of the {count(found.flow.counted, 'item', 'items')} had no estimate"
                    " and count as three points each."
                )
            )
    return Answer(
        key="strategy",
        question="Did urgent work eat the strategy share?",
        parts=parts,
        trend=weekly,
        trend_says=f"Share of strategic bets in finished effort, by week: {series(weekly)}",
        url=behind,
        link="What was finished in six weeks",
        known=bets.share is not None,
    )


def _ledger(found: Leadership, links: Links) -> Answer:
    """The same question where cycles are planned: what the ledger of the closed ones says."""
    newest = found.ledger[0]
    kept = sum(each.delivered >= each.promised - 1e-9 for each in found.ledger)
    behind = links.page("ledger")
    trend = [
        each.delivered / each.promised if each.promised else None for each in reversed(found.ledger)
    ]
    return Answer(
        key="strategy",
        question="Did urgent work eat the strategy share?",
        parts=[
            Part(newest.cycle, behind),
            Part(f": {newest.sentence} Of the last {count(len(found.ledger), 'cycle', 'cycles')},"),
            Part(f" {kept} kept the whole promise to strategic bets."),
        ],
        trend=trend,
        trend_says=f"Delivered to strategic bets against the promise, by cycle: {series(trend)}",
        url=behind,
        link="The ledger of the cycles",
    )


def _verdict(bets: Share, fixes: Share) -> str:
    assert bets.share is not None
    assert fixes.share is not None
    if bets.share >= bets.promised - TOLERANCE:
        return "No. "
    if fixes.share > fixes.promised + TOLERANCE:
        return "Yes. "
    return "Bets fell short, but not because of hotfixes. "


def _trust(found: Leadership, links: Links) -> Answer:
    facts = found.facts.fixes
    recent = since(leadership.promises_since(found.at))
    behind = links.items(**DONE, queue=QueueKind.HOTFIX, finished_after=recent)
    within = f"in the last {leadership.PROMISE_DAYS} days"
    if not facts.closed:
        parts = [Part(f"Nothing to ask: no hotfix was finished {within}.")]
    else:
        parts = [
            Part(count(facts.closed, "hotfix", "hotfixes"), behind),
            Part(
                f" {'was' if facts.closed == 1 else 'were'} finished {within}, half of them within"
                f" {hours(facts.hours_half)} of being accepted"
            ),
        ]
        parts.append(
            Part(f", {facts.kept} of {facts.due} by their deadline." if facts.due else ".")
        )
        parts += [Part(" "), *_echoes(found)]
    return Answer(
        key="trust",
        question="Do fixes restore trust?",
        parts=parts,
        trend=facts.weekly_hours,
        trend_says=f"Hours to close a hotfix, median by week: {series(facts.weekly_hours, '{:.0f}')}",
        url=behind,
        link="Hotfixes that were closed",
        known=any(echo.kind == TRUST for echo in found.echoes),
    )


def _echoes(found: Leadership) -> list[Part]:
    """What the evidence said before and after, and what it cannot say."""
    span = leadership.ECHO_DAYS
    if not found.facts.fixes.watched:
        return [
            Part(
                f"Whether trust came back is not known yet: {span} days have to pass behind a fix."
            )
        ]
    if not found.echoes:
        return [
            Part(
                "Whether trust came back is not known: no evidence came in round these fixes. Support tickets,"
                " incidents and satisfaction sent in as evidence on the items would tell."
            )
        ]
    moved = [
        f"{KINDS.get(echo.kind, echo.kind.replace('_', ' '))} went from {echo.before:g} to {echo.after:g}"
        for echo in found.echoes
    ]
    says = f"In the {span} days after, against the {span} days before, {listed(moved)}."
    if not any(echo.kind == TRUST for echo in found.echoes):
        says += " Trust itself is not measured: satisfaction sent in as evidence would tell."
    return [Part(says)]


def _outcome(found: Leadership, links: Links) -> Answer:
    finished, made = found.facts.better, found.outcomes
    recent = since(leadership.promises_since(found.at))
    kinds = ",".join(leadership.PROACTIVE)
    within = f"in the last {leadership.PROMISE_DAYS} days"
    behind = links.items(**DONE, queue=kinds, finished_after=recent)
    weekly = [
        sum(made.verified_on.get(monday + dt.timedelta(days=n), 0) for n in range(7))
        for monday in found.facts.weeks
    ]
    missing = (
        "What they did to adoption, retention or income is not known: items name criteria, not yet a measured"
        " baseline, target and result."
    )
    if not finished:
        parts = [Part(f"Not known: no enhancement or bet was finished {within}.")]
    elif not made.criteria:
        parts = [
            Part("Not known: none of the "),
            Part(count(finished, "enhancement or bet", "enhancements and bets"), behind),
            Part(
                f" finished {within} names a success criterion. Criteria, written"
                " before the work and checked after it, would tell."
            ),
        ]
    else:
        parts = [
            Part(f"{made.verified} of {made.criteria} success criteria were met and verified ("),
            Part(f"{percent(made.verified, made.criteria)}), on "),
            Part(f"{made.items} of {finished}", behind),
            Part(f" enhancements and bets finished {within}. {missing}"),
        ]
    return Answer(
        key="outcome",
        question="Do enhancements move the outcome?",
        parts=parts,
        trend=weekly if any(weekly) else [],
        trend_says=f"Criteria verified, by week: {series(weekly, '{:.0f}')}",
        url=behind,
        link="Enhancements and bets that were finished",
        known=False,
    )


def _decisions(found: Leadership, links: Links) -> Answer:
    facts = found.facts.decisions
    old = since(leadership.triage_before(found.at))
    waiting = [
        (
            facts.triage_old,
            "waits in triage for more than two days",
            "wait in triage for more than two days",
            links.items(state="triage", created_before=old),
        ),
        (
            facts.act_now_without_owner,
            "to act on now has no owner",
            "to act on now have no owner",
            links.items(open="true", band="act_now", owner="none"),
        ),
        (
            facts.unscored,
            "past triage has no score",
            "past triage have no score",
            links.items(state="accepted,in_progress,in_review", unscored="true"),
        ),
        (
            facts.returning,
            "comes back from parking within a week",
            "come back from parking within a week",
            links.items(
                state="parked", parked_before=leadership.returning_before(found.at).isoformat()
            ),
        ),
    ]
    groups: list[list[Part]] = [
        [Part(count(number, "item", "items"), url), Part(f" {one if number == 1 else many}")]
        for number, one, many, url in waiting
        if number
    ]
    if found.waiting.reviews:
        oldest = (
            f", the oldest for {days(found.at - found.waiting.oldest)}"
            if found.waiting.oldest
            else ""
        )
        reviews = count(found.waiting.reviews, "review", "reviews")
        is_open = "is" if found.waiting.reviews == 1 else "are"
        groups.append([Part(reviews, links.page("reviews")), Part(f" {is_open} open{oldest}")])
    parts = [Part("Nothing waits for a decision.")]
    if groups:
        parts = []
        for at, group in enumerate(groups):
            parts += [*([Part("; ")] if at else []), *group]
        parts.append(Part("."))
    return Answer(
        key="decisions",
        question="What needs a decision from you now?",
        parts=parts,
        trend=[float(count) for count in facts.weekly_triage],
        trend_says=f"Items in triage at the end of each week: {series(facts.weekly_triage, '{:.0f}')}",
        url=links.page("triage"),
        link="To triage",
    )
