
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('backlog', '0005_cycle_plans_ledgers_and_decisions'),
    ]

    operations = [
        migrations.AddField(
            model_name='itemsummary',
            name='age_cost',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='itemsummary',
            name='evidence_stale_day',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='itemsummary',
            name='ratings_stale_day',
            field=models.FloatField(null=True),
        ),
        migrations.AddIndex(
            model_name="change",
            index=models.Index(
                condition=models.Q(("subject_type", "signal")),
                fields=["subject_id", "-id"],
                name="change_signal",
            ),
        ),
    ]
