"""The product of the example data and its own words; every item in one list."""

from __future__ import annotations

from integrations.demo.piece import Piece
from integrations.demo.pieces import (
    bets,
    buying,
    calls,
    counter,
    duplicates,
    emergencies,
    everyday,
    ideas,
    inbox,
    incidents,
    integrity,
    logbook,
    playback,
    player,
    publishing,
    records,
    slipway,
    yards,
)

KEY = "HARB"
NAME = "Harbour Studio"
DESCRIPTION = (
    "Training films on workplace safety, procurement and customer care, and the software around them: the **player**"
    " on customers' pages, **Slipway**, in which films are written and published, and **Logbook**, the plug-in that"
    " records who learned what."
)

#: Working days ago on which the product began here, and the cycles.
BEGAN = 131.0
CYCLES = 8

SEGMENTS = {
    "Port operators": 38,
    "Hospital groups": 21,
    "Municipal buyers": 64,
    "Retail chains": 17,
    "Regional airports": 12,
    "Self-serve teams": 410,
}

#: How definitions grew: (day, who, queue kind, added sentence, work-in-progress limit, reason).
DEFINED = (
    (
        90.0,
        "amara",
        "stability",
        "A film that teaches something wrong belongs here, too, unless somebody could be hurt by it this week.",
        6,
        "Twice we argued whether outdated footage is stability or an enhancement.",
    ),
    (
        39.0,
        "amara",
        "hotfix",
        "An instruction in a film or subtitle that could hurt somebody is always a hotfix of severity 1.",
        3,
        "The subtitle in the evacuation film lay in an inbox for two hours before somebody called it urgent.",
    ),
)

#: Saved views: (who, name, query, shared).
VIEWS = (
    ("amara", "Next release", "horizon=release&open=true", True),
    ("amara", "Not rated yet", "unscored=true&state=accepted,in_progress", True),
    ("amara", "Overdue", "overdue=true&open=true", True),
    ("tomas", "Films in work", "kind=script,scene,module&state=in_progress,in_review", True),
    ("tomas", "Mine", "owner=me&open=true", False),
    ("ingrid", "Player and Logbook faults", "kind=fix&label=player,logbook&open=true", True),
    ("ingrid", "Nobody's", "owner=none&state=accepted", False),
    ("camille", "Touches the law", "program=Compliance&open=true", False),
    (
        "henrik",
        "Bets",
        "queue=strategic_bet&state=accepted,in_progress,in_review,done,parked,declined",
        True,
    ),
    ("priya", "Hospitals", "segment=Hospital groups&open=true", False),
)

PIECES: tuple[Piece, ...] = (
    *yards.PIECES,
    *emergencies.PIECES,
    *everyday.PIECES,
    *integrity.PIECES,
    *buying.PIECES,
    *counter.PIECES,
    *calls.PIECES,
    *player.PIECES,
    *playback.PIECES,
    *slipway.PIECES,
    *publishing.PIECES,
    *logbook.PIECES,
    *records.PIECES,
    *incidents.PIECES,
    *bets.PIECES,
    *ideas.PIECES,
    *inbox.PIECES,
    *duplicates.PIECES,
)
