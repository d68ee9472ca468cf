"""Today on stage and the weeks ahead, ready to be drawn."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from yesand.casting import reads as casting
from yesand.commission import reads as commission
from yesand.commission.forecast import BOOKINGS_PER_WEEK, rater_hours_for
from yesand.commission.models import Commission
from yesand.kit.money import Money, for_seconds
from yesand.matching.models import Booking, Seat, Window
from yesand.matching.roster import demand
from yesand.people.models import Program

LASTING = ("offered", "confirmed", "playing", "done")
TAKES_PER_BOOKING = 5
WEEKS = 4
LANE = 30
"""Height of one lane of the picture, pixels."""


@dataclass(frozen=True)
class Bar:
    """One booking of today: percent from the left, lane from the top, and its state's tone."""

    x: float
    width: float
    y: int
    tone: str
    words: str


@dataclass(frozen=True)
class Today:
    """counts: done, on stage, later, still offered. now_x: percent, or None out of the picture."""

    bars: list[Bar]
    ticks: list[tuple[float, str, str]]
    height: int
    now_x: float | None
    now: str
    done: int
    playing: int
    later: int
    offered: int


def today(program: Program, now: dt.datetime) -> Today:
    """Bookings that start on the reader's day, in lanes that do not overlap."""
    local = timezone.localtime(now)
    start = local.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = list(
        Booking.objects.filter(
            program=program,
            state__in=LASTING,
            starts_at__gte=start,
            starts_at__lt=start + dt.timedelta(days=1),
        )
        .prefetch_related("seats__person")
        .order_by("starts_at", "id")
    )
    hours = [timezone.localtime(row.starts_at).hour for row in rows]
    first = min([*hours, 9])
    last = min(24, max([*(hour + 2 for hour in hours), 21]))
    span = (last - first) * 60

    def at(moment: dt.datetime) -> float:
        minutes = (timezone.localtime(moment) - start).total_seconds() / 60
        return 100 * (minutes - first * 60) / span

    lanes: list[dt.datetime] = []
    bars = []
    counts = {"done": 0, "playing": 0, "later": 0, "offered": 0}
    for row in rows:
        end = row.starts_at + dt.timedelta(minutes=row.minutes)
        lane = next((n for n, free in enumerate(lanes) if free <= row.starts_at), len(lanes))
        lanes[lane : lane + 1] = [end]
        kind = _kind(row, end, now)
        counts[kind] += 1
        names = ", ".join(str(seat.person) for seat in row.seats.all())
        tone = {"done": "k", "playing": "r", "later": "q", "offered": "sb"}[kind]
        words = f"{timezone.localtime(row.starts_at):%H:%M} {names}"
        width = max(1.0, at(end) - at(row.starts_at) - 0.5)
        bars.append(
            Bar(round(at(row.starts_at), 2), round(width, 2), 24 + LANE * lane, tone, words)
        )
    step = max(1, (last - first) // 4)
    ticks = [
        (
            round(100 * (hour - first) / (last - first), 1),
            f"{hour % 24}:00",
            "end" if hour == last else "start",
        )
        for hour in range(first, last + 1, step)
    ]
    now_x = at(now)
    return Today(
        bars,
        ticks,
        24 + LANE * max(1, len(lanes)),
        round(now_x, 1) if 0 <= now_x <= 100 else None,
        f"{local:%H:%M}",
        **counts,
    )


def _kind(row: Booking, end: dt.datetime, now: dt.datetime) -> str:
    if row.state == "done" or end <= now:
        return "done"
    if row.state == "playing" or row.starts_at <= now:
        return "playing"
    return "offered" if row.state == "offered" else "later"


@dataclass(frozen=True)
class Week:
    """One week ahead. needed: performers the order asks for or that are booked, the larger."""

    monday: dt.date
    needed: int
    booked: int
    free: int
    rater_hours: int
    money: Money

    @property
    def short(self) -> int:
        return max(0, self.needed - self.free)

    @property
    def scale(self) -> int:
        return max(self.needed, self.free, 1)

    @property
    def free_width(self) -> float:
        return round(100 * self.free / self.scale, 1)

    @property
    def needed_width(self) -> float:
        return round(100 * self.needed / self.scale, 1)


def weeks(program: Program, row: Commission | None, now: dt.datetime) -> list[Week]:
    """The next four weeks: what is booked, and what the running order still asks for."""
    day = timezone.localtime(now).date()
    monday = day - dt.timedelta(days=day.weekday())
    free_people = casting.free(program)
    free = Window.objects.filter(person__in=free_people).values("person").distinct().count()
    hour = Money(program.performer_hour_minor, program.currency)
    price = for_seconds(hour, 2 * 3600).minor
    planned, left = _planned(row, monday)
    found = []
    for number in range(WEEKS):
        begin = monday + dt.timedelta(weeks=number)
        rows = _seats(program, begin)
        bookings = max(rows["bookings"], planned if number < left else 0)
        needed = max(rows["persons"], -(-2 * bookings // BOOKINGS_PER_WEEK) if bookings else 0)
        found.append(
            Week(
                begin,
                needed,
                rows["bookings"],
                free,
                rater_hours_for(bookings * TAKES_PER_BOOKING),
                Money(bookings * price, program.currency),
            )
        )
    return found


def _seats(program: Program, monday: dt.date) -> dict[str, int]:
    zone = timezone.get_current_timezone()
    start = dt.datetime.combine(monday, dt.time(0), zone)
    end = dt.datetime.combine(monday + dt.timedelta(days=7), dt.time(0), zone)
    seats = Seat.objects.filter(
        booking__program=program,
        booking__state__in=LASTING,
        booking__starts_at__gte=start,
        booking__starts_at__lt=end,
    )
    return {
        "bookings": seats.values("booking").distinct().count(),
        "persons": seats.values("person").distinct().count(),
    }


def _planned(row: Commission | None, monday: dt.date) -> tuple[int, int]:
    """(bookings a week that the open order still asks for, weeks it has left)."""
    if row is None or row.state != "open" or row.approved_at is None:
        return 0, 0
    order = commission.order_of(row)
    begun = timezone.localtime(row.approved_at).date()
    end = begun + dt.timedelta(days=7 - begun.weekday(), weeks=order.weeks)
    left = max(1, -(-(end - monday).days // 7))
    wanted = demand(row).bookings
    return -(-wanted // left), left
