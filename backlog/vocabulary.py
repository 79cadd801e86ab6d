"""The words of the backlog, used by models, services, pages and API alike. Pure data."""

from __future__ import annotations

from django.db.models import IntegerChoices, TextChoices


class QueueKind(TextChoices):
    HOTFIX = "hotfix", "Hotfix"
    STABILITY = "stability", "Stability"
    ENHANCEMENT = "enhancement", "Enhancement"
    STRATEGIC_BET = "strategic_bet", "Strategic bet"


class State(TextChoices):
    TRIAGE = "triage", "Triage"
    ACCEPTED = "accepted", "Accepted"
    IN_PROGRESS = "in_progress", "In progress"
    IN_REVIEW = "in_review", "In review"
    DONE = "done", "Done"
    PARKED = "parked", "Parked"
    DECLINED = "declined", "Declined"


#: States that count as open: they are ranked. Parked, done and declined items are not.
OPEN_STATES = (State.TRIAGE, State.ACCEPTED, State.IN_PROGRESS, State.IN_REVIEW)
CLOSED_STATES = (State.DONE, State.DECLINED)
#: States behind a decision to do it: they need a queue.
ACCEPTED_STATES = (State.ACCEPTED, State.IN_PROGRESS, State.IN_REVIEW, State.DONE)

#: From each state, where an item may go by a person's hand. Parking and declining ask for more, see services.states.
TRANSITIONS: dict[str, tuple[str, ...]] = {
    State.TRIAGE: (State.ACCEPTED, State.IN_PROGRESS, State.PARKED, State.DECLINED),
    State.ACCEPTED: (
        State.TRIAGE,
        State.IN_PROGRESS,
        State.IN_REVIEW,
        State.DONE,
        State.PARKED,
        State.DECLINED,
    ),
    State.IN_PROGRESS: (
        State.ACCEPTED,
        State.IN_REVIEW,
        State.DONE,
        State.PARKED,
        State.DECLINED,
    ),
    State.IN_REVIEW: (
        State.ACCEPTED,
        State.IN_PROGRESS,
        State.DONE,
        State.PARKED,
        State.DECLINED,
    ),
    State.DONE: (State.ACCEPTED, State.IN_PROGRESS),
    State.PARKED: (State.TRIAGE, State.ACCEPTED, State.DECLINED),
    State.DECLINED: (State.TRIAGE, State.ACCEPTED),
}


class Kind(TextChoices):
    """What sort of thing an item is about."""

    SCRIPT = "script", "Script"
    SCENE = "scene", "Scene"
    MODULE = "module", "Module"
    VISUAL_SYSTEM = "visual_system", "Visual system"
    FIX = "fix", "Fix"
    FEATURE = "feature", "Feature"
    TASK = "task", "Task"


class Horizon(TextChoices):
    SPRINT = "sprint", "Current sprint"
    RELEASE = "release", "Next release"
    ROADMAP = "roadmap", "Longer-term roadmap"


class Severity(IntegerChoices):
    CRITICAL = 1, "1 · critical"
    MAJOR = 2, "2 · major"
    MINOR = 3, "3 · minor"
    TRIVIAL = 4, "4 · trivial"


class LinkKind(TextChoices):
    BLOCKS = "blocks", "blocks"
    DUPLICATES = "duplicates", "duplicates"
    PART_OF = "part_of", "is part of"
    RELATES = "relates", "relates to"


#: These may not run in a circle.
ACYCLIC = frozenset({LinkKind.BLOCKS, LinkKind.PART_OF, LinkKind.DUPLICATES})


LINK_WORDS_REVERSED: dict[str, str] = {
    LinkKind.BLOCKS: "is blocked by",
    LinkKind.DUPLICATES: "is duplicated by",
    LinkKind.PART_OF: "has part",
    LinkKind.RELATES: "relates to",
}


class Band(TextChoices):
    ACT_NOW = "act_now", "Act now"
    NEXT = "next", "Next"
    LATER = "later", "Later"


class BriefState(TextChoices):
    DRAFT = "draft", "Draft"
    SIGNED = "signed", "Signed off"
    RETIRED = "retired", "Retired"


class LineKind(TextChoices):
    """What a line of a brief constrains. Boundaries demand review layers (``reviews.Layer.demanded_by``)."""

    ACCURACY = "accuracy", "Accuracy constraint"
    REGULATORY = "regulatory", "Regulatory boundary"
    BRAND = "brand", "Brand boundary"
    SUCCESS = "success", "Success criterion"


class InputState(TextChoices):
    OUTSTANDING = "outstanding", "Outstanding"
    RECEIVED = "received", "Received"
    WAIVED = "waived", "Waived"


class LineChange(TextChoices):
    ADDED = "added", "Added"
    CHANGED = "changed", "Changed"
    REMOVED = "removed", "Removed"


class ConfirmationState(TextChoices):
    WAITING = "waiting", "Waits"
    CONFIRMED = "confirmed", "Still right"
    REWORK = "rework", "Needs work"
    MOOT = "moot", "No longer matters"


class IncrementState(TextChoices):
    PLANNED = "planned", "Planned"
    IN_PROGRESS = "in_progress", "In progress"
    IN_REVIEW = "in_review", "In review"
    CLOSED = "closed", "Closed"
    CUT = "cut", "Cut"


class CheckpointState(TextChoices):
    VALIDATED = "validated", "Direction validated"
    REDIRECTED = "redirected", "Change of direction"


class StandardKind(TextChoices):
    NARRATIVE = "narrative", "Narrative design"
    VISUAL = "visual", "Visual system"
    MOTION = "motion", "Motion language"
    OTHER = "other", "Other"


class TemplateKind(TextChoices):
    ITEM = "item", "Item"
    PROJECT = "project", "Project"
    INCREMENT_PLAN = "increment_plan", "Increment plan"
    BRIEF = "brief", "Brief"
    REVIEW_PLAN = "review_plan", "Review plan"


#: The kinds of increment a product starts with (R14): slug, name, description, production, stage 1 early … 5 late.
INCREMENT_KINDS: tuple[tuple[str, str, str, bool, int], ...] = (
    (
        "narrative_map",
        "Narrative architecture map",
        "The story's parts and how they hang together.",
        False,
        1,
    ),
    (
        "scenario_structure",
        "Scenario structure",
        "Scenes or lessons in order, each with its point.",
        False,
        1,
    ),
    ("script_block", "Script block", "A piece of script that can be read and checked.", True, 2),
    ("style_frame", "Style frame", "Still frames that settle the look.", True, 3),
    ("motion_test", "Motion test", "A short moving piece that settles rhythm and motion.", True, 4),
    (
        "prototype_module",
        "Prototype module",
        "A part that can be used, before everything is built.",
        True,
        4,
    ),
    ("sample_interaction", "Sample interaction", "One interaction as it will feel.", True, 5),
)
