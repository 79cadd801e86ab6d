"""Tables of assets."""

from assets.models.placing import Deployment, Placement, Replacement
from assets.models.readings import Breach, Metric, Reading, Target
from assets.models.scripts import Claim, ClaimMark, Segment, SegmentMap
from assets.models.uploads import Upload
from assets.models.versions import Asset, Preview, Version, VersionPart

__all__ = [
    "Asset",
    "Breach",
    "Claim",
    "ClaimMark",
    "Deployment",
    "Metric",
    "Placement",
    "Preview",
    "Reading",
    "Replacement",
    "Segment",
    "SegmentMap",
    "Target",
    "Upload",
    "Version",
    "VersionPart",
]
