"""What robots say: two generated tracks that take turns, and a drawn picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from yesand.formats.robot_voice import robot_dialogue

RATE = 48_000
WIDTH, HEIGHT, FPS = 320, 180, 10


@dataclass(frozen=True)
class Track:
    """One robot's voice: int32 (n,) on the 24-bit scale at 48 kHz."""

    samples: np.ndarray


def duet(seconds: float, seed: int = 7) -> dict[str, Track]:
    """Two generated voices in turns, by role, a little longer than `seconds`."""
    a, b = robot_dialogue(seed, seconds)
    return {"a": Track(a), "b": Track(b)}


def face(role: str, number: int, talking: bool, scale: int = 1) -> np.ndarray:
    """One frame, uint8 (HEIGHT, WIDTH, 3) times `scale`: a plain face that speaks along."""
    high, wide = HEIGHT * scale, WIDTH * scale
    frame = np.empty((high, wide, 3), np.uint8)
    frame[:] = (38, 60, 66) if role == "a" else (66, 48, 40)
    y, x = np.mgrid[0:high, 0:wide] / scale
    head = ((x - WIDTH / 2) / 52) ** 2 + ((y - HEIGHT / 2) / 66) ** 2 < 1
    frame[head] = (208, 196, 180)
    for side in (-20, 20):
        eye = (x - WIDTH / 2 - side) ** 2 + (y - HEIGHT / 2 + 18) ** 2 < 36
        if number % 40 > 1:
            frame[eye] = (28, 26, 31)
    tall = 10 if talking and number % 2 else 3
    mouth = ((x - WIDTH / 2) / 20) ** 2 + ((y - HEIGHT / 2 - 28) / tall) ** 2 < 1
    frame[mouth] = (120, 40, 36)
    return frame
