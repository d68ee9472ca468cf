"""How much of one performer's voice is on the other's track.

The partner's voice reaches a microphone through the call and a loudspeaker, so it arrives late
(up to 0.8 s) and colored. Blocks in which one track is loud are correlated with the other track
(GCC-PHAT); where a common lag stands out the leak is real, and its level is the part of the other
track that a linear filter of the first one explains there (coherent power by Welch's method).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, rfft

from yesand.dsp.frames import Bools, Floats, db, frame_power
from yesand.dsp.sync import peak

RATE = 8_000
BLOCK = 8_192
LOW_S, HIGH_S = -0.1, 0.8
CLEAR = 9.0
HIDDEN_DB = 8.0
LEAST_DB = -70.0
LEAD_S = 0.02
_WELCH = 2_048
_LOW_BIN, _HIGH_BIN = 32, 960  # 125 Hz .. 3750 Hz


@dataclass(frozen=True)
class Leak:
    """db: level of the voice on the other track, relative to its own track.

    found: a common lag stood out. Not found: db is the highest level that could have hidden.
    lag_s: how much later it arrives; blocks: how many blocks were looked at; valid: enough of
    them (at least 3 s of loud speech) for db to mean something, else why says what was missing.
    """

    db: float
    found: bool
    lag_s: float
    blocks: int
    valid: bool
    why: str = ""


def leak(own: Floats, other: Floats, most_blocks: int = 32) -> Leak:
    """Leak of `own` into `other`, both (n,) mono at 8 kHz on one clock.

    Blocks of 1 s are used where `own` is loud, quietest `other` first, so that the other's own
    speech disturbs least.
    """
    count = min(len(own), len(other)) // BLOCK
    if count == 0:
        return Leak(0.0, False, 0.0, 0, False, "shorter than one second")
    level = frame_power(own[: count * BLOCK], RATE, BLOCK / RATE)
    beside = frame_power(other[: count * BLOCK], RATE, BLOCK / RATE)
    loud = np.flatnonzero(level > max(1e-6, 0.1 * float(np.percentile(level, 90))))
    if len(loud) < 3:
        return Leak(0.0, False, 0.0, len(loud), False, "less than 3 s of speech to measure with")
    order = loud[np.argsort(beside[loud] / level[loud], kind="stable")][:most_blocks]
    curves = [_curve(own, other, int(n)) for n in order]
    peaks = [peak(r, RATE, LOW_S) for r in curves]
    clear = {int(n): p.lag_s for n, p in zip(order, peaks, strict=True) if p.strength >= CLEAR}
    quiet = order[: max(3, len(order) // 2)]
    found, lag_s = _common(list(clear.values()), len(order))
    if not found:  # too faint for one block alone: all blocks in step
        together = peak(np.mean(curves, axis=0), RATE, LOW_S)
        found, lag_s = together.strength >= CLEAR, together.lag_s
    ratio = float(beside[quiet].sum()) / float(level[quiet].sum())
    hidden = Leak(float(db(ratio)) - HIDDEN_DB, False, 0.0, len(order), True)
    if not found:
        return hidden
    near = {n: lag for n, lag in clear.items() if abs(lag - lag_s) < 0.03}
    used = loud[:: max(1, -(-len(loud) // (2 * most_blocks)))]
    value = _coherent(own, other, used, [near.get(int(n), lag_s) for n in used])
    # a peak by chance explains nothing
    return Leak(value, True, lag_s, len(order), True) if value > LEAST_DB else hidden


def _common(lags: list[float], blocks: int) -> tuple[bool, float]:
    """Do enough blocks (a fifth, at least 3) agree on a lag to 30 ms, and on which one?"""
    if not lags:
        return False, 0.0
    slot, _ = Counter(round(lag / 0.03) for lag in lags).most_common(1)[0]
    near = [lag for lag in lags if abs(lag / 0.03 - slot) <= 1.0]
    return len(near) >= max(3, round(0.2 * blocks)), float(np.median(near))


def _piece(x: Floats, first: int, length: int) -> Floats:
    """x[first : first + length] with zeros where there is no x."""
    out = np.zeros(length, np.float32)
    low, high = max(0, first), min(len(x), first + length)
    if high > low:
        out[low - first : high - first] = x[low:high]
    return out


def _curve(own: Floats, other: Floats, block: int) -> Floats:
    """GCC-PHAT of one block at lags LOW_S..HIGH_S, in units of its own spread."""
    early, late = round(LOW_S * RATE), round(HIGH_S * RATE)
    start = block * BLOCK
    size = 2 * BLOCK
    fx = rfft(_piece(own, start, BLOCK), size)
    fy = rfft(_piece(other, start + early, BLOCK + late - early), size)
    cross = np.conj(fx) * fy
    weight = np.abs(cross)
    weight[: round(120 * size / RATE)] = np.inf
    r = irfft(cross / (weight + 1e-4 * np.max(np.abs(cross)) + 1e-20), size)[: late - early + 1]
    return (r / (np.sqrt(np.mean(np.square(r))) + 1e-20)).astype(np.float32)


def _spectra(x: Floats, start: int) -> np.ndarray:
    """Windowed spectra of one block, (frames, bins)."""
    window = np.hanning(_WELCH + 1)[:-1].astype(np.float32)
    view = np.lib.stride_tricks.sliding_window_view(_piece(x, start, BLOCK), _WELCH)
    return rfft(view[:: _WELCH // 4] * window)[:, _LOW_BIN:_HIGH_BIN]


def _coherent(own: Floats, other: Floats, blocks: np.ndarray, lags: list[float]) -> float:
    """Level of the leak re own, dB: a filter estimated where `other` is quiet, applied to all.

    blocks: numbers of loud blocks, lags: one for each. The filter is taken from the third of the
    windows (256 ms) in which the other track holds least besides the leak, because there its owner
    is silent; taking the level there would favor the sounds that the room happens to swallow.
    """
    pairs = [
        (
            _spectra(own, int(n) * BLOCK),
            _spectra(other, int(n) * BLOCK + round((lag + LEAD_S) * RATE)),
        )
        for n, lag in zip(blocks, lags, strict=True)
    ]
    fx, fy = (np.concatenate(part) for part in zip(*pairs, strict=True))
    power_x, power_y = np.square(np.abs(fx)), np.square(np.abs(fy))
    level = power_x.sum(axis=1)
    rest = power_y.sum(axis=1)
    for _ in range(3):
        ratio = np.where(level < 0.05 * np.median(level), np.inf, rest / (level + 1e-20))
        quiet = np.argsort(ratio, kind="stable")[: max(24, len(ratio) // 3)]
        saa = power_x[quiet].sum(axis=0) + 1e-20
        path = (np.conj(fx[quiet]) * fy[quiet]).sum(axis=0) / saa
        # what the path so far does not explain: the other's own speech, less the leak itself
        rest = np.square(np.abs(fy - path * fx)).sum(axis=1)
    # chance alone explains 1/n of the other's power; quarter-step windows count as 0.48 each
    gain = np.square(np.abs(path)) - power_y[quiet].sum(axis=0) / (0.48 * len(quiet) * saa)
    whole = power_x.sum(axis=0)
    return float(db(max(float((gain * whole).sum() / (whole.sum() + 1e-20)), 1e-9)))


def explained(own_power: Floats, other_power: Floats, found: Leak, margin_db: float = 6.0) -> Bools:
    """Hops of the other track that hold nothing but the leak. (hops,) 10 ms powers of both tracks.

    Where the other track is at most `margin_db` above what the leak predicts, its sound is the
    partner's voice and not its own. All False when no leak was found.
    """
    out = np.zeros(len(other_power), np.bool_)
    if not (found.found and found.valid):
        return out
    shift = round(found.lag_s / 0.01)
    moved = np.zeros(len(other_power), np.float32)
    count = min(len(moved), len(own_power))
    if shift >= 0:
        moved[shift:count] = own_power[: max(0, count - shift)]
    else:
        moved[: max(0, count + shift)] = own_power[-shift:count]
    # loudspeaker and room smear the voice over the next tenth of a second
    for tail, fall in ((3, 0.5), (6, 0.25), (10, 0.1)):
        moved[tail:] = np.maximum(moved[tail:], fall * moved[:-tail])
    predicted = moved * 10.0 ** ((found.db + margin_db) / 10)
    out[:] = (other_power < predicted) & (predicted > 1e-9)
    return out
