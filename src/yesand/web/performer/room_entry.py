"""Who comes into a room: the two performers of its booking, in its time. Everybody else is told
why not, what happens next and what it pays."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from yesand.kit.money import Money, for_seconds
from yesand.people.models import Person
from yesand.stage import reads
from yesand.stage.access import may_watch, place_of
from yesand.stage.models import Place, Session
from yesand.web.access import person_of
from yesand.web.errors import dead_end
from yesand.web.performer.closed import closed_page


@dataclass(frozen=True)
class Entered:
    """A performer in their own room."""

    session: Session
    place: Place
    person: Person


def find(request: HttpRequest, session: uuid.UUID) -> Entered | HttpResponse:
    """The performer's own place, whatever the room's time; else the page that says why not.

    A room that does not exist and a room of others look the same.
    """
    person = person_of(request)
    row = reads.session(session)
    place = place_of(person, row) if row is not None else None
    if row is None or place is None:
        if row is not None and may_watch(person, row):
            return redirect("producer:room", slug=row.program.slug, session=row.pk)
        return somebody_elses(request)
    return Entered(row, place, person)


def enter(request: HttpRequest, session: uuid.UUID) -> Entered | HttpResponse:
    """As `find`, and only while the room is open to them."""
    found = find(request, session)
    if isinstance(found, HttpResponse):
        return found
    code = reads.why_not(found.session, found.place)
    if code:
        return closed_page(request, code, found.session, found.place)
    return found


def on_a_phone(request: HttpRequest, found: Entered) -> HttpResponse | None:
    """A phone is told kindly to use a computer; every other page fits it."""
    if "Mobi" not in request.headers.get("User-Agent", ""):
        return None
    return dead_end(
        request,
        title=_("Open this on a computer"),
        why=_("A scene needs headphones, a camera in front of you, and Chrome or Edge."),
        next_says=_("You are checked in. Sign in on a computer and go on from your home page."),
        pays=_("%(pay)s, locked.") % {"pay": worth(found.place)},
        links=[("/me", _("My home"))],
    )


def somebody_elses(request: HttpRequest) -> HttpResponse:
    """The page of a link that was meant for two other people."""
    return dead_end(
        request,
        title=_("This room belongs to two other people"),
        why=_("A room opens only for the two performers of its booking."),
        next_says=_(
            "If a booking of yours led here, sign in with the address it was sent to. "
            "Your own bookings are on your home page."
        ),
        pays=_("Nothing is owed or taken for opening a link."),
        links=[("/me", _("My home"))],
        status=404,
    )


def worth(place: Place) -> Money:
    """What the whole booking pays this performer, locked."""
    booking = place.session.booking
    seat = booking.seats.select_related("rate").get(role=place.role)
    return for_seconds(Money(seat.rate.hour_minor, seat.rate.currency), booking.minutes * 60)
