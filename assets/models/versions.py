"""Assets and their versions, the parts a version is made of, and the previews that workers make."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import Product, User
from assets.media import TYPES, may_be_shown
from assets.vocabulary import AssetKind, PreviewState, VariantKind, VersionState
from backlog.models import Increment, Item


class AssetQuerySet(models.QuerySet["Asset"]):
    def locked(self, pk: int) -> Asset:
        """The asset with its row locked (PostgreSQL) or the whole database (SQLite, IMMEDIATE).

        Uploads and verdicts meet here. Order of locks: product, asset, version, review cycle, summary.
        """
        return (
            self.select_for_update(of=("self",), no_key=True)
            .select_related("product", "item")
            .get(pk=pk)
        )


class Asset(models.Model):
    """A script, picture, document or film that belongs to an item and exists in versions.

    ``versions_count`` is the number of the newest version; ``kind`` follows that version's content. ``increment``: the
    piece of the deliverable it is made for. ``variant_of``: what it is a localized or reformatted variant of (N18);
    ``variant_label`` then says which ("de-DE", "9:16", "30 s cut").
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="assets")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="assets")
    increment = models.ForeignKey(
        Increment, on_delete=models.SET_NULL, null=True, blank=True, related_name="assets"
    )
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=AssetKind)
    versions_count = models.PositiveIntegerField(default=0)
    published_version = models.PositiveIntegerField(
        null=True, help_text="number of the one in force"
    )
    claims_count = models.PositiveIntegerField(
        default=0, help_text="numbers given to claims so far"
    )
    segments_count = models.PositiveIntegerField(
        default=0, help_text="numbers given to segments so far"
    )
    variant_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="variants"
    )
    variant_kind = models.CharField(max_length=10, choices=VariantKind, blank=True)
    variant_label = models.CharField(max_length=60, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = AssetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=AssetKind.values), name="asset_kind"
            ),
            models.CheckConstraint(
                condition=models.Q(variant_of=None, variant_kind="")
                | (
                    models.Q(variant_of__isnull=False, variant_kind__in=VariantKind.values)
                    & ~models.Q(variant_of=models.F("id"))
                ),
                name="asset_variant",
            ),
        ]
        indexes = [
            # the product's list of assets, latest upload first
            models.Index(fields=["product", "-updated_at", "-id"], name="asset_latest"),
        ]

    def __str__(self) -> str:
        return self.name


class Version(models.Model):
    """One state of an asset's bytes, never changed: what came in, why, by whom, and the SHA-256 that names it.

    ``original_name`` is what the sender called the file; it is shown and offered for downloads, never used as a path.
    ``width`` and ``height`` in pixels, of images, and of films once a worker has looked; ``duration_ms`` of films and
    sound; ``pages`` of PDF. ``preview_state`` is the work that is due, claimed by ``preview_lease_until``.
    ``source_version``: of a variant, the version of its source that it was made from.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=VersionState, default=VersionState.DRAFT)
    rationale = models.TextField()
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(help_text="bytes")
    media_type = models.CharField(max_length=40)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    original_name = models.CharField(max_length=255, blank=True)
    uploaded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    written_here = models.BooleanField(default=False, help_text="edited in the browser")
    duration_ms = models.PositiveIntegerField(null=True)
    pages = models.PositiveIntegerField(null=True)
    source_version = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    preview_state = models.CharField(max_length=8, choices=PreviewState, default=PreviewState.NONE)
    preview_attempts = models.PositiveSmallIntegerField(default=0)
    preview_lease_until = models.DateTimeField(null=True)
    preview_error = models.CharField(max_length=300, blank=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    retired_at = models.DateTimeField(null=True)
    retired_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asset", "number"], name="version_number_once"),
            # two who publish at once: one version is in force
            models.UniqueConstraint(
                fields=["asset"],
                condition=models.Q(state=VersionState.PUBLISHED),
                name="version_one_published",
            ),
            models.CheckConstraint(
                condition=models.Q(number__gte=1), name="version_number_from_one"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=VersionState.values), name="version_state"
            ),
            models.CheckConstraint(condition=~models.Q(rationale=""), name="version_rationale"),
            models.CheckConstraint(condition=models.Q(size__gte=1), name="version_not_empty"),
        ]
        indexes = [
            # which versions have the same bytes; whether a stored file is still needed
            models.Index(fields=["product", "sha256"], name="version_bytes"),
            # versions whose previews are due
            models.Index(
                fields=["preview_lease_until", "id"],
                name="version_preview_due",
                condition=models.Q(preview_state=PreviewState.DUE),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset.name}, version {self.number}"

    @property
    def short_hash(self) -> str:
        """The first twelve characters of the hash: enough to compare by eye."""
        return self.sha256[:12]

    @property
    def length(self) -> str:
        """How long it plays, as "1:02:03" or "2:03"."""
        seconds = round((self.duration_ms or 0) / 1000)
        hours, rest = divmod(seconds, 3600)
        minutes = f"{rest // 60:02}" if hours else f"{rest // 60}"
        return f"{hours}:{minutes}:{rest % 60:02}" if hours else f"{minutes}:{rest % 60:02}"

    @property
    def kind(self) -> str:
        """What this version is, whatever the asset became since."""
        known = TYPES.get(self.media_type)
        return known.kind if known else AssetKind.FILE

    @property
    def shown(self) -> bool:
        """Whether a page may show these bytes."""
        return may_be_shown(self.media_type, self.width, self.height)


class VersionPart(models.Model):
    """A part of a version that can be material to a review by itself: its SHA-256 (N15).

    ``name`` is one of ``vocabulary.PART_NAMES`` for the version's kind. "bytes" is always there at once; the others are
    there when text is uploaded, or when a worker has looked into a picture, document or film.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="parts")
    name = models.CharField(max_length=16)
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "name"], name="version_part_once")
        ]


class Preview(models.Model):
    """A picture, or figures, that a worker made of a version. Its bytes lie in the store under their own SHA-256.

    ``kind``: poster and still (films; the ``number`` of a still is its millisecond), page (PDF, ``number`` from 1;
    drawings), thumb (all), waveform (sound: JSON of peaks).
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(Version, on_delete=models.CASCADE, related_name="previews")
    kind = models.CharField(max_length=8)
    number = models.PositiveIntegerField(default=1)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(help_text="bytes")
    media_type = models.CharField(max_length=40)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "kind", "number"], name="preview_once")
        ]
        indexes = [
            # whether a stored file is still needed
            models.Index(fields=["product", "sha256"], name="preview_bytes"),
        ]
