"""Two captured tracks and their alignment -> two 48 kHz tracks of equal length.

Sample 0 of both is the same instant. Nothing captured is dropped: the pair spans from the
earliest to the latest captured sample, and what one role lacks is zero-filled and listed.
A track is resampled only where its rate is not 48 kHz, or where its drift is larger than the
drift's own uncertainty; otherwise every sample is the captured one, bit for bit.
Resampling: scipy's polyphase filter for the nominal rate (44.1 kHz: 160/147), windowed-sinc
interpolation for drift, in float64, rounded once to 24 bits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.signal import firwin, resample_poly

from yesand.formats.audio import FULL_SCALE, RATE
from yesand.kit.spans import Span, merge

_HALF = 32  # interpolation taps on each side
_PHASES = 512
_CHUNK = 1 << 10  # stays in the cache


@dataclass(frozen=True)
class Piece:
    """One unbroken run of captured samples.

    samples: int32 (n,) on the 24-bit scale. start_s: stage clock of sample 0.
    rate: nominal, Hz. drift_ppm: how much more samples than nominal the device gives per second
    of the stage clock; drift_uncertainty_ppm: its 95 % half width.
    """

    samples: np.ndarray
    start_s: float
    rate: int
    drift_ppm: float = 0.0
    drift_uncertainty_ppm: float = math.inf


@dataclass(frozen=True)
class Pair:
    """Two tracks ready for a release.

    a, b: int32 (n,) at 48 kHz on the 24-bit scale, equal length. start_s: stage clock of
    sample 0. gaps_*: seconds from sample 0 that are zero-filled. resampled_*: why samples are
    not the captured ones: rate, drift or both; empty where they are.
    """

    a: np.ndarray
    b: np.ndarray
    start_s: float
    gaps_a: tuple[Span, ...]
    gaps_b: tuple[Span, ...]
    resampled_a: tuple[str, ...] = field(default=())
    resampled_b: tuple[str, ...] = field(default=())


def align_pair(
    a: Sequence[Piece],
    b: Sequence[Piece],
    *,
    silence_a: Sequence[Span] = (),
    silence_b: Sequence[Span] = (),
) -> Pair:
    """Both roles on one grid of 48 kHz.

    a, b: the captured pieces of each role in order (more than one after a reload or a hole).
    silence_*: spans on the stage clock to zero-fill although they were captured (pauses,
    private spans). Raises ValueError when neither role captured anything, or when pieces of
    one role overlap by more than a millisecond.
    """
    whole = [piece for piece in (*a, *b) if len(piece.samples)]
    if not whole:
        raise ValueError("neither role has a captured sample")
    start = min(piece.start_s for piece in whole)
    made = [[to_48k(piece) for piece in role if len(piece.samples)] for role in (a, b)]
    length = max(
        _at(piece, start) + len(samples)
        for role, done in zip((a, b), made, strict=True)
        for piece, (samples, _) in zip(_filled(role), done, strict=True)
    )
    tracks, gaps = [], []
    for role, done, silence in zip((a, b), made, (silence_a, silence_b), strict=True):
        track, holes = _lay(_filled(role), [samples for samples, _ in done], start, length)
        for span in silence:
            low, high = (round((edge - start) * RATE) for edge in (span.start, span.end))
            low, high = max(0, low), min(length, high)
            if low < high:
                track[low:high] = 0
                holes.append((low, high))
        tracks.append(track)
        gaps.append(tuple(merge(Span(low / RATE, high / RATE) for low, high in holes)))
    why = [tuple(dict.fromkeys(word for _, words in done for word in words)) for done in made]
    return Pair(tracks[0], tracks[1], start, gaps[0], gaps[1], why[0], why[1])


def to_48k(piece: Piece) -> tuple[np.ndarray, tuple[str, ...]]:
    """A piece's samples on the 48 kHz stage clock, and why they are not the captured ones."""
    drifts = abs(piece.drift_ppm) > piece.drift_uncertainty_ppm
    if piece.rate == RATE and not drifts:
        return piece.samples, ()
    samples = piece.samples.astype(np.float64)
    why: tuple[str, ...] = ()
    if piece.rate != RATE:
        samples = _by_ratio(samples, piece.rate)
        why = ("rate",)
    if drifts:
        samples = stretch(samples, 1.0 / (1.0 + piece.drift_ppm * 1e-6))
        why = (*why, "drift")
    limited = np.clip(np.rint(samples), -FULL_SCALE, FULL_SCALE - 1)
    return limited.astype(np.int32), why


def stretch(samples: np.ndarray, factor: float) -> np.ndarray:
    """`samples` played `factor` times as long, by windowed-sinc interpolation.

    samples: float64 (n,). Returns float64 (about n * factor,). For factors near 1 only: the
    filter does not lower the band for factors below 1.
    """
    if not 0.99 < factor < 1.01:
        raise ValueError("drift is a matter of parts per million")
    table = _kernel()
    length = round(len(samples) * factor)
    padded = np.concatenate([np.zeros(_HALF), samples, np.zeros(_HALF + 1)])
    out = np.empty(length)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _HALF)
    for low in range(0, length, _CHUNK):
        at = np.arange(low, min(length, low + _CHUNK)) / factor
        whole = np.minimum(at.astype(np.int64), len(samples) - 1)
        phase = (at - whole) * _PHASES
        lower = np.minimum(phase.astype(np.int64), _PHASES - 1)
        between = (phase - lower)[:, None]
        taps = table[lower] * (1 - between) + table[lower + 1] * between
        out[low : low + len(at)] = np.einsum("ij,ij->i", windows[whole + 1], taps)
    return out


def _kernel() -> np.ndarray:
    """Taps (_PHASES + 1, 2 * _HALF); row p is for a shift of p / _PHASES samples."""
    offsets = np.arange(-_HALF + 1, _HALF + 1)[None, :]
    shift = (np.arange(_PHASES + 1) / _PHASES)[:, None]
    x = offsets - shift
    window = np.i0(10.0 * np.sqrt(np.maximum(0.0, 1 - (x / _HALF) ** 2))) / np.i0(10.0)
    taps = np.sinc(x) * window
    return taps / taps.sum(axis=1, keepdims=True)


def _by_ratio(samples: np.ndarray, rate: int) -> np.ndarray:
    common = math.gcd(RATE, rate)
    up, down = RATE // common, rate // common
    top = max(up, down)
    taps = firwin(2 * 48 * top + 1, 0.96 / top, window=("kaiser", 10.0))
    return np.asarray(resample_poly(samples, up, down, window=taps))


def _filled(role: Sequence[Piece]) -> list[Piece]:
    return [piece for piece in role if len(piece.samples)]


def _at(piece: Piece, start: float) -> int:
    return round((piece.start_s - start) * RATE)


def _lay(
    pieces: list[Piece], made: list[np.ndarray], start: float, length: int
) -> tuple[np.ndarray, list[tuple[int, int]]]:
    track = np.zeros(length, dtype=np.int32)
    holes = []
    reached = 0
    for piece, samples in zip(pieces, made, strict=True):
        low = _at(piece, start)
        if low < reached - RATE // 1000:
            raise ValueError(f"two pieces of one role overlap at {piece.start_s} s")
        low = max(low, reached)
        if low > reached:
            holes.append((reached, low))
        stop = min(length, low + len(samples))
        track[low:stop] = samples[: stop - low]
        reached = stop
    if reached < length:
        holes.append((reached, length))
    return track, holes
