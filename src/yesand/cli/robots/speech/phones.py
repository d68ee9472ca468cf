"""The sounds of English (ARPAbet) and of Spanish (small letters) as targets of a vocal tract.

Formants in Hz of a mid-sized tract, durations in seconds of a stressed sound at a calm pace, after
the tables of Klatt (1980, J. Acoust. Soc. Am. 67) and Peterson & Barney (1952), rounded.
"""

from __future__ import annotations

from dataclasses import dataclass

Formants = tuple[float, float, float]


@dataclass(frozen=True)
class Phone:
    """One sound.

    kind: vowel, glide, nasal, fricative, stop or breath. start, end: F1..F3 where it begins and
    ends. seconds: how long. voice: amplitude of the glottis 0..1. noise: amplitude of the noise
    at `center` Hz, `width` Hz wide. A stop is closed first, then bursts; `puff` is its aspiration
    in seconds.
    """

    kind: str
    start: Formants
    end: Formants
    seconds: float
    voice: float = 1.0
    noise: float = 0.0
    center: float = 0.0
    width: float = 0.0
    puff: float = 0.0


def _vowel(seconds: float, start: Formants, end: Formants | None = None) -> Phone:
    return Phone("vowel", start, end or start, seconds)


def _glide(seconds: float, at: Formants, voice: float = 0.7) -> Phone:
    return Phone("glide", at, at, seconds, voice)


def _nasal(seconds: float, at: Formants) -> Phone:
    return Phone("nasal", at, at, seconds, 0.45)


def _hiss(
    seconds: float, at: Formants, voice: float, noise: float, center: float, width: float
) -> Phone:
    return Phone("fricative", at, at, seconds, voice, noise, center, width)


def _stop(
    at: Formants, voice: float, noise: float, center: float, width: float, puff: float
) -> Phone:
    return Phone("stop", at, at, 0.075, voice, noise, center, width, puff)


PHONES: dict[str, Phone] = {
    "IY": _vowel(0.13, (300, 2200, 2960), (280, 2280, 2990)),
    "IH": _vowel(0.10, (400, 1850, 2570)),
    "EY": _vowel(0.16, (480, 1780, 2520), (330, 2120, 2650)),
    "EH": _vowel(0.12, (540, 1710, 2500)),
    "AE": _vowel(0.17, (660, 1680, 2430), (640, 1560, 2430)),
    "AA": _vowel(0.17, (710, 1180, 2560)),
    "AO": _vowel(0.17, (590, 920, 2550)),
    "AH": _vowel(0.10, (620, 1230, 2550)),
    "AX": _vowel(0.06, (490, 1450, 2500)),
    "OW": _vowel(0.16, (540, 1050, 2350), (420, 850, 2300)),
    "UH": _vowel(0.10, (450, 1080, 2350)),
    "UW": _vowel(0.14, (340, 1150, 2250), (310, 900, 2200)),
    "ER": _vowel(0.15, (470, 1290, 1580)),
    "AY": _vowel(0.20, (700, 1180, 2550), (380, 1980, 2600)),
    "AW": _vowel(0.20, (700, 1280, 2500), (430, 930, 2350)),
    "OY": _vowel(0.22, (560, 900, 2400), (370, 1900, 2500)),
    "W": _glide(0.07, (290, 640, 2150)),
    "Y": _glide(0.06, (270, 2150, 3000)),
    "R": _glide(0.07, (320, 1080, 1420)),
    "L": _glide(0.07, (330, 1080, 2800)),
    "M": _nasal(0.07, (270, 1150, 2150)),
    "N": _nasal(0.065, (270, 1450, 2500)),
    "NG": _nasal(0.075, (270, 2050, 2700)),
    "F": _hiss(0.10, (340, 1050, 2080), 0.0, 0.10, 6300, 4200),
    "TH": _hiss(0.10, (320, 1300, 2540), 0.0, 0.08, 5600, 3600),
    "S": _hiss(0.11, (320, 1450, 2560), 0.0, 0.40, 6000, 1400),
    "SH": _hiss(0.11, (300, 1840, 2750), 0.0, 0.42, 3000, 1100),
    "V": _hiss(0.06, (240, 1080, 2080), 0.5, 0.05, 6300, 4200),
    "DH": _hiss(0.05, (270, 1350, 2540), 0.55, 0.035, 5600, 3600),
    "Z": _hiss(0.08, (250, 1450, 2560), 0.45, 0.22, 6000, 1400),
    "ZH": _hiss(0.08, (290, 1840, 2750), 0.45, 0.22, 3000, 1100),
    "HH": Phone("breath", (500, 1500, 2500), (500, 1500, 2500), 0.06, 0.0),
    "P": _stop((350, 1000, 2150), 0.0, 0.14, 900, 1400, 0.045),
    "T": _stop((350, 1700, 2650), 0.0, 0.34, 4400, 2400, 0.05),
    "K": _stop((320, 1900, 2500), 0.0, 0.34, 1900, 700, 0.055),
    "B": _stop((220, 1000, 2150), 0.22, 0.08, 900, 1400, 0.0),
    "D": _stop((220, 1700, 2650), 0.22, 0.18, 4000, 2400, 0.0),
    "G": _stop((220, 1900, 2500), 0.22, 0.18, 1800, 700, 0.0),
    "CH": Phone("stop", (300, 1840, 2750), (300, 1840, 2750), 0.13, 0.0, 0.40, 3100, 1300, 0.0),
    "JH": Phone("stop", (260, 1840, 2750), (260, 1840, 2750), 0.10, 0.25, 0.24, 3100, 1300, 0.0),
    "a": _vowel(0.11, (700, 1350, 2500)),
    "e": _vowel(0.10, (480, 1850, 2550)),
    "i": _vowel(0.09, (300, 2250, 2950)),
    "o": _vowel(0.10, (490, 950, 2450)),
    "u": _vowel(0.09, (320, 800, 2300)),
    "r": Phone("stop", (400, 1500, 2450), (400, 1500, 2450), 0.03, 0.45, 0.0, 3000, 2000, 0.0),
    "rr": Phone("glide", (420, 1400, 2400), (420, 1400, 2400), 0.09, 0.55),
    "x": _hiss(0.09, (450, 1500, 2450), 0.0, 0.22, 1700, 900),
    "b": _glide(0.06, (300, 1000, 2150), 0.45),
    "d": _glide(0.055, (300, 1600, 2600), 0.45),
    "g": _glide(0.06, (300, 1500, 2400), 0.45),
    "p": _stop((350, 1000, 2150), 0.0, 0.12, 900, 1400, 0.01),
    "t": _stop((350, 1600, 2600), 0.0, 0.22, 3600, 2200, 0.012),
    "k": _stop((320, 1800, 2500), 0.0, 0.24, 1800, 700, 0.018),
}
"""By name: ARPAbet without stress digits; AX is the vowel of an unstressed syllable."""

VOWELS = frozenset(name for name, phone in PHONES.items() if phone.kind == "vowel")
