"""How robot raters answer in a sample release: plausible votes around what a robot meant. Pure.

Every answer carries rater_kind `robot`. Nothing of this stands in for a human judgement.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from yesand.formats.emotions import COUNTED, SET_VERSION, YESAND_15
from yesand.release.robot_prompts import DIMENSIONS, TAKEN_FOR
from yesand.release.robot_scenes import Moment, Scene, new_id

_RIGHT = {0: 0.8, 1: 0.5, 2: 0.72, 3: 0.86}
_QUICK, _FEEL, _PLAY = 5, 5, 3
_POINTS = 4.0  # trace values a second


def judge(
    scene: Scene, moment: Moment, raters: list[str], rng: np.random.Generator
) -> dict[str, list[dict[str, Any]]]:
    """Rows of items, ratings, labels and traces for one moment of one scene."""
    item = new_id(rng)
    mine = scene.robots[0 if moment.role == "a" else 1].pseudonym
    partner = scene.robots[1 if moment.role == "a" else 0].pseudonym
    chosen = [str(name) for name in rng.permutation(raters)]
    ratings = [_quick(item, "character", mine, moment, rng, 0.15)]
    ratings.append(_quick(item, "partner", partner, moment, rng, 0.0))
    ratings += [_quick(item, "observer", r, moment, rng, 0.0) for r in chosen[:_QUICK]]
    ratings += [_feel(item, r, moment, rng) for r in chosen[_QUICK : _QUICK + _FEEL]]
    ratings += [_play(item, r, rng) for r in chosen[-_PLAY:]]
    for order, row in enumerate(ratings):
        row["order"] = order
    labels = [_label(item, v, ratings) for v in ("character", "partner", "observer")]
    aim = moment.cue["aim_emotion"]
    if aim is not None:
        labels.insert(0, _intended(item, aim))
    return {
        "items": [
            {
                "item_id": item,
                "take_id": scene.take_id,
                "target_role": moment.role,
                "start": round(moment.start, 3),
                "end": round(min(moment.end, scene.seconds), 3),
                "context": "with_before" if rng.random() < 0.9 else "alone",
                "modality": "audio",
                "rule": "cue",
            }
        ],
        "ratings": ratings,
        "labels": labels,
        "traces": [_trace(item, chosen[0], moment, rng)],
    }


def _heard(moment: Moment, rng: np.random.Generator, surer: float) -> str:
    if rng.random() < min(0.97, _RIGHT[moment.strength] + surer):
        return moment.meant
    if rng.random() < 0.7:
        return str(rng.choice(TAKEN_FOR[moment.meant]))
    return str(rng.choice(YESAND_15))


def _row(
    item: str, view: str, rater: str, question: str, rng: np.random.Generator
) -> dict[str, Any]:
    return {
        "rating_id": new_id(rng),
        "item_id": item,
        "view": view,
        "rater_id": rater,
        "rater_kind": "robot",
        "question": question,
        "cant_tell": False,
        "plays": int(rng.integers(1, 3)),
        "seconds": round(float(rng.uniform(3, 9)), 1),
        "set_version": SET_VERSION,
    }


def _quick(
    item: str, view: str, rater: str, moment: Moment, rng: np.random.Generator, surer: float
) -> dict[str, Any]:
    row = _row(item, view, rater, "quick", rng)
    if view == "observer" and rng.random() < 0.03:
        return {**row, "cant_tell": True}
    word = _heard(moment, rng, surer)
    row["primary"] = word
    if word != "neutral":
        row["intensity"] = int(np.clip(moment.strength + rng.integers(-1, 2), 1, 3))
        if rng.random() < 0.15:
            row["secondary"] = [TAKEN_FOR[word][0]]
    return row


def _feel(item: str, rater: str, moment: Moment, rng: np.random.Generator) -> dict[str, Any]:
    row = _row(item, "observer", rater, "feel", rng)
    for name, value in zip(
        ("valence", "arousal", "dominance"), DIMENSIONS[moment.meant], strict=True
    ):
        heard = value * moment.strength / 3 + rng.normal(0, 0.2)
        row[name] = int(np.clip(round(4 + 3 * heard), 1, 7))
    return row


def _play(item: str, rater: str, rng: np.random.Generator) -> dict[str, Any]:
    row = _row(item, "observer", rater, "play", rng)
    row["naturalness"] = int(rng.choice([1, 2, 3], p=[0.5, 0.35, 0.15]))
    row["in_character"] = str(rng.choice(["slips", "mostly", "all_through"], p=[0.1, 0.4, 0.5]))
    return row


def _label(item: str, view: str, ratings: list[dict[str, Any]]) -> dict[str, Any]:
    mine = [row for row in ratings if row["view"] == view]
    votes = Counter(row["primary"] for row in mine if row.get("primary"))
    counts = [votes[word] for word in COUNTED]
    n = sum(counts)
    shares = [count / n for count in counts] if n else []
    made: dict[str, Any] = {
        "item_id": item,
        "view": view,
        "n": n,
        "counts": counts,
        "cant_tell_n": sum(row["cant_tell"] for row in mine),
        "p_fused": shares,
        "fused_by": "vote_share" if n else None,
        "entropy": float(sum(p * np.log2(1 / p) for p in shares if p)) if n else None,
    }
    for name in ("valence", "arousal", "dominance"):
        values = [(row[name] - 4) / 3 for row in mine if row.get(name) is not None]
        if values:
            made[f"{name}_mean"] = float(np.mean(values))
            made[f"{name}_sd"] = float(np.std(values))
    return made


def _intended(item: str, aim: str) -> dict[str, Any]:
    one = [int(word == aim) for word in COUNTED]
    return {
        "item_id": item,
        "view": "intended",
        "n": 1,
        "counts": one,
        "cant_tell_n": 0,
        "p_fused": [float(value) for value in one],
        "fused_by": "cue",
        "entropy": 0.0,
    }


def _trace(item: str, rater: str, moment: Moment, rng: np.random.Generator) -> dict[str, Any]:
    n = max(2, int((moment.end - moment.start) * _POINTS))
    t = [round(moment.start + i / _POINTS, 3) for i in range(n)]
    target = DIMENSIONS[moment.meant][1] * moment.strength / 3
    raw = np.clip(target * np.linspace(0.2, 1.0, n) + rng.normal(0, 0.05, n), -1, 1).round(3)
    shifted = np.concatenate([raw[2:], raw[-1:].repeat(2)])
    return {
        "trace_id": new_id(rng),
        "item_id": item,
        "view": "observer",
        "rater_id": rater,
        "rater_kind": "robot",
        "dimension": "arousal",
        "t": t,
        "raw": raw.tolist(),
        "lag_s": 2 / _POINTS,
        "shifted": shifted.tolist(),
    }
