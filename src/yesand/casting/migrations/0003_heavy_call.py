from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('casting', '0002_adult_stated'),
    ]

    operations = [
        migrations.AddField(
            model_name='call',
            name='heavy',
            field=models.BooleanField(default=False),
        ),
    ]
