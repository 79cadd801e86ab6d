"""Where versions stand in the world: placements, deployments, and the tasks that replace what is stale."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import Product, User
from assets.models.versions import Asset, Version
from assets.vocabulary import DeploymentKind, Environment, TaskState
from backlog.models import Channel, Item, Program


class Placement(models.Model):
    """A place where an asset is shown: channel, program, environment, locale, and where exactly (R122).

    ``version`` is what Ballast believes is there; None: unknown. ``checked_at`` and ``found_sha256`` are what the place
    itself said last; a hash that no version has makes the state unknown. ``drifted_at``: since when what is there is
    not the version in force (N17); None while it is.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="placements")
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="placements")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="placements")
    program = models.ForeignKey(
        Program, on_delete=models.SET_NULL, null=True, blank=True, related_name="placements"
    )
    environment = models.CharField(
        max_length=12, choices=Environment, default=Environment.PRODUCTION
    )
    locale = models.CharField(max_length=20, blank=True)
    place = models.CharField(max_length=300, help_text="page, module or address within the channel")
    owner = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, null=True, related_name="placed")
    found_sha256 = models.CharField(max_length=64, blank=True)
    checked_at = models.DateTimeField(null=True)
    drifted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="taken down")
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "channel", "environment", "locale", "place"],
                condition=models.Q(ended_at=None),
                name="placement_once",
            ),
            models.CheckConstraint(
                condition=models.Q(environment__in=Environment.values), name="placement_environment"
            ),
        ]
        indexes = [
            # the drift report, the oldest drift first
            models.Index(
                fields=["product", "drifted_at", "id"],
                name="placement_drift",
                condition=models.Q(drifted_at__isnull=False, ended_at=None),
            ),
            # the registry of a product, latest first
            models.Index(fields=["product", "-id"], name="placement_list"),
        ]

    def __str__(self) -> str:
        return self.place


class Deployment(models.Model):
    """A version went to a placement, or an earlier one came back (R128). Never changed."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="deployments")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="deployments")
    kind = models.CharField(max_length=10, choices=DeploymentKind, default=DeploymentKind.DEPLOY)
    replaced = models.ForeignKey(Version, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=500, blank=True)
    deployed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    deployed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            # what stood at a placement when: readings are held against it
            models.Index(
                fields=["placement", "-deployed_at", "-id"], name="deployment_of_placement"
            ),
        ]


class Replacement(models.Model):
    """A placement must be brought to the version in force (R123). At most one is open for a placement.

    ``item``: the work item it became, where somebody wanted one.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="replacements")
    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="replacements")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="replacements")
    state = models.CharField(max_length=8, choices=TaskState, default=TaskState.OPEN)
    owner = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    due_on = models.DateField(null=True, blank=True)
    item = models.ForeignKey(Item, on_delete=models.SET_NULL, null=True, related_name="+")
    raised_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["placement"],
                condition=models.Q(state=TaskState.OPEN),
                name="replacement_one_open",
            ),
        ]
        indexes = [
            # what is to be replaced in a product, and by whom
            models.Index(
                fields=["product", "owner", "due_on", "id"],
                name="replacement_open",
                condition=models.Q(state=TaskState.OPEN),
            ),
        ]
