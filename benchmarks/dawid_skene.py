"""Promise: labels of 215,000 answers in about 0.15 s.

    python benchmarks/dawid_skene.py [--peer FOLDER]

Answers are drawn for 43,000 items, 8 labels and 300 raters of unequal skill, five to an item; the
truth is known. Prints CPU seconds (least of three) and the share of right labels beside majority
vote's. --peer: install crowd-kit into a fresh virtual environment in FOLDER and give it the same
answers, for at most 100 rounds. One JSON object; exit 1 where ours takes over twice the time
asked or labels worse than the vote.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from yesand.stats.dawid_skene import dawid_skene

ASKED_S = 0.15
ITEMS, RATERS, LABELS, EACH = 43_000, 300, 8, 5
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
PEER = """
import sys, time
import numpy as np, pandas as pd
from crowdkit.aggregation import DawidSkene
drawn = np.load(sys.argv[1])
answers = pd.DataFrame({"task": drawn["item"], "worker": drawn["rater"], "label": drawn["answer"]})
before = time.process_time()
found = DawidSkene(n_iter=100).fit_predict(answers)
spent = time.process_time() - before
print(spent, float((found.sort_index().to_numpy() == drawn["truth"]).mean()))
"""


def draw(seed: int) -> dict[str, np.ndarray]:
    """truth (items,), and item, rater, answer of each answer."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, LABELS, ITEMS)
    item = np.repeat(np.arange(ITEMS), EACH)
    rater = rng.choice(RATERS, len(item), p=rng.dirichlet(np.ones(RATERS)))
    right = rng.random(len(item)) < rng.beta(6, 2, RATERS)[rater]
    answer = np.where(right, truth[item], rng.integers(0, LABELS, len(item)))
    return {"truth": truth, "item": item, "rater": rater, "answer": answer}


def peer(folder: Path, drawn: dict[str, np.ndarray]) -> dict[str, Any]:
    """crowd-kit's seconds and share, or why there are none."""
    folder.mkdir(parents=True, exist_ok=True)
    python = folder / "venv" / "bin" / "python"
    np.savez(folder / "answers.npz", **drawn)  # type: ignore[arg-type]
    for words in (
        [sys.executable, "-m", "venv", str(folder / "venv")],
        [str(python), "-m", "pip", "install", "-q", "crowd-kit"],
    ):
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode:
            return {"missing": (done.stderr.strip() or "no word").splitlines()[-1]}
    done = subprocess.run(
        [python, "-c", PEER, folder / "answers.npz"], capture_output=True, text=True
    )
    if done.returncode:
        return {"missing": (done.stderr.strip() or "no word").splitlines()[-1]}
    seconds, right = map(float, done.stdout.split())
    return {"seconds": round(seconds, 3), "right": round(right, 4)}


def main() -> int:
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ONE_THREAD})
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer", type=Path, default=None)
    parser.add_argument("--seed", type=int, default=3)
    chosen = parser.parse_args()
    drawn = draw(chosen.seed)
    spent = []
    for _ in range(3):
        before = time.process_time()
        fit = dawid_skene(drawn["item"], drawn["rater"], drawn["answer"], LABELS)
        spent.append(time.process_time() - before)
    votes = np.zeros((ITEMS, LABELS))
    np.add.at(votes, (drawn["item"], drawn["answer"]), 1)
    right = float((fit.label == drawn["truth"]).mean())
    vote = float((votes.argmax(axis=1) == drawn["truth"]).mean())
    found = {
        "seed": chosen.seed,
        "answers": len(drawn["item"]),
        "asked_seconds": ASKED_S,
        "yesand": {"seconds": round(min(spent), 3), "right": round(right, 4)},
        "majority_vote": {"right": round(vote, 4)},
        "crowd-kit": peer(chosen.peer, drawn) if chosen.peer else {"missing": "--peer not given"},
    }
    print(json.dumps(found))
    return int(min(spent) > 2 * ASKED_S or right < vote)


if __name__ == "__main__":
    sys.exit(main())
