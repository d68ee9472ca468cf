"""Votes as counts: shares, majority, entropy. Distributions first, consensus beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yesand.stats.intervals import Doubles, Integers, codes


@dataclass(frozen=True)
class Votes:
    """One row per vote: item, rater and label (n,) as integers, and what the integers stand for."""

    item: Integers
    rater: Integers
    label: Integers
    items: NDArray[np.generic]
    raters: NDArray[np.generic]
    labels: NDArray[np.generic]

    def counts(self) -> Integers:
        """(items, labels) number of votes."""
        k = len(self.labels)
        flat = np.bincount(self.item * k + self.label, minlength=len(self.items) * k)
        return flat.reshape(len(self.items), k).astype(np.int64)


def votes(
    item: ArrayLike, rater: ArrayLike, label: ArrayLike, labels: ArrayLike | None = None
) -> Votes:
    """Votes from three columns of any labels. labels: the full set, when some got no vote.

    ValueError when the columns differ in length, are empty, or a label is outside the set.
    """
    columns = [np.asarray(c) for c in (item, rater, label)]
    if len({len(c) for c in columns}) != 1:
        raise ValueError("item, rater and label must have the same length")
    if len(columns[0]) == 0:
        raise ValueError("there are no votes")
    items, item_names = codes(columns[0])
    raters, rater_names = codes(columns[1])
    if labels is None:
        given, names = codes(columns[2])
    else:
        names = np.asarray(labels)
        place = {name: n for n, name in enumerate(names.tolist())}
        unknown = sorted({str(v) for v in columns[2].tolist() if v not in place})
        if unknown:
            raise ValueError(f"unknown label: {', '.join(unknown[:5])}")
        given = np.array([place[v] for v in columns[2].tolist()], np.int64)
    return Votes(items, raters, given, item_names, rater_names, names)


def shares(counts: ArrayLike, smoothing: float = 0.0) -> Doubles:
    """(items, labels) counts -> distributions; `smoothing` pseudo-votes per label.

    An item without votes is NaN when smoothing is 0.
    """
    c = np.asarray(counts, np.float64) + smoothing
    total = c.sum(axis=1, keepdims=True)
    return np.divide(c, total, out=np.full_like(c, np.nan), where=total > 0)


def entropy(distribution: ArrayLike) -> Doubles:
    """Entropy in bits of each row of a distribution (items, labels); NaN rows stay NaN."""
    p = np.asarray(distribution, np.float64)
    logs = np.zeros_like(p)
    np.log2(p, out=logs, where=p > 0)
    return -(p * logs).sum(axis=1) + np.where(np.isnan(p).any(axis=1), np.nan, 0.0)


@dataclass(frozen=True)
class Majority:
    """label: (items,) index of the label with most votes, -1 where tied or without votes.

    share: its share of the votes (of the tied ones: of each). absolute: more than half.
    """

    label: Integers
    share: Doubles
    absolute: NDArray[np.bool_]


def majority(counts: ArrayLike) -> Majority:
    """The unique plurality of each item; a tie has none and is not broken."""
    c = np.asarray(counts, np.int64)
    top = c.max(axis=1)
    total = c.sum(axis=1)
    unique = ((c == top[:, None]).sum(axis=1) == 1) & (top > 0)
    share = np.divide(top, total, out=np.full(len(c), np.nan), where=total > 0)
    label = np.where(unique, c.argmax(axis=1), -1)
    return Majority(label.astype(np.int64), share, unique & (2 * top > total))
