"""API tokens become digests, and the audit log takes acts that belong to no bot and no person."""

import hashlib

import django.db.models.deletion
import django.utils.timezone
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models

OLD_TABLE = "authtoken_token"
SHOWN = 8


def hash_tokens(apps, schema_editor):
    """Takes the tokens of rest_framework.authtoken over and drops its table, which holds the keys themselves."""
    connection = schema_editor.connection
    if OLD_TABLE not in connection.introspection.table_names():
        return

    class OldToken(models.Model):
        key = models.CharField(max_length=40, primary_key=True)
        created = models.DateTimeField()
        user_id = models.IntegerField()

        class Meta:
            apps = Apps()  # a registry of its own: the app is not installed any more
            app_label = "authtoken"
            db_table = OLD_TABLE

    Token = apps.get_model("bots", "ApiToken")
    for old in OldToken.objects.using(connection.alias).order_by("created"):
        Token.objects.using(connection.alias).create(
            user_id=old.user_id,
            digest=hashlib.sha256(old.key.encode()).hexdigest(),
            prefix=old.key[:SHOWN],
            created=old.created,
        )
    schema_editor.delete_model(OldToken)


class Migration(migrations.Migration):
    dependencies = [
        ("bots", "0016_quotes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
            options={"verbose_name": "API token", "verbose_name_plural": "API tokens", "ordering": ("-created",)},
        ),
        migrations.AddField(
            model_name="auditentry",
            name="subject",
            field=models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="subject"),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="action",
            field=models.CharField(
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
                    ("login", "Log-in"),
                    ("logout", "Log-out"),
                    ("lock", "Log-in locked"),
                    ("unlock", "Log-in unlocked"),
                ],
                max_length=12,
                verbose_name="action",
            ),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="bot_id",
            field=models.BigIntegerField(blank=True, null=True, verbose_name="bot number"),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="bot_slug",
            field=models.CharField(blank=True, max_length=60, verbose_name="bot"),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="person_hash",
            field=models.CharField(blank=True, max_length=32, verbose_name="person (pseudonym)"),
        ),
        migrations.RunPython(hash_tokens, migrations.RunPython.noop),
    ]
