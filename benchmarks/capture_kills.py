"""Promise: no acknowledged byte is lost when the upload server is killed, and it resumes at once.

    python benchmarks/capture_kills.py [--kills 1000] [--seed 1] [--servers yesand,tuspyserver]

The same as `yesand bench capture --json`: our door, @tus/server and tuspyserver in one harness. Of
each: kills, acknowledged bytes lost, files that differ, and seconds from the kill to a stream's
next acknowledged body. Exit 1 where our door lost or changed a byte; peers are only reported.
"""

from __future__ import annotations

import sys

from yesand.cli.bench import bench

if __name__ == "__main__":
    bench(["capture", "--json", *sys.argv[1:]])
