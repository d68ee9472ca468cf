"""Where speech begins and ends: planned robot speech always, real labeled speech where it is.

The promise (medians of absolute errors at SNR >= 20 dB): onset 10 ms, offset 30 ms.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from yesand.dsp import silero, vad
from yesand.dsp.frames import to_rate
from yesand.formats.audio import to_float
from yesand.formats.robot_voice import Line, Speaker, speak
from yesand.kit.spans import Span, total

DETECTORS = ["energy", *(["silero"] if silero.available() else [])]


def find(x: np.ndarray, detector: str) -> list[Span]:
    level = vad.band_levels(x)
    if detector == "energy":
        coarse = vad.energy_vad(level)
    else:
        coarse = vad.model_spans(silero.speech_probability([x])[0], silero.CHUNK_S)
    return vad.refine(coarse, level)


def errors(found: list[Span], truth: list[Span]) -> tuple[np.ndarray, np.ndarray]:
    """Signed distance in ms of the nearest found onset and offset to each true one."""
    starts, ends = (np.array([getattr(s, edge) for s in found]) for edge in ("start", "end"))
    on = [starts[np.abs(starts - t.start).argmin()] - t.start for t in truth]
    off = [ends[np.abs(ends - t.end).argmin()] - t.end for t in truth]
    return np.array(on) * 1000, np.array(off) * 1000


def robot(noise_dbfs: float, seed: int = 5) -> tuple[np.ndarray, list[Span]]:
    rng = np.random.default_rng(seed)
    lines = [Line(0.7 + 2.6 * n, float(rng.uniform(0.8, 1.6))) for n in range(12)]
    track, said = speak(Speaker.of(rng), lines, 33.0, rng)
    x = to_rate(to_float(track), 48_000)
    x = x + rng.normal(0, 10 ** (noise_dbfs / 20), len(x)).astype(np.float32)
    return x, [s.span for s in said]


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize("noise_dbfs", [-65.0, -45.0])
def test_planned_speech_is_found_at_its_times(detector: str, noise_dbfs: float):
    x, truth = robot(noise_dbfs)
    on, off = errors(find(x, detector), truth)
    assert np.median(np.abs(on)) <= 20
    assert np.median(np.abs(off)) <= 40
    assert np.abs(on).max() < 250


@pytest.mark.parametrize("detector", DETECTORS)
def test_noise_alone_is_no_speech(detector: str):
    noise = np.random.default_rng(2).normal(0, 0.02, 16_000 * 20).astype(np.float32)
    assert total(find(noise, detector)) < 0.2


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize("samples", [0, 1, 79, 80, 511, 4_000])
def test_very_short_and_silent_tracks_are_fine(detector: str, samples: int):
    assert find(np.zeros(samples, np.float32), detector) == []


def test_refined_spans_are_sorted_apart_and_inside_the_track():
    x, _ = robot(-50.0, seed=9)
    level = vad.band_levels(x)
    coarse = [Span(0.0, 1.0), Span(1.05, 2.0), Span(2.0, 2.5), Span(30.0, 33.0)]
    found = vad.refine(coarse, level)
    edges = [edge for span in found for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    assert edges[0] >= 0 and edges[-1] <= len(x) / 16_000 + 0.005


def test_a_breath_far_below_the_speech_is_not_speech():
    x, truth = robot(-90.0)
    rng = np.random.default_rng(3)
    quiet = np.zeros_like(x)
    for span in truth[:-1]:
        at = round((span.end + 0.5) * 16_000)
        quiet[at : at + 6_400] = rng.normal(0, 0.07 * 10 ** (-45 / 20), 6_400)
    assert len(vad.energy_vad(vad.band_levels(x + quiet))) <= 1.5 * len(
        vad.energy_vad(vad.band_levels(x))
    )


def _phones(data: Path) -> list[tuple[np.ndarray, Span]]:
    """EmoDB files with the span from the first audible phone to the end of the last."""
    out = []
    for file in sorted((data / "emodb" / "wav_original_16k").glob("*.wav")):
        labels = data / "emodb" / "lablaut" / f"{file.stem}xx.lablaut"
        if not labels.is_file():
            continue
        lines = labels.read_text("latin-1").split("#\n", 1)[1].splitlines()
        rows = [r for r in (line.split() for line in lines) if len(r) >= 2]
        rows = [(float(r[0]), r[2] if len(r) > 2 else "") for r in rows]
        sounding = [t for t, name in rows if not name.startswith("_")]
        ends = [t for t, name in rows if name == "."]
        if len(rows) > 4 and ends:
            x, _ = soundfile.read(file, dtype="float32")
            out.append((x, Span(sounding[0], ends[-1])))
    return out


def _in_noise(files: list[tuple[np.ndarray, Span]], snr_db: float, seed: int):
    """Utterances at RMS 0.05 in steady noise, apart by 0.4 to 2 s, and where they really are."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(files))[:120]
    parts, truth, now = [], [], 0
    for n in order:
        x, span = files[n]
        first, last = max(0, round((span.start - 0.05) * 16_000)), round((span.end + 0.1) * 16_000)
        piece = x[first:last].copy()
        piece[:320] *= np.linspace(0, 1, 320)
        piece[-320:] *= np.linspace(1, 0, 320)
        piece *= 0.05 / np.sqrt(np.mean(piece**2))
        gap = np.zeros(int(rng.uniform(0.4, 2.0) * 16_000), np.float32)
        now += len(gap)
        truth.append(Span(span.start + (now - first) / 16_000, span.end + (now - first) / 16_000))
        parts += [gap, piece]
        now += len(piece)
    y = np.concatenate(parts)
    noise = np.convolve(rng.standard_normal(len(y)), 0.7 ** np.arange(20), "same")
    return (y + noise / noise.std() * 0.05 * 10 ** (-snr_db / 20)).astype(np.float32), truth


@pytest.mark.parametrize("detector", DETECTORS)
@pytest.mark.parametrize(("snr_db", "most_on", "most_off"), [(28, 10, 30), (20, 10, 30)])
def test_real_speech_in_noise_keeps_the_promise(
    private_data: Path, detector: str, snr_db: int, most_on: int, most_off: int
):
    x, truth = _in_noise(_phones(private_data), snr_db, seed=11)
    on, off = errors(find(x, detector), truth)
    print(f"{detector} {snr_db} dB: onset {np.median(np.abs(on)):.0f} ms,", end=" ")
    print(f"offset {np.median(np.abs(off)):.0f} ms")
    assert np.median(np.abs(on)) <= most_on
    assert np.median(np.abs(off)) <= most_off


def test_hand_labels_of_noisy_recordings(private_data: Path):
    on, off = [], []
    for file in sorted((private_data / "ten-vad").glob("*.wav")):
        x, rate = soundfile.read(file, dtype="float32")
        fields = file.with_suffix(".scv").read_text().strip().split(",")[1:]
        rows = [
            (float(fields[n]), float(fields[n + 1]), fields[n + 2])
            for n in range(0, len(fields), 3)
        ]
        inner = len(x) / rate - 0.05
        found = find(to_rate(x, rate), DETECTORS[-1])
        truth = [Span(a, b) for a, b, flag in rows if flag == "1"]
        one, two = errors(found, truth)
        on += [e for e, t in zip(one, truth, strict=True) if t.start > 0.05]
        off += [e for e, t in zip(two, truth, strict=True) if t.end < inner]
    print(f"ten-vad, {DETECTORS[-1]}: onset {np.median(np.abs(on)):.0f} ms,", end=" ")
    print(f"offset {np.median(np.abs(off)):.0f} ms")
    # recorded at 5 to 15 dB: the promise does not hold there, and this is how far it is off
    assert np.median(np.abs(on)) <= 35
    assert np.median(np.abs(off)) <= 60
