"""Two seats in one virtual room: frames of 20 ms, no clock, no network, no sleep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from yesand.cli.robots.seat import FRAME, RATE, Seat
from yesand.formats.robot_voice import Line, Speaker, speak

STEP_S = 0.02
Span = tuple[float, float]


def talk(spans: Sequence[Span], seconds: float, seed: int = 3, floor: float = 3e-4) -> np.ndarray:
    """A voice that speaks in these spans, over a room's noise; int16 (n,) at 48 kHz."""
    rng = np.random.default_rng(seed)
    lines = [Line(low, high - low) for low, high in spans]
    samples, _said = speak(Speaker.of(rng), lines, seconds, rng)
    noisy = samples / 2**23 + rng.normal(0, floor, len(samples))
    return np.clip(noisy * 32767, -32768, 32767).astype(np.int16)


@dataclass
class Heard:
    """What a seat said: spans of sound, and the lines it gave to read with their times."""

    spans: list[Span] = field(default_factory=list)
    lines: list[tuple[float, str]] = field(default_factory=list)
    sound: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int16))

    @property
    def turns(self) -> list[Span]:
        """Spans joined over breaths of less than 0.7 s."""
        out: list[Span] = []
        for low, high in self.spans:
            if out and low - out[-1][1] < 0.7:
                out[-1] = (out[-1][0], high)
            else:
                out.append((low, high))
        return out


def spans_of(sound: np.ndarray, threshold: int = 200, bridge_s: float = 0.15) -> list[Span]:
    """Where it sounds, in seconds."""
    frames = np.abs(sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)).max(axis=1) > threshold
    out: list[Span] = []
    for n in np.flatnonzero(frames):
        low = float(n) * STEP_S
        if out and low - out[-1][1] <= bridge_s:
            out[-1] = (out[-1][0], low + STEP_S)
        else:
            out.append((low, low + STEP_S))
    return out


def listen_to(
    seat: Seat,
    partner: np.ndarray | Callable[[int, np.ndarray], np.ndarray],
    seconds: float,
    events: Sequence[tuple[float, str, dict]] = (),
) -> Heard:
    """Let a seat hear a track (or another seat's frames) for so long, from time 0."""
    heard, last = Heard(), np.zeros(FRAME, np.int16)
    waiting = sorted(events, key=lambda e: e[0])
    made = []
    for n in range(round(seconds / STEP_S)):
        at = n * STEP_S
        while waiting and waiting[0][0] <= at:
            _when, kind, body = waiting.pop(0)
            seat.told(kind, body)
        if callable(partner):
            frame = partner(n, last)
        else:
            frame = partner[n * FRAME : (n + 1) * FRAME]
            frame = np.pad(frame, (0, FRAME - len(frame)))
        last = seat.hear(frame, at)
        made.append(last)
        heard.lines += [(at, text) for text in seat.lines()]
    heard.sound = np.concatenate(made)
    heard.spans = spans_of(heard.sound)
    return heard


def overlap(one: Sequence[Span], two: Sequence[Span]) -> float:
    """Seconds in which both sound."""
    return sum(max(0.0, min(b, d) - max(a, c)) for a, b in one for c, d in two)


def longest_overlap(one: Sequence[Span], two: Sequence[Span]) -> float:
    """The longest stretch in which both sound."""
    return max((min(b, d) - max(a, c) for a, b in one for c, d in two), default=0.0)


assert RATE // FRAME == 50
