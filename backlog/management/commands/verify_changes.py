"""``manage.py verify_changes``: check the change log's hash chain."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Product
from backlog.jobs import seals


class Command(BaseCommand):
    help = "Seal what is new, then recompute every product's hash chain. Exit 1 when something does not fit."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--product", help="the key of one product; all without it")

    def handle(self, *args: Any, **options: Any) -> None:
        products = Product.objects.order_by("key")
        if options["product"]:
            products = products.filter(key=options["product"].upper())
            if not products:
                raise CommandError(f"There is no product {options['product']}.")
        broken = 0
        for product in products:
            seals.seal_product(product.pk)
            findings = list(seals.verify(product))
            for finding in findings:
                self.stderr.write(
                    f"{finding.product}: change {finding.change_id}: {finding.problem}"
                )
            broken += len(findings)
            if not findings:
                self.stdout.write(f"{product.key}: intact")
        if broken:
            raise CommandError(f"{broken} findings: the log is not what was sealed.")
