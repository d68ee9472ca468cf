"""The worker processes: `now` runs flows, mail and ticks; `work` and `spool` compute.

Bodies of `work` and `spool` run in the nursery's children, so that a body that holds the
interpreter never stops the heartbeat. A job whose worker vanished is found by the missing
heartbeat and put back.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import procrastinate
from django.conf import settings
from django.db import connections
from procrastinate import exceptions, job_context
from procrastinate import jobs as queue_jobs
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from yesand.infra import bus, jobs, logs
from yesand.infra.child import spawn
from yesand.kit.errors import Refused

HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 10.0
REAP_SECONDS = 5.0
GIVE_UP_AFTER = 6
# One thread each: the worker runs as many bodies as there are cores, and the nursery forks, which
# a thread of a library (jemalloc's, inside Arrow) does not survive.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
log = logging.getLogger("yesand.jobs")


class BodyFailed(Exception):
    """A body in a child failed; the text says how."""


class Again(BaseRetryStrategy):
    """Try a body again after 2, 4, 8, ... seconds; a refusal would only be refused again."""

    def __init__(self, attempts: int) -> None:
        self.attempts = attempts

    def get_retry_decision(
        self, *, exception: BaseException, job: queue_jobs.Job
    ) -> RetryDecision | None:
        if isinstance(exception, Refused) or job.attempts + 1 >= self.attempts:
            return None
        return RetryDecision(retry_in={"seconds": 2 ** (job.attempts + 1)})


class Children:
    """The worker's end of the nursery."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.writer: asyncio.StreamWriter | None = None
        self.reading: asyncio.Task[None] | None = None
        self.starting = asyncio.Lock()
        self.count = 0

    async def run(self, body: jobs.Body, ids: jobs.Ids) -> float:
        """Run a body in a child; the CPU seconds that it took, with all that it started.

        Raises Refused's text as BodyFailed, too: see `refused`.
        """
        async with self.starting:
            if self.reading is None or self.reading.done():
                await self._start()
        assert self.writer is not None
        self.count += 1
        number = self.count
        future = self.waiting[number] = asyncio.get_running_loop().create_future()
        limits = asdict(body.limits)
        limits["network"] = limits["network"] or needs_network()
        asked = {"id": number, "name": body.name, "ids": ids, "limits": limits}
        self.writer.write(json.dumps(asked).encode() + b"\n")
        await self.writer.drain()
        try:
            answer = await future
        finally:
            self.waiting.pop(number, None)
        if not answer["ok"]:
            raise (RefusedInChild if answer["refused"] else BodyFailed)(answer["says"])
        return float(answer["cpu_s"])

    async def _start(self) -> None:
        await self.stop()
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = spawn(
                [sys.executable, "-m", "yesand.infra.nursery", str(theirs.fileno())],
                on_death=signal.SIGKILL,
                env={**os.environ, **ONE_THREAD},
                pass_fds=[theirs.fileno()],
            )
        reader, self.writer = await asyncio.open_unix_connection(sock=ours)
        if not await reader.readline():
            raise BodyFailed("the nursery did not start")
        self.reading = asyncio.create_task(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            answer = json.loads(line)
            future = self.waiting.get(answer["id"])
            if future is not None and not future.done():
                future.set_result(answer)
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(BodyFailed("the nursery ended"))

    async def stop(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            await asyncio.to_thread(self.process.wait)
        if self.reading is not None:
            self.reading.cancel()
        if self.writer is not None:
            self.writer.close()


class RefusedInChild(BodyFailed, Refused):
    """A body refused: trying again would change nothing."""

    def __init__(self, says: str) -> None:
        Exception.__init__(self, says)


def needs_network() -> bool:
    """True where rows or objects are not on this machine's file system."""
    host = settings.DATABASES["default"]["HOST"]
    return not host.startswith("/") or not settings.OBJECTS_URL.startswith("file:")


def queues_of(kind: str) -> list[str]:
    """The queues that a worker of this kind takes from."""
    if kind == "now":
        return ["now"]
    if kind == "work":
        return ["work", jobs.spool_queue()]
    raise ValueError(f"no such worker: {kind}")


class Worker:
    """One worker process of a kind, `now` or `work`."""

    def __init__(self, kind: str, concurrency: int = 0) -> None:
        jobs.load()
        self.kind = kind
        self.queues = queues_of(kind)
        cores = os.cpu_count() or 1
        self.concurrency = concurrency or (4 if kind == "now" else max(1, cores - 1))
        self.children = Children()
        self.threads = ThreadPoolExecutor(self.concurrency + len(jobs.TICKS) + 1, "body")
        parameters = {**bus.connection_parameters(), "application_name": f"yesand {kind}"}
        self.app = procrastinate.App(connector=PsycopgConnector(kwargs=parameters))
        for body in jobs.BODIES.values():
            self.app.task(name=body.name, retry=Again(body.attempts), pass_context=True)(
                self._runner(body)
            )

    def _runner(self, body: jobs.Body) -> Callable[..., Awaitable[None]]:
        async def run(context: job_context.JobContext, **ids: Any) -> None:
            began = time.monotonic()
            with logs.bind(job=context.job.id):
                took: dict[str, Any] = {"kind": body.name}
                if body.queue == "now":
                    await self._in_thread(jobs.run, body.name, ids)
                else:
                    took["cpu_s"] = await self.children.run(body, ids)
                log.info("job done", extra=took | {"seconds": round(time.monotonic() - began, 3)})

        return run

    async def _in_thread(self, call: Callable[..., Any], *words: Any) -> Any:
        def closed() -> Any:
            try:
                return call(*words)
            finally:
                connections.close_all()

        known = logs.carried(closed)
        return await asyncio.get_running_loop().run_in_executor(self.threads, known)

    async def run(self, stop: asyncio.Event | None = None) -> None:
        """Work until `stop` is set, or until SIGINT or SIGTERM."""
        async with self.app.open_async():
            extra = [asyncio.create_task(work) for work in self._beside()]
            worker = asyncio.create_task(
                self.app.run_worker_async(
                    queues=self.queues,
                    name=self.kind,
                    concurrency=self.concurrency,
                    fetch_job_polling_interval=1.0,
                    delete_jobs="successful",
                    install_signal_handlers=stop is None,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=STALLED_SECONDS,
                    shutdown_graceful_timeout=10.0,
                )
            )
            ended = [worker, *extra]
            if stop is not None:
                ended.append(asyncio.create_task(_wait(stop)))
            try:
                done, _ = await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED)
                for one in done:
                    one.result()  # a tick that died is a bug: end loudly, be started again
            finally:
                for one in ended:
                    one.cancel()
                await asyncio.gather(*ended, return_exceptions=True)
                await self.children.stop()
                self.threads.shutdown(wait=False, cancel_futures=True)

    def _beside(self) -> Sequence[Coroutine[Any, Any, None]]:
        if self.kind != "now":
            return []
        return [self._tick(known) for known in jobs.TICKS.values()] + [self._reap_for_ever()]

    async def _tick(self, known: jobs.Tick) -> None:
        """Run a tick when woken, and at least every `every` seconds."""
        due = asyncio.Event()

        async def wake() -> None:
            due.set()

        listening = bus.subscribe(known.wake, wake) if known.wake else contextlib.nullcontext()
        async with listening:
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(due.wait(), known.every)
                due.clear()
                try:
                    await self._in_thread(_locked, f"tick:{known.name}", known.call)
                except Exception:
                    log.exception("a tick failed", extra={"kind": known.name})
                    await asyncio.sleep(1.0)

    async def _reap_for_ever(self) -> None:
        while True:
            await asyncio.sleep(REAP_SECONDS)
            try:
                await reap(self.app)
            except (exceptions.ConnectorException, OSError):
                log.exception("could not look for stalled jobs")


def _locked(key: str, call: Callable[[], None]) -> None:
    with jobs.held(key):
        call()


async def _wait(stop: asyncio.Event) -> None:
    await stop.wait()


async def reap(app: procrastinate.App, seconds: float = STALLED_SECONDS) -> int:
    """Put jobs of vanished workers back, or fail those that ended too many. Returns how many."""
    found = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=seconds))
    for job in found:
        log.warning("a worker vanished in a job", extra={"kind": job.task_name})
        if job.attempts + 1 >= GIVE_UP_AFTER:
            await app.job_manager.finish_job(job, status=queue_jobs.Status.FAILED, delete_job=False)
        else:
            await app.job_manager.retry_job(job)
    return len(found)
