"""Waking other processes: one LISTEN connection per process, with reconnect.

A note carries a channel and a key, never content: whoever is woken pulls rows above the last id
it saw. After a reconnect everybody is woken, so that what was missed in the hole is pulled too.

    bus.notify("room", str(session.id))                   # in the writer's transaction
    async with bus.subscribe("room", wake, key=...):      # in the reader's event loop
        ...                                               # `await wake()` after each commit

Wake-ups that arrive while `wake` runs become one more run. A reader that fails, and a listener
that lost the database, wait longer each time, up to a few seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import weakref
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

import psycopg
from django.db import connection, connections

log = logging.getLogger("yesand.bus")
NAME = "yesand_bus"
CHECK_SECONDS = 20.0  # a silent connection is asked this often whether it still lives
FIRST_RETRY_SECONDS = 0.1
LONGEST_RETRY_SECONDS = 5.0
Wake = Callable[[], Awaitable[None]]


def notify(channel: str, key: str = "") -> None:
    """Wake the readers of `channel` (all of them, and those of `key`) when this commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [NAME, f"{channel}:{key}"])


def pause_after(tries: int, chance: float) -> float:
    """Seconds to wait after the `tries`-th failure in a row (from 1): doubling, bounded.

    chance: 0 to 1, drawn anew each time; at least half is waited. Many readers that lost the
    same database do not come back in one step.
    """
    longest = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(tries - 1, 16))
    return longest * (0.5 + chance / 2)


async def _rest(tries: int) -> None:
    await asyncio.sleep(pause_after(tries, random.random()))


class Subscription:
    """One reader. Woken once at its start, then after each note and each reconnect."""

    def __init__(self, bus: Bus, channel: str, key: str, wake: Wake) -> None:
        self.bus, self.channel, self.key, self.wake = bus, channel, key, wake
        self.due = asyncio.Event()
        self.running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Subscription:
        self.bus.readers.add(self)
        await self.bus.started()
        self.due.set()
        self.running = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.bus.readers.discard(self)
        if self.running is not None:
            self.running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.running
        await self.bus.left()

    def concerns(self, channel: str, key: str) -> bool:
        return self.channel == channel and (not self.key or not key or self.key == key)

    async def _run(self) -> None:
        tries = 0
        while True:
            await self.due.wait()
            self.due.clear()
            try:
                await self.wake()
                tries = 0
            except Exception:
                log.exception("a reader failed; it is woken again", extra={"kind": self.channel})
                tries += 1
                await _rest(tries)
                self.due.set()


class Bus:
    """The listener of one event loop."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self.parameters = parameters
        self.readers: set[Subscription] = set()
        self.listening = asyncio.Event()
        self.task: asyncio.Task[None] | None = None
        self.reconnects = 0

    async def started(self) -> None:
        """Returns when LISTEN holds, or at once where the database is away (we keep trying)."""
        if self.task is None or self.task.done():
            self.listening.clear()
            self.task = asyncio.create_task(self._listen())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.listening.wait(), 2.0)

    async def left(self) -> None:
        """The last reader closes the connection."""
        if self.readers or self.task is None:
            return
        task, self.task = self.task, None
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    def _wake(self, channel: str = "", key: str = "") -> None:
        for reader in list(self.readers):
            if not channel or reader.concerns(channel, key):
                reader.due.set()

    async def _listen(self) -> None:
        tries = 0
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    **self.parameters, autocommit=True, connect_timeout=5
                ) as listener:
                    await listener.execute(f"LISTEN {NAME}")
                    tries = 0
                    self.listening.set()
                    self._wake()
                    await self._follow(listener)
            except (psycopg.Error, OSError) as error:
                log.warning("the listener lost the database: %s", type(error).__name__)
            self.reconnects += 1
            tries += 1
            await _rest(tries)

    async def _follow(self, listener: psycopg.AsyncConnection[Any]) -> None:
        while True:
            async for note in listener.notifies(timeout=CHECK_SECONDS):
                channel, _, key = note.payload.partition(":")
                self._wake(channel, key)
            await listener.execute("SELECT 1")  # raises where the other side is gone


_buses: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Bus] = weakref.WeakKeyDictionary()


def subscribe(channel: str, wake: Wake, key: str = "") -> Subscription:
    """Be woken for `channel` (and `key`, where given) in the running event loop."""
    loop = asyncio.get_running_loop()
    bus = _buses.get(loop)
    if bus is None:
        bus = _buses[loop] = Bus(connection_parameters())
    return Subscription(bus, channel, key, wake)


def connection_parameters() -> dict[str, Any]:
    """What psycopg needs to reach the default database outside Django's own connections."""
    known = connections["default"].get_connection_params()
    return {
        name: value
        for name, value in known.items()
        if name in {"host", "port", "dbname", "user", "password", "sslmode", "sslrootcert"}
    } | {"application_name": "yesand bus"}
