"""Sounds to samples: pitch, amplitudes and formants on a grid of 5 ms, through a formant filter.

Source and filter after Klatt (1980), much reduced: a glottal pulse and breath through five
resonances in a row, noise through one band beside them. About 60 times faster than real time on
one core; nothing but numpy and scipy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import lfilter, resample_poly, sosfilt

from yesand.cli.robots.speech.phones import PHONES, VOWELS, Phone
from yesand.cli.robots.speech.spelled import Said, sounds
from yesand.formats.robot_voice import Manner, Speaker, manner

Floats = NDArray[np.float64]

RATE = 48_000
_RATE = 16_000
_STEP = 80
"""Samples of a frame: 5 ms."""
_LEAD = 6
"""Frames of silence before and after."""


@dataclass(frozen=True)
class Utterance:
    """samples: int16 (n,), 48 kHz, mono. words: (start, end) in seconds of each word, in order."""

    text: str
    samples: NDArray[np.int16]
    words: tuple[tuple[float, float], ...] = ()

    @property
    def seconds(self) -> float:
        """How long it sounds."""
        return len(self.samples) / RATE


@dataclass
class Grid:
    """What the filter is told every 5 ms. formants: (n, 3) Hz; the rest (n,)."""

    formants: Floats
    pitch: Floats
    voice: Floats
    breath: Floats
    noise: Floats
    center: Floats
    width: Floats


def say(
    text: str,
    language: str,
    speaker: Speaker,
    rng: np.random.Generator,
    feeling: str = "neutral",
    strength: float = 0.0,
) -> Utterance:
    """A text spoken by a robot's voice, in one of the fifteen feelings at strength 0 to 3.

    A text without a word becomes an utterance without samples. KeyError for an unknown feeling.
    """
    how = manner(feeling, strength)
    said = sounds(text, language)
    if not said:
        return Utterance(text, np.zeros(0, np.int16))
    lengths = _lengths(said, speaker.pace / 4.9 * how.pace)
    grid, words = _grid(said, lengths, speaker, how, rng)
    return Utterance(text, _render(grid, speaker, how, rng), words)


def laugh(speaker: Speaker, rng: np.random.Generator, bursts: int = 5) -> Utterance:
    """A laugh of some bursts: breath and a short open vowel, about five a second, falling."""
    said, lengths = [], []
    for _number in range(bursts):
        said += [Said("HH", 0, 0), Said("AH", 1, 0)]
        lengths += [float(rng.uniform(0.07, 0.1)), float(rng.uniform(0.07, 0.1))]
    how = manner("amusement", 3.0)
    grid, words = _grid(said, lengths, speaker, how, rng)
    fall = np.linspace(1.25, 0.85, len(grid.pitch))
    grid.pitch *= fall
    grid.voice *= np.linspace(1.0, 0.5, len(grid.voice))
    grid.breath *= 0.35
    return Utterance("(laughs)", _render(grid, speaker, how, rng), words)


def hum(speaker: Speaker, rng: np.random.Generator, rise: bool = False) -> Utterance:
    """A listener's short *mm*: pitch falls, or rises where it is surprised."""
    lengths = [float(rng.uniform(0.22, 0.34))]
    how = manner("neutral", 0.0)
    grid, words = _grid([Said("M", 1, 0)], lengths, speaker, how, rng)
    grid.pitch *= np.linspace(1.0, 1.35 if rise else 0.8, len(grid.pitch))
    grid.voice *= 1.6
    return Utterance("mm", _render(grid, speaker, how, rng, 0.5), words)


def _lengths(said: list[Said], pace: float) -> list[float]:
    """Seconds of each sound: unstressed ones shorter, the last syllable of a phrase longer."""
    out = []
    for at, one in enumerate(said):
        phone = PHONES[one.phone]
        seconds = phone.seconds
        if phone.kind == "vowel":
            seconds *= (0.7, 0.92, 1.1)[one.stress]
        else:
            crowd = [s.phone in VOWELS for s in said[max(0, at - 1) : at + 2]]
            seconds *= 0.85 if not any(crowd) else 1.0
        ends = next((s.ends for s in said[at : at + 3] if s.ends), "")
        if ends and not any(s.phone in VOWELS for s in said[at + 1 : at + 3]):
            seconds *= 1.35
        least = 0.03 if phone.kind != "vowel" else 0.045
        out.append(max(least, seconds / pace))
    return out


def _grid(
    said: list[Said],
    lengths: list[float],
    speaker: Speaker,
    how: Manner,
    rng: np.random.Generator,
) -> tuple[Grid, tuple[tuple[float, float], ...]]:
    pauses = [max(0.0, one.pause / max(0.7, how.pace)) for one in said]
    counts = [max(2, round(x / 0.005)) for x in lengths]
    gaps = [round(x / 0.005) for x in pauses]
    total = sum(counts) + sum(gaps) + 2 * _LEAD
    zero = np.zeros(total)
    grid = Grid(
        np.tile(np.array([500.0, 1500.0, 2500.0]), (total, 1)),
        zero.copy(), zero.copy(), zero.copy(), zero.copy(), zero + 3000.0, zero + 1500.0,
    )  # fmt: skip
    at, spans = _LEAD, []
    accents: list[tuple[float, int]] = []
    words: dict[int, list[int]] = {}
    phrase = _LEAD
    for number, (one, count, gap) in enumerate(zip(said, counts, gaps, strict=True)):
        _write(grid, said, number, at, count)
        words.setdefault(one.word, [at, at])[1] = at + count
        if one.stress and one.phone in VOWELS:
            accents.append((at + count * 0.4, one.stress))
        at += count
        if one.ends:
            spans.append((phrase, at, one.ends))
            at += gap
            phrase = at
    if phrase < at:
        spans.append((phrase, at, "."))
    grid.pitch = _pitch(total, spans, accents, speaker, how, rng)
    tract = np.array([speaker.tract, speaker.tract, (1 + speaker.tract) / 2])
    grid.formants = (
        uniform_filter1d(
            uniform_filter1d(grid.formants, 7, axis=0, mode="nearest"), 5, axis=0, mode="nearest"
        )
        * tract
    )
    for name in ("voice", "breath", "noise"):
        setattr(grid, name, uniform_filter1d(getattr(grid, name), 3, mode="constant"))
    times = tuple((low * 0.005, high * 0.005) for low, high in words.values())
    return grid, times


def _write(grid: Grid, said: list[Said], number: int, at: int, count: int) -> None:
    """One sound onto the grid; loci of stops and breath follow the vowel beside them."""
    one = said[number]
    phone = PHONES[one.phone]
    near = _neighbor(said, number)
    start, end = np.array(phone.start), np.array(phone.end)
    if phone.kind == "breath" and near is not None:
        start = end = np.array(near.start)
    if one.phone in ("K", "G", "k", "NG") and near is not None:
        # A velar closes where the vowel is: front before front vowels.
        back = float(np.clip(near.start[1] * 1.15, 1200, 2300))
        start = end = np.array([phone.start[0], back, max(back + 350, 2200)])
    share = np.linspace(0, 1, count)[:, None]
    grid.formants[at : at + count] = start + (end - start) * share
    grid.center[at : at + count] = phone.center or 3000.0
    grid.width[at : at + count] = phone.width or 1500.0
    if phone.kind == "stop":
        _close_and_burst(grid, said, number, at, count)
    elif phone.kind == "breath":
        grid.breath[at : at + count] = 0.5
    else:
        loud = (0.72, 0.9, 1.0)[one.stress] if phone.kind == "vowel" else 1.0
        grid.voice[at : at + count] = phone.voice * loud
        grid.noise[at : at + count] = phone.noise


def _close_and_burst(grid: Grid, said: list[Said], number: int, at: int, count: int) -> None:
    one = said[number]
    phone = PHONES[one.phone]
    hissed = one.phone in ("CH", "JH")
    closed = max(2, round(count * (0.4 if hissed else 0.65)))
    grid.voice[at : at + closed] = phone.voice
    after = said[number + 1] if number + 1 < len(said) and not one.ends else None
    if hissed:
        grid.noise[at + closed : at + count] = phone.noise
    elif phone.noise:
        grid.noise[at + closed : at + closed + 2] = phone.noise
    opens = after is not None and PHONES[after.phone].kind in ("vowel", "glide")
    if phone.puff and opens:
        grid.breath[at + closed + 1 : at + count + round(phone.puff / 0.005)] = 0.4


def _neighbor(said: list[Said], number: int) -> Phone | None:
    for near in (number + 1, number + 2, number - 1):
        if 0 <= near < len(said) and said[near].phone in VOWELS:
            return PHONES[said[near].phone]
    return None


def _pitch(
    total: int,
    spans: list[tuple[int, int, str]],
    accents: list[tuple[float, int]],
    speaker: Speaker,
    how: Manner,
    rng: np.random.Generator,
) -> Floats:
    """Hz each 5 ms: a phrase falls, accents rise on it, a question ends high."""
    octaves = np.zeros(total)
    grid = np.arange(total)
    for low, high, ends in spans:
        inside = (grid >= low) & (grid < high)
        share = (grid[inside] - low) / max(1, high - low)
        octaves[inside] += 0.12 + (how.fall - 0.1) * share
        tail = np.clip((share - 0.72) / 0.28, 0, 1)
        octaves[inside] += {"?": 0.55, ",": 0.15, "!": -0.1}.get(ends, -0.15) * tail
    for center, stress in accents:
        height = (0.1 if stress == 1 else 0.24) * how.span * float(rng.uniform(0.7, 1.25))
        octaves += height * np.exp(-(((grid - center) / 14.0) ** 2))
    knots = np.arange(0, total + 40, 40)
    slow = np.interp(grid, knots, rng.normal(0, 0.03, len(knots)))
    return speaker.pitch * how.pitch * 2.0 ** (octaves + slow * how.span)


def _render(
    grid: Grid, speaker: Speaker, how: Manner, rng: np.random.Generator, gain: float = 1.0
) -> NDArray[np.int16]:
    frames = len(grid.pitch)
    n = frames * _STEP
    at = np.arange(n) / _STEP
    frame = np.arange(frames)
    pitch = np.interp(at, frame, grid.pitch)
    pitch *= 1 + speaker.wobble * np.interp(
        at, frame, uniform_filter1d(rng.normal(0, 2, frames), 3)
    )
    cycle = np.cumsum(pitch) / _RATE % 1.0
    opening = 0.4 - 0.1 * how.bright
    pulse = np.where(cycle < opening, np.sin(np.pi * cycle / opening), 0.0)
    pulse -= np.where((cycle >= opening) & (cycle < opening + 0.16), 1.6, 0.0)
    tilt = float(np.clip(0.5 - 0.35 * how.bright, 0.05, 0.9))
    pulse = lfilter([1 - tilt], [1, -tilt], pulse)
    # The lips radiate the change of the flow: 6 dB an octave, and nothing at 0 Hz.
    pulse = 2.2 * lfilter([1, -0.96], [1], pulse)
    white = rng.normal(0, 1, n)
    voiced = np.interp(at, frame, grid.voice)
    source = voiced * ((1 - 0.5 * how.breath) * pulse + 0.25 * how.breath * white)
    source += 0.3 * np.interp(at, frame, grid.breath) * white
    throat = _filtered(source, _sections(grid, speaker))
    hiss = np.interp(at, frame, grid.noise) * rng.normal(0, 1, n)
    hiss *= np.where(voiced > 0.2, 0.6 + 0.6 * (cycle < 0.5), 1.0)
    beside = _filtered(hiss, _band(grid))
    sound = throat / (np.sqrt(np.mean(throat**2)) + 1e-9) + 1.6 * beside
    sound *= 0.075 * speaker.loudness * how.loudness * gain
    sound = np.tanh(sound * 1.2) / 1.2
    whole = resample_poly(sound, RATE // _RATE, 1)
    return np.asarray(np.clip(whole * 32767, -32768, 32767), np.int16)


def _resonance(hertz: Floats, width: Floats) -> Floats:
    """Second-order sections (n, 6) with unity gain at 0 Hz."""
    r = np.exp(-np.pi * width / _RATE)
    b = 2 * r * np.cos(2 * np.pi * np.minimum(hertz, 7600.0) / _RATE)
    c = -(r * r)
    zero = np.zeros_like(b)
    return np.stack([1 - b - c, zero, zero, zero + 1, -b, -c], axis=1)


def _sections(grid: Grid, speaker: Speaker) -> Floats:
    """(n, 5, 6): the throat's five resonances of each frame."""
    n = len(grid.pitch)
    plain = np.ones(n)
    f = grid.formants
    return np.stack(
        [
            _resonance(f[:, 0], plain * 70 + 0.02 * f[:, 0]),
            _resonance(f[:, 1], plain * 90 + 0.01 * f[:, 1]),
            _resonance(f[:, 2], plain * 130 + 0.02 * f[:, 2]),
            _resonance(plain * 3400 * speaker.tract, plain * 220),
            _resonance(plain * 4300 * speaker.tract, plain * 280),
        ],
        axis=1,
    )


def _band(grid: Grid) -> Floats:
    """(n, 1, 6): the noise's band, its peak near 1 whatever its place."""
    made = _resonance(grid.center, grid.width)
    r = np.exp(-np.pi * grid.width / _RATE)
    gain = (1 - r) * np.sqrt(1 - 2 * r * np.cos(4 * np.pi * grid.center / _RATE) + r * r)
    # A zero at 0 Hz keeps the rumble out.
    made[:, 0], made[:, 1] = gain, -gain
    return made[:, None, :]


def _filtered(sound: Floats, sections: Floats) -> Floats:
    out = np.empty_like(sound)
    state = np.zeros((sections.shape[1], 2))
    for number in range(len(sections)):
        low = number * _STEP
        out[low : low + _STEP], state = sosfilt(
            sections[number], sound[low : low + _STEP], zi=state
        )
    return out
