"""Rows of the permission matrix: what stands in versions of assets, and how they come in."""

from __future__ import annotations

from typing import Any

from tests.cast import MEMBERS as ROLES
from tests.security.rows import row
from tests.security.world import Tenant

MEMBERS = frozenset(ROLES)
SIGNING = frozenset({"reviewer", "owner", "leadership", "administrator"})
WORKING = MEMBERS - {"viewer"}

#: a version of an asset, by the addresses of pages
VERSION: dict[str, Any] = {"key": "product.key", "pk": "asset.pk", "number": "version.number"}

#: an upload in parts is its maker's own (in A the administrator's)
MAKER = frozenset({"administrator"})
OTHERS = MEMBERS - MAKER
OWN_UPLOAD: dict[str, Any] = {
    "GET": MAKER,
    "PATCH": MAKER,
    "DELETE": MAKER,
    "hidden": OTHERS,
}


def beginning(tenant: Tenant) -> dict[str, Any]:
    return {"item": tenant.item.key, "file_name": "a.txt", "size": 9, "rationale": "r"}


def text(tenant: Tenant) -> dict[str, Any]:
    return {"text": "t", "rationale": "r", "base": tenant.version.number}


def script(tenant: Tenant) -> dict[str, Any]:
    return {"text": "t", "rationale": "r", "name": "n", "media_type": "text/markdown"}


MEDIA = [
    row("version-claims", **VERSION, POST=WORKING, body={"first_line": 2}),
    row("version-claims-sign", **VERSION, POST=SIGNING, body={"claims": ["1"]}),
    row("claim-edit", key="product.key", pk="claim.pk", POST=WORKING, body={"source": "s"}),
    row("claim-withdraw", key="product.key", pk="claim.pk", POST=WORKING),
    row("api-version-claims", pk="version.pk", GET=MEMBERS, POST=WORKING, body={"first_line": 2}),
    row("api-version-claims-sign", pk="version.pk", POST=SIGNING, body={"claims": [1]}),
    row("api-claim", pk="claim.pk", PATCH=WORKING, DELETE=WORKING, body={"source": "s"}),
    row(
        "asset-edit",
        key="product.key",
        pk="asset.pk",
        GET=WORKING,
        POST=WORKING,
        body={"name": "n"},
    ),
    row("api-uploads", POST=WORKING, body=beginning),
    row("api-upload", pk="upload.pk", **OWN_UPLOAD),
    row("api-upload-complete", pk="upload.pk", POST=MAKER, hidden=OTHERS),
    row("api-assets", GET=MEMBERS | {"outsider"}),
    row("asset-compare-chosen", key="product.key", pk="asset.pk", GET=MEMBERS),
    row("asset-compare", key="product.key", pk="asset.pk", old="one", new="one", GET=MEMBERS),
    row("api-asset-differences", pk="asset.pk", GET=MEMBERS, query={"old": "1", "new": "2"}),
    row("asset-write", key="product.key", pk="asset.pk", GET=WORKING, POST=WORKING, body=text),
    row("item-write", key="item.key", GET=WORKING, POST=WORKING, body=script),
    row("version-previews-again", **VERSION, POST=WORKING),
    row("api-version-previews", pk="version.pk", GET=MEMBERS, POST=WORKING),
    row("version-preview", **VERSION, kind="preview.kind", at="preview.number", GET=MEMBERS),
]
