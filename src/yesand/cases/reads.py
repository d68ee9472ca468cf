"""Queries about cases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import models

from yesand.cases.models import Case
from yesand.people.models import Person, Program


def open_in(program: Program | None, reader: Person | None = None) -> list[Case]:
    """What waits for a human in a program, safety first, then by the hour it is due.

    reader: without what is about them.
    """
    rows = Case.objects.filter(program=program, decided_at=None)
    if reader is not None:
        rows = rows.exclude(about=reader)
    safety = models.Case(models.When(kind="safety", then=0), default=1)
    return list(rows.select_related("opened_by", "about").order_by(safety, "due_at", "id"))


def open_in_house(reader: Person | None = None) -> list[Case]:
    """What waits for a human and is about no program, in the same order."""
    return open_in(None, reader)


def case(pk: UUID) -> Case | None:
    """The case with this id."""
    return Case.objects.select_related("opened_by", "program", "about").filter(pk=pk).first()


def decided_in(
    program: Program | None, count: int = 20, reader: Person | None = None
) -> list[Case]:
    """What was answered last in a program, or in the house; reader: without what is about them."""
    rows = Case.objects.filter(program=program, decided_at__isnull=False)
    if reader is not None:
        rows = rows.exclude(about=reader)
    return list(rows.order_by("-decided_at")[:count])


def of_person(person: Person) -> list[Case]:
    """Everything a person asked, newest first."""
    return list(
        Case.objects.filter(opened_by=person).select_related("program").order_by("-opened_at")
    )


def open_about(subject_kind: str, subjects: Sequence[UUID], kind: str = "") -> dict[UUID, Case]:
    """Undecided cases about these things, by their id; the first one opened where several are."""
    rows = Case.objects.filter(
        subject_kind=subject_kind, subject__in=list(subjects), decided_at=None
    )
    if kind:
        rows = rows.filter(kind=kind)
    return {row.subject: row for row in rows.order_by("-opened_at")}


@dataclass(frozen=True)
class Answered:
    """How complaints fared in a stretch of time. slowest: the longest answer, None before any."""

    came: int
    answered: int
    slowest: dt.timedelta | None


def answered_since(since: dt.datetime, kinds: Sequence[str] = ("complaint",)) -> Answered:
    """Figures for the public page."""
    rows = list(Case.objects.filter(kind__in=kinds, opened_at__gte=since))
    spans = [row.decided_at - row.opened_at for row in rows if row.decided_at is not None]
    return Answered(len(rows), len(spans), max(spans, default=None))
