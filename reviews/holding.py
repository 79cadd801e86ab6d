"""Whether approvals hold for a version: the decision that N15 asks for, on plain values. Pure.

An approval was given for the hashes of the parts that its layer declared material. It holds for a version whose parts
have the same hashes, whatever else changed; it is void for one in which some differ; while a part is not known yet (a
worker is still looking into the file) it does not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from reviews import material

Holds = Literal["valid", "void", "pending"]


@dataclass(frozen=True)
class Given:
    """An approval as it stands: what it was given for, and whether it counted until now."""

    key: int
    material: Mapping[str, str]
    counted: bool
    pending: bool = False


@dataclass(frozen=True)
class Outcome:
    """What becomes of an approval. ``parts``: those that differ. ``told``: whether this is news for the record."""

    key: int
    state: Holds
    parts: tuple[str, ...] = ()
    told: bool = False


def settle(given: Sequence[Given], parts: Mapping[str, str]) -> list[Outcome]:
    """Hold every approval against the parts of the newest version.

    News is: what counted is void now; what did not count counts again. An approval that only waited for parts to be
    known and comes out as it was is no news.
    """
    found = []
    for each in given:
        state, changed = held(each.material, parts)
        if state == "pending":
            found.append(Outcome(each.key, state))
        elif state == "void":
            found.append(Outcome(each.key, state, changed, told=each.counted or each.pending))
        else:
            found.append(Outcome(each.key, state, told=not each.counted and not each.pending))
    return found


def held(given_for: Mapping[str, str], parts: Mapping[str, str]) -> tuple[Holds, tuple[str, ...]]:
    """Whether an approval given for these parts holds, and which parts differ."""
    known = {name: parts[name] for name in given_for if name in parts}
    changed = tuple(material.changed({name: given_for[name] for name in known}, known))
    if changed:
        return "void", changed
    return ("valid", ()) if len(known) == len(given_for) else ("pending", ())
