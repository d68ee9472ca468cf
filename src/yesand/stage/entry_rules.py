"""Whether a performer may come into a room now, and when And scene counts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

#: How long before the booking the green room opens, and how long after it the room stays.
EARLY = timedelta(minutes=15)
LATE = timedelta(minutes=30)
#: The other player has this long to object after *And scene*, stage seconds.
OBJECT_S = 3.0
#: Before the booking ends: *Last one, if you like.*
LAST_ONE = timedelta(minutes=8)

#: A code of `why_not` and what it says, what happens next and what it pays.
CLOSED_BOOKINGS = {
    "offered": "not_confirmed",
    "declined": "not_confirmed",
    "expired": "not_confirmed",
    "cancelled": "cancelled",
    "done": "used_up",
}


@dataclass(frozen=True)
class Slot:
    """The booking behind a room, as far as the door of the room asks."""

    state: str
    starts_at: datetime
    minutes: int

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)


def why_not(
    slot: Slot,
    *,
    session_state: str,
    left: bool,
    program_closed: bool,
    now: datetime,
) -> str:
    """Why a performer of this booking may not come in now, as a code; "" when they may.

    Codes: closed_program, not_confirmed, cancelled, used_up, left, too_early.
    """
    if session_state == "ended":
        return "used_up"
    if left:
        return "left"
    if program_closed:
        return "closed_program"
    if slot.state in CLOSED_BOOKINGS:
        return CLOSED_BOOKINGS[slot.state]
    if now < slot.starts_at - EARLY:
        return "too_early"
    if now > slot.ends_at + LATE:
        return "used_up"
    return ""


def last_one(slot: Slot, now: datetime) -> bool:
    """Whether to say *Last one, if you like.*"""
    return now >= slot.ends_at - LAST_ONE


def end_stands(asked_at: float | None, now_s: float) -> bool:
    """Whether an *And scene* of `asked_at` was left standing long enough to close the take."""
    return asked_at is not None and now_s - asked_at >= OBJECT_S
