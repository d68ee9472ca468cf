"""The upload door as an ASGI application: no Django, no database.

    YESAND_HOME=var python -m yesand.web.doors         serves it with a clean stop on SIGTERM
    uvicorn yesand.web.doors.app:app                   the same application

Beside /uploads it answers /healthz (anybody) and /metrics (loopback, never through a proxy).
X-Forwarded-* headers are never read: Location is relative.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from yesand.infra import environ, secrets
from yesand.kit.errors import Refused, refuse
from yesand.recording.spool import Spool
from yesand.web.doors.answers import TUS, Answer, cors, refusal
from yesand.web.doors.breaks import Breaks
from yesand.web.doors.limits import read_limits
from yesand.web.doors.metrics import Metrics
from yesand.web.doors.requests import Receive, Request, Scope, Send
from yesand.web.doors.tus import Uploads

log = logging.getLogger("yesand.door")


class Door:
    """The application. It reads its environment when the server starts it, not on import."""

    def __init__(self, env: Mapping[str, str] | None = None) -> None:
        self._env = env
        self.metrics = Metrics()
        self.uploads: Uploads | None = None
        self._origins: frozenset[str] = frozenset()
        self._beside: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Read settings and keys. Raises Refused."""
        env = os.environ if self._env is None else self._env
        settings, limits, breaks = environ.read(env), read_limits(env), Breaks(env)
        keys = [secrets.read(settings.home, "upload_token")]
        sync = self.metrics.timed(breaks.sync())
        spool = Spool(settings.spool, write=breaks.write(), sync=sync, at=breaks.at)
        self._origins = origins(settings)
        self.uploads = Uploads(
            spool, keys, limits, settings.min_free_bytes, self.metrics, at=breaks.at
        )

    async def open(self) -> None:
        """Start, and look at every stream on this node while the first requests are answered.

        A request asks the disk about its own stream, so it need not wait for the look at all of
        them. Raises Refused.
        """
        if self.uploads is None:
            self.start()
        self._beside = [asyncio.create_task(self._look()), asyncio.create_task(self.sweep())]

    async def close(self) -> None:
        """End what runs beside the requests."""
        for one in self._beside:
            one.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)

    async def _look(self) -> None:
        uploads = self.uploads
        assert uploads is not None
        try:
            scan = await uploads.blocking(uploads.spool.scan, uploads._now())
        except Exception:
            log.exception("the look at what lies in the spool failed")
            return
        log.info(
            "door open: %d streams, %d complete, %d unreadable, %d left-overs removed",
            len(scan.streams),
            sum(stream.complete for stream in scan.streams),
            len(scan.unreadable),
            scan.litter_removed,
        )

    async def sweep(self) -> None:
        """Stop streams whose key ran out, again and again; a new key opens them again."""
        uploads = self.uploads
        assert uploads is not None
        while True:
            await asyncio.sleep(uploads.limits.sweep_s)
            try:
                stopped = await uploads.blocking(uploads.spool.expire, uploads._now())
            except Exception:
                log.exception("the look for expired streams failed; it is tried again")
                continue
            self.metrics.add("expired_total", len(stopped))

    def drain(self) -> None:
        """Take no new bodies; give those arriving a last moment. Called in the event loop."""
        if self.uploads:
            self.uploads.bodies.drain(self.uploads.limits.drain_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            answer = await self._answer(scope, receive)
            headers = list(answer.raw_headers())
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            body = b"" if scope["method"] == "HEAD" else answer.body
            await send({"type": "http.response.body", "body": body})
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.open()
        except Refused as refused:
            await send({"type": "lifespan.startup.failed", "message": str(refused)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        origin = ""
        try:
            request = Request(scope, receive)
            origin = request.header("Origin")
            if origin and origin not in self._origins and request.verb != "OPTIONS":
                raise refuse("other_origin", "Only this deployment's pages may upload.", "Origin")
            answer = await self._route(request)
        except Refused as refused:
            answer = refusal(refused)
            self.metrics.add(f'refused_total{{code="{refused.code}"}}')
        except Exception:
            log.exception("the door failed")
            self.metrics.add("failures_total")
            body = b'{"code": "failed", "where": "", "says": "The server failed; try again."}\n'
            answer = Answer(500, {"Content-Type": "application/json"}, body)
        answer.headers |= {
            "Tus-Resumable": TUS,
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Vary": "Origin",
        }
        if answer.status == 412:
            answer.headers["Tus-Version"] = TUS
        if origin in self._origins:
            answer.headers |= cors(origin, scope["method"] == "OPTIONS")
        return answer

    async def _route(self, request: Request) -> Answer:
        assert self.uploads is not None, "the server has started the door before"
        if request.path == "/healthz":
            return self._health()
        if request.path == "/metrics":
            if not _is_local(request):
                raise refuse("unknown", "There is nothing at this address.")
            bodies = self.uploads.bodies
            gauges: dict[str, float] = {
                "flight_room_bytes": bodies.room,
                "spool_free_bytes": self.uploads.spool.free_bytes(),
            }
            text = self.metrics.text(gauges).encode()
            return Answer(200, {"Content-Type": "text/plain; version=0.0.4"}, text)
        return await self.uploads.answer(request)

    def _health(self) -> Answer:
        assert self.uploads is not None
        broken = self.uploads.spool.broken
        draining = self.uploads.bodies.draining.is_set()
        free = self.uploads.spool.free_bytes()
        fine = not broken and not draining
        says = "The spool's disk failed; look at the log." if broken else ""
        state = {"ok": fine, "draining": draining, "free_bytes": free, "says": says}
        body = json.dumps(state).encode() + b"\n"
        return Answer(200 if fine else 503, {"Content-Type": "application/json"}, body)


def origins(settings: environ.Settings) -> frozenset[str]:
    """The origins our own pages have: the base address, and this node's other names beside it."""
    base = urlsplit(settings.base_url)
    port = f":{base.port}" if base.port else ""
    names = (*(environ.LOOPBACK if settings.loopback else ()), *settings.hosts)
    others = (f"[{name}]" if ":" in name else name for name in names)
    return frozenset(
        _origin(url) for url in (settings.base_url, *(f"{base.scheme}://{o}{port}" for o in others))
    )


def _origin(url: str) -> str:
    """scheme://host[:port] as a browser sends it: default ports are left out."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    standard = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (
        f":{parts.port}" if parts.port not in (None, standard) else ""
    )


def _is_local(request: Request) -> bool:
    """Whether the request comes from this machine and not through a proxy on it."""
    if any(request.has(name) for name in ("X-Forwarded-For", "Forwarded", "Via")):
        return False
    client = request.scope.get("client")
    try:
        return client is None or ip_address(client[0]).is_loopback
    except ValueError:
        return False


app = Door()
