"""Cases: anything a person may ask a human to decide."""

from __future__ import annotations

from django.db import models

from yesand.kit.ids import new_id
from yesand.people.models import Person, Program


class Case(models.Model):
    """An appeal, dispute, answer to a finding or safety report, with a due time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    program = models.ForeignKey(Program, models.PROTECT, null=True, related_name="+")
    """Null for a complaint about the house itself, or by somebody who knows no program."""
    kind = models.CharField(max_length=16)
    """A kind of `cases.rules.KINDS`."""
    subject_kind = models.CharField(max_length=24)
    subject = models.UUIDField()
    """Opaque id of what it is about."""
    opened_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    """Null for somebody without account."""
    contact = models.CharField(max_length=200, blank=True)
    """Where somebody without account is answered; never in a log or a fact."""
    about = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    """Whom a safety report is about; they neither read nor answer it, and are not told."""
    marked_from = models.FloatField(null=True)
    marked_to = models.FloatField(null=True)
    """Of a safety report: the moment it is about on the stage clock, Unix seconds."""
    opened_at = models.DateTimeField(auto_now_add=True)
    says = models.TextField()
    due_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=24, blank=True)
    reason = models.TextField(blank=True)
