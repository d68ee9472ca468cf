"""The locks name packages and versions: no registry, no path, no torch."""

import json
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["server.txt", "dev.txt", "node.txt"])
def test_a_python_lock_is_packages_and_versions_only(name):
    lines = (REPOSITORY / "requirements" / name).read_text("utf-8").splitlines()
    pins = [line for line in lines if line and not line.lstrip().startswith("#")]
    assert pins
    for line in pins:
        assert re.fullmatch(r"[a-z0-9._-]+==[A-Za-z0-9.!+-]+( ; .*)?", line), line
    text = "\n".join(lines)
    assert "://" not in text and not re.search(r"^(torch|tensorflow|jax)==", text, re.MULTILINE)


def test_the_development_lock_holds_the_servers_at_the_same_versions():
    def pins(name: str) -> set[str]:
        text = (REPOSITORY / "requirements" / name).read_text("utf-8")
        return set(re.findall(r"^[a-z0-9._-]+==\S+", text, re.MULTILINE))

    assert pins("server.txt") <= pins("dev.txt")


def test_the_browser_lock_names_no_registry():
    lock = json.loads((REPOSITORY / "browser" / "package-lock.json").read_text("utf-8"))
    assert lock["packages"]
    assert [name for name, part in lock["packages"].items() if "resolved" in part] == []
