"""Counts of the door as text for scraping, shown on loopback only. No ids, no addresses."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from threading import Lock

#: Upper edges of the sync-time histogram, seconds.
EDGES = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1.0)


class Metrics:
    """Counters; safe from several threads."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._sync_buckets = [0] * (len(EDGES) + 1)
        self._sync_seconds = 0.0
        self._lock = Lock()

    def add(self, name: str, count: int = 1) -> None:
        with self._lock:
            self.counts[name] += count

    def timed(self, sync: Callable[[int], None] = os.fdatasync) -> Callable[[int], None]:
        """The sync function, its time counted."""

        def measured(handle: int) -> None:
            start = time.perf_counter()
            try:
                sync(handle)
            finally:
                took = time.perf_counter() - start
                bucket = sum(took > edge for edge in EDGES)
                with self._lock:
                    self._sync_buckets[bucket] += 1
                    self._sync_seconds += took

        return measured

    def text(self, gauges: dict[str, float]) -> str:
        """Prometheus text format."""
        lines = [f"yesand_door_{name} {value}" for name, value in sorted(gauges.items())]
        with self._lock:
            lines += [f"yesand_door_{name} {count}" for name, count in sorted(self.counts.items())]
            running = 0
            for edge, count in zip([*EDGES, "+Inf"], self._sync_buckets, strict=True):
                running += count
                lines.append(f'yesand_door_sync_seconds_bucket{{le="{edge}"}} {running}')
            lines.append(f"yesand_door_sync_seconds_sum {self._sync_seconds:.6f}")
            lines.append(f"yesand_door_sync_seconds_count {running}")
        return "\n".join(lines) + "\n"
