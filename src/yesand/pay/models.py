"""The ledger: accounts, transfers, locked rates and accrued seconds."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.utils import timezone

from yesand.kit.ids import new_id
from yesand.kit.money import Money
from yesand.people.models import Person, Program


class LockedRate(models.Model):
    """The price of a person's time, frozen for one event. It can only be replaced upward."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    work = models.CharField(max_length=12)
    """booking, standby, rating or audition."""
    hour_minor = models.PositiveIntegerField()
    """Minor units an hour; for an audition the whole fee."""
    currency = models.CharField(max_length=3)
    event = models.UUIDField(db_index=True)
    """The booking, audition or rating day this rate belongs to."""
    locked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "event", "work"], name="rate_locked_once")
        ]


class Accrual(models.Model):
    """Seconds of paid work under a locked rate. Seconds add up; money is rounded once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    rate = models.ForeignKey(LockedRate, models.PROTECT, related_name="accruals")
    kind = models.CharField(max_length=16)
    """booking, overtime, standby, scene, notes, rating, audition, retake ..."""
    seconds = models.PositiveIntegerField()
    event_kind = models.CharField(max_length=24)
    event = models.UUIDField()
    """What happened: a booking, a take, a rating day."""
    rule = models.CharField(max_length=40)
    """The rule that made it payable, for example `whole_booking` (pay.rules.RULES)."""
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rate", "kind", "event"], name="accrued_once")
        ]


class Account(models.Model):
    """One side of the ledger. Persons appear by pseudonym only."""

    id = models.BigAutoField(primary_key=True)
    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12)
    """client (money promised), budget, reserved, earned (owed to a person), paid (sent)."""
    owner = models.CharField(max_length=40, blank=True)
    """A pseudonym, a commission id, or "" for the program's own."""
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["program", "kind", "owner", "currency"], name="account_once"
            )
        ]


class Transfer(models.Model):
    """One movement: debit and credit in one row, balanced by construction."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    debit = models.ForeignKey(Account, models.PROTECT, related_name="debits")
    credit = models.ForeignKey(Account, models.PROTECT, related_name="credits")
    amount_minor = models.BigIntegerField()
    state = models.CharField(max_length=8)
    """pending, posted or void."""
    event_kind = models.CharField(max_length=24)
    event = models.UUIDField(db_index=True)
    rule = models.CharField(max_length=40)
    memo = models.CharField(max_length=200, blank=True)
    pending = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    """The pending transfer this row posts or voids, in part or whole."""
    once = models.CharField(max_length=120, unique=True)
    """Idempotency key: the same event books the same line once."""
    at = models.DateTimeField()
    batch = models.ForeignKey("Batch", models.PROTECT, null=True, related_name="transfers")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="transfer_positive")
        ]


class Batch(models.Model):
    """A sealed run of transfers; each seal carries the hash of the one before."""

    number = models.BigAutoField(primary_key=True)
    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    sealed_at = models.DateTimeField()
    previous_sha256 = models.CharField(max_length=64, blank=True)
    sha256 = models.CharField(max_length=64)


class BankFile(models.Model):
    """Payouts that leave together: prepared, written (from then on fixed), sent.

    Until it is written its lines follow what is owed. A written file is never changed: it is
    sent, or dropped as a whole.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    """1, 2, 3 ... within the program; what people call it."""
    pay_on = models.DateField()
    """The day it is meant to leave."""
    prepared_at = models.DateTimeField()
    prepared_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    """Null: from the command line."""
    written_at = models.DateTimeField(null=True)
    sent_on = models.DateField(null=True)
    """The day the bank says it left."""
    sent_at = models.DateTimeField(null=True)
    """When somebody said so here; the ledger's time."""
    sent_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    bank_reference = models.CharField(max_length=60, blank=True)
    dropped_at = models.DateTimeField(null=True)
    """The bank never got it, or did not take it."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["program", "number"], name="bank_file_number_once"),
            models.UniqueConstraint(
                fields=["program"],
                condition=models.Q(written_at=None, sent_at=None, dropped_at=None),
                name="bank_file_one_open",
            ),
        ]

    @property
    def state(self) -> str:
        """prepared, written, sent or dropped."""
        if self.dropped_at:
            return "dropped"
        if self.sent_at:
            return "sent"
        return "written" if self.written_at else "prepared"


class Payout(models.Model):
    """Money for one person: one line of a bank file."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    file = models.ForeignKey(BankFile, models.PROTECT, null=True, related_name="payouts")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    pay_on = models.DateField()
    sent_at = models.DateTimeField(null=True)
    """When it was booked as sent; `file.sent_on` is the bank's day."""
    reference = models.CharField(max_length=40, blank=True)
    returned_at = models.DateTimeField(null=True)
    """When its return was booked: it is owed again, and this line stays as it was."""
    returned_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    return_reason = models.CharField(max_length=200, blank=True)
    """In words, read by the person it is about."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["file", "person"], name="payout_once_a_file")
        ]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def left_on(self) -> dt.date | None:
        """The day it left, as the bank says; None where it did not."""
        if self.sent_at is None:
            return None
        told = self.file.sent_on if self.file else None
        return told or timezone.localdate(self.sent_at)
