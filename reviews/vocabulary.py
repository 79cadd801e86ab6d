"""The words of reviews, used by models, services, pages and API alike. Pure data."""

from __future__ import annotations

from django.db.models import TextChoices


class EntryCondition(TextChoices):
    """What must hold before a stage opens. A stage whose step has come and whose conditions do not hold waits."""

    BRIEF_SIGNED = "brief_signed", "The brief is signed off"
    INPUTS_RECEIVED = "inputs_received", "Every input of the brief has come"
    CLAIMS_SIGNED = "claims_signed", "Every claim is signed"
    NO_OPEN_MUST = "no_open_must", "No note that must be met is open"
    NO_CONTRADICTION = "no_contradiction", "No contradiction is open"
    PREVIEWS_READY = "previews_ready", "Previews are made"


class CycleState(TextChoices):
    OPEN = "open", "Open"
    APPROVED = "approved", "Approved"
    CHANGES_REQUESTED = "changes_requested", "Changes requested"
    SUPERSEDED = "superseded", "Superseded"
    WITHDRAWN = "withdrawn", "Withdrawn"
    VOID = "void", "Void: its content changed"


class StageState(TextChoices):
    WAITING = "waiting", "Waits for the stage before"
    OPEN = "open", "Open"
    APPROVED = "approved", "Approved"
    CHANGES_REQUESTED = "changes_requested", "Changes requested"
    VOID = "void", "Not decided"


class Verdict(TextChoices):
    APPROVE = "approve", "Approve"
    REQUEST_CHANGES = "request_changes", "Request changes"


class Weight(TextChoices):
    """How deep a requested change goes."""

    STRUCTURAL = "structural", "Structural"
    DETAIL = "detail", "Detail"


class ReviewState(TextChoices):
    """Where a version, or an item with all its assets, stands. Worst first."""

    CHANGES_REQUESTED = "changes_requested", "Changes requested"
    NOT_REVIEWED = "not_reviewed", "Not reviewed"
    IN_REVIEW = "in_review", "In review"
    APPROVED = "approved", "Approved"


#: Of the newest round on a version, what that says about the version. Superseded and withdrawn rounds say nothing.
STATE_OF_ROUND: dict[str, str] = {
    CycleState.OPEN: ReviewState.IN_REVIEW,
    CycleState.APPROVED: ReviewState.APPROVED,
    CycleState.CHANGES_REQUESTED: ReviewState.CHANGES_REQUESTED,
    CycleState.SUPERSEDED: ReviewState.NOT_REVIEWED,
    CycleState.WITHDRAWN: ReviewState.NOT_REVIEWED,
    CycleState.VOID: ReviewState.NOT_REVIEWED,
}
TONES: dict[str, str] = {
    ReviewState.CHANGES_REQUESTED: "bad",
    ReviewState.NOT_REVIEWED: "",
    ReviewState.IN_REVIEW: "warn",
    ReviewState.APPROVED: "good",
}


class ApprovalState(TextChoices):
    VALID = "valid", "Holds"
    VOID = "void", "Void: its content changed"
    REVOKED = "revoked", "Revoked"


class NoteState(TextChoices):
    OPEN = "open", "Open"
    RESOLVED = "resolved", "Resolved"
    DECLINED = "declined", "Not to be done"


class ContradictionState(TextChoices):
    OPEN = "open", "Open"
    RECONCILED = "reconciled", "Reconciled"
    DISMISSED = "dismissed", "No contradiction"


#: The layers that a product starts with (R108–R112): slug, name, purpose, material by asset kind, brief lines that
#: demand it, checklist. A kind that is not named has "bytes" material.
LAYERS: tuple[tuple[str, str, str, dict[str, list[str]], list[str], list[str]], ...] = (
    (
        "subject_matter",
        "Subject matter",
        "Is it right, complete and clear to the people it is for?",
        {"text": ["headings", "dialogue", "prose"], "video": ["picture", "sound", "subtitles"]},
        [],
        [
            "Every statement is correct.",
            "Nothing needed is missing.",
            "The audience will follow it.",
        ],
    ),
    (
        "legal",
        "Legal",
        "Does it comply with law, contracts and regulation?",
        {
            "text": ["dialogue", "prose", "links", "claims"],
            "video": ["picture", "sound", "subtitles"],
        },
        ["regulatory"],
        [
            "No promise goes beyond the contract.",
            "Required notices are there.",
            "Rights in pictures, music and names are cleared.",
        ],
    ),
    (
        "product_accuracy",
        "Product accuracy",
        "Does it show the product as it is?",
        {"text": ["claims"], "image": ["picture"], "pdf": ["text", "picture"]},
        ["accuracy"],
        ["Screens and names are those of the release.", "Every claim has its source."],
    ),
    (
        "executive",
        "Executive alignment",
        "Does it say what we stand for, to whom we mean to say it?",
        {"text": ["headings", "dialogue"]},
        [],
        ["It serves the objective of the brief.", "It fits what else we say this quarter."],
    ),
    (
        "brand",
        "Brand and design",
        "Does it look and sound like us?",
        {"image": ["picture"], "pdf": ["picture"], "video": ["picture", "sound"]},
        ["brand"],
        [
            "It keeps to the visual system.",
            "It keeps to the motion language.",
            "The voice is ours.",
        ],
    ),
)
#: The slugs of the two layers that a product's first review plan asks, in order.
FIRST_PLAN = ("subject_matter", "legal")
