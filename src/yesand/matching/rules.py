"""Who may be paired and when, as plain values: no database, no clock.

Nothing here may read how a character was perceived: a pair is made from language, consent,
limits, acquaintance, availability and how much work each has had.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

QUARTER = dt.timedelta(minutes=15)
ANSWER_HOURS = 24


@dataclass(frozen=True)
class WeeklyWindow:
    """A stretch of local wall time each week; end 00:00 means midnight."""

    weekday: int
    start: dt.time
    end: dt.time
    zone: str


@dataclass(frozen=True)
class Candidate:
    """What the matcher may know about a performer, and nothing else."""

    id: str
    pseudonym: str
    languages: frozenset[str]
    split_pool: str
    adult: bool
    consented: bool
    lines: frozenset[str] = frozenset()
    blocked: frozenset[str] = frozenset()
    """Ids this performer blocked."""
    met: frozenset[str] = frozenset()
    """Ids they have played with."""
    again: frozenset[str] = frozenset()
    """Ids they would play with again."""
    free: frozenset[dt.datetime] = frozenset()
    """Starts of free quarter hours, UTC."""
    had: int = 0
    """Bookings of this program so far."""
    wanted: int = 3
    """Most bookings a week."""


@dataclass(frozen=True)
class Demand:
    """What the commission still needs."""

    language_need: dict[str, float] = field(default_factory=dict)
    """Open share per language, 0..1."""
    acquaintance: str = "any"
    minutes: int = 60
    bookings: int = 10
    """Most bookings to make."""
    tags_of_deck: tuple[frozenset[str], ...] = ()
    """Content tags of each prompt that may be dealt."""


def occurrences(window: WeeklyWindow, monday: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """The window in the week of `monday`, as aware UTC start and end.

    Wall time is kept across a change to or from summer time: 19:00 stays 19:00. A wall time
    that does not exist moves forward by the hour that was skipped (PEP 495, fold 0).
    """
    zone = ZoneInfo(window.zone)
    day = monday + dt.timedelta(days=window.weekday)
    start = dt.datetime.combine(day, window.start, zone)
    end_day = day + dt.timedelta(days=1) if window.end <= window.start else day
    end = dt.datetime.combine(end_day, window.end, zone)
    return start.astimezone(dt.UTC), end.astimezone(dt.UTC)


def quarters(start: dt.datetime, end: dt.datetime) -> list[dt.datetime]:
    """Starts of the quarter hours inside [start, end), rounded inward at the start."""
    first = start.replace(second=0, microsecond=0)
    first -= dt.timedelta(minutes=first.minute % 15)
    if first < start:
        first += QUARTER
    out = []
    while first + QUARTER <= end:
        out.append(first)
        first += QUARTER
    return out


def held(starts_at: dt.datetime, minutes: int) -> list[dt.datetime]:
    """Every quarter hour a booking touches."""
    first = starts_at.replace(second=0, microsecond=0)
    first -= dt.timedelta(minutes=first.minute % 15)
    end = starts_at + dt.timedelta(minutes=minutes)
    out = []
    while first < end:
        out.append(first)
        first += QUARTER
    return out


def free_quarters(
    windows: Iterable[WeeklyWindow], monday: dt.date, taken: Iterable[dt.datetime] = ()
) -> frozenset[dt.datetime]:
    """Free quarter hours of one week, taken ones left out."""
    free: set[dt.datetime] = set()
    for window in windows:
        free.update(quarters(*occurrences(window, monday)))
    return frozenset(free.difference(taken))


def starts_for(a: Candidate, b: Candidate, minutes: int) -> list[dt.datetime]:
    """Half-hour starts at which both are free for the whole booking, earliest first."""
    both = a.free & b.free
    return [
        q for q in sorted(both) if q.minute % 30 == 0 and all(x in both for x in held(q, minutes))
    ]


def why_not(a: Candidate, b: Candidate, demand: Demand) -> str | None:
    """The hard filter that keeps two performers apart, or None when they may play.

    The codes are counted for the producer and never shown to either performer.
    """
    for person in (a, b):
        if not person.adult:
            return "not_verified"
        if not person.consented:
            return "no_consent"
    if b.id in a.blocked or a.id in b.blocked:
        return "not_available_together"
    if not a.languages & b.languages & set(demand.language_need):
        return "no_shared_language"
    if a.split_pool != b.split_pool:
        return "split_pool"
    met = b.id in a.met
    if demand.acquaintance == "strangers" and met:
        return "have_met"
    if demand.acquaintance == "met" and not met:
        return "have_not_met"
    if demand.tags_of_deck and not any(
        not tags & (a.lines | b.lines) for tags in demand.tags_of_deck
    ):
        return "no_prompt_within_limits"
    return None


def language_for(a: Candidate, b: Candidate, demand: Demand) -> str:
    """The shared language the commission needs most; ties go by code."""
    shared = a.languages & b.languages & set(demand.language_need)
    return min(shared, key=lambda code: (-demand.language_need[code], code))


def pair_weight(a: Candidate, b: Candidate, demand: Demand) -> float:
    """need(language) plus a little continuity where both said they would play again.

    Fairness is not here: it is concave per person and lives in the matcher's objective.
    """
    need = demand.language_need[language_for(a, b, demand)]
    mutual = b.id in a.again and a.id in b.again
    return 0.5 + need + (0.25 if mutual else 0.0)


def why_you(a: Candidate, b: Candidate, demand: Demand) -> list[str]:
    """Sentences for `a`: true for this booking, and nothing private about the other."""
    language = language_for(a, b, demand)
    says = [f"You both play in {language}.", "You are both free at this time."]
    if b.id in a.met:
        says.append("You have played together before.")
    else:
        says.append("You have not played together yet.")
    if a.had == 0:
        says.append("It would be your first booking here.")
    return says
