"""Tracks, gaps and the sealed manifest of a take."""

from __future__ import annotations

from django.db import models

from yesand.recording.models import Stream
from yesand.stage.models import Take


class Track(models.Model):
    """A stream that belongs to a take, as it was sealed. A reload makes a second part."""

    take = models.ForeignKey(Take, models.CASCADE, related_name="+")
    role = models.CharField(max_length=1)
    kind = models.CharField(max_length=6)
    """mic, cam, events or heard."""
    part = models.PositiveSmallIntegerField(default=0)
    """0 for the first stream; 1, 2 ... after a reload or a change of device."""
    stream = models.OneToOneField(Stream, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, default="recording")
    """recording, complete, partial or lost."""
    rate = models.PositiveIntegerField(null=True)
    """Audio samples a second, as the device delivered them."""
    samples = models.BigIntegerField(null=True)
    first_client_ms = models.FloatField(null=True)
    """Client clock at the first sample."""
    settings = models.JSONField(default=dict)
    """`MediaStreamTrack.getSettings()` at the start."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["take", "role", "kind", "part"], name="track_once")
        ]


class Gap(models.Model):
    """A declared hole in a role's audio, in seconds from the take's start."""

    take = models.ForeignKey(Take, models.CASCADE, related_name="+")
    role = models.CharField(max_length=1)
    kind = models.CharField(max_length=6, default="mic")
    start = models.FloatField()
    end = models.FloatField()
    cause = models.CharField(max_length=16)
    """pause, private, reload, device, lost, late_start."""


class Seal(models.Model):
    """A take closed for good: the manifest's hash and where it lies."""

    take = models.OneToOneField(Take, models.CASCADE, primary_key=True, related_name="+")
    manifest_sha256 = models.CharField(max_length=64)
    manifest = models.JSONField()
    lost_seconds = models.FloatField()
    """Captured samples that never arrived, in seconds, over both roles."""
    sealed_at = models.DateTimeField()
