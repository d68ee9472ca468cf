"""The kill harness: many streams send, the server is killed again and again, every byte is counted.

A sender trusts only what was acknowledged to it. After each kill it asks for the offset and goes
on from there, as a browser does. `lost_bytes` are acknowledged bytes the restarted server does not
have; `corrupt` are checks in which the bytes on disk are not the bytes that were sent (changed,
doubled, or from a body that had been refused). Half of the kills come at a random moment, half at
the server's named points where it has them; a peer's inner points cannot be reached, so a peer is
killed at random moments alone.

One body in twenty is damaged on the way. A server that verifies must refuse it; one that offers no
checksums takes it, which is counted apart as `damaged_accepted` and not as `corrupt`, so that
`corrupt` compares what a kill does.

A server takes part by the two protocols of bench_servers.py; bench_peers.py holds other people's.
"""

from __future__ import annotations

import base64
import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from yesand.cli.bench_servers import Gone, Server
from yesand.formats.crc32c import crc32c
from yesand.kit.canonical import StreamHash

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
#: Points that few requests pass: the first passages of a run are chosen.
RARE = ("create.after_bytes", "record.before_rename", "record.after_rename", "door.body_refused")


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
    damaged_accepted: int = 0
    lost_streams: int = 0
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
        #: Held while a stream is compared, or ended and replaced by the next.
        self._turn = threading.RLock()
        self.failure = ""
        self._streams = 0
        self._begin()

    def _begin(self) -> None:
        self._streams += 1
        self.source = Source(self.seed, self.number * 1_000_000 + self._streams)
        self.upload = self.server.upload()
        self.acknowledged = self.compared = 0
        #: Damaged bytes that the server took, by place; and one sent that is not answered yet.
        self.damage: dict[int, int] = {}
        self.pending: tuple[int, int] | None = None

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
        try:
            offset = self.upload.ask()
        except Gone:
            with self.tally.lock:
                self.tally.lost_bytes += self.acknowledged
                self.tally.lost_streams += 1
            with self._turn:
                self._begin()
            raise http.client.HTTPException("begun again") from None
        if self.pending is not None and offset > self.pending[0]:
            self._damaged(*self.pending)
        self.pending = None
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
            self.pending = offset + at, body[at] ^ 0x10
            body = body[:at] + bytes([body[at] ^ 0x10]) + body[at + 1 :]
        told = self.upload.send(offset, body, checksum)
        if self.pending is not None:
            if told is not None and told > self.pending[0]:
                self._damaged(*self.pending)
            self.pending = None
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

    def _damaged(self, place: int, byte: int) -> None:
        """The server took a byte whose body did not match its checksum."""
        with self.tally.lock:
            self.tally.damaged_accepted += 1
            if self.server.verifies:
                self.tally.corrupt += 1
        self.damage[place] = byte

    def _sent(self, start: int, end: int) -> bytes:
        """What went over the line and was taken, damage included."""
        sent = bytearray(self.source.read(start, end - start)) if end > start else bytearray()
        for place, byte in list(self.damage.items()):
            if start <= place < end:
                sent[place - start] = byte
        return bytes(sent)

    def _end(self, length: int) -> int:
        hashing = StreamHash()
        for start in range(0, length, 1 << 20):
            hashing.update(self.source.read(start, min(1 << 20, length - start)))
        self.upload.finish(length, hashing.hexdigest())
        with self._turn:
            self.compare(length)
            self.upload.remove()
            self._begin()
        return self._resume()

    def compare(self, upto: int | None = None) -> None:
        """Compare what is on disk with what was sent, as far as it was acknowledged."""
        with self._turn:
            end = self.acknowledged if upto is None else upto
            start = 0 if upto is not None else self.compared
            if upto is None and end == start:
                return
            try:
                with self.upload.stored().open("rb") as file:
                    file.seek(start)
                    kept = file.read(end - start)
                    more = file.read(1) if upto is not None else b""
            except FileNotFoundError:
                kept, more = b"", b""
            sent = self._sent(start, end)
            with self.tally.lock:
                if len(kept) < len(sent):
                    self.tally.lost_bytes += len(sent) - len(kept)
                if kept != sent[: len(kept)] or more:
                    self.tally.corrupt += 1
                self.tally.streams += upto is not None
            if upto is None:
                self.compared = max(self.compared, end)


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
    ended_at: Counter[str] = Counter()
    server.start()
    senders = [Sender(server, tally, seed, number) for number in range(streams)]
    for sender in senders:
        sender.start()
    started = time.monotonic()
    try:
        point = ""
        _until_flowing(server, senders)
        while ended_at.total() < kills:
            if not point:
                time.sleep(rng.uniform(0, 0.1))
            at_point = bool(point) and _ended(server)
            ended_at[point.partition(":")[0] if at_point else "at random"] += 1
            server.kill()
            killed = time.monotonic()
            for sender in senders:
                sender.killed_at = killed
                sender.flowing.clear()
            point = _point(server, rng, streams) if ended_at.total() < kills else ""
            server.start(point)
            if _until_flowing(server, senders):
                ended_at[point.partition(":")[0]] += 1
                point = ""
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
        "kills": ended_at.total(),
        "killed": "at named points and at random" if server.points else "at random",
        "killed_at": dict(sorted(ended_at.items())),
        "lost_bytes": tally.lost_bytes,
        "corrupt": tally.corrupt,
        "resume_seconds": {"p50": _at(resumes, 0.50), "p95": _at(resumes, 0.95)},
        "acknowledged_bytes": tally.acknowledged_bytes,
        "bodies": tally.bodies,
        "refused_bodies": tally.refused_bodies,
        "damaged_accepted": tally.damaged_accepted,
        "lost_streams": tally.lost_streams,
        "streams_ended": tally.streams,
        "seconds": round(time.monotonic() - started, 1),
    }


def _point(server: Server, rng: random.Random, streams: int) -> str:
    """Where the next process ends itself, a named point and its passage; "" for a random kill."""
    if not server.points or rng.random() >= 0.5:
        return ""
    point = rng.choice(server.points)
    return f"{point}:{rng.randint(1, 3) if point in RARE else rng.randint(streams + 1, 60)}"


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
