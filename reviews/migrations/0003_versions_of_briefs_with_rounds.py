from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("backlog", "0003_search_index"),
        ("reviews", "0002_guest_links_locked_for_a_time"),
    ]

    operations = [
        migrations.RemoveField(model_name="reviewcycle", name="brief_version"),
        migrations.AddField(
            model_name="reviewcycle",
            name="brief_versions",
            field=models.ManyToManyField(related_name="+", to="backlog.briefversion"),
        ),
    ]
