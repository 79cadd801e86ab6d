"""What somebody changed in the mapping of one file, done again to the proposal for the next."""

from __future__ import annotations

from typing import Any

#: What holds for one file alone, whoever chose it.
_OF_ONE_FILE = frozenset({"kind", "encoding", "delimiter", "as_of", "current_sprints"})
_NOTHING: Any = object()


def changed_again(proposed: Any, before: Any, chosen: Any) -> Any:
    """``proposed`` with every difference between the proposal ``before`` and what was ``chosen`` in its place.

    All three are mappings as plain data. What was left as it was proposed follows the new proposal; a rule that was
    taken away is taken away again, and one for a word that is not in this file is kept for the next.
    """
    if not all(isinstance(each, dict) for each in (proposed, before, chosen)):
        return proposed if chosen == before else chosen
    found = {}
    for name in dict.fromkeys([*proposed, *chosen]):
        new = proposed.get(name, _NOTHING)
        value = new
        if name not in _OF_ONE_FILE:
            value = changed_again(new, before.get(name, _NOTHING), chosen.get(name, _NOTHING))
        if value is not _NOTHING:
            found[name] = value
    return found
