"""Every product gets the metrics that a new one starts with; every version its first part, and its previews are due."""

from django.db import migrations

from assets.vocabulary import METRICS

BATCH = 2000


def add(apps, schema_editor):
    Product = apps.get_model("accounts", "Product")
    Metric = apps.get_model("assets", "Metric")
    for pk in Product.objects.order_by("pk").values_list("pk", flat=True):
        Metric.objects.bulk_create(
            [
                Metric(
                    product_id=pk,
                    slug=slug,
                    name=name,
                    unit=unit,
                    form=form,
                    higher_is_better=higher,
                    position=position,
                )
                for position, (slug, name, unit, form, higher) in enumerate(METRICS)
            ],
            ignore_conflicts=True,
        )
    Version = apps.get_model("assets", "Version")
    VersionPart = apps.get_model("assets", "VersionPart")
    rows = []
    for pk, product_id, sha256 in (
        Version.objects.order_by("pk").values_list("pk", "product_id", "sha256").iterator(chunk_size=BATCH)
    ):
        rows.append(VersionPart(product_id=product_id, version_id=pk, name="bytes", sha256=sha256))
        if len(rows) == BATCH:
            VersionPart.objects.bulk_create(rows, ignore_conflicts=True)
            rows = []
    VersionPart.objects.bulk_create(rows, ignore_conflicts=True)
    Version.objects.filter(preview_state="none").update(preview_state="due")


class Migration(migrations.Migration):

    dependencies = [("assets", "0002_parts_claims_placements_and_readings")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop, elidable=True)]
