"""The rubric that a new product starts with, as the plain data that a rubric version stores.

Data only. `scoring.rubrics.DEFAULT_RUBRIC` is this, parsed and validated. The level texts are
anchors: each names something that two people could check independently, so that they land on the
same level. The levels of "users affected" follow the evidence formula with saturation 10,000
(levels 1 to 5 are about 5, 40, 250, 1,600 and 10,000 people), so that a rating and its evidence
speak the same scale.

The risk criteria are asked in both polarities: in hotfix and stability the danger is that of
leaving the item alone, in enhancement and strategic bet that of doing it.
"""

from __future__ import annotations

from typing import Any

DEFAULT_RUBRIC_DATA: dict[str, Any] = {
    "max_adjustment": 15,
    "rating_grace_days": 30,
    "rating_half_life_days": 180,
    "segment_share": 0.5,
    "criteria": [
        {
            "key": "business_value",
            "label": "Business value",
            "question": "What is it worth within a year, in income, kept customers or saved hours?",
            "pillar": "value",
            "weight": 3,
            "levels": [
                "No benefit that anyone can name.",
                "A nicety: saves a few hours a year; no effect on sales or renewals.",
                "A local benefit: one team saves about a day a month, or one customer asked in "
                "passing.",
                "Noticeable within a quarter: supports a renewal or an ordinary sale, or saves a "
                "team "
                "about a day a week.",
                "Large: decides a major renewal or tender, opens a paid course or feature, or "
                "saves "
                "several teams a day a week.",
                "Decisive for the year: a named top goal, a flagship customer or a tenth of the "
                "income "
                "depends on it.",
            ],
        },
        {
            "key": "strategic_fit",
            "label": "Strategic fit and differentiation",
            "question": "Does it carry this year's goals, and does it set us apart?",
            "pillar": "value",
            "weight": 2,
            "levels": [
                "Pulls against the strategy, or rebuilds what everybody gives away.",
                "Serves no current goal; nobody would notice a difference between us and others.",
                "Touches a goal at its edge; brings us level with what is common in the market.",
                "Serves one stated goal directly; a little better than what is found elsewhere.",
                "Moves a main goal of the year; buyers name it when they choose us.",
                "Carries the strategy: a reason to choose us that others could not match within "
                "a year.",
            ],
        },
        {
            "key": "reach_reuse",
            "label": "Reach and reuse across channels",
            "question": "In how many courses, languages, channels or customers can the result be "
            "used again?",
            "pillar": "value",
            "weight": 1,
            "levels": [
                "Used once, in one place, then discarded.",
                "One course or screen for one customer; hard to adapt.",
                "One course or screen; reusable after real rework, such as a new cut or new "
                "narration.",
                "Two or three courses, languages or channels after light edits.",
                "Most courses or customers of a product line without rework: a template, a shared "
                "scene, a common component.",
                "Everywhere: film, interactive course, help pages and the software itself draw "
                "on it.",
            ],
        },
        {
            "key": "customer_pain",
            "label": "Customer pain",
            "question": "How much does it hinder the people who meet it today?",
            "pillar": "impact",
            "weight": 3,
            "levels": [
                "Nobody is hindered.",
                "A blemish, such as a typing error or a late caption; people carry on.",
                "Annoying: a detour of seconds, or a scene that must be watched twice to be "
                "understood.",
                "Hindering: learners or users lose minutes, or need a workaround that support "
                "explains.",
                "Blocking for some: a lesson cannot be finished or a function fails, and the "
                "workaround "
                "is costly.",
                "Blocking at the core: training or work stops, or results and certificates are "
                "lost, "
                "and there is no way round.",
            ],
            "evidence": {
                "kinds": ["support_ticket"],
                "saturation": 50,
                "half_life_days": 30,
                "share": 0.5,
            },
        },
        {
            "key": "users_affected",
            "label": "Users affected",
            "question": "How many people meet it in a typical month?",
            "pillar": "impact",
            "weight": 2,
            "levels": [
                "Nobody outside the team.",
                "A handful: up to about ten people.",
                "A class or a team: some dozens.",
                "A department or a small customer: some hundreds.",
                "A large customer or the whole audience of a course: a thousand or more.",
                "Practically everybody: about ten thousand or more.",
            ],
            "evidence": {
                "kinds": ["affected_users"],
                "saturation": 10000,
                "half_life_days": 30,
                "share": 0.7,
            },
        },
        {
            "key": "trust",
            "label": "Trust and satisfaction",
            "question": "How far does it move what people think of us: hurt as it is, or raised "
            "once done?",
            "pillar": "impact",
            "weight": 1,
            "levels": [
                "No effect on what anyone thinks of us.",
                "Noticed by a few and forgotten the same day.",
                "Appears in feedback; the ratings of one course or release move slightly.",
                "The ratings of a course or release move visibly; a customer raises it in a "
                "regular "
                "meeting.",
                "A customer escalates it, or names it as the improvement they are waiting for.",
                "Decides whether customers stay: cancellations are announced, or renewals hang "
                "on it.",
            ],
            "evidence": {
                "kinds": ["satisfaction_drop"],
                "saturation": 20,
                "half_life_days": 60,
                "share": 0.5,
            },
        },
        {
            "key": "technical_risk",
            "label": "Technical risk",
            "question": "How much could break? Hotfix and stability: if it is left alone. "
            "Enhancement and strategic bet: by doing it.",
            "pillar": "risk",
            "weight": 2,
            "levels": [
                "Nothing else can be affected; routine.",
                "One isolated piece; put right within an hour.",
                "One component or scene with known technology; put right within a day.",
                "Several components or a shared asset, with some unknowns; days to put right.",
                "A central part, such as playback, sign-in or the render chain; weeks to put "
                "right.",
                "The foundation: loss of data or masters, long outages or a rebuild are possible.",
            ],
        },
        {
            "key": "compliance_risk",
            "label": "Compliance or brand risk",
            "question": "Which rule, contract or promise could be broken? Hotfix and stability: "
            "if it is "
            "left alone. Enhancement and strategic bet: by doing it.",
            "pillar": "risk",
            "weight": 2,
            "levels": [
                "No rule, contract or brand guideline is touched.",
                "A matter of house style; nobody outside would notice.",
                "A brand or accessibility guideline is bent in one place; can be corrected "
                "quietly.",
                "A contract term, a licence or an accessibility standard is in doubt; a customer "
                "could "
                "complain with reason.",
                "A breach is probable: personal data, rights to music or pictures, or safety "
                "instructions that mislead.",
                "A breach is certain or public: legal action, a regulator, a recalled course or "
                "lasting "
                "damage to the name.",
            ],
        },
        {
            "key": "recurrence",
            "label": "Likelihood of recurrence",
            "question": "How often will the trouble come? Hotfix and stability: if it is left "
            "alone. "
            "Enhancement and strategic bet: once it is done.",
            "pillar": "risk",
            "weight": 1,
            "levels": [
                "Cannot happen: the cause is gone.",
                "Once in several years, under odd conditions.",
                "About once a year.",
                "About once a quarter, for instance with every release.",
                "About once a month.",
                "Every week or all the time.",
            ],
            "evidence": {
                "kinds": ["incident"],
                "saturation": 10,
                "half_life_days": 90,
                "share": 0.6,
            },
        },
    ],
    "profiles": {
        "hotfix": {
            "weights": {"value": 0.20, "impact": 0.50, "risk": 0.30},
            "risk_polarity": "exposure",
            "effort_exponent": 0,
            "default_effort": 2,
            "urgency_gain": 1.0,
            "urgency_days": 3,
            "confidence_floor": 0.7,
            "act_now": 45,
            "next": 25,
        },
        "stability": {
            "weights": {"value": 0.25, "impact": 0.35, "risk": 0.40},
            "risk_polarity": "exposure",
            "effort_exponent": 0.30,
            "default_effort": 3,
            "urgency_gain": 0.5,
            "urgency_days": 14,
            "confidence_floor": 0.6,
            "act_now": 30,
            "next": 18,
        },
        "enhancement": {
            "weights": {"value": 0.45, "impact": 0.40, "risk": 0.15},
            "risk_polarity": "delivery",
            "effort_exponent": 0.50,
            "default_effort": 5,
            "urgency_gain": 0.25,
            "urgency_days": 60,
            "confidence_floor": 0.5,
            "act_now": 30,
            "next": 12,
        },
        "strategic_bet": {
            "weights": {"value": 0.60, "impact": 0.25, "risk": 0.15},
            "risk_polarity": "delivery",
            "effort_exponent": 0.25,
            "default_effort": 13,
            "urgency_gain": 0.25,
            "urgency_days": 180,
            "confidence_floor": 0.5,
            "act_now": 33,
            "next": 20,
        },
    },
}
