"""Decisions, and requests to those who may decide."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts.actors import Actor, Via
from backlog.services import decisions, requests
from tests.security.world import Tenant


def furnish_decisions(tenant: Tenant) -> None:
    """A decision that was superseded, the one that stands; a request that waits, one that was answered."""
    actor, product, mark = tenant.actor(), tenant.product, tenant.mark
    draft = decisions.Draft(
        title=mark,
        rationale=mark,
        context=mark,
        options=[(mark, mark), ("Leave it", mark)],
        chosen=0,
        evidence=[(mark, f"https://example.org/{mark.split()[0]}")],
        items=[tenant.item],
    )
    first = decisions.decide(actor=actor, product=product, draft=draft)
    tenant.things["decision"] = decisions.decide(
        actor=actor, product=product, draft=draft, supersedes=first
    )
    colleague = Actor(user=tenant.colleague, channel=Via.PAGE)
    payload = {
        "item": tenant.item.key,
        "points": 2,
        "claim": mark,
        "evidence": mark,
        "expires_at": (timezone.now() + timedelta(days=20)).isoformat(),
    }

    def ask(**changed: object) -> requests.Request:
        return requests.ask(
            actor=colleague,
            product=product,
            verb="adjustment.make",
            payload={**payload, **changed},
            reason=mark,
        )

    requests.answer(actor=actor, request=ask(points=1), accept=False, reason=mark)
    tenant.things["request"] = ask()
