"""Every way in which a room is closed: why, what happens next, what it pays."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from yesand.kit.money import Money, for_seconds
from yesand.stage.models import Place, Session
from yesand.web.errors import dead_end


def closed_page(request: HttpRequest, code: str, session: Session, place: Place) -> HttpResponse:
    """The page for one code of `stage.entry_rules.why_not`."""
    booking = session.booking
    seat = booking.seats.select_related("rate").get(role=place.role)
    worth = for_seconds(Money(seat.rate.hour_minor, seat.rate.currency), booking.minutes * 60)
    home = [("/me", _("My home"))]
    if session.state == "ended" or code == "used_up":
        links = [(f"/room/{session.pk}/exit", _("My takes of this session")), *home]
        return dead_end(
            request,
            title=_("This session is over"),
            why=_("A slot is used once. Everything recorded is safe."),
            next_says=_("Keep, hold or strike each take; the pay is the same."),
            pays=_("%(pay)s for this booking.") % {"pay": worth},
            links=links,
            status=410,
        )
    if code == "left":
        return dead_end(
            request,
            title=_("You are out"),
            why=_("Camera and microphone stopped the moment you left."),
            next_says=_("Your takes wait on the exit page. A human: %(contact)s.")
            % {"contact": session.program.contact or _("the producer of your program")},
            pays=_("You are paid for the whole booking: %(pay)s.") % {"pay": worth},
            links=[(f"/room/{session.pk}/exit", _("My takes of this session")), *home],
        )
    if code == "too_early":
        opens = timezone.localtime(booking.starts_at)
        return dead_end(
            request,
            title=_("The room is not open yet"),
            why=_("It opens 15 minutes before the start, %(at)s your time.")
            % {"at": opens.strftime("%H:%M")},
            next_says=_("Bring headphones and a glass of water."),
            pays=_("%(pay)s, locked.") % {"pay": worth},
            links=home,
            status=409,
        )
    if code == "closed_program":
        return dead_end(
            request,
            title=_("This program is closed"),
            why=_("No further scenes are played in it."),
            next_says=_("What you earned stays owed; what you granted stays yours to withdraw."),
            pays=_("A confirmed booking that we cancel is paid in full."),
            links=home,
            status=410,
        )
    return dead_end(
        request,
        title=_("This booking is not confirmed"),
        why=_("A room opens once both performers said yes."),
        next_says=_("Nothing is owed by you."),
        pays=_("A confirmed booking pays %(pay)s.") % {"pay": worth},
        links=[("/me/offers", _("My offers")), *home],
        status=409,
    )
