"""Imports over the API: upload, change the mapping, rehearse, run, stop, take back."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import rights
from accounts.api.endpoints import actor_of, documented, resource
from backlog.api.items import named_product
from core.api.serializers import checked
from core.errors import Invalid
from core.uploads import file_in
from integrations import access, selectors
from integrations.api import shapes
from integrations.forms import parsed
from integrations.models import ImportRun
from integrations.services import imports as services


def _answer(run: ImportRun, status: int = 200) -> Response:
    response = Response(shapes.import_detail(run), status=status)
    if status == 202:
        response["Location"] = reverse("api-import", args=[run.pk])
    return response


@documented(
    summary="List imports",
    responses={200: shapes.ImportPage},
    query=[
        OpenApiParameter(
            "product", OpenApiTypes.STR, description="key; may be left out where there is only one"
        ),
        OpenApiParameter("cursor", OpenApiTypes.STR, description="`next` of the page before"),
    ],
    tags=["imports"],
)
def list_imports(request: Request) -> Response:
    """A product's imports, newest first."""
    actor = actor_of(request)
    product = named_product(actor, request.query_params.get("product"))
    runs = access.runs_of(actor, product)
    found, cursor = selectors.page_of(runs, request.query_params.get("cursor"))
    return Response({"results": [shapes.import_row(run) for run in found], "next": cursor})


@documented(
    summary="Import a file",
    request={"multipart/form-data": shapes.ImportInput},
    responses={202: shapes.ImportDetail},
    tags=["imports"],
    parsers=[MultiPartParser],
)
def start_import(request: Request) -> Response:
    """Upload a CSV or JSON file of items, or a CSV file of evidence, placements or readings (`subject`).

    The answer comes at once; the work goes on, poll `Location`.

    Without more it is looked at and waits in the state `mapping`. With `dry_run` it is rehearsed too, with `run` it is
    imported straight away. Who may not import gives a reason in `asking`: the file waits in the state `asked` until
    somebody who may agrees. `mapping` replaces members of the proposed mapping; docs/how-to/import.md describes them.
    """
    actor = actor_of(request)
    file = file_in(request)
    asked = checked(shapes.ImportInput, request)
    product = named_product(actor, asked.get("product") or None)
    if asked["dry_run"] and asked["run"]:
        raise Invalid(
            "Choose one.", fields={"run": ["A dry run does not import: send one of the two."]}
        )
    aim = ImportRun.Aim.MAPPING
    if asked["dry_run"] or asked["run"]:
        aim = ImportRun.Aim.IMPORT if asked["run"] else ImportRun.Aim.REHEARSAL
    given = parsed(asked["mapping"]) if asked.get("mapping") else None
    upload = {
        "actor": actor,
        "product": product,
        "name": file.name or "",
        "chunks": file.chunks(),
        "mapping": given,
        "aim": aim,
        "subject": asked["subject"],
    }
    may = rights.allowed(actor, access.right_of(asked["subject"]), product)
    if asked.get("asking") and not may:
        return _answer(services.hand_over(reason=asked["asking"], **upload), 202)
    return _answer(services.start_import(**upload), 202)


@documented(summary="Read an import", responses={200: shapes.ImportDetail}, tags=["imports"])
def read_import(request: Request, pk: uuid.UUID) -> Response:
    """Where an import stands: state, counts, progress, mapping, problems of rows."""
    return _answer(access.run_for(actor_of(request), pk))


@documented(
    summary="Change the mapping",
    request=OpenApiTypes.OBJECT,
    responses={200: shapes.ImportDetail},
    tags=["imports"],
)
def set_import_mapping(request: Request, pk: uuid.UUID) -> Response:
    """Replace the members of the mapping that are given; the others stay. Rehearse or run it afterwards."""
    actor = actor_of(request)
    run = access.run_for(actor, pk)
    if not isinstance(request.data, dict):
        raise Invalid("The mapping is an object.", fields={"mapping": ["Send a JSON object."]})
    mapping = {**(run.mapping or {}), **request.data}
    return _answer(
        services.set_mapping(actor=actor, run=run, mapping=mapping, rehearse_at_once=False)
    )


def _verb(
    name: str, summary: str, says: str, act: Callable[..., Any], *, undoing: bool = False
) -> Any:
    """A POST that sets an import going."""

    def handler(request: Request, pk: uuid.UUID) -> Response:
        actor = actor_of(request)
        run = access.run_for(actor, pk, undoing=undoing)
        return _answer(act(actor=actor, run=run), 202)

    handler.__name__ = name
    handler.__doc__ = says
    mark = documented(
        summary=summary, request=None, responses={202: shapes.ImportDetail}, tags=["imports"]
    )
    return mark(handler)


imports = resource(GET=list_imports, POST=start_import)
one = resource(GET=read_import)
mapping = resource(PUT=set_import_mapping)
rehearse = resource(
    POST=_verb(
        "rehearse_import",
        "Rehearse an import",
        "Count what it would do, writing nothing.",
        services.rehearse,
    )
)
run = resource(
    POST=_verb(
        "run_import",
        "Run an import",
        "Import for real. 409 while another import of the product is running.",
        services.carry_out,
    )
)
cancel = resource(
    POST=_verb(
        "cancel_import",
        "Stop an import",
        "What is in stays in, and can be undone.",
        services.cancel,
    )
)
retry = resource(
    POST=_verb(
        "retry_import",
        "Go on with an import",
        "Where it failed or was stopped; nothing is done twice.",
        services.retry,
    )
)
undo = resource(
    POST=_verb(
        "undo_import",
        "Take an import back",
        "Everything it did, but for items that people have worked on since. 409 where a later import has to go first.",
        services.undo_import,
        undoing=True,
    )
)
