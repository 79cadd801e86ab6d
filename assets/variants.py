"""Whether a variant still renders what its source says (N18). Pure: no database, no clock.

A variant follows segments of its source (scenes, sections, paragraphs), all of them or some. It is outdated exactly
when one that it follows is another one now than in the version it was made from. What has no segments (a picture, a
film) is compared by its parts: a change of metadata alone outdates nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

CHANGED, GONE, NEW = "changed", "gone", "new"
#: A file that differs only in these is the same picture, film or sound.
_BESIDE = frozenset({"bytes", "metadata"})


@dataclass(frozen=True)
class Change:
    """A segment (by key) or a part (by name) that differs, and how."""

    what: int | str
    how: str


def changed_segments(
    then: Mapping[int, str], now: Mapping[int, str], followed: Collection[int] | None
) -> list[Change]:
    """What differs between two versions of a source, by segment key -> sha256, in order of keys.

    ``followed`` None: all of them, new ones too. Else only those; a new segment is then nobody's.
    """
    keys = sorted(then.keys() | now.keys()) if followed is None else sorted(set(followed))
    found = []
    for key in keys:
        before, after = then.get(key), now.get(key)
        if before == after:
            continue
        how = CHANGED if before and after else NEW if after else GONE
        if how == NEW and followed is not None:
            continue
        found.append(Change(key, how))
    return found


def changed_parts(then: Mapping[str, str], now: Mapping[str, str]) -> list[Change]:
    """What differs between two versions without segments, by part name -> sha256.

    As long as the parts of one of them are not known, its bytes say it.
    """
    told = (then.keys() & now.keys()) - _BESIDE
    if not told:
        return [] if then.get("bytes") == now.get("bytes") else [Change("bytes", CHANGED)]
    every = (then.keys() | now.keys()) - _BESIDE
    found = []
    for name in sorted(every):
        if then.get(name) != now.get(name):
            how = CHANGED if name in then and name in now else NEW if name in now else GONE
            found.append(Change(name, how))
    return found


def held_against(made_from: int, in_force: int | None, newest: int) -> int:
    """The number of the source's version that a variant is held against.

    The one in force: a draft outdates nobody. One that was made from a newer version waits for that to come into force.
    Where none is in force, the newest.
    """
    if in_force is None:
        return newest
    return max(in_force, made_from)
