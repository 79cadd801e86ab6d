"""Briefs and increments: the part of the play that says what films are for, and in which pieces they are built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from accounts.actors import Actor
from accounts.models import Product, User
from backlog.models import Brief, Increment, IncrementKind, Item
from backlog.services import (
    brief_inputs,
    brief_lines,
    brief_signing,
    briefs,
    citations,
    increment_criteria,
    increment_states,
    increments,
    standards,
    templates,
)
from integrations.demo.story import Act


class Briefing:
    """``written`` and ``planned``: briefs and increments in the order in which the steps make them."""

    product: Product
    people: dict[str, User]
    actors: dict[str, Actor]
    written: list[Brief]
    planned: list[Increment]

    def item(self, slug: str) -> Item:
        raise NotImplementedError

    def briefed(self, act: Act, *, verb: str, values: Mapping[str, Any]) -> None:
        """One step; what a brief or increment is now is read again, as a page would."""
        getattr(self, f"_brief_{verb}")(act, self.actors[act.who], dict(values))

    def _brief(self, values: dict[str, Any]) -> Brief:
        found = self.written[values.pop("brief")]
        found.refresh_from_db()
        found.product = self.product
        return found

    def _piece(self, values: dict[str, Any]) -> Increment:
        pk = self.planned[values.pop("increment")].pk
        found = Increment.objects.select_related("item", "kind").get(pk=pk)
        found.product = found.item.product = self.product
        return found

    def _brief_publish(self, act: Act, actor: Actor, values: dict[str, Any]) -> None:
        standards.publish_standard(actor=actor, product=self.product, now=act.at, **values)

    def _brief_begin(self, act: Act, actor: Actor, values: dict[str, Any]) -> None:
        items = [self.item(slug) for slug in values.pop("items")]
        made = briefs.create_brief(
            actor=actor, product=self.product, items=items, now=act.at, **values
        )
        self.written.append(made)

    def _brief_line(self, act: Act, actor: Actor, values: dict[str, Any]) -> None:
        brief_lines.add_line(actor=actor, brief=self._brief(values), now=act.at, **values)

    def _brief_reword(self, act: Act, actor: Actor, values: dict[str, Any]) -> None:
        brief = self._brief(values)
        line = brief.lines.get(number=values.pop("line"))
        line.brief = brief
        brief_lines.reword_line(actor=actor, line=line, now=act.at, **values)

    def _brief_ask(self, act: Act, actor: Actor, values: dict[str, Any]) -> None:
        values["person"] = self.people[values["person"]]
        brief_inputs.ask_input(actor=actor, brief=self._brief(values), now=act.at, **values)

    def _brief_supply(self, act: Act, actor: Actor, values: dict[str, Any]) -> None:
        brief = self._brief(values)
        asked = brief.inputs.order_by("pk")[values.pop("input")]
        asked.brief = brief
        brief_inputs.settle_input(actor=actor, asked=asked, state="received", now=act.at, **values)

    def _brief_signal(self, act: Act, actor: Actor, values: dict[str, Any]) -> None:
        brief_inputs.save_signal(actor=actor, brief=self._brief(values), now=act.at, **values)

    def _brief_sign(self, act: Act, actor: Actor, values: dict[str, Any]) -> None:
        brief_signing.sign_off(actor=actor, brief=self._brief(values), now=act.at, **values)

    def _brief_cite(self, act: Act, actor: Actor, values: dict[str, Any]) -> None:
        increment = self._piece(values)
        citations.cite(actor=actor, increment=increment, brief=self._brief(values), now=act.at)

    def _brief_plan(self, act: Act, actor: Actor, values: dict[str, Any]) -> None:
        needs: Sequence[int] = values.pop("needs", ())
        draft = increments.Draft(
            kind=IncrementKind.objects.get(product=self.product, slug=values["kind"]),
            title=values["title"],
            purpose=values.get("purpose", ""),
            owner=self.people["tomas"],
            due_on=values["due_on"],
            is_checkpoint=values.get("checkpoint", False),
            needs=[self.planned[place] for place in needs],
            criteria=[(words, "") for words in values.get("criteria", ())],
        )
        made = increments.add_increment(
            actor=actor, item=self.item(values["piece"]), draft=draft, now=act.at
        )
        self.planned.append(made)

    def _brief_start(self, act: Act, actor: Actor, values: dict[str, Any]) -> None:
        increment_states.start(actor=actor, increment=self._piece(values), now=act.at)

    def _brief_review(self, act: Act, actor: Actor, values: dict[str, Any]) -> None:
        increment_states.send_to_review(actor=actor, increment=self._piece(values), now=act.at)

    def _brief_validate(self, act: Act, actor: Actor, values: dict[str, Any]) -> None:
        increment_states.decide_checkpoint(
            actor=actor, increment=self._piece(values), validated=True, now=act.at, **values
        )

    def _brief_close(self, act: Act, actor: Actor, values: dict[str, Any]) -> None:
        increment = self._piece(values)
        for criterion in increment.criteria.order_by("pk"):
            increment_criteria.verify_criterion(
                actor=actor, increment=increment, criterion=criterion, met=True, now=act.at
            )
        increment_states.close(actor=actor, increment=increment, now=act.at, **values)

    def _brief_rest(self, act: Act, actor: Actor, values: dict[str, Any]) -> None:
        increment = self._piece(values)
        for number in values["lines"]:
            line = self.written[0].lines.get(number=number)
            line.brief = self.written[0]
            brief_lines.point(actor=actor, line=line, increment=increment, now=act.at)

    def _brief_declare(self, act: Act, actor: Actor, values: dict[str, Any]) -> None:
        standard = self.product.standards.order_by("pk")[0]
        version = standard.versions.get(number=standard.versions_count)
        standards.declare(
            actor=actor, increment=self._piece(values), version=version, now=act.at, **values
        )

    def _brief_keep(self, act: Act, actor: Actor, values: dict[str, Any]) -> None:
        templates.save_template(
            actor=actor,
            product=self.product,
            kind=values["kind"],
            name=values["name"],
            body=templates.body_kept(
                actor=actor,
                kind=values["kind"],
                product=self.product,
                item=self.item(values["piece"]) if "piece" in values else None,
                named=str(self.product.review_plans.order_by("pk")[0].pk),  # for a review plan
                today=act.at.date(),
            ),
            now=act.at,
        )

    def _brief_cut(self, act: Act, actor: Actor, values: dict[str, Any]) -> None:
        increment_states.cut(actor=actor, increment=self._piece(values), now=act.at, **values)
