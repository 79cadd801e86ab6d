"""What must always hold for notices: one product throughout, nobody told of their own act, mails that were wanted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import F, OuterRef, Q, Subquery

from backlog.models import ChainHead
from core.invariants import Finding
from notices.models import Followed, Notice

LISTED = 100
#: A notice whose mail nobody claimed for so long: the sweep does not run.
LEFT_LYING = timedelta(minutes=10)


def findings(*, now: datetime) -> Iterator[Finding]:
    """Everything that is wrong."""
    foreign = Notice.objects.filter(
        ~Q(change__product=F("product")) | Q(note__isnull=False) & ~Q(note__product=F("product"))
    )
    for pk in foreign.order_by("pk").values_list("pk", flat=True)[:LISTED]:
        yield Finding("one product", f"notice {pk}", "it tells of another product")
    own = Notice.objects.filter(person=F("change__actor"))
    for pk in own.order_by("pk").values_list("pk", flat=True)[:LISTED]:
        yield Finding(
            "nobody is told of their own act", f"notice {pk}", "its person made the change"
        )
    unwanted = Notice.objects.filter(to_mail=False, mailed_at__isnull=False)
    for pk in unwanted.order_by("pk").values_list("pk", flat=True)[:LISTED]:
        yield Finding("mails were wanted", f"notice {pk}", "it was mailed, and is not to be")
    lying = Notice.objects.filter(to_mail=True, mailed_at=None, made_at__lt=now - LEFT_LYING)
    for pk in lying.order_by("pk").values_list("pk", flat=True)[:LISTED]:
        yield Finding(
            "nothing is left lying", f"notice {pk}", "its mail waits for more than ten minutes"
        )
    head = ChainHead.objects.filter(product=OuterRef("product")).values("position")
    ahead = Followed.objects.annotate(end=Subquery(head)).filter(through__gt=F("end"))
    for row in ahead.order_by("product_id")[:LISTED]:
        yield Finding(
            "changes are followed in order",
            f"product {row.product_id}",
            f"read through {row.through}, and its chain is shorter",
        )
