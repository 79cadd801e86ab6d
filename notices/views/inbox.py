"""One's notifications of a product: the list, opening one, marking them read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from core.errors import NotFound
from core.filters import asked_of
from core.htmx import safe_next
from notices import access, selectors
from notices.filters import NoticeFilter, filtered
from notices.services import reading
from notices.vocabulary import SHORT
from notices.words import told

PAGE_SIZE = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@page
def inbox(request: HttpRequest, key: str) -> HttpResponse:
    """What one was told of, the newest first, by the filters that the API has too."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    query = asked_of(request.GET, {*NoticeFilter.base_filters, "cursor"})
    cursor = query.pop("cursor", None)
    rows = filtered(access.notices_in(actor, product), query)
    found = selectors.newest_first(rows, cursor=cursor, size=PAGE_SIZE)
    context = {
        "rows": [(row, SHORT[row.notice.topic]) for row in found.rows],
        "next_url": "?" + urlencode({**query, "cursor": found.cursor}) if found.cursor else "",
        "query": query,
        "filtered": bool(query),
        "topics": list(SHORT.items()),
    }
    return show(request, "notices/inbox.html", context, product=product)


@page
def open(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Mark one read and go to what it speaks of; back to the list where that is gone."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    notice = access.notice_for(actor, pk, product)
    reading.mark_read(actor=actor, notice=notice)
    (row,) = told([notice])
    if not row.url:
        messages.info(request, _("What this speaks of is not there any more."))
    return redirect(row.url or reverse("notifications", args=[product.key]))


@page
def read(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Mark one read, or, with ``unread``, unread again."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    notice = access.notice_for(actor, pk, product)
    act = reading.mark_unread if request.POST.get("unread") else reading.mark_read
    act(actor=actor, notice=notice)
    return redirect(safe_next(request, reverse("notifications", args=[product.key])))


@page
def read_all(request: HttpRequest, key: str) -> HttpResponse:
    """Mark all read; the message offers to take it back."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    now = timezone.now()
    count = reading.mark_all_read(actor=actor, product=product, now=now)
    words = ngettext("%(n)d notification is read.", "%(n)d notifications are read.", count)
    instant = (now - _EPOCH) // timedelta(microseconds=1)
    undo = reverse("notifications-unread", args=[product.key, instant])
    messages.success(request, words % {"n": count}, extra_tags=undo if count else "")
    return redirect("notifications", key=product.key)


@page
def undo_read_all(request: HttpRequest, key: str, instant: int) -> HttpResponse:
    """Take back what was marked read at ``instant``, in microseconds since 1970."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    try:
        read_at = _EPOCH + timedelta(microseconds=instant)
    except OverflowError as error:
        raise NotFound from error
    count = reading.undo_all_read(actor=actor, product=product, read_at=read_at)
    words = ngettext(
        "%(n)d notification is unread again.", "%(n)d notifications are unread again.", count
    )
    messages.success(request, words % {"n": count})
    return redirect("notifications", key=product.key)
