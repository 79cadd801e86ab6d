"""What a page needs to show two versions beside each other: differences of texts, or two pictures, documents, films.

Pages include ``assets/_compare.html`` with ``comparison`` set to :func:`comparison`'s answer, and load css/viewer.css
and js/compare.js; it works in the asset's own page and in a review's. Bytes of texts are read, nothing is decoded.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from assets.models import ClaimMark, Version
from assets.selectors import claims_of, lines_of
from assets.texts import differences
from assets.viewing import PreviewAddress, Viewer, viewer
from assets.vocabulary import PART_NAMES, AssetKind, ClaimState


@dataclass(frozen=True)
class ClaimChange:
    """A claim in both versions; ``old`` or ``new`` is None where it was not marked."""

    number: int
    old: ClaimMark | None
    new: ClaimMark | None


@dataclass(frozen=True)
class Comparison:
    """``kind``: text, image, pdf, video, audio, or file where the two cannot be shown beside each other."""

    old: Viewer
    new: Viewer
    kind: str
    same: bool
    hunks: list[differences.Hunk] = field(default_factory=list)
    changed: int = 0
    added: int = 0
    removed: int = 0
    cut: bool = False
    claims: list[ClaimChange] = field(default_factory=list)
    parts: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def pages(self) -> list[int]:
        """Numbers of the pages that either document has a picture of."""
        return list(range(1, max(len(self.old.pages), len(self.new.pages)) + 1))


def comparison(
    old: Version,
    new: Version,
    *,
    whole: bool = False,
    old_preview_url: PreviewAddress | None = None,
    new_preview_url: PreviewAddress | None = None,
) -> Comparison:
    """The differences from ``old`` to ``new``, two versions that were fetched with rights; ``whole``: unfolded."""
    left, right = (
        viewer(version, preview_url=address)
        for version, address in ((old, old_preview_url), (new, new_preview_url))
    )
    kind = left.kind if left.kind == right.kind else AssetKind.FILE
    same = old.sha256 == new.sha256
    if kind != AssetKind.TEXT:
        return Comparison(left, right, kind, same, parts=changed_parts(old, new))
    before, after = lines_of(old), lines_of(new)
    if before is None or after is None:
        return Comparison(left, right, AssetKind.FILE, same)
    rows = differences.rows(before.lines, after.lines)
    hunks = [differences.Hunk(0, tuple(rows))] if whole else differences.hunks(rows)
    return Comparison(
        left,
        right,
        kind,
        same,
        hunks=hunks,
        changed=sum(row.kind == "changed" for row in rows),
        added=sum(row.kind == "added" for row in rows),
        removed=sum(row.kind == "removed" for row in rows),
        cut=before.cut or after.cut,
        claims=_claims(old, new),
        parts=changed_parts(old, new),
    )


def changed_parts(old: Version, new: Version) -> list[tuple[str, bool]]:
    """The parts that both versions have, and whether each changed. Two queries."""
    before = dict(old.parts.values_list("name", "sha256"))
    after = dict(new.parts.values_list("name", "sha256"))
    words = PART_NAMES.get(new.kind, {})
    return [
        (words[name], before[name] != after[name])
        for name in words
        if name in before and name in after
    ]


def _claims(old: Version, new: Version) -> list[ClaimChange]:
    before = {mark.claim.number: mark for mark in claims_of(old)}
    after = {mark.claim.number: mark for mark in claims_of(new)}
    return [
        ClaimChange(number, before.get(number), after.get(number))
        for number in sorted({*before, *after})
        if _differs(before.get(number), after.get(number))
    ]


def _differs(old: ClaimMark | None, new: ClaimMark | None) -> bool:
    if old is None or new is None:
        return True
    return old.text != new.text or new.state in (ClaimState.CHANGED, ClaimState.GONE)
