"""What pages ask about bookings and offers."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from yesand.matching.models import Booking, Schedule, Seat, Window
from yesand.people.models import Person, Program


def next_booking(person: Person) -> Seat | None:
    """The next confirmed or running booking of a performer, seat with booking and rate."""
    return (
        Seat.objects.filter(person=person, booking__state__in=("confirmed", "playing"))
        .filter(booking__starts_at__gt=timezone.now() - dt.timedelta(hours=3))
        .select_related("booking__program", "rate")
        .order_by("booking__starts_at")
        .first()
    )


def offers(person: Person) -> list[Seat]:
    """Offers this performer may still answer, soonest end first."""
    return list(
        Seat.objects.filter(person=person, booking__state="offered", answer="")
        .filter(booking__answer_by__gt=timezone.now())
        .select_related("booking__program", "rate")
        .order_by("booking__answer_by")
    )


def waiting(person: Person) -> list[Seat]:
    """Offers this performer said yes to, waiting for the partner."""
    return list(
        Seat.objects.filter(person=person, booking__state="offered", answer="yes")
        .select_related("booking__program", "rate")
        .order_by("booking__starts_at")
    )


def week_of(person: Person, start: dt.datetime, days: int = 7) -> list[Seat]:
    """Bookings of a performer in the days from `start`."""
    return list(
        Seat.objects.filter(
            person=person,
            booking__starts_at__range=(start, start + dt.timedelta(days=days)),
            booking__state__in=("offered", "confirmed", "playing", "done"),
        )
        .select_related("booking__program", "rate")
        .order_by("booking__starts_at")
    )


def partner(seat: Seat) -> Seat:
    """The other seat of the booking."""
    return seat.booking.seats.select_related("person").exclude(pk=seat.pk).get()


def partners_not_human(person: Person, program: Program) -> list[Seat]:
    """Seats of robots and models that this person is to play with, soonest first."""
    return list(
        Seat.objects.filter(
            booking__program=program,
            booking__state__in=("offered", "confirmed", "playing"),
            booking__seats__person=person,
        )
        .exclude(person=person)
        .exclude(person__player_kind="human")
        .select_related("person", "booking")
        .order_by("booking__starts_at")
    )


def windows(person: Person) -> list[Window]:
    """Weekly windows in reading order."""
    return list(Window.objects.filter(person=person).order_by("weekday", "start"))


def upcoming(program: Program, days: int = 14) -> list[Booking]:
    """Bookings of a program from three hours ago on."""
    now = timezone.now()
    return list(
        Booking.objects.filter(
            program=program,
            starts_at__range=(now - dt.timedelta(hours=3), now + dt.timedelta(days=days)),
        )
        .exclude(state__in=("declined", "expired"))
        .prefetch_related("seats__person")
        .order_by("starts_at")
    )


def schedules(program: Program) -> list[Schedule]:
    """Runs of the matcher, newest first."""
    return list(
        Schedule.objects.filter(commission__program=program)
        .select_related("commission")
        .order_by("-made_at")
    )


def rebooked_share(program: Program) -> float | None:
    """Share of performers with more than one done booking, or None before any."""
    counts: dict[object, int] = {}
    for person in Seat.objects.filter(booking__program=program, booking__state="done").values_list(
        "person_id", flat=True
    ):
        counts[person] = counts.get(person, 0) + 1
    return sum(n > 1 for n in counts.values()) / len(counts) if counts else None
