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

#: Lines that are kept; half a day of pings, cues and glitches is far less.
MOST_LINES = 250_000
#: Bytes of a line and pings that are used; the rest of a longer line counts as unreadable.
MOST_LINE = 1 << 16
MOST_PINGS = 50_000
#: Values of a track's settings that are kept, and characters of each.
MOST_SETTINGS = 64
MOST_TEXT = 200
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
            if len(found) >= MOST_PINGS:
                break
        return found

    def stopped(self) -> dict[str, int]:
        """Samples written when a stream stopped, by stream id."""
        found: dict[str, int] = {}
        for line in self.of("stream_stop"):
            samples = line.get("samples")
            if isinstance(samples, int) and _number(samples) and samples >= 0:
                found[str(line.get("stream", ""))] = samples
        return found

    def started_ms(self) -> dict[str, float]:
        """Client clock at which a stream said that it records, by stream id; the first counts."""
        found: dict[str, float] = {}
        for line in self.of("stream_start"):
            found.setdefault(str(line.get("stream", "")), float(line["t"]))
        return found

    def ended_ms(self) -> dict[str, float]:
        """Client clock at which a stream said that it stopped, by stream id; the last counts."""
        return {str(line.get("stream", "")): float(line["t"]) for line in self.of("stream_stop")}

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
                last = _plain(told)
        return last


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    """A browser's names and values that rows, manifests and JSON can hold; the rest is left out."""
    kept: dict[str, Any] = {}
    for name, value in list(told.items())[: 4 * MOST_SETTINGS]:
        simple = value is None or isinstance(value, bool) or _number(value) or _text(value)
        if simple and _text(name) and name not in ("t", "type", "stream", "kind"):
            kept[name] = value
        if len(kept) >= MOST_SETTINGS:
            break
    return kept


def _text(value: Any) -> bool:
    """Short text without what UTF-8 (half a pair) or a database (zero) cannot hold."""
    if not isinstance(value, str) or len(value) > MOST_TEXT or "\0" in value:
        return False
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def _number(value: Any) -> bool:
    """A number that a clock, a count or a setting may be: finite, and exact as a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < 1 << 53 and math.isfinite(value)


def read_events(data: bytes) -> Events:
    """The events in a file's bytes."""
    lines: list[dict[str, Any]] = []
    unreadable = at = 0
    while (end := data.find(b"\n", at)) >= 0:
        piece, at = data[at:end], end + 1
        if not piece.strip():
            continue
        event = _event(piece) if len(lines) < MOST_LINES else None
        if event is None:
            unreadable += 1
        else:
            lines.append(event)
    tail = data[at:]
    whole = _event(tail) if tail.strip() else None
    if whole is not None:
        lines.append(whole)
    return Events(tuple(lines), unreadable, bool(tail.strip()) and whole is None)


def _event(piece: bytes) -> dict[str, Any] | None:
    if len(piece) > MOST_LINE:
        return None
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
