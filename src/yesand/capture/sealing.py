"""Sealing one stream: its bytes move from the spool to the object store, for good.

Order: close the spool -> hash -> put under the recording's key -> read back -> row -> receipt ->
remove the spool's bytes. Cut off anywhere, the next run ends in the same state: an object may be
written twice with the same content, a row and a receipt are written once, and the spool's bytes
go last.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from yesand.capture import points
from yesand.capture.examine import examine
from yesand.capture.models import Track
from yesand.capture.streams import spool
from yesand.formats.blocks import first_sample_us, read_stream
from yesand.infra import objects
from yesand.kit.canonical import StreamHash
from yesand.kit.errors import Refused
from yesand.recording import actions as recording
from yesand.recording import keys
from yesand.recording.models import Stream
from yesand.recording.spool import SpooledStream
from yesand.recording.spool_files import Receipt

#: How long after the scene the rest of a stream may still come, from this visit or the next.
DEADLINE = timedelta(hours=6)
#: What the partner sounded like is no part of a whole take: a take whose other streams have ended
#: waits this much longer for it, from its close.
HEARD_WAIT = timedelta(minutes=1)
#: A stream nobody ever wrote to, beside one of its kind that is whole, was asked for twice.
UNUSED_AFTER = timedelta(minutes=2)
#: How long a receipt waits for its browser.
RECEIPTS = timedelta(days=30)
UNUSED = "asked for and never used"
#: Kinds in framed blocks of samples.
SOUND = ("mic", "heard")
PIECE = 2**20
#: A stream longer than its take by this share and these seconds is no recording of it.
LONGER, LATE_S = 1.1, 300.0
#: Longest piece of an audition, seconds; producers hear it in the web process.
AUDITION_S = 900.0
NAMES = {"mic": "mic.pcm", "cam": "cam.webm", "events": "events.jsonl", "heard": "heard.pcm"}


def file_name(kind: str, part: int) -> str:
    """Name of a track's file below takes/<take>/<role>/; later parts carry their number."""
    name, _, ending = NAMES[kind].partition(".")
    return f"{name}.{ending}" if part == 0 else f"{name}.{part}.{ending}"


def object_key(stream: Stream, track: Track | None) -> str:
    """Where the object store holds a stream's sealed bytes; "" for checks, which are not kept."""
    if stream.recording.storage_class == "check":
        return ""
    if track is not None:
        return f"takes/{track.take_id}/{track.role}/{file_name(track.kind, track.part)}"
    return f"auditions/{stream.recording.about}/{stream.pk}/{NAMES[stream.kind]}"


@dataclass(frozen=True)
class End:
    """How a stream ends: complete, partial or lost, and why."""

    state: str
    why: str = ""


def _deadline(stream: Stream, track: Track | None) -> datetime | None:
    """When waiting for the rest of a stream ends; None while its take still runs."""
    if track is None:
        return stream.opened_at + timedelta(hours=24)
    if track.take.closed_at is None:
        return None
    return datetime.fromtimestamp(track.take.closed_at, tz=stream.opened_at.tzinfo) + DEADLINE


def _unused(stream: Stream, track: Track | None, now: datetime) -> bool:
    if track is None or track.take.closed_at is None:
        return False
    closed = datetime.fromtimestamp(track.take.closed_at, tz=now.tzinfo)
    twins = Track.objects.filter(
        take=track.take, role=track.role, kind=track.kind, stream__state="complete"
    )
    return now - closed > UNUSED_AFTER and twins.exclude(pk=track.pk).exists()


def decide(
    stream: Stream,
    track: Track | None,
    found: SpooledStream | None,
    now: datetime,
    overdue: bool = False,
) -> End | None:
    """How the stream ends if it is sealed now; None to go on waiting.

    overdue: nothing waits for it any longer, whatever its deadline.
    """
    if found is not None and found.state == "terminated":
        return End("lost", "taken back by its owner")
    if found is not None and found.complete and found.state != "suspect":
        return End("complete")
    deadline = _deadline(stream, track)
    if (found is None or found.offset == 0) and _unused(stream, track, now):
        return End("lost", UNUSED)
    if not overdue and (deadline is None or now < deadline):
        return None
    if found is None or found.offset == 0:
        return End("lost", "nothing arrived before the deadline")
    if found.state == "suspect":
        return End("partial", f"the disk failed while it was written: {found.reason}")
    if found.length is None:
        return End("partial", f"{found.offset} bytes arrived; its end was never declared")
    return End("partial", f"{found.offset} of {found.length} declared bytes arrived")


def seal_stream(stream_id: UUID, now: datetime | None = None, overdue: bool = False) -> Stream:
    """Seal one stream if it is whole, overdue or past its deadline; else leave it as it is.

    Idempotent. The caller holds the lock of this job, so that one process works on a stream.
    """
    stream = Stream.objects.select_related("recording__recorder").get(pk=stream_id)
    if stream.spool_node != settings.SPOOL_NODE:
        return stream  # its bytes lie on another machine, whose own job seals it
    track = Track.objects.select_related("take").filter(stream=stream).first()
    try:
        found: SpooledStream | None = spool().look(stream.pk)
    except Refused:
        found = None
    if stream.sealed_at is not None:
        _finish(stream, found)
        return stream
    if stream.recording.erased_at is not None:
        return _too_late(stream, track)
    receipt = spool().receipt(stream.pk)
    if found is not None and receipt is not None:
        stream = _learned(stream, track, found, receipt)
        _note(stream, track)
        _finish(stream, found)
        return stream
    end = decide(stream, track, found, now or timezone.now(), overdue)
    if end is None:
        return stream
    if found is None or found.offset == 0 or found.state == "terminated":
        stream = recording.sealed(stream, 0, StreamHash().hexdigest(), "", "", *_lost(end, found))
    else:
        stream = _keep(stream, track, found, end)
    _note(stream, track)
    _finish(stream, found)
    return stream


def _lost(end: End, found: SpooledStream | None) -> tuple[str, str]:
    if end.state == "complete" and found is not None:
        # An empty stream that was declared empty: nothing was captured and nothing is missing.
        return "complete", ""
    return "lost", end.why


def _longest(stream: Stream, track: Track | None) -> float:
    """Seconds a stream can honestly be long."""
    if track is None:
        return AUDITION_S
    end = track.take.closed_at or timezone.now().timestamp()
    return max(0.0, end - track.take.opened_at) * LONGER + LATE_S


def _too_late(stream: Stream, track: Track | None) -> Stream:
    """Its recording was erased while it was on its way: what came of it goes, unread, and nothing
    more is taken. Refused (locked) while a body is just being written; the job tries again.
    """
    spool().erase(stream.pk, stream.recording_id, stream.kind)
    stream = recording.sealed(stream, 0, StreamHash().hexdigest(), "", "", "lost", "erased")
    _note(stream, track)
    return stream


def _keep(stream: Stream, track: Track | None, found: SpooledStream, end: End) -> Stream:
    if end.state != "complete":
        found = spool().close(stream.pk, end.why)
    points.reach("stream.after_close")
    path, key = spool().bytes_path(stream.pk), object_key(stream, track)
    hashed = StreamHash()

    def read() -> Iterator[bytes]:
        for piece in objects.pieces_of(path):
            hashed.update(piece)
            yield piece

    finding = examine(path, stream.kind, _longest(stream, track)) if key else None
    under = keys.under(stream.recording) if key else ()
    if key:
        # Read once: what is hashed for the browser is what is put, and what is given back.
        stored = objects.default().put(key, read(), under)
        sha256 = stored.sha256
        if stored.size != hashed.length or _reread(key) != sha256:
            raise OSError(f"the object store gave other bytes back than it got: {key}")
    else:
        sha256 = _sha256(read())
    if found.hash and end.state == "complete" and found.hash != hashed.hexdigest():
        end = End("partial", "the bytes here are not those the browser counted")
    points.reach("stream.after_put")
    stream = recording.sealed(
        stream,
        hashed.length,
        hashed.hexdigest(),
        sha256,
        key,
        end.state,
        end.why,
        under,
        str(finding or ""),
    )
    points.reach("stream.after_row")
    return stream


def _learned(stream: Stream, track: Track | None, found: SpooledStream, receipt: Receipt) -> Stream:
    """A receipt stands and the row does not know it: the database is older than the disk.

    The row learns from the receipt and from the store; neither is changed. Raises OSError where
    the store holds something else than the receipt says.
    """
    key, hashed, plain = object_key(stream, track), StreamHash(), hashlib.sha256()
    store, finding = objects.default(), None
    try:
        with tempfile.TemporaryFile(dir=spool().folder) as file:
            for piece in store.pieces(key) if key and receipt.length else ():
                hashed.update(piece)
                plain.update(piece)
                file.write(piece)
            file.flush()
            if key:
                finding = examine(file.fileno(), stream.kind, _longest(stream, track))
    except objects.Missing:
        if not store.keys.destroyed(stream.recording_id):
            raise
        return _too_late(stream, track)  # erased before the rows that are back knew it
    if key and (hashed.length, hashed.hexdigest()) != (receipt.length, receipt.hash):
        raise OSError(f"the object store holds other bytes than the receipt says: {key}")
    same = found.complete and found.hash in ("", receipt.hash)
    state, why = ("complete", "") if same else ("partial", found.reason)
    sha256 = plain.hexdigest() if key else ""
    under = store.under(key) or () if key else ()
    return recording.sealed(
        stream, receipt.length, receipt.hash, sha256, key, state, why, under, str(finding or "")
    )


def _reread(key: str) -> str:
    """SHA-256 of what the store gives back now, opened."""
    return _sha256(objects.default().pieces(key))


def _sha256(pieces: Iterable[bytes]) -> str:
    plain = hashlib.sha256()
    for piece in pieces:
        plain.update(piece)
    return plain.hexdigest()


def _note(stream: Stream, track: Track | None) -> None:
    """Write down on the track what the bytes say of themselves."""
    if track is None:
        return
    track.state = stream.state
    if track.kind in SOUND and stream.object_key and not stream.finding:
        local = spool().bytes_path(stream.pk)
        source = local if local.exists() else objects.default().get(stream.object_key)
        audio = read_stream(source, samples=False)
        track.rate, track.samples = audio.rate or None, audio.count
        if len(audio.blocks):
            track.first_client_ms = first_sample_us(audio.blocks, audio.rate) / 1000.0
    track.save(update_fields=["state", "rate", "samples", "first_client_ms"])


def _finish(stream: Stream, found: SpooledStream | None) -> None:
    """The receipt for the browser, then the spool's bytes go. Harmless when done already."""
    track = Track.objects.filter(stream=stream).first()
    if track is not None and track.state == "recording":
        _note(stream, track)  # cut off between the row and the track
    if found is None or found.state == "terminated" or stream.sealed_at is None:
        return
    if spool().receipt(stream.pk) is None:
        if not spool().bytes_path(stream.pk).exists():
            return
        receipt = Receipt(stream.pk, stream.length or 0, stream.hash, stream.sealed_at.timestamp())
        spool().write_receipt(receipt)
    points.reach("stream.after_receipt")
    spool().discard(stream.pk)


def forget_receipts(now: datetime | None = None) -> int:
    """Drop this node's records of streams sealed 30 days ago; returns how many.

    A browser that comes back later still is told that its stream is unknown, keeps what it has
    and asks for a new one, whose seal says that the take is closed.
    """
    moment = (now or timezone.now()).timestamp()
    dropped = 0
    for found in spool().scan(moment).streams:
        receipt = spool().receipt(found.stream) if found.state == "sealed" else None
        if receipt is not None and moment - receipt.sealed_at > RECEIPTS.total_seconds():
            spool().forget(found.stream)
            dropped += 1
    return dropped


def pieces(stream: Stream) -> Iterator[bytes]:
    """The sealed bytes of a stream, opened, in pieces of 1 MiB."""
    return objects.default().pieces(stream.object_key)
