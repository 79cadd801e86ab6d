"""What reviews asked to be changed in increments, for the rate of late structural change (N21)."""

from __future__ import annotations

from accounts.models import Product
from backlog.late_change import ChangeRequest
from backlog.models import Item
from reviews.models import Decision, Note
from reviews.vocabulary import Verdict, Weight

#: The newest that are counted of each kind.
MOST = 20_000


def change_requests(product: Product, item: Item | None = None) -> list[ChangeRequest]:
    """Verdicts that ask for changes, and notes that must be met, on versions of assets of increments, of one item where
    it is named. Two queries.

    A note carried to the next version is the same request and counts once; answers ask for nothing of their own.
    """
    verdicts = Decision.objects.filter(
        version__asset__product=product,
        version__asset__increment__isnull=False,
        verdict=Verdict.REQUEST_CHANGES,
    ).order_by("-pk")
    notes = Note.objects.filter(
        product=product,
        version__asset__increment__isnull=False,
        parent=None,
        carried_from=None,
        must=True,
    ).order_by("-pk")
    if item is not None:
        verdicts = verdicts.filter(version__asset__increment__item=item)
        notes = notes.filter(version__asset__increment__item=item)
    where = ("version__asset__increment", "version__asset__increment__kind__stage", "weight")
    rows = [
        *verdicts.values_list("decided_at", *where)[:MOST],
        *notes.values_list("created_at", *where)[:MOST],
    ]
    return [
        ChangeRequest(at, increment, stage, weight == Weight.STRUCTURAL)
        for at, increment, stage, weight in rows
        if increment is not None and stage is not None
    ]
