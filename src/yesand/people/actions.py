"""Verbs about persons, programs and membership."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from yesand.infra import facts
from yesand.kit.errors import refuse
from yesand.people import rules
from yesand.people.models import ROLES, Client, Limit, Membership, Person, Program

#: What a person says about themselves and may change at any time.
PROFILE = ("alias", "zone", "languages", "age_band", "accent", "arm", "skills", "aim_wish")
#: Fields of a program that are its policy; everything else is identity or history.
POLICY = frozenset(
    field.name
    for field in Program._meta.fields
    if field.name not in {"id", "client", "name", "opened_at", "closed_at"}
)


@transaction.atomic
def add_person(email: str, alias: str = "", **fields: Any) -> Person:
    """The person with this address; made where nobody has it yet, else returned unchanged.

    Raises Refused naming the field that is wrong.
    """
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise refuse(
            "bad_address", _("Write an e-mail address like ada@example.org."), "email"
        ) from None
    found = Person.objects.filter(email=address).first()
    if found is not None:
        return found
    rules.check_profile({"alias": alias, **fields})
    person = Person.objects.create_user(address, alias=alias.strip(), **fields)
    # The first sign-in code proves this address; without the row a second code would be asked.
    EmailAddress.objects.create(user=person, email=address, primary=True, verified=False)
    facts.append("people", "added", person.pk)
    return person


@transaction.atomic
def set_profile(person: Person, **fields: Any) -> Person:
    """Change what a person says about themselves. Raises Refused naming the field."""
    strange = sorted(set(fields) - set(PROFILE))
    if strange:
        raise refuse("not_a_field", _("This cannot be changed here."), strange[0])
    rules.check_profile(fields)
    for name, value in fields.items():
        setattr(person, name, value.strip() if isinstance(value, str) else value)
    person.save(update_fields=list(fields))
    facts.append("people", "profile_set", person.pk, fields=sorted(fields))
    return person


@transaction.atomic
def open_program(client_name: str, name: str, **policy: Any) -> Program:
    """A new program for a client, under a slug of its own. `policy` sets rows of the program.

    Raises Refused for a policy row that does not exist or a rate of the wrong kind.
    """
    strange = sorted(set(policy) - POLICY)
    if strange:
        raise refuse("not_a_field", _("A program has no such row."), strange[0])
    if not client_name.strip() or not name.strip():
        raise refuse("no_name", _("A program needs a client and a name."), "name")
    client, _made = Client.objects.get_or_create(name=client_name.strip())
    policy.setdefault("slug", _free_slug(name))
    if Program.objects.filter(slug=policy["slug"]).exists():
        raise refuse("slug_taken", _("Another program has this address. Choose another."), "slug")
    program = Program.objects.create(client=client, name=name.strip(), **policy)
    facts.append("people", "program_opened", program.pk)
    return program


def _free_slug(name: str) -> str:
    stem = slugify(name)[:50] or "program"
    slug, number = stem, 2
    while Program.objects.filter(slug=slug).exists():
        slug, number = f"{stem}-{number}", number + 1
    return slug


@transaction.atomic
def set_aim_experiment(program: Program, on: bool) -> Program:
    """Draw, from now on or no longer, who sees what offers aim at. Refuses a closed program."""
    if program.closed_at is not None:
        raise refuse("program_closed", _("This program is closed."), "program")
    if program.aim_experiment != on:
        program.aim_experiment = on
        program.save(update_fields=["aim_experiment"])
        facts.append("people", "aim_experiment_set", program.pk, on=on)
    return program


@transaction.atomic
def close_program(program: Program) -> Program:
    """No further bookings, grants or members; what was kept stays readable."""
    if program.closed_at is None:
        program.closed_at = timezone.now()
        program.save(update_fields=["closed_at"])
        facts.append("people", "program_closed", program.pk)
    return program


@transaction.atomic
def join(program: Program, person: Person, role: str) -> Membership:
    """Give a person a role in a program; twice is the same as once, and leaving is undone."""
    if role not in dict(ROLES):
        raise refuse("bad_role", _("There is no such role."), "role")
    if program.closed_at is not None:
        raise refuse("program_closed", _("This program is closed."), "program")
    membership, made = Membership.objects.get_or_create(program=program, person=person, role=role)
    if made or membership.left_at is not None:
        membership.left_at = None
        membership.save(update_fields=["left_at"])
        facts.append("people", "joined", person.pk, program=str(program.pk), role=role)
    return membership


@transaction.atomic
def leave(program: Program, person: Person, role: str) -> None:
    """End a role. What was earned stays owed, what was granted stays until withdrawn."""
    held = Membership.objects.filter(program=program, person=person, role=role, left_at=None)
    if held.update(left_at=timezone.now()):
        facts.append("people", "left", person.pk, program=str(program.pk), role=role)


@transaction.atomic
def set_limits(person: Person, tags: Mapping[str, str]) -> None:
    """Replace a person's lines and veils: content tag -> line or veil. Private.

    Raises Refused for a tag or kind that is none.
    """
    for tag, kind in tags.items():
        if kind not in {"line", "veil"}:
            raise refuse("bad_limit", _("A limit is a line or a veil."), tag)
        if slugify(tag) != tag or not 0 < len(tag) <= 40:
            raise refuse("bad_limit", _("There is no such content tag."), tag)
    Limit.objects.filter(person=person).delete()
    Limit.objects.bulk_create(
        Limit(person=person, tag=tag, kind=kind) for tag, kind in sorted(tags.items())
    )
    # The fact says that something changed, never what: limits are nobody's business.
    facts.append("people", "limits_set", person.pk)


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """IANA zones this machine knows, sorted; looked up once, because it reads many files."""
    return tuple(sorted(zoneinfo.available_timezones() - {"localtime", "Factory", "posixrules"}))
