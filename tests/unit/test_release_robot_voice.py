"""Robot voices: the same for the same seed, and a feeling changes what a listener measures."""

import numpy as np
import pytest

from yesand.dsp.prosody import NAMES, vector
from yesand.formats.audio import RATE, to_float
from yesand.formats.robot_voice import MANNERS, Line, Speaker, manner, robot_dialogue, speak

SPEAKER = Speaker(pitch=120, tract=0.95, pace=5.0, loudness=1.0, wobble=0.01)


def said(feeling: str, strength: float) -> dict[str, float]:
    lines = [Line(0.3, 3.0, feeling, strength)]
    track, _ = speak(SPEAKER, lines, 4.0, np.random.default_rng(1))
    return dict(zip(NAMES, vector(to_float(track), RATE), strict=True))


def test_a_dialogue_is_the_same_for_a_seed_and_another_for_another() -> None:
    a, b = robot_dialogue(3, 6.0)
    again, _ = robot_dialogue(3, 6.0)
    other, _ = robot_dialogue(4, 6.0)
    assert a.dtype == np.int32 and len(a) == len(b) == 6 * RATE
    assert (a == again).all() and not (a == other).all()
    assert np.abs(a).max() < 2**23 and a.std() > 2**23 * 0.01


def test_lines_sound_when_they_were_planned() -> None:
    track, spoken = speak(SPEAKER, [Line(1.0, 1.0)], 3.0, np.random.default_rng(1))
    span = spoken[0].span
    inside = track[round(span.start * RATE) : round(span.end * RATE)]
    assert span.start == 1.0 and 1.7 < span.end < 2.6
    assert inside.std() > 50 * track[: RATE // 2].std()
    assert [s.text for s in spoken[0].syllables] and spoken[0].syllables[0].start == 1.0


def test_a_line_past_the_end_is_dropped() -> None:
    track, spoken = speak(SPEAKER, [Line(5.0, 1.0)], 3.0, np.random.default_rng(1))
    assert spoken == [] and len(track) == 3 * RATE


def test_feelings_move_pitch_loudness_and_pace() -> None:
    neutral, anger, sad = said("neutral", 0), said("anger", 3), said("sadness", 3)
    assert anger["loudness_mean"] > 1.4 * sad["loudness_mean"]
    assert anger["f0_mean"] > neutral["f0_mean"] > sad["f0_mean"]
    assert said("fear", 3)["f0_mean"] > said("fear", 1)["f0_mean"]


def test_strength_blends_from_the_habit() -> None:
    assert manner("joy", 0) == MANNERS["neutral"]
    assert manner("joy", 3).pitch == pytest.approx(MANNERS["joy"].pitch)
    assert 1 < manner("joy", 1).pitch < MANNERS["joy"].pitch
    with pytest.raises(KeyError):
        manner("boredom", 1)
