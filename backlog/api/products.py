"""Products and queues over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for, products_of
from accounts.api.endpoints import actor_of, documented, resource
from accounts.models import Product
from backlog import selectors
from backlog.services import products as product_services
from core.api.serializers import Line, Prose, Shape, checked


class QueueRow(Shape):
    kind = serializers.CharField()
    definition = serializers.CharField()
    share = serializers.FloatField(help_text="part of a cycle's capacity, 0 to 1")
    open_items = serializers.IntegerField()


class ProductRow(Shape):
    key = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    role = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    archived_at = serializers.DateTimeField(allow_null=True)
    queues = QueueRow(many=True, required=False)


class ProductInput(Shape):
    key = Line(max_length=10)
    name = Line(max_length=120)
    description = Prose(max_length=5000, required=False, allow_blank=True)


class ProductPatch(Shape):
    name = Line(max_length=120, required=False)
    description = Prose(max_length=5000, required=False, allow_blank=True)


class ArchiveInput(Shape):
    archived = serializers.BooleanField()
    reason = Line(max_length=500, required=False, allow_blank=True)


def _row(product: Product, role: str | None) -> dict[str, Any]:
    return {
        "key": product.key,
        "name": product.name,
        "description": product.description,
        "role": role,
        "created_at": product.created_at,
        "archived_at": product.archived_at,
    }


@documented(summary="List products", responses={200: ProductRow(many=True)}, tags=["products"])
def list_products(request: Request) -> Response:
    """The products that you are a member of."""
    actor = actor_of(request)
    roles = dict(actor.user.memberships.values_list("product_id", "role")) if actor.user else {}
    return Response([_row(product, roles.get(product.pk)) for product in products_of(actor)])


@documented(
    summary="Create a product", request=ProductInput, responses={201: ProductRow}, tags=["products"]
)
def create_product(request: Request) -> Response:
    """A product with its four queues; you become its administrator."""
    actor = actor_of(request)
    data = checked(ProductInput, request)
    product = product_services.create_product(actor=actor, **data)
    return Response(_row(product, actor.role_in(product)), status=201)


@documented(summary="Read a product", responses={200: ProductRow}, tags=["products"])
def read_product(request: Request, key: str) -> Response:
    """A product with its queues, their definitions, shares and open items."""
    actor = actor_of(request)
    product = product_for(actor, key)
    counts = selectors.queue_counts(product)
    queues = [
        {
            "kind": queue.kind,
            "definition": queue.definition,
            "share": queue.share,
            "open_items": counts.get(queue.kind, 0),
        }
        for queue in product.queues.order_by("pk")
    ]
    return Response({**_row(product, actor.role_in(product)), "queues": queues})


@documented(
    summary="Edit a product", request=ProductPatch, responses={200: ProductRow}, tags=["products"]
)
def edit_product(request: Request, key: str) -> Response:
    """Name and description; the key stays."""
    actor = actor_of(request)
    product = product_for(actor, key, "product.edit")
    data = checked(ProductPatch, request)
    kept = {"name": product.name, "description": product.description}
    done = product_services.edit_product(actor=actor, product=product, **{**kept, **data})
    return Response(_row(done, actor.role_in(done)))


@documented(
    summary="Archive or reopen a product",
    request=ArchiveInput,
    responses={200: ProductRow},
    tags=["products"],
)
def archive_product(request: Request, key: str) -> Response:
    """An archived product can be read and not changed."""
    actor = actor_of(request)
    product = product_for(actor, key, "product.edit")
    data = checked(ArchiveInput, request)
    done = product_services.set_archived(actor=actor, product=product, **data)
    return Response(_row(done, actor.role_in(done)))


products = resource(GET=list_products, POST=create_product)
product = resource(GET=read_product, PATCH=edit_product)
archive = resource(POST=archive_product)
