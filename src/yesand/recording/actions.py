"""Verbs of recordings: opening them and their streams, noting a seal or a reader; erasing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from yesand.formats import sealed as sealed_form
from yesand.infra import facts, secrets
from yesand.kit.errors import refuse
from yesand.people.models import Person, Program
from yesand.recording import tokens
from yesand.recording.erasing import erase
from yesand.recording.models import Access, Recording, Stream, Subject

__all__ = [
    "door_url",
    "erase",
    "keep_until",
    "log_access",
    "max_bytes",
    "open_recording",
    "open_stream",
    "renew",
    "sealed",
    "token_for",
]

STORAGE_CLASSES = ("audition", "check", "take")
REASONS = ("start", "reload", "device", "suspect")
READ_REASONS = ("review", "exit_page", "rating", "release", "own_copy", "processing", "notes")

MIB = 2**20
#: Most bytes of one stream by storage class and kind: four hours of 96 kHz float, and far above
#: what a camera of a program's size makes. A limit against abuse, never one a scene meets.
MAX_BYTES = {
    "take": {"mic": 5600 * MIB, "cam": 4096 * MIB, "events": 64 * MIB, "heard": 1024 * MIB},
    "audition": {"mic": 512 * MIB, "cam": 512 * MIB, "events": 16 * MIB, "heard": 64 * MIB},
    "check": {"mic": 16 * MIB, "cam": 64 * MIB, "events": 4 * MIB, "heard": 16 * MIB},
}
#: How long a key to one stream holds; the page renews it as long as bytes are left.
TOKEN_LIFE = timedelta(hours=12)


def keep_until(program: Program, storage_class: str) -> datetime | None:
    """When a recording of this class goes by itself; None for takes, which performers decide."""
    now = timezone.now()
    if storage_class == "check":
        return now + timedelta(hours=program.retention_check_hours)
    if storage_class == "audition":
        return now + timedelta(days=program.retention_rejected_days)
    return None


@transaction.atomic
def open_recording(
    program: Program,
    recorder: Person,
    storage_class: str,
    about: UUID,
    role: str = "",
    subjects: Iterable[Person] | None = None,
) -> Recording:
    """The recording of one person's browser about one thing and subjects; made once, then the same.

    subjects: whose voice or face it holds, who own it together; the recorder where none is named.
    What else the same browser records of others (the partner as heard) is a recording of its own.
    """
    if storage_class not in STORAGE_CLASSES:
        raise ValueError(f"no such storage class: {storage_class!r}")
    # The person's row serializes two pages of one person that open the same recording.
    Person.objects.select_for_update(no_key=True).get(pk=recorder.pk)
    owners = {person.pk for person in subjects or [recorder]}
    for found in Recording.objects.filter(
        recorder=recorder, storage_class=storage_class, about=about, role=role, erased_at=None
    ).order_by("opened_at"):
        if set(found.subjects.values_list("person_id", flat=True)) == owners:
            return found
    recording = Recording.objects.create(
        program=program,
        recorder=recorder,
        storage_class=storage_class,
        about=about,
        role=role,
        keep_until=keep_until(program, storage_class),
    )
    for owner in sorted(owners):
        Subject.objects.create(recording=recording, person_id=owner)
    return recording


def _keys() -> list[bytes]:
    return [secrets.read(Path(settings.HOME), "upload_token")]


def max_bytes(recording: Recording, kind: str) -> int:
    """Most bytes a stream of this kind may have."""
    return MAX_BYTES[recording.storage_class][kind]


def token_for(stream: Stream) -> str:
    """A fresh key to one stream, for the next twelve hours."""
    capability = tokens.Capability(
        stream=stream.pk,
        recording=stream.recording_id,
        kind=stream.kind,
        max_bytes=max_bytes(stream.recording, stream.kind),
        expires=int((timezone.now() + TOKEN_LIFE).timestamp()),
    )
    return tokens.mint(_keys(), capability)


def door_url() -> str:
    """Where a browser creates uploads on this node's door."""
    return f"{settings.DOOR_URL}/uploads"


@transaction.atomic
def open_stream(recording: Recording, kind: str, reason: str = "start") -> tuple[Stream, str, str]:
    """A new stream of a recording, its key and the door's address.

    Refuses a kind nobody records and a recording that is erased.
    """
    if kind not in tokens.KINDS:
        raise refuse("unknown_kind", "A stream is mic, cam, events or heard.", "kind")
    if reason not in REASONS:
        raise refuse("unknown_reason", "Say start, reload, device or suspect.", "reason")
    if recording.erased_at is not None:
        raise refuse("recording_gone", "This recording was erased.", "recording")
    stream = Stream.objects.create(
        recording=recording, kind=kind, reason=reason, spool_node=settings.SPOOL_NODE
    )
    return stream, token_for(stream), door_url()


@transaction.atomic
def renew(stream: Stream) -> tuple[Stream, str, str]:
    """The same stream with a fresh key; refuses a stream that is sealed."""
    if stream.sealed_at is not None:
        raise refuse("stream_sealed", "This stream is sealed; there is nothing left to send.")
    return stream, token_for(stream), door_url()


@transaction.atomic
def sealed(
    stream: Stream,
    length: int,
    hash: str,
    sha256: str,
    object_key: str,
    state: str = "complete",
    why: str = "",
    under: Sequence[UUID] = (),
    finding: str = "",
) -> Stream:
    """Note that a stream is closed for good: its bytes, their hashes and where they lie.

    state: complete, partial or lost; why: what is missing, for the last two. under: ids of the
    keys its object needs. finding: why its bytes are never decoded. A stream is sealed once; later
    calls change nothing.
    """
    stream = Stream.objects.select_for_update().get(pk=stream.pk)
    if stream.sealed_at is not None:
        return stream
    if state != "complete" and not why:
        raise ValueError("a stream that is not complete says why")
    stream.length, stream.hash, stream.sha256 = length, hash, sha256
    stream.object_key, stream.state, stream.why = object_key, state, why[:200]
    stream.finding = finding[:200]
    stream.under = sealed_form.ids(under) if object_key else ""
    stream.sealed_at = timezone.now()
    stream.save()
    facts.append("recording", "stream_sealed", stream.pk, state=state, bytes=length)
    return stream


@transaction.atomic
def log_access(
    recording: Recording, reader: Person | None, reason: str, goes_on: timedelta | None = None
) -> Access:
    """Write down who reads a recording and why; None is a job of ours.

    goes_on: the reading may be one that was noted this recently; then that stands.
    """
    if reason not in READ_REASONS:
        raise ValueError(f"no such reason to read: {reason!r}")
    if goes_on is not None:
        same = Access.objects.filter(recording=recording, reader=reader, reason=reason)
        known = same.filter(at__gte=timezone.now() - goes_on).order_by("-at").first()
        if known is not None:
            return known
    return Access.objects.create(recording=recording, reader=reader, reason=reason)
