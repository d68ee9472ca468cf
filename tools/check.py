"""Everything that must hold, part by part: `make test`, or `python tools/check.py lint unit`.

Prints the seconds of each part and the ten slowest tests of all. A part that fails does not stop
the others. Exit 0 when all hold, 1 when one does not, 2 for a part that does not exist.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"
NO_TESTS = 5  # pytest's exit code where it collected nothing
PG15 = Path("/usr/lib/postgresql/15/bin/postgres")
# What the second database version is asked: rows and SQL, not the running of processes.
PROCESSES = ("test_cluster.py", "test_serve.py", "test_jobs.py", "test_backup.py")
WORKERS = str(min(2, os.cpu_count() or 1))


@dataclass(frozen=True)
class Part:
    """budget: seconds it should take on two cores; more is said, not failed."""

    name: str
    budget: int
    run: Callable[[Path], bool]


def call(*words: str | Path, **env: str) -> bool:
    return (
        subprocess.run([str(w) for w in words], cwd=ROOT, env={**os.environ, **env}).returncode == 0
    )


def together(*commands: list[str | Path]) -> bool:
    """Run commands beside each other; show what each printed, one after the other."""
    running = [
        subprocess.Popen(
            [str(word) for word in words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for words in commands
    ]
    fine = True
    for process, words in zip(running, commands, strict=True):
        said, _ = process.communicate()
        good = process.returncode == 0
        fine = fine and good
        print(f"{'ok  ' if good else 'FAIL'} {' '.join(Path(str(w)).name for w in words)}")
        if not good:
            print(said)
    return fine


def lint(_: Path) -> bool:
    code = ["src", "tests", "tools", "benchmarks", "examples"]
    here = [folder for folder in code if (ROOT / folder).is_dir()]
    first = together(
        [BIN / "ruff", "check", *here],
        [BIN / "ruff", "format", "--check", *here],
        [BIN / "lint-imports"],
    )
    django = [
        BIN / "python",
        "-W",
        "ignore",
        "-m",
        "django",
        "makemigrations",
        "--check",
        "--dry-run",
    ]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yesand.infra.settings")
    second: list[list[str | Path]] = [[BIN / "mypy", "src"], list(django)]
    if (ROOT / "browser" / "package.json").exists() and (
        ROOT / "browser" / "node_modules"
    ).is_dir():
        # The Node wheel comes first where set-up had to install it.
        os.environ["PATH"] = f"{BIN}:{os.environ['PATH']}"
        second.append(["npm", "--prefix", "browser", "run", "--silent", "check"])
        second.append(["npm", "--prefix", "browser", "test", "--silent"])
    return together(*second) and first


def tests(
    *where: str, workers: bool = False, ignore: tuple[str, ...] = (), **env: str
) -> Callable[[Path], bool]:
    def run(reports: Path) -> bool:
        there = [folder for folder in where if (ROOT / folder).is_dir()]
        if not there:
            print(f"no tests yet in {', '.join(where)}")
            return True
        report = reports / f"{len(list(reports.iterdir()))}.xml"
        words: list[str | Path] = [BIN / "pytest", *there, f"--junitxml={report}", "--durations=0"]
        words += ["--durations-min=1e9"]  # the slowest of all parts are printed at the end
        words += ["-rs"]  # whatever is skipped says why
        words += [f"--ignore={folder}/{name}" for folder in there for name in ignore]
        if workers and WORKERS != "1":
            words += ["-n", WORKERS]
        code = subprocess.run(
            [str(w) for w in words], cwd=ROOT, env={**os.environ, **env}
        ).returncode
        return code in (0, NO_TESTS)

    return run


def db15(reports: Path) -> bool:
    if not PG15.exists():
        print("skipped: this machine has no Postgres 15")
        return True
    return tests("tests/db", workers=True, ignore=PROCESSES, YESAND_TEST_PG="15")(reports)


PARTS = [
    Part("lint", 60, lint),
    Part("unit", 30, tests("tests/unit", "tests/golden", workers=True)),
    Part("door", 30, tests("tests/door", workers=True)),
    Part("db", 120, tests("tests/db", workers=True)),
    Part("db15", 60, db15),
    Part("flows", 60, tests("tests/flows")),
    Part("docs", 20, tests("tests/docs")),
    Part("browser", 240, tests("tests/browser")),
]


def slowest(reports: Path, count: int = 10) -> list[tuple[float, str]]:
    found: list[tuple[float, str]] = []
    for report in reports.glob("*.xml"):
        for case in ElementTree.parse(report).iter("testcase"):
            name = f"{case.get('classname', '')}::{case.get('name', '')}"
            found.append((float(case.get("time", "0")), name))
    return sorted(found, reverse=True)[:count]


def main(asked: list[str]) -> int:
    known = {part.name: part for part in PARTS}
    for name in asked:
        if name not in known:
            print(f"there is no part {name!r}: {' '.join(known)}", file=sys.stderr)
            return 2
    parts = [known[name] for name in asked] or PARTS
    done: list[tuple[Part, bool, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for part in parts:
            print(f"\n== {part.name}", flush=True)
            began = time.monotonic()
            fine = part.run(Path(folder))
            done.append((part, fine, time.monotonic() - began))
        slow = slowest(Path(folder))
    if slow:
        print("\n== the slowest ten")
        for seconds, name in slow:
            print(f"  {seconds:7.2f} s  {name}")
    print("\n== seconds per part")
    for part, fine, seconds in done:
        late = f"  (more than its {part.budget} s)" if seconds > part.budget else ""
        print(f"  {'ok  ' if fine else 'FAIL'} {part.name:8} {seconds:7.1f} s{late}")
    print(f"       {'all':8} {sum(seconds for _, _, seconds in done):7.1f} s", flush=True)
    return 0 if all(fine for _, fine, _ in done) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
