"""Alignment: nothing captured is lost, untouched samples stay the captured ones."""

import numpy as np
import pytest

from yesand.formats.align import Piece, align_pair, stretch, to_48k
from yesand.formats.audio import to_int24
from yesand.kit.spans import Span

RNG = np.random.default_rng(5)


def noise(n: int) -> np.ndarray:
    return RNG.integers(-(2**22), 2**22, n, dtype=np.int32) | 1


def tone(hz: float, rate: float, seconds: float, start: float = 0.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hz * (np.arange(int(rate * seconds)) / rate + start))


def snr(got: np.ndarray, wanted: np.ndarray) -> float:
    return float(10 * np.log10(np.sum(wanted**2) / np.sum((got - wanted) ** 2)))


def test_samples_at_48k_are_the_captured_ones_and_nothing_is_dropped() -> None:
    a, b = noise(4800), noise(9600)
    pair = align_pair([Piece(a, 100.0, 48000)], [Piece(b, 100.01, 48000, 9.0, 20.0)])
    assert len(pair.a) == len(pair.b) == 480 + 9600
    assert (pair.a[:4800] == a).all() and not pair.a[4800:].any()
    assert (pair.b[480:] == b).all() and not pair.b[:480].any()
    assert pair.gaps_a == (Span(0.1, 0.21),)
    assert pair.gaps_b == (Span(0.0, 0.01),)
    assert pair.start_s == 100.0
    assert pair.resampled_a == pair.resampled_b == ()


def test_a_reload_leaves_a_listed_hole() -> None:
    first, second = noise(4800), noise(4800)
    pair = align_pair(
        [Piece(first, 0.0, 48000), Piece(second, 0.3, 48000)], [Piece(noise(19200), 0.0, 48000)]
    )
    assert pair.gaps_a == (Span(0.1, 0.3),)
    assert (pair.a[14400:] == second).all()
    assert pair.gaps_b == ()


def test_a_pause_is_silenced_and_listed_although_captured() -> None:
    pair = align_pair(
        [Piece(noise(48000), 0.0, 48000)],
        [Piece(noise(48000), 0.0, 48000)],
        silence_a=[Span(0.25, 0.5), Span(-1.0, 0.0), Span(0.9, 5.0)],
    )
    assert pair.gaps_a == (Span(0.25, 0.5), Span(0.9, 1.0))
    assert not pair.a[12000:24000].any() and pair.a[:12000].all() and pair.b.all()


def test_overlapping_pieces_and_nothing_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        align_pair([Piece(noise(4800), 0.0, 48000), Piece(noise(10), 0.05, 48000)], [])
    with pytest.raises(ValueError, match="neither role"):
        align_pair([], [Piece(noise(0), 0.0, 48000)])


@pytest.mark.parametrize("rate", [44100, 16000, 32000, 96000])
def test_other_rates_become_48k_with_a_clean_band(rate: int) -> None:
    captured = to_int24(tone(1000, rate, 1.0) + tone(6500, rate, 1.0) / 2)
    made, why = to_48k(Piece(captured, 0.0, rate))
    wanted = tone(1000, 48000, 1.0) + tone(6500, 48000, 1.0) / 2
    inside = slice(4000, -4000)
    assert why == ("rate",) and len(made) == 48000
    assert snr(made[inside] / 2**23, wanted[inside]) > 80


@pytest.mark.parametrize("ppm", [80.0, -80.0, 250.0])
def test_drift_larger_than_its_uncertainty_is_taken_out(ppm: float) -> None:
    true_rate = 48000 * (1 + ppm * 1e-6)
    captured = to_int24(tone(997, true_rate, 4.0) + tone(12000, true_rate, 4.0) / 4)
    made, why = to_48k(Piece(captured, 0.0, 48000, ppm, 5.0))
    n = min(len(made), 192000)
    wanted = (tone(997, 48000, 4.0) + tone(12000, 48000, 4.0) / 4)[:n]
    inside = slice(200, n - 200)
    assert why == ("drift",) and abs(len(made) - 192000) <= 1
    assert snr(made[:n][inside] / 2**23, wanted[inside]) > 80


def test_both_reasons_are_said_and_stretch_keeps_to_drift() -> None:
    made, why = to_48k(Piece(noise(44100), 0.0, 44100, 100.0, 1.0))
    assert why == ("rate", "drift") and abs(len(made) - 47995) <= 1
    with pytest.raises(ValueError, match="parts per million"):
        stretch(np.zeros(10), 2.0)
