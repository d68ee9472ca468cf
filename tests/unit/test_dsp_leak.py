"""Leak of one voice into the other's track, and offsets between recordings of one sound."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from yesand.dsp import leak as leaks
from yesand.dsp.frames import frame_power, to_rate
from yesand.dsp.leak import Leak, explained, leak
from yesand.dsp.sync import drift, offset
from yesand.formats.audio import to_float
from yesand.formats.robot_voice import robot_dialogue

RATE = leaks.RATE


@pytest.fixture(scope="module")
def pair() -> tuple[np.ndarray, np.ndarray]:
    a, b = robot_dialogue(11, 60.0)
    return to_rate(to_float(a), 48_000, RATE), to_rate(to_float(b), 48_000, RATE)


def room(x: np.ndarray, level_db: float, late_s: float, seed: int = 0) -> np.ndarray:
    """x as it comes out of a loudspeaker into a room, at a level re x and that much later."""
    rng = np.random.default_rng(seed)
    answer = rng.standard_normal(800) * np.exp(-np.arange(800) / 160)
    answer[0] = 3.0
    y = lfilter(answer, 1.0, x)
    y *= np.sqrt(np.mean(x**2) / np.mean(y**2)) * 10 ** (level_db / 20)
    late = round(late_s * RATE)
    return np.concatenate([np.zeros(late), y[: len(y) - late]]).astype(np.float32)


def noisy(x: np.ndarray, dbfs: float, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, 10 ** (dbfs / 20), len(x))
    return (x + noise).astype(np.float32)


@pytest.mark.parametrize("level_db", [-6, -15, -25, -32])
@pytest.mark.parametrize("late_s", [0.0, 0.12, 0.45])
def test_a_leak_is_found_with_its_level_and_lag(pair, level_db: float, late_s: float):
    a, b = pair
    found = leak(a, noisy(b + room(a, level_db, late_s), -70))
    assert found.valid and found.found
    # exact near the limit; where the leak is as loud as the voices, only its size matters
    assert found.db == pytest.approx(level_db, abs=1.0 if level_db <= -30 else 5.0)
    assert found.lag_s == pytest.approx(late_s, abs=0.01)


def test_clean_tracks_have_no_leak_and_a_bound_under_the_limit(pair):
    a, b = pair
    for own, other in ((a, noisy(b, -70)), (b, noisy(a, -70))):
        found = leak(own, other)
        assert found.valid and not found.found
        assert found.db < -35


def test_what_noise_could_hide_is_said(pair):
    a, b = pair
    found = leak(a, noisy(b, -30))
    assert not found.found
    assert found.db > -35


def test_too_little_speech_measures_nothing():
    assert leak(np.zeros(100, np.float32), np.zeros(100, np.float32)).valid is False
    silent = np.zeros(30 * RATE, np.float32)
    found = leak(silent, silent)
    assert not found.valid and "speech" in found.why


def test_the_partners_voice_is_told_from_the_own(pair):
    a, b = pair
    heard = noisy(b + room(a, -10, 0.2), -75)
    found = leak(a, heard)
    mine = frame_power(b, RATE) > 1e-5
    theirs = (frame_power(room(a, -10, 0.2), RATE) > 1e-5) & ~mine
    mask = explained(frame_power(a, RATE), frame_power(heard, RATE), found)
    assert mask[theirs].mean() > 0.8
    assert mask[mine].mean() < 0.1
    assert not explained(mask * 1.0, mask * 1.0, Leak(-60.0, False, 0.0, 9, True)).any()


@pytest.mark.parametrize("late", [-700.25, 0.0, 123.5, 3000.75])
def test_the_offset_is_found_to_a_fraction_of_a_sample(pair, late: float):
    a, _ = pair
    part = a[: 8 * RATE]
    spectrum = np.fft.rfft(part, 2 * len(part))
    turn = np.exp(-2j * np.pi * np.arange(len(spectrum)) * late / (2 * len(part)))
    moved = np.fft.irfft(spectrum * turn)[: len(part)].astype(np.float32)
    found = offset(part, noisy(moved, -50), RATE)
    assert found.strength > 15
    assert found.lag_s * RATE == pytest.approx(late, abs=0.35)


def test_unrelated_sounds_have_no_clear_offset(pair):
    a, b = pair
    assert offset(a[: 4 * RATE], b[20 * RATE : 24 * RATE], RATE).strength < 9
    assert offset(np.zeros(100, np.float32), a[:100], RATE).strength == 0.0
    assert offset(a[:0], a[:100], RATE).strength == 0.0


@pytest.mark.parametrize("ppm", [-100.0, 40.0, 100.0])
def test_drift_between_two_clocks_is_measured(pair, ppm: float):
    a, _ = pair
    at = np.arange(len(a)) * (1 - ppm * 1e-6) - 0.05 * RATE
    slow = np.interp(at, np.arange(len(a)), a, left=0, right=0).astype(np.float32)
    found = drift(a, noisy(slow, -60), RATE)
    assert found.windows >= 8
    assert found.lag_s == pytest.approx(0.05, abs=0.002)
    assert found.ppm == pytest.approx(ppm, abs=3)


def test_drift_without_a_common_sound_finds_no_window(pair):
    noise = np.random.default_rng(5).normal(0, 0.1, 20 * RATE).astype(np.float32)
    assert drift(pair[0][: 20 * RATE], noise, RATE).windows == 0
