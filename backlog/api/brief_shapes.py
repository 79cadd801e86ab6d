"""Shapes of the API of briefs."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from backlog.brief_content import FIELD_NAMES
from backlog.services.briefs import FIELD_LIMIT, SHORT
from backlog.vocabulary import (
    BriefState,
    ConfirmationState,
    IncrementState,
    InputState,
    LineChange,
    LineKind,
    State,
)
from core.api.serializers import Line, Prose, Shape

#: A brief is taken out of use, or brought back as a draft.
USES = (("retired", "Retired"), ("draft", "Brought back"))


def _field(name: str) -> Any:
    if name in SHORT:
        return Line(max_length=200, required=False, allow_blank=True)
    return Prose(max_length=FIELD_LIMIT, required=False, allow_blank=True)


class BriefLineShape(Shape):
    key = serializers.CharField()
    number = serializers.IntegerField()
    kind = serializers.ChoiceField(LineKind.choices)
    text = serializers.CharField()
    checked_how = serializers.CharField()
    revision = serializers.IntegerField()
    removed = serializers.BooleanField()


class BriefInputShape(Shape):
    id = serializers.IntegerField()
    function = serializers.CharField()
    person = serializers.EmailField(allow_null=True)
    what = serializers.CharField()
    due_on = serializers.DateField(allow_null=True)
    state = serializers.ChoiceField(InputState.choices)
    answer = serializers.CharField()
    settled_by = serializers.EmailField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)


class BriefSignalShape(Shape):
    id = serializers.IntegerField()
    name = serializers.CharField()
    metric = serializers.CharField()
    unit = serializers.CharField()
    baseline = serializers.FloatField(allow_null=True)
    target = serializers.FloatField()
    higher_is_better = serializers.BooleanField()
    source = serializers.CharField()  # type: ignore[assignment]


class BriefVersionRow(Shape):
    number = serializers.IntegerField()
    sha256 = serializers.CharField()
    reason = serializers.CharField()
    made_by = serializers.EmailField(allow_null=True)
    made_at = serializers.DateTimeField()
    signed_by = serializers.EmailField(allow_null=True)
    signed_at = serializers.DateTimeField(allow_null=True)
    sign_note = serializers.CharField()


class BriefVersionWhole(BriefVersionRow):
    content = serializers.DictField()


class BriefRowShape(Shape):
    key = serializers.CharField()
    number = serializers.IntegerField()
    title = serializers.CharField()
    state = serializers.ChoiceField(BriefState.choices)
    owner = serializers.EmailField(allow_null=True)
    signed_version = serializers.IntegerField(allow_null=True)
    outstanding = serializers.IntegerField(help_text="inputs that have not come")
    governed = serializers.IntegerField(help_text="items")
    waiting = serializers.IntegerField(help_text="confirmations")
    updated_at = serializers.DateTimeField()


class BriefPage(Shape):
    """Briefs, the latest change first. ``next`` is the cursor of the next page, null at the end."""

    results = BriefRowShape(many=True)
    next = serializers.CharField(allow_null=True)


class BriefFields(Shape):
    def get_fields(self) -> dict[str, Any]:
        """The fields of the document, as the content of versions names them."""
        return {**super().get_fields(), **{name: _field(name) for name in FIELD_NAMES}}


class BriefDetail(BriefFields):
    key = serializers.CharField()
    number = serializers.IntegerField()
    title = serializers.CharField()
    state = serializers.ChoiceField(BriefState.choices)
    owner = serializers.EmailField(allow_null=True)
    signed_version = serializers.IntegerField(allow_null=True)
    version = serializers.IntegerField(help_text="the ETag's")
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="before it can be signed off"
    )
    items = serializers.ListField(child=serializers.CharField())
    lines = BriefLineShape(many=True)
    inputs = BriefInputShape(many=True)
    signals = BriefSignalShape(many=True)
    versions = BriefVersionRow(many=True)
    updated_at = serializers.DateTimeField()


class GovernedAssetShape(Shape):
    id = serializers.IntegerField()
    name = serializers.CharField()
    version = serializers.IntegerField(allow_null=True, help_text="number of the newest")
    state = serializers.CharField(help_text="of the newest version, in words")


class GovernedIncrementShape(Shape):
    key = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(IncrementState.choices)
    assets = GovernedAssetShape(many=True)


class GovernedShape(Shape):
    item = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(State.choices)
    is_bet = serializers.BooleanField()
    increments = GovernedIncrementShape(many=True)
    assets = GovernedAssetShape(many=True, help_text="those of no increment")
    more_assets = serializers.IntegerField(help_text="that are not listed here")


class GovernedPage(Shape):
    results = GovernedShape(many=True)
    next = serializers.CharField(allow_null=True)


class BriefCreate(BriefFields):
    title = Line(max_length=200)
    owner = serializers.EmailField(required=False, allow_null=True)
    items = serializers.ListField(child=Line(max_length=24), required=False, max_length=200)


class BriefPatch(BriefFields):
    title = Line(max_length=200, required=False)
    owner = serializers.EmailField(required=False, allow_null=True)
    reason = Line(max_length=500, required=False, allow_blank=True)


class BriefLineInput(Shape):
    kind = serializers.ChoiceField(LineKind.choices)
    text = Line(max_length=500)
    checked_how = Line(max_length=300, required=False, allow_blank=True)


class BriefLinePatch(Shape):
    kind = serializers.ChoiceField(LineKind.choices, required=False)
    text = Line(max_length=500, required=False)
    checked_how = Line(max_length=300, required=False, allow_blank=True)
    before = serializers.IntegerField(
        required=False,
        allow_null=True,
        help_text="number of the line to stand ahead of; null: last",
    )
    removed = serializers.BooleanField(required=False)


class BriefInputInput(Shape):
    function = Line(max_length=60)
    what = Line(max_length=300)
    person = serializers.EmailField(required=False, allow_null=True)
    due_on = serializers.DateField(required=False, allow_null=True)


class BriefInputSettle(Shape):
    state = serializers.ChoiceField(InputState.choices)
    answer = Prose(max_length=5000, required=False, allow_blank=True)


class BriefSignalInput(Shape):
    name = Line(max_length=120)
    metric = Line(max_length=40, required=False, allow_blank=True)
    unit = Line(max_length=24, required=False, allow_blank=True)
    baseline = serializers.FloatField(required=False, allow_null=True)
    target = serializers.FloatField()
    higher_is_better = serializers.BooleanField(default=True)
    source = Line(max_length=200)  # type: ignore[assignment]


class BriefItemsInput(Shape):
    items = serializers.ListField(child=Line(max_length=24), max_length=200)


class BriefVersionInput(Shape):
    reason = Line(max_length=500)


class BriefSignInput(Shape):
    note = Line(max_length=500, required=False, allow_blank=True)
    reason = Line(max_length=500, required=False, allow_blank=True)


class BriefStateInput(Shape):
    state = serializers.ChoiceField(USES)
    reason = Line(max_length=500, required=False, allow_blank=True)


class BriefDifference(Shape):
    name = serializers.CharField()
    line = serializers.IntegerField(allow_null=True)
    change = serializers.ChoiceField(LineChange.choices)
    before = serializers.CharField()
    after = serializers.CharField()


class BriefDifferences(Shape):
    differences = BriefDifference(many=True)


class ConfirmationRow(Shape):
    id = serializers.IntegerField()
    brief = serializers.CharField()
    brief_version = serializers.IntegerField()
    line = serializers.CharField(allow_null=True)
    field = serializers.CharField()
    change = serializers.ChoiceField(LineChange.choices)
    before = serializers.CharField()
    after = serializers.CharField()
    item = serializers.CharField()
    increment = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(ConfirmationState.choices)
    settled_by = serializers.EmailField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField()


class ConfirmationList(Shape):
    results = ConfirmationRow(many=True)


class ConfirmationSettle(Shape):
    state = serializers.ChoiceField(ConfirmationState.choices)
    note = Line(max_length=500, required=False, allow_blank=True)
