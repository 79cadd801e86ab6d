"""What scoring shows on an item's page and adds to its detail in the API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog.models import Item, RankRange
from backlog.panels import Panel
from backlog.vocabulary import State
from scoring import judgement, selectors, weighed
from scoring.explain import Explanation, Part, explain
from scoring.forms import AdjustmentForm, OutcomeForm, SignalForm, VerdictForm, kinds_of
from scoring.models import Adjustment, Outcome, Rating, Signal
from scoring.rubrics import CERTAINTY


def priority(*, actor: Actor, item: Item) -> Panel:
    """The priority as the sum of its parts, with the sentence behind each."""
    made = selectors.made_from(item)
    item._made = made  # type: ignore[attr-defined]  # the panels of one page read it once
    explanation = None
    if made.score is not None and made.inputs is not None:
        explanation = explain(made.rubric, made.inputs, made.score, made.at)
    return Panel(
        key="priority",
        title="Priority",
        template="scoring/_priority.html",
        context={
            "explanation": explanation,
            "parts": [bar(part) for part in explanation.parts] if explanation else [],
            "total": made.score.priority if made.score else None,
            "at": made.at,
            "number": made.number,
            "stale": item.summary.stale_since is not None,
            "no_queue": item.queue is None,
            "guesses": sum(
                1 for row in made.ratings.values() if row.source == Rating.Source.IMPORT
            ),
            "url": reverse("item", args=[item.key]),
            "range": (found := rank_range(item)),
            "range_words": range_words(found) if found else "",
            "may_draw": rights.allowed(actor, "rubric.draft", item.product),
        },
    )


def moved(*, actor: Actor, item: Item) -> Panel | None:
    """Why it moved since last week; loaded when it comes into view, since it works out the order of a whole queue."""
    if item.queue is None:
        return None
    return Panel(
        key="moved",
        title="Why it moved",
        template="scoring/_moved_panel.html",
        context={"url": reverse("item-movement", args=[item.key])},
    )


def rank_range(item: Item) -> RankRange | None:
    """How far the item's rank can be trusted; None where nothing was drawn for the queue that it is in now."""
    found: RankRange | None = getattr(item, "rank_range", None)
    summary = item.summary
    if not summary.is_open or summary.priority is None:
        return None
    return found if found is not None and found.queue_kind == summary.queue_kind else None


def range_words(row: RankRange) -> str:
    """The range as a sentence."""
    low, high, top = row.rank_low, row.rank_high, row.top_places
    if low == high:
        where = _("At place %(low)s of its queue in 8 of 10 draws") % {"low": low}
    else:
        where = _("Between place %(low)s and %(high)s of its queue in 8 of 10 draws")
        where %= {"low": low, "high": high}
    words = {"where": where, "top": top, "chance": round(100 * row.top_chance)}
    return _("%(where)s; in the next cycle, which holds %(top)s, in %(chance)s%%.") % words


def bar(part: Part) -> dict[str, Any]:
    """A part for the waterfall tag; its criteria stand in the sentence below."""
    details = [
        {"label": each.label, "points": each.points, "sentence": each.sentence}
        for each in part.details
    ]
    return {
        "label": part.label,
        "amount": part.points,
        "sentence": part.sentence,
        "details": details,
    }


def ratings(*, actor: Actor, item: Item) -> Panel:
    """Six levels a criterion, entered in place."""
    made = _made(item)
    may_rate = rights.allowed(actor, "rating.enter", item.product)
    now = timezone.now()
    pillars: dict[str, list[dict[str, Any]]] = {"value": [], "impact": [], "risk": []}
    for criterion in made.rubric.criteria:
        row = made.ratings.get(criterion.key)
        pillars[criterion.pillar].append(
            {
                "name": criterion.label,
                "question": criterion.question,
                "field": criterion.key,
                "level": None if row is None else round(row.level),
                "certainty": row.certainty if row else "informed",
                "texts": criterion.levels,
                "last": _last(row, now),
            }
        )
    return Panel(
        key="ratings",
        title="Ratings",
        template="scoring/_ratings.html",
        context={
            "pillars": [(name.title(), rows) for name, rows in pillars.items()],
            "may_rate": may_rate,
            "number": made.number,
            "url": reverse("item-ratings", args=[item.key]),
            "rated": len(made.ratings),
            "all": len(made.rubric.criteria),
            "imported": sum(
                1 for row in made.ratings.values() if row.source == Rating.Source.IMPORT
            ),
        },
    )


def _last(row: Rating | None, now: Any) -> str:
    if row is None:
        return ""
    days = (now - row.rated_at).days
    age = "today" if days < 1 else "yesterday" if days == 1 else f"{days} days ago"
    who = "from import" if row.source == Rating.Source.IMPORT else str(row.rated_by or "somebody")
    return f"{who}, {age}"


def evidence(*, actor: Actor, item: Item) -> Panel:
    """Signals with what each adds today, how the criteria age, running adjustments, and the ways to add them."""
    made = _made(item)
    now = timezone.now()
    product = item.product
    withdrawn = Signal.objects.filter(item=item).exclude(withdrawn_at=None)
    listed = f"{reverse('evidence', args=[product.key])}?item={item.key}"
    return Panel(
        key="evidence",
        title="Evidence and judgement",
        template="scoring/_evidence.html",
        context={
            **weighed.context(made),
            "aging": weighed.aging_of(made, now),
            "now": now,
            "withdrawn": withdrawn.count(),
            "withdrawn_url": f"{listed}&withdrawn=true",
            "list_url": listed,
            "adjustments": adjustment_rows(actor, item.product, made.adjustments, now),
            "may_place": rights.allowed(actor, "adjustment.make", item.product)
            and item.summary.is_open
            and item.queue is not None,
            "signal_form": SignalForm(kinds=kinds_of(made.rubric)),
            "adjustment_form": AdjustmentForm(limit=made.rubric.max_adjustment),
            "may_signal": rights.allowed(actor, "signal.add", product),
            "may_adjust": rights.allowed(actor, "adjustment.make", product),
            "may_ask": rights.allowed(actor, "request.make", product),
            "signal_url": reverse("item-signal", args=[item.key]),
            "adjustment_url": reverse("item-adjustment", args=[item.key]),
            "key": item.key,
            "product": product,
        },
    )


def adjustment_rows(
    actor: Actor, product: Product, rows: Sequence[Adjustment], now: datetime
) -> list[dict[str, Any]]:
    """Adjustments with where they stand, how often their makers' ones held, and who may judge. At most six queries."""
    if not rows:
        return []
    found = judgement.rates(product)
    may_judge = rights.allowed(actor, "adjustment.judge", product)
    own_too = may_judge and judgement.may_judge_own(product, actor)
    me = actor.user.pk if actor.user else None
    return [
        {
            "row": row,
            "state": (state := judgement.state_of(row, now)),
            "state_label": STATE_WORDS[state],
            "rate": found.of(row.made_by_id),
            "form": VerdictForm(auto_id=f"verdict-{row.pk}-%s")
            if may_judge and state != "running" and (own_too or row.made_by_id != me)
            else None,
        }
        for row in rows
    ]


STATE_WORDS = {
    "running": "runs",
    "waiting": "waits for a verdict",
    "judged": "judged",
    "withdrawn": "ended before its time",
}
HOME_ROWS = 5


def home_panel(*, actor: Actor, product: Product) -> Panel | None:
    """Judgements that ran out and wait for this person's verdict."""
    if not rights.allowed(actor, "adjustment.judge", product):
        return None
    rows = judgement.with_all(judgement.waiting_for_verdict(product, actor))
    found = list(rows[: HOME_ROWS + 1])
    if not found:
        return None
    context = {"waiting": found[:HOME_ROWS], "more": len(found) > HOME_ROWS}
    return Panel("judgement", "Did it hold?", "scoring/_home.html", context)


def outcomes(*, actor: Actor, item: Item) -> Panel | None:
    """What a finished item achieved, by pillar, and the way to say it. Nothing while it is not done."""
    if item.state != State.DONE:
        return None
    rows = Outcome.objects.filter(item=item).select_related("recorded_by")
    return Panel(
        key="outcomes",
        title="What it achieved",
        template="scoring/_outcomes.html",
        context={
            "rows": list(rows.order_by("-measured_at", "-pk")[:50]),
            "form": OutcomeForm(),
            "may_record": rights.allowed(actor, "outcome.record", item.product),
            "url": reverse("item-outcome", args=[item.key]),
        },
    )


def _made(item: Item) -> selectors.Made:
    found = getattr(item, "_made", None)
    return found if isinstance(found, selectors.Made) else selectors.made_from(item)


def item_detail(*, actor: Actor, item: Item) -> dict[str, Any]:
    """``scoring`` in the item's API detail: inputs, factors, parts and sentences of the stored score."""
    made = selectors.made_from(item)
    return {"scoring": detail(item, made)}


def detail(item: Item, made: selectors.Made) -> dict[str, Any]:
    """Everything that the priority was made from, so that anybody can compute it again at ``at``."""
    score = made.score
    explanation: Explanation | None = None
    if score is not None and made.inputs is not None:
        explanation = explain(made.rubric, made.inputs, score, made.at)
    return {
        "rubric_version": made.number,
        "at": made.at,
        "stale": item.summary.stale_since is not None,
        "inputs": {
            "queue": item.queue.kind if item.queue else None,
            "effort": item.effort,
            "due_at": item.due_at,
            "severity": item.severity,
            "ratings": [
                {
                    "criterion": row.criterion,
                    "level": row.level,
                    "certainty": row.certainty,
                    "certainty_value": CERTAINTY[row.certainty],
                    "rated_at": row.rated_at,
                    "rated_by": row.rated_by.email if row.rated_by else None,
                    "source": row.source,
                }
                for row in sorted(made.ratings.values(), key=lambda row: row.criterion)
            ],
            "signals": [
                *(counted(row) for row in made.signals),
                *(
                    counted(row, made.rubric.segment_share)
                    for _, rows in made.segments
                    for row in rows
                    if made.rubric.segment_share > 0
                ),
            ],
            "adjustments": [
                {
                    "id": row.pk,
                    "points": row.points,
                    "claim": row.claim,
                    "made_by": row.made_by.email if row.made_by else None,
                    "made_at": row.made_at,
                    "expires_at": row.expires_at,
                    "active": selectors.running(row, made.at),
                }
                for row in made.adjustments
            ],
        },
        "factors": None
        if score is None
        else {
            "value": score.value,
            "impact": score.impact,
            "risk": score.risk,
            "risk_counted": score.risk_counted,
            "merit": score.merit,
            "kappa": score.kappa,
            "confidence": score.confidence,
            "effort": score.effort_factor,
            "urgency": score.urgency_factor,
        },
        "criteria": []
        if score is None
        else [
            {
                "key": each.key,
                "x": each.x,
                "k": each.k,
                "m": each.m,
                "e": each.e,
                "c": each.c,
                "f": each.f,
                "points": each.points,
            }
            for each in score.criteria
        ],
        "effort_assumed": bool(score and score.effort_assumed),
        "missing": list(score.missing) if score else [],
        "band_by_policy": bool(score and score.by_policy),
        "parts": score.parts if score else None,
        "headline": explanation.headline if explanation else "No queue yet, so no priority.",
        "sentences": {part.key: part.sentence for part in explanation.parts} if explanation else {},
        "gaps": [gap.sentence for gap in explanation.gaps] if explanation else [],
        "policy": explanation.policy if explanation else "",
        "rank_range": drawn(found) if (found := rank_range(item)) else None,
    }


def drawn(row: RankRange) -> dict[str, Any]:
    """A rank range as the API shows it."""
    return {
        "low": row.rank_low,
        "high": row.rank_high,
        "top_chance": row.top_chance,
        "top_places": row.top_places,
        "seed": row.seed,
        "rubric_version": row.rubric_version,
        "drawn_at": row.drawn_at,
    }


def signal(row: Signal, product: Product) -> dict[str, Any]:
    """A signal as the API shows it. Needs item, segment and people loaded."""
    return {
        "id": row.pk,
        "item": f"{product.key}-{row.item.number}" if row.item else None,
        "segment": row.segment.name if row.segment else None,
        "kind": row.kind,
        "magnitude": row.magnitude,
        "occurred_at": row.occurred_at,
        "source": row.source,
        "external_id": row.external_id or None,
        "note": row.note,
        "recorded_by": row.recorded_by.email if row.recorded_by else None,
        "recorded_at": row.recorded_at,
        "version": row.version,
        "withdrawn": None
        if row.withdrawn_at is None
        else {
            "at": row.withdrawn_at,
            "by": row.withdrawn_by.email if row.withdrawn_by else None,
            "reason": row.withdrawn_reason,
        },
    }


def counted(row: Signal, share: float = 1.0) -> dict[str, Any]:
    """A signal among the inputs of a score: ``magnitude`` is what counts, ``recorded`` what was recorded."""
    return {
        "id": row.pk,
        "kind": row.kind,
        "magnitude": row.magnitude * share,
        "recorded": row.magnitude,
        "share": share,
        "segment": row.segment.name if row.segment and not row.item_id else None,
        "occurred_at": row.occurred_at,
        "source": row.source,
        "external_id": row.external_id or None,
        "note": row.note,
    }
