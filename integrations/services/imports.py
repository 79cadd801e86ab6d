"""What people do with imports. The work itself is done by ``jobs``; these only set the state and wake a worker."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog.services import requests
from core import text
from core.errors import Conflict, Invalid
from core.queueing import enqueue_on_commit
from core.text import tidy_data
from integrations import access, selectors, storage
from integrations.jobs import imports as jobs
from integrations.models import ImportRun

State = ImportRun.State
WAITING = (State.MAPPING, State.REHEARSED)
STOPPED = (State.FAILED, State.CANCELLED)


def judge(mapping: Any, subject: str = ImportRun.Subject.ITEMS) -> Any:
    """What plain data says as a mapping of files of ``subject``.

    Raises Invalid with a line for everything that is wrong, none of them long.
    """
    try:
        return jobs.mapping_of(subject, mapping)
    except RecursionError as error:
        raise Invalid("The mapping is nested too deeply.", code="bad_mapping") from error
    except Invalid as error:
        found = error.fields.get("mapping", [])
        lines = [line if len(line) < 300 else f"{line[:300]}…" for line in found[:50]]
        raise Invalid(
            "The mapping cannot be used.", code=error.code, fields={"mapping": lines}
        ) from error


@transaction.atomic
def start_import(
    *,
    actor: Actor,
    product: Product,
    name: str,
    chunks: Iterable[bytes],
    mapping: dict[str, Any] | None = None,
    aim: str = ImportRun.Aim.MAPPING,
    subject: str = ImportRun.Subject.ITEMS,
) -> ImportRun:
    """Take a file of items, evidence, placements or readings in and have it looked at.

    ``aim`` says how far it goes without asking. ``mapping`` replaces parts of the proposed one. Raises Invalid (empty,
    bad mapping), TooLarge, NoRoom, NotAllowed.
    """
    rights.require(actor, access.right_of(subject), product)
    run = _taken_in(actor, product, name, chunks, mapping, aim=aim, subject=subject)
    _wake(run)
    return run


@transaction.atomic
def hand_over(
    *,
    actor: Actor,
    product: Product,
    name: str,
    chunks: Iterable[bytes],
    reason: str,
    mapping: dict[str, Any] | None = None,
    aim: str = ImportRun.Aim.MAPPING,
    subject: str = ImportRun.Subject.ITEMS,
) -> ImportRun:
    """Leave a file with those who may import it, and ask them to. It is not looked at before somebody agrees.

    Raises as :func:`start_import` and :func:`backlog.services.requests.ask` do; then nothing is left.
    """
    rights.require(actor, "request.make", product)
    run = _taken_in(
        actor, product, name, chunks, mapping, aim=aim, subject=subject, state=State.ASKED
    )
    try:
        requests.ask(
            actor=actor,
            product=product,
            verb="import.run",
            payload={"run": str(run.pk)},
            reason=reason,
        )
    except BaseException:
        storage.remove(run.file_path)
        raise
    return run


def _taken_in(
    actor: Actor,
    product: Product,
    name: str,
    chunks: Iterable[bytes],
    mapping: dict[str, Any] | None,
    **values: Any,
) -> ImportRun:
    if mapping is not None:
        mapping = tidy_data(mapping)
        judge(mapping, values["subject"])
    stored = storage.keep(chunks, product_id=product.pk)
    try:
        return ImportRun.objects.create(
            product=product,
            started_by=actor.user,
            file_name=text.one_line(name)[:200] or "upload",
            file_path=stored.path,
            file_size=stored.size,
            file_digest=stored.digest,
            mapping=mapping,
            **values,
        )
    except BaseException:
        storage.remove(stored.path)
        raise


def take_up(*, actor: Actor, run: ImportRun) -> ImportRun:
    """Have a file looked at that was handed over; from here on it is the import of whoever agreed. Raises Conflict."""
    rights.require(actor, access.right_of(run.subject), run.product)
    _advance(run, (State.ASKED,), State.EXAMINING, started_by=actor.user)
    return run


def let_go(*, run: ImportRun) -> None:
    """Put a file away that nobody takes up."""
    ImportRun.objects.filter(pk=run.pk, state=State.ASKED).update(
        state=State.CANCELLED, finished_at=timezone.now()
    )
    transaction.on_commit(lambda: storage.remove(run.file_path))


def look_again(*, actor: Actor, run: ImportRun, reading: dict[str, Any]) -> ImportRun:
    """Read the file from its start in another encoding, with another delimiter or zone; the mapping is proposed anew.

    Raises Invalid, Conflict.
    """
    rights.require(actor, access.right_of(run.subject), run.product)
    reading = tidy_data(reading)
    judge(reading, run.subject)
    _advance(
        run,
        WAITING,
        State.EXAMINING,
        mapping=reading,
        examination=None,
        rehearsal=None,
        problems=[],
    )
    return run


def set_mapping(
    *, actor: Actor, run: ImportRun, mapping: dict[str, Any], rehearse_at_once: bool = True
) -> ImportRun:
    """Change how the file is understood, and rehearse it. Raises Invalid naming what is wrong, Conflict."""
    rights.require(actor, access.right_of(run.subject), run.product)
    clean = judge(tidy_data(mapping), run.subject).as_dict()
    to = State.REHEARSING if rehearse_at_once else State.MAPPING
    _advance(run, WAITING, to, mapping=clean, rehearsal=None, problems=[])
    return run


def rehearse(*, actor: Actor, run: ImportRun) -> ImportRun:
    """Count what the import would do, writing nothing. Raises Conflict."""
    rights.require(actor, access.right_of(run.subject), run.product)
    _advance(run, WAITING, State.REHEARSING, rehearsal=None, problems=[])
    return run


@transaction.atomic
def carry_out(*, actor: Actor, run: ImportRun) -> ImportRun:
    """Import for real. One import at a time in a product. Raises Conflict."""
    rights.require(actor, access.right_of(run.subject), run.product)
    _advance(run, WAITING, State.IMPORTING, **jobs.FRESH)
    jobs.announce(actor, run)
    return run


def retry(*, actor: Actor, run: ImportRun) -> ImportRun:
    """Go on where it failed or was stopped; what is done already is not done again. Raises Conflict."""
    undoing = run.failed_in == State.UNDOING
    rights.require(actor, access.right_of(run.subject, undoing=undoing), run.product)
    if run.state in STOPPED and not run.failed_in:
        raise Conflict("This import was stopped before it began. Upload the file again.")
    _advance(run, STOPPED, run.failed_in, keep_place=True, failed_in="")
    return run


def undo_import(*, actor: Actor, run: ImportRun) -> ImportRun:
    """Take back everything an import did, a stopped or failed one too. Raises Conflict."""
    rights.require(actor, access.right_of(run.subject, undoing=True), run.product)
    if run.state in STOPPED and not run.counts:
        raise Conflict("This import has written nothing, so there is nothing to take back.")
    later = selectors.later_run(run)
    if later is not None:
        raise Conflict(
            f"The import of {later.file_name} ({later.created_at:%Y-%m-%d %H:%M} UTC) has changed items of this one"
            " since. Undo that one first.",
            code="later_import",
        )
    _advance(run, (State.DONE, *STOPPED), State.UNDOING, failed_in="", rows_total=_settled(run))
    return run


def cancel(*, actor: Actor, run: ImportRun) -> ImportRun:
    """Stop an import; what is in stays in, and can be undone. Raises Conflict when it has ended already."""
    rights.require(actor, access.right_of(run.subject), run.product)
    busy = (State.EXAMINING, State.REHEARSING, State.IMPORTING)
    stopped = ImportRun.objects.filter(pk=run.pk, state__in=(*busy, *WAITING)).update(
        state=State.CANCELLED,
        failed_in=Case(When(state__in=busy, then=F("state")), default=Value("")),
        finished_at=timezone.now(),
        worker=None,
        lease_until=None,
    )
    if not stopped:
        run.refresh_from_db()
        raise Conflict(
            f"This import is {run.get_state_display()} now, so there is nothing to stop."
        )
    run.refresh_from_db()
    return run


def _settled(run: ImportRun) -> int:
    plan = selectors.undo_plan(run)
    return plan.removed + plan.kept + plan.restored


def _advance(
    run: ImportRun, expected: tuple[str, ...], to: str, *, keep_place: bool = False, **values: Any
) -> None:
    """Move to another state by compare-and-set, and wake a worker after the commit. Raises Conflict."""
    if not keep_place:
        values.setdefault("rows_done", 0)
    try:
        with transaction.atomic():
            moved = ImportRun.objects.filter(pk=run.pk, state__in=expected).update(
                state=to,
                attempts=0,
                last_error="",
                worker=None,
                lease_until=None,
                finished_at=None,
                **values,
            )
            _wake(run)
    except IntegrityError as error:
        raise Conflict(jobs.ANOTHER_RUNS, code="import_running") from error
    run.refresh_from_db()
    if not moved:
        raise Conflict(f"This import is {run.get_state_display()} now. Reload the page to see it.")


def _wake(run: ImportRun) -> None:
    enqueue_on_commit("integrations.work", {"run_id": str(run.pk)})
