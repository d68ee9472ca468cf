"""A seat at the other end of a WebSocket: a lab's process hears and speaks, this one keeps time.

The wire (docs/engineer/models.md): JSON texts for events, one binary message of 8 + 1920 bytes
every 20 ms towards the model (little-endian float64 `at_s`, then int16 PCM), and int16 PCM of any
length back, played in order as it comes. `{"type": "flush"}` drops what was not played yet,
`{"type": "line", "text"}` is a line for the partner to read.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import struct
from typing import Any

import numpy as np
import websockets

from yesand.cli.robots.seat import FRAME, RATE, Frame

#: Speech that may wait to be played, bytes: 60 s.
MOST_BYTES = 60 * RATE * 2
#: Messages that may wait to be sent: 2 s; then the oldest sound is left out.
MOST_WAITING = 100

log = logging.getLogger(__name__)


class SocketSeat:
    """Connects to `url` (ws:// or wss://) with `connect`, then is a seat like any other.

    Where the line is lost it is silent, and says so in `broken`.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.broken = ""
        self._out: asyncio.Queue[str | bytes] = asyncio.Queue()
        self._pcm = bytearray()
        self._lines: list[str] = []
        self._jobs: list[asyncio.Task[None]] = []
        self._socket: Any = None

    async def connect(self) -> None:
        """Open the socket. Raises OSError where nobody listens."""
        self._socket = await websockets.connect(self.url, max_size=MOST_BYTES)
        self._jobs = [asyncio.create_task(job) for job in (self._send(), self._receive())]

    async def close(self) -> None:
        """Say the rest and hang up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                while not self._out.empty() and not self.broken:
                    await asyncio.sleep(0.01)
        for job in self._jobs:
            job.cancel()
        if self._socket is not None:
            await self._socket.close()

    async def _send(self) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await self._socket.send(await self._out.get())

    async def _receive(self) -> None:
        try:
            async for message in self._socket:
                self._took(message)
            self.broken = "the other end hung up"
        except (websockets.ConnectionClosed, ValueError, TypeError) as error:
            self.broken = f"{type(error).__name__}: {error}"
        log.warning("The player at %s is silent from now on: %s", self.url, self.broken)

    def _took(self, message: str | bytes) -> None:
        """One message of the model. Raises ValueError for what the protocol does not have."""
        if isinstance(message, bytes):
            if len(message) % 2:
                raise ValueError("PCM comes in whole samples of two bytes")
            room = MOST_BYTES - len(self._pcm)
            self._pcm += message[: max(0, room)]
            return
        said = json.loads(message)
        kind = said.get("type") if isinstance(said, dict) else None
        if kind == "flush":
            self._pcm.clear()
        elif kind == "line" and isinstance(said.get("text"), str):
            self._lines.append(said["text"][:400])
        else:
            raise ValueError(f"{message[:80]!r} is no message of this protocol")

    def told(self, event: str, body: dict[str, Any]) -> None:
        """As JSON: {"type": event, ...}."""
        self._out.put_nowait(json.dumps({"type": event, **body}))
        if event == "take_closed":
            self._pcm.clear()

    def hear(self, frame: Frame, at_s: float) -> Frame:
        """Sends what was heard, plays what came back."""
        if self._out.qsize() < MOST_WAITING and not self.broken:
            self._out.put_nowait(struct.pack("<d", at_s) + frame.astype("<i2").tobytes())
        piece = bytes(self._pcm[: 2 * FRAME])
        del self._pcm[: 2 * FRAME]
        out = np.zeros(FRAME, np.int16)
        heard = np.frombuffer(piece, "<i2")
        out[: len(heard)] = heard
        return out

    def lines(self) -> list[str]:
        """Its lines so far."""
        found, self._lines = self._lines, []
        return found
