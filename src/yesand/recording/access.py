"""Who may read a recording by their own relation to it; other relations are other houses'."""

from __future__ import annotations

from yesand.people.models import Person
from yesand.recording.models import Recording


def may_read(person: Person, recording: Recording) -> bool:
    """The person recorded it or is in it, and it is still there."""
    if recording.erased_at is not None:
        return False
    if recording.recorder_id == person.pk:
        return True
    return recording.subjects.filter(person=person).exists()
