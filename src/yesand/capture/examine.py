"""The first reading of what a browser sent, in a child process that may take little and do less.

A forked child of its own per file: limits on CPU, memory, written files and open files, no
network, no account where we are root, no way to gain rights; it ends with us and within seconds.
It reads the file from a handle and answers with one JSON object. Whatever it does, the answer
here is a finding or none: a file with a finding is kept as evidence and never decoded again.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import mmap
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yesand.infra.child import die_with_parent
from yesand.infra.nursery import leave_network
from yesand.kit.errors import Refused

MIB = 2**20
#: Seconds of CPU and of waiting a file may take; long files get more, see `_seconds_for`.
CPU_S = 8
WALL_S = 9.0
#: Memory a child may take beyond what it inherits.
MEMORY = 512 * MIB
#: Bytes a child reads in a second at the least: 30 minutes of sound take about one.
PACE = 100 * MIB
#: Longest answer that is read.
MOST_ANSWER = 65_536
NOBODY = 65534
PR_SET_NO_NEW_PRIVS = 38
#: Where what decodes is, by kind. Loaded in the child alone: pages never need those libraries.
READERS = {"cam": "yesand.capture.film_reader"}
OTHERS = "yesand.capture.readers"

SAYS = {
    "too_slow": "it takes longer to read than a recording can",
    "too_big": "it takes more memory to read than a recording can",
    "unreadable": "it ends the process that reads it",
}


@dataclass(frozen=True)
class Finding:
    """Why a file is never decoded. code: stable word; says: for a person."""

    code: str
    says: str

    def __str__(self) -> str:
        return f"{self.code}: {self.says}"


def examine(path: Path | int, kind: str, most_seconds: float) -> Finding | None:
    """Read a stream's bytes once; None where every later reader may have them.

    path: a file, or an open handle of one.
    kind: mic, heard, cam or events. most_seconds: longest it can honestly be. Takes at most nine
    seconds, and one more for every 100 MiB.
    """
    place = READERS.get(kind, OTHERS)
    return run_limited(lambda handle: _read(handle, place, kind, most_seconds), path, load=place)


def run_limited(
    body: Callable[[int], dict[str, Any]], path: Path | int, wall_s: float = 0.0, load: str = OTHERS
) -> Finding | None:
    """Run `body` on a handle of the file in a limited child; a Refused of it is a finding.

    load: a module that the child imports while it still may read files.
    """
    longer = os.stat(path).st_size / PACE
    deadline = time.monotonic() + (wall_s or WALL_S + longer)
    handle = os.dup(path) if isinstance(path, int) else os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    read, write = os.pipe()
    arm = die_with_parent(signal.SIGKILL)
    pid = os.fork()
    if pid == 0:
        try:
            arm()
            os.close(read)
            _live(body, handle, write, CPU_S + int(longer), load)
        finally:
            os._exit(1)
    os.close(write)
    os.close(handle)
    try:
        said, overdue = _hear(read, deadline)
    finally:
        os.close(read)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        _pid, status = os.waitpid(pid, 0)
    if overdue or os.waitstatus_to_exitcode(status) == -signal.SIGXCPU:
        return Finding("too_slow", SAYS["too_slow"])
    return _answer(said)


def _hear(pipe: int, deadline: float) -> tuple[bytes, bool]:
    """What the child said, and whether it was not done by then."""
    said = b""
    while len(said) <= MOST_ANSWER:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([pipe], [], [], left)[0]:
            return said, True
        piece = os.read(pipe, MOST_ANSWER)
        if not piece:
            break
        said += piece
    return said, False


def _answer(said: bytes) -> Finding | None:
    """The finding in a child's words, which are not trusted either."""
    try:
        answer = json.loads(said)
        if answer["ok"] is True:
            return None
        return Finding(str(answer["code"])[:40], str(answer["says"])[:160])
    except (ValueError, KeyError, TypeError, RecursionError):
        return Finding("unreadable", SAYS["unreadable"])


def _live(
    body: Callable[[int], dict[str, Any]], handle: int, write: int, cpu_s: int, load: str
) -> None:
    """The child: limits, one reading, one answer."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGXCPU):
        signal.signal(number, signal.SIG_DFL)
    keep = sorted((handle, write))
    for low, high in zip((2, *keep), (*keep, 1 << 16), strict=True):
        os.closerange(low + 1, high)
    _limit(cpu_s)
    importlib.import_module(load)  # before we may read no file any more
    _drop()
    try:
        body(handle)
        answer: dict[str, Any] = {"ok": True}
    except Refused as refused:
        problem = refused.problems[0]
        answer = {"ok": False, "code": problem.code, "says": problem.says}
    except MemoryError:
        answer = {"ok": False, "code": "too_big", "says": SAYS["too_big"]}
    except Exception as error:
        answer = {"ok": False, "code": "unreadable", "says": type(error).__name__}
    os.write(write, json.dumps(answer).encode())
    os._exit(0)


def _limit(cpu_s: int) -> None:
    def lower(what: int, most: int, more: int = 0) -> None:
        _soft, hard = resource.getrlimit(what)
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard - more)
        resource.setrlimit(what, (most, most + more))

    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_FSIZE, 0)
    lower(resource.RLIMIT_CPU, cpu_s, 1)  # a word at the limit, the end a second after it
    lower(resource.RLIMIT_NOFILE, 64)
    if sys.platform == "linux":
        used = _status("VmData"), _status("VmSize")
        lower(resource.RLIMIT_DATA, used[0] + MEMORY)
        # Files that are mapped count here; the one that is read comes on top of its memory.
        lower(resource.RLIMIT_AS, used[1] + MEMORY + (8 << 30))


def _status(name: str) -> int:
    with open("/proc/self/status", encoding="ascii") as file:
        line = next(line for line in file if line.startswith(name))
    return int(line.split()[1]) * 1024


def _drop() -> None:
    """Leave the network and every right."""
    with contextlib.suppress(OSError):
        leave_network()
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _read(handle: int, place: str, kind: str, most_seconds: float) -> dict[str, Any]:
    size = os.fstat(handle).st_size
    data = memoryview(mmap.mmap(handle, 0, access=mmap.ACCESS_READ)) if size else memoryview(b"")
    importlib.import_module(place).READ[kind](data, most_seconds)
    return {}
