"""Verbs of cases: somebody asks a human to decide, and a human does, with a reason."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yesand.cases import access, rules
from yesand.cases.models import Case
from yesand.infra import facts
from yesand.kit.errors import refuse
from yesand.kit.ids import new_id
from yesand.people.models import Person, Program


@transaction.atomic
def open_case(
    program: Program | None,
    kind: str,
    subject_kind: str,
    subject: UUID | None,
    opened_by: Person | None,
    says: str,
    *,
    contact: str = "",
    about: Person | None = None,
    marked: tuple[float, float] | None = None,
) -> Case:
    """Put something before a human. Without account `contact` (an e-mail address) is needed.

    subject: None where it is about nothing we know; the case then gets an id of its own.
    about: whom a safety report is about. Of somebody who would answer it, it goes to the house.
    marked: the moment on the stage clock, Unix seconds.
    """
    if about is not None and program is not None and access.works_for(about, program):
        program = None
    if kind not in rules.KINDS:
        raise refuse("bad_kind", _("There is no such kind of case."), "kind")
    text = rules.check_says(says)
    if opened_by is None:
        try:
            validate_email(contact.strip())
        except ValidationError:
            raise refuse(
                "bad_address", _("Write an e-mail address, so that we can answer."), "contact"
            ) from None
    now = timezone.now()
    case = Case.objects.create(
        program=program,
        kind=kind,
        subject_kind=subject_kind,
        subject=subject or new_id(),
        opened_by=opened_by,
        contact=contact.strip().lower(),
        says=text,
        about=about,
        marked_from=marked[0] if marked else None,
        marked_to=marked[1] if marked else None,
        due_at=rules.due(kind, now),
    )
    facts.append("cases", "opened", case.pk, case_kind=kind)
    return case


@transaction.atomic
def decide(case: Case, by: Person, decision: str, reason: str) -> Case:
    """End a case with a reason the person will read. Refuses a second decision."""
    case = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    if case.decided_at is not None:
        raise refuse("already_decided", _("This case was decided before."), "decision")
    if decision not in rules.DECISIONS:
        raise refuse("bad_decision", _("There is no such decision."), "decision")
    if case.opened_by_id == by.pk:
        raise refuse("own_case_not_allowed", _("Somebody else has to decide this."), "decision")
    if case.about_id == by.pk:
        raise refuse("about_you_not_allowed", _("Somebody else has to decide this."), "decision")
    if not reason.strip():
        raise refuse("no_reason", _("Write the reason the person will read."), "reason")
    case.decided_by, case.decided_at = by, timezone.now()
    case.decision, case.reason = decision, reason.strip()
    case.save(update_fields=["decided_by", "decided_at", "decision", "reason"])
    facts.append("cases", "decided", case.pk, case_kind=case.kind, decision=decision)
    return case


@transaction.atomic
def take_back(case: Case, by: Person) -> Case:
    """The person who opened a case says it is settled; nobody needs to decide it."""
    case = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    if case.opened_by_id != by.pk:
        raise refuse("not_yours", _("Only the person who opened a case can take it back."))
    if case.decided_at is None:
        case.decided_by, case.decided_at, case.decision = by, timezone.now(), "settled"
        case.reason = _("Taken back by the person who opened it.")
        case.save(update_fields=["decided_by", "decided_at", "decision", "reason"])
        facts.append("cases", "decided", case.pk, case_kind=case.kind, decision="settled")
    return case
