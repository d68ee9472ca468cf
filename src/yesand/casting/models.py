"""Calls, applications, auditions and the roster."""

from __future__ import annotations

from django.db import models

from yesand.commission.models import Commission
from yesand.kit.ids import new_id
from yesand.people.models import Person, Program
from yesand.recording.models import Recording


class Call(models.Model):
    """An announcement that invites performers and states pay, client and use before anything."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    program = models.ForeignKey(Program, models.CASCADE, related_name="+")
    commission = models.ForeignKey(Commission, models.PROTECT, null=True, related_name="+")
    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=120)
    about = models.TextField()
    languages = models.JSONField(default=list)
    heavy = models.BooleanField(default=False)
    """The call says that heavy scenes may be offered; each booking still asks both performers."""
    audition_minutes = models.PositiveSmallIntegerField(default=15)
    pieces = models.JSONField(default=list)
    """Two audition pieces: [{"title", "ask", "seconds"}, ...]."""
    opens_at = models.DateTimeField(auto_now_add=True)
    closes_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)


class Application(models.Model):
    """A performer's answer to a call."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    call = models.ForeignKey(Call, models.PROTECT, related_name="applications")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    says = models.TextField(blank=True)
    adult_stated_at = models.DateTimeField(null=True)
    """When the performer said that they are 18 or older; proof comes before the first booking."""
    state = models.CharField(max_length=10, default="applied")
    """applied, recorded, accepted, declined or withdrawn."""
    applied_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    """Written for the performer; no decision without it."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "person"], name="applied_once")]


class Audition(models.Model):
    """One recorded audition piece."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    application = models.ForeignKey(Application, models.CASCADE, related_name="auditions")
    piece = models.PositiveSmallIntegerField()
    recording = models.ForeignKey(Recording, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["application", "piece"], name="piece_once")]


class RosterPlace(models.Model):
    """A performer cast for a program, with the split pool they keep for good."""

    program = models.ForeignKey(Program, models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    split_pool = models.CharField(max_length=5)
    """train, dev or test; given once so that splits stay performer-disjoint."""
    heavy_ok = models.BooleanField(default=False)
    """Has said that heavy scenes may be offered; each booking still asks again."""
    joined_at = models.DateTimeField(auto_now_add=True)
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["program", "person"], name="cast_once")]
