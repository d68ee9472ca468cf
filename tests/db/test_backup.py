"""A restore drill: what was backed up comes back byte by byte, and broken backups are refused."""

import json
import os
import shutil
import tempfile
import uuid
from pathlib import Path

import psycopg
import pytest

from yesand.infra import backups, environ, key_copies, secrets
from yesand.infra.borrowed import database
from yesand.infra.keys import KeyStore
from yesand.infra.objects import Erased, SealedStore, open_store
from yesand.kit.errors import Refused

KEPT, ERASED = uuid.UUID(int=1), uuid.UUID(int=2)


@pytest.fixture
def homes():
    """Settings of deployments of this test's own, each with a cluster that is closed."""
    place = Path(tempfile.mkdtemp(prefix="yesand-test-", dir="/tmp"))
    place.chmod(0o755)

    def make(name: str) -> environ.Settings:
        return environ.read({"YESAND_HOME": str(place / name)})

    yield make
    shutil.rmtree(place)


@pytest.fixture
def source(homes) -> environ.Settings:
    """A house with a row, two objects of the same bytes and one of its own."""
    here = homes("first")
    with database(here) as borrowed, psycopg.connect(**borrowed.where.keywords()) as connection:
        assert borrowed.owned
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES ('yes, and')")
    store = open_store(here.objects_url)
    store.put("takes/1/a/mic.pcm", [b"voice" * 300_000])
    store.put("takes/1/a/copy.pcm", [b"voice" * 300_000])
    store.put("takes/1/manifest.json", [b"{}"])
    keys = KeyStore(here.keys, here.key_ring)
    keys.begin()
    for key in (KEPT, ERASED):
        keys.make(key)
    door = SealedStore(store, keys)
    door.put("takes/2/a/mic.pcm", [b"kept"], [KEPT])
    door.put("takes/2/b/mic.pcm", [b"gone"], [ERASED])
    secrets.read(here.home, "vault")
    return here


def rows_of(here: environ.Settings) -> list[tuple[str]]:
    with database(here) as borrowed, psycopg.connect(**borrowed.where.keywords()) as connection:
        return connection.execute("SELECT word FROM kept").fetchall()


def test_a_drill_brings_rows_objects_and_keys_back(source, homes, tmp_path):
    folder, keys = tmp_path / "backup", tmp_path / "safe"
    said: list[str] = []
    done = backups.write(source, folder, keys, said.append)
    assert (done.objects, done.copied, done.keys, done.recordings) == (5, 4, 1, 2)
    assert said == ["rows", "objects", "keys"]
    assert not [path for path in folder.rglob("*") if path.name in secrets.NAMES]
    again = backups.write(source, folder, None, said.append)
    assert (again.objects, again.copied, again.keys) == (5, 0, 0)

    other = homes("second")
    back = backups.read(other, folder, keys, said.append)
    assert (back.objects, back.keys, back.recordings) == (5, 1, 2)
    assert rows_of(other) == [("yes, and",)]
    before, after = open_store(source.objects_url), open_store(other.objects_url)
    assert list(after.names()) == list(before.names())
    for key in before.names():
        assert after.get(key) == before.get(key)
    assert secrets.peek(other.home, "vault") == secrets.peek(source.home, "vault")
    assert secrets.path_of(other.home, "vault").stat().st_mode & 0o777 == 0o600

    with pytest.raises(Refused) as caught:
        backups.read(other, folder, None, said.append)
    assert caught.value.code == "not_empty"


def test_broken_backups_are_refused_before_anything_is_written(source, homes, tmp_path):
    folder = tmp_path / "backup"
    with pytest.raises(Refused) as caught:
        backups.write(source, folder, folder / "keys", print)
    assert caught.value.code == "keys_together"
    backups.write(source, folder, None, print)
    other = homes("second")

    def code_of() -> str:
        with pytest.raises(Refused) as caught:
            backups.read(other, folder, None, print)
        return caught.value.code

    victim = next(path for path in (folder / "objects").rglob("*") if path.is_file())
    whole = victim.read_bytes()
    victim.write_bytes(whole[:-1] + b"!")
    assert code_of() == "backup_broken"
    victim.write_bytes(whole)
    note = json.loads((folder / "backup.json").read_text())
    (folder / "backup.json").write_text(json.dumps({**note, "format": 99}))
    assert code_of() == "no_backup"
    (folder / "backup.json").write_text(json.dumps(note))
    os.truncate(folder / "rows.dump", 100)
    assert code_of() == "backup_broken"
    (folder / "backup.json").unlink()
    assert code_of() == "no_backup"
    assert not other.home.exists(), "nothing was made"


def test_keys_that_are_not_there_and_keys_of_another_home_are_refused(source, homes, tmp_path):
    folder, keys = tmp_path / "backup", tmp_path / "safe"
    backups.write(source, folder, keys, print)
    other = homes("second")
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refused) as caught:
        backups.read(other, folder, tmp_path / "empty", print)
    assert caught.value.code == "no_key"
    secrets.read(other.home, "vault")
    with pytest.raises(Refused) as caught:
        backups.read(other, folder, keys, print)
    assert caught.value.code == "not_empty"


def test_what_was_erased_after_a_backup_stays_unreadable_when_it_is_restored(
    source, homes, tmp_path
):
    folder, keys = tmp_path / "backup", tmp_path / "safe"
    backups.write(source, folder, keys, print)
    whole = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    mine = KeyStore(source.keys, source.key_ring)
    for key in (KEPT, ERASED):
        assert mine.key(key) not in whole and mine.key(key).hex().encode() not in whole
        assert not [path for path in folder.rglob(f"*{key.hex}*")], "no key in a backup of rows"
    assert b"gone" not in b"".join(p.read_bytes() for p in (folder / "objects").rglob("*/*"))

    mine.destroy(ERASED)  # the erasure, and the copy of the keys brought up to date
    key_copies.write(mine, keys / backups.RECORDINGS)

    other = homes("second")
    assert backups.read(other, folder, keys, print).recordings == 1
    back = SealedStore(open_store(other.objects_url), KeyStore(other.keys, other.key_ring))
    assert back.get("takes/2/a/mic.pcm") == b"kept"
    with pytest.raises(Erased):
        back.get("takes/2/b/mic.pcm")

    third = homes("third")  # without any keys
    backups.read(third, folder, None, print)
    shut = SealedStore(open_store(third.objects_url), KeyStore(third.keys, third.key_ring))
    with pytest.raises(Refused, match="yesand keys restore"):
        shut.get("takes/2/a/mic.pcm")
