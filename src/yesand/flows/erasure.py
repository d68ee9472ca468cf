"""Erasing across houses: the recordings' keys and bytes, and everything derived from them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from yesand.consent import actions as consent
from yesand.consent.models import Grant
from yesand.consent.rules import ALL
from yesand.people.models import Person
from yesand.post import actions as post
from yesand.recording import actions as recording
from yesand.recording import erasing
from yesand.recording.models import Recording


def erase(rows: Sequence[Recording], why: str) -> int:
    """Erase recordings: keys first, so that nothing opens from here on, then what was derived."""
    for row in rows:
        recording.erase(row, why)
    for about in sorted({row.about for row in rows if row.storage_class == "take"}):
        post.erase(about)
    return len(rows)


def erase_take(take: UUID, why: str, person: Person | None = None) -> int:
    """Erase a take for both players, or one player's own recordings of it and what both share."""
    rows = Recording.objects.filter(about=take, storage_class="take", erased_at=None)
    if person is not None:
        rows = rows.filter(subjects__person=person)
    return erase(list(rows), why)


def erase_person(person: Person, why: str) -> int:
    """Erase every recording of a person. What they signed is taken back first, so that releases
    lose their takes and labs are told.
    """
    signed = Grant.objects.filter(person=person).select_related("program").order_by("program_id")
    for program in {grant.program_id: grant.program for grant in signed}.values():
        consent.withdraw(person, program, ALL)
    return erase(erasing.of_person(person), why)
