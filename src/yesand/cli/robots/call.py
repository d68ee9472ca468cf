"""The robot's half of the call: a voice and a picture over WebRTC, perfect negotiation included."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from fractions import Fraction
from typing import Any

import av
import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from aiortc.sdp import candidate_from_sdp
from numpy.typing import NDArray

from yesand.cli.robots import film
from yesand.cli.robots.film import FPS
from yesand.cli.robots.seat import RATE

#: A louder sample than this opens the mouth.
LOUD = 800
#: Frames that may wait for the line: 200 ms.
MOST_WAITING = 10
#: A line that took nothing for this long has begun anew, seconds.
IDLE_S = 0.15
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Voice(MediaStreamTrack):
    """Sends the frames that `put` brings, 20 ms at 48 kHz each; who brings them is the clock."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._frames: asyncio.Queue[NDArray[np.int16]] = asyncio.Queue()
        self._taken_at = 0.0
        self.at = 0
        self.talking = False

    def put(self, frame: NDArray[np.int16]) -> None:
        """One frame, int16 (960,). Where nobody takes them, old ones are dropped."""
        self.talking = bool(np.abs(frame).max() > LOUD)
        while self._frames.qsize() >= MOST_WAITING:
            self._frames.get_nowait()
        self._frames.put_nowait(frame)

    async def recv(self) -> av.AudioFrame:
        now = time.monotonic()
        if now - self._taken_at > IDLE_S:
            # A new line begins with what is said now: what waited would delay it for good.
            while self._frames.qsize() > 1:
                self._frames.get_nowait()
        piece = await self._frames.get()
        self._taken_at = time.monotonic()
        frame = av.AudioFrame.from_ndarray(piece[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self.at, Fraction(1, RATE)
        self.at += len(piece)
        return frame


class Picture(MediaStreamTrack):
    """The drawn face, with its mouth on the voice."""

    kind = "video"

    def __init__(self, role: str, voice: Voice) -> None:
        super().__init__()
        self.role, self.voice = role, voice
        self.number = 0

    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(1 / FPS)
        frame = film.frame(self.role, self.number, self.voice.talking)
        frame.pts, frame.time_base = self.number, Fraction(1, FPS)
        self.number += 1
        return frame


class Call:
    """One peer connection to the partner. Role b is the polite one."""

    def __init__(
        self,
        role: str,
        peer: str,
        voice: Voice,
        send: Send,
        ice_servers: list[dict[str, Any]],
        arrived: Callable[[av.AudioFrame], None],
    ) -> None:
        self.role, self.peer, self.voice, self.send = role, peer, voice, send
        self.arrived = arrived
        self.partner_peer = ""
        self.ice = [
            RTCIceServer(s["urls"], s.get("username"), s.get("credential")) for s in ice_servers
        ]
        self.connection: RTCPeerConnection | None = None
        self.making_offer = False
        self._listening: set[asyncio.Task[None]] = set()

    async def meet(self, partner_peer: str) -> None:
        """The partner (re)loaded the page: a new connection; role a makes the offer."""
        if partner_peer == self.partner_peer:
            return
        self.partner_peer = partner_peer
        await self._fresh()
        if self.role == "a":
            await self._offer()

    async def _fresh(self) -> None:
        await self.close()
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=self.ice))
        self.connection.addTrack(self.voice)
        self.connection.addTrack(Picture(self.role, self.voice))
        self._send_picture_only()

        @self.connection.on("track")
        def _(track: MediaStreamTrack) -> None:
            if track.kind == "audio":
                job = asyncio.create_task(self._listen(track))
                self._listening.add(job)
                job.add_done_callback(self._listening.discard)

    async def _listen(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                assert isinstance(frame, av.AudioFrame)
                self.arrived(frame)

    def _send_picture_only(self) -> None:
        """A robot does not look: its partner's picture is neither sent to it nor decoded."""
        assert self.connection is not None
        for one in self.connection.getTransceivers():
            if one.kind == "video":
                one.direction = "sendonly"

    async def _offer(self) -> None:
        assert self.connection is not None
        self.making_offer = True
        try:
            await self.connection.setLocalDescription(await self.connection.createOffer())
            await self._say()
        finally:
            self.making_offer = False

    async def _say(self) -> None:
        assert self.connection is not None
        local = self.connection.localDescription
        await self.send({"description": {"type": local.type, "sdp": local.sdp}})

    async def heard(self, body: dict[str, Any]) -> None:
        """One signal from the partner that is meant for this peer."""
        if body.get("for") != self.peer:
            return
        if body.get("peer") != self.partner_peer or self.connection is None:
            self.partner_peer = str(body.get("peer", ""))
            await self._fresh()
        assert self.connection is not None
        if "description" in body:
            said = body["description"]
            clash = said["type"] == "offer" and (
                self.making_offer or self.connection.signalingState != "stable"
            )
            if clash and self.role == "a":
                return
            if clash:
                # aiortc cannot roll back; the polite side starts again with the other's offer.
                await self._fresh()
            await self.connection.setRemoteDescription(
                RTCSessionDescription(said["sdp"], said["type"])
            )
            if said["type"] == "offer":
                self._send_picture_only()
                await self.connection.setLocalDescription(await self.connection.createAnswer())
                await self._say()
        elif body.get("candidate"):
            line = body["candidate"]
            text = line.get("candidate", "")
            if text:
                candidate = candidate_from_sdp(text.split(":", 1)[1])
                candidate.sdpMid = line.get("sdpMid")
                candidate.sdpMLineIndex = line.get("sdpMLineIndex")
                await self.connection.addIceCandidate(candidate)

    async def close(self) -> None:
        """Hang up."""
        if self.connection is not None:
            connection, self.connection = self.connection, None
            await connection.close()
        for job in list(self._listening):
            job.cancel()
