"""Promise: a thousand open streams, a full disk and a restart, without a wrong byte.

    python benchmarks/many_streams.py [--count 1000] [--seconds 20]

The same as `yesand bench streams --json`: bodies of 16 KiB every two seconds from each stream; then
no file may grow, then all may; then the door is killed and starts on everything that lies there.
"""

from __future__ import annotations

import sys

from yesand.cli.bench import bench

if __name__ == "__main__":
    bench(["streams", "--json", *sys.argv[1:]])
