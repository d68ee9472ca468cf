"""Verbs: availability, schedules, bookings, answers, cancellation, wrap-up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import IntegrityError, transaction
from django.utils import timezone

from yesand.casting import reads as casting
from yesand.commission.models import Commission
from yesand.commission.reads import order_of
from yesand.infra import facts
from yesand.kit.errors import Refused, refuse
from yesand.kit.ids import new_id
from yesand.kit.money import Money, for_seconds
from yesand.matching import pairing, roster, rules
from yesand.matching.models import Block, Booking, Hold, PlayAgain, Schedule, Seat, Window
from yesand.matching.shapes import SHAPES, shape_of
from yesand.pay import actions as pay
from yesand.pay.rules import LATE_HOURS, Attendance, booking_rule
from yesand.people.models import Person, Program

MINUTES = (30, 60, 90)


@transaction.atomic
def set_windows(person: Person, windows: Iterable[rules.WeeklyWindow]) -> None:
    """Replace a performer's weekly windows; refuses an unknown zone or an empty stretch."""
    rows = []
    for n, w in enumerate(windows, 1):
        try:
            ZoneInfo(w.zone)
        except (ZoneInfoNotFoundError, ValueError) as e:
            raise refuse("unknown_zone", f"{w.zone!r} is not a time zone.", "zone") from e
        if not 0 <= w.weekday <= 6:
            raise refuse("unknown_weekday", "Choose a day of the week.", f"row {n}, day")
        if w.start == w.end and w.start != dt.time(0):
            raise refuse("empty_window", "Start and end are the same.", f"row {n}, end")
        if w.end < w.start and w.end != dt.time(0):
            raise refuse(
                "ends_before_start",
                "The end is before the start. Use two rows for a stretch over midnight.",
                f"row {n}, end",
            )
        rows.append(Window(person=person, **asdict(w)))
    Window.objects.filter(person=person).delete()
    Window.objects.bulk_create(rows)
    facts.append("matching", "windows_set", person.pk, windows=len(rows))


@transaction.atomic
def play_again(person: Person, other: Person) -> None:
    """Remember a private "I'd play with them again"."""
    PlayAgain.objects.get_or_create(person=person, other=other)


def _guarantee(program: Program, minutes: int) -> Money:
    hour = Money(program.performer_hour_minor, program.currency)
    seat = for_seconds(hour, minutes * 60)
    return seat + seat


@transaction.atomic
def book(
    commission: Commission,
    a: Person,
    b: Person,
    starts_at: dt.datetime,
    minutes: int = 60,
    language: str = "en",
    why: dict[str, list[str]] | None = None,
    schedule: Schedule | None = None,
    shape: str = "",
) -> Booking:
    """Offer one slot to two performers: hold the time, lock both rates, set the money aside.

    shape: shorts, long_form or scripts; "" takes what the order's shares of scenes still lack.

    Refuses a closed program or commission, a taken quarter hour, a short budget, an unverified
    age, and a pair that a block, the split pools or the language keep apart, also when a producer
    books by hand. Either all of it happens or none.
    """
    program = commission.program
    if program.closed_at:
        raise refuse("program_closed", f"{program.name} is closed.", "program")
    if commission.state not in ("open", "approved"):
        raise refuse("commission_not_open", "Open the commission before booking.", "commission")
    if minutes not in MINUTES:
        raise refuse("minutes", "A booking has 30, 60 or 90 minutes.", "minutes")
    if shape and shape not in SHAPES:
        raise refuse("unknown_shape", "Choose shorts, long scenes or scripts.", "shape")
    if a.pk == b.pk:
        raise refuse("same_person", "A scene needs two people.", "b")
    if starts_at < timezone.now() - dt.timedelta(minutes=minutes):
        raise refuse("in_the_past", "That time is over.", "starts_at")
    for person in (a, b):
        if person.adult_verified_at is None:
            raise refuse(
                "age_not_verified", f"{person} has not proven to be 18 or older yet.", "performer"
            )
    _may_meet(program, a, b, language)
    booking = Booking.objects.create(
        id=new_id(),
        program=program,
        commission=commission,
        schedule=schedule,
        starts_at=starts_at,
        minutes=minutes,
        language=language,
        heavy=casting.heavy_asked(commission),
        shape=shape or _next_shape(commission, minutes),
        answer_by=min(timezone.now() + dt.timedelta(hours=rules.ANSWER_HOURS), starts_at)
        if starts_at > timezone.now()
        else starts_at + dt.timedelta(minutes=minutes),
    )
    pay.reserve(
        program,
        commission.pk,
        _guarantee(program, minutes),
        "booking",
        booking.pk,
        once=f"booking:{booking.pk}",
    )
    for role, person in (("a", a), ("b", b)):
        for quarter in rules.held(starts_at, minutes):
            _hold(person, quarter, booking)
        Seat.objects.create(
            booking=booking,
            person=person,
            role=role,
            rate=pay.lock_rate(person, program, "booking", booking.pk),
            why=(why or {}).get(role, []),
        )
    facts.append("matching", "offered", booking.pk)
    return booking


def _next_shape(commission: Commission, minutes: int) -> str:
    standing = Booking.objects.filter(commission=commission).exclude(
        state__in=("declined", "cancelled", "expired")
    )
    shares = order_of(commission).shapes
    return shape_of(shares, standing.values_list("shape", "minutes"), minutes)


def _may_meet(program: Program, a: Person, b: Person, language: str) -> None:
    if Block.objects.filter(person__in=(a, b), other__in=(a, b)).exists():
        # Whose wish it is stays between them and us.
        raise refuse("not_available_together", "These two are not available together.", "b")
    pools = {casting.split_pool(program, person) for person in (a, b)} - {None}
    if len(pools) > 1:
        says = "They are in different split pools; no release could hold what they play."
        raise refuse("split_pool", says, "b")
    for person in (a, b):
        if person.languages and language not in person.languages:
            raise refuse("no_shared_language", f"{person} does not play in {language}.", "language")


def _hold(person: Person, quarter: dt.datetime, booking: Booking) -> None:
    try:
        with transaction.atomic():
            Hold.objects.create(person=person, quarter=quarter, booking=booking)
    except IntegrityError as e:
        raise refuse(
            "slot_taken", f"{person} is already booked at {quarter:%a %H:%M} UTC.", "starts_at"
        ) from e


@transaction.atomic
def schedule(
    commission: Commission, week: dt.date, by: Person | None = None, bookings: int | None = None
) -> Schedule:
    """Make the week's offers for a commission under the hard filters, with their proof."""
    monday = week - dt.timedelta(days=week.weekday())
    program = commission.program
    demand = roster.demand(commission, bookings)
    candidates = roster.candidates(commission, monday)
    people = {str(p.person_id): p.person for p in casting.roster(program)}
    plan = pairing.schedule(candidates, demand)
    by_id = {c.id: c for c in candidates}
    row = Schedule.objects.create(commission=commission, week=monday, made_by=by)
    made = 0
    unbooked: dict[str, int] = {}
    for m in plan.meetings:
        a, b = by_id[m.a], by_id[m.b]
        try:
            with transaction.atomic():
                book(
                    commission,
                    people[m.a],
                    people[m.b],
                    m.starts_at,
                    demand.minutes,
                    m.language,
                    {"a": rules.why_you(a, b, demand), "b": rules.why_you(b, a, demand)},
                    row,
                )
                made += 1
        except Refused as e:
            # A slot taken or a budget used up between planning and booking leaves one pair out.
            unbooked[e.code] = unbooked.get(e.code, 0) + 1
    row.figures = {
        "pairs": made,
        "value": plan.value,
        "bound": plan.bound,
        "gap": plan.gap,
        "zero_work_share": plan.zero_work_share,
        "p10_share": plan.p10_share,
        "gini": plan.gini,
        "left_out": plan.left_out,
        "not_booked": unbooked,
    }
    row.save(update_fields=["figures"])
    facts.append("matching", "scheduled", row.pk, pairs=made)
    return row


def _give_back(booking: Booking, state: str) -> None:
    booking.state = state
    booking.save(update_fields=["state"])
    booking.holds.all().delete()
    pay.release_reservation(booking.pk)


def _fresh(booking_id: UUID) -> Booking:
    return Booking.objects.select_for_update().get(pk=booking_id)


@transaction.atomic
def answer(seat: Seat, yes: bool, heavy_ok: bool = False) -> Booking:
    """A performer's yes or no within the time given; a yes of both confirms the booking.

    heavy_ok: a heavy scene may be offered in this booking; without the call's word it means no.
    """
    booking = _fresh(seat.booking_id)
    seat = booking.seats.get(pk=seat.pk)
    if booking.state != "offered":
        raise refuse("not_open", "This offer is closed. Nothing is owed by you.", "offer")
    if timezone.now() > booking.answer_by:
        raise refuse("too_late", "The time to answer is over.", "offer")
    seat.answer = "yes" if yes else "no"
    seat.answered_at = timezone.now()
    seat.heavy_ok = heavy_ok and booking.heavy
    seat.save(update_fields=["answer", "answered_at", "heavy_ok"])
    if not yes:
        _give_back(booking, "declined")
        facts.append("matching", "declined", booking.pk)
    elif all(s.answer == "yes" for s in booking.seats.all()):
        booking.state = "confirmed"
        booking.save(update_fields=["state"])
        facts.append("matching", "confirmed", booking.pk)
    return booking


@transaction.atomic
def expire(now: dt.datetime) -> int:
    """Close offers nobody answered in time; returns how many."""
    late = Booking.objects.select_for_update(skip_locked=True).filter(
        state="offered", answer_by__lt=now
    )
    count = 0
    for booking in late:
        _give_back(booking, "expired")
        facts.append("matching", "expired", booking.pk)
        count += 1
    return count


@transaction.atomic
def cancel(booking: Booking, by_kind: str, reason: str) -> Booking:
    """Cancel a booking. A producer inside 24 hours pays both in full; a performer never pays."""
    booking = _fresh(booking.pk)
    if booking.state not in ("offered", "confirmed"):
        raise refuse("cannot_cancel", f"This booking is {booking.state}.", "booking")
    if by_kind not in ("producer", "performer"):
        raise ValueError(by_kind)
    if not reason.strip():
        raise refuse("reason_missing", "Say why, in one sentence.", "reason")
    confirmed = booking.state == "confirmed"
    late = booking.starts_at - timezone.now() < dt.timedelta(hours=LATE_HOURS)
    booking.cancelled_by = by_kind
    booking.cancel_reason = reason.strip()
    booking.state = "cancelled"
    booking.save(update_fields=["cancelled_by", "cancel_reason", "state"])
    booking.holds.all().delete()
    if confirmed and late and by_kind == "producer":
        for seat in booking.seats.select_related("rate"):
            seconds = booking.minutes * 60
            pay.accrue(seat.rate, "booking", seconds, "booking", booking.pk, "late_cancellation")
        pay.settle("booking", booking.pk)
    else:
        pay.release_reservation(booking.pk)
    facts.append("matching", "cancelled", booking.pk, by=by_kind)
    return booking


@transaction.atomic
def start(booking: Booking) -> Booking:
    """The room opens; refuses a booking that is not confirmed."""
    booking = _fresh(booking.pk)
    if booking.state == "playing":
        return booking
    if booking.state != "confirmed":
        raise refuse("not_confirmed", f"This booking is {booking.state}.", "booking")
    booking.state = "playing"
    booking.save(update_fields=["state"])
    return booking


@transaction.atomic
def wrap_up(
    booking: Booking, attendance: dict[str, Attendance], overtime_seconds: int = 0
) -> Booking:
    """End a booking and book what it pays: the whole booking once, and seconds played over.

    attendance: by role a and b. Idempotent; a booking that was called off pays nothing here.
    """
    booking = _fresh(booking.pk)
    if booking.state not in ("confirmed", "playing"):
        return booking
    for seat in booking.seats.select_related("rate"):
        rule = booking_rule(attendance[seat.role])
        if rule is None:
            continue
        pay.accrue(seat.rate, "booking", booking.minutes * 60, "booking", booking.pk, rule)
        if overtime_seconds:
            pay.accrue(seat.rate, "overtime", overtime_seconds, "booking", booking.pk, "overtime")
    pay.settle("booking", booking.pk)
    booking.state = "done"
    booking.save(update_fields=["state"])
    facts.append("matching", "done", booking.pk)
    return booking
