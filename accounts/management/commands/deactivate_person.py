"""Shut an account."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import Actor, Via
from accounts.models import User
from accounts.services import people


class Command(BaseCommand):
    help = "Shut an account: its browsers are signed out and its tokens refused. Its work stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError(f"There is no account {options['email']}.")
        people.deactivate(actor=Actor.system(Via.COMMAND), user=user)
        self.stdout.write(f"{user.email} can no longer sign in.")
