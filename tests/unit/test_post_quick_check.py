"""The check while both are still in the room: seeded physical faults, and nothing on clean sound."""

from __future__ import annotations

import numpy as np
import pytest

from yesand.dsp.frames import to_rate
from yesand.formats.audio import to_float
from yesand.formats.robot_voice import robot_dialogue
from yesand.kit.canonical import canonical_json
from yesand.kit.spans import Span
from yesand.post.quick_check import quick_check
from yesand.post.verdict import Limits

RATE = 48_000


@pytest.fixture(scope="module")
def pair() -> tuple[np.ndarray, np.ndarray]:
    a, b = robot_dialogue(21, 30.0)
    return to_float(a), to_float(b)


def codes(check) -> set[tuple[str, str]]:
    return {(f.code, f.role) for f in check.findings if f.over}


def test_clean_tracks_pass_and_all_is_measured(pair):
    check = quick_check(*pair, RATE, RATE)
    assert check.verdict.decision == "accepted"
    assert check.findings == ()
    rows = check.to_json()["measures"]
    assert {r["measure"] for r in rows} >= {"rms", "peak", "clipped_share", "gap_s", "leak"}
    assert all(r["valid"] and r["unit"] for r in rows)
    canonical_json(check.to_json())


@pytest.mark.parametrize("seed", range(6))
def test_robots_of_any_seed_are_clean(seed: int):
    a, b = (to_float(x) for x in robot_dialogue(seed, 20.0))
    assert quick_check(a, b, RATE, RATE).findings == ()


@pytest.mark.parametrize(("gain_db", "over"), [(0, False), (12, False), (36, True)])
def test_overdriven_input_is_clipping_by_its_share(pair, gain_db: float, over: bool):
    a, b = pair
    loud = np.clip(a * 10 ** (gain_db / 20), -1, 1).astype(np.float32)
    check = quick_check(loud, b, RATE, RATE)
    assert (("clipping", "a") in codes(check)) is over
    if over:
        assert check.verdict.decision == "retake"
        (finding,) = [f for f in check.findings if f.code == "clipping"]
        assert finding.value > finding.limit and finding.evidence["spans"]
        assert "clipped" in finding.says


@pytest.mark.parametrize(("count", "over"), [(1, False), (30, True)])
def test_lost_buffers_count_up_to_the_limit(pair, count: int, over: bool):
    a, b = pair
    holed = a.copy()
    loud = np.flatnonzero(np.abs(holed) > 0.05)
    starts = loud[np.linspace(0, len(loud) - 1, 3 * count).astype(int)]
    starts = starts[np.append(True, np.diff(starts) > 9_600)][:count]
    for start in starts:
        holed[start : start + 2_880] = 0.0
    check = quick_check(holed, b, RATE, RATE, limits=Limits(gap_s=0.5))
    (finding,) = [f for f in check.findings if f.code == "dropouts"]
    assert finding.evidence["count"] == pytest.approx(len(starts), abs=2)
    assert finding.over is over


@pytest.mark.parametrize(("seconds", "decision"), [(0.4, "accepted"), (1.2, "retake")])
def test_declared_gaps_count_and_are_shown_either_way(pair, seconds: float, decision: str):
    check = quick_check(*pair, RATE, RATE, gaps={"b": [Span(5.0, 5.0 + seconds)]})
    assert check.verdict.decision == decision
    (finding,) = check.findings
    assert (finding.code, finding.role, finding.value) == ("gaps", "b", pytest.approx(seconds))


def test_a_dead_microphone_is_found_and_a_silent_performer_is_not_one(pair):
    a, b = pair
    noise = np.random.default_rng(0).normal(0, 10 ** (-85 / 20), len(a)).astype(np.float32)
    assert ("dead_mic", "b") in codes(quick_check(a, noise, RATE, RATE))
    assert ("dead_mic", "b") in codes(quick_check(a, np.zeros_like(a), RATE, RATE))
    one_word = noise.copy()
    one_word[:24_000] += b[RATE * 2 : RATE * 2 + 24_000]
    assert ("dead_mic", "b") not in codes(quick_check(a, one_word, RATE, RATE))


@pytest.mark.parametrize(
    ("level_db", "over"), [(-20, True), (-30, True), (-42, False), (-80, False)]
)
def test_the_partner_in_the_loudspeaker_is_a_leak_by_its_level(pair, level_db: float, over: bool):
    a, b = pair
    late = round(0.18 * RATE)
    heard = np.concatenate([np.zeros(late, np.float32), a[:-late]]) * 10 ** (level_db / 20)
    check = quick_check(a, b + heard, RATE, RATE)
    assert (("leak", "b") in codes(check)) is over
    assert ("leak", "a") not in codes(check)


def test_the_leak_is_found_between_tracks_that_start_apart(pair):
    a, b = pair
    late = round(0.18 * RATE)
    heard = b + np.concatenate([np.zeros(late, np.float32), a[:-late]]) * 0.1
    check = quick_check(a, heard[RATE * 2 :], RATE, RATE, offset_s=2.0)
    (finding,) = [f for f in check.findings if f.code == "leak"]
    assert finding.evidence["lag_s"] == pytest.approx(0.18, abs=0.02)
    assert finding.value == pytest.approx(-20, abs=2)


def test_rates_may_differ_and_tracks_may_be_empty(pair):
    a, b = pair
    check = quick_check(a, to_rate(b, RATE, 16_000), RATE, 16_000)
    assert check.verdict.decision == "accepted"
    nothing = quick_check(np.zeros(0, np.float32), np.zeros(0, np.float32), RATE, RATE)
    assert codes(nothing) == {("dead_mic", "a"), ("dead_mic", "b")}
    leak_rows = [r for r in nothing.to_json()["measures"] if r["measure"] == "leak"]
    assert all(not r["valid"] and r["why"] for r in leak_rows)
