"""From rows to the matcher's plain values: what it may know, and nothing else."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from uuid import UUID

from django.utils import timezone

from yesand.casting import reads as casting
from yesand.commission.models import Commission, Fill, Prompt
from yesand.consent import reads as consent
from yesand.matching.models import Block, Booking, Hold, PlayAgain, Seat, Window
from yesand.matching.rules import Candidate, Demand, WeeklyWindow, free_quarters
from yesand.people.models import Limit

CELLS_PER_BOOKING = 6
"""Cued takes one 60-minute booking usually brings (three cued scenes, two roles)."""


def demand(commission: Commission, bookings: int | None = None) -> Demand:
    """What is still open, by language; quotas minus takes recorded in each cell."""
    asked: dict[str, int] = defaultdict(int)
    open_: dict[str, int] = defaultdict(int)
    for cell in commission.cells.all():
        have = Fill.objects.filter(cell=cell).exclude(state="rejected").count()
        asked[cell.language] += cell.quota
        open_[cell.language] += max(0, cell.quota - have)
    need = {code: open_[code] / asked[code] if asked[code] else 0.0 for code in asked}
    deck = Prompt.objects.filter(status="live", use=commission.use, language__in=list(asked))
    planned = Booking.objects.filter(
        commission=commission, state__in=("offered", "confirmed")
    ).count()
    wanted = -(-sum(open_.values()) // CELLS_PER_BOOKING) - planned
    return Demand(
        language_need=need,
        acquaintance=commission.acquaintance,
        bookings=max(0, wanted if bookings is None else bookings),
        tags_of_deck=tuple(frozenset(p.tags) for p in deck),
    )


def candidates(commission: Commission, monday: dt.date) -> list[Candidate]:
    """Everybody on the roster with what the hard filters need, by pseudonym."""
    program = commission.program
    places = casting.roster(program)
    persons = [place.person_id for place in places]
    start = dt.datetime.combine(monday, dt.time(0), dt.UTC) - dt.timedelta(days=1)
    end = start + dt.timedelta(days=9)
    windows: dict[UUID, list[WeeklyWindow]] = defaultdict(list)
    for w in Window.objects.filter(person__in=persons):
        windows[w.person_id].append(WeeklyWindow(w.weekday, w.start, w.end, w.zone))
    taken: dict[UUID, set[dt.datetime]] = defaultdict(set)
    for held, quarter in Hold.objects.filter(
        person__in=persons, quarter__range=(start, end)
    ).values_list("person_id", "quarter"):
        taken[held].add(quarter)
    lines: dict[UUID, set[str]] = defaultdict(set)
    for limited, tag in Limit.objects.filter(person__in=persons, kind="line").values_list(
        "person_id", "tag"
    ):
        lines[limited].add(tag)
    blocked: dict[UUID, set[str]] = defaultdict(set)
    for asking, other in Block.objects.filter(person__in=persons).values_list("person", "other"):
        blocked[asking].add(str(other))
    again: dict[UUID, set[str]] = defaultdict(set)
    for asking, other in PlayAgain.objects.filter(person__in=persons).values_list(
        "person", "other"
    ):
        again[asking].add(str(other))
    met: dict[UUID, set[str]] = defaultdict(set)
    had: dict[UUID, int] = defaultdict(int)
    seats: dict[UUID, list[UUID]] = defaultdict(list)
    lasting = ("offered", "confirmed", "playing", "done")
    for booking, seated in Seat.objects.filter(
        booking__program=program, booking__state__in=lasting
    ).values_list("booking_id", "person_id"):
        seats[booking].append(seated)
        had[seated] += 1
    for pair in seats.values():
        for one in pair:
            met[one].update(str(other) for other in pair if other != one)
    now = timezone.now()
    purpose = "evaluation_only" if commission.use == "evaluation" else "recognition_training"
    out = []
    for place in places:
        person = place.person
        free = free_quarters(windows[person.pk], monday, taken[person.pk])
        out.append(
            Candidate(
                id=str(person.pk),
                pseudonym=person.pseudonym,
                languages=frozenset(person.languages),
                split_pool=place.split_pool,
                adult=person.adult_verified_at is not None,
                consented=consent.covers(person, purpose, now, program=program),
                lines=frozenset(lines[person.pk]),
                blocked=frozenset(blocked[person.pk]),
                met=frozenset(met[person.pk]),
                again=frozenset(again[person.pk]),
                free=frozenset(q for q in free if q > now),
                had=had[person.pk],
            )
        )
    return sorted(out, key=lambda c: c.pseudonym)
