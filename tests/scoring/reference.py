"""The scoring page in plain Python: one item at a time, one formula after the other, no arrays.

Written from the page alone, to be read beside it, and used only to check the engine. It knows the
stored data of a rubric (nested dictionaries), not the engine's or the rubric module's classes.

An item: {"queue": …, "ratings": {key: (level, certainty name, rated_at)}, "signals": [(kind,
magnitude, occurred_at)], "segments": [signals of each segment that it names], "effort": points or
None, "due_at": instant or None, "adjustments": [(points, expires_at or None)], "severity": 0 = none}.
"""

import math
from datetime import datetime, timedelta

CERTAINTY = {"guess": 0.4, "informed": 0.7, "certain": 1.0}


def age_in_days(at: datetime, then: datetime) -> float:
    return (at - then) / timedelta(days=1)


def halved(days: float, half_life: float) -> float:
    """What is left of 1 after so many days. 2.0 ** underflows to 0 quietly for long ones."""
    return 2.0 ** (-days / half_life)


def score_criterion(rubric: dict, criterion: dict, item: dict, at: datetime) -> dict:
    m = c = s = e = f = None
    if criterion["key"] in item["ratings"]:
        level, certainty, rated_at = item["ratings"][criterion["key"]]
        m = level / 5
        late = max(0.0, age_in_days(at, rated_at) - rubric["rating_grace_days"])
        c = CERTAINTY[certainty] * halved(late, rubric["rating_half_life_days"])

    rule = criterion["evidence"]
    if rule is not None:
        h = rule["half_life_days"]
        ages = []
        s = 0.0
        counted = [(1.0, signal) for signal in item["signals"]]
        if rubric.get("segment_share", 0.5) > 0:
            share = rubric.get("segment_share", 0.5)
            counted += [(share, signal) for own in item.get("segments", ()) for signal in own]
        for share, (kind, magnitude, occurred_at) in counted:
            if kind in rule["kinds"]:
                age = max(0.0, age_in_days(at, occurred_at))
                ages.append(age)
                s += share * magnitude * halved(age, h)
        if ages:
            e = min(1.0, math.log1p(s) / math.log1p(rule["saturation"]))
            f = halved(min(ages), 2 * h)

    if m is not None and e is not None:
        alpha = rule["share"]
        x = (1 - alpha) * m + alpha * e
        k = (1 - alpha) * c + alpha * f
    elif m is not None:
        x, k = m, c
    elif e is not None:
        x, k = e, rule["share"] * f
    else:
        x, k = None, 0.0
    return {"m": m, "e": e, "c": c, "f": f, "x": x, "k": k}


def score(rubric: dict, item: dict, at: datetime) -> dict:
    """Everything that the page defines, by its letters; None where it is undefined."""
    profile = rubric["profiles"][item["queue"]]
    weights = profile["weights"]
    criteria = {
        criterion["key"]: score_criterion(rubric, criterion, item, at)
        for criterion in rubric["criteria"]
    }

    pillars: dict[str, float | None] = {}
    known: dict[str, float] = {}
    for pillar in ("value", "impact", "risk"):
        of_pillar = [c for c in rubric["criteria"] if c["pillar"] == pillar]
        rated = [c for c in of_pillar if criteria[c["key"]]["x"] is not None]
        pillars[pillar] = None
        if rated:
            pillars[pillar] = sum(c["weight"] * criteria[c["key"]]["x"] for c in rated) / sum(
                c["weight"] for c in rated
            )
        known[pillar] = 0.0
        if of_pillar:
            known[pillar] = sum(c["weight"] * criteria[c["key"]]["k"] for c in of_pillar) / sum(
                c["weight"] for c in of_pillar
            )
    counted = dict(pillars)
    if profile["risk_polarity"] == "delivery" and pillars["risk"] is not None:
        counted["risk"] = 1 - pillars["risk"]

    kappa = sum(weights[pillar] * known[pillar] for pillar in pillars)
    floor = profile["confidence_floor"]
    confidence = floor + (1 - floor) * kappa
    effort = item["effort"]
    assumed = effort is None
    if assumed:
        effort = profile["default_effort"]
    effort_factor = (1 / max(1.0, effort)) ** profile["effort_exponent"]
    nearness = 0.0
    if item["due_at"] is not None:
        days_left = age_in_days(item["due_at"], at)
        nearness = min(1.0, max(0.0, 1 - days_left / profile["urgency_days"]))
    gain = profile["urgency_gain"]
    urgency_factor = (1 + gain * nearness) / (1 + gain)
    active = [
        points
        for points, expires_at in item["adjustments"]
        if expires_at is None or at < expires_at
    ]
    limit = rubric["max_adjustment"]
    adjustment = max(-limit, min(limit, sum(active)))

    missing = [p for p in pillars if weights[p] > 0 and pillars[p] is None]
    policy = item["queue"] == "hotfix" and item["severity"] == 1
    result = {
        "criteria": criteria,
        "value": pillars["value"],
        "impact": pillars["impact"],
        "risk": pillars["risk"],
        "risk_counted": counted["risk"],
        "missing": missing,
        "kappa": kappa,
        "confidence": confidence,
        "effort_factor": effort_factor,
        "effort_assumed": assumed,
        "urgency_factor": urgency_factor,
        "merit": None,
        "priority": None,
        "parts": None,
        "criterion_parts": None,
        "band": "act_now" if policy else "",
        "by_policy": policy,
    }
    if missing:
        return result

    share = {p: weights[p] * counted[p] if weights[p] > 0 else 0.0 for p in pillars}
    merit = sum(share.values())
    before_clipping = 100 * merit * confidence * effort_factor * urgency_factor + adjustment
    priority = min(100.0, max(0.0, before_clipping))
    parts = {p: 100 * share[p] for p in pillars}
    parts["confidence"] = 100 * merit * (confidence - 1)
    parts["effort"] = 100 * merit * confidence * (effort_factor - 1)
    parts["urgency"] = 100 * merit * confidence * effort_factor * (urgency_factor - 1)
    parts["adjustment"] = adjustment
    parts["clipping"] = priority - sum(parts.values())

    criterion_parts = {}
    for pillar in pillars:
        put_in = {}
        for criterion in rubric["criteria"]:
            if criterion["pillar"] == pillar:
                x = criteria[criterion["key"]]["x"]
                if x is None:
                    put_in[criterion["key"]] = 0.0
                elif pillar == "risk" and profile["risk_polarity"] == "delivery":
                    put_in[criterion["key"]] = criterion["weight"] * (1 - x)
                else:
                    put_in[criterion["key"]] = criterion["weight"] * x
        total = sum(put_in.values())
        for key, amount in put_in.items():
            criterion_parts[key] = parts[pillar] * amount / total if total > 0 else 0.0

    reached = round(priority, 9)
    band = "later"
    if reached >= profile["next"]:
        band = "next"
    if reached >= profile["act_now"] or policy:
        band = "act_now"
    result.update(
        merit=merit, priority=priority, parts=parts, criterion_parts=criterion_parts, band=band
    )
    return result
