"""A lab's model as small as can be: after each turn of its partner it sounds a tone."""

from __future__ import annotations

from typing import Any

import numpy as np

RATE, FRAME = 48_000, 960


class Tone:
    """Waits until the partner has spoken and been silent for half a second, then hums."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.playing = False
        self.spoken = self.quiet = self.left = 0.0
        self.said: list[str] = []
        self.at = 0

    def told(self, event: str, body: dict[str, Any]) -> None:
        self.events.append(event)
        self.playing = event == "take_opened" or (self.playing and event != "take_closed")

    def hear(self, frame: np.ndarray, at_s: float) -> np.ndarray:
        loud = int(np.abs(frame).max()) > 300
        self.spoken += 0.02 * loud
        self.quiet = 0.0 if loud else self.quiet + 0.02
        if self.playing and self.left <= 0 and self.spoken > 0.3 and self.quiet > 0.5:
            self.left, self.spoken = 1.2, 0.0
            self.said.append("(a tone)")
        if self.left <= 0:
            return np.zeros(FRAME, np.int16)
        self.left -= 0.02
        self.at += FRAME
        swell = 0.6 + 0.4 * np.sin(2 * np.pi * 5 * np.arange(self.at, self.at + FRAME) / RATE)
        tone = np.sin(2 * np.pi * 220 * np.arange(self.at, self.at + FRAME) / RATE)
        return (6000 * swell * tone).astype(np.int16)

    def lines(self) -> list[str]:
        found, self.said = self.said, []
        return found
