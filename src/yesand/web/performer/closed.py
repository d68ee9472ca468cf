"""Every way in which a room is closed or a page cannot play: why, what next, what it pays."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yesand.kit.money import Money, for_seconds
from yesand.stage.models import Place, Session
from yesand.web.errors import dead_end

HOME = "/me"


def _worth(session: Session, place: Place) -> Money:
    seat = session.booking.seats.select_related("rate").get(role=place.role)
    hour = Money(seat.rate.hour_minor, seat.rate.currency)
    return for_seconds(hour, session.booking.minutes * 60)


def closed_page(request: HttpRequest, code: str, session: Session, place: Place) -> HttpResponse:
    """The page for one code of `stage.entry_rules.why_not`."""
    booking = session.booking
    worth = _worth(session, place)
    home = [(HOME, _("My home"))]
    if code == "used_up":
        played = session.ended_at is not None
        links = [(f"/room/{session.pk}/exit", _("My takes of this session")), *home]
        return dead_end(
            request,
            title=_("This session is over"),
            why=_("A slot is used once. Everything recorded is safe."),
            next_says=_("Keep, hold or strike each take; the pay is the same.")
            if played
            else _("If nobody could play, write to us from your home page."),
            pays=_("%(pay)s for this booking.") % {"pay": worth},
            links=links if played else home,
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
    if code == "cancelled":
        by_us = booking.cancelled_by == "producer"
        return dead_end(
            request,
            title=_("This booking was canceled"),
            # A performer's reason is the desk's alone; the house's own sentence is for both.
            why=_(booking.cancel_reason)
            if by_us and booking.cancel_reason
            else _("No reason is passed on."),
            next_says=_("Nothing is owed by you. Open times are on your home page."),
            pays=_("Canceled by us less than 24 hours ahead, it pays %(pay)s.") % {"pay": worth}
            if by_us
            else _("Whoever cancels in time owes nothing, and it never counts against you."),
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


#: What can keep a page from playing: title, why, what happens next.
STUCK = {
    "second-tab": (
        gettext_lazy("The room is open in another tab"),
        gettext_lazy("One tab records, so that no sound is taken twice or torn in two."),
        gettext_lazy("Close the other tab and try again, or go on there. Nothing is lost."),
    ),
    "microphone": (
        gettext_lazy("Your browser gives us no microphone"),
        gettext_lazy("It was denied, is missing, or another program holds it."),
        gettext_lazy(
            "Press the lock or camera sign beside the address, allow the microphone, close what "
            "else may use it, and test again."
        ),
    ),
    "camera": (
        gettext_lazy("Your browser gives us no camera"),
        gettext_lazy("It was denied, is missing, or another program holds it."),
        gettext_lazy("Allow it beside the address, or close what else may use it; test again."),
    ),
    "storage": (
        gettext_lazy("There is no room on this device"),
        gettext_lazy(
            "Your voice is kept here first, so that no line is lost when the network is. This "
            "window refuses storage, or has too little: about 400 MB are needed."
        ),
        gettext_lazy(
            "Leave private browsing, make room, or use another browser profile; test again."
        ),
    ),
    "headphones": (
        gettext_lazy("Without headphones your partner is on your track"),
        gettext_lazy("Speakers are heard by your microphone, and voices could not be told apart."),
        gettext_lazy(
            "Any plugged headphones will do. If you have none here, leave: nothing is recorded "
            "and we book you again."
        ),
    ),
}


def stuck_page(request: HttpRequest, code: str, session: Session, place: Place) -> HttpResponse:
    """A page that cannot play: why, what to do, and that the booking is paid all the same."""
    title, why, next_says = STUCK[code]
    contact = session.program.contact
    return dead_end(
        request,
        title=str(title),
        why=str(why),
        next_says=f"{next_says} " + (_("A human: %(who)s.") % {"who": contact} if contact else ""),
        pays=_("If it cannot be mended, this booking is paid in full: %(pay)s.")
        % {"pay": _worth(session, place)},
        links=[
            (f"/room/{session.pk}/check", _("Test again")),
            (f"/room/{session.pk}/left", _("Leave, paid in full")),
        ],
    )
