"""Promise: twice as fast as @tus/server and three times as tuspyserver, every body durable.

    python benchmarks/upload_speed.py [--rounds 5] [--servers yesand,nginx-put]

The same as `yesand bench upload --json`: bodies of 256 KiB over eight connections and over one, the
servers by turns. Of each: MB/s, processor seconds a gigabyte, latencies, whether it refuses a
damaged body and how often it syncs for four. nginx's PUT, which does neither, is the ceiling.
"""

from __future__ import annotations

import sys

from yesand.cli.bench import bench

if __name__ == "__main__":
    bench(["upload", "--json", *sys.argv[1:]])
