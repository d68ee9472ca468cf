"""What pages and later houses ask about tracks, gaps and seals."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from yesand.capture.models import Gap, Seal, Track
from yesand.capture.streams import received, spool
from yesand.formats.block_bytes import HEADER_BYTES, parse_header
from yesand.formats.manifest import Manifest, read_manifest
from yesand.infra import objects
from yesand.kit.errors import Refused
from yesand.recording.models import Stream
from yesand.stage.models import Take


def seal_of(take_id: UUID) -> Seal | None:
    """The seal of a take, or None while its streams are on their way."""
    return Seal.objects.filter(take_id=take_id).first()


def manifest_of(take_id: UUID) -> Manifest | None:
    """The sealed manifest as it lies in the store, or None before the seal."""
    if not Seal.objects.filter(take_id=take_id).exists():
        return None
    return read_manifest(objects.default().get(f"takes/{take_id}/manifest.json"))


def tracks(take_id: UUID, role: str = "", kind: str = "") -> list[Track]:
    """The tracks of a take in order of role, kind and part."""
    rows = Track.objects.filter(take_id=take_id).select_related("stream__recording")
    if role:
        rows = rows.filter(role=role)
    if kind:
        rows = rows.filter(kind=kind)
    return list(rows.order_by("role", "kind", "part"))


def gaps(take_id: UUID) -> list[Gap]:
    """The declared gaps of a take, in order."""
    return list(Gap.objects.filter(take_id=take_id).order_by("start", "role"))


@dataclass(frozen=True)
class State:
    """How one role's kind of stream stands.

    state: recording, uploading, complete, partial or lost. here: bytes at our side; declared:
    bytes the browser said there are, None while it does not know. says: why, where it is not
    complete.
    """

    role: str
    kind: str
    state: str
    here: int
    declared: int | None
    says: str


def states(take: Take) -> list[State]:
    """Every stream of a take as a producer sees it."""
    return [_state(take, track) for track in tracks(take.pk)]


def _state(take: Take, track: Track) -> State:
    stream = track.stream
    if stream.sealed_at is not None:
        return State(
            track.role, track.kind, stream.state, stream.length or 0, stream.length, stream.why
        )
    declared: int | None = None
    with contextlib.suppress(Refused):
        declared = spool().look(stream.pk).length
    here = received(stream)
    state = "recording" if take.state == "open" and declared is None else "uploading"
    return State(track.role, track.kind, state, here, declared, "")


def seconds_here(stream: Stream) -> float:
    """About how much sound of a microphone stream is on this machine; exact within one block.

    Raises Refused where the spool never heard of it.
    """
    if stream.sealed_at is not None:
        track = Track.objects.filter(stream=stream).first()
        known = track is not None and track.samples is not None and track.rate
        return track.samples / track.rate if track is not None and known else 0.0  # type: ignore[operator]
    found = spool().look(stream.pk)
    if found.offset < HEADER_BYTES:
        return 0.0
    with spool().bytes_path(stream.pk).open("rb") as file:
        parsed = parse_header(file.read(HEADER_BYTES))
    if isinstance(parsed, str):
        return 0.0
    header, payload, _crc = parsed
    frame = HEADER_BYTES + payload
    size = header.encoding.sample_bytes
    return found.offset / frame * (payload / size) / header.rate


def sound_here(takes: Iterable[UUID]) -> dict[UUID, dict[str, float]]:
    """Seconds of microphone sound on this machine, by take and role, for many takes at once.

    A role without a microphone stream is left out; one the spool never heard of has 0.
    """
    found: dict[UUID, dict[str, float]] = {take: {} for take in takes}
    rows = Track.objects.filter(take_id__in=list(found), kind="mic").select_related("stream")
    for track in rows:
        here = 0.0
        if track.stream.sealed_at is None:
            with contextlib.suppress(Refused, OSError):
                here = seconds_here(track.stream)
        elif track.samples is not None and track.rate:
            here = track.samples / track.rate
        roles = found[track.take_id]
        roles[track.role] = roles.get(track.role, 0.0) + here
    return found


def waiting() -> list[UUID]:
    """Closed takes that are not sealed yet, oldest first."""
    sealed = Seal.objects.values("take_id")
    rows = Take.objects.filter(state="closed").exclude(pk__in=sealed).order_by("opened_at")
    return list(rows.values_list("pk", flat=True))


def complete_in_spool(node: str) -> list[UUID]:
    """Streams of this node's spool that are ready to be sealed: whole, or their recording is
    erased, so that what came of them goes.
    """
    ready = []
    rows = Stream.objects.filter(spool_node=node, sealed_at=None).select_related("recording")
    for stream in rows.order_by("opened_at"):
        try:
            if spool().look(stream.pk).complete or stream.recording.erased_at is not None:
                ready.append(stream.pk)
        except Refused:
            continue
    return ready
