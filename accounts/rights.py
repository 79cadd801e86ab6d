"""The one evaluator of decision rights: action × role, per product. Pages, API, bulk, import and tasks ask it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.actors import Actor
from accounts.models import ApiToken, Membership, Product
from accounts.roles import ACTIONS, Role
from core.errors import NotAllowed, NotFound

_READING = frozenset({"product.read"})
#: What can still be done in an archived product.
_ARCHIVED = frozenset({"product.edit", "notice.keep"})


#: The verb of a wish that nothing carries out by itself: who may do it does it, and says so.
BY_HAND = "by_hand"


@dataclass(frozen=True)
class Wish:
    """What was refused, as it can be asked of somebody who may: a verb of ``config.wiring.REQUESTS`` and plain data."""

    verb: str
    payload: Mapping[str, Any] = field(default_factory=dict)


def allowed(actor: Actor, action: str, product: Product) -> bool:
    """Whether ``actor`` holds the right. An unknown action is a programming error (KeyError)."""
    _, holders = ACTIONS[action]
    if actor.is_system:
        return True
    role = actor.role_in(product)
    if role is None:
        return False
    if action in _READING:
        return True
    if actor.token is not None and actor.token.scope == ApiToken.Scope.READ:
        return False
    if product.archived_at is not None and action not in _ARCHIVED:
        return False
    return actor.changed_rights_in(product).get(action, role in holders)


def require(actor: Actor, action: str, product: Product, wish: Wish | None = None) -> str:
    """Return the right's name for the change log, or raise: NotFound for strangers, NotAllowed for members.

    The refusal carries ``wish``, or the plain wish that somebody who may does it by hand, where it can be asked for.
    """
    if allowed(actor, action, product):
        return action
    if not actor.is_system and actor.role_in(product) is None:
        raise NotFound
    raise NotAllowed(refusal(actor, action, product), extra=refused(actor, action, product, wish))


def refused(
    actor: Actor, action: str, product: Product, wish: Wish | None = None
) -> dict[str, Any]:
    """What a refusal tells beside its sentence: the right, and how it can be asked for."""
    extra: dict[str, Any] = {"right": action}
    if allowed(actor, "request.make", product):
        found = wish or Wish(BY_HAND, {"right": action})
        extra["ask"] = {
            "product": product.key,
            "verb": found.verb,
            "payload": dict(found.payload),
        }
    return extra


def holders(action: str, product: Product) -> list[str]:
    """The roles that hold ``action`` in ``product``, lowest rank first. One query."""
    _, defaults = ACTIONS[action]
    changed = dict(product.decision_rights.filter(action=action).values_list("role", "allowed"))
    return [role for role in Role.values if changed.get(role, role in defaults)]


def who_can(action: str, product: Product, limit: int = 3) -> list[str]:
    """Names of people who hold ``action``, at most ``limit``. Two queries."""
    members = (
        Membership.objects.filter(
            product=product, role__in=holders(action, product), user__is_active=True
        )
        .select_related("user")
        .order_by("created_at", "pk")[:limit]
    )
    return [str(member.user) for member in members]


def refusal(actor: Actor, action: str, product: Product) -> str:
    """A sentence that names the rule and who can."""
    what, _ = ACTIONS[action]
    if actor.token is not None and actor.token.scope == ApiToken.Scope.READ:
        return f"This token may only read. To {what}, use a token with the scope “write”."
    if product.archived_at is not None:
        return f"{product.name} is archived, so nothing in it can be changed."
    role = Role(actor.role_in(product) or Role.VIEWER).label.lower()
    names = who_can(action, product)
    ask = f" Ask {' or '.join(names)}." if names else ""
    return f"As {role} you may not {what}.{ask}"
