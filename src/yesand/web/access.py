"""Who may open which page: composes the houses' answers.

What lies outside a person's membership does not exist for them: 404, never 403.
"""

from __future__ import annotations

import uuid
from typing import TypeVar, cast

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from yesand.people.access import is_member
from yesand.people.models import Person, Program
from yesand.stage.models import Place, Take

Row = TypeVar("Row", bound=Model)


def person_of(request: HttpRequest) -> Person:
    """The signed-in person; raises Http404 where nobody is signed in."""
    if not request.user.is_authenticated:
        raise Http404
    return cast(Person, request.user)


def _member(request: HttpRequest, program: Program, *roles: str) -> Person:
    person = person_of(request)
    if not is_member(person, program, *roles):
        raise Http404(_("no such program for this person"))
    return person


def performer_in(request: HttpRequest, program: Program) -> Person:
    """The signed-in person as a performer of the program; raises Http404 for anybody else."""
    return _member(request, program, "performer")


def rater_in(request: HttpRequest, program: Program) -> Person:
    """The signed-in person as a rater of the program; raises Http404 for anybody else."""
    return _member(request, program, "rater")


def producer_in(request: HttpRequest, program: Program) -> Person:
    """The signed-in person as a producer of the program; raises Http404 for anybody else."""
    return _member(request, program, "producer")


def engineer_in(request: HttpRequest, program: Program) -> Person:
    """The signed-in person as an engineer of the program; raises Http404 for anybody else."""
    return _member(request, program, "engineer")


def program_for(request: HttpRequest, slug: str, *roles: str) -> Program:
    """The program with this slug, where the person has one of the roles; else Http404."""
    program = Program.objects.select_related("client").filter(slug=slug).first()
    if program is None:
        raise Http404
    _member(request, program, *roles)
    return program


def chosen(model: type[Row], key: str | None, **where: object) -> Row:
    """The row a form's hidden field names; Http404 for one that is not there or no key at all."""
    try:
        found = model._default_manager.filter(pk=key, **where).first()
    except (ValueError, ValidationError, OverflowError) as e:
        raise Http404 from e
    if found is None:
        raise Http404
    return found


def role_in_take(person: Person, take: Take) -> str:
    """`a` or `b` where the person plays in the take, else ""."""
    place = Place.objects.filter(session=take.scene.session_id, person=person).first()
    return place.role if place else ""


def may_see_take(person: Person, take: Take) -> bool:
    """Both players of it; producers and auditors of its program."""
    if role_in_take(person, take):
        return True
    return is_member(person, take.scene.session.program, "producer", "auditor")


def take_for(request: HttpRequest, take_id: uuid.UUID | str) -> Take:
    """The take, where the signed-in person may see it; else Http404."""
    take = (
        Take.objects.select_related("scene__prompt", "scene__session__program")
        .filter(pk=take_id)
        .first()
    )
    if take is None or not may_see_take(person_of(request), take):
        raise Http404
    return take


def own_take(request: HttpRequest, take_id: uuid.UUID | str) -> tuple[Take, str]:
    """The take and the signed-in performer's role in it; Http404 for everybody else."""
    take = take_for(request, take_id)
    role = role_in_take(person_of(request), take)
    if not role:
        raise Http404
    return take, role
