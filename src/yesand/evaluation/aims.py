"""What showing a performer the aim of an offer does: two arms, five measures. Pure.

The arm was drawn for each take within each performer, in blocks of four, so that a performer is
their own control. Every interval draws performers together, with all their answers: what one
person says twice is not two persons' word. Under a floor nothing is said but how many there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from yesand.stats.intervals import DRAWS, Figure, by_cluster, codes, mean, resample

LEAST_ANSWERS = 20
"""Answers each arm needs before a figure is given."""
LEAST_PERFORMERS = 5
"""Performers each arm needs."""
SEED = 0

#: code -> (lowest, highest value): shares, and the five-point questions of the notes.
MEASURES: dict[str, tuple[float, float]] = {
    "played": (0.0, 1.0),
    "heard": (0.0, 1.0),
    "human": (1.0, 5.0),
    "grounded": (1.0, 5.0),
    "natural": (1.0, 5.0),
}


@dataclass(frozen=True)
class Answer:
    """One answer. value: 1 or 0 (or a share of raters) of a hit, 1 to 5 of a note."""

    measure: str
    performer: str
    shown: bool
    value: float


@dataclass(frozen=True)
class Compared:
    """One measure with the aim shown and hidden, and shown minus hidden.

    performers: how many answered in either arm. why: empty where figures are given.
    """

    measure: str
    shown: Figure
    hidden: Figure
    difference: Figure
    performers: int
    why: str = ""


def compare(answers: Iterable[Answer], seed: int = SEED, draws: int = DRAWS) -> list[Compared]:
    """Every measure in the order of `MEASURES`, with 95 % intervals from `seed`.

    Raises ValueError for a measure nobody knows or a value outside its scale.
    """
    by_measure: dict[str, list[Answer]] = {measure: [] for measure in MEASURES}
    for answer in answers:
        low, high = MEASURES.get(answer.measure, (1.0, 0.0))
        if not low <= answer.value <= high:
            raise ValueError(f"{answer.value} is no answer to {answer.measure!r}")
        by_measure[answer.measure].append(answer)
    return [_compared(measure, rows, seed, draws) for measure, rows in by_measure.items()]


def _compared(measure: str, rows: Sequence[Answer], seed: int, draws: int) -> Compared:
    arms = {arm: [row for row in rows if row.shown is arm] for arm in (True, False)}
    people = {arm: {row.performer for row in arms[arm]} for arm in arms}
    counts = {arm: len(arms[arm]) for arm in arms}
    few = min(counts.values()) < LEAST_ANSWERS
    if few or min(len(p) for p in people.values()) < LEAST_PERFORMERS:
        why = "too few to say"
        shown, hidden = (Figure(None, None, None, counts[arm], why) for arm in (True, False))
        none = Figure(None, None, None, len(rows), why)
        return Compared(measure, shown, hidden, none, len(people[True] | people[False]), why)
    shown, hidden = (
        mean([r.value for r in arms[arm]], [r.performer for r in arms[arm]], draws, seed)
        for arm in (True, False)
    )
    return Compared(
        measure, shown, hidden, _difference(rows, seed, draws), len(people[True] | people[False])
    )


def _difference(rows: Sequence[Answer], seed: int, draws: int) -> Figure:
    """Mean of the shown minus mean of the hidden, performers drawn with all they said."""
    arm = np.array([row.shown for row in rows], np.float64)
    value = np.array([row.value for row in rows], np.float64)
    parts = np.stack([value * arm, arm, value * (1 - arm), 1 - arm], axis=1)
    sums = by_cluster(parts, codes([row.performer for row in rows])[0])
    total = sums.sum(axis=0)
    low, high = resample(sums, _apart, None, draws, seed)
    return Figure(float(total[0] / total[1] - total[2] / total[3]), low, high, len(rows))


def _apart(totals: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return totals[:, 0] / totals[:, 1] - totals[:, 2] / totals[:, 3]
