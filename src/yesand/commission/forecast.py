"""What an order takes: hours, bookings, people, weeks, storage and money. Pure.

Every assumption is a named number below, so that a page can print it beside its figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil, floor
from typing import TypedDict

from yesand.commission.cells import apportion
from yesand.commission.order import MAX_WEEKS, Order, exact, scene_minutes, takes_of
from yesand.kit.money import Money, for_seconds

BOOKING_MINUTES = 60
SCENE_MINUTES_PER_BOOKING = 25
"""Five scenes of 5 minutes; the rest is check, warm-up, notes, break and exit page, all paid."""
BOOKINGS_PER_WEEK = 2
"""Bookings a performer is counted on for in one week."""
ITEMS_PER_TAKE = 6
ITEM_SECONDS = 14
"""A moment of about 10 s and 4 s to answer."""
VOTES_PER_ITEM = 13
"""5 raters in Quick, 5 in Feel, 3 in Play."""
SECOND_ARM = Fraction(11, 10)
"""A tenth of the items run in a second arm."""
PAID_BREAKS = Fraction(60, 55)
RATER_HOURS_PER_WEEK = 3
STANDBY_EVERY = 4
"""One half hour of stand-by for every so many bookings."""
STANDBY_SECONDS = 1800
BYTES_PER_SCENE_SECOND = 2 * (48_000 * 3 + 75_000)
"""Two 24-bit mono microphones at 48 kHz and two cameras of about 600 kbit/s."""
DERIVED = Fraction(3, 2)
"""Originals and what is rebuilt from them, over the originals."""
STORAGE_MONTHS = 12
STORAGE_MINOR_PER_GB_MONTH = 2
"""Minor units of the program's currency."""


@dataclass(frozen=True)
class Policy:
    """The rows of a program that price an order; money in minor units of `currency`."""

    currency: str = "USD"
    performer_hour_minor: int = 7400
    rater_hour_minor: int = 2000
    audition_minor: int = 1850
    standby_percent: int = 50


@dataclass(frozen=True)
class Roster:
    """Who is there: performers free to be booked, by language they play in."""

    free: Mapping[str, int] = field(default_factory=dict)


class Fix(TypedDict):
    """One change that is enough by itself. kind: share, weeks or call; value in its own unit."""

    kind: str
    language: str
    value: int


class Need(TypedDict):
    language: str
    bookings: int
    needed: int
    free: int
    short: int
    fixes: list[Fix]


class Line(TypedDict):
    """One line of the cost. key: performers, raters, standby or storage."""

    key: str
    minor: int
    count: int
    each_minor: int
    percent: float


class Forecast(TypedDict):
    hours: float
    takes: int
    scene_minutes: float
    bookings: int
    booking_minutes: int
    performers: list[Need]
    short: int
    rater_hours: int
    raters: int
    rater_hours_per_week: int
    weeks: int
    storage_gb: int
    storage_months: int
    lines: list[Line]
    largest: str
    total_minor: int
    per_scene_hour_minor: int
    currency: str


def estimate(order: Order, policy: Policy, roster: Roster) -> Forecast:
    """What `order` takes under `policy` with `roster`. Money is in minor units.

    Where performers are too few in a language, `fixes` holds the changes of which any one is
    enough: a smaller share of that language, more weeks, or a call for so many more people.
    """
    hours = exact(order.hours)
    takes = takes_of(order)
    bookings = sum(count for count, _ in seats_needed(order).values())
    needs = [_need(order, language, roster) for language in order.languages]
    rater_hours = rater_hours_for(takes)
    storage_gb = ceil(hours * 3600 * BYTES_PER_SCENE_SECOND * DERIVED / 10**9)
    lines = _lines(policy, bookings, rater_hours, storage_gb)
    total = sum(line["minor"] for line in lines)
    for line in lines:
        line["percent"] = round(100 * line["minor"] / total, 1)
    return {
        "hours": order.hours,
        "takes": takes,
        "scene_minutes": round(float(scene_minutes(order)), 2),
        "bookings": bookings,
        "booking_minutes": BOOKING_MINUTES,
        "performers": needs,
        "short": sum(need["short"] for need in needs),
        "rater_hours": rater_hours,
        "raters": ceil(Fraction(rater_hours, order.weeks * RATER_HOURS_PER_WEEK)),
        "rater_hours_per_week": RATER_HOURS_PER_WEEK,
        "weeks": order.weeks,
        "storage_gb": storage_gb,
        "storage_months": STORAGE_MONTHS,
        "lines": lines,
        "largest": max(lines, key=lambda line: line["minor"])["key"],
        "total_minor": total,
        "per_scene_hour_minor": round(Fraction(total) / hours),
        "currency": policy.currency,
    }


def rater_hours_for(takes: int) -> int:
    """Paid rater hours that so many takes ask for, breaks included, rounded up."""
    seconds = takes * ITEMS_PER_TAKE * ITEM_SECONDS * VOTES_PER_ITEM * SECOND_ARM * PAID_BREAKS
    return ceil(seconds / 3600)


def with_share(order: Order, language: str, percent: int) -> Order:
    """The same order with one language at `percent`; the others keep their proportions."""
    rest = {code: exact(part) for code, part in order.languages.items() if code != language}
    whole = sum(rest.values())
    if not whole:
        raise ValueError("the only language of an order always has all of it")
    left = 1 - Fraction(percent, 100)
    languages = {
        code: percent / 100 if code == language else round(float(rest[code] / whole * left), 6)
        for code in order.languages
    }
    return replace(order, languages=languages)


def seats_needed(order: Order) -> dict[str, tuple[int, int]]:
    """language -> (bookings, performers needed so that nobody plays more than twice a week)."""
    bookings = max(1, ceil(exact(order.hours) * 60 / SCENE_MINUTES_PER_BOOKING))
    a_person = BOOKINGS_PER_WEEK * order.weeks
    # A booking has two sides, so one performer alone is nobody.
    return {
        language: (count, max(2, ceil(Fraction(2 * count, a_person))) if count else 0)
        for language, count in apportion(bookings, order.languages).items()
    }


def _too_few(order: Order, roster: Roster) -> set[str]:
    return {
        language
        for language, (_, needed) in seats_needed(order).items()
        if needed > roster.free.get(language, 0)
    }


def _need(order: Order, language: str, roster: Roster) -> Need:
    bookings, needed = seats_needed(order)[language]
    free = roster.free.get(language, 0)
    short = max(0, needed - free)
    return {
        "language": language,
        "bookings": bookings,
        "needed": needed,
        "free": free,
        "short": short,
        "fixes": _fixes(order, language, roster, short) if short else [],
    }


def _fixes(order: Order, language: str, roster: Roster, short: int) -> list[Fix]:
    """Changes of which any one ends the shortage of `language` and starts no other."""
    bookings, needed = seats_needed(order)[language]
    free = roster.free.get(language, 0)
    fixes: list[Fix] = []
    before = _too_few(order, roster)
    share = floor(exact(order.languages[language]) * 100 * free / needed)
    if share > 0 and any(part for code, part in order.languages.items() if code != language):
        after = _too_few(with_share(order, language, share), roster)
        if language not in after and after <= before:
            fixes.append({"kind": "share", "language": language, "value": share})
    if free > 1:
        weeks = ceil(Fraction(2 * bookings, BOOKINGS_PER_WEEK * free))
        if order.weeks < weeks <= MAX_WEEKS:
            fixes.append({"kind": "weeks", "language": language, "value": weeks})
    fixes.append({"kind": "call", "language": language, "value": short})
    return fixes


def _lines(policy: Policy, bookings: int, rater_hours: int, storage_gb: int) -> list[Line]:
    hour = Money(policy.performer_hour_minor, policy.currency)
    booking = for_seconds(hour, BOOKING_MINUTES * 60).minor
    waiting = Money(policy.performer_hour_minor * policy.standby_percent, policy.currency)
    standby = for_seconds(waiting, STANDBY_SECONDS).minor // 100
    gigabyte = STORAGE_MONTHS * STORAGE_MINOR_PER_GB_MONTH
    return [
        _line("performers", 2 * bookings, booking),
        _line("raters", rater_hours, policy.rater_hour_minor),
        _line("standby", ceil(Fraction(bookings, STANDBY_EVERY)), standby),
        _line("storage", storage_gb, gigabyte),
    ]


def _line(key: str, count: int, each: int) -> Line:
    return {"key": key, "minor": count * each, "count": count, "each_minor": each, "percent": 0.0}
