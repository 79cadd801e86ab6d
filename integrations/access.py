"""The permissioned fetch of imports and of addresses for webhooks."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from core.errors import NotFound
from integrations.models import Hook, ImportRun

#: Left out of lists: they can be large.
_HEAVY = ("examination", "rehearsal", "problems", "mapping")


def runs_of(actor: Actor, product: Product) -> QuerySet[ImportRun]:
    """A product's imports, newest first."""
    rights.require(actor, "import.run", product)
    found = ImportRun.objects.filter(product=product).select_related("started_by", "product")
    return found.defer(*_HEAVY).order_by("-created_at", "-id")


#: Who may bring in what: files of placements and readings need the right that one of them by hand needs.
_RIGHTS = {
    ImportRun.Subject.PLACEMENTS: "placement.edit",
    ImportRun.Subject.READINGS: "reading.enter",
}


def right_of(subject: str, *, undoing: bool = False) -> str:
    """The action that bringing in, or taking back, files of ``subject`` is."""
    return _RIGHTS.get(subject, "import.undo" if undoing else "import.run")  # type: ignore[call-overload, no-any-return]


def run_in(actor: Actor, product: Product, pk: uuid.UUID, *, undoing: bool = False) -> ImportRun:
    """An import of this product. NotFound for another product's, NotAllowed for members without the right."""
    run = run_for(actor, pk, undoing=undoing)
    if run.product_id != product.pk:
        raise NotFound
    run.product = product
    return run


def run_for(actor: Actor, pk: uuid.UUID, *, undoing: bool = False) -> ImportRun:
    """An import by id. NotFound for strangers, NotAllowed for members without the right."""
    run = ImportRun.objects.select_related("product", "started_by").filter(pk=pk).first()
    if run is None:
        raise NotFound
    rights.require(actor, right_of(run.subject, undoing=undoing), run.product)
    return run


def hooks_in(actor: Actor, product: Product) -> QuerySet[Hook]:
    """The product's addresses for webhooks, withdrawn ones too, the newest first."""
    rights.require(actor, "product.read", product)
    found = Hook.objects.filter(product=product).select_related("made_by", "revoked_by")
    return found.order_by("-pk")


def hook_in(actor: Actor, product: Product, pk: int) -> Hook:
    """One of them. Raises NotFound."""
    hook = hooks_in(actor, product).filter(pk=pk).first()
    if hook is None:
        raise NotFound
    hook.product = product
    return hook
