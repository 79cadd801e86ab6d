"""Comments with mentions."""

from __future__ import annotations

import re
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Membership, Product, User
from backlog.models import Comment, Item
from backlog.services import changes
from core import text
from core.errors import Invalid, NotAllowed, Stale

COMMENT_LIMIT = 20_000
_MENTION = re.compile(r"(?<![\w@.])@([\w][\w.+-]*(?:@[\w-]+(?:\.[\w-]+)+)?)")


@transaction.atomic
def add_comment(*, actor: Actor, item: Item, body: str, now: datetime | None = None) -> Comment:
    """Comment on an item. ``@name`` (or ``@mail@address``) of a member is a mention."""
    right = rights.require(actor, "comment.add", item.product)
    body = _body(body)
    comment = Comment.objects.create(
        item=item, author=actor.user, body=body, created_at=now or timezone.now()
    )
    comment.mentions.set(mentioned(body, item.product))
    changes.record(
        actor=actor,
        product=item.product,
        now=now,
        entries=[
            changes.Entry(
                "comment.added", comment, item, {"comment": (None, body[:500])}, right=right
            )
        ],
    )
    return comment


@transaction.atomic
def edit_comment(
    *, actor: Actor, comment: Comment, body: str, version: int | None = None
) -> Comment:
    """Reword one's own comment."""
    item = comment.item
    right = rights.require(actor, "comment.add", item.product)
    if comment.author_id != getattr(actor.user, "pk", None):
        raise NotAllowed("Only the one who wrote a comment can change it.")
    body = _body(body)
    rows = Comment.objects.filter(
        pk=comment.pk, version=comment.version if version is None else version
    ).update(body=body, edited_at=timezone.now(), version=F("version") + 1)
    if not rows:
        raise Stale(
            "The comment was changed meanwhile. Nothing was saved: look at it, then try again."
        )
    before = comment.body
    comment.refresh_from_db()
    comment.mentions.set(mentioned(body, item.product))
    changes.record(
        actor=actor,
        product=item.product,
        entries=[
            changes.Entry(
                "comment.edited",
                comment,
                item,
                {"comment": (before[:500], body[:500])},
                right=right,
            )
        ],
    )
    return comment


@transaction.atomic
def remove_comment(*, actor: Actor, comment: Comment) -> None:
    """Remove one's own comment, or, with the right to moderate, anybody's. The log keeps that it was there."""
    item = comment.item
    own = comment.author_id is not None and comment.author_id == getattr(actor.user, "pk", None)
    right = rights.require(actor, "comment.add" if own else "comment.moderate", item.product)
    changes.record(
        actor=actor,
        product=item.product,
        entries=[
            changes.Entry(
                "comment.removed",
                comment,
                item,
                {"comment": (comment.body[:500], None)},
                right=right,
            )
        ],
    )
    comment.delete()


def mentioned(body: str, product: Product) -> list[User]:
    """Members whom ``body`` mentions by mail address, its local part, or name without blanks. One query."""
    handles = {handle.lower().rstrip(".") for handle in _MENTION.findall(body)}
    if not handles:
        return []
    members = Membership.objects.filter(product=product, user__is_active=True).select_related(
        "user"
    )
    return [member.user for member in members if handles & handles_of(member.user)]


def handles_of(user: User) -> set[str]:
    """What a person can be mentioned by, in lower case."""
    return {
        user.email.lower(),
        user.email.split("@")[0].lower(),
        "".join(user.name.split()).lower(),
    } - {""}


def _body(body: str) -> str:
    body = text.body(body, field="body", limit=COMMENT_LIMIT).strip()
    if not body:
        raise Invalid("Write something first.", fields={"body": ["A comment needs some text."]})
    return body
