from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recording", "0003_finding")]

    operations = [
        migrations.AlterField(
            model_name="stream", name="under", field=models.CharField(blank=True, max_length=300)
        )
    ]
