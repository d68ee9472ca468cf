"""Showing the aim, compared: intervals by performer, floors, and answers that cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from yesand.evaluation.aims import LEAST_ANSWERS, MEASURES, Answer, compare


def answers(
    performers: int = 10,
    each: int = 8,
    effect: float = 0.0,
    spread: float = 0.0,
    seed: int = 1,
    measure: str = "played",
) -> list[Answer]:
    """Each performer answers `each` times in both arms; `spread`: how they differ among them."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(performers):
        base = 0.5 + spread * rng.uniform(-1, 1)
        for shown in (True, False):
            p = np.clip(base + (effect if shown else 0.0), 0, 1)
            rows += [
                Answer(measure, f"p{person}", shown, float(rng.random() < p)) for _ in range(each)
            ]
    return rows


def of(rows: list[Answer], measure: str = "played"):
    return next(one for one in compare(rows) if one.measure == measure)


def test_every_measure_stands_with_its_n() -> None:
    found = compare(answers() + answers(performers=2, measure="heard"))
    assert [one.measure for one in found] == list(MEASURES)
    played, heard, human = found[:3]
    assert (played.shown.n, played.hidden.n, played.performers, played.why) == (80, 80, 10, "")
    assert (heard.shown.n, heard.hidden.n, heard.performers) == (16, 16, 2)
    assert heard.why == human.why == "too few to say"
    assert heard.shown.value is heard.difference.value is None
    assert (human.shown.n, human.performers) == (0, 0)


def test_a_difference_is_found_and_its_sign_is_shown_minus_hidden() -> None:
    one = of(answers(performers=20, each=20, effect=0.25))
    assert one.difference.value == pytest.approx(one.shown.value - one.hidden.value)
    assert 0 < one.difference.low < one.difference.value < one.difference.high
    none = of(answers(performers=20, each=20))
    assert none.difference.low < 0 < none.difference.high


def test_the_same_rows_give_the_same_interval() -> None:
    rows = answers(performers=13, each=7, spread=0.4)
    assert compare(rows) == compare(list(rows))
    assert compare(rows) != compare(rows, seed=5), "another seed draws others"


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    covered = 0
    for seed in range(200):
        rows = answers(performers=15, each=6, effect=0.1, spread=0.3, seed=seed)
        one = compare(rows, seed=seed, draws=300)[0]
        covered += one.difference.low <= 0.1 <= one.difference.high
    print(f"covered {covered} of 200, asked about 190")
    assert covered >= 176


def test_a_performer_is_drawn_with_all_they_said() -> None:
    """One who said the same forty times is one person's word: the interval widens."""
    many = [Answer("played", f"p{n}", s, float(n % 2)) for n in range(40) for s in (True, False)]
    few = [
        Answer("played", f"p{n % 6}", s, float((n % 6) % 2 if s else (n % 6) < 3))
        for n in range(40)
        for s in (True, False)
    ]
    wide = of(few).difference
    alone = of([Answer(a.measure, f"p{i}", a.shown, a.value) for i, a in enumerate(few)]).difference
    assert wide.high - wide.low > 1.5 * (alone.high - alone.low)
    assert of(many).difference.value == 0.0


def test_the_floor_asks_for_answers_and_for_performers_in_each_arm() -> None:
    enough = answers(performers=5, each=4)
    assert of(enough).why == "" and of(enough).shown.n == LEAST_ANSWERS
    assert of(answers(performers=4, each=10)).why == "too few to say"
    assert of([a for a in enough if a.shown or a.performer != "p0"]).why == "too few to say"


@pytest.mark.parametrize(("measure", "value"), [("played", 1.5), ("human", 0.0), ("mood", 1.0)])
def test_an_answer_that_cannot_be_is_refused(measure: str, value: float) -> None:
    with pytest.raises(ValueError, match="is no answer to"):
        compare([Answer(measure, "p", True, value)])
