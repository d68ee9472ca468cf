"""A robot's voice says words: sounds of a text, and that they are where a vocal tract has them."""

from __future__ import annotations

import numpy as np
import pytest

from yesand.cli.robots.speech import synth
from yesand.cli.robots.speech.phones import PHONES
from yesand.cli.robots.speech.spelled import sounds
from yesand.formats.robot_voice import Speaker

SPEAKER = Speaker(pitch=110, tract=1.0, pace=4.9, loudness=1.0, wobble=0.005)


def phones(text: str, language: str = "en") -> str:
    return " ".join(one.phone for one in sounds(text, language))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("You kept it.", "Y UW K EH P T IH T"),
        ("umbrellas", "AX M B R EH L AX Z"),  # a plural that the dictionary leaves out
        ("boxes", "B AA K S AX Z"),
        ("flib", "F L IH B"),  # in no dictionary
        ("25", "T W EH N T IY F AY V"),
        ("... — 🙂", ""),
    ],
)
def test_english_is_read_by_the_dictionary_and_by_rule(text, said):
    assert phones(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("guitarra", "G i t a rr a"),
        ("pingüino", "p i N G u i N o"),
        ("quién", "k i e N"),
        ("año", "a N Y o"),
        ("gente", "x e N t e"),
        ("La llave", "L a Y a b e"),
    ],
)
def test_spanish_is_read_by_its_spelling(text, said):
    assert phones(text, "es") == said


def test_spanish_stress_follows_the_accent_or_the_rule():
    def stressed(word: str) -> int:
        vowels = [one for one in sounds(word, "es") if one.phone in "aeiou"]
        return next(n for n, one in enumerate(vowels) if one.stress)

    assert stressed("canción") == 2  # ca, n-c-i, ó
    assert stressed("hablar") == 1
    assert stressed("mesa") == 0
    assert stressed("rápido") == 0


def test_every_sound_that_a_text_can_have_has_a_target():
    every = "The quick brown fox jumps over a lazy dog's azure thigh, choosing joyful measures now."
    assert {one.phone for one in sounds(every, "en")} <= set(PHONES)
    spanish = (
        "El pingüino Wenceslao hizo kilómetros bajo exhaustiva lluvia; ñandú, guerra, hoy y rey."
    )
    assert {one.phone for one in sounds(spanish, "es")} <= set(PHONES)


def steady(vowel_word: str, seed: int = 1) -> np.ndarray:
    said = synth.say(vowel_word, "en", SPEAKER, np.random.default_rng(seed))
    low, high = said.words[0]
    middle = said.samples[round((low + 0.35 * (high - low)) * 48_000) :][:4800]
    return np.abs(np.fft.rfft(middle * np.hanning(len(middle)))) ** 2


def share(power: np.ndarray, low: float, high: float) -> float:
    hertz = np.arange(len(power)) * 10.0
    inside = power[(hertz >= low) & (hertz < high)].sum()
    return float(inside / power[(hertz >= 80) & (hertz < 8000)].sum())


def test_vowels_sound_where_their_resonances_are():
    see, saw = steady("ee"), steady("awe")
    # F2 of an open front vowel lies beyond 2 kHz, that of a back vowel below 1.1 kHz.
    assert share(see, 1900, 3200) > 5 * share(saw, 1900, 3200)
    assert share(saw, 500, 1100) > 3 * share(see, 500, 1100)


def test_a_hiss_is_high_and_a_vowel_is_low():
    said = synth.say("sees", "en", SPEAKER, np.random.default_rng(2))
    start = round(said.words[0][0] * 48_000)
    hiss = said.samples[start + 1200 : start + 3600].astype(float)
    power = np.abs(np.fft.rfft(hiss * np.hanning(len(hiss)))) ** 2
    hertz = np.arange(len(power)) * 20.0
    assert power[hertz > 4000].sum() > 0.8 * power.sum()


def test_words_come_in_order_and_nothing_clips():
    said = synth.say("Well, I never. You kept it!", "en", SPEAKER, np.random.default_rng(3))
    starts = [low for low, _high in said.words]
    assert starts == sorted(starts) and len(starts) == 6
    assert said.words[1][0] - said.words[0][1] >= 0.1  # the comma
    assert 1000 < np.abs(said.samples).max() < 32_000
    assert 1.0 < said.seconds < 4.0


def test_the_same_seed_says_the_same_bytes_and_no_word_says_nothing():
    one, two = (synth.say("Fine.", "en", SPEAKER, np.random.default_rng(9)) for _ in range(2))
    assert np.array_equal(one.samples, two.samples)
    assert len(synth.say("...", "en", SPEAKER, np.random.default_rng(9)).samples) == 0
    with pytest.raises(KeyError):
        synth.say("Fine.", "en", SPEAKER, np.random.default_rng(9), "boredom")
