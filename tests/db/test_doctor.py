import json

import pytest

from yesand.cli import house as entrance
from yesand.cli import main
from yesand.infra import environ, secrets
from yesand.kit.errors import refuse


@pytest.fixture
def house(monkeypatch, tmp_path, committed_database):
    """This process as a command of a deployment with a home of its own."""
    monkeypatch.setenv("YESAND_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("YESAND_DATABASE_URL", committed_database)
    monkeypatch.setenv("YESAND_MIN_FREE_GB", "0")
    monkeypatch.setenv("YESAND_PORT", "39170")
    environ.current.cache_clear()
    yield tmp_path / "home"
    environ.current.cache_clear()


def looks(capsys) -> dict[str, dict]:
    code = main.run(["doctor", "--json"])
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["ok"] == all(look["ok"] for look in found["looks"])
    assert code == (0 if found["ok"] else 1)
    return {look["name"]: look for look in found["looks"]}


def test_a_house_without_a_worker_is_told_so(house, capsys):
    found = looks(capsys)
    assert found["database"]["ok"] and found["migrations"]["ok"]
    assert not found["workers"]["ok"] and "start yesand serve" in found["workers"]["says"]
    assert found["port"]["says"] == "39170 is free"


def test_an_open_secret_is_found(house, capsys):
    secrets.read(house, "vault")
    secrets.path_of(house, "vault").chmod(0o644)
    assert "chmod 600" in looks(capsys)["secrets"]["says"]


def test_a_closed_house_is_no_fault_and_one_that_should_answer_is(house, capsys, monkeypatch):
    def silent():
        raise refuse("no_database", "No database answers.")

    monkeypatch.setattr(entrance, "enter", silent)
    assert not looks(capsys)["database"]["ok"], "YESAND_DATABASE_URL says that one is there"
    monkeypatch.delenv("YESAND_DATABASE_URL")
    environ.current.cache_clear()
    assert looks(capsys)["database"] == {
        "name": "database",
        "ok": True,
        "says": "closed; yesand serve",
    }


def test_migrate_says_what_is_missing(house, capsys):
    assert main.run(["migrate", "--check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "missing": []}
