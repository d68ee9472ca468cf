"""Promise: a body waits at most 5 ms for others that are synced with it. Ours: for none.

    python benchmarks/group_commit.py [--streams 1 8 32] [--kib 256 16] [--seconds 2]

Threads append and sync, each its own file, in three ways: every thread its own fdatasync, as the
door does; one thread that syncs for all who wait, file by file; one syncfs for all who wait. Prints
a table and one JSON object. The journal joins the first way's commits: that is why it is no slower.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

Sync = Callable[[int], None]
_libc = ctypes.CDLL(None, use_errno=True)


class Gathered:
    """One thread at a time syncs for all who wait."""

    def __init__(self, commit: Callable[[list[int]], None]) -> None:
        self._commit = commit
        self._lock = threading.Lock()
        self._waiting: list[tuple[int, threading.Event]] = []
        self._busy = False

    def __call__(self, handle: int) -> None:
        done = threading.Event()
        with self._lock:
            self._waiting.append((handle, done))
            leads, self._busy = not self._busy, True
        if not leads:
            done.wait()
            return
        while True:
            with self._lock:
                batch, self._waiting = self._waiting, []
                if not batch:
                    self._busy = False
                    return
            self._commit([each for each, _ in batch])
            for _, event in batch:
                event.set()


def one_by_one(handles: list[int]) -> None:
    """Begin to write all of them out, then sync each: the first pays for the journal's commit."""
    if len(handles) > 1 and hasattr(_libc, "sync_file_range"):
        for handle in handles:
            _libc.sync_file_range(handle, ctypes.c_int64(0), ctypes.c_int64(0), 2)
    for handle in handles:
        os.fdatasync(handle)


def whole_disk(handles: list[int]) -> None:
    """One call for everything that is dirty on the file system, ours or not."""
    if _libc.syncfs(handles[0]):
        raise OSError(ctypes.get_errno(), "syncfs failed")


WAYS: dict[str, Callable[[], Sync]] = {
    "own fdatasync": lambda: os.fdatasync,
    "gathered, one by one": lambda: Gathered(one_by_one),
    "gathered, syncfs": lambda: Gathered(whole_disk),
}


def measure(folder: Path, streams: int, size: int, seconds: float, sync: Sync) -> dict[str, float]:
    """Appends a second over all streams, and how long a sync took, milliseconds."""
    body = os.urandom(size)
    waits: list[float] = []
    end = time.monotonic() + seconds

    def run(number: int) -> None:
        handle = os.open(folder / str(number), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            while time.monotonic() < end:
                os.write(handle, body)
                before = time.perf_counter()
                sync(handle)
                waits.append(time.perf_counter() - before)
        finally:
            os.close(handle)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(streams)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    waits.sort()
    return {
        "appends_per_s": round(len(waits) / seconds),
        "sync_ms_p50": round(waits[len(waits) // 2] * 1e3, 2),
        "sync_ms_p95": round(waits[int(len(waits) * 0.95)] * 1e3, 2),
    }


def main() -> int:
    """0; what is measured is the disk, which keeps no promise of ours."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--kib", type=int, nargs="+", default=[256, 16])
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--folder", type=Path, help="on the disk to measure")
    chosen = parser.parse_args()
    found = []
    print(f"{'way':<22}{'streams':>8}{'KiB':>5}{'appends/s':>11}{'p50 ms':>8}{'p95 ms':>8}")
    for kib in chosen.kib:
        for streams in chosen.streams:
            for name, way in WAYS.items():
                with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
                    row = measure(Path(folder), streams, kib * 1024, chosen.seconds, way())
                found.append({"way": name, "streams": streams, "kib": kib, **row})
                print(
                    f"{name:<22}{streams:>8}{kib:>5}{row['appends_per_s']:>11}"
                    f"{row['sync_ms_p50']:>8.2f}{row['sync_ms_p95']:>8.2f}",
                    flush=True,
                )
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
