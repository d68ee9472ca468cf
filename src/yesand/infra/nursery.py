"""Child processes for job bodies: one clean process per job, ended when it takes too much.

The nursery is a process that imports Django and the flows once, opens nothing, and forks for
each job; so a job costs milliseconds to start, shares no connection, and dies alone. It speaks
JSON lines over a socket: {"id", "name", "ids", "limits", "job"} in, {"id", "ok", "says",
"refused", "cpu_s"} out. When the worker dies, the nursery and its children die with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import logging
import os
import resource
import selectors
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import django

from yesand.infra.child import die_with_parent, step_back
from yesand.kit.errors import Refused

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
log = logging.getLogger("yesand.jobs")


@dataclass
class Child:
    """One forked job. pipe: read end of its answer."""

    id: int
    pid: int
    pipe: int
    deadline: float
    said: bytearray = field(default_factory=bytearray)
    overdue: bool = False


class Nursery:
    """The loop of the nursery process."""

    def __init__(self, channel: socket.socket, run: Callable[[str, dict[str, Any]], None]) -> None:
        self.channel = channel
        self.run = run
        self.children: dict[int, Child] = {}  # by pipe
        self.select = selectors.DefaultSelector()
        self.heard = bytearray()

    def serve(self) -> None:
        self.select.register(self.channel, selectors.EVENT_READ)
        while True:
            for key, _ in self.select.select(self._patience()):
                if key.fileobj is self.channel:
                    if not self._hear():
                        return
                else:
                    self._listen(self.children[key.fd])
            self._end_overdue()

    def _patience(self) -> float | None:
        waits = [
            child.deadline - time.monotonic()
            for child in self.children.values()
            if not child.overdue
        ]
        return max(0.0, min(waits)) if waits else None

    def _hear(self) -> bool:
        """Requests of the worker; False when it hung up."""
        piece = self.channel.recv(65536)
        if not piece:
            return False
        self.heard += piece
        while (end := self.heard.find(b"\n")) >= 0:
            line = bytes(self.heard[:end])
            del self.heard[: end + 1]
            self._begin(json.loads(line))
        return True

    def _begin(self, asked: dict[str, Any]) -> None:
        read, write = os.pipe()
        arm = die_with_parent(signal.SIGKILL)
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                arm()
                self.select.close()
                self.channel.close()
                os.close(read)
                for child in self.children.values():
                    os.close(child.pipe)
                status = _live(self.run, asked, write)
            finally:
                os._exit(status)
        os.close(write)
        child = Child(asked["id"], pid, read, time.monotonic() + asked["limits"]["wall_s"])
        self.children[read] = child
        self.select.register(read, selectors.EVENT_READ)

    def _listen(self, child: Child) -> None:
        piece = os.read(child.pipe, 65536)
        if piece:
            child.said += piece
            return
        self.select.unregister(child.pipe)
        os.close(child.pipe)
        del self.children[child.pipe]
        _, status, used = os.wait4(child.pid, 0)
        self._answer(child, status, round(used.ru_utime + used.ru_stime, 3))

    def _answer(self, child: Child, status: int, cpu_s: float) -> None:
        answer: dict[str, Any] = {"ok": False, "refused": False}
        with contextlib.suppress(ValueError):
            answer |= json.loads(bytes(child.said))
        code = os.waitstatus_to_exitcode(status)
        if child.overdue:
            answer |= {"ok": False, "says": "took longer than its wall limit"}
        elif code == -signal.SIGXCPU:
            answer |= {"ok": False, "says": "took more than its CPU limit"}
        elif code != 0:
            answer |= {"ok": False, "says": f"ended with {code}"}
        line = json.dumps(
            {"id": child.id, "says": "ended without a word", **answer, "cpu_s": cpu_s}
        )
        self.channel.sendall(line.encode() + b"\n")

    def _end_overdue(self) -> None:
        for child in self.children.values():
            if not child.overdue and time.monotonic() >= child.deadline:
                child.overdue = True
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child.pid, signal.SIGKILL)


def _live(run: Callable[[str, dict[str, Any]], None], asked: dict[str, Any], write: int) -> int:
    """The forked child: limits, body, answer."""
    limits = asked["limits"]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (limits["memory_bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_s"], limits["cpu_s"] + 5))
    if not limits["network"]:
        leave_network()
    answer: dict[str, Any] = {"ok": True, "says": "", "refused": False}
    try:
        run(asked["name"], asked["ids"])
    except Refused as error:
        answer = {"ok": False, "says": str(error), "refused": True}
    except MemoryError:
        answer = {"ok": False, "says": "needed more than its memory limit"}
    except BaseException:
        answer = {"ok": False, "says": traceback.format_exc()[-4000:]}
    with os.fdopen(write, "wb") as pipe:
        pipe.write(json.dumps(answer).encode())
    logging.shutdown()
    return 0


def leave_network() -> bool:
    """Enter a network of our own, where nothing answers. False where the kernel does not allow it.

    Sockets that are files (the embedded database) still work. An account that may not do it alone
    tries inside an account space of its own, in which it stays itself.
    """
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) == 0:
        return True
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
        return False
    with contextlib.suppress(OSError):
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{uid} {uid} 1"),
            ("gid_map", f"{gid} {gid} 1"),
        ):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    return True


def main(descriptor: int) -> None:
    """The nursery process: `python -m yesand.infra.nursery FD`."""
    step_back()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    django.setup()
    # Only after django.setup can the flows and their tables be imported.
    from yesand.infra import jobs  # noqa: PLC0415

    jobs.load()
    for module in jobs.PRELOADED:
        importlib.import_module(module)
    # A child that looks for garbage would copy every page of what was loaded here.
    gc.collect()
    gc.freeze()
    threads = len(os.listdir("/proc/self/task")) if sys.platform == "linux" else 1
    if threads > 1:
        log.warning("the nursery has more than one thread", extra={"count": threads})
    channel = socket.socket(fileno=descriptor)
    channel.sendall(b'{"ready": true}\n')
    Nursery(channel, _run).serve()


def _run(name: str, ids: dict[str, Any]) -> None:
    from yesand.infra import jobs  # noqa: PLC0415  (see main)

    jobs.run(name, ids)


if __name__ == "__main__":
    main(int(sys.argv[1]))
