"""events.jsonl of one performer, read back: one JSON object a line. Pure.

Each line has `t` (milliseconds of the client clock) and `type`. A torn last line is legal. A line
that is not that is counted and left out; nothing here is repaired.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from yesand.formats.manifest import Ping

#: A ping that took longer than this says nothing about a clock, milliseconds.
MOST_RTT_MS = 10_000.0


@dataclass(frozen=True)
class Events:
    """What one performer's browser told about itself.

    lines: every readable event in the order written. unreadable: lines that were not events.
    torn_tail: the file ends inside a line.
    """

    lines: tuple[dict[str, Any], ...] = ()
    unreadable: int = 0
    torn_tail: bool = False
    _by_type: dict[str, list[dict[str, Any]]] = field(default_factory=dict, compare=False)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Events of one type, in order."""
        if not self._by_type:
            for line in self.lines:
                self._by_type.setdefault(line["type"], []).append(line)
        return self._by_type.get(kind, [])

    def pings(self) -> list[Ping]:
        """Every usable clock exchange: answered after it was asked, within ten seconds."""
        found = []
        for line in self.of("ping"):
            values = [line.get(key) for key in ("t0_ms", "t1_s", "t2_s", "t3_ms")]
            if not all(_number(value) for value in values):
                continue
            ping = Ping(*(float(value) for value in values if value is not None))
            rtt = (ping.t3_ms - ping.t0_ms) - (ping.t2_s - ping.t1_s) * 1000.0
            if ping.t2_s >= ping.t1_s and 0.0 <= rtt <= MOST_RTT_MS:
                found.append(ping)
        return found

    def stopped(self) -> dict[str, int]:
        """Samples written when a stream stopped, by stream id."""
        found: dict[str, int] = {}
        for line in self.of("stream_stop"):
            samples = line.get("samples")
            if isinstance(samples, int) and not isinstance(samples, bool) and samples >= 0:
                found[str(line.get("stream", ""))] = samples
        return found

    def started_ms(self) -> dict[str, float]:
        """Client clock at which a stream said that it records, by stream id; the first counts."""
        found: dict[str, float] = {}
        for line in self.of("stream_start"):
            found.setdefault(str(line.get("stream", "")), float(line["t"]))
        return found

    def mime(self) -> dict[str, str]:
        """Media type a camera stream was recorded as, by stream id."""
        return {
            str(line.get("stream", "")): str(line["mime"])
            for line in self.of("stream_start")
            if isinstance(line.get("mime"), str)
        }

    def settings(self, stream: str, kind: str) -> dict[str, Any] | None:
        """The last settings told of a stream's track, as plain values; None for none.

        A line that names no stream is about the kind's only track.
        """
        last: dict[str, Any] | None = None
        for line in self.of("settings"):
            if line.get("kind") != kind or line.get("stream", stream) != stream:
                continue
            told = line.get("settings", line)
            if isinstance(told, dict):
                last = {k: v for k, v in told.items() if k not in ("t", "type", "stream", "kind")}
        return last


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def read_events(data: bytes) -> Events:
    """The events in a file's bytes."""
    lines: list[dict[str, Any]] = []
    unreadable = 0
    pieces = data.split(b"\n")
    tail = pieces.pop()
    for piece in pieces:
        if not piece.strip():
            continue
        event = _event(piece)
        if event is None:
            unreadable += 1
        else:
            lines.append(event)
    whole = _event(tail) if tail.strip() else None
    if whole is not None:
        lines.append(whole)
    return Events(tuple(lines), unreadable, bool(tail.strip()) and whole is None)


def _event(piece: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(piece)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        return None
    return value if _number(value.get("t")) else None


def join(parts: Iterable[Events]) -> Events:
    """Several parts of one performer (a reload starts a new one), by time."""
    found = list(parts)
    lines = sorted((line for part in found for line in part.lines), key=lambda line: line["t"])
    return Events(
        tuple(lines),
        sum(part.unreadable for part in found),
        any(part.torn_tail for part in found),
    )
