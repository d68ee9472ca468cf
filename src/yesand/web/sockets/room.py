"""The room socket: /ws/room/<session id>.

Authorized before it is accepted: the cookie's person must have a place in the session or produce
its program. Everything that is said lies in the room log, so any process can serve any room and a
client that was away asks for what it missed. Pings are answered and stored nowhere.

Besides `log`, `pong` and `error`, the server sends `{"type": "here", "people": [...]}` whenever
who is here changes.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
import time
import uuid
from typing import Any

from channels.consumer import get_handler_name
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.utils.translation import gettext as _

from yesand.infra import bus
from yesand.kit.errors import Refused
from yesand.stage import room
from yesand.stage.models import RoomMessage
from yesand.web.sent import read_json
from yesand.web.sockets import dispatch, engine

log = logging.getLogger("yesand.room")
#: An SDP in JSON has about 10 kB; nothing a room says is larger than this, in characters.
MAX_FRAME = 96 * 1024
PAGE = 200
#: Messages a second one socket may send for long, and at once (ICE candidates come in a burst).
RATE, BURST = 30.0, 150.0
#: Messages of one socket that wait for the database; then the socket itself waits.
WAITING = 32
#: Refused messages beyond the accepted ones after which a flooding socket is closed.
PATIENCE = 200
TOO_BIG, TOO_MANY, BROKEN = 4413, 4429, 1011


class Bucket:
    """How much one socket may still say; pure but for the time it is given."""

    def __init__(self, now: float) -> None:
        self.level, self.at = BURST, now

    def take(self, now: float) -> bool:
        self.level = min(BURST, self.level + (now - self.at) * RATE)
        self.at = now
        if self.level < 1.0:
            return False
        self.level -= 1.0
        return True


class RoomConsumer(AsyncWebsocketConsumer):
    """One page in one room."""

    member: dispatch.Member | None
    subscription: bus.Subscription | None
    engine: asyncio.Task[None] | None
    saying: asyncio.Task[None] | None
    peer: str
    line: str
    """This socket's own word: a page that came back on another one is not gone."""

    async def connect(self) -> None:
        self.changed = asyncio.Event()
        self.last = 0
        self.bucket = Bucket(time.monotonic())
        self.refused = 0
        person = self.scope.get("user")
        if person is None or not person.is_authenticated:
            await self.close()
            return
        session_id: uuid.UUID = self.scope["url_route"]["kwargs"]["session"]
        self.member = await _in_thread(dispatch.enter)(session_id, person)
        if self.member is None:
            await self.close()
            return
        self.reader = room.Reader(self.member.role)
        self.said: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(WAITING)
        self.saying = asyncio.create_task(self._say_in_order())
        await self.accept()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # A fault of ours ends the socket without a disconnect: its reader must not live on.
        self.member, self.subscription, self.engine, self.peer = None, None, None, ""
        self.saying = None
        self.line = uuid.uuid4().hex
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._let_go()

    async def dispatch(self, message: dict[str, Any]) -> None:
        # Channels would first close old connections in a thread that all sockets share: a ping
        # would wait for it. Ours are closed where they were used.
        await getattr(self, get_handler_name(message))(message)

    async def disconnect(self, code: int) -> None:
        await self._let_go()

    async def _let_go(self) -> None:
        """Stop reading the room and tell it that this page is gone; again does nothing."""
        saying, self.saying = self.saying, None
        if saying is not None:  # what came before the end still counts
            if not saying.done():
                await self.said.put(None)
            with contextlib.suppress(asyncio.CancelledError):
                await saying
        subscription, self.subscription = self.subscription, None
        engine_task, self.engine = self.engine, None
        peer, self.peer = self.peer, ""
        if subscription is not None:
            await subscription.__aexit__(None, None, None)
        if engine_task is not None:
            engine_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await engine_task
        if self.member is not None and peer:
            member = self.member
            await _in_thread(room.gone)(member.session, member.role, member.alias, peer, self.line)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        received = time.time()
        if text_data is None or len(text_data) > MAX_FRAME:
            await self._error("too_large", _("A message has at most 64 KiB of text."))
            await self.close(TOO_BIG)
            return
        if not self.bucket.take(time.monotonic()):
            self.refused += 1
            if self.refused > PATIENCE:
                await self.close(TOO_MANY)
            elif self.refused == 1:
                await self._error("too_many", _("That was too much at once. Wait a moment."))
            return
        self.refused = max(0, self.refused - 1)
        try:
            message = read_json(text_data)
        except ValueError:
            await self._error("bad_json", _("That message is not JSON."))
            return
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "ping":
            await self._pong(message, received)
        elif kind == "hello":
            await self._hello(message)
        elif kind == "send":
            # Stored in order beside this: a ping is answered while the database works.
            if self.saying is not None and not self.saying.done():
                await self.said.put(message)
        else:
            await self._error("unknown_type", _("Say hello, send or ping."))

    async def _pong(self, message: dict[str, Any], received: float) -> None:
        t0 = message.get("t0")
        if isinstance(t0, bool) or not isinstance(t0, int | float):
            await self._error("bad_ping", _("A ping carries its time as t0."))
            return
        await self._tell({"type": "pong", "t0": t0, "t1": received, "t2": time.time()})

    async def _hello(self, message: dict[str, Any]) -> None:
        last = message.get("last", 0)
        if isinstance(last, bool) or not isinstance(last, int) or not 0 <= last < 2**63:
            await self._error("bad_hello", _("Say the id of the last message you saw."))
            return
        assert self.member is not None
        self.last = last
        if self.subscription is None:
            self.subscription = bus.subscribe("room", self._pull, key=str(self.member.session.pk))
            await self.subscription.__aenter__()
            if self.member.place is not None:
                self.engine = asyncio.create_task(self._run_engine())
        else:
            self.subscription.due.set()

    async def _say_in_order(self) -> None:
        while (message := await self.said.get()) is not None:
            try:
                await self._send(message)
            except Exception:
                # The page comes back on a new line and says again what was not stored.
                log.exception("a message could not be stored; its line is closed")
                await self.close(BROKEN)
                while not self.said.empty():
                    self.said.get_nowait()
                return

    async def _send(self, message: dict[str, Any]) -> None:
        assert self.member is not None
        kind, nonce = message.get("kind"), message.get("nonce", "")
        body = message.get("body", {})
        if kind == "present" and isinstance(body, dict):
            body = body | {"line": self.line}
        try:
            await _in_thread(dispatch.send)(self.member, kind, body, nonce)
        except Refused as refusal:
            await self._error(refusal.code, refusal.problems[0].says, nonce=nonce, kind=kind)
            return
        if kind == "present":
            self.peer = str(body.get("peer", ""))

    async def _pull(self) -> None:
        """Send what the log holds after the last message sent; runs one at a time."""
        assert self.member is not None
        session_id = self.member.session.pk
        while True:
            rows: list[RoomMessage] = await _in_thread(room.since)(session_id, self.last, PAGE)
            presence = False
            for row in rows:
                if self.reader.may_read(row):
                    await self._tell(self.reader.as_json(row))
                presence = presence or row.kind in ("present", "leave")
                if row.kind in engine.WAKES:
                    self.changed.set()
                self.last = row.pk
            if presence:
                people = await _in_thread(room.people_here)(session_id)
                await self._tell({"type": "here", "people": people})
            if len(rows) < PAGE:
                return

    async def _run_engine(self) -> None:
        """Make this player's planned offers when they are due, and let *And scene* stand."""
        assert self.member is not None
        tries = 0
        while True:
            wait: float | None
            try:
                wait = await _in_thread(engine.tick)(self.member.session.pk, self.member.role)
                tries = 0
            except Exception:
                # A database that was away for a moment must not leave the room without offers.
                log.exception("the engine of a room failed; it looks again")
                tries += 1
                wait = bus.pause_after(tries, random.random())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.changed.wait(), wait)
            self.changed.clear()

    async def _error(self, code: str, says: str, **more: Any) -> None:
        await self._tell({"type": "error", "code": code, "says": str(says), **more})

    async def _tell(self, message: dict[str, Any]) -> None:
        await self.send(json.dumps(message))


class Nowhere(AsyncWebsocketConsumer):
    """Any other address: refused before it is accepted, instead of failing."""

    async def connect(self) -> None:
        await self.close()


def _in_thread(function: Any) -> Any:
    """Rows are read in a thread of the pool: one slow room must not hold up the others."""
    return database_sync_to_async(function, thread_sensitive=False)
