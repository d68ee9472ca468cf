"""One request on a `Wire`: its body, by ASGI or straight into a buffer, and its answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote

import h11

if TYPE_CHECKING:
    from yesand.web.doors.wire import Wire

log = logging.getLogger("yesand.door.wire")

EXTENSION = "yesand.body"
#: Bytes that may wait for an application that has not asked for them.
AHEAD_BYTES = 64 * 1024
#: Most bytes of an unwanted body that are read away so that its sender reads our answer.
DISCARD_BYTES = 2 << 20

Message = dict[str, Any]
Moved = Callable[[], None]


class Arriving(Protocol):
    """What an application may ask for a body of stated length."""

    #: Bytes in the buffer so far, also after `fill` was cancelled.
    filled: int

    async def fill(self, buffer: bytearray, moved: Moved) -> None:
        """Fill `buffer` from the body; ends early where the client left. `moved`: at each piece."""


class OneRequest:
    """One request, its body and its answer: the ASGI side of a connection."""

    def __init__(self, wire: Wire, reading: h11.Connection, asked: h11.Request) -> None:
        self._wire, self._reading = wire, reading
        fields = [(name.lower(), value) for name, value in asked.headers]
        named = dict(fields)
        self._chunked = b"transfer-encoding" in named
        #: Bytes of the body that the application did not take yet; None where that is not known.
        self._left = None if self._chunked else int(named.get(b"content-length", b"0"))
        self._waits = reading.they_are_waiting_for_100_continue
        words = named.get(b"connection", b"").lower().replace(b" ", b"").split(b",")
        self._keep = asked.http_version == b"1.1" and b"close" not in words
        path, _, query = asked.target.partition(b"?")
        self.scope: Message = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": asked.http_version.decode("ascii"),
            "server": wire.server,
            "client": wire.client,
            "scheme": wire.scheme,
            "method": asked.method.decode("ascii"),
            "root_path": "",
            "path": unquote(path.decode("ascii")),
            "raw_path": path,
            "query_string": query,
            "headers": fields,
            "state": {},
            "extensions": {} if self._chunked else {EXTENSION: self},
        }
        self.filled = 0
        self._view: memoryview | None = None
        self._moved: Moved | None = None
        self._woken: asyncio.Future[None] | None = None
        self._disconnected = self._told_end = False
        self._start: Message | None = None
        self._body = b""
        self._answered = False

    # The line's side

    def place(self) -> memoryview | None:
        """Where the next bytes go, or None for the connection's own buffer."""
        view = self._view
        return None if view is None or self.filled == len(view) else view[self.filled :]

    def placed(self, count: int) -> bool:
        """Bytes went to `place()`; False where there was none."""
        view = self._view
        if view is None or self.filled == len(view):
            return False
        assert self._left is not None
        self.filled += count
        self._left -= count
        if self.filled == len(view):
            self._wake()
        elif self._moved is not None:
            self._moved()
        return True

    def more(self) -> None:
        """Bytes wait in the connection."""
        if self._view is None:
            self._wake()

    def left(self) -> None:
        """The client is gone."""
        self._disconnected = True
        self._wake()

    def _wake(self) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    async def _wait(self) -> None:
        self._woken = self._wire.loop.create_future()
        try:
            await self._woken
        finally:
            self._woken = None

    # The application's side

    async def run(self, app: Any) -> None:
        try:
            await app(self.scope, self.receive, self.send)
        except Exception:
            log.exception("the application failed")
        finally:
            if not self._answered:
                self._keep = False
                self._wire.write(500, b"content-length: 0\r\nconnection: close\r\n", b"")
            unread = DISCARD_BYTES + 1 if self._left is None else self._left
            if self._waits and unread:  # it was never told to send
                self._keep, unread = False, 0
            self._wire.answered(self._keep, unread)

    def _continue(self) -> None:
        if self._waits:
            self._waits = False
            self._wire.go_on()

    async def fill(self, buffer: bytearray, moved: Moved) -> None:
        assert self._left is not None and len(buffer) <= self._left
        self._continue()
        ahead = self._wire.take(len(buffer))
        self.filled = len(ahead)
        self._left -= len(ahead)
        buffer[: len(ahead)] = ahead
        if self.filled < len(buffer) and not self._disconnected:
            self._view, self._moved = memoryview(buffer), moved
            try:
                await self._wait()
            finally:
                self._view = self._moved = None

    async def receive(self) -> Message:
        """The body piece by piece, as any ASGI server gives it."""
        self._continue()
        while not self._answered:
            piece = self._unchunked() if self._chunked else self._ahead()
            if piece or (self._left == 0 and not self._told_end):
                self._told_end = self._left == 0
                return {"type": "http.request", "body": piece, "more_body": self._left != 0}
            if self._disconnected:
                break
            await self._wait()
        return {"type": "http.disconnect"}

    def _ahead(self) -> bytes:
        assert self._left is not None
        piece = bytes(self._wire.take(min(self._left, AHEAD_BYTES))) if self._left else b""
        self._left -= len(piece)
        return piece

    def _unchunked(self) -> bytes:
        """What chunks hold so far; at their end `_left` is 0."""
        pieces = []
        try:
            while self._left is None:
                event = self._reading.next_event()
                if isinstance(event, h11.Data):
                    pieces.append(bytes(event.data))
                elif isinstance(event, h11.EndOfMessage):
                    self._left = 0
                    self._wire.put_back(self._reading.trailing_data[0])
                else:
                    more = bytes(self._wire.take(AHEAD_BYTES))
                    if not more:
                        break
                    self._reading.receive_data(more)
        except h11.RemoteProtocolError:
            self._disconnected, self._keep = True, False
        return b"".join(pieces)

    async def send(self, message: Message) -> None:
        """The answer goes out whole, when its last piece is known."""
        if message["type"] == "http.response.start":
            self._start = message
            return
        assert self._start is not None and message["type"] == "http.response.body"
        self._body += message.get("body", b"")
        if message.get("more_body", False) or self._answered:
            return
        self._answered = True
        fields = b"".join(b"%b: %b\r\n" % pair for pair in self._start["headers"])
        if fields.count(b"\n") != len(self._start["headers"]):
            raise ValueError("a header holds an end of line")
        self._keep &= not self._wire.closing and (self._left or 0) <= DISCARD_BYTES
        if not self._keep or self._left is None or (self._waits and self._left):
            fields += b"connection: close\r\n"
            self._keep = False
        self._wire.write(self._start["status"], fields, self._body)
        self._wake()
