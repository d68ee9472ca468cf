"""The server a crowd meets: `yesand serve` on one core, and what it takes there."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from yesand.cli.rehearsal.server import Server
from yesand.infra import environ
from yesand.infra.database import address
from yesand.infra.plain_sql import JOBS_WAITING
from yesand.post.plain_sql import TAKES_THROUGH

PARTS = (
    (b"yesand.web.doors", "door"),
    (b"uvicorn", "web"),
    (b"worker\0now", "now"),
    (b"worker\0work", "work"),
    (b"postgres", "postgres"),
)
#: Jobs that seal; all others may wait until the evening is over.
SEALS = ("seal_stream", "seal_take")
TICK = os.sysconf("SC_CLK_TCK")


@contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """Whatever is started inside stays on this core."""
    if core is None or not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cores() -> tuple[int | None, int | None]:
    """(core of the server, core of the clients); (None, None) where there is only one."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    ours = sorted(os.sched_getaffinity(0))
    return (ours[-1], ours[0]) if len(ours) > 1 else (None, None)


class House(Server):
    """The whole tree on `core`, on a home of its own below `out`."""

    def __init__(self, out: Path, core: int | None) -> None:
        super().__init__(out)
        self.core = core

    def start(self, seconds: float = 180) -> None:
        with on_core(self.core):
            super().start(seconds)

    def connect(self) -> psycopg.Connection[Any]:
        """A connection to its rows."""
        where = address(environ.read(self.env))
        return psycopg.connect(**where.keywords(), autocommit=True)

    def parts(self) -> dict[str, list[int]]:
        """Process ids by part: supervisor, door, web, now, work, postgres."""
        assert self.child is not None
        below: dict[int, list[int]] = defaultdict(list)
        for folder in Path("/proc").glob("[0-9]*"):
            fields = _stat(int(folder.name))
            if fields:
                below[int(fields[1])].append(int(folder.name))
        found: dict[str, list[int]] = defaultdict(list)

        def walk(pid: int, part: str) -> None:
            found[part].append(pid)
            for child in below[pid]:
                walk(child, _part(child) if part == "supervisor" else part)

        walk(self.child.pid, "supervisor")
        return dict(found)

    def cpu_seconds(self) -> dict[str, float]:
        """CPU by part, with what its ended children took."""
        return {part: sum(_cpu(pid) for pid in pids) / TICK for part, pids in self.parts().items()}

    def memory_mb(self) -> dict[str, float]:
        """Memory by part, 10^6 bytes; what processes share counts once (PSS)."""
        return {
            part: round(sum(_pss(pid) for pid in pids) / 1e6, 1)
            for part, pids in self.parts().items()
        }

    def folder_bytes(self, name: str) -> int:
        """What lies in a folder of the home."""
        total = 0
        for folder, _, names in os.walk(self.home / name):
            for one in names:
                try:
                    total += os.stat(os.path.join(folder, one)).st_blocks * 512
                except OSError:
                    continue
        return total

    def forget_done(self, rows: psycopg.Connection[Any]) -> int:
        """Remove the objects of takes that are processed, so that a long run fits on a small disk.

        Returns how many takes are through.
        """
        done = rows.execute(TAKES_THROUGH).fetchall()
        for (take,) in done:
            shutil.rmtree(self.home / "objects" / "takes" / str(take), ignore_errors=True)
        return len(done)


def queue(rows: psycopg.Connection[Any]) -> dict[str, int]:
    """Jobs that could run now and wait or run: seals, and everything else."""
    found = {"seals": 0, "other": 0}
    for name, count in rows.execute(JOBS_WAITING):
        found["seals" if name in SEALS else "other"] += count
    return found


def busy_seconds(core: int | None) -> float:
    """What everybody took of a core so far, seconds."""
    name = "cpu" if core is None else f"cpu{core}"
    for line in Path("/proc/stat").read_text().splitlines():
        words = line.split()
        if words[0] == name:
            user, nice, system, _idle, _wait, irq, soft, *_ = map(int, words[1:])
            return (user + nice + system + irq + soft) / TICK
    return 0.0


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return []


def _cpu(pid: int) -> int:
    return sum(map(int, _stat(pid)[11:15]))


def _pss(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def _part(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return "other"
    return next((name for word, name in PARTS if word in words), "other")
