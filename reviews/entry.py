"""What must hold before a stage opens (R113): entry conditions, each with what is missing in words."""

from __future__ import annotations

from assets.models import ClaimMark
from assets.vocabulary import ClaimState, PreviewState
from backlog.brief_lines import governing
from backlog.models import BriefInput
from backlog.vocabulary import InputState
from reviews.models import Contradiction, Note, ReviewCycle, Stage
from reviews.vocabulary import ContradictionState, EntryCondition, NoteState


def missing(cycle: ReviewCycle, stage: Stage) -> list[str]:
    """What still keeps a stage from opening, in sentences; nothing when it may. A query or two for each condition."""
    return [words for name in stage.entry if (words := _lacks(cycle, name))]


def _lacks(cycle: ReviewCycle, name: str) -> str:
    version = cycle.version
    if name == EntryCondition.BRIEF_SIGNED:
        unsigned = [brief.key for brief in governing(cycle.asset.item) if not brief.signed_version]
        return f"{', '.join(unsigned)} is not signed off." if unsigned else ""
    if name == EntryCondition.INPUTS_RECEIVED:
        waiting = BriefInput.objects.filter(
            brief__in=governing(cycle.asset.item), state=InputState.OUTSTANDING
        ).count()
        return f"{waiting} inputs of the brief are outstanding." if waiting else ""
    if name == EntryCondition.CLAIMS_SIGNED:
        unsigned_claims = ClaimMark.objects.filter(
            version=version,
            claim__withdrawn_at=None,
            state__in=[ClaimState.UNSIGNED, ClaimState.CHANGED],
        ).count()
        return f"{unsigned_claims} claims are not signed." if unsigned_claims else ""
    if name == EntryCondition.NO_OPEN_MUST:
        musts = Note.objects.filter(
            version=version, parent=None, must=True, state=NoteState.OPEN
        ).count()
        return f"{musts} notes that must be met are open." if musts else ""
    if name == EntryCondition.NO_CONTRADICTION:
        found = Contradiction.objects.filter(version=version, state=ContradictionState.OPEN).count()
        return f"{found} contradictions between notes are open." if found else ""
    if name == EntryCondition.PREVIEWS_READY:
        return "Previews are being made." if version.preview_state == PreviewState.DUE else ""
    return ""
