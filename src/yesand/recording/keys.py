"""Which keys seal what: one key per recording, and for what two people share, the keys of both.

A key's id is its recording's id, so that rows of an older backup still name the right one. The
recording of one person needs its own key. One of several subjects (the partner as heard) needs
its own and that of each subject's own recording of the same thing, and what is derived from a
take needs every recording of it: destroying any of these keys ends all that needs it.
"""

from __future__ import annotations

from uuid import UUID

from yesand.infra import objects
from yesand.infra.keys import KeyGone, KeyStore
from yesand.kit.errors import refuse
from yesand.recording.models import Recording


def _store() -> KeyStore:
    """The key store, begun where this deployment never had one.

    Raises Refused (keys_lost) where rows say that there were keys and the store is not there.
    """
    store = objects.key_store()
    if not store.there():
        if Recording.objects.exclude(key_id="").exists():
            store.current()  # says what is missing, and where
        store.begin()
    return store


def ensure(recording: Recording) -> UUID:
    """The id of a recording's own key, which is made now where it is missing.

    Raises Refused: recording_gone where it was destroyed; keys_lost.
    """
    store = _store()
    lost = recording.key_id and not store.has(recording.pk) and not store.destroyed(recording.pk)
    if lost:
        store.key(recording.pk)  # raises: a new key would hide that the old one is lost
    try:
        store.make(recording.pk)
    except KeyGone:
        raise refuse("recording_gone", "This recording was erased.", "recording") from None
    if not recording.key_id:
        recording.key_id = recording.pk.hex
        Recording.objects.filter(pk=recording.pk).update(key_id=recording.key_id)
    return recording.pk


def _own(recording: Recording) -> list[Recording]:
    """Each subject's own live recording of the same thing, where this one is of several."""
    subjects = set(recording.subjects.values_list("person_id", flat=True))
    if len(subjects) < 2:
        return []
    return [
        row
        for row in Recording.objects.filter(
            about=recording.about,
            storage_class=recording.storage_class,
            recorder__in=subjects,
            erased_at=None,
        ).exclude(pk=recording.pk)
        if list(row.subjects.values_list("person_id", flat=True)) == [row.recorder_id]
    ]


def under(recording: Recording) -> tuple[UUID, ...]:
    """Ids of all keys that seal a recording's streams; each exists afterwards."""
    return tuple(sorted({ensure(row) for row in (recording, *_own(recording))}))


def under_all(about: UUID, storage_class: str = "take") -> tuple[UUID, ...]:
    """Ids of the keys that seal what is derived from everything recorded of a take: those of its
    players' own recordings. () where nothing was recorded.
    """
    rows = Recording.objects.filter(about=about, storage_class=storage_class, erased_at=None)
    own = [row for row in rows.prefetch_related("subjects") if len(row.subjects.all()) == 1]
    return tuple(sorted({ensure(row) for row in own}))


def destroy(recording: Recording) -> None:
    """Destroy a recording's own key for good. Raises Refused where the key store is not whole."""
    store = _store()
    if recording.key_id and not store.has(recording.pk) and not store.destroyed(recording.pk):
        store.key(recording.pk)  # raises: an erasure that was not done is not noted as done
    store.destroy(recording.pk)
