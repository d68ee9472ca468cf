import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0003_aim'),
        ('stage', '0002_open_ends'),
    ]

    operations = [
        migrations.AddField(
            model_name='take',
            name='plan',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='cue',
            name='aim_by',
            field=models.CharField(blank=True, default='', max_length=4),
            preserve_default=False,
        ),
        migrations.CreateModel(
            name='OfferCount',
            fields=[
                ('program', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='people.program')),
                ('made', models.PositiveIntegerField(default=0)),
            ],
        ),
    ]
