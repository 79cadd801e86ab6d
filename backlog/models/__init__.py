"""Tables of the backlog."""

from backlog.models.briefs import (
    Brief,
    BriefInput,
    BriefItem,
    BriefLine,
    BriefSignal,
    BriefVersion,
    Confirmation,
    LineReference,
)
from backlog.models.increments import (
    Citation,
    Conformance,
    Increment,
    IncrementCriterion,
    IncrementKind,
    Standard,
    StandardVersion,
    Template,
)
from backlog.models.items import (
    Comment,
    Item,
    ItemLink,
    ItemSummary,
    RankRange,
    SuccessCriterion,
)
from backlog.models.log import ChainHead, Change, ChangeSeal, SavedView
from backlog.models.planning import (
    Decision,
    LedgerLine,
    PlannedItem,
    PlanningPolicy,
    Request,
)
from backlog.models.queues import Channel, Cycle, Label, Program, Queue, Segment

__all__ = [
    "Brief",
    "BriefInput",
    "BriefItem",
    "BriefLine",
    "BriefSignal",
    "BriefVersion",
    "ChainHead",
    "Change",
    "ChangeSeal",
    "Channel",
    "Citation",
    "Comment",
    "Confirmation",
    "Conformance",
    "Cycle",
    "Decision",
    "Increment",
    "IncrementCriterion",
    "IncrementKind",
    "Item",
    "ItemLink",
    "ItemSummary",
    "Label",
    "LedgerLine",
    "LineReference",
    "PlannedItem",
    "PlanningPolicy",
    "Program",
    "Queue",
    "RankRange",
    "Request",
    "SavedView",
    "Segment",
    "Standard",
    "StandardVersion",
    "SuccessCriterion",
    "Template",
]
