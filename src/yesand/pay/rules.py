"""What is payable and why, as plain values: no database, no clock."""

from __future__ import annotations

from dataclasses import dataclass

from yesand.kit.money import Money, for_seconds

#: Every ledger line names one of these; the sentence is what the statement says.
RULES = {
    "whole_booking": "The whole booking is paid, check and breaks included.",
    "overtime": "Going over is paid by the second at the same rate: what you played and noted past "
    "the end, and all of it where you both stayed.",
    "partner_lost": "Your partner could not play; you are paid in full.",
    "tech_fault": "Something broke on our side; you are paid in full.",
    "left_early": "Leaving is always allowed; the whole booking is paid.",
    "late_cancellation": "The producer canceled less than 24 hours ahead; you are paid in full.",
    "standby_waiting": "Stand-by is paid at the share stated when you agreed.",
    "standby_called": "From the call on, stand-by is paid at the full rate.",
    "audition": "An audition is paid, whatever the decision.",
    "honest_time": "Rating is paid for the time it took.",
    "retake": "A retake is paid like the first take.",
    "budget": "Money the client promised for this commission.",
    "reservation": "Set aside before the booking was offered.",
    "not_needed": "Set aside and not needed; back in the budget.",
    "payout": "Sent to your account.",
    "returned": "Your bank sent it back; it is owed to you again.",
    "payout_undone": "It was marked as sent by mistake; it is owed to you.",
    "return_undone": "It reached your account after all.",
}

LATE_HOURS = 24
#: So long a click about a payout can be taken back; later the bank's word is needed again.
UNDO_HOURS = 24


@dataclass(frozen=True)
class Attendance:
    """What one performer's booking looked like from the ledger's side."""

    came: bool
    """Checked in at all."""
    partner_came: bool = True
    fault: bool = False
    """We could not run the session."""
    left_early: bool = False


def booking_rule(attendance: Attendance) -> str | None:
    """The rule under which a booking is paid whole, or None for a no-show.

    A performer who came is paid in full whatever happened then.
    """
    if not attendance.came:
        return "tech_fault" if attendance.fault else None
    if attendance.fault:
        return "tech_fault"
    if not attendance.partner_came:
        return "partner_lost"
    return "left_early" if attendance.left_early else "whole_booking"


def earned(work: str, rate: Money, seconds: int) -> Money:
    """Money for the summed seconds of one locked rate; an audition is a flat fee."""
    if work == "audition":
        return rate if seconds else Money(0, rate.currency)
    return for_seconds(rate, seconds)


def standby_hour(full_hour: Money, percent: int) -> Money:
    """The hourly rate while waiting: `percent` of the full rate, rounded up to whole units."""
    return Money(-(-full_hour.minor * percent // 100), full_hour.currency)
