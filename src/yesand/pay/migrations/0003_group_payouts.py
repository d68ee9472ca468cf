"""Payouts made before there were bank files get them: what left on one day stays together."""

from collections import Counter

from django.db import migrations
from django.utils import timezone


def group(apps, schema_editor):
    payout = apps.get_model("pay", "Payout")
    bank_file = apps.get_model("pay", "BankFile")
    files, numbers, seen = {}, Counter(), Counter()
    for row in payout.objects.filter(file=None).order_by("sent_at", "pay_on", "id"):
        day = row.sent_at and row.sent_at.date()
        # A file holds a person once: a second payment of one day is in a file of its own.
        nth = seen[row.program_id, day, row.person_id]
        seen[row.program_id, day, row.person_id] += 1
        if day is None and nth:
            # Two clicks at once prepared it twice. One file is open, and what is owed is read anew
            # before it is written.
            row.delete()
            continue
        key = (row.program_id, day, nth)
        if key not in files:
            numbers[row.program_id] += 1
            files[key] = bank_file.objects.create(
                program_id=row.program_id,
                number=numbers[row.program_id],
                pay_on=row.pay_on,
                prepared_at=row.sent_at or timezone.now(),
                written_at=row.sent_at,
                sent_at=row.sent_at,
                sent_on=day,
            )
        row.file = files[key]
        row.save(update_fields=["file"])


class Migration(migrations.Migration):
    dependencies = [("pay", "0002_bank_files")]
    operations = [migrations.RunPython(group, migrations.RunPython.noop)]
