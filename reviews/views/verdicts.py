"""What is done to a review: start, decide, note, withdraw. All by plain forms."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from assets.access import asset_for, version_of
from core.errors import Conflict, Invalid, NotFound
from core.htmx import go
from reviews import access, planning, selectors
from reviews.forms import DatesForm, DecideForm, NoteForm, StartForm, WithdrawForm, checks_of
from reviews.models import Note, ReviewCycle
from reviews.places import place_words
from reviews.services.cycles import set_dates, start_review, withdraw_review
from reviews.services.decisions import decide as decide_review
from reviews.services.notes import (
    add_note,
    reword_note,
    settle_contradiction,
    settle_note,
)
from reviews.threads import asked_again
from reviews.views.reviews import review_context
from reviews.vocabulary import CycleState, Verdict


@page
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, key: str, pk: int, number: int) -> HttpResponse:
    """Ask for a review of the newest version."""
    actor = Actor.of(request)
    product = product_for(actor, key, "review.start")
    asset = asset_for(actor, pk, product=product)
    version = version_of(actor, asset, number)
    opposite = selectors.contradictions_on(actor, version, open_only=True)
    form = StartForm(request.POST if request.method == "POST" else None, version=version)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                cycle = start_review(
                    actor=actor,
                    version=version,
                    stages=form.plans(),
                    purpose=form.cleaned_data["purpose"],
                    opens_at=form.cleaned_data["opens_at"],
                    due_at=form.cleaned_data["due_at"],
                )
            except (Invalid, Conflict) as error:
                form.take(error)
                status = error.status
            else:
                messages.success(request, _begun(cycle, len(opposite)))
                return go(request, _url(cycle))
    context = {
        "form": form,
        "asset": asset,
        "version": version,
        "item": asset.item,
        "contradictions": opposite,
    }
    return show(
        request, "reviews/start.html", context, product=product, active="reviews", status=status
    )


def _begun(cycle: ReviewCycle, count: int) -> str:
    sentence = f"The review of version {cycle.version.number} has begun."
    if cycle.opens_at is not None:
        day = date_format(timezone.localtime(cycle.opens_at), "j M Y, H:i")
        sentence = f"The review of version {cycle.version.number} begins on {day}."
    if not count:
        return sentence
    pairs = "pair of notes asks" if count == 1 else "pairs of notes ask"
    return f"{sentence} {count} {pairs} for opposite things: settle that first."


@page
@require_POST
def decide(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Approve, or request changes."""
    actor = Actor.of(request)
    product = product_for(actor, key, "review.decide")
    cycle = access.cycle_for(actor, pk, product=product)
    form = DecideForm(request.POST)
    status = 422
    if form.is_valid():
        data = form.cleaned_data
        weight = data["weight"] if data["verdict"] == Verdict.REQUEST_CHANGES else ""
        try:
            decide_review(
                actor=actor,
                cycle=cycle,
                verdict=data["verdict"],
                sha256=data["sha256"],
                note=data["note"],
                weight=weight,
                conditions=data["conditions"] if data["verdict"] == Verdict.APPROVE else "",
                checked=form.answers(),
                stage=data["stage"],
            )
        except (Invalid, Conflict) as error:
            form.take(error)
            status = error.status
        else:
            messages.success(request, _done(access.cycle_for(actor, pk), data["verdict"]))
            return go(request, _url(cycle))
    context = review_context(actor, access.cycle_for(actor, pk, product=product)) | {
        "deciding": form
    }
    context["checks"] = checks_of(context["stage"], form.answers())
    return show(
        request, "reviews/review.html", context, product=product, active="reviews", status=status
    )


def _done(cycle: ReviewCycle, verdict: str) -> str:
    what = "approved" if verdict == Verdict.APPROVE else "requested changes to"
    version = cycle.version
    sentence = f"You {what} version {version.number}, sha256 {version.short_hash}…"
    if cycle.state != CycleState.APPROVED:
        return sentence
    lacking = planning.outstanding(version)
    if lacking:
        return (
            f"{sentence} All stages have approved it, but {lacking[0].demanded[0].key} demands"
            f" {lacking[0].layer.name.lower()} too, whose group has nobody who may decide: it is not published before."
        )
    return f"{sentence} All stages have approved it."


@page
@require_POST
def note(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Note something on the version under review."""
    actor = Actor.of(request)
    product = product_for(actor, key, "comment.add")
    cycle = access.cycle_for(actor, pk, product=product)
    form = NoteForm(request.POST, kind=cycle.version.kind)
    status = 422
    if form.is_valid():
        try:
            made = add_note(
                actor=actor,
                version=cycle.version,
                cycle=cycle,
                body=form.cleaned_data["body"],
                anchor=form.anchor(),
                weight=form.cleaned_data["weight"],
                must=form.cleaned_data["must"],
                answers=access.note_for(actor, form.cleaned_data["answers"])
                if form.cleaned_data["answers"]
                else None,
                brief_line=form.about_which("line"),
                claim=form.about_which("claim"),
            )
            return go(request, _at_note(cycle, made))
        except (Invalid, Conflict) as error:
            form.take(error)
            status = error.status
    context = review_context(actor, cycle, form) | {"deciding": None}
    return show(
        request, "reviews/review.html", context, product=product, active="reviews", status=status
    )


@page
@require_POST
def settle(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Resolve a note, say that it is not to be done, or open it again; then on in the list as it was filtered."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    found = access.note_for(actor, pk)
    if found.product_id != product.pk:
        raise NotFound
    settle_note(actor=actor, note=found, state=request.POST.get("state", "")[:20])
    again = asked_again(request.POST.get("again", ""))
    back = _back(found)
    return go(request, f"{back.partition('?')[0]}?{again}#notes" if again else back)


@page
@require_http_methods(["GET", "HEAD", "POST"])
def reword(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Change one's own words."""
    actor = Actor.of(request)
    product = product_for(actor, key, "comment.add")
    found = access.note_for(actor, pk)
    if found.product_id != product.pk:
        raise NotFound
    posted = request.POST if request.method == "POST" else None
    form = NoteForm(posted, kind=found.version.kind, initial={"body": found.body})
    status = 200
    if posted is not None:
        status = 422
        if form.is_valid():
            try:
                reword_note(actor=actor, note=found, body=form.cleaned_data["body"])
                return go(request, _back(found))
            except (Invalid, Conflict) as error:
                form.take(error)
                status = error.status
    context = {
        "form": form,
        "note": found,
        "place": place_words(found.anchor),
        "back": _back(found),
    }
    return show(
        request, "reviews/reword.html", context, product=product, active="reviews", status=status
    )


@page
@require_POST
def reconcile(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Settle two notes that ask for opposite things."""
    actor = Actor.of(request)
    product = product_for(actor, key, "review.start")
    found = access.contradiction_for(actor, pk)
    if found.product_id != product.pk:
        raise NotFound
    settle_contradiction(
        actor=actor,
        contradiction=found,
        state=request.POST.get("state", "")[:20],
        outcome=request.POST.get("outcome", "")[:600],
    )
    return go(request, _back(found.first))


def _back(note: Note) -> str:
    """The page of the newest round on the note's version, at the note; the version's page where there is none."""
    version = note.version
    cycle = ReviewCycle.objects.filter(version=version).order_by("-round").first()
    if cycle is None:
        return reverse("asset-version", args=[note.product.key, version.asset_id, version.number])
    cycle.product = note.product
    return _at_note(cycle, note)


def _at_note(cycle: ReviewCycle, note: Note) -> str:
    """The page of a round that holds a note of it, at the note."""
    return f"{_url(cycle)}?note={note.pk}#note-{note.pk}"


@page
@require_POST
def withdraw(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Close an open round without a verdict."""
    actor = Actor.of(request)
    product = product_for(actor, key, "review.start")
    cycle = access.cycle_for(actor, pk, product=product)
    form = WithdrawForm(request.POST)
    status = 422
    if form.is_valid():
        try:
            withdraw_review(actor=actor, cycle=cycle, reason=form.cleaned_data["reason"])
        except (Invalid, Conflict) as error:
            form.take(error)
            status = error.status
        else:
            messages.success(request, f"The review of version {cycle.version.number} is withdrawn.")
            return go(request, _url(cycle))
    context = review_context(actor, cycle) | {"withdraw_form": form, "deciding": None}
    return show(
        request, "reviews/review.html", context, product=product, active="reviews", status=status
    )


@page
@require_http_methods(["GET", "HEAD", "POST"])
def dates(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """When an open round begins, and until when verdicts are wanted."""
    actor = Actor.of(request)
    product = product_for(actor, key, "review.start")
    cycle = access.cycle_for(actor, pk, product=product)
    begun = cycle.opens_at is None or cycle.opens_at <= timezone.now()
    posted = request.POST if request.method == "POST" else None
    form = DatesForm(posted, initial={"opens_at": cycle.opens_at, "due_at": cycle.due_at})
    if begun:
        del form.fields["opens_at"]
    status = 200
    if posted is not None:
        status = 422
        if form.is_valid():
            opens_at = cycle.opens_at if begun else form.cleaned_data["opens_at"]
            try:
                set_dates(
                    actor=actor,
                    cycle=cycle,
                    opens_at=opens_at,
                    due_at=form.cleaned_data["due_at"],
                )
            except (Invalid, Conflict) as error:
                form.take(error)
                status = error.status
            else:
                messages.success(request, "The dates of the review are changed.")
                return go(request, _url(cycle))
    context = {"form": form, "cycle": cycle}
    return show(
        request, "reviews/dates.html", context, product=product, active="reviews", status=status
    )


def _url(cycle: ReviewCycle) -> str:
    return reverse("review", args=[cycle.product.key, cycle.pk])
