"""Time offset between two recordings of the same sound, by GCC-PHAT.

Generalized cross-correlation with phase transform (Knapp and Carter 1976): the cross-spectrum is
whitened, so that the peak is sharp whatever the rooms and codecs did to the spectrum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from yesand.dsp.frames import Array, Floats

LOW_HZ = 120.0


@dataclass(frozen=True)
class Offset:
    """lag_s: how much later y has the sound than x (positive = y later); strength: peak height in
    standard deviations of the rest; None-like results have strength 0."""

    lag_s: float
    strength: float


def correlation(x: Array, y: Array, rate: int, low_s: float, high_s: float) -> Floats:
    """GCC-PHAT at lags low_s..high_s in steps of one sample; x, y mono of any lengths.

    Bins under 120 Hz and bins 40 dB under the strongest are left out: they hold hum and noise.
    """
    first, last = round(low_s * rate), round(high_s * rate)
    size = next_fast_len(len(x) + len(y) + max(abs(first), abs(last)), real=True)
    fx, fy = rfft(x, size), rfft(y, size)
    cross = np.conj(fx) * fy
    weight = np.abs(cross)
    keep = (weight > 1e-4 * weight.max(initial=0.0)) & (
        np.arange(len(cross)) * rate / size > LOW_HZ
    )
    cross = np.where(keep, cross / np.maximum(weight, 1e-20), 0)
    r = irfft(cross, size)
    return np.take(r, np.arange(first, last + 1), mode="wrap").astype(np.float32)


def offset(x: Array, y: Array, rate: int, low_s: float = -1.0, high_s: float = 1.0) -> Offset:
    """The lag of y behind x in [low_s, high_s], to a fraction of a sample.

    Strength under about 7 is chance; empty or silent input gives Offset(0, 0).
    """
    if len(x) == 0 or len(y) == 0 or not np.any(x) or not np.any(y):
        return Offset(0.0, 0.0)
    r = correlation(x, y, rate, low_s, high_s)
    return peak(r, rate, low_s)


def peak(r: Floats, rate: int, low_s: float) -> Offset:
    """Highest point of a correlation whose first lag is `low_s`, refined by a parabola."""
    size = np.abs(r)
    at = int(size.argmax())
    spread = float(np.sqrt(np.mean(np.square(r)))) or 1.0
    fraction = 0.0
    if 0 < at < len(r) - 1:
        left, middle, right = size[at - 1], size[at], size[at + 1]
        curve = 2 * middle - left - right
        fraction = float(0.5 * (right - left) / curve) if curve > 0 else 0.0
    return Offset((round(low_s * rate) + at + fraction) / rate, float(size[at]) / spread)


@dataclass(frozen=True)
class Drift:
    """lag_s at the start of x, ppm (y's clock runs slow when positive), how many windows agree,
    and the spread of their lags around the line in seconds; windows 0 when nothing was found."""

    lag_s: float
    ppm: float
    windows: int
    spread_s: float


def drift(
    x: Array, y: Array, rate: int, low_s: float = -1.0, high_s: float = 1.0, window_s: float = 4.0
) -> Drift:
    """Lag and drift of y behind x over a whole recording, from windows of `window_s`.

    Windows without a clear peak (strength < 8) do not count; the line is the median of all pairwise
    slopes (Theil-Sen), so a third of the windows may be wrong.
    """
    size = round(window_s * rate)
    at: list[float] = []
    lags: list[float] = []
    for start in range(0, len(x) - size + 1, size):
        low = max(0, start + round(low_s * rate))
        part = y[low : start + size + round(high_s * rate)]
        skew = (low - start) / rate
        found = offset(x[start : start + size], part, rate, low_s - skew, high_s - skew)
        if found.strength >= 8:
            at.append((start + size / 2) / rate)
            lags.append(found.lag_s + skew)
    if not at:
        return Drift(0.0, 0.0, 0, float("inf"))
    t, lag = np.array(at), np.array(lags)
    if len(t) < 2:
        return Drift(float(lag[0]), 0.0, 1, 0.0)
    i, j = np.triu_indices(len(t), 1)
    slope = float(np.median((lag[j] - lag[i]) / (t[j] - t[i])))
    start_lag = float(np.median(lag - slope * t))
    rest = np.abs(lag - slope * t - start_lag)
    return Drift(start_lag, slope * 1e6, len(t), float(1.4826 * np.median(rest)))
