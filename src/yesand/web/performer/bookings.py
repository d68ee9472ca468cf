"""Availability, offers and bookings as the performer sees them."""

from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from yesand.kit.errors import Refused
from yesand.kit.money import Money, for_seconds
from yesand.matching import actions, reads
from yesand.matching.access import seat_of
from yesand.matching.calendar import ics
from yesand.matching.models import Booking, Seat
from yesand.matching.rules import WeeklyWindow
from yesand.stage import actions as stage
from yesand.web.access import person_of

ROWS = 10


def days() -> list[tuple[int, str]]:
    """Weekdays with their words, Monday first."""
    words = (
        _("Monday"),
        _("Tuesday"),
        _("Wednesday"),
        _("Thursday"),
        _("Friday"),
        _("Saturday"),
        _("Sunday"),
    )
    return list(enumerate(words))


def _time(text: str, where: str) -> dt.time:
    try:
        return dt.time.fromisoformat(text)
    except ValueError as e:
        raise Http404(where) from e


@login_required
@require_http_methods(["GET", "POST"])
def availability(request: HttpRequest) -> HttpResponse:
    """Weekly stretches in the performer's own zone; an empty row is left out."""
    person = person_of(request)
    if request.method == "POST":
        found = []
        sent = request.POST
        for day, start, end in zip(
            sent.getlist("day"), sent.getlist("start"), sent.getlist("end"), strict=False
        ):
            if not (day and start and end):
                continue
            try:
                found.append(
                    WeeklyWindow(
                        int(day),
                        dt.time.fromisoformat(start),
                        dt.time.fromisoformat(end),
                        person.zone,
                    )
                )
            except ValueError:
                messages.error(request, _("A time reads like 19:30."))
                return redirect("performer:availability")
        try:
            actions.set_windows(person, found)
        except Refused as e:
            messages.error(request, str(e))
        else:
            messages.success(request, _("Saved. Schedules from now on use these times."))
        return redirect("performer:availability")
    windows: list[object] = list(reads.windows(person))
    empty = max(2, ROWS - len(windows)) if len(windows) < ROWS else 2
    return render(
        request,
        "booking/availability.html",
        {"windows": windows, "empty": range(min(empty, 4)), "days": days(), "zone": person.zone},
    )


def _worth(seat: Seat) -> Money:
    hour = Money(seat.rate.hour_minor, seat.rate.currency)
    return for_seconds(hour, seat.booking.minutes * 60)


@login_required
def offers(request: HttpRequest) -> HttpResponse:
    """Offers to answer, with why, rate and the time left."""
    person = person_of(request)
    return render(
        request,
        "booking/offers.html",
        {
            "offers": [(seat, _worth(seat)) for seat in reads.offers(person)],
            "waiting": reads.waiting(person),
        },
    )


@login_required
@require_POST
def answer(request: HttpRequest, booking: uuid.UUID) -> HttpResponse:
    """Yes or no to one offer."""
    seat = _own_seat(request, booking)
    yes = request.POST.get("answer") == "yes"
    row = actions.answer(seat, yes, heavy_ok="heavy_ok" in request.POST)
    if row.state == "confirmed":
        messages.success(request, _("Booked. Both of you said yes."))
        return redirect("performer:booking", booking=row.pk)
    if yes:
        messages.success(request, _("Thank you. We tell you as soon as your partner answers."))
    else:
        messages.success(
            request, _("All right. Nobody is told why, and it never counts against you.")
        )
    return redirect("performer:offers")


def _own_seat(request: HttpRequest, booking: uuid.UUID) -> Seat:
    row = get_object_or_404(Booking.objects.select_related("program"), pk=booking)
    seat = seat_of(person_of(request), row)
    if seat is None:
        raise Http404
    return seat


@login_required
def booking(request: HttpRequest, booking: uuid.UUID) -> HttpResponse:
    """One booking: when, with whom, what it pays, what to bring, and the way in."""
    seat = _own_seat(request, booking)
    now = timezone.now()
    row = seat.booking
    opens = row.starts_at - dt.timedelta(minutes=15)
    ends = row.starts_at + dt.timedelta(minutes=row.minutes)
    return render(
        request,
        "booking/booking.html",
        {
            "seat": seat,
            "booking": row,
            "partner": reads.partner(seat),
            "worth": _worth(seat),
            "opens": opens,
            "open_now": row.state in ("confirmed", "playing") and opens <= now <= ends,
            "over": now > ends,
            "ends": ends,
        },
    )


@login_required
@require_POST
def cancel(request: HttpRequest, booking: uuid.UUID) -> HttpResponse:
    """I can't make it."""
    seat = _own_seat(request, booking)
    reason = request.POST.get("reason", "")
    try:
        actions.cancel(seat.booking, "performer", reason)
    except Refused as e:
        messages.error(request, str(e))
        return redirect("performer:booking", booking=booking)
    messages.success(request, _("Canceled. Thank you for telling us."))
    return redirect("performer:home")


@login_required
def booking_ics(request: HttpRequest, booking: uuid.UUID) -> HttpResponse:
    """One calendar entry, without the partner's name."""
    seat = _own_seat(request, booking)
    row = seat.booking
    where = f"{settings.BASE_URL}/me/bookings/{row.pk}"
    body = ics(
        row.pk,
        row.starts_at,
        row.minutes,
        _("Scenes: %(name)s") % {"name": row.program.name},
        where,
        _("Bring headphones and a glass of water. %(pay)s, locked.") % {"pay": _worth(seat)},
    )
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="booking.ics"'
    return answer


@login_required
def enter(request: HttpRequest, booking: uuid.UUID) -> HttpResponse:
    """The way into the room of a booking: opens its session and goes to the green room."""
    seat = _own_seat(request, booking)
    session = stage.open_session(seat.booking)
    return redirect(f"/room/{session.pk}/check")
