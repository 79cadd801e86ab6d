"""Products that are there begin with what happens from now on."""

from django.db import migrations


def begin(apps, schema_editor):
    Followed = apps.get_model("notices", "Followed")
    ChainHead = apps.get_model("backlog", "ChainHead")
    heads = ChainHead.objects.order_by("product_id").values_list("product_id", "position")
    Followed.objects.bulk_create(
        [Followed(product_id=product, through=position) for product, position in heads],
        batch_size=1000,
    )


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_notices")]

    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
