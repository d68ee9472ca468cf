"""What the ledger asks of a session: who came, who stayed, how long it went over.

Going over needs both, and a scene that runs past the end is finished: what people did is paid
(docs/dev/decisions/booking-plan.md).
"""

from __future__ import annotations

from datetime import UTC, datetime

from yesand.pay.rules import Attendance
from yesand.stage import reads as stage
from yesand.stage.models import Session

#: What the exit page writes where a performer is done for today: no early leaving.
DONE = "done"


def attendance_of(session: Session) -> dict[str, Attendance]:
    """By role; whoever came is paid whole, whatever happened then."""
    places = stage.places(session)
    came = {role: place.checked_in_at is not None for role, place in places.items()}
    return {
        role: Attendance(
            came=came[role],
            partner_came=came["b" if role == "a" else "a"],
            left_early=place.left_at is not None
            and place.leave_reason != DONE
            and place.left_at < stage.slot(session).ends_at,
        )
        for role, place in places.items()
    }


def overtime_of(session: Session) -> int:
    """Whole seconds after the booking's end that are paid; waiting in an empty room is none.

    What was played or noted past the end is always work. Where both stayed, all of it counts
    until the session ended, the talk between scenes too.
    """
    ends = stage.slot(session).ends_at
    if stage.stays(session):
        return max(0, int(stage.last_there(session) - ends.timestamp()))
    lasts = [
        datetime.fromtimestamp(take.closed_at, tz=UTC)
        for take in stage.takes_of(session)
        if take.closed_at is not None
    ]
    lasts += [
        datetime.fromtimestamp(note.at, tz=UTC)
        for note in session.messages.filter(kind="notes_done").order_by("-pk")[:1]
    ]
    over = max((last - ends).total_seconds() for last in [*lasts, ends])
    return int(over)
