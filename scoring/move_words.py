"""Moves in sentences. Pure: it says what ``scoring.movement`` worked out, and works out nothing of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from scoring.engine import ItemInputs, ItemScore
from scoring.movement import FACTORS, CriterionMove, Movement, Snapshot
from scoring.rubrics import PILLARS, Rubric

LABELS = {
    "rubric": "Rubric",
    "queue": "Queue",
    "value": "Value",
    "impact": "Impact",
    "risk": "Risk",
    "confidence": "Confidence",
    "effort": "Effort",
    "urgency": "Urgency",
    "adjustment": "Judgement",
}
STEPS = ("rating", "signals", "ageing")
WAYS = {
    "done": "done",
    "declined": "declined",
    "parked": "parked",
    "moved_away": "moved to another queue",
    "returned": "sent back without a queue",
    "new": "new",
    "reopened": "reopened",
    "unparked": "back from parking",
    "moved_here": "moved here from another queue",
    "accepted": "given this queue",
}
SMALLEST_SHOWN = 0.05


def part(
    key: str,
    points: float,
    a: Snapshot,
    b: Snapshot,
    scores: tuple[ItemScore, ItemScore],
    versions: tuple[int, int],
    criteria: Sequence[CriterionMove],
) -> str:
    """What a part of a movement says, in one sentence."""
    first, last = scores
    if key == "rubric":
        if versions[0] == versions[1]:
            return f"Rubric {versions[1]} was in force all the time."
        return f"Rubric {versions[1]} took the place of rubric {versions[0]}."
    if key == "queue":
        if a.item.queue == b.item.queue:
            return "It stayed in its queue."
        return f"It went from {_words(a.item.queue)} to {_words(b.item.queue)}."
    if key in PILLARS:
        return _pillar(b.rubric, criteria)
    if key == "confidence":
        digits = 2 if abs(first.confidence - last.confidence) >= 0.01 else 3
        return (
            f"Confidence went from {first.confidence:.{digits}f} to {last.confidence:.{digits}f}."
        )
    if key == "effort":
        was, now = _effort(a.item), _effort(b.item)
        return f"Effort is {now}, as before." if was == now else f"Effort went from {was} to {now}."
    if key == "urgency":
        return _urgency(a, b)
    was, now = _sum(a.item, first), _sum(b.item, last)
    if was == now:
        return f"Judgement adds {now}, as before."
    return f"Judgement added {was} and now adds {now}."


def cause(
    moved: Movement, rubric: Rubric, was: ItemInputs, now: ItemInputs, versions: tuple[int, int]
) -> str:
    """What moved a priority most, in a few words; empty where it hardly moved or cannot be said."""
    if moved.before is None or moved.after is None:
        if moved.before is moved.after:
            return ""
        return "it got a priority" if moved.before is None else "it lost its priority"
    change = moved.after - moved.before
    if abs(change) < SMALLEST_SHOWN or not moved.parts:
        return ""
    key = max(moved.parts, key=lambda each: moved.parts[each] * (1 if change > 0 else -1))
    points = f"{_signed(moved.parts[key])}"
    if key == "rubric":
        return f"rubric {versions[1]} ({points})"
    if key == "queue":
        return f"another queue ({points})"
    if key in PILLARS:
        criterion, step, own = _biggest(
            [each for each in moved.criteria if _pillar_of(rubric, each.key) == key], change
        )
        return f"{_step(step, own)} {_label(rubric, criterion)} ({points})"
    if key == "confidence":
        return f"{'more' if moved.parts[key] > 0 else 'less'} confidence ({points})"
    if key == "effort":
        return f"effort {_effort(was)} → {_effort(now)} ({points})"
    if key == "urgency":
        if was.due_at == now.due_at:
            return f"its due date came nearer ({points})"
        return f"another due date ({points})"
    return f"judgement ({points})"


def brief(moved: Movement, cause: str) -> str:
    """The move of a priority in half a sentence, as a digest has room for. ``cause``: what :func:`cause` said."""
    if moved.after is None:
        return cause
    if moved.before is None:
        return f"{cause}, {moved.after:.1f}"
    change = moved.after - moved.before
    if abs(change) < SMALLEST_SHOWN:
        return f"its priority is {moved.after:.1f}, as before"
    verb = "rose" if change > 0 else "fell"
    most = f", most by {cause}" if cause else ""
    return f"its priority {verb} by {abs(change):.1f} to {moved.after:.1f}{most}"


def headline(
    *,
    ranks: tuple[int | None, int | None],
    priorities: tuple[float | None, float | None],
    queues: tuple[str, str],
    states: tuple[str, str],
    biggest: str,
    counts: Mapping[str, int],
) -> str:
    """The whole move in one or two sentences."""
    found = [_places(ranks, queues, states)]
    was, now = priorities
    if was is not None and now is not None:
        change = now - was
        if abs(change) < SMALLEST_SHOWN:
            found.append(f"Its priority is {now:.1f}, as before.")
        else:
            verb = "rose" if change > 0 else "fell"
            found.append(f"Its priority {verb} by {abs(change):.1f} to {now:.1f}.")
            if biggest:
                found.append(biggest)
    elif now is not None and states[0]:
        found.append(f"It had no priority then; it has {now:.1f} now.")
    elif was is not None:
        found.append(f"It had {was:.1f}; it has no priority now.")
    if told := around(counts):
        found.append(f"{told[0].upper()}{told[1:]}.")
    return " ".join(each for each in found if each)


def _places(
    ranks: tuple[int | None, int | None], queues: tuple[str, str], states: tuple[str, str]
) -> str:
    was, now = ranks
    if not states[0]:
        return (
            "It was not there yet." if now is None else f"It was not there yet; it is {nth(now)}."
        )
    if was is not None and now is not None:
        if queues[0] != queues[1]:
            return (
                f"It went from {nth(was)} in {_words(queues[0])} to {nth(now)} in {_words(queues[1])};"
                " places of different queues cannot be compared."
            )
        if was == now:
            return f"It is {nth(now)}, as before."
        way = "Up" if now < was else "Down"
        places = abs(was - now)
        return (
            f"{way} {places} {'place' if places == 1 else 'places'}, from {nth(was)} to {nth(now)}."
        )
    if was is not None:
        return f"It was {nth(was)}; it is {_words(states[1])} now, and so not ranked."
    if now is not None:
        why = f"it was {_words(states[0])}" if queues[0] else "it had no queue"
        return f"It was not ranked ({why}); it is {nth(now)} now."
    return "It was not ranked at either time."


def around(counts: Mapping[str, int]) -> str:
    """What happened above it: ``3 items left from above it, it overtook 2 and 1 arrived above it``."""
    said = {
        "left": ("{} item left from above it", "{} items left from above it"),
        "it_overtook": ("it overtook {}", "it overtook {}"),
        "arrived": ("{} arrived above it", "{} arrived above it"),
        "overtook_it": ("{} overtook it", "{} overtook it"),
    }
    return listed(
        [
            forms[counts[key] != 1].format(f"{counts[key]:,}")
            for key, forms in said.items()
            if counts.get(key)
        ]
    )


def nth(number: int) -> str:
    """``1st``, ``22nd``, ``13th``."""
    tail = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{'th' if 10 <= number % 100 <= 20 else tail}"


def listed(words: Sequence[str]) -> str:
    """``a, b and c``; nothing for none."""
    if not words:
        return ""
    *head, last = words
    return f"{', '.join(head)} and {last}" if head else last


def _pillar(rubric: Rubric, criteria: Sequence[CriterionMove]) -> str:
    steps = [
        (criterion.key, step, getattr(criterion, step))
        for criterion in criteria
        for step in STEPS
        if abs(getattr(criterion, step)) >= SMALLEST_SHOWN
    ]
    steps.sort(key=lambda each: -abs(each[2]))
    if not steps:
        return "Hardly anything changed."
    words = [
        f"{_step(step, points)} {_label(rubric, key)} ({_signed(points)})"
        for key, step, points in steps[:3]
    ]
    more = len(steps) - 3
    text = listed([*words, f"{more} more"] if more > 0 else words)
    return f"{text[0].upper()}{text[1:]}."


def _step(step: str, points: float) -> str:
    if step == "rating":
        return "a new rating of"
    if step == "signals":
        return "changed evidence for" if points < 0 else "new evidence for"
    return "fading evidence for" if points < 0 else "the passing of time for"


def _biggest(criteria: Sequence[CriterionMove], change: float) -> tuple[str, str, float]:
    sign = 1 if change > 0 else -1
    steps = [(each.key, step, getattr(each, step)) for each in criteria for step in STEPS]
    return max(steps, key=lambda each: each[2] * sign)


def _pillar_of(rubric: Rubric, key: str) -> str:
    return rubric.criteria[rubric.criterion_index[key]].pillar


def _label(rubric: Rubric, key: str) -> str:
    label = rubric.criteria[rubric.criterion_index[key]].label
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _effort(item: ItemInputs) -> str:
    return "unknown" if item.effort is None else f"{item.effort:g}"


def _urgency(a: Snapshot, b: Snapshot) -> str:
    was, now = a.item.due_at, b.item.due_at
    if was is None and now is None:
        return "It has no due date."
    if was is None:
        return f"It got a due date, {_left(now, b.at)}."
    if now is None:
        return "Its due date was taken away."
    moved = "" if was == now else " The date was changed."
    return f"It was due {_left(was, a.at)}; now it is due {_left(now, b.at)}.{moved}"


def _left(due: datetime | None, at: datetime) -> str:
    assert due is not None
    days = (due - at).total_seconds() / 86_400
    size = f"{abs(days):.0f} days" if abs(days) >= 2 else f"{abs(days) * 24:.0f} hours"
    return f"in {size}" if days >= 0 else f"{size} ago"


def _sum(item: ItemInputs, score: ItemScore) -> str:
    points = (score.parts or {}).get("adjustment", 0.0)
    return "nothing" if not points else _signed(points)


def _signed(points: float) -> str:
    if abs(points) < SMALLEST_SHOWN:
        return "less than 0.1"
    return f"{'+' if points > 0 else '−'}{abs(points):.1f}"


def _words(name: str) -> str:
    return name.replace("_", " ")


assert set(FACTORS) < set(LABELS)
