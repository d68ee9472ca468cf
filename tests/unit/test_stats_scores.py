"""Scores of a classifier, with intervals that draw performers and not their takes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from yesand.stats.scores import confusion, per_slice, score


def answers(n: int, labels: int, right: float, seed: int = 0):
    rng = np.random.default_rng(seed)
    truth = rng.choice(labels, n, p=rng.dirichlet(np.ones(labels)))
    return truth, np.where(rng.random(n) < right, truth, rng.integers(0, labels, n))


@pytest.mark.parametrize("seed", range(4))
def test_the_same_as_scikit_learn(seed: int):
    truth, said = answers(300, 5, 0.6, seed)
    found = score(truth, said, 5, draws=100)
    assert found.accuracy.value == pytest.approx((truth == said).mean())
    assert found.uar.value == pytest.approx(balanced_accuracy_score(truth, said))
    occurs = np.unique(truth)
    assert found.f1.value == pytest.approx(
        f1_score(truth, said, labels=occurs, average="macro", zero_division=0)
    )
    for figure in (found.accuracy, found.uar, found.f1):
        assert figure.low <= figure.value <= figure.high


def test_takes_of_one_performer_are_drawn_together():
    rng = np.random.default_rng(3)
    performer = np.repeat(np.arange(12), 40)
    skill = rng.uniform(0.2, 1.0, 12)[performer]
    truth = rng.integers(0, 4, 480)
    said = np.where(rng.random(480) < skill, truth, rng.integers(0, 4, 480))
    apart, together = score(truth, said, 4), score(truth, said, 4, clusters=performer)
    assert together.clusters == 12 and apart.clusters == 480
    assert together.uar.value == pytest.approx(apart.uar.value)
    wide = together.uar.high - together.uar.low
    assert wide > 1.5 * (apart.uar.high - apart.uar.low)


def test_a_slice_without_items_or_with_one_performer_says_so():
    none = score([], [], 3)
    assert none.uar.value is None and none.uar.why == "no items in this slice"
    one = score([0, 1], [0, 0], 3, clusters=["p", "p"])
    assert one.uar.value == pytest.approx(0.5)
    assert one.uar.low is None and "one cluster" in one.uar.why


def test_slices_are_scored_apart():
    truth, said = np.array([0, 1, 0, 1]), np.array([0, 1, 1, 0])
    found = per_slice(truth, said, 2, ["en", "en", "de", "de"], draws=50)
    assert list(found) == ["de", "en"]
    assert (found["en"].uar.value, found["de"].uar.value) == (1.0, 0.0)


def test_confusion_counts_and_refuses():
    assert confusion([0, 0, 1], [0, 1, 1], 2).tolist() == [[1, 1], [0, 1]]
    with pytest.raises(ValueError, match="same length"):
        confusion([0], [0, 1], 2)
    with pytest.raises(ValueError, match=r"0\.\.1"):
        confusion([0], [2], 2)
