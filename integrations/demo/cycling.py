"""The cycles of the example data, by the services that people use: planned, accepted, grown, closed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from accounts.actors import Actor
from accounts.models import Product
from backlog.models import Cycle, Item
from backlog.services import cycles, items
from core.errors import Conflict, NotAllowed
from integrations.demo.story import Act
from scoring import plans
from scoring.services import acceptance, closing, planning
from scoring.services import plans as plan_services

#: Points that a cycle of the example holds.
CAPACITY = 36.0


class Cycling:
    """Acts of planning, for ``play.Play``."""

    product: Product
    actors: dict[str, Actor]
    cycles: dict[str, Cycle]

    def reread(self) -> None:
        """Items as they are now: planning has changed some."""
        raise NotImplementedError

    def item(self, slug: str) -> Item:
        raise NotImplementedError

    def planning(self, act: Act) -> None:
        planning.set_policy(
            actor=self.actors[act.who],
            product=self.product,
            version=plans.policy_of(self.product).version,
            capacity=CAPACITY,
            cycle_days=14,
            scope_growth_percent=15.0,
            floors={"strategic_bet": 0.15},
            reason="Two bets in a row were eaten by hotfixes. Their floor is higher now.",
            now=act.at,
        )

    def plan_cycle(self, act: Act, *, name: str, first: date, last: date) -> None:
        self.cycles[name] = cycles.plan_cycle(
            actor=self.actors[act.who],
            product=self.product,
            name=name,
            starts_on=first,
            ends_on=last,
            now=act.at,
        )
        self.cycles[name].product = self.product

    def propose_cycle(self, act: Act, *, name: str) -> None:
        plan_services.propose(actor=self.actors[act.who], cycle=self.cycles[name], now=act.at)

    def join_cycle(self, act: Act, *, name: str, reason: str) -> None:
        """An item into a cycle by its own page; leadership approves what grows beyond the limit."""
        try:
            self.edited(act.who, act.piece, {"cycle": self.cycles[name]}, reason, act.at)
        except Conflict as error:
            if error.code != "blocked":
                raise
        self.reread()

    def edited(
        self, who: str, slug: str, values: Mapping[str, Any], reason: str, at: datetime
    ) -> Item:
        """Edit an item; leadership does it where that lets a cycle grow beyond its limit."""

        def edit(person: str, why: str) -> Item:
            return items.edit_item(
                actor=self.actors[person],
                item=self.item(slug),
                values=values,
                version=None,
                reason=why,
                now=at,
            )

        try:
            return edit(who, reason)
        except NotAllowed:
            return edit("henrik", f"{reason} The cycle may grow: customers wait for this.".strip())

    def accept_cycle(self, act: Act, *, name: str) -> None:
        """What stands in the way goes out, or is decided about; then the plan is accepted."""
        cycle = self._fresh(name)
        amara = self.actors[act.who]
        for problem in self._problems(cycle, "over"):
            self._take_out(amara, cycle, problem["item"], "Settled before we met.", act)
        for problem in self._problems(cycle, "blocked"):
            waits = ", ".join(problem["blockers"])
            self._take_out(amara, cycle, problem["item"], f"It waits for {waits}.", act)
        for problem in self._problems(cycle, "over_capacity"):
            reading = plans.read(cycle)
            plan_services.edit_cycle(
                actor=amara,
                cycle=cycle,
                version=cycle.version,
                capacity=float(math.ceil(reading.capacity + problem["over"])),
                reason="Two freelance editors are with us in these weeks.",
                now=act.at,
            )
        for problem in self._problems(cycle, "floor"):
            acceptance.allow_floor(
                actor=self.actors["henrik"],
                cycle=cycle,
                queue=problem["queue"],
                points=problem["points"],
                reason="Customers wait for what is planned instead; the next cycle pays it back.",
                now=act.at,
            )
        acceptance.accept(
            actor=amara,
            cycle=self._fresh(name),
            reason="Agreed with Tomas and Ingrid in the planning meeting.",
            now=act.at,
        )
        self.cycles[name] = self._fresh(name)
        self.reread()

    def close_cycle(self, act: Act, *, name: str) -> None:
        cycle = self._fresh(name)
        self.cycles[name] = closing.close_cycle(actor=self.actors[act.who], cycle=cycle, now=act.at)
        self.reread()

    def _fresh(self, name: str) -> Cycle:
        return plans.cycle_for(self.product, self.cycles[name].pk)

    def _problems(self, cycle: Cycle, code: str) -> list[dict[str, Any]]:
        found = acceptance.problems_of(plans.read(plans.cycle_for(self.product, cycle.pk)))
        return [each for each in found if each["code"] == code]

    def _take_out(self, actor: Actor, cycle: Cycle, key: str, reason: str, act: Act) -> None:
        number = int(key.rpartition("-")[2])
        item = Item.objects.select_related("queue", "cycle").get(
            product=self.product, number=number
        )
        item.product = self.product
        plan_services.remove_item(actor=actor, cycle=cycle, item=item, reason=reason, now=act.at)
