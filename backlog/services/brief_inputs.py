"""What people must supply to a brief, and what will be measured."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts import rights
from accounts.actors import Actor
from accounts.models import User
from backlog import positions
from backlog.models import Brief, BriefInput, BriefSignal
from backlog.services import briefs, changes
from backlog.vocabulary import InputState
from core import text
from core.errors import Conflict, Invalid, NotFound

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
ANSWER_LIMIT = 5000
MOST = 200


@transaction.atomic
def ask_input(
    *,
    actor: Actor,
    brief: Brief,
    function: str,
    what: str,
    person: User | None = None,
    due_on: date | None = None,
    now: datetime | None = None,
) -> BriefInput:
    """Ask somebody, or a function whose person is not known yet, for what the brief needs. Raises Invalid."""
    right = rights.require(actor, "brief.edit", brief.product)
    function, what = _asked(function, what)
    brief = briefs.locked(brief)
    if brief.inputs.count() >= MOST:
        raise Conflict(f"A brief asks for at most {MOST} inputs.", code="too_many_inputs")
    row = BriefInput.objects.create(
        product=brief.product,
        brief=brief,
        function=function,
        person=person,
        what=what,
        due_on=due_on,
        asked_by=actor.user,
        asked_at=now or timezone.now(),
    )
    briefs.touch(brief, now)
    _log(actor, brief, "brief.input_asked", {"input": (None, f"{function}: {what}")}, right, now)
    return row


@transaction.atomic
def edit_input(
    *,
    actor: Actor,
    asked: BriefInput,
    function: str,
    what: str,
    person: User | None = None,
    due_on: date | None = None,
    now: datetime | None = None,
) -> BriefInput:
    """Ask for something else, somebody else, or until another day; what was answered stays."""
    right = rights.require(actor, "brief.edit", asked.brief.product)
    function, what = _asked(function, what)
    brief = briefs.locked(asked.brief)
    row = _there(asked, brief)
    old = (row.function, row.what, row.person_id, row.due_on)
    new = (function, what, person.pk if person else None, due_on)
    if old == new:
        return row
    row.function, row.what, row.person, row.due_on = function, what, person, due_on
    row.save(update_fields=["function", "what", "person", "due_on"])
    briefs.touch(brief, now)
    fields = {"input": (f"{old[0]}: {old[1]}", f"{function}: {what}")}
    _log(actor, brief, "brief.input_asked", fields, right, now)
    return row


@transaction.atomic
def settle_input(
    *,
    actor: Actor,
    asked: BriefInput,
    state: str,
    answer: str,
    now: datetime | None = None,
) -> BriefInput:
    """Supply what was asked for, or say why it is not needed. Whoever is asked may answer without a further right.

    Raises Invalid (no answer), Conflict (settled already, or the brief is retired), NotAllowed.
    """
    product = asked.brief.product
    own = actor.user is not None and asked.person_id == actor.user.pk
    right = rights.require(
        actor, "comment.add" if own and state == InputState.RECEIVED else "brief.edit", product
    )
    answer = text.body(answer, field="answer", limit=ANSWER_LIMIT).strip()
    if state not in (InputState.RECEIVED, InputState.WAIVED):
        raise Invalid("Say whether it came.", fields={"state": ["Use received or waived."]})
    if not answer:
        words = "Write what was supplied." if state == InputState.RECEIVED else "Say why not."
        raise Invalid(words, fields={"answer": [words]})
    brief = briefs.locked(asked.brief)
    now = now or timezone.now()
    done = BriefInput.objects.filter(pk=asked.pk, brief=brief, state=InputState.OUTSTANDING).update(
        state=state, answer=answer, settled_by=actor.user, settled_at=now
    )
    if not done:
        raise Conflict(
            "This input was settled already, so nothing was changed. Reopen it to answer anew.",
            code="settled_already",
        )
    asked = _there(asked, brief)
    briefs.touch(brief, now)
    fields = {
        "input": (None, f"{asked.function}: {asked.what}"),
        "input_state": (InputState.OUTSTANDING, state),
    }
    _log(actor, brief, "brief.input_settled", fields, right, now, reason=answer)
    return asked


@transaction.atomic
def reopen_input(*, actor: Actor, asked: BriefInput, now: datetime | None = None) -> BriefInput:
    """Take an answer back: the input is outstanding again, its text stays to be worked on."""
    right = rights.require(actor, "brief.edit", asked.brief.product)
    brief = briefs.locked(asked.brief)
    row = _there(asked, brief)
    if row.state == InputState.OUTSTANDING:
        raise Conflict("This input is outstanding already.", code="not_settled")
    fields = {
        "input": (None, f"{row.function}: {row.what}"),
        "input_state": (row.state, InputState.OUTSTANDING),
    }
    row.state, row.settled_by, row.settled_at = InputState.OUTSTANDING, None, None
    row.save(update_fields=["state", "settled_by", "settled_at"])
    briefs.touch(brief, now)
    _log(actor, brief, "brief.input_reopened", fields, right, now)
    return row


@transaction.atomic
def remove_input(*, actor: Actor, asked: BriefInput, now: datetime | None = None) -> None:
    """Withdraw what was asked for; what has been supplied stays. Raises Conflict for a settled one."""
    right = rights.require(actor, "brief.edit", asked.brief.product)
    brief = briefs.locked(asked.brief)
    row = _there(asked, brief)
    if row.state != InputState.OUTSTANDING:
        raise Conflict(
            "It was settled already, and what people supplied stays. Reopen it first.",
            code="settled_already",
        )
    row.delete()
    briefs.touch(brief, now)
    fields = {"input": (f"{row.function}: {row.what}", None)}
    _log(actor, brief, "brief.input_removed", fields, right, now)


@transaction.atomic
def save_signal(
    *,
    actor: Actor,
    brief: Brief,
    name: str,
    target: float,
    source: str,
    metric: str = "",
    unit: str = "",
    baseline: float | None = None,
    higher_is_better: bool = True,
    signal: BriefSignal | None = None,
    now: datetime | None = None,
) -> BriefSignal:
    """Say what will be measured, from where to where, and where the figure comes from; ``signal``: change that one.

    ``metric`` is the slug that readings name too; without it, one is made of the name. Raises Invalid, Conflict.
    """
    right = rights.require(actor, "brief.edit", brief.product)
    values: dict[str, Any] = {
        "name": text.one_line(name),
        "metric": text.one_line(metric).lower() or slugify(name)[:40].strip("-_"),
        "unit": text.one_line(unit),
        "baseline": baseline,
        "target": target,
        "higher_is_better": higher_is_better,
        "source": text.one_line(source),
    }
    problems: dict[str, list[str]] = {}
    for field, limit in (("name", 120), ("source", 200), ("unit", 24)):
        if len(values[field]) > limit:
            problems[field] = [f"Use at most {limit} characters."]
        if not values[field] and field != "unit":
            problems[field] = ["This is needed."]
    if not _SLUG.fullmatch(values["metric"]):
        problems["metric"] = ["Use small letters, digits, - and _; at most 40 characters."]
    if not math.isfinite(target) or (baseline is not None and not math.isfinite(baseline)):
        problems["target"] = ["Use a number."]
    if problems:
        raise Invalid("The signal was not saved.", fields=problems)
    brief = briefs.locked(brief)
    others = brief.signals.exclude(pk=signal.pk) if signal else brief.signals.all()
    if others.filter(metric=values["metric"]).exists():
        raise Invalid(
            "The signal was not saved.",
            fields={"metric": [f"{brief.key} measures {values['metric']} already."]},
        )
    old = None
    if signal is None:
        if others.count() >= MOST:
            raise Conflict(f"A brief holds at most {MOST} signals.", code="too_many_signals")
        last = others.order_by("-position").values_list("position", flat=True).first()
        row = BriefSignal(
            product=brief.product, brief=brief, position=positions.between(last, None) or 0.0
        )
    else:
        found = BriefSignal.objects.filter(pk=signal.pk, brief=brief).first()
        if found is None:
            raise NotFound("This signal was removed meanwhile.")
        row, old = found, _words(found)
    for field, value in values.items():
        setattr(row, field, value)
    if old == _words(row):
        return row
    row.save()
    briefs.touch(brief, now)
    _log(actor, brief, "brief.signal_saved", {"signal": (old, _words(row))}, right, now)
    return row


@transaction.atomic
def remove_signal(*, actor: Actor, signal: BriefSignal, now: datetime | None = None) -> None:
    """Do not measure it any more."""
    right = rights.require(actor, "brief.edit", signal.brief.product)
    brief = briefs.locked(signal.brief)
    gone, _ = BriefSignal.objects.filter(pk=signal.pk, brief=brief).delete()
    if not gone:
        raise NotFound("This signal was removed meanwhile.")
    briefs.touch(brief, now)
    _log(actor, brief, "brief.signal_removed", {"signal": (_words(signal), None)}, right, now)


def _words(row: BriefSignal) -> str:
    start = "?" if row.baseline is None else f"{row.baseline:.12g}"
    way = "up" if row.higher_is_better else "down"
    return f"{row.name} [{row.metric}] {start} → {row.target:.12g} {row.unit} {way}, {row.source}"


def _asked(function: str, what: str) -> tuple[str, str]:
    function, what = text.one_line(function), text.one_line(what)
    problems: dict[str, list[str]] = {}
    for name, value, limit in (("function", function, 60), ("what", what, 300)):
        if not value:
            problems[name] = ["This is needed."]
        elif len(value) > limit:
            problems[name] = [f"Use at most {limit} characters; this has {len(value)}."]
    if problems:
        raise Invalid("The input was not saved.", fields=problems)
    return function, what


def _there(asked: BriefInput, brief: Brief) -> BriefInput:
    row = BriefInput.objects.filter(pk=asked.pk, brief=brief).select_related("person").first()
    if row is None:
        raise NotFound("This input was removed meanwhile.")
    row.brief = brief
    return row


def _log(
    actor: Actor,
    brief: Brief,
    verb: str,
    fields: Mapping[str, tuple[Any, Any]],
    right: str,
    now: datetime | None,
    reason: str = "",
) -> None:
    entry = changes.Entry(verb, brief, fields=fields, reason=reason, right=right)
    changes.record(actor=actor, product=brief.product, entries=[entry], now=now)
