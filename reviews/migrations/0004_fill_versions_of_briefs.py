from django.db import migrations


def fill(apps, schema_editor):
    """Each closed round with the newest version of each brief of its item that was signed by the time it closed."""
    cycles = apps.get_model("reviews", "ReviewCycle").objects
    versions = apps.get_model("backlog", "BriefVersion").objects
    for cycle in cycles.exclude(closed_at=None).select_related("asset").iterator():
        signed = versions.filter(
            brief__governed__item=cycle.asset.item_id, signed_at__lte=cycle.closed_at
        )
        newest = dict(signed.order_by("number").values_list("brief", "pk"))
        cycle.brief_versions.set(newest.values())


class Migration(migrations.Migration):
    dependencies = [("reviews", "0003_versions_of_briefs_with_rounds")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
