"""Live voice activity of the partner: energy over a noise floor, 20 ms at a time. Pure.

The rule is that of the stage's own `quiet.ts`: speech stands well above the quietest tenth of the
last ten seconds. What is said stays unknown here.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

STEP_S = 0.02
_KEPT = round(10.0 / STEP_S)
#: dB over the floor that begins speech, and that holds it.
ENTER_DB, STAY_DB = 10.0, 6.0
NEVER_SPEECH_DB = -58.0
#: Ten seconds without a breath are no noise floor.
HIGHEST_FLOOR_DB = -45.0
#: Speech begins after this much of it, and is over after this much silence, seconds.
BEGIN_S, OVER_S = 0.08, 0.2
_BEGIN = round(BEGIN_S / STEP_S)
#: A laugh: at least so many bursts, so far apart, with such a dip between them, of one vowel (the
#: correlation of their band levels). In 360 s of recorded speech this found no laugh, and all of
#: twelve generated ones; by energy alone it took speech for laughter five times a minute.
BURSTS = 4
BURST_S = (0.12, 0.32)
DIP_DB = 8.0
ALIKE = 0.92
#: Edges of the bands, bins of 50 Hz.
_BANDS = np.array([3, 6, 9, 13, 18, 24, 32, 42, 56, 75])


def bands_db(frame: NDArray[np.int16]) -> NDArray[np.float64]:
    """Levels of ten bands from 150 Hz to 5 kHz, dB, their mean taken off; (10,)."""
    power = np.square(np.abs(np.fft.rfft(frame * np.hanning(len(frame)))))
    sums = np.add.reduceat(power[: _BANDS[-1] + 25], _BANDS)
    levels = 10 * np.log10(sums + 1e3)
    return np.asarray(levels - levels.mean())


def level_db(frame: NDArray[np.int16]) -> float:
    """RMS of int16 samples, dB of full scale; -120 for silence."""
    power = float(np.mean(np.square(frame, dtype=np.float64))) if len(frame) else 0.0
    return 10 * float(np.log10(power / 32768.0**2 + 1e-12))


class Ear:
    """Follows one partner. Times are seconds of the listener's clock."""

    def __init__(self) -> None:
        self._levels: deque[float] = deque(maxlen=_KEPT)
        self._recent: deque[float] = deque(maxlen=round(1.6 / STEP_S))
        self._bands: deque[NDArray[np.float64]] = deque(maxlen=round(1.6 / STEP_S))
        self._floor = -120.0
        self._loud = 0
        self.at = 0.0
        self.speaking = False
        self.began: float | None = None
        """When the present or latest stretch of speech began."""
        self.ended: float | None = None
        """When speech was last heard."""
        self.spoken = 0.0
        """Seconds of speech since `forget`."""

    def hear(self, frame: NDArray[np.int16], at: float) -> None:
        """One frame of 20 ms at 48 kHz, int16 (960,), and the time at which it ended."""
        self.at = at
        level = level_db(frame)
        self._bands.append(bands_db(frame))
        self._levels.append(level)
        self._recent.append(level)
        if len(self._levels) % 5 == 0 or len(self._levels) < 25:
            self._floor = float(np.percentile(self._levels, 10))
        margin = STAY_DB if self.speaking else ENTER_DB
        loud = level > max(min(self._floor, HIGHEST_FLOOR_DB) + margin, NEVER_SPEECH_DB)
        self._loud = min(self._loud + 1, _BEGIN) if loud else max(0, self._loud - 2)
        if loud and self.speaking:
            self.ended = at
            self.spoken += STEP_S
        if not self.speaking and self._loud >= _BEGIN:
            self.speaking = True
            self.began = at - self._loud * STEP_S
            self.ended = at
            self.spoken += self._loud * STEP_S
        elif self.speaking and self.ended is not None and at - self.ended >= OVER_S:
            self.speaking, self._loud = False, 0

    @property
    def silence(self) -> float:
        """For how long nothing was heard, seconds; from the start where nothing ever was."""
        return self.at - self.ended if self.ended is not None else self.at

    @property
    def stretch(self) -> float:
        """For how long the present stretch of speech lasts; 0 while nobody speaks."""
        return self.at - self.began if self.speaking and self.began is not None else 0.0

    def forget(self) -> None:
        """Count speech anew: the listener has answered."""
        self.spoken = 0.0

    def laughing(self) -> bool:
        """Short even bursts of one vowel with deep dips between them, as in a laugh."""
        if not self.speaking and self.silence > 0.4:
            return False
        levels = np.array(self._recent)
        if len(levels) < self._recent.maxlen:  # type: ignore[operator]
            return False
        tops = _tops(levels, max(self._floor + ENTER_DB, NEVER_SPEECH_DB))
        if len(tops) < BURSTS:
            return False
        steps = np.diff(tops[-5:]) * STEP_S
        inside = bool(np.all((steps >= BURST_S[0]) & (steps <= BURST_S[1])))
        if not inside or float(np.std(steps)) > 0.25 * float(np.mean(steps)):
            return False
        heard = list(self._bands)
        vowels = [heard[int(n)] for n in tops[-5:]]
        alike = [np.corrcoef(one, two)[0, 1] for one, two in pairwise(vowels)]
        return float(np.mean(alike)) >= ALIKE


def _tops(levels: NDArray[np.float64], least: float) -> NDArray[np.int64]:
    """Frames of the tops that stand out by DIP_DB on both sides and above `least`."""
    found: list[int] = []
    low, top, at = float(levels[0]), -200.0, 0
    rising = True
    for n, level in enumerate(levels.tolist()):
        if rising:
            if level > top:
                top, at = level, n
            elif level < top - DIP_DB:
                if top > least and top - low > DIP_DB:
                    found.append(at)
                rising, low = False, level
        elif level < low:
            low = level
        elif level > low + DIP_DB:
            rising, top, at = True, level, n
    return np.array(found, np.int64)
