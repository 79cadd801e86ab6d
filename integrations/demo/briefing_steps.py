"""What the studio's briefs say, and the increments they are built in. Pure data, as ``piece``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: So many working days ago, who, what, and with which words.
Step = tuple[float, str, str, Mapping[str, Any]]

VISIT: dict[str, Any] = {
    "title": "What a price leaves out",
    "values": {
        "business_objective": "Municipal buyers ask for the procurement course by name; a third of them renew it for"
        " their whole department within a year.",
        "learning_objective": "A buyer who has seen it asks a supplier for the three costs that the quote does not "
        "show:"
        " upkeep, disposal and the price of stopping early.",
        "audience": "Buyers in towns of five to fifty thousand people, most of them alone in their office, "
        "with ten to"
        " twenty years behind them and no training in contracts.",
        "decision_role": "They write the specification and propose the supplier. The council signs what they "
        "propose.",
        "platform": "The learning platform that the regions share, in the browser.",
        "workflow": "Between the lesson on three quotes and the first specification of their own; usually "
        "in one"
        " sitting, after lunch, with the phone ringing.",
        "decision_process": "The yearly choice of framework suppliers in autumn.",
        "deployed_where": "Regional learning platform and the spring meeting of buyers",
        "deployed_format": "Film of nine minutes in three scenes, with one question after each",
        "deployed_language": "English, French, Finnish; subtitles in all three",
        "deployed_device": "Office computer without sound, telephone at home",
    },
    "items": ("lifecycle-cost", "supplier-visit"),
}
CONFLICT: dict[str, Any] = {
    "title": "Conflict of interest where everybody knows everybody",
    "values": {
        "business_objective": "The integrity course can be sold to towns of under ten thousand people, who say that "
        "it"
        " was made for capitals.",
        "learning_objective": "An official names a conflict before somebody else does, in words that keep the"
        " neighbour.",
        "audience": "Officials and elected people in small towns.",
        "deployed_where": "Learning platform of the association of towns",
        "deployed_language": "English",
    },
    "items": ("small-town-conflict",),
}

STEPS: tuple[Step, ...] = (
    (
        52,
        "amara",
        "publish",
        {
            "name": "How our people speak",
            "kind": "narrative",
            "body": "Nobody explains. Somebody wants something, somebody else is in the way.\n\n- Present "
            "tense, no"
            "narrator.\n- The mistake is understandable, the consequence is visible.\n- The last "
            "line is a question"
            " that can be answered in two ways.",
            "reason": "Written down after the reading of “Three quotes”.",
        },
    ),
    (41, "amara", "begin", VISIT),
    (
        40.9,
        "amara",
        "line",
        {
            "brief": 0,
            "kind": "accuracy",
            "statement": "Every figure on the quote adds up, and the total is the one that is spoken.",
            "checked_how": "Camille recalculates it from the props list",
        },
    ),
    (
        40.8,
        "amara",
        "line",
        {
            "brief": 0,
            "kind": "accuracy",
            "statement": "The costs that the quote leaves out are upkeep, disposal and early termination, in "
            "this order.",
            "checked_how": "Against the checklist of the association of buyers",
        },
    ),
    (
        40.7,
        "amara",
        "line",
        {
            "brief": 0,
            "kind": "regulatory",
            "statement": "Nobody accepts anything at the visit, coffee included, before the rule on gifts is "
            "shown.",
            "checked_how": "Legal review of every scene",
        },
    ),
    (
        40.6,
        "amara",
        "line",
        {
            "brief": 0,
            "kind": "regulatory",
            "statement": "No supplier, product or town can be recognised.",
            "checked_how": "List of names and a look at every frame",
        },
    ),
    (
        40.5,
        "amara",
        "line",
        {
            "brief": 0,
            "kind": "brand",
            "statement": "The buyer is never made a fool of, and nobody saves her.",
            "checked_how": "Reading by three buyers",
        },
    ),
    (
        40.4,
        "amara",
        "line",
        {
            "brief": 0,
            "kind": "success",
            "statement": "Eight of ten buyers name all three hidden costs a week later without being prompted.",
            "checked_how": "Telephone calls after the pilot",
        },
    ),
    (
        40.3,
        "amara",
        "ask",
        {
            "brief": 0,
            "function": "Legal",
            "person": "camille",
            "what": "What may be accepted at a visit in the four legal systems",
            "due": 34,
        },
    ),
    (
        40.2,
        "amara",
        "ask",
        {
            "brief": 0,
            "function": "Customer care",
            "person": "priya",
            "what": "Five real questions that buyers asked after a visit",
            "due": 33,
        },
    ),
    (
        40.1,
        "amara",
        "signal",
        {
            "brief": 0,
            "name": "Completion",
            "metric": "completion",
            "unit": "%",
            "baseline": 61.0,
            "target": 80.0,
            "source": "Learning platform, monthly",
        },
    ),
    (
        40.0,
        "amara",
        "signal",
        {
            "brief": 0,
            "name": "Hidden costs named after a week",
            "metric": "comprehension",
            "unit": "%",
            "baseline": 22.0,
            "target": 80.0,
            "source": "Telephone calls by customer care",
        },
    ),
    (
        36,
        "camille",
        "supply",
        {
            "brief": 0,
            "input": 0,
            "answer": "Nothing of value in three of them; in the fourth a cup of coffee is fine and lunch is "
            "not. The scene works in all four when she brings her own bottle.",
        },
    ),
    (
        35,
        "priya",
        "supply",
        {
            "brief": 0,
            "input": 1,
            "answer": "Who pays when it breaks? Who takes it back? What if we stop after two years? Is "
            "delivery in it? Can I see one that is ten years old?",
        },
    ),
    (
        33,
        "amara",
        "sign",
        {"brief": 0, "note": "Agreed with the association of buyers on the telephone."},
    ),
    (
        30,
        "tomas",
        "plan",
        {
            "piece": "lifecycle-cost",
            "title": "Map of the visit",
            "kind": "narrative_map",
            "due": 24,
            "checkpoint": True,
            "criteria": ("Each of the three costs has a place where it hurts",),
            "purpose": "Where does she begin to doubt, and what does she see?",
        },
    ),
    (
        29.9,
        "tomas",
        "plan",
        {
            "piece": "lifecycle-cost",
            "title": "Three scenes in order",
            "kind": "scenario_structure",
            "due": 18,
            "needs": (0,),
            "criteria": ("The question after each scene can be answered in two ways",),
        },
    ),
    (
        29.8,
        "tomas",
        "plan",
        {
            "piece": "lifecycle-cost",
            "title": "Script of scene one, the yard",
            "kind": "script_block",
            "due": 5,
            "needs": (1,),
            "criteria": (
                "Read aloud in under three minutes",
                "No word of jargon that is not answered in the next line",
            ),
        },
    ),
    (
        29.7,
        "tomas",
        "plan",
        {
            "piece": "lifecycle-cost",
            "title": "Light of a working yard",
            "kind": "style_frame",
            "due": -6,
            "checkpoint": True,
            "criteria": ("Readable on a dim office screen",),
        },
    ),
    (
        29.6,
        "tomas",
        "plan",
        {
            "piece": "lifecycle-cost",
            "title": "The forklift passes behind her",
            "kind": "motion_test",
            "due": -14,
            "needs": (3,),
        },
    ),
    (
        29.5,
        "tomas",
        "plan",
        {
            "piece": "lifecycle-cost",
            "title": "The question after the scene",
            "kind": "sample_interaction",
            "due": -20,
        },
    ),
    (28, "tomas", "start", {"increment": 0}),
    (
        24,
        "camille",
        "validate",
        {"increment": 0, "note": "Begin with the old machine in the corner; the rest follows."},
    ),
    (
        23,
        "tomas",
        "close",
        {
            "increment": 0,
            "output": "A map on one page: yard, office, gate. Each cost is seen before it is spoken.",
            "learning": "Three beats carried the map; with five, nobody at the reading could retell it. Show "
            "the thing that is worn out before anybody says what it costs.",
        },
    ),
    (22, "tomas", "start", {"increment": 1}),
    (
        17,
        "tomas",
        "close",
        {
            "increment": 1,
            "output": "Three scenes with one question each, on cards.",
            "learning": "Buyers argue longest where both answers cost money. A question with a free answer ends "
            "the talk.",
        },
    ),
    (16, "tomas", "start", {"increment": 2}),
    (15.9, "tomas", "rest", {"increment": 2, "lines": (1, 3)}),
    (15.8, "tomas", "declare", {"increment": 2, "deviation": ""}),
    (
        12,
        "amara",
        "reword",
        {
            "brief": 0,
            "line": 1,
            "statement": "The total that is spoken is the total on the quote, delivery included.",
            "checked_how": "Camille recalculates it from the props list",
        },
    ),
    (
        11.9,
        "amara",
        "sign",
        {
            "brief": 0,
            "reason": "Delivery was left out of the total; buyers noticed at the reading.",
            "note": "",
        },
    ),
    (10, "tomas", "review", {"increment": 2}),
    (
        9,
        "amara",
        "keep",
        {"kind": "increment_plan", "piece": "lifecycle-cost", "name": "A film in three scenes"},
    ),
    (9, "amara", "keep", {"kind": "item", "piece": "lifecycle-cost", "name": "A film of costs"}),
    (9, "amara", "keep", {"kind": "review_plan", "name": "Two looks"}),
    (8, "amara", "begin", CONFLICT),
    (
        7.9,
        "amara",
        "line",
        {
            "brief": 1,
            "kind": "regulatory",
            "statement": "Nothing in it says that a conflict has to be denied.",
            "checked_how": "Legal review",
        },
    ),
    (
        7.8,
        "amara",
        "line",
        {
            "brief": 1,
            "kind": "success",
            "statement": "Half of those who see it write down one conflict of their own.",
            "checked_how": "The form after the module",
        },
    ),
    (
        7.7,
        "amara",
        "ask",
        {
            "brief": 1,
            "function": "Legal",
            "person": "camille",
            "what": "When does a cousin count as family?",
            "due": -3,
        },
    ),
    (
        7.6,
        "amara",
        "ask",
        {
            "brief": 1,
            "function": "Script",
            "person": "tomas",
            "what": "Three cases from towns of under five thousand people",
            "due": -5,
        },
    ),
    (
        7.5,
        "amara",
        "ask",
        {
            "brief": 1,
            "function": "Customer care",
            "person": "priya",
            "what": "What towns that said no told us",
            "due": -4,
        },
    ),
    (7.4, "amara", "cite", {"brief": 1, "increment": 1}),
    (
        6,
        "tomas",
        "plan",
        {
            "piece": "small-town-conflict",
            "title": "Who sits at whose table",
            "kind": "narrative_map",
            "due": -2,
            "checkpoint": True,
        },
    ),
    (
        5.9,
        "tomas",
        "plan",
        {
            "piece": "small-town-conflict",
            "title": "The conversation at the fence",
            "kind": "script_block",
            "due": -15,
            "needs": (6,),
        },
    ),
    (
        3,
        "tomas",
        "cut",
        {
            "increment": 4,
            "reason": "The yard has no room for a forklift; the style frame shows the movement.",
        },
    ),
)
