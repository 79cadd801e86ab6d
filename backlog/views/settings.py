"""The product's four queues: definitions, shares, deadlines."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts import rights
from accounts.access import product_for
from accounts.actors import Actor
from accounts.pages import page, show
from backlog import access
from backlog.forms import QueueForm
from backlog.services import queues
from core.errors import Invalid
from core.htmx import go


@page
def queue_list(request: HttpRequest, key: str) -> HttpResponse:
    """What each queue is for, as people read it when they choose."""
    actor = Actor.of(request)
    product = product_for(actor, key)
    found = list(product.queues.order_by("pk"))
    context: dict[str, Any] = {
        "queues": found,
        "total": sum(queue.share for queue in found),
        "may_define": rights.allowed(actor, "queue.define", product),
    }
    return show(request, "backlog/queues.html", context, product=product, active="queues")


@page
def queue_edit(request: HttpRequest, key: str, kind: str) -> HttpResponse:
    """Change a queue's definition, share, limit and deadlines."""
    actor = Actor.of(request)
    product = product_for(actor, key, "queue.define")
    queue = access.queue_for(product, kind)
    form = QueueForm(request.POST or None, initial=QueueForm.initial_of(queue))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            hours = {
                str(level): data[f"deadline_{level}"]
                for level in range(1, 5)
                if data[f"deadline_{level}"]
            }
            try:
                queues.define_queue(
                    actor=actor,
                    queue=queue,
                    definition=data["definition"],
                    share=data["share"] / 100,
                    in_progress_limit=data["in_progress_limit"],
                    deadline_hours=hours if queue.kind == "hotfix" else {},
                    reason=request.POST.get("reason", "")[:2000],
                )
            except Invalid as error:
                form.add_error(None, error.detail)
            else:
                messages.success(request, f"{queue.name} is saved.")
                return go(request, reverse("queues", args=[product.key]))
    context = {"queue": queue, "form": form}
    return show(
        request, "backlog/queue_form.html", context, product=product, active="queues", status=status
    )
