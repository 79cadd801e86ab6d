"""What an approval is bound to: one SHA-256 over the parts that its layer declared material (N15). Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

#: What every version has: the hash of its bytes.
WHOLE = "bytes"


def declared(layer_material: Mapping[str, list[str]], kind: str) -> list[str]:
    """The names of the parts that a layer declared material for an asset of ``kind``; the whole file if none."""
    return sorted(layer_material.get(kind) or [WHOLE])


def of_parts(parts: Mapping[str, str], names: Iterable[str]) -> dict[str, str] | None:
    """The declared parts with their hashes; None while one of them is not known yet."""
    wanted = set(names)
    found = {name: parts[name] for name in wanted if name in parts}
    return found if len(found) == len(wanted) else None


def digest(material: Mapping[str, str]) -> str:
    """SHA-256 over the names and hashes of the parts, in the order of their names."""
    text = json.dumps(dict(material), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The names of the parts whose hashes differ, in order."""
    return sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )
