"""What a placement shows, held against the version in force (N17). Pure: no database, no clock.

The same rule as SQL stands in ``assets.placing.with_state``; a test walks every combination through both.
"""

from __future__ import annotations

from dataclasses import dataclass

from assets.vocabulary import PlacementState, VersionState


@dataclass(frozen=True)
class Standing:
    """What stands at a placement, as it is known.

    ``there``: number of the version, None where nobody knows. ``state``: that version's. ``was_in_force``: it was
    published at some time. ``in_force``: number of the asset's version in force, None where none is. ``strange``: the
    place itself reported bytes that are no version of the asset. ``trial``: staging or preview, where a newer version
    goes before it is published.
    """

    there: int | None
    state: str
    was_in_force: bool
    in_force: int | None
    strange: bool = False
    trial: bool = False


@dataclass(frozen=True)
class Drift:
    """``behind``: how many numbers the version in force is ahead; 0 where the state is another one than behind."""

    state: PlacementState
    behind: int = 0

    @property
    def drifted(self) -> bool:
        return self.state != PlacementState.CURRENT


def drift(standing: Standing) -> Drift:
    """The state of a placement. The worst that is true is told.

    A retired version may not be used anywhere, so it comes first. A version that nobody approved is next. An approved
    one that is older than the one in force, or that was in force before it, is behind; an approved one that never was
    in force is not cleared for production either, but is what staging and preview are for.
    """
    if standing.strange or standing.there is None:
        return Drift(PlacementState.UNKNOWN)
    if standing.state == VersionState.RETIRED:
        return Drift(PlacementState.RETIRED)
    if standing.state == VersionState.DRAFT:
        return Drift(PlacementState.UNAPPROVED)
    if standing.there == standing.in_force:
        return Drift(PlacementState.CURRENT)
    if standing.in_force is not None and standing.there < standing.in_force:
        return Drift(PlacementState.BEHIND, standing.in_force - standing.there)
    if standing.was_in_force and standing.in_force is not None:
        return Drift(PlacementState.BEHIND, 1)
    return Drift(PlacementState.CURRENT if standing.trial else PlacementState.UNAPPROVED)


def says(standing: Standing) -> str:
    """The state in a sentence for people."""
    found = drift(standing)
    there, in_force = standing.there, standing.in_force
    if standing.strange:
        return "What the place reported is no version of this asset."
    if there is None:
        return "Nobody has said which version stands here."
    if found.state == PlacementState.RETIRED:
        return f"Version {there} is retired and may not be used."
    if found.state == PlacementState.BEHIND:
        assert in_force is not None
        if there > in_force:
            return f"Version {in_force} was put back into force; version {there} still stands here."
        return f"Version {there} stands here, version {in_force} is in force."
    if found.state == PlacementState.UNAPPROVED:
        if standing.state == VersionState.DRAFT:
            return f"Version {there} stands here, and nobody has approved it."
        return f"Version {there} is approved, but it was not published."
    if there != in_force:
        return f"Version {there} is tried here before it is published."
    return f"Version {there} is in force."
