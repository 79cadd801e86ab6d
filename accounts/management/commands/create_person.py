"""Make an account from the command line: the first one of an installation, or one for a program."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.actors import Actor, Via
from accounts.services import people
from core.errors import DomainError


class Command(BaseCommand):
    help = "Make an account. The password is asked for, or read from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", required=True)
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )
        parser.add_argument("--staff", action="store_true", help="may add products")
        parser.add_argument("--time-zone", default="UTC")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["password_stdin"]:
            password = sys.stdin.readline().rstrip("\r\n")
        else:
            password = getpass.getpass("Password: ")
        try:
            user = people.create_person(
                actor=Actor.system(Via.COMMAND),
                email=options["email"],
                name=options["name"],
                password=password,
                is_staff=options["staff"],
                time_zone=options["time_zone"],
            )
        except DomainError as error:
            lines = [line for lines in error.fields.values() for line in lines]
            raise CommandError(" ".join([error.detail, *lines])) from error
        self.stdout.write(f"{user.email} can sign in.")
