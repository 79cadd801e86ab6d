"""Where the finished works stand, and what they achieve there: played at the end, when their versions are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts.actors import Actor
from accounts.models import Product, User
from assets.models import Asset, Metric, Placement, Replacement, Version
from assets.services import placements, publishing, readings, replacements, targets
from assets.vocabulary import VersionState
from backlog.models import Channel, Program
from backlog.services import words
from integrations.demo.story import Act
from integrations.models import Hook
from integrations.services import hooks


@dataclass(frozen=True)
class Place:
    """A place; ``steps_back``: how many approved versions before the newest one stand there."""

    channel: str
    where: str
    program: str
    owner: str
    steps_back: int = 0
    locale: str = ""
    environment: str = "production"


#: By how many approved works there are, each gets the next line of places.
PLACES: Sequence[Sequence[Place]] = (
    (
        Place("Learning platform", "Buying with public money, module 1", "Compliance", "tomas"),
        Place("Player app", "Home, first tile", "Adoption", "amara", 1),
        Place("Town portal", "/procurement/three-quotes", "Compliance", "tomas", 1),
        Place("Player app", "Preview build", "Adoption", "amara", 0, "", "preview"),
    ),
    (
        Place("Learning platform", "Night shift, scene 2", "Safety", "tomas"),
        Place("Town portal", "/safety/night", "Safety", "amara"),
    ),
    (
        Place("Learning platform", "Night shift, cover picture", "Safety", "amara"),
        Place("Trade fair", "Stand wall, second panel", "Adoption", "tomas"),
    ),
)
#: Nobody said what stands here: a place somebody remembered.
UNHEARD = Place("Trade fair", "Kiosk by the entrance", "Safety", "tomas", 0, "fr-FR")
#: What a place reported of itself that is no version of anything.
STRANGE = "5" * 64
RECALLED = (
    "The extinguisher beside her is of a model that was recalled; no picture may show it in use."
)
#: What posts readings of the first work.
PLATFORM = "Learning platform"
#: Completion per week, oldest first: hits of n.
WEEKS = ((171, 240), (164, 232), (118, 228), (104, 236))


class Placing:
    """The part of the play that placements carry out. ``placed``: asset and its first placement, by number of work."""

    product: Product
    people: dict[str, User]
    actors: dict[str, Actor]
    placed: dict[int, tuple[int, int]]

    def publish_work(self, act: Act, *, number: int) -> None:
        """The next work that is approved comes into force, and is placed."""
        known = [asset for asset, _placement in self.placed.values()]
        found = Asset.objects.filter(product=self.product, versions__state=VersionState.APPROVED)
        asset = found.exclude(pk__in=known).select_related("item").order_by("pk").first()
        if asset is None:
            return
        asset.product = asset.item.product = self.product
        approved = list(asset.versions.filter(state=VersionState.APPROVED).order_by("number"))
        for version in approved:
            version.asset = asset
        publishing.publish(
            actor=self.actors[act.who],
            version=approved[-1],
            reason="Ready for everybody.",
            now=act.at,
        )
        made = [
            self._register(asset, place, self._standing(asset, place, approved), act.at)
            for place in PLACES[number]
        ]
        self.placed[number] = (asset.pk, made[0].pk)
        if number == 0:
            metric = Metric.objects.get(product=self.product, slug="completion")
            targets.set_target(
                actor=self.actors[act.who], asset=asset, metric=metric, limit=0.6, now=act.at
            )

    def supersede_work(self, act: Act) -> None:
        """The first work comes into force anew: one place gets it, one falls behind. And two places nobody knows."""
        actor = self.actors[act.who]
        asset = self._work_placed(0)
        newest = asset.versions.filter(state=VersionState.APPROVED).order_by("-number").first()
        if newest is not None:
            newest.asset = asset
            publishing.publish(actor=actor, version=newest, reason="A better ending.", now=act.at)
            placements.deploy(
                actor=self.actors["tomas"],
                placement=self._place(asset, "/procurement/three-quotes"),
                version=newest,
                now=act.at,
            )
        subtitles = self._work_placed(1)
        self._register(subtitles, UNHEARD, None, act.at)
        placements.check_in(
            actor=self.actors["tomas"],
            placement=self._place(subtitles, "/safety/night"),
            sha256=STRANGE,
            now=act.at,
        )

    def recall_work(self, act: Act) -> None:
        """A picture may not be used any more, and still hangs in two places."""
        if 2 not in self.placed:
            return
        asset = self._work_placed(2)
        version = asset.versions.get(state=VersionState.PUBLISHED)
        version.asset = asset
        publishing.retire(actor=self.actors[act.who], version=version, reason=RECALLED, now=act.at)

    def _work_placed(self, number: int) -> Asset:
        asset = Asset.objects.select_related("item").get(pk=self.placed[number][0])
        asset.product = asset.item.product = self.product
        return asset

    def _place(self, asset: Asset, where: str) -> Placement:
        found = Placement.objects.select_related("asset__item", "channel")
        return found.get(asset=asset, place=where)

    def read_work(self, act: Act, *, week: int) -> None:
        """A week of completion, as the platform posts it; the third breaks its target, which opens an item."""
        if 0 not in self.placed:
            return
        placement = Placement.objects.select_related("asset__item", "channel").get(
            pk=self.placed[0][1]
        )
        hits, n = WEEKS[week]
        draft = readings.Draft(
            placement=placement,
            metric=Metric.objects.get(product=self.product, slug="completion"),
            starts_at=act.at - timedelta(days=7),
            ends_at=act.at,
            hits=hits,
            n=n,
            source=PLATFORM,
            external_id=f"completion-{week + 1}",
        )

        def take(actor: Actor) -> dict[str, Any]:
            done = readings.enter(actor=actor, product=self.product, drafts=[draft], now=act.at)
            return {"added": done.added, "corrected": done.corrected, "unchanged": done.unchanged}

        hook = Hook.objects.filter(product=self.product).select_related("made_by").first()
        if hook is None:
            hook, _secret = hooks.make_hook(
                actor=self.actors[act.who], product=self.product, source=PLATFORM, now=act.at
            )
        hook.product = self.product
        message = f"msg_{PLATFORM.lower().replace(' ', '-')}-week-{week + 1}"
        hooks.receive(hook=hook, message_id=message, take=take, now=act.at)

    def ask_for_replacements(self, act: Act) -> None:
        """What drifted gets its task, with an owner and a day."""
        drifted = list(
            Placement.objects.filter(product=self.product, drifted_at__isnull=False, ended_at=None)
        )
        actor = self.actors[act.who]
        replacements.raise_some(actor=actor, product=self.product, placements=drifted, now=act.at)
        for task in replacements_of(drifted):
            replacements.assign(
                actor=actor,
                replacement=task,
                owner=task.placement.owner,
                due_on=(act.at + timedelta(9)).date(),
                now=act.at,
            )

    def _standing(self, asset: Asset, place: Place, approved: Sequence[Version]) -> Version:
        """Approved versions first; where there are too few, what was there before, approved or not."""
        if place.steps_back == 0:
            return approved[-1]
        number = max(1, approved[-1].number - place.steps_back)
        version = asset.versions.get(number=number)
        version.asset = asset
        return version

    def _register(
        self, asset: Asset, place: Place, version: Version | None, at: datetime
    ) -> Placement:
        named = words.named(Channel, product=self.product, names=[place.channel])
        programs = words.named(Program, product=self.product, names=[place.program])
        return placements.add_placement(
            actor=self.actors[place.owner],
            asset=asset,
            draft=placements.Draft(
                channel=named[place.channel],
                program=programs[place.program],
                environment=place.environment,
                locale=place.locale,
                place=place.where,
                owner=self.people[place.owner],
            ),
            version=version,
            now=at,
        )


def replacements_of(made: Sequence[Placement]) -> list[Replacement]:
    """The open replacements of these placements."""
    rows = Replacement.objects.filter(placement__in=made, state="open")
    return list(
        rows.select_related(
            "product", "placement__owner", "placement__asset__item", "placement__channel"
        )
    )
