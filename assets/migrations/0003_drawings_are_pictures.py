"""SVG files were only given out; now a worker makes a picture of each, and takes note of its parts."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def look_again(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    drawings = apps.get_model("assets", "Version").objects.filter(media_type="image/svg+xml")
    drawings.update(preview_state="due", preview_attempts=0, preview_lease_until=None)
    newest = drawings.filter(number=F("asset__versions_count")).values("asset")
    apps.get_model("assets", "Asset").objects.filter(pk__in=newest).update(kind="image")


class Migration(migrations.Migration):
    dependencies = [("assets", "0002_targets_say_which_way")]

    operations = [migrations.RunPython(look_again, migrations.RunPython.noop, elidable=True)]
