"""Make an API token from the command line. The last line of the output is the token and nothing else."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.access import product_for
from accounts.actors import Actor, Via
from accounts.models import ApiToken, User
from accounts.services import tokens
from core.errors import DomainError


class Command(BaseCommand):
    help = "Make an API token for a person and print it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="command line")
        parser.add_argument("--product", metavar="KEY", help="bind it to one product")
        parser.add_argument("--scope", choices=ApiToken.Scope.values, default=ApiToken.Scope.READ)
        parser.add_argument("--days", type=int, default=90)

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].strip().lower(), is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active account {options['email']}.")
        person = Actor(user=user, channel=Via.COMMAND)
        try:
            product = product_for(person, options["product"]) if options["product"] else None
            token, secret = tokens.create_token(
                actor=person,
                user=user,
                name=options["name"],
                scope=options["scope"],
                days=options["days"],
                product=product,
            )
        except DomainError as error:
            lines = [line for lines in error.fields.values() for line in lines]
            raise CommandError(" ".join([error.detail, *lines])) from error
        reach = product.name if product else "all products of the person"
        self.stdout.write(
            f"{token.get_scope_display()}, {reach}, until {token.expires_at:%Y-%m-%d}:"
        )
        self.stdout.write(secret)
