"""Somebody else for whoever waits: a partner who did not come or left is not the end of the day.

The waiting performer keeps the booking's whole pay. What follows is an offer like any other: both
may say no, rates are locked anew and the money is set aside first.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yesand.casting import reads as casting
from yesand.infra import facts
from yesand.kit.errors import refuse
from yesand.matching import actions, roster, rules
from yesand.matching.models import Booking, Hold
from yesand.people.models import Person

#: Time to answer, sign in and put the headphones on.
NOTICE = dt.timedelta(minutes=10)
MINUTES = 30
MOST = 6


def next_start(now: dt.datetime) -> dt.datetime:
    """The first quarter hour that leaves time to answer, UTC."""
    return rules.quarters(now + NOTICE, now + NOTICE + 2 * rules.QUARTER)[0]


def free_for(
    booking: Booking, waiting: Person, starts_at: dt.datetime, minutes: int = MINUTES
) -> list[Person]:
    """Who of the roster said to be free then and may play with `waiting`, least booked first.

    The same hard filters as a week's schedule: language, consent, limits, blocks, split pool,
    acquaintance. At most six.
    """
    monday = starts_at.date() - dt.timedelta(days=starts_at.weekday())
    found = {c.id: c for c in roster.candidates(booking.commission, monday)}
    mine = found.get(str(waiting.pk))
    if mine is None:
        return []
    demand = roster.demand(booking.commission, bookings=1)
    asked = rules.held(starts_at, minutes)
    seated = {str(one) for one in booking.seats.values_list("person_id", flat=True)}
    fit = [
        other
        for other in found.values()
        if other.id not in seated
        and all(quarter in other.free for quarter in asked)
        and booking.language in other.languages
        and rules.why_not(mine, other, demand) is None
    ]
    people = {str(place.person_id): place.person for place in casting.roster(booking.program)}
    return [people[one.id] for one in sorted(fit, key=lambda c: (c.had, c.pseudonym))][:MOST]


@transaction.atomic
def book_instead(
    booking: Booking,
    waiting: Person,
    other: Person,
    starts_at: dt.datetime | None = None,
    minutes: int = MINUTES,
) -> Booking:
    """Offer `waiting` and `other` a slot in place of what is left of this booking.

    Takes the waiting performer's quarter hours of the old booking from the new start on; what the
    old one pays is settled from its session, in full. Refuses a booking that is not running, a
    person who has no seat in it, and whatever `book` refuses.
    """
    booking = Booking.objects.select_for_update().get(pk=booking.pk)
    if booking.state not in ("confirmed", "playing"):
        raise refuse("not_running", _("This booking is over."), "booking")
    if not booking.seats.filter(person=waiting).exists():
        raise refuse("not_seated", _("Only who waits in this booking can be paired anew."), "a")
    start = starts_at or next_start(timezone.now())
    if other.pk not in {one.pk for one in free_for(booking, waiting, start, minutes)}:
        raise refuse("not_free", _("They are not free any more. Ask somebody else."), "other")
    Hold.objects.filter(booking=booking, person=waiting, quarter__gte=start).delete()
    made = actions.book(
        booking.commission,
        waiting,
        other,
        start,
        minutes,
        booking.language,
        {"b": [_("A performer waits whose partner cannot play.")]},
    )
    facts.append("matching", "paired_anew", booking.pk, made=str(made.pk))
    return made
