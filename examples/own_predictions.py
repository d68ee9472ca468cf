"""Score a model of your own: write one answer per moment, then let `yesand evaluate` do the rest.

Try: yesand sample robots --dyads 40 --takes 3
     python examples/own_predictions.py robots mine.jsonl
     yesand evaluate robots --predictions mine.jsonl
"""

import json
import sys
from pathlib import Path

import numpy as np

import yesand


def guess(samples: np.ndarray) -> str:
    """Put your model here. This one only knows loud from soft."""
    return "anger" if np.sqrt(np.mean(samples**2)) > 0.06 else "neutral"


def main(folder: str, out: str) -> None:
    """Answers for every moment; those of train are not scored."""
    lines = []
    for dyad in yesand.open(folder):
        for row in dyad.labels("observer"):
            heard = dyad.track(row["target_role"]).slice(row["start"], row["end"])
            lines.append(json.dumps({"item_id": row["item_id"], "said": guess(heard)}))
    Path(out).write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} answers in {out}")


main(sys.argv[1], sys.argv[2])
