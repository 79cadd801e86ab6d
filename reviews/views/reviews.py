"""The lists of reviews, and one review with the version it is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import dropwhile
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from assets import comparing, viewing
from assets import selectors as asset_selectors
from assets.access import version_of
from assets.models import Version
from assets.vocabulary import AssetKind
from backlog.brief_lines import LineInForce, lines_for, lines_of_versions
from core.filters import asked_of
from reviews import access, planning, selectors, speed
from reviews.forms import DecideForm, NoteForm, WithdrawForm, checks_of
from reviews.guests import guest_box
from reviews.models import Layer, ReviewCycle, Stage
from reviews.panels import cycle_rows, stage_rows
from reviews.recording import as_pdf
from reviews.services.approvals import part_words
from reviews.threads import marks, note_box
from reviews.vocabulary import TONES, ApprovalState, CycleState, StageState, Verdict

PAGE_SIZE = 50


@page
@require_safe
def reviews(request: HttpRequest, key: str) -> HttpResponse:
    """What waits for me first, then what else is open, then what is closed. ``?open=``, ``?closed=``: later pages."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    asked = asked_of(request.GET, ("open", "closed"))
    rows = access.cycles_in(actor, product)
    first = not asked
    waiting = selectors.waiting_for(actor, product) if first else []

    def listed(rows: QuerySet[ReviewCycle], name: str) -> dict[str, Any]:
        """A page of ``rows``, if the address asks for it or for none in particular."""
        if not first and name not in asked:
            return {"rows": [], "cursor": None}
        page = selectors.newest_first(
            rows, cursor=asked.get(name), size=PAGE_SIZE, load=selectors.as_listed
        )
        found = [selectors.within(cycle, product) for cycle in page.cycles]
        return {"rows": cycle_rows(found), "cursor": page.cursor}

    context: dict[str, Any] = {
        "first": first,
        "waiting_rows": cycle_rows(waiting),
        "opened": listed(
            rows.filter(state=CycleState.OPEN).exclude(pk__in=[each.pk for each in waiting]), "open"
        ),
        "past": listed(rows.exclude(state=CycleState.OPEN), "closed"),
    }
    if first:
        context |= speed.load_box(product)
    return show(request, "reviews/reviews.html", context, product=product, active="reviews")


@page
@require_safe
def how_long(request: HttpRequest, key: str) -> HttpResponse:
    """How long verdicts take: by layer, by reviewer, by round, month by month (R115)."""
    product = product_for(Actor.of(request), key)
    figures = speed.figures(product, timezone.now())
    since_first = list(dropwhile(lambda month: not month["times"].n, figures["months"]))
    context = {**figures, "chart": _by_month(since_first)}
    return show(request, "reviews/velocity.html", context, product=product, active="reviews")


def _by_month(months: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Hours to a verdict month by month, as a chart with its table; a month without verdicts is a gap."""

    def said(hours: float | None) -> str:
        return "–" if hours is None else localize(round(hours, 1))

    def line(name: str, values: Iterable[float | None]) -> dict[str, Any]:
        return {
            "name": name,
            "values": [None if each is None else round(each, 1) for each in values],
        }

    names = [date_format(month["first"], "M Y") for month in months]
    found = [month["times"] for month in months]
    return {
        "id": "velocity",
        "kind": "line",
        "title": _("Hours to a verdict, by month of the verdict"),
        "open": True,
        "data": {
            "unit": "h",
            "x": names,
            "series": [
                line(_("Median"), (each.median for each in found)),
                line(_("85% within"), (each.p85 for each in found)),
            ],
        },
        "columns": [_("Month"), _("Median, h"), _("85% within, h"), _("Verdicts")],
        "rows": [
            [name, said(each.median), said(each.p85), each.n]
            for name, each in zip(names, found, strict=True)
        ],
    }


@page
@require_safe
def review(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """One round: versions on the left, the version in the middle, stage and notes on the right.

    ``?compare=2``: beside an earlier version, as the page that compares takes ``show`` and ``all``.
    """
    actor = Actor.of(request)
    product = product_for(actor, key)
    cycle = access.cycle_for(actor, pk, product=product)
    deciding = request.GET.get("decide", "")
    form = decide_form(cycle, deciding) if deciding in Verdict.values else None
    context = review_context(actor, cycle, asked=request.GET) | {"deciding": form}
    context |= _compared(request, actor, cycle)
    return show(request, "reviews/review.html", context, product=product, active="reviews")


@page
@require_safe
def record(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """The round with its verdicts and notes, as a PDF."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    cycle = access.cycle_for(actor, pk, product=product)
    return as_pdf(actor, cycle)


def _compared(request: HttpRequest, actor: Actor, cycle: ReviewCycle) -> dict[str, Any]:
    """The version beside an earlier one that was asked for; nothing for what is no earlier version."""
    asked = request.GET.get("compare", "")
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 8):
        return {}
    number = int(asked)
    if not 0 < number < cycle.version.number:
        return {}
    before = version_of(actor, cycle.asset, number)
    return {
        "comparison": comparing.comparison(before, cycle.version, whole="all" in request.GET),
        "inline": request.GET.get("show") == "inline",
        "compared": number,
        "keep": f"compare={number}&",
    }


def decide_form(cycle: ReviewCycle, verdict: str) -> DecideForm:
    """An empty form for one of the two verdicts."""
    return DecideForm(initial={"verdict": verdict, "sha256": cycle.version.sha256})


def review_context(
    actor: Actor,
    cycle: ReviewCycle,
    note_form: NoteForm | None = None,
    asked: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What the page of a round shows; ``note_form``: one that was refused; ``asked``: which notes, by the address."""
    version, asset, product = cycle.version, cycle.asset, cycle.product
    histories = selectors.histories(asset)
    versions = asset_selectors.versions_of(asset)
    rounds = histories[version.pk].rounds
    loaded = next(each for each in rounds if each.pk == cycle.pk)
    stage = selectors.open_stage(loaded)
    notes = note_box(
        selectors.notes_seen(actor, version),
        reader=actor.user,
        stages=selectors.stages_of(loaded),
        asked=asked or {},
        here=reverse("review", args=[product.key, cycle.pk]),
    )
    mine = [
        row
        for row in selectors.stages_of(loaded)
        if row.state == StageState.OPEN and _waits(row, actor)
    ]
    following = selectors.next_waiting(actor, cycle)
    lines = lines_for(asset.item, asset.increment)
    held = (
        []
        if cycle.state == CycleState.OPEN
        else list(cycle.brief_versions.select_related("brief").order_by("brief__number"))
    )
    claims = asset_selectors.claims_of(version) if version.kind == AssetKind.TEXT else []
    note_form = note_form or NoteForm(kind=version.kind)
    note_form.offer(lines, claims)
    return {
        "cycle": cycle,
        "asset": asset,
        "item": asset.item,
        "version": version,
        "versions": _rail(cycle, versions, histories),
        "newest_number": asset.versions_count,
        "before": _before(version, versions, histories),
        "stage": mine[0] if mine else stage,
        "stages": stage_rows(loaded),
        "viewer": viewing.viewer(version, marks=marks(notes["listed"])),
        "notes": notes,
        "contradictions": selectors.contradictions_on(actor, version),
        "brief_lines": lines if cycle.state == CycleState.OPEN else lines_of_versions(held),
        "held_against": held,
        "claims": claims,
        "note_form": note_form,
        "may_note": rights.allowed(actor, "comment.add", product)
        and version.number == asset.versions_count,
        "may_settle": rights.allowed(actor, "review.start", product)
        and version.number == asset.versions_count,
        "may_decide": bool(mine) and rights.allowed(actor, "review.decide", product),
        "may_withdraw": cycle.state == CycleState.OPEN
        and rights.allowed(actor, "review.start", product),
        "not_begun": cycle.state == CycleState.OPEN and selectors.is_planned(cycle),
        "withdraw_form": WithdrawForm(),
        "unasked": _unasked(loaded, lines) if cycle.state == CycleState.OPEN else [],
        "checks": checks_of(mine[0] if mine else stage),
        "approve_form": decide_form(cycle, Verdict.APPROVE),
        "changes_form": decide_form(cycle, Verdict.REQUEST_CHANGES),
        "foot_words": _voided(cycle),
        "next_url": reverse("review", args=[product.key, following]) if following else "",
        "list_url": reverse("reviews", args=[product.key]),
    } | guest_box(actor, cycle)


def _unasked(cycle: ReviewCycle, lines: Sequence[LineInForce]) -> list[planning.Needed]:
    """What signed briefs demand that an open round does not ask: nobody of the layer's group may decide.

    One query, and those of :func:`planning.outstanding` where a layer is demanded and not asked.
    """
    kinds = {line.kind for line in lines if line.signed}
    if not kinds:
        return []
    asked = {stage.layer_id for stage in cycle.stages.all() if stage.layer_id is not None}
    others = Layer.objects.filter(product=cycle.product, retired_at=None).exclude(pk__in=asked)
    if not any(kinds & set(demanded) for demanded in others.values_list("demanded_by", flat=True)):
        return []
    return [each for each in planning.outstanding(cycle.version) if each.layer.pk not in asked]


def _before(
    version: Version, versions: list[Version], histories: dict[int, selectors.History]
) -> int | None:
    """What a reviewer compares with first: the newest earlier version that somebody approved, else the one before."""
    approved = [
        each.number
        for each in versions
        if each.number < version.number and each.pk in histories and histories[each.pk].approvals
    ]
    return max(approved, default=version.number - 1) or None


def _waits(stage: Stage, actor: Actor) -> bool:
    return actor.user is not None and any(
        each.waiting and each.reviewer_id == actor.user.pk for each in stage.assignments.all()
    )


def _voided(cycle: ReviewCycle) -> list[str]:
    """What the foot says of approvals that are lost: "legal was voided by a change to claims", "brand was revoked"."""
    rows = selectors.approvals_of(cycle.asset)
    held = {row.layer_id for row in rows if row.state == ApprovalState.VALID}
    newest = {
        row.layer_id: row
        for row in reversed(rows)
        if row.state == ApprovalState.VOID and row.voided_parts and row.layer_id not in held
    }
    return [
        _("%(layer)s was voided by a change to %(parts)s")
        % {
            "layer": row.layer.name.lower(),
            "parts": ", ".join(part_words(cycle.version.kind, row.voided_parts)),
        }
        for row in newest.values()
    ] + [
        _("%(layer)s was revoked") % {"layer": stage.name.lower()}
        for stage in (
            selectors.lapsed(cycle)
            if any(row.state == ApprovalState.REVOKED for row in rows)
            else []
        )
        if stage.layer_id not in newest
    ]


def _rail(
    cycle: ReviewCycle, versions: list[Version], histories: dict[int, selectors.History]
) -> list[dict[str, Any]]:
    """The versions, newest first, each with its latest round and its approvals."""
    rows = []
    for version in versions:
        history = histories.get(version.pk, selectors.History())
        latest = history.rounds[0] if history.rounds else None
        where = (
            [cycle.product.key, latest.pk]
            if latest
            else [cycle.product.key, cycle.asset_id, version.number]
        )
        standing = selectors.standing(latest)
        rows.append(
            {
                "version": version,
                "url": reverse("review" if latest else "asset-version", args=where),
                "word": standing.word,
                "tone": TONES[standing.state],
                "approvals": history.approvals,
                "current": version.pk == cycle.version_id,
            }
        )
    return rows
