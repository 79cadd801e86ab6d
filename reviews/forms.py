"""Input rules of the pages of reviews. Who may decide, and about what, the services say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.text import Truncator

from accounts.models import User
from assets.models import ClaimMark, Version
from assets.vocabulary import AssetKind
from backlog.brief_lines import LineInForce
from core.errors import DomainError
from core.form_fields import RowsField
from reviews import access, planning, selectors, speed
from reviews.models import Layer
from reviews.services.approvals import part_words
from reviews.services.cycles import PURPOSE_LIMIT, REASON_LIMIT, StagePlan
from reviews.services.decisions import NOTE_LIMIT
from reviews.services.notes import BODY_LIMIT
from reviews.vocabulary import Verdict, Weight


class Refusable(forms.Form):
    """A form that can show what a service refused, at the fields it names, else above."""

    def take(self, error: DomainError) -> None:
        named = {name: lines for name, lines in error.fields.items() if name in self.fields}
        if not named:
            self.add_error(None, error.detail)
        for name, lines in named.items():
            self.add_error(name, lines)


class StartForm(Refusable):
    """Who is asked in each layer, and how many of them must approve.

    Planned and demanded layers come first; one whose approval holds needs nobody; the product's others may be added.
    """

    purpose = forms.CharField(
        required=False,
        max_length=PURPOSE_LIMIT,
        label="What this round is for",
        help_text="The reviewers read it first.",
    )
    due_at = forms.DateTimeField(
        required=False,
        label="Verdicts until",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, version: Version, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asset = version.asset
        people = access.possible_reviewers(asset.product)
        if version.uploaded_by_id is not None:
            people = people.exclude(pk=version.uploaded_by_id)
        able = set(people.values_list("pk", flat=True))
        before = selectors.last_reviewers(asset)
        self.proposal = planning.proposal(asset)
        self.kind = version.kind
        for needed in self.proposal.needed:
            wanted = needed.holds is None
            self._layer(needed.layer, people, able, before, proposed=wanted, quorum=needed.quorum)
        for layer in self.proposal.others:
            self._layer(layer, people, able, before, proposed=False, quorum=layer.quorum)
        self.nobody = not able
        members = {person.pk: person for person in people}
        asked = {
            each.layer.slug: [members[pk] for pk in self._initial(each.layer) if pk in members]
            for each in self.proposal.needed
        }
        found = speed.predictions(asset.product, asked)
        self.expected = {
            slug: [(members[pk], each) for pk, each in rows.items()] for slug, rows in found.items()
        }

    def _initial(self, layer: Layer) -> list[int]:
        found: list[int] = self.fields[layer.slug].initial
        return found

    def _layer(
        self,
        layer: Layer,
        people: QuerySet[User],
        able: set[int],
        before: dict[str, list[int]],
        *,
        proposed: bool,
        quorum: int | None,
    ) -> None:
        group = [each.pk for each in layer.reviewers.all()]
        initial = [pk for pk in before.get(layer.slug) or group if pk in able]
        self.fields[layer.slug] = RowsField(
            queryset=people,
            label=layer.name,
            required=False,
            widget=forms.CheckboxSelectMultiple(),
            initial=initial if proposed else [],
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
                "expected": self.expected.get(needed.layer.slug, []),
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
