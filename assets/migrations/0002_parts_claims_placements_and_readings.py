import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_decisions_numbered'),
        ('accounts', '__first__'),
        ('assets', '0001_tables_of_assets'),
        ('backlog', '0023_briefs_and_increments'),
    ]

    operations = [
        migrations.CreateModel(
            name='Metric',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='metrics', to='accounts.product')),
                ('slug', models.SlugField(max_length=40)),
                ('name', models.CharField(max_length=80)),
                ('unit', models.CharField(blank=True, max_length=24)),
                ('form', models.CharField(choices=[('share', 'Share'), ('mean', 'Mean'), ('count', 'Count')], max_length=6)),
                ('higher_is_better', models.BooleanField(default=True)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('retired_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('product', 'slug'), name='metric_once')],
            },
        ),
        migrations.CreateModel(
            name='Target',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.product')),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='targets', to='assets.asset')),
                ('metric', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='targets', to='assets.metric')),
                ('signal', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='targets', to='backlog.briefsignal')),
                ('limit', models.FloatField()),
                ('least_n', models.PositiveIntegerField(default=30)),
                ('item', models.ForeignKey(help_text='re-scored on a breach; empty: a breach opens an item', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='backlog.item')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('asset', 'metric'), name='target_once')],
            },
        ),
        migrations.CreateModel(
            name='Placement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='placements', to='accounts.product')),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='placements', to='assets.asset')),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='placements', to='backlog.channel')),
                ('program', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='placements', to='backlog.program')),
                ('environment', models.CharField(choices=[('production', 'Production'), ('staging', 'Staging'), ('preview', 'Preview')], default='production', max_length=12)),
                ('locale', models.CharField(blank=True, max_length=20)),
                ('place', models.CharField(help_text='page, module or address within the channel', max_length=300)),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='placed', to='assets.version')),
                ('found_sha256', models.CharField(blank=True, max_length=64)),
                ('checked_at', models.DateTimeField(null=True)),
                ('drifted_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(help_text='taken down', null=True)),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('revision', models.PositiveIntegerField(default=1)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('asset', 'channel', 'environment', 'locale', 'place'), name='placement_once'), models.CheckConstraint(condition=models.Q(('environment__in', ['production', 'staging', 'preview'])), name='placement_environment')],
                'indexes': [models.Index(condition=models.Q(('drifted_at__isnull', False), ('ended_at', None)), fields=['product', 'drifted_at', 'id'], name='placement_drift'), models.Index(fields=['product', '-id'], name='placement_list')],
            },
        ),
        migrations.CreateModel(
            name='Reading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.product')),
                ('placement', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='readings', to='assets.placement')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='assets.version')),
                ('metric', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='assets.metric')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('value', models.FloatField()),
                ('n', models.PositiveBigIntegerField(help_text='people or events behind it', null=True)),
                ('hits', models.PositiveBigIntegerField(null=True)),
                ('spread', models.FloatField(help_text='standard deviation of one observation', null=True)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('source', models.CharField(max_length=60)),
                ('external_id', models.CharField(max_length=120)),
                ('entered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entered_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('withdrawn_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('product', 'source', 'external_id'), name='reading_once'), models.CheckConstraint(condition=models.Q(('ends_at__gte', models.F('starts_at'))), name='reading_period'), models.CheckConstraint(condition=models.Q(('hits', None), models.Q(('hits__lte', models.F('n')), ('n__isnull', False)), _connector='OR'), name='reading_share')],
                'indexes': [models.Index(fields=['version', 'metric', 'ends_at'], name='reading_of_version'), models.Index(fields=['placement', 'metric', 'ends_at'], name='reading_of_placement')],
            },
        ),
        migrations.CreateModel(
            name='Breach',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.product')),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='breaches', to='assets.target')),
                ('placement', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='breaches', to='assets.placement')),
                ('reading', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='breaches', to='assets.reading')),
                ('item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='breaches', to='backlog.item')),
                ('opened_item', models.BooleanField(default=False)),
                ('broken_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('mended_at', models.DateTimeField(help_text='a later reading holds the target', null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('mended_at', None)), fields=('target', 'placement'), name='breach_one_open')],
            },
        ),
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.product')),
                ('asset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='claims', to='assets.asset')),
                ('number', models.PositiveIntegerField()),
                ('text', models.TextField()),
                ('source', models.CharField(blank=True, max_length=500)),
                ('source_url', models.URLField(blank=True, max_length=500)),
                ('brief_line', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='claims', to='backlog.briefline')),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('withdrawn_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('asset', 'number'), name='claim_number_once')],
            },
        ),
        migrations.CreateModel(
            name='ClaimMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.product')),
                ('claim', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='marks', to='assets.claim')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='claim_marks', to='assets.version')),
                ('state', models.CharField(choices=[('unsigned', 'To be signed'), ('signed', 'Signed'), ('changed', 'Changed since it was signed'), ('gone', 'Not in this version')], default='unsigned', max_length=10)),
                ('text', models.TextField(blank=True)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('start', models.PositiveIntegerField(null=True)),
                ('end', models.PositiveIntegerField(null=True)),
                ('first_line', models.PositiveIntegerField(null=True)),
                ('last_line', models.PositiveIntegerField(null=True)),
                ('signed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('signed_at', models.DateTimeField(null=True)),
                ('signed_in', models.PositiveIntegerField(help_text='number of the version it was signed in', null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('claim', 'version'), name='claim_mark_once'), models.CheckConstraint(condition=models.Q(('state__in', ['unsigned', 'signed', 'changed', 'gone'])), name='claim_mark_state')],
            },
        ),
        migrations.CreateModel(
            name='Deployment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.product')),
                ('placement', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deployments', to='assets.placement')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deployments', to='assets.version')),
                ('kind', models.CharField(choices=[('deploy', 'Deployed'), ('roll_back', 'Rolled back')], default='deploy', max_length=10)),
                ('replaced', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='assets.version')),
                ('note', models.CharField(blank=True, max_length=500)),
                ('deployed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('deployed_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'indexes': [models.Index(fields=['placement', '-deployed_at', '-id'], name='deployment_of_placement')],
            },
        ),
        migrations.CreateModel(
            name='Preview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.product')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='previews', to='assets.version')),
                ('kind', models.CharField(max_length=8)),
                ('number', models.PositiveIntegerField(default=1)),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.PositiveBigIntegerField(help_text='bytes')),
                ('media_type', models.CharField(max_length=40)),
                ('width', models.PositiveIntegerField(null=True)),
                ('height', models.PositiveIntegerField(null=True)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('version', 'kind', 'number'), name='preview_once')],
                'indexes': [models.Index(fields=['product', 'sha256'], name='preview_bytes')],
            },
        ),
        migrations.CreateModel(
            name='Replacement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='replacements', to='accounts.product')),
                ('placement', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='replacements', to='assets.placement')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='replacements', to='assets.version')),
                ('state', models.CharField(choices=[('open', 'Open'), ('done', 'Done'), ('moot', 'No longer needed')], default='open', max_length=8)),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('due_on', models.DateField(blank=True, null=True)),
                ('item', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='backlog.item')),
                ('raised_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('settled_at', models.DateTimeField(null=True)),
                ('settled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('note', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('placement',), name='replacement_one_open')],
                'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['product', 'owner', 'due_on', 'id'], name='replacement_open')],
            },
        ),
        migrations.CreateModel(
            name='Segment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.product')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='segments', to='assets.version')),
                ('key', models.PositiveIntegerField()),
                ('position', models.PositiveIntegerField()),
                ('label', models.CharField(blank=True, max_length=200)),
                ('first_line', models.PositiveIntegerField()),
                ('last_line', models.PositiveIntegerField()),
                ('sha256', models.CharField(max_length=64)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('version', 'key'), name='segment_key_once')],
            },
        ),
        migrations.CreateModel(
            name='SegmentMap',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.product')),
                ('variant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='segment_maps', to='assets.asset')),
                ('source_key', models.PositiveIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('variant', 'source_key'), name='segment_map_once')],
            },
        ),
        migrations.CreateModel(
            name='Upload',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.product')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='backlog.item')),
                ('asset', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='uploads', to='assets.asset')),
                ('increment', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='backlog.increment')),
                ('name', models.CharField(blank=True, max_length=120)),
                ('original_name', models.CharField(max_length=255)),
                ('rationale', models.TextField()),
                ('size', models.PositiveBigIntegerField(help_text='bytes')),
                ('received', models.PositiveBigIntegerField(default=0, help_text='bytes')),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('state', models.CharField(choices=[('open', 'Going on'), ('done', 'Done'), ('given_up', 'Given up')], default='open', max_length=10)),
                ('version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='assets.version')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('touched_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('received__lte', models.F('size'))), name='upload_received')],
                'indexes': [models.Index(condition=models.Q(('state', 'open')), fields=['made_by', 'touched_at'], name='upload_open')],
            },
        ),
        migrations.CreateModel(
            name='VersionPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.product')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='assets.version')),
                ('name', models.CharField(max_length=16)),
                ('sha256', models.CharField(max_length=64)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('version', 'name'), name='version_part_once')],
            },
        ),
        migrations.RemoveConstraint(
            model_name='asset',
            name='asset_kind',
        ),
        migrations.AddField(
            model_name='asset',
            name='claims_count',
            field=models.PositiveIntegerField(default=0, help_text='numbers given to claims so far'),
        ),
        migrations.AddField(
            model_name='asset',
            name='increment',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='assets', to='backlog.increment'),
        ),
        migrations.AddField(
            model_name='asset',
            name='published_version',
            field=models.PositiveIntegerField(help_text='number of the one in force', null=True),
        ),
        migrations.AddField(
            model_name='asset',
            name='segments_count',
            field=models.PositiveIntegerField(default=0, help_text='numbers given to segments so far'),
        ),
        migrations.AddField(
            model_name='asset',
            name='variant_kind',
            field=models.CharField(blank=True, choices=[('language', 'Language'), ('format', 'Format'), ('cut', 'Channel cut')], max_length=10),
        ),
        migrations.AddField(
            model_name='asset',
            name='variant_label',
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name='asset',
            name='variant_of',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='variants', to='assets.asset'),
        ),
        migrations.AddField(
            model_name='version',
            name='duration_ms',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='version',
            name='pages',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='version',
            name='preview_attempts',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='version',
            name='preview_error',
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name='version',
            name='preview_lease_until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='version',
            name='preview_state',
            field=models.CharField(choices=[('none', 'None'), ('due', 'Being made'), ('ready', 'Ready'), ('failed', 'Could not be made')], default='none', max_length=8),
        ),
        migrations.AddField(
            model_name='version',
            name='published_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='version',
            name='published_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='version',
            name='retired_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='version',
            name='retired_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='version',
            name='source_version',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='assets.version'),
        ),
        migrations.AddField(
            model_name='version',
            name='written_here',
            field=models.BooleanField(default=False, help_text='edited in the browser'),
        ),
        migrations.AlterField(
            model_name='asset',
            name='kind',
            field=models.CharField(choices=[('text', 'Text'), ('image', 'Image'), ('pdf', 'PDF'), ('video', 'Video'), ('audio', 'Audio'), ('file', 'File')], max_length=8),
        ),
        migrations.AddIndex(
            model_name='version',
            index=models.Index(condition=models.Q(('preview_state', 'due')), fields=['preview_lease_until', 'id'], name='version_preview_due'),
        ),
        migrations.AddConstraint(
            model_name='asset',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['text', 'image', 'pdf', 'video', 'audio', 'file'])), name='asset_kind'),
        ),
        migrations.AddConstraint(
            model_name='asset',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('variant_kind', ''), ('variant_of', None)), models.Q(('variant_kind__in', ['language', 'format', 'cut']), ('variant_of__isnull', False), models.Q(('variant_of', models.F('id')), _negated=True)), _connector='OR'), name='asset_variant'),
        ),
        migrations.AddConstraint(
            model_name='version',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'published')), fields=('asset',), name='version_one_published'),
        ),
    ]
