"""What planning puts into a product: a policy, a closed cycle with its ledger, a running one, one that is planned."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from backlog.models import Item
from backlog.services import cycles, decisions, items, states
from backlog.vocabulary import QueueKind
from scoring import plans
from scoring.services import acceptance, closing, planning, trades
from scoring.services import plans as plan_services
from tests.security.world import Tenant


def furnish_plans(tenant: Tenant) -> None:
    """Cycles in every state with rows, a change of scope, a trade, a row that was taken out; decisions."""
    actor, product, mark = tenant.actor(), tenant.product, tenant.mark
    # no floors: what the other furnishers left ready in stability need not be planned
    floors = dict.fromkeys(QueueKind.values, 0.0)
    planning.set_policy(
        actor=actor, product=product, version=1, capacity=41, floors=floors, reason=mark
    )
    closed, closing_work = _cycle(tenant, 0), _work(tenant, 2)
    plan_services.add_item(actor=actor, cycle=closed, item=closing_work, reason=mark)
    _accept(tenant, closed)
    states.set_state(actor=actor, item=_again(closing_work), state="done")
    closing.close_cycle(actor=actor, cycle=closed, reason=mark)
    running = _cycle(tenant, 1)
    first, second, third = (_work(tenant, 3) for _ in range(3))
    plan_services.add_item(actor=actor, cycle=running, item=first, reason=mark)
    plan_services.add_item(actor=actor, cycle=running, item=second, reason=mark)
    _accept(tenant, running)
    trades.swap(actor=actor, cycle=running, comes=_again(third), goes=_again(second), reason=mark)
    planned = _cycle(tenant, 2)
    kept, other, gone = (_work(tenant, 1) for _ in range(3))
    for item in (kept, other, gone):
        plan_services.add_item(actor=actor, cycle=planned, item=item, reason=mark)
    plan_services.remove_item(actor=actor, cycle=planned, item=_again(gone), reason=mark)
    decisions.record(
        actor=actor,
        product=product,
        kind="general",
        title=mark,
        rationale=mark,
        right="decision.record",
        context=mark,
        evidence=[{"label": mark, "url": "https://example.org/"}],
        items=[kept],
    )
    tenant.things |= {
        "closed_cycle": plans.cycle_for(product, closed.pk),
        "running_cycle": plans.cycle_for(product, running.pk),
        "planned_cycle": plans.cycle_for(product, planned.pk),
        "planned_item": _again(kept),
        "kept_item": _again(other),
        "running_item": _again(first),
        "loose_item": _again(gone),
    }


def _accept(tenant: Tenant, cycle: Any) -> None:
    """What others have furnished may be ready work that is left out: that is decided first."""
    actor, mark = tenant.actor(), tenant.mark
    for problem in acceptance.problems_of(plans.read(cycle)):
        acceptance.allow_floor(
            actor=actor,
            cycle=cycle,
            queue=problem["queue"],
            points=problem["points"],
            reason=mark,
        )
    acceptance.accept(actor=actor, cycle=cycle, reason=mark)


def _cycle(tenant: Tenant, number: int) -> Any:
    first = date.today() + timedelta(days=14 * (number - 1))
    made = cycles.plan_cycle(
        actor=tenant.actor(),
        product=tenant.product,
        name=f"{tenant.mark[:70]} {number}",
        starts_on=first,
        ends_on=first + timedelta(days=13),
    )
    return plans.cycle_for(tenant.product, made.pk)


def _work(tenant: Tenant, effort: float) -> Item:
    draft = items.Draft(
        title=tenant.mark,
        queue=tenant.product.queues.get(kind="enhancement"),
        state="accepted",
        effort=effort,
    )
    return items.create_item(actor=tenant.actor(), product=tenant.product, draft=draft)


def _again(item: Item) -> Item:
    return Item.objects.select_related("product", "queue", "summary", "cycle").get(pk=item.pk)
