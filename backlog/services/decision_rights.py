"""A product's own decision rights: who may do what, where it differs from what a new product starts with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import rights
from accounts.actors import Actor
from accounts.models import DecisionRight, Product
from accounts.roles import ACTIONS, RANK, Role
from backlog.services import changes
from core import text
from core.errors import Invalid, NotAllowed, Stale

Cell = tuple[str, str]

#: Without these nobody could put things right again, and everybody who is a member may read.
FIXED: dict[Cell, bool] = {
    **{("product.read", role): True for role in Role.values},
    ("member.manage", Role.ADMINISTRATOR): True,
    ("rights.manage", Role.ADMINISTRATOR): True,
    ("product.edit", Role.ADMINISTRATOR): True,
}


@dataclass(frozen=True)
class Matrix:
    """Action × role as it holds now. ``version`` is a digest of all cells: who saves says what they saw."""

    cells: Mapping[Cell, bool]
    version: str


def matrix(product: Product) -> Matrix:
    """Every cell of the product. One query."""
    own = {
        (action, role): allowed
        for action, role, allowed in product.decision_rights.values_list(
            "action", "role", "allowed"
        )
    }
    cells = {
        (action, role): own.get((action, role), role in holders)
        for action, (_words, holders) in ACTIONS.items()
        for role in Role.values
    }
    listed = "".join("1" if cells[cell] else "0" for cell in sorted(cells))
    digest = hashlib.sha256(f"{sorted(ACTIONS)}{listed}".encode()).hexdigest()[:16]
    return Matrix(cells, digest)


def editable(actor: Actor, product: Product, cell: Cell, now: Matrix) -> bool:
    """Whether the actor may change this cell: never a fixed one, one above their rank, or a right they lack."""
    action, role = cell
    if cell in FIXED:
        return False
    if actor.is_system:
        return True
    own = actor.role_in(product)
    return own is not None and RANK[role] <= RANK[own] and now.cells[action, own]


@transaction.atomic
def set_rights(
    *,
    actor: Actor,
    product: Product,
    wanted: Mapping[Cell, bool],
    version: str,
    reason: str = "",
    now: datetime | None = None,
) -> list[Cell]:
    """Bring cells to ``wanted``; returns those that changed. One change row for all of them.

    Raises Invalid (unknown cell), NotAllowed (a cell that the actor may not change), Stale (changed meanwhile).
    """
    right = rights.require(actor, "rights.manage", product)
    Product.objects.select_for_update(no_key=True).get(pk=product.pk)
    current = matrix(product)
    unknown = sorted(
        f"{action}:{role}" for action, role in wanted if (action, role) not in current.cells
    )
    if unknown:
        raise Invalid("There is no such right.", fields={"rights": [f"Unknown: {unknown[0][:60]}"]})
    if version != current.version:
        raise Stale(
            "The rights were changed meanwhile. Nothing of yours was saved; look at them again."
        )
    changed = sorted(cell for cell, allowed in wanted.items() if current.cells[cell] != allowed)
    for action, role in changed:
        if not editable(actor, product, (action, role), current):
            what, _ = ACTIONS[action]
            raise NotAllowed(f"You may not change whether {Role(role).label.lower()}s may {what}.")
    for action, role in changed:
        allowed = wanted[action, role]
        if allowed == (role in ACTIONS[action][1]):
            DecisionRight.objects.filter(product=product, action=action, role=role).delete()
        else:
            DecisionRight.objects.update_or_create(
                product=product, action=action, role=role, defaults={"allowed": allowed}
            )
    if changed:
        entry = changes.Entry(
            "rights.changed",
            product,
            fields={
                f"{action}:{role}": (current.cells[action, role], wanted[action, role])
                for action, role in changed
            },
            reason=text.one_line(reason)[:500],
            right=right,
        )
        changes.record(actor=actor, product=product, entries=[entry], now=now)
    return changed
