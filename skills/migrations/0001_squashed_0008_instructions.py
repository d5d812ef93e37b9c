# The tables of release 0.1.0, as 8 migrations made them. What those did to rows is done for a new database.
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import skills.mcp.models
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("skills", "0001_initial"),
        ("skills", "0002_endpoint_trust"),
        ("skills", "0003_flows"),
        ("skills", "0004_tool_calls"),
        ("skills", "0005_choosing"),
        ("skills", "0006_skill_state"),
        ("skills", "0007_mcp"),
        ("skills", "0008_instructions"),
    ]

    initial = True

    dependencies = [
        ("bots", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="InstructionSkill",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=64, verbose_name="name")),
                ("description", models.CharField(max_length=1024, verbose_name="description")),
                ("license", models.CharField(blank=True, max_length=500, verbose_name="licence")),
                ("compatibility", models.CharField(blank=True, max_length=500, verbose_name="needs")),
                ("metadata", models.JSONField(blank=True, default=dict, verbose_name="further data")),
                ("allowed_tools", models.JSONField(blank=True, default=list, verbose_name="asks for these tools")),
                ("body", models.TextField(blank=True, verbose_name="instructions")),
                ("fingerprint", models.CharField(editable=False, max_length=64)),
                (
                    "source",
                    models.CharField(
                        choices=[("upload", "uploaded"), ("folder", "folder of this machine")],
                        default="upload",
                        max_length=8,
                        verbose_name="source",
                    ),
                ),
                ("warnings", models.JSONField(blank=True, default=list, verbose_name="remarks")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="added")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
            ],
            options={
                "verbose_name": "agent skill",
                "verbose_name_plural": "agent skills",
                "ordering": ("name",),
                "constraints": [models.UniqueConstraint(fields=("name",), name="instruction_skill_name_unique")],
            },
        ),
        migrations.CreateModel(
            name="McpServer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="Begins the names of its tools, e.g. github.",
                        max_length=24,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9]+([_-][a-z0-9]+)*$", "Small letters, digits, and single _ or - between them."
                            )
                        ],
                        verbose_name="name",
                    ),
                ),
                (
                    "transport",
                    models.CharField(
                        choices=[("stdio", "program of this machine (stdio)"), ("http", "address (streamable HTTP)")],
                        default="http",
                        max_length=8,
                        verbose_name="transport",
                    ),
                ),
                (
                    "command",
                    models.CharField(
                        blank=True, help_text="e.g. npx or /usr/bin/uvx", max_length=300, verbose_name="program"
                    ),
                ),
                ("arguments", models.JSONField(blank=True, default=list, verbose_name="arguments")),
                (
                    "url",
                    models.CharField(
                        blank=True, help_text="e.g. https://mcp.example.com/mcp", max_length=300, verbose_name="address"
                    ),
                ),
                (
                    "secrets_encrypted",
                    models.TextField(blank=True, editable=False, verbose_name="headers or environment"),
                ),
                (
                    "public_only",
                    models.BooleanField(
                        default=False,
                        help_text="No connection to addresses of a private network.",
                        verbose_name="public addresses only",
                    ),
                ),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                (
                    "start_limit_s",
                    models.FloatField(
                        default=20.0,
                        validators=[
                            django.core.validators.MinValueValidator(0.5),
                            django.core.validators.MaxValueValidator(120.0),
                        ],
                        verbose_name="time limit of the start (seconds)",
                    ),
                ),
                (
                    "call_limit_s",
                    models.FloatField(
                        default=30.0,
                        validators=[
                            django.core.validators.MinValueValidator(0.5),
                            django.core.validators.MaxValueValidator(300.0),
                        ],
                        verbose_name="time limit of a call (seconds)",
                    ),
                ),
                (
                    "refresh_minutes",
                    models.PositiveIntegerField(
                        default=30,
                        help_text="0: only by hand and when a call connects.",
                        validators=[django.core.validators.MaxValueValidator(10080)],
                        verbose_name="list its tools every (minutes)",
                    ),
                ),
                ("listed_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="tools listed")),
                (
                    "program",
                    models.CharField(blank=True, editable=False, max_length=200, verbose_name="what it calls itself"),
                ),
                (
                    "protocol",
                    models.CharField(blank=True, editable=False, max_length=40, verbose_name="protocol version"),
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
                ("last_output", models.TextField(blank=True, editable=False, verbose_name="its last error output")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
            ],
            options={
                "verbose_name": "MCP server",
                "verbose_name_plural": "MCP servers",
                "ordering": ("name",),
                "constraints": [models.UniqueConstraint(fields=("name",), name="mcp_server_name_unique")],
            },
        ),
        migrations.CreateModel(
            name="McpTool",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("call_name", models.CharField(editable=False, max_length=64, verbose_name="name for the model")),
                ("description", models.TextField(blank=True, editable=False, verbose_name="description")),
                ("schema", models.JSONField(blank=True, default=dict, editable=False, verbose_name="arguments")),
                (
                    "hints",
                    models.JSONField(blank=True, default=dict, editable=False, verbose_name="hints of the server"),
                ),
                ("fingerprint", models.CharField(editable=False, max_length=64)),
                (
                    "unusable",
                    models.CharField(blank=True, editable=False, max_length=300, verbose_name="cannot be used"),
                ),
                ("listed", models.BooleanField(default=True, editable=False, verbose_name="listed now")),
                ("effects", models.JSONField(default=skills.mcp.models.unknown_effects, verbose_name="effects")),
                (
                    "idempotent",
                    models.BooleanField(
                        default=False,
                        help_text="A second call with the same arguments changes nothing more.",
                        verbose_name="may be repeated",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="first listed")),
                (
                    "changed_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="changed by its server"),
                ),
                (
                    "server",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tools",
                        to="skills.mcpserver",
                        verbose_name="server",
                    ),
                ),
            ],
            options={
                "verbose_name": "MCP tool",
                "verbose_name_plural": "MCP tools",
                "ordering": ("server", "name"),
                "constraints": [
                    models.UniqueConstraint(fields=("server", "name"), name="mcp_tool_unique"),
                    models.UniqueConstraint(fields=("call_name",), name="mcp_tool_call_name_unique"),
                ],
            },
        ),
        migrations.CreateModel(
            name="McpGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("fingerprint", models.CharField(editable=False, max_length=64)),
                ("seen", models.JSONField(blank=True, default=dict, editable=False, verbose_name="as it was approved")),
                ("approved_at", models.DateTimeField(auto_now=True, verbose_name="approved")),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mcp_grants",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "tool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grants",
                        to="skills.mcptool",
                        verbose_name="tool",
                    ),
                ),
            ],
            options={
                "verbose_name": "MCP tool of a bot",
                "verbose_name_plural": "MCP tools of bots",
                "ordering": ("bot", "tool"),
                "constraints": [models.UniqueConstraint(fields=("bot", "tool"), name="mcp_grant_unique")],
            },
        ),
        migrations.CreateModel(
            name="Skill",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                (
                    "by_tools_only",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Only the model calls it, as a tool, and its command. Words, patterns and examples do not.",
                        verbose_name="by tools only",
                    ),
                ),
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
                    "secrets_encrypted",
                    models.TextField(blank=True, db_default="", default="", editable=False, verbose_name="secrets"),
                ),
                (
                    "module",
                    models.CharField(
                        help_text="e.g. skills.weather.WeatherSkill",
                        max_length=200,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z_]\\w*(\\.[A-Za-z_]\\w*)+$",
                                "A dotted path such as skills.weather.WeatherSkill.",
                            )
                        ],
                        verbose_name="module",
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                (
                    "all_bots",
                    models.BooleanField(
                        default=True,
                        help_text="Off: only for the bots it is assigned to below.",
                        verbose_name="for all bots",
                    ),
                ),
                (
                    "triggers",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text='e.g. ["天气", "weather"]. Empty: those of the class.',
                        verbose_name="trigger words",
                    ),
                ),
                (
                    "patterns",
                    models.JSONField(
                        blank=True,
                        db_default=[],
                        default=list,
                        help_text="Regular expressions; a named group is a parameter. Empty: those of the class.",
                        verbose_name="patterns",
                    ),
                ),
                (
                    "examples",
                    models.JSONField(
                        blank=True,
                        db_default=[],
                        default=list,
                        help_text="A message that means the same calls the skill. Empty: those of the class.",
                        verbose_name="example sentences",
                    ),
                ),
                (
                    "threshold",
                    models.FloatField(
                        blank=True,
                        help_text="Of a message to the examples, 0.05 to 1. Empty: 0.3.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0.05),
                            django.core.validators.MaxValueValidator(1.0),
                        ],
                        verbose_name="least similarity",
                    ),
                ),
                (
                    "timeout_s",
                    models.FloatField(
                        blank=True,
                        help_text="Empty: the limit of the class.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0.1),
                            django.core.validators.MaxValueValidator(120.0),
                        ],
                        verbose_name="time limit (seconds)",
                    ),
                ),
                (
                    "config",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="Handed to the skill as it is.",
                        verbose_name="configuration",
                    ),
                ),
                (
                    "load_error",
                    models.CharField(blank=True, editable=False, max_length=300, verbose_name="cannot be loaded"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
            ],
            options={
                "verbose_name": "skill",
                "verbose_name_plural": "skills",
                "ordering": ("name", "id"),
                "constraints": [models.UniqueConstraint(fields=("module",), name="skill_module_unique")],
            },
        ),
        migrations.CreateModel(
            name="BotSkill",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                (
                    "by_tools_only",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Only the model calls it, as a tool, and its command. Words, patterns and examples do not.",
                        verbose_name="by tools only",
                    ),
                ),
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
                    "secrets_encrypted",
                    models.TextField(blank=True, db_default="", default="", editable=False, verbose_name="secrets"),
                ),
                (
                    "triggers",
                    models.JSONField(
                        blank=True, default=list, help_text="Empty: those of the skill.", verbose_name="trigger words"
                    ),
                ),
                (
                    "patterns",
                    models.JSONField(
                        blank=True,
                        db_default=[],
                        default=list,
                        help_text="Regular expressions; a named group is a parameter. Empty: those of the skill.",
                        verbose_name="patterns",
                    ),
                ),
                (
                    "examples",
                    models.JSONField(
                        blank=True,
                        db_default=[],
                        default=list,
                        help_text="A message that means the same calls the skill. Empty: those of the skill.",
                        verbose_name="example sentences",
                    ),
                ),
                (
                    "threshold",
                    models.FloatField(
                        blank=True,
                        help_text="Of a message to the examples, 0.05 to 1. Empty: that of the skill.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0.05),
                            django.core.validators.MaxValueValidator(1.0),
                        ],
                        verbose_name="least similarity",
                    ),
                ),
                (
                    "config",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="Laid over that of the skill, key by key.",
                        verbose_name="configuration",
                    ),
                ),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bot_skills",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "skill",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bot_skills",
                        to="skills.skill",
                        verbose_name="skill",
                    ),
                ),
            ],
            options={
                "verbose_name": "skill of a bot",
                "verbose_name_plural": "skills of bots",
                "ordering": ("bot", "skill"),
                "constraints": [models.UniqueConstraint(fields=("bot", "skill"), name="botskill_bot_skill_unique")],
            },
        ),
        migrations.CreateModel(
            name="SkillHealth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("failures", models.PositiveIntegerField(default=0, verbose_name="failures in a row")),
                ("error", models.CharField(blank=True, max_length=300, verbose_name="last error")),
                ("stopped_at", models.DateTimeField(blank=True, null=True, verbose_name="switched off")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="skill_health",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "skill",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="health",
                        to="skills.skill",
                        verbose_name="skill",
                    ),
                ),
            ],
            options={
                "verbose_name": "failing skill",
                "verbose_name_plural": "failing skills",
                "ordering": ("-updated_at", "-id"),
                "constraints": [models.UniqueConstraint(fields=("bot", "skill"), name="skillhealth_bot_skill_unique")],
            },
        ),
        migrations.CreateModel(
            name="SkillRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ok", models.BooleanField(verbose_name="answered")),
                (
                    "error",
                    models.CharField(blank=True, help_text="Class of the error.", max_length=100, verbose_name="error"),
                ),
                ("detail", models.CharField(blank=True, max_length=300, verbose_name="detail")),
                ("ms", models.PositiveIntegerField(default=0, verbose_name="duration (ms)")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="skill_runs",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="skill_runs",
                        to="bots.conversation",
                        verbose_name="conversation",
                    ),
                ),
                (
                    "skill",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="runs",
                        to="skills.skill",
                        verbose_name="skill",
                    ),
                ),
            ],
            options={
                "verbose_name": "run of a skill",
                "verbose_name_plural": "runs of skills",
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["skill", "-id"], name="skillrun_skill_recent")],
            },
        ),
        migrations.CreateModel(
            name="SkillState",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("data", models.JSONField(blank=True, default=dict, verbose_name="data")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="skill_states",
                        to="bots.person",
                        verbose_name="person",
                    ),
                ),
                (
                    "skill",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="states",
                        to="skills.skill",
                        verbose_name="skill",
                    ),
                ),
            ],
            options={
                "verbose_name": "state of a skill",
                "verbose_name_plural": "states of skills",
                "constraints": [
                    models.UniqueConstraint(fields=("skill", "person"), name="skillstate_skill_person_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="ToolCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("begun_by", models.BigIntegerField(editable=False)),
                ("round", models.PositiveSmallIntegerField(verbose_name="round")),
                ("place", models.PositiveSmallIntegerField(verbose_name="place in the round")),
                ("tool", models.CharField(max_length=64, verbose_name="tool")),
                ("source", models.CharField(max_length=20, verbose_name="source")),
                ("arguments", models.JSONField(blank=True, default=dict, verbose_name="arguments")),
                ("arguments_hash", models.CharField(editable=False, max_length=64)),
                ("sealed", models.TextField(blank=True, editable=False)),
                ("idempotency_key", models.CharField(editable=False, max_length=64, verbose_name="idempotency key")),
                ("effects", models.CharField(blank=True, max_length=60, verbose_name="effects")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waits for a yes"),
                            ("allowed", "Allowed"),
                            ("started", "Started"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("refused", "Refused"),
                            ("expired", "No answer in time"),
                            ("cancelled", "Cancelled"),
                            ("unknown", "Not known whether it happened"),
                        ],
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("result", models.TextField(blank=True, verbose_name="result")),
                ("parts", models.JSONField(blank=True, default=list, editable=False)),
                ("direct", models.BooleanField(default=False, editable=False)),
                ("staged", models.BooleanField(default=False, editable=False)),
                ("ms", models.PositiveIntegerField(default=0, verbose_name="duration (ms)")),
                ("asked", models.CharField(blank=True, max_length=10, verbose_name="asked")),
                ("asked_person", models.BigIntegerField(editable=False, null=True)),
                ("decided_by", models.CharField(blank=True, max_length=150, verbose_name="decided by")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="waits until")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
                (
                    "bot",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tool_calls",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tool_calls",
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
                        related_name="tool_calls",
                        to="bots.inboundevent",
                        verbose_name="inbound event",
                    ),
                ),
            ],
            options={
                "verbose_name": "tool call",
                "verbose_name_plural": "tool calls",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["begun_by"], name="toolcall_begun_by"),
                    models.Index(fields=["bot", "tool", "-id"], name="toolcall_bot_recent"),
                    models.Index(
                        condition=models.Q(("expires_at__isnull", False)),
                        fields=["expires_at"],
                        name="toolcall_waiting",
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("idempotency_key",), name="toolcall_key_unique")],
            },
        ),
        migrations.CreateModel(
            name="BotTool",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "tool",
                    models.CharField(
                        help_text="Its name, as in the list of tool calls.", max_length=64, verbose_name="tool"
                    ),
                ),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                (
                    "audience",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "By its effects"),
                            ("everyone", "Everyone, also in groups"),
                            ("private", "Private chats only"),
                            ("staff", "The team only"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="who may use it",
                    ),
                ),
                (
                    "approval",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "By its effects"),
                            ("never", "Never ask"),
                            ("person", "Ask the person before each call"),
                            ("operator", "Ask an operator before each call"),
                        ],
                        default="",
                        max_length=10,
                        verbose_name="approval",
                    ),
                ),
                (
                    "paused_until",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="switched off until"),
                ),
                ("last_error", models.CharField(blank=True, editable=False, max_length=300, verbose_name="last error")),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bot_tools",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
            ],
            options={
                "verbose_name": "tool of a bot",
                "verbose_name_plural": "tools of bots",
                "ordering": ("bot", "tool"),
                "constraints": [models.UniqueConstraint(fields=("bot", "tool"), name="bottool_bot_tool_unique")],
            },
        ),
        migrations.CreateModel(
            name="FlowDefinition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        help_text="e.g. appointment",
                        max_length=60,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[A-Za-z][A-Za-z0-9_-]{0,59}\\Z",
                                "letters, digits, - and _, and it begins with a letter",
                                code="flow_name",
                            )
                        ],
                        verbose_name="name",
                    ),
                ),
                ("enabled", models.BooleanField(default=True, verbose_name="enabled")),
                (
                    "all_bots",
                    models.BooleanField(
                        default=False, help_text="Off: only for the bots below.", verbose_name="for all bots"
                    ),
                ),
                (
                    "triggers",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text='e.g. ["预约", "book an appointment"]',
                        verbose_name="trigger words",
                    ),
                ),
                ("definition", models.JSONField(default=dict, verbose_name="steps")),
                ("version", models.PositiveIntegerField(default=1, editable=False, verbose_name="version")),
                (
                    "public_only",
                    models.BooleanField(
                        db_default=True,
                        default=True,
                        help_text="No connection to addresses of a private network.",
                        verbose_name="public addresses only",
                    ),
                ),
                ("secret_encrypted", models.TextField(blank=True, editable=False, verbose_name="signing secret")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated")),
                ("bots", models.ManyToManyField(blank=True, related_name="flows", to="bots.bot", verbose_name="bots")),
            ],
            options={
                "verbose_name": "flow",
                "verbose_name_plural": "flows",
                "ordering": ("name", "id"),
                "constraints": [models.UniqueConstraint(fields=("name",), name="flow_name_unique")],
            },
        ),
        migrations.CreateModel(
            name="InstructionGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("fingerprint", models.CharField(editable=False, max_length=64)),
                ("approved_at", models.DateTimeField(auto_now=True, verbose_name="switched on")),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="instruction_grants",
                        to="bots.bot",
                        verbose_name="bot",
                    ),
                ),
                (
                    "skill",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grants",
                        to="skills.instructionskill",
                        verbose_name="skill",
                    ),
                ),
            ],
            options={
                "verbose_name": "agent skill of a bot",
                "verbose_name_plural": "agent skills of bots",
                "ordering": ("bot", "skill"),
                "constraints": [models.UniqueConstraint(fields=("bot", "skill"), name="instruction_grant_unique")],
            },
        ),
        migrations.CreateModel(
            name="InstructionFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", models.CharField(max_length=200, verbose_name="path")),
                ("size", models.PositiveIntegerField(verbose_name="size (bytes)")),
                ("is_text", models.BooleanField(default=True, verbose_name="text")),
                ("text", models.TextField(blank=True, verbose_name="content")),
                (
                    "skill",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="files",
                        to="skills.instructionskill",
                        verbose_name="skill",
                    ),
                ),
            ],
            options={
                "verbose_name": "file of an agent skill",
                "verbose_name_plural": "files of agent skills",
                "ordering": ("skill", "path"),
                "constraints": [models.UniqueConstraint(fields=("skill", "path"), name="instruction_file_unique")],
            },
        ),
    ]
