"""HTTP/1.1 for the door: heads by h11, a body's bytes straight to where they stay.

The usual protocols hand a body over in pieces of at most 64 KiB, each copied four times, each
waking the application. Here the kernel writes a body of stated length into the buffer that is
verified and appended; the application wakes when it is whole. Everything about a head (framing,
duplicates, bad bytes) is h11's strict reading. An application that does not know the extension
gets plain ASGI.

    scope["extensions"][EXTENSION] is an `Arriving`, where the body's length was stated.

A connection that sends no whole head in time is closed, a head has HEAD_BYTES at most, and of a
body that nobody asked for no more than DISCARD_BYTES are taken from the line.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import h11

from yesand.web.doors.wire_request import AHEAD_BYTES, DISCARD_BYTES, OneRequest

#: Most bytes of a request's line and headers.
HEAD_BYTES = 64 * 1024
DISCARD_S = 5.0
#: One buffer for every connection: asyncio reads into it and reports in the same call.
_scratch = memoryview(bytearray(256 * 1024))
_PHRASES = {status.value: status.phrase.encode() for status in HTTPStatus}
_PHRASES[460] = b"Checksum Mismatch"


@dataclass
class Serving:
    """What the connections of one server share.

    app: the ASGI application. most: connections at once. keep_s: seconds an idle one is kept.
    """

    app: Any
    most: int
    keep_s: float
    connections: set[Wire] = field(default_factory=set)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _second: int = 0
    _date: bytes = b""

    def date(self) -> bytes:
        """The header that every answer begins with."""
        now = int(time.time())
        if now != self._second:
            # Nothing in this process sets a locale, so the names are English.
            text = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(now))
            self._second, self._date = now, b"date: %b\r\n" % text.encode("ascii")
        return self._date


class Wire(asyncio.BufferedProtocol):
    """One connection. One request at a time; what is sent ahead waits in `_ahead`."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving
        self.loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport = None  # type: ignore[assignment]
        self.server: tuple[str, int] | None = None
        self.client: tuple[str, int] | None = None
        self.scheme = "http"
        self._timer: asyncio.TimerHandle | None = None
        self._ahead = bytearray()
        self._paused = self._gone = self._closing = self._full = False
        self._request: OneRequest | None = None
        self._discard = 0

    # Called by asyncio and the server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.server = _address(transport.get_extra_info("sockname"))
        self.client = _address(transport.get_extra_info("peername"))
        self.scheme = "https" if transport.get_extra_info("sslcontext") else "http"
        self._serving.connections.add(self)
        self._close_in(self._serving.keep_s)

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone = True
        self._serving.connections.discard(self)
        self._close_in(None)
        if self._request is not None:
            self._request.left()

    def get_buffer(self, sizehint: int) -> memoryview:
        place = self._request.place() if self._request is not None else None
        return _scratch if place is None else place

    def buffer_updated(self, nbytes: int) -> None:
        if self._request is not None:
            if self._request.placed(nbytes):
                return
            self._ahead += _scratch[:nbytes]
            self._request.more()
            if len(self._ahead) > AHEAD_BYTES:
                self._stop_reading()
        elif self._discard:
            self._thrown(nbytes)
        else:
            self._ahead += _scratch[:nbytes]
            self._next()

    def pause_writing(self) -> None:
        """Answers pile up: a client that asks and never reads is not heard any further."""
        self._full = True
        self._stop_reading()

    def resume_writing(self) -> None:
        self._full = False
        self.take(0)
        if self._request is None and not self._discard and self._ahead:
            self._next()

    def shutdown(self) -> None:
        """The server stops: a request under way is finished, then the connection ends."""
        self._closing = True
        if self._request is None:
            self._transport.close()

    # Within

    def _close_in(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if seconds is not None:
            self._timer = self.loop.call_later(seconds, self._transport.close)

    def _next(self) -> None:
        """Begin the next request, if its head is whole and the last answers were read."""
        if self._full or self._closing:
            return
        while self._ahead[:2] == b"\r\n":  # an empty line before a request is forgiven
            del self._ahead[:2]
        end = self._ahead.find(b"\r\n\r\n", 0, HEAD_BYTES)
        if end < 0:
            if len(self._ahead) >= HEAD_BYTES:
                self._refuse(431)
            elif self._ahead and (self._ahead[0] < 0x21 or b"\n\n" in self._ahead):
                self._refuse(400)  # no request begins or ends like this
            return
        head = bytes(self._ahead[: end + 4])
        del self._ahead[: end + 4]
        reading = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_BYTES)
        try:
            reading.receive_data(head)
            asked = reading.next_event()
        except h11.RemoteProtocolError as error:
            self._refuse(error.error_status_hint)
            return
        if not isinstance(asked, h11.Request) or reading.trailing_data[0]:
            self._refuse(400)  # h11 saw the head end elsewhere than we did
            return
        if max(len(self._serving.connections), len(self._serving.tasks)) >= self._serving.most:
            self._refuse(503)
            return
        self._close_in(None)
        self._request = OneRequest(self, reading, asked)
        task = self.loop.create_task(self._request.run(self._serving.app))
        task.add_done_callback(self._serving.tasks.discard)
        self._serving.tasks.add(task)

    def _refuse(self, status: int) -> None:
        """Answer what is no request, and end."""
        says = b"Invalid HTTP request received." if status != 503 else b"Too many connections."
        head = f"content-type: text/plain; charset=utf-8\r\ncontent-length: {len(says)}\r\n"
        self.write(status, head.encode() + b"connection: close\r\n", says)
        self._transport.close()

    def write(self, status: int, fields: bytes, body: bytes) -> None:
        """One answer in one piece."""
        line = b"HTTP/1.1 %d %b\r\n" % (status, _PHRASES.get(status, b""))
        if not self._gone:
            self._transport.write(line + self._serving.date() + fields + b"\r\n" + body)

    def go_on(self) -> None:
        """Tell a client that asks before it sends to send."""
        if not self._gone:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    @property
    def closing(self) -> bool:
        return self._closing

    def put_back(self, ahead: bytes) -> None:
        """Bytes after a chunked body: the next request begins with them."""
        self._ahead[:0] = ahead

    def take(self, most: int) -> bytearray:
        """At most so many bytes of what waits; reading goes on."""
        taken = self._ahead[:most]
        del self._ahead[:most]
        if self._paused and not self._full and not self._gone:
            self._paused = False
            self._transport.resume_reading()
        return taken

    def _stop_reading(self) -> None:
        if not self._paused and not self._gone:
            self._paused = True
            self._transport.pause_reading()

    def answered(self, keep: bool, unread: int) -> None:
        """The request is over. unread: bytes of its body that nobody asked for."""
        self._request = None
        if self._gone:
            return
        self._closing |= not keep
        self._discard = min(unread, DISCARD_BYTES)
        self._closing |= unread > DISCARD_BYTES
        if self._discard:
            self._close_in(DISCARD_S)
            self._thrown(len(self.take(self._discard)))
        else:
            self._rest()

    def _thrown(self, count: int) -> None:
        """So many bytes of an unwanted body came."""
        extra = max(0, count - self._discard)
        self._discard -= count - extra
        if extra:  # the next request's first bytes came with the last of the body
            self._ahead += _scratch[count - extra : count]
        if not self._discard:
            self._rest()

    def _rest(self) -> None:
        if self._closing:
            self._transport.close()
            return
        self._close_in(self._serving.keep_s)
        self.take(0)
        if self._ahead:
            self._next()


def _address(name: Any) -> tuple[str, int] | None:
    """(host, port) of a socket's name; None where it has none, as a Unix socket."""
    return (str(name[0]), int(name[1])) if isinstance(name, tuple) else None
