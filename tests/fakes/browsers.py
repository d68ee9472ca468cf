"""A performer's browser as files: blocks, events and camera bytes put through the spool.

The clocks are known: `offset_s` is this browser's clock minus the stage clock, `drift_ppm` how
much faster its sound card counts than it says. So a test knows where every sample belongs.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.fakes.films import film
from tests.fakes.rooms import Room
from yesand.capture import actions as capture
from yesand.capture.streams import spool
from yesand.formats.blocks import Encoding, Header, encode_block
from yesand.kit.canonical import StreamHash
from yesand.people.models import Person
from yesand.recording import tokens
from yesand.recording.models import Stream
from yesand.stage import actions as stage
from yesand.stage.models import Take

BLOCK_S = 0.1
#: What a browser's chain adds before a block is handed over, seconds; never less.
HANDOVER_S = 0.004


def speech(seconds: float, rate: int, seed: int, busy: tuple[float, float] = (0.0, 0.5)) -> Any:
    """Noise with the shape of speech, float (n,): loud in `busy` of every second, else a floor."""
    random = np.random.default_rng(seed)
    n = round(seconds * rate)
    t = np.arange(n) / rate
    tone = sum(
        np.sin(2 * np.pi * f * t + p) for f, p in zip((140, 290, 610, 1370), range(4), strict=True)
    )
    talk = ((t % 1.0) >= busy[0]) & ((t % 1.0) < busy[1])
    swell = 0.5 + 0.5 * np.sin(2 * np.pi * 4.1 * t)
    return np.where(talk, 0.06 * tone * swell, 0.0) + random.normal(0, 4e-4, n)


@dataclass
class Browser:
    """One performer's recorder in one take."""

    take: Take
    person: Person
    offset_s: float = 0.0
    drift_ppm: float = 0.0
    rate: int = 48_000
    rtt_s: float = 0.012
    events: list[dict[str, Any]] = field(default_factory=list)
    mics: list[tuple[uuid.UUID, bytes, int]] = field(default_factory=list)
    """(stream, its whole bytes, samples written) of every part of sound."""
    _events: uuid.UUID | None = None

    def client_ms(self, stage_s: float) -> float:
        return (stage_s + self.offset_s) * 1000.0

    def grant(self, kind: str, reason: str = "start") -> uuid.UUID:
        (given,) = capture.open_streams(self.take, self.person, [kind], reason)
        return uuid.UUID(given["stream"])

    def ping(self, start_s: float, seconds: float) -> None:
        """A clock exchange ten times at once, then each second, with a jitter that is known."""
        random = np.random.default_rng(7)
        times = [start_s + 0.05 * n for n in range(10)]
        times += list(np.arange(start_s + 1.0, start_s + seconds, 1.0))
        for at in times:
            there, back = self.rtt_s / 2 + random.exponential(0.002, 2)
            self.event(
                "ping",
                at + there + back,
                t0_ms=self.client_ms(at),
                t1_s=at + there,
                t2_s=at + there,
                t3_ms=self.client_ms(at + there + back),
            )

    def event(self, type_: str, stage_s: float, **fields: Any) -> None:
        self.events.append({"t": self.client_ms(stage_s), "type": type_, **fields})

    def record(
        self,
        sound: Any,
        start_s: float,
        reason: str = "start",
        pauses: tuple[tuple[float, float], ...] = (),
        stop: bool = True,
        kind: str = "mic",
        rate: int | None = None,
    ) -> uuid.UUID:
        """A part whose sample 0 was captured at stage time `start_s`: of the microphone, or of the
        partner as heard, whose samples `sound` then is.

        sound: float samples at the sound card's own pace. pauses: stage spans left out.
        """
        stream = self.grant(kind, reason)
        rate = rate or self.rate
        true_rate = rate * (1 + self.drift_ppm * 1e-6)
        random = np.random.default_rng(11 + len(self.mics))
        size = round(rate * BLOCK_S)
        data, written, sequence = bytearray(), 0, 0
        for first in range(0, len(sound), size):
            piece = sound[first : first + size]
            captured = start_s + (first + len(piece)) / true_rate
            if any(low <= captured - BLOCK_S / 2 < high for low, high in pauses):
                continue
            handed = captured + HANDOVER_S + random.exponential(0.0015)
            data += encode_block(
                Header(
                    stream=stream,
                    encoding=Encoding.S24,
                    sequence=sequence,
                    rate=rate,
                    first_sample=written,
                    device_us=round(first / true_rate * 1e6),
                    client_us=round(self.client_ms(handed) * 1000),
                ),
                piece,
            )
            written += len(piece)
            sequence += 1
        self.mics.append((stream, bytes(data), written))
        self.event("stream_start", start_s + 0.1, stream=str(stream), kind=kind, rate=rate)
        if stop:
            end = start_s + len(sound) / true_rate
            self.event("stream_stop", end, stream=str(stream), samples=written)
        return stream

    def upload(self, stream: uuid.UUID, data: bytes, declare: bool = True) -> None:
        """Put bytes through the door's engine, in pieces, as the browser's uploader does."""
        row = Stream.objects.select_related("recording").get(pk=stream)
        capability = tokens.Capability(stream, row.recording_id, row.kind, 1 << 32, 1 << 34)
        spool().create(capability)
        hashed = StreamHash()
        hashed.update(data)
        for at in range(0, len(data), 200_000):
            spool().append(stream, at, data[at : at + 200_000])
        if declare:
            spool().append(stream, len(data), b"", len(data), hashed.hexdigest())

    def send_mics(self) -> None:
        for stream, data, _written in self.mics:
            self.upload(stream, data)

    def send_events(self, torn: bool = False) -> uuid.UUID:
        """All events so far as one events stream."""
        self._events = self._events or self.grant("events")
        lines = "".join(json.dumps(line) + "\n" for line in self.events)
        self.upload(self._events, (lines + ('{"t": 1' if torn else "")).encode())
        return self._events

    def send_camera(self, data: bytes = b"", reason: str = "start") -> uuid.UUID:
        """A camera's film: a real one of a second where none is given."""
        stream = self.grant("cam", reason)
        self.upload(stream, data or film())
        return stream


def close(take: Take, clock: list[float], seconds: float) -> Take:
    clock[0] = take.opened_at + seconds
    return stage.close_take(take, "and_scene")


def pair(here: Room, take: Take, seconds: float = 6.0) -> dict[str, Browser]:
    """Two whole browsers: role a's clock is 2.5 s ahead, role b's 40 s behind."""
    found = {}
    for role, who, offset in (("a", here.ada, 2.5), ("b", here.noor, -40.0)):
        browser = Browser(take, who, offset_s=offset)
        browser.ping(take.opened_at, seconds)
        browser.record(speech(seconds, 48_000, seed=ord(role)), take.opened_at + 0.2)
        found[role] = browser
    return found


def upload(browsers: dict[str, Browser]) -> None:
    for browser in browsers.values():
        browser.send_mics()
        browser.send_events()
