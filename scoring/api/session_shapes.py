"""Input and output shapes of refinement sessions, and how rows become them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.actors import Actor
from backlog.vocabulary import QueueKind, Severity
from core.api.serializers import Line, Prose, Shape
from scoring import agenda
from scoring.current import rubric_in_force
from scoring.models import (
    AgendaEntry,
    Attendee,
    Function,
    RefinementSession,
    SessionNote,
    SessionTemplate,
    Vote,
)
from scoring.refinement.minutes import missing_functions
from scoring.rubrics import CERTAINTY
from scoring.services.sessions.voting import Choice


class AttendeeInput(Shape):
    person = Line(max_length=254, help_text="e-mail address of a member")
    function = serializers.ChoiceField(
        Function.choices, required=False, allow_blank=True, default=""
    )


class SessionFields(Shape):
    title = Line(max_length=120)
    starts_at = serializers.DateTimeField()
    box_minutes = serializers.IntegerField(min_value=5, max_value=480, required=False, default=60)
    minutes_each = serializers.IntegerField(min_value=1, max_value=120, required=False, default=6)
    functions = serializers.ListField(
        child=serializers.ChoiceField(Function.choices), required=False, max_length=10
    )
    opening = Prose(max_length=5000, required=False, allow_blank=True)
    queue = serializers.ChoiceField(
        QueueKind.choices, required=False, allow_blank=True, help_text="empty: every queue"
    )
    facilitator = Line(max_length=254, required=False, help_text="e-mail; you when left out")
    attendees = AttendeeInput(many=True, required=False, max_length=60)  # type: ignore[call-arg]


class SessionInput(SessionFields):
    product = Line(max_length=10)
    template = serializers.IntegerField(required=False, min_value=1, max_value=2**53)


class SessionPatch(SessionFields):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = False
            field.default = serializers.empty


class CancelInput(Shape):
    reason = Line(max_length=300, required=False, allow_blank=True, default="")


class NextInput(Shape):
    days = serializers.IntegerField(min_value=1, max_value=92, required=False, default=7)


class EntryInput(Shape):
    item = Line(max_length=24)


class PlaceInput(Shape):
    place = serializers.IntegerField(min_value=1, max_value=1000, help_text="1 is the first")


class ChoiceInput(Shape):
    criterion = Line(max_length=40)
    level = serializers.FloatField(
        min_value=0, max_value=5, allow_null=True, help_text="0 to 5; null takes it back"
    )
    certainty = serializers.ChoiceField(list(CERTAINTY), required=False, default="informed")


class VotesInput(Shape):
    round = serializers.IntegerField(min_value=1, max_value=99)
    votes = ChoiceInput(many=True, max_length=40)  # type: ignore[call-arg]


class RoundInput(Shape):
    round = serializers.IntegerField(min_value=1, max_value=99)


class RecordInput(RoundInput):
    ratings = ChoiceInput(many=True, max_length=40, required=False)  # type: ignore[call-arg]
    note = Line(max_length=1000, required=False, allow_blank=True, default="")


class EntryEditInput(Shape):
    title = Line(max_length=255, required=False)
    description = Prose(required=False, allow_blank=True, max_length=50_000)
    effort = serializers.FloatField(
        required=False, allow_null=True, min_value=0, max_value=100_000, help_text="points"
    )
    criteria = serializers.ListField(child=Line(max_length=500), required=False, max_length=50)
    cut = Line(max_length=500, required=False, allow_blank=True)
    version = serializers.IntegerField(
        min_value=1, required=False, help_text="of the item, as you read it"
    )


class EntryPartInput(Shape):
    title = Line(max_length=255)
    effort = serializers.FloatField(
        required=False, allow_null=True, min_value=0, max_value=100_000, help_text="points"
    )


class EntrySplitInput(Shape):
    parts = EntryPartInput(many=True, help_text="2 to 20 of them")
    keep = serializers.BooleanField(default=False)


class EntryMergeInput(Shape):
    into = Line(max_length=24)
    reason = Line(max_length=2000, required=False, allow_blank=True)


class EntryParkInput(Shape):
    until = serializers.DateField(required=False, allow_null=True)
    reason = Line(max_length=2000, required=False, allow_blank=True)


class EntryRequeueInput(Shape):
    queue = serializers.ChoiceField(QueueKind.choices)
    reason = Line(max_length=2000)
    severity = serializers.ChoiceField(Severity.choices, required=False)
    owner = serializers.EmailField(required=False)


class EntryTakeBackInput(Shape):
    batch = serializers.UUIDField()


class PutOffInput(Shape):
    note = Line(max_length=1000, required=False, allow_blank=True, default="")


class SessionNoteInput(Shape):
    text = Line(max_length=500)
    kind = serializers.ChoiceField(
        SessionNote.Kind.choices, required=False, default=SessionNote.Kind.QUESTION
    )
    owner = Line(max_length=254, required=False, help_text="e-mail address of a member")
    due_on = serializers.DateField(required=False)
    entry = serializers.IntegerField(required=False, min_value=1, max_value=2**53)


class SettleInput(Shape):
    settled = serializers.BooleanField(required=False, default=True)


class CloseInput(Shape):
    summary = Prose(max_length=2000, required=False, allow_blank=True, default="")


class TemplateInput(Shape):
    name = Line(max_length=80)
    session = serializers.IntegerField(min_value=1, max_value=2**53)


class AttendeeRow(Shape):
    person = serializers.CharField()
    name = serializers.CharField()
    function = serializers.CharField()
    joined_at = serializers.DateTimeField(allow_null=True)


class SessionNoteRow(Shape):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    text = serializers.CharField()
    entry = serializers.IntegerField(allow_null=True)
    owner = serializers.CharField(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)


class SessionRow(Shape):
    id = serializers.IntegerField()
    product = serializers.CharField()
    title = serializers.CharField()
    state = serializers.CharField()
    starts_at = serializers.DateTimeField()
    box_minutes = serializers.IntegerField()
    minutes_each = serializers.IntegerField()
    queue = serializers.CharField()
    functions = serializers.ListField(child=serializers.CharField())
    opening = serializers.CharField()
    facilitator = serializers.CharField()
    version = serializers.IntegerField()
    revision = serializers.IntegerField()
    opened_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class SessionDetail(SessionRow):
    current = serializers.IntegerField(allow_null=True)
    attendees = AttendeeRow(many=True)
    missing_functions = serializers.ListField(child=serializers.CharField())
    notes = SessionNoteRow(many=True)


class SessionPage(Shape):
    results = SessionRow(many=True)
    next = serializers.CharField(allow_null=True)


class EntryRow(Shape):
    id = serializers.IntegerField()
    item = serializers.CharField()
    title = serializers.CharField()
    place = serializers.IntegerField()
    by_hand = serializers.BooleanField()
    worth = serializers.FloatField(allow_null=True)
    factors = serializers.DictField()
    why = serializers.CharField()
    round = serializers.IntegerField()
    turned_over_at = serializers.DateTimeField(allow_null=True)
    agreed = serializers.DictField()
    outcomes = serializers.ListField(child=serializers.DictField())
    note = serializers.CharField()
    before = serializers.DictField(allow_null=True)
    after = serializers.DictField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)


class VoteRow(Shape):
    person = serializers.CharField()
    criterion = serializers.CharField()
    level = serializers.FloatField()
    certainty = serializers.CharField()


class VotesRow(Shape):
    round = serializers.IntegerField()
    turned_over = serializers.BooleanField()
    voted = serializers.ListField(
        child=serializers.CharField(), help_text="who has voted, before the flip without what"
    )
    votes = VoteRow(many=True, help_text="before the flip one's own only")


class PulseRow(Shape):
    tag = serializers.CharField()
    revision = serializers.IntegerField()
    screen = serializers.IntegerField()
    state = serializers.CharField()
    current = serializers.IntegerField(allow_null=True)
    present = serializers.ListField(child=serializers.IntegerField())
    voted = serializers.ListField(child=serializers.IntegerField())


class TemplateRow(Shape):
    id = serializers.IntegerField()
    name = serializers.CharField()
    minutes = serializers.IntegerField()
    minutes_each = serializers.IntegerField()
    functions = serializers.ListField(child=serializers.CharField())
    opening = serializers.CharField()


def choices(rows: list[dict[str, Any]]) -> dict[str, Choice]:
    """Levels by criterion, as services take them."""
    return {row["criterion"]: Choice(row["level"], row["certainty"]) for row in rows}


def session_row(session: RefinementSession) -> dict[str, Any]:
    """A session for lists. Needs facilitator and product loaded."""
    return {
        "id": session.pk,
        "product": session.product.key,
        "title": session.title,
        "state": session.state,
        "starts_at": session.starts_at,
        "box_minutes": session.box_minutes,
        "minutes_each": session.minutes_each,
        "queue": session.queue_kind,
        "functions": session.functions,
        "opening": session.opening,
        "facilitator": session.facilitator.email,
        "version": session.version,
        "revision": session.revision,
        "opened_at": session.opened_at,
        "closed_at": session.closed_at,
    }


def session_detail(session: RefinementSession) -> dict[str, Any]:
    """A session with people and notes. Two queries."""
    people: list[Attendee] = list(
        session.attendees.filter(removed_at=None).select_related("user").order_by("user__email")
    )
    counted = [
        row.function
        for row in people
        if row.joined_at or session.state == RefinementSession.State.PLANNED
    ]
    notes = session.notes.select_related("owner").order_by("noted_at", "pk")
    return {
        **session_row(session),
        "current": session.current_id,
        "attendees": [
            {
                "person": row.user.email,
                "name": str(row.user),
                "function": row.function,
                "joined_at": row.joined_at,
            }
            for row in people
        ],
        "missing_functions": missing_functions(session, counted),
        "notes": [note_row(note) for note in notes],
    }


def note_row(note: SessionNote) -> dict[str, Any]:
    return {
        "id": note.pk,
        "kind": note.kind,
        "text": note.text,
        "entry": note.entry_id,
        "owner": note.owner.email if note.owner else None,
        "due_on": note.due_on,
        "settled_at": note.settled_at,
    }


def entry_rows(session: RefinementSession) -> list[dict[str, Any]]:
    """The agenda in order. One query."""
    rows = session.entries.select_related("item").order_by("position", "pk")
    return [entry_row(session, entry, place) for place, entry in enumerate(rows, 1)]


def entry_row(
    session: RefinementSession, entry: AgendaEntry, place: int | None = None
) -> dict[str, Any]:
    """An entry; ``agreed`` is empty until the votes are turned over, because it is made from them."""
    if place is None:
        ids = list(session.entries.order_by("position", "pk").values_list("pk", flat=True))
        place = ids.index(entry.pk) + 1
    return {
        "id": entry.pk,
        "item": f"{session.product.key}-{entry.item.number}",
        "title": entry.item.title,
        "place": place,
        "by_hand": entry.by_hand,
        "worth": entry.worth,
        "factors": entry.factors,
        "why": agenda.sentence(entry.reasons),
        "round": entry.round,
        "turned_over_at": entry.flipped_at,
        "agreed": entry.agreed,
        "outcomes": entry.outcomes,
        "note": entry.note,
        "before": entry.before,
        "after": entry.after,
        "decided_at": entry.decided_at,
    }


def votes_row(actor: Actor, entry: AgendaEntry) -> dict[str, Any]:
    """The votes of the round that is open or was last turned over: before the flip one's own only. Two queries."""
    rows = Vote.objects.filter(entry=entry, round=entry.round).select_related("user")
    voted = sorted(set(rows.values_list("user__email", flat=True)))
    if entry.flipped_at is None:
        rows = rows.filter(user=actor.user)
    _, rubric = rubric_in_force(entry.session.product_id)
    order = rubric.criterion_index
    found = sorted(rows, key=lambda row: (order.get(row.criterion, 99), row.level, row.pk))
    return {
        "round": entry.round,
        "turned_over": entry.flipped_at is not None,
        "voted": voted,
        "votes": [
            {
                "person": row.user.email,
                "criterion": row.criterion,
                "level": row.level,
                "certainty": row.certainty,
            }
            for row in found
        ],
    }


def template_row(template: SessionTemplate) -> dict[str, Any]:
    return {
        "id": template.pk,
        "name": template.name,
        "minutes": template.minutes,
        "minutes_each": template.minutes_each,
        "functions": template.functions,
        "opening": template.opening,
    }
