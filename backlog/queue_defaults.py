"""The four queues that a new product starts with: written definitions, shares, deadlines. Pure data."""

from __future__ import annotations

from typing import Any

from backlog.vocabulary import QueueKind

QUEUES: list[dict[str, Any]] = [
    {
        "kind": QueueKind.HOTFIX,
        "definition": (
            "Something that people rely on is broken, wrong or unsafe right now, for identifiable customers or"
            " learners, and waiting for the next cycle would make it worse. It has a severity, an owner and a"
            " deadline from the first minute. Not for: things that are merely annoying, or new wishes that are loud."
        ),
        "share": 0.15,
        "deadline_hours": {"1": 8, "2": 24, "3": 72, "4": 168},
    },
    {
        "kind": QueueKind.STABILITY,
        "definition": (
            "Work that keeps what exists correct, quick and maintainable: recurring faults, debt, upgrades, outdated"
            " footage or wording, preventive actions after an incident. It can wait for its place in a cycle, and it"
            " costs more every month that it does. Not for: anything that adds a new capability."
        ),
        "share": 0.20,
    },
    {
        "kind": QueueKind.ENHANCEMENT,
        "definition": (
            "A change that makes an existing product, module or film better for people who already use it, with an"
            " outcome that can be measured within a release or two. Not for: experiments without a known audience."
        ),
        "share": 0.40,
    },
    {
        "kind": QueueKind.STRATEGIC_BET,
        "definition": (
            "A larger investment in a new capability, audience or format whose return is uncertain and lies beyond"
            " the next release. It has a hypothesis, milestones that each show something, and a review date. Not"
            " for: routine work that somebody wants to protect from comparison."
        ),
        "share": 0.25,
    },
]
