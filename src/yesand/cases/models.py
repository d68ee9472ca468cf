"""Cases: anything a person may ask a human to decide."""

from __future__ import annotations

from django.db import models

from yesand.kit.ids import new_id
from yesand.people.models import Person, Program


class Case(models.Model):
    """An appeal, dispute, answer to a finding or safety report, with a due time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16)
    """appeal, dispute, finding, safety or help."""
    subject_kind = models.CharField(max_length=24)
    subject = models.UUIDField()
    """Opaque id of what it is about."""
    opened_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(auto_now_add=True)
    says = models.TextField()
    due_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=24, blank=True)
    reason = models.TextField(blank=True)
