"""Releases, what is in them, and what was taken back."""

from __future__ import annotations

from django.db import models

from yesand.kit.ids import new_id
from yesand.people.models import Person, Program
from yesand.stage.models import Take


class Release(models.Model):
    """An immutable, versioned, signed set of consented takes and labels."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    name = models.SlugField(max_length=60)
    version = models.CharField(max_length=20)
    purpose = models.CharField(max_length=24)
    use = models.CharField(max_length=10)
    state = models.CharField(max_length=10, default="building")
    """building, built, published, superseded or failed."""
    folder = models.CharField(max_length=200, blank=True)
    """Below releases/ of the home folder."""
    release_sha256 = models.CharField(max_length=64, blank=True)
    """Of release.json, which lists the hash of every file."""
    consent_epoch = models.BigIntegerField(default=0)
    figures = models.JSONField(default=dict)
    """hours, performers, takes, largest_share, left_out by reason."""
    predecessor = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    built_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    why_failed = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "name", "version"], name="release_once")
        ]


class ReleasedTake(models.Model):
    """One take in one release."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="takes")
    take = models.ForeignKey(Take, models.PROTECT, related_name="+")
    split = models.CharField(max_length=5)
    shard = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["release", "take"], name="released_once")]


class Revocation(models.Model):
    """A signed notice that a released take is withdrawn; the feed is these rows in order."""

    number = models.BigAutoField(primary_key=True)
    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    take = models.ForeignKey(Take, models.PROTECT, related_name="+")
    tombstone = models.JSONField()
    """The signed notice as the feed carries it."""
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["take"], name="revoked_once")]


class PullToken(models.Model):
    """Lets an engineer's machine pull releases of one program. Only its hash is stored."""

    program = models.ForeignKey(Program, models.CASCADE, related_name="+")
    engineer = models.ForeignKey(Person, models.CASCADE, related_name="+")
    sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)


class Pull(models.Model):
    """A lab took a release, and confirms the withdrawals that reach it."""

    release = models.ForeignKey(Release, models.CASCADE, related_name="+")
    engineer = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)


class Confirmation(models.Model):
    """An engineer confirms that a withdrawn take is gone from the lab's copies."""

    revocation = models.ForeignKey(Revocation, models.CASCADE, related_name="+")
    engineer = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["revocation", "engineer"], name="confirmed_once")
        ]


class TrainedModel(models.Model):
    """A model a lab registered as trained on a release."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    release = models.ForeignKey(Release, models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    registered_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
