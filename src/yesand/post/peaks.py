"""The drawn waveform of a track: lowest and highest sample of each of N equal pieces."""

from __future__ import annotations

from typing import Any

import numpy as np

from yesand.dsp.frames import Array

VERSION = "peaks-1"


def peaks(x: Array, rate: int, points: int = 1600) -> dict[str, Any]:
    """JSON for a timeline.

    x: (n,) mono, full scale -1..1. Returns {"version", "seconds", "rate", "points", "min", "max"}
    with two lists of `points` numbers rounded to 0.001; fewer points when there are fewer samples,
    none for an empty track. ValueError when points < 1.
    """
    if points < 1:
        raise ValueError("a timeline needs at least one point")
    count = min(points, len(x))
    low: list[float] = []
    high: list[float] = []
    if count:
        edges = (np.arange(count, dtype=np.int64) * len(x)) // count
        low = np.round(np.minimum.reduceat(x, edges).astype(np.float64), 3).tolist()
        high = np.round(np.maximum.reduceat(x, edges).astype(np.float64), 3).tolist()
    return {
        "version": VERSION,
        "seconds": round(len(x) / rate, 4),
        "rate": rate,
        "points": count,
        "min": low,
        "max": high,
    }
