"""Alpha against published examples and plain definitions; what is undefined says why."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yesand.stats.agreement import alpha, alpha_of_numbers
from yesand.stats.intervals import mean, resample, wilson
from yesand.stats.votes import entropy, majority, shares, votes

# Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", example with missing data
PUBLISHED = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ]
)


def counted(table: np.ndarray) -> np.ndarray:
    return np.stack([(table == k).sum(axis=0) for k in range(1, 6)], axis=1)


@pytest.mark.parametrize(
    ("level", "expected"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_the_published_example(level: str, expected: float):
    found = alpha(counted(PUBLISHED), level)
    assert round(found.value, 3) == expected
    assert found.n == 11
    assert found.low < found.value < found.high


def test_numbers_on_a_fine_scale_agree_with_the_table():
    raters, items = np.nonzero(PUBLISHED)
    found = alpha_of_numbers(items, PUBLISHED[raters, items].astype(float))
    assert found.value == pytest.approx(alpha(counted(PUBLISHED), "interval").value, abs=1e-9)


def plain_alpha(counts: np.ndarray, distance) -> float:
    """The definition, pair by pair."""
    units = [np.repeat(np.arange(counts.shape[1]), row) for row in counts if row.sum() >= 2]
    every = np.concatenate(units)
    seen = sum(distance(x, y) / (len(u) - 1) for u in units for x in u for y in u)
    chance = sum(distance(x, y) for x in every for y in every)
    return 1 - (len(every) - 1) * seen / chance


@given(
    st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=2, max_size=8).filter(
        lambda rows: len([r for r in rows if sum(r) >= 2]) >= 1
    )
)
def test_alpha_is_its_definition(rows: list[list[int]]):
    counts = np.array(rows)
    for level, distance in (
        ("nominal", lambda x, y: float(x != y)),
        ("interval", lambda x, y: float(x - y) ** 2),
    ):
        found = alpha(counts, level, draws=0)
        used = counts[counts.sum(axis=1) >= 2]
        if (used.sum(axis=0) > 0).sum() < 2:
            assert found.value is None and "same" in found.why
        else:
            assert found.value == pytest.approx(plain_alpha(counts, distance))


def test_undefined_cases_explain_themselves():
    assert "two votes" in alpha([[1, 0], [0, 1]]).why
    assert "same" in alpha([[3, 0], [2, 0]]).why
    assert alpha(np.zeros((0, 3))).value is None
    assert "two ratings" in alpha_of_numbers([1, 2], [3.0, 4.0]).why
    assert "same" in alpha_of_numbers([1, 1, 2, 2], [3.0, 3.0, 3.0, 3.0]).why
    one = alpha([[2, 1]])
    assert one.value is not None and one.low is None and one.why


def test_bad_tables_are_refused():
    with pytest.raises(ValueError, match="counts"):
        alpha([[1, -1]])
    with pytest.raises(ValueError, match="unknown level"):
        alpha([[2, 2], [1, 2]], "ratio")
    with pytest.raises(ValueError, match="one value per label"):
        alpha([[2, 2], [1, 2]], "interval", values=[1.0])
    with pytest.raises(ValueError, match="finite"):
        alpha_of_numbers([1, 1], [1.0, float("nan")])


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    base = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]])
    wide = np.stack([rng.multinomial(5, base[n % 3]) for n in range(60_000)])
    truth = alpha(wide, draws=0).value
    hits = 0
    for trial in range(60):
        rows = rng.integers(0, len(wide), 150)
        found = alpha(wide[rows], draws=300, seed=trial)
        hits += found.low <= truth <= found.high
    assert hits >= 51  # 95 % of 60 is 57; 51 has a chance of 0.5 %


def test_items_of_one_take_drawn_together_widen_the_interval():
    rng = np.random.default_rng(1)
    takes = np.repeat(np.arange(20), 10)
    easy = rng.random(20)[takes]
    counts = np.stack([rng.multinomial(5, [e, (1 - e) / 2, (1 - e) / 2]) for e in easy])
    counts = np.where((np.arange(200) % 2)[:, None], counts, counts[:, [1, 0, 2]])
    apart, together = alpha(counts), alpha(counts, clusters=takes)
    assert together.value == pytest.approx(apart.value)
    assert together.high - together.low > apart.high - apart.low


def test_the_same_seed_gives_the_same_interval():
    counts = counted(PUBLISHED)
    assert alpha(counts, seed=3) == alpha(counts, seed=3)
    assert alpha(counts, seed=3) != alpha(counts, seed=4)


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (10, 10), (3, 10), (480, 1000)])
def test_wilson_holds_its_share_and_stays_in_bounds(hits: int, n: int):
    found = wilson(hits, n)
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_wilson_has_textbook_values_and_knows_nothing_about_nothing():
    found = wilson(0, 10)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0, 0.2775)
    assert wilson(0, 0).why == "nothing was counted"
    with pytest.raises(ValueError, match="between 0 and n"):
        wilson(3, 2)


def test_a_mean_has_about_the_normal_interval():
    x = np.random.default_rng(2).normal(5, 2, 400)
    found = mean(x)
    half = 1.96 * x.std() / 20
    assert found.high - found.value == pytest.approx(half, rel=0.15)
    assert mean([]).why == "no values"
    assert mean([1.0]).low is None
    with pytest.raises(ValueError, match="finite"):
        mean([1.0, float("inf")])


def test_equal_units_may_be_merged():
    sums = np.array([[1.0, 1.0], [0.0, 1.0]])
    share = lambda t: t[:, 0] / t[:, 1]  # noqa: E731
    merged = resample(sums, share, np.array([300, 700]), draws=2000)
    assert merged == (pytest.approx(0.272, abs=0.006), pytest.approx(0.328, abs=0.006))


def test_votes_shares_majority_and_entropy():
    v = votes(["x", "x", "x", "y", "y"], [1, 2, 3, 1, 2], ["joy", "joy", "anger", "joy", "anger"])
    assert v.counts().tolist() == [[1, 2], [1, 1]]
    most = majority(v.counts())
    assert most.label.tolist() == [1, -1]
    assert most.absolute.tolist() == [True, False]
    assert shares(v.counts())[0].tolist() == pytest.approx([1 / 3, 2 / 3])
    assert entropy(shares(v.counts())).tolist() == pytest.approx([0.9183, 1.0], abs=1e-4)
    assert np.isnan(shares([[0, 0]])).all()
    assert np.isnan(entropy(shares([[0, 0]]))).all()
    assert shares([[0, 0]], smoothing=1.0).tolist() == [[0.5, 0.5]]


def test_votes_refuse_what_is_not_a_vote():
    with pytest.raises(ValueError, match="same length"):
        votes(["x"], [1, 2], ["joy"])
    with pytest.raises(ValueError, match="no votes"):
        votes([], [], [])
    with pytest.raises(ValueError, match="unknown label: rage"):
        votes(["x"], [1], ["rage"], ["joy", "anger"])


def test_crema_d_has_the_agreement_of_its_whole_table(private_data: Path):
    """The visible half (speakers 1001-1045) against figures of the whole: .281, .458, .497, .426."""
    with (private_data / "crema-d" / "tabulatedVotes.csv").open() as file:
        rows = list(csv.DictReader(file))
    expected = {
        "1": (0.285, 0.281),
        "2": (0.453, 0.458),
        "3": (0.502, 0.497),
        "123": (0.425, 0.426),
    }
    for modality, (half, whole) in expected.items():
        counts = [[int(r[c]) for c in "ADFHNS"] for r in rows if r[""][0] in modality]
        found = alpha(counts)
        print(f"CREMA-D {modality}: {found.value:.3f} [{found.low:.3f}, {found.high:.3f}]")
        assert found.value == pytest.approx(half, abs=0.0006)
        assert found.low <= whole <= found.high
