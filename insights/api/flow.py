"""Flow figures and the five answers over the API."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.api.endpoints import actor_of, documented, resource
from core.api.serializers import Shape
from core.errors import Invalid
from insights.answers import answers as five_answers
from insights.figures import ASSUMED_POINTS, SHARE_DAYS, Flow, Times, Week
from insights.selectors.leadership import WEEKS, flow_of, leadership_of

MOST_WEEKS = 104
DEFINITIONS = {
    "weeks": "ISO weeks, Monday first; an instant counts on its date in UTC. The last week may be under way.",
    "open": "triage, accepted, in progress and in review, as the change log says; before it begins, by the dates.",
    "lead_time": "days from the date an item was created to the date it was finished; the same day is 0",
    "cycle_time": "days from the date work was started to the date it was finished; the same day is 0",
    "finished": "done; declined items are counted apart and have no lead time",
    "percentiles": "linear: between sorted values at q·(n−1), as Excel's PERCENTILE.INC; nearest: the smallest value"
    " that at least q of all do not exceed",
    "points": f"finished effort; an item without an estimate counts {ASSUMED_POINTS:g}",
    "share": f"part of the points finished in the last {SHARE_DAYS} days",
}


class PercentileShape(Shape):
    p50 = serializers.FloatField()
    p85 = serializers.FloatField()
    p95 = serializers.FloatField()


class TimesShape(Shape):
    count = serializers.IntegerField()
    left_out = serializers.IntegerField(help_text="finished items whose dates give no duration")
    mean = serializers.FloatField(allow_null=True)
    linear = PercentileShape(allow_null=True)
    nearest = PercentileShape(allow_null=True)


class WeekShape(Shape):
    week = serializers.CharField(help_text="2020-W02")
    starts_on = serializers.DateField()
    arrivals = serializers.IntegerField()
    finished = serializers.IntegerField()
    declined = serializers.IntegerField()
    open = serializers.IntegerField(help_text="open items at its end")
    open_by_queue = serializers.DictField(child=serializers.IntegerField())
    by_state = serializers.DictField(child=serializers.IntegerField())
    points_by_queue = serializers.DictField(child=serializers.FloatField())


class QueueShape(Shape):
    queue = serializers.CharField()
    open = serializers.IntegerField()
    points = serializers.FloatField()
    share = serializers.FloatField(allow_null=True)
    promised = serializers.FloatField()
    lead_time_days = TimesShape()
    cycle_time_days = TimesShape()


class FlowShape(Shape):
    product = serializers.CharField()
    at = serializers.DateTimeField()
    weekly = WeekShape(many=True)
    lead_time_days = TimesShape()
    cycle_time_days = TimesShape()
    queues = QueueShape(many=True)
    definitions = serializers.DictField(child=serializers.CharField())


class LinkShape(Shape):
    text = serializers.CharField(help_text="as it stands in the answer")
    url = serializers.CharField(help_text="the items that it counts")


class AnswerShape(Shape):
    key = serializers.CharField()
    question = serializers.CharField()
    answer = serializers.CharField()
    known = serializers.BooleanField(
        help_text="false: the data does not tell, and the answer says what would"
    )
    trend = serializers.ListField(child=serializers.FloatField(allow_null=True))
    links = LinkShape(many=True)


@documented(
    summary="Read the flow of a product",
    responses={200: FlowShape},
    query=[
        OpenApiParameter(
            "weeks",
            OpenApiTypes.INT,
            description=f"How many, 1 to {MOST_WEEKS}; {WEEKS} if not said.",
        ),
        OpenApiParameter(
            "until", OpenApiTypes.DATE, description="A day of the last week; today if not said."
        ),
    ],
    tags=["insights"],
)
def read_flow(request: Request, key: str) -> Response:
    """Arrivals, throughput and open items by week; lead and cycle time; the queues beside what they are promised.

    `definitions` says how each figure is counted. `queues` tells the present, whatever `until` is, but for its lead
    and cycle times.
    """
    product = product_for(actor_of(request), key)
    now = timezone.now()
    last, weeks = _wanted(request, now)
    found = flow_of(product, now=now, last=last, weeks=weeks)
    return Response(
        {
            "product": product.key,
            "at": now,
            "weekly": [_week(week) for week in found.weeks],
            "lead_time_days": _times(found.lead),
            "cycle_time_days": _times(found.cycle),
            "queues": _queues(found),
            "definitions": DEFINITIONS,
        }
    )


def _wanted(request: Request, now: dt.datetime) -> tuple[dt.date, int]:
    today = now.astimezone(dt.UTC).date()
    raw = request.query_params.get("weeks", str(WEEKS))
    if not (raw.isdecimal() and len(raw) < 4 and 1 <= int(raw) <= MOST_WEEKS):
        raise Invalid(
            "That many weeks cannot be shown.", fields={"weeks": [f"Give 1 to {MOST_WEEKS}."]}
        )
    try:
        last = dt.date.fromisoformat(request.query_params.get("until", today.isoformat()))
    except ValueError:
        last = dt.date.max
    if not dt.date(1980, 1, 1) <= last <= today:
        raise Invalid(
            "That is no day that has been.",
            fields={"until": ["Give a day such as 2026-03-31, not after today."]},
        )
    return last, int(raw)


def _week(week: Week) -> dict[str, Any]:
    return {
        "week": week.name,
        "starts_on": week.first,
        "arrivals": week.arrivals,
        "finished": week.finished,
        "declined": week.declined,
        "open": week.open,
        "open_by_queue": {queue or "none": count for queue, count in week.queues.items()},
        "by_state": week.states,
        "points_by_queue": week.points,
    }


def _times(times: Times) -> dict[str, Any]:
    def named(values: dict[float, float] | None) -> dict[str, float] | None:
        return {f"p{percent:g}": value for percent, value in values.items()} if values else None

    return {
        "count": times.count,
        "left_out": times.left_out,
        "mean": times.mean,
        "linear": named(times.linear),
        "nearest": named(times.nearest),
    }


def _queues(found: Flow) -> list[dict[str, Any]]:
    rows = []
    for share in found.shares:
        lead, cycle = found.by_queue[share.queue]
        rows.append(
            {
                "queue": share.queue,
                "open": share.open,
                "points": share.points,
                "share": share.share,
                "promised": share.promised,
                "lead_time_days": _times(lead),
                "cycle_time_days": _times(cycle),
            }
        )
    return rows


@documented(
    summary="Read the five answers", responses={200: AnswerShape(many=True)}, tags=["insights"]
)
def read_answers(request: Request, key: str) -> Response:
    """What the leadership page says: promises, strategy share, trust, outcome, decisions that wait."""
    product = product_for(actor_of(request), key)
    found = leadership_of(product, now=timezone.now())
    return Response(
        [
            {
                "key": answer.key,
                "question": answer.question,
                "answer": answer.text,
                "known": answer.known,
                "trend": list(answer.trend),
                "links": [
                    {"text": part.text, "url": f"{settings.SITE_URL}{part.url}"}
                    for part in answer.parts
                    if part.url
                ],
            }
            for answer in five_answers(product.key, found)
        ]
    )


flow = resource(GET=read_flow)
answers = resource(GET=read_answers)
