"""Who may read a case: whoever opened it, and producers and auditors of its program.

A case of no program is the house's: its staff answer it, or, where nobody is staff, every producer.
Whom a report is about is none of them, whatever they are otherwise.
"""

from __future__ import annotations

from yesand.cases.models import Case
from yesand.people.access import is_member
from yesand.people.models import Person, Program
from yesand.people.reads import programs_of, staff


def may_read(person: Person, case: Case) -> bool:
    """True where this person may read the case and what was decided."""
    if case.opened_by_id == person.pk:
        return True
    if case.about_id == person.pk:
        return False
    if case.program is None:
        return answers_house(person)
    return is_member(person, case.program, "producer", "auditor")


def answers(person: Person, case: Case) -> bool:
    """True for who decides this case: a producer of its program, or whoever answers the house."""
    if person.pk in (case.opened_by_id, case.about_id):
        return False
    if case.program is None:
        return answers_house(person)
    return is_member(person, case.program, "producer")


def works_for(person: Person, program: Program) -> bool:
    """True for staff of the house and for who would answer reports in this program."""
    return person.is_staff or is_member(person, program, "producer", "auditor")


def answers_house(person: Person) -> bool:
    """True for who reads and answers what is about no program."""
    if person.is_staff:
        return person.is_active
    return bool(programs_of(person, "producer")) and not staff()
