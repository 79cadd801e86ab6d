"""Where people land: My work; search; the command palette."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.access import product_for, products_of
from accounts.actors import Actor
from accounts.pages import page, show
from backlog import access, panels, selectors
from backlog.listed import Listed, listed
from backlog.rows import rows
from backlog.search import matching
from backlog.services.products import may_create_products
from core import text
from core.htmx import wants_fragment

SESSION_PRODUCT = "product"


@page
def home(request: HttpRequest) -> HttpResponse:
    """To the product that was open last, or the first; without any, what to do about that."""
    actor = Actor.of(request)
    products = list(products_of(actor))
    last = request.session.get(SESSION_PRODUCT)
    chosen = next(
        (each for each in products if each.key == last), products[0] if products else None
    )
    if chosen is not None:
        return redirect("work", chosen.key)
    return show(request, "backlog/no_product.html", {"may_create": may_create_products(actor)})


@page
def product_start(request: HttpRequest, key: str) -> HttpResponse:
    """The address of a product without a page."""
    return redirect("work", product_for(Actor.of(request), key).key)


@page
def work(request: HttpRequest, key: str) -> HttpResponse:
    """What waits for me: own items in order of rank, mentions, and what the other apps bring."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    if request.session.get(SESSION_PRODUCT) != product.key:
        request.session[SESSION_PRODUCT] = product.key
    mine, mentions = selectors.work_of(actor, product)
    labels = selectors.label_names(mine)
    return show(
        request,
        "backlog/work.html",
        {
            "rows": rows(
                [Listed.of(item) for item in mine],
                product,
                selectors.ranks_of(product, mine),
                labels,
            ),
            "mentions": mentions,
            "waiting": selectors.waiting_in_triage(actor=actor, product=product),
            "counts": selectors.queue_counts(product),
            "panels": panels.home_panels(actor, product),
            "all_mine_url": f"{reverse('backlog', args=[product.key])}?open=true&owner=me",
        },
        product=product,
        active="work",
    )


@page
def search(request: HttpRequest, key: str) -> HttpResponse:
    """Items that hold all the words, best ranked first; the other apps add their own finds."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    query = text.one_line(request.GET.get("q", ""))[:200]
    found: list[Listed] = []
    if query.strip():
        matched = matching(access.items_in(actor, product), query, product=product)
        found = listed(selectors.by_relevance(matched)[:51])
    return show(
        request,
        "backlog/search.html",
        {
            "search_query": query,
            "rows": rows(found[:50], product, {}, selectors.label_names(found[:50])),
            "more": len(found) > 50,
            "more_url": f"{reverse('backlog', args=[product.key])}",
            "sections": panels.search_sections(actor, product, query),
        },
        product=product,
    )


@page
def palette(request: HttpRequest, key: str) -> HttpResponse:
    """Finds for the command palette: ``{"results": [{label, hint, url}]}``.

    A field for the key of an item asks as well, under its own name, and gets the finds as its options; after an "@",
    the people who can be mentioned.
    """
    actor = Actor.of(request)
    product = product_for(actor, key)
    fragment = wants_fragment(request)
    asked = next(iter(request.GET), "q") if fragment else "q"
    query = text.one_line(request.GET.get(asked, ""))[:200]
    if fragment and query.startswith("@"):
        people = selectors.mentionable(access.members(product), query[1:])
        return show(request, "components/item_options.html#options", {"people": people})
    found = (
        matching(access.items_in(actor, product), query, product=product) if query.strip() else None
    )
    items = list(selectors.by_relevance(found)[:12]) if found is not None else []
    if fragment:
        return show(request, "components/item_options.html#options", {"items": items})
    results = [
        {"label": item.title, "hint": item.key, "url": reverse("item", args=[item.key])}
        for item in items
    ]
    return JsonResponse({"results": results})
