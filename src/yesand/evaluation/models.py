"""Benchmark runs over releases, and the shortfalls drawn from them."""

from __future__ import annotations

from django.db import models

from yesand.kit.ids import new_id
from yesand.release.models import Release


class BenchmarkRun(models.Model):
    """One baseline or model scored on one release."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    release = models.ForeignKey(Release, models.PROTECT, related_name="+")
    model = models.CharField(max_length=120)
    state = models.CharField(max_length=10, default="running")
    """running, done, too_little or failed."""
    seed = models.PositiveIntegerField(default=0)
    scores = models.JSONField(default=dict)
    """Overall score with interval, and what is missing when there is too little."""
    cells = models.JSONField(default=list)
    """[{"cell", "n", "performers", "score", "low", "high", "ceiling"}]"""
    at = models.DateTimeField(auto_now_add=True)


class Shortfall(models.Model):
    """A draft of the next commission, drawn from one run."""

    run = models.ForeignKey(BenchmarkRun, models.CASCADE, related_name="shortfalls")
    order = models.JSONField()
    """The draft in the commission schema (version 1)."""
    at = models.DateTimeField(auto_now_add=True)
