"""Terms, grants, withdrawals and what performers chose for each take. Rows are only added."""

from __future__ import annotations

from django.db import models

from yesand.kit.ids import new_id
from yesand.people.models import Person, Program


class Terms(models.Model):
    """One version of one text a person may sign."""

    program = models.ForeignKey(Program, models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=24)
    """A purpose of `consent.rules.PURPOSES`, or `terms`, `rater_terms`, `solo_use`, `own`."""
    version = models.PositiveIntegerField()
    language = models.CharField(max_length=12, default="en")
    title = models.CharField(max_length=120)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    """Of the text's UTF-8 bytes."""
    years = models.PositiveSmallIntegerField(null=True)
    """How long a grant under this text lasts; null is until withdrawn."""
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "purpose", "version", "language"], name="terms_once"
            )
        ]


class Grant(models.Model):
    """A person said yes to one purpose under one text. Never changed, never deleted."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=24)
    terms = models.ForeignKey(Terms, models.PROTECT, related_name="+")
    take = models.UUIDField(null=True, db_index=True)
    """Only for this take; null is for every take of the program."""
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    receipt_sha256 = models.CharField(max_length=64)
    """Of the canonical receipt: pseudonym, purpose, terms hash, take, time."""


class Withdrawal(models.Model):
    """A person took a purpose back, for one take or for all. Never costs money."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=24)
    """A purpose, or `all`."""
    take = models.UUIDField(null=True, db_index=True)
    """Only this take; null is every take of the program."""
    withdrawn_at = models.DateTimeField()
    receipt_sha256 = models.CharField(max_length=64)


class TakeChoice(models.Model):
    """Keep, hold or strike, as one performer tapped it for one take; the latest row stands."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    take = models.UUIDField(db_index=True)
    choice = models.CharField(max_length=6)
    """keep, hold or strike. No row at all is silence, and silence is not consent."""
    chosen_at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    """A hold's end, or the last moment a strike can be undone."""
    private_spans = models.JSONField(default=list)
    """[[start, end], ...] seconds from take start the performer asked to keep out."""


class CopyShare(models.Model):
    """A player lets the other keep a copy of their side of a take; the open row stands."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    take = models.UUIDField(db_index=True)
    shared_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    """Taken back, which is possible until the other has downloaded it."""
    taken_at = models.DateTimeField(null=True)
    """The other's first download."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "take"],
                condition=models.Q(ended_at=None),
                name="copy_share_open_once",
            )
        ]


class Epoch(models.Model):
    """Counts every grant, withdrawal and choice of a program; publishing locks this row."""

    program = models.OneToOneField(Program, models.CASCADE, primary_key=True, related_name="+")
    number = models.BigIntegerField(default=0)
