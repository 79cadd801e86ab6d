"""What moved, and why: the changes of a window told item by item, with nothing left unsaid.

Pure. Every change is in exactly one place: in a story, in the story of the rest, or folded and counted (N14).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from backlog import history
from insights.words import Part, count, listed

MADE = ("item.created", "item.imported")
#: What is told, most telling first. An item's stories are one line; lines are in the order of their first kind.
TOLD = (
    *("band", "judgement", "queue", "state", "date", "scope"),
    *("approval", "in force", "owner", "product"),
)
#: What changes which version of an asset is in force: told, because people everywhere use what it places (R127).
_IN_FORCE = frozenset(
    {"version.published", "version.unpublished", "version.retired", "version.unretired"}
)
FOLDED = {
    "evidence": ("rating or piece of evidence", "ratings and pieces of evidence"),
    "talk": ("comment or note", "comments and notes"),
    "label": ("change of labels or segments", "changes of labels and segments"),
    "material": ("upload", "uploads"),
    "gone": ("change on an item that is gone", "changes on items that are gone"),
    "household": ("change to members, words or settings", "changes to members, words and settings"),
}
_BY_FIELD = {
    "queue": "queue",
    "state": "state",
    "due_at": "date",
    "parked_until": "date",
    "owner": "owner",
    "labels": "label",
    "segments": "label",
}
#: What a priority can move by.
_MOVING = frozenset({"band", "judgement", "queue", "date", "scope"})
_QUIET = frozenset({"accepted_at", "started_at", "finished_at", "state_reason", "cycles"})
_PRODUCT = frozenset(
    {"queue.defined", "rubric.published", "product.edited", "product.archived", "product.reopened"}
)
#: Newest arrivals that are named; the others are counted.
NAMED = 3
REASON_LIMIT = 160


@dataclass(frozen=True)
class Happening:
    """A row of the change log, as far as it is told. ``fields``: name -> [before, after] as logged."""

    id: int
    verb: str
    item_id: int | None
    who: str
    fields: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True)
class Story:
    """A line: what it says, why, and the ids of the changes that it speaks of."""

    parts: tuple[Part, ...]
    why: str
    changes: tuple[int, ...]


@dataclass(frozen=True)
class Told:
    """``rest``: the items beyond the limit in one line. ``folded``: words and changes of what is only counted."""

    stories: list[Story]
    rest: Story | None
    folded: list[tuple[str, tuple[int, ...]]]

    @property
    def changes(self) -> list[int]:
        """Every change, once, in order."""
        rest = self.rest.changes if self.rest else ()
        told = (*(story.changes for story in self.stories), rest, *(ids for _, ids in self.folded))
        return sorted(pk for ids in told for pk in ids)

    @property
    def folded_says(self) -> str:
        """``Also 12 comments and notes and 3 uploads.`` Empty when nothing was folded."""
        return f"Also {listed([words for words, _ in self.folded])}." if self.folded else ""


def kinds(happening: Happening) -> list[str]:
    """What sorts of change this is: names of ``TOLD`` and ``FOLDED``, or ``arrival``."""
    verb, _, what = happening.verb.partition(".")
    if happening.item_id is None:
        return ["product" if happening.verb in _PRODUCT else "household"]
    if happening.verb in MADE:
        return ["arrival"]
    if happening.verb == "band.changed":
        return ["band"]
    if happening.verb in _IN_FORCE:
        return ["in force"]
    if verb == "item":
        named = [name for name in happening.fields if name not in _QUIET]
        return [_BY_FIELD.get(name, "scope") for name in named] or ["scope"]
    by_verb = {
        "adjustment": "judgement",
        "criterion": "scope",
        "review": "talk" if what == "noted" else "approval",
        "rating": "evidence",
        "signal": "evidence",
        "comment": "talk",
        "asset": "material",
        "version": "material",
    }
    return [by_verb.get(verb, "scope")]


def tell(
    happenings: Sequence[Happening],
    names: Mapping[int, tuple[str, str]],
    *,
    limit: int,
    everything: str,
    moves: Callable[[Sequence[int]], Mapping[int, str]],
) -> Told:
    """Tell ``happenings`` (in the order of the log). ``names``: item id -> (key, title) of those that are still there.

    At most ``limit`` items get a line of their own; ``everything`` is the address at which the others can be read.
    ``moves``: asked once, how the priorities of these items moved and why, in half a sentence.
    """
    arrivals: list[Happening] = []
    folded: dict[str, list[int]] = {}
    by_item: dict[int, list[Happening]] = {}
    product: list[Happening] = []
    for each in happenings:
        found = kinds(each)
        if each.item_id is not None and each.item_id not in names:
            folded.setdefault("gone", []).append(each.id)
        elif found == ["arrival"]:
            arrivals.append(each)
        elif found == ["product"]:
            product.append(each)
        elif set(found) & set(TOLD) and each.item_id is not None:
            by_item.setdefault(each.item_id, []).append(each)
        else:
            folded.setdefault(next(kind for kind in found if kind in FOLDED), []).append(each.id)
    new = {each.item_id for each in arrivals}
    ordered = sorted(by_item.items(), key=_weight)
    moved = moves([item_id for item_id, rows in ordered[:limit] if _may_move(rows)])
    stories = [
        _story(rows, names[item_id], new=item_id in new, moved=moved.get(item_id, ""))
        for item_id, rows in ordered
    ]
    rest = _rest(stories[limit:], everything)
    return Told(
        stories=[
            *(_household(each) for each in product),
            *stories[:limit],
            *_arrivals(arrivals, names),
        ],
        rest=rest,
        folded=[
            (count(len(folded[kind]), *FOLDED[kind]), tuple(folded[kind]))
            for kind in FOLDED
            if kind in folded
        ],
    )


def _weight(entry: tuple[int, list[Happening]]) -> tuple[int, int]:
    """The most telling first; of one kind the latest."""
    _, rows = entry
    first = min(TOLD.index(kind) for row in rows for kind in kinds(row) if kind in TOLD)
    return first, -rows[-1].id


def _may_move(rows: Sequence[Happening]) -> bool:
    """Whether something of this bears on a priority; a new owner does not."""
    return any(kind in _MOVING for row in rows for kind in kinds(row))


def _story(rows: Sequence[Happening], name: tuple[str, str], *, new: bool, moved: str) -> Story:
    key, title = name
    said = [*(["new"] if new else []), *_sentences(rows)]
    people = list(dict.fromkeys(row.who for row in rows if row.who and row.verb != "band.changed"))
    by = f" ({listed(people[:3])})" if people else ""
    parts = (
        Part(f"{key} {title}", reverse("item", args=[key])),
        Part(f": {'; '.join(said)}{by}."),
    )
    return Story(parts, _why(rows, moved), tuple(row.id for row in rows))


def _sentences(rows: Sequence[Happening]) -> list[str]:
    """Fields from their first value to their last one, then what is no field."""
    net: dict[str, list[Any]] = {}
    phrases: list[str] = []
    for row in rows:
        if row.verb.split(".")[0] in ("item", "band"):
            for name, (before, after) in row.fields.items():
                if name not in _QUIET:
                    net.setdefault(name, [before, after])[1] = after
        else:
            phrases.append(_phrase(row))
    order = {name: at for at, name in enumerate(("band", "queue", "state", "due_at"))}
    found = []
    for name in sorted(net, key=lambda each: order.get(each, len(order))):
        before, after = net[name]
        if before == after:
            found.append(f"{name.replace('_', ' ').removesuffix(' at')} changed and changed back")
        elif name == "description":
            found.append("description rewritten")
        else:
            found.append(history.sentence(name, before, after))
    return [each for each in (*found, *phrases) if each] or ["changed"]


def _phrase(row: Happening) -> str:
    """What a change that is no field of the item says of it."""
    after = {name: pair[1] for name, pair in row.fields.items()}
    if row.verb == "criterion.verified":
        met = "met" if after.get("met") else "no longer met"
        return f"criterion {met}: “{_short(str(after.get('criterion', '')), 80)}”"
    if row.verb.startswith("criterion."):
        statement = next((each for each in row.fields.get("criterion", ())[::-1] if each), "")
        says = f": “{_short(str(statement), 80)}”" if statement else ""
        return f"criterion {row.verb.partition('.')[2]}{says}"
    if row.verb == "review.decided":
        verdict = str(after.get("verdict", "")).replace("_", " ")
        stage = str(after.get("stage", "")).replace("_", " ")
        whole = ", approved in all stages" if after.get("review") == "approved" else ""
        return f"review: {verdict} in {stage}{whole}"
    if row.verb in _IN_FORCE:
        return _in_force(row.verb, row.fields.get("in_force", (None, None)), after)
    if row.verb == "adjustment.made":
        return f"{after.get('points') or 0:+g} points by judgement"
    if row.verb == "adjustment.judged":
        return f"verdict on a judgement: {str(after.get('verdict', '')).replace('_', ' ')}"
    return row.verb.replace(".", " ").replace("_", " ")


def _in_force(verb: str, numbers: Sequence[Any], after: Mapping[str, Any]) -> str:
    """Which version of an asset is in force: "“Tour, script”: version 3 is in force, in place of version 2"."""
    before, now = numbers
    said = {
        "version.published": f"version {now} is in force"
        + (f", in place of version {before}" if before and before != now else ""),
        "version.unpublished": f"version {before} was taken back, "
        + (f"version {now} is in force again" if now else "none is in force"),
        "version.retired": f"version {after.get('version')} is retired",
        "version.unretired": f"version {after.get('version')} may be used again",
    }
    return f"“{_short(str(after.get('asset', '')), 80)}”: {said[verb]}"


def _why(rows: Sequence[Happening], moved: str) -> str:
    """The reasons that people gave, and how the priority moved."""
    reasons = list(dict.fromkeys(row.reason.strip() for row in rows if row.reason.strip()))
    found = [_short(each).rstrip(".") for each in reasons[-2:]]
    return "; ".join([*found, moved] if moved else found)


def _short(text: str, limit: int = REASON_LIMIT) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _household(row: Happening) -> Story:
    """A change to the product itself."""
    what = row.verb.replace(".", " ").replace("_", " ")
    said = "; ".join(
        filter(
            None,
            (
                history.sentence(name, *pair)
                for name, pair in row.fields.items()
                if name != "definition"
            ),
        )
    )
    text = f"{what.capitalize()}{f': {said}' if said else ''}{f' ({row.who})' if row.who else ''}."
    return Story((Part(text),), _short(row.reason).rstrip("."), (row.id,))


def _rest(stories: Sequence[Story], everything: str) -> Story | None:
    if not stories:
        return None
    ids = tuple(pk for story in stories for pk in story.changes)
    words = count(len(stories), "more item", "more items")
    parts = (Part(words, everything), Part(f" moved, in {count(len(ids), 'change', 'changes')}."))
    return Story(parts, "", ids)


def _arrivals(rows: Sequence[Happening], names: Mapping[int, tuple[str, str]]) -> list[Story]:
    """What came in by hand, and what an import brought, each in one line."""
    stories = []
    for verb, one, many in (
        ("item.created", "item came in", "items came in"),
        ("item.imported", "item was brought in by an import", "items were brought in by an import"),
    ):
        here = [row for row in rows if row.verb == verb]
        if not here:
            continue
        parts = [Part(f"{count(len(here), one, many)}: ")]
        for row in reversed(here[-NAMED:]):
            key, title = names[row.item_id or 0]
            parts += [Part(f"{key} {title}", reverse("item", args=[key])), Part(", ")]
        more = len(here) - NAMED
        parts[-1] = Part(f" and {more:,} more." if more > 0 else ".")
        stories.append(Story(tuple(parts), "", tuple(row.id for row in here)))
    return stories
