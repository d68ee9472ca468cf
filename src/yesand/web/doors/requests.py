"""A request to the door: its verb, stream, headers read strictly, and its body read in bounds."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from yesand.kit.errors import Refused, refuse
from yesand.web.doors.wire_request import EXTENSION, Arriving

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

#: Largest number a tus header may hold; JavaScript counts exactly up to here.
MOST = (1 << 53) - 1
_NUMBER = re.compile(r"[0-9]{1,16}")
_STREAM = re.compile(
    r"/uploads/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(/receipt)?"
)
_HASH = re.compile(r"[0-9a-f]{64}")
_METADATA_KEY = re.compile(r"[!-+\--~]{1,255}")
MAX_METADATA = 4096
OFFSET_TYPE = "application/offset+octet-stream"


@dataclass(frozen=True)
class Checksum:
    """A body's checksum as its sender states it."""

    algorithm: str
    digest: bytes


#: Bytes of a digest by algorithm name.
ALGORITHMS = {"crc32c": 4, "sha1": 20, "sha256": 32}


class Request:
    """One request; headers that occur twice, or that are no clean text, are refused when read."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope, self.receive = scope, receive
        self._headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            self._headers.setdefault(name.lower(), []).append(value)
        self.path: str = scope["path"]
        self.verb: str = scope["method"]
        override = self.header("X-HTTP-Method-Override") if self.verb == "POST" else ""
        if override:  # tus 1.0.0: the header counts, the method does not
            self.verb = override.upper()
        match = _STREAM.fullmatch(self.path)
        self.stream = uuid.UUID(match[1]) if match else None
        self.wants_receipt = bool(match and match[2])

    def header(self, name: str) -> str:
        """The header's value, "" where it is absent. Raises Refused: bad_header."""
        values = self._headers.get(name.lower().encode(), [])
        if len(values) > 1:
            raise _bad(name, f"{name} must come once.")
        text = values[0].decode("latin-1").strip() if values else ""
        if not (text.isascii() and text.isprintable()):
            raise _bad(name, f"{name} must be plain ASCII.")
        return text

    def has(self, name: str) -> bool:
        return name.lower().encode() in self._headers

    def number(self, name: str) -> int | None:
        """A header that holds a whole number, None where it is absent."""
        if not self.has(name):
            return None
        text = self.header(name)
        if not _NUMBER.fullmatch(text) or int(text) > MOST:
            raise _bad(name, f"{name} must be a whole number from 0 to {MOST}.")
        return int(text)

    def token(self) -> str:
        """The bearer token. Raises Refused: token_missing."""
        kind, _, token = self.header("Authorization").partition(" ")
        if kind.lower() != "bearer" or not token:
            says = "Send the key to the upload as Authorization: Bearer."
            raise refuse("token_missing", says, "Authorization")
        return token

    def length(self) -> int | None:
        """Upload-Length of a creation, None where it is deferred; exactly one of both is needed."""
        length = self.number("Upload-Length")
        deferred = self.has("Upload-Defer-Length")
        if deferred and self.header("Upload-Defer-Length") != "1":
            raise _bad("Upload-Defer-Length", "Upload-Defer-Length must be 1.")
        if deferred == (length is not None):
            says = "Send either Upload-Length or Upload-Defer-Length: 1."
            raise _bad("Upload-Length", says)
        return length

    def offset(self) -> int:
        offset = self.number("Upload-Offset")
        if offset is None:
            raise _bad("Upload-Offset", "Send Upload-Offset.")
        return offset

    def stream_hash(self) -> str:
        """Upload-Stream-Hash in lower-case hex, "" where it is absent."""
        text = self.header("Upload-Stream-Hash").lower()
        if text and not _HASH.fullmatch(text):
            raise _bad("Upload-Stream-Hash", "Upload-Stream-Hash must be 64 hexadecimal digits.")
        return text

    def checksum(self) -> Checksum | None:
        """Upload-Checksum: algorithm and digest. Raises Refused: bad_header, unknown_checksum."""
        if "upload-checksum" in self.header("Trailer").lower():
            raise _bad("Trailer", "A checksum after the body is not supported; send it before.")
        if not self.has("Upload-Checksum"):
            return None
        algorithm, _, text = self.header("Upload-Checksum").partition(" ")
        size = ALGORITHMS.get(algorithm.lower())
        if size is None:
            says = f"Upload-Checksum must use one of {', '.join(ALGORITHMS)}."
            raise refuse("unknown_checksum", says, "Upload-Checksum")
        digest = _base64(text.strip())
        if digest is None or len(digest) != size:
            says = f"Upload-Checksum must be {size} bytes in base64."
            raise _bad("Upload-Checksum", says)
        return Checksum(algorithm.lower(), digest)

    def metadata(self) -> str:
        """Upload-Metadata as sent, checked: pairs with commas, keys once, values in base64."""
        text = self.header("Upload-Metadata")
        if len(text) > MAX_METADATA:
            raise _bad("Upload-Metadata", f"Upload-Metadata may have {MAX_METADATA} characters.")
        keys = set()
        for pair in text.split(",") if text else ():
            key, _, value = pair.strip().partition(" ")
            if not _METADATA_KEY.fullmatch(key) or key in keys or _base64(value) is None:
                says = "Upload-Metadata must be pairs of a key and a base64 value, keys once."
                raise _bad("Upload-Metadata", says)
            keys.add(key)
        return text

    def content_length(self) -> int | None:
        return self.number("Content-Length")


@dataclass(frozen=True)
class Body:
    """What arrived. whole: all of it; else why it ended early: cut_off, too_slow, draining."""

    data: bytes | bytearray | memoryview
    why: str = ""

    @property
    def whole(self) -> bool:
        return not self.why


class Bodies:
    """Reads bodies into memory, within one budget for the whole process."""

    def __init__(self, flight_bytes: int, flight_s: float) -> None:
        self.room = flight_bytes
        self.flight_s = flight_s
        self.draining = asyncio.Event()
        self.drain_s = 0.0
        self._timeouts: set[asyncio.Timeout] = set()
        self._freed = asyncio.Condition()

    async def read(self, request: Request, most: int, idle_s: float, body_s: float) -> Body:
        """The body. most: bytes. Raises Refused: too_large, busy; nothing is kept then."""
        stated = request.content_length()
        if stated is not None and stated > most:
            raise _too_large(most)
        wanted = most if stated is None else stated
        if not wanted:
            return Body(b"")
        await self._take(wanted)
        try:
            return await self._receive(request, most, stated, idle_s, body_s)
        finally:
            self.room += wanted
            async with self._freed:
                self._freed.notify_all()

    async def _receive(
        self, request: Request, most: int, stated: int | None, idle_s: float, body_s: float
    ) -> Body:
        loop = asyncio.get_running_loop()
        end = loop.time() + body_s
        arriving = request.scope.get("extensions", {}).get(EXTENSION)
        if stated is not None and arriving is not None:
            return await self._fill(arriving, stated, end, idle_s)
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout_at(min(end, loop.time() + idle_s)) as timeout:
                self._timeouts.add(timeout)
                try:
                    while True:
                        message = await request.receive()
                        if message["type"] == "http.disconnect":
                            return Body(b"".join(pieces), "cut_off")
                        piece = message.get("body", b"")
                        pieces.append(piece)
                        size += len(piece)
                        if size > most:
                            raise _too_large(most)
                        if not message.get("more_body", False):
                            break
                        if not self.draining.is_set():
                            timeout.reschedule(min(end, loop.time() + idle_s))
                finally:
                    self._timeouts.discard(timeout)
        except TimeoutError:
            return Body(b"".join(pieces), "draining" if self.draining.is_set() else "too_slow")
        if stated is not None and size != stated:
            return Body(b"".join(pieces), "cut_off")
        return Body(b"".join(pieces))

    async def _fill(self, arriving: Arriving, size: int, end: float, idle_s: float) -> Body:
        """A body of stated length, straight from the line into the buffer that is kept."""
        loop = asyncio.get_running_loop()
        buffer = bytearray(size)
        last = loop.time()
        try:
            async with asyncio.timeout_at(min(end, last + idle_s)) as timeout:

                def moved() -> None:
                    nonlocal last
                    now = loop.time()
                    if now - last > idle_s / 50 and not self.draining.is_set():
                        last = now
                        timeout.reschedule(min(end, now + idle_s))

                self._timeouts.add(timeout)
                try:
                    await arriving.fill(buffer, moved)
                finally:
                    self._timeouts.discard(timeout)
        except TimeoutError:
            why = "draining" if self.draining.is_set() else "too_slow"
            return Body(memoryview(buffer)[: arriving.filled], why)
        if arriving.filled < size:
            return Body(memoryview(buffer)[: arriving.filled], "cut_off")
        return Body(buffer)

    async def _take(self, wanted: int) -> None:
        if self.room < wanted:
            try:
                async with asyncio.timeout(self.flight_s), self._freed:
                    await self._freed.wait_for(lambda: self.room >= wanted)
            except TimeoutError:
                says = "Too many uploads arrive at once; try again in a second."
                raise refuse("busy", says) from None
        self.room -= wanted

    def drain(self, drain_s: float) -> None:
        """Give what is arriving now a last moment."""
        self.draining.set()
        last = asyncio.get_running_loop().time() + drain_s
        for timeout in [each for each in self._timeouts if not each.expired()]:
            when = timeout.when()
            timeout.reschedule(last if when is None else min(when, last))


def _base64(text: str) -> bytes | None:
    """Standard base64 with its padding, None for anything else."""
    try:
        return base64.b64decode(text.encode(), validate=True)
    except (binascii.Error, ValueError):
        return None


def _bad(name: str, says: str) -> Refused:
    return refuse("bad_header", says, name)


def _too_large(most: int) -> Refused:
    return refuse("too_large", f"Send at most {most} bytes at once.", "Content-Length")
