"""Briefs that were signed, changed and signed again; increments in every state; the creative system."""

from __future__ import annotations

from accounts.actors import Actor, Via
from backlog.brief_content import FIELD_NAMES
from backlog.models import Increment, IncrementKind
from backlog.services import (
    brief_inputs,
    brief_lines,
    brief_signing,
    briefs,
    citations,
    increment_criteria,
    increment_states,
    increments,
    items,
    standards,
    states,
    templates,
)
from tests.security.world import Tenant


def furnish_briefs(tenant: Tenant) -> None:
    """All of it on an item of its own, so that the other items can still be merged and split."""
    actor, product, mark = tenant.actor(), tenant.product, tenant.mark
    draft = items.Draft(title=mark, criteria=[(mark, mark)])
    built = items.create_item(actor=actor, product=product, draft=draft)
    queue = product.queues.get(kind="enhancement")
    built = states.accept_item(actor=actor, item=built, queue=queue, reason=mark)
    kind = standards.save_kind(
        actor=actor, product=product, name=mark, description=mark, production=False
    )
    brief = briefs.create_brief(
        actor=actor,
        product=product,
        title=mark,
        values=dict.fromkeys(FIELD_NAMES, mark),
        items=[tenant.item, built],
    )
    if tenant.person.email.startswith("canary"):  # B's lines have other numbers than A's
        for _ in range(3):
            brief_lines.add_line(actor=actor, brief=brief, kind="brand", statement=mark)
    lines = [
        brief_lines.add_line(actor=actor, brief=brief, kind=kind_, statement=mark, checked_how=mark)
        for kind_ in ("accuracy", "regulatory", "success")
    ]
    word = mark.split()[0]
    signal = brief_inputs.save_signal(
        actor=actor,
        brief=brief,
        name=mark,
        baseline=1,
        target=2,
        unit=word,
        source=mark,
        metric="m",
    )

    def ask() -> brief_inputs.BriefInput:
        return brief_inputs.ask_input(
            actor=actor, brief=brief, function=mark, what=mark, person=tenant.person
        )

    brief_inputs.settle_input(actor=actor, asked=ask(), state="received", answer=mark)
    brief_signing.sign_off(actor=actor, brief=brief, note=mark, reason=mark)
    taught, begun, planned, cut = (
        _increment(actor, built, kind, mark, is_checkpoint=place == 0) for place in range(4)
    )
    for each in (taught, begun):
        increment_states.start(actor=actor, increment=each)
        increment_states.decide_checkpoint(actor=actor, increment=taught, validated=True, note=mark)
    _criteria(actor, taught, mark)
    increment_states.close(actor=actor, increment=taught, output=mark, learning=mark)
    increment_states.cut(actor=actor, increment=cut, reason=mark)
    criterion = _criteria(actor, begun, mark)
    brief_lines.point(actor=actor, line=lines[0], increment=begun)
    brief_lines.point(actor=actor, line=lines[1], item=tenant.item)
    brief_lines.reword_line(actor=actor, line=lines[0], statement=f"{mark} again")
    brief_lines.reword_line(actor=actor, line=lines[1], statement=f"{mark} again")
    brief_signing.sign_off(actor=actor, brief=brief, note=mark, reason=mark)
    waiting = brief.confirmations.get(increment=begun)
    brief_signing.settle(
        actor=actor, confirmation=brief.confirmations.get(increment=None), state="moot", note=mark
    )
    standard = standards.publish_standard(
        actor=actor, product=product, name=mark, kind="motion", body=mark, reason=mark
    )
    template = templates.save_template(
        actor=actor,
        product=product,
        kind="increment_plan",
        name=mark,
        description=mark,
        body={"increments": [{"kind": kind.slug, "title": mark}]},
    )
    asked = ask()
    tenant.things |= {
        "built": built,
        "brief": brief,
        "pointed": lines[0],
        "brief_signal": signal,
        "brief_input": asked,
        "taught": taught,
        "increment": begun,
        "planned_increment": planned,
        "increment_criterion": criterion,
        "confirmation": waiting,
        "increment_kind": kind,
        "standard": standard.standard,
        "conformance": standards.declare(
            actor=actor, increment=begun, version=standard, deviation=mark
        ),
        "brief_template": template,
        "citation": citations.cite(actor=actor, increment=taught, brief=brief, note=mark),
    }
    brief.refresh_from_db()


def _increment(
    actor: Actor, item: items.Item, kind: IncrementKind, mark: str, *, is_checkpoint: bool
) -> Increment:
    draft = increments.Draft(
        kind=kind, title=mark, purpose=mark, is_checkpoint=is_checkpoint, owner=actor.user
    )
    return increments.add_increment(actor=actor, item=item, draft=draft)


def _criteria(actor: Actor, increment: Increment, mark: str) -> object:
    made = increment_criteria.save_criterion(
        actor=actor, increment=increment, statement=mark, verification=mark
    )
    return increment_criteria.verify_criterion(
        actor=actor, increment=increment, criterion=made, met=True, note=mark
    )


def grow_briefs(tenant: Tenant, more: int) -> None:
    """So many more of whatever a list of briefs and increments could hold."""
    actor, product = tenant.actor(), tenant.product
    system = Actor.system(Via.COMMAND)
    for number in range(more):
        made = briefs.create_brief(
            actor=actor, product=product, title=f"Brief {more} {number}", items=[tenant.item]
        )
        line = brief_lines.add_line(
            actor=actor, brief=made, kind="brand", statement=f"Line {number}"
        )
        brief_lines.point(actor=actor, line=line, item=tenant.item)
        own = brief_lines.add_line(
            actor=actor, brief=tenant.brief, kind="accuracy", statement=f"Line {more} {number}"
        )
        brief_lines.point(actor=actor, line=own, increment=tenant.increment)
        brief_inputs.ask_input(
            actor=actor,
            brief=tenant.brief,
            function="Legal",
            what=f"Input {number}",
            person=tenant.person,
        )
        brief_inputs.save_signal(
            actor=actor,
            brief=tenant.brief,
            name=f"Signal {more} {number}",
            target=1,
            source="Here",
        )
        for item in (tenant.built, tenant.item):
            fresh = _increment(
                actor, item, tenant.increment_kind, f"Piece {number}", is_checkpoint=False
            )
            increment_criteria.save_criterion(actor=actor, increment=fresh, statement="True")
        increment_criteria.save_criterion(
            actor=actor, increment=tenant.increment, statement=f"Also {number}"
        )
        published = standards.publish_standard(
            actor=actor,
            product=product,
            name=f"Standard {more} {number}",
            body="Words",
            reason="New",
        )
        standards.declare(actor=actor, increment=tenant.increment, version=published)
        standards.save_kind(actor=actor, product=product, name=f"Kind {more} {number}")
        templates.save_template(
            actor=system,
            product=product,
            kind="increment_plan",
            name=f"Plan {more} {number}",
            body={"increments": []},
        )
