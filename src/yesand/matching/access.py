"""May this person see this booking?"""

from __future__ import annotations

from yesand.matching.models import Booking, Seat
from yesand.people.models import Person


def seat_of(person: Person, booking: Booking) -> Seat | None:
    """The person's own seat, or None: a booking is visible to its two performers."""
    return Seat.objects.filter(person=person, booking=booking).first()
