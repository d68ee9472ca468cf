"""Mails: to who answers for the house or a program, to strangers, and about changed bookings."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yesand.cases import reads as cases
from yesand.infra import jobs
from yesand.matching.models import Booking
from yesand.people.models import Membership, Person
from yesand.people.reads import members, staff


def responsible() -> list[Person]:
    """The house's staff, or every producer where nobody is staff (as cases.access has it)."""
    held = Membership.objects.filter(role="producer", left_at=None).select_related("person")
    return staff() or list({row.person_id: row.person for row in held.order_by("id")}.values())


@jobs.body("tell_house")
def tell_house(case: str) -> None:
    """Say that a letter or a safety report waits, and until when; never what is in it.

    Whom a report is about hears nothing of it.
    """
    row = cases.case(UUID(case))
    if row is None or row.decided_at is not None:
        return
    if row.program is None:
        subject = _("A letter to the house waits for an answer")
        says = _("It names no program, so it is yours. Answer it by %(day)s (UTC):\n%(link)s")
        who, page = responsible(), reverse("producer:house")
    elif row.kind == "safety":
        subject = _("A safety report waits for you")
        says = _("A person answers it by %(day)s (UTC), better at once:\n%(link)s")
        who = members(row.program, "producer")
        page = reverse("producer:cases", args=[row.program.slug])
    else:
        return
    words = {"day": f"{row.due_at:%Y-%m-%d %H:%M}", "link": settings.BASE_URL + page}
    for person in who:
        if person.pk != row.about_id and person.email:
            send_mail(subject, says % words, None, [person.email])


@jobs.body("tell_changed")
def tell_changed(booking: str) -> None:
    """Who had said yes to a booking hears that it is off: no name, and no reason a player gave."""
    row = Booking.objects.filter(pk=UUID(booking), state="cancelled").first()
    if row is None:
        return
    for seat in row.seats.filter(answer="yes").select_related("person"):
        if not seat.person.email:
            continue
        day = localtime(row.starts_at, ZoneInfo(seat.person.zone))
        send_mail(
            _("Your booking of %(day)s changed") % {"day": f"{day:%Y-%m-%d %H:%M}"},
            _(
                "It does not take place. Nothing is owed by you, it never counts against you, and "
                "what it pays stands on this page:\n%(link)s"
            )
            % {"link": settings.BASE_URL + reverse("performer:booking", args=[row.pk])},
            None,
            [seat.person.email],
        )


@jobs.body("mail_answer")
def mail_answer(case: str) -> None:
    """Send the reason to somebody without account; members read it on their own pages."""
    row = cases.case(UUID(case))
    if row is None or row.decided_at is None or not row.contact:
        return
    send_mail(
        _("Our answer to what you wrote"),
        _("You wrote to us on %(day)s. Our answer:\n\n%(reason)s\n\nWrite again here: %(link)s")
        % {
            "day": f"{row.opened_at:%Y-%m-%d}",
            "reason": row.reason,
            "link": settings.BASE_URL + reverse("public:complaints"),
        },
        None,
        [row.contact],
    )
