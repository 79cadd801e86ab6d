"""Input rules of refinement sessions' pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from backlog.vocabulary import QueueKind, Severity
from scoring.models import Function, RefinementSession, SessionNote, SessionTemplate
from scoring.services.sessions.planning import Plan

INVITED = "invited"


class SessionForm(forms.Form):
    """The plan of a session. ``members``: who can be invited; ``leaders``: who may run it."""

    title = forms.CharField(label=_("Title"), max_length=120)
    starts_at = forms.DateTimeField(
        label=_("When"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    box_minutes = forms.IntegerField(label=_("Time box"), min_value=5, max_value=480)
    minutes_each = forms.IntegerField(label=_("Minutes an item"), min_value=1, max_value=120)
    queue_kind = forms.ChoiceField(label=_("Items of"), required=False)
    facilitator = forms.ModelChoiceField(User.objects.none(), label=_("Led by"))
    functions = forms.MultipleChoiceField(
        label=_("Who should be there"),
        choices=Function.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "A function that nobody speaks for is flagged, before the session and in its minutes."
        ),
    )
    opening = forms.CharField(
        label=_("To begin with"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stands in the invitation and above the agenda."),
    )

    def __init__(
        self, *args: Any, members: Sequence[User], leaders: Sequence[User], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        zone = timezone.get_current_timezone_name()
        self.fields["starts_at"].help_text = _("In your time zone, %(zone)s.") % {"zone": zone}
        self.fields["queue_kind"].choices = [("", _("every queue")), *QueueKind.choices]  # type: ignore[attr-defined]
        self.fields["facilitator"].queryset = User.objects.filter(  # type: ignore[attr-defined]
            pk__in=[user.pk for user in leaders]
        ).order_by("name", "email")
        self.members = list(members)
        choices = [("", "–"), (INVITED, _("invited")), *Function.choices]
        for user in self.members:
            self.fields[f"person-{user.pk}"] = forms.ChoiceField(
                label=str(user), choices=choices, required=False
            )

    def people(self) -> list[Any]:
        """A field a person."""
        return [self[f"person-{user.pk}"] for user in self.members]

    def plan(self) -> Plan:
        """What was entered. Call after ``is_valid``."""
        data = self.cleaned_data
        attendees = {
            user: "" if given == INVITED else given
            for user in self.members
            if (given := data.get(f"person-{user.pk}"))
        }
        return Plan(
            title=data["title"],
            starts_at=data["starts_at"],
            box_minutes=data["box_minutes"],
            minutes_each=data["minutes_each"],
            functions=data["functions"],
            opening=data["opening"],
            queue_kind=data["queue_kind"],
            facilitator=data["facilitator"],
            attendees=attendees,
        )


def first_values(person: User, template: SessionTemplate | None) -> dict[str, Any]:
    """What a new plan begins with: tomorrow at ten, or what the template says."""
    tomorrow = timezone.localtime() + timedelta(days=1)
    tomorrow += timedelta(days=max(0, 7 - tomorrow.weekday()) if tomorrow.weekday() > 4 else 0)
    values: dict[str, Any] = {
        "title": "Weekly refinement",
        "starts_at": tomorrow.replace(hour=10, minute=0, second=0, microsecond=0),
        "box_minutes": 60,
        "minutes_each": 6,
        "facilitator": person.pk,
        f"person-{person.pk}": INVITED,
        "functions": [Function.ENGINEERING, Function.DESIGN, Function.PRODUCT, Function.CUSTOMER],
    }
    if template is not None:
        values |= {
            "title": template.name,
            "box_minutes": template.minutes,
            "minutes_each": template.minutes_each,
            "functions": template.functions,
            "opening": template.opening,
        }
    return values


def values_of(session: RefinementSession) -> dict[str, Any]:
    """A plan as it stands, for its form. One query."""
    people = session.attendees.filter(removed_at=None).values_list("user_id", "function")
    return {
        "title": session.title,
        "starts_at": timezone.localtime(session.starts_at),
        "box_minutes": session.box_minutes,
        "minutes_each": session.minutes_each,
        "queue_kind": session.queue_kind,
        "facilitator": session.facilitator_id,
        "functions": session.functions,
        "opening": session.opening,
        **{f"person-{pk}": function or INVITED for pk, function in people},
    }


class EditForm(forms.Form):
    """Clarify or re-scope an item in the room."""

    title = forms.CharField(max_length=255)
    description = forms.CharField(
        required=False, max_length=50_000, widget=forms.Textarea(attrs={"rows": 4})
    )
    effort = forms.FloatField(required=False, min_value=0, max_value=100_000)
    criteria = forms.CharField(
        required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 3})
    )
    cut = forms.CharField(required=False, max_length=500)
    version = forms.IntegerField(required=False)


class SplitForm(forms.Form):
    """The parts, a line each; effort behind a bar: "Subtitles | 3"."""

    parts = forms.CharField(max_length=20_000)
    keep = forms.BooleanField(required=False)


class ParkForm(forms.Form):
    until = forms.DateField()
    reason = forms.CharField(required=False, max_length=2000)


class RequeueForm(forms.Form):
    queue = forms.ChoiceField(choices=QueueKind.choices)
    reason = forms.CharField(required=False, max_length=2000)
    severity = forms.TypedChoiceField(
        choices=[("", ""), *Severity.choices], coerce=int, required=False, empty_value=None
    )
    owner = forms.CharField(required=False, max_length=254)


class NoteForm(forms.Form):
    """A question or a to-do."""

    text = forms.CharField(max_length=500)
    kind = forms.ChoiceField(choices=SessionNote.Kind.choices)
    owner = forms.ModelChoiceField(User.objects.none(), required=False)
    due_on = forms.DateField(required=False)
    entry = forms.IntegerField(required=False)

    def __init__(self, *args: Any, members: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = members  # type: ignore[attr-defined]
