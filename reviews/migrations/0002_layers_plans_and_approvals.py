import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_decisions_numbered'),
        ('accounts', '__first__'),
        ('assets', '0002_parts_claims_placements_and_readings'),
        ('backlog', '0023_briefs_and_increments'),
        ('reviews', '0001_tables_of_reviews'),
    ]

    operations = [
        migrations.CreateModel(
            name='Layer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='review_layers', to='accounts.product')),
                ('slug', models.SlugField(max_length=40)),
                ('name', models.CharField(max_length=80)),
                ('purpose', models.CharField(blank=True, max_length=300)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('quorum', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('checklist', models.JSONField(default=list)),
                ('material', models.JSONField(default=dict)),
                ('demanded_by', models.JSONField(default=list)),
                ('entry', models.JSONField(default=list)),
                ('deadline_hours', models.PositiveIntegerField(blank=True, null=True)),
                ('private', models.BooleanField(default=False)),
                ('retired_at', models.DateTimeField(null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('reviewers', models.ManyToManyField(blank=True, related_name='review_layers', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('product', 'slug'), name='layer_once'), models.CheckConstraint(condition=models.Q(('quorum', None), ('quorum__gte', 1), _connector='OR'), name='layer_quorum')],
            },
        ),
        migrations.CreateModel(
            name='Approval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.product')),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='approvals', to='assets.asset')),
                ('layer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='approvals', to='reviews.layer')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='approvals', to='assets.version')),
                ('stage', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='approvals', to='reviews.stage')),
                ('material', models.JSONField()),
                ('sha256', models.CharField(max_length=64)),
                ('conditions', models.TextField(blank=True)),
                ('state', models.CharField(choices=[('valid', 'Holds'), ('void', 'Void: its content changed'), ('revoked', 'Revoked')], default='valid', max_length=8)),
                ('given_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('voided_at', models.DateTimeField(null=True)),
                ('voided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='assets.version')),
                ('voided_parts', models.JSONField(default=list)),
                ('restored_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('revoked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('revoked_reason', models.TextField(blank=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'revoked'), _negated=True), fields=('asset', 'layer', 'sha256'), name='approval_once')],
                'indexes': [models.Index(fields=['asset', 'layer', '-given_at'], name='approval_of_asset')],
            },
        ),
        migrations.CreateModel(
            name='Contradiction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.product')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contradictions', to='assets.version')),
                ('first', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='reviews.note')),
                ('second', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='reviews.note')),
                ('why', models.CharField(max_length=200)),
                ('state', models.CharField(choices=[('open', 'Open'), ('reconciled', 'Reconciled'), ('dismissed', 'No contradiction')], default='open', max_length=12)),
                ('outcome', models.CharField(blank=True, max_length=500)),
                ('found_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('settled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('settled_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('first', 'second'), name='contradiction_once')],
            },
        ),
        migrations.CreateModel(
            name='GuestLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.product')),
                ('cycle', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='guest_links', to='reviews.reviewcycle')),
                ('name', models.CharField(help_text='who it is for', max_length=120)),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('secret_hash', models.CharField(max_length=64, unique=True)),
                ('password', models.CharField(blank=True, max_length=200)),
                ('may_comment', models.BooleanField(default=False)),
                ('may_download', models.BooleanField(default=False)),
                ('expires_at', models.DateTimeField()),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('revoked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('visits', models.PositiveIntegerField(default=0)),
                ('failures', models.PositiveIntegerField(default=0, help_text='wrong passwords since the last right one')),
            ],
        ),
        migrations.CreateModel(
            name='ReviewPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='review_plans', to='accounts.product')),
                ('name', models.CharField(max_length=120)),
                ('increment_kind', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='review_plans', to='backlog.incrementkind')),
                ('version', models.PositiveIntegerField(default=1)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('product', 'name'), name='review_plan_once'), models.UniqueConstraint(fields=('product', 'increment_kind'), name='review_plan_of_kind'), models.UniqueConstraint(condition=models.Q(('increment_kind', None)), fields=('product',), name='review_plan_for_the_rest')],
            },
        ),
        migrations.CreateModel(
            name='PlanStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='reviews.reviewplan')),
                ('layer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='plan_steps', to='reviews.layer')),
                ('step', models.PositiveSmallIntegerField(default=0)),
                ('quorum', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('deadline_hours', models.PositiveIntegerField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('plan', 'layer'), name='plan_layer_once')],
            },
        ),
        migrations.AddField(
            model_name='assignment',
            name='opened_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='assignment',
            name='reminded_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='assignment',
            name='reminders',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='assignment',
            name='stands_in_for',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='decision',
            name='checked',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='decision',
            name='conditions',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='note',
            name='brief_line',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='backlog.briefline'),
        ),
        migrations.AddField(
            model_name='note',
            name='carried_from',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='carried_to', to='reviews.note'),
        ),
        migrations.AddField(
            model_name='note',
            name='claim',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='assets.claim'),
        ),
        migrations.AddField(
            model_name='note',
            name='edited_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='note',
            name='must',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='note',
            name='parent',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='reviews.note'),
        ),
        migrations.AddField(
            model_name='note',
            name='private',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='note',
            name='quote',
            field=models.CharField(blank=True, help_text='the words it points at, in texts', max_length=300),
        ),
        migrations.AddField(
            model_name='note',
            name='resolved_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='note',
            name='resolved_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='note',
            name='stage',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='notes', to='reviews.stage'),
        ),
        migrations.AddField(
            model_name='note',
            name='state',
            field=models.CharField(choices=[('open', 'Open'), ('resolved', 'Resolved'), ('declined', 'Not to be done')], default='open', max_length=10),
        ),
        migrations.AddField(
            model_name='note',
            name='weight',
            field=models.CharField(choices=[('structural', 'Structural'), ('detail', 'Detail')], default='detail', max_length=12),
        ),
        migrations.AddField(
            model_name='reviewcycle',
            name='brief_version',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='reviewcycle',
            name='due_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='reviewcycle',
            name='purpose',
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name='stage',
            name='checklist',
            field=models.JSONField(default=list, help_text='texts of what is to be checked'),
        ),
        migrations.AddField(
            model_name='stage',
            name='due_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='stage',
            name='entry',
            field=models.JSONField(default=list, help_text='entry conditions: names of EntryCondition'),
        ),
        migrations.AddField(
            model_name='stage',
            name='material',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='stage',
            name='name',
            field=models.CharField(default='Review', max_length=80),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='stage',
            name='private',
            field=models.BooleanField(default=False, help_text='notes are seen by its reviewers only'),
        ),
        migrations.AddField(
            model_name='stage',
            name='purpose',
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name='stage',
            name='step',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name='stage',
            name='kind',
            field=models.CharField(help_text="the layer's slug", max_length=40),
        ),
        migrations.AddField(
            model_name='stage',
            name='carried_from',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='reviews.approval'),
        ),
        migrations.AddField(
            model_name='note',
            name='guest',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='reviews.guestlink'),
        ),
        migrations.AddIndex(
            model_name='note',
            index=models.Index(condition=models.Q(('parent', None), ('state', 'open')), fields=['version', 'id'], name='note_open'),
        ),
        migrations.AddConstraint(
            model_name='note',
            constraint=models.UniqueConstraint(condition=models.Q(('carried_from__isnull', False)), fields=('version', 'carried_from'), name='note_carried_once'),
        ),
        migrations.AddField(
            model_name='stage',
            name='layer',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='stages', to='reviews.layer'),
        ),
        migrations.AddField(
            model_name='reviewcycle',
            name='plan',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='reviews.reviewplan'),
        ),
    ]
