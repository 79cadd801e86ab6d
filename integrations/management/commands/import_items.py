"""``manage.py import_items FILE --product KEY [--dry-run] [--mapping FILE]``."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.actors import Actor, Via
from accounts.models import Product, User
from accounts.roles import Role
from backlog.services.members import add_member
from backlog.services.products import create_product
from core.errors import DomainError
from core.text import tidy_data
from integrations.jobs import apply, imports
from integrations.models import ImportRun
from integrations.readers import Mapping, Source, examine, sniff
from integrations.services import imports as services
from scoring.jobs import rescore

LISTED = 20


class Command(BaseCommand):
    help = (
        "Import items from a file. The last line of the output is one JSON object with the counts."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--product", required=True, help="key of the product; made when it is missing"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="count what would happen, write nothing"
        )
        parser.add_argument(
            "--mapping", type=Path, help="JSON file that overrides parts of the guessed mapping"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            counts = self._import(options)
        except DomainError as error:
            lines = [f"{name}: {line}" for name, found in error.fields.items() for line in found]
            raise CommandError("\n".join([error.detail, *lines])) from error
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        self.stdout.write(json.dumps(counts))

    def _import(self, options: dict[str, Any]) -> dict[str, int]:
        path: Path = options["file"]
        given = None
        if options["mapping"]:
            try:
                given = json.loads(options["mapping"].read_text("utf-8"))
            except ValueError as error:
                raise CommandError(f"{options['mapping']} is no JSON: {error}") from error
        given = tidy_data({} if given is None else given)
        services.judge(given)
        sniff(
            Source.from_path(path), encoding=given.get("encoding"), delimiter=given.get("delimiter")
        )
        actor = Actor.system(Via.COMMAND)
        product = Product.objects.filter(key=options["product"].upper()).first()
        if options["dry_run"]:
            return self._rehearse(path, product, given)
        if product is None:
            product = create_product(
                actor=actor, key=options["product"], name=options["product"].upper()
            )
            self.stdout.write(f"Made the product {product.key}. {self._administrators(product)}")
        with path.open("rb") as file:
            run = services.start_import(
                actor=actor,
                product=product,
                name=path.name,
                chunks=iter(lambda: file.read(1 << 20), b""),
                mapping=given or None,
            )
        self._must_reach(run, ImportRun.State.MAPPING)
        services.carry_out(actor=actor, run=run)
        self._must_reach(run, ImportRun.State.DONE)
        rescore.rescore_stale()
        self._list(run.problems)
        return {name: run.counts.get(name, 0) for name in apply.NAMES}

    def _administrators(self, product: Product) -> str:
        """Whoever may add products gets the new one, or nobody could open it."""
        staff = list(User.objects.filter(is_staff=True, is_active=True).order_by("pk"))
        for user in staff:
            add_member(
                actor=Actor.system(Via.COMMAND),
                product=product,
                user=user,
                role=Role.ADMINISTRATOR,
            )
        if not staff:
            return "Nobody can open it: there is no account that may add products (create_person --staff)."
        return f"{', '.join(map(str, staff))} can open it."

    def _rehearse(
        self, path: Path, product: Product | None, given: dict[str, Any]
    ) -> dict[str, int]:
        source = Source.from_path(path)
        looked = examine(
            source,
            encoding=given.get("encoding"),
            delimiter=given.get("delimiter"),
            zone=given.get("zone") or "UTC",
        )
        mapping = Mapping.from_dict({**looked.proposal.mapping.as_dict(), **given})
        run = ImportRun(product=product or Product(pk=0), file_name=path.name)
        found = apply.rehearse(run, mapping, source)
        self._list(found["problems"])
        return dict(found["counts"])

    def _must_reach(self, run: ImportRun, state: str) -> None:
        """Do the work here; a worker elsewhere may have been quicker, then wait for it."""
        while True:
            imports.work(str(run.pk), say=self._say)
            run.refresh_from_db()
            if run.state not in ImportRun.BUSY:
                break
            time.sleep(0.5)
        if run.state != state:
            raise CommandError(run.last_error or f"The import is {run.get_state_display()}.")

    def _say(self, run: ImportRun) -> None:
        self.stdout.write(f"{run.phase}: {run.rows_done} of {run.rows_total or '?'} rows")

    def _list(self, problems: list[dict[str, Any]]) -> None:
        for problem in problems[:LISTED]:
            self.stdout.write(
                f"row {problem['row']} {problem['key']} {problem['kind']}: {problem['text']}"
            )
        if len(problems) > LISTED:
            self.stdout.write(f"and {len(problems) - LISTED} more")
