from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('matching', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='booking',
            name='shape',
            field=models.CharField(default='shorts', max_length=10),
        ),
    ]
