"""Mails about cases: to who answers for the house, and to who wrote without an account."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils.translation import gettext as _

from yesand.cases import reads as cases
from yesand.infra import jobs
from yesand.people.models import Membership, Person
from yesand.people.reads import staff


def responsible() -> list[Person]:
    """The house's staff, or every producer where nobody is staff (as cases.access has it)."""
    held = Membership.objects.filter(role="producer", left_at=None).select_related("person")
    return staff() or list({row.person_id: row.person for row in held.order_by("id")}.values())


@jobs.body("tell_house")
def tell_house(case: str) -> None:
    """Say that a letter waits, and until when; never what is in it."""
    row = cases.case(UUID(case))
    if row is None or row.program is not None or row.decided_at is not None:
        return
    link = settings.BASE_URL + reverse("producer:house")
    for person in responsible():
        send_mail(
            _("A letter to the house waits for an answer"),
            _("It names no program, so it is yours. Answer it by %(day)s (UTC):\n%(link)s")
            % {"day": f"{row.due_at:%Y-%m-%d %H:%M}", "link": link},
            None,
            [person.email],
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
