"""The state of placements as SQL, so that ten thousand of them are filtered, counted and settled in one statement."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When

from assets.drift import Standing
from assets.models import Asset, Placement, Version
from assets.vocabulary import Environment, PlacementState, VersionState

_STRANGE = ~Q(found_sha256="") & (Q(version=None) | ~Q(found_sha256=F("version__sha256")))
_IN_FORCE = Q(asset__published_version__isnull=False)


def with_state(rows: QuerySet[Placement]) -> QuerySet[Placement]:
    """``rows`` with ``state``: the rule of ``assets.drift.drift``, as SQL."""
    return rows.annotate(
        state=Case(
            When(_STRANGE | Q(version=None), then=Value(PlacementState.UNKNOWN.value)),
            When(version__state=VersionState.RETIRED, then=Value(PlacementState.RETIRED.value)),
            When(version__state=VersionState.DRAFT, then=Value(PlacementState.UNAPPROVED.value)),
            When(
                version__number=F("asset__published_version"),
                then=Value(PlacementState.CURRENT.value),
            ),
            When(
                _IN_FORCE & Q(version__number__lt=F("asset__published_version")),
                then=Value(PlacementState.BEHIND.value),
            ),
            When(
                _IN_FORCE & Q(version__published_at__isnull=False),
                then=Value(PlacementState.BEHIND.value),
            ),
            When(~Q(environment=Environment.PRODUCTION), then=Value(PlacementState.CURRENT.value)),
            default=Value(PlacementState.UNAPPROVED.value),
            output_field=CharField(),
        )
    )


def in_state(rows: QuerySet[Placement], *states: str) -> QuerySet[Placement]:
    """Those of ``rows`` in one of ``states``."""
    found: QuerySet[Any] = with_state(rows)
    return found.filter(state__in=states)


def standing_of(placement: Placement) -> Standing:
    """What ``assets.drift`` reads of a placement. Needs ``asset`` and ``version`` loaded."""
    return standing(placement.asset, placement.version, placement)


def standing(asset: Asset, version: Version | None, placement: Placement) -> Standing:
    """As :func:`standing_of`, with ``version`` supposed to stand there."""
    found = placement.found_sha256
    return Standing(
        there=version.number if version else None,
        state=version.state if version else "",
        was_in_force=bool(version and version.published_at),
        in_force=asset.published_version,
        strange=bool(found) and (version is None or found != version.sha256),
        trial=placement.environment != Environment.PRODUCTION,
    )
