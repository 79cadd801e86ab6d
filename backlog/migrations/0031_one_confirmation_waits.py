"""At most one confirmation waits for a change and a target; a brief's changes are found by their index."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_decisions_numbered'),
        ('backlog', '0024_kinds_of_increments_of_products'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='change',
            index=models.Index(condition=models.Q(('subject_type', 'brief')), fields=['subject_id', '-id'], name='change_brief'),
        ),
        migrations.AddConstraint(
            model_name='confirmation',
            constraint=models.UniqueConstraint(condition=models.Q(('increment', None), ('line__isnull', False), ('state', 'waiting')), fields=('line', 'item'), name='confirmation_line_item'),
        ),
        migrations.AddConstraint(
            model_name='confirmation',
            constraint=models.UniqueConstraint(condition=models.Q(('increment__isnull', False), ('line__isnull', False), ('state', 'waiting')), fields=('line', 'increment'), name='confirmation_line_increment'),
        ),
        migrations.AddConstraint(
            model_name='confirmation',
            constraint=models.UniqueConstraint(condition=models.Q(('increment', None), ('line', None), ('state', 'waiting')), fields=('brief', 'field', 'item'), name='confirmation_field_item'),
        ),
        migrations.AddConstraint(
            model_name='confirmation',
            constraint=models.UniqueConstraint(condition=models.Q(('increment__isnull', False), ('line', None), ('state', 'waiting')), fields=('brief', 'field', 'increment'), name='confirmation_field_increment'),
        ),
    ]
