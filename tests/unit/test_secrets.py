import threading

import pytest

from yesand.infra import secrets
from yesand.kit.errors import Refused


def test_a_secret_is_made_once_and_closed_to_others(tmp_path):
    assert secrets.peek(tmp_path, "vault") is None
    assert not (tmp_path / "secrets").exists(), "peeking makes nothing"
    value = secrets.read(tmp_path, "vault")
    assert len(value) == 32 and secrets.read(tmp_path, "vault") == value
    path = secrets.path_of(tmp_path, "vault")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0
    assert bytes.fromhex(path.read_text().strip()) == value
    assert secrets.read(tmp_path, "django") != value


def test_all_are_made_at_first_start(tmp_path):
    secrets.make_all(tmp_path)
    made = {name: secrets.peek(tmp_path, name) for name in secrets.NAMES}
    assert None not in made.values() and len(set(made.values())) == len(secrets.NAMES)
    secrets.make_all(tmp_path)
    assert made == {name: secrets.peek(tmp_path, name) for name in secrets.NAMES}
    assert {path.name for path in (tmp_path / "secrets").iterdir()} == set(secrets.NAMES)


def test_those_who_ask_at_once_get_the_same(tmp_path):
    got: list[bytes] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        got.append(secrets.read(tmp_path, "vault"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8 and len(set(got)) == 1
    assert [path.name for path in (tmp_path / "secrets").iterdir()] == ["vault"]


@pytest.mark.parametrize("text", ["", "xyz", "ab" * 31, "ab" * 33, "zz" * 32])
def test_a_broken_file_is_refused_and_kept(tmp_path, text):
    path = secrets.path_of(tmp_path, "vault")
    path.parent.mkdir(mode=0o700)
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(Refused, match="64 hex digits"):
        secrets.read(tmp_path, "vault")
    assert path.read_text() == text


def test_a_file_open_to_others_is_refused(tmp_path):
    secrets.read(tmp_path, "vault")
    secrets.path_of(tmp_path, "vault").chmod(0o640)
    with pytest.raises(Refused, match="chmod 600"):
        secrets.read(tmp_path, "vault")


@pytest.mark.parametrize("name", ["../vault", "other", ""])
def test_only_known_names_exist(tmp_path, name):
    with pytest.raises(ValueError, match="no such secret"):
        secrets.read(tmp_path, name)
