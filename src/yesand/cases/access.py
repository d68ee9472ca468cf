"""Who may read a case: whoever opened it, and producers and auditors of its program."""

from __future__ import annotations

from yesand.cases.models import Case
from yesand.people.access import is_member
from yesand.people.models import Person


def may_read(person: Person, case: Case) -> bool:
    """True where this person may read the case and what was decided."""
    if case.opened_by_id == person.pk:
        return True
    if case.program is None:
        return person.is_staff
    return is_member(person, case.program, "producer", "auditor")
