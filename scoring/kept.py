"""What snapshots keep of a score's inputs, as the engine's arrays. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scoring.engine import Evidence, Inputs
from scoring.rubrics import Rubric


def inputs_from_states(rubric: Rubric, states: Sequence[Mapping[str, Any]]) -> Inputs:
    """The engine's inputs from the states of snapshots, all kept under ``rubric``."""
    blank = [None] * len(rubric.criteria)

    def line(name: str) -> Any:
        return np.array([state[name] for state in states], dtype=np.float64)

    def table(name: str, default: Any = None) -> Any:
        rows = [state.get(name, default) for state in states]
        return np.array(rows, dtype=np.float64).reshape(len(states), len(rubric.criteria))

    return Inputs(
        queue=line("queue").astype(np.int8),
        levels=table("levels"),
        certainty=table("certainty"),
        rated_age_days=table("rated_age_days"),
        evidence=Evidence(
            np.nan_to_num(table("decayed_sum", blank)), table("newest_age_days", blank)
        ),
        effort=line("effort"),
        due_in_days=line("due_in_days"),
        adjustment=line("adjustment"),
        severity=line("severity").astype(np.int64),
    )
