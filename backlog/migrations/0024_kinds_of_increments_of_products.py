"""Every product gets the kinds of increment that a new one starts with."""

from django.db import migrations

from backlog.vocabulary import INCREMENT_KINDS


def add(apps, schema_editor):
    Product = apps.get_model("accounts", "Product")
    IncrementKind = apps.get_model("backlog", "IncrementKind")
    for pk in Product.objects.order_by("pk").values_list("pk", flat=True):
        IncrementKind.objects.bulk_create(
            [
                IncrementKind(
                    product_id=pk,
                    slug=slug,
                    name=name,
                    description=description,
                    production=production,
                    stage=stage,
                    position=position,
                )
                for position, (slug, name, description, production, stage) in enumerate(INCREMENT_KINDS)
            ],
            ignore_conflicts=True,
        )


class Migration(migrations.Migration):

    dependencies = [("backlog", "0023_briefs_and_increments")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop, elidable=True)]
