"""What-if and flip points the slow way, in plain Python, from the formulas of the playbook page and nothing else."""

import copy
import itertools
import math

from tests.scoring import reference

STEPS = 30


def position(item, score, number):
    """Sort key: scored by priority, due, created, id; the others behind them by severity, due, created, id."""
    priority = score["priority"]
    due = item["due_at"].timestamp() if item["due_at"] else math.inf
    if priority is None:
        return (1, item["severity"] or math.inf, due, number)
    return (0, -round(priority, 9), due, number)


def standings(rubric, items, at):
    """Item number → (rank within its queue, priority, band)."""
    scores = [reference.score(rubric, item, at) for item in items]
    found = {}
    for queue in rubric["profiles"]:
        mine = [i for i, item in enumerate(items) if item["queue"] == queue]
        mine.sort(key=lambda i: position(items[i], scores[i], i))
        for rank, i in enumerate(mine, 1):
            found[i] = (rank, scores[i]["priority"], scores[i]["band"])
    return found


def pair_counts(pairs):
    """By looking at every pair: concordant, discordant, tied before, tied after."""
    same = other = tied_before = tied_after = 0
    for (a, b), (c, d) in itertools.combinations(pairs, 2):
        tied_before += int(a == c)
        tied_after += int(b == d)
        product = (int(a > c) - int(a < c)) * (int(b > d) - int(b < d))
        same += product > 0
        other += product < 0
    return same, other, tied_before, tied_after


def with_weight(rubric, queue, kind, key, weight):
    """A copy of the rubric in which one weight is another; a pillar's takes it from the others in proportion."""
    changed = copy.deepcopy(rubric)
    if kind == "criterion":
        next(c for c in changed["criteria"] if c["key"] == key)["weight"] = weight
        return changed
    weights = changed["profiles"][queue]["weights"]
    rest = 1 - weights[key]
    for name in weights:
        weights[name] = weight if name == key else weights[name] * (1 - weight) / rest
    return changed


def inside(rubric, items, at, number, top):
    """Whether an item is among the first `top` scored ones of its queue."""
    rank, priority, _ = standings(rubric, items, at)[number]
    return priority is not None and rank <= top


def steps(kind, now, way):
    """Weights on the way from today's to the end of what is allowed, close together near today."""
    if kind == "pillar":
        end = 1.0 if way > 0 else 0.0
        return [now + (end - now) * (step / STEPS) ** 2 for step in range(1, STEPS + 1)]
    ratio = (1000.0 if way > 0 else 0.001) / now
    return [now * ratio ** ((step / STEPS) ** 2) for step in range(1, STEPS + 1)]
