"""Levels, clipping, silence, drop-outs and signal-to-noise of one track.

Arrays are mono, full scale -1..1, shape (samples,); levels are dB relative to full scale, where
a full-scale square wave has RMS 0 dBFS.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from yesand.dsp.frames import Array, Bools, Floats, db, frame_power, runs, spans_of
from yesand.kit.spans import Span

CEILING = 0.999
CLIP_RUN = 3
DROPOUT_S = 0.005
LOUD = 10.0 ** (-50 / 20)


@dataclass(frozen=True)
class Levels:
    """rms_dbfs over the whole track, peak_dbfs, dc (mean, full scale)."""

    rms_dbfs: float
    peak_dbfs: float
    dc: float


def levels(x: Array) -> Levels:
    """RMS, peak and mean of a track; an empty track is at the floor (-120 dBFS)."""
    if len(x) == 0:
        return Levels(-120.0, -120.0, 0.0)
    peak = max(float(x.max()), -float(x.min()))
    power = float(np.dot(x, x)) / len(x)
    return Levels(float(db(power)), float(db(peak * peak)), float(np.mean(x, dtype=np.float64)))


@dataclass(frozen=True)
class Clipping:
    """share: clipped samples over all samples; spans in seconds; ceiling: the level tested."""

    share: float
    spans: list[Span]
    ceiling: float


def clipping(x: Array, rate: int, ceiling: float = CEILING) -> Clipping:
    """Samples in runs of at least 3 at or beyond the ceiling on one side.

    One or two samples at full scale are a loud peak, not clipping. An input limited below full
    scale (a driver that clips at -1 dB) shows as flat tops at the track's own peak: when at least
    5 runs of 3 samples sit within 0.01 % of a peak above -20 dBFS, and hold more samples than the
    3 % below them (round tops hold far fewer), that peak is the ceiling.
    """
    if len(x) == 0:
        return Clipping(0.0, [], ceiling)
    top, bottom = float(x.max()), -float(x.min())
    peak = max(top, bottom)
    found: list[np.ndarray] = []
    used = ceiling
    if peak >= ceiling:
        found = [_clip_runs(x, ceiling), _clip_runs(-x, ceiling) if bottom >= ceiling else _NONE]
    elif peak > 0.1:
        used = peak * 0.9999
        found = [_clip_runs(x, used), _clip_runs(-x, used) if bottom >= used else _NONE]
        flat = sum(int((part[:, 1] - part[:, 0]).sum()) for part in found)
        if sum(map(len, found)) < 5 or flat < _just_below(x, 0.97 * peak, used):
            return Clipping(0.0, [], ceiling)
    if not found:
        return Clipping(0.0, [], ceiling)
    both = np.concatenate(found)
    both = both[np.argsort(both[:, 0])]
    share = float((both[:, 1] - both[:, 0]).sum()) / len(x)
    return Clipping(share, [Span(float(a) / rate, float(b) / rate) for a, b in both], used)


_NONE = np.zeros((0, 2), np.int64)


def _just_below(x: Array, low: float, high: float) -> int:
    """Samples whose size lies in [low, high)."""
    near = np.abs(x[(x >= low) | (x <= -low)])
    return int((near < high).sum())


def _clip_runs(x: Array, ceiling: float) -> np.ndarray:
    """Runs of at least CLIP_RUN samples >= ceiling, shape (runs, 2)."""
    at = np.flatnonzero(x >= ceiling)
    if len(at) < CLIP_RUN:
        return _NONE
    breaks = np.flatnonzero(np.diff(at) > 1)
    starts = np.concatenate([at[:1], at[breaks + 1]])
    ends = np.concatenate([at[breaks], at[-1:]]) + 1
    keep = ends - starts >= CLIP_RUN
    return np.stack([starts[keep], ends[keep]], axis=1)


def silence(power: Floats, below_dbfs: float = -70.0, shortest_s: float = 1.0) -> list[Span]:
    """Spans of a track (10 ms powers) that stay under a level for at least `shortest_s`."""
    return [s for s in spans_of(db(power) < below_dbfs) if s.length >= shortest_s]


def dropouts(x: Array, rate: int, shortest_s: float = DROPOUT_S) -> list[Span]:
    """Runs of exact zeros of at least 5 ms that cut sound (> -50 dBFS) off.

    Sound that stops dead is a lost buffer; zeros beside quiet or after a fade are a noise gate or
    generated speech and are not reported. Source of the rule: own; a cut that meets zero crossings
    is missed.
    """
    least = max(2, round(shortest_s * rate))
    step = max(1, least // 2)  # any run of `least` zeros holds two probed samples in a row
    zero = x[::step] == 0
    probes = np.flatnonzero(zero[:-1] & zero[1:])
    if len(probes) == 0:
        return []
    out: list[Span] = []
    done = -1
    for at in (probes * step).tolist():
        if at < done:
            continue
        start = at
        while start > 0 and x[start - 1] == 0:
            behind = x[max(0, start - 4096) : start]
            still = np.flatnonzero(behind != 0)
            start -= len(behind) - (int(still[-1]) + 1) if len(still) else len(behind)
        end = at
        while end < len(x) and x[end] == 0:
            ahead = x[end : end + 4096]
            still = np.flatnonzero(ahead != 0)
            end += int(still[0]) if len(still) else len(ahead)
        done = end
        if end - start >= least and _stops_dead(x, start, end, least, rate):
            out.append(Span(start / rate, end / rate))
    return out


def _stops_dead(x: Array, start: int, end: int, least: int, rate: int) -> bool:
    """Do the zeros cut sound off, rather than follow its fade? One side is loud and ends in a jump.

    With both sides loud a small jump is enough. With one (the loss ate the end of a word) it must
    be clear, and the zeros at most half a second: generated speech may end in a step.
    """
    jumps = []
    for edge, side in ((start - 1, x[max(0, start - least) : start]), (end, x[end : end + least])):
        if _loud(side):
            jumps.append(abs(float(x[edge])) / float(np.sqrt(np.dot(side, side) / len(side))))
    if len(jumps) == 2:
        return max(jumps) >= 0.05
    inside = start > 0 and end < len(x)
    return inside and bool(jumps) and jumps[0] >= 0.3 and end - start <= rate // 2


def _loud(x: Array) -> bool:
    return len(x) > 0 and float(np.dot(x, x)) / len(x) > LOUD * LOUD


@dataclass(frozen=True)
class Noise:
    """speech_dbfs, noise_dbfs, snr_db; None with `why` when one of the two is under 0.5 s."""

    speech_dbfs: float | None
    noise_dbfs: float | None
    snr_db: float | None
    why: str = ""


def noise(power: Floats, speech: Bools, guard: int = 10) -> Noise:
    """Speech and noise level of a track from its own activity.

    power, speech: (hops,) on one 10 ms grid. Hops within `guard` of speech count for neither, so
    that breath and reverberation do not raise the noise. The noise is the median of its hops
    (a door slam does not count), the speech level their mean.
    """
    near = np.zeros(len(speech), np.bool_)
    for start, end in runs(speech):
        near[max(0, start - guard) : end + guard] = True
    spoken, quiet = power[speech], power[~near]
    loud = float(db(float(np.mean(spoken)))) if len(spoken) >= 50 else None
    low = float(db(float(np.median(quiet)))) if len(quiet) >= 50 else None
    if loud is None or low is None:
        missing = "speech" if loud is None else "quiet"
        return Noise(loud, low, None, f"less than 0.5 s of {missing}")
    clean = 10 ** (loud / 10) - 10 ** (low / 10)
    return Noise(loud, low, float(db(max(clean, 1e-12))) - low)


def loudest(x: Array, rate: int) -> float:
    """Level of the loudest 10 ms in dBFS; -120 for less than 10 ms of samples."""
    power = frame_power(x, rate)
    return float(db(float(power.max()))) if len(power) else -120.0
