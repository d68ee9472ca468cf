"""Who may be in a room: its two performers, and people of the program who watch it openly."""

from __future__ import annotations

from yesand.people.access import is_member
from yesand.people.models import Person
from yesand.stage.models import Place, Session


def place_of(person: Person, session: Session) -> Place | None:
    """The person's own place in the session, or None."""
    return Place.objects.filter(session=session, person=person).first()


def may_watch(person: Person, session: Session) -> bool:
    """Producers of the program may direct and watch; everybody in the room sees that they do."""
    return is_member(person, session.program, "producer")


def role_in(person: Person, session: Session) -> str:
    """a, b or director; "" for somebody who has no business in this room."""
    place = place_of(person, session)
    if place is not None:
        return place.role
    return "director" if may_watch(person, session) else ""
