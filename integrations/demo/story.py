"""The plan of the example data: every act with its instant, before anything is written.

Acts are plain data; ``play`` carries them out in the order of time. The same now and seed give the same plan.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from integrations.demo import measuring, setting
from integrations.demo.briefing_steps import STEPS
from integrations.demo.clock import STUDIO, Clock
from integrations.demo.edition import Remark, Round, Verdict, Work
from integrations.demo.judging import CLAIMS, LIFTED
from integrations.demo.people import PEOPLE
from integrations.demo.piece import CRITERIA, Piece, Step
from integrations.demo.reports import REPORTS
from integrations.demo.resolutions import DECISIONS, REQUESTS
from integrations.demo.rubrics import REWEIGHED
from integrations.demo.works import WORKS

#: Verb of a life -> state.
STATES = {
    "started": "in_progress",
    "reviewed": "in_review",
    "reworked": "in_progress",
    "done": "done",
}
CYCLE_DAYS = 14
#: Points under way that stand in the running cycle's plan.
RUNNING_POINTS = 34.0
#: Entries that a refinement session gets to; its agenda holds one more.
TALKED = 7


@dataclass(frozen=True)
class Act:
    """Something that one person (or "" for the system) does at an instant: ``what`` names a method of ``play.Play``."""

    at: datetime
    what: str
    who: str
    piece: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Span:
    """When a piece was worked on: from its start to its end (None: still)."""

    planned: datetime
    start: datetime
    end: datetime | None


class Story:
    """Plans all acts. ``acts`` is sorted by instant; acts of one instant keep the order in which they were planned."""

    def __init__(self, now: datetime, rng: random.Random) -> None:
        self.now = now
        self.rng = rng
        self.clock = Clock(now, rng)
        self._zones = {person.key: ZoneInfo(person.time_zone) for person in PEOPLE}
        self._acts: list[Act] = []
        self._came: dict[str, datetime] = {}
        self._spans: dict[str, Span] = {}
        self._by_slug = {piece.slug: piece for piece in setting.PIECES}
        self.began = self.clock.at(setting.BEGAN, self._zones["ingrid"])

    def plan(self) -> list[Act]:
        """All acts, in the order of time."""
        self._definitions()
        for piece in sorted(setting.PIECES, key=lambda each: -each.came):
            self._live(piece)
        for piece in setting.PIECES:
            self._link(piece)
        for work in WORKS:
            self._work(work)
        self._resolutions()
        for change in REWEIGHED:
            self._add(self._when(change.day, change.who), "reweigh", change.who, change=change)
        self._cycles()
        self._judge()
        self._add(self._when(62.5, "amara"), "planning", "amara")
        self._refinements()
        self._nights()
        self._reports()
        self._briefs()
        self._placings()
        return sorted(self._acts, key=lambda act: act.at)

    def _placings(self) -> None:
        """Approved works come into force and are placed; their figures come in week by week."""
        for number in range(2):
            self._add(self._when(36 - number, "ingrid"), "publish_work", "ingrid", number=number)
        self._add(self._when(9, "ingrid"), "publish_work", "ingrid", number=2)
        self._add(self._when(8, "ingrid"), "supersede_work", "ingrid")
        for week in range(4):
            self._add(self._when(28 - 7 * week, "amara"), "read_work", "amara", week=week)
        self._add(self._when(5, "ingrid"), "ask_for_replacements", "ingrid")
        self._add(self._when(3, "ingrid"), "recall_work", "ingrid")

    def _add(self, at: datetime, what: str, who: str, piece: str = "", **values: Any) -> None:
        self._acts.append(Act(at, what, who, piece, values))

    def _when(self, day: float, who: str, after: datetime | None = None) -> datetime:
        return self.clock.at(day, self._zones[who or "ingrid"], after)

    def _definitions(self) -> None:
        for day, who, kind, sentence, limit, reason in setting.DEFINED:
            at = self._when(day, who)
            self._add(at, "define", who, kind=kind, sentence=sentence, limit=limit, reason=reason)
        for number, (who, name, query, shared) in enumerate(setting.VIEWS):
            self._add(
                self._when(60 - 5 * number, who),
                "save_view",
                who,
                name=name,
                query=query,
                shared=shared,
            )

    # --- one item ------------------------------------------------------------------------------

    def _live(self, piece: Piece) -> None:
        actor = "ingrid" if piece.by == "priya" else piece.by
        came = self._when(piece.came, piece.by, self.began)
        self._came[piece.slug] = came
        self._add(came, "create", actor, piece.slug, api=actor != piece.by)
        last, at = came, came
        accepted: datetime | None = None
        started: datetime | None = None
        ended: datetime | None = None
        for step in piece.steps:
            who = step.who or self._doer(piece, step)
            at = self._when(step.day, who, last)
            self._step(piece, step, who, at)
            if step.verb == "accepted":
                accepted = at
                at = self._detail(piece, who, at)
            if step.verb == "started" and started is None:
                started = at
            if step.verb == "done" and piece.verified:
                self._verify(piece, last, at)
            ended = at if step.verb in ("done", "parked", "declined") else None
            last = at
        if accepted is not None and piece.rated:
            self._rate(piece, accepted)
        if accepted is not None and started is not None:
            self._spans[piece.slug] = Span(accepted, started, ended)
        if piece.verified and (not piece.steps or piece.steps[-1].verb != "done"):
            self._verify(piece, last, self.clock.last)
        if ended is not None and piece.steps[-1].verb == "done" and piece.rated:
            measured = ended + measuring.WINDOW
            if measured < self.clock.last:
                self._add(measured, "measure", "amara", piece.slug)
        self._aside(piece, came)

    def _doer(self, piece: Piece, step: Step) -> str:
        if step.verb in STATES and step.verb != "reworked":
            return piece.owner or "amara"
        return "amara"

    def _step(self, piece: Piece, step: Step, who: str, at: datetime) -> None:
        reason = piece.why.get(step.verb, "")
        if step.verb == "parked":
            until = self.clock.day(float(step.what))
            self._add(at, "park", who, piece.slug, until=until, reason=reason)
            return
        if step.verb in STATES:
            self._add(at, "state", who, piece.slug, state=STATES[step.verb], reason=reason)
            return
        self._add(at, step.verb, who, piece.slug, to=step.what, reason=reason)

    def _detail(self, piece: Piece, who: str, accepted: datetime) -> datetime:
        """Right after accepting: effort, horizon, owner, due day."""
        at = accepted + timedelta(minutes=self.rng.randint(1, 4), seconds=self.rng.randint(0, 59))
        values: dict[str, Any] = {}
        if piece.effort is not None:
            first = piece.effort
            if piece.efforts:
                first = round(piece.effort * 0.6)
            values["effort"] = float(first)
        if piece.owner and piece.queue != "hotfix":
            values["owner"] = piece.owner
        if piece.horizon:
            values["horizon"] = piece.horizon
        if piece.due is not None and piece.queue != "hotfix":
            values["due_at"] = self.clock.end_of_day(piece.due)
        if values:
            self._add(at, "edit", who, piece.slug, values=values, reason="")
        return at

    def _rate(self, piece: Piece, accepted: datetime) -> None:
        """Value and impact by the product owner, risk by who knows the risk, both soon after accepting."""
        steps = piece.steps
        day = next(step.day for step in steps if step.verb == "accepted")
        left = day - (steps[-1].day if len(steps) > 1 else 0.0)
        first = self._when(
            day - min(self.rng.uniform(0.1, 0.9), left * 0.1),
            "amara",
            accepted + timedelta(minutes=10),
        )
        judge = "camille" if piece.program == "Compliance" and piece.by != "ingrid" else "ingrid"
        second = self._when(day - min(self.rng.uniform(0.9, 3.8), left * 0.25), judge, first)
        sure = piece.sure or "".join(self.rng.choices("gic", (2, 6, 2), k=3))
        pillars = [
            {
                name: (float(level), _CERTAINTY[certainty])
                for name, level in zip(names, levels, strict=True)
                if level != "-"
            }
            for names, levels, certainty in zip(CRITERIA, piece.rated.split(), sure, strict=True)
        ]
        self._add(first, "rate", "amara", piece.slug, levels=pillars[0] | pillars[1], reason="")
        self._add(second, "rate", judge, piece.slug, levels=pillars[2], reason="")

    def _verify(self, piece: Piece, after: datetime, before: datetime) -> None:
        who = "camille" if piece.program == "Compliance" else "amara"
        for position in range(piece.verified):
            share = (position + 1) / (piece.verified + 1)
            at = after + (before - after) * min(share, 0.8)
            at = self.clock.settle(at, self._zones[who], after)
            if at >= before:
                at = after + (before - after) * 0.9
            self._add(at, "verify", who, piece.slug, position=position)

    def _aside(self, piece: Piece, came: datetime) -> None:
        """What happens beside the states: remarks, evidence, estimates, new ratings, judgement."""
        for day, who, words in piece.said:
            actor = self._when(day, who, came)
            self._add(actor, "say", who, piece.slug, words=words)
        for sign in piece.signs:
            occurred = max(self.clock.back(sign.day), came)
            recorded = min(occurred + timedelta(minutes=self.rng.randint(2, 50)), self.clock.last)
            self._add(recorded, "sign", "ingrid", piece.slug, sign=sign, occurred=occurred)
        for day, who, effort, reason in piece.efforts:
            at = self._when(day, who, came)
            self._add(at, "edit", who, piece.slug, values={"effort": effort}, reason=reason)
        for day, who, given, reason in piece.again:
            levels = {name: (float(level), certainty) for name, (level, certainty) in given.items()}
            self._add(
                self._when(day, who, came), "rate", who, piece.slug, levels=levels, reason=reason
            )
        for adjusted in piece.adjusted:
            at = self._when(adjusted.day, adjusted.who, came)
            expires = at + timedelta(days=adjusted.lasts)
            self._add(at, "adjust", adjusted.who, piece.slug, adjusted=adjusted, expires=expires)
            if adjusted.ended is not None:
                ended = self._when(adjusted.ended, adjusted.who, at)
                self._add(
                    ended, "end_adjustment", adjusted.who, piece.slug, reason=adjusted.ended_why
                )

    def _judge(self) -> None:
        """Claims with what became of them, and moves by hand."""
        for claim in CLAIMS:
            own, slug = claim.adjusted, claim.slug
            at = self._when(own.day, own.who, self._came[slug])
            expires = at + timedelta(days=own.lasts)
            self._add(at, "adjust", own.who, slug, adjusted=own, expires=expires)
            if claim.verdict:
                judged = self._when(claim.judged, claim.judge, expires)
                self._add(judged, "judge", claim.judge, slug, claim=claim)
        for lifted in LIFTED:
            at = self._when(lifted.day, lifted.who, self._came[lifted.slug])
            self._add(at, "lift", lifted.who, lifted.slug, lifted=lifted)

    def _link(self, piece: Piece) -> None:
        for kind, slug in piece.links:
            later = max(self._came[piece.slug], self._came[slug])
            at = later + timedelta(hours=self.rng.uniform(1, 20))
            at = self.clock.settle(at, self._zones["amara"], later)
            self._add(at, "link", "amara", piece.slug, kind=kind, target=slug)

    def _reports(self) -> None:
        """Evidence that came in without an item."""
        for report in REPORTS:
            occurred = self.clock.back(report.day)
            recorded = min(occurred + timedelta(minutes=20), self.clock.last)
            self._add(recorded, "report", "ingrid", report=report, occurred=occurred)

    # --- files ---------------------------------------------------------------------------------

    def _work(self, work: Work) -> None:
        last = self._came[work.piece]
        for number, edition in enumerate(work.editions, 1):
            last = self._when(edition.day, edition.who, last)
            self._add(
                last, "upload", edition.who, work.piece, work=work, edition=edition, number=number
            )
            if edition.round is not None:
                last = self._review(work, edition.who, edition.round, last)

    def _review(self, work: Work, who: str, round_: Round, after: datetime) -> datetime:
        last = self._when(round_.day, who, after)
        self._add(last, "review", who, work.piece, work=work, round=round_)
        acts: Sequence[Verdict | Remark] = (*round_.verdicts, *round_.remarks)
        for act in sorted(acts, key=lambda each: -each.day):
            last = self._when(act.day, act.who, last)
            what = "decide" if isinstance(act, Verdict) else "note"
            self._add(last, what, act.who, work.piece, work=work, act_=act)
        if round_.withdrawn is not None:
            day, reason = round_.withdrawn
            last = self._when(day, who, last)
            self._add(last, "withdraw", who, work.piece, work=work, reason=reason)
        return last

    # --- briefs and increments ---------------------------------------------------------------------

    def _briefs(self) -> None:
        """One after the other; a day by which something is due counts working days, too, and may lie ahead."""
        last: datetime | None = None
        for day, who, verb, values in STEPS:
            last = self._when(day, who, last)
            words = dict(values)
            if "due" in words:
                words["due_on"] = self.clock.day(-1.4 * words.pop("due"))
            self._add(last, "briefed", who, verb=verb, values=words)

    # --- decisions and requests ------------------------------------------------------------------

    def _resolutions(self) -> None:
        for decision in DECISIONS:
            at = self._when(decision.day, decision.who)
            self._add(at, "resolve", decision.who, decision=decision)
        for asked in REQUESTS:
            until = self.clock.end_of_day(asked.until).date().isoformat() if asked.until else ""
            at = self._when(asked.day, asked.who)
            self._add(at, "ask", asked.who, asked.piece, asked=asked, until=until)
            if asked.answered is not None:
                day, who, accept, reason = asked.answered
                answered = self._when(day, who, at)
                self._add(answered, "answer", who, asked.piece, accept=accept, reason=reason)

    # --- cycles and nights ---------------------------------------------------------------------

    def _cycles(self) -> None:
        """Two weeks each; this is the second week of the running one, and the next one is being planned."""
        for number in range(1, setting.CYCLES + 2):
            first = self.clock.monday(-1) + timedelta(days=CYCLE_DAYS * (number - setting.CYCLES))
            last = first + timedelta(days=CYCLE_DAYS - 1)
            opens = datetime.combine(first, time(9, 10), STUDIO).astimezone(UTC)
            closes = opens + timedelta(days=CYCLE_DAYS - 3, hours=7, minutes=20)
            name = f"Cycle {number}"
            if number > setting.CYCLES:
                self._next_cycle(name, first, last)
                continue
            self._add(opens, "plan_cycle", "amara", name=name, first=first, last=last)
            accepts = opens + timedelta(hours=4, minutes=12)
            self._fill(number, opens, accepts, closes)
            self._add(accepts, "accept_cycle", "amara", name=name)
            if closes < self.now and number < setting.CYCLES:
                self._add(closes, "close_cycle", "amara", name=name)

    def _fill(self, number: int, opens: datetime, accepts: datetime, closes: datetime) -> None:
        """What ends in this cycle, and what ends in the next one and was begun before this one closes."""
        name = f"Cycle {number}"
        minutes = 4
        running = self._running() if number >= setting.CYCLES - 1 else frozenset()
        for slug, span in sorted(self._spans.items(), key=lambda each: each[1].start):
            ends = span.end or self.now
            if span.start >= closes or ends <= opens or (span.end is None and slug not in running):
                continue
            if ends >= opens + timedelta(days=2 * CYCLE_DAYS):
                continue
            if span.planned < opens:
                at = opens + timedelta(minutes=minutes)
                minutes += 2
                reason = ""
            else:
                at = max(span.start + timedelta(minutes=2), accepts + timedelta(minutes=5))
                reason = _JOINS[self._by_slug[slug].queue or "enhancement"]
                if at >= min(ends, closes):
                    continue  # begun and over outside the plan
            self._add(at, "join_cycle", "amara", slug, name=name, reason=reason)

    def _running(self) -> frozenset[str]:
        """What is planned of all that is under way now: the latest begun, as far as a cycle holds it."""
        open_ = [slug for slug, span in self._spans.items() if span.end is None]
        open_.sort(key=lambda slug: self._spans[slug].start, reverse=True)
        taken, chosen = 0.0, set()
        for slug in open_:
            effort = float(self._by_slug[slug].effort or 3)
            if taken + effort <= RUNNING_POINTS:
                taken += effort
                chosen.add(slug)
        return frozenset(chosen)

    def _next_cycle(self, name: str, first: date, last: date) -> None:
        at = self._when(1.3, "amara")
        self._add(at, "plan_cycle", "amara", name=name, first=first, last=last)
        for piece in [each for each in setting.PIECES if each.next_cycle][:3]:
            at += timedelta(seconds=self.rng.randint(20, 70))
            self._add(at, "join_cycle", "amara", piece.slug, name=name, reason="")
        self._add(at + timedelta(minutes=3), "propose_cycle", "amara", name=name)

    def _refinements(self) -> None:
        """Two sessions that were held, a fortnight apart, and one for tomorrow morning."""
        held = (("first", "Refinement, before the cycle", 13.0), ("second", "Refinement", 4.0))
        for name, title, day in held:
            starts = self.clock.back(day)
            planned = self.clock.back(day + 2)
            self._add(planned, "plan_refinement", "amara", name=name, title=title, starts_at=starts)
            self._add(starts, "open_refinement", "amara", name=name)
            for place in range(TALKED):
                at = starts + timedelta(minutes=6 * place + 5, seconds=40 * place)
                self._add(at, "refine", "amara", name=name, place=place)
            closes = starts + timedelta(minutes=6 * TALKED + 9)
            self._add(closes, "close_refinement", "amara", name=name)
        tomorrow = datetime.combine(self.clock.day(1), time(10), STUDIO)
        tomorrow += timedelta(days=max(0, 7 - tomorrow.weekday()) if tomorrow.weekday() > 4 else 0)
        self._add(
            self.clock.back(0.4),
            "plan_refinement",
            "amara",
            name="next",
            title="Refinement",
            starts_at=tomorrow.astimezone(UTC),
        )

    def _nights(self) -> None:
        """What the system does by itself: parked items come back, adjustments run out, everything is rescored."""
        day = self.began.date() + timedelta(days=1)
        while (at := datetime.combine(day, time(2, 10), UTC)) < self.now:
            if day.weekday() == 0 or self.now - at < timedelta(days=21):
                self._add(at, "night", "")
            day += timedelta(days=1)


#: Why an item came into a cycle that was running.
_JOINS = {
    "hotfix": "It cannot wait for the next cycle.",
    "stability": "It came up in support this week and is small.",
    "enhancement": "There was room, and the editors had it half done.",
    "strategic_bet": "The bet is ahead of its plan; the next step fits in.",
}
_CERTAINTY = {"g": "guess", "i": "informed", "c": "certain"}
