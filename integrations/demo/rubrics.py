"""How the studio changed its rubric, and the change that it still tries. Pure data, as ``piece``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reweighed:
    """A draft begun so many working days ago. ``weights`` by criterion, ``profiles`` by queue; ``why`` publishes it."""

    day: float
    who: str
    name: str
    weights: Mapping[str, float]
    profiles: Mapping[str, Mapping[str, Any]]
    why: str = ""


REWEIGHED = (
    Reweighed(
        38,
        "amara",
        "Pain before polish",
        {"customer_pain": 4.0, "strategic_fit": 1.5},
        {"stability": {"weights": {"value": 0.2, "impact": 0.45, "risk": 0.35}, "next": 17.0}},
        "Three quarters of the spring's complaints named pain that we had rated and then ranked below polish. Customer"
        " pain weighs more, in stability most of all. We look at it again in autumn.",
    ),
    Reweighed(
        2,
        "tomas",
        "What if reach counted double?",
        {"reach_reuse": 2.0},
        {"enhancement": {"weights": {"value": 0.5, "impact": 0.35, "risk": 0.15}}},
    ),
)
