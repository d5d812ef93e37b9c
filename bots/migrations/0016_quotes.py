from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bots', '0015_recent_of_all_bots'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['platform_message_id'], name='message_platform_id'),
        ),
        migrations.AddIndex(
            model_name='outboundmessage',
            index=models.Index(fields=['platform_message_id'], name='outbound_platform_id'),
        ),
    ]
