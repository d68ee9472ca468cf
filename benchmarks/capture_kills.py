"""Promise: no acknowledged byte is lost when the upload server is killed.

    python benchmarks/capture_kills.py --kills 100 --seed 1 [--servers yesand]

Runs the kill harness of `yesand bench capture` on each server in turn with the same seed and prints
a table and one JSON object. A peer is a class with the four verbs of
`yesand.cli.bench_capture.Server` and an entry in SERVERS; its upload's offset must come from the
peer's own HEAD, its file from the peer's own folder.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from yesand.cli.bench_capture import Server, YesandServer, run

SERVERS: dict[str, Callable[[Path], Server]] = {"yesand": YesandServer}


def main() -> int:
    """Exit 1 where a server named `yesand` lost or changed a byte; peers are only reported."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--streams", type=int, default=8)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--servers", nargs="+", choices=sorted(SERVERS), default=sorted(SERVERS))
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}")
    results = {}
    print(f"{'server':<18}{'kills':>7}{'lost bytes':>12}{'corrupt':>9}{'p50 s':>8}{'p95 s':>8}")
    for name in chosen.servers:
        with tempfile.TemporaryDirectory(prefix="yesand-kills-") as folder:
            server = SERVERS[name](Path(folder) / "home")
            try:
                result = results[name] = run(server, chosen.kills, chosen.seed, chosen.streams)
            finally:
                server.stop()
        resume = result["resume_seconds"]
        print(
            f"{name:<18}{result['kills']:>7}{result['lost_bytes']:>12}{result['corrupt']:>9}"
            f"{resume['p50']:>8.3f}{resume['p95']:>8.3f}",
            flush=True,
        )
    print(json.dumps({"seed": chosen.seed, "streams": chosen.streams, **results}))
    ours = results.get("yesand", {"lost_bytes": 0, "corrupt": 0})
    return int(bool(ours["lost_bytes"] or ours["corrupt"]))


if __name__ == "__main__":
    sys.exit(main())
