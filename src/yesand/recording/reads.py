"""What others ask about recordings and their streams."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import Count

from yesand.people.models import Person
from yesand.recording.models import Access, Recording, Stream


def has_streams(about: UUID) -> bool:
    """Whether any stream was opened for this take, audition or check."""
    return Stream.objects.filter(recording__about=about).exists()


def streams_of(about: UUID) -> list[Stream]:
    """Every stream about one thing, in the order it was opened."""
    return list(
        Stream.objects.filter(recording__about=about)
        .select_related("recording__recorder")
        .order_by("opened_at", "pk")
    )


def recording_of(about: UUID, person: Person) -> Recording | None:
    """A person's own recording about one thing, unless it is erased; what they heard of their
    partner is another one.
    """
    rows = Recording.objects.filter(about=about, recorder=person, erased_at=None)
    own = rows.annotate(owners=Count("subjects")).filter(owners=1)
    return own.order_by("opened_at").first()


def erased(about: UUID) -> bool:
    """Whether somebody's own recording of this was erased: what is left is not the whole of it."""
    rows = Recording.objects.filter(about=about).exclude(erased_at=None)
    return any(row.subjects.count() == 1 for row in rows)


def free_bytes() -> int:
    """Free room on the spool's disk, bytes."""
    place = Path(settings.HOME)
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def room_for_takes() -> bool:
    """Whether a new take may begin on this node; one that runs is never cut off for room."""
    return free_bytes() >= settings.MIN_FREE_BYTES


def unsealed(node: str) -> list[Stream]:
    """Streams whose bytes may still lie in a node's spool, oldest first."""
    return list(
        Stream.objects.filter(spool_node=node, sealed_at=None)
        .select_related("recording")
        .order_by("opened_at")
    )


def outdated(now: datetime) -> list[Recording]:
    """Recordings whose time to be kept is over."""
    return list(Recording.objects.filter(keep_until__lt=now, erased_at=None).order_by("keep_until"))


def readers(recording: Recording) -> list[Access]:
    """Who read a recording, newest first."""
    return list(Access.objects.filter(recording=recording).select_related("reader").order_by("-at"))
