"""A seat in real time: every 20 ms what arrived goes in; what comes out is said and recorded."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

import av
import numpy as np

from yesand.cli.robots.ear import STEP_S
from yesand.cli.robots.recording import Recording
from yesand.cli.robots.seat import FRAME, RATE, SILENCE, Frame, Seat

#: Frames held back when the partner's sound begins, against jitter; and the most that may wait.
HELD, MOST = 2, 15
#: What waited needlessly for so many frames is left out: a busy second delays nothing for good.
WATCHED = 50


class Incoming:
    """The partner's sound as it arrives, cut into frames of 20 ms."""

    def __init__(self) -> None:
        self._frames: deque[Frame] = deque()
        self._rest = np.zeros(0, np.int16)
        self._flowing = False
        self._next_pts: int | None = None
        self._spare, self._seen = MOST, 0

    def arrived(self, frame: av.AudioFrame) -> None:
        """A decoded frame at 48 kHz, mono or stereo; a hole in its times becomes silence."""
        channels = len(frame.layout.channels)
        samples = frame.to_ndarray().reshape(-1, channels).mean(axis=1).astype(np.int16)
        if frame.pts is not None:
            hole = frame.pts - self._next_pts if self._next_pts is not None else 0
            if 0 < hole <= RATE:
                samples = np.concatenate([np.zeros(hole, np.int16), samples])
            self._next_pts = frame.pts + frame.samples
        self._rest = np.concatenate([self._rest, samples])
        while len(self._rest) >= FRAME:
            self._frames.append(self._rest[:FRAME])
            self._rest = self._rest[FRAME:]
        while len(self._frames) > MOST:
            self._frames.popleft()

    def next(self) -> Frame:
        """The next 20 ms; silence while nothing arrives."""
        if not self._flowing and len(self._frames) >= HELD:
            self._flowing = True
        if self._flowing and self._frames:
            self._catch_up()
            return self._frames.popleft()
        self._flowing = False
        return SILENCE

    def _catch_up(self) -> None:
        self._spare = min(self._spare, len(self._frames) - 1 - HELD)
        self._seen += 1
        if self._seen >= WATCHED:
            for _ in range(max(0, self._spare)):
                self._frames.popleft()
            self._spare, self._seen = MOST, 0


class Live:
    """The clock of one player. `said` gets each line it begins; `voice` each frame it makes."""

    def __init__(
        self, seat: Seat, voice: Callable[[Frame], None], said: Callable[[str], None]
    ) -> None:
        self.seat, self.voice, self.said = seat, voice, said
        self.incoming = Incoming()
        self.recording: Recording | None = None
        self.frames = 0
        self.late_s = 0.0
        """The latest it ever was against its own clock, seconds."""

    async def run(self) -> None:
        """Until canceled. What was missed while the machine was busy is made up at once."""
        began, began_ms = time.monotonic(), time.time() * 1000
        while True:
            wait = began + (self.frames + 1) * STEP_S - time.monotonic()
            # Also when it is late, the sockets get their turn.
            await asyncio.sleep(max(0.0, wait))
            self.late_s = max(self.late_s, -wait)
            self.step(began_ms + 1000 * (self.frames + 1) * STEP_S)

    def step(self, end_ms: float) -> None:
        """One frame that ends at `end_ms` of the client clock."""
        heard = self.incoming.next()
        own = self.seat.hear(heard, self.frames * STEP_S)
        self.frames += 1
        self.voice(own)
        if self.recording is not None:
            self.recording.add(own, heard, end_ms)
        for text in self.seat.lines():
            self.said(text)
