"""Promise: a release is read at 900 times real time a core or faster.

    python benchmarks/decode.py [--seconds 60] [--takes 2]

Writes a release of robots, then reads every sample of every track through `yesand.open`, in one
process, least CPU seconds of three runs; and the same FLAC bytes through soundfile alone, which is
the floor. Real time counts the seconds of each track, as training code consumes tracks. Prints one
JSON object; exit 1 below what is asked.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import soundfile

import yesand
from yesand.release.robot_sample import write_sample

ASKED = 900.0


def least_cpu(work: Callable[[], object], times: int = 3) -> float:
    """Least CPU seconds of a few runs."""
    spent = []
    for _ in range(times):
        before = time.process_time()
        work()
        spent.append(time.process_time() - before)
    return min(spent)


def ours(folder: Path) -> float:
    """Read every sample; track seconds."""
    return sum(
        len(track.samples) / track.rate
        for dyad in yesand.open(folder)
        for track in (dyad.a, dyad.b)
    )


def flacs(folder: Path) -> list[bytes]:
    """The tracks' FLAC bytes as they lie in the shards."""
    found = []
    for shard in sorted(folder.rglob("*.tar")):
        with tarfile.open(shard) as tar:
            for member in tar:
                file = tar.extractfile(member) if member.name.endswith(".flac") else None
                if file is not None:
                    found.append(file.read())
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="of each take")
    parser.add_argument("--takes", type=int, default=2, help="of each of two pairs")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "robots"
        write_sample(place, dyads=2, takes=chosen.takes, seconds=chosen.seconds, seed=1)
        seconds = ours(place)
        reading = least_cpu(lambda: ours(place))
        tracks = flacs(place)
        floor = least_cpu(
            lambda: [soundfile.read(io.BytesIO(track), dtype="float32") for track in tracks]
        )
    found = {
        "asked_x_real_time": ASKED,
        "track_seconds": round(seconds, 1),
        "x_real_time": round(seconds / reading, 1),
        "soundfile_alone_x_real_time": round(seconds / floor, 1),
    }
    print(json.dumps(found))
    return int(seconds / reading < ASKED)


if __name__ == "__main__":
    sys.exit(main())
