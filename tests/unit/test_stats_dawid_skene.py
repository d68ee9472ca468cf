"""Dawid-Skene: right labels, honest posteriors, and the young program with few answers a rater."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from yesand.stats.dawid_skene import STRENGTHS, dawid_skene
from yesand.stats.votes import majority, shares, votes


def crowd(items: int, raters: int, per_item: int, labels: int, seed: int, spam: float = 0.1):
    """Answers of raters with confusion tables of their own; a tenth answers at random."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, labels, items)
    table = rng.dirichlet(np.full(labels, 0.5), (raters, labels))
    right = rng.beta(6, 2, raters)
    diagonal = np.arange(labels)
    table[:, diagonal, diagonal] = 0
    table *= (1 - right)[:, None, None] / table.sum(axis=2, keepdims=True)
    table[:, diagonal, diagonal] = right[:, None]
    table[rng.random(raters) < spam] = 1 / labels
    item = np.repeat(np.arange(items), per_item)
    rater = rng.choice(raters, len(item), p=rng.dirichlet(np.ones(raters)))
    steps = table[rater, truth[item]].cumsum(axis=1)
    answer = (rng.random(len(item))[:, None] > steps).sum(axis=1).clip(0, labels - 1)
    return item, rater, answer, truth


def log_loss(posterior: np.ndarray, truth: np.ndarray) -> float:
    return float(-np.log(posterior[np.arange(len(truth)), truth].clip(1e-12)).mean())


def vote_counts(item, answer, labels: int) -> np.ndarray:
    return np.bincount(item * labels + answer, minlength=(item.max() + 1) * labels).reshape(
        -1, labels
    )


def test_with_many_answers_a_rater_it_beats_the_majority():
    item, rater, answer, truth = crowd(4000, 60, 5, 6, seed=1)
    counts = vote_counts(item, answer, 6)
    found = dawid_skene(item, rater, answer, 6)
    by_votes = (counts.argmax(axis=1) == truth).mean()
    assert (found.label == truth).mean() > by_votes + 0.01
    assert log_loss(found.posterior, truth) < log_loss(shares(counts, 1 / 6), truth)
    assert found.posterior.sum(axis=1) == pytest.approx(np.ones(4000))
    assert found.confusion.sum(axis=2) == pytest.approx(np.ones((60, 6)))


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_with_twenty_answers_a_rater_it_still_does_where_the_plain_model_does_not(seed: int):
    item, rater, answer, truth = crowd(4000, 600, 3, 8, seed)
    by_votes = (vote_counts(item, answer, 8).argmax(axis=1) == truth).mean()
    plain = dawid_skene(item, rater, answer, 8, strength=0.0, temperature=1.0)
    pooled = dawid_skene(item, rater, answer, 8)
    assert (plain.label == truth).mean() < by_votes
    assert (pooled.label == truth).mean() > by_votes + 0.02
    assert pooled.strength in STRENGTHS


def test_a_spammer_is_known_by_their_table():
    item, rater, answer, truth = crowd(2000, 30, 5, 4, seed=6, spam=0.0)
    answer = np.where(rater == 7, 2, answer)  # one fixed answer, the usual kind of spam
    found = dawid_skene(item, rater, answer, 4)
    rows = found.confusion[7]
    assert rows[:, 2].min() > 0.6
    assert (found.label == truth).mean() > 0.9


def test_what_was_set_is_used_and_the_posterior_gets_softer():
    item, rater, answer, _ = crowd(500, 20, 5, 4, seed=2)
    sharp = dawid_skene(item, rater, answer, 4, strength=3.0, temperature=1.0)
    soft = dawid_skene(item, rater, answer, 4, strength=3.0, temperature=4.0)
    assert (sharp.strength, sharp.temperature, soft.temperature) == (3.0, 1.0, 4.0)
    assert (sharp.label == soft.label).all()
    assert soft.posterior.max(axis=1).mean() < sharp.posterior.max(axis=1).mean()


def test_items_without_answers_and_one_lone_answer():
    found = dawid_skene([0, 0, 3], [0, 1, 0], [1, 1, 0], 2)
    assert found.posterior.shape == (4, 2)
    assert np.isfinite(found.posterior).all()
    assert found.label[0] == 1
    alone = dawid_skene([0], [0], [1], 3)
    assert np.isfinite(alone.posterior).all()


@pytest.mark.parametrize(
    ("item", "rater", "answer"),
    [([], [], []), ([0, 1], [0], [0, 1]), ([0], [0], [5]), ([-1], [0], [0]), ([0], [0], [-1])],
)
def test_bad_answers_are_refused(item, rater, answer):
    with pytest.raises(ValueError):
        dawid_skene(item, rater, answer, 2)


@pytest.mark.parametrize(
    ("folder", "at_least"), [("d_Duck_Identification", 0.88), ("s4_Dog_data", 0.83)]
)
def test_public_sets_with_truth(private_data: Path, folder: str, at_least: float):
    place = private_data / "crowd" / folder
    with (place / "answer.csv").open() as file:
        rows = list(csv.DictReader(file))
    with (place / "truth.csv").open() as file:
        known = {r["question"]: r["truth"] for r in csv.DictReader(file)}
    v = votes(
        [r["question"] for r in rows], [r["worker"] for r in rows], [r["answer"] for r in rows]
    )
    found = dawid_skene(v.item, v.rater, v.label, len(v.labels))
    at = [n for n, name in enumerate(v.items) if str(name) in known]
    truth = np.array([list(v.labels).index(known[str(v.items[n])]) for n in at])
    right = float((found.label[at] == truth).mean())
    by_votes = float((majority(v.counts()).label[at] == truth).mean())
    ours = log_loss(found.posterior[at], truth)
    theirs = log_loss(shares(v.counts(), 1 / len(v.labels))[at], truth)
    print(f"{folder}: right {right:.3f} (majority {by_votes:.3f}),", end=" ")
    print(f"log-loss {ours:.3f} (votes {theirs:.3f})")
    assert right >= at_least and right > by_votes
    assert ours < theirs
