"""Recordings, their streams and subjects, and the log of who read them."""

from __future__ import annotations

from django.db import models

from yesand.kit.ids import new_id
from yesand.people.models import Person, Program


class Recording(models.Model):
    """Bytes from one person's browser for one purpose of storage: one key, one erasure."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    recorder = models.ForeignKey(Person, models.PROTECT, related_name="+")
    """Whose browser sent it."""
    storage_class = models.CharField(max_length=8)
    """audition, check or take. An audition can never enter a release."""
    about = models.UUIDField(db_index=True)
    """The take, audition or green-room check it belongs to."""
    role = models.CharField(max_length=1, blank=True)
    """a or b for takes."""
    key_id = models.CharField(max_length=40, blank=True)
    """Hex id of this recording's own key in the key store; "" before anything of it is sealed."""
    opened_at = models.DateTimeField(auto_now_add=True)
    keep_until = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)


class Subject(models.Model):
    """Whose voice or face a recording holds; erasing for any subject erases it for all."""

    recording = models.ForeignKey(Recording, models.CASCADE, related_name="subjects")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["recording", "person"], name="subject_once")]


class Stream(models.Model):
    """One continuous part of a recording from one source."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recording = models.ForeignKey(Recording, models.CASCADE, related_name="streams")
    kind = models.CharField(max_length=6)
    """mic, cam, events or heard."""
    reason = models.CharField(max_length=24, default="start")
    """Why it was opened: start, reload, device, suspect."""
    spool_node = models.CharField(max_length=60)
    """The machine whose spool holds it until it is sealed."""
    state = models.CharField(max_length=10, default="open")
    """open, uploading, complete, partial, lost, sealed."""
    why = models.CharField(max_length=200, blank=True)
    """For partial and lost: what is missing and why."""
    length = models.BigIntegerField(null=True)
    """Bytes, once known."""
    hash = models.CharField(max_length=64, blank=True)
    """`kit.canonical.StreamHash` of the sealed bytes."""
    sha256 = models.CharField(max_length=64, blank=True)
    object_key = models.CharField(max_length=200, blank=True)
    """Where the object store holds the sealed bytes."""
    under = models.CharField(max_length=300, blank=True)
    """Ids of every key its object needs, hex with commas; "" where it lies plain."""
    finding = models.CharField(max_length=200, blank=True)
    """Why its bytes are kept and never decoded, a code and a sentence; "" for fine."""
    opened_at = models.DateTimeField(auto_now_add=True)
    sealed_at = models.DateTimeField(null=True)


class Access(models.Model):
    """Who read which recording, when and why. Only added to."""

    recording = models.ForeignKey(Recording, models.CASCADE, related_name="+")
    reader = models.ForeignKey(Person, models.PROTECT, related_name="+", null=True)
    """Null when a job of ours read it."""
    reason = models.CharField(max_length=24)
    """review, exit_page, rating, release, own_copy, processing."""
    at = models.DateTimeField(auto_now_add=True)
