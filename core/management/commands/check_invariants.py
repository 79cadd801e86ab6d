"""``manage.py check_invariants``: is everything as it must be? After a restore, an upgrade, an import, a fault."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core import invariants


class Command(BaseCommand):
    help = "Check what must always hold: one line for each thing that is wrong, and then exit 1."

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for finding in invariants.findings(now=timezone.now()):
            count += 1
            self.stdout.write(str(finding))
        if count:
            raise CommandError(f"{count} things are not as they must be.")
        self.stdout.write("Everything is as it must be.")
