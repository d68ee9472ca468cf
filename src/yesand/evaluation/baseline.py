"""The baseline: logistic regression on `yesand-prosody-1`, and what it scores per cell.

Nobody it is scored on was in its training, in either role: moments of dev and test are answered
by a model of train; moments of train by models of other performers (out of fold). Moments ordered
for evaluation are never trained on. With too little data there is no score, only what is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from yesand.evaluation.examples import Example
from yesand.evaluation.runs import FACTORS, Run, begin, finish
from yesand.evaluation.slices import Scored
from yesand.release.splits import Played, components
from yesand.stats.intervals import DRAWS

NAME = "yesand-baseline-1"
FOLDS = 5
_STRENGTH = 0.05  # of the regression's C; 126 numbers meet a few hundred moments


def run(
    examples: Sequence[Example],
    *,
    factors: Sequence[str] = FACTORS,
    seed: int = 0,
    draws: int = DRAWS,
) -> Run:
    """The baseline over a release's examples; with thin data a run that says what is missing."""
    trainable = {e.performer for e in examples if e.split == "train" and e.use == "train"}
    begun, enough = begin(NAME, examples, seed, trainable=len(trainable), factors=factors)
    if begun.state == "too_little":
        return begun
    said = answers(examples, seed)
    answered = [
        Scored(e.item_id, e.performer, e.truth, said[e.item_id], e.factors, e.counts)
        for e in examples
        if e.item_id in said
    ]
    return finish(begun, examples, answered, enough, factors, draws)


def answers(examples: Sequence[Example], seed: int = 0) -> dict[str, str]:
    """Item id -> what a model said that was trained on nobody of this item's take."""
    train = [e for e in examples if e.split == "train" and e.use == "train"]
    said: dict[str, str] = {}
    apart = [e for e in examples if e.split != "train" or e.use != "train"]
    heard = {performer for e in train for performer in e.both}
    held_out = [e for e in apart if not e.both & heard]
    if held_out:
        said |= _say(_fit(train, seed), held_out)
    for fold in folds(train, seed):
        others = [e for e in train if not e.both & fold]
        mine = [e for e in train if e.performer in fold]
        if len({e.truth for e in others}) >= 2 and mine:
            said |= _say(_fit(others, seed), mine)
    return said


def folds(train: Sequence[Example], seed: int = 0) -> list[frozenset[str]]:
    """Performers in five parts. Groups that played together stay together where there are enough
    groups; else performers are parted one by one, and takes across a border train nobody's fold.
    """
    played = {e.take_id: Played(e.take_id, e.dyad_id, *_two(e.both)) for e in train}
    groups = components(played.values())
    if len(groups) < FOLDS:
        groups = [frozenset({name}) for name in sorted({p for e in train for p in e.both})]
    count = Counter(e.performer for e in train)
    order = np.random.default_rng(seed).permutation(len(groups))
    ranked = sorted(order, key=lambda at: -sum(count[name] for name in groups[at]))
    parts: list[set[str]] = [set() for _ in range(FOLDS)]
    for at in ranked:
        smallest = min(parts, key=lambda part: sum(count[name] for name in part))
        smallest |= groups[at]
    return [frozenset(part) for part in parts if part]


def _two(both: frozenset[str]) -> tuple[str, str]:
    names = sorted(both)
    return names[0], names[-1]


def _fit(train: Sequence[Example], seed: int) -> Pipeline:
    model = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=_STRENGTH, class_weight="balanced", max_iter=2000, random_state=seed),
    )
    model.fit(np.stack([e.features for e in train]), [e.truth for e in train])
    return model


def _say(model: Pipeline, rows: Sequence[Example]) -> dict[str, str]:
    said = model.predict(np.stack([e.features for e in rows]))
    return {e.item_id: str(word) for e, word in zip(rows, said, strict=True)}
