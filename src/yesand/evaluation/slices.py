"""Where a model is strong and weak: every cell of up to three factors, with intervals. Pure.

The factors are ours (feeling, relationship, language ...), so every combination is looked at;
nothing is searched for. A cell is scored when it holds at least 20 items of at least 5
performers, else it is thin and says what is missing. Performers are drawn together in every
interval (a random effect), and are never a cell.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from yesand.stats.intervals import DRAWS, Figure, mean

LEAST_ITEMS = 20
LEAST_PERFORMERS = 5
MOST_FACTORS = 3
FALSE_SHARE = 0.05


@dataclass(frozen=True)
class Scored:
    """One item a model answered. counts: observers' votes in the order of the label set."""

    item_id: str
    performer: str
    truth: str
    said: str
    factors: Mapping[str, str]
    counts: Sequence[int] = ()

    @property
    def right(self) -> float:
        """1.0 where the model said what observers said, else 0.0."""
        return float(self.truth == self.said)


@dataclass(frozen=True)
class Cell:
    """One combination. score: share answered right, None where thin. ceiling: how often one
    observer agrees with the others. p: chance of such a deficit against the rest, one-sided.
    weak: below the rest after Benjamini-Hochberg. missing_*: what a thin cell lacks.
    """

    factors: Mapping[str, str]
    n: int
    performers: int
    score: Figure
    ceiling: float | None
    p: float | None
    weak: bool
    missing_items: int
    missing_performers: int

    @property
    def thin(self) -> bool:
        """Too few items or performers to score."""
        return self.missing_items > 0 or self.missing_performers > 0

    def to_json(self) -> dict[str, Any]:
        """As stored and drawn: cell, n, performers, score, low, high, ceiling and the rest."""
        return {
            "cell": dict(self.factors),
            "n": self.n,
            "performers": self.performers,
            "score": _short(self.score.value),
            "low": _short(self.score.low),
            "high": _short(self.score.high),
            "ceiling": _short(self.ceiling),
            "p": _short(self.p),
            "weak": self.weak,
            "missing_items": self.missing_items,
            "missing_performers": self.missing_performers,
        }


@dataclass(frozen=True)
class SliceMap:
    """All cells, and three numbers for the whole: over cells that are scored.

    worst: the lowest cell. p10: the tenth percentile. spread: mean |cell - overall share right|
    (Slice Tuner's average between-slice unfairness). None where no cell is scored.
    """

    cells: tuple[Cell, ...]
    overall: Figure
    ceiling: float | None
    worst: Cell | None
    p10: float | None
    spread: float | None


def slice_map(
    items: Sequence[Scored],
    factors: Sequence[str],
    *,
    most: int = MOST_FACTORS,
    draws: int = DRAWS,
    seed: int = 0,
) -> SliceMap:
    """Every cell of up to `most` of the `factors`, in the order of the factors given.

    A factor that never varies makes no cell.
    """
    right = np.array([item.right for item in items])
    performers = np.array([item.performer for item in items])
    found = _masks(items, factors, most)
    chances = [_deficit(right, performers, mask) if _thick(mask, performers) else None
               for _, mask in found]  # fmt: skip
    weak = _benjamini_hochberg(chances)
    cells = tuple(
        _cell(items, right, performers, names, mask, p, low, draws, seed)
        for (names, mask), p, low in zip(found, chances, weak, strict=True)
    )
    overall = mean(right, performers, draws, seed)
    scores = [c.score.value for c in cells if c.score.value is not None]
    scored = [c for c in cells if not c.thin]
    middle = overall.value
    return SliceMap(
        cells=cells,
        overall=overall,
        ceiling=ceiling(item.counts for item in items),
        worst=min(scored, key=lambda c: c.score.value or 0.0) if scored else None,
        p10=float(np.percentile(scores, 10)) if scores else None,
        spread=float(np.mean(np.abs(np.array(scores) - middle)))
        if scores and middle is not None
        else None,
    )


def count_cells(
    items: Sequence[Scored], factors: Sequence[str], *, most: int = MOST_FACTORS
) -> tuple[Cell, ...]:
    """The same cells without any score: what is there and what is missing."""
    performers = np.array([item.performer for item in items])
    made = []
    for names, mask in _masks(items, factors, most):
        n, who = int(mask.sum()), len(set(performers[mask]))
        few = missing(n, who)
        none = Figure(None, None, None, n, "nothing was scored")
        top = ceiling(item.counts for item, held in zip(items, mask, strict=True) if held)
        made.append(Cell(names, n, who, none, top, None, False, *few))
    return tuple(made)


def ceiling(counts: Iterable[Sequence[int]]) -> float | None:
    """How often one observer says what most of the others say; ties count by their share.

    Leave one out, exactly from the counts: no vote is simulated. None below two votes everywhere.
    """
    total = hits = 0.0
    for row in counts:
        votes = np.asarray(row, np.float64)
        if votes.sum() < 2:
            continue
        for at in np.flatnonzero(votes):
            others = votes.copy()
            others[at] -= 1
            top = others == others.max()
            total += votes[at]
            hits += votes[at] * (top[at] / top.sum())
    return hits / total if total else None


def levels(items: Sequence[Scored], factors: Sequence[str]) -> dict[str, list[str]]:
    """Factor -> the values that occur, sorted. A factor with one value makes no cell."""
    return {
        name: sorted({item.factors[name] for item in items if name in item.factors})
        for name in factors
    }


def missing(n: int, performers: int) -> tuple[int, int]:
    """Items and performers a cell lacks before it is scored."""
    return max(0, LEAST_ITEMS - n), max(0, LEAST_PERFORMERS - performers)


def _masks(
    items: Sequence[Scored], factors: Sequence[str], most: int
) -> list[tuple[dict[str, str], np.ndarray]]:
    """Every cell and which items it holds, coarse cells first."""
    found: list[tuple[dict[str, str], np.ndarray]] = []
    varied = [name for name, words in levels(items, factors).items() if len(words) > 1]
    for names in _combinations(varied, most):
        groups: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for at, item in enumerate(items):
            if all(name in item.factors for name in names):
                groups[tuple(item.factors[name] for name in names)].append(at)
        for values, rows in sorted(groups.items()):
            mask = np.zeros(len(items), np.bool_)
            mask[rows] = True
            found.append((dict(zip(names, values, strict=True)), mask))
    return found


def _combinations(factors: Sequence[str], most: int) -> Iterable[tuple[str, ...]]:
    for size in range(1, min(most, len(factors)) + 1):
        yield from itertools.combinations(factors, size)


def _thick(mask: np.ndarray, performers: np.ndarray) -> bool:
    return missing(int(mask.sum()), len(set(performers[mask]))) == (0, 0)


def _cell(
    items: Sequence[Scored],
    right: np.ndarray,
    performers: np.ndarray,
    names: dict[str, str],
    mask: np.ndarray,
    p: float | None,
    weak: bool,
    draws: int,
    seed: int,
) -> Cell:
    n, who = int(mask.sum()), len(set(performers[mask]))
    few_items, few_people = missing(n, who)
    if few_items or few_people:
        why = f"needs {few_items} more items and {few_people} more performers"
        figure = Figure(None, None, None, n, why)
    else:
        figure = mean(right[mask], performers[mask], draws, seed)
    top = ceiling(item.counts for item, held in zip(items, mask, strict=True) if held)
    return Cell(names, n, who, figure, top, p, weak, few_items, few_people)


def _deficit(right: np.ndarray, performers: np.ndarray, mask: np.ndarray) -> float:
    """One-sided p of "this cell is right less often than the rest", performers as clusters.

    The sandwich variance of the difference of two means (Liang & Zeger 1986), normal limit.
    """
    inside, rest = right[mask], right[~mask]
    if not len(rest):
        return 1.0
    gap = inside.mean() - rest.mean()
    influence = np.where(
        mask, (right - inside.mean()) / len(inside), -(right - rest.mean()) / len(rest)
    )
    _, of = np.unique(performers, return_inverse=True)
    sums = np.bincount(of, influence)
    clusters = len(sums)
    if clusters < 2:
        return 1.0
    spread = float(np.sqrt((sums**2).sum() * clusters / (clusters - 1)))
    if spread == 0:
        return 0.0 if gap < 0 else 1.0
    return math.erfc(-gap / spread / math.sqrt(2)) / 2  # the normal distribution's


def _benjamini_hochberg(chances: Sequence[float | None]) -> list[bool]:
    ranked = sorted((p, at) for at, p in enumerate(chances) if p is not None)
    found = [False] * len(chances)
    last = 0
    for rank, (p, _) in enumerate(ranked, 1):
        if p <= FALSE_SHARE * rank / len(ranked):
            last = rank
    for _, at in ranked[:last]:
        found[at] = True
    return found


def _short(value: float | None) -> float | None:
    return None if value is None else round(float(value), 6)
