"""The examples run as they are printed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from yesand.release.robot_sample import write_sample

EXAMPLES = Path(__file__).parents[2] / "examples"
pytestmark = pytest.mark.docs


@pytest.fixture(scope="module")
def robots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("examples") / "robots"
    write_sample(out, dyads=3, takes=1, seconds=8.0)
    return out


def run(name: str, *words: object) -> list[str]:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_three_lines(robots: Path) -> None:
    lines = run("three_lines.py", robots)
    assert len(lines) == 3 and all(" 8.0 s " in line for line in lines)


def test_four_views(robots: Path) -> None:
    lines = run("four_views.py", robots)
    assert lines[0].split() == ["moment", "intended", "character", "partner", "observer"]
    assert len(lines) == 5


def test_own_predictions(robots: Path, tmp_path: Path) -> None:
    run("own_predictions.py", robots, tmp_path / "mine.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "mine.jsonl").read_text().splitlines()]
    assert len(rows) == 12 and {row["said"] for row in rows} <= {"anger", "neutral"}


def test_train_from_shards(robots: Path) -> None:
    lines = run("train_from_shards.py", robots)
    assert lines[-1] == "8 s of two voices" and "(384000,)" in lines[0]


def test_every_example_is_run_here() -> None:
    tested = Path(__file__).read_text()
    names = [path.name for path in EXAMPLES.glob("*.py")]
    assert names and all(f'"{name}"' in tested for name in names)
