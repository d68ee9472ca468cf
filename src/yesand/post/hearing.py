"""What each player heard of the other, on the stage clock: mouth-to-ear delays, a surer map.

Pure: sealed streams in, values out. A take without such streams keeps the map by pings.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from yesand.dsp import heard as ears
from yesand.dsp.frames import WORK_RATE, Floats, to_rate
from yesand.post.clock import TrackClock
from yesand.post.clock_fuse import Fusion, fuse, moved
from yesand.post.layout import Part, Side, at, runs

_CHUNK = 1 << 20


def on_stage(side: Side, opened_s: float, seconds: float) -> Floats:
    """Everything a side's streams hold, 16 kHz, sample 0 at `opened_s` of the stage clock.

    Zero where nothing is stored. Drift and holes follow the parts' clocks; parts without a valid
    clock are left out. Linear interpolation after a proper change of rate: good for comparing
    places, not for listening.
    """
    out = np.zeros(round(seconds * WORK_RATE), np.float32)
    for part in side.parts:
        if not part.clock.valid:
            continue
        floats = part.audio.floats()
        for first, count, number in runs(part):
            low = to_rate(floats[first : first + count], part.audio.rate)
            start = at(part, number) - opened_s
            pace = part.clock.rate_hz / part.clock.nominal_hz
            begin = max(0, math.ceil(start * WORK_RATE))
            end = min(len(out), math.floor((start + len(low) / WORK_RATE / pace) * WORK_RATE))
            known = np.arange(len(low))
            for here in range(begin, end, _CHUNK):
                t = np.arange(here, min(end, here + _CHUNK)) / WORK_RATE
                out[here : here + len(t)] = np.interp((t - start) * pace * WORK_RATE, known, low)
    return out


def listen(
    voices: dict[str, Side], heard: dict[str, Side], opened_s: float, seconds: float
) -> Fusion | None:
    """How late each was heard, and what that says of the clocks; None without two valid maps.

    voices: each role's own track; heard: by role, what that role's browser heard of the other.
    """
    a, b = voices["a"].clock, voices["b"].clock
    if a is None or b is None or not (a.valid and b.valid):
        return None
    if not any(one.parts for one in heard.values()):
        return None
    seen = {}
    for speaker, listener in (("a", "b"), ("b", "a")):
        ear = heard[listener]
        if not any(part.clock.valid for part in ear.parts):
            seen[speaker + listener] = ears.NONE
            continue
        found = ears.delays(
            on_stage(voices[speaker], opened_s, seconds), on_stage(ear, opened_s, seconds)
        )
        seen[speaker + listener] = ears.Delays(
            found.at_s + opened_s, found.delay_s, found.strength, found.tried
        )
    return fuse(a, b, seen["ab"], seen["ba"])


def with_ears(voices: dict[str, Side], fusion: Fusion | None) -> dict[str, Side]:
    """The sides by the fused map."""
    if fusion is None:
        return voices

    def fused(part: Part, role: str) -> Part:
        if not part.clock.valid:
            return part
        clock: TrackClock = moved(part.clock, role, fusion)
        return Part(part.audio, clock, clock.start_s)

    return {
        role: Side(tuple(fused(part, role) for part in side.parts)) for role, side in voices.items()
    }


def delays_s(fusion: Fusion | None) -> tuple[float, float] | None:
    """(a to b, b to a) in seconds for the turns as each ear had them; None without both."""
    if fusion is None:
        return None
    ab, ba = fusion.delays["ab"].median_ms, fusion.delays["ba"].median_ms
    if ab is None or ba is None or ab <= 0 or ba <= 0:
        return None
    return ab / 1000.0, ba / 1000.0


def told(fusion: Fusion | None) -> dict[str, Any]:
    """What clock.json keeps of it. `mouth_to_ear` by direction, ms; None where nobody recorded it
    or it could not be found."""
    blank = {"median_ms": None, "p95_ms": None, "n": 0, "tried": 0}
    if fusion is None:
        return {"mouth_to_ear": {"ab": blank, "ba": dict(blank)}, "ears": None}
    whole = fusion.to_json()
    return {"mouth_to_ear": whole.pop("delays"), "ears": whole}
