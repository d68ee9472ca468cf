"""`yesand keys` and what `yesand doctor` says of keys, as a person types them."""

from __future__ import annotations

import json

import pytest

from tests.fakes.rooms import make_room
from yesand.cli import house as entrance
from yesand.cli import main
from yesand.infra import environ, objects
from yesand.infra.keys import KeyStore
from yesand.recording import actions as recording
from yesand.recording import keys, resealing

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(monkeypatch, tmp_path, settings):
    """This process as a command of a deployment with a home of its own."""
    monkeypatch.setenv("YESAND_HOME", str(tmp_path))
    environ.current.cache_clear()
    settings.HOME = tmp_path
    settings.OBJECTS_URL = (tmp_path / "objects").as_uri()
    settings.KEYS, settings.KEY_RING = tmp_path / "keys", tmp_path / "keys" / "ring"
    monkeypatch.setattr(entrance, "enter", environ.current)
    yield tmp_path
    environ.current.cache_clear()


def ran(capsys, *words: str) -> tuple[int, dict]:
    code = main.run(["keys", *words, "--json"])
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


def doctor(capsys) -> dict[str, dict]:
    main.run(["doctor", "--json"])
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    return {look["name"]: look for look in found["looks"]}


def test_keys_are_made_copied_turned_and_looked_at(home, capsys, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("safe")
    code, said = ran(capsys, "rotate")
    assert code == 2 and said["problems"][0]["code"] == "keys_lost"
    assert doctor(capsys)["keys"]["says"] == "0 keys, 0 destroyed"

    here = make_room()
    row = recording.open_recording(here.program, here.ada, "audition", here.program.pk)
    stream, _token, _url = recording.open_stream(row, "mic")
    name = f"auditions/{row.about}/{stream.pk}/mic.pcm"
    objects.default().put(name, [b"voice"])
    recording.sealed(stream, 5, "h", "s", name)
    seen = doctor(capsys)
    assert not seen["plain"]["ok"] and "1 recorded streams lie plain" in seen["plain"]["says"]
    assert ran(capsys, "check")[0] == 1
    assert ran(capsys, "seal") == (0, {"ok": True, "sealed": 1, "plain": 0})
    assert ran(capsys, "check")[1]["keys"] == 1
    seen = doctor(capsys)
    assert "plain" not in seen and seen["keys"]["ok"]
    assert "Run yesand keys backup" in seen["key copy"]["says"]

    code, said = ran(capsys, "backup", str(elsewhere))
    assert (code, said["keys"], said["added"]) == (0, 1, 1)
    assert str(elsewhere) in doctor(capsys)["key copy"]["says"]
    assert ran(capsys, "rotate")[1] == {"ok": True, "begun": True, "wrapped": 1}

    store = KeyStore(home / "keys", home / "keys" / "ring")
    store.folder.rename(home / "aside")
    assert "yesand keys restore" in doctor(capsys)["keys"]["says"]
    assert not doctor(capsys)["keys"]["ok"]
    assert ran(capsys, "restore", str(elsewhere))[1]["added"] == 1
    assert objects.default().get(name) == b"voice"

    code, said = ran(capsys, "erase", "--recording", str(row.pk), "--yes")
    assert (code, said["erased"]) == (0, 1)
    assert "may hold 1 erased" in doctor(capsys)["key copy"]["says"]
    assert ran(capsys, "backup", str(elsewhere))[1]["removed"] == 1
    assert "erased" not in doctor(capsys)["key copy"]["says"]
    assert keys.destroy(row) is None and store.destroyed(row.pk)
    assert resealing.look().gone == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["erase"], "bad_usage"),
        (["erase", "--recording", "1", "--person", "p"], "bad_usage"),
        (["erase", "--recording", "no-id", "--yes"], "not_found"),
        (["erase", "--person", "pnobody", "--yes"], "not_found"),
        (["restore", "/nonexistent"], "no_key"),
        (["backup", "/nonexistent/keys"], "keys_lost"),
    ],
)
def test_wrong_words_are_refused(home, capsys, words, code):
    found, said = ran(capsys, *words)
    assert (found, said["problems"][0]["code"]) == (2, code)
