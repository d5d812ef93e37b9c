from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("bots", "0009_rerank"),
    ]

    operations = [
        migrations.AddField(
            model_name="inboundevent",
            name="draft_text",
            field=models.TextField(
                blank=True,
                default="",
                help_text="Only where the platform fetches answers; empty when it is whole.",
                verbose_name="answer so far",
            ),
            preserve_default=False,
        ),
    ]
