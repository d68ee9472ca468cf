"""Erasing: the key first, then the bytes, then the row. Cut off anywhere, `finish` ends it.

A key that is destroyed stays so whatever is restored, so an erasure outlives every backup of
rows and objects. What needs the key of another recording too (the partner as heard) goes with it.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from yesand.infra import facts, objects
from yesand.people.models import Person
from yesand.recording import keys
from yesand.recording.models import Recording, Stream


def erase(recording: Recording, why: str) -> Recording:
    """Destroy a recording's key and bytes, for all its subjects. Rows stay, without bytes.

    What both players share of the same take (each as the other heard them) goes with either's own
    recording. Idempotent. Raises Refused (keys_lost) where the key cannot be destroyed; nothing
    is noted as erased then.
    """
    row = Recording.objects.get(pk=recording.pk)
    if row.erased_at is None:
        keys.destroy(row)  # outside the transaction: it can never be undone
        row = _bytes_and_row(row, why)
    for shared in _shared(row):
        erase(shared, why)
    return row


@transaction.atomic
def _bytes_and_row(recording: Recording, why: str) -> Recording:
    row = Recording.objects.select_for_update().get(pk=recording.pk)
    if row.erased_at is not None:
        return row
    store = objects.default()
    gone = [store.delete(s.object_key) for s in row.streams.exclude(object_key="")]
    row.erased_at = timezone.now()
    row.save(update_fields=["erased_at"])
    facts.append("recording", "erased", row.pk, why=why, objects=sum(gone), about=str(row.about))
    return row


def _shared(recording: Recording) -> list[Recording]:
    """Live recordings of several people that need this one's key, or would have."""
    own = list(recording.subjects.values_list("person_id", flat=True))
    if own != [recording.recorder_id]:
        return []
    same = Recording.objects.filter(
        about=recording.about,
        storage_class=recording.storage_class,
        subjects__person=recording.recorder_id,
        erased_at=None,
    )
    needs = Stream.objects.filter(under__contains=recording.pk.hex, recording__erased_at=None)
    found = {row.pk: row for row in same.exclude(pk=recording.pk)}
    found |= {s.recording_id: s.recording for s in needs.select_related("recording")}
    return [row for row in found.values() if row.pk != recording.pk]


def of_person(person: Person, about: UUID | None = None) -> list[Recording]:
    """Live recordings that hold a person's voice or face, of one take or of everything."""
    rows = Recording.objects.filter(subjects__person=person, erased_at=None)
    if about is not None:
        rows = rows.filter(about=about)
    return list(rows.order_by("opened_at", "pk"))


def unfinished() -> list[Recording]:
    """Recordings whose key was destroyed and whose rows do not know it: an erasure was cut off, or
    rows of before it were restored.
    """
    live = Recording.objects.filter(erased_at=None).in_bulk()
    return [live[key] for key in objects.key_store().gone() if key in live]


def finish() -> int:
    """End every erasure that was cut off or restored over; returns how many."""
    rows = unfinished()
    for row in rows:
        erase(row, "its key was destroyed before")
    return len(rows)
