"""What a notice says, and where it leads: read from its change, in the reader's language.

Nothing is kept for it: whoever is shown a notice later reads the words of the day on which the change was made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assets.models import Version
from backlog.models import Brief, Change, Item
from core import text
from notices.models import Notice
from notices.vocabulary import Topic
from reviews.models import Assignment, Decision
from reviews.vocabulary import CycleState, Verdict

QUOTED = 160


@dataclass(frozen=True)
class Told:
    """A notice in words. ``url``: the page that it speaks of; empty where that is gone. ``why``: the reason given."""

    notice: Notice
    says: str
    why: str
    url: str
    item_key: str


@dataclass(frozen=True)
class _Known:
    """What changes name by id alone. ``rounds``: change id -> round; ``versions``: id -> asset, number."""

    items: dict[int, Item]
    rounds: dict[int, int]
    versions: dict[int, tuple[int, int]]
    briefs: dict[int, Brief]


def told(notices: Sequence[Notice]) -> list[Told]:
    """``notices`` in words, in their order. Needs ``change``, ``product`` and ``note`` loaded. At most five queries."""
    known = _known([each.change for each in notices])
    return [_told(each, known) for each in notices]


def _known(changes: Sequence[Change]) -> _Known:
    def ids(kind: str, of: Callable[[Change], bool] = lambda _: True) -> set[int]:
        return {each.subject_id for each in changes if each.subject_type == kind and of(each)}

    decided = _pairs(Decision, ids("decision"), "stage__cycle")
    asked = _pairs(Assignment, ids("assignment"), "stage__cycle")
    rounds = {
        each.pk: found
        for each in changes
        for found in [
            {
                "reviewcycle": each.subject_id,
                "decision": decided.get(each.subject_id),
                "assignment": asked.get(each.subject_id),
            }.get(each.subject_type)
        ]
        if found
    }
    versions = Version.objects.filter(pk__in=ids("version"))
    item_ids = {each.item_id for each in changes if each.item_id}
    return _Known(
        items={
            each.pk: each for each in Item.objects.filter(pk__in=item_ids).select_related("product")
        }
        if item_ids
        else {},
        rounds=rounds,
        versions={
            pk: (asset, number)
            for pk, asset, number in versions.values_list("pk", "asset", "number")
        }
        if ids("version")
        else {},
        briefs=Brief.objects.in_bulk(ids("brief")) if ids("brief") else {},
    )


def _pairs(model: Any, ids: Iterable[int], column: str) -> dict[int, int]:
    rows = model.objects.filter(pk__in=set(ids))
    return dict(rows.values_list("pk", column)) if ids else {}


def _told(notice: Notice, known: _Known) -> Told:
    change = notice.change
    item = known.items.get(change.item_id or 0)
    key = item.key if item else ""
    facts = {name: pair[1] for name, pair in change.fields.items()} | {
        "who": change.fields.get("guest", [None, None])[1] or change.actor_name,
        "key": key,
        "title": item.title if item else "",
        "n": change.fields.get("version", [None, ""])[1],
    }
    says = _SAYS[notice.topic](notice, facts, known)
    if notice.others:
        more = ngettext(
            "%(says)s And %(n)d more like it.", "%(says)s And %(n)d more like it.", notice.others
        )
        says = more % {"says": says, "n": notice.others}
    return Told(notice, says, _why(change), _url(notice, key, known), key)


def _why(change: Change) -> str:
    if change.verb == "review.noted":
        return text.one_line(str(change.fields["note"][1]))[:QUOTED]
    if change.verb in ("comment.added", "comment.edited"):
        return text.one_line(str(change.fields["comment"][1]))[:QUOTED]
    return text.one_line(change.reason)[:QUOTED]


def _review(notice: Notice, facts: dict[str, Any], known: _Known) -> str:
    if notice.change.verb == "review.started":
        return _("%(who)s asks for your verdict on “%(asset)s”, version %(n)s.") % facts
    if notice.change.verb == "review.handed_over":
        return _("The verdict on “%(asset)s”, version %(n)s, is now yours to give.") % facts
    return _("“%(asset)s”, version %(n)s, now waits for your verdict.") % facts


def _verdict(notice: Notice, facts: dict[str, Any], known: _Known) -> str:
    facts["stage"] = str(facts.get("stage", "")).replace("_", " ")
    if facts.get("review") == CycleState.APPROVED:
        return (
            _("%(who)s approved “%(asset)s”, version %(n)s. Every layer has approved it.") % facts
        )
    if facts.get("verdict") == Verdict.APPROVE:
        return _("%(who)s approved “%(asset)s”, version %(n)s, in %(stage)s.") % facts
    return _("%(who)s requests changes to “%(asset)s”, version %(n)s, in %(stage)s.") % facts


def _note(notice: Notice, facts: dict[str, Any], known: _Known) -> str:
    if notice.note is not None and notice.note.parent_id is not None:
        return _("%(who)s answered a note on “%(asset)s”, version %(n)s.") % facts
    return _("%(who)s noted something on “%(asset)s”, version %(n)s.") % facts


def _mention(notice: Notice, facts: dict[str, Any], known: _Known) -> str:
    if notice.note_id is not None:
        return _("%(who)s mentions you in a note on “%(asset)s”, version %(n)s.") % facts
    return _("%(who)s mentions you on %(key)s.") % facts


def _published(notice: Notice, facts: dict[str, Any], known: _Known) -> str:
    if notice.change.verb == "version.published":
        return _("“%(asset)s”: version %(n)s is in force.") % facts
    if notice.change.verb == "version.retired":
        return _("“%(asset)s”: version %(n)s is retired and may stand nowhere.") % facts
    return _("“%(asset)s”: version %(n)s was taken back.") % facts


def _replacement(notice: Notice, facts: dict[str, Any], known: _Known) -> str:
    if notice.change.verb == "replacement.assigned":
        return _("%(who)s gives you a replacement: %(place)s.") % facts
    return _("“%(asset)s”: put version %(n)s where you answer for a place of it.") % facts


def _brief(notice: Notice, facts: dict[str, Any], known: _Known) -> str:
    brief = known.briefs.get(notice.change.subject_id)
    facts["brief"] = f"{brief.key} {brief.title}" if brief else ""
    return _("%(brief)s changed: on %(key)s, %(to_confirm)s must be confirmed again.") % facts


def _assigned(notice: Notice, facts: dict[str, Any], known: _Known) -> str:
    return _("%(who)s gives you %(key)s, “%(title)s”.") % facts


def _request(notice: Notice, facts: dict[str, Any], known: _Known) -> str:
    if notice.change.verb == "request.made":
        return _("%(who)s asks you to %(request)s.") % facts
    if facts.get("answer_state") == "done":
        return _("%(who)s agreed to what you asked: %(request)s.") % facts
    return _("%(who)s declined what you asked: %(request)s.") % facts


_SAYS: dict[str, Callable[[Notice, dict[str, Any], _Known], str]] = {
    Topic.REVIEW: _review,
    Topic.VERDICT: _verdict,
    Topic.NOTE: _note,
    Topic.MENTION: _mention,
    Topic.PUBLISHED: _published,
    Topic.REPLACEMENT: _replacement,
    Topic.BRIEF: _brief,
    Topic.ASSIGNED: _assigned,
    Topic.REQUEST: _request,
}


def _url(notice: Notice, item_key: str, known: _Known) -> str:
    """The page that a notice speaks of; that of its item where there is nothing closer."""
    product, change = notice.product, notice.change
    if notice.note is not None:
        return _of_note(notice)
    if notice.topic == Topic.ASSIGNED and notice.others:
        return f"{reverse('backlog', args=[product.key])}?owner=me"
    if change.pk in known.rounds:
        return reverse("review", args=[product.key, known.rounds[change.pk]])
    if change.subject_id in known.versions and change.subject_type == "version":
        return reverse("asset-version", args=[product.key, *known.versions[change.subject_id]])
    if change.subject_type == "replacement":
        return reverse("replacement", args=[product.key, change.subject_id])
    if change.subject_type == "request":
        return f"{reverse('decisions', args=[product.key])}#requests"
    return reverse("item", args=[item_key]) if item_key else ""


def _of_note(notice: Notice) -> str:
    note, key = notice.note, notice.product.key
    assert note is not None
    if note.cycle_id is not None:
        return f"{reverse('review', args=[key, note.cycle_id])}?note={note.pk}#note-{note.pk}"
    version = note.version
    return reverse("asset-version", args=[key, version.asset_id, version.number])
