"""F0 and voicing by autocorrelation with a tracked path; numpy only.

Per 10 ms hop: a 40 ms Hann window at 16 kHz, its autocorrelation by FFT divided by the window's
own (Boersma 1993), up to five peaks between 60 and 600 Hz as candidates plus "unvoiced", and the
cheapest path through them (Viterbi). All stretches of sound are tracked in lockstep, so the loop
runs over the longest stretch and not over the take.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft

from yesand.dsp.frames import HOP_S, WORK_RATE, Bools, Floats, runs

HOP = int(HOP_S * WORK_RATE)
WINDOW = 4 * HOP
FFT = 1024
LOW_HZ, HIGH_HZ = 60.0, 600.0
CANDIDATES = 5
_LAG_LOW = int(WORK_RATE / HIGH_HZ)
_LAG_HIGH = int(WORK_RATE / LOW_HZ)
_OCTAVE_JUMP = 0.35
_VOICE_CHANGE = 0.14
_UNVOICED = 0.5
_OCTAVE_COST = 0.02


def _window() -> Floats:
    return np.hanning(WINDOW + 2)[1:-1].astype(np.float32)


def _window_correlation() -> Floats:
    spectrum = np.abs(rfft(_window(), FFT)) ** 2
    correlation = irfft(spectrum, FFT)[: _LAG_HIGH + 2]
    return (correlation / correlation[0]).astype(np.float32)


@dataclass(frozen=True)
class Pitch:
    """Per 10 ms hop, all (hops,): f0_hz (0 where unvoiced), strength (autocorrelation peak 0..1).

    spectrum: (hops, 513) power of the same windows, 15.6 Hz apart, for other measures.
    """

    f0_hz: Floats
    strength: Floats
    spectrum: Floats


def pitch(x: Floats, active: Bools | None = None) -> Pitch:
    """F0, voicing and power spectrum of a track.

    x: (n,) mono at 16 kHz. active: (n // 160,) hops worth looking at (default all); others come
    back unvoiced with an empty spectrum, and cost nothing.
    """
    hops = len(x) // HOP
    f0 = np.zeros(hops, np.float32)
    strength = np.zeros(hops, np.float32)
    spectrum = np.zeros((hops, FFT // 2 + 1), np.float32)
    where = np.flatnonzero(active[:hops]) if active is not None else np.arange(hops)
    if len(where) == 0:
        return Pitch(f0, strength, spectrum)
    side = (WINDOW - HOP) // 2
    padded = np.concatenate([np.zeros(side, np.float32), x, np.zeros(WINDOW, np.float32)])
    view = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    window, own = _window(), _window_correlation()
    lags = np.zeros((len(where), CANDIDATES), np.float32)
    peaks = np.full((len(where), CANDIDATES), -1.0, np.float32)
    for first in range(0, len(where), 512):
        at = where[first : first + 512]
        frames = view[at]
        frames = (frames - frames.mean(axis=1, keepdims=True)) * window
        bins = rfft(frames, FFT)
        power = np.square(bins.real) + np.square(bins.imag)
        spectrum[at] = power
        r = irfft(power, FFT)[:, : _LAG_HIGH + 2]
        r /= (r[:, :1] + 1e-9) * own
        lags[first : first + 512], peaks[first : first + 512] = _peaks(r)
    chosen = _track(lags, peaks, where)
    rows = np.arange(len(where))
    voiced = chosen < CANDIDATES
    pick = np.minimum(chosen, CANDIDATES - 1)
    strength[where] = np.clip(peaks.max(axis=1), 0.0, 1.0)
    found = lags[rows, pick]
    f0[where[voiced]] = WORK_RATE / found[voiced]
    strength[where[voiced]] = np.clip(peaks[rows, pick][voiced], 0.0, 0.9999)
    return Pitch(f0, strength, spectrum)


def _peaks(r: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """The strongest local maxima of each row: lags (rows, 5) in samples, heights (rows, 5)."""
    middle = r[:, _LAG_LOW : _LAG_HIGH + 1]
    left, right = r[:, _LAG_LOW - 1 : _LAG_HIGH], r[:, _LAG_LOW + 1 : _LAG_HIGH + 2]
    # favor the shorter of two equal periods a little, or every octave below would tie
    bias = _OCTAVE_COST * np.log2(np.arange(_LAG_LOW, _LAG_HIGH + 1) / _LAG_LOW)
    height = np.where((middle > left) & (middle >= right), middle, -1.0) - bias
    best = np.argpartition(height, -CANDIDATES, axis=1)[:, -CANDIDATES:]
    rows = np.arange(len(r))[:, None]
    mid, low, high = middle[rows, best], left[rows, best], right[rows, best]
    curve = 2 * mid - low - high
    shift = np.where(curve > 1e-9, 0.5 * (high - low) / np.maximum(curve, 1e-9), 0.0)
    top = mid + 0.25 * (high - low) * shift
    real = height[rows, best] > -0.9
    lags = (best + _LAG_LOW + np.clip(shift, -0.5, 0.5)).astype(np.float32)
    return lags, np.where(real, np.minimum(top, 1.0), -1.0).astype(np.float32)


def _track(lags: Floats, peaks: Floats, where: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cheapest path per stretch of consecutive hops; index of a candidate, or 5 = unvoiced."""
    breaks = np.flatnonzero(np.diff(where) > 1) + 1
    starts = np.concatenate([[0], breaks])
    lengths = np.diff(np.concatenate([starts, [len(where)]]))
    longest = int(lengths.max())
    stretches, states = len(starts), CANDIDATES + 1
    pitch_bias = _OCTAVE_COST * np.log2(np.maximum(lags, 1) / _LAG_LOW)
    cost = np.empty((len(where), states), np.float32)
    cost[:, :CANDIDATES] = np.where(peaks > 0, 1.0 - peaks + pitch_bias, 9.0)
    cost[:, CANDIDATES] = 1.0 - _UNVOICED
    octave = np.log2(np.maximum(lags, 1.0))
    index = np.minimum(starts[:, None] + np.arange(longest), len(where) - 1)
    alive = np.arange(longest) < lengths[:, None]
    total = cost[index[:, 0]].copy()
    back = np.zeros((longest, stretches, states), np.int8)
    step = np.full((stretches, states, states), _VOICE_CHANGE, np.float32)
    step[:, CANDIDATES, CANDIDATES] = 0.0
    for n in range(1, longest):
        now, then = octave[index[:, n]], octave[index[:, n - 1]]
        step[:, :CANDIDATES, :CANDIDATES] = _OCTAVE_JUMP * np.abs(
            now[:, None, :] - then[:, :, None]
        )
        paths = total[:, :, None] + step
        choice = paths.argmin(axis=1)
        best = np.take_along_axis(paths, choice[:, None, :], axis=1)[:, 0]
        live = alive[:, n, None]
        total = np.where(live, best + cost[index[:, n]], total)
        back[n] = np.where(live, choice, np.arange(states))
    state = total.argmin(axis=1)
    out = np.empty(len(where), np.int64)
    rows = np.arange(stretches)
    for n in range(longest - 1, -1, -1):
        live = alive[:, n]
        out[index[live, n]] = state[live]
        state = back[n][rows, state].astype(np.int64)
    return out


def voiced_runs(f0: Floats) -> NDArray[np.int64]:
    """(runs, 2) of [start, end) hops of voice."""
    return runs(f0 > 0)
