"""One kept connection to the door or the pages, with as little work as a request can take."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass
from typing import Any

from yesand.formats.crc32c import crc32c


@dataclass(frozen=True)
class Reply:
    """An answer: header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def offset(self) -> int:
        return int(self.headers["upload-offset"])

    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """HTTP/1.1 to one port of this machine, one request at a time, made anew when it ends."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._lock = asyncio.Lock()
        self._ends: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, verb: str, path: str, headers: dict[str, str], body: bytes | memoryview = b""
    ) -> Reply:
        """One request. Raises OSError or asyncio.IncompleteReadError where the line broke."""
        head = [f"{verb} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        if body or verb in ("POST", "PATCH"):
            head.append(f"Content-Length: {len(body)}")
        sent = ("\r\n".join(head) + "\r\n\r\n").encode()
        async with self._lock:
            for again in (True, False):
                kept = self._ends is not None
                try:
                    return await asyncio.wait_for(self._exchange(verb, sent, body), 30)
                except (OSError, asyncio.IncompleteReadError) as error:
                    self._drop()
                    # A server may close a line that was idle; a browser then asks on a new one.
                    idle = isinstance(error, ConnectionError | asyncio.IncompleteReadError)
                    if not (again and kept and idle):
                        raise
        raise AssertionError("unreachable")

    async def _exchange(self, verb: str, head: bytes, body: bytes | memoryview) -> Reply:
        if self._ends is None:
            self._ends = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self._ends
        writer.writelines([head, body])
        await writer.drain()
        raw = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        named = (line.partition(":") for line in raw[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in named}
        length = 0 if verb == "HEAD" else int(headers.get("content-length", "0"))
        read = await reader.readexactly(length) if length else b""
        if headers.get("connection", "").lower() == "close":
            self._drop()
        return Reply(int(raw[0].split()[1]), headers, read)

    def _drop(self) -> None:
        if self._ends is not None:
            self._ends[1].close()
            self._ends = None

    def close(self) -> None:
        self._drop()


def checksum(body: bytes | memoryview) -> str:
    """The Upload-Checksum header of a body."""
    return f"crc32c {base64.b64encode(crc32c(body).to_bytes(4, 'big')).decode()}"
