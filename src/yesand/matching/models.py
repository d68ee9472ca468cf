"""Availability, schedules, bookings, seats and the holds that prevent double booking."""

from __future__ import annotations

from django.db import models

from yesand.commission.models import Commission
from yesand.kit.ids import new_id
from yesand.pay.models import LockedRate
from yesand.people.models import Person, Program


class Window(models.Model):
    """A weekly stretch in which a performer could play, in their own zone."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    weekday = models.PositiveSmallIntegerField()
    """0 Monday ... 6 Sunday, in `zone`."""
    start = models.TimeField()
    end = models.TimeField()
    """Local wall time; end after start, or 00:00 for midnight."""
    zone = models.CharField(max_length=64)
    """IANA zone the times were said in."""


class Block(models.Model):
    """One performer will never be paired with another; silent, and never shown to the other."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    other = models.ForeignKey(Person, models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "other"], name="block_once")]


class PlayAgain(models.Model):
    """A private tap "I'd play with them again"; only a mutual one means anything."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    other = models.ForeignKey(Person, models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "other"], name="again_once")]


class Schedule(models.Model):
    """One run of the matcher, with its bound and what it did for fairness."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    commission = models.ForeignKey(Commission, models.PROTECT, related_name="+")
    week = models.DateField()
    """Monday of the week."""
    made_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    figures = models.JSONField(default=dict)
    """value, bound, gap, zero_work_share, p10_share, gini, pairs, left_out with reasons."""


class Booking(models.Model):
    """A slot for one pair with locked rates and a guarantee."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    program = models.ForeignKey(Program, models.PROTECT, related_name="+")
    commission = models.ForeignKey(Commission, models.PROTECT, related_name="+")
    schedule = models.ForeignKey(Schedule, models.SET_NULL, null=True, related_name="bookings")
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=12, default="en")
    state = models.CharField(max_length=10, default="offered")
    """offered, confirmed, declined, cancelled, expired, playing or done."""
    answer_by = models.DateTimeField()
    cancelled_by = models.CharField(max_length=10, blank=True)
    """producer or performer."""
    cancel_reason = models.TextField(blank=True)
    heavy = models.BooleanField(default=False)
    """The call allows a heavy scene, so each performer is asked for this booking."""
    shape = models.CharField(max_length=10, default="shorts")
    """shorts, long_form or scripts: `matching.shapes`."""
    created_at = models.DateTimeField(auto_now_add=True)


class Seat(models.Model):
    """One performer's half of a booking."""

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="seats")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    role = models.CharField(max_length=1)
    """a or b."""
    rate = models.ForeignKey(LockedRate, models.PROTECT, related_name="+")
    why = models.JSONField(default=list)
    """"Why you", as short sentences without anything private of the other."""
    answer = models.CharField(max_length=3, blank=True)
    """yes, no or "" while open."""
    answered_at = models.DateTimeField(null=True)
    heavy_ok = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["booking", "role"], name="seat_role_once"),
            models.UniqueConstraint(fields=["booking", "person"], name="seat_person_once"),
        ]


class Hold(models.Model):
    """One quarter hour of one performer, taken by one booking. The table forbids two."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    quarter = models.DateTimeField()
    """Start of the quarter hour, UTC."""
    booking = models.ForeignKey(Booking, models.CASCADE, related_name="holds")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "quarter"], name="hold_once")]
