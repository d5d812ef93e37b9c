# The tables of release 0.1.0, as 32 migrations made them. What those did to rows is done for a new database.
import bots.models.channel
import bots.models.file
import bots.models.person
import bots.models.provider
import bots.models.queue
import bots.models.quiet_hours
import bots.models.waiting
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import django_fsm
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("bots", "0001_initial"),
        ("bots", "0002_provider_endpoint"),
        ("bots", "0003_groups_and_strangers"),
        ("bots", "0004_audit_and_linking"),
        ("bots", "0005_waiting_memory"),
        ("bots", "0006_drafts"),
        ("bots", "0007_received_files"),
        ("bots", "0008_usage_purpose"),
        ("bots", "0009_rerank"),
        ("bots", "0010_draft_text"),
        ("bots", "0011_channel_health"),
        ("bots", "0012_sent_files"),
        ("bots", "0013_forgotten_messages_and_limits"),
        ("bots", "0014_failure_reasons"),
        ("bots", "0015_recent_of_all_bots"),
        ("bots", "0016_quotes"),
        ("bots", "0017_token_hashes"),
        ("bots", "0018_model_outages"),
        ("bots", "0019_id_changes"),
        ("bots", "0020_endpoint_trust"),
        ("bots", "0021_faults"),
        ("bots", "0022_bursts"),
        ("bots", "0023_dialog_timers"),
        ("bots", "0024_tools"),
        ("bots", "0025_schedules"),
        ("bots", "0026_broadcasts"),
        ("bots", "0027_choosing"),
        ("bots", "0028_role_permissions"),
        ("bots", "0029_provider_protocol"),
        ("bots", "0030_ledger"),
        ("bots", "0031_voice"),
        ("bots", "0032_replay"),
    ]

    initial = True

    dependencies = [
        ("auth", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Channel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=bots.models.channel.new_public_id, editable=False, max_length=32, verbose_name="id"
                    ),
                ),
                ("platform", models.CharField(max_length=20, verbose_name="platform")),
                ("name", models.CharField(blank=True, max_length=100, verbose_name="name")),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                ("credentials_encrypted", models.TextField(blank=True, editable=False, verbose_name="credentials")),
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
                    "flood_per_minute",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Above it senders get 429. Empty: configuration.",
                        null=True,
                        verbose_name="messages per minute",
                    ),
                ),
                (
                    "group_policy",
                    models.CharField(
                        choices=[
                            ("off", "never"),
                            ("mention", "when it is mentioned or answered"),
                            ("all", "every message"),
                        ],
                        default="mention",
                        max_length=10,
                        verbose_name="answers in groups",
                    ),
                ),
                (
                    "group_memory",
                    models.BooleanField(
                        default=True,
                        help_text="Remembers, for the group alone, also what is not said to the bot.",
                        verbose_name="listens in groups",
                    ),
                ),
                (
                    "stranger_policy",
                    models.CharField(
                        choices=[
                            ("open", "everybody"),
                            ("pairing", "people with an approved pairing code"),
                            ("allow_list", "people on the list"),
                        ],
                        default="open",
                        max_length=12,
                        verbose_name="who may write",
                    ),
                ),
                (
                    "allow_list",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Ids of the platform, one a line.",
                        verbose_name="allowed people",
                    ),
                ),
                (
                    "stream_replies",
                    models.BooleanField(
                        default=False,
                        help_text="Where the platform can change sent messages. Answers of a second or less are sent whole.",
                        verbose_name="shows answers while they are written",
                    ),
                ),
                (
                    "poll_offset",
                    models.CharField(blank=True, editable=False, max_length=64, verbose_name="poll offset"),
                ),
                ("poll_account", models.CharField(blank=True, editable=False, max_length=64)),
                (
                    "last_event_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last event"),
                ),
                (
                    "last_error_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last error at"),
                ),
                ("last_error", models.CharField(blank=True, editable=False, max_length=300, verbose_name="last error")),
                ("last_error_code", models.CharField(blank=True, editable=False, max_length=60)),
                ("last_error_params", models.JSONField(blank=True, default=dict, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
            ],
            options={
                "verbose_name": "channel",
                "verbose_name_plural": "channels",
                "ordering": ("bot", "platform", "id"),
            },
        ),
        migrations.CreateModel(
            name="Worker",
            fields=[
                ("id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("host", models.CharField(max_length=120, verbose_name="host")),
                ("pid", models.PositiveIntegerField(verbose_name="process id")),
                ("pid_started", models.CharField(blank=True, max_length=32, verbose_name="process start")),
                ("role", models.CharField(max_length=20, verbose_name="role")),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="started")),
                ("beat_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="last heartbeat")),
            ],
            options={
                "verbose_name": "worker",
                "verbose_name_plural": "workers",
                "ordering": ("-started_at",),
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("prefix", models.CharField(editable=False, max_length=12, verbose_name="begins with")),
                (
                    "created",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="made at"),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_token",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "API token",
                "verbose_name_plural": "API tokens",
                "ordering": ("-created",),
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
                ("actor", models.CharField(max_length=200, verbose_name="who")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("export", "Exported"),
                            ("erase", "Erased"),
                            ("erase_proof", "Proof of erasure"),
                            ("link", "Identities linked"),
                            ("unlink", "Link undone"),
                            ("pin", "Pinned"),
                            ("unpin", "Unpinned"),
                            ("edit", "Edited"),
                            ("supersede", "Superseded"),
                            ("delete", "Memories deleted"),
                            ("move", "New id on the platform"),
                            ("login", "Log-in"),
                            ("logout", "Log-out"),
                            ("lock", "Log-in locked"),
                            ("unlock", "Log-in unlocked"),
                            ("added", "Added"),
                            ("changed", "Changed"),
                            ("removed", "Removed"),
                        ],
                        max_length=12,
                        verbose_name="action",
                    ),
                ),
                ("bot_id", models.BigIntegerField(blank=True, null=True, verbose_name="bot number")),
                ("bot_slug", models.CharField(blank=True, max_length=60, verbose_name="bot")),
                ("person_hash", models.CharField(blank=True, max_length=32, verbose_name="person (pseudonym)")),
                (
                    "subject",
                    models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="subject"),
                ),
                ("field_names", models.JSONField(blank=True, default=list, verbose_name="changed fields")),
                ("counts", models.JSONField(default=dict, verbose_name="counts")),
                ("proof", models.JSONField(default=dict, verbose_name="proof")),
                (
                    "result",
                    models.CharField(
                        choices=[("done", "Done"), ("proved", "Proved"), ("failed", "Failed")],
                        default="done",
                        max_length=8,
                        verbose_name="result",
                    ),
                ),
            ],
            options={
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit log",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["bot_id", "-id"], name="audit_bot_recent"),
                    models.Index(fields=["person_hash", "-id"], name="audit_person_recent"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Balance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("bot", "bot"),
                            ("person", "person"),
                            ("chat", "group chat"),
                            ("channel", "channel"),
                            ("tenant", "tenant"),
                        ],
                        editable=False,
                        max_length=8,
                    ),
                ),
                ("owner", models.CharField(editable=False, max_length=60)),
                ("bot_id", models.BigIntegerField(default=0, editable=False)),
                (
                    "unit",
                    models.CharField(
                        choices=[
                            ("messages", "messages a minute"),
                            ("tokens", "tokens a day"),
                            ("money", "money a month"),
                        ],
                        editable=False,
                        max_length=8,
                    ),
                ),
                ("period", models.CharField(editable=False, max_length=16)),
                ("spent", models.BigIntegerField(default=0, editable=False)),
                ("reserved", models.BigIntegerField(default=0, editable=False)),
                ("ceiling", models.BigIntegerField(default=0, editable=False)),
                ("refused", models.BigIntegerField(default=0, editable=False)),
                ("ends_at", models.DateTimeField(editable=False)),
                ("warned_at", models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                "verbose_name": "balance",
                "verbose_name_plural": "balances",
                "indexes": [models.Index(fields=["ends_at"], name="balance_ends")],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "owner", "unit", "period"), name="balance_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="Bot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slug",
                    models.SlugField(
                        help_text="Appears in the web chat address: /chat/SLUG/", max_length=60, verbose_name="slug"
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("description", models.CharField(blank=True, max_length=300, verbose_name="description")),
                (
                    "instructions",
                    models.TextField(
                        blank=True,
                        help_text="What the model is told before every conversation.",
                        verbose_name="instructions",
                    ),
                ),
                (
                    "greeting",
                    models.CharField(
                        blank=True, help_text="Shown when a chat is empty.", max_length=500, verbose_name="greeting"
                    ),
                ),
                (
                    "outage_text",
                    models.CharField(
                        blank=True,
                        help_text="What people get when no language model answers. Empty: a sentence that offers “retry”.",
                        max_length=500,
                        verbose_name="outage sentence (English)",
                    ),
                ),
                (
                    "outage_text_zh",
                    models.CharField(
                        blank=True,
                        help_text="The same for people who write Chinese.",
                        max_length=500,
                        verbose_name="outage sentence (Chinese)",
                    ),
                ),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                (
                    "is_default",
                    models.BooleanField(
                        default=False, help_text="Answers at the address /.", verbose_name="default bot"
                    ),
                ),
                (
                    "allowed_origins",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text='Sites that may embed the web chat, e.g. ["https://example.com"]. This site is always allowed.',
                        verbose_name="allowed origins",
                    ),
                ),
                (
                    "retention_days",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Empty: the value of the configuration. 0: for ever.",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(36500)],
                        verbose_name="retention (days)",
                    ),
                ),
                (
                    "skills_by_tools_only",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Only the model calls skills, as tools, and their commands. Words and examples do not.",
                        verbose_name="skills by tools only",
                    ),
                ),
                (
                    "tenant",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="A label of your own, for a customer or a department. Limits can hold for all bots with it.",
                        max_length=60,
                        verbose_name="tenant",
                    ),
                ),
                (
                    "rerank",
                    models.BooleanField(
                        default=False,
                        help_text="Puts the best memories into order a second time, by semantic_search.reranker. Slower.",
                        verbose_name="cross-encoder",
                    ),
                ),
                (
                    "tools_enabled",
                    models.BooleanField(
                        db_default=True,
                        default=True,
                        help_text="The model may call the skills and other tools of this bot.",
                        verbose_name="tools",
                    ),
                ),
                (
                    "tool_rounds",
                    models.PositiveSmallIntegerField(
                        db_default=8,
                        default=8,
                        help_text="How often the model may call tools before it must answer.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(8),
                        ],
                        verbose_name="most rounds of tool calls",
                    ),
                ),
                (
                    "tool_cost",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="For one answer, in the currency of the prices of the models. Empty: no limit.",
                        max_digits=10,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                        verbose_name="most cost of tool calls",
                    ),
                ),
                (
                    "temperature",
                    models.FloatField(
                        default=0.3,
                        validators=[
                            django.core.validators.MinValueValidator(0.0),
                            django.core.validators.MaxValueValidator(2.0),
                        ],
                        verbose_name="temperature",
                    ),
                ),
                (
                    "max_reply_tokens",
                    models.PositiveIntegerField(
                        default=512,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100000),
                        ],
                        verbose_name="longest reply (tokens)",
                    ),
                ),
                (
                    "bursts",
                    models.CharField(
                        choices=[
                            ("each", "answer each message"),
                            ("collect", "wait a moment, then answer all of them together"),
                            ("interrupt", "stop the running answer and answer all of them together"),
                        ],
                        db_default="each",
                        default="each",
                        help_text="Commands and buttons are always taken at once. An album is always one message.",
                        max_length=12,
                        verbose_name="several messages in a row",
                    ),
                ),
                (
                    "burst_quiet_s",
                    models.FloatField(
                        db_default=1.5,
                        default=1.5,
                        help_text="When waiting: the bot answers once the person has written nothing for so long.",
                        validators=[
                            django.core.validators.MinValueValidator(0.2),
                            django.core.validators.MaxValueValidator(30.0),
                        ],
                        verbose_name="quiet time (seconds)",
                    ),
                ),
                (
                    "burst_longest_s",
                    models.FloatField(
                        db_default=6.0,
                        default=6.0,
                        help_text="When waiting: since the first message. Ten messages or 4,000 characters end the wait as well.",
                        validators=[
                            django.core.validators.MinValueValidator(0.2),
                            django.core.validators.MaxValueValidator(120.0),
                        ],
                        verbose_name="longest wait (seconds)",
                    ),
                ),
                (
                    "voice_replies",
                    models.CharField(
                        choices=[("never", "never"), ("spoken_to", "when it is spoken to"), ("always", "always")],
                        db_default="never",
                        default="never",
                        help_text="Needs a model provider that speaks. The text of an answer is always sent as well.",
                        max_length=10,
                        verbose_name="answers as voice",
                    ),
                ),
                (
                    "context_tokens",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Empty: what the model takes. With a smaller number, answers cost less and the model sees less.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(500),
                            django.core.validators.MaxValueValidator(10000000),
                        ],
                        verbose_name="longest prompt (tokens)",
                    ),
                ),
                (
                    "quiet_hours",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="The bot writes nobody of its own accord then. 22:00-07:00, or off. Empty: 22:00-07:00.",
                        max_length=11,
                        validators=[bots.models.quiet_hours.check],
                        verbose_name="quiet hours",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
            ],
            options={
                "verbose_name": "bot",
                "verbose_name_plural": "bots",
                "ordering": ("name", "id"),
                "constraints": [
                    models.UniqueConstraint(fields=("slug",), name="bot_slug_unique"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)), fields=("is_default",), name="bot_one_default"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ChannelHealth",
            fields=[
                (
                    "channel",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="health",
                        serialize=False,
                        to="bots.channel",
                        verbose_name="channel",
                    ),
                ),
                ("refused", models.PositiveBigIntegerField(default=0, verbose_name="refused requests")),
                ("refused_at", models.DateTimeField(null=True, verbose_name="last refused")),
                ("refused_reason", models.CharField(max_length=20, verbose_name="reason")),
                ("refused_detail", models.CharField(max_length=200, verbose_name="detail")),
                ("refused_detail_code", models.CharField(blank=True, editable=False, max_length=60)),
                ("refused_detail_params", models.JSONField(blank=True, default=dict, editable=False)),
                ("sent_at", models.DateTimeField(null=True, verbose_name="last sent")),
                ("send_failed_at", models.DateTimeField(null=True, verbose_name="last send error at")),
                ("send_error", models.CharField(max_length=300, verbose_name="last send error")),
                ("send_error_code", models.CharField(blank=True, editable=False, max_length=60)),
                ("send_error_params", models.JSONField(blank=True, default=dict, editable=False)),
                ("send_mark", models.CharField(max_length=60, verbose_name="error mark")),
                ("polled_at", models.DateTimeField(null=True, verbose_name="last polled")),
                ("poll_failed_at", models.DateTimeField(null=True, verbose_name="last poll error at")),
                ("poll_error", models.CharField(blank=True, max_length=300, verbose_name="last poll error")),
                ("poll_error_code", models.CharField(blank=True, editable=False, max_length=60)),
                ("poll_error_params", models.JSONField(blank=True, default=dict, editable=False)),
                ("poll_mark", models.CharField(blank=True, max_length=60, verbose_name="error mark")),
            ],
            options={
                "verbose_name": "health of a channel",
                "verbose_name_plural": "health of channels",
                "ordering": ("channel",),
            },
        ),
        migrations.AddField(
            model_name="channel",
            name="bot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="channels", to="bots.bot", verbose_name="bot"
            ),
        ),
        migrations.CreateModel(
            name="ChannelHour",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.DateTimeField(verbose_name="hour")),
                ("events", models.PositiveBigIntegerField(default=0, verbose_name="events")),
                ("refused", models.PositiveBigIntegerField(default=0, verbose_name="refused requests")),
                (
                    "channel",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours",
                        to="bots.channel",
                        verbose_name="channel",
                    ),
                ),
            ],
            options={
                "verbose_name": "hour of a channel",
                "verbose_name_plural": "hours of channels",
                "ordering": ("-hour",),
                "constraints": [models.UniqueConstraint(fields=("channel", "hour"), name="channel_hour_unique")],
            },
        ),
        migrations.CreateModel(
            name="Conversation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin_id", models.BigIntegerField(editable=False, null=True)),
                ("chat_id", models.CharField(max_length=191, verbose_name="chat")),
                ("chat_type", models.CharField(default="private", max_length=20, verbose_name="chat type")),
                ("thread_id", models.CharField(blank=True, max_length=191, verbose_name="thread")),
                (
                    "state",
                    django_fsm.FSMField(
                        choices=[
                            ("active", "Active"),
                            ("collecting", "Asking for details"),
                            ("human", "Handed to a human"),
                            ("closed", "Closed"),
                        ],
                        default="active",
                        max_length=50,
                        protected=True,
                        verbose_name="state",
                    ),
                ),
                ("state_data", models.JSONField(blank=True, default=dict, verbose_name="state data")),
                ("summary", models.TextField(blank=True, verbose_name="summary")),
                ("summary_through", models.BigIntegerField(editable=False, null=True)),
                ("summary_due_at", models.DateTimeField(editable=False, null=True)),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="started")),
                (
                    "last_message_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="last message"),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conversations",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conversations",
                        to="bots.channel",
                        verbose_name="channel",
                    ),
                ),
            ],
            options={
                "verbose_name": "conversation",
                "verbose_name_plural": "conversations",
                "ordering": ("-last_message_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="DialogTimer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("remind", "Reminds next"), ("park", "Is set aside next"), ("parked", "Set aside")],
                        default="remind",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("asked_in", models.BigIntegerField(default=0, verbose_name="asked by event")),
                ("due_at", models.DateTimeField(verbose_name="due")),
                ("park_at", models.DateTimeField(null=True, verbose_name="set aside at")),
                ("keep_days", models.PositiveIntegerField(default=7, verbose_name="days to go on with it")),
                ("frame", models.JSONField(blank=True, default=dict, verbose_name="open flow")),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="dialog_timers",
                        to="bots.conversation",
                        verbose_name="conversation",
                    ),
                ),
            ],
            options={
                "verbose_name": "open question",
                "verbose_name_plural": "open questions",
                "ordering": ("due_at", "id"),
                "indexes": [models.Index(fields=["due_at", "id"], name="dialog_timer_due")],
            },
        ),
        migrations.CreateModel(
            name="EvaluationSet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("description", models.TextField(blank=True, max_length=2000, verbose_name="description")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="created")),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="evaluation_sets",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
            ],
            options={
                "verbose_name": "set of questions",
                "verbose_name_plural": "sets of questions",
                "ordering": ("name",),
                "constraints": [models.UniqueConstraint(fields=("name",), name="evaluation_set_name_unique")],
            },
        ),
        migrations.CreateModel(
            name="InboundEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="due")),
                ("owner", models.CharField(blank=True, max_length=32, verbose_name="claimed by")),
                ("claimed_at", models.DateTimeField(blank=True, null=True, verbose_name="claimed at")),
                ("request_id", models.CharField(blank=True, max_length=40, verbose_name="request id")),
                ("error", models.CharField(blank=True, max_length=500, verbose_name="error")),
                ("error_code", models.CharField(blank=True, editable=False, max_length=60)),
                ("error_params", models.JSONField(blank=True, default=dict, editable=False)),
                ("dedupe_key", models.CharField(max_length=191, verbose_name="dedupe key")),
                (
                    "queue_key",
                    models.CharField(
                        help_text="Events of one chat share it and are taken one at a time, in order.",
                        max_length=255,
                        verbose_name="queue",
                    ),
                ),
                ("kind", models.CharField(max_length=20, verbose_name="kind")),
                ("payload", models.JSONField(default=dict, verbose_name="event")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting"),
                            ("processing", "In work"),
                            ("done", "Done"),
                            ("ignored", "Ignored"),
                            ("dead", "Dead letter"),
                        ],
                        default="pending",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("cancel_requested", models.BooleanField(default=False, verbose_name="stop requested")),
                ("gathers", models.BooleanField(db_default=False, default=False, editable=False)),
                ("overtakes", models.BooleanField(db_default=False, default=False, editable=False)),
                ("draft_id", models.CharField(blank=True, max_length=191, verbose_name="draft")),
                (
                    "draft_text",
                    models.TextField(
                        blank=True,
                        help_text="Only where the platform fetches answers; empty when it is whole.",
                        verbose_name="answer so far",
                    ),
                ),
                ("waiting_since", models.DateTimeField(blank=True, null=True, verbose_name="waits for a model since")),
                ("told_to_wait", models.BooleanField(default=False, editable=False)),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="received")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                (
                    "channel",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="inbound",
                        to="bots.channel",
                        verbose_name="channel",
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="inbound",
                        to="bots.conversation",
                        verbose_name="conversation",
                    ),
                ),
            ],
            options={
                "verbose_name": "inbound event",
                "verbose_name_plural": "inbox",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("pending", "processing"))),
                        fields=["queue_key", "id"],
                        name="inbound_open_by_queue",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ("pending", "processing"))),
                        fields=["state", "due_at"],
                        name="inbound_open_due",
                    ),
                    models.Index(condition=models.Q(("state", "dead")), fields=["-id"], name="inbound_dead_recent"),
                    models.Index(
                        condition=models.Q(("waiting_since__isnull", False)),
                        fields=["id"],
                        name="inbound_waiting_for_model",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("channel", "dedupe_key"), name="inbound_channel_dedupe_unique"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "processing")),
                        fields=("queue_key",),
                        name="inbound_one_processing_per_queue",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Label",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, verbose_name="label")),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="labels",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
            ],
            options={
                "verbose_name": "label",
                "verbose_name_plural": "labels",
                "ordering": ("bot", "name"),
            },
        ),
        migrations.CreateModel(
            name="Broadcast",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="For the team; people do not see it.", max_length=100, verbose_name="name"
                    ),
                ),
                ("text", models.TextField(blank=True, max_length=4000, verbose_name="text (English)")),
                (
                    "text_zh",
                    models.TextField(
                        blank=True,
                        help_text="An empty text is replaced by the other one.",
                        max_length=4000,
                        verbose_name="text (Chinese)",
                    ),
                ),
                (
                    "seen_days",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(36500),
                        ],
                        verbose_name="seen in the last days",
                    ),
                ),
                (
                    "unseen_days",
                    models.PositiveIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(36500),
                        ],
                        verbose_name="not seen for days",
                    ),
                ),
                (
                    "per_second",
                    models.FloatField(
                        default=5.0,
                        help_text="Never more than half of what the platform allows: answers to people go first.",
                        validators=[
                            django.core.validators.MinValueValidator(0.1),
                            django.core.validators.MaxValueValidator(100.0),
                        ],
                        verbose_name="messages per second and channel",
                    ),
                ),
                (
                    "local",
                    models.CharField(
                        blank=True,
                        help_text="2026-12-01T09:00. Empty: when it is released.",
                        max_length=21,
                        verbose_name="begins at",
                    ),
                ),
                ("zone", models.CharField(blank=True, max_length=64, verbose_name="time zone")),
                (
                    "respect_quiet",
                    models.BooleanField(
                        default=True,
                        help_text="Who has quiet hours when it is their turn is asked later.",
                        verbose_name="waits in quiet hours",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("scheduled", "Scheduled"),
                            ("sending", "Sending"),
                            ("stopped", "Stopped"),
                            ("done", "Done"),
                        ],
                        default="draft",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("due_at", models.DateTimeField(blank=True, null=True, verbose_name="due")),
                ("cursor", models.BigIntegerField(default=0, editable=False)),
                ("last_person", models.BigIntegerField(default=0, editable=False)),
                ("sent", models.PositiveIntegerField(default=0, verbose_name="sent")),
                ("left_out", models.PositiveIntegerField(default=0, verbose_name="left out")),
                ("created_by", models.CharField(blank=True, max_length=200, verbose_name="created by")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="created")),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="began")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="broadcasts",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "channels",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Empty: all of the bot.",
                        related_name="+",
                        to="bots.channel",
                        verbose_name="channels",
                    ),
                ),
                (
                    "labels",
                    models.ManyToManyField(
                        blank=True,
                        help_text="People with at least one of them. Empty: everybody.",
                        related_name="+",
                        to="bots.label",
                        verbose_name="labels",
                    ),
                ),
            ],
            options={
                "verbose_name": "broadcast",
                "verbose_name_plural": "broadcasts",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("scheduled", "sending"))),
                        fields=["due_at"],
                        name="broadcast_open_due",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin_id", models.BigIntegerField(editable=False, null=True)),
                (
                    "role",
                    models.CharField(
                        choices=[("user", "Person"), ("assistant", "Bot"), ("operator", "Operator")],
                        max_length=10,
                        verbose_name="role",
                    ),
                ),
                ("text", models.TextField(blank=True, verbose_name="text")),
                ("attachments", models.JSONField(blank=True, default=list, verbose_name="attachments")),
                (
                    "platform_message_id",
                    models.CharField(blank=True, max_length=191, verbose_name="platform message id"),
                ),
                ("client_id", models.CharField(blank=True, max_length=64, verbose_name="client id")),
                ("meta", models.JSONField(blank=True, default=dict, verbose_name="details")),
                ("occurred_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
                ("forgotten", models.BooleanField(default=False, editable=False, verbose_name="forgotten")),
                (
                    "conversation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="messages",
                        to="bots.conversation",
                        verbose_name="conversation",
                    ),
                ),
                (
                    "inbound",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="messages",
                        to="bots.inboundevent",
                        verbose_name="inbound event",
                    ),
                ),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="EvaluationCase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("earlier", models.JSONField(blank=True, default=list, verbose_name="said before")),
                ("question", models.TextField(max_length=20000, verbose_name="question")),
                ("expectations", models.JSONField(blank=True, default=list, verbose_name="expectations")),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="created")),
                (
                    "evaluation_set",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="cases",
                        to="bots.evaluationset",
                        verbose_name="set of questions",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="bots.message",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved question",
                "verbose_name_plural": "saved questions",
                "ordering": ("id",),
                "constraints": [
                    models.UniqueConstraint(fields=("evaluation_set", "name"), name="evaluation_case_name_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="ModelProvider",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("chat", "language model: answers"),
                            ("transcription", "speech recognition: listens to recordings"),
                            ("speech", "speech: reads answers aloud"),
                        ],
                        db_default="chat",
                        default="chat",
                        max_length=14,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                (
                    "endpoint",
                    models.CharField(
                        help_text="e.g. https://api.openai.com/v1",
                        max_length=300,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^https?://([\\w.-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?(/[^\\s?#]*)?$",
                                "must begin with http:// or https:// and name a host",
                            )
                        ],
                        verbose_name="endpoint",
                    ),
                ),
                ("model", models.CharField(max_length=120, verbose_name="model")),
                (
                    "protocol",
                    models.CharField(
                        choices=[("openai", "chat completions (OpenAI)"), ("anthropic", "Messages API (Anthropic)")],
                        db_default="openai",
                        default="openai",
                        help_text="Anthropic's own service speaks the Messages API; nearly all others speak chat completions.",
                        max_length=12,
                        verbose_name="protocol",
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
                ("priority", models.IntegerField(default=100, help_text="Lowest first.", verbose_name="priority")),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                (
                    "can_see",
                    models.BooleanField(
                        default=False, help_text="The model takes images beside text.", verbose_name="sees images"
                    ),
                ),
                (
                    "tools",
                    models.CharField(
                        choices=[("auto", "if the model takes them"), ("on", "always"), ("off", "never")],
                        db_default="auto",
                        default="auto",
                        help_text="Whether skills and other tools are offered to the model.",
                        max_length=4,
                        verbose_name="tools",
                    ),
                ),
                (
                    "timeout_s",
                    models.FloatField(
                        default=60.0,
                        validators=[
                            django.core.validators.MinValueValidator(0.1),
                            django.core.validators.MaxValueValidator(3600.0),
                        ],
                        verbose_name="timeout (seconds)",
                    ),
                ),
                (
                    "context_tokens",
                    models.PositiveIntegerField(
                        default=8192,
                        validators=[
                            django.core.validators.MinValueValidator(256),
                            django.core.validators.MaxValueValidator(10000000),
                        ],
                        verbose_name="context window (tokens)",
                    ),
                ),
                (
                    "input_price",
                    models.DecimalField(
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=10,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                        verbose_name="price per million input tokens",
                    ),
                ),
                (
                    "output_price",
                    models.DecimalField(
                        decimal_places=4,
                        default=Decimal("0"),
                        max_digits=10,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                        verbose_name="price per million output tokens",
                    ),
                ),
                (
                    "voice",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="Of speech: the name of the voice there. Empty: alloy.",
                        max_length=60,
                        verbose_name="voice",
                    ),
                ),
                (
                    "voice_price",
                    models.DecimalField(
                        db_default=Decimal("0"),
                        decimal_places=4,
                        default=Decimal("0"),
                        help_text="Of speech recognition: for a minute that is heard. Of speech: for a million characters.",
                        max_digits=10,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                        verbose_name="price of voice",
                    ),
                ),
                (
                    "cached_input_price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="Of the part of a prompt that the endpoint had in its cache. Empty: as other input tokens.",
                        max_digits=10,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                        verbose_name="price per million cached input tokens",
                    ),
                ),
                (
                    "keep_warm",
                    models.CharField(
                        choices=[
                            ("off", "nothing"),
                            ("models", "ask for the list of models (free)"),
                            ("call", "ask for one token (may be charged)"),
                        ],
                        db_default="off",
                        default="off",
                        help_text="A small request while nobody asks the model, for servers that unload it when it is idle.",
                        max_length=6,
                        verbose_name="keep warm",
                    ),
                ),
                (
                    "keep_warm_minutes",
                    models.PositiveSmallIntegerField(
                        db_default=4,
                        default=4,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1440),
                        ],
                        verbose_name="minutes between requests that keep it warm",
                    ),
                ),
                (
                    "extra_body",
                    models.JSONField(
                        blank=True,
                        db_default=models.Value({}, models.JSONField()),
                        default=dict,
                        help_text='Sent with each request, e.g. {"reasoning_effort": "low"}.',
                        validators=[bots.models.provider.check_extra_body],
                        verbose_name="further parameters",
                    ),
                ),
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
                (
                    "open_until",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="paused until"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
            ],
            options={
                "verbose_name": "model provider",
                "verbose_name_plural": "model providers",
                "ordering": ("priority", "id"),
                "constraints": [models.UniqueConstraint(fields=("name",), name="provider_name_unique")],
            },
        ),
        migrations.CreateModel(
            name="BotProvider",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "position",
                    models.PositiveSmallIntegerField(default=10, help_text="Lowest first.", verbose_name="position"),
                ),
                (
                    "use",
                    models.CharField(
                        choices=[
                            ("any", "every turn"),
                            ("simple", "short turns"),
                            ("long", "long turns"),
                            ("vision", "turns with an image"),
                        ],
                        default="any",
                        help_text="In its turns, a line for short or long turns or images comes before those for every turn.",
                        max_length=8,
                        verbose_name="used for",
                    ),
                ),
                (
                    "model",
                    models.CharField(
                        blank=True, help_text="Empty: the model of the provider.", max_length=120, verbose_name="model"
                    ),
                ),
                (
                    "tokens",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Short turns have at most, long ones at least so many. Empty: 1,000 and 8,000.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(10000000),
                        ],
                        verbose_name="tokens of the prompt",
                    ),
                ),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="providers",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bots",
                        to="bots.modelprovider",
                        verbose_name="model provider",
                    ),
                ),
            ],
            options={
                "verbose_name": "model of a bot",
                "verbose_name_plural": "models of a bot",
                "ordering": ("bot", "position", "id"),
                "constraints": [
                    models.UniqueConstraint(fields=("bot", "provider", "use", "model"), name="bot_provider_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="OutboundMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("queue_key", models.CharField(max_length=255, verbose_name="queue")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="due")),
                ("owner", models.CharField(blank=True, max_length=32, verbose_name="claimed by")),
                ("claimed_at", models.DateTimeField(blank=True, null=True, verbose_name="claimed at")),
                ("request_id", models.CharField(blank=True, max_length=40, verbose_name="request id")),
                ("error", models.CharField(blank=True, max_length=500, verbose_name="error")),
                ("error_code", models.CharField(blank=True, editable=False, max_length=60)),
                ("error_params", models.JSONField(blank=True, default=dict, editable=False)),
                ("part", models.PositiveSmallIntegerField(default=0, verbose_name="part")),
                ("payload", models.JSONField(default=dict, verbose_name="message to send")),
                (
                    "idempotency_key",
                    models.CharField(
                        default=bots.models.queue.new_idempotency_key, max_length=36, verbose_name="idempotency key"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting"),
                            ("sending", "In work"),
                            ("sent", "Sent"),
                            ("unconfirmed", "Sent, unconfirmed"),
                            ("dead", "Dead letter"),
                            ("discarded", "Discarded"),
                        ],
                        default="pending",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "platform_message_id",
                    models.CharField(blank=True, max_length=191, verbose_name="platform message id"),
                ),
                ("mark", models.CharField(blank=True, max_length=60, verbose_name="error mark")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="created")),
                (
                    "queued_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        help_text="When it was created or queued again. Tries end a day later.",
                        verbose_name="queued",
                    ),
                ),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outbound",
                        to="bots.channel",
                        verbose_name="channel",
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outbound",
                        to="bots.conversation",
                        verbose_name="conversation",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="outbound",
                        to="bots.message",
                        verbose_name="message",
                    ),
                ),
            ],
            options={
                "verbose_name": "outbound message",
                "verbose_name_plural": "outbox",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("pending", "sending"))),
                        fields=["queue_key", "id"],
                        name="outbound_open_by_queue",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ("pending", "sending"))),
                        fields=["state", "due_at"],
                        name="outbound_open_due",
                    ),
                    models.Index(fields=["platform_message_id"], name="outbound_platform_id"),
                    models.Index(condition=models.Q(("state", "dead")), fields=["-id"], name="outbound_dead_recent"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("message", "part"), name="outbound_message_part_unique"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "sending")),
                        fields=("queue_key",),
                        name="outbound_one_sending_per_queue",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(
                        default=bots.models.person.new_person_key,
                        help_text="Used by commands and the API: --person ID",
                        max_length=120,
                        verbose_name="id",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("human", "Person"), ("group", "Group")],
                        default="human",
                        editable=False,
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                (
                    "group_policy",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("off", "never"),
                            ("mention", "when it is mentioned or answered"),
                            ("all", "every message"),
                        ],
                        help_text="For a group. Empty: as the channel says.",
                        max_length=10,
                        verbose_name="answers here",
                    ),
                ),
                ("display_name", models.CharField(blank=True, max_length=200, verbose_name="name")),
                ("language", models.CharField(blank=True, max_length=16, verbose_name="language")),
                ("time_zone", models.CharField(blank=True, max_length=64, verbose_name="time zone")),
                (
                    "quiet_hours",
                    models.CharField(
                        blank=True,
                        db_default="",
                        default="",
                        help_text="In the person's time zone. Empty: as the bot says.",
                        max_length=11,
                        validators=[bots.models.quiet_hours.check],
                        verbose_name="quiet hours",
                    ),
                ),
                (
                    "unsubscribed_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Whoever wrote “unsubscribe” gets answers and reminders, but no messages to many people.",
                        null=True,
                        verbose_name="wants no broadcasts since",
                    ),
                ),
                ("news", models.BooleanField(db_default=False, default=False, editable=False)),
                (
                    "blocked",
                    models.BooleanField(
                        default=False, help_text="Messages of a blocked person get no answer.", verbose_name="blocked"
                    ),
                ),
                ("linked_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="linked at")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="first seen")),
                ("last_seen_at", models.DateTimeField(blank=True, null=True, verbose_name="last seen")),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="people",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "linked_to",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        help_text="Everything of this person is kept with the other one until the link is undone.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="linked",
                        to="bots.person",
                        verbose_name="linked to",
                    ),
                ),
            ],
            options={
                "verbose_name": "person",
                "verbose_name_plural": "people",
                "ordering": ("-last_seen_at", "-id"),
                "indexes": [
                    models.Index(fields=["bot", "-last_seen_at"], name="person_bot_seen"),
                    models.Index(fields=["-last_seen_at", "-id"], name="person_seen"),
                ],
                "constraints": [models.UniqueConstraint(fields=("bot", "key"), name="person_bot_key_unique")],
            },
        ),
        migrations.AddField(
            model_name="message",
            name="person",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="messages",
                to="bots.person",
                verbose_name="person",
            ),
        ),
        migrations.CreateModel(
            name="LinkCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code_hash",
                    models.CharField(blank=True, editable=False, max_length=64, verbose_name="code (hashed)"),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="code valid until")),
                ("tries", models.PositiveSmallIntegerField(default=0, verbose_name="wrong tries")),
                ("locked_until", models.DateTimeField(blank=True, null=True, verbose_name="locked until")),
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="link_code",
                        to="bots.person",
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "link code",
                "verbose_name_plural": "link codes",
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["code_hash"], name="linkcode_by_hash")],
            },
        ),
        migrations.CreateModel(
            name="Limit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("bot", "bot"),
                            ("person", "person"),
                            ("chat", "group chat"),
                            ("channel", "channel"),
                            ("tenant", "tenant"),
                        ],
                        max_length=8,
                        verbose_name="limits",
                    ),
                ),
                (
                    "tenant",
                    models.CharField(
                        blank=True, help_text="The label on its bots.", max_length=60, verbose_name="tenant"
                    ),
                ),
                (
                    "messages_per_minute",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Empty: no limit. 0: none at all.",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(1000000)],
                        verbose_name="messages a minute",
                    ),
                ),
                (
                    "tokens_per_day",
                    models.PositiveBigIntegerField(
                        blank=True,
                        help_text="Of questions and answers together.",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(1000000000000000)],
                        verbose_name="tokens a day",
                    ),
                ),
                (
                    "money_per_month",
                    models.DecimalField(
                        blank=True,
                        decimal_places=4,
                        help_text="In the currency of the prices of the models.",
                        max_digits=14,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(Decimal("0")),
                            django.core.validators.MaxValueValidator(Decimal("1000000000")),
                        ],
                        verbose_name="money a month",
                    ),
                ),
                ("place", models.CharField(editable=False, max_length=100)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
                (
                    "bot",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty for a tenant.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="limits",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: each channel by itself.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="limits",
                        to="bots.channel",
                        verbose_name="channel",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: each person, or each group chat, by itself.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="limits",
                        to="bots.person",
                        verbose_name="person or group",
                    ),
                ),
            ],
            options={
                "verbose_name": "limit",
                "verbose_name_plural": "limits",
                "ordering": ("kind", "id"),
                "constraints": [models.UniqueConstraint(fields=("place",), name="limit_place_unique")],
            },
        ),
        migrations.AddField(
            model_name="label",
            name="people",
            field=models.ManyToManyField(blank=True, related_name="labels", to="bots.person", verbose_name="people"),
        ),
        migrations.CreateModel(
            name="Identity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(max_length=191, verbose_name="platform id")),
                ("alt_id", models.CharField(blank=True, max_length=191, verbose_name="alternative id")),
                ("user_name", models.CharField(blank=True, max_length=200, verbose_name="name there")),
                (
                    "access",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "undecided"),
                            ("waiting", "waiting for approval"),
                            ("approved", "approved"),
                            ("denied", "denied"),
                        ],
                        default="",
                        max_length=8,
                        verbose_name="access",
                    ),
                ),
                (
                    "pairing_code",
                    models.CharField(blank=True, editable=False, max_length=8, verbose_name="pairing code"),
                ),
                (
                    "pairing_expires_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="code valid until"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="identities",
                        to="bots.channel",
                        verbose_name="channel",
                    ),
                ),
                (
                    "home",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="bots.person",
                        verbose_name="own",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="identities",
                        to="bots.person",
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "identity",
                "verbose_name_plural": "identities",
                "ordering": ("person", "id"),
                "constraints": [
                    models.UniqueConstraint(fields=("channel", "external_id"), name="identity_channel_external_unique")
                ],
            },
        ),
        migrations.AddField(
            model_name="conversation",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="conversations",
                to="bots.person",
                verbose_name="person",
            ),
        ),
        migrations.CreateModel(
            name="BroadcastPerson",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("queued", "Sent"), ("later", "Waits"), ("left", "Left out")],
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("why", models.CharField(blank=True, max_length=60, verbose_name="why")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
                ("again_at", models.DateTimeField(blank=True, null=True, verbose_name="again at")),
                (
                    "broadcast",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="people",
                        to="bots.broadcast",
                        verbose_name="broadcast",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="bots.message",
                        verbose_name="message",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="broadcasts",
                        to="bots.person",
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "recipient",
                "verbose_name_plural": "recipients",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "later")),
                        fields=["broadcast", "again_at"],
                        name="broadcast_person_later",
                    ),
                    models.Index(fields=["broadcast", "-id"], name="broadcast_person_recent"),
                ],
                "constraints": [models.UniqueConstraint(fields=("broadcast", "person"), name="broadcast_person_once")],
            },
        ),
        migrations.CreateModel(
            name="PersonDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(editable=False, verbose_name="day")),
                ("calls", models.BigIntegerField(default=0, editable=False, verbose_name="answers")),
                ("prompt_tokens", models.BigIntegerField(default=0, editable=False, verbose_name="prompt tokens")),
                (
                    "completion_tokens",
                    models.BigIntegerField(default=0, editable=False, verbose_name="completion tokens"),
                ),
                ("money", models.BigIntegerField(default=0, editable=False, verbose_name="cost")),
                ("bot_id", models.BigIntegerField(editable=False)),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="usage_days",
                        to="bots.person",
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "usage of a person's day",
                "verbose_name_plural": "usage of people by day",
                "indexes": [models.Index(fields=["bot_id", "day"], name="person_day_of_bot")],
                "constraints": [models.UniqueConstraint(fields=("person", "day"), name="person_day_unique")],
            },
        ),
        migrations.CreateModel(
            name="ProviderHour",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hour", models.DateTimeField(db_index=True, verbose_name="hour")),
                ("name", models.CharField(max_length=60, verbose_name="figure")),
                ("amount", models.BigIntegerField(default=0, verbose_name="amount")),
                (
                    "provider",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hours",
                        to="bots.modelprovider",
                        verbose_name="model provider",
                    ),
                ),
            ],
            options={
                "verbose_name": "figure of a provider",
                "verbose_name_plural": "figures of providers",
                "ordering": ("hour", "name"),
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "hour", "name"), name="provider_hour_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="ReceivedFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("kind", models.CharField(max_length=20, verbose_name="kind")),
                (
                    "file",
                    models.FileField(
                        blank=True, max_length=255, storage=bots.models.file.uploads, upload_to="", verbose_name="file"
                    ),
                ),
                ("content_type", models.CharField(blank=True, max_length=100, verbose_name="content type")),
                ("name", models.CharField(blank=True, max_length=200, verbose_name="name")),
                ("size", models.PositiveIntegerField(default=0, verbose_name="size (bytes)")),
                ("error", models.CharField(blank=True, max_length=300, verbose_name="why it was not stored")),
                ("error_code", models.CharField(blank=True, editable=False, max_length=60)),
                ("error_params", models.JSONField(blank=True, default=dict, editable=False)),
                ("transcript", models.TextField(blank=True, db_default="", default="", verbose_name="what was heard")),
                ("unheard", models.CharField(blank=True, db_default="", default="", editable=False, max_length=12)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="received")),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="files",
                        to="bots.conversation",
                        verbose_name="conversation",
                    ),
                ),
                (
                    "inbound",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="files",
                        to="bots.inboundevent",
                        verbose_name="inbound event",
                    ),
                ),
            ],
            options={
                "verbose_name": "received file",
                "verbose_name_plural": "received files",
                "ordering": ("-id",),
                "constraints": [
                    models.UniqueConstraint(fields=("inbound", "position"), name="file_one_per_inbound_and_position")
                ],
            },
        ),
        migrations.CreateModel(
            name="ReplayRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("options", models.JSONField(blank=True, default=dict, verbose_name="options")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("stopped", "Stopped"),
                            ("interrupted", "Interrupted"),
                        ],
                        default="waiting",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("stop_requested", models.BooleanField(default=False, editable=False)),
                ("background", models.BooleanField(default=False, editable=False)),
                ("owner", models.CharField(blank=True, editable=False, max_length=40)),
                ("alive_at", models.DateTimeField(editable=False, null=True)),
                ("started_by", models.CharField(blank=True, max_length=200, verbose_name="started by")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="created")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="replays",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "evaluation_set",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="bots.evaluationset",
                        verbose_name="set of questions",
                    ),
                ),
            ],
            options={
                "verbose_name": "replay",
                "verbose_name_plural": "replays",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("waiting", "running"))),
                        fields=["alive_at"],
                        name="replay_run_open",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReplayTurn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(verbose_name="position")),
                ("attempt", models.PositiveSmallIntegerField(default=1, verbose_name="attempt")),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waits"), ("done", "Done"), ("failed", "Failed"), ("skipped", "Skipped")],
                        default="waiting",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("answer", models.TextField(blank=True, verbose_name="answer now")),
                ("figures_then", models.JSONField(blank=True, default=dict, editable=False)),
                ("figures_now", models.JSONField(blank=True, default=dict, editable=False)),
                ("limits", models.JSONField(blank=True, default=list, editable=False)),
                ("findings", models.JSONField(blank=True, default=list, editable=False)),
                ("held", models.BooleanField(editable=False, null=True, verbose_name="holds")),
                ("error", models.CharField(blank=True, max_length=300, verbose_name="error")),
                ("error_code", models.CharField(blank=True, editable=False, max_length=60)),
                ("error_params", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "mark",
                    models.CharField(
                        blank=True,
                        choices=[("", "not marked"), ("better", "better"), ("worse", "worse"), ("same", "same")],
                        default="",
                        max_length=6,
                        verbose_name="mark",
                    ),
                ),
                ("marked_by", models.CharField(blank=True, max_length=200, verbose_name="marked by")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="results",
                        to="bots.evaluationcase",
                        verbose_name="question",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="bots.message",
                        verbose_name="message",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="turns",
                        to="bots.replayrun",
                        verbose_name="replay",
                    ),
                ),
            ],
            options={
                "verbose_name": "repeated turn",
                "verbose_name_plural": "repeated turns",
                "ordering": ("position",),
                "constraints": [
                    models.UniqueConstraint(fields=("run", "position"), name="replay_turn_position_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="Reservation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(editable=False, max_length=40)),
                ("holds", models.JSONField(editable=False)),
                ("expires_at", models.DateTimeField(editable=False)),
            ],
            options={
                "verbose_name": "reservation",
                "verbose_name_plural": "reservations",
                "indexes": [models.Index(fields=["expires_at"], name="reservation_expiry")],
                "constraints": [models.UniqueConstraint(fields=("key",), name="reservation_key_unique")],
            },
        ),
        migrations.CreateModel(
            name="Schedule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin_id", models.BigIntegerField(editable=False, null=True)),
                (
                    "number",
                    models.PositiveIntegerField(help_text="By which the person names it.", verbose_name="number"),
                ),
                ("text", models.TextField(verbose_name="text")),
                ("local", models.CharField(help_text="Of the first time.", max_length=21, verbose_name="local time")),
                ("zone", models.CharField(max_length=64, verbose_name="time zone")),
                (
                    "rule",
                    models.CharField(
                        blank=True, help_text="RRULE; empty: once.", max_length=500, verbose_name="repeats"
                    ),
                ),
                ("before_s", models.PositiveIntegerField(default=0, verbose_name="seconds before")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("active", "Active"),
                            ("paused", "Paused"),
                            ("done", "Over"),
                            ("cancelled", "Cancelled"),
                            ("stopped", "Stopped"),
                        ],
                        default="active",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("next_local", models.CharField(blank=True, max_length=21, verbose_name="next time (local)")),
                ("next_at", models.DateTimeField(blank=True, null=True, verbose_name="next time")),
                ("last_local", models.CharField(blank=True, max_length=21, verbose_name="last time (local)")),
                ("last_at", models.DateTimeField(blank=True, null=True, verbose_name="last delivered")),
                ("stopped", models.CharField(blank=True, max_length=300, verbose_name="stopped because")),
                ("stopped_code", models.CharField(blank=True, editable=False, max_length=60)),
                ("stopped_params", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "told",
                    models.BooleanField(default=False, help_text="That it was stopped.", verbose_name="person knows"),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="created")),
                (
                    "again_of",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="snoozes",
                        to="bots.schedule",
                        verbose_name="snoozed from",
                    ),
                ),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="schedules",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="schedules",
                        to="bots.channel",
                        verbose_name="channel",
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="schedules",
                        to="bots.conversation",
                        verbose_name="conversation",
                    ),
                ),
                (
                    "inbound",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="bots.inboundevent",
                        verbose_name="caused by",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="schedules",
                        to="bots.person",
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "reminder",
                "verbose_name_plural": "reminders",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "active")), fields=["next_at"], name="schedule_active_next"
                    ),
                    models.Index(fields=["person", "state"], name="schedule_person_state"),
                    models.Index(fields=["bot", "-id"], name="schedule_bot_recent"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("active", "paused"))),
                        fields=("person", "number"),
                        name="schedule_person_number_unique",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Occurrence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("local", models.CharField(max_length=21, verbose_name="local time")),
                ("due_at", models.DateTimeField(verbose_name="due")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="delivered")),
                (
                    "done_at",
                    models.DateTimeField(
                        blank=True, help_text="When the person said so.", null=True, verbose_name="done"
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="bots.message",
                        verbose_name="message",
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="occurrences",
                        to="bots.schedule",
                        verbose_name="reminder",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivered reminder",
                "verbose_name_plural": "delivered reminders",
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["at"], name="occurrence_at")],
                "constraints": [models.UniqueConstraint(fields=("schedule", "local"), name="occurrence_once")],
            },
        ),
        migrations.CreateModel(
            name="SentFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                ("kind", models.CharField(max_length=20, verbose_name="kind")),
                (
                    "file",
                    models.FileField(
                        blank=True, max_length=255, storage=bots.models.file.uploads, upload_to="", verbose_name="file"
                    ),
                ),
                ("content_type", models.CharField(blank=True, max_length=100, verbose_name="content type")),
                ("name", models.CharField(blank=True, max_length=200, verbose_name="name")),
                ("size", models.PositiveIntegerField(default=0, verbose_name="size (bytes)")),
                ("duration_s", models.FloatField(default=0.0, verbose_name="length (seconds)")),
                ("spoken", models.BooleanField(db_default=False, default=False, editable=False)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="created")),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sent_files",
                        to="bots.conversation",
                        verbose_name="conversation",
                    ),
                ),
                (
                    "inbound",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="sent_files",
                        to="bots.inboundevent",
                        verbose_name="inbound event",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="files",
                        to="bots.message",
                        verbose_name="message",
                    ),
                ),
            ],
            options={
                "verbose_name": "sent file",
                "verbose_name_plural": "sent files",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="StateTransition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, verbose_name="transition")),
                ("source", models.CharField(max_length=20, verbose_name="from")),
                ("target", models.CharField(max_length=20, verbose_name="to")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="transitions",
                        to="bots.conversation",
                        verbose_name="conversation",
                    ),
                ),
                (
                    "inbound",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="bots.inboundevent",
                        verbose_name="caused by",
                    ),
                ),
            ],
            options={
                "verbose_name": "state transition",
                "verbose_name_plural": "state transitions",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="TurnUsage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("origin_id", models.BigIntegerField(editable=False, null=True)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("turn", "Answer"),
                            ("tools", "Answer with tools"),
                            ("memory", "Memory consolidation"),
                            ("voice", "Voice"),
                            ("summary", "Summaries of conversations"),
                            ("broken", "Stopped or broken answers"),
                            ("replay", "Replay"),
                        ],
                        db_default="turn",
                        default="turn",
                        max_length=10,
                        verbose_name="purpose",
                    ),
                ),
                (
                    "provider",
                    models.CharField(
                        help_text="Name at the time; 'built-in' without a model.",
                        max_length=60,
                        verbose_name="provider",
                    ),
                ),
                ("model", models.CharField(blank=True, max_length=120, verbose_name="model")),
                ("prompt_tokens", models.PositiveIntegerField(default=0, verbose_name="prompt tokens")),
                ("completion_tokens", models.PositiveIntegerField(default=0, verbose_name="completion tokens")),
                ("first_token_ms", models.PositiveIntegerField(default=0, verbose_name="first token (ms)")),
                ("model_ms", models.PositiveIntegerField(default=0, verbose_name="model (ms)")),
                ("recall_ms", models.PositiveIntegerField(default=0, verbose_name="recall (ms)")),
                ("total_ms", models.PositiveIntegerField(default=0, verbose_name="turn (ms)")),
                ("heard_s", models.FloatField(db_default=0.0, default=0.0, verbose_name="heard (seconds)")),
                (
                    "spoken_characters",
                    models.PositiveIntegerField(db_default=0, default=0, verbose_name="spoken (characters)"),
                ),
                (
                    "cost",
                    models.DecimalField(decimal_places=6, default=Decimal("0"), max_digits=12, verbose_name="cost"),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
                ("summed", models.BooleanField(db_default=False, default=False, editable=False)),
                (
                    "bot",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="usage",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="usage",
                        to="bots.conversation",
                        verbose_name="conversation",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="usage",
                        to="bots.person",
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "usage of a turn",
                "verbose_name_plural": "usage",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["bot", "-created_at"], name="usage_bot_recent"),
                    models.Index(condition=models.Q(("summed", False)), fields=["id"], name="usage_not_summed"),
                ],
            },
        ),
        migrations.CreateModel(
            name="UsageDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(editable=False, verbose_name="day")),
                ("calls", models.BigIntegerField(default=0, editable=False, verbose_name="answers")),
                ("prompt_tokens", models.BigIntegerField(default=0, editable=False, verbose_name="prompt tokens")),
                (
                    "completion_tokens",
                    models.BigIntegerField(default=0, editable=False, verbose_name="completion tokens"),
                ),
                ("money", models.BigIntegerField(default=0, editable=False, verbose_name="cost")),
                ("bot_id", models.BigIntegerField(editable=False)),
                ("channel_id", models.BigIntegerField(default=0, editable=False)),
                ("provider", models.CharField(editable=False, max_length=60)),
                ("model", models.CharField(blank=True, editable=False, max_length=120)),
                ("purpose", models.CharField(editable=False, max_length=10)),
            ],
            options={
                "verbose_name": "usage of a day",
                "verbose_name_plural": "usage by day",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "bot_id", "channel_id", "provider", "model", "purpose"), name="usage_day_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WaitingMemory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("inbound_id", models.BigIntegerField(unique=True, verbose_name="event")),
                ("key", models.CharField(default=bots.models.waiting.new_key, editable=False, max_length=32)),
                ("turns", models.JSONField(verbose_name="turns")),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="due")),
                ("error", models.CharField(blank=True, max_length=300, verbose_name="error")),
                ("error_code", models.CharField(blank=True, editable=False, max_length=60)),
                ("error_params", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="bots.bot", verbose_name="bot"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="bots.person",
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "waiting memory",
                "verbose_name_plural": "waiting memories",
                "ordering": ("id",),
                "indexes": [models.Index(fields=["due_at", "id"], name="waiting_memory_due")],
            },
        ),
        migrations.CreateModel(
            name="BotAccess",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("viewer", "Viewer: read"),
                            ("operator", "Operator: read, send messages, delete memories"),
                            ("manager", "Manager: everything of this bot"),
                        ],
                        default="viewer",
                        max_length=10,
                        verbose_name="role",
                    ),
                ),
                (
                    "given",
                    models.JSONField(
                        blank=True, db_default=models.Value([], models.JSONField()), default=list, editable=False
                    ),
                ),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="access",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bot_access",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "bot access",
                "verbose_name_plural": "bot access",
                "ordering": ("bot", "user"),
                "constraints": [models.UniqueConstraint(fields=("user", "bot"), name="botaccess_user_bot_unique")],
            },
        ),
        migrations.AddIndex(
            model_name="channel",
            index=models.Index(fields=["platform", "enabled"], name="channel_by_platform"),
        ),
        migrations.AddConstraint(
            model_name="channel",
            constraint=models.UniqueConstraint(fields=("public_id",), name="channel_public_id_unique"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["conversation", "-id"], name="message_conversation_recent"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["platform_message_id"], name="message_platform_id"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(fields=("inbound", "role"), name="message_one_per_inbound_and_role"),
        ),
        migrations.AddConstraint(
            model_name="label",
            constraint=models.UniqueConstraint(fields=("bot", "name"), name="label_bot_name_unique"),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(fields=["bot", "-last_message_at"], name="conversation_bot_recent"),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(fields=["-last_message_at", "-id"], name="conversation_recent"),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(fields=["state", "bot"], name="conversation_state_bot"),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("summary_due_at__isnull", False)),
                fields=["summary_due_at"],
                name="conversation_summary_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="conversation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)),
                fields=("channel", "chat_id", "thread_id"),
                name="conversation_one_open_per_chat",
            ),
        ),
    ]
