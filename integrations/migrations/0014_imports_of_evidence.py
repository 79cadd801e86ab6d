
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('integrations', '0001_imports'),
    ]

    operations = [
        migrations.AddField(
            model_name='importrun',
            name='subject',
            field=models.CharField(choices=[('items', 'items'), ('signals', 'evidence')], default='items', max_length=8),
        ),
    ]
