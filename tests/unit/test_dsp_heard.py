"""How late a voice is heard, found again in what a call made of it."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from yesand.dsp.frames import WORK_RATE, to_rate
from yesand.dsp.heard import delays, spoken_windows
from yesand.formats.audio import RATE, to_float
from yesand.formats.robot_voice import robot_dialogue

SECONDS = 90.0


@functools.cache
def voices() -> tuple[np.ndarray, np.ndarray]:
    a, b = robot_dialogue(5, SECONDS)
    return to_rate(to_float(a), RATE), to_rate(to_float(b), RATE)


def through_a_call(
    voice: np.ndarray, delay_s: np.ndarray, seed: int, other: np.ndarray | None = None
) -> np.ndarray:
    """The voice at the other end: late by delay_s (per sample), a codec's band, noise, an echo."""
    rng = np.random.default_rng(seed)
    at = np.arange(len(voice)) - delay_s * WORK_RATE
    heard = np.interp(at, np.arange(len(voice)), voice, left=0.0, right=0.0)
    heard = sosfilt(butter(4, [80, 6000], "bandpass", fs=WORK_RATE, output="sos"), heard)
    heard += rng.normal(0, 10 ** (-55 / 20), len(heard))
    if other is not None:
        heard += 0.25 * other
    return np.round(heard * 32768) / 32768


@pytest.mark.parametrize("mixed", [False, True])
def test_a_steady_delay_is_found_in_every_window(mixed: bool):
    a, b = voices()
    heard = through_a_call(a, np.full(len(a), 0.1374), 1, b if mixed else None)
    found = delays(a, heard)
    assert len(found) >= 0.9 * found.tried > 3
    off = np.abs(found.delay_s - 0.1374) * 1000
    print(f"{len(found)} of {found.tried} windows, p95 {np.percentile(off, 95):.3f} ms")
    assert np.percentile(off, 95) < 0.5  # the codec's own filter delays by about 0.1 ms


def test_buffer_steps_and_drift_are_followed_window_by_window():
    a, b = voices()
    t = np.arange(len(a)) / WORK_RATE
    true = 0.09 + 0.02 * (t > 30) - 0.015 * (t > 61) + 60e-6 * t
    found = delays(a, through_a_call(a, true, 2, b))
    off = np.abs(found.delay_s - np.interp(found.at_s, t, true)) * 1000
    away = np.min(np.abs(found.at_s[:, None] - [30, 61]), axis=1) > 2
    print(f"p95 {np.percentile(off[away], 95):.3f} ms, {np.sum(off > 5)} of {len(off)} over 5 ms")
    assert np.percentile(off[away], 95) < 0.5
    assert np.mean(off[away] > 5) <= 0.05


def test_what_is_not_the_voice_gives_nothing():
    a, b = voices()
    rng = np.random.default_rng(3)
    for other in (rng.normal(0, 0.05, len(a)), b, np.zeros(len(a))):
        found = delays(a, other)
        assert found.tried > 3
        assert len(found) <= 0.1 * found.tried
    assert delays(np.zeros(len(a)), a).tried == 0
    assert len(delays(a[:1000], a[:1000])) == 0


def test_one_odd_window_does_not_count():
    a, _b = voices()
    delay = np.full(len(a), 0.15)
    windows = spoken_windows(a)
    odd = windows[len(windows) // 2]
    heard = through_a_call(a, delay, 4)
    far = through_a_call(a, np.full(len(a), 0.75), 4)
    heard[odd : odd + 5 * WORK_RATE] = far[odd : odd + 5 * WORK_RATE]
    found = delays(a, heard)
    assert np.all(np.abs(found.delay_s - 0.15) < 0.002)
    assert len(found) < found.tried


def test_windows_lie_where_the_voice_speaks():
    a, _b = voices()
    quiet = a.copy()
    quiet[20 * WORK_RATE : 50 * WORK_RATE] = 0.0
    starts = np.array(spoken_windows(quiet)) / WORK_RATE
    assert len(starts) > 3
    assert not np.any((starts > 20) & (starts < 46))
    assert np.all(np.diff(starts) >= 3.0 - 1e-9)
