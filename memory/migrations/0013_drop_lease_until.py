"""Drops columns that nothing reads: `bots.leases` says who builds an index or consolidates."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('memory', '0012_endpoint_trust'),
    ]

    operations = [
        migrations.RemoveField(model_name='consolidationrun', name='lease_until'),
        migrations.RemoveField(model_name='largescope', name='lease_until'),
    ]
