"""Scores of a classifier with intervals: accuracy, UAR, macro F1, per slice.

UAR (unweighted average recall) and macro F1 are means over the labels that occur in the truth, so
that a rare feeling counts like a common one. Intervals draw clusters with replacement (performers
or dyads: takes of one person are not independent), else single items.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from yesand.stats.intervals import DRAWS, Doubles, Figure, Integers, by_cluster, codes, resample

Measure = Callable[[Doubles], Doubles]


@dataclass(frozen=True)
class Scores:
    """accuracy, uar and f1 (macro) of one set of items; clusters: how many were drawn."""

    accuracy: Figure
    uar: Figure
    f1: Figure
    clusters: int


def confusion(truth: ArrayLike, said: ArrayLike, labels: int) -> Integers:
    """(labels, labels) counts, row = truth, column = said; both (n,) integers below labels."""
    t, s = np.asarray(truth, np.int64), np.asarray(said, np.int64)
    if len(t) != len(s):
        raise ValueError("truth and said must have the same length")
    if len(t) and (min(t.min(), s.min()) < 0 or max(t.max(), s.max()) >= labels):
        raise ValueError(f"labels must lie in 0..{labels - 1}")
    return np.bincount(t * labels + s, minlength=labels * labels).reshape(labels, labels)


def _accuracy(tables: Doubles) -> Doubles:
    return np.einsum("dkk->d", tables) / tables.sum(axis=(1, 2))


def _mean_over(values: Doubles, occurs: np.ndarray) -> Doubles:
    count = occurs.sum(axis=1)
    total = np.where(occurs, values, 0.0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)


def _uar(tables: Doubles) -> Doubles:
    true = tables.sum(axis=2)
    hit = np.einsum("dkk->dk", tables)
    recall = np.divide(hit, true, out=np.zeros_like(hit), where=true > 0)
    return _mean_over(recall, true > 0)


def _f1(tables: Doubles) -> Doubles:
    true, said = tables.sum(axis=2), tables.sum(axis=1)
    hit = np.einsum("dkk->dk", tables)
    both = true + said
    f1 = np.divide(2 * hit, both, out=np.zeros_like(hit), where=both > 0)
    return _mean_over(f1, true > 0)


def score(
    truth: ArrayLike,
    said: ArrayLike,
    labels: int,
    clusters: ArrayLike | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Scores:
    """Scores of (n,) answers against (n,) truths, integers below `labels`.

    clusters: (n,) names of what is drawn together (default: each item alone). With one cluster the
    values stand without an interval and say why; with no items nothing is defined.
    """
    whole = confusion(truth, said, labels).astype(np.float64)
    n = int(whole.sum())
    if n == 0:
        none = Figure(None, None, None, 0, "no items in this slice")
        return Scores(none, none, none, 0)
    t, s = np.asarray(truth, np.int64), np.asarray(said, np.int64)
    cell = t * labels + s
    if clusters is None:
        used, repeats = np.unique(cell, return_counts=True)
        sums = np.zeros((len(used), labels * labels))
        sums[np.arange(len(used)), used] = 1.0
        units = n
    else:
        group = codes(clusters)[0]
        rows = np.zeros((n, labels * labels))
        rows[np.arange(n), cell] = 1.0
        sums = by_cluster(rows, group)
        repeats = np.ones(len(sums), np.int64)
        units = len(sums)
    figures = []
    for measure in (_accuracy, _uar, _f1):

        def figure(totals: Doubles, measure: Measure = measure) -> Doubles:
            return measure(totals.reshape(-1, labels, labels))

        value = float(measure(whole[None])[0])
        low, high = resample(sums, figure, repeats.astype(np.int64), draws, seed)
        why = "" if low is not None else "one cluster alone has no interval"
        figures.append(Figure(value, low, high, n, why))
    return Scores(figures[0], figures[1], figures[2], units)


def per_slice(
    truth: ArrayLike,
    said: ArrayLike,
    labels: int,
    slices: ArrayLike,
    clusters: ArrayLike | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Scores]:
    """`score` for each value of `slices` (n,), sorted by name."""
    t, s = np.asarray(truth, np.int64), np.asarray(said, np.int64)
    index, names = codes(slices)
    group = None if clusters is None else np.asarray(clusters)
    out: dict[str, Scores] = {}
    for n, name in enumerate(names.tolist()):
        rows = index == n
        some = None if group is None else group[rows]
        out[str(name)] = score(t[rows], s[rows], labels, some, draws, seed)
    return out
