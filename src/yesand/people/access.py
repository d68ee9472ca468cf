"""What a person may do is their membership; without one a program does not exist for them."""

from __future__ import annotations

from yesand.people.models import Membership, Person, Program


def roles(person: Person, program: Program) -> set[str]:
    """The roles the person has in the program now; empty for an outsider."""
    held = Membership.objects.filter(person=person, program=program, left_at=None)
    return set(held.values_list("role", flat=True))


def is_member(person: Person, program: Program, *wanted: str) -> bool:
    """True where the person has one of the wanted roles, or any role where none is named."""
    held = Membership.objects.filter(person=person, program=program, left_at=None)
    if wanted:
        held = held.filter(role__in=wanted)
    return person.is_active and held.exists()
