"""`yesand serve`: the process tree of one machine, in one terminal, with one log.

    supervisor ─┬─ postgres (the embedded cluster, unless YESAND_DATABASE_URL is set)
                ├─ door      uploads, no Django
                ├─ web       pages and sockets
                ├─ now       flows, mail, ticks
                └─ work      jobs that compute, each in a child of its own

A part that ends is started again, later each time it ends soon. Stopping ends the parts first
and the database last. If the supervisor is killed, the kernel kills the parts and stops the
database: nothing is acknowledged that a kill could lose.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yesand.infra import logs, secrets
from yesand.infra.child import spawn
from yesand.infra.cluster import Cluster
from yesand.infra.environ import Settings
from yesand.infra.onelog import OneLog
from yesand.kit.errors import refuse

log = logging.getLogger("yesand.serve")
WEB = "yesand.web.served:application"
DOOR = "yesand.web.doors"
GRACE_SECONDS = 8.0
STEADY_SECONDS = 60.0  # a part that ran this long starts its back-off anew
BACK_OFF = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
FOLDERS = ("spool", "objects", "mail", "logs", "releases")
Ready = Callable[[Settings], Awaitable[None]]


@dataclass
class Part:
    """One child. words: its command. starts: how often it was started."""

    name: str
    words: list[str]
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    soon: int = 0
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


class Supervisor:
    """Starts, watches and stops everything of one home."""

    def __init__(self, settings: Settings, *, log_to_terminal: bool = False) -> None:
        self.settings = settings
        self.stopping = asyncio.Event()
        self.hard = False
        self.parts: dict[str, Part] = {}
        self.cluster: Cluster | None = None
        self.one_log = OneLog(settings.logs / "yesand.log", terminal=log_to_terminal)
        # The kernel ends a child with the thread that made it: this one lives as long as we do.
        self.thread = ThreadPoolExecutor(1, "cluster")
        self.lock: int | None = None

    # --- before anything runs -----------------------------------------------------------

    def claim(self) -> None:
        """Make the home ours. Raises Refused where it is served already or a port is taken."""
        here = self.settings
        here.home.mkdir(parents=True, exist_ok=True)
        for name in FOLDERS:
            (here.home / name).mkdir(exist_ok=True)
        self.lock = os.open(here.home / "serve.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            where = running_at(here.home) or "another address"
            says = f"YesAnd already runs on this home: {where}"
            raise refuse("already_running", says, str(here.home)) from None
        for port, name in ((here.port, "YESAND_PORT"), (here.door_port, "YESAND_DOOR_PORT")):
            if not port_is_free(here.host, port):
                says = f"Port {port} is taken by another program; set {name} to a free one."
                raise refuse("port_taken", says)
        secrets.make_all(here.home)
        note = {"url": here.base_url, "pid": os.getpid()}
        (here.home / "serve.json").write_text(json.dumps(note), "utf-8")

    def _words(self) -> dict[str, list[str]]:
        here = self.settings
        web = [sys.executable, "-m", "uvicorn", WEB, "--host", here.host, "--port", str(here.port)]
        web += ["--no-access-log", "--log-level", "warning", "--lifespan", "off"]
        web += ["--timeout-graceful-shutdown", "3", "--no-server-header"]
        # Messages of a room are short: packing them costs 0.3 MB a socket and gains nothing.
        web += ["--ws-per-message-deflate", "false"]
        web += ["--proxy-headers" if here.behind_proxy else "--no-proxy-headers"]
        if here.tls_cert:
            web += ["--ssl-certfile", here.tls_cert, "--ssl-keyfile", here.tls_key]
        command = [sys.executable, "-m", "yesand.cli.main"]
        return {
            "door": [sys.executable, "-m", DOOR],
            "web": web,
            "now": [*command, "worker", "now"],
            "work": [*command, "worker", "work"],
        }

    # --- the life of the tree -----------------------------------------------------------

    async def run(self, on_ready: Ready | None = None) -> int:
        """Serve until a signal, then return 0. `on_ready` runs once all answer.

        Its end does not end us, its error does. Raises Refused where the start fails.
        """
        self.claim()
        self._hear_signals()
        ready_task = None
        try:
            starting = asyncio.create_task(self._start_all())
            await self._either(starting)
            if not self.stopping.is_set():
                if on_ready is not None:
                    ready_task = asyncio.ensure_future(on_ready(self.settings))
                    await self._either(ready_task)
                await self.stopping.wait()
            else:
                starting.cancel()
                await asyncio.gather(starting, return_exceptions=True)
        finally:
            if ready_task is not None and not ready_task.done():
                ready_task.cancel()
                await asyncio.gather(ready_task, return_exceptions=True)
            await self._stop_all()
        return 0

    async def _either(self, work: asyncio.Future[None]) -> None:
        """Wait for `work` or for the signal; an error of `work` is raised."""
        stop = asyncio.ensure_future(self.stopping.wait())
        both: set[asyncio.Future[Any]] = {work, stop}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if work.done() and not work.cancelled():
            work.result()

    def _hear_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._asked_to_stop)

    def _asked_to_stop(self) -> None:
        """The first time kindly; the second time nothing is waited for."""
        if self.stopping.is_set():
            self.hard = True
            for part in self.parts.values():
                _signal(part, signal.SIGKILL)
        self.stopping.set()

    async def _start_all(self) -> None:
        for name, words in self._words().items():
            self.parts[name] = Part(name, words)
        self._begin(self.parts["door"])  # it needs no rows
        if not self.settings.database_url:
            await self._start_cluster()
        await self._migrate()
        for name in ("web", "now", "work"):
            self._begin(self.parts[name])
        await asyncio.gather(
            answers(self.settings, self.settings.door_port),
            answers(self.settings, self.settings.port),
        )

    async def _start_cluster(self) -> None:
        here = self.settings
        self.cluster = Cluster(
            here.pg_folder, secrets.read(here.home, "postgres"), account=here.pg_account
        )
        await asyncio.get_running_loop().run_in_executor(self.thread, self.cluster.start)
        self.parts["postgres"] = Part("postgres", [], starts=1)
        watch = asyncio.create_task(self._watch_cluster())
        self.parts["postgres"].tasks.append(watch)

    async def _watch_cluster(self) -> None:
        assert self.cluster is not None
        part = self.parts["postgres"]
        loop = asyncio.get_running_loop()
        while True:
            began = time.monotonic()
            process = self.cluster.process
            assert process is not None
            while process.poll() is None:
                await asyncio.sleep(0.2)
            if self.stopping.is_set():
                return
            log.error("postgres ended with %s", process.returncode)
            await self._back_off(part, began)
            while True:
                try:
                    await loop.run_in_executor(self.thread, self.cluster.start)
                    break
                except Exception:
                    log.exception("postgres did not start")
                    await self._back_off(part, time.monotonic())
            part.starts += 1

    async def _migrate(self) -> None:
        """In a process of its own, before any other opens the tables."""
        part = Part("migrate", [sys.executable, "-m", "yesand.cli.main", "migrate", "--json"])
        self.parts["migrate"] = part
        self._spawn(part)
        assert part.process is not None
        code = await _ended(part.process)
        await asyncio.gather(*part.tasks)
        del self.parts["migrate"]
        if code and not self.stopping.is_set():
            says = f"The tables could not be brought up to date; see {self.one_log.path}."
            raise refuse("migration_failed", says)

    def _begin(self, part: Part) -> None:
        self._spawn(part)
        part.tasks.append(asyncio.create_task(self._watch(part)))

    def _spawn(self, part: Part) -> None:
        read, write = os.pipe()
        # One thread per matrix product: jobs share the cores, and threads that wait for each
        # other cost post four times its wall time on a busy machine.
        env = {"OPENBLAS_NUM_THREADS": "1", **os.environ}
        env |= {"YESAND_HOME": str(self.settings.home), "PYTHONUNBUFFERED": "1"}
        part.process = spawn(
            part.words, on_death=signal.SIGKILL, env=env, stdout=write, stderr=write
        )
        os.close(write)
        part.starts += 1
        part.tasks.append(asyncio.create_task(self.one_log.follow(read, part.name)))

    async def _watch(self, part: Part) -> None:
        while True:
            began = time.monotonic()
            assert part.process is not None
            code = await _ended(part.process)
            if self.stopping.is_set():
                return
            log.error("%s ended with %s", part.name, code)
            await self._back_off(part, began)
            if self.stopping.is_set():
                return
            part.tasks = [task for task in part.tasks if not task.done()]
            self._spawn(part)

    async def _back_off(self, part: Part, began: float) -> None:
        part.soon = 0 if time.monotonic() - began > STEADY_SECONDS else part.soon + 1
        wait = BACK_OFF[min(part.soon, len(BACK_OFF) - 1)]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), wait)

    async def _stop_all(self) -> None:
        self.stopping.set()
        # Pages first, so that nobody is answered by half a house; the database last.
        running = [p for p in self.parts.values() if p.process and p.process.poll() is None]
        for part in running:
            _signal(part, signal.SIGKILL if self.hard else signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for part in running:
            assert part.process is not None
            while part.process.poll() is None:
                if self.hard or time.monotonic() > deadline:
                    _signal(part, signal.SIGKILL)
                await asyncio.sleep(0.02)
        if self.cluster is not None:
            await asyncio.get_running_loop().run_in_executor(self.thread, self.cluster.stop)
        for part in self.parts.values():
            _, late = await asyncio.wait(part.tasks, timeout=2) if part.tasks else (set(), set())
            for task in late:
                task.cancel()
        self.one_log.close()
        self.thread.shutdown(wait=True)
        (self.settings.home / "serve.json").unlink(missing_ok=True)
        if self.lock is not None:
            os.close(self.lock)


def _signal(part: Part, number: int) -> None:
    if part.process is not None:
        with contextlib.suppress(ProcessLookupError):
            part.process.send_signal(number)


async def _ended(process: subprocess.Popen[bytes]) -> int:
    """The exit code, once there is one. The loop has no child watcher for our own children."""
    while (code := process.poll()) is None:
        await asyncio.sleep(0.05)
    return code


def port_is_free(host: str, port: int) -> bool:
    """Can we listen there?"""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def running_at(home: Path) -> str:
    """The address of the server that serves `home`, or ""."""
    try:
        return str(json.loads((home / "serve.json").read_text("utf-8"))["url"])
    except (FileNotFoundError, ValueError, KeyError):
        return ""


async def answers(settings: Settings, port: int, path: str = "/healthz") -> None:
    """Returns once the server at `port` answers HTTP with less than 500."""
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "localhost"} else settings.host
    trust = ssl._create_unverified_context() if settings.tls_cert else None
    while True:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, ValueError, IndexError):
            reader, writer = await asyncio.open_connection(host, port, ssl=trust)
            try:
                asked = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                writer.write(asked.encode())
                line = await asyncio.wait_for(reader.readline(), 5)
                if int(line.split()[1]) < 500:
                    return
            finally:
                writer.close()
        await asyncio.sleep(0.05)


def serve(
    settings: Settings, *, on_ready: Ready | None = None, log_to_terminal: bool = False
) -> int:
    """Run everything until stopped; the body of `yesand serve` and `yesand demo`."""

    async def run() -> int:
        return await Supervisor(settings, log_to_terminal=log_to_terminal).run(on_ready)

    logs.start()
    return asyncio.run(run())
