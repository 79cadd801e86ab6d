"""Tables of reviews."""

from reviews.models.cycles import (
    Approval,
    Assignment,
    Decision,
    GuestLink,
    ReviewCycle,
    Stage,
)
from reviews.models.layers import Layer, PlanStep, ReviewPlan
from reviews.models.notes import Contradiction, Note

__all__ = [
    "Approval",
    "Assignment",
    "Contradiction",
    "Decision",
    "GuestLink",
    "Layer",
    "Note",
    "PlanStep",
    "ReviewCycle",
    "ReviewPlan",
    "Stage",
]
