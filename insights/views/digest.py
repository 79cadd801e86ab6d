"""One's own digest of a product: when it comes, what it would say now; and the way out that every mail carries."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import into_form, page, public_page, show
from core.errors import Invalid
from core.htmx import go
from insights import access
from insights.forms import DigestForm
from insights.mail import body_text, write
from insights.models import DigestPreference
from insights.selectors.preview import Preview, preview
from insights.services import preferences
from insights.vocabulary import Cadence, Weekday


@page
def digest(request: HttpRequest, key: str) -> HttpResponse:
    """Read or change when it comes; below, what it would say if it came now."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    form = DigestForm(request.POST or None, initial=_initial(access.preference_of(actor, product)))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                saved = preferences.set_preference(
                    actor=actor, product=product, **form.cleaned_data
                )
            except Invalid as error:
                into_form(form, error)
            else:
                off = saved.cadence == Cadence.OFF
                messages.success(
                    request, "No digest will come." if off else "Saved: the digest will come."
                )
                return go(request, reverse("digest", args=[product.key]))
    found = access.preference_of(actor, product)
    seen = preview(actor.person, product, found, now=timezone.now())
    context = {
        "form": form,
        "preference": found,
        "is_off": found is None or found.cadence == Cadence.OFF,
        "latest": access.latest_digest(actor, product),
        "content": seen.content,
        "since": seen.since,
        "sections": list(write(seen.content.sections, base="").html.values()),
        "text": _text(seen),
    }
    return show(
        request, "insights/digest.html", context, product=product, active="insights", status=status
    )


def _initial(preference: DigestPreference | None) -> dict[str, object]:
    if preference is None:
        return {"cadence": Cadence.OFF, "hour": 8, "weekday": Weekday.MONDAY.value}
    return {
        "cadence": preference.cadence,
        "hour": preference.hour,
        "weekday": preference.weekday,
    }


def _text(seen: Preview) -> str:
    """The text part of the mail, without the link that unsubscribes: a page is shown around."""
    address = f"{settings.SITE_URL}{reverse('digest', args=[seen.product.key])}"
    written = write(seen.content.sections, base=settings.SITE_URL)
    return body_text(seen.content, written, links={"settings": address})


@csrf_exempt  # the link's secret is what authorises; mail programs post without a cookie (RFC 8058)
@public_page
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """The mailed way out, without signing in: GET asks, POST ends it. Idempotent."""
    preference = access.preference_for_token(token)
    done = False
    if request.method == "POST":
        preferences.unsubscribe(preference=preference)
        done = True
    context = {
        "product_name": preference.product.name,
        "done": done,
        "was_off": not done and preference.cadence == Cadence.OFF,
    }
    return show(request, "insights/unsubscribe.html", context)
