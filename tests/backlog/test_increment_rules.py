"""Increments: the gate, checkpoints, needs, closing, shipping, cutting; what briefs ask to be confirmed again."""

from __future__ import annotations

from datetime import date

import pytest

from backlog.brief_lines import lines_for
from backlog.increment_reading import breaks, kept_breaks, plan
from backlog.models import Brief, Change, Confirmation, Decision, Increment, IncrementKind, Item
from backlog.services import (
    brief_inputs,
    brief_lines,
    brief_signing,
    briefs,
    increment_criteria,
    increment_states,
    increments,
    requests,
    splitting,
    states,
    undo,
)
from core.errors import Conflict, Invalid, NotAllowed, Stale
from tests.backlog.making import accepted
from tests.cast import Cast


def complete_brief(cast: Cast, *items: Item) -> Brief:
    actor = cast.actor("owner")
    brief = briefs.create_brief(
        actor=actor,
        product=cast.a,
        title="The tour",
        values={
            name: f"Something about {name}"
            for name in briefs.EDITABLE
            if name not in ("title", "owner")
        },
        items=list(items),
    )
    for kind, words in (
        ("accuracy", "Prices are net of tax"),
        ("regulatory", "No promise of returns"),
        ("success", "Nine in ten finish it"),
    ):
        brief_lines.add_line(actor=actor, brief=brief, kind=kind, statement=words)
    asked = brief_inputs.ask_input(
        actor=actor, brief=brief, function="Legal", what="The disclaimer", person=cast.viewer
    )
    brief_inputs.settle_input(
        actor=cast.actor("viewer"), asked=asked, state="received", answer="Here it is."
    )
    brief_inputs.save_signal(
        actor=actor, brief=brief, name="Completion", baseline=61, target=80, source="The platform"
    )
    brief.refresh_from_db()
    return brief


def kind(cast: Cast, slug: str = "script_block") -> IncrementKind:
    return IncrementKind.objects.get(product=cast.a, slug=slug)


def add(
    cast: Cast, item: Item, slug: str = "script_block", title: str = "A piece", **more: object
) -> Increment:
    draft = increments.Draft(kind=kind(cast, slug), title=title, **more)  # type: ignore[arg-type]
    return increments.add_increment(actor=cast.actor("contributor"), item=item, draft=draft)


def begin(cast: Cast, increment: Increment) -> Increment:
    return increment_states.start(actor=cast.actor("contributor"), increment=increment)


def end(cast: Cast, increment: Increment) -> Increment:
    return increment_states.close(
        actor=cast.actor("contributor"),
        increment=increment,
        output="A script",
        learning="Short wins",
    )


def test_production_waits_for_the_signature(cast: Cast) -> None:
    item = accepted(cast)
    piece = add(cast, item)
    with pytest.raises(Conflict, match="no brief governs") as refused:
        begin(cast, piece)
    assert refused.value.extra["obstacles"][0]["code"] == "gate"  # type: ignore[index]
    brief = complete_brief(cast, item)
    with pytest.raises(Conflict, match="not signed off"):
        begin(cast, piece)
    assert begin(cast, add(cast, item, "narrative_map")).state == "in_progress"
    brief_signing.sign_off(actor=cast.actor("owner"), brief=brief)
    assert begin(cast, piece).state == "in_progress"


def test_a_sign_off_names_what_is_missing_and_whoever_reads_old_words_signs_nothing(
    cast: Cast,
) -> None:
    brief = complete_brief(cast)
    actor = cast.actor("owner")
    line = brief.lines.get(kind="regulatory")
    brief_lines.remove_line(actor=actor, line=line)
    with pytest.raises(Conflict, match="A regulatory or brand boundary"):
        brief_signing.sign_off(actor=actor, brief=brief)
    brief_lines.restore_line(actor=actor, line=line)
    brief.refresh_from_db()
    read = brief.version
    briefs.edit_brief(actor=actor, brief=brief, values={"audience": "Buyers"})
    with pytest.raises(Stale):
        brief_signing.sign_off(actor=actor, brief=brief, version=read)
    with pytest.raises(NotAllowed):
        brief_signing.sign_off(actor=cast.actor("contributor"), brief=brief)
    made = brief_signing.sign_off(actor=actor, brief=brief)
    assert (made.number, made.signed_by) == (1, cast.owner)
    with pytest.raises(Conflict, match="signed off already"):
        brief_signing.sign_off(actor=actor, brief=brief)


def test_a_gate_is_passed_by_a_recorded_decision_which_can_be_asked_for(cast: Cast) -> None:
    item = accepted(cast)
    piece = add(cast, item)
    with pytest.raises(NotAllowed) as refused:
        increment_states.pass_gate(
            actor=cast.actor("contributor"), increment=piece, reason="The fair opens on Monday"
        )
    ask = refused.value.extra["ask"]
    assert ask == {"product": "ATLAS", "verb": "gate.pass", "payload": {"increment": piece.key}}
    asked = requests.ask(
        actor=cast.actor("contributor"),
        product=cast.a,
        verb="gate.pass",
        payload={"increment": piece.key},
        reason="The fair opens on Monday",
    )
    requests.answer(actor=cast.actor("owner"), request=asked, accept=True)
    piece.refresh_from_db()
    decision = Decision.objects.get(kind="gate")
    assert piece.gate_decision == decision
    assert "no brief governs this item" in decision.context
    assert begin(cast, piece).state == "in_progress"


def test_a_checkpoint_and_what_is_needed_come_first(cast: Cast) -> None:
    item = accepted(cast)
    first = add(cast, item, "narrative_map", "Map", is_checkpoint=True)
    second = add(cast, item, "scenario_structure", "Scenes", needs=[first])
    with pytest.raises(Conflict, match="has not been validated.*which is not closed"):
        begin(cast, second)
    begin(cast, first)
    with pytest.raises(NotAllowed):
        increment_states.decide_checkpoint(
            actor=cast.actor("contributor"), increment=first, validated=True
        )
    with pytest.raises(Invalid):
        increment_states.decide_checkpoint(
            actor=cast.actor("reviewer"), increment=first, validated=False
        )
    increment_states.decide_checkpoint(
        actor=cast.actor("reviewer"), increment=first, validated=False, note="Start with the end"
    )
    end(cast, first)
    with pytest.raises(Conflict, match="asked for a change of direction"):
        begin(cast, second)
    increment_states.decide_checkpoint(
        actor=cast.actor("reviewer"), increment=first, validated=True
    )
    assert begin(cast, second).state == "in_progress"
    with pytest.raises(Invalid, match="wait for each other"):
        increments.edit_increment(
            actor=cast.actor("contributor"), increment=first, values={"needs": [second]}
        )


def test_ordinary_editing_lets_nothing_past_a_checkpoint(cast: Cast) -> None:
    item = accepted(cast)
    first = add(cast, item, "narrative_map", "Map", is_checkpoint=True)
    second = add(cast, item, "scenario_structure", "Scenes")
    third = add(cast, item, "scenario_structure", "More scenes")

    def move(who: str, piece: Increment, before: Increment | None) -> None:
        increments.move_increment(actor=cast.actor(who), increment=piece, before=before)

    def untick(who: str) -> None:
        increments.edit_increment(
            actor=cast.actor(who), increment=first, values={"is_checkpoint": False}
        )

    move("contributor", third, second)
    for attempt in (
        lambda: move("contributor", second, first),
        lambda: move("contributor", first, second),
        lambda: move("contributor", first, None),
        lambda: untick("contributor"),
    ):
        with pytest.raises(NotAllowed, match="have the direction validated first.* Ask ") as no:
            attempt()
        assert no.value.extra["right"] == "increment.validate"
    assert [each.number for each in plan(item)] == [1, 3, 2]

    cut = increment_states.cut(actor=cast.actor("contributor"), increment=third, reason="Later")
    with pytest.raises(NotAllowed):  # it would come back ahead of the checkpoint
        move("contributor", cut, first)

    move("owner", second, first)
    logged = Change.objects.filter(verb="increment.moved").latest("pk")
    assert (logged.right, logged.reason) == (
        "increment.validate",
        "Without the direction of 1, which 2 waited for.",
    )
    begin(cast, second)
    untick("owner")
    assert Change.objects.get(verb="increment.edited").right == "increment.validate"


def test_a_validated_checkpoint_holds_nothing(cast: Cast) -> None:
    item = accepted(cast)
    first = begin(cast, add(cast, item, "narrative_map", "Map", is_checkpoint=True))
    second = add(cast, item, "scenario_structure", "Scenes")
    increment_states.decide_checkpoint(
        actor=cast.actor("reviewer"), increment=first, validated=True
    )
    actor = cast.actor("contributor")
    increments.move_increment(actor=actor, increment=second, before=first)
    increments.edit_increment(actor=actor, increment=first, values={"is_checkpoint": False})
    assert Change.objects.get(verb="increment.moved").right == "increment.edit"


def test_production_that_waits_for_its_brief_stays_production(cast: Cast) -> None:
    item = accepted(cast)
    first, second = add(cast, item), add(cast, item)

    def become(who: str, piece: Increment, slug: str) -> Increment:
        return increments.edit_increment(
            actor=cast.actor(who), increment=piece, values={"kind": kind(cast, slug)}
        )

    with pytest.raises(NotAllowed, match="no brief governs.*cut it and plan another") as no:
        become("contributor", first, "narrative_map")
    assert no.value.extra["right"] == "gate.pass"
    become("owner", first, "narrative_map")
    assert Change.objects.get(verb="increment.edited").right == "gate.pass"
    become("contributor", first, "script_block")
    brief_signing.sign_off(actor=cast.actor("owner"), brief=complete_brief(cast, item))
    assert become("contributor", second, "narrative_map").kind.slug == "narrative_map"


def test_a_refused_edit_keeps_what_was_typed(cast: Cast) -> None:
    item = accepted(cast)
    first = add(cast, item, "narrative_map", "Map", is_checkpoint=True)
    add(cast, item, "scenario_structure", "Scenes")
    page = cast.client("contributor").post(
        f"/p/{cast.a.key}/items/{item.key}/increments/{first.number}/cut/",
        {"reason": "No time for it"},
    )
    assert page.status_code == 403
    assert "No time for it" in page.content.decode()
    assert "you may not validate the direction" in page.content.decode()


def test_it_closes_with_output_learning_and_every_criterion_verified(cast: Cast) -> None:
    item = accepted(cast)
    piece = begin(cast, add(cast, item, "narrative_map", criteria=[("It has an end", "Read it")]))
    actor = cast.actor("contributor")
    with pytest.raises(Invalid) as lacking:
        increment_states.close(actor=actor, increment=piece, output="", learning=" ")
    assert set(lacking.value.fields) == {"output", "learning"}
    with pytest.raises(Conflict, match="“It has an end”"):
        end(cast, piece)
    increment_criteria.verify_criterion(
        actor=actor, increment=piece, criterion=piece.criteria.get(), met=True
    )
    assert end(cast, piece).state == "closed"
    shipped = increment_states.ship(actor=actor, increment=piece)
    assert shipped.shipped_at
    assert shipped.item.state == "accepted"
    assert increment_states.back_to_work(actor=actor, increment=piece).closed_at is None


def test_what_a_cut_breaks_is_listed_before_and_kept_after(cast: Cast) -> None:
    item = accepted(cast, criteria=[("Buyers understand the price", "Ask five")])
    brief = complete_brief(cast, item)
    actor = cast.actor("contributor")
    first = add(cast, item, "narrative_map", "Map", is_checkpoint=True)
    second = add(cast, item, "scenario_structure", "Scenes", needs=[first])
    increment_criteria.save_criterion(
        actor=actor,
        increment=first,
        statement="The price is explained",
        covers=item.criteria.get(),
    )
    line = brief.lines.get(number=1)
    brief_lines.point(actor=actor, line=line, increment=first)
    found = breaks(actor, first)
    assert [each.code for each in found] == ["criterion", "line", "need", "checkpoint"]
    brief_lines.point(actor=actor, line=line, increment=second)
    assert [each.code for each in breaks(actor, first)] == ["criterion", "need", "checkpoint"]
    with pytest.raises(NotAllowed, match="2 “Scenes” waits until the direction of 1 “Map”"):
        increment_states.cut(actor=actor, increment=first, reason="No time")
    cut = increment_states.cut(actor=cast.actor("owner"), increment=first, reason="No time")
    assert kept_breaks(cut) == [each.text for each in breaks(actor, cut)]
    with pytest.raises(Conflict, match="which was cut"):
        begin(cast, second)
    assert increment_states.restore(actor=actor, increment=first).state == "planned"
    assert [each.number for each in plan(item)] == [1, 2]


def test_a_move_writes_one_row_and_numbers_stay(cast: Cast) -> None:
    item = accepted(cast)
    pieces = [add(cast, item, title=f"Piece {n}") for n in (1, 2, 3)]
    before = {each.pk: each.position for each in plan(item)}
    increments.move_increment(
        actor=cast.actor("contributor"), increment=pieces[2], before=pieces[0]
    )
    after = {each.pk: each.position for each in plan(item)}
    assert [each.number for each in plan(item)] == [3, 1, 2]
    assert [pk for pk in before if before[pk] != after[pk]] == [pieces[2].pk]
    for _ in range(80):  # doubles run out between two neighbours; the list is spread out again
        increments.move_increment(
            actor=cast.actor("contributor"), increment=plan(item)[2], before=plan(item)[1]
        )
    assert sorted(each.number for each in plan(item)) == [1, 2, 3]
    assert len({each.position for each in plan(item)}) == 3


def test_a_signed_change_asks_what_rests_on_it_to_be_confirmed(cast: Cast) -> None:
    item, other = accepted(cast), accepted(cast)
    brief = complete_brief(cast, item, other)
    owner = cast.actor("owner")
    brief_signing.sign_off(actor=owner, brief=brief)
    piece = begin(cast, add(cast, item))
    net, returns, _ = brief.lines.order_by("number")
    brief_lines.point(actor=owner, line=net, increment=piece)
    brief_lines.reword_line(actor=owner, line=net, statement="Prices are gross of tax")
    brief_lines.reword_line(actor=owner, line=returns, statement="No promise of any return")
    brief_inputs.ask_input(actor=owner, brief=brief, function="Sales", what="Objections")
    brief.refresh_from_db()
    assert (brief.state, brief.signed_version) == ("draft", 1)
    assert [each.text for each in lines_for(item)][0] == "Prices are net of tax"
    assert not Confirmation.objects.exists()
    brief_inputs.settle_input(
        actor=owner, asked=brief.inputs.get(state="outstanding"), state="waived", answer="Known"
    )
    with pytest.raises(Invalid):
        brief_signing.sign_off(actor=owner, brief=brief)
    brief_signing.sign_off(actor=owner, brief=brief, reason="Tax law changed")
    raised = Confirmation.objects.order_by("line__number", "item", "increment")
    assert {(row.line.number, row.item_id, row.increment_id) for row in raised if row.line} == {
        (1, item.pk, piece.pk),  # what points at the line
        (2, item.pk, None),  # nothing points at it: everything governed that has begun
        (2, item.pk, piece.pk),
        (2, other.pk, None),
    }
    assert raised[0].before == "Prices are net of tax"
    brief_signing.settle(actor=cast.actor("contributor"), confirmation=raised[0], state="confirmed")
    with pytest.raises(Conflict, match="answered this meanwhile"):
        brief_signing.settle(actor=owner, confirmation=raised[0], state="rework", note="Redo")
    with pytest.raises(Invalid):
        brief_signing.settle(actor=owner, confirmation=raised[1], state="rework")
    # a second change does not raise a second one for what still waits, and taking it back settles it
    brief_lines.reword_line(actor=owner, line=returns, statement="No promise of returns")
    brief_signing.sign_off(actor=owner, brief=brief, reason="As it was")
    assert not Confirmation.objects.filter(state="waiting").exists()
    assert Confirmation.objects.filter(state="moot", line=returns).count() == 3


def test_edits_of_other_fields_do_not_collide_and_of_the_same_field_do(cast: Cast) -> None:
    brief = complete_brief(cast)
    was = brief.audience
    briefs.edit_brief(
        actor=cast.actor("owner"),
        brief=brief,
        values={"platform": "Phones"},
        seen={"platform": brief.platform},
    )
    briefs.edit_brief(
        actor=cast.actor("contributor"),
        brief=brief,
        values={"audience": "Buyers"},
        seen={"audience": was},
    )
    with pytest.raises(Stale) as refused:
        briefs.edit_brief(
            actor=cast.actor("owner"),
            brief=brief,
            values={"audience": "Sellers"},
            seen={"audience": was},
        )
    assert refused.value.extra["changed"]["audience"]["is"] == "Buyers"  # type: ignore[index]
    with pytest.raises(Stale):
        briefs.edit_brief(
            actor=cast.actor("owner"), brief=brief, values={"audience": "Sellers"}, version=1
        )


def test_split_and_merge_hand_briefs_on_and_leave_no_plan_behind(cast: Cast) -> None:
    item, target = accepted(cast), accepted(cast)
    brief = complete_brief(cast, item)
    brief_lines.point(actor=cast.actor("owner"), line=brief.lines.get(number=1), item=item)
    piece = add(cast, item, due_on=date(2030, 1, 1))
    owner = cast.actor("owner")
    parts = [splitting.Part("One"), splitting.Part("Two")]
    with pytest.raises(Conflict, match="still to be built"):
        splitting.split_item(actor=owner, item=item, parts=parts)
    with pytest.raises(Conflict, match="still to be built"):
        states.merge_item(actor=owner, item=item, into=target)
    increment_states.cut(actor=owner, increment=piece, reason="Split")
    item.refresh_from_db()
    made = splitting.split_item(actor=owner, item=item, parts=parts, keep=True)
    assert all(each.briefs.get() == brief for each in made)
    assert [each.pointed for each in lines_for(made[0])] == [True, False, False]
    item.refresh_from_db()
    states.merge_item(actor=owner, item=item, into=target)
    assert target.briefs.get() == brief
    batch = Change.objects.filter(verb="item.merged").latest("id").batch
    undo.undo(actor=owner, product=cast.a, batch=batch)  # type: ignore[arg-type]
    assert not target.briefs.exists()
    assert item.briefs.get() == brief
