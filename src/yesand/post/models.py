"""What processing made of a sealed take."""

from __future__ import annotations

from django.db import models

from yesand.stage.models import Take


class Processing(models.Model):
    """One pipeline version over one take."""

    take = models.ForeignKey(Take, models.CASCADE, related_name="+")
    pipeline_version = models.CharField(max_length=20)
    state = models.CharField(max_length=8, default="running")
    """running, done or failed."""
    clock = models.JSONField(default=dict)
    """Refined map per role and the pair's alignment (post.clock), ms and ppm."""
    segments = models.JSONField(default=dict)
    """{"a": [...], "b": [...]} segments and turns per view, seconds from the take's start."""
    measures = models.JSONField(default=list)
    """[{"role", "measure", "value", "unit", "valid"}]"""
    peaks_key = models.CharField(max_length=200, blank=True)
    aligned_key = models.CharField(max_length=200, blank=True)
    """Prefix of the aligned 48 kHz FLAC of both roles in the object store."""
    verdict = models.CharField(max_length=8, blank=True)
    """accept, retake or review."""
    reasons = models.JSONField(default=list)
    """Sentences with spans."""
    quick = models.JSONField(default=dict)
    """The quick check's result, while both are still in the room."""
    why_failed = models.TextField(blank=True)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["take", "pipeline_version"], name="processed_once")
        ]


class Finding(models.Model):
    """One observation with a span and evidence."""

    processing = models.ForeignKey(Processing, models.CASCADE, related_name="findings")
    code = models.CharField(max_length=32)
    role = models.CharField(max_length=1, blank=True)
    severity = models.CharField(max_length=12)
    """physical (may ask for a paid retake) or behavioral (only routes to a person)."""
    start = models.FloatField()
    end = models.FloatField()
    value = models.FloatField(null=True)
    limit = models.FloatField(null=True)
    unit = models.CharField(max_length=12, blank=True)
    says = models.CharField(max_length=200)
