"""Voice activity of one track: an energy detector in numpy, and 5 ms edges for any detector.

All arrays are mono at 16 kHz, full scale -1..1. Spans are seconds from sample 0.
A neural detector alone steps in 32 ms and is late on onsets by about 40 ms (silero-vad issue 798),
so its spans are only the coarse answer here; where speech begins and ends is read from the energy.

Definitions. Onset: the first 5 ms hop from which the sound of the word stands 4 dB above the noise
of the pauses around, and less than 32 dB below the word's loud part, without a break. Offset: the
last hop within 34 dB of the loud part; where noise hides the end of the fade, the hidden part is
added at 320 dB/s. So an unvoiced closure at the start of a word is silence.

Measured by tests/unit/test_dsp_vad.py on private recordings, medians of absolute errors, onset /
offset: EmoDB against its phone labels in noise at 28 dB 7 / 15 ms, at 20 dB 6 / 19 ms; ten-vad's
hand labels, recorded at 5 to 15 dB, 29 / 50 ms. Five of the numbers below were chosen on these
recordings in another draw of the noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft, rfftfreq
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from yesand.dsp.frames import WORK_RATE, Bools, Floats, close_gaps, drop_short, runs
from yesand.kit.spans import Span

EDGE_HOP_S = 0.005
_HOP = int(EDGE_HOP_S * WORK_RATE)
_WINDOW = 2 * _HOP
_FFT = 256
_BANDS_HZ = ((100, 400), (400, 1000), (1000, 2200), (2200, 4200), (4200, 7600))


@dataclass(frozen=True)
class VadSettings:
    """Numbers of the detector; dB are above the local noise floor of a band.

    enter_db, stay_db: mean over the three best bands to open and to hold a span (energy alone).
    reach_db: a span's loudest part may be that far below the track's loud speech (energy alone).
    open_at, close_at: the same for a model's probability.
    edge_db: what a hop at the edge of a word needs at least.
    onset_drop_db, offset_drop_db: sound that far below the loud part of its span is not the word.
    fall_db_s, most_hidden_s: how fast words fade; the part of the fade that lies under the noise
        is added to the offset, because a listener and a label count it.
    back_s, ahead_s: how far an edge may move out from the coarse span.
    bridge_s: longest break inside a word's edge.
    shortest_s, join_s: shortest span kept; gaps closed in the coarse answer.
    """

    enter_db: float = 7.0
    reach_db: float = 25.0
    stay_db: float = 4.0
    open_at: float = 0.5
    close_at: float = 0.5
    edge_db: float = 4.0
    back_s: float = 0.15
    ahead_s: float = 0.25
    onset_drop_db: float = 32.0
    offset_drop_db: float = 34.0
    fall_db_s: float = 320.0
    most_hidden_s: float = 0.1
    bridge_s: float = 0.03
    shortest_s: float = 0.06
    join_s: float = 0.05


DEFAULT = VadSettings()


def band_levels(x: Floats) -> Floats:
    """Level of five bands each 5 ms (10 ms Hann windows). x (n,) -> (hops, 5) dBFS, >= -90."""
    hops = len(x) // _HOP
    if hops == 0:
        return np.zeros((0, len(_BANDS_HZ)), np.float32)
    window = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    bins = rfftfreq(_FFT, 1 / WORK_RATE)
    mix = np.stack([(bins >= low) & (bins < high) for low, high in _BANDS_HZ], axis=1)
    scale = np.float32(2.0 / (_FFT * float(np.sum(window * window))))
    padded = np.concatenate([np.zeros(_HOP // 2, np.float32), x, np.zeros(_WINDOW, np.float32)])
    view = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][:hops]
    out = np.empty((hops, len(_BANDS_HZ)), np.float32)
    matrix = mix.astype(np.float32)
    for first in range(0, hops, 4096):
        spectrum = rfft(view[first : first + 4096] * window, _FFT)
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        out[first : first + 4096] = power @ matrix
    return (10.0 * np.log10(out * scale + 1e-9)).astype(np.float32)


def blank(level: Floats, out: Bools) -> Floats:
    """Band levels with some 10 ms hops made as quiet as the quiet of the others.

    level: (5 ms hops, bands). out: (10 ms hops,) without samples, or not the owner's sound. Left as
    they are they would pull the noise floor down, or hold an edge up.
    """
    mask = np.zeros(len(level), np.bool_)
    wide = np.repeat(out, 2)[: len(level)]
    mask[: len(wide)] = wide
    if not mask.any() or mask.all():
        return level
    made = level.copy()
    made[mask] = np.percentile(level[~mask], 15, axis=0)
    return made


def noise_floor(level: Floats, window_s: float = 4.0) -> Floats:
    """Slowly moving noise level of each band, (hops, bands) dB.

    The 15th percentile of blocks of 0.5 s, its minimum over `window_s` around, smoothed: speech
    leaves enough closures and breaths in a few seconds for this to find the floor.
    """
    hops = len(level)
    block = round(0.5 / EDGE_HOP_S)
    if hops < 2 * block:
        return np.broadcast_to(np.percentile(level, 15, axis=0), level.shape).astype(np.float32)
    count = hops // block
    blocks = level[: count * block].reshape(count, block, -1)
    low = np.percentile(blocks, 15, axis=1)
    width = max(1, round(window_s / 0.5))
    low = minimum_filter1d(low, width, axis=0, mode="nearest")
    low = uniform_filter1d(low, width, axis=0, mode="nearest")
    middle = (np.arange(count) + 0.5) * block
    at = np.arange(hops)
    return np.stack(
        [np.interp(at, middle, low[:, band]) for band in range(low.shape[1])], axis=1
    ).astype(np.float32)


def above_noise(level: Floats) -> Floats:
    """Mean of the three best bands above the tracked noise floor, (hops,) dB, 0..40."""
    if len(level) == 0:
        return np.zeros(0, np.float32)
    over = np.clip(level - noise_floor(level), 0.0, 40.0)
    return np.sort(over, axis=1)[:, -3:].mean(axis=1)


def hysteresis(score: NDArray[np.floating], enter: float, stay: float) -> Bools:
    """Runs of score >= stay that reach `enter` somewhere. score (n,) -> (n,)."""
    held = score >= stay
    out = np.zeros(len(score), np.bool_)
    for start, end in runs(held):
        if score[start:end].max() >= enter:
            out[start:end] = True
    return out


def energy_vad(level: Floats, settings: VadSettings = DEFAULT) -> list[Span]:
    """Coarse speech spans from the band levels of `band_levels`, without any model.

    A span must also reach within `reach_db` of the track's loud speech: on a clean track breath,
    chairs and the far end of a room stand well above the noise too.
    """
    if len(level) == 0:
        return []
    smooth = uniform_filter1d(above_noise(level), 9, mode="nearest")
    whole = uniform_filter1d(level.max(axis=1), 9, mode="nearest")
    mask = hysteresis(smooth, settings.enter_db, settings.stay_db)
    if mask.any():
        least = float(np.percentile(whole[mask], 95)) - settings.reach_db
        for start, end in runs(mask):
            if whole[start:end].max() < least:
                mask[start:end] = False
    mask = close_gaps(mask, round(settings.join_s / EDGE_HOP_S))
    mask = drop_short(mask, round(settings.shortest_s / EDGE_HOP_S))
    return [Span(float(a) * EDGE_HOP_S, float(b) * EDGE_HOP_S) for a, b in runs(mask)]


def model_spans(probability: Floats, step_s: float, settings: VadSettings = DEFAULT) -> list[Span]:
    """Coarse spans from a model's probability per step of `step_s` seconds."""
    mask = hysteresis(probability, settings.open_at, settings.close_at)
    return [Span(float(a) * step_s, float(b) * step_s) for a, b in runs(mask)]


def _quiet_floor(level: Floats, spans: Sequence[Span]) -> Floats:
    """Mean level of each band in the quiet around each hop, (hops, bands) dB.

    Known pauses say more than a percentile of everything: hops at least 0.1 s away from any coarse
    span, averaged over about 3 s. Where there is no quiet that near, the tracked floor plus 3 dB
    (the distance of a 15th percentile from the mean of band noise).
    """
    hops = len(level)
    busy = np.zeros(hops, np.bool_)
    for span in spans:
        first = max(0, round((span.start - 0.1) / EDGE_HOP_S))
        busy[first : round((span.end + 0.1) / EDGE_HOP_S)] = True
    width = min(hops, round(3.0 / EDGE_HOP_S)) | 1
    share = uniform_filter1d((~busy).astype(np.float32), width, mode="constant")
    quiet = np.where(busy[:, None], 0.0, level).astype(np.float32)
    total = uniform_filter1d(quiet, width, axis=0, mode="constant")
    enough = share * width >= 40
    mean = total / np.maximum(share, 1e-6)[:, None]
    return np.where(enough[:, None], mean, noise_floor(level) + 3.0).astype(np.float32)


def refine(spans: Sequence[Span], level: Floats, settings: VadSettings = DEFAULT) -> list[Span]:
    """Move both ends of each coarse span to where the energy says the word begins and ends.

    spans: sorted. level: `band_levels` of the same track. An edge starts from the first (last)
    solid hop inside the span and walks outwards while hops are `edge_db` above the floor, over
    breaks of `bridge_s`, at most `back_s` (`ahead_s`) beyond the span, never into its neighbor.
    """
    out: list[Span] = []
    if len(level) == 0 or not spans:
        return out
    over = np.sort(level - _quiet_floor(level, spans), axis=1)[:, -2:].mean(axis=1)
    smooth = uniform_filter1d(over, 3, mode="nearest")
    bridge = round(settings.bridge_s / EDGE_HOP_S)
    bounds = [round(s.start / EDGE_HOP_S) for s in spans] + [len(level)]
    previous = 0
    for n, span in enumerate(spans):
        first = min(len(level) - 1, bounds[n])
        last = max(first + 1, min(len(level), round(span.end / EDGE_HOP_S)))
        low = max(previous, first - round(settings.back_s / EDGE_HOP_S))
        high = min(bounds[n + 1], last + round(settings.ahead_s / EDGE_HOP_S))
        loud = float(np.percentile(smooth[first:last], 95))
        rise_to = max(settings.edge_db, loud - settings.onset_drop_db)
        fall_to = max(settings.edge_db, loud - settings.offset_drop_db)
        on, off = smooth[low:high] >= rise_to, smooth[low:high] >= fall_to
        begun = np.flatnonzero(on[first - low : last - low])
        ended = np.flatnonzero(off[first - low : last - low])
        if len(begun) == 0 or len(ended) == 0:
            continue
        start = low + _walk(on, first - low + int(begun[0]), 0, -1, 2)
        end = low + _walk(off, first - low + int(ended[-1]), high - low - 1, 1, bridge) + 1
        hidden_s = (settings.offset_drop_db - loud + fall_to) / settings.fall_db_s
        end = min(high, end + round(min(settings.most_hidden_s, hidden_s) / EDGE_HOP_S))
        previous = end
        out.append(Span(start * EDGE_HOP_S, end * EDGE_HOP_S))
    return out


def _walk(live: Bools, at: int, limit: int, step: int, bridge: int) -> int:
    """The last live hop reached from `at` towards `limit` over breaks of at most `bridge` hops."""
    reached, missed = at, 0
    while at != limit:
        at += step
        if live[at]:
            reached, missed = at, 0
        else:
            missed += 1
            if missed > bridge:
                break
    return reached
