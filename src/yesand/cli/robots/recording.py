"""A robot's recorder: microphone, picture, events and the partner as heard, sent while it plays."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray
from scipy.signal import firwin, lfilter

from yesand.cli.robots.film import FPS, Film
from yesand.cli.robots.pages import Pages
from yesand.cli.robots.seat import FRAME, RATE, Frame
from yesand.cli.robots.upload import Grant, MicFrames, Uploader

HEARD_RATE = 16_000
#: Frames of 20 ms in a block.
BLOCK_FRAMES = 5
_LOW = firwin(97, 7200, fs=RATE)
_LOW_MS = 1000 * (len(_LOW) // 2) / RATE
MIC_SETTINGS = {
    "sampleRate": RATE,
    "channelCount": 1,
    "echoCancellation": False,
    "noiseSuppression": False,
    "autoGainControl": False,
}
LOUD = 800

log = logging.getLogger(__name__)


class Heard:
    """48 kHz to 16 kHz, piece by piece, one filter over all of them."""

    def __init__(self) -> None:
        self._state = np.zeros(len(_LOW) - 1)

    def down(self, samples: NDArray[np.int16]) -> NDArray[np.int32]:
        """(3n,) int16 to (n,) int32 on the 24-bit scale; late by `_LOW_MS`."""
        low, self._state = lfilter(_LOW, [1.0], samples.astype(np.float64), zi=self._state)
        return np.clip(np.round(low[2::3] * 256), -8388608, 8388607).astype(np.int32)


class Recording:
    """One robot's part of one take. Frames may come before the streams are granted."""

    def __init__(self, pages: Pages, streams_url: str, take: str, role: str) -> None:
        self.pages, self.streams_url, self.take = pages, streams_url, take
        self.paused = False
        self._pieces: list[tuple[Frame, Frame]] = []
        self._blocks: list[tuple[NDArray[np.int16], NDArray[np.int16], float]] = []
        self._early: list[bytes] = []
        self._streams: dict[str, Uploader] = {}
        self._frames: dict[str, MicFrames] = {}
        self._down = Heard()
        self._film = Film(role)
        self._talking: list[bool] = []
        self._seconds = 0.0
        self._at_ms = 0.0

    # -- what is heard and said -----------------------------------------------------------------

    def add(self, own: Frame, heard: Frame, at_ms: float) -> None:
        """20 ms of both; `at_ms`: client clock at their end. Nothing is kept while paused."""
        self._at_ms = at_ms
        if self.paused:
            return
        self._pieces.append((own, heard))
        if round(self._seconds * 50) % (50 // FPS) == 0:
            self._talking.append(bool(np.abs(own).max() > LOUD))
        self._seconds += FRAME / RATE
        if len(self._pieces) >= BLOCK_FRAMES:
            self._cut()

    def _cut(self) -> None:
        if self._pieces:
            own, heard = (np.concatenate(side) for side in zip(*self._pieces, strict=True))
            self._blocks.append((own, heard, self._at_ms))
            self._pieces = []

    def pause(self, why: str) -> None:
        """From now on nothing is kept; what was begun ends here."""
        self._cut()
        self.paused = True
        self.event("pause", self._at_ms, why=why)

    def go_on(self) -> None:
        """Kept again."""
        if self.paused:
            self.paused = False
            self.event("resume", self._at_ms)

    def event(self, kind: str, at_ms: float, /, **fields: Any) -> None:
        """One line of the events stream."""
        line = (json.dumps({"t": at_ms, "type": kind, **fields}) + "\n").encode()
        events = self._streams.get("events")
        if events is None:
            self._early.append(line)
        else:
            events.add(line)

    # -- streams ----------------------------------------------------------------------------------

    async def _stream(self, kind: str) -> None:
        answer = await self.pages.post_json(
            self.streams_url, {"take": self.take, "kind": kind, "reason": "start"}
        )
        self._streams[kind] = Uploader(self.pages.door, Grant.of(answer))

    async def open(self) -> None:
        """Ask for the streams. Without what was heard a robot still plays."""
        heard = asyncio.create_task(self._stream("heard"))
        await asyncio.gather(*(self._stream(kind) for kind in ("mic", "cam", "events")))
        try:
            await heard
        except httpx.HTTPError as refused:
            log.warning("What the robot hears is not recorded: %s", refused)
        for line in self._early:
            self._streams["events"].add(line)
        self._early = []
        self.event("settings", self._at_ms, kind="mic", settings=MIC_SETTINGS)
        for kind, rate in (("mic", RATE), ("heard", HEARD_RATE)):
            if kind in self._streams:
                stream = self._streams[kind].grant.stream
                self._frames[kind] = MicFrames(stream, rate)
                self.event("stream_start", self._at_ms, stream=str(stream), kind=kind, rate=rate)
        cam = str(self._streams["cam"].grant.stream)
        self.event("stream_start", self._at_ms, stream=cam, kind="cam", rate=0)

    async def send(self) -> None:
        """Send what there is."""
        blocks, self._blocks = self._blocks, []
        for own, heard, at_ms in blocks:
            mic = self._frames["mic"]
            self._streams["mic"].add(mic.block(own.astype(np.int32) << 8, at_ms))
            if "heard" in self._frames:
                low = self._down.down(heard)
                block = self._frames["heard"].block(low, at_ms - _LOW_MS)
                self._streams["heard"].add(block)
        talking, self._talking = self._talking, []
        film = await asyncio.to_thread(self._film.upto, self._seconds, talking)
        self._streams["cam"].add(film)
        await asyncio.gather(*(stream.send() for stream in self._streams.values()))

    async def finish(self) -> None:
        """The rest, then length and hash of every stream."""
        self._cut()
        await self.send()
        self._streams["cam"].add(await asyncio.to_thread(self._film.end))
        for kind, frames in self._frames.items():
            stream = str(self._streams[kind].grant.stream)
            self.event("stream_stop", self._at_ms, stream=stream, samples=frames.first, kind=kind)
        await asyncio.gather(*(stream.finish() for stream in self._streams.values()))
