"""What a run of a model over a release says: scores, cells, and what is missing. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from yesand.evaluation.examples import Example
from yesand.evaluation.slices import (
    LEAST_ITEMS,
    LEAST_PERFORMERS,
    Cell,
    Scored,
    SliceMap,
    count_cells,
    levels,
    missing,
    slice_map,
)
from yesand.formats.emotions import YESAND_15
from yesand.kit.errors import refuse
from yesand.stats.intervals import DRAWS
from yesand.stats.scores import Scores, score

#: A cell of a commission; any columns of examples.TAKE_FACTORS may be asked for as well.
FACTORS = ("feeling", "relationship", "language")
#: Performers of train below which nothing can be held apart.
LEAST_TRAINABLE = 5


@dataclass(frozen=True)
class Lack:
    """What one feeling lacks before it can be scored."""

    feeling: str
    items: int
    performers: int
    missing_items: int
    missing_performers: int

    def __str__(self) -> str:
        parts = [
            f"{n} more {word}{'s' if n > 1 else ''}"
            for n, word in ((self.missing_items, "moment"), (self.missing_performers, "performer"))
            if n
        ]
        have = f"{self.items} moments of {self.performers} performers"
        return f"{self.feeling}: {have}, needs {' and '.join(parts)}"


@dataclass(frozen=True)
class Run:
    """A finished run. state: done, or too_little (then scores and map are None).

    lacking: feelings that are too thin, in grid order. cells: scored ones and thin ones, or all
    without a score. answered: every scored item. perceived: aim -> (perceived so, cued so).
    levels: factor -> its values in the release.
    """

    model: str
    state: str
    seed: int
    items: int
    performers: int
    lacking: tuple[Lack, ...]
    says: str
    scores: Scores | None = None
    map: SliceMap | None = None
    cells: tuple[Cell, ...] = ()
    answered: tuple[Scored, ...] = ()
    perceived: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    levels: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values: what `evaluate --json`, the stored run and the draft are made from."""
        found: dict[str, Any] = {
            "model": self.model,
            "state": self.state,
            "seed": self.seed,
            "items": self.items,
            "performers": self.performers,
            "says": self.says,
            "missing": [
                {
                    "feeling": lack.feeling,
                    "items": lack.items,
                    "performers": lack.performers,
                    "missing_items": lack.missing_items,
                    "missing_performers": lack.missing_performers,
                }
                for lack in self.lacking
            ],
            "scores": {},
            "cells": [cell.to_json() for cell in self.cells],
            "levels": {name: list(words) for name, words in self.levels.items()},
            "perceived": {word: list(pair) for word, pair in self.perceived.items()},
        }
        if self.scores is not None and self.map is not None:
            worst = self.map.worst
            found["scores"] = {
                "accuracy": self.scores.accuracy.to_json(),
                "uar": self.scores.uar.to_json(),
                "macro_f1": self.scores.f1.to_json(),
                "ceiling": self.map.ceiling,
                "worst_cell": worst.to_json() if worst else None,
                "p10_cell": self.map.p10,
                "mean_gap": self.map.spread,
            }
        return found


def finish(
    begun: Run,
    examples: Sequence[Example],
    answered: Sequence[Scored],
    enough: Sequence[str],
    factors: Sequence[str] = FACTORS,
    draws: int = DRAWS,
) -> Run:
    """A run with its scores: over feelings with enough data, each cell beside them."""
    codes = {word: at for at, word in enumerate(YESAND_15)}
    thick = [item for item in answered if item.truth in set(enough)]
    scores = score(
        [codes[item.truth] for item in thick],
        [codes[item.said] for item in thick],
        len(codes),
        [item.performer for item in thick],
        draws,
        begun.seed,
    )
    made = slice_map(answered, factors, draws=draws, seed=begun.seed)
    return Run(
        model=begun.model,
        state="done",
        seed=begun.seed,
        items=len(answered),
        performers=len({item.performer for item in answered}),
        lacking=begun.lacking,
        says=f"Scored on {len(thick)} moments of {len(enough)} feelings.",
        scores=scores,
        map=made,
        cells=made.cells,
        answered=tuple(answered),
        perceived=begun.perceived,
        levels=begun.levels,
    )


def lacks(examples: Sequence[Example]) -> tuple[list[Lack], list[str]]:
    """Feelings that are too thin to score, and those that are not, both in grid order."""
    count = Counter(e.truth for e in examples)
    who: dict[str, set[str]] = defaultdict(set)
    for e in examples:
        who[e.truth].add(e.performer)
    thin, enough = [], []
    for word in YESAND_15:
        few_items, few_people = missing(count[word], len(who[word]))
        if few_items or few_people:
            thin.append(Lack(word, count[word], len(who[word]), few_items, few_people))
        else:
            enough.append(word)
    return thin, enough


def begin(
    model: str,
    examples: Sequence[Example],
    seed: int,
    *,
    trainable: int | None = None,
    factors: Sequence[str] = FACTORS,
) -> tuple[Run, list[str]]:
    """A run before anything is scored, and the feelings with enough data.

    Its state is too_little where 2 feelings are not there; trainable: performers a baseline can
    learn from, None for a model that was trained elsewhere.
    """
    lacking, enough = lacks(examples)
    who = len({e.performer for e in examples})
    says = ""
    if len(enough) < 2 or (trainable is not None and trainable < LEAST_TRAINABLE):
        says = (
            f"Too little data to score anything: {len(enough)} feelings have {LEAST_ITEMS} "
            f"moments of {LEAST_PERFORMERS} performers, 2 are needed"
        )
        if trainable is not None:
            says += f"; {trainable} performers can be trained on, {LEAST_TRAINABLE} are needed"
        says += "."
    items = [Scored(e.item_id, e.performer, e.truth, "", e.factors, e.counts) for e in examples]
    made = Run(
        model=model,
        state="too_little" if says else "done",
        seed=seed,
        items=len(examples),
        performers=who,
        lacking=tuple(lacking),
        says=says,
        cells=count_cells(items, factors) if says else (),
        perceived=perceived(examples),
        levels=levels(items, factors),
    )
    return made, enough


def perceived(examples: Sequence[Example]) -> dict[str, tuple[int, int]]:
    """The yield: aim -> (moments perceived so, moments cued so), where 5 performers were cued."""
    cued: dict[str, list[Example]] = defaultdict(list)
    for e in examples:
        if e.intended:
            cued[e.intended].append(e)
    return {
        word: (sum(e.truth == word for e in cued[word]), len(cued[word]))
        for word in YESAND_15
        if len({e.performer for e in cued[word]}) >= LEAST_PERFORMERS
    }


def of_predictions(
    examples: Sequence[Example],
    said: Mapping[str, str],
    model: str,
    *,
    factors: Sequence[str] = FACTORS,
    seed: int = 0,
    draws: int = DRAWS,
) -> Run:
    """Somebody's own model, scored on the moments outside train that it answered.

    said: item id -> feeling. Raises Refused naming an answer that is no feeling, or when nothing
    it answered lies outside train.
    """
    for item, word in said.items():
        if word not in YESAND_15:
            says = f"says {word!r}; use one of {', '.join(YESAND_15)}."
            raise refuse("bad_answer", says, f"item {item}")
    apart = [e for e in examples if e.item_id in said and (e.split != "train")]
    if not apart:
        says = "answer no moment of dev or test; moments of train are not scored."
        raise refuse("nothing_to_score", says, "predictions")
    begun, enough = begin(model, apart, seed, factors=factors)
    if begun.state == "too_little":
        return begun
    answered = [
        Scored(e.item_id, e.performer, e.truth, said[e.item_id], e.factors, e.counts) for e in apart
    ]
    return finish(begun, apart, answered, enough, factors, draws)
