"""What a crowd saw, minute by minute: upload lag, round trips, seals, and what went wrong."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

#: The camera's lag may end this much above where it began, seconds, and still not grow.
STEADY_S = 0.5


def shares(values: Iterable[float], digits: int = 1) -> dict[str, float]:
    """p50, p95, p99 and the largest."""
    ordered = sorted(values) or [0.0]
    most = len(ordered) - 1
    found = {f"p{p}": ordered[min(most, round(most * p / 100))] for p in (50, 95, 99)}
    return {name: round(value, digits) for name, value in (found | {"max": ordered[-1]}).items()}


def grows(minutes: Sequence[float], steady: float = STEADY_S) -> bool:
    """Whether the last third of a row of minutes lies above the first by more than `steady`."""
    third = max(1, len(minutes) // 3)
    first, last = minutes[:third], minutes[-third:]
    return sum(last) / third - sum(first) / third > steady


@dataclass
class Seen:
    """Filled by every client of the crowd; times are seconds since `began` (monotonic)."""

    began: float = field(default_factory=time.monotonic)
    slice_s: float = 60.0
    """Length of one row of the table."""
    lag: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    """Seconds of microphone and camera that the door has not acknowledged, every second."""
    ping: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    trip: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    """A stored message, from its sending to its coming back in the log, ms."""
    across: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    """The same until the partner has it, ms."""
    patch: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    seal: list[float] = field(default_factory=list)
    """From the declared end of a stream to its receipt, seconds."""
    waiting: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    """Streams declared whole and not yet sealed, every second."""
    late: list[float] = field(default_factory=list)
    """How late this process itself was for what it had to do each second, seconds."""
    lost: list[str] = field(default_factory=list)
    """Whatever is not as it was sent: a wrong receipt, none at all, a stream that was given up."""
    refused: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    takes: int = 0
    streams: int = 0

    def slot(self) -> int:
        """The row of the table that now belongs to."""
        return int((time.monotonic() - self.began) / self.slice_s)

    def rows(self, seconds: float) -> list[dict[str, Any]]:
        """One row a minute of the run."""
        return [
            {
                "minute": number,
                "lag_s": shares(self.lag[number], 2),
                "message_ms": shares(self.trip[number]),
                "partner_ms": shares(self.across[number]),
                "ping_ms": shares(self.ping[number]),
                "patch_ms": shares(self.patch[number]),
                "unsealed_streams": max(self.waiting[number], default=0),
            }
            for number in range(max(1, round(seconds / self.slice_s)))
        ]

    def whole(self) -> dict[str, Any]:
        """The same over the whole run, and what is counted once."""
        return {
            "lag_s": shares(_all(self.lag), 2),
            "message_ms": shares(_all(self.trip)),
            "messages": len(_all(self.trip)),
            "partner_ms": shares(_all(self.across)),
            "ping_ms": shares(_all(self.ping)),
            "patch_ms": shares(_all(self.patch)),
            "patches": len(_all(self.patch)),
            "end_to_receipt_s": shares(self.seal),
            "client_late_s": shares(self.late, 2),
            "takes": self.takes,
            "streams": self.streams,
            "sent_bytes": self.bytes,
            "refused": dict(self.refused),
            "lost_or_wrong": len(self.lost),
            "lost_says": self.lost[:10],
        }


def _all(minutes: dict[int, list[float]]) -> list[float]:
    return [value for values in minutes.values() for value in values]
