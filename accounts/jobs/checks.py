"""What must always hold for people and products: an administrator each, no secret in the clear, one answer a key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.db.models import Count, Exists, F, ForeignKey, OuterRef

from accounts.models import (
    ApiToken,
    Invitation,
    Membership,
    Product,
    RememberedAnswer,
    ResetRequest,
    User,
)
from accounts.roles import Role
from core.invariants import Finding

#: A job that nobody took up for so long: the sweep does not run.
LEFT_LYING = timedelta(minutes=5)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TOKEN = re.compile(r"ballast_[0-9]+_[A-Za-z0-9_-]{20,}")
CHUNK = 1000
LISTED = 100


def findings(*, now: datetime) -> Iterator[Finding]:
    """Everything that is wrong."""
    yield from _one_product()
    yield from _administrators()
    yield from _secrets()
    yield from _answers()
    old = ResetRequest.objects.filter(handled_at__isnull=True, asked_at__lt=now - LEFT_LYING)
    for pk in old.order_by("pk").values_list("pk", flat=True):
        yield Finding(
            "nothing is left lying", f"reset {pk}", "asked for more than five minutes ago, not sent"
        )


def _one_product() -> Iterator[Finding]:
    """Child and parent belong to the same product: every table, by every foreign key, as the models say."""
    for model in apps.get_models(include_auto_created=True):
        path = _product_path(model)
        if path is None:
            continue
        for key in _keys(model):
            onward = _product_path(key.related_model)
            other = f"{key.name}__{onward}"
            if onward is None or other == path:
                continue
            both = model._default_manager.exclude(**{path: None}).exclude(**{other: None})
            astray = both.exclude(**{path: F(other)}).order_by("pk").values_list("pk", flat=True)
            for pk in astray[:LISTED]:
                problem = f"its {key.name} belongs to another product"
                yield Finding("one product", f"{model._meta.model_name} {pk}", problem)


def _product_path(model: Any, seen: tuple[Any, ...] = ()) -> str | None:
    """How ``model`` names its product: its own column, or the way to a parent's; None for what has no product."""
    keys = _keys(model)
    for key in keys:
        if key.related_model is Product:
            return str(key.name)
    for key in keys:
        if not key.null and key.related_model not in (model, *seen):
            onward = _product_path(key.related_model, (model, *seen))
            if onward is not None:
                return f"{key.name}__{onward}"
    return None


def _keys(model: Any) -> list[Any]:
    return [each for each in model._meta.concrete_fields if isinstance(each, ForeignKey)]


def _administrators() -> Iterator[Finding]:
    held = Membership.objects.filter(
        product=OuterRef("pk"), role=Role.ADMINISTRATOR, user__is_active=True
    )
    for key in Product.objects.exclude(Exists(held)).order_by("key").values_list("key", flat=True):
        yield Finding(
            "an administrator each", f"product {key}", "nobody who can sign in administers it"
        )


def _secrets() -> Iterator[Finding]:
    """Whatever opens a door is stored as a digest."""
    for name, rows in (("token", ApiToken.objects), ("invitation", Invitation.objects)):
        for pk, digest in rows.order_by("pk").values_list("pk", "secret_digest").iterator(CHUNK):
            if not _DIGEST.fullmatch(digest):
                yield Finding("only digests of secrets", f"{name} {pk}", "its secret is no digest")
    for pk, password in User.objects.order_by("pk").values_list("pk", "password").iterator(CHUNK):
        if "$" not in password and not password.startswith("!"):
            yield Finding("only digests of secrets", f"user {pk}", "the password is not hashed")


def _answers() -> Iterator[Finding]:
    rows = RememberedAnswer.objects.order_by("pk")
    for pk, status, body in rows.values_list("pk", "status", "body").iterator(CHUNK):
        if status is None:
            yield Finding(
                "one effect, one answer", f"remembered answer {pk}", "it was never finished"
            )
        if _TOKEN.search(body):
            yield Finding("only digests of secrets", f"remembered answer {pk}", "it shows a token")
    twice = (
        RememberedAnswer.objects.order_by()
        .values("user", "key")
        .annotate(count=Count("pk"))
        .filter(count__gt=1)
    )
    for row in twice:
        yield Finding(
            "one effect, one answer", f"user {row['user']}", f"one key, {row['count']} answers"
        )
