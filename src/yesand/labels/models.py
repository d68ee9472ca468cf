"""Items, ratings in four views, and what they add up to."""

from __future__ import annotations

from django.db import models

from yesand.kit.ids import new_id
from yesand.people.models import Person, Program
from yesand.stage.models import Take


class Item(models.Model):
    """A span of one role's play that is asked about."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    take = models.ForeignKey(Take, models.CASCADE, related_name="+")
    target_role = models.CharField(max_length=1)
    start = models.FloatField()
    end = models.FloatField()
    """Seconds from the take's start."""
    context = models.CharField(max_length=12, default="with_before")
    """alone or with_before (10 s)."""
    modality = models.CharField(max_length=5, default="audio")
    rule = models.CharField(max_length=16)
    """Why this span: cue, mark or turn."""
    gold = models.JSONField(null=True)
    """Known answer distribution, or null."""
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["take", "target_role", "start", "rule"], name="item_once"
            )
        ]


class Assignment(models.Model):
    """One rater was shown one item in one queue."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="+")
    rater = models.ForeignKey(Person, models.PROTECT, related_name="+")
    queue = models.CharField(max_length=8)
    """quick, feel, play, trace, words or pair."""
    opened_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    skipped = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "rater"], name="one_queue_an_item")]


class Rating(models.Model):
    """One person's answer. An undo is a new row that points at the one it takes back."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    item = models.ForeignKey(Item, models.CASCADE, related_name="ratings")
    view = models.CharField(max_length=10)
    """intended, character, partner, observer or own."""
    rater = models.ForeignKey(Person, models.PROTECT, related_name="+")
    question = models.CharField(max_length=8)
    """quick, feel, play or own."""
    primary = models.CharField(max_length=16, blank=True)
    secondary = models.JSONField(default=list)
    other_word = models.CharField(max_length=40, blank=True)
    intensity = models.PositiveSmallIntegerField(null=True)
    valence = models.PositiveSmallIntegerField(null=True)
    arousal = models.PositiveSmallIntegerField(null=True)
    dominance = models.PositiveSmallIntegerField(null=True)
    naturalness = models.PositiveSmallIntegerField(null=True)
    in_character = models.CharField(max_length=12, blank=True)
    sure = models.BooleanField(null=True)
    """Partner view: sure or a guess."""
    cant_tell = models.BooleanField(default=False)
    felt = models.CharField(max_length=12, blank=True)
    """View own only: none, a_bit, a_lot or rather_not."""
    plays = models.PositiveSmallIntegerField(default=0)
    seconds = models.FloatField(default=0)
    """Time from shown to answered, paid as it is."""
    order = models.PositiveSmallIntegerField(default=0)
    set_version = models.CharField(max_length=20, default="yesand-15")
    at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)


class SceneNote(models.Model):
    """What one performer said once about a whole take."""

    take = models.ForeignKey(Take, models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    role = models.CharField(max_length=1)
    self_valence = models.PositiveSmallIntegerField(null=True)
    self_arousal = models.PositiveSmallIntegerField(null=True)
    partner_valence = models.PositiveSmallIntegerField(null=True)
    partner_arousal = models.PositiveSmallIntegerField(null=True)
    natural = models.PositiveSmallIntegerField(null=True)
    grounded = models.PositiveSmallIntegerField(null=True)
    human = models.PositiveSmallIntegerField(null=True)
    fun = models.PositiveSmallIntegerField(null=True)
    landed = models.BooleanField(null=True)
    """Whether the card's target line landed; it did where both players say so. Null where the
    card has none or the player did not say."""
    keep_out = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["take", "person"], name="note_once")]


class Label(models.Model):
    """The aggregate of one item in one view. Views are never merged."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="labels")
    view = models.CharField(max_length=10)
    n = models.PositiveSmallIntegerField()
    counts = models.JSONField(default=dict)
    """Votes by category."""
    fused = models.JSONField(default=dict)
    """Probability by category, with `fused_by`."""
    fused_by = models.CharField(max_length=24, blank=True)
    entropy = models.FloatField(null=True)
    """Bits, of the votes."""
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "view"], name="label_once")]
