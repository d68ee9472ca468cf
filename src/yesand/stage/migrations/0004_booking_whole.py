import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stage', '0003_offer_plan'),
    ]

    operations = [
        migrations.AddField(
            model_name='session',
            name='pace',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='scene',
            name='kept',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='scene',
            name='called_back',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='stage.scene'),
        ),
    ]
