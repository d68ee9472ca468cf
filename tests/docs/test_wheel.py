"""What a person gets who installs the wheel: the pages' files, the licence, no test, no Node."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCE = REPOSITORY / "src" / "yesand"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    """The wheel of a copy, so that no build folder is left in the clone."""
    place = tmp_path_factory.mktemp("wheel")
    copy = place / "copy"
    copy.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in"):
        if (REPOSITORY / name).exists():
            shutil.copy(REPOSITORY / name, copy / name)
    shutil.copytree(
        REPOSITORY / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
    )
    words = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(place)]
    done = subprocess.run([*words, str(copy)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return zipfile.ZipFile(next(place.glob("*.whl")))


def test_every_file_of_the_package_is_inside(wheel):
    inside = set(wheel.namelist())
    missing = {
        str(path.relative_to(SOURCE.parent))
        for path in SOURCE.rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and path.suffix not in {".pyc", ".map", ".ts"}
        and str(path.relative_to(SOURCE.parent)) not in inside
    }
    assert missing == set()


def test_the_browser_bundle_is_inside(wheel):
    if not (SOURCE / "web" / "static" / "built").is_dir():
        pytest.skip("the browser bundle is not built; run make setup")
    inside = [name for name in wheel.namelist() if "/web/static/built/" in name]
    assert any(name.endswith(".js") for name in inside)


def test_nothing_else_is_inside(wheel):
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert tops == {"yesand", next(top for top in tops if top.endswith(".dist-info"))}
    assert any(name.endswith("/LICENSE") for name in wheel.namelist())
    metadata = next(name for name in wheel.namelist() if name.endswith("/METADATA"))
    text = wheel.read(metadata).decode()
    assert "License-Expression: Apache-2.0" in text and "Provides-Extra: server" in text
    entry = next(name for name in wheel.namelist() if name.endswith("/entry_points.txt"))
    assert "yesand = yesand.cli.main:main" in wheel.read(entry).decode()
