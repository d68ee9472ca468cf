"""A performer's week as a picture: when they could play, what is booked."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass, field

from django.utils import formats, timezone

from yesand.matching import reads as matching
from yesand.people.models import Person

WIDTH, STEP, TOP, HEIGHT = 82, 92, 22, 90
#: The picture shows 8:00 to 24:00; what lies earlier is drawn at its top edge.
FIRST, LAST = 8.0, 24.0


@dataclass(frozen=True)
class Bar:
    """One window or booking: pixels from the picture's top, and words for a booking."""

    y: float
    height: float
    words: str = ""
    sure: bool = True


@dataclass
class Day:
    """One column."""

    x: int
    name: str
    windows: list[Bar] = field(default_factory=list)
    booked: list[Bar] = field(default_factory=list)


def _y(hour: float) -> float:
    inside = min(max(hour, FIRST), LAST)
    return round(TOP + HEIGHT * (inside - FIRST) / (LAST - FIRST), 1)


def days(person: Person, monday: dt.datetime) -> list[Day]:
    """Seven columns from `monday`, a local midnight in the reader's zone."""
    zone = timezone.get_current_timezone()
    week = []
    for number in range(7):
        date = (monday + dt.timedelta(days=number)).date()
        day = Day(number * STEP, formats.date_format(date, "D"))
        for window in matching.windows(person):
            start = dt.datetime.combine(date, window.start, zoneinfo.ZoneInfo(window.zone))
            if window.weekday != date.weekday():
                continue
            local = start.astimezone(zone)
            length = _hours(window.end) - _hours(window.start)
            first = local.hour + local.minute / 60
            last = first + (length if length > 0 else length + 24)
            if _y(last) > _y(first):
                day.windows.append(Bar(_y(first), round(_y(last) - _y(first), 1)))
        week.append(day)
    for seat in matching.week_of(person, monday):
        local = seat.booking.starts_at.astimezone(zone)
        place = (local.date() - monday.date()).days
        if 0 <= place < 7:
            first = local.hour + local.minute / 60
            state = seat.booking.state
            week[place].booked.append(
                Bar(
                    min(_y(first), TOP + HEIGHT - 26),
                    26,
                    formats.date_format(local, "H:i"),
                    state != "offered",
                )
            )
    return week


def _hours(at: dt.time) -> float:
    return at.hour + at.minute / 60
