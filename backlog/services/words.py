"""Labels, segments, programs, channels and cycles by name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction

from accounts import rights
from accounts.actors import Actor
from accounts.models import Product
from backlog.models import Segment
from backlog.models.queues import Word
from backlog.services import changes
from core import text

W = TypeVar("W", bound=Word)


def named(model: type[W], *, product: Product, names: Iterable[str]) -> dict[str, W]:
    """The product's words with these names, made where they are missing: name as given -> row.

    Two people who make the same word at once get the same row. Two queries, three when something is new.
    """
    wanted = {name: text.one_line(name)[:80] for name in names}
    clean = {name for name in wanted.values() if name}
    if not clean:
        return {}
    found = _read(model, product, clean)
    missing = sorted(clean - found.keys())
    if missing:
        model._default_manager.bulk_create(
            [model(product=product, name=name) for name in missing],
            ignore_conflicts=True,
            batch_size=500,
        )
        found = _read(model, product, clean)
    return {name: found[tidied] for name, tidied in wanted.items() if tidied}


def existing(model: type[W], *, product: Product, names: Iterable[str]) -> set[int]:
    """The ids of those words with these names that are there already."""
    return {
        row.pk
        for row in _read(model, product, {text.one_line(name)[:80] for name in names}).values()
    }


@transaction.atomic
def count_accounts(
    *, actor: Actor, segment: Segment, accounts: int | None, now: datetime | None = None
) -> Segment:
    """Say how many customers or groups a segment holds; None where nobody knows. Raises NotAllowed."""
    right = rights.require(actor, "product.edit", segment.product)
    if segment.accounts_count == accounts:
        return segment
    fields = {"segment": (segment, segment), "accounts": (segment.accounts_count, accounts)}
    segment.accounts_count = accounts
    segment.save(update_fields=["accounts_count"])
    entry = changes.Entry("segment.counted", segment, fields=fields, right=right)
    changes.record(actor=actor, product=segment.product, entries=[entry], now=now)
    return segment


def proposed(model: type[W], *, product: Product, names: Iterable[str]) -> dict[str, W]:
    """As :func:`named`, but writes nothing: a word that is missing is an unsaved row, for :func:`keep`.

    Request code resolves names with this, so that a refused write, or a preview, leaves no word behind.
    """
    wanted = {name: text.one_line(name)[:80] for name in names}
    found = _read(model, product, set(wanted.values()) - {""})
    for name in wanted.values():
        if name and name not in found:
            found[name] = model(product=product, name=name)
    return {name: found[tidied] for name, tidied in wanted.items() if tidied}


def keep(values: Iterable[Any]) -> None:
    """Make the proposed words among ``values`` (words, lists of words, anything else), inside the caller's transaction.

    Call it before rows are locked: every writer takes words first, so that two cannot wait for each other.
    """
    fresh: dict[tuple[type[Word], int], list[Any]] = {}
    for value in values:
        for row in value if isinstance(value, list | tuple) else [value]:
            if isinstance(row, Word) and row.pk is None:
                fresh.setdefault((type(row), row.product_id), []).append(row)  # type: ignore[attr-defined]
    for model, product_id in sorted(fresh, key=lambda each: (each[0].__name__, each[1])):
        rows = fresh[model, product_id]
        made = named(model, product=rows[0].product, names={row.name for row in rows})
        for row in rows:
            row.pk, row._state.adding = made[row.name].pk, False


def _read(model: type[W], product: Product, names: Iterable[str]) -> dict[str, W]:
    ordered = sorted(names)
    return {
        row.name: row
        for start in range(0, len(ordered), 500)
        for row in model._default_manager.filter(
            product=product, name__in=ordered[start : start + 500]
        )
    }
