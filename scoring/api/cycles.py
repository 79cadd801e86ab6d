"""Cycles over the API: plans, proposals with all their inputs, acceptance, scope, trades, closing, the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.actors import Actor
from accounts.api.endpoints import actor_of, documented, etag, resource, version_wanted
from accounts.models import Product
from backlog import access
from backlog.models import Cycle, Decision
from backlog.services.cycles import plan_cycle
from core.errors import Invalid, NotFound
from scoring import plans, portfolio
from scoring.api import cycle_shapes as shapes
from scoring.plans import Reading
from scoring.portfolio import Candidate, Proposal
from scoring.scope_report import burn_up, scope_of
from scoring.services import acceptance, closing, planning, trades
from scoring.services import plans as plan_services

TAGS = ["cycles"]


# --- Policy ----------------------------------------------------------------------------------------


def _policy(product: Product) -> Response:
    policy = plans.policy_of(product)
    queues = product.queues.order_by("pk")
    response = Response(
        {
            "capacity": policy.capacity,
            "cycle_days": policy.cycle_days,
            "borrowing_order": list(policy.borrowing_order),
            "scope_growth_percent": policy.scope_growth_percent,
            "queues": [
                {
                    "queue": queue.kind,
                    "share": queue.share,
                    "floor": queue.share / 2 if queue.floor is None else queue.floor,
                    "floor_is_default": queue.floor is None,
                    "in_progress_limit": queue.in_progress_limit,
                }
                for queue in queues
            ],
            "version": policy.version,
        }
    )
    response["ETag"] = etag(policy.version)
    return response


@documented(summary="Read the planning policy", responses={200: shapes.PolicyRow}, tags=TAGS)
def read_planning(request: Request, key: str) -> Response:
    """What a cycle holds, who lends first, floors, and how far a scope may grow unasked."""
    return _policy(product_for(actor_of(request), key))


@documented(
    summary="Change the planning policy",
    request=shapes.PolicyInput,
    responses={200: shapes.PolicyRow},
    tags=TAGS,
    if_match=True,
)
def edit_planning(request: Request, key: str) -> Response:
    """Change what is sent. A floor of null goes back to half the share."""
    actor = actor_of(request)
    product = product_for(actor, key, "planning.edit")
    version = version_wanted(request)
    shape = shapes.PolicyInput(data=request.data)
    shape.is_valid(raise_exception=True)
    planning.set_policy(actor=actor, product=product, version=version, **shape.validated_data)
    return _policy(product)


# --- Cycles ----------------------------------------------------------------------------------------


def _row(cycle: Cycle, policy_capacity: float) -> dict[str, Any]:
    state = "closed" if cycle.closed_at else "accepted" if cycle.accepted_at else "planned"
    return {
        "id": cycle.pk,
        "name": cycle.name,
        "state": state,
        "starts_on": cycle.starts_on,
        "ends_on": cycle.ends_on,
        "capacity": policy_capacity if cycle.capacity is None else cycle.capacity,
        "baseline_points": cycle.baseline_points,
        "accepted_at": cycle.accepted_at,
        "closed_at": cycle.closed_at,
        "sentence": cycle.sentence,
        "version": cycle.version,
    }


def _plan_row(row: plans.Planned, place: int) -> dict[str, Any]:
    planned = row.row
    return {
        "item": row.key,
        "title": row.item.title,
        "place": place,
        "queue": planned.queue_kind,
        "state": row.item.state,
        "points": planned.points,
        "assumed": planned.points_assumed,
        "source": planned.source,
        "why": planned.why,
        "act_now": row.candidate.act_now,
        "blockers": list(row.candidate.blockers),
        "blocked_by": list(row.blocked_by),
        "charged_to": dict(row.charged),
        "in_baseline": planned.in_baseline,
        "baseline_points": planned.baseline_points,
        "delivered_at": planned.delivered_at,
    }


def _account(found: portfolio.Account) -> list[dict[str, Any]]:
    return [
        {
            "queue": each.queue,
            "promised": each.promised,
            "floor": each.floor,
            "room": each.room,
            "planned": each.planned,
            "borrowed": each.borrowed,
            "lent": each.lent,
            "broken": each.broken,
            "undecided": each.undecided,
            "blamed": list(each.blamed),
        }
        for each in found.queues
    ]


def _skip(each: portfolio.Skipped) -> dict[str, Any]:
    return {
        "item": each.item.key,
        "queue": each.item.queue,
        "points": each.item.points,
        "code": each.code,
        "room": each.room,
        "by": list(each.by),
        "below": dict(each.below),
    }


def _detail(actor: Actor, cycle: Cycle) -> Response:
    cycle = plans.cycle_for(cycle.product, cycle.pk)
    reading = plans.read(cycle)
    policy = reading.policy
    body = {
        **_row(cycle, policy.capacity),
        "plan": [_plan_row(row, place) for place, row in enumerate(reading.rows, 1)],
        "planned": reading.account.planned,
        "free": reading.account.free,
        "queues": _account(reading.account),
        "problems": [] if cycle.accepted_at else acceptance.problems_of(reading),
        "decisions": [
            {"key": each.key, "kind": each.kind, "title": each.title, "facts": each.facts}
            for each in Decision.objects.filter(cycle=cycle).order_by("number")
        ],
    }
    response = Response(body)
    response["ETag"] = etag(cycle.version)
    return response


@documented(summary="List cycles", responses={200: shapes.CycleRow(many=True)}, tags=TAGS)
def list_cycles(request: Request, key: str) -> Response:
    """All cycles, the latest first."""
    product = product_for(actor_of(request), key)
    capacity = plans.policy_of(product).capacity
    return Response([_row(cycle, capacity) for cycle in plans.cycles_of(product)])


@documented(
    summary="Plan a cycle",
    request=shapes.CycleInput,
    responses={201: shapes.CycleDetail},
    tags=TAGS,
)
def create_cycle(request: Request, key: str) -> Response:
    """Make a cycle, or give the one with this name its days."""
    actor = actor_of(request)
    product = product_for(actor, key, "cycle.plan")
    shape = shapes.CycleInput(data=request.data)
    shape.is_valid(raise_exception=True)
    cycle = plan_cycle(actor=actor, product=product, **shape.validated_data)
    response = _detail(actor, cycle)
    response.status_code = 201
    response["Location"] = f"/api/v1/products/{product.key}/cycles/{cycle.pk}/"
    return response


@documented(summary="Read a cycle", responses={200: shapes.CycleDetail}, tags=TAGS)
def read_cycle(request: Request, key: str, pk: int) -> Response:
    """The cycle with its plan in order, what each item is charged to, and what stands in the way of accepting it."""
    actor = actor_of(request)
    return _detail(actor, plans.cycle_for(product_for(actor, key), pk))


@documented(
    summary="Change a cycle",
    request=shapes.CyclePatch,
    responses={200: shapes.CycleDetail},
    tags=TAGS,
    if_match=True,
)
def edit_cycle(request: Request, key: str, pk: int) -> Response:
    """Name, days, capacity. Once accepted, the first day and the capacity stay. A capacity of null is the policy's."""
    actor = actor_of(request)
    cycle = plans.cycle_for(product_for(actor, key, "cycle.plan"), pk)
    version = version_wanted(request)
    shape = shapes.CyclePatch(data=request.data)
    shape.is_valid(raise_exception=True)
    data = dict(shape.validated_data)
    to_policy = "capacity" in data and data["capacity"] is None
    plan_services.edit_cycle(
        actor=actor, cycle=cycle, version=version, policy_capacity=to_policy, **data
    )
    return _detail(actor, cycle)


# --- Proposals --------------------------------------------------------------------------------------


def _candidate(each: Candidate, reading: Reading, place: int | None) -> dict[str, Any]:
    listed = reading.items.get(each.key)
    return {
        "item": each.key,
        "rank": listed.rank if listed else place,
        "points": each.points,
        "assumed": bool(listed and listed.assumed),
        "act_now": each.act_now,
        "blockers": list(each.blockers),
        "barred": each.barred,
    }


def _inputs(reading: Reading) -> dict[str, Any]:
    inputs = reading.inputs
    return {
        "capacity": inputs.capacity,
        "borrowing_order": list(inputs.borrowing_order),
        "rubric_version": reading.rubric_version,
        "queues": [
            {
                "queue": each.queue,
                "share": each.share,
                "floor": each.floor,
                "limit": each.limit,
                "debt": each.debt,
                "below_floor": each.below_floor,
                "ranked": [
                    _candidate(item, reading, None) for item in inputs.ranked.get(each.queue, ())
                ],
            }
            for each in inputs.terms
        ],
        "kept": [{**_candidate(item, reading, None), "queue": item.queue} for item in inputs.kept],
    }


def _proposal(reading: Reading, found: Proposal) -> dict[str, Any]:
    rows = zip(found.chosen, found.account.charged, strict=True)
    return {
        "inputs": _inputs(reading),
        "chosen": [
            {
                "item": chosen.item.key,
                "queue": chosen.item.queue,
                "points": chosen.item.points,
                "step": chosen.step,
                "charged_to": dict(charge),
                "repays": chosen.repays,
            }
            for chosen, charge in rows
        ],
        "skipped": [_skip(each) for each in found.skipped],
        "queues": [
            {**each, "repaid": found.repaid[each["queue"]]} for each in _account(found.account)
        ],
        "planned": found.account.planned,
        "free": found.account.free,
    }


@documented(summary="Work a proposal out", responses={200: shapes.ProposalShape}, tags=TAGS)
def read_proposal(request: Request, key: str, pk: int) -> Response:
    """The proposal with everything it was made from. Writes nothing: what is proposed gives way, what is kept stays."""
    actor = actor_of(request)
    cycle = plans.cycle_for(product_for(actor, key), pk)
    reading = plans.read(cycle, afresh=True)
    return Response(_proposal(reading, portfolio.propose(reading.inputs)))


@documented(
    summary="Propose a plan", request=None, responses={200: shapes.ProposalShape}, tags=TAGS
)
def write_proposal(request: Request, key: str, pk: int) -> Response:
    """Write the proposal into the plan. What people put in stays, what they took out stays out."""
    actor = actor_of(request)
    cycle = plans.cycle_for(product_for(actor, key, "cycle.plan"), pk)
    return Response(_proposal(*plan_services.propose(actor=actor, cycle=cycle)))


# --- The plan ----------------------------------------------------------------------------------------


@documented(
    summary="Add an item to a plan",
    request=shapes.PlanAdd,
    responses={201: shapes.CycleDetail},
    tags=TAGS,
)
def add_planned(request: Request, key: str, pk: int) -> Response:
    """By hand. A blocked item is refused with its blockers; `with_blockers` adds these first."""
    actor = actor_of(request)
    product = product_for(actor, key, "cycle.plan")
    cycle = plans.cycle_for(product, pk)
    shape = shapes.PlanAdd(data=request.data)
    shape.is_valid(raise_exception=True)
    data = dict(shape.validated_data)
    item = access.item_of(actor, product, data.pop("item"))
    plan_services.add_item(actor=actor, cycle=cycle, item=item, **data)
    response = _detail(actor, cycle)
    response.status_code = 201
    return response


@documented(
    summary="Move an item within a plan",
    request=shapes.PlanMove,
    responses={200: shapes.CycleDetail},
    tags=TAGS,
)
def move_planned(request: Request, key: str, pk: int, item: str) -> Response:
    """Behind `after`, before `before`, or to `place`. One row is written."""
    actor = actor_of(request)
    product = product_for(actor, key, "cycle.plan")
    cycle = plans.cycle_for(product, pk)
    moved = _item_in(actor, product, item)
    shape = shapes.PlanMove(data=request.data)
    shape.is_valid(raise_exception=True)
    data = dict(shape.validated_data)
    named = [name for name in ("after", "before", "place") if data.get(name) is not None]
    if len(named) != 1:
        raise Invalid("Say where to.", fields={"place": ["Send one of after, before, place."]})
    for name in ("after", "before"):
        if data.get(name):
            data[name] = access.item_of(actor, product, data[name])
    plan_services.move_item(actor=actor, cycle=cycle, item=moved, **data)
    return _detail(actor, cycle)


@documented(
    summary="Take an item out of a plan",
    request=shapes.CycleReasonInput,
    responses={200: shapes.CycleDetail},
    tags=TAGS,
)
def remove_planned(request: Request, key: str, pk: int, item: str) -> Response:
    """With a reason. What something in the plan waits for stays."""
    actor = actor_of(request)
    product = product_for(actor, key, "cycle.plan")
    cycle = plans.cycle_for(product, pk)
    gone = _item_in(actor, product, item)
    shape = shapes.CycleReasonInput(data=request.data)
    shape.is_valid(raise_exception=True)
    plan_services.remove_item(actor=actor, cycle=cycle, item=gone, **shape.validated_data)
    return _detail(actor, cycle)


def _item_in(actor: Actor, product: Product, key: str) -> Any:
    item = access.item_for(actor, key)
    if item.product_id != product.pk:
        raise NotFound
    return item


@documented(
    summary="Accept a plan",
    request=shapes.AcceptPlan,
    responses={200: shapes.CycleDetail},
    tags=TAGS,
)
def accept_plan(request: Request, key: str, pk: int) -> Response:
    """It becomes the baseline. Refused over capacity, with a blocked item, or with a floor broken and no decision."""
    actor = actor_of(request)
    cycle = plans.cycle_for(product_for(actor, key, "cycle.plan"), pk)
    shape = shapes.AcceptPlan(data=request.data)
    shape.is_valid(raise_exception=True)
    acceptance.accept(actor=actor, cycle=cycle, **shape.validated_data)
    return _detail(actor, cycle)


@documented(
    summary="Decide that a floor may break",
    request=shapes.FloorInput,
    responses={200: shapes.CycleDetail},
    tags=TAGS,
)
def allow_floor(request: Request, key: str, pk: int) -> Response:
    """A decision: in this cycle, work of other queues may take so many points from below the floor of one."""
    actor = actor_of(request)
    cycle = plans.cycle_for(product_for(actor, key), pk)
    shape = shapes.FloorInput(data=request.data)
    shape.is_valid(raise_exception=True)
    acceptance.allow_floor(actor=actor, cycle=cycle, **shape.validated_data)
    return _detail(actor, cycle)


# --- After acceptance ---------------------------------------------------------------------------------


@documented(summary="Read a cycle's scope", responses={200: shapes.ScopeShape}, tags=TAGS)
def read_scope(request: Request, key: str, pk: int) -> Response:
    """Every change since the plan was accepted, with who, when and why; and the burn-up by day, in UTC."""
    cycle = plans.cycle_for(product_for(actor_of(request), key), pk)
    found = scope_of(cycle)
    return Response(
        {
            "baseline": found.baseline,
            "now": found.now,
            "growth": found.growth,
            "percent": found.percent,
            "limit": found.limit,
            "changes": [
                {
                    name: getattr(each, name)
                    for name in (
                        *("at", "who", "item", "what", "before", "after", "points"),
                        *("percent", "reason", "right", "channel"),
                    )
                }
                for each in found.changes
            ],
            "burn_up": [
                {"day": each.day, "scope": each.scope, "done": each.done}
                for each in burn_up(cycle, zone=UTC)
            ],
        }
    )


def _sides(actor: Actor, product: Product, data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "comes": access.item_of(actor, product, data["comes"]),
        "goes": access.item_of(actor, product, data["goes"]),
    }


@documented(
    summary="Trade one item for another",
    request=shapes.SwapInput,
    responses={200: shapes.TradeShape},
    tags=TAGS,
)
def swap_planned(request: Request, key: str, pk: int) -> Response:
    """One act, kept as a decision with the cost on both sides. `preview` says the cost and writes nothing."""
    actor = actor_of(request)
    product = product_for(actor, key, "cycle.plan")
    cycle = plans.cycle_for(product, pk)
    shape = shapes.SwapInput(data=request.data)
    shape.is_valid(raise_exception=True)
    data = shape.validated_data
    sides = _sides(actor, product, data)
    if data["preview"]:
        return Response({**trades.costs(cycle, **sides), "decision": None})
    done = trades.swap(actor=actor, cycle=cycle, reason=data["reason"], **sides)
    return Response({**done.facts, "decision": done.key})


@documented(
    summary="Close a cycle",
    request=shapes.CloseCycleInput,
    responses={200: shapes.CycleDetail},
    tags=TAGS,
)
def close_cycle(request: Request, key: str, pk: int) -> Response:
    """What is not done goes to the next cycle, or where `carry` says to the backlog. A close is final."""
    actor = actor_of(request)
    cycle = plans.cycle_for(product_for(actor, key, "cycle.plan"), pk)
    shape = shapes.CloseCycleInput(data=request.data)
    shape.is_valid(raise_exception=True)
    closing.close_cycle(actor=actor, cycle=cycle, **shape.validated_data)
    return _detail(actor, cycle)


@documented(summary="Read the ledger", responses={200: shapes.LedgerRow(many=True)}, tags=TAGS)
def read_ledger(request: Request, key: str) -> Response:
    """Closed cycles, the newest first: what each queue was promised, got, lent and is owed."""
    product = product_for(actor_of(request), key)
    return Response(
        [
            {
                "cycle": cycle.pk,
                "name": cycle.name,
                "closed_at": cycle.closed_at,
                "sentence": cycle.sentence,
                "lines": [
                    {
                        "queue": line.queue_kind,
                        **{name: getattr(line, name) for name in shapes.LINE},
                    }
                    for line in lines
                ],
            }
            for cycle, lines in plans.ledger(product)
        ]
    )


policy = resource(GET=read_planning, PATCH=edit_planning)
cycles = resource(GET=list_cycles, POST=create_cycle)
cycle = resource(GET=read_cycle, PATCH=edit_cycle)
propose = resource(GET=read_proposal, POST=write_proposal)
plan = resource(POST=add_planned)
plan_row = resource(PATCH=move_planned)
plan_out = resource(POST=remove_planned)
accept = resource(POST=accept_plan)
floor = resource(POST=allow_floor)
scope = resource(GET=read_scope)
swap = resource(POST=swap_planned)
close = resource(POST=close_cycle)
ledger = resource(GET=read_ledger)
