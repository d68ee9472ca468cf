"""Speech-like sound without a word in it: what robots say in samples, demos and tests.

A source-filter synthesizer of its own in numpy: a glottal pulse train through four resonances of
a vowel, noise for consonants, syllables in phrases. Feeling moves pitch, range, pace, loudness,
breath and brightness in the directions that acted speech shows (Juslin & Laukka 2003, table 7;
Scherer 2003), so that prosody features have something to find. Nobody is imitated, nobody was
recorded, and everything follows from the seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter, resample_poly

from yesand.formats.audio import RATE, to_int24
from yesand.kit.spans import Span

_RATE = 16_000
#: Formants F1..F4 in Hz of a mid-sized vocal tract.
_VOWELS = {
    "a": (730.0, 1090.0, 2440.0, 3400.0),
    "e": (530.0, 1840.0, 2480.0, 3500.0),
    "i": (270.0, 2290.0, 3010.0, 3600.0),
    "o": (570.0, 840.0, 2410.0, 3300.0),
    "u": (300.0, 870.0, 2240.0, 3200.0),
}
_WIDTHS = (80.0, 100.0, 140.0, 200.0)
_CONSONANTS = ("m", "n", "l", "s", "f", "t", "k", "d")


@dataclass(frozen=True)
class Manner:
    """How a feeling is spoken, as factors of the speaker's own habit.

    pitch, span, pace, loudness: 1 is the habit. breath: noise in the voice, 0..1. bright: -1
    dark to 1 bright. fall: pitch at the end of a phrase re its start, in octaves.
    """

    pitch: float = 1.0
    span: float = 1.0
    pace: float = 1.0
    loudness: float = 1.0
    breath: float = 0.1
    bright: float = 0.0
    fall: float = -0.2


#: One manner for each of the fifteen feelings at full strength.
MANNERS: dict[str, Manner] = {
    "joy": Manner(1.30, 1.6, 1.12, 1.35, 0.10, 0.45, 0.05),
    "amusement": Manner(1.22, 1.9, 1.20, 1.15, 0.30, 0.35, 0.15),
    "excitement": Manner(1.50, 1.8, 1.35, 1.60, 0.10, 0.60, 0.10),
    "pride": Manner(1.05, 1.3, 0.88, 1.40, 0.05, 0.25, -0.10),
    "affection": Manner(0.98, 0.9, 0.82, 0.70, 0.35, -0.35, -0.15),
    "relief": Manner(0.92, 1.2, 0.80, 0.85, 0.50, -0.20, -0.55),
    "neutral": Manner(),
    "surprise": Manner(1.55, 2.2, 1.05, 1.30, 0.15, 0.30, 0.45),
    "embarrassment": Manner(1.10, 0.7, 1.10, 0.55, 0.40, -0.30, 0.20),
    "sadness": Manner(0.84, 0.5, 0.72, 0.60, 0.35, -0.60, -0.30),
    "anger": Manner(1.25, 1.4, 1.22, 1.95, 0.02, 0.75, -0.45),
    "frustration": Manner(1.12, 1.1, 1.05, 1.45, 0.20, 0.50, -0.50),
    "contempt": Manner(0.88, 0.9, 0.85, 0.95, 0.12, 0.05, -0.60),
    "disgust": Manner(0.90, 0.8, 0.78, 1.05, 0.28, 0.20, -0.50),
    "fear": Manner(1.55, 0.8, 1.38, 0.85, 0.45, 0.25, 0.20),
}


@dataclass(frozen=True)
class Speaker:
    """One robot's habit. pitch: Hz; tract: below 1 is longer; pace: syllables a second."""

    pitch: float
    tract: float
    pace: float
    loudness: float
    wobble: float

    @classmethod
    def of(cls, rng: np.random.Generator) -> Speaker:
        """A speaker drawn from wide, even ranges."""
        pitch = float(np.exp(rng.uniform(np.log(95), np.log(230))))
        tract = float(0.88 + 0.25 * (pitch - 95) / 135 + rng.normal(0, 0.03))
        return cls(
            pitch,
            tract,
            float(rng.uniform(4.2, 5.6)),
            float(rng.uniform(0.85, 1.15)),
            float(rng.uniform(0.004, 0.02)),
        )


@dataclass(frozen=True)
class Line:
    """Something to say: from `start` for about `seconds`, in a feeling at strength 0..3."""

    start: float
    seconds: float
    feeling: str = "neutral"
    strength: float = 0.0


@dataclass(frozen=True)
class Syllable:
    """One syllable as planned: seconds from the track's start, pitch in Hz, accent 0 or 1."""

    consonant: str
    vowel: str
    start: float
    end: float
    pitch: float
    accent: float

    @property
    def text(self) -> str:
        """How it would be written."""
        return self.consonant + self.vowel


@dataclass(frozen=True)
class Spoken:
    """What becomes of a line: its syllables in order."""

    line: Line
    syllables: tuple[Syllable, ...]

    @property
    def span(self) -> Span:
        """When it sounds."""
        return Span(self.syllables[0].start, self.syllables[-1].end)


def manner(feeling: str, strength: float) -> Manner:
    """The manner of a feeling at strength 0 (none) to 3 (strong); KeyError if unknown."""
    full = MANNERS[feeling]
    plain = MANNERS["neutral"]
    part = min(max(strength, 0.0), 3.0) / 3.0
    blend = {
        name: getattr(plain, name) + part * (getattr(full, name) - getattr(plain, name))
        for name in Manner.__dataclass_fields__
    }
    return Manner(**blend)


def plan(
    speaker: Speaker, lines: Sequence[Line], seconds: float, rng: np.random.Generator
) -> list[Spoken]:
    """When each syllable of each line sounds in a track of `seconds`; lines past it are dropped."""
    said = []
    for line in lines:
        how = manner(line.feeling, line.strength)
        beat = 1.0 / (speaker.pace * how.pace)
        count = max(1, int(line.seconds / beat))
        now, made = line.start, []
        for number in range(count):
            where = number / max(1, count - 1)
            long = 1.35 if number == count - 1 else 1.0
            end = now + beat * float(rng.uniform(0.8, 1.25)) * long
            accent = 1.0 if number % 3 == 1 else 0.0
            octaves = how.fall * where + 0.22 * how.span * accent
            octaves += float(rng.normal(0, 0.05 * how.span))
            pitch = speaker.pitch * how.pitch * 2.0**octaves
            consonant = str(rng.choice(_CONSONANTS))
            vowel = str(rng.choice(list(_VOWELS)))
            if end <= seconds:
                made.append(Syllable(consonant, vowel, now, end, pitch, accent))
            now = end
        if made:
            said.append(Spoken(line, tuple(made)))
    return said


def render(
    speaker: Speaker, said: Sequence[Spoken], seconds: float, rng: np.random.Generator
) -> np.ndarray:
    """The track: int32 (n,) at 48 kHz on the 24-bit scale, noise floor about -72 dBFS."""
    track = np.zeros(round(seconds * _RATE))
    for spoken in said:
        how = manner(spoken.line.feeling, spoken.line.strength)
        start = round(spoken.syllables[0].start * _RATE)
        sound = np.zeros(round(spoken.syllables[-1].end * _RATE) - start)
        for syllable in spoken.syllables:
            low = round(syllable.start * _RATE) - start
            piece = _syllable(speaker, how, syllable, rng)[: len(sound) - low]
            sound[low : low + len(piece)] = piece
        level = 0.07 * speaker.loudness * how.loudness
        sound *= level / (np.sqrt(np.mean(sound**2)) + 1e-9)
        track[start : start + len(sound)] += sound[: len(track) - start]
    whole = resample_poly(track, RATE // _RATE, 1)[: round(seconds * RATE)]
    whole = np.tanh(whole * 0.9) / 0.9 + rng.normal(0, 2.5e-4, len(whole))
    # 16 bits of steps: differences in the last bit between machines disappear
    return (to_int24(whole) >> 8) << 8


def speak(
    speaker: Speaker, lines: Sequence[Line], seconds: float, rng: np.random.Generator
) -> tuple[np.ndarray, list[Spoken]]:
    """Lines planned and rendered at once: the track as `render` gives it, and what is in it."""
    said = plan(speaker, lines, seconds, rng)
    return render(speaker, said, seconds, rng), said


def _syllable(
    speaker: Speaker, how: Manner, syllable: Syllable, rng: np.random.Generator
) -> np.ndarray:
    n = round((syllable.end - syllable.start) * _RATE)
    lead = int(n * 0.25)
    t = np.arange(n - lead) / _RATE
    vibrato = 0.03 * np.sin(2 * np.pi * 5.2 * t)
    wave = syllable.pitch * (1 + vibrato + speaker.wobble * _drift(len(t), rng))
    cycle = np.cumsum(wave) / _RATE % 1.0
    # an opening and a faster closing of the glottis, then rest (Rosenberg's pulse, derivative)
    opening = 0.4 - 0.1 * how.bright
    pulse = np.where(cycle < opening, np.sin(np.pi * cycle / opening), 0.0)
    pulse -= np.where((cycle >= opening) & (cycle < opening + 0.16), 1.6, 0.0)
    source = (1 - how.breath) * pulse + how.breath * rng.normal(0, 0.5, len(t))
    tilt = 0.75 - 0.45 * how.bright
    source = lfilter([1 - tilt], [1, -tilt], source)
    voiced = _formants(source, [f * speaker.tract for f in _VOWELS[syllable.vowel]])
    voiced = voiced / (np.sqrt(np.mean(voiced**2)) + 1e-9)
    attack = max(1, min(len(t) // 4, int(0.02 * _RATE)))
    envelope = np.ones(len(t))
    envelope[:attack] = np.linspace(0, 1, attack)
    envelope[-attack * 2 :] *= np.linspace(1, 0.1, attack * 2)
    loud = 1 + 0.25 * syllable.accent
    lead_in = _consonant(syllable.consonant, lead, syllable.pitch, rng)
    return np.concatenate([lead_in, voiced * envelope * loud])


def _consonant(which: str, n: int, pitch: float, rng: np.random.Generator) -> np.ndarray:
    if which in ("m", "n", "l"):
        t = np.arange(n) / _RATE
        return 0.35 * np.sin(2 * np.pi * pitch * t) + 0.1 * np.sin(4 * np.pi * pitch * t)
    noise = rng.normal(0, 1, n)
    if which in ("s", "f"):
        shaped = noise - np.concatenate([[0.0], noise[:-1]])
        return (0.25 if which == "s" else 0.12) * shaped * np.hanning(n)
    burst = np.zeros(n)
    start = int(n * 0.6)
    burst[start:] = noise[start:] * np.exp(-np.arange(n - start) / (0.006 * _RATE))
    return 0.6 * burst


def _formants(source: np.ndarray, hertz: Sequence[float]) -> np.ndarray:
    sound = source
    for f, width in zip(hertz, _WIDTHS, strict=True):
        r = np.exp(-np.pi * width / _RATE)
        a = [1.0, -2 * r * np.cos(2 * np.pi * min(f, 7600.0) / _RATE), r * r]
        sound = lfilter([sum(a)], a, sound)
    return np.asarray(sound)


def _drift(n: int, rng: np.random.Generator) -> np.ndarray:
    knots = rng.normal(0, 1, max(2, n // 400 + 2))
    return np.interp(np.linspace(0, len(knots) - 1, n), np.arange(len(knots)), knots)


def robot_dialogue(seed: int = 7, seconds: float = 24.0) -> tuple[np.ndarray, np.ndarray]:
    """Two robots in turns with small gaps and overlaps: the voices of a demo's two players.

    Returns two int32 tracks of equal length, 48 kHz, 24-bit scale; the same for the same seed.
    """
    rng = np.random.default_rng(seed)
    speakers = [Speaker.of(rng), Speaker.of(rng)]
    lines: tuple[list[Line], list[Line]] = ([], [])
    feelings = ("neutral", "amusement", "frustration", "surprise", "affection")
    now, who = 0.6, 0
    while now < seconds - 1.5:
        length = min(float(rng.uniform(1.0, 2.8)), seconds - 0.5 - now)
        feeling = str(rng.choice(feelings))
        lines[who].append(Line(now, length, feeling, float(rng.integers(1, 4))))
        if rng.random() < 0.25 and length > 1.6:
            lines[1 - who].append(Line(now + length * 0.5, 0.35, "neutral", 0.0))
        now += length + float(rng.normal(0.2, 0.2))
        who = 1 - who
    tracks = [
        render(speaker, plan(speaker, said, seconds, rng), seconds, rng)
        for speaker, said in zip(speakers, lines, strict=True)
    ]
    return tracks[0], tracks[1]
