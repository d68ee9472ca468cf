"""One stream of a crowd's client on its way to the door: as the recorder's worker sends it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from yesand.cli.crowd.matter import Film
from yesand.cli.crowd.seen import Seen
from yesand.cli.crowd.wire import Connection, Reply, checksum
from yesand.kit.canonical import StreamHash

#: As in browser/src/recorder/upload.ts.
PIECE = 256 * 1024
RECEIPT_WAITS = (0.3, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
TRIES = 30
BROKEN = (OSError, asyncio.IncompleteReadError, TimeoutError)


class Sending:
    """The bytes of one stream; what is not acknowledged is kept."""

    def __init__(
        self, grant: dict[str, Any], line: Connection, seen: Seen, film: Film | None = None
    ) -> None:
        self.kind, self.seen, self.line = grant["kind"], seen, line
        self.stream = str(grant["stream"])
        self.path = f"/uploads/{self.stream}"
        self.headers = {"Tus-Resumable": "1.0.0", "Authorization": f"Bearer {grant['token']}"}
        self.film = film
        self.kept = bytearray()
        self.hash = StreamHash()
        self.length = 0
        self.acknowledged = 0
        self.created = self.broken = False
        self.busy = asyncio.Lock()

    def add(self, data: bytes) -> None:
        """Bytes that were just recorded."""
        self.kept += data
        self.hash.update(data)
        self.length += len(data)

    def reach(self, length: int) -> None:
        """The film has been recorded so far."""
        self.length = max(self.length, length)

    def _body(self) -> bytes | memoryview:
        count = min(self.length - self.acknowledged, PIECE)
        if self.film is not None:
            return memoryview(self.film.data)[self.acknowledged : self.acknowledged + count]
        return bytes(self.kept[:count])

    async def send(self) -> None:
        """Send what is there; one at a time."""
        async with self.busy:
            tries = 0
            while not self.broken and (not self.created or self.acknowledged < self.length):
                tries = 0 if await self._step() else tries + 1
                if tries > TRIES:
                    self._give_up("the door took nothing more")
                elif tries:
                    await asyncio.sleep(min(2.0, 0.1 * 2**tries))

    async def _step(self) -> bool:
        try:
            if not self.created:
                headers = {**self.headers, "Upload-Defer-Length": "1"}
                reply = await self.line.ask("POST", "/uploads", headers)
                self.created = reply.status == 201
                return self.created or self._refused(reply)
            body, before = self._body(), time.monotonic()
            reply = await self._patch(body)
            if reply.status != 204:
                self._refused(reply)
                return await self._find()
            self.seen.patch[self.seen.slot()].append((time.monotonic() - before) * 1000)
            self._took(self.acknowledged + len(body))
            return True
        except BROKEN as error:
            self.seen.refused[type(error).__name__] += 1
            return await self._find() if self.created else False

    async def _patch(self, body: bytes | memoryview, **more: str) -> Reply:
        headers = {
            **self.headers,
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(self.acknowledged),
            "Upload-Checksum": checksum(body),
            **more,
        }
        return await self.line.ask("PATCH", self.path, headers, body)

    async def _find(self) -> bool:
        """Ask how much the door has, after anything odd."""
        try:
            reply = await self.line.ask("HEAD", self.path, self.headers)
        except BROKEN:
            return False
        if reply.status != 200:
            return self._refused(reply)
        if not self.acknowledged <= reply.offset <= self.length:
            self._give_up(f"the door has {reply.offset}, acknowledged were {self.acknowledged}")
            return False
        self._took(reply.offset)
        return True

    def _took(self, offset: int) -> None:
        new = offset - self.acknowledged
        if self.film is None:
            del self.kept[:new]
        self.acknowledged = offset
        self.seen.bytes += new

    def _refused(self, reply: Reply) -> bool:
        self.seen.refused[f"{self.kind} {reply.status}"] += 1
        return False

    def _give_up(self, why: str) -> None:
        self.broken = True
        self.seen.lost.append(f"{self.kind} {self.stream}: {why}")

    def total_hash(self) -> str:
        """`StreamHash` of everything."""
        return self.hash.hexdigest() if self.film is None else self.film.hash_of(self.length)

    async def finish(self) -> None:
        """Send the rest and declare the end."""
        await self.send()
        hashed = self.total_hash()
        for _ in range(TRIES):
            if self.broken:
                return
            try:
                more = {"Upload-Length": str(self.length), "Upload-Stream-Hash": hashed}
                reply = await self._patch(b"", **more)
                if reply.status == 204:
                    return
                self._refused(reply)
            except BROKEN as error:
                self.seen.refused[type(error).__name__] += 1
            await asyncio.sleep(0.5)
        self._give_up("its end could not be declared")

    async def receipt(self, until: Callable[[], float]) -> None:
        """Wait for the sealed receipt and compare it. until: monotonic; after it none counts as
        lost.
        """
        declared, hashed = time.monotonic(), self.total_hash()
        for nth in range(10_000):
            if self.broken:
                return
            wait = RECEIPT_WAITS[min(nth, len(RECEIPT_WAITS) - 1)]
            await asyncio.sleep(max(0.0, min(wait, until() - time.monotonic())))
            try:
                reply = await self.line.ask("GET", f"{self.path}/receipt", self.headers)
            except BROKEN:
                continue
            if reply.status == 200:
                told = reply.json()
                if (told["length"], told["hash"]) != (self.length, hashed):
                    self._give_up(f"the receipt is of {told['length']} other bytes")
                # Whoever asks seldom learns late: the seal itself says when it was.
                since = time.monotonic() - declared
                self.seen.seal.append(max(0.0, since - (time.time() - told["sealed_at"])))
                return
            if time.monotonic() >= until():
                self._give_up("no receipt")
