"""Drafts of the rubric: the part of the play that its versions are made from."""

from __future__ import annotations

import copy

from accounts.actors import Actor
from accounts.models import Product
from integrations.demo.rubrics import Reweighed
from integrations.demo.story import Act
from scoring.jobs.previews import preview
from scoring.models import RubricVersion
from scoring.rubrics import parse_rubric
from scoring.services import drafts, publishing


class Weighing:
    """Drafts are begun and edited as people do; the one with a reason is published as its preview shows it."""

    product: Product
    actors: dict[str, Actor]

    def reweigh(self, act: Act, *, change: Reweighed) -> None:
        newest = RubricVersion.objects.filter(product=self.product).order_by("-number")[0]
        data = copy.deepcopy(newest.data)
        for criterion in data["criteria"]:
            criterion["weight"] = change.weights.get(criterion["key"], criterion["weight"])
        for queue, values in change.profiles.items():
            data["profiles"][queue].update(values)
        draft = drafts.begin(
            actor=self.actors[act.who],
            product=self.product,
            source=newest,
            name=change.name,
            now=act.at,
        )
        draft = drafts.edit(
            actor=self.actors[act.who], draft=draft, version=1, data=data, now=act.at
        )
        if not change.why:
            return
        shown = preview(self.product, parse_rubric(data), act.at, fresh=True)
        publishing.publish(
            actor=self.actors[act.who],
            draft=draft,
            reason=change.why,
            at=shown.at,
            digest=shown.digest,
            now=act.at,
        )
