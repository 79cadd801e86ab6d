"""What can be done to an item, each as a sub-resource: ``POST /items/{key}/accept``."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.actors import Actor
from accounts.api.endpoints import actor_of, documented, resource, version_wanted
from backlog import access, selectors
from backlog.api import shapes
from backlog.api.items import answer, named_product
from backlog.filters import ItemFilter, filtered
from backlog.models import Change, Item, Label, Segment
from backlog.search import similar_to
from backlog.services import bulk, comments, criteria, links, splitting, states, undo, words
from core.api.serializers import checked
from core.errors import Invalid


def _verb(name: str, summary: str, shape: Any, act: Callable[..., Any]) -> Callable[..., Any]:
    @documented(
        summary=summary,
        request=shape,
        responses={200: shapes.ItemDetail},
        tags=["items: decisions"],
        if_match=True,
    )
    def handler(request: Request, key: str) -> Response:
        actor = actor_of(request)
        item = access.item_for(actor, key)
        version = version_wanted(request)
        data = checked(shape, request)
        act(actor=actor, item=item, version=version, **data)
        return answer(actor, item)

    handler.__name__ = name
    handler.__doc__ = None
    return resource(POST=handler)


def _accept(
    *,
    actor: Actor,
    item: Item,
    queue: str,
    owner: str | None = None,
    segments: list[str] | None = None,
    **rest: Any,
) -> Item:
    product = item.product
    named = None
    if segments is not None:
        named = list(words.proposed(Segment, product=product, names=segments).values())
    return states.accept_item(
        actor=actor,
        item=item,
        queue=access.queue_of(product, queue),
        owner=access.member_of(product, owner) if owner else None,
        segments=named,
        **rest,
    )


def _move(*, item: Item, queue: str, **rest: Any) -> Item:
    return states.move_item(item=item, queue=access.queue_of(item.product, queue), **rest)


def _merge(*, actor: Any, item: Item, into: str, **rest: Any) -> Item:
    return states.merge_item(
        actor=actor, item=item, into=access.item_of(actor, item.product, into), **rest
    )


def _split(*, parts: list[dict[str, Any]], **rest: Any) -> list[Item]:
    return splitting.split_item(parts=[splitting.Part(**part) for part in parts], **rest)


accept = _verb("accept_item", "Accept an item into a queue", shapes.AcceptInput, _accept)
move = _verb("move_item", "Move an item to another queue", shapes.MoveInput, _move)
state = _verb("set_item_state", "Bring an item to a state", shapes.StateInput, states.set_state)
park = _verb("park_item", "Park an item until a day", shapes.ParkInput, states.park_item)
decline = _verb("decline_item", "Decline an item", shapes.DeclineInput, states.decline_item)
split = _verb("split_item", "Split an item into parts", shapes.SplitInput, _split)
merge = _verb("merge_item", "Merge an item into another", shapes.MergeInput, _merge)


@documented(summary="Items alike", responses={200: shapes.Shape}, tags=["items"])
def similar_items(request: Request, key: str) -> Response:
    """Items of the product that say much the same, most alike first."""
    item = access.item_for(actor_of(request), key)
    found = [
        {
            "key": each.item.key,
            "title": each.item.title,
            "state": each.item.state,
            "likeness": each.likeness,
        }
        for each in similar_to(item)
    ]
    return Response({"results": found})


@documented(summary="Undo an act", responses={200: shapes.Shape}, tags=["items: decisions"])
def undo_batch(request: Request, key: str, batch: uuid.UUID) -> Response:
    """Take back one act (the `batch` of its changes), unless a field was changed since."""
    actor = actor_of(request)
    product = product_for(actor, key)
    done = undo.undo(actor=actor, product=product, batch=batch)
    return Response({"items": [item.key for item in done]})


@documented(
    summary="History of an item",
    responses={200: shapes.ChangeRow(many=True)},
    query=[OpenApiParameter("before", int, description="Changes with a smaller id.")],
    tags=["items"],
)
def list_changes(request: Request, key: str) -> Response:
    """Changes, newest first, fifty a page; go on with `before` = the last id."""
    item = access.item_for(actor_of(request), key)
    raw = request.query_params.get("before")
    if raw is not None and (not raw.isdecimal() or len(raw) > 18):
        raise Invalid("before is not a number.", fields={"before": ["Give the id of a change."]})
    rows = selectors.history(item, before=int(raw) if raw else None)
    return Response([change_row(row) for row in rows])


def change_row(change: Change) -> dict[str, Any]:
    """A change as the API shows it."""
    return {
        "id": change.pk,
        "at": change.at,
        "actor": change.actor.email if change.actor else change.actor_name,
        "channel": change.channel,
        "verb": change.verb,
        "fields": change.fields,
        "reason": change.reason,
        "right": change.right,
        "batch": change.batch,
    }


@documented(
    summary="List comments", responses={200: shapes.CommentRow(many=True)}, tags=["items: comments"]
)
def list_comments(request: Request, key: str) -> Response:
    """The conversation, oldest first."""
    item = access.item_for(actor_of(request), key)
    rows = (
        item.comments.select_related("author")
        .prefetch_related("mentions")
        .order_by("created_at", "pk")
    )
    return Response([shapes.comment_row(each) for each in rows[:1000]])


@documented(
    summary="Comment on an item",
    request=shapes.CommentInput,
    responses={201: shapes.CommentRow},
    tags=["items: comments"],
)
def create_comment(request: Request, key: str) -> Response:
    """Add a comment. `@name` of a member mentions them."""
    actor = actor_of(request)
    item = access.item_for(actor, key, "comment.add")
    data = checked(shapes.CommentInput, request)
    comment = comments.add_comment(actor=actor, item=item, **data)
    return Response(shapes.comment_row(comment), status=201)


@documented(
    summary="Reword a comment",
    request=shapes.CommentInput,
    responses={200: shapes.CommentRow},
    tags=["items: comments"],
    if_match=True,
)
def edit_comment(request: Request, key: str, pk: int) -> Response:
    """Only the one who wrote it can."""
    actor = actor_of(request)
    item = access.item_for(actor, key, "comment.add")
    comment = access.comment_for(actor, item, pk)
    version = version_wanted(request)
    data = checked(shapes.CommentInput, request)
    done = comments.edit_comment(actor=actor, comment=comment, version=version, **data)
    return Response(shapes.comment_row(done))


@documented(summary="Remove a comment", responses={204: None}, tags=["items: comments"])
def delete_comment(request: Request, key: str, pk: int) -> Response:
    """One's own, or with the right to moderate anybody's."""
    actor = actor_of(request)
    item = access.item_for(actor, key)
    comments.remove_comment(actor=actor, comment=access.comment_for(actor, item, pk))
    return Response(status=204)


@documented(
    summary="Link two items",
    request=shapes.LinkInput,
    responses={201: shapes.Shape},
    tags=["items: links"],
)
def create_link(request: Request, key: str) -> Response:
    """The item blocks / duplicates / is part of / relates to the target. Circles are refused."""
    actor = actor_of(request)
    item = access.item_for(actor, key, "item.link")
    data = checked(shapes.LinkInput, request)
    target = access.item_of(actor, item.product, data["target"])
    link = links.link_items(actor=actor, source=item, target=target, kind=data["kind"])
    return Response({"id": link.pk, "kind": link.kind, "item": target.key}, status=201)


@documented(summary="Remove a link", responses={204: None}, tags=["items: links"])
def delete_link(request: Request, key: str, pk: int) -> Response:
    """Take a link away, from either side."""
    actor = actor_of(request)
    item = access.item_for(actor, key, "item.link")
    links.unlink_items(actor=actor, link=access.link_for(actor, item, pk))
    return Response(status=204)


@documented(
    summary="Add a success criterion",
    request=shapes.CriterionInput,
    responses={201: shapes.Shape},
    tags=["items: criteria"],
)
def create_criterion(request: Request, key: str) -> Response:
    """A checkable statement, and how it will be verified."""
    actor = actor_of(request)
    item = access.item_for(actor, key, "item.edit")
    data = checked(shapes.CriterionInput, request)
    made = criteria.add_criterion(
        actor=actor, item=item, statement=data["text"], verification=data.get("verification", "")
    )
    return Response(
        {"id": made.pk, "text": made.text, "verification": made.verification}, status=201
    )


@documented(
    summary="Reword a success criterion",
    request=shapes.CriterionPatch,
    responses={200: shapes.Shape},
    tags=["items: criteria"],
)
def edit_criterion(request: Request, key: str, pk: int) -> Response:
    """Change its words, or how it is verified; a verification by the old words no longer counts. `batch` undoes it."""
    actor = actor_of(request)
    item = access.item_for(actor, key, "item.edit")
    criterion = access.criterion_for(actor, item, pk)
    data = checked(shapes.CriterionPatch, request)
    seen = data.get("seen")
    batch = uuid.uuid4()
    done = criteria.edit_criterion(
        actor=actor,
        criterion=criterion,
        statement=data.get("text", criterion.text),
        verification=data.get("verification", criterion.verification),
        seen=(seen["text"], seen.get("verification", "")) if seen else None,
        batch=batch,
    )
    same = (done.text, done.verification) == (criterion.text, criterion.verification)
    row = {"id": done.pk, "text": done.text, "verification": done.verification}
    return Response({**row, "batch": None if same else batch})


@documented(summary="Remove a success criterion", responses={204: None}, tags=["items: criteria"])
def delete_criterion(request: Request, key: str, pk: int) -> Response:
    """Take a criterion away."""
    actor = actor_of(request)
    item = access.item_for(actor, key, "item.edit")
    criteria.remove_criterion(actor=actor, criterion=access.criterion_for(actor, item, pk))
    return Response(status=204)


@documented(
    summary="Verify a success criterion",
    request=shapes.VerifyInput,
    responses={200: shapes.Shape},
    tags=["items: criteria"],
)
def verify_criterion(request: Request, key: str, pk: int) -> Response:
    """Record that the criterion was checked and holds, or take that back."""
    actor = actor_of(request)
    item = access.item_for(actor, key, "item.verify")
    data = checked(shapes.VerifyInput, request)
    done = criteria.verify_criterion(
        actor=actor, criterion=access.criterion_for(actor, item, pk), **data
    )
    return Response(
        {"id": done.pk, "verified_at": done.verified_at, "note": done.verification_note}
    )


@documented(
    summary="Change many items",
    request=shapes.BulkInput,
    responses={200: shapes.BulkResult},
    tags=["items: decisions"],
)
def bulk_edit(request: Request) -> Response:
    """One change to the items with these keys, or to all that a filter finds. `preview` writes nothing."""
    actor = actor_of(request)
    data = checked(shapes.BulkInput, request)
    product = named_product(actor, data.get("product"))
    rows = access.items_in(actor, product)
    if ("keys" in data) == ("filter" in data):
        raise Invalid(
            "Name the items by keys or by a filter.",
            fields={"keys": ["Give either keys or a filter."]},
        )
    if "keys" in data:
        rows = rows.filter(
            pk__in=[item.pk for item in access.items_of(actor, product, data["keys"]).values()]
        )
    else:
        unknown = sorted(set(data["filter"]) - set(ItemFilter.base_filters))
        if unknown:  # a misspelt filter would change every item
            raise Invalid(
                "There is no such filter.",
                fields={f"filter.{name[:80]}": ["Not known here."] for name in unknown},
            )
        rows = filtered(rows, data["filter"], product=product, user=actor.user)
    change = bulk.BulkChange(
        queue=access.queue_of(product, data["queue"]) if "queue" in data else None,
        owner=access.member_of(product, data["owner"]) if data.get("owner") else None,
        clear_owner="owner" in data and data["owner"] is None,
        horizon=data.get("horizon"),
        state=data.get("state"),
        add_labels=list(
            words.proposed(Label, product=product, names=data.get("add_labels", [])).values()
        ),
        remove_labels=list(
            Label.objects.filter(product=product, name__in=data.get("remove_labels", []))
        ),
        until=data.get("until"),
        reason=data.get("reason", ""),
    )
    if data["preview"]:
        found = list(rows.prefetch_related("labels").order_by("pk")[: bulk.LIMIT])
        seen = bulk.preview(actor=actor, product=product, items=found, change=change)
        effects = [
            {"field": name, "before": before, "after": after, "count": count}
            for (name, before, after), count in seen.effects.items()
        ]
        return Response(
            {
                "total": seen.total,
                "changed": seen.changing,
                "refused": [{"key": item.key, "detail": why} for item, why in seen.refused],
                "effects": effects,
                "batch": None,
                "asks": shapes.asks(seen.asks),
                "asked": [],
            }
        )
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[: bulk.LIMIT + 1])
    made = bulk.apply(
        actor=actor,
        product=product,
        item_ids=ids,
        change=change,
        asking=data.get("asking", ""),
    )
    return Response(
        {
            "total": len(ids),
            "changed": len(made.done),
            "refused": [{"key": item.key, "detail": why} for item, why in made.refused],
            "batch": made.batch,
            "asks": shapes.asks(made.asks),
            "asked": [each.pk for each in made.asked],
        }
    )


similar = resource(GET=similar_items)
history = resource(GET=list_changes)
comment_list = resource(GET=list_comments, POST=create_comment)
comment_one = resource(PATCH=edit_comment, DELETE=delete_comment)
link_list = resource(POST=create_link)
link_one = resource(DELETE=delete_link)
criterion_list = resource(POST=create_criterion)
criterion_one = resource(PATCH=edit_criterion, DELETE=delete_criterion)
criterion_verify = resource(POST=verify_criterion)
bulk_items = resource(POST=bulk_edit)
undo_one = resource(POST=undo_batch)
