"""Who may see an application and its auditions."""

from __future__ import annotations

from yesand.casting.models import Application
from yesand.people.access import is_member
from yesand.people.models import Person


def may_see(person: Person, application: Application) -> bool:
    """The performer it belongs to, and the producers of its program. Nobody else, no software."""
    if application.person_id == person.pk:
        return True
    return is_member(person, application.call.program, "producer")


def may_decide(person: Person, application: Application) -> bool:
    """A producer of the program, and never on an application of their own."""
    if application.person_id == person.pk:
        return False
    return is_member(person, application.call.program, "producer")
