"""Files that somebody hands over for want of the right to import them."""

from __future__ import annotations

from uuid import UUID

from django.template.defaultfilters import filesizeformat

from accounts.actors import Actor
from accounts.models import Product
from backlog.askable import Askable, Asked, Payload, taken
from core.errors import Invalid
from integrations import access
from integrations.models import ImportRun
from integrations.services import imports


def _read(actor: Actor, product: Product, payload: Payload) -> Asked:
    run = _run(product, payload)
    if run is None or run.started_by_id != actor.person.pk:
        raise Invalid(
            "This file does not wait for anybody.",
            fields={"payload": ["run: send the file with your reason instead."]},
        )
    size = filesizeformat(run.file_size).replace("\N{NO-BREAK SPACE}", " ")
    return Asked(access.right_of(run.subject), f"import {run.file_name} ({size})")


def _carry_out(actor: Actor, product: Product, payload: Payload, reason: str) -> None:
    run = _run(product, payload)
    if run is None:
        raise Invalid("The file is not there any more. Decline, and ask for it again.")
    imports.take_up(actor=actor, run=run)


def _let_go(product: Product, payload: Payload) -> None:
    run = _run(product, payload)
    if run is not None:
        imports.let_go(run=run)


def _run(product: Product, payload: Payload) -> ImportRun | None:
    (pk,) = taken(payload, "run")
    try:
        wanted = UUID(pk)
    except ValueError:
        return None
    waiting = ImportRun.objects.filter(product=product, state=ImportRun.State.ASKED)
    return waiting.select_related("product").filter(pk=wanted).first()


IMPORT = Askable(_read, _carry_out, _let_go)
