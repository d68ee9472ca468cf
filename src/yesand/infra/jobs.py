"""Jobs: the queue as the flows see it. Procrastinate stays behind this page.

A job is a name and ids. Its body is a function that `flows` registers:

    @jobs.body("seal_stream", queue="spool", wall_s=120)
    def seal_stream(stream: str) -> None: ...

    jobs.defer("seal_stream", stream=row.id, node=row.spool_node)   # in the verb's transaction

    @jobs.tick("sweep_facts", every=5, wake=facts.CHANNEL)          # in the worker `now`
    def sweep_facts() -> None: ...

Queues: `now` (flows, mail, ticks; never computes), `work` (bodies in a child process with memory,
CPU and wall limits), `spool` (as `work`, on the machine whose spool holds the bytes). The same
name with the same ids waits once. Each body runs under an advisory lock on its name and ids, and
any body may run twice: a worker that vanished is found by its heartbeat and its job runs again.
Tests use `in_memory()`.
"""

from __future__ import annotations

import importlib
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from procrastinate import exceptions
from procrastinate.contrib.django import app as django_app

from yesand.infra import logs

Queue = Literal["now", "work", "spool"]
Ids = dict[str, str | int]
GIB = 2**30


@dataclass(frozen=True)
class Limits:
    """What one run of a body may take before it is ended. network: may it leave the machine?"""

    wall_s: float = 600.0
    cpu_s: int = 600
    memory_bytes: int = 3 * GIB
    network: bool = False


@dataclass(frozen=True)
class Body:
    """A registered job. attempts: runs before it is given up; waits 2, 4, 8, ... s between.

    rank: of what waits, the highest is taken first, then the oldest.
    """

    name: str
    queue: Queue
    call: Callable[..., None]
    attempts: int
    limits: Limits
    rank: int = 0


@dataclass(frozen=True)
class Tick:
    """A function of the worker `now`, run every `every` seconds and when `wake` is notified."""

    name: str
    every: float
    wake: str
    call: Callable[[], None]


#: Modules that bodies load late; the nursery loads them before it forks, once for all children.
PRELOADED: list[str] = []
BODIES: dict[str, Body] = {}
TICKS: dict[str, Tick] = {}


def body(
    name: str,
    queue: Queue = "now",
    *,
    attempts: int = 6,
    wall_s: float = 600.0,
    cpu_s: int = 600,
    memory_gib: float = 3.0,
    network: bool = False,
    rank: int = 0,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function that takes ids by keyword, as strings or whole numbers."""

    def register(call: Callable[..., None]) -> Callable[..., None]:
        known = BODIES.get(name)
        if known is not None and known.call.__qualname__ != call.__qualname__:
            raise ValueError(f"two bodies are named {name!r}")
        limits = Limits(wall_s, cpu_s, int(memory_gib * GIB), network)
        BODIES[name] = Body(name, queue, call, attempts, limits, rank)
        return call

    return register


def tick(
    name: str, *, every: float, wake: str = ""
) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register a sweep. `every` in seconds is the longest wait; a note on `wake` comes first."""

    def register(call: Callable[[], None]) -> Callable[[], None]:
        TICKS[name] = Tick(name, every, wake, call)
        return call

    return register


def preload(module: str) -> None:
    """Let children find this module loaded."""
    if module not in PRELOADED:
        PRELOADED.append(module)


def load() -> None:
    """Import the module of the settings that registers all bodies and ticks."""
    importlib.import_module(settings.JOBS_MODULE)


def plain(ids: dict[str, Any]) -> Ids:
    """Ids as the queue stores them: UUIDs become text. Raises TypeError for anything else."""
    done: Ids = {}
    for key, value in ids.items():
        if isinstance(value, uuid.UUID):
            value = str(value)
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise TypeError(f"a job takes ids; {key} is {type(value).__name__}")
        done[key] = value
    return done


def key_of(name: str, ids: Ids) -> str:
    """What makes two jobs the same job."""
    return f"{name}:{json.dumps(ids, sort_keys=True, separators=(',', ':'))}"


def defer(
    name: str,
    *,
    at: datetime | None = None,
    after: timedelta | None = None,
    node: str = "",
    **ids: Any,
) -> None:
    """Put a job on its queue, in the caller's transaction.

    at, after: not before then. node: the spool node of a `spool` job, default our own.
    The same job that still waits for the same moment is not put twice. Raises KeyError for an
    unknown name.
    """
    known, values = BODIES[name], plain(ids)
    due = at if at is not None else (timezone.now() + after if after is not None else None)
    if _memory:
        _memory[-1].put(name, values, due)
        return
    queue = known.queue if known.queue != "spool" else spool_queue(node)
    key = key_of(name, values) + (f"@{due.isoformat()}" if due else "")
    try:
        with transaction.atomic():  # a savepoint: the refusal must not end the caller's own
            django_app.configure_task(
                name,
                queue=queue,
                queueing_lock=key,
                schedule_at=due,
                priority=known.rank,
                allow_unknown=True,
            ).defer(**values)
    except exceptions.AlreadyEnqueued:
        return


def spool_queue(node: str = "") -> str:
    return f"spool-{node or settings.SPOOL_NODE}"


@contextmanager
def held(key: str) -> Iterator[None]:
    """Hold the advisory lock of `key` on this thread's connection; waits for another holder."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [key])
    try:
        yield
    finally:
        # A broken connection has given the lock back; a failed transaction gives it back when
        # its connection closes, and can say nothing before.
        alive = connection.connection is not None and not connection.connection.closed
        if alive and not (connection.in_atomic_block and connection.needs_rollback):
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])


def run(name: str, ids: Ids) -> None:
    """Run a body here and now, under its lock."""
    known = BODIES[name]
    shown = {key: value for key, value in ids.items() if key == "take"}
    with logs.bind(kind=name, **shown), held(key_of(name, ids)):
        known.call(**ids)


# --- tests ------------------------------------------------------------------------------------


@dataclass
class Waiting:
    name: str
    ids: Ids
    due: datetime | None


@dataclass
class Memory:
    """A queue in memory with virtual time: jobs run when the test says so."""

    waiting: list[Waiting] = field(default_factory=list)
    ran: list[tuple[str, Ids]] = field(default_factory=list)

    def put(self, name: str, ids: Ids, due: datetime | None) -> None:
        item = Waiting(name, ids, due)
        if item not in self.waiting:
            self.waiting.append(item)

    def run(self, until: datetime | None = None, limit: int = 1000) -> list[str]:
        """Wake the ticks that listen, then run what is due, until nothing is left to do.

        until: virtual now; default the real one. Returns the names in the order they ran. An
        error in a body passes through to the test. Raises RuntimeError after `limit` jobs.
        """
        names: list[str] = []
        while True:
            before = len(self.waiting)
            for known in list(TICKS.values()):
                if known.wake:
                    known.call()
            now = until if until is not None else timezone.now()
            due = [item for item in self.waiting if item.due is None or item.due <= now]
            if not due:
                if len(self.waiting) == before:
                    return names
                continue
            item = due[0]
            self.waiting.remove(item)
            run(item.name, item.ids)
            self.ran.append((item.name, item.ids))
            names.append(item.name)
            if len(names) >= limit:
                raise RuntimeError(f"jobs make jobs without end: {names[-10:]}")


_memory: list[Memory] = []


@contextmanager
def in_memory() -> Iterator[Memory]:
    """Inside, `defer` fills a queue of this test's own; `queue.run()` runs it."""
    load()
    queue = Memory()
    _memory.append(queue)
    try:
        yield queue
    finally:
        _memory.remove(queue)
