"""Discovery briefs: what a deliverable is for, line by line, who must supply what, and who signed it when."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import Product, User
from backlog.models.items import Item
from backlog.vocabulary import BriefState, ConfirmationState, InputState, LineChange, LineKind


class Brief(models.Model):
    """A discovery brief (R1–R13). ``version`` counts edits; ``versions_count`` the frozen versions.

    ``signed_version``: the number of the version that holds; None before the first sign-off. A change after it makes
    the state ``draft`` again and leaves ``signed_version`` standing: that is what the work under way was promised.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="briefs")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=BriefState, default=BriefState.DRAFT)
    business_objective = models.TextField(blank=True)
    learning_objective = models.TextField(blank=True, help_text="operational or learning objective")
    audience = models.TextField(blank=True)
    decision_role = models.TextField(
        blank=True, help_text="who of the audience decides what after seeing it"
    )
    platform = models.TextField(blank=True, help_text="operating context: the platform it lives in")
    workflow = models.TextField(blank=True, help_text="operating context: the workflow around it")
    decision_process = models.TextField(
        blank=True, help_text="operating context: the decision it is a part of"
    )
    deployed_where = models.CharField(max_length=200, blank=True)
    deployed_format = models.CharField(max_length=200, blank=True)
    deployed_language = models.CharField(max_length=200, blank=True)
    deployed_device = models.CharField(max_length=200, blank=True)
    owner = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    items = models.ManyToManyField(Item, through="BriefItem", related_name="briefs")
    versions_count = models.PositiveIntegerField(default=0)
    signed_version = models.PositiveIntegerField(null=True)
    lines_count = models.PositiveIntegerField(default=0, help_text="numbers given to lines so far")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "number"], name="brief_number_once"),
            models.CheckConstraint(condition=Q(state__in=BriefState.values), name="brief_state"),
            models.CheckConstraint(
                condition=Q(signed_version=None) | Q(signed_version__lte=F("versions_count")),
                name="brief_signed_version",
            ),
        ]
        indexes = [
            # the list of briefs, latest change first
            models.Index(fields=["product", "-updated_at", "-id"], name="brief_latest"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def key(self) -> str:
        """``BR-3``; a product's own numbering."""
        return f"BR-{self.number}"


class BriefItem(models.Model):
    """An item that a brief governs. Its assets and increments are governed with it."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    brief = models.ForeignKey(Brief, on_delete=models.CASCADE, related_name="governed")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="governed_by")
    added_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["brief", "item"], name="brief_item_once")]


class BriefLine(models.Model):
    """One checkable statement (R6, R7, R10). Other records point at it; its ``number`` in the brief never changes.

    ``revision`` counts its wordings. A removed line stays, because what pointed at it must be confirmed again.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    brief = models.ForeignKey(Brief, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=LineKind)
    text = models.CharField(max_length=500)
    checked_how = models.CharField(max_length=300, blank=True)
    position = models.FloatField()
    revision = models.PositiveIntegerField(default=1)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["brief", "number"], name="brief_line_number_once"),
            models.CheckConstraint(condition=Q(kind__in=LineKind.values), name="brief_line_kind"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def key(self) -> str:
        """``BR-3.7``. Needs ``brief`` loaded."""
        return f"BR-{self.brief.number}.{self.number}"


class BriefInput(models.Model):
    """What somebody must supply before the brief holds (R4). ``person`` may be unknown as yet."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    brief = models.ForeignKey(Brief, on_delete=models.CASCADE, related_name="inputs")
    function = models.CharField(max_length=60, help_text="legal, sales, engineering …")
    person = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    what = models.CharField(max_length=300)
    due_on = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=12, choices=InputState, default=InputState.OUTSTANDING)
    answer = models.TextField(blank=True)
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    settled_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=InputState.values), name="brief_input_state"
            ),
        ]
        indexes = [
            # what is asked of a person, and has not come
            models.Index(
                fields=["person", "product", "due_on"],
                name="brief_input_waiting",
                condition=Q(state="outstanding"),
            ),
        ]


class BriefSignal(models.Model):
    """What will be measured, from where to where, and where the figure comes from (R9).

    ``metric`` is the slug of a metric of the product (``assets.Metric``), which readings name too.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    brief = models.ForeignKey(Brief, on_delete=models.CASCADE, related_name="signals")
    name = models.CharField(max_length=120)
    metric = models.SlugField(max_length=40)
    unit = models.CharField(max_length=24, blank=True)
    baseline = models.FloatField(null=True)
    target = models.FloatField()
    higher_is_better = models.BooleanField(default=True)
    source = models.CharField(max_length=200)
    position = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["brief", "metric"], name="brief_signal_once")
        ]

    def __str__(self) -> str:
        return self.name


class BriefVersion(models.Model):
    """A brief as it stood, whole; never changed. ``content`` is what ``briefs.content_of`` writes, ``sha256`` over it.

    ``signed_at`` is set once, by whoever may sign.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    brief = models.ForeignKey(Brief, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    reason = models.CharField(max_length=500)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True)
    sign_note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["brief", "number"], name="brief_version_once")
        ]


class LineReference(models.Model):
    """An item or an increment that rests on a line. Claims and notes point at lines from their own apps."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    line = models.ForeignKey(BriefLine, on_delete=models.CASCADE, related_name="references")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, null=True, related_name="+")
    increment = models.ForeignKey(
        "backlog.Increment", on_delete=models.CASCADE, null=True, related_name="line_references"
    )
    added_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(item=None, increment__isnull=False)
                | Q(item__isnull=False, increment=None),
                name="line_reference_one",
            ),
            models.UniqueConstraint(
                fields=["line", "item"], name="line_item_once", condition=Q(item__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["line", "increment"],
                name="line_increment_once",
                condition=Q(increment__isnull=False),
            ),
        ]


class Confirmation(models.Model):
    """Something that rests on a changed line must be confirmed again (R12). At most one waits for a line and a target.

    ``line`` is None when a field of the brief outside its lines changed; ``field`` then names it.
    """

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    brief = models.ForeignKey(Brief, on_delete=models.CASCADE, related_name="confirmations")
    brief_version = models.PositiveIntegerField(help_text="the version that brought the change")
    line = models.ForeignKey(BriefLine, on_delete=models.CASCADE, null=True, related_name="+")
    field = models.CharField(max_length=40, blank=True)
    change = models.CharField(max_length=8, choices=LineChange)
    before = models.CharField(max_length=500, blank=True)
    after = models.CharField(max_length=500, blank=True)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="confirmations")
    increment = models.ForeignKey(
        "backlog.Increment", on_delete=models.CASCADE, null=True, related_name="confirmations"
    )
    state = models.CharField(
        max_length=10, choices=ConfirmationState, default=ConfirmationState.WAITING
    )
    raised_at = models.DateTimeField(default=timezone.now)
    settled_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ConfirmationState.values), name="confirmation_state"
            ),
            # two sign-offs at once: one of the two waits for a change and a target
            models.UniqueConstraint(
                fields=["line", "item"],
                name="confirmation_line_item",
                condition=Q(state="waiting", increment=None, line__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["line", "increment"],
                name="confirmation_line_increment",
                condition=Q(state="waiting", increment__isnull=False, line__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["brief", "field", "item"],
                name="confirmation_field_item",
                condition=Q(state="waiting", increment=None, line=None),
            ),
            models.UniqueConstraint(
                fields=["brief", "field", "increment"],
                name="confirmation_field_increment",
                condition=Q(state="waiting", increment__isnull=False, line=None),
            ),
        ]
        indexes = [
            # what waits on an item or its increments
            models.Index(
                fields=["item", "increment"],
                name="confirmation_waiting",
                condition=Q(state="waiting"),
            ),
        ]
