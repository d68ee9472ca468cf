"""A robot's side of the door: framed blocks, checksums, offsets, the receipt."""

from __future__ import annotations

import asyncio
import base64
import uuid
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np

from yesand.formats.blocks import Encoding, Header, encode_block
from yesand.formats.crc32c import crc32c
from yesand.kit.canonical import StreamHash

PATCH_BYTES = 256 * 1024
TUS = {"Tus-Resumable": "1.0.0"}


@dataclass(frozen=True)
class Grant:
    """What the server gave for one stream."""

    stream: uuid.UUID
    token: str
    door_url: str

    @classmethod
    def of(cls, answer: dict[str, Any]) -> Grant:
        return cls(uuid.UUID(answer["stream"]), answer["token"], answer["door_url"])


class Uploader:
    """Sends one growing stream. Bytes are kept until they are acknowledged."""

    def __init__(self, web: httpx.AsyncClient, grant: Grant) -> None:
        self.web, self.grant = web, grant
        self.hash = StreamHash()
        self.waiting = bytearray()
        self.offset = 0
        self.url = ""

    def _headers(self, **more: str) -> dict[str, str]:
        return {**TUS, "Authorization": f"Bearer {self.grant.token}", **more}

    def add(self, data: bytes) -> None:
        """Bytes to send, in order."""
        self.hash.update(data)
        self.waiting += data

    async def send(self) -> None:
        """Send everything that waits; after a failure ask for the offset and go on from there."""
        while self.waiting or not self.url:
            try:
                await self._one()
            except httpx.TransportError:
                await asyncio.sleep(0.3)
                await self._find_offset()

    async def _one(self) -> None:
        if not self.url:
            answer = await self.web.post(
                self.grant.door_url, headers=self._headers(**{"Upload-Defer-Length": "1"})
            )
            answer.raise_for_status()
            self.url = str(httpx.URL(self.grant.door_url).join(answer.headers["Location"]))
            return
        body = bytes(self.waiting[:PATCH_BYTES])
        await self._patch(body)
        del self.waiting[: len(body)]
        self.offset += len(body)

    async def _patch(self, body: bytes, **more: str) -> None:
        checksum = base64.b64encode(crc32c(body).to_bytes(4, "big")).decode()
        answer = await self.web.patch(
            self.url,
            content=body,
            headers=self._headers(
                **{
                    "Content-Type": "application/offset+octet-stream",
                    "Upload-Offset": str(self.offset),
                    "Upload-Checksum": f"crc32c {checksum}",
                    **more,
                }
            ),
        )
        answer.raise_for_status()

    async def _find_offset(self) -> None:
        if not self.url:
            return
        try:
            answer = await self.web.head(self.url, headers=self._headers())
            answer.raise_for_status()
        except httpx.TransportError:
            return
        have = int(answer.headers["Upload-Offset"])
        del self.waiting[: have - self.offset]
        self.offset = have

    async def finish(self) -> None:
        """Send the rest, then declare length and hash."""
        await self.send()
        await self._patch(
            b"",
            **{
                "Upload-Length": str(self.hash.length),
                "Upload-Stream-Hash": self.hash.hexdigest(),
            },
        )


class MicFrames:
    """Cuts a voice into the blocks of a microphone stream, 100 ms each."""

    def __init__(self, stream: uuid.UUID, rate: int) -> None:
        self.stream, self.rate = stream, rate
        self.sequence = 0
        self.first = 0

    def block(self, samples: np.ndarray, client_ms: float) -> bytes:
        """One block whose last sample was handed over at `client_ms`."""
        data = encode_block(
            Header(
                stream=self.stream,
                encoding=Encoding.S24,
                sequence=self.sequence,
                rate=self.rate,
                first_sample=self.first,
                device_us=round(self.first * 1e6 / self.rate),
                client_us=round(client_ms * 1000),
            ),
            samples.astype(np.int32),
        )
        self.sequence += 1
        self.first += len(samples)
        return data
