"""Makes the start page's picture: 20 s of two robots, their sound and four views of their moments.

    python tools/draw_landing.py

Writes src/yesand/web/static/yesand/landing/scene.json and scene.ogg. Nothing is drawn by hand: the
voices, turns, cues and ratings are those of a sample release's first scene, from the first seed
whose scene shows an overlap and a moment that two people read apart. No human is in it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from scipy.signal import resample_poly

from yesand.formats.audio import RATE
from yesand.formats.robot_voice import render
from yesand.release.robot_ratings import judge
from yesand.release.robot_scenes import ROLES, Scene, scenes

SECONDS = 20.0
PER_SECOND = 20
NAMES = {"a": "Bo", "b": "Cy"}
HERE = Path(__file__).parents[1] / "src/yesand/web/static/yesand/landing"


def scene_of(seed: int) -> tuple[Scene, np.random.Generator]:
    """The first scene of a seed and the generator as it stands after it."""
    rng = np.random.default_rng(seed)
    return next(iter(scenes(1, 1, SECONDS, rng))), rng


def turns(scene: Scene) -> dict[str, list[list[float]]]:
    """Spans of speech per role, seconds."""
    return {
        role: [[round(s.span.start, 2), round(s.span.end, 2)] for s in said]
        for role, said in zip(ROLES, scene.said, strict=True)
    }


def overlaps(spoken: dict[str, list[list[float]]]) -> list[list[float]]:
    """Spans of at least 0.2 s in which both speak."""
    both = [
        [max(a[0], b[0]), min(a[1], b[1])]
        for a in spoken["a"]
        for b in spoken["b"]
        if min(a[1], b[1]) - max(a[0], b[0]) >= 0.2
    ]
    return [[round(x, 2) for x in span] for span in sorted(both)]


def moments(scene: Scene, rng: np.random.Generator) -> list[dict[str, Any]]:
    """Each cued moment with what was asked and how it was heard in each view."""
    found = []
    for moment in scene.moments:
        rows = judge(scene, moment, [f"r{i}" for i in range(16)], rng)["ratings"]
        quick = [row for row in rows if row["question"] == "quick"]
        one = {row["view"]: row for row in quick if row["view"] != "observer"}
        votes: dict[str, int] = {}
        for row in quick:
            if row["view"] == "observer" and row.get("primary"):
                votes[row["primary"]] = votes.get(row["primary"], 0) + 1
        found.append(
            {
                "role": moment.role,
                "start": round(moment.start, 2),
                "end": round(moment.end, 2),
                "cue_at": round(moment.cue["displayed_at"], 2),
                "aim": moment.cue["aim_emotion"],
                "strength": moment.cue["aim_intensity"],
                "action": moment.cue["action"],
                "response": moment.cue["response"],
                **{
                    view: {
                        "word": one[view].get("primary"),
                        "strength": one[view].get("intensity"),
                    }
                    for view in ("character", "partner")
                },
                "observers": sorted(votes.items(), key=lambda v: (-v[1], v[0])),
            }
        )
    return found


def telling(scene: Scene, found: list[dict[str, Any]]) -> bool:
    """True for a scene that shows what the page says: overlap, and two readings of a moment."""
    heard = [(m["character"]["word"], m["partner"]["word"], m["aim"]) for m in found]
    apart = [h for h in heard if h[0] != h[1] and h[0] == h[2]]
    plain = [h for h in heard if "neutral" in h or None in h]
    words = {m["aim"] for m in found}
    return bool(apart) and not plain and len(words) == len(found) and bool(overlaps(turns(scene)))


def main() -> None:
    for seed in range(1, 20_000):
        scene, rng = scene_of(seed)
        found = moments(scene, rng)
        if telling(scene, found):
            break
    noise = np.random.default_rng(scene.seed)
    tracks = np.stack(
        [
            render(robot.speaker, said, SECONDS, noise)
            for robot, said in zip(scene.robots, scene.said, strict=True)
        ]
    )
    loud = tracks / 2**23
    step = RATE // PER_SECOND
    peaks = np.abs(loud[:, : int(SECONDS) * RATE]).reshape(2, -1, step).max(axis=2)
    spoken = turns(scene)
    HERE.mkdir(parents=True, exist_ok=True)
    (HERE / "scene.json").write_text(
        json.dumps(
            {
                "seed": seed,
                "title": scene.prompt["title"],
                "seconds": SECONDS,
                "per_second": PER_SECOND,
                "names": NAMES,
                "peaks": {
                    r: [round(float(v), 4) for v in p] for r, p in zip(ROLES, peaks, strict=True)
                },
                "turns": spoken,
                "overlaps": overlaps(spoken),
                "moments": found,
            },
            indent=1,
        )
        + "\n"
    )
    # Role a a little to the left, b a little to the right.
    mixed = np.stack([0.7 * loud[0] + 0.3 * loud[1], 0.3 * loud[0] + 0.7 * loud[1]], axis=1)
    sound = resample_poly(0.9 * mixed / np.abs(mixed).max(), 1, 2)
    soundfile.write(
        HERE / "scene.ogg", sound, RATE // 2, "OPUS", format="OGG", compression_level=0.85
    )
    print(f"seed {seed}: {len(found)} moments, {len(overlaps(spoken))} overlaps")


if __name__ == "__main__":
    main()
