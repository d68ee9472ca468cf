"""The kill harness: many streams send, the server is killed again and again, every byte is counted.

A sender trusts only what was acknowledged to it. After each kill it asks for the offset and goes
on from there, as a browser does. `lost_bytes` are acknowledged bytes the restarted server does not
have; `corrupt` are checks in which the bytes on disk are not the bytes that were sent (changed,
doubled, or from a body that had been refused). Half of the kills come at a random moment, half at
the server's named points where it has them.

A server takes part by the two protocols below; benchmarks/capture_kills.py adds other servers.
"""

from __future__ import annotations

import base64
import http.client
import random
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from yesand.cli.bench_door import DoorProcess
from yesand.formats.crc32c import crc32c
from yesand.kit.canonical import StreamHash
from yesand.recording.spool import Spool

#: What a broken line raises in a client.
BROKEN = (OSError, http.client.HTTPException)
#: A stream is ended, compared and replaced by a new one beyond this many bytes.
STREAM_BYTES = 6 << 20
#: Share of bodies whose bytes are flipped on the way, so that the server must refuse them.
FLIPPED = 0.05
#: Seconds to wait for a named point before the server is killed where it is.
POINT_S = 3.0
#: Seconds after which a server that does not come back ends the run.
BACK_S = 60.0


class Upload(Protocol):
    """One stream at a server."""

    def ask(self) -> int:
        """Begin the stream where it is new; the offset to go on from."""

    def send(self, offset: int, body: bytes, checksum: str) -> int | None:
        """Append; the acknowledged offset, or None where the server refused the body."""

    def finish(self, length: int, stream_hash: str) -> None:
        """Declare the end."""

    def stored(self) -> Path:
        """The file on disk."""

    def remove(self) -> None:
        """Free its room; the stream was compared."""


class Server(Protocol):
    """A server that can be killed and started again on the same files."""

    @property
    def name(self) -> str: ...
    @property
    def points(self) -> tuple[str, ...]:
        """Named points for `start(break_at)`, or none."""

    def start(self, break_at: str = "") -> None: ...
    def kill(self) -> None: ...
    def stop(self) -> None: ...
    @property
    def running(self) -> bool: ...
    def upload(self) -> Upload: ...


class DoorUpload:
    """A stream at our door."""

    def __init__(self, door: DoorProcess) -> None:
        self.door = door
        self.client = door.client(uuid.uuid4())
        self._created = False

    def ask(self) -> int:
        self.client.close()
        if not self._created:
            created = self.client.create()
            self._created = created.status == 201
            return created.offset
        told = self.client.head()
        if told.status != 200:
            raise http.client.HTTPException(f"HEAD answered {told.status}")
        return told.offset

    def send(self, offset: int, body: bytes, checksum: str) -> int | None:
        reply = self.client.patch(offset, body, checksum)
        if reply.status == 204:
            return reply.offset
        if reply.status == 460:
            return None
        raise http.client.HTTPException(f"PATCH answered {reply.status}")

    def finish(self, length: int, stream_hash: str) -> None:
        end = {"upload_length": str(length), "upload_stream_hash": stream_hash}
        reply = self.client.patch(length, b"", **end)
        if reply.status != 204:
            raise http.client.HTTPException(f"the end was answered with {reply.status}")

    def stored(self) -> Path:
        return self.door.stored(self.client.stream)

    def remove(self) -> None:
        self.client.close()
        Spool(self.door.home / "spool").forget(self.client.stream)


class YesandServer(DoorProcess):
    """Our door, the process alone."""

    points = (
        "create.after_bytes",
        "door.body_read",
        "door.body_refused",
        "append.before_write",
        "append.mid_write",
        "append.after_write",
        "append.after_sync",
        "record.before_rename",
        "record.after_rename",
        "door.before_answer",
    )

    def upload(self) -> Upload:
        return DoorUpload(self)


class Source:
    """Endless random bytes that can be read anywhere, the same for the same seed."""

    def __init__(self, seed: int, number: int) -> None:
        self._key = np.array([seed & (2**64 - 1), number], dtype=np.uint64)
        self._piece = lru_cache(maxsize=4)(self._make)

    def _make(self, index: int) -> bytes:
        counter = np.array([0, 0, index, 0], dtype=np.uint64)
        return np.random.Philox(key=self._key, counter=counter).random_raw(8192).tobytes()

    def read(self, start: int, count: int) -> bytes:
        first, last = start // 65536, (start + count - 1) // 65536
        pieces = b"".join(self._piece(index) for index in range(first, last + 1))
        return pieces[start - first * 65536 : start - first * 65536 + count]


@dataclass
class Tally:
    """Shared counts of one run."""

    lost_bytes: int = 0
    corrupt: int = 0
    acknowledged_bytes: int = 0
    bodies: int = 0
    refused_bodies: int = 0
    streams: int = 0
    resumes: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Sender(threading.Thread):
    """Sends stream after stream; remembers only what was acknowledged."""

    def __init__(self, server: Server, tally: Tally, seed: int, number: int) -> None:
        super().__init__(daemon=True)
        self.server, self.tally, self.seed, self.number = server, tally, seed, number
        self.rng = random.Random(f"{seed}/{number}")
        self.stopping = threading.Event()
        self.flowing = threading.Event()
        self.killed_at = 0.0
        self.failure = ""
        self._streams = 0
        self._begin()

    def _begin(self) -> None:
        self._streams += 1
        self.source = Source(self.seed, self.number * 1_000_000 + self._streams)
        self.upload = self.server.upload()
        self.acknowledged = self.compared = 0

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                try:
                    offset = self._resume()
                    while not self.stopping.is_set():
                        offset = self._send(offset)
                except BROKEN:
                    time.sleep(0.002)
        except Exception as error:
            self.failure = repr(error)
            raise

    def _resume(self) -> int:
        offset = self.upload.ask()
        if offset < self.acknowledged:
            with self.tally.lock:
                self.tally.lost_bytes += self.acknowledged - offset
            self.acknowledged = self.compared = offset
        return offset

    def _send(self, offset: int) -> int:
        if offset >= STREAM_BYTES:
            return self._end(offset)
        body = self.source.read(offset, self.rng.choice((700, 5_000, 20_000, 65_536)))
        checksum = f"crc32c {stated(body)}"
        if self.rng.random() < FLIPPED:
            at = self.rng.randrange(len(body))
            body = body[:at] + bytes([body[at] ^ 0x10]) + body[at + 1 :]
        told = self.upload.send(offset, body, checksum)
        with self.tally.lock:
            self.tally.bodies += 1
            if told is None:
                self.tally.refused_bodies += 1
                return offset
            self.tally.acknowledged_bytes += told - offset
        self.acknowledged = told
        if not self.flowing.is_set():
            if self.killed_at:
                with self.tally.lock:
                    self.tally.resumes.append(time.monotonic() - self.killed_at)
            self.flowing.set()
        return told

    def _end(self, length: int) -> int:
        hashing = StreamHash()
        for start in range(0, length, 1 << 20):
            hashing.update(self.source.read(start, min(1 << 20, length - start)))
        self.upload.finish(length, hashing.hexdigest())
        self.compare(length)
        self.upload.remove()
        self._begin()
        return self._resume()

    def compare(self, upto: int | None = None) -> None:
        """Compare what is on disk with what was sent, as far as it was acknowledged."""
        upload, source = self.upload, self.source
        end = self.acknowledged if upto is None else upto
        start = 0 if upto is not None else self.compared
        try:
            with upload.stored().open("rb") as file:
                file.seek(start)
                kept = file.read(end - start)
                more = file.read(1) if upto is not None else b""
        except FileNotFoundError:
            if upload is not self.upload:
                return  # it was ended, compared and removed meanwhile
            kept, more = b"", b""
        sent = source.read(start, end - start) if end > start else b""
        with self.tally.lock:
            if len(kept) < len(sent):
                self.tally.lost_bytes += len(sent) - len(kept)
            if kept != sent[: len(kept)] or more:
                self.tally.corrupt += 1
            self.tally.streams += upto is not None
        if upto is None and upload is self.upload:
            self.compared = end


def stated(body: bytes) -> str:
    """A body's CRC32C as Upload-Checksum states it."""
    return base64.b64encode(crc32c(body).to_bytes(4, "big")).decode()


def run(
    server: Server,
    kills: int,
    seed: int,
    streams: int = 8,
    progress: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Kill `server` so many times under load; what was lost, and how long coming back took.

    resume_seconds: from the kill until a stream's next acknowledged body, over all streams and
    kills. RuntimeError where the server does not come back.
    """
    rng = random.Random(f"{seed}/kills")
    tally = Tally()
    at_points = 0
    server.start()
    senders = [Sender(server, tally, seed, number) for number in range(streams)]
    for sender in senders:
        sender.start()
    started = time.monotonic()
    try:
        point = ""
        for _ in range(kills):
            if _until_flowing(server, senders) or (point and _ended(server)):
                at_points += 1
            else:
                time.sleep(rng.uniform(0, 0.1))
            server.kill()
            killed = time.monotonic()
            for sender in senders:
                sender.killed_at = killed
                sender.flowing.clear()
            points = server.points if rng.random() < 0.5 else ()
            point = f"{rng.choice(points)}:{rng.randint(streams + 1, 60)}" if points else ""
            server.start(point)
            if _until_flowing(server, senders):
                at_points, point = at_points + 1, ""
            for sender in senders:
                sender.compare()
            progress()
    finally:
        for sender in senders:
            sender.stopping.set()
        for sender in senders:
            sender.join(10)
    if not server.running:
        server.start()
    for sender in senders:
        sender._resume()
        sender.compare()
    server.stop()
    resumes = sorted(tally.resumes)
    return {
        "kills": kills,
        "kills_at_named_points": at_points,
        "lost_bytes": tally.lost_bytes,
        "corrupt": tally.corrupt,
        "resume_seconds": {"p50": _at(resumes, 0.50), "p95": _at(resumes, 0.95)},
        "acknowledged_bytes": tally.acknowledged_bytes,
        "bodies": tally.bodies,
        "refused_bodies": tally.refused_bodies,
        "streams_ended": tally.streams,
        "seconds": round(time.monotonic() - started, 1),
    }


def _ended(server: Server) -> bool:
    """Whether the server reached its named point in time."""
    deadline = time.monotonic() + POINT_S
    while server.running and time.monotonic() < deadline:
        time.sleep(0.002)
    return not server.running


def _until_flowing(server: Server, senders: list[Sender]) -> bool:
    """Wait until every stream was acknowledged something since the last start.

    A named point may end the server before all of them were; then it is started plainly, and the
    answer is True.
    """
    ended = False
    deadline = time.monotonic() + BACK_S
    for sender in senders:
        while not sender.flowing.wait(0.02):
            if sender.failure:
                raise RuntimeError(f"a sender failed: {sender.failure}")
            if not server.running:
                ended = True
                server.start()
            if time.monotonic() > deadline:
                raise RuntimeError(f"{server.name} did not come back within {BACK_S:.0f} s")
    return ended


def _at(values: list[float], share: float) -> float | None:
    """The value below which `share` of the sorted values lie, milliseconds kept."""
    return round(values[min(len(values) - 1, int(len(values) * share))], 3) if values else None
