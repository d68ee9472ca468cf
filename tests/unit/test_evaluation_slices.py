"""Cells: intervals by performer, corrected tests, the human ceiling from votes, thin said aloud."""

import time
from itertools import product

import numpy as np
import pytest

from yesand.evaluation.slices import Scored, ceiling, count_cells, missing, slice_map


def items(
    n: int,
    seed: int = 0,
    planted: tuple[str, str] | None = None,
    right: float = 0.8,
    drop: float = 0.5,
    performers: int = 40,
) -> list[Scored]:
    rng = np.random.default_rng(seed)
    made = []
    for i in range(n):
        factors = {
            "feeling": str(rng.choice(["joy", "anger", "fear"])),
            "relationship": str(rng.choice(["friends", "family"])),
            "language": "en",
        }
        weak = planted == (factors["feeling"], factors["relationship"])
        hit = rng.random() < right - (drop if weak else 0.0)
        made.append(
            Scored(
                f"i{i}",
                f"p{rng.integers(performers)}",
                factors["feeling"],
                factors["feeling"] if hit else "relief",
                factors,
                (3, 2),
            )
        )
    return made


def test_every_cell_of_the_factors_that_vary() -> None:
    made = slice_map(items(600), ("feeling", "relationship", "language"), draws=50)
    names = [c.factors for c in made.cells]
    expected = [{"feeling": f} for f in ("anger", "fear", "joy")] + [
        {"relationship": r} for r in ("family", "friends")
    ]
    expected += [
        {"feeling": f, "relationship": r}
        for f, r in product(("anger", "fear", "joy"), ("family", "friends"))
    ]
    assert names == expected
    assert sum(c.n for c in made.cells if len(c.factors) == 2) == 600


def test_the_planted_cell_is_the_worst_and_weak_and_nothing_else_is() -> None:
    made = slice_map(
        items(3000, planted=("fear", "family")), ("feeling", "relationship"), draws=200
    )
    assert made.worst is not None and made.worst.factors == {
        "feeling": "fear",
        "relationship": "family",
    }
    weak = [c.factors for c in made.cells if c.weak]
    assert {"feeling": "fear", "relationship": "family"} in weak
    assert all("fear" in c.values() or "family" in c.values() for c in weak)
    value, low, high = made.worst.score.value, made.worst.score.low, made.worst.score.high
    assert low is not None and high is not None and value is not None and low < 0.3 < high
    assert made.p10 is not None and value < made.p10 < 0.8
    assert made.spread is not None and 0.05 < made.spread < 0.3


def test_without_a_weak_cell_almost_none_is_called_weak() -> None:
    runs = [slice_map(items(500, seed), ("feeling", "relationship"), draws=2) for seed in range(40)]
    assert sum(any(c.weak for c in run.cells) for run in runs) <= 6


def test_one_bad_performer_is_not_a_bad_cell() -> None:
    rng = np.random.default_rng(1)
    made = []
    for i in range(400):
        feeling = "joy" if i % 2 else "fear"
        who = f"p{i % 10}" if feeling == "joy" else f"q{i % 40}"
        hit = rng.random() < (0.0 if who == "p1" else 0.8)
        made.append(
            Scored(str(i), who, feeling, feeling if hit else "relief", {"feeling": feeling})
        )
    joy = next(
        c for c in slice_map(made, ("feeling",), draws=400).cells if c.factors["feeling"] == "joy"
    )
    assert joy.score.low is not None and joy.score.high is not None
    assert joy.score.high - joy.score.low > 0.3, "five performers: the interval must be wide"
    assert not joy.weak


def test_thin_cells_have_no_score_and_say_what_is_missing() -> None:
    few = [
        Scored(str(i), f"p{i % 3}", "joy", "joy", {"feeling": "joy" if i < 12 else "fear"})
        for i in range(60)
    ]
    made = slice_map(few, ("feeling",), draws=20)
    joy = next(c for c in made.cells if c.factors["feeling"] == "joy")
    assert (
        joy.score.value is None
        and (joy.missing_items, joy.missing_performers) == (8, 2)
        and joy.thin
    )
    assert "needs 8 more items and 2 more performers" in joy.score.why
    assert made.worst is None and made.p10 is None and made.spread is None
    assert missing(20, 5) == (0, 0) and missing(0, 0) == (20, 5)


def test_cells_are_counted_without_scores() -> None:
    cells = count_cells(items(600), ("feeling", "relationship"))
    assert len(cells) == 11 and all(c.score.value is None and not c.thin for c in cells)
    assert cells[0].to_json()["score"] is None


def test_the_ceiling_is_exact_leave_one_out() -> None:
    # 4 against 1: each of four meets 3:1 and is right, the fifth is not
    assert ceiling([(4, 1)]) == pytest.approx(4 / 5)
    # 2 against 1: each of two meets a tie, the third meets 2:0
    assert ceiling([(2, 1)]) == pytest.approx((0.5 + 0.5 + 0.0) / 3)
    assert ceiling([(5, 0), (0, 3)]) == 1.0
    assert ceiling([(1, 0), (0, 0)]) is None and ceiling([]) is None
    rng = np.random.default_rng(0)
    counts = rng.multinomial(6, [0.5, 0.3, 0.2], size=200)
    slow = []
    for row in counts:
        votes = np.repeat([0, 1, 2], row)
        for at in range(6):
            others = np.bincount(np.delete(votes, at), minlength=3)
            top = np.flatnonzero(others == others.max())
            slow.append((votes[at] in top) / len(top))
    assert ceiling(counts.tolist()) == pytest.approx(np.mean(slow))


def test_twenty_thousand_items_take_seconds() -> None:
    rng = np.random.default_rng(2)
    made = [
        Scored(
            str(i),
            f"p{rng.integers(60)}",
            "x",
            "x" if rng.random() < 0.7 else "y",
            {
                "feeling": f"f{rng.integers(12)}",
                "relationship": f"r{rng.integers(6)}",
                "language": f"l{rng.integers(2)}",
            },
        )
        for i in range(20_000)
    ]
    begin = time.process_time()
    found = slice_map(made, ("feeling", "relationship", "language"), draws=200)
    assert len(found.cells) == 12 + 6 + 2 + 72 + 24 + 12 + 144
    assert time.process_time() - begin < 8
