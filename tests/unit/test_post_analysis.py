"""The whole analysis of a pair, on robots whose lines are planned and on real conversations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from yesand.dsp import silero
from yesand.formats.audio import to_float
from yesand.formats.robot_voice import Line, Speaker, robot_dialogue, speak
from yesand.kit.canonical import canonical_json
from yesand.kit.spans import Span
from yesand.post.analysis import analyze_pair
from yesand.post.clock import IDENTICAL, Alignment
from yesand.post.peaks import peaks
from yesand.post.verdict import Limits

RATE = 48_000
DETECTORS = ["energy", *(["silero"] if silero.available() else [])]


def scene(lines_a, lines_b, seconds: float, seed: int = 3):
    rng = np.random.default_rng(seed)
    return tuple(
        to_float(speak(Speaker.of(rng), [Line(*line) for line in lines], seconds, rng)[0])
        for lines in (lines_a, lines_b)
    )


@pytest.fixture(scope="module")
def dialogue() -> tuple[np.ndarray, np.ndarray]:
    a, b = robot_dialogue(21, 20.0)
    return to_float(a), to_float(b)


@pytest.mark.parametrize("detector", DETECTORS)
def test_planned_turns_are_found_with_their_transfers(detector: str):
    a, b = scene([(0.5, 2.0), (6.0, 2.0)], [(3.2, 2.0), (9.0, 2.0)], 12.0)
    found = analyze_pair(a, b, RATE, RATE, detector=detector)
    assert found.detector == detector
    hold = found.turns["hold"]
    assert [t.role for t in hold] == ["a", "b", "a", "b"]
    assert [t.start for t in hold] == pytest.approx([0.5, 3.2, 6.0, 9.0], abs=0.06)
    assert found.summary["transfers"] == 3
    assert found.verdict.decision == "accepted"


def test_the_same_input_gives_the_same_bytes(dialogue):
    one, two = (canonical_json(analyze_pair(*dialogue, RATE, RATE).to_json()) for _ in range(2))
    assert one == two


def test_rows_have_the_columns_and_values_of_the_release(dialogue):
    found = analyze_pair(*dialogue, RATE, RATE, delays_s=(0.12, 0.2))
    segments, turns = found.segment_rows(), found.turn_rows()
    assert {s["kind"] for s in segments} <= {"ipu", "pause"}
    assert {s["view"] for s in segments} == {"signal"}
    assert {t["kind"] for t in turns} <= {"turn", "backchannel"}
    assert {t["view"] for t in turns} == {"silence", "hold", "ear_a", "ear_b"}
    for row in (*segments, *turns):
        assert row["role"] in "ab" and 0 <= row["start"] < row["end"] <= found.seconds + 0.3
    given = [t for t in turns if t["fto_as_heard_a"] is not None]
    assert given
    for t in given:
        sign = 1 if t["role"] == "b" else -1
        assert t["fto_as_heard_a"] - t["fto_as_heard_b"] == pytest.approx(sign * 0.32, abs=1e-3)
    measured = {(m["role"], m["measure"]) for m in found.measure_rows()}
    assert {(r, m) for r in "ab" for m in ("snr", "leak", "clipped_share", "speech_s")} <= measured
    assert len(found.tracks["a"].prosody) == 63


def test_without_delays_there_are_no_ear_clocks(dialogue):
    found = analyze_pair(*dialogue, RATE, RATE)
    assert list(found.turns) == ["silence", "hold"]
    assert all(t["fto_as_heard_a"] is None for t in found.turn_rows())


@pytest.mark.parametrize("offset_ms", [-730.0, 1250.0])
def test_tracks_that_start_apart_are_put_on_one_clock(dialogue, offset_ms: float):
    a, b = dialogue
    whole = analyze_pair(a, b, RATE, RATE)
    cut = round(abs(offset_ms) / 1000 * RATE)
    cut_a, cut_b = (a, b[cut:]) if offset_ms > 0 else (a[cut:], b)
    alignment = Alignment(offset_ms, 1.0, 0.0, 1.0, False, True)
    found = analyze_pair(cut_a, cut_b, RATE, RATE, alignment)
    assert found.seconds == pytest.approx(whole.seconds, abs=0.001)
    late = {(t.role, round(t.start, 1)) for t in whole.turns["hold"] if t.start > 2.5}
    again = {(t.role, round(t.start, 1)) for t in found.turns["hold"]}
    assert len(late - again) <= 1


def test_drift_moves_times_only_beyond_its_uncertainty(dialogue):
    a, b = dialogue
    plain = analyze_pair(a, b, RATE, RATE).tracks["b"].speech[-1].end
    for resample, factor in ((True, 1 - 0.005), (False, 1.0)):
        alignment = Alignment(0.0, 1.0, 5000.0, 10.0, resample, True)
        moved = analyze_pair(a, b, RATE, RATE, alignment).tracks["b"].speech[-1].end
        assert moved == pytest.approx(plain * factor, abs=1e-6)


@pytest.mark.parametrize("detector", DETECTORS)
def test_the_partners_voice_on_a_track_is_no_speech_of_its_owner(dialogue, detector: str):
    a, b = dialogue
    late = round(0.15 * RATE)
    heard = np.concatenate([np.zeros(late, np.float32), a[:-late]]) * 10 ** (-14 / 20)
    clean = analyze_pair(a, b, RATE, RATE, detector=detector)
    found = analyze_pair(a, b + heard, RATE, RATE, detector=detector)
    assert found.verdict.decision == "retake"
    talk = found.summary["talk_share_b"], clean.summary["talk_share_b"]
    assert talk[0] == pytest.approx(talk[1], abs=0.08)


def behavior(found) -> set[tuple[str, str]]:
    return {(f.code, f.role) for f in found.findings if f.severity == "behavioral"}


def test_dead_air_and_one_sided_talk_go_to_a_person_and_stay_paid():
    a, b = scene([(0.5 + 4 * n, 3.0) for n in range(8)], [(65.0, 0.5)], 70.0)
    found = analyze_pair(a, b, RATE, RATE)
    assert behavior(found) == {("dead_air", ""), ("one_sided", "b")}
    assert found.verdict.decision == "review" and found.verdict.paid
    (gap,) = [f for f in found.findings if f.code == "dead_air"]
    assert gap.start == pytest.approx(31.6, abs=1.0) and gap.end == pytest.approx(65, abs=0.2)
    quiet = np.random.default_rng(0).normal(0, 3e-3, len(a)).astype(np.float32)
    assert ("no_speech", "b") in behavior(analyze_pair(a, quiet, RATE, RATE))


def test_speech_in_noise_is_looked_at():
    a, b = scene(
        [(0.5 + 4 * n, 2.0) for n in range(8)], [(2.8 + 4 * n, 1.0) for n in range(8)], 34.0
    )
    loud = a + np.random.default_rng(1).normal(0, 0.045, len(a)).astype(np.float32)
    codes = {(f.code, f.role) for f in analyze_pair(loud, b, RATE, RATE).findings if f.over}
    assert ("noise", "a") in codes and ("noise", "b") not in codes


def test_an_alignment_that_is_missing_or_loose_is_looked_at(dialogue):
    missing = Alignment(0.0, 0.0, 0.0, 0.0, False, False, "no clock ping was answered")
    found = analyze_pair(*dialogue, RATE, RATE, missing)
    assert found.verdict.decision == "review"
    assert [f.evidence["why"] for f in found.verdict.reasons] == [missing.why]
    loose = Alignment(0.0, 400.0, 0.0, 0.0, False, True)
    assert [f.code for f in analyze_pair(*dialogue, RATE, RATE, loose).verdict.reasons] == [
        "alignment"
    ]


def test_a_programs_own_limits_are_used(dialogue):
    gaps = {"a": [Span(3.0, 3.4)]}
    strict = analyze_pair(*dialogue, RATE, RATE, gaps=gaps, limits=Limits(gap_s=0.2))
    assert strict.verdict.decision == "retake"
    assert strict.to_json()["limits"]["gap_s"] == 0.2


@pytest.mark.parametrize("detector", DETECTORS)
def test_a_declared_hole_moves_neither_noise_nor_edges(detector: str):
    a, b = scene(
        [(0.5 + 4 * n, 2.0) for n in range(6)], [(2.8 + 4 * n, 1.0) for n in range(6)], 26.0
    )
    noise = np.random.default_rng(2).normal(0, 10 ** (-50 / 20), len(a)).astype(np.float32)
    whole = analyze_pair(a + noise, b, RATE, RATE, detector=detector)
    hole = Span(11.1, 11.9)  # between two lines
    holed = a + noise
    holed[round(hole.start * RATE) : round(hole.end * RATE)] = 1e-7
    found = analyze_pair(holed, b, RATE, RATE, gaps={"a": [hole]}, detector=detector)
    snr = [one.tracks["a"].noise.snr_db for one in (whole, found)]
    assert snr[1] == pytest.approx(snr[0], abs=0.3)
    ends = [[(u.start, u.end) for u in one.tracks["a"].ipus] for one in (whole, found)]
    assert np.abs(np.array(ends[0]) - np.array(ends[1])).max() <= 0.03
    assert not [f for f in found.findings if f.code == "dropouts"]


@pytest.mark.parametrize("samples", [0, 100, 4_800, 48_000])
def test_short_and_silent_takes_have_an_answer(samples: int):
    nothing = np.zeros(samples, np.float32)
    found = analyze_pair(nothing, nothing, RATE, RATE)
    assert found.verdict.decision == "retake"
    assert found.turns["hold"] == []
    canonical_json(found.to_json())


def test_bad_arrays_are_refused():
    good = np.zeros(4_800, np.float32)
    for bad in (np.zeros((4_800, 2)), np.full(4_800, np.nan), np.array([np.inf])):
        with pytest.raises(ValueError, match="track b"):
            analyze_pair(good, bad, RATE, RATE)
    with pytest.raises(ValueError, match="detector"):
        analyze_pair(good, good, RATE, RATE, detector="magic")
    assert IDENTICAL.valid


def test_peaks_hold_the_extremes_of_every_piece():
    x = np.sin(np.arange(10_000) / 50).astype(np.float32)
    x[1_234] = 0.999
    drawn = peaks(x, RATE, 100)
    assert drawn["points"] == 100 == len(drawn["min"]) == len(drawn["max"])
    assert drawn["max"][12] == 0.999
    assert all(low <= high for low, high in zip(drawn["min"], drawn["max"], strict=True))
    assert peaks(x[:7], RATE, 100)["points"] == 7
    assert peaks(x[:0], RATE)["min"] == []
    with pytest.raises(ValueError, match="at least one"):
        peaks(x, RATE, 0)


def test_real_conversations_have_two_clean_tracks_and_two_talkers(private_data: Path):
    for file in sorted((private_data / "spokenwoz" / "audio").glob("*.wav")):
        x, rate = soundfile.read(file, dtype="float32", frames=40 * 8_000)
        both = [analyze_pair(x[:, 0], x[:, 1], rate, rate, detector=d) for d in DETECTORS]
        for found in both:
            assert found.verdict.decision == "accepted"
            assert found.summary["overlap_share"] < 0.05
            assert 0.2 < found.summary["talk_share_a"] < 0.6
        shares = [found.summary["talk_share_a"] for found in both]
        assert max(shares) - min(shares) < 0.06
        print(f"{file.name}: {both[-1].summary['turns']} turns, shares {shares}")
