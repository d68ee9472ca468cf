"""One whole scene through two real browsers, the door killed once on the way.

Takes a minute or more: it is the product's main job, from sign-in to a release that loads. It
leaves the pictures that the documentation shows.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import correlate, resample_poly

import yesand
from yesand.formats.robot_voice import robot_dialogue

SECONDS = 10
RATE = 48_000
SHOTS = Path(__file__).parent / "shots"


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory):
    """The rehearsal's result, its folder and the two microphones."""
    folder = tmp_path_factory.mktemp("rehearsal")
    voices = robot_dialogue(5, 90.0)
    mics = {}
    for role, samples in zip("ab", voices, strict=True):
        mics[role] = folder / f"{role}.wav"
        soundfile.write(mics[role], samples / float(1 << 23), RATE, subtype="PCM_16")
    shutil.rmtree(SHOTS, ignore_errors=True)
    done = subprocess.run(
        [sys.executable, "-m", "yesand.cli.main", "rehearse", "--left", mics["a"], "--right",
         mics["b"], "--seconds", str(SECONDS), "--out", folder / "out", "--kill-door",
         "--screenshots", SHOTS, "--json"],
        capture_output=True, text=True, timeout=420,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1]), folder, mics


@pytest.mark.timeout(480)
def test_nothing_is_lost_and_every_cent_adds_up(rehearsed):
    found, _folder, _mics = rehearsed
    assert found["lost_seconds"] == 0
    assert found["ledger_residual"] == 0
    assert found["seconds"] >= SECONDS
    assert all(step["ok"] for step in found["steps"])
    assert 0 < found["alignment_ms"]["uncertainty"] < 20


def test_each_role_was_offered_one_cue_and_answered(rehearsed):
    found, _folder, _mics = rehearsed
    by_role = {cue["role"]: cue for cue in found["cues"]}
    assert set(by_role) == {"a", "b"}
    assert by_role["a"]["asked"] <= 4
    assert 10 <= by_role["b"]["asked"] - by_role["a"]["displayed"] <= 15, "never both at once"
    for cue in by_role.values():
        assert cue["asked"] <= cue["displayed"] <= cue["asked"] + 3
        assert cue["response"] == "took"


def longest_stretch(track: np.ndarray, gaps, rate: int) -> np.ndarray:
    """The longest part without a declared gap.

    Where Chromium's fake device stalls on a busy machine, time goes on and its file does not: the
    gap is declared and filled, and what follows lies later than in the source.
    """
    edges = [0, *(round(x * rate) for gap in gaps for x in (gap.start, gap.end)), len(track)]
    pieces = [track[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return max(pieces, key=len)


def best_correlation(track: np.ndarray, source: np.ndarray) -> float:
    """The largest normalized correlation of the stretch's middle with any place of the source."""
    middle = track[len(track) // 8 : 7 * len(track) // 8].astype(float)
    middle -= middle.mean()
    raw = correlate(source, middle, mode="valid", method="fft")
    squares = np.concatenate([[0.0], np.cumsum(source**2)])
    energy = squares[len(middle) :] - squares[: -len(middle)]
    return float(np.max(raw / np.sqrt(np.maximum(energy, 1e-9) * (middle @ middle))))


def test_each_track_is_its_own_microphone(rehearsed):
    found, folder, _mics = rehearsed
    (dyad,) = list(yesand.open(found["release"]))
    # What Chromium's fake microphone played: 44.1 kHz, so nothing above 22 kHz can come back.
    sources = {
        role: resample_poly(soundfile.read(folder / "out" / f"mic-{role}.wav")[0], 160, 147)
        for role in "ab"
    }
    for role, other in (("a", "b"), ("b", "a")):
        held = dyad.track(role)
        track = longest_stretch(held.samples, held.gaps, dyad.rate)
        assert len(track) > 3 * dyad.rate, held.gaps
        assert best_correlation(track, sources[role]) >= 0.99, (role, held.gaps)
        assert best_correlation(track, sources[other]) < 0.5


def test_all_four_views_are_there(rehearsed):
    found, _folder, _mics = rehearsed
    (dyad,) = list(yesand.open(found["release"]))
    for view in ("intended", "character", "partner", "observer"):
        assert dyad.labels(view), view
    assert dyad.labels("own") == []
