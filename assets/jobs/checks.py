"""What must always hold for assets: versions 1 … n, one in force, no silent drift, files unchanged, no orphans."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, F, Max, OuterRef, Q, Subquery

from accounts.models import Product
from assets.drift import drift
from assets.jobs.content_checks import content_findings
from assets.models import Asset, Deployment, Placement, Preview, Replacement, Version
from assets.placing import standing_of
from assets.storage import store
from assets.vocabulary import TaskState, VersionState
from core.invariants import Finding

CHUNK = 1000


def findings(*, now: datetime | None = None, read_files: bool = True) -> Iterator[Finding]:
    """Everything that is wrong. ``read_files`` False compares sizes only and leaves the hashes unread."""
    yield from _numbers()
    yield from _in_force()
    yield from _drift()
    yield from _replacements()
    yield from _files(read_files)
    yield from _orphans()
    yield from content_findings(read_files=read_files)


def _numbers() -> Iterator[Finding]:
    counted = Asset.objects.annotate(count=Count("versions"), highest=Max("versions__number"))
    wrong = counted.exclude(count=F("versions_count"), highest=F("versions_count")).order_by("pk")
    for asset in wrong.iterator(chunk_size=CHUNK):
        yield Finding(
            "versions 1 … n",
            f"asset {asset.pk}",
            f"{asset.count} versions, the highest is {asset.highest}, the asset says {asset.versions_count}",
        )


def _in_force() -> Iterator[Finding]:
    """One version is published, and it is the one that the asset names; none where it names none."""
    counted = Asset.objects.annotate(
        published=Count("versions", filter=Q(versions__state=VersionState.PUBLISHED)),
        named=Count(
            "versions",
            filter=Q(
                versions__state=VersionState.PUBLISHED,
                versions__number=F("published_version"),
            ),
        ),
    )
    right = Q(published_version=None, published=0) | Q(
        published_version__isnull=False, published=1, named=1
    )
    for asset in counted.exclude(right).order_by("pk").iterator(chunk_size=CHUNK):
        yield Finding(
            "one version in force",
            f"asset {asset.pk}",
            f"{asset.published} versions are published, the asset says {asset.published_version}",
        )


def _drift() -> Iterator[Finding]:
    """What is drifted by the rule has the instant since when; what stands last by its history stands there."""
    rows = Placement.objects.select_related("asset", "version").order_by("pk")
    newest = Deployment.objects.filter(placement=OuterRef("pk")).order_by("-deployed_at", "-pk")
    rows = rows.annotate(deployed=Subquery(newest.values("version")[:1]))
    for placement in rows.iterator(chunk_size=CHUNK):
        drifted = placement.ended_at is None and drift(standing_of(placement)).drifted
        if drifted != (placement.drifted_at is not None):
            yield Finding(
                "no silent drift",
                f"placement {placement.pk}",
                f"by the rule {'it drifted' if drifted else 'it is current'}, and drifted_at is {placement.drifted_at}",
            )
        if placement.deployed != placement.version_id:
            yield Finding(
                "placement as deployed",
                f"placement {placement.pk}",
                f"version {placement.version_id} stands there, the last deployment is of {placement.deployed}",
            )
        if placement.version is not None and placement.version.asset_id != placement.asset_id:
            yield Finding(
                "placement as deployed", f"placement {placement.pk}", "another asset stands there"
            )


def _replacements() -> Iterator[Finding]:
    """At most one is open for a placement, for the version in force, where something is to be replaced."""
    open_ = Replacement.objects.filter(state=TaskState.OPEN)
    twice = open_.values("placement").annotate(count=Count("pk")).filter(count__gt=1)
    for row in twice.order_by("placement"):
        yield Finding(
            "one replacement",
            f"placement {row['placement']}",
            f"{row['count']} replacements are open",
        )
    right = Q(
        version__asset=F("placement__asset"),
        version__number=F("placement__asset__published_version"),
        placement__ended_at=None,
        placement__drifted_at__isnull=False,
    )
    # what is NULL on one side is not excluded by its negation, so the right ones are named
    wrong = open_.exclude(pk__in=open_.filter(right).values("pk"))
    for pk in wrong.order_by("pk").values_list("pk", flat=True):
        yield Finding(
            "replacements follow the version in force",
            f"replacement {pk}",
            "it is open, and there is nothing to replace, or by another version",
        )


def _files(read_files: bool) -> Iterator[Finding]:
    seen: set[tuple[int, str]] = set()
    for what, model in (("version", Version), ("preview", Preview)):
        rows = model.objects.order_by("product_id", "pk").values_list(
            "pk", "product_id", "sha256", "size"
        )
        for pk, product_id, sha256, size in rows.iterator(chunk_size=CHUNK):
            try:
                found = store().size(product_id, sha256)
            except ValueError:  # no hash at all
                found = None
            if found is None:
                yield Finding("file present", f"{what} {pk}", f"the file {sha256[:12]}… is missing")
            elif found != size:
                yield Finding("file unchanged", f"{what} {pk}", f"{found} bytes instead of {size}")
            elif read_files and (product_id, sha256) not in seen:
                seen.add((product_id, sha256))
                if store().digest(product_id, sha256) != sha256:
                    yield Finding(
                        "file unchanged",
                        f"{what} {pk}",
                        f"the bytes of {sha256[:12]}… have another hash",
                    )


def _orphans() -> Iterator[Finding]:
    """Files that no row names. Takes no upload that commits meanwhile for one: the files are listed first."""
    for product in Product.objects.order_by("pk"):
        files = [sha256 for sha256, _ in store().listing(product.pk)]
        for start in range(0, len(files), 500):
            part = files[start : start + 500]
            needed = {
                sha256
                for model in (Version, Preview)
                for sha256 in model.objects.filter(product=product, sha256__in=part).values_list(
                    "sha256", flat=True
                )
            }
            for sha256 in part:
                if sha256 not in needed:
                    yield Finding(
                        "no orphan",
                        f"file {product.pk}/{sha256[:12]}…",
                        "no version and no preview has these bytes",
                    )
