"""`yesand-prosody-1`: how something was said, as one named vector of 63 numbers.

Own definitions in numpy, inspired by the measures that emotion research agreed on (Eyben et al.
2016, GeMAPS); it is not eGeMAPS and its numbers are not interchangeable with it. Measured every
10 ms in 40 ms windows at 16 kHz; jitter and shimmer are differences between neighboring hops, not
between glottal cycles. Levels depend on the microphone's gain: compare within one track, or not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from yesand.dsp.frames import HOP_S, WORK_RATE, Array, Bools, Floats, runs, to_rate
from yesand.dsp.pitch import FFT, WINDOW, pitch

VERSION = "yesand-prosody-1"
MFCCS = 6
_MEASURES = ("level", "loudness", "alpha", "hammarberg", "slope_low", "slope_mid", "centroid")


def _units() -> dict[str, str]:
    """Name -> unit of every number, in the vector's order."""
    five = ("mean", "sd", "p20", "p50", "p80")
    out = {f"f0_{k}": "st" for k in five}  # semitones above 27.5 Hz
    out |= {"f0_range": "st", "f0_rise": "st/s", "f0_fall": "st/s"}
    out |= {f"loudness_{k}": "1" for k in five}
    out |= {"loudness_range": "1", "loudness_rise": "1/s", "loudness_fall": "1/s"}
    out |= {"level_mean": "dB", "level_sd": "dB", "level_range": "dB"}
    for name, unit in (
        ("alpha", "dB"),
        ("hammarberg", "dB"),
        ("slope_low", "dB/kHz"),
        ("slope_mid", "dB/kHz"),
        ("centroid", "Hz"),
    ):
        out |= {f"{name}_voiced_mean": unit, f"{name}_voiced_sd": unit}
        out |= {f"{name}_unvoiced_mean": unit}
    out |= {"flux_mean": "1", "flux_sd": "1"}
    out |= {"hnr_mean": "dB", "hnr_sd": "dB", "strength_mean": "1"}
    out |= {"jitter_mean": "1", "jitter_sd": "1", "shimmer_mean": "dB", "shimmer_sd": "dB"}
    for n in range(1, MFCCS + 1):
        out |= {f"mfcc{n}_mean": "1", f"mfcc{n}_sd": "1"}
    out |= {"peaks_rate": "1/s", "voiced_rate": "1/s"}
    out |= {"voiced_length_mean": "s", "voiced_length_sd": "s"}
    out |= {"unvoiced_length_mean": "s", "unvoiced_length_sd": "s"}
    out |= {"voiced_share": "1", "pause_share": "1"}
    return out


UNITS = _units()
NAMES = tuple(UNITS)


@dataclass(frozen=True)
class Contours:
    """What was measured every 10 ms; every array is (hops,), mfcc is (hops, 6).

    active: hops of speech; f0_hz is 0 where unvoiced. Values outside `active` mean nothing.
    """

    active: Bools
    f0_hz: Floats
    strength: Floats
    level: Floats
    loudness: Floats
    alpha: Floats
    hammarberg: Floats
    slope_low: Floats
    slope_mid: Floats
    centroid: Floats
    flux: Floats
    mfcc: Floats


def _bin(hz: float) -> int:
    return round(hz * FFT / WORK_RATE)


def _mel_bank(bands: int = 24) -> Floats:
    """(513, bands) triangles, equally spaced in mel between 60 Hz and 7600 Hz."""
    mel = np.linspace(2595 * np.log10(1 + 60 / 700), 2595 * np.log10(1 + 7600 / 700), bands + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    hz = np.arange(FFT // 2 + 1) * WORK_RATE / FFT
    up = (hz[:, None] - edges[None, :-2]) / np.diff(edges)[None, :-1]
    down = (edges[None, 2:] - hz[:, None]) / np.diff(edges)[None, 1:]
    return np.clip(np.minimum(up, down), 0, None).astype(np.float32)


def _slope(low_hz: float, high_hz: float) -> Floats:
    """Weights over dB bins that give the regression slope in dB per kHz. (513,)"""
    out = np.zeros(FFT // 2 + 1)
    low, high = _bin(low_hz), _bin(high_hz)
    khz = np.arange(low, high + 1) * WORK_RATE / FFT / 1000
    centered = khz - khz.mean()
    out[low : high + 1] = centered / np.sum(centered**2)
    return out.astype(np.float32)


_BANK = _mel_bank()
_DCT = np.cos(
    np.pi * np.arange(1, MFCCS + 1)[None, :] * (np.arange(24)[:, None] + 0.5) / 24
).astype(np.float32) * np.float32(np.sqrt(2 / 24))
_SLOPES = np.stack([_slope(60, 500), _slope(500, 1500)], axis=1)
_HZ = (np.arange(FFT // 2 + 1) * WORK_RATE / FFT).astype(np.float32)


def contours(x: Array, rate: int, active: Bools | None = None) -> Contours:
    """Measure a track every 10 ms.

    x: (n,) mono, full scale -1..1. active: 10 ms speech mask from a detector (default: all hops
    louder than 40 dB below the loudest).
    """
    x16 = to_rate(x, rate)
    if active is None:
        blocks = x16[: len(x16) // 160 * 160].reshape(-1, 160)
        power = np.einsum("ij,ij->i", blocks, blocks)
        active = power > (power.max(initial=0.0) * 1e-4)
    hops = len(x16) // 160
    mask = np.zeros(hops, np.bool_)
    mask[: min(hops, len(active))] = active[:hops]
    found = pitch(x16, mask)
    at = np.flatnonzero(mask)
    columns = {name: np.zeros(hops, np.float32) for name in (*_MEASURES, "flux")}
    mfcc = np.zeros((hops, MFCCS), np.float32)
    scale = np.float32(2.0 / (FFT * WINDOW * 0.375))
    previous: Floats | None = None
    for first in range(0, len(at), 1024):
        hop = at[first : first + 1024]
        power = found.spectrum[hop] * scale + np.float32(1e-12)
        bins_db = 10.0 * np.log10(power)
        bands = power @ _BANK
        loud = np.power(bands, 0.3)
        columns["level"][hop] = 10.0 * np.log10(power.sum(axis=1))
        columns["loudness"][hop] = loud.sum(axis=1)
        low = power[:, _bin(50) : _bin(1000)].sum(axis=1)
        columns["alpha"][hop] = 10.0 * np.log10(low / power[:, _bin(1000) : _bin(5000)].sum(axis=1))
        columns["hammarberg"][hop] = bins_db[:, : _bin(2000)].max(axis=1) - bins_db[
            :, _bin(2000) : _bin(5000)
        ].max(axis=1)
        slopes = bins_db @ _SLOPES
        columns["slope_low"][hop], columns["slope_mid"][hop] = slopes[:, 0], slopes[:, 1]
        columns["centroid"][hop] = (power @ _HZ) / power.sum(axis=1)
        shape = loud / loud.sum(axis=1, keepdims=True)
        before = shape[:1] if previous is None else previous
        step = np.diff(np.concatenate([before, shape]), axis=0)
        columns["flux"][hop] = np.sqrt(np.square(step).sum(axis=1))
        previous = shape[-1:]
        mfcc[hop] = np.log(bands + 1e-9) @ _DCT
    return Contours(active=mask, f0_hz=found.f0_hz, strength=found.strength, mfcc=mfcc, **columns)


def functionals(c: Contours, first: int = 0, last: int | None = None) -> NDArray[np.float64]:
    """The vector over hops [first, last). Returns (63,) in the order of `NAMES`.

    A number without a basis (no voice, too short) is NaN, never 0.
    """
    cut = slice(first, last)
    active, f0 = c.active[cut], c.f0_hz[cut]
    voiced = active & (f0 > 0)
    unvoiced = active & (f0 == 0)
    out = dict.fromkeys(NAMES, float("nan"))
    seconds = float(active.sum()) * HOP_S
    if seconds == 0:
        return np.array([out[name] for name in NAMES])
    tone = np.zeros(len(f0), np.float64)
    tone[voiced] = 12 * np.log2(f0[voiced] / 27.5)
    _five(out, "f0", tone, voiced)
    loudness = c.loudness[cut].astype(np.float64)
    _five(out, "loudness", loudness, active)
    level = c.level[cut][active]
    out["level_mean"], out["level_sd"] = float(level.mean()), float(level.std())
    out["level_range"] = float(np.subtract(*np.percentile(level, [95, 5])))
    for name in ("alpha", "hammarberg", "slope_low", "slope_mid", "centroid"):
        values = getattr(c, name)[cut]
        _two(out, f"{name}_voiced", values[voiced])
        if unvoiced.any():
            out[f"{name}_unvoiced_mean"] = float(values[unvoiced].mean())
    _two(out, "flux", c.flux[cut][active])
    if voiced.any():
        r = c.strength[cut][voiced].astype(np.float64)
        _two(out, "hnr", 10 * np.log10(r / (1.0001 - r)))
        out["strength_mean"] = float(r.mean())
        for n in range(MFCCS):
            _two(out, f"mfcc{n + 1}", c.mfcc[cut, n][voiced])
    pairs = voiced[1:] & voiced[:-1]
    if pairs.any():
        period = 1 / f0[1:][pairs], 1 / f0[:-1][pairs]
        _two(out, "jitter", np.abs(period[0] - period[1]) / (0.5 * (period[0] + period[1])))
        _two(out, "shimmer", np.abs(np.diff(c.level[cut])[pairs]))
    _rates(out, c.loudness[cut], active, voiced, seconds)
    return np.array([out[name] for name in NAMES])


def _two(out: dict[str, float], name: str, values: NDArray[np.floating]) -> None:
    if len(values):
        out[f"{name}_mean"], out[f"{name}_sd"] = float(values.mean()), float(values.std())


def _five(out: dict[str, float], name: str, values: NDArray[np.float64], where: Bools) -> None:
    """Mean, sd, percentiles, range and mean rising and falling slope per second."""
    chosen = values[where]
    if len(chosen) == 0:
        return
    _two(out, name, chosen)
    low, middle, high = np.percentile(chosen, [20, 50, 80])
    out[f"{name}_p20"], out[f"{name}_p50"], out[f"{name}_p80"] = low, middle, high
    out[f"{name}_range"] = high - low
    slopes = np.diff(values)[where[1:] & where[:-1]] / HOP_S
    if (slopes > 0).any():
        out[f"{name}_rise"] = float(slopes[slopes > 0].mean())
    if (slopes < 0).any():
        out[f"{name}_fall"] = float(slopes[slopes < 0].mean())


def _rates(
    out: dict[str, float], loudness: Floats, active: Bools, voiced: Bools, seconds: float
) -> None:
    smooth = uniform_filter1d(np.where(active, loudness, 0.0), 7, mode="nearest")
    inner = smooth[1:-1]
    high = np.median(smooth[active])
    peaks = (inner > smooth[:-2]) & (inner >= smooth[2:]) & (inner > high)
    out["peaks_rate"] = float(peaks.sum()) / seconds
    stretches = runs(voiced)
    out["voiced_rate"] = len(stretches) / seconds
    _two(out, "voiced_length", np.diff(stretches, axis=1).ravel() * HOP_S)
    between = runs(active & ~voiced)
    _two(out, "unvoiced_length", np.diff(between, axis=1).ravel() * HOP_S)
    out["voiced_share"] = float(voiced.sum()) * HOP_S / seconds
    out["pause_share"] = 1.0 - seconds / (len(active) * HOP_S)


def vector(x: Array, rate: int, active: Bools | None = None) -> NDArray[np.float64]:
    """`yesand-prosody-1` of a whole array: `functionals(contours(...))`, shape (63,)."""
    return functionals(contours(x, rate, active))
