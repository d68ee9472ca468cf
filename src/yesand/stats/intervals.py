"""Intervals for figures: bootstrap over items or clusters, and Wilson's for shares.

Every interval is 95 % unless said otherwise, two-sided, percentile. Randomness comes from a seed,
so that the same input gives the same interval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

LEVEL = 0.95
DRAWS = 1000


@dataclass(frozen=True)
class Figure:
    """A number with its interval, or None and the reason why there is none.

    value, low, high: same unit; low and high are None when no interval can be given. n: units it
    rests on. why: empty when everything is defined.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    why: str = ""

    def to_json(self) -> dict[str, float | int | str | None]:
        def short(x: float | None) -> float | None:
            return None if x is None else round(x, 6)

        return {
            "value": short(self.value),
            "low": short(self.low),
            "high": short(self.high),
            "n": self.n,
            "why": self.why,
        }


def wilson(hits: int, n: int, z: float = 1.959964) -> Figure:
    """A share with Wilson's score interval (Wilson 1927); undefined for n = 0."""
    if n < 0 or not 0 <= hits <= max(n, 0):
        raise ValueError(f"hits must lie between 0 and n: {hits} of {n}")
    if n == 0:
        return Figure(None, None, None, 0, "nothing was counted")
    p = hits / n
    scale = 1 + z * z / n
    middle = (p + z * z / (2 * n)) / scale
    half = z * float(np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / scale
    return Figure(p, max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half)), n)


def codes(keys: ArrayLike) -> tuple[Integers, NDArray[np.generic]]:
    """Any labels (n,) as integers 0..m-1 and the m labels in sorted order."""
    names, index = np.unique(np.asarray(keys), return_inverse=True)
    return index.astype(np.int64).reshape(-1), names


def by_cluster(values: ArrayLike, clusters: Integers) -> Doubles:
    """Rows of values (n, ...) summed per cluster (n,) -> (clusters, ...)."""
    rows = np.asarray(values, np.float64)
    flat = rows.reshape(len(rows), -1)
    count = int(clusters.max()) + 1 if len(clusters) else 0
    columns = [np.bincount(clusters, flat[:, c], count) for c in range(flat.shape[1])]
    return np.stack(columns, axis=1).reshape((count, *rows.shape[1:]))


def resample(
    sums: Doubles,
    figure: Callable[[Doubles], Doubles],
    repeats: Integers | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[float | None, float | None]:
    """Percentile interval of a figure of summed statistics, units drawn with replacement.

    sums: (units, d) sufficient statistics of each unit. repeats: (units,) how many equal units a
    row stands for (default 1): equal units may be merged, which changes nothing but the time.
    figure: (draws, d) totals -> (draws,), NaN where undefined. Returns (None, None) when fewer
    than 2 units exist or the figure is undefined in more than a fifth of the draws.
    """
    weight = np.ones(len(sums), np.int64) if repeats is None else repeats
    n = int(weight.sum())
    if n < 2:
        return None, None
    rng = np.random.default_rng(seed)
    out: list[Doubles] = []
    step = max(1, min(draws, 20_000_000 // max(1, len(sums))))
    for first in range(0, draws, step):
        take = rng.multinomial(n, weight / n, size=min(step, draws - first))
        out.append(figure(take.astype(np.float64) @ sums))
    drawn = np.concatenate(out)
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) < 0.8 * draws:
        return None, None
    low, high = np.percentile(drawn, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return float(low), float(high)


def mean(
    values: ArrayLike, clusters: ArrayLike | None = None, draws: int = DRAWS, seed: int = 0
) -> Figure:
    """Mean of (n,) finite numbers with a bootstrap over values, or over clusters (n,)."""
    x = np.asarray(values, np.float64)
    if len(x) == 0:
        return Figure(None, None, None, 0, "no values")
    if not np.isfinite(x).all():
        raise ValueError("values must be finite")
    group = np.arange(len(x)) if clusters is None else codes(clusters)[0]
    sums = by_cluster(np.stack([x, np.ones(len(x))], axis=1), group)
    low, high = resample(sums, lambda t: t[:, 0] / t[:, 1], None, draws, seed)
    why = "" if low is not None else "one unit alone has no interval"
    return Figure(float(x.mean()), low, high, len(x), why)
