"""Reviews over the API: list, start, read, decide, note, withdraw."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import product_for
from accounts.actors import Actor
from accounts.api.endpoints import actor_of, documented, resource
from assets.access import version_for
from core.api.serializers import checked
from core.errors import Invalid
from core.filters import rows_of
from reviews import access, selectors
from reviews.api import shapes
from reviews.filters import NoteFilter, ReviewFilter, notes_filtered
from reviews.models import ReviewCycle
from reviews.recording import as_pdf
from reviews.services.cycles import StagePlan, set_dates, start_review, withdraw_review
from reviews.services.decisions import decide
from reviews.services.notes import (
    add_note,
    reword_note,
    settle_contradiction,
    settle_note,
)

PAGE_SIZE = 50
LARGEST_PAGE = 200

PAGING = [
    OpenApiParameter(
        "product",
        OpenApiTypes.STR,
        description="The product's key; without it, every product of yours.",
    ),
    OpenApiParameter("cursor", OpenApiTypes.STR, description="From `next` of the page before."),
    OpenApiParameter("limit", OpenApiTypes.INT, description=f"Rows a page, 1 to {LARGEST_PAGE}."),
]
LIST_QUERY = [
    *PAGING,
    *(
        OpenApiParameter(name, OpenApiTypes.STR, description=str(each.label or ""))
        for name, each in ReviewFilter.base_filters.items()
    ),
]


def _row(actor: Actor, cycle: ReviewCycle) -> dict[str, Any]:
    return shapes.review_row(cycle, actor.user.pk if actor.user else None)


def answer(actor: Actor, pk: int, status: int = 200) -> Response:
    """The round as it is now."""
    rows = access.cycles_in(actor, access.cycle_for(actor, pk).product).filter(pk=pk)
    response = Response(_row(actor, selectors.with_stages(rows).get()), status=status)
    if status == 201:
        response["Location"] = reverse("api-review", args=[pk])
    return response


@documented(
    summary="List reviews", query=LIST_QUERY, responses={200: shapes.ReviewPage}, tags=["reviews"]
)
def list_reviews(request: Request) -> Response:
    """Rounds of review, the newest first, a page at a time."""
    actor = actor_of(request)
    query = request.query_params.dict()
    key = query.get("product")
    rows = access.cycles_in(actor, product_for(actor, key) if key else None)
    known = {name: value for name, value in query.items() if name in ReviewFilter.base_filters}
    found = rows_of(ReviewFilter(known, rows, user=actor.user))
    page = selectors.newest_first(found, cursor=query.get("cursor"), size=page_size(query))
    return Response({"results": [_row(actor, cycle) for cycle in page.cycles], "next": page.cursor})


def page_size(query: dict[str, str], default: int = PAGE_SIZE) -> int:
    """The ``limit`` of a query. Raises Invalid."""
    raw = query.get("limit", str(default))
    if not raw.isdecimal() or len(raw) > 6 or not 1 <= int(raw) <= LARGEST_PAGE:
        raise Invalid("limit is out of range.", fields={"limit": [f"Use 1 to {LARGEST_PAGE}."]})
    return int(raw)


@documented(
    summary="Start a review of a version",
    request=shapes.StartInput,
    responses={201: shapes.ReviewRow},
    tags=["reviews"],
)
def start_version_review(request: Request, pk: int) -> Response:
    """Open a round on the newest version of an asset. The uploader cannot be a reviewer."""
    actor = actor_of(request)
    version = version_for(actor, pk, "review.start")
    data = checked(shapes.StartInput, request)
    product = version.asset.product
    stages = [
        StagePlan(
            each["kind"],
            access.reviewers_of(product, each["reviewers"], field=f"stages.{index}.reviewers"),
            each.get("quorum"),
            each.get("step"),
        )
        for index, each in enumerate(data["stages"])
    ]
    cycle = start_review(
        actor=actor,
        version=version,
        stages=stages,
        purpose=data.get("purpose", ""),
        opens_at=data.get("opens_at"),
        due_at=data.get("due_at"),
    )
    return answer(actor, cycle.pk, 201)


@documented(summary="Read a review", responses={200: shapes.ReviewRow}, tags=["reviews"])
def read_review(request: Request, pk: int) -> Response:
    """A round with its stages, who is asked, and what they decided."""
    return answer(actor_of(request), pk)


@documented(
    summary="Decide in a review",
    request=shapes.DecideInput,
    responses={200: shapes.ReviewRow},
    tags=["reviews"],
)
def decide_review(request: Request, pk: int) -> Response:
    """Approve, or request changes, in the open stage. One change requested ends the round."""
    actor = actor_of(request)
    cycle = access.cycle_for(actor, pk, "review.decide")
    data = checked(shapes.DecideInput, request)
    decide(actor=actor, cycle=cycle, **{**data, "weight": data.get("weight") or ""})
    return answer(actor, pk)


@documented(
    summary="Change the dates of a review",
    request=shapes.DatesInput,
    responses={200: shapes.ReviewRow},
    tags=["reviews"],
)
def date_review(request: Request, pk: int) -> Response:
    """When an open round begins, and until when verdicts are wanted; what is left out stays as it is."""
    actor = actor_of(request)
    cycle = access.cycle_for(actor, pk, "review.start")
    data = checked(shapes.DatesInput, request)
    set_dates(
        actor=actor,
        cycle=cycle,
        opens_at=data.get("opens_at", cycle.opens_at),
        due_at=data.get("due_at", cycle.due_at),
    )
    return answer(actor, pk)


@documented(
    summary="Withdraw a review",
    request=shapes.WithdrawInput,
    responses={200: shapes.ReviewRow},
    tags=["reviews"],
)
def withdraw_open_review(request: Request, pk: int) -> Response:
    """Close an open round without a verdict, with a reason."""
    actor = actor_of(request)
    cycle = access.cycle_for(actor, pk, "review.start")
    data = checked(shapes.WithdrawInput, request)
    withdraw_review(actor=actor, cycle=cycle, reason=data["reason"])
    return answer(actor, pk)


@documented(
    summary="Notes of a review",
    query=[
        *(
            OpenApiParameter(name, OpenApiTypes.STR, description=str(each.label))
            for name, each in NoteFilter.base_filters.items()
        ),
        OpenApiParameter("cursor", OpenApiTypes.STR, description="From `next` of the page before."),
        OpenApiParameter(
            "limit",
            OpenApiTypes.INT,
            description=f"Notes a page, answers not counted: 1 to {LARGEST_PAGE}, which is also the default.",
        ),
    ],
    responses={200: shapes.NotePage},
    tags=["reviews"],
)
def list_notes(request: Request, pk: int) -> Response:
    """Notes on the version under review with their answers, oldest first."""
    actor = actor_of(request)
    cycle = access.cycle_for(actor, pk)
    query = request.query_params.dict()
    seen = selectors.notes_seen(actor, cycle.version)
    page = selectors.note_page(
        notes_filtered(seen, query),
        seen,
        cursor=query.get("cursor"),
        size=page_size(query, LARGEST_PAGE),
    )
    return Response(
        {"results": [shapes.note_row(note) for note in page.notes], "next": page.cursor}
    )


@documented(
    summary="Note something",
    request=shapes.NoteInput,
    responses={201: shapes.NoteRow},
    tags=["reviews"],
)
def create_note(request: Request, pk: int) -> Response:
    """A note on the version, for the whole or for a place in it."""
    actor = actor_of(request)
    cycle = access.cycle_for(actor, pk, "comment.add")
    data = checked(shapes.NoteInput, request)
    note = add_note(
        actor=actor,
        version=cycle.version,
        cycle=cycle,
        body=data["body"],
        anchor=data.get("anchor"),
        weight=data.get("weight", ""),
        must=data.get("must", False),
        answers=access.note_for(actor, data["answers"]) if data.get("answers") else None,
        brief_line=data.get("brief_line"),
        claim=data.get("claim"),
    )
    return Response(shapes.note_row(note), status=201)


@documented(
    summary="Reword a note",
    request=shapes.NoteWords,
    responses={200: shapes.NoteRow},
    tags=["reviews"],
)
def reword(request: Request, pk: int) -> Response:
    """One's own, until somebody has answered or settled it."""
    actor = actor_of(request)
    note = access.note_for(actor, pk, "comment.add")
    data = checked(shapes.NoteWords, request)
    return Response(shapes.note_row(reword_note(actor=actor, note=note, body=data["body"])))


@documented(
    summary="Settle a note",
    request=shapes.NoteStateInput,
    responses={200: shapes.NoteRow},
    tags=["reviews"],
)
def settle(request: Request, pk: int) -> Response:
    """Resolve it, say that it is not to be done, or open it again."""
    actor = actor_of(request)
    note = access.note_for(actor, pk)
    data = checked(shapes.NoteStateInput, request)
    return Response(shapes.note_row(settle_note(actor=actor, note=note, state=data["state"])))


@documented(
    summary="Contradictions between notes",
    responses={200: shapes.ContradictionRow(many=True)},
    tags=["reviews"],
)
def list_contradictions(request: Request, pk: int) -> Response:
    """Open notes on the same place that ask for opposite things."""
    actor = actor_of(request)
    cycle = access.cycle_for(actor, pk)
    found = selectors.contradictions_on(actor, cycle.version)
    return Response([shapes.contradiction_row(each) for each in found])


@documented(
    summary="Settle a contradiction",
    request=shapes.ContradictionInput,
    responses={200: shapes.ContradictionRow},
    tags=["reviews"],
)
def reconcile(request: Request, pk: int) -> Response:
    """Say which wish holds, or that they do not contradict each other."""
    actor = actor_of(request)
    found = access.contradiction_for(actor, pk, "review.start")
    data = checked(shapes.ContradictionInput, request)
    done = settle_contradiction(actor=actor, contradiction=found, **data)
    return Response(shapes.contradiction_row(done))


@documented(  # type: ignore[arg-type]
    summary="Record of a review as a PDF",
    responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    tags=["reviews"],
)
def read_record(request: Request, pk: int) -> HttpResponseBase:
    """Verdicts, conditions, checklists, and every note in its place. The same round gives the same bytes."""
    actor = actor_of(request)
    return as_pdf(actor, access.cycle_for(actor, pk))


reviews = resource(GET=list_reviews)
version_reviews = resource(POST=start_version_review)
review = resource(GET=read_review)
review_decide = resource(POST=decide_review)
review_dates = resource(POST=date_review)
review_withdraw = resource(POST=withdraw_open_review)
review_notes = resource(GET=list_notes, POST=create_note)
note = resource(PATCH=reword)
review_record = resource(GET=read_record)
note_settle = resource(POST=settle)
review_contradictions = resource(GET=list_contradictions)
contradiction_settle = resource(POST=reconcile)
