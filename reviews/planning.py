"""Which layers look at an asset's versions, in which steps, and why: the plan of its kind and what briefs demand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import F

from assets.models import Asset, Version, VersionPart
from assets.vocabulary import VersionState
from backlog.brief_lines import LineInForce, lines_for, lines_for_many
from backlog.models import Increment, Item
from reviews import holding, material
from reviews.models import Approval, Layer, PlanStep, ReviewPlan
from reviews.vocabulary import ApprovalState

#: By layer: the approval that holds, and the one voided last.
Standing = dict[int, tuple[Approval | None, Approval | None]]


@dataclass(frozen=True)
class Needed:
    """A layer that a round on the newest version asks. Stages with the same ``step`` look at the same time.

    ``demanded``: lines of briefs that make it mandatory (R117). ``holds``: the approval that holds for the newest
    version already, so that nobody needs to be asked again (N15). ``changed``: parts that voided its last approval.
    """

    layer: Layer
    step: int
    quorum: int | None
    deadline_hours: int | None
    planned: bool
    demanded: tuple[LineInForce, ...] = ()
    holds: Approval | None = None
    voided: Approval | None = None

    @property
    def changed(self) -> list[str]:
        return list(self.voided.voided_parts) if self.voided else []


@dataclass(frozen=True)
class Proposal:
    """What a round would ask. ``others``: layers of the product that are neither planned nor demanded."""

    plan: ReviewPlan | None
    needed: list[Needed]
    others: list[Layer] = field(default_factory=list)


def proposal(asset: Asset) -> Proposal:
    """The layers for the newest version of ``asset``. At most eleven queries, whatever the number of layers."""
    return _proposal(asset.item, asset.increment, standing(asset))


def foreseen(item: Item, increment: Increment) -> Proposal:
    """The layers that an increment's versions will go through, before there is one (R107). At most ten queries."""
    return _proposal(item, increment, {})


def _proposal(item: Item, increment: Increment | None, approvals: Standing) -> Proposal:
    layers = {
        layer.pk: layer
        for layer in Layer.objects.filter(product_id=item.product_id, retired_at=None)
        .prefetch_related("reviewers")
        .order_by("position", "pk")
    }
    plan = plan_for(item, increment)
    steps = list(plan.steps.order_by("step", "layer__position", "pk")) if plan else []
    found: list[Needed] = []
    lines = lines_for(item, increment)
    demanded = {pk: _demanding(layer, lines) for pk, layer in layers.items()}

    def add(layer: Layer, step: int, row: PlanStep | None) -> None:
        valid, void = approvals.get(layer.pk, (None, None))
        found.append(
            Needed(
                layer=layer,
                step=step,
                quorum=(row.quorum if row else None) or layer.quorum,
                deadline_hours=(row.deadline_hours if row else None) or layer.deadline_hours,
                planned=row is not None,
                demanded=demanded[layer.pk],
                holds=valid,
                voided=void if valid is None else None,
            )
        )

    for row in steps:
        if row.layer_id in layers:
            add(layers[row.layer_id], row.step, row)
    there = {each.layer.pk for each in found}
    last = max((each.step for each in found), default=-1) + 1
    for pk, layer in layers.items():
        if pk not in there and demanded[pk]:
            add(layer, last, None)
    there = {each.layer.pk for each in found}
    return Proposal(plan, found, [layer for pk, layer in layers.items() if pk not in there])


def plan_for(item: Item, increment: Increment | None) -> ReviewPlan | None:
    """The plan of the kind of increment, else the one for everything. At most two queries."""
    rows = ReviewPlan.objects.filter(product_id=item.product_id)
    if increment is not None:
        own = rows.filter(increment_kind=increment.kind_id).first()
        if own is not None:
            return own
    return rows.filter(increment_kind=None).first()


def standing(asset: Asset) -> Standing:
    """By layer: the approval that holds for the newest version, and the one voided last. One query."""
    found: Standing = {}
    rows = Approval.objects.filter(asset=asset).exclude(state=ApprovalState.REVOKED)
    for row in rows.select_related("version", "voided_by").order_by("given_at", "pk"):
        valid, void = found.get(row.layer_id, (None, None))
        if row.state == ApprovalState.VALID:
            valid = row
        elif void is None or (row.voided_at and void.voided_at and row.voided_at >= void.voided_at):
            void = row
        found[row.layer_id] = (valid, void)
    return found


def outstanding(version: Version) -> list[Needed]:
    """The layers that signed lines of briefs demand and whose approval does not hold for ``version``, old or new.

    What a brief demands since a version was approved takes nothing from it; it is published once they have approved
    (R117). At most nine queries, one where no brief governs.
    """
    return outstanding_of([version]).get(version.pk, [])


def outstanding_of(versions: Collection[Version]) -> dict[int, list[Needed]]:
    """:func:`outstanding` of many versions of one product, by their ids; those without any are left out."""
    if not versions:
        return {}
    product = next(iter(versions)).asset.product
    work = {(version.asset.item_id, None) for version in versions}
    lines = {
        item_id: [line for line in found if line.signed]
        for (item_id, _increment), found in lines_for_many(product, work).items()
    }
    concerned = [version for version in versions if lines[version.asset.item_id]]
    if not concerned:
        return {}
    rows = Layer.objects.filter(product=product, retired_at=None)
    layers = [
        layer
        for layer in rows.prefetch_related("reviewers").order_by("position", "pk")
        if layer.demanded_by
    ]
    parts: dict[int, dict[str, str]] = {version.pk: {} for version in concerned}
    known = VersionPart.objects.filter(version__in=parts)
    for pk, name, sha256 in known.values_list("version", "name", "sha256"):
        parts[pk][name] = sha256
    given: dict[int, list[Approval]] = defaultdict(list)
    approvals = Approval.objects.filter(asset__in={each.asset_id for each in concerned})
    for row in approvals.exclude(state=ApprovalState.REVOKED):
        given[row.asset_id].append(row)
    found = {}
    for version in concerned:
        holds = {
            row.layer_id
            for row in given[version.asset_id]
            if holding.held(row.material, parts[version.pk])[0] == "valid"
        }
        lacking = [
            Needed(layer, 0, layer.quorum, layer.deadline_hours, planned=False, demanded=demanded)
            for layer in layers
            if layer.pk not in holds
            and (demanded := _demanding(layer, lines[version.asset.item_id]))
        ]
        if lacking:
            found[version.pk] = lacking
    return found


def waiting_for(layer: Layer) -> int:
    """How many approved versions that are not in force a layer's approval is still demanded for; at most 500."""
    if not layer.demanded_by or layer.retired_at is not None:
        return 0
    rows = Version.objects.filter(product=layer.product_id, state=VersionState.APPROVED)
    newer = rows.exclude(number__lte=F("asset__published_version")).select_related("asset__product")
    found = outstanding_of(list(newer.order_by("-pk")[:500]))
    return sum(any(each.layer.pk == layer.pk for each in lacking) for lacking in found.values())


def _demanding(layer: Layer, lines: Iterable[LineInForce]) -> tuple[LineInForce, ...]:
    return tuple(line for line in lines if line.kind in layer.demanded_by)


def parts_of(version: Version) -> dict[str, str]:
    """The parts of a version that are known, name -> SHA-256. One query."""
    return dict(version.parts.values_list("name", "sha256"))


def material_of(layer: Layer, kind: str, parts: Mapping[str, str]) -> dict[str, str]:
    """What an approval of ``layer`` is bound to: its declared parts, or the whole file while one is not known."""
    known = material.of_parts(parts, material.declared(layer.material, kind))
    return known if known is not None else {material.WHOLE: parts[material.WHOLE]}


def still_missing(needed: Collection[Needed]) -> list[Needed]:
    """The layers whose approval does not hold."""
    return [each for each in needed if each.holds is None]
