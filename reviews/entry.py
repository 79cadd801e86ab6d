"""What must hold before a stage opens (R113): entry conditions, each with what is missing in words."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assets.models import ClaimMark, Version
from assets.vocabulary import ClaimState, PreviewState
from backlog.brief_lines import governing
from backlog.increment_reading import gate_missing
from backlog.models import BriefInput, Item
from backlog.vocabulary import InputState
from reviews.models import Contradiction, Note, ReviewCycle, Stage
from reviews.vocabulary import ContradictionState, EntryCondition, NoteState


def missing(cycle: ReviewCycle, stage: Stage, now: datetime | None = None) -> list[str]:
    """What still keeps a stage from opening, in sentences; nothing when it may. A query or two for each condition."""
    if cycle.opens_at is not None and cycle.opens_at > (now or timezone.now()):
        day = date_format(timezone.localtime(cycle.opens_at), "j M Y, H:i")
        return [_("The review begins on %(day)s.") % {"day": day}]
    return [words for name in stage.entry if (words := _lacks(cycle, stage, name))]


def _lacks(cycle: ReviewCycle, stage: Stage, name: str) -> str:
    version = cycle.version
    if name in (EntryCondition.BRIEF_SIGNED, EntryCondition.INPUTS_RECEIVED):
        return _brief_lacks(cycle.asset.item, name)
    if name == EntryCondition.CLAIMS_SIGNED:
        unsigned_claims = ClaimMark.objects.filter(
            version=version,
            claim__withdrawn_at=None,
            state__in=[ClaimState.UNSIGNED, ClaimState.CHANGED],
        ).count()
        return _counted(
            unsigned_claims,
            ngettext("%(n)d claim is not signed.", "%(n)d claims are not signed.", unsigned_claims),
        )
    if name == EntryCondition.NO_OPEN_MUST:
        musts = open_musts(stage, version).count()
        return _counted(
            musts,
            ngettext(
                "%(n)d note that must be met is open.",
                "%(n)d notes that must be met are open.",
                musts,
            ),
        )
    if name == EntryCondition.NO_CONTRADICTION:
        found = Contradiction.objects.filter(version=version, state=ContradictionState.OPEN).count()
        return _counted(
            found,
            ngettext(
                "%(n)d contradiction between notes is open.",
                "%(n)d contradictions between notes are open.",
                found,
            ),
        )
    if name == EntryCondition.PREVIEWS_READY:
        return "Previews are being made." if version.preview_state == PreviewState.DUE else ""
    return ""


def _brief_lacks(item: Item, name: str) -> str:
    """Without a brief nothing was signed and nothing asked for: both conditions are as closed as the gate (R11)."""
    briefs = governing(item)
    if not briefs:
        return "No brief governs this item: add it to a brief and have that signed off."
    if name == EntryCondition.BRIEF_SIGNED:
        unsigned = gate_missing(item)
        return f"{unsigned}: the stage opens with the sign-off." if unsigned else ""
    waiting = BriefInput.objects.filter(brief__in=briefs, state=InputState.OUTSTANDING).count()
    return _counted(
        waiting,
        ngettext(
            "%(n)d input of the brief is outstanding: settle it on its page.",
            "%(n)d inputs of the brief are outstanding: settle them on its page.",
            waiting,
        ),
    )


def _counted(n: int, words: str) -> str:
    """The sentence with its number, nothing where there is nothing to say."""
    return words % {"n": n} if n else ""


def open_musts(stage: Stage, version: Version) -> QuerySet[Note]:
    """Notes without which a stage neither opens nor approves: a stage's own private notes bind that stage alone."""
    return Note.objects.filter(
        version=version, parent=None, must=True, state=NoteState.OPEN
    ).exclude(Q(private=True) & ~Q(stage=stage))
