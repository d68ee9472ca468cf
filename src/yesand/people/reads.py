"""Queries about persons, programs and membership."""

from __future__ import annotations

from yesand.people.models import Limit, Membership, Person, Program


def memberships_of(person: Person) -> list[Membership]:
    """Every role the person has now, with its program and client; newest program first."""
    held = Membership.objects.filter(person=person, left_at=None)
    return list(held.select_related("program__client").order_by("-program__opened_at", "id"))


def programs_of(person: Person, *roles: str) -> list[Program]:
    """The programs a person belongs to (in one of the roles, where named), newest first."""
    found: dict[object, Program] = {}
    for membership in memberships_of(person):
        if not roles or membership.role in roles:
            found.setdefault(membership.program_id, membership.program)
    return list(found.values())


def members(program: Program, role: str) -> list[Person]:
    """Everybody who has the role in the program now, by date of joining."""
    held = Membership.objects.filter(program=program, role=role, left_at=None)
    return [m.person for m in held.select_related("person").order_by("since", "id")]


def staff() -> list[Person]:
    """Persons who answer for the whole house, by date of joining."""
    return list(Person.objects.filter(is_staff=True, is_active=True).order_by("joined_at", "id"))


def open_programs() -> list[Program]:
    """Programs that are not closed, with their clients, newest first."""
    return list(
        Program.objects.filter(closed_at=None).select_related("client").order_by("-opened_at")
    )


def limits_of(person: Person) -> dict[str, str]:
    """Content tag -> line or veil, by tag. Private: only schedule and deal read it."""
    return dict(Limit.objects.filter(person=person).order_by("tag").values_list("tag", "kind"))
