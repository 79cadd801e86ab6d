"""Items over the API: list, detail, create, edit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import rights
from accounts.access import product_for, products_of
from accounts.actors import Actor
from accounts.api.endpoints import actor_of, documented, etag, resource, version_wanted
from accounts.models import Product
from backlog import access, panels, selectors
from backlog.api import shapes
from backlog.filters import ItemFilter, filtered
from backlog.listed import Listed, listed
from backlog.models import Channel, Cycle, Item, ItemLink, Label, Program, Segment
from backlog.services import items as item_services
from backlog.services import words
from core import keyset
from core.api.serializers import checked
from core.errors import Invalid

PAGE_SIZE = 50
LARGEST_PAGE = 200
ORDERINGS = ("rank", "key", "created", "-created", "updated", "-updated")
_KEYSETS = {
    "key": ("product_id", "number"),
    "created": ("created_at", "id"),
    "updated": ("updated_at", "id"),
}

LIST_QUERY = [
    OpenApiParameter("product", OpenApiTypes.STR, description="The product's key."),
    OpenApiParameter("cursor", OpenApiTypes.STR, description="From `next` of the page before."),
    OpenApiParameter("limit", OpenApiTypes.INT, description=f"Rows a page, 1 to {LARGEST_PAGE}."),
    OpenApiParameter(
        "ordering",
        OpenApiTypes.STR,
        enum=ORDERINGS,
        description="`rank` (default with a product): by queue and priority; `key` is the default without one.",
    ),
    *(
        OpenApiParameter(name, OpenApiTypes.STR, description=str(each.label or ""))
        for name, each in ItemFilter.base_filters.items()
    ),
]


def named_product(actor: Actor, key: str | None) -> Product:
    """The product that a request means: by key, or the only one there is for the actor. Raises Invalid."""
    if key:
        return product_for(actor, key)
    found = list(products_of(actor)[:2])
    if len(found) != 1:
        raise Invalid("Name the product.", fields={"product": ["Give the product's key."]})
    return found[0]


def page_size(request: Request) -> int:
    """``limit`` within bounds. Raises Invalid."""
    raw = request.query_params.get("limit", str(PAGE_SIZE))
    if not raw.isdecimal() or len(raw) > 6 or not 1 <= int(raw) <= LARGEST_PAGE:
        raise Invalid("limit is out of range.", fields={"limit": [f"Use 1 to {LARGEST_PAGE}."]})
    return int(raw)


@documented(
    summary="List items", query=LIST_QUERY, responses={200: shapes.ItemPage}, tags=["items"]
)
def list_items(request: Request) -> Response:
    """Items in ranked order, a page at a time. Unknown parameters are refused."""
    actor = actor_of(request)
    query = request.query_params.dict()
    limit = page_size(request)
    key = query.get("product") or (
        actor.token.product.key if actor.token and actor.token.product else None
    )
    product = product_for(actor, key) if key else None
    ordering = query.get("ordering") or ("rank" if product else "key")
    if ordering not in ORDERINGS:
        raise Invalid(
            "Unknown ordering.", fields={"ordering": [f"Use one of: {', '.join(ORDERINGS)}."]}
        )
    if product is None and ordering == "rank":
        product = named_product(actor, None)
    products = [product] if product else list(products_of(actor))
    rows = Item.objects.filter(product__in=products)
    rows = filtered(rows, query, product=product, user=actor.user)
    if ordering == "rank":
        page = _ranked(rows, products[0], query, limit)
    else:
        page = _keyed(rows, ordering, query.get("cursor"), limit)
    keys = {each.pk: each.key for each in products}
    labels = selectors.label_names(page.items)
    results = [
        shapes.row(item, keys[item.product_id], page.ranks.get(item.pk), labels.get(item.pk, ()))
        for item in page.items
    ]
    return Response({"results": results, "next": page.cursor})


def _ranked(
    rows: QuerySet[Item], product: Product, query: Mapping[str, str], limit: int
) -> selectors.Page[Listed]:
    asked = query.get("queue", "")
    kinds = (
        tuple("" if each == "none" else each for each in asked.split(","))
        if asked
        else selectors.STREAMS
    )
    filters = {name for name, value in query.items() if value and name in ItemFilter.base_filters}
    whole = filters <= {"queue", "open"} and query.get("open", "").lower() == "true"
    return selectors.ranked_page(
        rows,
        product=product,
        kinds=kinds,
        cursor=query.get("cursor"),
        size=limit,
        whole=whole,
        read=listed,
    )


def _keyed(
    rows: QuerySet[Item], ordering: str, cursor: str | None, limit: int
) -> selectors.Page[Listed]:
    descending = ordering.startswith("-")
    columns = _KEYSETS[ordering.removeprefix("-")]
    rows = rows.order_by(*(f"-{name}" if descending else name for name in columns))
    if cursor:
        values = _cursor_values(cursor, columns)
        step = keyset.before if descending else keyset.after
        rows = step(rows, [f"backlog_item.{name}" for name in columns], values)
    found = listed(rows[: limit + 1])
    items = found[:limit]
    more = len(found) > limit
    last = (
        [getattr(items[-1], "pk" if name == "id" else name) for name in columns] if more else None
    )
    ranks: dict[int, int] = {}
    for pk in {item.product_id for item in items}:
        ranks |= selectors.ranks_of(
            Product(pk=pk), [item for item in items if item.product_id == pk]
        )
    return selectors.Page(items, ranks, keyset.encode(last) if last else None)


def _cursor_values(cursor: str, columns: tuple[str, ...]) -> list[Any]:
    if columns[0].endswith("_at"):
        return keyset.instant_and_id(cursor)
    values = keyset.decode(cursor)
    try:
        product_id, number = values
        return [keyset.whole(product_id), keyset.whole(number)]
    except (TypeError, ValueError, OverflowError) as error:
        raise keyset.broken() from error


def detail(actor: Actor, item: Item) -> dict[str, Any]:
    """An item with all that its priority was made from."""
    return {
        **shapes.row(
            Listed.of(item),
            item.product.key,
            selectors.rank_of(item),
            selectors.label_names([item]).get(item.pk, ()),
        ),
        "product": item.product.key,
        "description": item.description,
        "state_reason": item.state_reason,
        "parked_until": item.parked_until,
        "reporter": item.reporter.email if item.reporter else None,
        "program": item.program.name if item.program else None,
        "channel": item.channel.name if item.channel else None,
        "cycle": item.cycle.name if item.cycle else None,
        "segments": list(item.segments.order_by("name").values_list("name", flat=True)),
        "accepted_at": item.accepted_at,
        "started_at": item.started_at,
        "finished_at": item.finished_at,
        "criteria": [
            {
                "id": each.pk,
                "text": each.text,
                "verification": each.verification,
                "verified_by": each.verified_by.email if each.verified_by else None,
                "verified_at": each.verified_at,
                "note": each.verification_note,
            }
            for each in item.criteria.select_related("verified_by").order_by("position", "pk")
        ],
        "links": _links(item),
        **panels.item_details(actor, item),
    }


def _links(item: Item) -> list[dict[str, Any]]:
    """Links from the item, then those to it. Both ends are of one product. One query."""
    rows = ItemLink.objects.filter(Q(source=item) | Q(target=item)).order_by("pk")
    found = rows.values_list("pk", "kind", "source_id", "source__number", "target__number")
    links = [
        {
            "id": pk,
            "kind": kind,
            "direction": "out" if source_id == item.pk else "in",
            "item": f"{item.product.key}-{target if source_id == item.pk else source}",
        }
        for pk, kind, source_id, source, target in found
    ]
    return sorted(links, key=lambda link: link["direction"] == "in")


def answer(actor: Actor, item: Item, status: int = 200) -> Response:
    """The item's detail with its ETag. Reads the item again: a service may have rescored it."""
    fresh = access.read_again(item)
    response = Response(detail(actor, fresh), status=status)
    response["ETag"] = etag(fresh.version)
    return response


@documented(
    summary="Create an item",
    request=shapes.ItemCreate,
    responses={201: shapes.ItemDetail},
    tags=["items"],
)
def create_item(request: Request) -> Response:
    """Add an item. It arrives in triage; `queue` is kept as a proposal."""
    actor = actor_of(request)
    data = checked(shapes.ItemCreate, request)
    product = named_product(actor, data.pop("product", None) or _bound_key(actor))
    rights.require(actor, "item.create", product)
    kind = data.pop("queue", None)
    reason = data.pop("reason", "")
    criteria = [(each["text"], each.get("verification", "")) for each in data.pop("criteria", [])]
    draft = item_services.Draft(
        **resolved(product, data, actor),
        queue=access.queue_of(product, kind) if kind else None,
        criteria=criteria,
    )
    item = item_services.create_item(actor=actor, product=product, draft=draft, reason=reason)
    response = answer(actor, item, 201)
    response["Location"] = f"/api/v1/items/{item.key}/"
    return response


def _bound_key(actor: Actor) -> str | None:
    return actor.token.product.key if actor.token and actor.token.product else None


_WORDS: dict[str, Any] = {
    "program": Program,
    "channel": Channel,
    "cycle": Cycle,
    "labels": Label,
    "segments": Segment,
}


def resolved(product: Product, data: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """Names and addresses in a body as rows of ``product``; an owner must be a member."""
    values = dict(data)
    if values.get("owner"):
        values["owner"] = access.member_of(product, values["owner"])
    if "horizon" in values:
        values["horizon"] = values["horizon"] or ""
    for name, model in _WORDS.items():
        if name not in values:
            continue
        given = values[name]
        if isinstance(given, list):
            values[name] = list(words.proposed(model, product=product, names=given).values())
        elif given:
            values[name] = words.proposed(model, product=product, names=[given]).get(given)
        else:
            values[name] = None
    return values


@documented(summary="Read an item", responses={200: shapes.ItemDetail}, tags=["items"])
def read_item(request: Request, key: str) -> Response:
    """An item with ratings, signals, effort, due, adjustments, rubric version, instant, and the parts made of them."""
    actor = actor_of(request)
    item = access.item_for(actor, key)
    response = Response(detail(actor, item))
    response["ETag"] = etag(item.version)
    return response


@documented(
    summary="Edit an item",
    request=shapes.ItemPatch,
    responses={200: shapes.ItemDetail},
    tags=["items"],
    if_match=True,
)
def edit_item(request: Request, key: str) -> Response:
    """Change fields. State and queue change by their verbs."""
    actor = actor_of(request)
    item = access.item_for(actor, key, "item.edit")
    version = version_wanted(request)
    data = checked(shapes.ItemPatch, request)
    reason = data.pop("reason", "")
    item_services.edit_item(
        actor=actor,
        item=item,
        values=resolved(item.product, data, actor),
        version=version,
        reason=reason,
    )
    return answer(actor, item)


items = resource(GET=list_items, POST=create_item)
item = resource(GET=read_item, PATCH=edit_item)
