"""Facts: what happened, said by the house where it happened, in the transaction of the verb."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now


class Fact(models.Model):
    """One thing that happened. `flows` turns it into jobs once and writes `processed_at`.

    house: package that says it. kind: what happened, snake_case, past tense.
    subject: id of the row it is about, any house's. body: ids and plain values, no personal data.
    at: when it was appended, UTC. processed_at: when flows had deferred its jobs.
    """

    id = models.BigAutoField(primary_key=True)
    house = models.CharField(max_length=32)
    kind = models.CharField(max_length=64)
    subject = models.UUIDField(null=True)
    body = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    at = models.DateTimeField(db_default=Now())
    processed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "infra_fact"
        indexes = [
            models.Index(
                fields=["id"],
                name="infra_fact_open",
                condition=models.Q(processed_at__isnull=True),
            ),
            models.Index(fields=["house", "kind", "subject"], name="infra_fact_about"),
        ]

    def __str__(self) -> str:
        return f"{self.house}.{self.kind} {self.id}"
