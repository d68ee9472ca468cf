"""The key store: made once, turned, copied, destroyed; killed at every step."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path

import pytest

from yesand.formats import sealed
from yesand.infra import key_copies, keys
from yesand.infra.keys import KeyGone, KeyStore, wrapper_of
from yesand.infra.objects import Erased, Missing, SealedStore
from yesand.infra.stores import FolderStore
from yesand.kit.errors import Refused


@pytest.fixture
def store(tmp_path) -> KeyStore:
    made = KeyStore(tmp_path / "keys", tmp_path / "ring")
    made.begin()
    return made


def some(store: KeyStore, count: int) -> dict[uuid.UUID, bytes]:
    made = [uuid.uuid4() for _ in range(count)]
    for key in made:
        store.make(key)
    return {key: store.key(key) for key in made}


def code_of(call, *words) -> str:
    with pytest.raises(Refused) as caught:
        call(*words)
    return caught.value.code


def test_a_key_is_made_once_and_lies_wrapped_where_only_we_read_it(store):
    (key, value), *_ = some(store, 1).items()
    store.make(key)
    assert store.key(key) == value and len(value) == 32
    for path in [*store.folder.rglob("*"), *store.ring.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path
        if path.is_file() and path.is_relative_to(store.folder):
            assert value not in path.read_bytes()
    assert store.look() == keys.Seen(keys=1, gone=0, old=0, broken=(), ring=1)
    assert list(store.ids()) == [key] and store.has(key)
    store.begin()
    assert len(store.keks()) == 1, "begun once"


def test_a_destroyed_key_never_comes_back(store):
    kept = some(store, 3)
    key = next(iter(kept))
    path = store.folder / "wrapped" / key.hex[:2] / key.hex
    bytes_before = path.read_bytes()
    assert store.destroy(key) is True and store.destroy(key) is False
    assert not path.exists() and not store.has(key) and store.destroyed(key)
    for call in (store.key, store.make):
        with pytest.raises(KeyGone):
            call(key)
    path.write_bytes(bytes_before)  # somebody puts the file back
    with pytest.raises(KeyGone):
        store.key(key)
    store.rotate()
    assert not path.exists(), "and a rotation clears it away"
    assert store.look().keys == 2


def test_a_destruction_that_was_cut_off_counts(store, monkeypatch):
    (key, _), *_ = some(store, 1).items()
    monkeypatch.setattr(keys, "_shred", lambda path: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        store.destroy(key)
    monkeypatch.undo()
    assert store.destroyed(key) and not store.has(key)
    store.destroy(key)
    assert not any(store.ids())


def test_turning_wraps_anew_and_drops_the_old_key(store):
    before, old = some(store, 20), store.current()
    assert store.rotate() == (True, 20)
    assert store.current() != old and store.keks() == [store.current()]
    assert {key: store.key(key) for key in before} == before
    assert store.rotate() == (True, 20)


@pytest.mark.parametrize("step", range(12))
def test_a_rotation_killed_anywhere_is_finished_by_the_next(store, monkeypatch, step):
    """Every durable change of a rotation of four keys is a place to die."""
    before, old = some(store, 4), store.current()
    left = [step]
    real = os.replace, Path.unlink

    class Killed(BaseException):
        pass

    def counted(real_call):
        def call(*words, **more):
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return real_call(*words, **more)

        return call

    monkeypatch.setattr(keys.os, "replace", counted(real[0]))
    monkeypatch.setattr(Path, "unlink", counted(real[1]))
    try:
        store.rotate()
        died = False
    except Killed:
        died = True
    monkeypatch.undo()
    assert {key: store.key(key) for key in before} == before, "readable at every moment"
    store.rotate() if died else None
    assert {key: store.key(key) for key in before} == before
    assert len(store.keks()) == 1 and store.look().old == 0
    assert died == (step < 7), "two for the ring, four keys, one old key dropped"
    if not died or step >= 2:
        assert store.current() != old


def test_a_key_made_beside_a_rotation_is_not_lost(store, monkeypatch):
    some(store, 3)
    made = []
    real = KeyStore._rewrap

    def beside(self, key):
        done = real(self, key)
        if not made:
            made.append(uuid.uuid4())
            keys.put(
                self._wrapped(made[0]),
                keys.wrap(kek := self.keks()[0], self._kek(kek), made[0], b"k" * 32),
            )
        return done

    monkeypatch.setattr(KeyStore, "_rewrap", beside)
    store.rotate()
    assert store.key(made[0]) == b"k" * 32
    path = store._wrapped(made[0])
    assert wrapper_of(path.read_bytes()) == store.current()


def test_a_lost_store_says_one_clear_sentence(store, tmp_path):
    (key, _), *_ = some(store, 1).items()
    (store.ring / "current").rename(tmp_path / "aside")
    assert code_of(store.begin) == "keys_lost", "a new ring would hide that the old one is lost"
    assert code_of(store.rotate) == "keys_lost"
    (tmp_path / "aside").rename(store.ring / "current")
    kek = store.ring / store.current().hex
    kek.rename(tmp_path / "aside")
    assert code_of(store.key, key) == "keys_lost"
    (tmp_path / "aside").rename(kek)
    kek.chmod(0o644)
    assert code_of(store.key, key) == "secret_open"
    kek.chmod(0o600)
    kek.write_text("zz")
    assert code_of(store.key, key) == "keys_broken"
    empty = KeyStore(tmp_path / "elsewhere", tmp_path / "elsewhere" / "ring")
    with pytest.raises(Refused, match="yesand keys restore"):
        empty.key(key)
    assert not empty.folder.exists(), "looking makes nothing"


@pytest.mark.parametrize("data", [b"", b"YAK1", bytes(80), b"YAK1" + bytes(76)])
def test_a_damaged_key_is_named(store, data):
    (key, _), *_ = some(store, 1).items()
    (store.folder / "wrapped" / key.hex[:2] / key.hex).write_bytes(data)
    code = "keys_lost" if data[4:] == bytes(76) and data[:4] == b"YAK1" else "keys_broken"
    assert code_of(store.key, key) == code
    assert store.look().broken == (str(key),)


# --- copies ---------------------------------------------------------------------------------


def test_a_copy_comes_back_and_what_was_erased_stays_so(store, tmp_path):
    kept = some(store, 4)
    first, second, third, fourth = kept
    copy = tmp_path / "safe"
    assert key_copies.write(store, copy).added == 4
    assert [c.erased for c in key_copies.known(store)] == [0]
    store.destroy(first)
    assert [c.erased for c in key_copies.known(store)] == [1], "the copy may still hold it"

    back = KeyStore(tmp_path / "new" / "keys", tmp_path / "new" / "ring")
    back.destroy(second)  # what this place knows as destroyed stays so
    moved = key_copies.read(back, copy)
    assert moved.keys == 3
    with pytest.raises(KeyGone):
        back.key(second)
    assert back.key(third) == kept[third]

    done = key_copies.write(store, copy)
    assert (done.keys, done.removed) == (3, 1), "brought up to date, the copy forgot it too"
    assert [c.erased for c in key_copies.known(store)] == [0]
    fresh = KeyStore(tmp_path / "third", tmp_path / "third" / "ring")
    key_copies.read(fresh, copy)
    with pytest.raises(KeyGone):
        fresh.key(first)
    assert fresh.key(fourth) == kept[fourth]


def test_a_copy_follows_a_rotation_and_an_old_copy_still_fits(store, tmp_path):
    kept = some(store, 3)
    old, new = tmp_path / "old", tmp_path / "new"
    key_copies.write(store, old)
    key_copies.write(store, new)
    store.rotate()
    assert key_copies.write(store, new).ring == 1, "the old key-encryption key is not kept there"
    lost = next(iter(kept))
    path = store.folder / "wrapped" / lost.hex[:2] / lost.hex
    path.unlink()
    assert key_copies.read(store, old).added == 1
    assert store.key(lost) == kept[lost] and store.look().ring == 2
    assert store.rotate() == (False, 1), "finished rather than begun"
    assert {key: store.key(key) for key in kept} == kept and store.look().ring == 1


def test_a_damaged_key_never_spoils_its_copy_and_comes_back_from_it(store, tmp_path):
    kept = some(store, 3)
    broken, lost, _whole = kept
    copy = tmp_path / "safe"
    key_copies.write(store, copy)
    at = {key: store.folder / "wrapped" / key.hex[:2] / key.hex for key in kept}
    at[broken].write_bytes(bytes(80))
    at[lost].unlink()
    key_copies.write(store, copy)
    assert key_copies.read(store, copy).added == 2
    assert {key: store.key(key) for key in kept} == kept

    at[lost].unlink()
    store.rotate()
    assert key_copies.write(store, copy).ring == 2, "the lost key still needs the older one"
    assert key_copies.read(store, copy).added == 1 and store.key(lost) == kept[lost]
    store.rotate()
    assert key_copies.write(store, copy).ring == 1


def test_a_damaged_ring_never_spoils_its_copy_and_comes_back_from_it(store, tmp_path):
    kept = some(store, 2)
    copy = tmp_path / "safe"
    key_copies.write(store, copy)
    kek = store.ring / store.current().hex
    kek.write_text("0" * 64)
    assert code_of(key_copies.write, store, copy) == "keys_broken"
    (store.ring / "current").write_text("")
    key_copies.read(store, copy)
    assert {key: store.key(key) for key in kept} == kept
    store.make(uuid.uuid4())
    assert key_copies.write(store, copy).keys == 3


def test_copies_of_another_house_and_copies_beside_the_keys_are_refused(store, tmp_path):
    some(store, 1)
    other = KeyStore(tmp_path / "o", tmp_path / "o" / "ring")
    other.begin()
    some(other, 1)
    key_copies.write(other, tmp_path / "theirs")
    assert code_of(key_copies.write, store, tmp_path / "theirs") == "not_empty"
    assert code_of(key_copies.read, store, tmp_path / "theirs") == "not_empty"
    assert code_of(key_copies.read, store, tmp_path / "nothing") == "no_key"
    for folder in (store.folder, store.folder / "copy", tmp_path):
        assert code_of(key_copies.write, store, folder) == "keys_together"
    victim = next(p for p in (tmp_path / "theirs" / "wrapped").rglob("*") if p.is_file())
    victim.write_bytes(b"broken")
    empty = KeyStore(tmp_path / "e", tmp_path / "e" / "ring")
    assert code_of(key_copies.read, empty, tmp_path / "theirs") == "keys_broken"


# --- objects --------------------------------------------------------------------------------


def test_objects_seal_and_open_through_one_door(store, tmp_path):
    raw = FolderStore(tmp_path / "objects")
    door = SealedStore(raw, store)
    one, two = some(store, 2)
    data = os.urandom(3 * 2**20 + 5)
    stored = door.put("takes/1/a/heard.pcm", [data], [one, two])
    assert stored.size == len(data) == door.size("takes/1/a/heard.pcm")
    assert door.under("takes/1/a/heard.pcm") == tuple(sorted((one, two)))
    assert data[:64] not in raw.get("takes/1/a/heard.pcm")
    assert door.get("takes/1/a/heard.pcm") == data
    assert b"".join(door.pieces("takes/1/a/heard.pcm")) == data
    assert door.read_range("takes/1/a/heard.pcm", 2**20 - 3, 7) == data[2**20 - 3 : 2**20 + 4]
    door.put("takes/1/manifest.json", [b"{}"])
    assert door.under("takes/1/manifest.json") == () and door.get("takes/1/manifest.json") == b"{}"
    assert door.under("takes/9/x") is None and door.size("takes/9/x") is None
    store.destroy(two)
    for read in (door.get, lambda key: door.read_range(key, 0, 1), lambda k: list(door.pieces(k))):
        with pytest.raises(Erased):
            read("takes/1/a/heard.pcm")
    assert issubclass(Erased, Missing), "who expects a missing object expects an erased one"
    assert door.size("takes/1/a/heard.pcm") == len(data), "bytes without a key"
    with pytest.raises(Erased):
        door.put("takes/1/a/x", [b"."], [one, two])
    assert raw.size("takes/1/a/x") is None


def test_a_range_reads_only_its_frames(store, tmp_path):
    raw = FolderStore(tmp_path / "objects")
    door = SealedStore(raw, store)
    (key,) = some(store, 1)
    door.put("f", [bytes(8 * 2**20)], [key])
    asked = []
    real = raw.read_range
    raw.read_range = lambda k, start, length: asked.append(length) or real(k, start, length)
    assert len(door.read_range("f", 5 * 2**20 + 17, 1000)) == 1000
    assert sum(asked) < 2**20 + 2048


def test_an_object_replaced_between_header_and_frames_is_read_again(store, tmp_path):
    raw = FolderStore(tmp_path / "objects")
    door = SealedStore(raw, store)
    (key,) = some(store, 1)
    door.put("clock.json", [b"old"], [key])
    real, once = raw.read_range, []

    def replaced(name, start, length):
        found = real(name, start, length)
        if not once:
            once.append(1)
            door.put("clock.json", [b"new"], [key])
        return found

    raw.read_range = replaced
    assert door.read_range("clock.json", 0, 10) == b"new"


def test_broken_objects_are_refused_by_name(store, tmp_path):
    raw = FolderStore(tmp_path / "objects")
    door = SealedStore(raw, store)
    (key,) = some(store, 1)
    door.put("a/b", [b"whole"], [key])
    whole = raw.get("a/b")
    for broken in (whole[:-1], whole[:20], whole[:-1] + b"\0"):
        raw.put("a/b", [broken])
        assert code_of(door.get, "a/b") == "object_broken"
        assert code_of(door.read_range, "a/b", 0, 3) == "object_broken"


def test_sealing_and_opening_cost_little_cpu(store):
    """100 MB in a second of one core at the least; about forty times that is usual."""
    (value,) = some(store, 1).values()
    key, piece, count = {uuid.uuid4(): value}, os.urandom(2**20), 64
    began = time.process_time()
    whole = b"".join(sealed.seal((piece for _ in range(count)), key, "takes/1/a/mic.pcm"))
    middle = time.process_time()
    assert len(sealed.unseal(whole, key, "takes/1/a/mic.pcm")) == count * 2**20
    for name, seconds in (("seal", middle - began), ("open", time.process_time() - middle)):
        assert count * 2**20 / 1e6 / max(seconds, 1e-9) > 100, name
