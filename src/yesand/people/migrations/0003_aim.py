from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0002_skills'),
    ]

    operations = [
        migrations.AddField(
            model_name='person',
            name='aim_wish',
            field=models.CharField(blank=True, choices=[('show', 'show'), ('hide', 'hide')], default='', max_length=4),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='program',
            name='aim_experiment',
            field=models.BooleanField(default=False),
        ),
    ]
