"""Outcomes, and predictions held against them, over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.api.endpoints import actor_of, documented, resource
from accounts.models import User
from backlog.access import items_of
from core.api.serializers import Line, Shape, checked
from scoring import access
from scoring.calibration import Estimate, Fit, WeightProposal
from scoring.models import Outcome
from scoring.predictions import calibrate
from scoring.rubrics import PILLARS
from scoring.services import outcomes


class OutcomeInput(Shape):
    pillar = serializers.ChoiceField(list(PILLARS))
    realized = serializers.FloatField(
        min_value=0, max_value=1, help_text="0 nothing, 1 all that level 5 says"
    )
    measured_at = serializers.DateTimeField()
    source = Line(max_length=40)  # type: ignore[assignment]
    external_id = Line(max_length=120, required=False, allow_blank=True)
    note = Line(max_length=500, required=False, allow_blank=True)


class BulkOutcome(OutcomeInput):
    item = Line(max_length=24)


class OutcomesInput(Shape):
    outcomes = BulkOutcome(many=True, max_length=outcomes.LIMIT)  # type: ignore[call-arg]


class OutcomeRow(Shape):
    id = serializers.IntegerField()
    pillar = serializers.CharField()
    realized = serializers.FloatField()
    measured_at = serializers.DateTimeField()
    source = serializers.CharField()  # type: ignore[assignment]
    external_id = serializers.CharField(allow_null=True)
    note = serializers.CharField()


class OutcomesRecorded(Shape):
    added = serializers.IntegerField()
    known = serializers.IntegerField()


class EstimateShape(Shape):
    """A figure with the interval that nine of ten bootstrap resamples fall into."""

    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class FitRow(Shape):
    """Predicted against realized, in x of 0 to 1; nothing but the number of pairs below eight."""

    pillar = serializers.CharField()
    queue = serializers.CharField(allow_null=True)
    scorer = serializers.CharField(allow_null=True)
    pairs = serializers.IntegerField()
    bias = EstimateShape(allow_null=True)
    mean_error = EstimateShape(allow_null=True)
    rank_correlation = EstimateShape(allow_null=True)


class WeightsRow(Shape):
    queue = serializers.CharField()
    items = serializers.IntegerField()
    now = serializers.DictField(child=serializers.FloatField())
    proposed = serializers.DictField(child=EstimateShape(), allow_null=True)


class CalibrationAnswer(Shape):
    items = serializers.IntegerField()
    fits = FitRow(many=True)
    weights = WeightsRow(many=True)


def _outcome(row: Outcome) -> dict[str, Any]:
    return {
        "id": row.pk,
        "pillar": row.pillar,
        "realized": row.realized,
        "measured_at": row.measured_at,
        "source": row.source,
        "external_id": row.external_id or None,
        "note": row.note,
    }


@documented(summary="Outcomes of an item", responses={200: OutcomeRow(many=True)}, tags=["scoring"])
def list_outcomes(request: Request, key: str) -> Response:
    """What it achieved, newest first, 200 at most."""
    item = access.item_for(actor_of(request), key)
    rows = Outcome.objects.filter(item=item).order_by("-measured_at", "-pk")[:200]
    return Response([_outcome(row) for row in rows])


@documented(
    summary="Record an outcome",
    request=OutcomeInput,
    responses={201: OutcomesRecorded},
    tags=["scoring"],
)
def record_outcome(request: Request, key: str) -> Response:
    """What a finished item achieved in a pillar. A known `source` + `external_id` changes nothing."""
    actor = actor_of(request)
    item = access.item_for(actor, key, "outcome.record")
    data = checked(OutcomeInput, request)
    done = outcomes.record_outcomes(
        actor=actor,
        product=item.product,
        drafts=[outcomes.Draft(item=item, **data)],
    )
    return Response({"added": done.added, "known": done.known}, status=201)


@documented(
    summary="Record outcomes in bulk",
    request=OutcomesInput,
    responses={201: OutcomesRecorded},
    tags=["scoring"],
)
def record_outcomes(request: Request, key: str) -> Response:
    """Up to 1,000 outcomes of finished items, all or none. Idempotent by `source` and `external_id`."""
    actor = actor_of(request)
    product = product_for(actor, key, "outcome.record")
    data = checked(OutcomesInput, request)
    rows = data["outcomes"]
    known = items_of(actor, product, {row["item"] for row in rows})
    drafts = [outcomes.Draft(**{**row, "item": known[row["item"]]}) for row in rows]
    done = outcomes.record_outcomes(actor=actor, product=product, drafts=drafts)
    return Response({"added": done.added, "known": done.known}, status=201)


@documented(summary="Calibration", responses={200: CalibrationAnswer}, tags=["scoring"])
def read_calibration(request: Request, key: str) -> Response:
    """Predictions of finished items held against what they achieved, and the weights that would follow."""
    product = product_for(actor_of(request), key)
    found = calibrate(product)
    people = User.objects.in_bulk({person for person, _pillar in found.scorers})
    fits = [_fit(fit, pillar) for pillar, fit in found.pillars.items()]
    fits += [_fit(fit, pillar, queue=queue) for (queue, pillar), fit in found.queues.items()]
    fits += [
        _fit(fit, pillar, scorer=people[person].email)
        for (person, pillar), fit in found.scorers.items()
    ]
    weights = [_weights(queue, each) for queue, each in found.weights.items()]
    return Response({"items": found.items, "fits": fits, "weights": weights})


def _fit(
    fit: Fit, pillar: str, *, queue: str | None = None, scorer: str | None = None
) -> dict[str, Any]:
    return {
        "pillar": pillar,
        "queue": queue,
        "scorer": scorer,
        "pairs": fit.items,
        "bias": _estimate(fit.bias),
        "mean_error": _estimate(fit.error),
        "rank_correlation": _estimate(fit.correlation),
    }


def _estimate(each: Estimate | None) -> dict[str, float] | None:
    return {"value": each.value, "low": each.low, "high": each.high} if each else None


def _weights(queue: str, each: WeightProposal) -> dict[str, Any]:
    proposed = each.proposed
    return {
        "queue": queue,
        "items": each.items,
        "now": each.now,
        "proposed": proposed and {name: _estimate(value) for name, value in proposed.items()},
    }


item_outcomes = resource(GET=list_outcomes, POST=record_outcome)
outcome_list = resource(POST=record_outcomes)
calibration = resource(GET=read_calibration)
