"""Tables of scoring."""

from scoring.models.refinement import (
    AgendaEntry,
    Attendee,
    Function,
    RefinementSession,
    SessionNote,
    SessionTemplate,
    Vote,
)
from scoring.models.scores import (
    Adjustment,
    Outcome,
    Publication,
    Rating,
    RubricDraft,
    RubricVersion,
    Signal,
    SignalDismissal,
    Snapshot,
)

__all__ = [
    "Adjustment",
    "AgendaEntry",
    "Attendee",
    "Function",
    "Outcome",
    "Publication",
    "Rating",
    "RefinementSession",
    "RubricDraft",
    "RubricVersion",
    "SessionNote",
    "SessionTemplate",
    "Signal",
    "SignalDismissal",
    "Snapshot",
    "Vote",
]
