"""Krippendorff's alpha with a bootstrap interval, and words for the cases where it is undefined.

alpha = 1 - observed / expected disagreement (Krippendorff 2004, Hayes and Krippendorff 2007), for
any number of raters per item and missing votes. Items with fewer than two votes hold no pair and
do not count. The interval draws items (or clusters of items, such as takes) with replacement;
items with the same votes are drawn together, so 1,000 draws on 22,000 items take a moment.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from yesand.stats.intervals import DRAWS, Doubles, Figure, Integers, by_cluster, codes, resample

Level = Literal["nominal", "ordinal", "interval"]
_SAME = "every answer is the same, so agreement cannot be told from chance"


def alpha(
    counts: ArrayLike,
    level: Level = "nominal",
    values: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Figure:
    """Alpha of votes on items.

    counts: (items, labels) whole numbers >= 0. level: how far labels are apart: nominal 0 or 1;
    ordinal by the votes that lie between them (labels in order); interval by the square of their
    `values` (labels,), default 0, 1, 2. clusters: (items,) names of what is drawn together.
    draws: 0 gives no interval. n is the number of items with at least two votes.
    """
    c = np.asarray(counts, np.float64)
    if c.ndim != 2 or (c < 0).any() or not np.isfinite(c).all():
        raise ValueError("counts must be a table of numbers of votes, items x labels")
    kept = c.sum(axis=1) >= 2
    n = int(kept.sum())
    if n == 0:
        return Figure(None, None, None, 0, "no item has two votes, so nothing can agree")
    names = codes(clusters)[0][kept] if clusters is not None else None
    c = c[kept]
    k = c.shape[1]
    place = np.arange(k, dtype=np.float64) if values is None else np.asarray(values, np.float64)
    if level == "interval" and place.shape != (k,):
        raise ValueError("interval level needs one value per label")
    if level not in ("nominal", "ordinal", "interval"):
        raise ValueError(f"unknown level: {level}")
    sums, repeats = _units(c, names)

    def figure(totals: Doubles) -> Doubles:
        return _alpha(totals, k, level, place)

    value = float(figure((sums * repeats[:, None]).sum(axis=0)[None])[0])
    if not np.isfinite(value):
        return Figure(None, None, None, n, _SAME)
    low, high = resample(sums, figure, repeats, draws, seed) if draws else (None, None)
    why = "" if low is not None or not draws else "too few different items for an interval"
    return Figure(value, low, high, n, why)


def _units(c: Doubles, names: Integers | None) -> tuple[Doubles, Integers]:
    """Per drawn unit the summed coincidences (k*k) and label totals (k); equal items merged."""
    if names is None:
        c, repeats = np.unique(c, axis=0, return_counts=True)
    votes = c.sum(axis=1)
    pairs = c[:, :, None] * c[:, None, :]
    k = c.shape[1]
    pairs[:, np.arange(k), np.arange(k)] -= c
    pairs /= (votes - 1)[:, None, None]
    sums = np.concatenate([pairs.reshape(len(c), -1), c], axis=1)
    if names is None:
        return sums, repeats.astype(np.int64)
    used = codes(names)[0]
    merged = by_cluster(sums, used)
    return merged, np.ones(len(merged), np.int64)


def _alpha(totals: Doubles, k: int, level: Level, place: Doubles) -> Doubles:
    """totals (draws, k*k + k) -> alpha (draws,), NaN where expected disagreement is 0."""
    observed = totals[:, : k * k].reshape(-1, k, k)
    marginal = totals[:, k * k :]
    if level == "nominal":
        distance = np.broadcast_to(1.0 - np.eye(k), observed.shape)
    elif level == "interval":
        distance = np.broadcast_to(np.square(place[:, None] - place[None, :]), observed.shape)
    else:
        # votes between two labels, both ends by half
        rank = np.cumsum(marginal, axis=1) - 0.5 * marginal
        distance = np.square(rank[:, :, None] - rank[:, None, :])
    size = marginal.sum(axis=1)
    seen = (observed * distance).sum(axis=(1, 2))
    chance = (marginal[:, :, None] * marginal[:, None, :] * distance).sum(axis=(1, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(chance > 0, 1.0 - (size - 1) * seen / chance, np.nan)


def alpha_of_numbers(
    item: ArrayLike,
    value: ArrayLike,
    clusters: ArrayLike | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Figure:
    """Interval alpha of numbers on any fine scale, one row per rating.

    item: (n,) names; value: (n,) finite numbers; clusters: (n,) what is drawn together. Same
    definition as `alpha(level="interval")`, from sums instead of a table of labels.
    """
    x = np.asarray(value, np.float64)
    if not np.isfinite(x).all():
        raise ValueError("values must be finite")
    index, names = codes(item)
    if len(index) != len(x):
        raise ValueError("item and value must have the same length")
    x = x - (x.mean() if len(x) else 0.0)
    size = np.bincount(index, minlength=len(names)).astype(np.float64)
    first, second = np.bincount(index, x), np.bincount(index, x * x)
    kept = size >= 2
    if not kept.any():
        return Figure(None, None, None, 0, "no item has two ratings, so nothing can agree")
    within = 2 * (size * second - first * first)[kept] / (size[kept] - 1)
    sums = np.stack([within, size[kept], first[kept], second[kept]], axis=1)
    if clusters is not None:
        group = codes(clusters)[0]
        of_item = np.zeros(len(names), np.int64)
        of_item[index] = group
        sums = by_cluster(sums, codes(of_item[kept])[0])

    def figure(t: Doubles) -> Doubles:
        chance = 2 * (t[:, 1] * t[:, 3] - np.square(t[:, 2]))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(chance > 1e-12, 1 - (t[:, 1] - 1) * t[:, 0] / chance, np.nan)

    value_now = float(figure(sums.sum(axis=0)[None])[0])
    n = int(kept.sum())
    if not np.isfinite(value_now):
        return Figure(None, None, None, n, _SAME)
    low, high = resample(sums, figure, None, draws, seed) if draws else (None, None)
    why = "" if low is not None or not draws else "too few different items for an interval"
    return Figure(value_now, low, high, n, why)
