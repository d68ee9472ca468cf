"""The robot's half of the call: a voice and a picture over WebRTC, perfect negotiation included."""

from __future__ import annotations

import asyncio
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
from aiortc.contrib.media import MediaBlackhole
from aiortc.sdp import candidate_from_sdp

from yesand.cli.robots.voices import FPS, RATE, Track, face

FRAME = 960
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Voice(MediaStreamTrack):
    """Speaks `track` from `start()` on; silence before and after. 20 ms frames at 48 kHz."""

    kind = "audio"

    def __init__(self, track: Track) -> None:
        super().__init__()
        self.track = track
        self.begun: int | None = None
        self.at = 0
        self.clock: float | None = None

    def start(self) -> None:
        """The take is open: the next frame is the first of the track."""
        self.begun = self.at

    def stop_speaking(self) -> None:
        """Silence from the next frame on."""
        self.begun = None

    async def recv(self) -> av.AudioFrame:
        if self.clock is None:
            self.clock = time.monotonic()
        wait = self.clock + self.at / RATE - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        piece = np.zeros(FRAME, np.int16)
        if self.begun is not None:
            from_ = self.at - self.begun
            said = self.track.samples[from_ : from_ + FRAME] >> 8
            piece[: len(said)] = said
        frame = av.AudioFrame.from_ndarray(piece[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self.at, Fraction(1, RATE)
        self.at += FRAME
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
        talking = False
        if self.voice.begun is not None:
            at = self.voice.at - self.voice.begun
            piece = self.voice.track.samples[at : at + RATE // FPS]
            talking = bool(len(piece)) and int(np.abs(piece).max()) > 200_000
        frame = av.VideoFrame.from_ndarray(
            face(self.role, self.number, talking), format="rgb24"
        ).reformat(format="yuv420p")
        frame.pts, frame.time_base = self.number, Fraction(1, FPS)
        self.number += 1
        return frame


class Call:
    """One peer connection to the partner. Role b is the polite one."""

    def __init__(
        self, role: str, peer: str, voice: Voice, send: Send, ice_servers: list[dict[str, Any]]
    ) -> None:
        self.role, self.peer, self.voice, self.send = role, peer, voice, send
        self.partner_peer = ""
        self.ice = [
            RTCIceServer(s["urls"], s.get("username"), s.get("credential")) for s in ice_servers
        ]
        self.connection: RTCPeerConnection | None = None
        self.making_offer = False
        self.sink = MediaBlackhole()

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
        self.sink = MediaBlackhole()
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=self.ice))
        self.connection.addTrack(self.voice)
        self.connection.addTrack(Picture(self.role, self.voice))

        @self.connection.on("track")
        async def _(track: MediaStreamTrack) -> None:
            self.sink.addTrack(track)
            await self.sink.start()

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
