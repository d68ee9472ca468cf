"""F0 on known tones, and the prosody vector: its names, its gaps, its directions."""

from __future__ import annotations

import numpy as np
import pytest

from yesand.dsp import prosody
from yesand.dsp.pitch import pitch
from yesand.formats.audio import to_float
from yesand.formats.robot_voice import Line, Speaker, speak

RATE = 16_000


def voice(hz: np.ndarray | float, seconds: float = 1.0, harmonics: int = 8) -> np.ndarray:
    n = round(seconds * RATE)
    phase = np.cumsum(np.broadcast_to(hz, n)) / RATE * 2 * np.pi
    return sum(np.sin(h * phase) / h for h in range(1, harmonics)).astype(np.float32) * 0.1


@pytest.mark.parametrize("hz", [70.0, 110.0, 220.0, 350.0, 550.0])
def test_a_steady_tone_has_its_pitch_everywhere(hz: float):
    found = pitch(voice(hz))
    inner = found.f0_hz[3:-3]
    assert (inner > 0).all()
    assert np.abs(inner / hz - 1).max() < 0.003
    assert found.strength[3:-3].min() > 0.9


def test_a_glide_is_followed_without_octave_jumps():
    hz = np.geomspace(90, 360, 2 * RATE)
    found = pitch(voice(hz, 2.0))
    middle = hz[80::160][: len(found.f0_hz)]
    inner = slice(4, -4)
    assert (found.f0_hz[inner] > 0).all()
    assert np.abs(1200 * np.log2(found.f0_hz[inner] / middle[inner])).max() < 60


def test_a_missing_fundamental_is_still_the_pitch():
    t = np.arange(RATE) / RATE
    x = sum(np.sin(2 * np.pi * 150 * h * t) for h in (3, 4, 5)).astype(np.float32) * 0.1
    inner = pitch(x).f0_hz[3:-3]
    assert np.median(inner) == pytest.approx(150, rel=0.005)


def test_noise_and_silence_have_no_voice():
    noise = np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32)
    assert (pitch(noise).f0_hz > 0).mean() < 0.02
    assert not pitch(np.zeros(RATE, np.float32)).f0_hz.any()
    assert len(pitch(np.zeros(10, np.float32)).f0_hz) == 0


def test_hops_that_are_not_active_cost_nothing_and_say_nothing():
    active = np.zeros(100, np.bool_)
    active[20:40] = True
    found = pitch(voice(200.0), active)
    assert (found.f0_hz[22:38] > 0).all()
    assert not found.f0_hz[:20].any() and not found.f0_hz[40:].any()


def test_every_number_has_a_name_and_a_unit():
    assert len(prosody.NAMES) == len(set(prosody.NAMES)) == 63
    assert all(prosody.UNITS.values())
    assert prosody.vector(voice(200.0), RATE).shape == (63,)


def test_without_a_basis_a_number_is_nan_and_never_zero():
    assert np.isnan(prosody.vector(np.zeros(0, np.float32), RATE)).all()
    assert np.isnan(prosody.vector(voice(200.0), RATE, np.zeros(100, np.bool_))).all()
    noise = np.random.default_rng(1).normal(0, 0.1, RATE).astype(np.float32)
    values = dict(
        zip(prosody.NAMES, prosody.vector(noise, RATE, np.ones(100, np.bool_)), strict=True)
    )
    assert np.isnan(values["f0_mean"]) and np.isnan(values["hnr_mean"])
    assert np.isfinite(values["loudness_mean"])
    assert values["voiced_share"] == 0.0


def test_the_vector_says_what_was_done_to_the_voice():
    def said(x: np.ndarray) -> dict[str, float]:
        return dict(zip(prosody.NAMES, prosody.vector(x, RATE), strict=True))

    low, high = said(voice(120.0)), said(voice(240.0))
    assert high["f0_mean"] - low["f0_mean"] == pytest.approx(12.0, abs=0.1)
    soft, loud = said(voice(150.0) * 0.1), said(voice(150.0))
    assert loud["level_mean"] - soft["level_mean"] == pytest.approx(20.0, abs=0.1)
    assert loud["f0_mean"] == pytest.approx(soft["f0_mean"], abs=0.01)
    dark, bright = said(voice(150.0, harmonics=4)), said(voice(150.0, harmonics=30))
    assert bright["centroid_voiced_mean"] > dark["centroid_voiced_mean"]
    assert bright["alpha_voiced_mean"] < dark["alpha_voiced_mean"]
    breathy = said(voice(150.0) + np.random.default_rng(2).normal(0, 0.05, RATE).astype(np.float32))
    assert breathy["hnr_mean"] < said(voice(150.0))["hnr_mean"] - 5


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_the_rate_of_the_recording_does_not_matter(rate: int):
    rng = np.random.default_rng(4)
    track, _ = speak(Speaker.of(rng), [Line(0.2, 2.0)], 2.6, rng)
    x = to_float(track)
    at_48 = prosody.vector(x, 48_000)
    other = (
        x
        if rate == 48_000
        else np.interp(np.arange(0, 2.6, 1 / rate), np.arange(len(x)) / 48_000, x).astype(
            np.float32
        )
    )
    found = prosody.vector(other, rate)
    for name in ("f0_mean", "f0_range", "level_mean", "voiced_share"):
        at = prosody.NAMES.index(name)
        assert found[at] == pytest.approx(at_48[at], rel=0.05, abs=0.3)


def test_a_cut_of_the_contours_is_the_vector_of_the_cut():
    x = np.concatenate([voice(120.0), voice(240.0)])
    whole = prosody.contours(x, RATE, np.ones(200, np.bool_))
    at = prosody.NAMES.index("f0_p50")
    assert prosody.functionals(whole, 0, 100)[at] == pytest.approx(
        12 * np.log2(120 / 27.5), abs=0.1
    )
    assert prosody.functionals(whole, 100)[at] == pytest.approx(12 * np.log2(240 / 27.5), abs=0.1)
