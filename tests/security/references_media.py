"""Rows of other products in what is sent about the content of assets."""

from django.core.files.uploadedfile import SimpleUploadedFile

from backlog.models import Increment
from tests.security.references import Reference
from tests.security.world import Tenant


def _increment(tenant: Tenant) -> int:
    """An increment of the item that the asset and the uploads belong to."""
    return Increment.objects.filter(item=tenant.item).earliest("pk").pk


def _begun(item: str, **more: object) -> dict[str, object]:
    return {"file_name": "film.mp4", "size": 9, "rationale": "r", "item": item, **more}


CLAIM = {"first_line": 1, "source": "s"}
MEDIA_REFERENCES = [
    Reference(
        "api-version-claims",
        "POST",
        "brief_line",
        lambda a, b: {**CLAIM, "brief_line": b.line_of_brief.pk},
    ),
    Reference(
        "version-claims",
        "POST",
        "brief_line",
        lambda a, b: {**CLAIM, "brief_line": b.line_of_brief.pk},
    ),
    Reference(
        "api-review-notes",
        "POST",
        "brief_line",
        lambda a, b: {"body": "T", "brief_line": b.line_of_brief.pk},
    ),
    Reference(
        "review-note",
        "POST",
        "about",
        lambda a, b: {"body": "T", "about": f"line-{b.line_of_brief.pk}"},
    ),
    Reference("api-claim", "PATCH", "brief_line", lambda a, b: {"brief_line": b.line_of_brief.pk}),
    Reference("api-uploads", "POST", "item", lambda a, b: _begun(b.item.key)),
    Reference(
        "api-uploads",
        "POST",
        "increment",
        lambda a, b: _begun(a.item.key, increment=_increment(b)),
    ),
    Reference(
        "api-item-assets",
        "POST",
        "increment",
        lambda a, b: {
            "file": SimpleUploadedFile("new.txt", b"NEW", "text/plain"),
            "rationale": "r",
            "increment": _increment(b),
        },
    ),
    Reference("api-asset", "PATCH", "increment", lambda a, b: {"increment": _increment(b)}),
]
