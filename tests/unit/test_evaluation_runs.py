"""The baseline holds people apart, says what is missing, and its shortfall becomes an order."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import yesand
from yesand.cli.main import main
from yesand.commission.schema import as_mapping, from_mapping, read_order
from yesand.evaluation import baseline
from yesand.evaluation.baseline import answers, folds
from yesand.evaluation.examples import FEATURE_NAMES, Example, examples, truth_of
from yesand.evaluation.runs import lacks, of_predictions, perceived
from yesand.evaluation.shortfall import draft
from yesand.formats.emotions import COUNTED
from yesand.kit.errors import Refused
from yesand.release.robot_sample import write_sample

FEELINGS = ("anger", "sadness", "surprise")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("robots") / "robots"
    write_sample(out, dyads=10, takes=3, seconds=8.0, seed=3, feelings=FEELINGS)
    return out


@pytest.fixture(scope="module")
def heard(folder: Path) -> list[Example]:
    return examples(yesand.open(folder))


def fake(n: int, people: int = 12, **changes: Any) -> list[Example]:
    """Examples without sound; truth is readable from the first feature."""
    rng = np.random.default_rng(0)
    made = []
    for i in range(n):
        at = i % 3
        a, b = (i // 3) % people, (i // 3 + 1) % people
        features = rng.normal(0, 1, 4)
        features[0] += 3 * at
        row = Example(
            f"i{i}",
            f"t{i}",
            f"d{min(a, b)}-{max(a, b)}",
            f"p{a}",
            frozenset({f"p{a}", f"p{b}"}),
            "train",
            "train",
            FEELINGS[at],
            FEELINGS[at],
            (5, 0),
            {"feeling": FEELINGS[at], "relationship": "family", "language": "en"},
            features,
        )
        made.append(dataclasses.replace(row, **changes))
    return made


def test_a_moment_is_heard_as_named_numbers(heard: list[Example]) -> None:
    assert len(heard) > 100 and {e.truth for e in heard} >= set(FEELINGS)
    assert all(e.features.shape == (len(FEATURE_NAMES),) == (126,) for e in heard)
    assert np.isfinite(np.stack([e.features for e in heard])).mean() > 0.95
    assert {e.factors["language"] for e in heard} == {"en"} and heard[0].factors[
        "feeling"
    ] == heard[0].truth


def test_truth_needs_three_observers_and_a_feeling() -> None:
    spread = dict.fromkeys(COUNTED, 0.0)
    assert truth_of({"n": 3, "distribution": {**spread, "joy": 0.6, "fear": 0.4}}) == "joy"
    assert truth_of({"n": 2, "distribution": {**spread, "joy": 1.0}}) is None
    assert truth_of({"n": 5, "distribution": {**spread, "other": 1.0}}) is None
    assert truth_of({"n": 5, "distribution": {}}) is None


def test_on_robots_the_baseline_is_far_above_chance_and_below_nothing_odd(
    heard: list[Example],
) -> None:
    run = baseline.run(heard, draws=100)
    assert run.state == "done" and run.scores is not None and run.map is not None
    value, low = run.scores.uar.value, run.scores.uar.low
    assert value is not None and low is not None and value > 0.6 and low > 0.45
    found = run.to_json()
    assert found["scores"]["ceiling"] > 0.5 and found["levels"]["feeling"]
    assert {"cell", "n", "performers", "score", "low", "high", "ceiling"} <= set(found["cells"][0])
    assert not any(e.performer in json.dumps(found) for e in heard), (
        "nothing per performer leaves it"
    )


def test_the_same_seed_gives_the_same_run(heard: list[Example]) -> None:
    assert baseline.run(heard, draws=20).to_json() == baseline.run(heard, draws=20).to_json()


def test_nobody_it_is_scored_on_was_trained_on(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = fake(240)
    rows[:30] = [
        dataclasses.replace(
            e, split="test", performer=f"x{i % 5}", both=frozenset({f"x{i % 5}", "y"})
        )
        for i, e in enumerate(rows[:30])
    ]
    rows[30:60] = [dataclasses.replace(e, use="evaluation") for e in rows[30:60]]
    trained: list[tuple[set[str], set[str]]] = []
    fit, say = baseline._fit, baseline._say
    last: list[set[str]] = []

    def noted(train: Any, seed: int) -> Any:
        assert all(e.use == "train" and e.split == "train" for e in train)
        last.append({name for e in train for name in e.both})
        return fit(train, seed)

    def asked(model: Any, some: Any) -> Any:
        trained.append((last[-1], {e.performer for e in some}))
        return say(model, some)

    monkeypatch.setattr(baseline, "_fit", noted)
    monkeypatch.setattr(baseline, "_say", asked)
    said = answers(rows)
    assert len(trained) == 6
    for taught, scored in trained:
        assert not taught & scored
    # evaluation takes of people the model knows are not answered at all
    assert {e.item_id for e in rows if e.use == "evaluation"}.isdisjoint(said)
    right = [said[e.item_id] == e.truth for e in rows if e.item_id in said]
    assert np.mean(right) > 0.8


def test_folds_keep_groups_together_where_there_are_enough() -> None:
    groups = [
        dataclasses.replace(e, performer=f"p{i % 20}", both=frozenset({f"p{i % 20}", f"q{i % 20}"}))
        for i, e in enumerate(fake(200))
    ]
    made = folds(groups)
    assert len(made) == 5 and sum(map(len, made)) == 40
    for fold in made:
        assert {name[1:] for name in fold if name[0] == "p"} == {
            name[1:] for name in fold if name[0] == "q"
        }
    ring = folds(fake(120))
    assert len(ring) == 5 and frozenset().union(*ring) == {f"p{i}" for i in range(12)}


def test_too_little_data_says_how_much_is_missing(heard: list[Example]) -> None:
    run = baseline.run(heard[:15])
    assert run.state == "too_little" and run.scores is None and run.map is None
    assert run.says.startswith(
        "Too little data to score anything: 0 feelings have 20 moments of 5 performers"
    )
    assert run.lacking and str(run.lacking[0]).startswith(
        "joy: 0 moments of 0 performers, needs 20 more moments and 5 more performers"
    )
    found = run.to_json()
    assert found["scores"] == {} and all(cell["score"] is None for cell in found["cells"])
    few = baseline.run(fake(90, people=3))
    assert few.state == "too_little" and "3 performers can be trained on, 5 are needed" in few.says
    assert baseline.run([]).state == "too_little"


def test_what_is_lacking_is_counted_per_feeling() -> None:
    thin, enough = lacks(fake(63))
    assert enough == ["surprise", "sadness", "anger"]  # in grid order
    assert len(thin) == 12 and thin[0].missing_items == 20
    thin, enough = lacks(fake(90, people=3))
    assert not enough and {lack.missing_performers for lack in thin if lack.items} == {2}


def test_the_yield_needs_five_performers() -> None:
    rows = fake(60)
    rows[0] = dataclasses.replace(rows[0], truth="joy")
    assert perceived(rows) == {"anger": (19, 20), "sadness": (20, 20), "surprise": (20, 20)}
    assert perceived(fake(12, people=3)) == {}


def test_own_answers_are_scored_outside_train_only() -> None:
    rows = [dataclasses.replace(e, split="test") for e in fake(90)]
    said = {e.item_id: e.truth for e in rows}
    run = of_predictions(rows, said, "mine", draws=20)
    assert run.state == "done" and run.scores is not None and run.scores.accuracy.value == 1.0
    assert run.model == "mine"
    with pytest.raises(Refused, match="no moment of dev or test"):
        of_predictions(fake(90), said, "mine")
    with pytest.raises(Refused, match="item i0: says 'happy'"):
        of_predictions(rows, {**said, "i0": "happy"}, "mine")
    assert of_predictions(rows[:10], said, "mine").state == "too_little"


def test_a_shortfall_is_an_order_that_station_two_reads(heard: list[Example]) -> None:
    made = draft(baseline.run(heard, draws=50).to_json(), name="Next", most=8)
    assert read_order(made.to_yaml(), "next.yaml") == made.order
    assert from_mapping(as_mapping(made.order)) == made.order
    assert 1 <= len(made.wanted) <= 8 and all(w.why and w.takes >= 6 for w in made.wanted)
    assert made.order.use == "train" and made.order.hours > 0
    needs = [w.need for w in made.wanted]
    assert needs == sorted(needs, reverse=True)


def run_json(**changes: Any) -> dict[str, Any]:
    def cell(n: int, people: int, weak: bool, score: float | None, **names: str) -> dict[str, Any]:
        return {
            "cell": names,
            "n": n,
            "performers": people,
            "score": score,
            "low": score and score - 0.1,
            "high": score and score + 0.1,
            "ceiling": 0.8,
            "p": None,
            "weak": weak,
            "missing_items": 0,
            "missing_performers": 0,
        }

    made = {
        "model": "m",
        "items": 100,
        "performers": 9,
        "levels": {
            "feeling": ["fear", "joy"],
            "relationship": ["family", "penpals"],
            "language": ["en"],
        },
        "missing": [],
        "perceived": {"fear": [10, 40]},
        "cells": [
            cell(50, 9, False, 0.7, feeling="joy"),
            cell(40, 9, True, 0.3, feeling="fear"),
            cell(25, 9, False, 0.7, feeling="joy", relationship="family"),
            cell(22, 9, True, 0.3, feeling="fear", relationship="family"),
            cell(3, 2, False, None, feeling="joy", relationship="penpals"),
        ],
    }
    return {**made, **changes}


def test_weak_cells_ask_for_as_much_again_divided_by_the_yield() -> None:
    made = draft(run_json(), name="Next")
    assert [(w.feeling, w.relationship, w.takes) for w in made.wanted] == [("fear", "family", 88)]
    assert (
        made.wanted[0].why == "weak: 0.30 (0.20 to 0.40), people 0.80; 25% of its cues are heard so"
    )
    assert made.left == ("relationship penpals: not in the list of a commission",)
    assert "left for later: relationship penpals" in made.to_yaml()


def test_a_budget_of_hours_is_kept() -> None:
    assert draft(run_json(), name="Next", hours=2.0).order.hours <= 2.0
    with pytest.raises(Refused, match="hours: hold no cell"):
        draft(run_json(), name="Next", hours=0.1)
    fine = [c for c in run_json()["cells"] if not c["weak"]]
    with pytest.raises(Refused, match="No cell is weak or thin"):
        draft(
            run_json(
                cells=fine,
                levels={"feeling": ["joy"], "relationship": ["family"], "language": ["en"]},
            ),
            name="Next",
        )


def test_one_lone_moment_still_drafts_its_own_relationship(heard: list[Example]) -> None:
    one = [dataclasses.replace(heard[0], factors={**heard[0].factors, "relationship": "service"})]
    made = draft(baseline.run(one).to_json(), name="Next", most=30)
    assert {w.relationship for w in made.wanted} == {"service"} and len(made.wanted) == 15
    own = next(w for w in made.wanted if w.feeling == one[0].truth)
    assert "thin: 1 moment of 1 performer" in own.why


def test_the_verbs(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def call(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([*map(str, words)])
        shown = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, shown.out, shown.err

    code, out, _ = call("evaluate", folder, "--out", tmp_path / "run.json", "--json")
    found = json.loads(out.splitlines()[-1])
    assert code == 0 and found["ok"] and found["scores"]["uar"]["low"] > 0.4
    code, out, _ = call(
        "shortfall", tmp_path / "run.json", "--hours", 3, "--out", tmp_path / "next.yaml", "--json"
    )
    assert code == 0 and json.loads(out.splitlines()[-1])["order"]["version"] == 1
    assert read_order((tmp_path / "next.yaml").read_text(), "next.yaml").hours <= 3
    write_sample(tmp_path / "few", dyads=1, takes=1, seconds=8.0)
    code, out, _ = call("evaluate", tmp_path / "few")
    assert code == 1 and "Too little data" in out and "joy: " in out
    code, _, err = call("evaluate", folder, "--factors", "mood")
    assert code == 2 and "--factors: must be of feeling, relationship" in err
    (tmp_path / "bad").write_text('{"item_id": 1}\n')
    code, _, err = call("evaluate", tmp_path / "few", "--predictions", tmp_path / "bad")
    assert code == 2 and "bad line 1: is not" in err
    (tmp_path / "bad").write_text("{}")
    code, _, err = call("shortfall", tmp_path / "bad")
    assert code == 2 and "has no cells; give what evaluate --out wrote" in err
    assert call("shortfall", tmp_path / "none")[0] == 2
