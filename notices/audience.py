"""Whom a change concerns: one table, verb -> topics, each with a function from the change to the ids of people.

The functions read and write nothing else. Who made the change, who is no member and who wants no notice is left out by
``jobs.following``; a person to whom a change matters in two ways gets the topic that stands first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from accounts import rights
from accounts.actors import Actor, Via
from accounts.models import Membership, User
from assets.models import Placement, Replacement, Version
from assets.vocabulary import TaskState
from backlog.models import Brief, Change, Comment, Confirmation, Request
from backlog.services.comments import mentioned
from backlog.vocabulary import ConfirmationState
from notices.models import Notice
from notices.vocabulary import Topic
from reviews import selectors
from reviews.models import Assignment, Decision, Note
from reviews.vocabulary import StageState

People = set[int]
Concerned = Callable[[Change], Iterable[int | None]]


def asked_in_opened(change: Change) -> People:
    """Who is asked in the stages of a round that opened by this very act: at the start, or when their step came.

    Whoever was asked in somebody's place since is told of that.
    """
    cycle: Any = change.subject_id
    if change.verb == "review.decided":
        decided = Decision.objects.filter(pk=change.subject_id)
        cycle = decided.values_list("stage__cycle", flat=True).first()
    asked = Assignment.objects.filter(
        stage__cycle=cycle, stage__opened_at=change.at, assigned_at__lte=change.at
    )
    return set(asked.values_list("reviewer", flat=True))


def stands_in(change: Change) -> People:
    """Who was asked in somebody's place. Before the stage opens this asks for nothing yet."""
    asked = Assignment.objects.filter(pk=change.subject_id, stage__state=StageState.OPEN)
    return set(asked.values_list("reviewer", flat=True))


def uploader(change: Change) -> Iterable[int | None]:
    """Whose version was decided on."""
    decided = Decision.objects.filter(pk=change.subject_id)
    return decided.values_list("version__uploaded_by", flat=True)


def concerned_by_note(change: Change) -> People:
    """Of a note: who uploaded the version. Of an answer: who wrote the note, too."""
    note = _note(change)
    if note is None:
        return set()
    asked = note.parent.author if note.parent else None
    return _seeing(note, [note.version.uploaded_by, asked])


def mentioned_in_note(change: Change) -> People:
    note = _note(change)
    return _seeing(note, mentioned(note.body, change.product)) if note else set()


def mentioned_in_comment(change: Change) -> People:
    """Of a comment that was reworded only who was not told of it before."""
    comment = Comment.objects.filter(pk=change.subject_id).first()
    if comment is None:
        return set()
    told = Notice.objects.filter(
        change__subject_type="comment", change__subject_id=comment.pk, product=change.product_id
    )
    return set(comment.mentions.values_list("pk", flat=True)) - set(
        told.values_list("person", flat=True)
    )


def replacing(change: Change) -> Iterable[int | None]:
    """Who was given the replacements that this act asked for."""
    raised = Replacement.objects.filter(
        version=change.subject_id, raised_at=change.at, state=TaskState.OPEN
    )
    return raised.values_list("owner", flat=True)


def given_replacement(change: Change) -> Iterable[int | None]:
    return [_given(change)]


def relying(change: Change) -> People:
    """Of an asset whose version in force changed: who answers for its places, reviews it, made variants of it, owns its
    item.
    """
    version = Version.objects.select_related("asset__item").filter(pk=change.subject_id).first()
    if version is None:
        return set()
    asset = version.asset
    placed = Placement.objects.filter(asset=asset, ended_at=None)
    asked = Assignment.objects.filter(stage__cycle__version=version)
    return {
        pk
        for pk in (
            *placed.values_list("owner", flat=True),
            *asked.values_list("reviewer", flat=True),
            *asset.variants.values_list("created_by", flat=True),
            asset.item.owner_id,
        )
        if pk
    }


def working_by_brief(change: Change) -> People:
    """Who owns the brief, the item that has to be confirmed again, or an increment of it."""
    owners = Brief.objects.filter(pk=change.subject_id).values_list("owner", flat=True)
    waiting = Confirmation.objects.filter(
        brief=change.subject_id, item=change.item_id, state=ConfirmationState.WAITING
    )
    work = waiting.values_list("item__owner", "increment__owner")
    return {pk for pk in (*owners, *(each for pair in work for each in pair)) if pk}


def given_item(change: Change) -> Iterable[int | None]:
    return [_given(change)]


def may_decide(change: Change) -> Iterable[int]:
    """Who holds the right that a request asks for."""
    request = Request.objects.filter(pk=change.subject_id).first()
    if request is None:
        return ()
    roles = rights.holders(request.right, change.product)
    members = Membership.objects.filter(product=change.product_id, role__in=roles)
    return members.values_list("user", flat=True)


def asker(change: Change) -> Iterable[int]:
    return Request.objects.filter(pk=change.subject_id).values_list("asked_by", flat=True)


_OPENS = [(Topic.REVIEW, asked_in_opened)]
_IN_FORCE = [(Topic.REPLACEMENT, replacing), (Topic.PUBLISHED, relying)]
_ITEM = [(Topic.ASSIGNED, given_item)]

WHO: dict[str, Sequence[tuple[Topic, Concerned]]] = {
    "review.started": _OPENS,
    "review.extended": _OPENS,
    "review.dated": _OPENS,
    "review.opened": _OPENS,
    "review.handed_over": [(Topic.REVIEW, stands_in)],
    "review.decided": [(Topic.VERDICT, uploader), *_OPENS],
    "review.noted": [(Topic.MENTION, mentioned_in_note), (Topic.NOTE, concerned_by_note)],
    "comment.added": [(Topic.MENTION, mentioned_in_comment)],
    "comment.edited": [(Topic.MENTION, mentioned_in_comment)],
    "version.published": _IN_FORCE,
    "version.unpublished": _IN_FORCE,
    "version.retired": _IN_FORCE,
    "replacement.raised": [(Topic.REPLACEMENT, replacing)],
    "replacement.assigned": [(Topic.REPLACEMENT, given_replacement)],
    "confirmation.raised": [(Topic.BRIEF, working_by_brief)],
    "request.made": [(Topic.REQUEST, may_decide)],
    "request.answered": [(Topic.REQUEST, asker)],
    **dict.fromkeys(("item.created", "item.edited", "item.moved", "item.accepted"), _ITEM),
    **dict.fromkeys(("item.started", "item.split_off", "item.undone"), _ITEM),
}


def may_concern(change: Change) -> bool:
    """Whether a change could concern anybody, as far as it says by itself. No query."""
    topics = WHO.get(change.verb)
    return bool(topics) and (topics is not _ITEM or _given(change) is not None)


def concerned(change: Change) -> dict[int, Topic]:
    """Whom a change concerns, and in which topic. Nobody for what an import brought: it tells of itself."""
    found: dict[int, Topic] = {}
    if change.channel == Via.IMPORT:
        return found
    for topic, people in WHO.get(change.verb, ()):
        for pk in people(change):
            if pk is not None:
                found.setdefault(pk, topic)
    return found


def _given(change: Change) -> int | None:
    """The id of the owner that a change gave; None when it gave none."""
    _before, after = change.fields.get("owner", (None, None))
    return after["id"] if after else None


def _note(change: Change) -> Note | None:
    notes = Note.objects.select_related("version__uploaded_by", "parent__author")
    return notes.filter(pk=change.subject_id).first()


def _seeing(note: Note, people: Iterable[User | None]) -> People:
    """Of these people those who may see the note."""
    known = {person.pk: person for person in people if person is not None}
    if not note.private:
        return set(known)
    mine = Note.objects.filter(pk=note.pk)
    return {
        pk
        for pk, person in known.items()
        if mine.filter(selectors.seen_by(Actor(user=person, channel=Via.TASK))).exists()
    }
