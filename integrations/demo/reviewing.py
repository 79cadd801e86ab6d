"""Files and reviews: the part of the play that assets and reviews carry out."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.files.base import ContentFile

from accounts.actors import Actor
from accounts.models import Product, User
from assets.models import Asset, Version
from assets.services import assets, claims, versions
from backlog.models import Item
from integrations.demo.edition import Edition, Pointed, Remark, Round, Verdict, Work
from integrations.demo.story import Act
from reviews.models import ReviewCycle
from reviews.services import cycles, decisions, layers, notes

#: (slug of the layer, who is usually asked, hours to decide)
LAYERS = (
    ("subject_matter", ("amara",), 96),
    ("legal", ("camille",), 120),
    ("product_accuracy", ("henrik",), 96),
    ("brand", ("ingrid",), 96),
)


class Reviewing:
    """``assets`` and ``rounds``: ids by the name of the work; a round is the newest one."""

    product: Product
    people: dict[str, User]
    actors: dict[str, Actor]
    assets: dict[str, int]
    rounds: dict[str, int]

    def item(self, slug: str) -> Item:
        raise NotImplementedError

    def set_layers(self, now: datetime) -> None:
        """Who is usually asked, and how long they have."""
        for slug, keys, hours in LAYERS:
            layer = self.product.review_layers.get(slug=slug)
            layer.product = self.product
            layers.edit_layer(
                actor=self.actors["ingrid"],
                layer=layer,
                values={
                    "reviewers": [self.people[key] for key in keys],
                    "deadline_hours": hours,
                },
                now=now,
            )

    def upload(self, act: Act, *, work: Work, edition: Edition, number: int) -> None:
        file = ContentFile(edition.content(), name=work.file)
        actor = self.actors[act.who]
        if number == 1:
            version = assets.add_asset(
                actor=actor,
                item=self.item(act.piece),
                file=file,
                name=work.name,
                rationale=edition.why,
                now=act.at,
            )
            self.assets[work.name] = version.asset_id
        else:
            version = versions.upload_version(
                actor=actor, asset=self._asset(work), file=file, rationale=edition.why, now=act.at
            )
        for pointed in edition.claims:
            self._claim(act, version, pointed, edition.content().decode())

    def _claim(self, act: Act, version: Version, pointed: Pointed, text: str) -> None:
        """Mark the words where they stand, and sign them."""
        start = text.index(pointed.words)
        line = text.count("\n", 0, start) + 1
        column = start - (text.rfind("\n", 0, start) + 1)
        mark = claims.mark_claim(
            actor=self.actors[act.who],
            version=version,
            span=claims.Span(line, line, column, column + len(pointed.words)),
            source=pointed.source,
            now=act.at,
        )
        if pointed.signer:
            claims.sign_claims(
                actor=self.actors[pointed.signer],
                version=version,
                numbers=[mark.claim.number],
                now=act.at,
            )

    def review(self, act: Act, *, work: Work, round: Round) -> None:
        stages = [
            cycles.StagePlan(kind, [self.people[key] for key in asked], round.quorum)
            for kind, asked in (
                ("subject_matter", round.subject),
                ("legal", round.legal),
            )
        ]
        opens_at = None if round.opens_after is None else act.at + timedelta(days=round.opens_after)
        cycle = cycles.start_review(
            actor=self.actors[act.who],
            version=self._version(work),
            stages=stages,
            opens_at=opens_at,
            now=act.at,
        )
        self.rounds[work.name] = cycle.pk

    def decide(self, act: Act, *, work: Work, act_: Verdict) -> None:
        cycle = self._round(work)
        decisions.decide(
            actor=self.actors[act.who],
            cycle=cycle,
            verdict="request_changes" if act_.weight else "approve",
            weight=act_.weight,
            note=act_.note,
            sha256=cycle.version.sha256,
            now=act.at,
        )

    def note(self, act: Act, *, work: Work, act_: Remark) -> None:
        cycle = self._round(work)
        notes.add_note(
            actor=self.actors[act.who],
            version=cycle.version,
            body=act_.body,
            anchor=act_.anchor,
            cycle=cycle,
            now=act.at,
        )

    def withdraw(self, act: Act, *, work: Work, reason: str) -> None:
        cycles.withdraw_review(
            actor=self.actors[act.who], cycle=self._round(work), reason=reason, now=act.at
        )

    def _asset(self, work: Work) -> Asset:
        asset = Asset.objects.select_related("item").get(pk=self.assets[work.name])
        asset.product = asset.item.product = self.product
        return asset

    def _version(self, work: Work) -> Version:
        asset = self._asset(work)
        version = asset.versions.select_related("uploaded_by").get(number=asset.versions_count)
        version.asset = asset
        return version

    def _round(self, work: Work) -> ReviewCycle:
        cycle = ReviewCycle.objects.select_related("version").get(pk=self.rounds[work.name])
        cycle.product = self.product
        cycle.asset = cycle.version.asset = self._asset(work)
        return cycle
