"""Commissions, their cells and fill, the deck of prompts, and acceptance of takes."""

from __future__ import annotations

from django.db import models

from yesand.kit.ids import new_id
from yesand.people.models import Person, Program


class Prompt(models.Model):
    """One version of one card of the deck. The body is the whole YAML of PLAY.md."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=60)
    version = models.PositiveIntegerField(default=1)
    language = models.CharField(max_length=12, default="en")
    title = models.CharField(max_length=80)
    shape = models.CharField(max_length=12)
    """improvised, target_line, script or game."""
    family = models.CharField(max_length=12)
    register = models.CharField(max_length=12, default="everyday")
    tone = models.CharField(max_length=8, default="light")
    relationship = models.CharField(max_length=20)
    """A relationship of `commission.rules.RELATIONSHIPS`."""
    tags = models.JSONField(default=list)
    body = models.JSONField()
    use = models.CharField(max_length=10, default="train")
    status = models.CharField(max_length=8, default="live")
    """draft, tried, live or retired; the body keeps the word it was laid with."""
    laid_at = models.DateTimeField(auto_now_add=True, null=True)
    laid_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    """Who wrote this version here; null for cards that came with the house."""
    history = models.JSONField(default=list)
    """Changes of status, oldest first: [{"id", "at", "by", "before", "after"}]; rows changed
    together share an id, and an undo is a further entry."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slug", "version", "language"], name="prompt_once")
        ]


class Commission(models.Model):
    """An order for scenes."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    brief = models.TextField(blank=True)
    use = models.CharField(max_length=10)
    """train or evaluation; fixed when the commission is approved."""
    hours = models.DecimalField(max_digits=8, decimal_places=2)
    """Scene hours asked for."""
    order = models.JSONField()
    """The margins as ordered (schema version 1), from the form or from YAML."""
    acquaintance = models.CharField(max_length=10, default="any")
    """strangers, met or any."""
    state = models.CharField(max_length=10, default="draft")
    """draft, approved, open or closed."""
    share_token = models.CharField(max_length=43, unique=True)
    """Lets a lab without account read and approve the order."""
    budget_minor = models.BigIntegerField(default=0)
    """What the client promised, minor units of the program's currency."""
    created_at = models.DateTimeField(auto_now_add=True)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=120, blank=True)


class Cell(models.Model):
    """One combination the commission counts: feeling x relationship x language."""

    commission = models.ForeignKey(Commission, models.CASCADE, related_name="cells")
    feeling = models.CharField(max_length=16)
    """A category of the label set, as the *aim* of a cue."""
    relationship = models.CharField(max_length=20)
    language = models.CharField(max_length=12)
    quota = models.PositiveIntegerField()
    """Takes wanted."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["commission", "feeling", "relationship", "language"], name="cell_once"
            )
        ]


class Fill(models.Model):
    """One take counted in one cell, by what was cued; written by flows, never by a rating."""

    cell = models.ForeignKey(Cell, models.CASCADE, related_name="fills")
    take = models.UUIDField(db_index=True)
    state = models.CharField(max_length=8)
    """recorded, accepted, released or rejected."""
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cell", "take"], name="fill_once")]


class Acceptance(models.Model):
    """The producer's decision on a take, on physical and completeness grounds; latest stands."""

    commission = models.ForeignKey(Commission, models.PROTECT, related_name="+")
    take = models.UUIDField(db_index=True)
    decision = models.CharField(max_length=8)
    """accept or reject."""
    reason = models.TextField()
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    """Null when the verdict alone accepted it."""
    at = models.DateTimeField(auto_now_add=True)
