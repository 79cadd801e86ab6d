"""Input rules of the pages of reviews. Who may decide, and about what, the services say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from assets.models import ClaimMark, Version
from assets.vocabulary import AssetKind
from backlog.brief_lines import LineInForce
from core.errors import DomainError
from core.form_fields import RowsField
from reviews import access, planning, speed, velocity
from reviews.models import Layer, Stage
from reviews.services import layers
from reviews.services.approvals import part_words
from reviews.services.cycles import PURPOSE_LIMIT, REASON_LIMIT, StagePlan
from reviews.services.decisions import NOTE_LIMIT
from reviews.services.notes import BODY_LIMIT
from reviews.vocabulary import Verdict, Weight


class Refusable(forms.Form):
    """A form that can show what a service refused, at the fields it names, else above."""

    def take(self, error: DomainError) -> None:
        if not error.fields:
            self.add_error(None, error.detail)
        for name, lines in error.fields.items():
            self.add_error(name if name in self.fields else None, lines)


class DatesForm(Refusable):
    """When a round begins, and until when its verdicts are wanted."""

    opens_at = forms.DateTimeField(
        required=False,
        label="Begins",
        help_text="Empty: at once. Nobody is asked before.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    due_at = forms.DateTimeField(
        required=False,
        label="Verdicts until",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


class StartForm(DatesForm):
    """Who is asked in each layer, how many of them must approve, and when.

    Planned and demanded layers come first; one whose approval holds needs nobody; the product's others may be added.
    Beside each person stands what waits for them and how long they are expected to take (N20).
    """

    purpose = forms.CharField(
        required=False,
        max_length=PURPOSE_LIMIT,
        label="What this round is for",
        help_text="The reviewers read it first.",
    )

    def __init__(self, *args: Any, version: Version, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asset = version.asset
        people = access.possible_reviewers_of(version)
        self.proposal = planning.proposal(asset)
        self.kind = version.kind
        self.outlook = speed.outlook(asset, self.proposal, list(people))
        for needed in self.proposal.needed:
            self._layer(needed.layer, people, quorum=needed.quorum)
        for layer in self.proposal.others:
            self._layer(layer, people, quorum=layer.quorum)
        self.nobody = not self.outlook.people

    def _layer(self, layer: Layer, people: QuerySet[User], *, quorum: int | None) -> None:
        found = self.outlook.layers[layer.slug]
        self.fields[layer.slug] = RowsField(
            queryset=people,
            label=layer.name,
            required=False,
            widget=forms.CheckboxSelectMultiple(),
            initial=found.proposed,
            words=lambda person: format_html(
                '{} <span class="hush small">{}</span>',
                person,
                expectation(found.predictions[person.pk], self.outlook.people[person.pk]),
            ),
        )
        self.fields[f"{layer.slug}_quorum"] = forms.IntegerField(
            label=f"{layer.name}: how many must approve",
            required=False,
            min_value=1,
            help_text="Empty: all of them."
            if quorum is None
            else f"Empty: {quorum}, or all if fewer are asked.",
            widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        )

    def expectations(self) -> dict[str, dict[str, Any]]:
        """What the page's script works out the time of the chosen from: layer -> step, quorum, hours by person."""
        steps = {each.layer.slug: (each.step, each.quorum) for each in self.proposal.needed}
        last = max((step for step, _quorum in steps.values()), default=-1) + 1
        return {
            slug: {
                "step": steps.get(slug, (last, None))[0],
                "quorum": steps.get(slug, (last, None))[1],
                "hours": {pk: [each.median, each.p85] for pk, each in found.predictions.items()},
            }
            for slug, found in self.outlook.layers.items()
        }

    def expected(self) -> tuple[str, str] | None:
        """How long the round takes with those who are proposed, in words: by medians, by 85th percentiles."""
        hours = self.outlook.hours
        return (duration(hours[0]), duration(hours[1])) if hours else None

    def rows(self) -> list[dict[str, Any]]:
        """The layers as the page shows them, each with its two fields."""
        return [
            {
                "layer": needed.layer,
                "needed": needed,
                "step": needed.step + 1,
                "reviewers": self[needed.layer.slug],
                "quorum": self[f"{needed.layer.slug}_quorum"],
                "changed": part_words(self.kind, needed.changed),
            }
            for needed in self.proposal.needed
        ]

    def others(self) -> list[dict[str, Any]]:
        """The layers that may be added."""
        return [
            {
                "layer": layer,
                "reviewers": self[layer.slug],
                "quorum": self[f"{layer.slug}_quorum"],
            }
            for layer in self.proposal.others
        ]

    def plans(self) -> list[StagePlan]:
        """What the service takes."""
        data: Mapping[str, Any] = self.cleaned_data
        layers = [each.layer for each in self.proposal.needed] + self.proposal.others
        return [
            StagePlan(layer.slug, list[User](data[layer.slug]), data[f"{layer.slug}_quorum"])
            for layer in layers
            if data[layer.slug]
        ]


def expectation(found: velocity.Prediction, load: speed.Waiting) -> str:
    """A person's load and expected time in words: "2 wait, 1 to come; expected within 5.0 h, 85% within 2.1 days"."""
    words = []
    if load.open:
        words.append(ngettext("%(n)d waits", "%(n)d wait", load.open) % {"n": load.open})
    if load.coming:
        words.append(_("%(n)d to come") % {"n": load.coming})
    waits = ", ".join(words) or _("nothing waits")
    if found.median is None or found.p85 is None:
        return _("%(waits)s; no history yet") % {"waits": waits}
    return _("%(waits)s; expected within %(median)s, 85%% within %(p85)s") % {
        "waits": waits,
        "median": duration(found.median),
        "p85": duration(found.p85),
    }


def duration(hours: float) -> str:
    """Hours below two days, else days, with one decimal: "5.0 h", "2.1 days"."""
    if hours < 48:
        return _("%(n)s h") % {"n": localize(round(hours, 1))}
    return _("%(n)s days") % {"n": localize(round(hours / 24, 1))}


class DecideForm(Refusable):
    """A verdict about the bytes that the page showed."""

    verdict = forms.ChoiceField(choices=Verdict.choices, widget=forms.HiddenInput())
    sha256 = forms.CharField(max_length=64, widget=forms.HiddenInput())
    weight = forms.ChoiceField(
        choices=Weight.choices, required=False, widget=forms.RadioSelect(), label="How deep"
    )
    stage = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput())
    conditions = forms.CharField(
        required=False,
        max_length=NOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Conditions",
        help_text="Under which the approval holds.",
    )
    note = forms.CharField(
        required=False,
        max_length=NOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        label="Note",
    )

    def answers(self) -> list[dict[str, Any]]:
        """The checklist as it was answered: check-0=yes, no or nothing, and check-note-0 why it does not apply."""
        words = {"yes": True, "no": False}
        lines = range(layers.MOST_LINES) if self.data else ()
        rows = [
            {
                "ok": words.get(self.data.get(f"check-{at}", "")),
                "note": self.data.get(f"check-note-{at}", ""),
            }
            for at in lines
        ]
        while rows and rows[-1] == {"ok": None, "note": ""}:
            rows.pop()
        return rows


def checks_of(
    stage: Stage | None, answers: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """The checklist of a stage with what was answered, for the form: {"text", "ok", "note"}."""
    lines = stage.checklist if stage else []
    return [
        {"text": line, **(answers[at] if at < len(answers) else {"ok": None, "note": ""})}
        for at, line in enumerate(lines)
    ]


class NoteForm(Refusable):
    """A note, and where in the version it belongs: ``place`` as the viewer says it, else ``at`` by number."""

    body = forms.CharField(
        max_length=BODY_LIMIT, label="Note", widget=forms.Textarea(attrs={"rows": 2})
    )
    place = forms.CharField(required=False, max_length=500, widget=forms.HiddenInput())
    weight = forms.ChoiceField(choices=Weight.choices, required=False, label="How deep")
    must = forms.BooleanField(required=False, label="Must be met before approval")
    answers = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput())
    about = forms.RegexField(
        r"^(?:line-\d{1,15}|claim-\d{1,9})$", required=False, label="About", widget=forms.Select()
    )
    at = forms.FloatField(
        required=False, min_value=0, widget=forms.NumberInput(attrs={"step": "any"})
    )

    PLACES = {
        AssetKind.TEXT: ("line", "Line"),
        AssetKind.PDF: ("page", "Page"),
        AssetKind.VIDEO: ("second", "Second"),
        AssetKind.AUDIO: ("second", "Second"),
    }

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.counted = self.PLACES.get(AssetKind(kind))
        if self.counted is None:
            del self.fields["at"]
        else:
            self.fields["at"].label = self.counted[1]

    def clean_place(self) -> dict[str, Any]:
        try:
            found = json.loads(self.cleaned_data["place"] or "{}")
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError("This place cannot be used.") from error
        if not isinstance(found, dict):
            raise forms.ValidationError("This place cannot be used.")
        return found

    def offer(self, lines: Sequence[LineInForce], claims: Sequence[ClaimMark]) -> None:
        """What a note can be about, to choose from; the service says whether it is so."""
        named = {
            "Lines of the brief": [
                (f"line-{row.line_id}", f"{row.key} {row.text}") for row in lines
            ],
            "Claims": [
                (f"claim-{row.claim.number}", f"{row.claim} {row.text or row.claim.text}")
                for row in claims
            ],
        }
        found = [
            (group, [(value, Truncator(words).chars(90)) for value, words in rows])
            for group, rows in named.items()
            if rows
        ]
        widget = cast("forms.Select", self.fields["about"].widget)
        widget.choices = [("", "The content itself"), *found] if found else []

    def about_which(self, kind: str) -> int | None:
        """What the note is about, as the service takes it: which "line" of a brief, or which "claim"."""
        chosen, _dash, number = self.cleaned_data["about"].partition("-")
        return int(number) if chosen == kind else None

    def anchor(self) -> dict[str, Any] | None:
        """The place in the form that the service takes; None for the whole."""
        if self.cleaned_data["place"]:
            found: dict[str, Any] = self.cleaned_data["place"]
            return found
        at = self.cleaned_data.get("at")
        if at is None or self.counted is None:
            return None
        name = self.counted[0]
        return {name: at if name == "second" else int(at)}


class WithdrawForm(Refusable):
    reason = forms.CharField(max_length=REASON_LIMIT, label="Why it is withdrawn")
