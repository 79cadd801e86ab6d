"""`manage.py seed_demo`: the example product, once."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import demo
from accounts.models import Product
from accounts.roles import Role
from integrations.demo import setting
from integrations.demo.people import PEOPLE
from integrations.demo.play import seed


class Command(BaseCommand):
    help = "Adds one example product with half a year of history, and six people to look around as."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--force",
            action="store_true",
            help="also where BALLAST_DEMO is off (its people cannot sign in there)",
        )

    def handle(self, *, force: bool = False, **_: Any) -> None:
        if not settings.BALLAST_DEMO and not force:
            raise CommandError(
                "This installation is not for example data: BALLAST_DEMO is off. Nothing was added."
                " Add --force if you want it all the same."
            )
        if Product.objects.filter(key=setting.KEY).exists():
            self.stdout.write(
                f"The example product {setting.KEY} is there already; nothing was changed."
            )
            return
        began = time.monotonic()
        product = seed(timezone.now())
        seconds = time.monotonic() - began
        count = product.items.count()
        self.stdout.write(f"{product.name} ({product.key}): {count} items in {seconds:.0f} s.")
        self._say_how_to_sign_in()

    def _say_how_to_sign_in(self) -> None:
        if not settings.BALLAST_DEMO:
            self.stdout.write("Its people cannot sign in here, because BALLAST_DEMO is off.")
            return
        self.stdout.write(f"Sign in as one of these people with the password {demo.PASSWORD}")
        for person in PEOPLE:
            role = Role(person.role).label.lower()
            self.stdout.write(f"  {person.email:<32} {person.name}, {role}: {person.does}")
