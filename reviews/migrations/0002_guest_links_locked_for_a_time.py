from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_tables")]

    operations = [
        migrations.AddField(
            model_name="guestlink",
            name="locked_until",
            field=models.DateTimeField(null=True),
        ),
    ]
