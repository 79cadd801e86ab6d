"""What a draft would do, in the browser; and publishing it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import rights
from accounts.actors import Actor
from accounts.pages import page, show
from backlog.access import item_of
from core.errors import DomainError, Invalid
from core.htmx import go, wants_fragment
from scoring import access, drafts
from scoring.engine.flips import Flip
from scoring.jobs.previews import Preview
from scoring.models import RubricDraft
from scoring.rubrics import PILLARS, QUEUES, Rubric, parse_rubric, rubric_data
from scoring.services import publishing, trying
from scoring.views.draft_form import from_post, plain, where
from scoring.views.rubric import grouped

ROWS = 50
ONLY = {
    "moved": gettext_lazy("that move"),
    "top": gettext_lazy("in or out of the top"),
    "band": gettext_lazy("that change band"),
    "scored": gettext_lazy("scored or no longer scored"),
}
HEADS = (
    ("item", gettext_lazy("Item")),
    ("before", gettext_lazy("Rank now")),
    ("after", gettext_lazy("Rank then")),
    ("moved", gettext_lazy("Places")),
    ("points", gettext_lazy("Points")),
)


@page
def preview(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Headline, figures per queue, weights side by side, moves. Reads only."""
    draft = access.draft_for(Actor.of(request), key, pk)
    return _page(request, draft)


def _page(
    request: HttpRequest, draft: RubricDraft, error: DomainError | None = None, status: int = 200
) -> HttpResponse:
    actor = Actor.of(request)
    product = draft.product
    data = drafts.sound(draft.data)
    problems = [
        {"where": where(each.path, data), "message": each.message} for each in drafts.problems(data)
    ]
    context: dict[str, Any] = {"draft": draft, "problems": problems, "error": error}
    if not problems:
        fresh = error is not None
        try:
            found = trying.try_draft(
                draft, None if fresh else _instant(request.GET.get("at")), _top(request)
            )
        except Invalid:
            found = trying.try_draft(draft, None, None)  # an old link: look at it as of now
        context |= _figures(found) | _moves(request, draft, found)
        may = rights.allowed(actor, "rubric.publish", product)
        context |= {
            "may_publish": may and draft.published_as is None and draft.discarded_at is None,
            "refusal": "" if may else rights.refusal(actor, "rubric.publish", product),
            "may_edit": rights.allowed(actor, "rubric.draft", product)
            and draft.published_as is None
            and draft.discarded_at is None,
            "reason": request.POST.get("reason", ""),
            "weights": _weights(found.in_force, found.rubric),
            "differences": grouped(rubric_data(found.in_force), data),
        }
    return show(
        request, "scoring/preview.html", context, product=product, active="rubric", status=status
    )


@page
def slide(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """The figures with some weights slid about. Reads only: nothing of it is saved."""
    draft = access.draft_for(Actor.of(request), key, pk)
    data = drafts.sound(from_post(request.POST.dict(), draft.data))
    for queue in QUEUES:
        data = drafts.stepped(data, f"even:{queue}")
    problems = drafts.problems(data)
    if problems:
        raise Invalid(f"{where(problems[0].path, data)}: {problems[0].message}")
    found = trying.try_rubric(
        draft.product, parse_rubric(data), _instant(request.POST.get("at")), _top(request)
    )
    context = {"draft": draft, "slid": True, **_figures(found)}
    if wants_fragment(request):
        return show(
            request, "scoring/_preview_figures.html#figures", context, product=draft.product
        )
    return show(
        request, "scoring/preview_slid.html", context, product=draft.product, active="rubric"
    )


@page
def flips(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """What would flip one item's place, or those around the cut of a queue."""
    actor = Actor.of(request)
    draft = access.draft_for(actor, key, pk)
    found = trying.try_draft(draft, _instant(request.GET.get("at")), _top(request))
    queue = request.GET.get("queue", "")
    if queue in QUEUES:
        ids = trying.around_the_cut(found, queue)
    else:
        ids = [item_of(actor, draft.product, request.GET.get("item", "")).pk]
    outlooks = trying.outlooks_of(found, ids)
    described = trying.described(found, [row for row, _outlook in outlooks])
    context = {
        "draft": draft,
        "queue": drafts.QUEUE_WORDS.get(queue, ""),
        "rows": [
            {
                **row,
                "rank": outlook.rank,
                "inside": outlook.inside,
                "top": outlook.top,
                "flips": [_said(found.rubric, flip) for flip in outlook.flips],
            }
            for row, (_place, outlook) in zip(described, outlooks, strict=True)
        ],
        "asked": request.GET.get("item", ""),
        "back": f"{reverse('rubric-preview', args=[key, pk])}?{urlencode({'at': found.at.isoformat()})}",
    }
    if wants_fragment(request):
        return show(request, "scoring/flips.html#flips", context, product=draft.product)
    return show(request, "scoring/flips.html", context, product=draft.product, active="rubric")


@page
def publish(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """What the page showed becomes the next version."""
    actor = Actor.of(request)
    draft = access.draft_for(actor, key, pk, "rubric.publish")
    try:
        publication = publishing.publish(
            actor=actor,
            draft=draft,
            reason=request.POST.get("reason", "")[:5000],
            at=_instant(request.POST.get("at")) or timezone.now(),
            digest=request.POST.get("digest", ""),
            top=_top(request),
            accept_changes=request.POST.get("accept_changes") == "true",
        )
    except (publishing.Changed, Invalid) as error:
        return _page(request, draft, error, error.status)
    number = publication.version.number
    if publication.applied_at is None:
        messages.success(
            request,
            _("Version %(n)s is in force; %(items)s items are being scored with it.")
            % {"n": number, "items": publication.items},
        )
    else:
        messages.success(request, _("Version %(n)s is in force.") % {"n": number})
    return go(request, reverse("rubric", args=[key]))


# --- What the templates read ----------------------------------------------------------------------------


def _figures(found: Preview) -> dict[str, Any]:
    total = found.comparison.total
    return {
        "at": found.at,
        "at_iso": found.at.isoformat(),
        "digest": found.digest,
        "number": found.number,
        "next_number": found.number + 1,
        "sentence": publishing.sentence(found),
        "total": total,
        "tau": total.agreement.tau,
        "holds": found.holds,
        "top": "" if found.holds else found.tops[0],
        "queues": [
            {
                "queue": queue,
                "name": drafts.QUEUE_WORDS[queue],
                "counts": counts,
                "tau": counts.agreement.tau,
            }
            for queue, counts in found.comparison.queues.items()
        ],
        "crossings": [
            {"from": old or "none", "to": new or "none", "items": times}
            for (old, new), times in sorted(total.bands.items())
        ],
    }


def _moves(request: HttpRequest, draft: RubricDraft, found: Preview) -> dict[str, Any]:
    queue = request.GET.get("queue", "")
    queue = queue if queue in QUEUES else ""
    only = request.GET.get("only", "moved")
    only = only if only in (*ONLY, "all") else "moved"
    order = request.GET.get("order", "moved")
    order = order if order in trying.ORDERS else "moved"
    start = request.GET.get("from", "0")
    offset = int(start) if start.isdecimal() and len(start) < 9 else 0
    rows = trying.chosen_rows(found, queue=queue, only="" if only == "all" else only, order=order)
    kept = {"at": found.at.isoformat(), "queue": queue, "only": only, "order": order}
    if not found.holds:
        kept["top"] = str(found.tops[0])
    address = reverse("rubric-preview", args=[draft.product.key, draft.pk])

    def link(**changes: Any) -> str:
        asked = {name: value for name, value in {**kept, **changes}.items() if value != ""}
        return f"{address}?{urlencode(asked)}#moves"

    moves = trying.described(found, rows[offset : offset + ROWS].tolist())
    for move in moves:
        move["places"] = move["rank_before"] - move["rank_after"]
        move["fell"] = -move["places"]
    names = {"": _("any queue"), **drafts.QUEUE_WORDS}
    return {
        "moves": moves,
        "count": len(rows),
        "first": offset + 1,
        "last": min(offset + ROWS, len(rows)),
        "newer": link(**{"from": max(0, offset - ROWS)}) if offset else "",
        "older": link(**{"from": offset + ROWS}) if offset + ROWS < len(rows) else "",
        "heads": [
            {
                "label": label,
                "url": link(order=name),
                "current": name == order,
                "num": name != "item",
            }
            for name, label in HEADS
        ],
        "queue_links": [(name, link(queue=each), each == queue) for each, name in names.items()],
        "queue_name": names[queue],
        "only_links": [
            (name, link(only=each), each == only)
            for each, name in {**ONLY, "all": _("all of them")}.items()
        ],
        "only_name": {**ONLY, "all": _("all of them")}[only],
        "flips_query": urlencode({k: v for k, v in kept.items() if k in ("at", "top")}),
    }


def _weights(before: Rubric, after: Rubric) -> dict[str, Any]:
    """Weights side by side, each with the name of its field in the draft."""
    old = {criterion.key: criterion.weight for criterion in before.criteria}
    return {
        "criteria": [
            {
                "label": criterion.label,
                "pillar": criterion.pillar,
                "name": f"criteria.{position}.weight",
                "before": plain(old.get(criterion.key)),
                "after": plain(criterion.weight),
                "most": max(10, round(3 * criterion.weight)),
                "changed": old.get(criterion.key) != criterion.weight,
            }
            for position, criterion in enumerate(after.criteria)
        ],
        "queues": [
            {
                "queue": profile.queue,
                "name": drafts.QUEUE_WORDS[profile.queue],
                "pillars": [
                    {
                        "label": pillar,
                        "name": f"profiles.{profile.queue}.weights.{pillar}",
                        "before": plain(was),
                        "after": plain(will),
                        "changed": was != will,
                    }
                    for pillar, was, will in zip(
                        PILLARS, old_profile.weights, profile.weights, strict=True
                    )
                ],
            }
            for old_profile, profile in zip(before.profiles, after.profiles, strict=True)
        ],
    }


def _said(rubric: Rubric, flip: Flip) -> dict[str, Any]:
    """A flip in words."""
    if flip.kind == "criterion":
        label = rubric.criteria[rubric.criterion_index[flip.key]].label
        what = _("the weight of “%(name)s”") % {"name": label}
    else:
        what = _("the weight of the pillar %(name)s") % {"name": flip.key}
    direction = _("raise") if flip.change > 0 else _("lower")
    if flip.change == 0:
        words = _("%(what)s: the slightest change") % {"what": what}
    else:
        words = _("%(way)s %(what)s from %(now)s to %(at)s") % {
            "way": direction,
            "what": what,
            "now": f"{flip.now:.4g}",
            "at": f"{flip.at:.4g}",
        }
    return {"words": words, "percent": 100 * flip.size, "exact": repr(flip.at)}


def _instant(raw: str | None) -> datetime | None:
    if not raw:
        return None
    try:
        found = parse_datetime(raw.replace(" ", "+"))
    except ValueError:
        return None
    return found if found is not None and timezone.is_aware(found) else None


def _top(request: HttpRequest) -> int | None:
    raw = request.POST.get("top") or request.GET.get("top") or ""
    return int(raw) if raw.isdecimal() and len(raw) < 7 and int(raw) > 0 else None
