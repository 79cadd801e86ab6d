"""``manage.py check_summaries``: do the lists sort and filter by what is true?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core import invariants


class Command(BaseCommand):
    help = "Make the summary columns of items anew and compare: one line for each that differs, and then exit 1."

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for finding in invariants.summary_findings(now=timezone.now()):
            count += 1
            self.stdout.write(str(finding))
        if count:
            raise CommandError(f"{count} summaries differ.")
        self.stdout.write("Every summary is right.")
