from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bots', '0033_backup'),
    ]

    operations = [
        migrations.CreateModel(
            name='Lease',
            fields=[
                ('name', models.CharField(max_length=120, primary_key=True, serialize=False, verbose_name='duty')),
                ('token', models.PositiveBigIntegerField(default=0, verbose_name='token')),
                ('holder', models.CharField(blank=True, help_text='Machine and process id.', max_length=160, verbose_name='held by')),
                ('process', models.CharField(blank=True, editable=False, max_length=120)),
                ('acquired_at', models.DateTimeField(verbose_name='held since')),
                ('renewed_at', models.DateTimeField(verbose_name='renewed')),
                ('expires_at', models.DateTimeField(verbose_name='expires')),
                ('released_at', models.DateTimeField(blank=True, null=True, verbose_name='released')),
            ],
            options={
                'verbose_name': 'duty',
                'verbose_name_plural': 'duties',
                'ordering': ('name',),
            },
        ),
    ]
