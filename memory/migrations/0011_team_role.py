from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("memory", "0010_stored_by_bot"),
    ]

    operations = [
        migrations.AlterField(
            model_name="memoryentry",
            name="role",
            field=models.CharField(
                choices=[("user", "Person"), ("assistant", "Bot"), ("operator", "Team")],
                default="user",
                max_length=10,
                verbose_name="who",
            ),
        ),
    ]
