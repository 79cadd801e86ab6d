"""The words of assets, used by models, services, pages and API alike. Pure data."""

from __future__ import annotations

from django.db.models import TextChoices


class AssetKind(TextChoices):
    """What an asset is, judged by the content of its newest version."""

    TEXT = "text", "Text"
    IMAGE = "image", "Image"
    PDF = "pdf", "PDF"
    VIDEO = "video", "Video"
    AUDIO = "audio", "Audio"
    FILE = "file", "File"


class VersionState(TextChoices):
    DRAFT = "draft", "Draft"
    APPROVED = "approved", "Approved"
    PUBLISHED = "published", "Published"
    RETIRED = "retired", "Retired"


KIND_ICONS: dict[str, str] = {
    AssetKind.TEXT: "file-text",
    AssetKind.IMAGE: "image",
    AssetKind.PDF: "file-type",
    AssetKind.VIDEO: "film",
    AssetKind.AUDIO: "audio-lines",
    AssetKind.FILE: "file",
}


class VariantKind(TextChoices):
    LANGUAGE = "language", "Language"
    FORMAT = "format", "Format"
    CUT = "cut", "Channel cut"


class PreviewState(TextChoices):
    """Where the making of previews stands. ``none``: nothing to make of this kind."""

    NONE = "none", "None"
    DUE = "due", "Being made"
    READY = "ready", "Ready"
    FAILED = "failed", "Could not be made"


class UploadState(TextChoices):
    OPEN = "open", "Going on"
    DONE = "done", "Done"
    GIVEN_UP = "given_up", "Given up"


class ClaimState(TextChoices):
    UNSIGNED = "unsigned", "To be signed"
    SIGNED = "signed", "Signed"
    CHANGED = "changed", "Changed since it was signed"
    GONE = "gone", "Not in this version"


class Environment(TextChoices):
    PRODUCTION = "production", "Production"
    STAGING = "staging", "Staging"
    PREVIEW = "preview", "Preview"


class DeploymentKind(TextChoices):
    DEPLOY = "deploy", "Deployed"
    ROLL_BACK = "roll_back", "Rolled back"


class TaskState(TextChoices):
    OPEN = "open", "Open"
    DONE = "done", "Done"
    MOOT = "moot", "No longer needed"


class PlacementState(TextChoices):
    """What a placement shows, held against the version in force (N17). Worst first."""

    RETIRED = "retired", "Retired"
    UNAPPROVED = "unapproved", "Unapproved"
    BEHIND = "behind", "Behind"
    UNKNOWN = "unknown", "Unknown"
    CURRENT = "current", "Current"


class MetricForm(TextChoices):
    SHARE = "share", "Share"
    MEAN = "mean", "Mean"
    COUNT = "count", "Count"


#: The parts of a version that a review layer may declare material (N15), by kind, with the words for people.
#: Films and sound are compared by the packets of their streams, pictures by their pixels, PDF by what stands on pages.
PART_NAMES: dict[str, dict[str, str]] = {
    AssetKind.TEXT: {
        "bytes": "the whole file",
        "front": "title page and front matter",
        "headings": "headings and scene headings",
        "dialogue": "what is said",
        "prose": "action and running text",
        "links": "links and pictures",
        "claims": "claims with their sources",
    },
    AssetKind.IMAGE: {"bytes": "the whole file", "picture": "the picture", "metadata": "metadata"},
    AssetKind.PDF: {
        "bytes": "the whole file",
        "text": "the text",
        "picture": "how the pages look",
        "links": "links",
    },
    AssetKind.VIDEO: {
        "bytes": "the whole file",
        "picture": "the moving picture",
        "sound": "the sound",
        "subtitles": "subtitles",
    },
    AssetKind.AUDIO: {"bytes": "the whole file", "sound": "the sound"},
    AssetKind.FILE: {"bytes": "the whole file"},
}

#: What a product can measure from the first day: slug, name, unit, form, higher is better (R129–R136).
METRICS: tuple[tuple[str, str, str, str, bool], ...] = (
    ("completion", "Completion", "%", MetricForm.SHARE, True),
    ("retention", "Learner retention", "%", MetricForm.SHARE, True),
    ("engagement", "Engagement", "min", MetricForm.MEAN, True),
    ("adoption", "Adoption", "%", MetricForm.SHARE, True),
    ("sales_usage", "Sales usage", "uses", MetricForm.COUNT, True),
    ("comprehension", "Buyer comprehension", "%", MetricForm.SHARE, True),
    ("satisfaction", "Satisfaction", "of 5", MetricForm.MEAN, True),
    ("errors", "Errors reported by systems", "errors", MetricForm.COUNT, False),
)
