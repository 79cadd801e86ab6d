"""The work of imports: look, rehearse, import, undo; claimed with a lease, committed in chunks, taken over when killed.

A chunk's effect and the run's ``rows_done`` commit together, under the lease of the worker that wrote them: a worker
that lost its lease writes nothing, and the next one goes on behind the last committed chunk.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts import rights
from accounts.actors import Actor
from backlog.services import changes
from core.errors import DomainError
from core.queueing import enqueue
from core.text import tidy_data
from integrations import access, storage
from integrations.jobs import apply, evidence, links, sheets, undo
from integrations.jobs.building import actor_of
from integrations.jobs.rowwise import Way, chunks
from integrations.models import ImportRun
from integrations.readers import Mapping, Source, examine, read_rows
from integrations.readers.repeating import changed_again

logger = logging.getLogger(__name__)
State = ImportRun.State

LEASE = timedelta(seconds=45)
RENEWED_EVERY = 10.0  # seconds
#: How long a run rests after something went wrong.
PAUSE = timedelta(seconds=5)
MOST_ATTEMPTS = 5
#: Subjects whose rows come in one by one; items have their own way.
WAYS: dict[str, Way] = {ImportRun.Subject.SIGNALS: evidence.WAY, **sheets.WAYS}


def mapping_of(subject: str, data: Any) -> Any:
    """Plain data as a mapping of files of ``subject``. Raises Invalid naming everything that is wrong."""
    way = WAYS.get(subject)
    return way.mapping(data) if way is not None else Mapping.from_dict(data)


class LostLease(Exception):
    """Somebody else works on the run now, or it was cancelled."""


def sweep() -> None:
    """Go on with every busy run that nobody holds."""
    now = timezone.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    for run_id in ImportRun.objects.filter(free, state__in=ImportRun.BUSY).values_list(
        "pk", flat=True
    ):
        work(str(run_id))


def work(run_id: str, *, say: Callable[[ImportRun], None] | None = None) -> None:
    """Bring one run as far as it goes without a person. Does nothing when somebody else holds it."""
    worker = uuid.uuid4()
    while True:
        run = _claim(run_id, worker)
        if run is None:
            return
        try:
            step = _STEPS.get(run.state)
            if step is None:  # cancelled in this very moment
                return
            step(run, Lease(run, worker, say))
        except LostLease:
            return
        except DomainError as error:
            _fail(run, worker, error.detail)
        except Exception as error:
            logger.exception("Import %s stopped", run.pk)
            _leave_for_later(run, worker, error)
            return


class Lease:
    """The right of one worker to write for one run, renewed with every chunk and while a file is read."""

    def __init__(
        self, run: ImportRun, worker: uuid.UUID, say: Callable[[ImportRun], None] | None
    ) -> None:
        self.run = run
        self.worker = worker
        self.say = say
        self._renewed = time.monotonic()

    def source(self) -> Source:
        """The run's file. Reading it keeps the lease alive, however large it is."""
        return storage.source(self.run.file_path, self.run.file_name, self.renew)

    def renew(self) -> None:
        """Outside of chunks, every few seconds. Raises LostLease. Does not count as progress."""
        if time.monotonic() - self._renewed < RENEWED_EVERY:
            return
        self._renewed = time.monotonic()
        self._hold(lease_until=timezone.now() + LEASE)

    def note(self, **values: object) -> None:
        """Write progress inside the chunk's transaction. Raises LostLease, which rolls the chunk back."""
        self._hold(lease_until=timezone.now() + LEASE, attempts=0, **values)
        for name, value in values.items():
            setattr(self.run, name, value)
        if self.say is not None:
            self.say(self.run)

    def finish(self, state: str, **values: object) -> None:
        """Leave the busy state."""
        now = timezone.now() if state in (State.DONE, State.UNDONE) else None
        self._hold(
            state=state, worker=None, lease_until=None, attempts=0, finished_at=now, **values
        )

    def _hold(self, **values: object) -> None:
        held = ImportRun.objects.filter(pk=self.run.pk, worker=self.worker, state=self.run.state)
        if not held.update(**values):
            raise LostLease


def _claim(run_id: str, worker: uuid.UUID) -> ImportRun | None:
    now = timezone.now()
    run = ImportRun.objects.filter(pk=run_id, state__in=ImportRun.BUSY)
    free = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    claimed = run.filter(free, attempts__lt=MOST_ATTEMPTS).update(
        worker=worker, lease_until=now + LEASE, attempts=F("attempts") + 1
    )
    if not claimed:
        run.filter(free, attempts__gte=MOST_ATTEMPTS).update(
            state=State.FAILED,
            failed_in=F("state"),
            finished_at=now,
            last_error="The work stopped five times at the same place, so it was given up.",
        )
        return None
    return ImportRun.objects.select_related("product", "started_by").get(pk=run_id)


def _examine(run: ImportRun, lease: Lease) -> None:
    given = run.mapping or {}
    reading: dict[str, Any] = {
        "encoding": given.get("encoding"),
        "delimiter": given.get("delimiter"),
        "zone": given.get("zone") or (run.started_by.time_zone if run.started_by else "UTC"),
    }
    way = WAYS.get(run.subject)
    looked: Any
    if way is not None:
        looked = way.examine(lease.source(), **reading)
        proposed, rows, understood = looked.mapping.as_dict(), looked.rows, way.mapping
    else:
        looked = examine(lease.source(), **reading)
        proposed, rows = looked.proposal.mapping.as_dict(), looked.columns.rows
        understood = Mapping.from_dict
    examination = tidy_data(looked.as_dict())
    if way is None and run.aim == ImportRun.Aim.MAPPING and given.keys() <= reading.keys():
        proposed, examination["like"] = _as_last_time(run, proposed)
    found = {
        "mapping": tidy_data(understood({**proposed, **given}).as_dict()),
        "examination": examination,
        "rows_total": rows,
    }
    _go_on(run, lease, found)


def _as_last_time(
    run: ImportRun, proposed: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, str] | None]:
    """The proposal with what people chose for the last file of this kind that came in, and which file that was.

    So a later export is understood as the one before it, and changes what differs and nothing else. Only where a
    person is asked: programs name their mapping.
    """
    last = (
        ImportRun.objects.filter(
            product=run.product,
            subject=run.subject,
            state=State.DONE,
            mapping__kind=proposed["kind"],
        )
        .order_by("-created_at", "-pk")
        .first()
    )
    if last is None or not last.examination or not last.mapping:
        return proposed, None
    before = last.examination["mapping"]
    again = changed_again(proposed, before, last.mapping)
    if again == proposed:
        return proposed, None
    return again, {"file": last.file_name, "at": last.created_at.isoformat()}


def _go_on(run: ImportRun, lease: Lease, found: dict[str, Any]) -> None:
    """As far as the run aims."""
    if run.aim == ImportRun.Aim.IMPORT:
        _begin_at_once(run, lease, found)
    elif run.aim == ImportRun.Aim.REHEARSAL:
        lease.finish(State.REHEARSING, **found)
    else:
        lease.finish(State.MAPPING, **found)


def _begin_at_once(run: ImportRun, lease: Lease, found: dict[str, Any]) -> None:
    """Go straight on, unless another import of the product runs: then a person goes on later."""
    try:
        with transaction.atomic():
            lease.finish(State.IMPORTING, **FRESH, **found)
            announce(actor_of(run), run)
    except IntegrityError:
        lease.finish(State.MAPPING, last_error=ANOTHER_RUNS, **found)


#: What a run begins its import with.
FRESH: dict[str, Any] = {"counts": {}, "problems": [], "phase": "items", "rows_done": 0}
ANOTHER_RUNS = (
    "Another import of this product is running. Wait until it has ended, then start this one."
)


def announce(actor: Actor, run: ImportRun) -> None:
    """Write into the log that the import begins."""
    right = rights.require(actor, access.right_of(run.subject), run.product)
    fields = {"file": (None, run.file_name)}
    entry = changes.Entry("import.started", run.product, fields=fields, right=right)
    changes.record(actor=actor, product=run.product, entries=[entry])


def _rehearse(run: ImportRun, lease: Lease) -> None:
    way = WAYS.get(run.subject)
    rehearsed = way.rehearse if way is not None else apply.rehearse
    rehearsal = rehearsed(
        run,
        mapping_of(run.subject, run.mapping),
        lease.source(),
        say=lambda done: lease.note(rows_done=done),
    )
    lease.finish(State.REHEARSED, rehearsal=rehearsal, problems=rehearsal.pop("problems"))


def _import(run: ImportRun, lease: Lease) -> None:
    way = WAYS.get(run.subject)
    if way is not None:
        rows = way.rows(lease.source(), way.mapping(run.mapping))
        for part in chunks(rows, run.rows_done, way.size):
            with transaction.atomic():
                counts, problems = way.write(run, part)
                lease.note(rows_done=part.end, counts=counts, problems=problems)
        lease.finish(State.DONE)
        enqueue("scoring.sweep", {})
        return
    mapping = Mapping.from_dict(run.mapping)
    if run.phase == "items":
        writer = apply.Writer(run, mapping)
        for chunk in apply.chunks(read_rows(lease.source(), mapping), run.rows_done):
            with transaction.atomic():
                counts, problems = writer.write(chunk)
                lease.note(rows_done=chunk.end, counts=counts, problems=problems)
        lease.note(phase="links")
    linker = links.Linker(run)
    for records in links.chunks(run):
        with transaction.atomic():
            counts, problems = linker.write(records)
            lease.note(counts=counts, problems=problems)
    lease.finish(State.DONE)
    enqueue("scoring.sweep", {})


def _undo(run: ImportRun, lease: Lease) -> None:
    way = WAYS.get(run.subject)
    for step in way.undo_steps(run) if way is not None else undo.steps(run):
        with transaction.atomic():
            done = step()
            lease.note(rows_done=run.rows_done + done, counts=run.counts, problems=run.problems)
    with transaction.atomic():
        undo.announce(run)
        lease.finish(State.UNDONE)
    enqueue("scoring.sweep", {})


def _fail(run: ImportRun, worker: uuid.UUID, why: str) -> None:
    ImportRun.objects.filter(pk=run.pk, worker=worker, state=run.state).update(
        state=State.FAILED,
        failed_in=run.state,
        last_error=why,
        worker=None,
        lease_until=None,
        finished_at=timezone.now(),
    )


def _leave_for_later(run: ImportRun, worker: uuid.UUID, error: Exception) -> None:
    """The next sweep goes on; the claim counts the attempts, and progress sets them back."""
    ImportRun.objects.filter(pk=run.pk, worker=worker).update(
        worker=None,
        lease_until=timezone.now() + PAUSE,
        last_error=f"{type(error).__name__}: {error}"[:2000],
    )


_STEPS: dict[str, Callable[[ImportRun, Lease], None]] = {
    State.EXAMINING: _examine,
    State.REHEARSING: _rehearse,
    State.IMPORTING: _import,
    State.UNDOING: _undo,
}
