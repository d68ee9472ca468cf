"""Levels, clipping, drop-outs, noise and the 10 ms grid, on sound whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yesand.dsp.frames import (
    close_gaps,
    drop_short,
    frame_power,
    grid_length,
    mask_of,
    runs,
    spans_of,
    to_rate,
)
from yesand.dsp.levels import clipping, dropouts, levels, loudest, noise, silence
from yesand.kit.spans import Span

RATE = 48_000


def tone(seconds: float, hz: float = 220.0, level: float = 0.5, rate: int = RATE) -> np.ndarray:
    t = np.arange(round(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def test_a_sine_of_half_scale_is_at_minus_nine_rms_and_minus_six_peak():
    found = levels(tone(1.0))
    assert found.rms_dbfs == pytest.approx(-9.03, abs=0.01)
    assert found.peak_dbfs == pytest.approx(-6.02, abs=0.01)
    assert abs(found.dc) < 1e-6


def test_an_empty_track_is_at_the_floor_and_nothing_breaks():
    nothing = np.zeros(0, np.float32)
    assert levels(nothing).rms_dbfs == -120.0
    assert clipping(nothing, RATE).share == 0.0
    assert dropouts(nothing, RATE) == []
    assert loudest(nothing, RATE) == -120.0


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_hops_hold_ten_milliseconds_at_every_rate(rate: int):
    x = tone(1.0, 1000.0, 0.5, rate)
    power = frame_power(x, rate)
    assert len(power) == grid_length(len(x), rate) == 100
    assert power.mean() == pytest.approx(0.125, rel=0.01)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
def test_resampling_keeps_a_tone_and_drops_what_does_not_fit(rate: int):
    low = to_rate(tone(1.0, 500.0, 0.5, rate), rate, 16_000)
    assert len(low) == pytest.approx(16_000, abs=2)
    middle = low[4_000:12_000]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.3536, rel=0.01)
    if rate > 16_000:
        high = to_rate(tone(1.0, 10_000.0, 0.5, rate), rate, 16_000)[4_000:12_000]
        assert np.sqrt(np.mean(high**2)) < 0.01


def test_clipping_counts_runs_of_three_and_not_single_peaks():
    x = tone(1.0, 220.0, 0.4)
    x[1000] = 1.0
    x[2000:2002] = 1.0
    assert clipping(x, RATE).share == 0.0
    x[3000:3003] = 1.0
    x[5000:5010] = -1.0
    found = clipping(x, RATE)
    assert found.share == pytest.approx(13 / RATE)
    assert found.spans == [Span(3000 / RATE, 3003 / RATE), Span(5000 / RATE, 5010 / RATE)]


@given(st.floats(0.55, 1.6))
def test_an_overdriven_sine_is_clipped_by_the_share_geometry_gives(level: float):
    x = np.clip(tone(0.5, 100.0, 1.0) * level, -1.0, 1.0)
    expected = 2 / np.pi * np.arccos(0.999 / level) if level > 0.999 else 0.0
    assert clipping(x, RATE).share == pytest.approx(expected, abs=0.006)


def test_flat_tops_below_full_scale_are_clipping_too():
    x = np.clip(tone(1.0, 220.0, 1.0), -0.7, 0.7)
    found = clipping(x, RATE)
    assert found.share > 0.3
    assert found.ceiling == pytest.approx(0.7, rel=1e-3)
    assert clipping(tone(1.0, 220.0, 0.7), RATE).share == 0.0


@pytest.mark.parametrize("ms", [5, 20, 100, 500])
def test_a_lost_buffer_is_found_to_the_sample(ms: int):
    rng = np.random.default_rng(ms)
    x = tone(2.0) + rng.normal(0, 0.01, 2 * RATE).astype(np.float32)
    start, length = 40_111, ms * RATE // 1000
    x[start : start + length] = 0.0
    (found,) = dropouts(x, RATE)
    assert round(found.start * RATE) == start
    assert round(found.end * RATE) == start + length


def test_silence_beside_quiet_is_no_drop_out():
    x = tone(2.0)
    fade = np.linspace(1, 0, 4800, dtype=np.float32)
    x[RATE - 4800 : RATE] *= fade
    x[RATE : RATE + 9600] = 0.0
    x[RATE + 9600 : RATE + 14400] *= fade[::-1]
    assert dropouts(x, RATE) == []
    assert dropouts(np.zeros(RATE, np.float32), RATE) == []


def test_snr_is_that_of_the_mixture():
    rng = np.random.default_rng(1)
    x = rng.normal(0, 0.001, 4 * RATE).astype(np.float32)
    x[RATE : 2 * RATE] += tone(1.0, 300.0, 0.1)
    mask = np.zeros(400, np.bool_)
    mask[100:200] = True
    found = noise(frame_power(x, RATE), mask)
    assert found.noise_dbfs == pytest.approx(-60.0, abs=0.3)
    assert found.snr_db == pytest.approx(36.99, abs=0.3)


def test_snr_without_speech_or_without_quiet_says_what_is_missing():
    power = np.full(300, 1e-4, np.float32)
    assert noise(power, np.zeros(300, np.bool_)).why == "less than 0.5 s of speech"
    assert noise(power, np.ones(300, np.bool_)).why == "less than 0.5 s of quiet"


def test_long_silences_are_listed():
    x = np.concatenate([tone(1.0), np.zeros(2 * RATE, np.float32), tone(1.0)])
    (found,) = silence(frame_power(x, RATE))
    assert (found.start, found.end) == (pytest.approx(1.0), pytest.approx(3.0))


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 5))
def test_runs_and_masks_are_each_others_inverse(bits: list[bool], longest: int):
    mask = np.array(bits, np.bool_)
    assert np.array_equal(mask_of(spans_of(mask), len(mask)), mask)
    closed = close_gaps(mask, longest)
    assert (closed | ~mask).all()
    inner = runs(~closed)
    edges = {0, len(mask)}
    assert all(
        end - start > longest for start, end in inner if start not in edges and end not in edges
    )
    assert all(end - start >= longest for start, end in runs(drop_short(mask, longest)))
