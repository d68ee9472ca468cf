"""The verbs of tus 1.0.0 over the spool.

The order is the promise (docs/dev/decisions/door-order.md): authorize, read the body into
memory, verify it, lock the stream, compare the offset with the file's length, append, sync, and
only then answer 204.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from yesand.formats import crc32c_native
from yesand.kit.errors import Refused, refuse
from yesand.recording.spool import Spool
from yesand.recording.spool_files import SpooledStream, gone
from yesand.recording.tokens import Capability, verify
from yesand.web.doors.answers import TUS, Answer, abilities, described, standing
from yesand.web.doors.limits import Limits
from yesand.web.doors.metrics import Metrics
from yesand.web.doors.requests import OFFSET_TYPE, Bodies, Body, Checksum, Request

if crc32c_native.present():
    from yesand.formats.crc32c_native import crc32c
else:  # slower, and it loads numpy
    from yesand.formats.crc32c import crc32c

Result = TypeVar("Result")
PATH = "/uploads"
#: Verified tokens remembered, so that a stream's every body does not cost a signature.
RIGHTS = 4096


class Uploads:
    """Answers requests below /uploads.

    keys: token keys, the newest first. min_free_bytes: new streams are refused below this much
    free room; streams that exist go on. now: Unix seconds. at: named break points, for tests.
    """

    def __init__(
        self,
        spool: Spool,
        keys: Sequence[bytes],
        limits: Limits,
        min_free_bytes: int,
        metrics: Metrics,
        now: Callable[[], float] = time.time,
        at: Callable[[str], None] = lambda point: None,
    ) -> None:
        self.spool, self.keys, self.limits, self.metrics = spool, keys, limits, metrics
        self.bodies = Bodies(limits.flight_bytes, limits.flight_s)
        self._min_free_bytes, self._now, self._at = min_free_bytes, now, at
        self._threads = ThreadPoolExecutor(limits.threads, thread_name_prefix="spool")
        self._rights: dict[str, Capability] = {}
        self._arriving: Counter[uuid.UUID] = Counter()

    async def answer(self, request: Request) -> Answer:
        """The answer to one request; Refused where it is turned away."""
        if request.verb == "OPTIONS":
            return Answer(204, abilities(self.limits.stream_bytes))
        if request.path not in (PATH, PATH + "/") and request.stream is None:
            raise refuse("unknown", "There is nothing at this address.")
        right = self._right(request.token())
        if request.stream is not None and request.stream != right.stream:
            raise refuse("other_stream", "This key is for another upload.", "Authorization")
        if request.wants_receipt:
            return await self._receipt(request, right)
        if request.header("Tus-Resumable") != TUS:
            raise refuse("wrong_version", f"Send Tus-Resumable: {TUS}.", "Tus-Resumable")
        verbs = (
            {"POST": self._create}
            if request.stream is None
            else {"HEAD": self._head, "PATCH": self._patch, "DELETE": self._delete}
        )
        if request.verb not in verbs:
            raise refuse("no_such_verb", "This address does not know that verb.")
        return await verbs[request.verb](request, right)

    def _right(self, token: str) -> Capability:
        """The capability a token grants now; one that was verified is not computed again."""
        now = self._now()
        known = self._rights.get(token)
        if known is None or now >= known.expires:
            known = verify(self.keys, token, now)
            if len(self._rights) >= RIGHTS:
                self._rights.clear()
            self._rights[token] = known
        return known

    async def blocking(self, call: Callable[..., Result], *arguments: Any) -> Result:
        """Run a spool function in a thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, call, *arguments)

    # Verbs

    async def _create(self, request: Request, right: Capability) -> Answer:
        length, metadata = request.length(), request.metadata()
        checksum, hash_ = request.checksum(), request.stream_hash()
        most = min(right.max_bytes, self.limits.stream_bytes)
        if length is not None and length > most:
            raise refuse("too_large", f"This upload may have {most} bytes.", "Upload-Length")
        self._accepting()
        if self._has_body(request):
            self._right_type(request)
        with self._one_more(right.stream):
            body = await self._body(request, checksum)

        def create() -> SpooledStream:
            self._verified(body, checksum)
            self._room(right.stream)
            stream = self.spool.create(right, metadata)
            if stream.state == "sealed" or (length is None and not hash_ and not body.data):
                return stream
            data = b"" if stream.offset else body.data
            until = min(right.max_bytes, self.limits.stream_bytes)
            return self.spool.append(stream.stream, stream.offset, data, length, hash_, until)

        stream = await self.blocking(create)
        self.metrics.add("creates_total")
        self._count(stream.offset if body.data else 0)
        self._at("door.before_answer")
        return Answer(201, {"Location": f"{PATH}/{stream.stream}"} | standing(stream))

    async def _head(self, request: Request, right: Capability) -> Answer:
        stream = await self.blocking(self.spool.measure, right.stream)
        if stream.state in ("suspect", "terminated"):
            raise gone(stream)
        return Answer(200, described(stream))

    async def _patch(self, request: Request, right: Capability) -> Answer:
        self._right_type(request)
        offset, checksum = request.offset(), request.checksum()
        length, hash_ = request.number("Upload-Length"), request.stream_hash()
        until = min(right.max_bytes, self.limits.stream_bytes)
        if offset + (request.content_length() or 0) > until:
            raise refuse("too_large", f"This upload may have {until} bytes.", "Content-Length")
        self._accepting()
        with self._one_more(right.stream):
            body = await self._body(request, checksum)

        def append() -> SpooledStream:
            self._verified(body, checksum)
            try:
                return self.spool.append(right.stream, offset, body.data, length, hash_, until)
            except Refused as refused:
                if refused.code != "expired":
                    raise
            self.spool.create(right)  # opens it again where this key ends later
            return self.spool.append(right.stream, offset, body.data, length, hash_, until)

        stream = await self.blocking(append)
        self._count(len(body.data))
        if not body.whole:  # kept, because it carries no checksum that could not be compared
            raise _cut(body)
        self._at("door.before_answer")
        return Answer(204, standing(stream))

    async def _delete(self, request: Request, right: Capability) -> Answer:
        await self.blocking(self.spool.terminate, right.stream)
        return Answer(204)

    async def _receipt(self, request: Request, right: Capability) -> Answer:
        if request.verb != "GET":
            raise refuse("no_such_verb", "A receipt can only be read.")
        receipt = await self.blocking(self.spool.receipt, right.stream)
        if receipt is None:
            raise refuse("no_receipt", "The stream is not sealed yet.")
        return Answer(200, {"Content-Type": "application/json"}, receipt.to_bytes())

    # Steps

    def _accepting(self) -> None:
        if self.bodies.draining.is_set():
            raise refuse("draining", "The server restarts; try again in a second.")

    def _has_body(self, request: Request) -> bool:
        return bool(request.content_length()) or request.has("Transfer-Encoding")

    def _right_type(self, request: Request) -> None:
        if request.header("Content-Type").lower() != OFFSET_TYPE:
            raise refuse("wrong_type", f"Send Content-Type: {OFFSET_TYPE}.", "Content-Type")

    async def _body(self, request: Request, checksum: Checksum | None) -> Body:
        limits = self.limits
        if self._has_body(request) and checksum is None and limits.checksum_required:
            raise refuse("checksum_missing", "Send Upload-Checksum.", "Upload-Checksum")
        body = await self.bodies.read(request, limits.body_bytes, limits.idle_s, limits.body_s)
        if not body.whole and (checksum is not None or not body.data):
            raise _cut(body)
        if body.data:
            self._at("door.body_read")
        return body

    @contextmanager
    def _one_more(self, stream: uuid.UUID) -> Any:
        """Count the bodies that arrive for one stream, so that none can fill the process."""
        if self._arriving[stream] >= self.limits.per_stream:
            raise refuse("too_many", "Too many bodies of this stream arrive at once.")
        self._arriving[stream] += 1
        try:
            yield
        finally:
            self._arriving[stream] -= 1
            if not self._arriving[stream]:
                del self._arriving[stream]

    def _verified(self, body: Body, checksum: Checksum | None) -> None:
        if checksum is None:
            return
        if checksum.algorithm == "crc32c":
            digest = crc32c(body.data).to_bytes(4, "big")
        else:
            digest = hashlib.new(checksum.algorithm, body.data).digest()
        if digest != checksum.digest:
            self._at("door.body_refused")
            says = "The body does not match its checksum; send it again."
            raise refuse("wrong_checksum", says, "Upload-Checksum")

    def _room(self, stream: uuid.UUID) -> None:
        """Refuse a new stream while the disk runs full; one that exists goes on."""
        if self.spool.free_bytes() >= self._min_free_bytes:
            return
        try:
            self.spool.look(stream)
        except Refused:
            raise refuse("disk_full", "The disk is nearly full; no new recording starts.") from None

    def _count(self, size: int) -> None:
        if size:
            self.metrics.add("bodies_total")
            self.metrics.add("bytes_total", size)


def _cut(body: Body) -> Refused:
    says = {
        "cut_off": "The body stopped before its end.",
        "too_slow": "The body came too slowly.",
        "draining": "The server restarts; ask for the offset and go on.",
    }
    return refuse(body.why, says[body.why])
